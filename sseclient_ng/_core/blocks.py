"""The fast path of the parser: whole blocks of a usual shape, many at once.

Text is decoded and searched in C, a whole run of blocks at a time. What is seldom (bytes that are
not UTF-8, NULs, unknown fields) goes to the general path, line by line.

That both paths give the same events is tested on random streams (tests/test_properties.py); what
it gains is measured by benchmarks/parser.py.
"""

from __future__ import annotations

import re
from typing import Optional

from sseclient_ng._core.event import Event, EventWithCarriedID
from sseclient_ng._core.fields import decode
from sseclient_ng._core.lines import LineParser

__all__ = ["BlockParser"]

# The start of a block, up to its first data: its ID before or after its event type, or none of
# them. Where one of their values is empty or begins with a second space, the general path decides.
_HEAD = (
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    r"(?:event: ?([^\n ][^\n]*)\n)?"
    r"(?:id: ?([^\n ][^\n]*)\n)?"
    r"data: ?"
)
# One block: its head, the rest of the first data line, and further lines. Else a run of comments
# with the blank lines after each, or a block that begins in another way. Each alternative can fail
# at the start of a block only, and each part has one way to match: no byte is tried many times.
_tokens = re.compile(
    _HEAD + r"([^\n]*)\n((?:[^\n]+\n)*)\n" + r"|((?::[^\n]*\n+)+|(?:[^\n]+\n)*\n)"
).findall
_further_data = re.compile(r"\ndata: ?").subn
_head = re.compile(_HEAD.encode()).match
_block = re.compile(_HEAD + r"([^\n]*)\n\n").fullmatch


class BlockParser:
    """Turns whole blocks into events.

    Args:
        lines: the general path, which also keeps the last event ID.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: LineParser) -> None:
        self._lines = lines

    def parse(self, blocks: bytes, events: list[Event]) -> None:
        """Process whole blocks, with a memory of some 20 times their size, 100 where all is blank.

        Args:
            blocks: lines that end with LF, the last of them blank.
            events: where the events are appended.
        """
        self._parse_text(blocks, decode(blocks), events)

    def parse_read(self, blocks: bytes, text: str) -> list[Event]:
        """Process a read that ends with a blank line, most likely of one block with one data line.

        Args:
            blocks: as for `parse`.
            text: the same decoded.

        Returns:
            The events.
        """
        block = _block(text)
        if block and 0 not in blocks:
            id_before, event_type, id_after, data = block.groups("")
            return [self.event(data, event_type, id_after or id_before)]
        events: list[Event] = []
        self._parse_text(blocks, text, events)
        return events

    def parse_one(self, block: bytearray, events: list[Event]) -> None:
        """Process one block, which may be large, with no more than twice its memory.

        Args:
            block: lines that end with LF, only the last of them blank. It is used up.
            events: where the event is appended.
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
            event_type: its event type; "" where it has none.
            event_id: its ID; "" where it has none.
        """
        if event_id:
            self._lines.last_event_id = event_id
        elif self._lines.last_event_id:
            event = EventWithCarriedID(data, event_type or "message")
            event.carried_id = self._lines.last_event_id
            return event
        return Event(data, event_type or "message", event_id or None)

    def _parse_text(self, blocks: bytes, text: str, events: list[Event]) -> None:
        if text.startswith("data: ") and text.startswith("\n\n", text.find("\n")):
            values = text[6:-2].split("\n\ndata: ")
            if text.count("\n") == 2 * len(values):
                events += map(self.event if self._lines.last_event_id else Event, values)
                return
        # A NUL decides whether an ID is valid; it is found in bytes many times as fast as in text
        # that is not ASCII. Bytes that are not UTF-8 are counted as they came.
        if 0 in blocks or "\ufffd" in text:
            self._lines.feed(blocks, events)
        else:
            self._parse_tokens(text, events)

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
                self._lines.last_event_id = event_id
            elif self._lines.last_event_id:
                events.append(self.event(data, event_type))
                continue
            # As in event(), without the call: see the shape "named" of benchmarks/parser.py.
            events.append(Event(data, event_type or "message", event_id or None))

    def _parse_by_lines(
        self, event_id: str, event_type: str, rest: str, events: list[Event]
    ) -> None:
        """Hand a block to the general path whose start has been recognised, but not the rest."""
        event_id = f"id: {event_id}\n" if event_id else ""
        event_type = f"event: {event_type}\n" if event_type else ""
        self._lines.feed(f"{event_id}{event_type}data: {rest}\n".encode(), events)


def _joined(lines: str) -> Optional[str]:
    """Return what data lines hold, the first without its field name, or None for other lines."""
    values = lines.replace("\ndata: ", "\n")
    if len(lines) - len(values) == len("data: ") * values.count("\n"):
        return values
    values, data_lines = _further_data("\n", lines)
    return values if data_lines == lines.count("\n") else None
