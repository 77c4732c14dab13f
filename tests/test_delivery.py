"""An event reaches the caller with its last byte, on every framing and coding.

The server sends an event, and goes on only when the caller has it: a client that holds an event
back, until a buffer is full or a chunk is complete, would wait here for ever. So no clock decides;
one is looked at only to see that the shortest delay is no timer's.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

import pytest
import requests
import urllib3

from sseclient_ng import Event, SSEClient, iter_events
from sseclient_ng.testing import Piece, ScriptedServer, WaitFor, response
from support.certificates import server_context
from support.drivers import TRANSPORTS, Driver, trusting

PARTS = [
    [b"data: 0\n\n"],
    [b"data: 1", b"\n", b"\n"],
    [b": comment\r\n\r\ndata: 2\r\n\r"],  # complete, whether a LF follows or not
    [b"\ndata: 3\r\r"],
    [b"id: 1\nda", b"ta: ", "\u00e4\u4e16\U0001f600".encode(), b"\ndata: 4\n\ndata"],
    [b": 5\n\n"],
]
"""What the server sends for each event, in so many writes."""

TEXTS = ["0", "1", "2", "3", "\u00e4\u4e16\U0001f600\n4", "5"]

FRAMINGS = ["chunked", "one-chunk", "content-length", "close"]
ENCODINGS = [None, "gzip", "deflate"]
SECONDS = 10.0
"""After so long a client that waits for more bytes than it needs is found out."""


class Stream:
    """A body that sends each event when the caller has the one before."""

    def __init__(self) -> None:
        self.seen = [threading.Event() for _ in PARTS]
        self.delays: list[float] = []

    def pieces(self) -> list[Piece]:
        body: list[Piece] = []
        for writes, seen in zip(PARTS, self.seen):
            body += [*writes, WaitFor(seen, timeout=2 * SECONDS)]
        return body

    def texts(self, events: Iterable[Event], server: ScriptedServer) -> list[str]:
        """Return the data of the events; each lets the server go on."""
        texts = []
        for seen, event in zip(self.seen, events):
            self.delays.append(time.monotonic() - server.sent[-1].time)
            texts.append(event.data)
            seen.set()
        return texts


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest) -> Optional[ssl.SSLContext]:
    if request.param == "plain":
        return None
    return server_context()


@pytest.mark.parametrize("style", ["url", "response"])
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_each_event_is_delivered_when_it_arrives(
    framing: str,
    encoding: Optional[str],
    style: str,
    tls: Optional[ssl.SSLContext],
    authority_file: str,
) -> None:
    stream = Stream()
    script = response(stream.pieces(), framing=framing, encoding=encoding)
    options: dict[str, Any] = {"verify": authority_file, "timeout": SECONDS}
    with ScriptedServer(script, tls=tls) as server:
        with contextlib.ExitStack() as stack:
            if style == "url":
                client = SSEClient(server.url, **options)
            else:
                reply = requests.get(server.url, stream=True, **options)
                client = SSEClient(stack.enter_context(reply))
            assert stream.texts(stack.enter_context(client), server) == TEXTS
        assert min(stream.delays) < 0.1


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("kind", TRANSPORTS)
def test_each_event_is_delivered_when_it_arrives_from_every_library(
    kind: str,
    framing: str,
    encoding: Optional[str],
    tls: Optional[ssl.SSLContext],
    authority_file: str,
) -> None:
    stream = Stream()
    script = response(stream.pieces(), framing=framing, encoding=encoding)
    seen = iter(stream.seen)
    driver = Driver(on_event=lambda client, event: next(seen).set())
    with ScriptedServer(script, tls=tls) as server:
        options = {"timeout": SECONDS, "reconnect": False, **trusting(kind, authority_file)}
        outcome = TRANSPORTS[kind].drive(server.url, options, driver)
    assert outcome.error is None
    assert outcome.data == TEXTS


def test_gzip_by_its_old_name() -> None:
    stream = Stream()
    headers = {"Content-Encoding": "x-gzip"}
    server = ScriptedServer(response(stream.pieces(), encoding="gzip", headers=headers))
    with server, SSEClient(server.url, timeout=SECONDS) as client:
        assert stream.texts(client, server) == TEXTS


@pytest.mark.parametrize("coding", ["identity", "none", "unheard-of"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_what_is_no_content_coding_holds_nothing_back(framing: str, coding: str) -> None:
    stream = Stream()
    headers = {"Content-Encoding": coding}
    server = ScriptedServer(response(stream.pieces(), framing=framing, headers=headers))
    with server, SSEClient(server.url, timeout=SECONDS) as client:
        assert stream.texts(client, server) == TEXTS


@pytest.mark.parametrize("chunk_size", [1, 10 * 1024, 1 << 20])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_chunk_size_holds_nothing_back(framing: str, chunk_size: int) -> None:
    stream = Stream()
    server = ScriptedServer(response(stream.pieces(), framing=framing))
    with server, SSEClient(server.url, chunk_size=chunk_size, timeout=SECONDS) as client:
        assert stream.texts(client, server) == TEXTS


Opened = Iterator[Iterable[Any]]


@contextlib.contextmanager
def urllib3_response(url: str) -> Opened:
    with urllib3.PoolManager() as pool:
        reply = pool.request("GET", url, preload_content=False, timeout=SECONDS)
        yield SSEClient(reply)
        reply.close()


@contextlib.contextmanager
def raw_of_requests(url: str) -> Opened:
    with requests.get(url, stream=True, timeout=SECONDS) as reply:
        yield SSEClient(reply.raw)


@contextlib.contextmanager
def http_client_response(url: str) -> Opened:
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=SECONDS)
    connection.request("GET", "/")
    with connection.getresponse() as reply:
        yield SSEClient(reply)
    connection.close()


@contextlib.contextmanager
def urlopen_response(url: str) -> Opened:
    with urllib.request.urlopen(url, timeout=SECONDS) as reply:
        yield SSEClient(reply)


@contextlib.contextmanager
def httpx_response(url: str) -> Opened:
    httpx = pytest.importorskip("httpx")
    with httpx.stream("GET", url, timeout=SECONDS) as reply:
        yield SSEClient(reply)


@contextlib.contextmanager
def httpx_chunks(url: str) -> Opened:
    httpx = pytest.importorskip("httpx")
    with httpx.stream("GET", url, timeout=SECONDS) as reply:
        yield iter_events(reply.iter_bytes())


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    "opened",
    [
        urllib3_response,
        raw_of_requests,
        http_client_response,
        urlopen_response,
        httpx_response,
        httpx_chunks,
    ],
)
def test_other_responses(
    opened: Callable[[str], contextlib.AbstractContextManager[Iterable[Any]]], framing: str
) -> None:
    stream = Stream()
    server = ScriptedServer(response(stream.pieces(), framing=framing))
    with server, opened(server.url) as events:
        assert stream.texts(events, server) == TEXTS


def send_parts(write: Callable[[bytes], object], seen: list[threading.Event]) -> None:
    for writes, event in zip(PARTS, seen):
        for data in writes:
            write(data)
        if not event.wait(SECONDS):
            return


@pytest.mark.parametrize("kind", ["buffered pipe", "bare pipe", "buffered socket", "bare socket"])
def test_files_that_are_still_written(kind: str) -> None:
    buffering = 0 if "bare" in kind else -1
    with contextlib.ExitStack() as stack:
        if "pipe" in kind:
            reading, writing = os.pipe()
            file: Any = stack.enter_context(open(reading, "rb", buffering=buffering))
            sink = stack.enter_context(open(writing, "wb", buffering=0))
            write: Callable[[bytes], object] = sink.write
        else:
            ours, theirs = socket.socketpair()
            stack.enter_context(ours)
            stack.enter_context(theirs)
            file = stack.enter_context(ours.makefile("rb", buffering=buffering))
            write = theirs.sendall
        seen = [threading.Event() for _ in PARTS]
        writer = threading.Thread(target=send_parts, args=(write, seen))
        writer.start()
        texts = []
        for shown, event in zip(seen, SSEClient(file)):
            texts.append(event.data)
            shown.set()
        writer.join()
    assert texts == TEXTS
