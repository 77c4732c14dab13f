"""How the asynchronous client connects and ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any, Optional

import pytest
import requests

from scenarios import ENDINGS
from scenarios.row import answer, event, sent, status
from sseclient_ng import Event
from sseclient_ng.testing import (
    Call,
    Close,
    Hold,
    Scripted,
    ScriptedServer,
    WaitFor,
    response,
)
from support.asynchronous import AT_ONCE, SETTLING, SOON, events_of, hooked, in_thread, run, step
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


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


@pytest.mark.parametrize("owner", ["client", "caller"])
def test_a_client_that_is_forgotten_closes_its_connection_and_warns(owner: str) -> None:
    async def use(server: ScriptedServer, session: Optional[aiohttp.ClientSession]) -> None:
        async for _ in AsyncSSEClient(server.url, session=session):
            break
        gc.collect()

    async def main(server: ScriptedServer) -> None:
        async with contextlib.AsyncExitStack() as stack:
            session = None
            if owner == "caller":
                session = await stack.enter_async_context(aiohttp.ClientSession())
            with pytest.warns(ResourceWarning, match="unclosed <.*AsyncSSEClient.*async with"):
                await use(server, session)
            await in_thread(lambda: server.wait_for_disconnect(timeout=AT_ONCE))

    with nothing_left(), ScriptedServer([sent(1, 2), Hold()]) as server:
        run(main(server))


# aiohttp's own objects fail then.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_that_is_forgotten_after_its_event_loop_warns() -> None:
    clients: list[AsyncSSEClient] = []

    async def main(server: ScriptedServer) -> None:
        clients.append(AsyncSSEClient(server.url))
        assert await step(clients[0]) == "1"

    with ScriptedServer([sent(1, 2), Hold()]) as server:
        run(main(server))
        with pytest.warns(ResourceWarning, match="unclosed <.*AsyncSSEClient"):
            clients.clear()
        gc.collect()


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


@pytest.mark.parametrize("aiohttp_tells", [True, False])
def test_a_read_ends_with_a_connection_that_aiohttp_closed(
    aiohttp_tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before some version, aiohttp told nobody that a connection was closed."""
    if not aiohttp_tells:
        from aiohttp.client_proto import ResponseHandler

        monkeypatch.setattr(ResponseHandler, "closed", None, raising=False)

    async def main(server: ScriptedServer) -> None:
        async with AsyncSSEClient(server.url, reconnect=False) as client:
            assert await step(client) == "1"
            seen.set()
            with pytest.raises(requests.RequestException):
                await step(client)

    seen = threading.Event()
    damaged = [*sent(1), WaitFor(seen), b"no size of a chunk\r\n", Hold()]
    with nothing_left(), ScriptedServer(damaged) as server:
        run(main(server))
