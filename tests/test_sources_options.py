"""Unreadable sources, and options that need no connection."""

from __future__ import annotations

import contextlib
import io
import pathlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional

import pytest
import requests

from sseclient_ng import AsyncSSEClient, EventTooLarge, ReconnectPolicy, SSEClient
from sseclient_ng.testing import (
    ScriptedServer,
    cut,
    response,
)
from support.reading import FACTS, STREAM, facts, texts
from support.sources import PIECES, Dropped


class AsyncSource:
    """Only `async for` can read this."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b""


@pytest.mark.parametrize(
    "source",
    [
        None,
        5,
        1.5,
        True,
        object(),
        SSEClient,
    ],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_source_is_told_which_there_are(source: Any) -> None:
    with pytest.raises(TypeError) as caught:
        SSEClient(source)
    text = str(caught.value)
    for kind in ("URL", "response", "file", "iterable", type(source).__name__):
        assert kind in text


class AnswerOfAiohttp:
    """A response that only coroutines can read."""

    class content:  # noqa: N801
        iter_any = None

    async def read(self) -> bytes:
        return b""


async def chunks() -> AsyncIterator[bytes]:
    yield b""


class Later:
    """What an asynchronous call returns before it is awaited."""

    def __await__(self) -> Iterator[None]:
        yield


class AnswerOfHttpx:
    """A response of an ``httpx.AsyncClient``."""

    stream = AsyncSource()

    def iter_bytes(self) -> Iterator[bytes]:
        raise RuntimeError("Attempted to call a sync iterator on an async stream.")

    aiter_bytes = None


ALMOST: list[tuple[Callable[[], object], str]] = [
    (lambda: b"data: x\n\n", "bytes; to read bytes of a stream, put them in a list: SSEClient([d"),
    (lambda: bytearray(b"data: x"), "bytearray; to read bytes of a stream, put them in a list"),
    (lambda: pathlib.PurePosixPath("a"), "PurePosixPath; to read a file, open it: SSEClient(open("),
    (lambda: {"a": 1}, "dict; SSEClient reads the response itself, not its JSON"),
    (AsyncSource, "AsyncSource; iterate over sseclient_ng.aiter_events(...), or use AsyncSSECli"),
    (chunks, "async_generator; iterate over sseclient_ng.aiter_events(...), or use AsyncSSEClie"),
    (Later, "Later; await it, and iterate over sseclient_ng.aiter_events(...)"),
    (AnswerOfHttpx, "; iterate over sseclient_ng.aiter_events(response.aiter_bytes())"),
    (AnswerOfAiohttp, "; iterate over sseclient_ng.aiter_events(response.content.iter_any())"),
]


@pytest.mark.parametrize(("make", "words"), ALMOST)
def test_what_is_almost_a_source(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(TypeError) as caught:
        SSEClient(make())
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", ["data: 1\n\n", "id: 1", ": a comment", "\nevent: a\ndata: 1\n\n", '{"a":\n1}']
)
def test_the_text_of_a_stream_is_no_url(text: str) -> None:
    with pytest.raises(requests.exceptions.InvalidURL, match=r"put it in a list: SSEClient\(\["):
        SSEClient(text)
    with pytest.raises(requests.exceptions.InvalidURL, match=r"put it in a list: iter_events\(\["):
        AsyncSSEClient(text)


def test_a_chunk_of_another_type_is_named() -> None:
    client = SSEClient([b"data: a\n\n", 5])  # type: ignore[list-item]
    assert next(client).data == "a"
    with pytest.raises(TypeError, match="bytes or str, not int"):
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


def test_the_end_of_another_encoding_may_exceed_the_limit() -> None:
    """A cut character becomes U+FFFD, which is longer than its bytes."""
    client = SSEClient(
        ["data: 12345".encode("utf-16-le") + b"\x20"], "utf-16-le", max_event_size=12
    )
    with pytest.raises(EventTooLarge):
        next(client)
    assert list(client) == []


class Refusal:
    """A fake response that is no success."""

    status_code = 404
    reason = "Not Found"
    url = "http://stream.example/"
    headers: Any = None

    def __init__(self, *, raises: bool) -> None:
        self.raises = raises

    def raise_for_status(self) -> None:
        if self.raises:
            raise requests.HTTPError("404 by hand")


@pytest.mark.parametrize(("raises", "says"), [(True, "by hand"), (False, "404 Not Found")])
def test_a_stand_in_that_refuses(monkeypatch: pytest.MonkeyPatch, raises: bool, says: str) -> None:
    monkeypatch.setattr(requests, "get", lambda url, **options: Refusal(raises=raises))
    with pytest.raises(requests.HTTPError, match=says):
        SSEClient("http://stream.example/")


def test_a_stand_in_that_wants_no_more_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Refusal(raises=False)
    done.status_code = 204
    monkeypatch.setattr(requests, "get", lambda url, **options: done)
    assert list(SSEClient("http://stream.example/")) == []
