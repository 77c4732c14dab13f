"""Sessions and limits of aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any, Optional

import pytest
import requests

from scenarios.row import answer, event, sent, status
from sseclient_ng import Event
from sseclient_ng.testing import (
    Close,
    Hold,
    Pause,
    Piece,
    Request,
    Script,
    Scripted,
    ScriptedServer,
    WaitFor,
    response,
)
from support.asynchronous import AT_ONCE, SETTLING, SOON, events_of, in_thread, run, step
from support.certificates import client_context, server_context
from support.drivers import tls_ended
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


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
    """Events that arrive after the time are requested again."""
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


@pytest.mark.parametrize("damaged", [False, True])
def test_a_session_of_the_callers_decodes_what_it_knows(damaged: bool) -> None:
    async def main(server: ScriptedServer) -> list[str]:
        async with aiohttp.ClientSession() as session:
            client = AsyncSSEClient(server.url, session=session, reconnect=False)
            async with client:
                return await events_of(client)

    body = response(event(1), encoding="gzip", framing="close")
    if damaged:
        body = [*sent(1, encoding="gzip", framing="close"), Pause(0.05), b"\xff\xff no deflate"]
    with ScriptedServer(body) as server:
        if damaged:
            with pytest.raises(requests.exceptions.ContentDecodingError):
                run(main(server))
        else:
            assert run(main(server)) == ["1"]


def test_a_proxy_of_the_callers() -> None:
    async def main(proxy: ScriptedServer) -> list[str]:
        options: dict[str, Any] = {"proxy": proxy.url, "reconnect": False}
        async with AsyncSSEClient("http://stream.test/events", **options) as client:
            return await events_of(client)

    with ScriptedServer(answer(1)) as proxy:
        assert run(main(proxy)) == ["1"]
        assert proxy.requests[0].target == "http://stream.test/events"
