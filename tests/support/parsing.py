"""Helpers for the tests of the parser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple, Optional, Union

import pytest

from sseclient_ng import Comment, Event, EventStreamParser
from support.reading import Facts, GeneralPath

BOM = b"\xef\xbb\xbf"


def expect(
    data: str,
    event: str = "message",
    id: Optional[str] = None,  # noqa: A002
    retry: Optional[int] = None,
    carried: str = "",
) -> Facts:
    """The facts of one event; `carried` is the last event ID of an event without its own."""
    return Facts(data, event, id, retry, carried if id is None else id)


class Place(NamedTuple):
    """A comment, and the number of events before it in the stream."""

    events_before: int
    text: str


def places(found: Iterable[Union[Event, Comment]]) -> list[Place]:
    """The places of the comments in results of `feed_with_comments`."""
    result, events_before = [], 0
    for each in found:
        if isinstance(each, Comment):
            result.append(Place(events_before, str(each)))
        else:
            events_before += 1
    return result


MakeParser = Callable[[], EventStreamParser]


@pytest.fixture(params=[EventStreamParser, GeneralPath], ids=["any path", "general path"])
def make_parser(request: pytest.FixtureRequest) -> MakeParser:
    return request.param


def byte_by_byte(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


def every_cutting(stream: bytes) -> Iterator[list[bytes]]:
    """Give the stream whole, byte by byte, and cut at every place."""
    yield [stream]
    yield byte_by_byte(stream)
    for place in range(len(stream) + 1):
        yield [stream[:place], stream[place:]]
