"""Cancel a task of the asynchronous client, whatever it is doing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from scenarios.row import answer, event, sent, status
from sseclient_ng.testing import (
    Close,
    Hold,
    OnAccept,
    Scripted,
    ScriptedServer,
    response,
)
from support.asynchronous import AT_ONCE, SETTLING, SOON, events_of, hooked, in_thread, run
from support.certificates import client_context, server_context
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


@dataclass(frozen=True)
class Place:
    """What a client is doing when it is cancelled or closed.

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
    """A task that iterates over a client in a block, and its events."""

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
        """Wait until the client has come to its place."""
        while len(self.data) < self._place.events:
            assert not self.task.done(), self.task
            await asyncio.sleep(0.002)
        await in_thread(lambda: self.server.wait_for_requests(self._place.requests))
        if any(isinstance(script, OnAccept) for script in self._place.scripts):
            await in_thread(lambda: self.server.wait_for_connections(len(self._place.scripts)))
        await asyncio.sleep(SETTLING)


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
    """The block closes the connection of a task that is cancelled between events."""

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
