"""The fast path of the parser: whole blocks of a usual shape, many at once.

It works on text in which each character stands for one byte (Latin-1), so that places in it are
places in the bytes, and C does the searching; a value that is not ASCII becomes bytes again and is
decoded as UTF-8. What it does not recognise goes to the general path, line by line.

That both paths give the same events is tested on random streams (tests/test_properties.py); what
it gains is measured by benchmarks/parser.py.
"""

from __future__ import annotations

import re
from typing import Union

from sseclient_ng._event import Event, EventWithCarriedID
from sseclient_ng._fields import decode
from sseclient_ng._lines import LineParser

__all__ = ["BlockParser"]

# One block: its id before or after its event type, or none of them, then data lines only, then the
# blank line. Where a value is empty or begins with a second space the general path decides. Else a
# run of comments with the blank lines after each, or one line of any kind.
_tokens = re.compile(
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    r"(?:event: ?([^\n ][^\n]*)\n)?"
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    # Each line with its end: [^\n]*\n has one way to match only, so that nothing is tried twice.
    r"data: ?([^\n]*\n(?:data:[^\n]*\n)*)\n"
    r"|((?::[^\n]*\n+)+|[^\n]*\n)"
).findall
_data_prefix = re.compile(r"\ndata: ?")


class BlockParser:
    """Turns whole blocks into events.

    Args:
        lines: the general path, which also keeps the last event ID.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: LineParser) -> None:
        self._lines = lines

    def parse(self, blocks: bytes, events: list[Event]) -> None:
        """Process whole blocks.

        Args:
            blocks: lines that end with LF, the last of them blank.
            events: where the events are appended.
        """
        text = blocks.decode("latin-1")
        if text.startswith("data: ") and text.startswith("\n\n", text.find("\n")):
            values = text[6:-2].split("\n\ndata: ")
            if text.count("\n") == 2 * len(values):
                self._add_values(values, text.isascii(), events)
                return
        if "\0" in text:  # it decides whether an ID is valid
            self._lines.feed(blocks, events)
        else:
            self._parse_tokens(text, events)

    def parse_one(self, block: bytearray, events: list[Event]) -> None:
        """Process one block, which may be large, in no more than twice its memory.

        Args:
            block: lines that end with LF, only the last of them blank. It is used up.
            events: where the event is appended.
        """
        if not block.startswith(b"data: "):
            self.parse(bytes(block), events)
            return
        del block[-2:]
        data = block
        if block.find(b"\n") >= 0:
            data = block.replace(b"\ndata: ", b"\n")
            if len(block) - len(data) != len(b"data: ") * data.count(b"\n"):
                self.parse(bytes(block) + b"\n\n", events)
                return
        block = data
        del block[:6]
        events.append(self.event(block))

    def event(self, data: Union[bytes, bytearray]) -> Event:
        """Return the event of a block that has nothing but data.

        Args:
            data: the data, in UTF-8.
        """
        try:
            text = data.decode()  # twice as fast as with "replace" where data is short
        except UnicodeDecodeError:
            text = decode(data)
        return self._carrying(text) if self._lines.last_event_id else Event(text)

    def _carrying(self, data: str, event_type: str = "message") -> Event:
        event = EventWithCarriedID(data, event_type)
        event.carried_id = self._lines.last_event_id
        return event

    def _add_values(self, values: list[str], ascii_only: bool, events: list[Event]) -> None:
        if not ascii_only:
            values = list(map(_utf8, values))
        if self._lines.last_event_id:
            events += map(self._carrying, values)
            return
        events += map(Event, values)

    def _parse_tokens(self, text: str, events: list[Event]) -> None:
        # Long for speed: see the shapes "named" and "wikimedia" of benchmarks/parser.py.
        lines = self._lines
        ascii_only = text.isascii()
        for token in _tokens(text):
            id_before, event_type, id_after, data, other = token
            if other or not lines.idle:
                self._parse_by_lines(token, events)
                continue
            data = data[:-1]
            if "\n" in data:
                data = _joined(data)
            event_id = id_after or id_before
            if not ascii_only:
                data, event_type, event_id = _utf8(data), _utf8(event_type), _utf8(event_id)
            if event_id:
                lines.last_event_id = event_id
            elif lines.last_event_id:
                events.append(self._carrying(data, event_type or "message"))
                continue
            events.append(Event(data, event_type or "message", event_id or None))

    def _parse_by_lines(self, token: tuple[str, ...], events: list[Event]) -> None:
        """Hand a token to the general path: a line, or a block that another line has begun."""
        id_before, event_type, id_after, data, other = token
        if other.startswith(":") and self._lines.idle:
            return
        head = (("id", id_before), ("event", event_type), ("id", id_after))
        text = "".join(f"{name}: {value}\n" for name, value in head if value)
        if data:
            text += f"data: {data}\n"
        self._lines.feed((text + other).encode("latin-1"), events)


def _joined(data: str) -> str:
    values = data.replace("\ndata: ", "\n")
    if len(data) - len(values) == len("data: ") * values.count("\n"):
        return values
    return _data_prefix.sub("\n", data)


def _utf8(text: str) -> str:
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")
