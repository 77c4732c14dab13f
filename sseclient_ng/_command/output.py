"""Where the records go: whole, and at once."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import sys
import threading
from typing import Callable, Optional, Protocol

__all__ = ["FileOutput", "Output", "TerminalOutput", "open_output", "when_reader_goes"]

# Windows would change line ends without O_BINARY, which others don't have.
_ADDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class Output(Protocol):
    """Takes whole records.

    Attributes:
        is_terminal: whether a person looks at it.
    """

    is_terminal: bool

    def write(self, record: str) -> None:
        """Write a record before returning.

        Args:
            record: with its line end.

        Raises:
            OSError: it can't be written, or nobody reads it any more.
        """
        ...


class TerminalOutput:
    """A terminal."""

    is_terminal = True

    def write(self, record: str) -> None:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(record.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()


class FileOutput:
    """A file or a pipe.

    There is no buffer: what has been written survives whatever kills this program.

    Args:
        descriptor: of the file.
    """

    is_terminal = False

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, record: str) -> None:
        rest = memoryview(record.encode("utf-8", "backslashreplace"))
        while rest:
            try:
                rest = rest[os.write(self.descriptor, rest) :]
            except BlockingIOError:  # another program has made the pipe so
                select.select([], [self.descriptor], [])

    def mend(self, record_end: str) -> None:
        """End a record that an earlier run was killed in, so that the next one stands alone.

        Args:
            record_end: what ends one.
        """
        with contextlib.suppress(OSError):  # whoever may only write can't look
            if stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                with open(f"/dev/fd/{self.descriptor}", "rb") as file:
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":
                        self.write(record_end)


def open_output(path: Optional[str]) -> Output:
    """Open what the records go to.

    Args:
        path: of a file, to which they are added; None is the standard output.

    Raises:
        OSError: it can't be opened.
    """
    if path is not None:
        return FileOutput(os.open(path, _ADDING, 0o666))
    # Where it is closed, its number may become that of the connection.
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise OSError(errno.EBADF, "the standard output is closed")
    if sys.stdout.isatty():
        return TerminalOutput()
    return FileOutput(sys.stdout.fileno())


def when_reader_goes(output: Output, call: Callable[[], object]) -> None:
    """Call a function as soon as nobody reads a pipe any more, not only at the next record.

    Args:
        output: nothing happens where it is no pipe, or the system can't tell.
        call: it is called in a thread of its own.
    """
    if not isinstance(output, FileOutput) or not hasattr(select, "poll"):
        return
    mode = os.fstat(output.descriptor).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(
            target=_wait_for_reader, args=[output.descriptor, call], daemon=True
        ).start()


def _wait_for_reader(descriptor: int, call: Callable[[], object]) -> None:
    watched = select.poll()
    watched.register(descriptor, 0)  # errors only
    watched.poll()
    call()
