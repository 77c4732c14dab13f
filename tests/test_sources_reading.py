"""When a client reads its source, and the source's errors."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

import pytest
import requests
import trustme
import urllib3

from sseclient_ng import SSEClient
from sseclient_ng.testing import (
    Hold,
    Pause,
    Scripted,
    ScriptedServer,
    WaitFor,
    response,
)
from support.http_libraries import HAS_URLLIB3_FUTURE
from support.reading import STREAM, texts
from support.sources import (
    FRAMINGS,
    PIECES,
    Dropped,
    OnlyIterContent,
    Open,
    from_http_client,
    from_requests,
    from_urllib3,
)


def test_nothing_is_read_before_the_first_next() -> None:
    read = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"data: a\n\n", b"data: b\n\ndata: c\n\n", b"data: d\n\n"):
            read.append(chunk)
            yield chunk

    client = SSEClient(chunks())
    events = client.events()
    assert len(read) == 0
    assert [(event.data, len(read)) for event in events] == [("a", 1), ("b", 2), ("c", 2), ("d", 3)]


def test_nothing_is_read_of_a_file_before_the_first_next() -> None:
    file = io.BytesIO(STREAM)
    client = SSEClient(file)
    client.events()
    assert file.tell() == 0
    next(client)
    assert file.tell() > 0


def test_nothing_is_read_of_a_response_before_the_first_next() -> None:
    with ScriptedServer(then=response(PIECES)) as server:
        with requests.get(server.url, stream=True) as reply:
            SSEClient(reply).events()
            assert reply.content == STREAM
        with requests.get(server.url, stream=True) as reply:
            SSEClient(reply.raw).events()
            assert reply.raw.read() == STREAM


HAS_READ1 = hasattr(urllib3.HTTPResponse, "read1")

PEEKS: list[tuple[str, Callable[[requests.Response], Iterator[bytes]]]] = [
    ("read", lambda reply: iter([reply.raw.read(9, decode_content=True)])),
    ("stream", lambda reply: iter(reply.raw.stream(9, decode_content=True))),
    ("iter_content", lambda reply: reply.iter_content(9)),
]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("peek", [peek for _, peek in PEEKS], ids=[name for name, _ in PEEKS])
def test_a_response_of_which_the_start_was_read(
    framing: str, encoding: Optional[str], peek: Callable[[requests.Response], Iterator[bytes]]
) -> None:
    if encoding and "chunk" in framing and peek is PEEKS[0][1] and not HAS_READ1:
        pytest.skip("before urllib3 2.2 neither read() nor stream() can go on there")
    body = b": start\ndata: one\ndata: two\n\ndata: three\n\n"
    script = response([body], framing=framing, encoding=encoding)
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        chunks = peek(reply)  # kept, as urllib3 closes the response with its generator
        start = next(chunks)
        assert len(start) < 10
        assert texts(SSEClient(reply)) == texts(SSEClient([body[len(start) :]]))


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_response_that_was_read_after_the_client_was_made(
    framing: str, encoding: Optional[str]
) -> None:
    script = response([b"data: a\n\n"], framing=framing, encoding=encoding)
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        client = SSEClient(reply)
        assert reply.content == b"data: a\n\n"
        assert list(client) == []


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("first", [False, True])
def test_a_response_that_is_closed_between_two_events_has_ended(
    framing: str, encoding: Optional[str], first: bool
) -> None:
    script = response([b"data: a\n\n", Hold()], framing=framing, encoding=encoding)
    seen: list[str] = []
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        client = SSEClient(reply)
        if first:
            reply.close()
        for event in client:
            seen.append(event.data)
            reply.close()
        server.wait_for_disconnect()
    assert seen == ([] if first else ["a"])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip"])
@pytest.mark.parametrize("peeks", [False, True])
def test_a_response_that_another_thread_closes(
    framing: str, encoding: Optional[str], peeks: bool
) -> None:
    """Only events and errors of requests come out, however far it gets."""
    if encoding and peeks and not HAS_READ1:
        pytest.skip("before urllib3 2.2 its stream() reads there, and lets out errors of Python")
    closing = threading.Event()
    pieces = [b": 1\ndata: a\n\n", WaitFor(closing), Pause(0.05), b"data: b\n\n"]
    script = response(pieces, framing=framing, encoding=encoding)

    def close(reply: requests.Response) -> None:
        closing.set()
        reply.close()

    seen: list[str] = []
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        if peeks:
            reply.raw.read(2, decode_content=True)
        closer = threading.Timer(0.05, close, [reply])
        closer.start()
        with contextlib.suppress(requests.RequestException):
            seen.extend(event.data for event in SSEClient(reply))
        closer.join()
    assert seen == ["a", "b"][: len(seen)]


def test_several_generators_go_on_where_the_source_stands() -> None:
    client = SSEClient([b"data: a\n\ndata: b\n\nda", b"ta: c\n\ndata: d\n\n", b"data: e\n\n"])
    first, second = client.events(), client.events()
    assert [next(first).data, next(second).data, next(client).data] == ["a", "b", "c"]
    first.close()
    assert texts(client.events()) == ["d", "e"]
    assert list(second) == []


def test_a_generator_outlives_its_client() -> None:
    def events(source: Iterable[bytes]) -> Iterator[Any]:
        return SSEClient(source).events()

    assert texts(events([b"data: a\n\n", b"data: b\n\n"])) == ["a", "b"]


def test_the_status_and_the_content_type_of_a_response_are_not_looked_at() -> None:
    script = response([b"data: a\n\n"], status=503, content_type="text/html")
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        assert texts(SSEClient(reply).events()) == ["a"]


def dropping() -> Iterator[bytes]:
    yield b"data: a\n\ndata: b\n\n"
    yield b"data: lost\n"
    raise Dropped


def interrupted() -> Iterator[bytes]:
    yield b"data: a\n\ndata: b\n\n"
    yield b"data: lost\n"
    raise KeyboardInterrupt


class DroppingFile(io.RawIOBase):
    """A file on a device that fails."""

    def __init__(self, error: Exception = Dropped()) -> None:  # noqa: B008
        self.chunks = dropping()
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = next(self.chunks)
        except Dropped:
            raise self.error from None
        buffer[: len(chunk)] = chunk
        return len(chunk)


def response_over(error: Exception) -> requests.Response:
    """A response whose connection fails like this."""
    reply = requests.Response()
    reply.raw = urllib3.HTTPResponse(body=DroppingFile(error), preload_content=False)
    return reply


def dropped(script: Scripted, open_source: Open) -> Callable[[contextlib.ExitStack], Any]:
    def opened(stack: contextlib.ExitStack) -> Any:
        server = stack.enter_context(ScriptedServer(script))
        return open_source(server.url, stack)

    return opened


PARTIAL = [b"data: a\n\ndata: b\n\n", b"data: lost\n"]

BROKEN = response(PARTIAL, complete=False)

ZIPPED = response(PARTIAL, encoding="gzip", complete=False)

SHORT = response(PARTIAL, framing="content-length", complete=False)

SILENT = response([*PARTIAL, Hold()])

SILENT_AND_ZIPPED = response([*PARTIAL, Hold()], encoding="gzip")


def truncated_gzip_file(stack: contextlib.ExitStack) -> Any:
    # The stored form, so that no byte is held back by the decompression.
    data = gzip.compress(b"data: a\n\ndata: b\n\ndata: lost\n" + b"x" * 70000, compresslevel=0)
    return stack.enter_context(gzip.open(io.BytesIO(data[:-2000])))


def over_damaged_tls(stack: contextlib.ExitStack) -> requests.Response:
    """A response that is interrupted by bytes that are not TLS."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = stack.enter_context(authority.cert_pem.tempfile())
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def serve() -> None:
        with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
            connection.sendall(head + b"".join(PARTIAL))
            with socket.socket(fileno=os.dup(connection.fileno())) as below:
                below.sendall(b"no record of TLS")

    server = threading.Thread(target=serve)
    server.start()
    stack.callback(server.join)
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    return from_requests(url, stack, verify=trusted)


