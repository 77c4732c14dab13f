"""`until`: what the rows of the fault table (scenarios/endings.py) don't show."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sseclient_ng import AsyncSSEClient, Event, IncompleteStream, SSEClient
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.drivers import TRANSPORTS, Driver, run_loop

TOKENS = [b"data: a\n\n", b"data: b\n\n", b"data: [DONE]\n\n", b"data: behind it\n\n"]
WHOLE = ["a", "b", "[DONE]"]
TRANSPORT = pytest.mark.parametrize("kind", TRANSPORTS)


def whole() -> Any:
    return [*response(TOKENS, complete=False), Hold()]


@TRANSPORT
def test_the_connection_is_closed_when_the_event_is_delivered(kind: str) -> None:
    """Not only when the loop asks for another one: nobody may do that."""
    with ScriptedServer(whole()) as server:

        def on_event(client: object, event: Event) -> None:
            if event.data == "[DONE]" and "async" not in kind:
                server.wait_for_disconnect(1)

        outcome = TRANSPORTS[kind].drive(server.url, {"until": "[DONE]"}, Driver(on_event))
        assert (outcome.data, outcome.error) == (WHOLE, None)
        server.wait_for_disconnect()
        assert len(server.requests) == 1


def test_an_async_client_closes_it_too_before_the_next_step() -> None:
    async def main() -> None:
        async with AsyncSSEClient(server.url, until="[DONE]") as client:
            received = [(await client.__anext__()).data for _ in WHOLE]
            assert received == WHOLE
            while server.connections_open:
                await asyncio.sleep(0.001)
            with pytest.raises(StopAsyncIteration):
                await client.__anext__()

    with ScriptedServer(whole()) as server:
        run_loop(main())


@TRANSPORT
def test_a_loop_that_has_ended_stays_ended(kind: str) -> None:
    driver = Driver(lambda client, event: seen.append(client.last_id))
    seen: list[object] = []
    body = response([b"id: 1\ndata: a\n\n", b"id: 2\ndata: b\n\nid: 3\n\n", Hold()])
    with ScriptedServer(body) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {"until": "b"}, driver)
        assert outcome.data == ["a", "b"]
    assert seen == ["1", "3"]
    assert not outcome.failures


GIVEN = {
    "a list": TOKENS,
    "text": [token.decode() for token in TOKENS],
    "a generator": (token for token in TOKENS),
    "a file": io.BytesIO(b"".join(TOKENS)),
}


@pytest.mark.parametrize("name", GIVEN)
def test_something_given(name: str) -> None:
    source: Any = GIVEN[name]
    client = SSEClient(source, until="[DONE]")
    assert [event.data for event in client.events()] == WHOLE
    assert list(client) == []


@contextlib.contextmanager
def given_by(library: str, url: str) -> Iterator[Any]:
    """Open a response as programs do, and yield what they give the client."""
    if library == "httpx":
        with pytest.importorskip("httpx").stream("GET", url) as opened:
            yield opened.iter_bytes()
        return
    with requests.get(url, stream=True) as opened:
        yield opened if library == "requests" else opened.raw


GIVEN_BY = pytest.mark.parametrize("library", ["requests", "urllib3", "httpx"])


@GIVEN_BY
def test_a_given_response(library: str) -> None:
    with ScriptedServer(whole()) as server, given_by(library, server.url) as given:
        assert [event.data for event in SSEClient(given, until="[DONE]").events()] == WHOLE


@GIVEN_BY
def test_a_given_response_that_ends_too_early(library: str) -> None:
    with ScriptedServer(response(TOKENS[:2])) as server, given_by(library, server.url) as given:
        events = SSEClient(given, until="[DONE]").events()
        assert [next(events).data, next(events).data] == WHOLE[:2]
        with pytest.raises(IncompleteStream) as caught:
            next(events)
    error = caught.value
    assert error.last_event is not None
    assert (error.events, error.last_event.data, error.url) == (2, "b", "")
    assert isinstance(error.__cause__, EOFError)


def test_a_given_response_that_is_cut() -> None:
    cut = response(TOKENS[:2], complete=False)
    with ScriptedServer(cut) as server, requests.get(server.url, stream=True) as given:
        events = SSEClient(given, until="[DONE]").events()
        assert [next(events).data, next(events).data] == ["a", "b"]
        with pytest.raises(IncompleteStream, match="2 events had come") as caught:
            next(events)
    assert isinstance(caught.value.__cause__, requests.exceptions.ChunkedEncodingError)


def test_an_error_of_the_program_is_its_own() -> None:
    def source() -> Iterator[bytes]:
        yield TOKENS[0]
        raise ZeroDivisionError

    client = SSEClient(source(), until="[DONE]")
    assert next(client).data == "a"
    with pytest.raises(ZeroDivisionError):
        next(client)
    with pytest.raises(IncompleteStream):  # it has ended now, and the event has not come
        next(client)
    assert list(client) == []


def test_events_that_are_not_delivered_yet_have_come() -> None:
    client = SSEClient([b"data: a\n\ndata: b\n\nid: 7\ndata: c\n\n"], until="[DONE]")
    assert next(client).data == "a"
    assert [next(client).data, next(client).data] == ["b", "c"]
    with pytest.raises(IncompleteStream, match=r"3 events had come, .* id '7' and data 'c'"):
        next(client)


def test_an_event_that_the_end_completes_has_come() -> None:
    client = SSEClient([b"data: a\n\nid: 7\ndata: b"], until="[DONE]")
    assert [next(client).data, next(client).data] == ["a", "b"]
    with pytest.raises(IncompleteStream, match=r"2 events had come, .* id '7' and data 'b'"):
        next(client)


def test_nothing_given_at_all() -> None:
    with pytest.raises(IncompleteStream, match=r"the stream ended .*; 0 events had come"):
        list(SSEClient([b""], until="[DONE]"))


class Doubtful:
    """A function for `until` that fails at its first question about an event."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, event: Event) -> bool:
        self.asked.append(event.data)
        if self.asked == ["a", "b"]:
            raise LookupError("no idea")
        return event.data == "b"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_function_that_fails_loses_no_event(kind: str) -> None:
    until = Doubtful()
    with ScriptedServer(whole()) as server:
        if kind == "sync":
            received = steps(server.url, until)
        else:
            received = run_loop(async_steps(server.url, until))
        assert received == ["a", "b"]
        assert until.asked == ["a", "b", "b"]
        assert len(server.requests) == 1


