"""The client on every kind of source: URLs, responses, files, iterables, and what tests make up."""

from __future__ import annotations

import collections
import contextlib
import gzip
import http.client
import io
import json
import os
import pathlib
import random
import socket
import ssl
import threading
import types
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Callable, NamedTuple, Optional, Union
from unittest import mock

import pytest
import requests
import responses
import trustme
import urllib3

from sseclient_ng import EventTooLarge, ReconnectPolicy, SSEClient
from sseclient_ng.testing import (
    Hold,
    Pause,
    Scripted,
    ScriptedServer,
    WaitFor,
    cut,
    cut_randomly,
    response,
)
from support.reading import FACTS, STREAM, Facts, facts, texts

PIECES = cut(STREAM, 13)
WITHOUT_CRLF = cut(STREAM.replace(b"\r\n", b"\n"), 13)
FRAMINGS = ["chunked", "one-chunk", "content-length", "close"]

Open = Callable[[str, contextlib.ExitStack], Any]


class Source(NamedTuple):
    """A kind of source that needs a server: from a URL to what is given to the client."""

    name: str
    open: Open
    pieces: list[bytes] = PIECES
    encoding: Optional[str] = None


def from_requests(url: str, stack: contextlib.ExitStack, **options: Any) -> requests.Response:
    return stack.enter_context(requests.get(url, **{"stream": True, **options}))


def from_urllib3(url: str, stack: contextlib.ExitStack, **options: Any) -> Any:
    pool = stack.enter_context(urllib3.PoolManager())
    reply = pool.request("GET", url, **{"preload_content": False, **options})
    stack.callback(reply.close)
    return reply


def from_http_client(url: str, stack: contextlib.ExitStack) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.split("/")[2])
    stack.callback(connection.close)
    connection.request("GET", "/")
    return stack.enter_context(connection.getresponse())


def from_httpx(name: str, read: Callable[[Any], Any]) -> Open:
    def open_stream(url: str, stack: contextlib.ExitStack) -> Any:
        return read(stack.enter_context(pytest.importorskip(name).stream("GET", url)))

    return open_stream


def decoding(reply: requests.Response) -> requests.Response:
    """A response that hands out text."""
    reply.encoding = "utf-8"
    return reply


def decompressing(raw: Any) -> Any:
    """A raw response that was told to undo the content coding."""
    raw.decode_content = True
    return raw


SOURCES = [
    Source("requests, streamed", from_requests),
    Source("requests, read", lambda url, stack: from_requests(url, stack, stream=False)),
    Source("requests, streamed, gzip", from_requests, encoding="gzip"),
    Source(
        "requests, read, gzip",
        lambda url, stack: from_requests(url, stack, stream=False),
        encoding="gzip",
    ),
    Source("requests, iterated", lambda url, stack: iter(from_requests(url, stack))),
    Source("requests, raw", lambda url, stack: from_requests(url, stack).raw),
    Source(
        "requests, raw, told to decompress",
        lambda url, stack: decompressing(from_requests(url, stack).raw),
        encoding="gzip",
    ),
    Source("requests, iter_content()", lambda url, stack: from_requests(url, stack).iter_content()),
    Source(
        "requests, iter_content(None)",
        lambda url, stack: from_requests(url, stack).iter_content(None),
    ),
    Source(
        "requests, iter_content(decode_unicode)",
        lambda url, stack: decoding(from_requests(url, stack)).iter_content(5, decode_unicode=True),
    ),
    # Without CRLF: requests makes two lines of one where a read ends between CR and LF.
    Source(
        "requests, iter_lines()",
        lambda url, stack: from_requests(url, stack).iter_lines(),
        WITHOUT_CRLF,
    ),
    Source(
        "requests, iter_lines(decode_unicode)",
        lambda url, stack: decoding(from_requests(url, stack)).iter_lines(decode_unicode=True),
        WITHOUT_CRLF,
    ),
    Source("urllib3, streamed", from_urllib3),
    Source("urllib3, preloaded", lambda url, stack: from_urllib3(url, stack, preload_content=True)),
    Source("urllib3, streamed, gzip", from_urllib3, encoding="gzip"),
    Source(
        "urllib3, preloaded, gzip",
        lambda url, stack: from_urllib3(url, stack, preload_content=True),
        encoding="gzip",
    ),
    Source("urllib3, stream()", lambda url, stack: from_urllib3(url, stack).stream()),
    Source("http.client", from_http_client),
    Source("urlopen", lambda url, stack: stack.enter_context(urllib.request.urlopen(url))),
    *[
        source
        for name in ("httpx", "httpx2")
        for source in (
            Source(f"{name}, response", from_httpx(name, lambda reply: reply)),
            Source(
                f"{name}, response, gzip", from_httpx(name, lambda reply: reply), PIECES, "gzip"
            ),
            Source(
                f"{name}, response read",
                lambda url, stack, name=name: pytest.importorskip(name).get(url),
            ),
            Source(f"{name}, iter_bytes()", from_httpx(name, lambda reply: reply.iter_bytes())),
            Source(f"{name}, iter_raw()", from_httpx(name, lambda reply: reply.iter_raw())),
            Source(f"{name}, iter_text()", from_httpx(name, lambda reply: reply.iter_text())),
            Source(f"{name}, iter_lines()", from_httpx(name, lambda reply: reply.iter_lines())),
        )
    ],
]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_responses(source: Source, framing: str) -> None:
    script = response(source.pieces, framing=framing, encoding=source.encoding)
    with ScriptedServer(script) as server, contextlib.ExitStack() as stack:
        client = SSEClient(source.open(server.url, stack))
        assert facts(client.events()) == FACTS
        assert list(client) == []
        assert len(server.requests) == 1


