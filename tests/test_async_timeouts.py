"""Steps of the asynchronous client that time out, and the next steps."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest

from scenarios.row import answer, event, sent
from sseclient_ng import ReconnectPolicy
from sseclient_ng.testing import (
    Hold,
    Pause,
    Piece,
    Script,
    ScriptedServer,
    WaitFor,
    response,
)
from support.asynchronous import AT_ONCE, SETTLING, SOON, events_of, hooked, in_thread, run, step
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


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
    """Steps shorter than the server's answer neither flood it nor fail."""

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
    """The result of the attempt is retrieved although nobody waits for it."""

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
