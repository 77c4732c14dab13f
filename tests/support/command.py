"""The command line as its users run it: a process, with pipes or a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

import sseclient_ng

_SCRIPT = Path(sys.executable).parent / "sseclient-ng"
_TOP = str(Path(sseclient_ng.__file__).parent.parent)

#: The installed command; in a checkout that is not installed, the module.
COMMAND = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "sseclient_ng"]

#: Whether tests that kill programs again and again take their time: in one environment of tox.
THOROUGH = os.environ.get("TOX_ENV_NAME", "cov") == "cov"

#: The environment of programs that are killed: coverage could not be written, and takes time.
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}

# Longer than anything takes: only a hang comes near.
PATIENCE = 60.0


def environment(**own: str) -> dict[str, str]:
    """Return what the command finds: no settings of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    for name in ("NO_COLOR", "TERM"):
        kept.pop(name, None)
    path = {} if _SCRIPT.exists() else {"PYTHONPATH": _TOP}
    return {**kept, **path, "COLUMNS": "100", "PYTHONUTF8": "1", **own}


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def run(*arguments: Union[str, Path], stdin: bytes = b"", **own: str) -> Ran:
    """Run the command to its end, with pipes."""
    with started(*arguments, stdin=subprocess.PIPE, own=own) as process:
        output, errors = process.communicate(stdin, timeout=PATIENCE)
    return Ran(process.returncode, output.decode(), checked(errors.decode()))


def checked(errors: str) -> str:
    """Return what was said on stderr, which is never a traceback."""
    assert "Traceback" not in errors, errors
    return errors


@contextlib.contextmanager
def started(
    *arguments: Union[str, Path], own: Optional[dict[str, str]] = None, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, and kill it if it has not ended by the end."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment(**(own or {})),
        cwd=tempfile.gettempdir(),
        **{**pipes, **options},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Terminal(NamedTuple):
    """What a terminal has been sent, and how the command ended."""

    code: int
    shown: str

    @property
    def lines(self) -> list[str]:
        return self.shown.split("\r\n")


def run_in_terminal(
    *arguments: str, stop: Optional[tuple[str, str]] = None, **own: str
) -> Terminal:
    """Run the command in a terminal of its own.

    Args:
        arguments: of the command.
        stop: a text, and what is typed when it has been shown.
        own: its environment.
    """
    import pty

    mine, its = pty.openpty()
    shown = b""
    tty = {"stdin": its, "stdout": its, "stderr": its, "start_new_session": True}
    with (
        open(mine, "rb+", buffering=0) as screen,
        started(
            *arguments, own={"TERM": "xterm", **own}, preexec_fn=_take_terminal, **tty
        ) as process,
    ):
        os.close(its)
        with contextlib.suppress(OSError):  # how a terminal ends whose program has
            while data := screen.read(65536):
                shown += data
                if stop is not None and stop[0].encode() in shown:
                    screen.write(stop[1].encode())
                    stop = None
        process.wait(PATIENCE)
    return Terminal(process.returncode, checked(shown.decode()))


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests may ignore it


def wait_until(reached: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def without_times(shown: str) -> str:
    return re.sub(r"(?<!\d)\d\d:\d\d:\d\d", "HH:MM:SS", shown)