def generator(chunks: Iterable[Any]) -> Iterator[Any]:
    yield from chunks


def iter_lines(lines: Iterable[Any]) -> Iterator[Any]:
    """Named as the methods that hand out lines without their ends."""
    yield from lines


class OnlyIterContent:
    """A fake response of somebody's tests."""

    encoding = None
    headers = None

    def __init__(self, chunks: Iterable[bytes] = PIECES) -> None:
        self.chunks = chunks

    def iter_content(self, chunk_size: int = 1, decode_unicode: bool = False) -> Iterable[bytes]:
        return self.chunks


class OnlyRaw:
    """Another one: what has only a file under `raw`."""

    encoding = "ISO-8859-1"
    headers = None

    def __init__(self) -> None:
        self.raw = io.BytesIO(STREAM)


class RawAndIterContent(OnlyRaw):
    """A third one: what it iterates over is the file."""

    def iter_content(self, chunk_size: int = 1) -> Iterable[bytes]:
        return self.raw


class OnlyRead:
    """What has nothing but a `read`."""

    def __init__(self) -> None:
        self.file = io.BytesIO(STREAM)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)


class OnlyIterBytes:
    """A fake of httpx's response."""

    def iter_bytes(self) -> Iterable[bytes]:
        return PIECES


class IterableWithRead(io.BytesIO):
    """A file that is iterated by lines."""


class Sequence:
    """Iterable by the old protocol alone."""

    def __getitem__(self, index: int) -> bytes:
        return PIECES[index]


def magic_iterable() -> Any:
    reply = mock.MagicMock()
    reply.__iter__.return_value = iter(PIECES)
    return reply


def magic_response() -> Any:
    reply = mock.MagicMock(spec=requests.Response)
    reply.__iter__.return_value = iter(PIECES)
    reply.iter_content.return_value = iter(PIECES)
    reply.raw = io.BytesIO(STREAM)
    return reply


def magic_response_without_raw() -> Any:
    reply = mock.MagicMock(spec=requests.Response)
    reply.__iter__.return_value = iter(PIECES)
    return reply


def mock_response() -> Any:
    return mock.Mock(spec=["iter_content"], iter_content=mock.Mock(return_value=PIECES))


def response_by_hand() -> requests.Response:
    reply = requests.Response()
    reply.raw = io.BytesIO(STREAM)
    return reply


def response_over_something() -> requests.Response:
    reply = requests.Response()
    reply.raw = OnlyRead()  # type: ignore[assignment]
    return reply


