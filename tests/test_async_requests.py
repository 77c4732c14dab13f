"""The requests of the asynchronous client, its session, and its tasks."""

from __future__ import annotations

import asyncio
import gc
import io
import weakref
from collections.abc import Coroutine
from typing import Any, Callable

import pytest
import requests

from sseclient_ng import ReconnectPolicy
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.drivers import run_loop

pytest.importorskip("aiohttp")
import aiohttp

from sseclient_ng import AsyncSSEClient

SOON = ReconnectPolicy(min_delay=0.01, max_delay=0.02)
ONE = response([b"id: 1\ndata: 1\n\n"])
TWO = response([b"id: 2\ndata: 2\n\n"])


def run(main: Callable[[str], Coroutine[Any, Any, Any]], *scripts: Any) -> ScriptedServer:
    with ScriptedServer(*scripts) as server:
        run_loop(main(server.url))
    return server


async def data_of(client: AsyncSSEClient) -> list[str]:
    async with client:
        return [event.data async for event in client]


@pytest.mark.parametrize("where", ["session", "keyword"])
def test_raising_for_status_is_left_to_the_core(where: str) -> None:
    async def main(url: str) -> None:
        strict = {"raise_for_status": True}
        async with aiohttp.ClientSession(**(strict if where == "session" else {})) as session:
            options: dict[str, Any] = {"session": session, "reconnect": SOON, "retry": 10}
            options.update(strict if where == "keyword" else {})
            client = AsyncSSEClient(url, **options)
            with pytest.raises(requests.HTTPError) as raised:
                await data_of(client)
            assert raised.value.response is not None
            assert raised.value.response.text == "gone"
            assert client.last_id == "1"

    server = run(main, ONE, response(status=503), response(b"gone", status=410))
    assert len(server.requests) == 3


def test_headers_and_params_from_coroutine_functions() -> None:
    calls: list[str] = []

    async def headers() -> dict[str, str]:
        await asyncio.sleep(0)
        calls.append("headers")
        return {"Authorization": f"Bearer {len(calls)}"}

    async def params() -> dict[str, str]:
        return {"call": str(len(calls))}

    async def main(url: str) -> None:
        client = AsyncSSEClient(url, headers=headers, params=params, reconnect=SOON, retry=10)
        assert await data_of(client) == ["1", "2"]

    seen = run(main, ONE, TWO).requests
    assert [request.headers["Authorization"] for request in seen[:2]] == ["Bearer 1", "Bearer 2"]
    assert [request.query for request in seen[:2]] == ["call=1", "call=2"]


def test_closing_while_the_headers_are_made() -> None:
    async def main(url: str) -> None:
        asked = asyncio.Event()

        async def headers() -> dict[str, str]:
            asked.set()
            await asyncio.sleep(60.0)
            return {}

        client = AsyncSSEClient(url, headers=headers)
        reading = asyncio.ensure_future(data_of(client))
        await asked.wait()
        await client.close()
        assert await asyncio.wait_for(reading, 1.0) == []

    assert run(main).requests == []


@pytest.mark.parametrize("form", ["dict", "FormData"])
def test_a_form_with_a_file_is_refused_where_it_had_to_be_sent_again(form: str) -> None:
    data: Any = {"file": io.BytesIO(b"content")}
    if form == "FormData":
        data = aiohttp.FormData(data)
    with pytest.raises(ValueError, match="sent again on a reconnect"):
        AsyncSSEClient("http://stream.example/", method="POST", data=data, reconnect=True)
    AsyncSSEClient("http://stream.example/", method="POST", data=data)


def test_a_second_task_is_told_that_it_waits_in_vain() -> None:
    async def main(url: str) -> None:
        async with AsyncSSEClient(url, reconnect=SOON, retry=10) as client:
            assert (await client.__anext__()).data == "1"
            first = asyncio.ensure_future(client.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await client.__anext__()
            assert not first.done()
            first.cancel()

    run(main, response([b"id: 1\ndata: 1\n\n", Hold()]))


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_a_client_that_is_forgotten_is_collected() -> None:
    async def main(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            client = AsyncSSEClient(url, session=session)
            assert (await client.__anext__()).data == "1"
            forgotten = weakref.ref(client)
            del client
            gc.collect()
            assert forgotten() is None

    run(main, response([b"id: 1\ndata: 1\n\n", Hold()]))


def test_headers_that_can_not_be_had_for_a_while() -> None:
    attempts: list[int] = []

    async def headers() -> dict[str, str]:
        attempts.append(1)
        if len(attempts) == 2:
            raise aiohttp.ClientConnectionError("the server of tokens is away")
        if len(attempts) == 3:
            raise asyncio.TimeoutError
        return {}

    async def main(url: str) -> None:
        client = AsyncSSEClient(url, headers=headers, reconnect=SOON, retry=10)
        assert await data_of(client) == ["1", "2"]

    run(main, ONE, TWO)
    assert len(attempts) == 5
