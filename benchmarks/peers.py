"""The parsers of the other packages, used as their users do.

Only the outermost edge is replaced: where the package would read from a socket, it reads reads
(chunks of bytes) from memory. What it does with them (decoding, finding lines, making events) is
its own code, called through its public classes. A reader is a function from reads to events.
"""

from __future__ import annotations

import codecs
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx2
import httpx_sse
import ld_eventsource
import requests
import requests_sse
from ld_eventsource.config import ConnectStrategy
from ld_eventsource.config.connect_strategy import ConnectionClient, ConnectionResult

from benchmarks.entrant import Peer

URL = "http://127.0.0.1/"
CONTENT_TYPE = {"Content-Type": "text/event-stream"}


class EndOfBody(Exception):
    """Stops a client that would reconnect for ever after the last read."""


class _TextResponse:
    """Replaces httpx's response; decodes like `Response.iter_text`."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self.headers = {"content-type": "text/event-stream"}
        self.request = None
        self._reads = reads

    def iter_text(self) -> Iterator[str]:
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        for data in self._reads:
            text = decode(data)
            if text:
                yield text


def _read_httpx_sse(reads: Iterable[bytes]) -> Iterator[Any]:
    return httpx_sse.EventSource(_TextResponse(reads)).iter_sse()


def _read_httpx2(reads: Iterable[bytes]) -> Iterator[Any]:
    return iter(httpx2.EventSource(_TextResponse(reads), max_event_size=None))


class _MemoryStrategy(ConnectStrategy):
    """launchdarkly-eventsource's own way to read from something other than HTTP."""

    def __init__(self, reads: Iterable[bytes]) -> None:
        self._reads = reads

    def create_client(self, logger: Any) -> ConnectionClient:
        client = ConnectionClient()
        client.connect = lambda last_event_id: ConnectionResult(iter(self._reads), None)
        return client


def _read_launchdarkly(reads: Iterable[bytes]) -> Iterator[Any]:
    return iter(ld_eventsource.SSEClient(_MemoryStrategy(reads)).events)


class _OneResponse:
    """Replaces a session of requests: one response, then the end of the measurement."""

    def __init__(self, raw: Any) -> None:
        self._responses = [_response(raw)]

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        if not self._responses:
            raise EndOfBody
        return self._responses.pop()

    get = request


def _response(raw: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.headers.update(CONTENT_TYPE)
    response.url = URL
    response.encoding = "utf-8"
    response.raw = raw
    return response


def _until_end_of_body(events: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from events
    except EndOfBody:
        return


def _read_requests_sse(reads: Iterable[bytes]) -> Iterator[Any]:
    raw = SimpleNamespace(stream=lambda size, decode_content: iter(reads))
    source = requests_sse.EventSource(URL, reconnection_time=timedelta(), session=_OneResponse(raw))
    source.connect()
    return _until_end_of_body(source)


def _read_sseclient(reads: Iterable[bytes]) -> Iterator[Any]:
    waiting = iter(reads)
    raw = SimpleNamespace(read=lambda size: next(waiting, b""))
    client = sseclient.SSEClient(URL, session=_OneResponse(raw), retry=0)
    return _until_end_of_body(client)


def _read_sseclient_py(reads: Iterable[bytes]) -> Iterator[Any]:
    return sseclient_py.SSEClient(iter(reads)).events()


def _load(distribution: str, path: str) -> ModuleType:
    """Import one of the two packages that are both called `sseclient`, from its own file."""
    file = importlib.metadata.distribution(distribution).locate_file(path)
    name = distribution.replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, str(file))
    if spec is None or spec.loader is None:
        raise ImportError(f"{distribution} is not installed: pip install {distribution}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sseclient = _load("sseclient", "sseclient.py")
sseclient.print = lambda *values: None  # it prints a line for every connection that ends
sseclient_py = _load("sseclient-py", "sseclient/__init__.py")

HTTPX_SSE = Peer("httpx-sse", "httpx-sse", _read_httpx_sse)
HTTPX2 = Peer("httpx2", "httpx2", _read_httpx2)
LAUNCHDARKLY = Peer("launchdarkly-eventsource", "launchdarkly-eventsource", _read_launchdarkly)
REQUESTS_SSE = Peer("requests-sse", "requests-sse", _read_requests_sse, "type", "last_event_id")
SSECLIENT = Peer("sseclient", "sseclient", _read_sseclient)
SSECLIENT_PY = Peer("sseclient-py", "sseclient-py", _read_sseclient_py)
PEERS = (HTTPX_SSE, HTTPX2, LAUNCHDARKLY, REQUESTS_SSE, SSECLIENT, SSECLIENT_PY)