def response_with_content() -> requests.Response:
    reply = requests.Response()
    reply._content = STREAM
    reply._content_consumed = True  # type: ignore[attr-defined]
    return reply


def raw_by_hand() -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(body=io.BytesIO(STREAM), preload_content=False)


MADE: list[tuple[str, Callable[[], Any]]] = [
    ("BytesIO", lambda: io.BytesIO(STREAM)),
    ("StringIO", lambda: io.StringIO(STREAM.decode(), newline="")),
    ("buffered reader", lambda: io.BufferedReader(io.BytesIO(STREAM))),
    ("subclass of a file", lambda: IterableWithRead(STREAM)),
    ("list", lambda: PIECES),
    ("tuple", lambda: tuple(PIECES)),
    ("iterator", lambda: iter(PIECES)),
    ("generator", lambda: generator(PIECES)),
    ("deque", lambda: collections.deque(PIECES)),
    ("old sequence", Sequence),
    ("bytearrays", lambda: [bytearray(piece) for piece in PIECES]),
    ("memoryviews", lambda: [memoryview(piece) for piece in PIECES]),
    ("text", lambda: cut_text(STREAM.decode(), 3)),
    ("text and bytes", lambda: [STREAM[:50].decode(), STREAM[50:]]),
    ("empty chunks", lambda: [b"", *PIECES, b"", b""]),
    ("whole", lambda: [STREAM]),
    ("byte by byte", lambda: cut(STREAM, 1)),
    ("generator named iter_lines", lambda: iter_lines(STREAM.split(b"\r\n"))),
    ("text by iter_lines", lambda: iter_lines(STREAM.decode().split("\r\n"))),
    ("fake with iter_content", OnlyIterContent),
    ("fake with raw", OnlyRaw),
    ("fake with raw and iter_content", RawAndIterContent),
    ("fake with read", OnlyRead),
    ("fake with iter_bytes", OnlyIterBytes),
    ("namespace", lambda: types.SimpleNamespace(iter_content=lambda *_, **__: PIECES)),
    ("MagicMock that is iterated", magic_iterable),
    ("MagicMock of a response", magic_response),
    ("MagicMock of a response, iterated", magic_response_without_raw),
    ("Mock with iter_content", mock_response),
    ("requests.Response by hand", response_by_hand),
    ("requests.Response over something", response_over_something),
    ("requests.Response with content", response_with_content),
    ("urllib3 response by hand", raw_by_hand),
]


