"""The fast path of the parser: many blocks of a usual shape at once.

C code decodes and searches a run of blocks at a time. Rare input (invalid UTF-8, NULs, unknown
fields) goes to the general path, line by line.

tests/test_properties.py checks on random streams that both paths give the same events;
benchmarks/parser.py measures the gain.
"""

from __future__ import annotations

import re
from typing import Optional

from sseclient_ng._core.event import Event, EventWithCarriedID
from sseclient_ng._core.fields import StreamState, decode
from sseclient_ng._core.lines import LineParser

__all__ = ["BlockParser"]

# The start of a block up to its first data: its ID before or after its event type, or neither. The
# general path decides about values that are empty or begin with a second space.
_HEAD = (
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    r"(?:event: ?([^\n ][^\n]*)\n)?"
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    r"data: ?"
)
# One block: its head, the rest of the first data line, and further lines. Otherwise a run of
# comments with the blank lines after each, or a block with another start. Each alternative fails
# only at the start of a block, and each part matches in one way: no byte is tried many times.
_tokens = re.compile(
    _HEAD + r"([^\n]*)\n((?:[^\n]+\n)*)\n" + r"|((?::[^\n]*\n+)+|(?:[^\n]+\n)*\n)"
).findall
_further_data = re.compile(r"\ndata: ?").subn
_head = re.compile(_HEAD.encode()).match
_block = re.compile(_HEAD + r"(.*)\n\n", re.DOTALL).fullmatch
_LIKELY_ONE = 4096  # characters; the pattern for one block copies what comes after its head


class BlockParser:
    """Turns whole blocks into events.

    Args:
        lines: the general path.
        stream: the last event ID that the stream starts with; what it sets goes there.
    """

    __slots__ = ("_lines", "_stream")

    def __init__(self, lines: LineParser, stream: StreamState) -> None:
        self._lines = lines
        self._stream = stream

    def parse(self, blocks: bytes) -> list[Event]:
        """Process whole blocks. This needs some 20 times their memory, 100 times for blank lines.

        Args:
            blocks: lines that end with LF, the last one blank.

        Returns:
            The events.
        """
        try:
            text = blocks.decode()
        except UnicodeDecodeError:  # the size limit counts invalid UTF-8 as received
            return self._parse_bytes(blocks)
        return self.parse_text(blocks, text)

    def parse_text(self, blocks: bytes, text: str) -> list[Event]:
        """Process whole blocks that are decoded already.

        Args:
            blocks: as for `parse`.
            text: the same, decoded.

        Returns:
            The events.
        """
        if text.startswith("data: ") and text.startswith("\n\n", text.find("\n")):
            values = text[6:-2].split("\n\ndata: ")
            if "\n" not in "".join(values):  # six times faster than to count the line ends
                return list(map(self.event if self._stream.last_event_id else Event, values))
        # An ID with a NUL is invalid. Searching bytes for one is many times faster than searching
        # text that is not ASCII.
        if 0 in blocks:
            return self._parse_bytes(blocks)
        events: list[Event] = []
        self._parse_tokens(text, events)
        return events

    def parse_named(self, blocks: bytes, text: str) -> list[Event]:
        """Process a read of whole blocks that does not begin with data: usually one, with an ID.

        Args:
            blocks: as for `parse`.
            text: the same, decoded.

        Returns:
            The events.
        """
        block = _block(text) if len(text) < _LIKELY_ONE else None
        if block is not None and 0 not in blocks:
            id_before, event_type, id_after, data = block.groups()
            event_id = id_after or id_before
            if "\n" not in data:
                if not event_id:
                    return [self.event(data, event_type or "")]
                self._stream.last_event_id = event_id
                return [Event(data, event_type or "message", event_id)]
        return self.parse_text(blocks, text)

    def parse_one(self, block: bytearray, events: list[Event]) -> None:
        """Process one block, however large, with at most twice its memory.

        Args:
            block: lines that end with LF, only the last one blank. It is consumed.
            events: the list to append the event to.
        """
        head = _head(block)
        if head is None or 0 in head.group():
            self._lines.feed(bytes(block), events)
            return
        start_of_block = head.group()
        id_before, event_type, id_after = head.groups(b"")
        del block[: head.end()], block[-2:]
        if block.find(b"\n") >= 0:
            data = block.replace(b"\ndata: ", b"\n")
            if len(block) - len(data) != len(b"data: ") * data.count(b"\n"):
                self._lines.feed(start_of_block + block + b"\n\n", events)
                return
            block = data
        events.append(self.event(decode(block), decode(event_type), decode(id_after or id_before)))

    def event(self, data: str, event_type: str = "", event_id: str = "") -> Event:
        """Return the event of one block.

        Args:
            data: its data.
            event_type: its event type; "" for none.
            event_id: its ID; "" for none.
        """
        if event_id:
            self._stream.last_event_id = event_id
        elif self._stream.last_event_id:
            event = EventWithCarriedID(data, event_type or "message")
            event.carried_id = self._stream.last_event_id
            return event
        return Event(data, event_type or "message", event_id or None)

    def _parse_bytes(self, blocks: bytes) -> list[Event]:
        """Pass whole blocks to the general path."""
        events: list[Event] = []
        self._lines.feed(blocks, events)
        return events

    def _parse_tokens(self, text: str, events: list[Event]) -> None:
        for id_before, event_type, id_after, data, more, other in _tokens(text):
            if other:
                if not other.startswith(":"):
                    self._lines.feed(other.encode(), events)
                continue
            event_id = id_after or id_before
            if more:
                values = _joined(f"{data}\n{more[:-1]}")
                if values is None:
                    self._parse_by_lines(event_id, event_type, f"{data}\n{more}", events)
                    continue
                data = values
            if event_id:
                self._stream.last_event_id = event_id
            elif self._stream.last_event_id:
                events.append(self.event(data, event_type))
                continue
            # event() inlined for speed: see the shape "named" in benchmarks/parser.py.
            events.append(Event(data, event_type or "message", event_id or None))

    def _parse_by_lines(
        self, event_id: str, event_type: str, rest: str, events: list[Event]
    ) -> None:
        """Pass a block to the general path after its rest turned out to be unusual."""
        event_id = f"id: {event_id}\n" if event_id else ""
        event_type = f"event: {event_type}\n" if event_type else ""
        self._lines.feed(f"{event_id}{event_type}data: {rest}\n".encode(), events)


def _joined(lines: str) -> Optional[str]:
    """Return the joined values of data lines, the first without its field name; None for others."""
    values = lines.replace("\ndata: ", "\n")
    if len(lines) - len(values) == len("data: ") * values.count("\n"):
        return values
    values, data_lines = _further_data("\n", lines)
    return values if data_lines == lines.count("\n") else None
