"""What several tests of the parser share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, Optional

import pytest

from sseclient_ng import Event, EventStreamParser
from support.reading import Facts, GeneralPath

BOM = b"\xef\xbb\xbf"


def expect(
    data: str,
    event: str = "message",
    id: Optional[str] = None,  # noqa: A002
    retry: Optional[int] = None,
    carried: str = "",
) -> Facts:
    """The facts of one event; `carried` is the stream's last event ID where it has no own."""
    return Facts(data, event, id, retry, carried if id is None else id)


def texts(events: Iterable[Event]) -> list[str]:
    return [event.data for event in events]


MakeParser = Callable[[], EventStreamParser]


@pytest.fixture(params=[EventStreamParser, GeneralPath], ids=["any path", "general path"])
def make_parser(request: pytest.FixtureRequest) -> MakeParser:
    return request.param


def byte_by_byte(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]
