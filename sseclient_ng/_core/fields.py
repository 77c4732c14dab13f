"""The fields of one event: what a line of an event stream means, and what outlives its event.

This is part of the general path of the parser, in the steps of the WHATWG HTML standard, 9.2.6
"Interpreting an event stream". Reads and line ends are handled elsewhere.
"""

from __future__ import annotations

from typing import Optional, Union

__all__ = ["Fields", "StreamState", "decode", "reconnection_time"]

# int() refuses more than sys.get_int_max_str_digits() digits, which is at least 640. A wait with
# that many digits never ends, so cutting a longer one there changes nothing.
_MOST_DIGITS = 640


def decode(value: Union[bytes, bytearray]) -> str:
    """Decode bytes of an event stream: UTF-8, with U+FFFD for invalid bytes.

    Args:
        value: whole lines, or parts of lines cut at ASCII characters.
    """
    return value.decode("utf-8", "replace")


def reconnection_time(value: bytes) -> Optional[int]:
    """Return the value of a ``retry`` field in milliseconds, or None to ignore it.

    Args:
        value: the field's value; only ASCII digits count (9.2.6, "If the field name is retry").
    """
    if not value.isdigit():
        return None
    digits = value.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= _MOST_DIGITS else int(b"9" * _MOST_DIGITS)


class StreamState:
    """What an event stream has set and goes on with after the event (9.2.6).

    The parser's parts share one, and whoever feeds the parser may look at it: an attribute costs
    less than a property for each read (benchmarks/client.py).

    Attributes:
        last_event_id: the stream's last event ID, as the last blank line left it; "" for none.
        retry: the last reconnection time in milliseconds; None if the stream set none.
    """

    __slots__ = ("last_event_id", "retry")

    def __init__(self, last_event_id: str) -> None:
        self.last_event_id = last_event_id
        self.retry: Optional[int] = None


class Fields:
    """The buffers of the event in progress (9.2.6).

    Attributes:
        data: the data buffer: the value of each data line, each followed by LF.
        event_type: the value of the last ``event`` field, empty if there was none.
        id: the value of the last valid ``id`` field, or None if there was none.
        retry: the last valid ``retry`` in milliseconds, or None if there was none.
    """

    __slots__ = ("data", "event_type", "id", "retry")

    def __init__(self) -> None:
        self.data = bytearray()
        self.event_type = ""
        self.id: Optional[str] = None
        self.retry: Optional[int] = None

    @property
    def any_but_data(self) -> bool:
        """Whether there was an event type, an ID or a reconnection time; empty ones don't count."""
        return bool(self.event_type or self.id or self.retry is not None)

    def add_line(self, line: bytes) -> None:
        """Process one line; not for empty lines and comments.

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
