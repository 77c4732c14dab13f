"""Sources that a client can read."""

from __future__ import annotations

import collections
import contextlib
import io
import pathlib
import types
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any, Callable, NamedTuple, Optional
from unittest import mock

import pytest
import requests
import responses

from sseclient_ng import SSEClient
from sseclient_ng.testing import (
    Pause,
    ScriptedServer,
    cut,
    response,
)
from support.reading import FACTS, STREAM, facts, texts
from support.sources import (
    FRAMINGS,
    PIECES,
    OnlyIterContent,
    Open,
    from_http_client,
    from_requests,
    from_urllib3,
    generator,
    raw_by_hand,
)

WITHOUT_CRLF = cut(STREAM.replace(b"\r\n", b"\n"), 13)


class Source(NamedTuple):
    """A source that needs a server, made from a URL."""

    name: str
    open: Open
    pieces: list[bytes] = PIECES
    encoding: Optional[str] = None


def from_httpx(name: str, read: Callable[[Any], Any]) -> Open:
    def open_stream(url: str, stack: contextlib.ExitStack) -> Any:
        return read(stack.enter_context(pytest.importorskip(name).stream("GET", url)))

    return open_stream


def decoding(reply: requests.Response) -> requests.Response:
    """A response that decodes text."""
    reply.encoding = "utf-8"
    return reply


def decompressing(raw: Any) -> Any:
    """A raw response that decodes its content coding."""
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


def iter_lines(lines: Iterable[Any]) -> Iterator[Any]:
    """Has the name of the methods that return lines without their ends."""
    yield from lines


class OnlyRaw:
    """A fake response with only a file as `raw`."""

    encoding = "ISO-8859-1"
    headers = None

    def __init__(self) -> None:
        self.raw = io.BytesIO(STREAM)


class RawAndIterContent(OnlyRaw):
    """A fake response that iterates over its file."""

    def iter_content(self, chunk_size: int = 1) -> Iterable[bytes]:
        return self.raw


class OnlyRead:
    """A source with only a `read`."""

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
    """Iterable by index only."""

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
    """A session of a user's tests: its `get` returns a fake response."""

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


@pytest.mark.parametrize("place", range(len(STREAM)))
def test_lines_of_requests_in_any_cutting(place: int) -> None:
    """A read may end between CR and LF: requests would make two lines of one."""
    script = response([STREAM[:place], Pause(0.002), STREAM[place:]])
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as given:
        assert facts(SSEClient(given.iter_lines())) == FACTS


def test_lines_that_are_not_fresh_are_read_as_they_are() -> None:
    body = b"data: 1\ndata: 2\n\ndata: 3\n\n"
    with ScriptedServer(then=response(body)) as server:
        with requests.get(server.url, stream=True) as given:
            lines = given.iter_lines()
            assert next(lines) == b"data: 1"
            assert texts(SSEClient(lines)) == ["2", "3"]
        with requests.get(server.url, stream=True) as given:
            assert texts(SSEClient(given.iter_lines(delimiter=b"\n"))) == ["1\n2", "3"]
