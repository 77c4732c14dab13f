"""The asynchronous clients, used as their documentation says, and their floor."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Callable, NamedTuple, Union

import aiohttp
import httpx
import httpx2
import httpx_sse
import ld_eventsource
from aiohttp_sse_client.client import EventSource
from ld_eventsource.config.async_connect_strategy import AsyncConnectStrategy

import sseclient_ng
from benchmarks.entrant import OURS, Peer
from benchmarks.names import FLOOR_NAMES
from benchmarks.peers import HTTPX2, HTTPX_SSE, LAUNCHDARKLY

Session = Union[aiohttp.ClientSession, httpx.AsyncClient, httpx2.AsyncClient]
Events = AbstractAsyncContextManager[AsyncIterator[Any]]


class AsyncPeer(NamedTuple):
    """One package in the comparison of asynchronous clients."""

    peer: Peer
    open_session: Callable[[], AbstractAsyncContextManager[Any]]
    connect: Callable[[Any, str], Events]

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.peer.name


def _aiohttp_session() -> aiohttp.ClientSession:
    # aiohttp's own context was made when it was imported, and trusts nobody that came later.
    context = ssl.create_default_context() if "SSL_CERT_FILE" in os.environ else True
    connector = aiohttp.TCPConnector(limit=0, ssl=context)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))


def _httpx_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=None, limits=httpx.Limits())


def _httpx2_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=None, limits=httpx2.Limits())


@asynccontextmanager
async def _sseclient_ng(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Any]:
    async with sseclient_ng.AsyncSSEClient(url, session=session) as client:
        yield client


@asynccontextmanager
async def _httpx_sse(session: httpx.AsyncClient, url: str) -> AsyncIterator[Any]:
    async with httpx_sse.aconnect_sse(session, "GET", url) as source:
        yield source.aiter_sse()


@asynccontextmanager
async def _httpx2(session: httpx2.AsyncClient, url: str) -> AsyncIterator[Any]:
    async with session.sse(url) as source:
        yield source.__aiter__()


@asynccontextmanager
async def _launchdarkly(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Any]:
    strategy = AsyncConnectStrategy.http(url, session=session)
    async with ld_eventsource.AsyncSSEClient(strategy) as client:
        yield client.events


@asynccontextmanager
async def _aiohttp_sse_client(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Any]:
    async with EventSource(url, session=session) as source:
        yield source


def in_session(peer: AsyncPeer) -> Callable[[str], Events]:
    """Return a function that connects a client, with a session of its own, to a URL."""

    @asynccontextmanager
    async def connect(url: str) -> AsyncIterator[Any]:
        async with peer.open_session() as session, peer.connect(session, url) as events:
            yield events

    return connect


@asynccontextmanager
async def floor(url: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """Connect a bare loop over the body to a URL."""
    async with _aiohttp_session() as session, session.get(url) as response:
        yield response.content.iter_any()


FLOOR_NAME = FLOOR_NAMES[2]

AIOHTTP_SSE_CLIENT = Peer("aiohttp-sse-client", "aiohttp-sse-client", iter, "type", "last_event_id")
OUR_ASYNC_CLIENT = AsyncPeer(OURS, _aiohttp_session, _sseclient_ng)
ASYNC_PEERS = (
    AsyncPeer(HTTPX_SSE, _httpx_client, _httpx_sse),
    AsyncPeer(HTTPX2, _httpx2_client, _httpx2),
    AsyncPeer(LAUNCHDARKLY, _aiohttp_session, _launchdarkly),
    AsyncPeer(AIOHTTP_SSE_CLIENT, _aiohttp_session, _aiohttp_sse_client),
)
