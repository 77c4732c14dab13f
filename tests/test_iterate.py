"""The iterators over chunks and lines, as the HTTP libraries return them."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import pathlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Callable, NamedTuple, Union

import pytest
import requests
import urllib3

from sseclient_ng import (
    Event,
    EventTooLarge,
    aiter_events,
    aiter_line_events,
    iter_events,
    iter_line_events,
)
from sseclient_ng.testing import ScriptedServer, cut, response
from support.reading import FACTS, STREAM, facts, texts

Chunk = Union[bytes, str]


async def give(chunks: Iterable[Any]) -> AsyncIterator[Any]:
    for chunk in chunks:
        yield chunk


def collect(events: AsyncIterator[Event]) -> list[Event]:
    async def run() -> list[Event]:
        return [event async for event in events]

    return asyncio.run(run())


def async_events(chunks: Iterable[Any]) -> list[Event]:
    return collect(aiter_events(give(chunks)))


def async_line_events(lines: Iterable[Any]) -> list[Event]:
    return collect(aiter_line_events(give(lines)))


BY_CHUNKS = pytest.mark.parametrize("read", [iter_events, async_events])
BY_LINES = pytest.mark.parametrize("read", [iter_line_events, async_line_events])
Read = Callable[[Iterable[Any]], Iterable[Event]]


# Chunks and lines, without a network.

SPLITTERS: list[tuple[str, Callable[[bytes], Iterable[Any]]]] = [
    ("whole", lambda stream: [stream]),
    ("byte by byte", lambda stream: cut(stream, 1)),
    ("pieces of seven", lambda stream: cut(stream, 7)),
    ("bytearrays", lambda stream: map(bytearray, cut(stream, 5))),
    ("memoryviews", lambda stream: map(memoryview, cut(stream, 5))),
    ("empty chunks in between", lambda stream: [b"", stream[:9], b"", stream[9:], b""]),
    ("text", lambda stream: [stream.decode()]),
    ("text, character by character", lambda stream: stream.decode()),
    ("text and bytes in turn", lambda stream: [stream[:50].decode(), stream[50:]]),
    ("a file", io.BytesIO),
    ("a file of text", lambda stream: io.StringIO(stream.decode(), newline="")),
]


@BY_CHUNKS
@pytest.mark.parametrize(
    "split", [split for _, split in SPLITTERS], ids=[name for name, _ in SPLITTERS]
)
def test_chunks(read: Read, split: Callable[[bytes], Iterable[Any]]) -> None:
    assert facts(read(split(STREAM))) == FACTS


LINES: list[tuple[str, Callable[[bytes], Iterable[Any]]]] = [
    ("without their ends", lambda stream: stream.split(b"\r\n")),
    ("text without ends", lambda stream: stream.decode().split("\r\n")),
    ("CRLF kept", lambda stream: [line + b"\r\n" for line in stream.split(b"\r\n")]),
    ("LF kept", lambda stream: [line + b"\n" for line in stream.split(b"\r\n")]),
    ("CR kept", lambda stream: [line + b"\r" for line in stream.split(b"\r\n")]),
    ("text, ends kept", lambda stream: stream.decode().splitlines(keepends=True)),
    ("a file", io.BytesIO),
    ("a file of text", lambda stream: io.StringIO(stream.decode(), newline=None)),
    ("bytearrays", lambda stream: map(bytearray, stream.split(b"\r\n"))),
    ("memoryviews", lambda stream: map(memoryview, stream.split(b"\r\n"))),
]


@BY_LINES
@pytest.mark.parametrize("split", [split for _, split in LINES], ids=[name for name, _ in LINES])
def test_lines(read: Read, split: Callable[[bytes], Iterable[Any]]) -> None:
    assert facts(read(split(STREAM))) == FACTS


@BY_LINES
@pytest.mark.parametrize("end", ["", "\n", "\r", "\r\n"], ids=repr)
def test_a_line_may_keep_any_end(read: Read, end: str) -> None:
    lines = ["data: a", "data: b", "", "data: c", "", "", "data: d"]
    assert texts(read(line + end for line in lines)) == ["a\nb", "c", "d"]


@BY_CHUNKS
@pytest.mark.parametrize(
    ("chunk", "data"),
    [("data: a\ud800b\n\n", "a\ufffdb"), (b"data: a\xed\xa0\x80b\n\n", "a\ufffd\ufffd\ufffdb")],
    ids=["text", "bytes"],
)
def test_invalid_text_becomes_the_replacement_character(
    read: Read, chunk: Chunk, data: str
) -> None:
    assert texts(read([chunk])) == [data]


@BY_CHUNKS
def test_a_file_on_disk(read: Read, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(STREAM)
    with path.open("rb") as file:
        assert facts(read(file)) == FACTS
    with path.open(encoding="utf-8-sig") as lines:
        assert facts(read(lines)) == FACTS


@pytest.mark.parametrize("read", [iter_events, async_events, iter_line_events, async_line_events])
@pytest.mark.parametrize("chunks", [[], [b""], ["\n"], [b": only a comment\n\n"], [b"id: 1\n\n"]])
def test_a_stream_without_events(read: Read, chunks: list[Chunk]) -> None:
    assert list(read(chunks)) == []


# When events are returned, and the errors after them.


def test_each_event_comes_with_its_chunk_and_nothing_is_read_ahead() -> None:
    read = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"data: a\n\nda", b"ta: b\n", b"\n", b"data: c"):
            read.append(chunk)
            yield chunk

    events = iter_events(chunks())
    assert read == []
    assert [(event.data, len(read)) for event in events] == [("a", 1), ("b", 3), ("c", 4)]


def test_each_event_comes_with_its_blank_line() -> None:
    lines = iter(["data: a", "", "data: b", "data: c", "", "data: d"])
    events = iter_line_events(lines)
    assert next(events).data == "a"
    assert next(lines) == "data: b"


def test_nothing_is_read_ahead_asynchronously() -> None:
    read = []

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"data: a\n\nda", b"ta: b\n", b"\n", b"data: c"):
            read.append(chunk)
            yield chunk

    async def run() -> list[tuple[str, int]]:
        events = aiter_events(chunks())
        assert read == []
        return [(event.data, len(read)) async for event in events]

    assert asyncio.run(run()) == [("a", 1), ("b", 3), ("c", 4)]


class Dropped(Exception):
    """The error of a source."""


def dropping(*chunks: Chunk) -> Iterator[Chunk]:
    yield from chunks
    raise Dropped


def until_error(events: Iterator[Event], error: type[BaseException]) -> list[str]:
    """The data of the events before the error, which must be raised."""
    seen: list[str] = []
    with pytest.raises(error):
        seen.extend(event.data for event in events)
    return seen


def async_until_error(events: AsyncIterator[Event], error: type[BaseException]) -> list[str]:
    seen: list[str] = []

    async def run() -> None:
        async for event in events:
            seen.append(event.data)  # noqa: PERF401 - keeps those before the error

    with pytest.raises(error):
        asyncio.run(run())
    return seen


def test_an_error_of_the_source_comes_after_every_complete_event() -> None:
    chunks = (b"data: a\n\ndata: b\n\n", b"data: lost\n")
    assert until_error(iter_events(dropping(*chunks)), Dropped) == ["a", "b"]
    assert async_until_error(aiter_events(give(dropping(*chunks))), Dropped) == ["a", "b"]


def test_an_error_of_a_source_of_lines_comes_after_every_complete_event() -> None:
    lines = ("data: a", "", "data: lost")
    assert until_error(iter_line_events(dropping(*lines)), Dropped) == ["a"]
    assert async_until_error(aiter_line_events(give(dropping(*lines))), Dropped) == ["a"]


@pytest.mark.parametrize(
    ("chunk", "named"), [(1, "int"), (None, "NoneType"), (["data: x"], "list"), (1.5, "float")]
)
def test_an_error_names_the_wrong_type_of_a_chunk(chunk: object, named: str) -> None:
    chunks: list[Any] = [b"data: a\n\n", chunk]
    for read in (iter_events, async_events, iter_line_events, async_line_events):
        with pytest.raises(TypeError, match=rf"bytes or str, not {named}"):
            list(read(chunks))


class Answer:
    """A response of httpx, as far as it counts."""

    iter_bytes = aiter_bytes = iter_lines = aiter_lines = None


NO_CHUNKS: list[tuple[Any, Any, str]] = [
    (iter_events, "https://a.example/", "not over str; to read a URL, use SSEClient(url)"),
    (iter_events, "data: a", "not over str; put it in a list: iter_events([str])"),
    (iter_events, b"data: a\n\n", "not over bytes; put it in a list: iter_events([bytes])"),
    (iter_events, None, "not over NoneType"),
    (iter_events, Answer(), "not over Answer; pass its iter_bytes()"),
    (iter_line_events, Answer(), "not over Answer; pass its iter_lines()"),
    (iter_line_events, "data: a\n\n", "not over str; put it in a list: iter_line_events([str])"),
    (aiter_events, "https://a.example/", "not over str; to read a URL, use AsyncSSEClient(url)"),
    (aiter_events, [b"data: a\n\n"], "not over list"),
    (aiter_events, b"data: a\n\n", "not over bytes"),
    (aiter_events, Answer(), "not over Answer; pass its aiter_bytes()"),
    (aiter_line_events, Answer(), "not over Answer; pass its aiter_lines()"),
]


@pytest.mark.parametrize(("function", "given", "words"), NO_CHUNKS)
def test_what_has_no_chunks(function: Any, given: Any, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        function(given)
    assert str(caught.value) == f"{function.__name__}() iterates over chunks, {words}"


def test_limit_raises_after_the_events_before() -> None:
    megabyte = b"x" * (1 << 20)

    def chunks() -> Iterator[bytes]:
        yield b"data: a\n\ndata: "
        for _ in range(64):
            yield megabyte

    assert until_error(iter_events(chunks()), EventTooLarge) == ["a"]


# Responses of HTTP libraries.


@pytest.fixture(params=["chunked", "content-length", "close", "gzip"])
def server(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    pieces = cut(STREAM, 13)
    script = (
        response(pieces, encoding="gzip")
        if request.param == "gzip"
        else response(pieces, framing=request.param)
    )
    with ScriptedServer(then=script) as server:
        yield server


class Source(NamedTuple):
    """A method that gives chunks: its library, and a function from a URL to the events."""

    library: str
    method: str
    to_events: Callable[..., Any]


def from_requests(**options: Any) -> Callable[[Any, str], list[Event]]:
    def read(library: Any, url: str) -> list[Event]:
        with library.get(url, stream=True) as reply:
            if options.get("decode_unicode"):
                reply.encoding = "utf-8"
            return list(iter_events(reply.iter_content(**options)))

    return read


def from_httpx(method: str) -> Callable[[Any, str], list[Event]]:
    def read(library: Any, url: str) -> list[Event]:
        with library.stream("GET", url) as reply:
            chunks = getattr(reply, method)()
            return list(iter_line_events(chunks) if "lines" in method else iter_events(chunks))

    return read


def from_urllib3(method: str, *args: Any, **options: Any) -> Callable[[Any, str], list[Event]]:
    def read(library: Any, url: str) -> list[Event]:
        with library.PoolManager() as pool:
            reply = pool.request("GET", url, preload_content=False)
            with contextlib.closing(reply):
                return list(iter_events(getattr(reply, method)(*args, **options)))

    return read


SOURCES = [
    Source("requests", "iter_content(None)", from_requests(chunk_size=None)),
    Source("requests", "iter_content()", from_requests()),
    Source(
        "requests",
        "iter_content(decode_unicode)",
        from_requests(chunk_size=3, decode_unicode=True),
    ),
    Source("httpx", "iter_bytes()", from_httpx("iter_bytes")),
    Source("httpx", "iter_text()", from_httpx("iter_text")),
    Source("httpx", "iter_lines()", from_httpx("iter_lines")),
    Source("httpx2", "iter_bytes()", from_httpx("iter_bytes")),
    Source("httpx2", "iter_text()", from_httpx("iter_text")),
    Source("httpx2", "iter_lines()", from_httpx("iter_lines")),
    Source("urllib3", "stream()", from_urllib3("stream", decode_content=True)),
    Source("urllib3", "stream(1)", from_urllib3("stream", 1, decode_content=True)),
]


def name_of(source: Source) -> str:
    return f"{source.library}-{source.method}"


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_responses(source: Source, server: ScriptedServer) -> None:
    library = pytest.importorskip(source.library)
    assert facts(source.to_events(library, server.url)) == FACTS


def from_async_httpx(method: str) -> Callable[[Any, str], Any]:
    async def read(library: Any, url: str) -> list[Event]:
        async with library.AsyncClient() as client, client.stream("GET", url) as reply:
            chunks = getattr(reply, method)()
            events = aiter_line_events(chunks) if "lines" in method else aiter_events(chunks)
            return [event async for event in events]

    return read


def from_aiohttp(chunks_of: Callable[[Any], Any], by: Any = aiter_events) -> Callable[..., Any]:
    async def read(library: Any, url: str) -> list[Event]:
        async with library.ClientSession() as session, session.get(url) as reply:
            return [event async for event in by(chunks_of(reply.content))]

    return read


ASYNC_SOURCES = [
    Source("httpx", "aiter_bytes()", from_async_httpx("aiter_bytes")),
    Source("httpx", "aiter_text()", from_async_httpx("aiter_text")),
    Source("httpx", "aiter_lines()", from_async_httpx("aiter_lines")),
    Source("httpx2", "aiter_bytes()", from_async_httpx("aiter_bytes")),
    Source("httpx2", "aiter_lines()", from_async_httpx("aiter_lines")),
    Source("aiohttp", "iter_any()", from_aiohttp(lambda content: content.iter_any())),
    Source("aiohttp", "iter_chunked(3)", from_aiohttp(lambda content: content.iter_chunked(3))),
    Source("aiohttp", "content", from_aiohttp(lambda content: content)),
    Source(
        "aiohttp", "content, by lines", from_aiohttp(lambda content: content, aiter_line_events)
    ),
]


@pytest.mark.parametrize("source", ASYNC_SOURCES, ids=name_of)
def test_asynchronous_responses(source: Source, server: ScriptedServer) -> None:
    library = pytest.importorskip(source.library)
    assert facts(asyncio.run(source.to_events(library, server.url))) == FACTS


def test_lines_of_requests() -> None:
    """Without CRLF: requests makes two lines of one if a read ends between CR and LF."""
    pieces = cut(STREAM.replace(b"\r\n", b"\n"), 13)
    with ScriptedServer(then=response(pieces)) as server:
        for size in (1, 512):
            with requests.get(server.url, stream=True) as reply:
                assert facts(iter_line_events(reply.iter_lines(size))) == FACTS


def test_a_response_of_the_standard_library() -> None:
    with ScriptedServer(response(cut(STREAM, 13))) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/")
        reply = connection.getresponse()
        assert facts(iter_events(iter(lambda: reply.read(10), b""))) == FACTS
        connection.close()


def test_an_error_of_a_response_comes_after_every_complete_event() -> None:
    body = response([b"data: a\n\n", b"data: lo"], complete=False)
    with ScriptedServer(body) as server, requests.get(server.url, stream=True) as reply:
        chunks = reply.iter_content(None)
        assert until_error(iter_events(chunks), requests.exceptions.ChunkedEncodingError) == ["a"]


def test_an_error_of_a_urllib3_response_comes_after_every_complete_event() -> None:
    body = response([b"data: a\n\n", b"data: lo"], complete=False)
    with ScriptedServer(body) as server, urllib3.PoolManager() as pool:
        reply = pool.request("GET", server.url, preload_content=False)
        chunks = reply.stream()
        assert until_error(iter_events(chunks), urllib3.exceptions.ProtocolError) == ["a"]
        reply.close()


def test_error_for_iter_lines_names_the_function_for_lines() -> None:
    def iter_lines() -> Iterator[bytes]:
        yield b"data: 1"

    async def aiter_lines() -> AsyncIterator[str]:
        yield "data: 1"

    with pytest.raises(TypeError, match=r"iter_line_events\(\)"):
        iter_events(iter_lines())
    with pytest.raises(TypeError, match=r"aiter_line_events\(\)"):
        aiter_events(aiter_lines())


WITHOUT_ENDS = ["id: 1", "data: a", "", ": comment", "data: b", ""]


def test_a_list_of_lines_without_their_ends_is_an_error() -> None:
    async def asynchronous() -> list[Event]:
        async def lines() -> AsyncIterator[str]:
            for line in WITHOUT_ENDS:
                yield line

        return [event async for event in aiter_events(lines())]

    with pytest.raises(ValueError, match=r"iter_line_events\(\)"):
        list(iter_events(WITHOUT_ENDS))
    with pytest.raises(ValueError, match=r"aiter_line_events\(\)"):
        asyncio.run(asynchronous())
    assert [event.data for event in iter_line_events(WITHOUT_ENDS)] == ["a", "b"]


@pytest.mark.parametrize(
    ("chunks", "texts"),
    [(["da", "ta: a"], ["a"]), (["data: a"], ["a"]), (["data: a", "id: b\n"], ["aid: b"])],
)
def test_pieces_of_one_line_are_chunks(chunks: list[str], texts: list[str]) -> None:
    assert [event.data for event in iter_events(chunks)] == texts
