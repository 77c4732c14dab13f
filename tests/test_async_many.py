"""Many streams on one loop, and imports of the client."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from scenarios.row import event
from sseclient_ng import EventTooLarge
from sseclient_ng.testing import (
    Close,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    ScriptedServer,
    chunk,
    response,
)
from support.asynchronous import SOON, events_of, run, step
from support.drivers import run_loop
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


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


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )


def test_without_aiohttp_a_client_without_a_session_says_what_to_install() -> None:
    done = python(
        "import sys; sys.modules['aiohttp'] = None\n"
        "from sseclient_ng import AsyncSSEClient\n"
        "AsyncSSEClient('http://127.0.0.1/')"
    )
    assert done.returncode == 1
    assert "ModuleNotFoundError: AsyncSSEClient needs aiohttp unless" in done.stderr
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


def test_without_asyncio_it_says_what_it_needs() -> None:
    step = AsyncSSEClient("http://127.0.0.1:1/").__anext__()
    with pytest.raises(RuntimeError, match="needs asyncio"):
        step.send(None)


def test_it_can_not_be_copied() -> None:
    with pytest.raises(TypeError, match="connection"):
        copy.deepcopy(AsyncSSEClient("http://127.0.0.1:1/"))
