"""Ends of sources, and large events in small chunks."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Iterator
from typing import Any, Callable, Optional, Union

import pytest
import requests

from sseclient_ng import SSEClient
from sseclient_ng.testing import (
    Hold,
    ScriptedServer,
    cut_randomly,
    response,
)
from support.reading import FACTS, STREAM, Facts, facts, texts
from support.sources import FRAMINGS, from_requests, raw_by_hand


class Closable:
    """A source that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"data: a\n\n", b"data: b\n\n"])

    def close(self) -> None:
        self.closed += 1


def test_close_closes_the_source_and_ends_the_iteration() -> None:
    source = Closable()
    client = SSEClient(source)
    assert (next(client).data, source.closed, client.closed) == ("a", 0, False)
    client.close()
    assert client.closed
    assert source.closed >= 1
    assert list(client) == list(client.events()) == []
    client.close()


@pytest.mark.parametrize("make", [lambda: io.BytesIO(STREAM), raw_by_hand])
def test_a_closed_client_leaves_a_closed_file(make: Callable[[], Any]) -> None:
    source = make()
    with SSEClient(source) as client:
        next(client)
    assert client.closed
    assert source.closed


def test_close_ends_a_generator() -> None:
    ended = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"data: a\n\n"
            yield b"data: b\n\n"
        finally:
            ended.append(True)

    client = SSEClient(chunks())
    next(client)
    client.close()
    assert ended == [True]
    assert list(client) == []


def test_a_source_that_ends_when_the_client_was_closed() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"data: a\n\ndata: unterminated\n"
        client.close()

    client = SSEClient(chunks())
    assert texts(client) == ["a"]


def test_what_can_not_be_closed_is_let_be() -> None:
    client = SSEClient([b"data: a\n\n"])
    client.close()
    assert client.closed
    assert list(client) == []


def test_close_gives_the_connection_of_a_response_back() -> None:
    with (
        ScriptedServer(response([b"data: a\n\n", Hold()])) as server,
        requests.Session() as session,
    ):
        client = SSEClient(session.get(server.url, stream=True))
        next(client)
        client.close()
        server.wait_for_disconnect()


def test_the_end_of_the_source_is_not_the_end_of_the_client() -> None:
    client = SSEClient(Closable())
    assert texts(client) == ["a", "b"]
    assert list(client) == []
    assert not client.closed


def large_event() -> tuple[bytes, Any]:
    """Four megabytes of JSON on many lines, with CRLF and much that is not ASCII."""
    draw = random.Random(4)
    alphabet = 'abc \u00e4\u00df\u4e16\u754c\u2028\x85\U0001f600"\\/'
    value = {str(number): "".join(draw.choices(alphabet, k=500)) for number in range(4000)}
    text = json.dumps(value, ensure_ascii=False, indent=1)
    lines = "".join(f"data: {line}\r\n" for line in text.split("\n"))
    return f"id: 1\r\n{lines}\r\n".encode(), value


@pytest.mark.parametrize("style", ["url", "response"])
def test_a_large_event_in_small_chunks(style: str) -> None:
    body, value = large_event()
    assert len(body) > 4_000_000
    released = Hold()
    script = response([*cut_randomly(body, 1, 1400, seed=7), released])
    with ScriptedServer(script) as server, contextlib.ExitStack() as stack:
        source: Union[str, requests.Response] = server.url
        if style == "response":
            source = from_requests(server.url, stack)
        with SSEClient(source) as client:
            event = next(client)
    assert event.json() == value
    assert event.id == "1"


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_chunk_size_changes_nothing_on_any_framing(framing: str, encoding: Optional[str]) -> None:
    script = response(cut_randomly(STREAM, 1, 40, seed=3), framing=framing, encoding=encoding)
    read: list[list[Facts]] = []
    with ScriptedServer(then=script) as server:
        for chunk_size in (1, 2, 7, 1024, 10 * 1024):
            with SSEClient(server.url, chunk_size=chunk_size) as client:
                read.append(facts([next(client), next(client)]))
            with requests.get(server.url, stream=True) as reply:
                assert facts(SSEClient(reply, chunk_size=chunk_size)) == FACTS
    assert read == [FACTS[:2]] * 5


def test_an_iterator_that_goes_on_after_an_error() -> None:
    class Flaky:
        """Behaves like a queue with a timeout."""

        def __init__(self) -> None:
            self.steps: Iterator[Any] = iter(
                [b"data: a\n\nda", TimeoutError("nothing yet"), b"ta: b\n\n", b"data: half\n"]
            )

        def __iter__(self) -> Iterator[bytes]:
            return self

        def __next__(self) -> bytes:
            step = next(self.steps)
            if isinstance(step, Exception):
                raise step
            assert isinstance(step, bytes)
            return step

    client = SSEClient(Flaky())
    seen: list[str] = []
    with pytest.raises(TimeoutError):
        seen.extend(event.data for event in client.events())
    seen.extend(event.data for event in client.events())
    assert seen == ["a", "b"]
