"""Clients of httpx and httpx2 over HTTP/2: many streams share one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sseclient_ng import AsyncSSEClient, ReconnectPolicy, SSEClient
from support.asynchronous import AT_ONCE, SETTLING, run, step
from support.closing import closed_soon

pytest.importorskip("h2")
pytest.importorskip("hypercorn")

from support.http2 import Http2Server

SOON = ReconnectPolicy(min_delay=0.0, max_delay=0.01)
MANY = 20
EVENTS = 15


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http2Server]:
    with Http2Server(Path(tmp_path_factory.mktemp("http2"))).running() as running:
        yield running


@pytest.fixture(autouse=True)
def _forget(server: Http2Server) -> None:
    server.asked.clear()


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def connection_of(client: Any) -> object:
    assert client.resp.http_version == "HTTP/2"
    return client.resp.extensions["network_stream"]


def numbers(count: int) -> list[str]:
    return [str(number + 1) for number in range(count)]


def test_many_streams_of_one_connection(library: Any, server: Http2Server) -> None:
    """Half of them are closed or given up in the middle; the others miss nothing."""
    connections = []

    async def read(session: Any, number: int) -> list[str]:
        data: list[str] = []
        async with AsyncSSEClient(f"{server.url}/beating?{number}", session=session) as client:
            async for event in client:
                connections.append(connection_of(client))
                data.append(event.data)
                if len(data) == (EVENTS if number % 2 else 3):
                    break
        return data

    async def main() -> None:
        async with library.AsyncClient(http2=True, verify=server.context) as session:
            # While one connects, the library has others wait for it; they suffer if it gives up.
            await read(session, MANY + 4)
            given_up = [asyncio.ensure_future(read(session, MANY + n)) for n in range(4)]
            readers = [asyncio.ensure_future(read(session, n)) for n in range(MANY)]
            await asyncio.sleep(SETTLING)
            for each in given_up:
                each.cancel()
            expected = [numbers(EVENTS if n % 2 else 3) for n in range(MANY)]
            assert await asyncio.gather(*readers) == expected
            await asyncio.gather(*given_up, return_exceptions=True)
            # Those that were closed end with the next bytes. Before 4.13, anyio may hang where all
            # are cancelled at once, as at the end of the event loop.
            while len(asyncio.all_tasks()) > 2:  # this one and the one around it
                await asyncio.sleep(SETTLING)

    run(main())
    assert len(set(map(id, connections))) == 1
    assert set(server.asked.values()) == {1}


def test_close_leaves_the_others_of_the_connection_alone(library: Any, server: Http2Server) -> None:
    with library.Client(http2=True, verify=server.context) as session:
        clients = [SSEClient(f"{server.url}/beating?{n}", session=session) for n in range(6)]
        assert len({id(connection_of(client)) for client in clients}) == 1
        data = [[next(client).data for _ in range(5)] for client in clients]
        for client in clients[::2]:
            client.close()
        for client, seen in zip(clients[1::2], data[1::2]):
            seen += [next(client).data for _ in range(10)]
            client.close()
    assert data == [numbers(5), numbers(15)] * 3
    assert set(server.asked.values()) == {1}


def test_close_from_another_thread(library: Any, server: Http2Server) -> None:
    with library.Client(http2=True, verify=server.context) as session:
        client = SSEClient(f"{server.url}/silent", session=session)
        connection_of(client)
        with closed_soon(client):
            assert [event.data for event in client] == ["1"]


def test_close_from_another_thread_waits_for_bytes_of_a_shared_connection(
    library: Any, server: Http2Server
) -> None:
    with library.Client(http2=True, verify=server.context) as session:
        other = SSEClient(f"{server.url}/beating?2", session=session)
        client = SSEClient(f"{server.url}/beating", session=session)
        with closed_soon(client):
            assert next(client).data == "1"
            list(client)
        assert next(other).data == "1"
        other.close()
    assert set(server.asked.values()) == {1}


def test_close_of_a_silent_stream_of_asyncio(library: Any, server: Http2Server) -> None:
    async def main() -> None:
        async with library.AsyncClient(http2=True, verify=server.context) as session:
            silent = AsyncSSEClient(f"{server.url}/silent", session=session)
            async with AsyncSSEClient(f"{server.url}/beating", session=session) as beating:
                assert await step(silent) == "1"
                waiting = asyncio.ensure_future(silent.__anext__())
                data = [await step(beating) for _ in range(5)]
                await asyncio.wait_for(silent.close(), AT_ONCE)
                with pytest.raises(StopAsyncIteration):
                    await waiting
                data += [await step(beating) for _ in range(10)]
                assert data == numbers(15)

    run(main())
    assert server.asked == {"/silent?": 1, "/beating?": 1}


def test_a_silence_is_a_drop(library: Any, server: Http2Server) -> None:
    with (
        library.Client(http2=True, verify=server.context) as session,
        SSEClient(
            f"{server.url}/silent", session=session, retry=0, reconnect=SOON, timeout=0.1
        ) as client,
    ):
        assert [next(client).data for _ in range(3)] == ["1"] * 3
    assert server.asked == {"/silent?": 3}


def test_a_refused_status_has_its_body(library: Any, server: Http2Server) -> None:
    with library.Client(http2=True, verify=server.context) as session:
        with pytest.raises(requests.HTTPError) as caught:
            SSEClient(f"{server.url}/page", session=session)
        assert caught.value.response.text == "no such page"
        with SSEClient(f"{server.url}/beating", session=session) as beating:
            assert next(beating).data == "1"


def test_a_client_that_was_never_read(library: Any, server: Http2Server) -> None:
    with library.Client(http2=True, verify=server.context) as session:
        with SSEClient(f"{server.url}/beating", session=session) as first:
            assert connection_of(first)
        with SSEClient(f"{server.url}/beating?2", session=session) as second:
            assert next(second).data == "1"
