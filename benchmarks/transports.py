"""CPU per event on each HTTP library, beside the library's own reader of event streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    closing,
    contextmanager,
)
from types import ModuleType
from typing import Any, Callable, NamedTuple

import httpx
import httpx2
import requests

import sseclient_ng
from benchmarks import async_peers, client_peers
from benchmarks.async_peers import in_session
from benchmarks.client import Plan, summary
from benchmarks.live_stream import Live, read, read_async
from benchmarks.server import running
from benchmarks.turns import turns
from sseclient_ng import httpx_sse

PATHS = ("/chunked", "/named", "/gzip")
LIVE = "/live"

Connect = Callable[[str], AbstractContextManager[Iterator[Any]]]
AsyncConnect = Callable[[str], AbstractAsyncContextManager[AsyncIterator[Any]]]


class Row(NamedTuple):
    """One library under one of the clients.

    Args:
        title: the library and the client.
        reader: the package that reads event streams on that library.
        read: reads a number of events from a URL, with a way to connect.
        read_live: reads a number of events from a live stream.
        ours: connects this package.
        theirs: connects the reader.
    """

    title: str
    reader: str
    read: Callable[[Any, str, int], float]
    read_live: Callable[[Any, Live, int], float]
    ours: Any
    theirs: Any


def measure(plan: Plan) -> list[dict[str, Any]]:
    """Measure every row on a few framings, and on a live stream.

    Args:
        plan: how much.

    Returns:
        For each row the CPU of both in microseconds an event, by the path of the framing.
    """
    with running(plan.events, plan.paced_events) as url:
        return [
            {
                "title": row.title,
                "reader": row.reader,
                "results": {
                    **{path: _compare(row, url + path, plan) for path in PATHS},
                    LIVE: _compare_live(row, plan),
                },
            }
            for row in ROWS
        ]


def _compare(row: Row, url: str, plan: Plan) -> dict[str, Any]:
    def measure(connect: Any) -> float:
        return row.read(connect, url, plan.events) / plan.events

    return _take_turns(row, measure, plan)


def _compare_live(row: Row, plan: Plan) -> dict[str, Any]:
    def measure(connect: Any) -> float:
        with closing(Live()) as live:
            return row.read_live(connect, live, plan.live_events) / plan.live_events

    return _take_turns(row, measure, plan)


def _take_turns(row: Row, measure: Callable[[Any], float], plan: Plan) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    both = {"ours": row.ours, "theirs": row.theirs}
    for name, connect in turns(both.items(), plan.rounds):
        taken[name].append(measure(connect))
    return {name: summary(seconds) for name, seconds in taken.items()}


def _sync(connect: Connect, url: str, count: int) -> float:
    with connect(url) as events:
        start = time.process_time()
        for _ in range(count):
            next(events).data  # noqa: B018 - as any user would, each event's data is looked at
        return time.process_time() - start


def _async(connect: AsyncConnect, url: str, count: int) -> float:
    async def consume() -> float:
        async with connect(url) as events:
            start = time.process_time()
            left = count
            async for event in events:
                event.data  # noqa: B018
                left -= 1
                if not left:
                    break
            return time.process_time() - start

    return asyncio.run(consume())


def _ours_on(session: Callable[[], Any]) -> Connect:
    @contextmanager
    def connect(url: str) -> Iterator[Iterator[Any]]:
        with session() as own, sseclient_ng.SSEClient(url, session=own) as client:
            yield iter(client)

    return connect


def _ours_async_on(library: ModuleType) -> AsyncConnect:
    @asynccontextmanager
    async def connect(url: str) -> AsyncIterator[Any]:
        async with (
            library.AsyncClient() as own,
            sseclient_ng.AsyncSSEClient(url, session=own) as client,
        ):
            yield client

    return connect


@contextmanager
def _swapped(url: str) -> Iterator[Iterator[Any]]:
    with httpx.Client(timeout=None) as client, httpx_sse.connect_sse(client, "GET", url) as source:
        yield iter(source.iter_sse())


@asynccontextmanager
async def _swapped_async(url: str) -> AsyncIterator[Any]:
    async with (
        httpx.AsyncClient(timeout=None) as client,
        httpx_sse.aconnect_sse(client, "GET", url) as source,
    ):
        yield source.aiter_sse()


_sync_peers = {peer.name: peer.connect for peer in client_peers.CLIENT_PEERS}
_async_peers = {peer.name: in_session(peer) for peer in async_peers.ASYNC_PEERS}
_aiohttp = in_session(async_peers.OUR_ASYNC_CLIENT)

_SYNC_ROWS = [
    ("requests", "requests-sse", _ours_on(requests.Session)),
    ("httpx", "httpx-sse", _ours_on(httpx.Client)),
    ("httpx2", "httpx2", _ours_on(httpx2.Client)),
    ("httpx, by `sseclient_ng.httpx_sse`", "httpx-sse", _swapped),
]
_ASYNC_ROWS = [
    ("aiohttp", "aiohttp-sse-client", _aiohttp),
    ("httpx", "httpx-sse", _ours_async_on(httpx)),
    ("httpx2", "httpx2", _ours_async_on(httpx2)),
    ("httpx, by `sseclient_ng.httpx_sse`", "httpx-sse", _swapped_async),
]

ROWS = [
    *[
        Row(name, reader, _sync, read, ours, _sync_peers[reader])
        for name, reader, ours in _SYNC_ROWS
    ],
    *[
        Row(f"{name}, async", reader, _async, read_async, ours, _async_peers[reader])
        for name, reader, ours in _ASYNC_ROWS
    ],
]
