"""The clients, used as their documentation says, and their floor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Callable, NamedTuple

import httpx
import httpx2
import httpx_sse
import ld_eventsource
import requests
import requests_sse
import urllib3
from ld_eventsource.config import ConnectStrategy

import sseclient_ng
from benchmarks.entrant import OURS, Peer
from benchmarks.names import FLOOR_NAMES
from benchmarks.peers import (
    HTTPX2,
    HTTPX_SSE,
    LAUNCHDARKLY,
    REQUESTS_SSE,
    SSECLIENT,
    SSECLIENT_PY,
    sseclient,
    sseclient_py,
)

READ_SIZE = 64 * 1024
"""The most bytes at once for the floor, which has no size of its own."""


class ClientPeer(NamedTuple):
    """One package in the comparison of clients."""

    peer: Peer
    connect: Callable[[str], AbstractContextManager[Iterator[Any]]]
    asks_for_gzip: bool = True

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.peer.name


class Floor(NamedTuple):
    """A bare loop over the body."""

    name: str
    read: Callable[[urllib3.BaseHTTPResponse], Iterator[bytes]]

    @contextmanager
    def connect(self, url: str) -> Iterator[Iterator[bytes]]:
        """Connect, and yield the body of the response as it arrives."""
        with urllib3.PoolManager() as pool:
            yield self.read(pool.request("GET", url, preload_content=False))


@contextmanager
def _sseclient_ng(url: str) -> Iterator[Iterator[Any]]:
    with sseclient_ng.SSEClient(url) as client:
        yield client


@contextmanager
def _httpx_sse(url: str) -> Iterator[Iterator[Any]]:
    with (
        httpx.Client(timeout=None) as client,
        httpx_sse.connect_sse(client, "GET", url) as source,
    ):
        yield source.iter_sse()


@contextmanager
def _httpx2(url: str) -> Iterator[Iterator[Any]]:
    with httpx2.Client(timeout=None) as client, client.sse(url) as source:
        yield iter(source)


@contextmanager
def _launchdarkly(url: str) -> Iterator[Iterator[Any]]:
    with ld_eventsource.SSEClient(ConnectStrategy.http(url)) as client:
        yield iter(client.events)


@contextmanager
def _requests_sse(url: str) -> Iterator[Iterator[Any]]:
    with requests_sse.EventSource(url) as source:
        yield source


@contextmanager
def _sseclient(url: str) -> Iterator[Iterator[Any]]:
    client = sseclient.SSEClient(url)
    with closing(client.resp):
        yield client


@contextmanager
def _sseclient_py(url: str) -> Iterator[Iterator[Any]]:
    with requests.get(url, stream=True, headers={"Accept": "text/event-stream"}) as response:
        yield sseclient_py.SSEClient(response).events()


def _stream(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    return response.stream(READ_SIZE, decode_content=True)


def _read1(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    return iter(lambda: response.read1(READ_SIZE, decode_content=True), b"")


FLOORS = (
    Floor(FLOOR_NAMES[0], _stream),
    Floor(FLOOR_NAMES[1], _read1),
)
OUR_CLIENT = ClientPeer(OURS, _sseclient_ng)
CLIENT_PEERS = (
    ClientPeer(HTTPX_SSE, _httpx_sse),
    ClientPeer(HTTPX2, _httpx2),
    ClientPeer(LAUNCHDARKLY, _launchdarkly, asks_for_gzip=False),
    ClientPeer(REQUESTS_SSE, _requests_sse),
    ClientPeer(SSECLIENT, _sseclient),
    ClientPeer(SSECLIENT_PY, _sseclient_py),
)
