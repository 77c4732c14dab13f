"""The parts of an event stream: events and comments."""

from __future__ import annotations

import json
import re
from typing import Any, Optional

from sseclient_ng._core.fields import Fields, decode
from sseclient_ng._core.line_ends import LineEnds
from sseclient_ng._core.text import utf8

__all__ = ["Comment", "Event", "EventWithCarriedID"]

_LINE_END = re.compile("\r\n|\r|\n")


class Event:
    """One event of an event stream.

    Args:
        data: the data; the lines of several data fields are joined by LF.
        event: the event type.
        id: the ID that this event's own block set; None where it set none.
        retry: the reconnection time that this event's own block set, in milliseconds; None where it
            set none.

    The attributes are named like the arguments. They can be changed, and others can be added. Two
    events are equal if these four are. An event is always true, and ``str(event)`` is its data.

    See the WHATWG HTML standard, 9.2.6 "Interpreting an event stream".
    """

    # No __slots__: old code needs a __dict__ (vars(event), new attributes), and both together cost
    # more than a __dict__ alone. benchmarks/parser.py shows it.

    def __init__(
        self,
        data: str = "",
        event: str = "message",
        id: Optional[str] = None,  # noqa: A002 - the standard's name, and the old packages'
        retry: Optional[int] = None,
    ) -> None:
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry

    @property
    def last_event_id(self) -> str:
        """The last event ID of the stream when this event was dispatched, "" if there was none.

        This is the standard's ``MessageEvent.lastEventId``: carried on from earlier events where
        this one has no ID of its own (9.2.6, "dispatch the event").
        """
        return "" if self.id is None else self.id

    def json(self) -> Any:
        """Return the data, parsed as JSON.

        Raises:
            json.JSONDecodeError: the data is not JSON. This is a ValueError.
        """
        return json.loads(self.data)

    def dump(self) -> str:
        """Return the event as a server writes it: its fields, then a blank line.

        Raises:
            ValueError: the event type or the ID can't be written on one line, or the ID holds a
                NUL, which would make every client ignore it.
        """
        lines: list[str] = []
        if self.id is not None:
            lines.append(f"id: {_checked('id', str(self.id), 'CR, LF or NUL', _NOT_IN_AN_ID)}")
        if self.event not in ("", "message"):
            lines.append(f"event: {_checked('event', self.event, 'CR or LF', _LINE_END)}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        lines += [f"data: {line}" for line in _LINE_END.split(self.data)]
        return "\n".join([*lines, "", ""])

    @classmethod
    def parse(cls, text: str) -> Event:
        """Return the one event that field lines describe.

        Args:
            text: the lines of one block, with or without the blank line at its end. Blank lines and
                comments are skipped; without a data field the data is empty.

        See the WHATWG HTML standard, 9.2.6 "Interpreting an event stream".
        """
        fields = Fields()
        ends = LineEnds()
        for line in ends.normalise(utf8(text)).split(b"\n"):
            if line and not line.startswith(b":"):
                fields.add_line(line)
        data = decode(fields.data[:-1])
        return cls(data, fields.event_type or "message", fields.id, fields.retry)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        try:
            return hash(self._fields())
        except TypeError:  # a program has put parsed JSON into the data
            return hash((self.event, self.id))

    def _fields(self) -> tuple[object, ...]:
        return self.data, self.event, self.id, self.retry

    def __str__(self) -> str:
        return self.data

    def __repr__(self) -> str:
        return (
            f"Event(data={self.data!r}, event={self.event!r}, id={self.id!r}, retry={self.retry!r})"
        )


class EventWithCarriedID(Event):
    """An event without an ID of its own, in a stream that set one earlier.

    A separate class keeps the carried ID out of ``vars(event)``, which shows the four fields only,
    and costs other events nothing.
    """

    __slots__ = ("carried_id",)

    carried_id: str

    @property
    def last_event_id(self) -> str:
        """See `Event.last_event_id`."""
        return self.carried_id if self.id is None else self.id

    # pickle's protocols 0 and 1 refuse __slots__ without it.
    def __getstate__(self) -> tuple[dict[str, object], dict[str, str]]:
        return vars(self), {"carried_id": self.carried_id}


# Pickles find the class by this name, which leads through the public one.
EventWithCarriedID.__module__ = "sseclient_ng"
EventWithCarriedID.__qualname__ = "Event._WithCarriedID"
setattr(Event, "_WithCarriedID", EventWithCarriedID)  # noqa: B010


class Comment(str):
    """The text of a comment line, less its colon and one space.

    `EventStreamParser.feed_with_comments` returns it in its place among the events.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Comment({super().__repr__()})"


_NOT_IN_AN_ID = re.compile("[\r\n\0]")


def _checked(field: str, value: str, excluded: str, pattern: re.Pattern[str]) -> str:
    if pattern.search(value):
        raise ValueError(f"the {field} of an event can't hold {excluded}: {value!r}")
    return value