def steps(url: str, until: Doubtful) -> list[str]:
    client = SSEClient(url, until=until)
    received = [next(client).data]
    with pytest.raises(LookupError, match="no idea"):
        next(client)
    return received + [event.data for event in client]


async def async_steps(url: str, until: Doubtful) -> list[str]:
    async with AsyncSSEClient(url, until=until) as client:
        received = [(await client.__anext__()).data]
        with pytest.raises(LookupError, match="no idea"):
            await client.__anext__()
        return received + [event.data async for event in client]


@pytest.mark.parametrize("reconnect", [True, False])
def test_a_step_that_is_given_up_outside_a_block(reconnect: bool) -> None:
    """It closes the connection: the half answer is asked for again, or is no whole one."""

    async def main() -> list[str]:
        client = AsyncSSEClient(server.url, until="[DONE]", reconnect=reconnect, retry=1)
        received = [(await client.__anext__()).data]
        step = asyncio.ensure_future(client.__anext__())
        await asyncio.sleep(0)
        step.cancel()
        await asyncio.wait({step})
        received += [event.data async for event in client]
        return received

    half = [*response(TOKENS[:1], complete=False), Hold()]
    with ScriptedServer(half, whole()) as server:
        if reconnect:
            assert run_loop(main()) == ["a", *WHOLE]
        else:
            with pytest.raises(IncompleteStream, match="1 event had come"):
                run_loop(main())


@pytest.mark.parametrize("until", [5, b"[DONE]", ["[DONE]"], True])
@pytest.mark.parametrize("client", [SSEClient, AsyncSSEClient])
def test_what_is_no_end(client: Any, until: object) -> None:
    with pytest.raises(TypeError, match=r"until must be the data of .*, not"):
        client("http://127.0.0.1:9/", until=until)


def test_an_empty_text_is_an_end_too() -> None:
    client = SSEClient([b"data: a\n\n", b"data\n\n", b"data: b\n\n"], until="")
    assert [event.data for event in client] == ["a", ""]


def test_close_is_no_cut() -> None:
    with ScriptedServer(whole()) as server:
        client = SSEClient(server.url, until="never", reconnect=False)
        assert next(client).data == "a"
        client.close()
        assert list(client) == []


def test_a_subclass_of_the_old_package_may_ask_for_it() -> None:
    class Stream(SSEClient):
        last_id = None  # which has each event pass on its own

    with ScriptedServer(response(TOKENS[:2], complete=False), response(TOKENS)) as server:
        client = Stream(server.url, retry=1, until="[DONE]")
        assert [event.data for event in client] == ["a", "b", *WHOLE]
