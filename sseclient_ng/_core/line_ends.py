"""The lines of an event stream: drops the BOM, turns three line ends into one."""

from __future__ import annotations

from typing import Optional

__all__ = ["LineEnds"]

_BOM = b"\xef\xbb\xbf"


class LineEnds:
    r"""Turns the bytes of an event stream into lines that end with LF, whatever the cutting.

    A CR at the end of a read ends its line at once, so no event waits for a byte that may never
    come. If the LF of a split CRLF follows, it is dropped.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream": one leading BOM is dropped, and
    lines end with CRLF, LF or CR.

    Attributes:
        plain: whether bytes without a CR need no change, as nothing is left from earlier reads.
    """

    __slots__ = ("_after_cr", "_start", "plain")

    def __init__(self) -> None:
        self._start: Optional[bytes] = b""  # a possible part of a BOM; None once decided
        self._after_cr = False
        self.plain = False

    def normalise(self, data: bytes) -> bytes:
        """Return bytes of the stream with LF at the end of each line.

        Args:
            data: the next bytes of the stream.
        """
        if self._start is not None:
            data = self._without_bom(self._start, data)
        if self._after_cr and data:
            self._after_cr = False
            data = data[1:] if data.startswith(b"\n") else data
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = _with_lf(data)
        self.plain = self._start is None and not self._after_cr
        return data

    def finish(self) -> bytes:
        """Return what is left at the end of the stream, and start over."""
        start = self._start or b""
        self._start, self._after_cr, self.plain = b"", False, False
        return start

    def _without_bom(self, start: bytes, data: bytes) -> bytes:
        data = start + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._start = data
            return b""
        self._start = None
        return data[len(_BOM) :] if data.startswith(_BOM) else data


def _with_lf(data: bytes) -> bytes:
    # If every end is CRLF, searching for single bytes is enough, and many times faster.
    stripped = data.replace(b"\r", b"")
    if stripped.replace(b"\n", b"\r\n") == data:
        return stripped
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