FAILING: list[tuple[str, Callable[[contextlib.ExitStack], Any], Any]] = [
    ("generator", lambda _: dropping(), Dropped),
    ("generator, interrupted", lambda _: interrupted(), KeyboardInterrupt),
    ("fake", lambda _: OnlyIterContent(dropping()), Dropped),
    ("file", lambda _: DroppingFile(), Dropped),
    ("truncated gzip file", truncated_gzip_file, EOFError),
    ("buffered file", lambda _: io.BufferedReader(DroppingFile()), Dropped),
    ("requests", dropped(BROKEN, from_requests), requests.exceptions.ChunkedEncodingError),
    ("requests, gzip", dropped(ZIPPED, from_requests), requests.exceptions.ChunkedEncodingError),
    (
        "requests, shorter than its length",
        dropped(SHORT, from_requests),
        requests.exceptions.ChunkedEncodingError,
    ),
    (
        "requests, raw",
        dropped(BROKEN, lambda url, stack: from_requests(url, stack).raw),
        urllib3.exceptions.ProtocolError,
    ),
    (
        "requests, iter_content",
        dropped(BROKEN, lambda url, stack: from_requests(url, stack).iter_content(None)),
        requests.exceptions.ChunkedEncodingError,
    ),
    ("urllib3", dropped(BROKEN, from_urllib3), urllib3.exceptions.ProtocolError),
    ("http.client", dropped(BROKEN, from_http_client), http.client.IncompleteRead),
    (
        "requests, read timeout",
        dropped(SILENT, lambda url, stack: from_requests(url, stack, timeout=0.2)),
        requests.exceptions.ConnectionError,
    ),
    (
        "requests, gzip, read timeout",
        dropped(SILENT_AND_ZIPPED, lambda url, stack: from_requests(url, stack, timeout=0.2)),
        requests.exceptions.ConnectionError,
    ),
    (
        "urllib3, read timeout",
        dropped(
            SILENT,
            lambda url, stack: from_urllib3(url, stack, timeout=urllib3.Timeout(read=0.2)),
        ),
        urllib3.exceptions.ReadTimeoutError,
    ),
    ("requests, damaged TLS", over_damaged_tls, requests.exceptions.SSLError),
    (
        "urllib3, damaged TLS",
        lambda stack: over_damaged_tls(stack).raw,
        urllib3.exceptions.SSLError,
    ),
    (
        "requests, corrupt gzip",
        dropped(response(b"no gzip at all", headers={"Content-Encoding": "gzip"}), from_requests),
        requests.exceptions.ContentDecodingError,
    ),
]