def cut_text(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


EACH_MADE = pytest.mark.parametrize(
    "make", [make for _, make in MADE], ids=[name for name, _ in MADE]
)


@EACH_MADE
def test_what_tests_make_up(make: Callable[[], Any]) -> None:
    assert facts(SSEClient(make()).events()) == FACTS


@EACH_MADE
def test_the_client_can_be_iterated_as_well(make: Callable[[], Any]) -> None:
    assert facts(SSEClient(make())) == FACTS


@EACH_MADE
@pytest.mark.parametrize("chunk_size", [1, 7, 1024, 10 * 1024, None])
def test_chunk_size_changes_nothing(make: Callable[[], Any], chunk_size: Any) -> None:
    assert facts(SSEClient(make(), chunk_size=chunk_size)) == FACTS


def test_a_file_on_disk(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(STREAM)
    for buffering in (0, 16, -1):
        with path.open("rb", buffering=buffering) as file:
            assert facts(SSEClient(file)) == FACTS


@responses.activate
@pytest.mark.parametrize("stream", [True, False])
def test_the_responses_library(stream: bool) -> None:
    responses.add(responses.GET, "http://stream.example/", STREAM, content_type="text/event-stream")
    with requests.get("http://stream.example/", stream=stream) as reply:
        assert facts(SSEClient(reply).events()) == FACTS


@responses.activate
def test_the_responses_library_with_a_url() -> None:
    responses.add(responses.GET, "http://stream.example/", STREAM, content_type="text/event-stream")
    responses.add(responses.GET, "http://stream.example/", status=204)
    # The last event lacks its blank line: with a URL it is dropped, as the client asks again.
    assert facts(SSEClient("http://stream.example/", retry=0)) == FACTS[:2]
    assert responses.calls[1].request.headers["Last-Event-ID"] in ("2", b"2")


class Session:
    """A session of somebody's tests: it has a `get`, and answers with a fake."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def get(self, url: str, **options: Any) -> Any:
        return self.reply


def no_status(reply: Any) -> Any:
    reply.status_code = 200
    reply.raise_for_status = lambda: None
    reply.apparent_encoding = "utf-8"
    return reply


@pytest.mark.parametrize("make", [OnlyIterContent, OnlyRaw, RawAndIterContent, magic_response])
def test_fake_responses_with_a_url(make: Callable[[], Any]) -> None:
    client = SSEClient("http://stream.example/", session=Session(no_status(make())))
    assert facts([next(client), next(client)]) == FACTS[:2]


# When what is read.


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
    """However far it gets: nothing comes out but events and the errors of requests."""
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


# Errors of the source.


class Dropped(Exception):
    """What a source of somebody's raises."""


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
    """A response whose connection fails in such a way."""
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
    """A response in the middle of which the server, or who is in between, sends what is no TLS."""
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


# What is no source.


class AsyncSource:
    """What only `async for` can read."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b""


@pytest.mark.parametrize(
    "source",
    [
        b"data: x\n\n",
        bytearray(b"data: x\n\n"),
        None,
        5,
        1.5,
        True,
        object(),
        SSEClient,
        pathlib.Path(),
    ],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_source_is_told_which_there_are(source: Any) -> None:
    with pytest.raises(TypeError) as caught:
        SSEClient(source)
    text = str(caught.value)
    for kind in ("URL", "response", "file", "iterable", type(source).__name__):
        assert kind in text


def test_an_asynchronous_source_is_told_where_to_go() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b""

    for source in (AsyncSource(), chunks()):
        with pytest.raises(TypeError, match="aiter_events"):
            SSEClient(source)  # type: ignore[arg-type]


def test_a_chunk_of_another_type_is_named() -> None:
    client = SSEClient([b"data: a\n\n", 5])  # type: ignore[list-item]
    assert next(client).data == "a"
    with pytest.raises(TypeError, match="bytes or str, not in int"):
        next(client)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("stream.example", requests.exceptions.MissingSchema),
        ("", requests.exceptions.MissingSchema),
        ("gopher://stream.example/", requests.exceptions.InvalidSchema),
        ("http://", requests.exceptions.InvalidURL),
        ("http://*stream/", requests.exceptions.InvalidURL),
    ],
)
def test_a_url_that_is_none_gets_the_error_of_requests(url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        SSEClient(url)


WRONG_CALLS: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((), {}, "URL"),
    ((), {"url": None}, "URL"),
    ((), {"url": [b""]}, "URL"),
    (([b""],), {"headers": {"A": "b"}}, "headers"),
    (([b""],), {"params": {}, "timeout": 3}, "params, timeout"),
    (([b""],), {"reconnect": True}, "reconnect"),
    (([b""],), {"reconnect": ReconnectPolicy()}, "reconnect"),
]


@pytest.mark.parametrize(("arguments", "keywords", "named"), WRONG_CALLS)
def test_wrong_calls(arguments: tuple[Any, ...], keywords: dict[str, Any], named: str) -> None:
    with pytest.raises(TypeError, match=named):
        SSEClient(*arguments, **keywords)


# Options that are not about a connection.


def test_what_the_stream_says_is_seen_on_the_client() -> None:
    client = SSEClient(PIECES, retry=5)
    assert (client.last_id, client.retry, client.url) == (None, 5, "")
    assert [(client.last_id, event.data) for event in client] == [
        ("1", FACTS[0].data),
        ("1", FACTS[1].data),
        ("2", FACTS[2].data),
    ]
    assert client.retry == 10


@pytest.mark.parametrize("end", [b"\n\n", b"\n", b""])
def test_max_event_size(end: bytes) -> None:
    client = SSEClient([b"data: a\n\ndata: 0123456789" + end], max_event_size=15)
    assert next(client).data == "a"
    with pytest.raises(EventTooLarge, match="max_event_size=15"):
        next(client)
    assert list(client) == []


def test_comments_are_handed_out() -> None:
    comments: list[str] = []
    client = SSEClient([b": one\n\ndata: a\n\n:two"], on_comment=comments.append)
    assert (texts(client), comments) == (["a"], ["one", "two"])


def test_what_the_callback_for_comments_raises_comes_out_and_no_event_is_lost() -> None:
    def refuse(text: str) -> None:
        raise Dropped(text)

    client = SSEClient([b"data: a\n\n: boom\n\ndata: b\n\n", b"data: c\n\n"], on_comment=refuse)
    assert next(client).data == "a"
    with pytest.raises(Dropped, match="boom"):
        next(client)
    assert texts(client) == ["b", "c"]


# Encodings.

POUND = "data: caf\u00e9 \u00a310\n\n"


@pytest.mark.parametrize(
    "encoding", ["latin-1", "ISO-8859-15", "cp1252", "utf-16", "utf-16-le", "utf-32", "utf-8-sig"]
)
@pytest.mark.parametrize("make", [lambda body: [body], lambda body: cut(body, 1), io.BytesIO])
def test_another_encoding_is_honoured(encoding: str, make: Callable[[bytes], Any]) -> None:
    body = POUND.encode(encoding)
    assert texts(SSEClient(make(body), encoding)) == ["caf\u00e9 \u00a310"]
    assert texts(SSEClient(make(body), char_enc=encoding)) == ["caf\u00e9 \u00a310"]


@pytest.mark.parametrize("encoding", [None, "utf-8", "UTF8", "utf_8"])
def test_utf_8_is_the_default_and_what_is_wrong_in_it_is_replaced(encoding: Optional[str]) -> None:
    source = [b"data: caf\xe9\n\n", "data: caf\u00e9\n\n".encode()]
    assert texts(SSEClient(source, char_enc=encoding)) == ["caf\ufffd", "caf\u00e9"]


def test_what_is_wrong_in_another_encoding_is_replaced() -> None:
    assert texts(SSEClient([b"data: caf\xe9\n\n"], "ascii")) == ["caf\ufffd"]


def test_a_character_that_the_end_cuts_off_is_replaced() -> None:
    for encoding in ("utf-16-le", "utf-8"):
        body = "data: caf\u00e9".encode(encoding)[:-1]
        assert texts(SSEClient([body], encoding)) == ["caf\ufffd"]


def test_text_has_no_encoding() -> None:
    assert texts(SSEClient([POUND], "latin-1")) == ["caf\u00e9 \u00a310"]


def test_the_encoding_of_a_url() -> None:
    with ScriptedServer(response([POUND.encode("latin-1")])) as server:
        client = SSEClient(server.url, char_enc="latin-1", retry=0)
        assert texts(client) == ["caf\u00e9 \u00a310"]


@pytest.mark.parametrize("source", [[b""], "http://127.0.0.1:9/"])
def test_an_encoding_that_does_not_exist(source: Any) -> None:
    with pytest.raises(LookupError, match="klingon"):
        SSEClient(source, char_enc="klingon")


def test_the_charset_of_a_response_is_not_believed() -> None:
    script = response([STREAM], content_type="text/event-stream; charset=iso-8859-1")
    with ScriptedServer(then=script) as server:
        with requests.get(server.url, stream=True) as reply:
            assert facts(SSEClient(reply)) == FACTS
        with contextlib.closing(SSEClient(server.url)) as client:
            assert facts([next(client), next(client)]) == FACTS[:2]


# The end.


class Closable:
    """A source that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"data: a\n\n", b"data: b\n\n"])

    def close(self) -> None:
        self.closed += 1


