"""What is asyncio's alone: cancelling, time-outs, sessions of aiohttp, and very many streams.

Everything that both clients do is in tests/test_faults.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, TypeVar

import pytest
import requests

from scenarios import ENDINGS
from scenarios.row import answer, event, sent, status
from sseclient_ng import Event, EventTooLarge, ReconnectPolicy
from sseclient_ng.testing import (
    Call,
    Close,
    Hold,
    OnAccept,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    Scripted,
    ScriptedServer,
    WaitFor,
    chunk,
    response,
)
from support.certificates import client_context, server_context
from support.drivers import run_loop, tls_ended
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp

T = TypeVar("T")
AT_ONCE = 1.0  # seconds: what ending may take
SETTLING = 0.03  # seconds, in which a task that is about to wait does
SOON = ReconnectPolicy(min_delay=0.0, max_delay=0.01)


def run(main: Coroutine[Any, Any, T]) -> T:
    return run_loop(main, debug=True)


async def events_of(client: AsyncSSEClient) -> list[str]:
    return [event.data async for event in client]


async def step(client: AsyncSSEClient, timeout: Optional[float] = None) -> str:
    given: Event = await asyncio.wait_for(client.__anext__(), timeout)
    return given.data


# Cancelling


@dataclass(frozen=True)
class Place:
    """Where a client is when its task is cancelled, or when it is closed.

    Args:
        name: what it is doing.
        scripts: what the server does to get it there.
        options: of the client.
        events: how many events it has handed out by then.
        requests: how many requests the server has read by then.
        ignored: whether connections are left unanswered behind these events.
        tls: whether the server speaks TLS.
    """

    name: str
    scripts: Sequence[Scripted]
    options: dict[str, Any] = field(default_factory=dict)
    events: int = 1
    requests: int = 1
    ignored: bool = False
    tls: bool = False


PLACES = [
    pytest.param(place, id=place.name)
    for place in [
        Place("connecting at first", [], events=0, requests=0, ignored=True),
        Place("waiting for the first answer", [[Hold()]], events=0),
        Place("in the first handshake", [OnAccept(Hold())], events=0, requests=0, tls=True),
        Place("reading, chunked", [[sent(1), Hold()]]),
        Place("reading, inside a chunk", [[sent(1, framing="one-chunk"), Hold()]]),
        Place("reading, close-delimited", [[sent(1, framing="close"), Hold()]]),
        Place("reading, gzip", [[sent(1, encoding="gzip"), Hold()]]),
        Place("reading, TLS", [[sent(1), Hold()]], tls=True),
        Place("waiting", [answer(1)], {"retry": 3_600_000}),
        Place(
            "waiting for a Retry-After", [answer(1), status(503, Retry_After="3600")], requests=2
        ),
        Place("waiting for an answer", [answer(1), [Hold()]], requests=2),
        Place("connecting", [answer(1, framing="close")], ignored=True),
        Place("in a handshake", [answer(1, framing="close"), OnAccept(Hold())], tls=True),
    ]
]


class Reading:
    """A task that reads a client in a block, and what it has got."""

    def __init__(self, place: Place, server: ScriptedServer) -> None:
        self.data: list[str] = []
        self.ended = False
        self.server = server
        self._place = place
        trust = {"ssl": client_context()} if place.tls else {}
        self._ignore_if_done()
        self.client = AsyncSSEClient(
            server.url, **{"retry": 0, "reconnect": SOON, **place.options, **trust}
        )
        self.task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async with self.client:
            async for given in self.client:
                self.data.append(given.data)
                self._ignore_if_done()
        self.ended = True

    def _ignore_if_done(self) -> None:
        if self._place.ignored and len(self.data) == self._place.events:
            self.server.ignore()

    async def is_there(self) -> None:
        """Return when the client has come to its place."""
        while len(self.data) < self._place.events:
            assert not self.task.done(), self.task
            await asyncio.sleep(0.002)
        await in_thread(lambda: self.server.wait_for_requests(self._place.requests))
        if any(isinstance(script, OnAccept) for script in self._place.scripts):
            await in_thread(lambda: self.server.wait_for_connections(len(self._place.scripts)))
        await asyncio.sleep(SETTLING)


async def in_thread(function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, function)


@contextlib.contextmanager
def served(place: Place) -> Iterator[ScriptedServer]:
    with ScriptedServer(*place.scripts, tls=server_context() if place.tls else None) as server:
        yield server


@pytest.mark.parametrize("place", PLACES)
def test_cancelling_comes_out_at_once(place: Place) -> None:
    async def main(server: ScriptedServer) -> None:
        reading = Reading(place, server)
        await reading.is_there()
        reading.task.cancel()
        begun = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await reading.task
        assert time.monotonic() - begun < AT_ONCE
        assert not reading.ended
        assert reading.client.closed
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), served(place) as server:
        run(main(server))


@pytest.mark.parametrize("place", PLACES)
def test_close_from_another_task_ends_the_loop(place: Place) -> None:
    async def main(server: ScriptedServer) -> None:
        reading = Reading(place, server)
        await reading.is_there()
        await asyncio.wait_for(reading.client.close(), AT_ONCE)
        await asyncio.wait([reading.task], timeout=AT_ONCE)
        assert reading.task.done()
        # Of a client that was closed before it was connected nobody can be told anything.
        if place.events:
            assert reading.task.exception() is None
            assert reading.ended
        else:
            reading.task.exception()
        await reading.client.close()
        assert reading.client.closed
        assert reading.data == ["1"] * place.events
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), served(place) as server:
        run(main(server))


def test_cancelling_between_events() -> None:
    """A task that is cancelled while it handles an event: the block closes the connection."""

    async def main(server: ScriptedServer) -> None:
        handling = asyncio.Event()

        async def handle() -> None:
            async with AsyncSSEClient(server.url) as client:
                async for _ in client:
                    handling.set()
                    await asyncio.sleep(60.0)

        task = asyncio.ensure_future(handle())
        await handling.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer([sent(1, 2, 3), Hold()]) as server:
        run(main(server))


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
def test_cancelling_in_a_callback(callback: str) -> None:
    async def main(server: ScriptedServer) -> None:
        calling = asyncio.Event()

        async def wait(*arguments: object) -> None:
            calling.set()
            await asyncio.sleep(60.0)

        async def read() -> None:
            options: dict[str, Any] = {callback: wait}
            async with AsyncSSEClient(server.url, retry=0, **options) as client:
                await events_of(client)

        task = asyncio.ensure_future(read())
        await calling.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer(response([b": hello\n\n", event(1)])) as server:
        run(main(server))


@pytest.mark.parametrize("at", ["headers", "on_request_end", "on_request_exception"])
@pytest.mark.parametrize("reconnecting", [False, True])
def test_cancelling_when_what_was_waited_for_has_just_come(at: str, reconnecting: bool) -> None:
    async def main(server: ScriptedServer) -> None:
        async def cancel(*arguments: object) -> dict[str, str]:
            if client.last_id == ("1" if reconnecting else None):
                reading.cancel()
            return {}

        configs = [] if at == "headers" else [hooked(at, cancel)]
        options: dict[str, Any] = {"headers": cancel} if at == "headers" else {}
        async with aiohttp.ClientSession(trace_configs=configs) as session:
            client = AsyncSSEClient(server.url, session=session, retry=0, reconnect=SOON, **options)
            reading = asyncio.ensure_future(events_of(client))
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(reading, AT_ONCE)
            if at != "headers":  # else the session keeps the connection that has done its work
                await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    failing = at == "on_request_exception"
    scripts = [answer(1)] * reconnecting + [[Close()] if failing else [*sent(2), Hold()]] * 3
    with nothing_left(), ScriptedServer(*scripts) as server:
        run(main(server))


# Time-outs around a step


def test_a_step_that_timed_out_in_the_middle_of_an_event() -> None:
    go_on = threading.Event()
    script = response([event(1), b"id: 2\ndata: ", WaitFor(go_on), b"2\n\n", event(3), Hold()])

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url) as client:
            assert await step(client) == "1"
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await step(client, SETTLING)
            go_on.set()
            assert [await step(client), await step(client)] == ["2", "3"]
            assert client.last_id == "3"

    with nothing_left(), ScriptedServer(script) as server:
        run(main(server))
        assert len(server.requests) == 1


def test_steps_that_time_out_wherever_they_are_lose_nothing() -> None:
    numbers = range(1, 41)
    often = threading.Event()  # a slow machine's server may never be the slower one otherwise
    pieces: list[list[Piece]] = [[event(number), Pause(0.005 * (number % 4))] for number in numbers]
    pieces.insert(20, [WaitFor(often)])

    async def main(server: ScriptedServer) -> list[str]:
        data: list[str] = []
        late = 0
        # What a step may take grows with every one that timed out, and shrinks with every event:
        # so they end at all places, and a slow machine gets to the end, too.
        limit = 0.0005
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON) as client:
            while True:
                try:
                    data.append(await step(client, limit))
                    limit = max(0.0005, limit / 2)
                except asyncio.TimeoutError:
                    late += 1
                    limit *= 1.2
                    if late > 10:
                        often.set()
                except StopAsyncIteration:
                    assert late > 10
                    return data

    with nothing_left(), ScriptedServer(response(pieces)) as server:
        assert run(main(server)) == [str(number) for number in numbers]
        assert server.requests[0].last_event_id is None
        assert {request.last_event_id for request in server.requests[1:]} == {"40"}


def test_a_wait_goes_on_where_a_step_timed_out() -> None:
    async def main(server: ScriptedServer) -> None:
        delays: list[float] = []
        async with AsyncSSEClient(
            server.url, retry=300, on_error=lambda error, delay: delays.append(delay)
        ) as client:
            assert await step(client) == "1"
            steps = 0
            while True:
                steps += 1
                try:
                    assert await step(client, 0.11) == "2"
                    break
                except asyncio.TimeoutError:
                    # A wait that began anew each time would never end.
                    assert steps < 30
        assert delays == [0.3]

    with nothing_left(), ScriptedServer(answer(1), then=[sent(2), Hold()]) as server:
        run(main(server))
        # A step may time out while it connects.
        assert {request.last_event_id for request in server.requests[1:]} == {"1"}


def test_a_step_that_timed_out_while_the_server_took_its_time_to_answer() -> None:
    go_on = threading.Event()

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON) as client:
            assert await step(client) == "1"
            with pytest.raises(asyncio.TimeoutError):
                await step(client, 0.2)
            go_on.set()
            assert await step(client) == "2"
            assert await step(client) == "3"

    then: Script = [WaitFor(go_on), sent(2, 3), Hold()]
    with nothing_left(), ScriptedServer(answer(1), then=then) as server:
        run(main(server))
        assert {request.last_event_id for request in server.requests[1:]} == {"1"}


def test_an_attempt_goes_on_where_a_step_timed_out() -> None:
    """Steps that are shorter than the server needs for an answer neither storm it nor fail."""

    async def main(server: ScriptedServer) -> int:
        once = ReconnectPolicy(min_delay=0.01, max_delay=0.01, max_attempts=1)
        timeouts = 0
        async with AsyncSSEClient(server.url, retry=0, reconnect=once) as client:
            assert await step(client) == "1"
            while client.last_id == "1":
                try:
                    assert await step(client, 0.02) == "2"
                except asyncio.TimeoutError:
                    timeouts += 1
        return timeouts

    slow: Script = [Pause(0.3), sent(2), Hold()]
    with nothing_left(), ScriptedServer(answer(1), slow) as server:
        assert run(main(server)) > 2
        assert len(server.requests) == 2


def test_without_a_block_steps_that_time_out_are_no_failures() -> None:
    go_on = threading.Event()

    async def main(server: ScriptedServer) -> None:
        policy = ReconnectPolicy(min_delay=0.05, max_delay=10.0, max_attempts=2, jitter=0.0)
        client = AsyncSSEClient(server.url, retry=0, reconnect=policy)
        assert await step(client) == "1"
        start = time.monotonic()
        limit = 0.02
        while len(server.requests) < 6:
            with pytest.raises(asyncio.TimeoutError):
                await step(client, limit)
            limit *= 1.05  # a slow machine may need more to send a request
        # Nor do they storm the server.
        assert time.monotonic() - start > 5 * 0.05
        go_on.set()
        assert await step(client) == "2"
        await client.close()

    then: Script = [WaitFor(go_on), sent(2), Hold()]
    with nothing_left(), ScriptedServer(answer(1), then=then) as server:
        run(main(server))


def test_without_a_block_and_without_reconnecting_a_step_that_times_out_is_the_last() -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url, reconnect=False)
        assert await step(client) == "1"
        with pytest.raises(asyncio.TimeoutError):
            await step(client, 0.02)
        assert await events_of(client) == []

    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        run(main(server))
        assert len(server.requests) == 1


def test_leaving_the_block_while_an_attempt_goes_on() -> None:
    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON) as client:
            assert await step(client) == "1"
            with pytest.raises(asyncio.TimeoutError):
                await step(client, 0.2)
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer(answer(1), then=Hold()) as server:
        run(main(server))


def test_without_a_block_the_step_after_one_that_timed_out_connects_again() -> None:
    async def main(server: ScriptedServer) -> None:
        policy = ReconnectPolicy(min_delay=0.01, max_attempts=1)
        client = AsyncSSEClient(server.url, retry=0, reconnect=policy)
        for number in ("1", "2", "3"):
            assert await step(client) == number
            with pytest.raises(asyncio.TimeoutError):
                await step(client, 0.05)
        await client.close()

    scripts = [[*sent(number, rest=b""), Hold()] for number in (1, 2, 3)]
    with nothing_left(), ScriptedServer(*scripts) as server:
        run(main(server))
        assert [each.last_event_id for each in server.requests] == [None, "1", "2"]


def test_leaving_the_block_when_the_server_has_just_said_that_it_is_over() -> None:
    async def main(server: ScriptedServer) -> None:
        answers = asyncio.Queue[int]()

        async def record(*arguments: Any) -> None:
            answers.put_nowait(arguments[-1].response.status)

        hook = hooked("on_request_end", record)
        async with aiohttp.ClientSession(trace_configs=[hook]) as session:
            client = AsyncSSEClient(server.url, session=session, retry=0, reconnect=SOON)
            async with client:
                assert await step(client) == "1"
                with pytest.raises(asyncio.TimeoutError):
                    await step(client, 0.1)
                go_on.set()
                assert [await answers.get(), await answers.get()] == [200, 204]
                await asyncio.sleep(0)

    go_on = threading.Event()
    with (
        nothing_left(),
        ScriptedServer(answer(1), [WaitFor(go_on), response(status=204)]) as server,
    ):
        run(main(server))


def test_headers_that_close_the_client() -> None:
    async def main(server: ScriptedServer) -> None:
        async def headers() -> dict[str, str]:
            await client.close()
            return {}

        client = AsyncSSEClient(server.url, headers=headers)
        assert await events_of(client) == []

    with nothing_left(), ScriptedServer(answer(1)) as server:
        run(main(server))
        assert server.requests == []


def test_headers_that_were_cancelled_are_not_left_out() -> None:
    async def main(server: ScriptedServer) -> None:
        async def headers() -> dict[str, str]:
            token = asyncio.ensure_future(asyncio.sleep(60.0, "token"))
            asyncio.get_running_loop().call_soon(token.cancel)
            return {"Authorization": await token}

        with pytest.raises(asyncio.CancelledError):
            await AsyncSSEClient(server.url, headers=headers).__anext__()

    with nothing_left(), ScriptedServer(answer(1)) as server:
        run(main(server))
        assert server.requests == []


def test_a_step_that_is_cancelled_twice() -> None:
    """What becomes of its attempt is asked for, though nobody waits for it any more."""

    async def main(server: ScriptedServer) -> None:
        asked, cancelled, go_on, over = (asyncio.Event() for _ in range(4))

        async def headers() -> dict[str, str]:
            try:
                asked.set()
                return await asyncio.sleep(60.0, {})
            except asyncio.CancelledError:
                cancelled.set()
                await go_on.wait()
                over.set()
                raise LookupError("no token") from None

        reading = asyncio.ensure_future(AsyncSSEClient(server.url, headers=headers).__anext__())
        for moment in (asked, cancelled):
            await moment.wait()
            reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not over.is_set()
        go_on.set()
        await over.wait()
        await asyncio.sleep(0)

    with nothing_left(), ScriptedServer() as server:
        run(main(server))


def test_headers_that_have_come_to_their_end() -> None:
    async def headers() -> dict[str, str]:
        raise StopAsyncIteration

    async def main(server: ScriptedServer) -> None:
        with pytest.raises(RuntimeError, match=r"headers.*StopAsyncIteration"):
            await events_of(AsyncSSEClient(server.url, headers=headers))

    with nothing_left(), ScriptedServer() as server:
        run(main(server))


def test_a_path_is_joined_to_the_url_of_the_session() -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async with aiohttp.ClientSession(server.url) as session:
            options: dict[str, Any] = {"params": {"a": "1"}, "auth": ("ada", "x")}
            client = AsyncSSEClient("/events", session=session, reconnect=False, **options)
            return await events_of(client)

    with ScriptedServer(answer(1)) as server:
        assert run(main(server)) == ["1"]
        assert server.requests[0].target == "/events?a=1"
        assert server.requests[0].headers["Authorization"] == "Basic YWRhOng="


def test_a_step_that_timed_out_while_an_error_was_read() -> None:
    """The body of a refusal, read in part, is not taken for a stream by the next step."""
    refusal = response([b"data: no event\n\n", Pause(0.5), b"data: none either\n\n"], status=503)

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON) as client:
            assert await step(client) == "1"
            with pytest.raises(asyncio.TimeoutError):
                await step(client, 0.2)
            assert await step(client) == "2"
            assert client.last_id == "2"

    with nothing_left(), ScriptedServer(answer(1), refusal, then=[sent(2), Hold()]) as server:
        run(main(server))


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
def test_a_step_that_timed_out_in_a_callback(callback: str) -> None:
    async def main(server: ScriptedServer) -> list[str]:
        slow = asyncio.Event()

        async def wait_once(*arguments: object) -> None:
            if not slow.is_set():
                slow.set()
                await asyncio.sleep(60.0)

        options: dict[str, Any] = {callback: wait_once}
        client = AsyncSSEClient(server.url, retry=0, reconnect=SOON, **options)
        data: list[str] = []
        async with contextlib.AsyncExitStack() as stack:
            if callback != "on_open":
                await stack.enter_async_context(client)
            while not slow.is_set():
                with contextlib.suppress(asyncio.TimeoutError):
                    data.append(await step(client, 0.1))
            return data + await events_of(client)

    scripts = [response([event(1), b": hello\n", event(2)]), answer(3)]
    with nothing_left(), ScriptedServer(*scripts) as server:
        assert run(main(server)) in (["1", "2", "3"], ["3"])


def test_a_first_step_that_timed_out() -> None:
    go_on = threading.Event()

    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url)
        with pytest.raises(asyncio.TimeoutError):
            await step(client, 0.1)
        go_on.set()
        assert await step(client) == "1"
        await client.close()

    with nothing_left(), ScriptedServer(then=[WaitFor(go_on), sent(1), Hold()]) as server:
        run(main(server))


# Beginning and ending


def test_it_connects_on_entering_the_block_and_only_once() -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url)
        await asyncio.sleep(SETTLING)
        assert server.requests == []
        async with client as entered:
            assert entered is client
            assert len(server.requests) == 1
            assert aiter_of(client) is client
            assert await step(client) == "1"
            assert len(server.requests) == 1

    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        run(main(server))


def aiter_of(client: AsyncSSEClient) -> AsyncIterator[Event]:
    return client.__aiter__()


def test_without_a_block_it_connects_on_the_first_step() -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url, retry=0, reconnect=SOON)
        assert await events_of(client) == ["1", "2"]
        await client.close()
        assert await events_of(client) == []

    with nothing_left(), ScriptedServer(answer(1), answer(2)) as server:
        run(main(server))
        assert [request.last_event_id for request in server.requests] == [None, "1", "2"]


def test_a_block_goes_on_where_the_client_stands() -> None:
    async def main(server: ScriptedServer) -> None:
        connected = AsyncSSEClient(server.url, reconnect=False)
        assert await step(connected) == "1"
        async with connected:
            assert await events_of(connected) == ["2"]
        finished = AsyncSSEClient(server.url, reconnect=False)
        assert await events_of(finished) == ["3"]
        closed = AsyncSSEClient(server.url)
        await closed.close()
        for client in (connected, finished, closed):
            async with client:
                assert await events_of(client) == []

    with nothing_left(), ScriptedServer(answer(1, 2), answer(3)) as server:
        run(main(server))
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "url", [b"http://127.0.0.1/", None, 5, object()], ids=lambda url: type(url).__name__
)
def test_what_is_no_url_is_told_where_to_go(url: Any) -> None:
    with pytest.raises(TypeError, match=rf"\(str\), not {type(url).__name__}; .*aiter_events"):
        AsyncSSEClient(url)


def test_the_first_error_comes_out_of_the_block_or_of_the_first_step() -> None:
    async def main(server: ScriptedServer) -> None:
        with pytest.raises(requests.HTTPError, match="404"):
            async with AsyncSSEClient(server.url):
                pytest.fail("the block was entered")
        client = AsyncSSEClient(server.url)
        with pytest.raises(requests.HTTPError, match="404"):
            await step(client)
        await client.close()

    with nothing_left(), ScriptedServer(then=status(404)) as server:
        run(main(server))
        assert len(server.requests) == 2


def test_breaking_out_and_closing_leaves_nothing() -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url)
        async for given in client:
            assert given.data == "1"
            break
        await client.close()
        await client.close()
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer([sent(1, 2), Hold()]) as server:
        run(main(server))


def test_close_from_the_loop_itself() -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url)
        data: list[str] = []
        async for given in client:
            data.append(given.data)
            await client.close()
        assert data == ["1"]

    with nothing_left(), ScriptedServer([sent(1, 2), Hold()]) as server:
        run(main(server))


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
def test_close_from_a_callback(callback: str) -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async def close(*arguments: object) -> None:
            await client.close()

        options: dict[str, Any] = {callback: close}
        client = AsyncSSEClient(server.url, retry=0, reconnect=SOON, **options)
        return await events_of(client)

    script = response([b": hello\n\n", event(1)])
    with nothing_left(), ScriptedServer(script, then=answer(2)) as server:
        assert run(main(server)) in ([], ["1"])
        assert len(server.requests) == 1


@pytest.mark.parametrize("reconnecting", [False, True])
@pytest.mark.parametrize("hook", ["on_request_start", "on_request_end", "on_request_exception"])
def test_close_from_a_hook_of_the_session(hook: str, reconnecting: bool) -> None:
    """Before a request, when its answer has just come, and when it has just failed."""

    async def main(server: ScriptedServer) -> list[str]:
        async def close(*arguments: object) -> None:
            if client.last_id == ("1" if reconnecting else None):
                await client.close()

        async with aiohttp.ClientSession(trace_configs=[hooked(hook, close)]) as session:
            client = AsyncSSEClient(server.url, session=session, retry=0, reconnect=SOON)
            data = await asyncio.wait_for(events_of(client), AT_ONCE)
            assert client.closed
            await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))
            return data

    failing = hook == "on_request_exception"
    scripts = [answer(1)] * reconnecting + [[Close()] if failing else [*sent(2), Hold()]] * 3
    with nothing_left(), ScriptedServer(*scripts) as server:
        assert run(main(server)) == ["1"] * reconnecting


@pytest.mark.parametrize("ticks", range(6))
def test_close_when_an_answer_has_just_come(ticks: int) -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async def close() -> None:
            for _ in range(ticks):
                await asyncio.sleep(0)
            await client.close()

        async def close_soon(*arguments: object) -> None:
            closing.append(asyncio.ensure_future(close()))

        closing: list[asyncio.Future[None]] = []
        hook = hooked("on_request_end", close_soon)
        async with aiohttp.ClientSession(trace_configs=[hook]) as session:
            client = AsyncSSEClient(server.url, session=session)
            data = await asyncio.wait_for(events_of(client), AT_ONCE)
            await closing[0]
            await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))
            return data

    with nothing_left(), ScriptedServer([*sent(rest=b""), Hold()]) as server:
        assert run(main(server)) == []


def hooked(name: str, hook: Callable[..., Any]) -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    getattr(config, name).append(hook)
    return config


@pytest.mark.parametrize("error", [LookupError("mine"), requests.ConnectionError("mine")], ids=repr)
def test_what_a_hook_of_the_session_raises_comes_out_as_it_is(error: Exception) -> None:
    async def fail(*arguments: object) -> None:
        raise error

    async def main() -> None:
        async with aiohttp.ClientSession(
            trace_configs=[hooked("on_request_start", fail)]
        ) as session:
            client = AsyncSSEClient("http://127.0.0.1:9/", session=session)
            with pytest.raises(type(error)) as caught:
                await step(client)
            assert caught.value is error

    with nothing_left():
        run(main())


@pytest.mark.parametrize("reconnecting", [False, True])
def test_close_while_an_error_is_read(reconnecting: bool) -> None:
    answered = threading.Event()
    refusal = [*response([b"sor"], status=503, complete=False), Call(answered.set), Hold()]

    async def main(server: ScriptedServer) -> list[str]:
        client = AsyncSSEClient(server.url, retry=0, reconnect=SOON)
        reading = asyncio.ensure_future(events_of(client))
        await in_thread(answered.wait)
        await asyncio.sleep(SETTLING)
        await client.close()
        data = await asyncio.wait_for(reading, AT_ONCE)
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))
        return data

    scripts = [*([answer(1)] * reconnecting), refusal]
    with nothing_left(), ScriptedServer(*scripts) as server:
        assert run(main(server)) == ["1"] * reconnecting


@pytest.mark.parametrize(("scripts", "options", "error"), ENDINGS)
def test_a_loop_that_ended_leaves_nothing_without_a_block(
    scripts: Sequence[Scripted], options: dict[str, Any], error: Optional[type[Exception]]
) -> None:
    async def main(server: ScriptedServer) -> None:
        client = AsyncSSEClient(server.url, **{"retry": 0, "reconnect": SOON, **options})
        with pytest.raises(error) if error else contextlib.nullcontext():
            await events_of(client)
        await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer(*scripts) as server:
        run(main(server))


def test_a_client_that_was_never_used() -> None:
    async def main() -> None:
        await AsyncSSEClient("http://127.0.0.1:1/").close()
        AsyncSSEClient("http://127.0.0.1:1/")

    with nothing_left():
        run(main())
        # Making one needs no loop.
        AsyncSSEClient("http://127.0.0.1:1/")


@pytest.mark.parametrize(("name", "away"), [("refused", True), ("silent", False)])
def test_errors_of_the_first_connection_are_aiohttps_too(name: str, away: bool) -> None:
    async def main(server: ScriptedServer) -> None:
        expected = requests.ConnectionError if away else requests.Timeout
        with pytest.raises(expected) as caught:
            async with AsyncSSEClient(server.url, timeout=(1.0, 0.1)):
                pytest.fail("the block was entered")
        assert isinstance(caught.value, aiohttp.ClientError)

    with nothing_left(), ScriptedServer([Hold()]) as server:
        if away:
            server.refuse()
        run(main(server))


# Callbacks


@pytest.mark.parametrize("coroutines", [False, True])
def test_callbacks_may_be_coroutines(coroutines: bool) -> None:
    called: list[tuple[str, object]] = []

    def callback(name: str) -> Callable[..., Any]:
        def plain(*arguments: object) -> None:
            called.append((name, arguments[0]))

        async def coroutine(*arguments: object) -> None:
            await asyncio.sleep(0)
            plain(*arguments)

        return coroutine if coroutines else plain

    async def main(server: ScriptedServer) -> list[str]:
        options: dict[str, Any] = {
            name: callback(name) for name in ("on_open", "on_error", "on_comment")
        }
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON, **options) as client:
            return await events_of(client)

    script = response([b": one\n", event(1), b": two\n\n: three\n", event(2)])
    with nothing_left(), ScriptedServer(script) as server:
        assert run(main(server)) == ["1", "2"]
    names = [name for name, _ in called]
    assert names[0] == "on_open"
    assert names.count("on_error") == 1
    assert isinstance(called[names.index("on_error")][1], EOFError)
    comments = [argument for name, argument in called if name == "on_comment"]
    assert comments == ["one", "two", "three"]


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
@pytest.mark.parametrize("coroutine", [False, True])
def test_what_a_callback_raises_comes_out(callback: str, coroutine: bool) -> None:
    def fail(*arguments: object) -> None:
        raise LookupError("on purpose")

    async def fail_later(*arguments: object) -> None:
        await asyncio.sleep(0)
        fail()

    async def main(server: ScriptedServer) -> None:
        options: dict[str, Any] = {callback: fail_later if coroutine else fail}
        with pytest.raises(LookupError, match="on purpose"):
            async with AsyncSSEClient(server.url, retry=0, **options) as client:
                await events_of(client)

    with nothing_left(), ScriptedServer(response([b": hello\n\n", event(1)])) as server:
        run(main(server))


# aiohttp's sessions and limits


def test_the_callers_session_is_used_and_stays_open() -> None:
    async def main(server: ScriptedServer) -> None:
        # With one connection only, a response that was not let go would block the next.
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector, headers={"X-Own": "1"}) as session:
            async with AsyncSSEClient(
                server.url, session=session, retry=0, reconnect=SOON
            ) as client:
                assert [await step(client) for _ in range(4)] == ["1", "2", "3", "4"]
            assert not session.closed
            async with session.get(server.url) as answered:
                assert answered.status == 204

    scripts: list[Scripted] = [answer(1), sent(2), status(503), answer(3), [sent(4), Hold()]]
    with nothing_left(), ScriptedServer(*scripts) as server:
        run(main(server))
        assert {request.headers["X-Own"] for request in server.requests} == {"1"}


def test_ones_own_session_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[Any] = []
    original = aiohttp.ClientSession.__init__

    def record(self: Any, *arguments: Any, **options: Any) -> None:
        sessions.append(self)
        original(self, *arguments, **options)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", record)

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON) as client:
            assert [await step(client), await step(client)] == ["1", "2"]

    with nothing_left(), ScriptedServer(answer(1), [sent(2), Hold()]) as server:
        run(main(server))
    assert sessions
    assert all(session.closed for session in sessions)


@pytest.mark.parametrize("own", [True, False])
def test_no_total_time_cuts_a_stream(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # aiohttp's own total of five minutes, made shorter.
    total = 0.1
    monkeypatch.setattr(aiohttp.client, "DEFAULT_TIMEOUT", aiohttp.ClientTimeout(total=total))

    async def main(server: ScriptedServer) -> list[str]:
        async with contextlib.AsyncExitStack() as stack:
            options: dict[str, Any] = {}
            if not own:
                options["session"] = await stack.enter_async_context(aiohttp.ClientSession())
            client = AsyncSSEClient(server.url, reconnect=False, **options)
            return await events_of(await stack.enter_async_context(client))

    with ScriptedServer(response([[event(n), Pause(total / 2)] for n in range(1, 5)])) as server:
        assert run(main(server)) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "timeout", [0.25, (5.0, 0.25), (None, 0.25), aiohttp.ClientTimeout(sock_read=0.25)]
)
def test_silence_ends_a_connection(timeout: Any) -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON, timeout=timeout) as client:
            return await events_of(client)

    def go_on(request: Request) -> Script:
        last = int(request.last_event_id or 0)
        pieces: list[list[Piece]] = [[event(n), Pause(0.1)] for n in range(last + 1, 4)]
        return [*response(pieces, complete=False), Hold()] if last < 3 else status(204)

    with nothing_left(), ScriptedServer(then=go_on) as server:
        assert run(main(server)) == ["1", "2", "3"]
        assert server.requests[-1].last_event_id == "3"


def test_a_total_time_of_the_callers_counts() -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async with AsyncSSEClient(
            server.url, retry=0, reconnect=SOON, timeout=aiohttp.ClientTimeout(total=0.4)
        ) as client:
            return await events_of(client)

    with nothing_left(), ScriptedServer([*sent(1), Hold()], answer(2)) as server:
        assert run(main(server)) == ["1", "2"]


def test_a_total_time_that_is_up_when_the_connection_breaks() -> None:
    """What came after the time may be handed out no more: then it is asked for again."""
    go_on = threading.Event()

    async def main(server: ScriptedServer) -> list[str]:
        async with AsyncSSEClient(
            server.url, retry=0, reconnect=SOON, timeout=aiohttp.ClientTimeout(total=0.2)
        ) as client:
            data = [await step(client)]
            await asyncio.sleep(0.3)
            go_on.set()
            await in_thread(lambda: server.wait_for_disconnect(1, timeout=AT_ONCE))
            await asyncio.sleep(SETTLING)
            return data + await events_of(client)

    broken = [*response([event(1), WaitFor(go_on), event(2)], complete=False), Close()]

    def go_on_behind(request: Request) -> Script:
        return answer(2) if request.last_event_id == "1" else status(204)

    with nothing_left(), ScriptedServer(broken, then=go_on_behind) as server:
        assert run(main(server)) == ["1", "2"]
        assert server.requests[-1].last_event_id == "2"


@pytest.mark.filterwarnings("ignore:.*encode_basic_auth:DeprecationWarning")
def test_a_basic_auth_of_aiohttp() -> None:
    async def main(server: ScriptedServer) -> list[str]:
        auth = aiohttp.BasicAuth("ada", "secret")
        async with AsyncSSEClient(server.url, auth=auth, retry=0, reconnect=SOON) as client:
            return await events_of(client)

    with ScriptedServer(answer(1)) as server:
        assert run(main(server)) == ["1"]
        sent_by_client = [request.headers["Authorization"] for request in server.requests]
        assert sent_by_client == ["Basic YWRhOnNlY3JldA=="] * 2


@pytest.mark.parametrize("options", [{}, {"read_bufsize": 1024}, {"read_bufsize": 1 << 22}])
def test_an_event_is_longer_than_what_aiohttp_takes_for_a_line(options: dict[str, Any]) -> None:
    text = b"x" * (1 << 20)
    body = b"data: " + text + b"\n\nid: " + b"y" * 200_000 + b"\ndata: 2\n\n"

    async def main(server: ScriptedServer) -> list[Event]:
        async with AsyncSSEClient(server.url, reconnect=False, **options) as client:
            return [given async for given in client]

    with ScriptedServer(response(body)) as server:
        first, second = run(main(server))
    assert first.data == text.decode()
    assert (second.data, len(second.id or "")) == ("2", 200_000)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
@pytest.mark.parametrize("framing", ["chunked", "one-chunk", "content-length", "close"])
def test_events_arrive_when_they_are_sent(framing: str, encoding: Optional[str], tls: bool) -> None:
    received = [threading.Event() for _ in range(4)]
    pieces: list[list[Piece]] = [
        [event(number), WaitFor(received[number], timeout=5.0)] for number in range(len(received))
    ]

    async def main(server: ScriptedServer) -> None:
        trust: dict[str, Any] = {"ssl": client_context()} if tls else {}
        async with AsyncSSEClient(server.url, reconnect=False, **trust) as client:
            async for given in client:
                received[int(given.data)].set()
        if tls:
            await tls_ended()

    script = response(pieces, framing=framing, encoding=encoding)
    with ScriptedServer(script, tls=server_context() if tls else None) as server:
        run(main(server))
    assert all(each.is_set() for each in received)


# Very many


class ManyStreams:
    """A server script for any number of streams, one for each path, cut again and again."""

    LAST = 6

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, int] = {}

    def __call__(self, request: Request) -> Script:
        connection = self._count(request.path)
        last = int(request.last_event_id or 0)
        if last == self.LAST:
            return response(status=204)
        pieces = [event(number) for number in range(last + 1, min(last + 3, self.LAST) + 1)]
        rest = response([*pieces, b"id: 99\ndata: half"], complete=False)
        if connection % 3 == 1:
            # Behind a pause: a client may not see what came before a reset.
            return [*rest, Pause(0.05), Reset()]
        return [*rest, Close()]

    def _count(self, path: str) -> int:
        with self._lock:
            self._connections[path] = self._connections.get(path, 0) + 1
            return self._connections[path]


@pytest.mark.parametrize(("count", "shared"), [(50, True), (500, False)])
def test_many_streams_on_one_loop(count: int, shared: bool) -> None:
    async def read(url: str, options: dict[str, Any], place: int) -> list[str]:
        # Not all in the same moment: the server's queue has an end.
        await asyncio.sleep(place * 0.002)
        async with AsyncSSEClient(url, retry=0, reconnect=SOON, **options) as client:
            return await events_of(client)

    async def main(server: ScriptedServer) -> list[list[str]]:
        async with contextlib.AsyncExitStack() as stack:
            options: dict[str, Any] = {}
            if shared:
                connector = aiohttp.TCPConnector(limit=0)
                session = aiohttp.ClientSession(connector=connector)
                options["session"] = await stack.enter_async_context(session)
            return await asyncio.gather(
                *(read(server.url_for(f"/{place}"), options, place) for place in range(count))
            )

    expected = [str(number) for number in range(1, ManyStreams.LAST + 1)]
    with nothing_left(), ScriptedServer(then=ManyStreams()) as server:
        # Without asyncio's debugging, which notes where each of many thousand things was made.
        for data in run_loop(main(server), patience=60.0):
            assert data == expected


def test_memory_of_an_endless_event_is_bounded() -> None:
    def endless(request: Request) -> Iterator[Sequence[Piece]]:
        yield response(complete=False)
        piece = b"data: x\n" * 500
        yield from itertools.repeat([chunk(piece)])

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, max_event_size=100_000) as client:
            with pytest.raises(EventTooLarge, match="max_event_size=100000"):
                await step(client)

    with nothing_left(), ScriptedServer(endless) as server:
        run(main(server))
        assert len(server.requests) == 1


# The extra


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )


def test_without_aiohttp_the_name_says_what_to_install() -> None:
    done = python(
        "import sys; sys.modules['aiohttp'] = None\nfrom sseclient_ng import AsyncSSEClient"
    )
    assert done.returncode == 1
    assert "ImportError" in done.stderr
    assert "sseclient-ng[async]" in done.stderr


def test_without_aiohttp_everything_else_works() -> None:
    done = python(
        "import sys; sys.modules['aiohttp'] = None\n"
        "import asyncio\n"
        "from sseclient_ng import *\n"
        "from sseclient_ng import SSEClient, aiter_events, aiter_line_events\n"
        "async def chunks():\n"
        "    yield b'data: 1\\n\\n'\n"
        "async def main():\n"
        "    return [event.data async for event in aiter_events(chunks())]\n"
        "assert asyncio.run(main()) == ['1']\n"
        "assert [event.data for event in SSEClient([b'data: 1\\n\\n'])] == ['1']\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_does_not_import_aiohttp() -> None:
    done = python("import sys, sseclient_ng\nassert 'aiohttp' not in sys.modules")
    assert (done.returncode, done.stderr) == (0, "")
    done = python("from sseclient_ng import AsyncSSEClient\nAsyncSSEClient('http://127.0.0.1:1/')")
    assert (done.returncode, done.stderr) == (0, "")