@pytest.mark.parametrize(
    ("open_source", "error"),
    [(open_source, error) for _, open_source, error in FAILING],
    ids=[name for name, _, _ in FAILING],
)
def test_the_error_of_a_source_comes_after_every_complete_event(
    open_source: Callable[[contextlib.ExitStack], Any], error: type[BaseException], request: Any
) -> None:
    seen: list[str] = []
    with contextlib.ExitStack() as stack:
        client = SSEClient(open_source(stack))
        with pytest.raises(error):
            seen.extend(event.data for event in client.events())
        assert list(client) == []
    assert seen == ([] if "corrupt" in request.node.name else ["a", "b"])


@pytest.mark.parametrize(
    ("error", "of_requests"),
    [
        (ConnectionResetError(), requests.exceptions.ChunkedEncodingError),
        (ssl.SSLError(), requests.exceptions.SSLError),
        (socket.timeout(), requests.exceptions.ConnectionError),
    ],
    ids=repr,
)
def test_errors_of_a_response_are_those_of_requests(
    error: Exception, of_requests: type[Exception]
) -> None:
    with pytest.raises(of_requests):
        list(SSEClient(response_over(error)))


class Broken(io.BytesIO):
    """The file of a response that is closed by its caller, in the middle of the body."""

    reads = 0

    def read1(self, size: Optional[int] = -1) -> bytes:
        self.reads += 1
        if self.reads > 1:
            raise urllib3.exceptions.ProtocolError("closed")
        return super().read1(9)


@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="it reads other files than its own by read()")
@pytest.mark.skipif(not hasattr(urllib3.HTTPResponse, "read1"), reason="of urllib3 2.2 or newer")
@pytest.mark.parametrize("closes", [True, False])
def test_a_stand_in_that_is_closed_between_two_events_has_ended(closes: bool) -> None:
    body = urllib3.HTTPResponse(Broken(b"data: a\n\n" * 2), preload_content=False)
    client = SSEClient(body)
    assert next(client).data == "a"
    if closes:
        body.close()
        assert list(client) == []
        return
    with pytest.raises(urllib3.exceptions.ProtocolError):
        next(client)


def test_a_stand_in_with_a_content_coding() -> None:
    coded = gzip.compress(b"data: a\n\ndata: b\n\n")
    body = urllib3.HTTPResponse(
        io.BytesIO(coded), headers={"Content-Encoding": "gzip"}, preload_content=False
    )
    assert texts(SSEClient(body)) == ["a", "b"]