def test_close_closes_the_source_and_ends_the_iteration() -> None:
    source = Closable()
    client = SSEClient(source)
    assert (next(client).data, source.closed, client.closed) == ("a", 0, False)
    client.close()
    assert client.closed
    assert source.closed >= 1
    assert list(client) == list(client.events()) == []
    client.close()


@pytest.mark.parametrize("make", [lambda: io.BytesIO(STREAM), raw_by_hand])
def test_a_closed_client_leaves_a_closed_file(make: Callable[[], Any]) -> None:
    source = make()
    with SSEClient(source) as client:
        next(client)
    assert client.closed
    assert source.closed


def test_close_ends_a_generator() -> None:
    ended = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"data: a\n\n"
            yield b"data: b\n\n"
        finally:
            ended.append(True)

    client = SSEClient(chunks())
    next(client)
    client.close()
    assert ended == [True]
    assert list(client) == []


def test_a_source_that_ends_when_the_client_was_closed() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"data: a\n\ndata: unterminated\n"
        client.close()

    client = SSEClient(chunks())
    assert texts(client) == ["a"]


def test_what_can_not_be_closed_is_let_be() -> None:
    client = SSEClient([b"data: a\n\n"])
    client.close()
    assert client.closed
    assert list(client) == []


def test_close_gives_the_connection_of_a_response_back() -> None:
    with (
        ScriptedServer(response([b"data: a\n\n", Hold()])) as server,
        requests.Session() as session,
    ):
        client = SSEClient(session.get(server.url, stream=True))
        next(client)
        client.close()
        server.wait_for_disconnect()


