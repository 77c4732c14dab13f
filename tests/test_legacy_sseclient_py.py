"""Hooks and attributes of sseclient-py that programs use or override."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sseclient_ng import (
    _FIELD_SEPARATOR,
    Event,
    EventTooLarge,
    ReconnectPolicy,
    SSEClient,
)
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.legacy import BOTH, FIRST, OPEN, QUICKLY, SECOND, texts


def test_read_overridden_to_yield_fewer_blocks() -> None:
    class Limited(SSEClient):
        left = 2

        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                yield block
                self.left -= 1
                if not self.left:
                    return

    chunks = [b"data: a\r", b"\n\r\ndata: b\n\nda", b"ta: c\n\n"]
    assert texts(Limited(chunks).events()) == ["a", "b"]


def test_read_overridden_to_change_blocks() -> None:
    class Filtered(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                if b"secret" not in block:
                    yield block.replace(b"old", b"new")

    body = b"data: old\n\ndata: secret\n\nevent: old\ndata: x\n\ndata: old, at the end"
    events = list(Filtered([body]).events())
    assert [(event.event, event.data) for event in events] == [
        ("message", "new"),
        ("new", "x"),
        ("message", "new, at the end"),
    ]


def test_read_overridden_for_a_url_that_is_connected_to_again() -> None:
    class Filtered(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                yield block.replace(b"first", b"changed")

    half = response([b"id: 1\ndata: first\n\n", b"data: half a block\n"])
    with ScriptedServer(half, SECOND) as server:
        assert texts(Filtered(server.url, **QUICKLY).events()) == ["changed", "second"]


class ReadsInItsOwnWay(SSEClient):
    def _read(self) -> Iterator[bytes]:
        yield from super()._read()


def test_read_overridden_follows_the_ids() -> None:
    with ScriptedServer(BOTH, response([b"data: third\n\n", Hold()])) as server:
        client = ReadsInItsOwnWay(server.url, **QUICKLY)
        events = client.events()
        assert texts([next(events), next(events), next(events)]) == ["first", "second", "third"]
        assert client.last_id == "1"
        assert [request.last_event_id for request in server.requests] == [None, "1"]
        client.close()
    continued = ReadsInItsOwnWay([b"id: 1\ndata: a\n\n", b"data: b\n\n"])
    assert next(continued.events()).last_event_id == next(continued.events()).last_event_id == "1"


def test_read_overridden_keeps_comments_and_limits() -> None:
    comments: list[str] = []
    stream = [b": hello\n\ndata: 1\n\ndata: 22222222\n\n"]
    client = ReadsInItsOwnWay(stream, on_comment=comments.append, max_event_size=10)
    events = client.events()
    assert next(events).data == "1"
    assert comments == ["hello"]
    with pytest.raises(EventTooLarge):
        next(events)
    assert texts(client.events()) == []


def test_class_attributes_in_the_place_of_properties() -> None:
    class Follower(SSEClient):
        last_id = None
        retry = 1

        @property
        def url_of_origin(self) -> str:
            return self.url

    class Changed(Follower):
        @property
        def retry(self) -> int:
            return 2

        @retry.setter
        def retry(self, retry: int) -> None:
            """Ignore the server's value."""

    for follower, retry in ((Follower, 5), (Changed, 2)):
        with ScriptedServer(response([b"retry: 5\nid: 1\ndata: first\n\n"]), OPEN) as server:
            client = follower(server.url, reconnect=ReconnectPolicy(min_delay=0.001))
            assert texts([next(client), next(client)]) == ["first", "first"]
            assert [request.last_event_id for request in server.requests] == [None, "1"]
            assert (client.last_id, client.retry) == ("1", retry)
            client.close()


def test_stop_iteration_in_connect_ends_overridden_reading_too() -> None:
    class Once(SSEClient):
        def _connect(self) -> None:
            if hasattr(self, "resp"):
                raise StopIteration
            super()._connect()

        def _read(self) -> Iterator[bytes]:
            yield from super()._read()

    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(Once(server.url, **QUICKLY).events()) == ["first"]


def test_read_rewritten_on_the_source() -> None:
    class Own(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for chunk in self._event_source:  # type: ignore[attr-defined]
                yield chunk + b"\n\n"

    assert texts(Own([b"data: a", b"data: b"]).events()) == ["a", "b"]


def test_events_overridden() -> None:
    class NonEmpty(SSEClient):
        def events(self) -> Iterator[Event]:
            for event in super().events():
                if event.data.strip():
                    yield event

    assert texts(NonEmpty([b"data: a\n\ndata:  \n\ndata: b\n\n"]).events()) == ["a", "b"]


def test_events_rewritten_on_blocks() -> None:
    class Tolerant(SSEClient):
        def events(self) -> Iterator[Event]:
            for block in self._read():
                event = Event()
                for line in block.splitlines():
                    text = line.decode(self._char_enc, "replace")
                    field, _, value = text.partition(_FIELD_SEPARATOR)
                    if field not in event.__dict__:
                        continue
                    value = value[1:] if value.startswith(" ") else value
                    if field == "data":
                        event.__dict__[field] += value + "\n"
                    else:
                        event.__dict__[field] = value
                if event.data:
                    event.data = event.data[:-1]
                    yield event

    chunks = [b":c\n\nid: 1\nda", b"ta: a\ndata: b\n\nother: x\ndata: \xff\n\n"]
    events = list(Tolerant(chunks).events())
    assert [(event.id, event.data) for event in events] == [("1", "a\nb"), (None, "\ufffd")]
    assert texts(Tolerant([b"data: caf\xe9\n\n"], "latin-1").events()) == ["caf\u00e9"]


def test_a_subclass_that_opens_the_response() -> None:
    class Opener(SSEClient):
        def __init__(self, url: str, **kwargs: Any) -> None:
            self.response = requests.get(url, stream=True, **kwargs)
            super().__init__(self.response)

    with ScriptedServer(BOTH) as server:
        client = Opener(server.url, headers={"X-A": "b"})
        assert texts(client.events()) == ["first", "second"]
        client.close()


def test_a_subclass_that_hands_the_encoding_on() -> None:
    class Own(SSEClient):
        def __init__(self, event_source: Any, char_enc: str = "utf-8") -> None:
            super().__init__(event_source, char_enc)

    assert texts(Own([b"data: caf\xe9\n\n"], "latin-1").events()) == ["caf\u00e9"]
    assert texts(Own(["data: caf\u00e9\n\n".encode()]).events()) == ["caf\u00e9"]
