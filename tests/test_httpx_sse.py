"""`sseclient_ng.httpx_sse`, beside the suite that httpx-sse was published with (compat_tests)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from sseclient_ng.testing import Close, Hold, ScriptedServer, response

httpx = pytest.importorskip("httpx")

from sseclient_ng import httpx_sse  # noqa: E402 - needs httpx
from sseclient_ng.httpx_sse import (  # noqa: E402
    EventSource,
    EventTooLarge,
    ServerSentEvent,
    SSEError,
    aconnect_sse,
    connect_sse,
)


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, with an error at its end or without one."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def answer(*pieces: bytes, content_type: str = "text/event-stream", **options) -> httpx.Response:
    return httpx.Response(
        200, headers={"Content-Type": content_type}, stream=Stream(*pieces, **options)
    )


def sync_events(given: httpx.Response) -> list[ServerSentEvent]:
    return list(EventSource(given).iter_sse())


def async_events(given: httpx.Response) -> list[ServerSentEvent]:
    async def collect() -> list[ServerSentEvent]:
        return [event async for event in EventSource(given).aiter_sse()]

    return asyncio.run(collect())


both = pytest.mark.parametrize("events", [sync_events, async_events], ids=["sync", "async"])

# Bytes, and the event type, data, ID and reconnection time of each event.
STREAMS = {
    "an event type": (b"event: greet\ndata: a\n\n", [("greet", "a", "", None)]),
    "an ID is carried on": (
        b"id: 1\ndata: a\n\ndata: b\n\n",
        [("message", "a", "1", None), ("message", "b", "1", None)],
    ),
    "only an ID": (b"id: 1\n\n", [("message", "", "1", None)]),
    "only an empty ID": (b"id: 1\ndata: a\n\nid\n\n", [("message", "a", "1", None)]),
    "only an ID with a NUL": (b"id: 1\0\n\n", []),
    "only an event type": (b"event: ping\n\n", [("ping", "", "", None)]),
    "only an empty event type": (b"event:\n\n", []),
    "only a reconnection time": (b"retry: 5\n\n", [("message", "", "", 5)]),
    "a reconnection time of 0": (b"retry: 0\n\n", [("message", "", "", 0)]),
    "a negative reconnection time": (b"retry: -1\n\n", []),
    "an unknown field": (b"id: 1\n\nnonsense: 1\n\n", [("message", "", "1", None)]),
    "a comment after an ID": (b"id: 1\ndata: a\n\n: ping\n\n", [("message", "a", "1", None)]),
    "blank lines after an ID": (b"id: 1\ndata: a\n\n\n\n\n", [("message", "a", "1", None)]),
    "a BOM": (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "", None)]),
    "CRLF": (b"event: x\r\ndata: a\r\n\r\n", [("x", "a", "", None)]),
    "CR": (b"id: 1\r\rdata: a\r\r", [("message", "", "1", None), ("message", "a", "1", None)]),
    "several lines": (b"data: a\ndata\ndata: b\n\n", [("message", "a\n\nb", "", None)]),
    "no blank line at the end": (b"data: a\n\ndata: b\n", [("message", "a", "", None)]),
    "not UTF-8": (b"data: \xff\n\n", [("message", "\ufffd", "", None)]),
}


def fields(event: ServerSentEvent) -> tuple[str, str, str, int | None]:
    return event.event, event.data, event.id, event.retry


@both
@pytest.mark.parametrize(("data", "expected"), STREAMS.values(), ids=STREAMS)
def test_events_in_any_cutting(events, data, expected) -> None:
    for size in range(1, len(data) + 1):
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [fields(event) for event in events(answer(*pieces))] == expected, size


@both
def test_an_event_comes_at_the_cr_that_ends_it(events) -> None:
    broken = answer(b"data: a\r\n\r", error=httpx.ReadError("broken off"))
    with pytest.raises(httpx.ReadError, match="broken off"):
        events(broken)
    source = EventSource(answer(b"data: a\r\n\r", error=httpx.ReadError("broken off")))
    assert fields(next(iter(source.iter_sse()))) == ("message", "a", "", None)


@both
@pytest.mark.parametrize(
    "content_type", ["Text/Event-Stream", "application/json, text/event-stream; charset=utf-8"]
)
def test_content_types_of_an_event_stream(events, content_type) -> None:
    assert len(events(answer(b"data: a\n\n", content_type=content_type))) == 1


@both
@pytest.mark.parametrize("content_type", ["application/json", "text/plain; text/event-stream", ""])
def test_other_content_types_are_an_error(events, content_type) -> None:
    with pytest.raises(SSEError, match="no event stream: its Content-Type is '"):
        events(answer(b"data: a\n\n", content_type=content_type))


@both
def test_the_server_s_charset_does_not_count(events) -> None:
    data = "data: é\n\n".encode()
    given = answer(data, content_type="text/event-stream; charset=latin-1")
    assert [event.data for event in events(given)] == ["é"]


@both
def test_the_caller_s_encoding_counts(events) -> None:
    given = answer("data: é\n\n".encode("latin-1"))
    given.encoding = "latin-1"
    assert [event.data for event in events(given)] == ["é"]


@both
def test_a_response_that_was_read_before(events) -> None:
    given = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, text="data: a\n\n")
    assert [event.data for event in events(given)] == ["a"]


@both
@pytest.mark.parametrize("limit", [10, None])
def test_the_size_of_events_is_bounded(events, limit, monkeypatch) -> None:
    monkeypatch.setattr(EventSource, "max_event_size", limit)
    given = answer(b"data: 1\n\n", b"data: ", b"x" * 20, b"\n\n")
    if limit is None:
        assert len(events(given)) == 2
        return
    with pytest.raises(EventTooLarge, match="max_event_size=10 bytes") as caught:
        events(given)
    assert isinstance(caught.value, SSEError)


def test_events_before_an_error_come_first() -> None:
    source = EventSource(answer(b"data: a\n\n", error=httpx.ReadError("broken off")))
    iterator = source.iter_sse()
    assert next(iterator).data == "a"
    with pytest.raises(httpx.ReadError):
        next(iterator)


def test_an_event() -> None:
    event = ServerSentEvent("greet", '{"a": 1}', "7", 5)
    assert event.json() == {"a": 1}
    assert repr(event) == "ServerSentEvent(event='greet', data='{\"a\": 1}', id='7', retry=5)"
    with pytest.raises(AttributeError):
        event.data = "other"
    assert repr(ServerSentEvent()) == "ServerSentEvent(event='message')"


def sync_read(url: str, **options) -> tuple[httpx.Response, list[str]]:
    with httpx.Client() as client, connect_sse(client, "GET", url, **options) as source:
        return source.response, [next(source.iter_sse()).data]


def async_read(url: str, **options) -> tuple[httpx.Response, list[str]]:
    async def go() -> tuple[httpx.Response, list[str]]:
        async with (
            httpx.AsyncClient() as client,
            aconnect_sse(client, "GET", url, **options) as source,
        ):
            event = await source.aiter_sse().__anext__()
            return source.response, [event.data]

    return asyncio.run(go())


connecting = pytest.mark.parametrize("read", [sync_read, async_read], ids=["sync", "async"])


@connecting
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_connect_gives_events_as_they_arrive_and_closes(read, encoding) -> None:
    headers = {"accept": "other", "X-Key": "1"}
    pieces = [b"data: a\n\n", Hold()]
    with ScriptedServer(response(pieces, encoding=encoding)) as server:
        given, data = read(server.url, headers=headers, params={"q": "1"})
        (request,) = server.requests
    assert data == ["a"]
    assert given.is_closed
    assert headers == {"accept": "other", "X-Key": "1"}
    assert (request.target, request.headers["X-Key"]) == ("/?q=1", "1")
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["Cache-Control"] == "no-store"


@connecting
@pytest.mark.parametrize("headers", [None, [("X-Key", "1")]])
def test_headers_may_be_what_httpx_takes(read, headers) -> None:
    with ScriptedServer(response(b"data: a\n\n")) as server:
        read(server.url, headers=headers)
        assert ("X-Key" in server.requests[0].headers) == (headers is not None)


def test_a_connection_that_breaks_off_is_the_library_s_error() -> None:
    script = [response([b"data: a\n\n"], complete=False), Close()]
    with (
        ScriptedServer(script) as server,
        httpx.Client() as client,
        connect_sse(client, "GET", server.url) as source,
    ):
        events = source.iter_sse()
        assert next(events).data == "a"
        with pytest.raises(httpx.RemoteProtocolError):
            next(events)


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_install_as_httpx_sse_serves_imports_that_come_later() -> None:
    done = run(
        "import sseclient_ng; sseclient_ng.install_as_httpx_sse()\n"
        "import httpx_sse, sseclient_ng.httpx_sse\n"
        "from httpx_sse import EventSource, ServerSentEvent, SSEError, connect_sse, aconnect_sse\n"
        "from httpx_sse._exceptions import SSEError as Same\n"
        "from httpx_sse._models import ServerSentEvent\n"
        "from httpx_sse._decoders import SSEDecoder, SSELineDecoder\n"
        "from httpx_sse._api import EventSource\n"
        "assert httpx_sse is sseclient_ng.httpx_sse and Same is SSEError\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_httpx2_alone_is_enough() -> None:
    pytest.importorskip("httpx2")
    done = run(
        "import sys; sys.modules['httpx'] = None\n"
        "import httpx2\n"
        "from sseclient_ng.httpx_sse import SSEError, EventSource\n"
        "assert issubclass(SSEError, httpx2.TransportError)\n"
        "response = httpx2.Response(200, headers={'Content-Type': 'text/event-stream'}, "
        "text='data: a\\n\\n')\n"
        "assert [event.data for event in EventSource(response).iter_sse()] == ['a']\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_without_httpx_the_import_says_what_is_missing() -> None:
    done = run(
        "import sys; sys.modules['httpx'] = sys.modules['httpx2'] = None\n"
        "import sseclient_ng; sseclient_ng.install_as_httpx_sse()"
    )
    assert "ModuleNotFoundError: sseclient_ng.httpx_sse needs httpx or httpx2" in done.stderr


def test_names_say_where_programs_import_them_from() -> None:
    for name in ("EventSource", "EventTooLarge", "SSEError", "ServerSentEvent", "connect_sse"):
        assert getattr(httpx_sse, name).__module__ == "sseclient_ng.httpx_sse"


LINES = ["id: 1", "data: a", "", ": ping", "", "data: b", "retry: 7", ""]


def test_decoder_of_lines() -> None:
    decoder = httpx_sse._decoders.SSEDecoder()
    decoded = [decoder.decode(line) for line in LINES]
    events = [event for event in decoded if event is not None]
    assert [fields(event) for event in events] == [
        ("message", "a", "1", None),
        ("message", "b", "1", 7),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_decoder_of_text(end) -> None:
    text = end.join(["é", "b\u2028c", "", "d", "e"])
    for size in range(1, len(text) + 1):
        decoder = httpx_sse._decoders.SSELineDecoder()
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        lines = [line for piece in pieces for line in decoder.decode(piece)]
        assert [*lines, *decoder.flush(), *decoder.flush()] == ["é", "b\u2028c", "", "d", "e"]


def test_lines_of_a_response() -> None:
    async def collect() -> list[str]:
        lines = httpx_sse._api._aiter_sse_lines(answer(b"a\r\nb", b"c"))
        return [line async for line in lines]

    assert list(httpx_sse._api._iter_sse_lines(answer(b"a\r\nb", b"c"))) == ["a", "bc"]
    assert asyncio.run(collect()) == ["a", "bc"]
    assert httpx_sse._decoders._splitlines_sse("a\n\rb") == ["a", "", "b"]