def test_the_end_of_the_source_is_not_the_end_of_the_client() -> None:
    client = SSEClient(Closable())
    assert texts(client) == ["a", "b"]
    assert list(client) == []
    assert not client.closed


# Large, and cut as a server may cut it.


def large_event() -> tuple[bytes, Any]:
    """Four megabytes of JSON on many lines, with CRLF and much that is not ASCII."""
    draw = random.Random(4)
    alphabet = 'abc \u00e4\u00df\u4e16\u754c\u2028\x85\U0001f600"\\/'
    value = {str(number): "".join(draw.choices(alphabet, k=500)) for number in range(4000)}
    text = json.dumps(value, ensure_ascii=False, indent=1)
    lines = "".join(f"data: {line}\r\n" for line in text.split("\n"))
    return f"id: 1\r\n{lines}\r\n".encode(), value


@pytest.mark.parametrize("style", ["url", "response"])
def test_a_large_event_in_small_chunks(style: str) -> None:
    body, value = large_event()
    assert len(body) > 4_000_000
    released = Hold()
    script = response([*cut_randomly(body, 1, 1400, seed=7), released])
    with ScriptedServer(script) as server, contextlib.ExitStack() as stack:
        source: Union[str, requests.Response] = server.url
        if style == "response":
            source = from_requests(server.url, stack)
        with SSEClient(source) as client:
            event = next(client)
    assert event.json() == value
    assert event.id == "1"


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_chunk_size_changes_nothing_on_any_framing(framing: str, encoding: Optional[str]) -> None:
    script = response(cut_randomly(STREAM, 1, 40, seed=3), framing=framing, encoding=encoding)
    read: list[list[Facts]] = []
    with ScriptedServer(then=script) as server:
        for chunk_size in (1, 2, 7, 1024, 10 * 1024):
            with SSEClient(server.url, chunk_size=chunk_size) as client:
                read.append(facts([next(client), next(client)]))
            with requests.get(server.url, stream=True) as reply:
                assert facts(SSEClient(reply, chunk_size=chunk_size)) == FACTS
    assert read == [FACTS[:2]] * 5


def test_an_iterator_that_goes_on_after_an_error() -> None:
    class Flaky:
        """What a queue with a time-out looks like."""

        def __init__(self) -> None:
            self.steps: Iterator[Any] = iter(
                [b"data: a\n\nda", TimeoutError("nothing yet"), b"ta: b\n\n", b"data: half\n"]
            )

        def __iter__(self) -> Iterator[bytes]:
            return self

        def __next__(self) -> bytes:
            step = next(self.steps)
            if isinstance(step, Exception):
                raise step
            assert isinstance(step, bytes)
            return step

    client = SSEClient(Flaky())
    seen: list[str] = []
    with pytest.raises(TimeoutError):
        seen.extend(event.data for event in client.events())
    seen.extend(event.data for event in client.events())
    assert seen == ["a", "b"]
