"""Constructor arguments of old programs, and both styles in one class."""

from __future__ import annotations

import contextlib
import io
import json
import types
from typing import Any, Callable, NamedTuple, Optional
from unittest import mock

import pytest
import requests
from requests.auth import HTTPBasicAuth

from sseclient_ng import (
    SSEClient,
)
from sseclient_ng.testing import Hold, OnAccept, Reset, ScriptedServer, response
from support.legacy import BOTH, FIRST, OPEN, QUICKLY, SECOND, texts


class Recorder:
    """A session with only a `get`, as in some programs; it records its requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, url: str, **options: Any) -> Any:
        self.asked.append((url, options))
        reply = requests.Response()
        reply.status_code = 200
        reply.raw = io.BytesIO(b"id: 1\ndata: first\n\n")
        return reply


KEYWORDS: list[dict[str, Any]] = [
    {},
    {"params": {"auth": "token"}},
    {"params": [("a", "1"), ("a", "2")]},
    {"auth": ("ada", "secret")},
    {"auth": HTTPBasicAuth("ada", "secret")},
    {"verify": False},
    {"timeout": 30},
    {"timeout": (3.05, 60)},
    {"proxies": {"http": "http://127.0.0.1:9"}},
    {"json": {"topics": ["a"]}},
    {"data": "query"},
    {"cookies": {"sid": "1"}, "allow_redirects": False, "cert": "certificate.pem"},
]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=lambda keywords: "+".join(keywords) or "none")
def test_keyword_arguments_go_to_get_each_time(keywords: dict[str, Any]) -> None:
    session = Recorder()
    client = SSEClient("http://stream.example/", session=session, **QUICKLY, **keywords)
    assert texts([next(client), next(client)]) == ["first", "first"]
    assert len(session.asked) == 2
    for url, options in session.asked:
        assert url == "http://stream.example/"
        del options["headers"]
        assert options == {"stream": True, **keywords}


class Call(NamedTuple):
    """A way to write the call, and the attributes it sets."""

    name: str
    make: Callable[[str, Any], SSEClient]
    attributes: dict[str, Any]
    last_event_id: Optional[str] = None


CALLS = [
    Call("url", lambda url, _: SSEClient(url), {"last_id": None, "retry": 3000, "session": None}),
    Call("url=", lambda url, _: SSEClient(url=url, last_id=None), {"last_id": None}),
    Call("chunk_size", lambda url, _: SSEClient(url, chunk_size=1), {"chunk_size": 1}),
    Call("chunk_size None", lambda url, _: SSEClient(url, chunk_size=None), {"chunk_size": None}),
    Call("by default", lambda url, _: SSEClient(url), {"chunk_size": 1024}),
    Call("last_id", lambda url, _: SSEClient(url, last_id="41"), {"last_id": "41"}, "41"),
    Call("last_id, second", lambda url, _: SSEClient(url, "41"), {"last_id": "41"}, "41"),
    Call("last_id of 0", lambda url, _: SSEClient(url, last_id=0), {}),  # type: ignore[arg-type]
    Call("last_id of 7", lambda url, _: SSEClient(url, last_id=7), {}, "7"),  # type: ignore[arg-type]
    Call("last_id empty", lambda url, _: SSEClient(url, last_id=""), {}),
    Call("last_id in spaces", lambda url, _: SSEClient(url, last_id=" 4 1 "), {}, "4 1"),
    Call("retry", lambda url, _: SSEClient(url, retry=5000), {"retry": 5000}),
    Call("retry of 0", lambda url, _: SSEClient(url, retry=0), {"retry": 0}),
    Call(
        "all by position",
        lambda url, session: SSEClient(url, "41", 1000, session, 128),
        {"last_id": "41", "retry": 1000, "chunk_size": 128},
        "41",
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_ways_to_write_the_call(call: Call) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(ScriptedServer(OPEN))
        session = stack.enter_context(requests.Session())
        client = stack.enter_context(call.make(server.url, session))
        assert client.url == server.url
        assert {name: getattr(client, name) for name in call.attributes} == call.attributes
        assert server.requests[0].last_event_id == call.last_event_id
        assert next(client).id == client.last_id == "1"


def test_headers_of_the_request() -> None:
    own = {"User-Agent": "me", "Authorization": "Bearer 1"}
    with ScriptedServer(FIRST, FIRST, FIRST) as server:
        list(SSEClient(server.url, headers=own, **QUICKLY))
        for request in server.requests:
            assert request.headers["Accept"] == "text/event-stream"
            assert request.headers["Cache-Control"] == "no-cache"
            assert request.headers["User-Agent"] == "me"
            assert request.headers["Authorization"] == "Bearer 1"
    assert own == {"User-Agent": "me", "Authorization": "Bearer 1"}


def test_headers_of_the_caller_replace_the_defaults() -> None:
    session = Recorder()
    SSEClient("http://stream.example/", session=session, headers={"ACCEPT": "application/json"})
    headers = session.asked[0][1]["headers"]
    assert [name for name in headers if name.lower() == "accept"] == ["ACCEPT"]
    assert headers["ACCEPT"] == "application/json"


def test_a_session_of_the_caller_is_used_and_left_open() -> None:
    with ScriptedServer(FIRST, FIRST) as server, requests.Session() as session:
        session.headers["User-Agent"] = "somebody"
        with mock.patch.object(session, "close") as close:
            client = SSEClient(server.url, session=session, **QUICKLY)
            list(client)
            client.close()
        assert not close.called
        assert [request.headers["User-Agent"] for request in server.requests] == ["somebody"] * 3


def test_a_module_as_session() -> None:
    module = types.ModuleType("http_of_somebody")
    module.get = requests.get  # type: ignore[attr-defined]
    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(SSEClient(server.url, session=module, **QUICKLY)) == ["first", "second"]


def test_an_object_whose_get_posts_as_session() -> None:
    class Posting:
        def get(self, url: str, **options: Any) -> Any:
            return requests.post(url, data="question", **options)

    with ScriptedServer(FIRST) as server:
        assert texts(SSEClient(server.url, session=Posting(), **QUICKLY)) == ["first"]
        assert (server.requests[0].method, server.requests[0].body) == ("POST", b"question")


FAILING: list[tuple[str, Any, type[Exception]]] = [
    ("404", response(b"no", status=404), requests.HTTPError),
    ("401", response(b"no", status=401), requests.HTTPError),
    ("500", response(b"no", status=500), requests.HTTPError),
    ("closed", [], requests.ConnectionError),
    ("reset", OnAccept(Reset()), requests.ConnectionError),
    ("silent", Hold(), requests.exceptions.ReadTimeout),
]


@pytest.mark.parametrize(
    ("script", "error"), [row[1:] for row in FAILING], ids=[row[0] for row in FAILING]
)
def test_the_first_connection_is_made_by_the_constructor(
    script: Any, error: type[Exception]
) -> None:
    with ScriptedServer(script) as server:
        with pytest.raises(error):
            SSEClient(server.url, timeout=0.2)
        assert server.connections_accepted == 1


def test_the_response_of_a_refusal_can_be_read() -> None:
    script = response(b'{"error": "expired"}', status=401, content_type="application/json")
    with ScriptedServer(script) as server:
        with pytest.raises(requests.HTTPError) as caught:
            SSEClient(server.url)
        assert caught.value.response.status_code == 401
        assert caught.value.response.json() == {"error": "expired"}


def test_the_request_is_sent_before_anything_is_read() -> None:
    with ScriptedServer(OPEN) as server, contextlib.closing(SSEClient(server.url)) as client:
        assert len(server.requests) == 1
        assert client.resp.status_code == 200
        assert client.resp.headers["Content-Type"] == "text/event-stream"


CHOICES: list[tuple[str, bytes, list[str], list[str]]] = [
    ("unterminated", b"data: a\n\ndata: b\n", ["a"], ["a", "b"]),
    ("no data", b": c\n\nid: 1\n\nretry: 1\n\nevent: x\n\ndata: a\n\n", ["a"], ["a"]),
    ("UTF-8", "data: caf\u00e9\n\n".encode(), ["caf\u00e9"], ["caf\u00e9"]),
    ("not UTF-8", b"data: caf\xe9\n\n", ["caf\ufffd"], ["caf\ufffd"]),
    (
        "separators",
        "data: a\u2028b\x85c\x0bd\n\n".encode(),
        ["a\u2028b\x85c\x0bd"],
        ["a\u2028b\x85c\x0bd"],
    ),
    ("empty first line", b"data:\ndata: a\n\n", ["\na"], ["\na"]),
]


@pytest.mark.parametrize(
    ("stream", "from_url", "from_response"),
    [row[1:] for row in CHOICES],
    ids=[row[0] for row in CHOICES],
)
def test_what_the_styles_make_of_a_stream(
    stream: bytes, from_url: list[str], from_response: list[str]
) -> None:
    script = response([stream], content_type="text/event-stream; charset=iso-8859-1")
    with ScriptedServer(script) as server:
        assert texts(SSEClient(server.url, **QUICKLY)) == from_url
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as reply:
        assert texts(SSEClient(reply).events()) == from_response
        assert len(server.requests) == 1


@pytest.mark.parametrize("style", ["url", "source"])
def test_fields_of_an_event(style: str) -> None:
    stream = b"event:\nretry: 5\ndata: a\n\nid: 7\nevent: put\ndata: b\n\n"
    with ScriptedServer(response([stream])) as server:
        client = SSEClient(server.url, **QUICKLY) if style == "url" else SSEClient([stream])
        first, second = client
    assert (first.event, first.id, first.retry, str(first)) == ("message", None, 5, "a")
    assert (second.event, second.id, second.retry, str(second)) == ("put", "7", None, "b")


@pytest.mark.parametrize("style", ["url", "source"])
def test_every_way_to_iterate(style: str) -> None:
    stream = b"".join(b"data: %d\n\n" % number for number in range(6))
    with ScriptedServer(response([stream])) as server:
        client = SSEClient(server.url, **QUICKLY) if style == "url" else SSEClient([stream])
        assert iter(client) is client
        assert client
        assert hasattr(client, "events")
        assert next(client).data == "0"
        assert next(client.events()).data == "1"
        assert next(iter(client)).data == "2"
        for event in client:
            assert event.data == "3"
            break
        assert texts(client.events()) == ["4", "5"]
        assert next(client, None) is None


def test_keep_alives_are_no_events() -> None:
    stream = b':\n\n{"a": 1}\n\ndata: {"a": 1}\n\n: ping\n\nretry: 1\n\nevent: ping\n\n'
    with ScriptedServer(response([stream])) as server:
        messages = [json.loads(message.data) for message in SSEClient(server.url, **QUICKLY)]
    assert messages == [{"a": 1}]


def test_lines_of_requests_are_read() -> None:
    with ScriptedServer(BOTH) as server, requests.get(server.url, stream=True) as reply:
        assert texts(SSEClient(reply.iter_lines()).events()) == ["first", "second"]


def test_a_session_of_another_kind_gets_no_auth_for_a_header_of_the_caller() -> None:
    session = Recorder()
    headers = {"Authorization": "Bearer 1"}
    SSEClient("http://stream.example/", session=session, headers=headers)
    assert "auth" not in session.asked[0][1]
