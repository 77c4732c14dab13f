"""The fields of one event: what a line of an event stream means.

This is the general path of the parser and the whole meaning of a line, in the steps of the WHATWG
HTML standard, 9.2.6 "Interpreting an event stream". It knows nothing of reads and line ends.
"""

from __future__ import annotations

from typing import Optional, Union

__all__ = ["Fields", "decode", "reconnection_time"]

# int() refuses more than sys.get_int_max_str_digits() digits, never set below 640. A wait with so
# many digits has no end in any unit, so a longer one loses nothing by being cut there.
_MOST_DIGITS = 640


def decode(value: Union[bytes, bytearray]) -> str:
    """Return bytes of an event stream as text: UTF-8, with U+FFFD for what is not UTF-8.

    Args:
        value: whole lines, or parts of lines that were cut at ASCII characters.
    """
    return value.decode("utf-8", "replace")


def reconnection_time(value: bytes) -> Optional[int]:
    """Return the value of a ``retry`` field in milliseconds, or None where it is to be ignored.

    Args:
        value: the field's value; only ASCII digits count (9.2.6, "If the field name is retry").
    """
    if not value.isdigit():
        return None
    digits = value.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= _MOST_DIGITS else int(b"9" * _MOST_DIGITS)


class Fields:
    """The buffers of the event that is being read (9.2.6).

    Attributes:
        data: the data buffer: the value of each data line, and LF after each.
        event_type: the value of the last ``event`` field, empty when there was none.
        id: the value of the last valid ``id`` field, or None when there was none.
        retry: the last valid ``retry`` in milliseconds, or None when there was none.
    """

    __slots__ = ("data", "event_type", "id", "retry")

    def __init__(self) -> None:
        self.data = bytearray()
        self.event_type = ""
        self.id: Optional[str] = None
        self.retry: Optional[int] = None

    def add_line(self, line: bytes) -> None:
        """Process one line that is neither empty nor a comment.

        Args:
            line: the line without its end. Unknown fields are ignored.
        """
        name, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if name == b"data":
            self.data += value
            self.data += b"\n"
        elif name == b"event":
            self.event_type = decode(value)
        elif name == b"id":
            if b"\0" not in value:
                self.id = decode(value)
        elif name == b"retry":
            time = reconnection_time(value)
            if time is not None:
                self.retry = time
