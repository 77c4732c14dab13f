"""A stream that uses every rule for lines and text, and the facts of its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Optional, Union

from sseclient_ng import Event, EventStreamParser


class Facts(NamedTuple):
    """All fields of an event."""

    data: str
    event: str
    id: Optional[str]
    retry: Optional[int]
    last_event_id: str


class GeneralPath(EventStreamParser):
    """A parser that uses only its general path, as when comments are wanted."""

    def feed(self, data: Union[bytes, bytearray, memoryview]) -> list[Event]:
        return [each for each in self.feed_with_comments(data) if isinstance(each, Event)]


STREAM = (
    "\ufeffid: 1\r\nevent: gr\u00fc\u00dfe\r\ndata: J\u00fcrgen \U0001f600\r\n\r\n"
    ": comment\r\n\r\n"
    "data: two\r\ndata:\r\ndata: lines\r\n\r\n"
    "retry: 10\r\nid: 2\r\n\r\n"
    "data: last, unterminated"
).encode()

FACTS = [
    Facts("J\u00fcrgen \U0001f600", "gr\u00fc\u00dfe", "1", None, "1"),
    Facts("two\n\nlines", "message", None, None, "1"),
    Facts("last, unterminated", "message", None, None, "2"),
]


def facts(events: Iterable[Event]) -> list[Facts]:
    return [Facts(e.data, e.event, e.id, e.retry, e.last_event_id) for e in events]


def texts(events: Iterable[Event]) -> list[str]:
    return [event.data for event in events]
