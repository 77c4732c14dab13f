"""What programs written for sseclient and sseclient-py do with a client, beside looping over it.

Events, sources and reconnecting have tests of their own; here are the old names and hooks. What the
published packages make of the same code is compared in compat_tests.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, Optional
from unittest import mock

import pytest
import requests
from requests.auth import HTTPBasicAuth

import sseclient_ng
from sseclient_ng import (
    _FIELD_SEPARATOR,
    Event,
    EventTooLarge,
    ReconnectPolicy,
    SSEClient,
    end_of_field,
    install_as_sseclient,
)
from sseclient_ng.testing import Hold, OnAccept, Reset, ScriptedServer, WaitFor, response

FIRST = response([b"id: 1\ndata: first\n\n"])
SECOND = response([b"id: 2\ndata: second\n\n"])
BOTH = response([b"id: 1\ndata: first\n\n", b"data: second\n\n"])
OPEN = response([b"id: 1\ndata: first\n\n", Hold()])

QUICKLY: dict[str, Any] = {"retry": 1, "reconnect": ReconnectPolicy(min_delay=0.001)}


def texts(events: Any) -> list[str]:
    return [event.data for event in events]


# The constructor of sseclient.


class Recorder:
    """A session that has only a `get`, as some programs give one; it keeps what it is asked."""

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
    """One way to write the call, and the attributes that it sets."""

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


# Both styles in one class.

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


# Hooks of sseclient.


def test_stop_iteration_in_connect_ends_the_loop() -> None:
    class Twice(SSEClient):
        connections = 0

        def _connect(self) -> None:
            if self.connections == 2:
                raise StopIteration
            self.connections += 1
            super()._connect()

    with ScriptedServer(FIRST, SECOND, FIRST) as server:
        assert texts(Twice(server.url, **QUICKLY)) == ["first", "second"]
        assert len(server.requests) == 2
    with ScriptedServer(FIRST, SECOND, FIRST) as server:
        assert texts(Twice(server.url, **QUICKLY).events()) == ["first", "second"]


def test_close_in_connect_ends_the_loop() -> None:
    class Once(SSEClient):
        def _connect(self) -> None:
            again = hasattr(self, "resp")
            super()._connect()
            if again:
                self.close()

    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(Once(server.url, **QUICKLY)) == ["first"]
        server.wait_for_disconnect()


def test_another_error_in_connect_comes_out() -> None:
    class GaveUpError(Exception):
        pass

    class Once(SSEClient):
        def _connect(self) -> None:
            if hasattr(self, "resp"):
                raise GaveUpError
            super()._connect()

    with ScriptedServer(FIRST, SECOND) as server:
        client = Once(server.url, **QUICKLY)
        assert next(client).data == "first"
        with pytest.raises(GaveUpError):
            next(client)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (FIRST, EOFError),
        (response([b"data: first\n\n"], complete=False), requests.exceptions.ChunkedEncodingError),
    ],
)
def test_connect_can_tell_why_it_is_called(script: Any, reason: type[Exception]) -> None:
    reasons: list[Any] = []

    class Curious(SSEClient):
        def _connect(self) -> None:
            reasons.append(sys.exc_info()[0])
            super()._connect()

    with ScriptedServer(script, response(status=503)) as server:
        list(Curious(server.url, **QUICKLY))
    assert reasons[0] is None
    assert len(reasons) == 3
    assert all(later is not None for later in reasons[1:])
    assert issubclass(reasons[1], (reason, StopIteration))


def test_connect_uses_the_attributes_as_they_are_then() -> None:
    class Changing(SSEClient):
        token = 0

        def _connect(self) -> None:
            self.token += 1
            self.requests_kwargs["headers"].update({"Authorization": f"Bearer {self.token}"})
            self.requests_kwargs["params"] = {"after": self.last_id}
            self.url = self.url.rstrip("0123456789") + str(self.token)
            self.session = requests.Session()
            self.session.headers["X-Session"] = str(self.token)
            if self.token == 3:
                self.last_id = "set by hand"
            super()._connect()
            self.session.close()

    with ScriptedServer(FIRST, SECOND, FIRST) as server:
        list(Changing(server.url_for("/stream"), **QUICKLY))
        seen = [
            (
                request.path,
                request.query,
                request.headers["Authorization"],
                request.headers["X-Session"],
                request.last_event_id,
            )
            for request in server.requests
        ]
    assert seen == [
        ("/stream1", "", "Bearer 1", "1", None),
        ("/stream2", "after=1", "Bearer 2", "2", "1"),
        ("/stream3", "after=2", "Bearer 3", "3", "set by hand"),
        ("/stream4", "after=1", "Bearer 4", "4", "1"),
    ]


def test_retry_is_read_at_each_wait_and_set_by_the_server() -> None:
    waits: list[float] = []
    script = response([b"retry: 20\ndata: a\n\n"])
    with ScriptedServer(script, FIRST, SECOND) as server:
        client = SSEClient(
            server.url, **{**QUICKLY, "on_error": lambda error, delay: waits.append(delay)}
        )
        assert next(client).retry == client.retry == 20
        next(client)
        client.retry = 10
        next(client)
        client.retry = 0
        assert next(client, None) is None
    assert waits == pytest.approx([0.02, 0.01, 0.001])


def test_last_id_assigned_by_the_loop_is_sent() -> None:
    with ScriptedServer(FIRST, SECOND, FIRST) as server:
        client = SSEClient(server.url, **QUICKLY)
        for message in client:
            client.last_id = f"{message.id}{message.data}"
        assert [request.last_event_id for request in server.requests] == [
            None,
            "1first",
            "2second",
            "1first",
        ]


@pytest.mark.parametrize("framing", ["chunked", "content-length", "close"])
def test_closed_from_another_thread_by_its_socket(framing: str) -> None:
    class ClosableSSEClient(SSEClient):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.should_connect = True
            super().__init__(*args, **kwargs)

        def _connect(self) -> None:
            if not self.should_connect:
                raise StopIteration
            super()._connect()

        def close(self) -> None:
            self.should_connect = False
            self.retry = 0
            self.resp.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
            self.resp.raw._fp.fp.raw._sock.close()

    arrived = threading.Event()
    seen: list[str] = []

    def listen(client: SSEClient) -> None:
        for message in client:
            seen.append(message.data)
            arrived.set()

    script = response([b"data: first\n\n", Hold()], framing=framing, complete=False)
    with ScriptedServer(script) as server:
        client = ClosableSSEClient(server.url)
        listener = threading.Thread(target=listen, args=(client,))
        listener.start()
        assert arrived.wait(10)
        client.close()
        listener.join(10)
        assert not listener.is_alive()
        assert len(server.requests) == 1
    assert seen == ["first"]


def test_a_close_of_a_subclass_is_never_called() -> None:
    closed: list[str] = []

    class Owner(SSEClient):
        def close(self) -> None:
            closed.append("close")

    with ScriptedServer(FIRST, SECOND) as server:
        with Owner(server.url, **QUICKLY) as client:
            next(client.events())
            assert texts(client) == ["second"]
        events = Owner([b"data: a\n\n", b"data: b\n\n"]).events()
        next(events)
        del events, client
    assert closed == []


def test_the_response_can_be_closed_after_the_loop() -> None:
    with ScriptedServer(OPEN) as server:
        client = SSEClient(server.url)
        for message in client:
            assert message.data == "first"
            break
        client.resp.close()
        server.wait_for_disconnect()


def test_next_overridden() -> None:
    class Numbered(SSEClient):
        number = 0

        def __next__(self) -> Any:
            message: Any = super().__next__()
            self.number += 1
            message.number = self.number
            return message

    with ScriptedServer(BOTH, BOTH) as server:
        messages: list[Any] = list(Numbered(server.url, **QUICKLY))
        assert [message.number for message in messages] == [1, 2, 3, 4]
    assert texts(Numbered([b"data: a\n\ndata: b\n\n"]).events()) == ["a", "b"]


def test_next_overridden_to_hide_trouble_and_to_stop() -> None:
    class Calm(SSEClient):
        stopped = False

        def __next__(self) -> Any:
            if self.stopped:
                raise StopIteration
            try:
                return super().__next__()
            except requests.RequestException:
                self.stopped = True
                return Event()

    with ScriptedServer(FIRST, response(status=404)) as server:
        assert texts(Calm(server.url, **QUICKLY)) == ["first", ""]


def test_next_rewritten_on_the_buffer() -> None:
    class Rewritten(SSEClient):
        def __next__(self) -> Event:
            while not self._event_complete():
                try:
                    self.buf += self.decoder.decode(next(self.resp_iterator))  # type: ignore[arg-type]
                except (StopIteration, requests.RequestException):
                    time.sleep(self.retry / 1000.0)
                    self._connect()
                    head, sep, _ = self.buf.rpartition("\n")
                    self.buf = head + sep
            block, self.buf = re.split(end_of_field, self.buf, maxsplit=1)
            message = Event.parse(block)
            self.last_id = message.id or self.last_id
            return message

    with ScriptedServer(FIRST, SECOND, OPEN) as server:
        client = Rewritten(server.url, **QUICKLY)
        assert texts([next(client), next(client), next(client)]) == ["first", "second", "first"]
        assert [request.last_event_id for request in server.requests] == [None, "1", "2"]
        client.resp.close()


def test_iter_content_overridden() -> None:
    class OtherReader(SSEClient):
        def iter_content(self) -> Iterator[Any]:
            return self.resp.iter_content(chunk_size=1)

    class RawReader(SSEClient):
        def iter_content(self) -> Iterator[bytes]:
            while True:
                block = self.resp.raw.read(self.chunk_size)
                if not block:
                    return
                yield block

    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(OtherReader(server.url, **QUICKLY)) == ["first", "second"]
    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(RawReader(server.url, chunk_size=8, **QUICKLY)) == ["first", "second"]


def test_resp_iterator_replaced() -> None:
    with ScriptedServer(OPEN) as server:
        client = SSEClient(server.url, **QUICKLY)
        client.resp_iterator = iter([b"data: canned\n\n"])
        assert next(client).data == "canned"
        client.close()


def test_hooks_patched_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(name: str) -> None:
        original = getattr(SSEClient, name)

        def hook(self: SSEClient) -> Any:
            calls.append(name)
            return original(self)

        monkeypatch.setattr(SSEClient, name, hook)

    for name in ("_connect", "__next__", "iter_content"):
        counted(name)
    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(SSEClient(server.url, **QUICKLY)) == ["first", "second"]
    assert [calls.count(name) for name in ("_connect", "__next__")] == [3, 3]
    assert calls.count("iter_content") >= 2


def test_connect_written_anew() -> None:
    class Poster(SSEClient):
        def _connect(self) -> None:
            self.resp = requests.post(
                self.url, data="query", stream=True, headers=self.requests_kwargs["headers"]
            )
            self.resp_iterator = self.iter_content()
            encoding = self.resp.encoding or self.resp.apparent_encoding
            self.decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            self.resp.raise_for_status()

    with ScriptedServer(BOTH) as server:
        client = Poster(server.url)
        assert texts([next(client), next(client)]) == ["first", "second"]
        assert server.requests[0].method == "POST"
        client.resp.close()


class OwnConnections(SSEClient):
    def _connect(self) -> None:
        headers = {"Last-Event-ID": self.last_id or ""}
        self.resp = requests.get(self.url, stream=True, headers=headers, timeout=10)
        self.resp_iterator = self.iter_content()


@pytest.mark.parametrize("client_class", [SSEClient, OwnConnections])
def test_connecting_in_the_middle_of_a_stream(client_class: type[SSEClient]) -> None:
    """What the old connection brought and nobody took is asked for again, not handed out twice."""
    cut = [b"id: 1\ndata: first\n\nid: 2\ndata: second\n\nid: 3\ndata: th", Hold()]
    rest = [b"id: 2\ndata: second\n\nid: 3\ndata: third\n\n", Hold()]
    with ScriptedServer(response(cut), response(rest)) as server:
        client = client_class(server.url)
        assert next(client).data == "first"
        client._connect()
        server.wait_for_disconnect(1)
        assert texts([next(client), next(client)]) == ["second", "third"]
        assert server.requests[1].last_event_id == "1"
        client.close()


def test_made_by_new_and_never_initialised() -> None:
    class Closable(SSEClient):
        should_connect = True

        def _connect(self) -> None:
            if not self.should_connect:
                raise StopIteration
            super()._connect()

    client = Closable.__new__(Closable)
    client.should_connect = False
    with pytest.raises(StopIteration):
        client._connect()


def test_made_by_new_with_attributes_by_hand() -> None:
    with ScriptedServer(OPEN) as server:
        client = SSEClient.__new__(SSEClient)
        client.url = server.url
        client.last_id = "3"
        client.retry = 3000
        client.chunk_size = 1024
        client.session = None
        client.requests_kwargs = {"headers": {"X-By": "hand"}}
        client.buf = ""
        client._connect()
        assert next(client).data == "first"
        assert server.requests[0].last_event_id == "3"
        assert server.requests[0].headers["X-By"] == "hand"
        client.resp.close()


def test_attributes_before_and_after_super() -> None:
    class Running(SSEClient):
        def __init__(self, auth: str, url: str, *args: Any, **kwargs: Any) -> None:
            self.running = True
            self.auth = auth
            assert not hasattr(self, "resp")
            super().__init__(url, *args, **kwargs)
            self.name = "reader"

        def _connect(self) -> None:
            self.requests_kwargs["headers"]["Authorization"] = self.auth
            super()._connect()

    with (
        ScriptedServer(OPEN) as server,
        contextlib.closing(Running("Basic x", server.url, None, 3000, None, timeout=20)) as client,
    ):
        client.extra = [1]
        assert (client.running, client.auth, client.name, client.extra) == (
            True,
            "Basic x",
            "reader",
            [1],
        )
        assert server.requests[0].headers["Authorization"] == "Basic x"


def test_the_response_is_kept_when_the_constructor_fails() -> None:
    class Keeper(SSEClient):
        def __init__(self, url: str) -> None:
            with contextlib.suppress(requests.HTTPError):
                super().__init__(url)

    with ScriptedServer(response(status=404)) as server:
        assert Keeper(server.url).resp.status_code == 404


# Hooks of sseclient-py.


def test_read_overridden_to_yield_fewer_blocks() -> None:
    class Limited(SSEClient):
        left = 2

        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                yield block
                self.left -= 1
                if not self.left:
                    return

    chunks = [b"data: a\r", b"\n\r\ndata: b\n\nda", b"ta: c\n\n"]
    assert texts(Limited(chunks).events()) == ["a", "b"]


def test_read_overridden_to_change_blocks() -> None:
    class Filtered(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                if b"secret" not in block:
                    yield block.replace(b"old", b"new")

    body = b"data: old\n\ndata: secret\n\nevent: old\ndata: x\n\ndata: old, at the end"
    events = list(Filtered([body]).events())
    assert [(event.event, event.data) for event in events] == [
        ("message", "new"),
        ("new", "x"),
        ("message", "new, at the end"),
    ]


def test_read_overridden_for_a_url_that_is_connected_to_again() -> None:
    class Filtered(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for block in super()._read():
                yield block.replace(b"first", b"changed")

    half = response([b"id: 1\ndata: first\n\n", b"data: half a block\n"])
    with ScriptedServer(half, SECOND) as server:
        assert texts(Filtered(server.url, **QUICKLY).events()) == ["changed", "second"]


class ReadsInItsOwnWay(SSEClient):
    def _read(self) -> Iterator[bytes]:
        yield from super()._read()


def test_read_overridden_follows_the_ids() -> None:
    with ScriptedServer(BOTH, response([b"data: third\n\n", Hold()])) as server:
        client = ReadsInItsOwnWay(server.url, **QUICKLY)
        events = client.events()
        assert texts([next(events), next(events), next(events)]) == ["first", "second", "third"]
        assert client.last_id == "1"
        assert [request.last_event_id for request in server.requests] == [None, "1"]
        client.close()
    continued = ReadsInItsOwnWay([b"id: 1\ndata: a\n\n", b"data: b\n\n"])
    assert next(continued.events()).last_event_id == next(continued.events()).last_event_id == "1"


def test_read_overridden_keeps_comments_and_limits() -> None:
    comments: list[str] = []
    stream = [b": hello\n\ndata: 1\n\ndata: 22222222\n\n"]
    client = ReadsInItsOwnWay(stream, on_comment=comments.append, max_event_size=10)
    events = client.events()
    assert next(events).data == "1"
    assert comments == ["hello"]
    with pytest.raises(EventTooLarge):
        next(events)
    assert texts(client.events()) == []


def test_class_attributes_in_the_place_of_properties() -> None:
    class Follower(SSEClient):
        last_id = None
        retry = 1

        @property
        def url_of_origin(self) -> str:
            return self.url

    class Changed(Follower):
        @property
        def retry(self) -> int:
            return 2

        @retry.setter
        def retry(self, retry: int) -> None:
            """Whatever the server says."""

    for follower, retry in ((Follower, 5), (Changed, 2)):
        with ScriptedServer(response([b"retry: 5\nid: 1\ndata: first\n\n"]), OPEN) as server:
            client = follower(server.url, reconnect=ReconnectPolicy(min_delay=0.001))
            assert texts([next(client), next(client)]) == ["first", "first"]
            assert [request.last_event_id for request in server.requests] == [None, "1"]
            assert (client.last_id, client.retry) == ("1", retry)
            client.close()


def test_stop_iteration_in_connect_ends_overridden_reading_too() -> None:
    class Once(SSEClient):
        def _connect(self) -> None:
            if hasattr(self, "resp"):
                raise StopIteration
            super()._connect()

        def _read(self) -> Iterator[bytes]:
            yield from super()._read()

    with ScriptedServer(FIRST, SECOND) as server:
        assert texts(Once(server.url, **QUICKLY).events()) == ["first"]


def test_read_rewritten_on_the_source() -> None:
    class Own(SSEClient):
        def _read(self) -> Iterator[bytes]:
            for chunk in self._event_source:  # type: ignore[attr-defined]
                yield chunk + b"\n\n"

    assert texts(Own([b"data: a", b"data: b"]).events()) == ["a", "b"]


def test_events_overridden() -> None:
    class NonEmpty(SSEClient):
        def events(self) -> Iterator[Event]:
            for event in super().events():
                if event.data.strip():
                    yield event

    assert texts(NonEmpty([b"data: a\n\ndata:  \n\ndata: b\n\n"]).events()) == ["a", "b"]


def test_events_rewritten_on_blocks() -> None:
    class Tolerant(SSEClient):
        def events(self) -> Iterator[Event]:
            for block in self._read():
                event = Event()
                for line in block.splitlines():
                    text = line.decode(self._char_enc, "replace")
                    field, _, value = text.partition(_FIELD_SEPARATOR)
                    if field not in event.__dict__:
                        continue
                    value = value[1:] if value.startswith(" ") else value
                    if field == "data":
                        event.__dict__[field] += value + "\n"
                    else:
                        event.__dict__[field] = value
                if event.data:
                    event.data = event.data[:-1]
                    yield event

    chunks = [b":c\n\nid: 1\nda", b"ta: a\ndata: b\n\nother: x\ndata: \xff\n\n"]
    events = list(Tolerant(chunks).events())
    assert [(event.id, event.data) for event in events] == [("1", "a\nb"), (None, "\ufffd")]
    assert texts(Tolerant([b"data: caf\xe9\n\n"], "latin-1").events()) == ["caf\u00e9"]


def test_a_subclass_that_opens_the_response() -> None:
    class Opener(SSEClient):
        def __init__(self, url: str, **kwargs: Any) -> None:
            self.response = requests.get(url, stream=True, **kwargs)
            super().__init__(self.response)

    with ScriptedServer(BOTH) as server:
        client = Opener(server.url, headers={"X-A": "b"})
        assert texts(client.events()) == ["first", "second"]
        client.close()


def test_a_subclass_that_hands_the_encoding_on() -> None:
    class Own(SSEClient):
        def __init__(self, event_source: Any, char_enc: str = "utf-8") -> None:
            super().__init__(event_source, char_enc)

    assert texts(Own([b"data: caf\xe9\n\n"], "latin-1").events()) == ["caf\u00e9"]
    assert texts(Own(["data: caf\u00e9\n\n".encode()]).events()) == ["caf\u00e9"]


# Names of the modules.


def test_end_of_field() -> None:
    found = end_of_field.search("data: a\r\n\r\ndata: b\n\n", 0)
    assert found is not None
    assert found.start() == 7
    for end in ("\n\n", "\r\r", "\r\n\r\n"):
        assert re.split(end_of_field, f"a{end}b", maxsplit=1) == ["a", "b"]
    assert end_of_field.search("data: a\n") is None


@pytest.mark.parametrize("name", ["requests", "codecs", "re", "time"])
def test_modules_are_importable_from_the_package(name: str) -> None:
    assert getattr(sseclient_ng, name) is sys.modules[name]


def test_the_version_is_text() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", sseclient_ng.__version__)


# Stand-ins in the tests of programs.


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The package under the name `sseclient`, which is forgotten afterwards."""
    monkeypatch.setitem(sys.modules, "sseclient", types.ModuleType("sseclient"))
    install_as_sseclient()
    return sys.modules["sseclient"]


class Canned:
    """What such tests answer with."""

    status_code = 200
    encoding = None
    apparent_encoding = "utf-8"
    headers = None

    def __init__(self, text: str = "id: 1\ndata: caf\u00e9\n\n") -> None:
        self.raw = io.BytesIO(text.encode())

    def raise_for_status(self) -> None:
        pass

    def iter_content(self, chunk_size: int = 1) -> Any:
        return self.raw


class RawOnly:
    """An answer with even less to it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.raw = io.BytesIO("data: caf\u00e9\n\n".encode())

    def raise_for_status(self) -> None:
        pass


@pytest.mark.parametrize("answer", [Canned, RawOnly])
def test_requests_get_patched(answer: Any) -> None:
    with mock.patch.object(requests, "get", return_value=answer()) as get:
        assert next(SSEClient("http://stream.example/", params={"q": "1"})).data == "caf\u00e9"
    assert get.call_args[0] == ("http://stream.example/",)
    assert get.call_args[1]["stream"] is True
    assert get.call_args[1]["params"] == {"q": "1"}


def test_requests_of_the_installed_package_patched(installed: types.ModuleType) -> None:
    with mock.patch("sseclient.requests") as fake:
        fake.get.return_value = Canned()
        assert next(installed.SSEClient("http://stream.example/")).data == "caf\u00e9"
        assert fake.get.call_count == 1


def test_requests_replaced_by_a_module_with_get_only(
    installed: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = types.SimpleNamespace(get=lambda url, **options: RawOnly())
    monkeypatch.setattr("sseclient.requests", fake)
    client = installed.SSEClient("http://stream.example/", **QUICKLY)
    assert texts([next(client), next(client)]) == ["caf\u00e9"] * 2


def test_send_of_the_session_patched(installed: types.ModuleType) -> None:
    with requests.Session() as session:
        session.cookies["sid"] = "1"
        with mock.patch("sseclient.requests.Session.send") as send:
            send.return_value.encoding = "utf-8"
            installed.SSEClient("http://stream.example/", session=session)
    prepared = send.call_args[0][0]
    assert (prepared.method, prepared.url) == ("GET", "http://stream.example/")
    assert prepared.headers["Cookie"] == "sid=1"


def test_the_class_patched(installed: types.ModuleType) -> None:
    with mock.patch("sseclient.SSEClient") as fake:
        fake.return_value = [installed.Event(data="1"), installed.Event(data="2")]
        assert texts(sys.modules["sseclient"].SSEClient("http://stream.example/")) == ["1", "2"]


def test_a_mock_made_by_the_specification_of_the_class() -> None:
    client = mock.MagicMock(spec=SSEClient)
    client.__iter__.return_value = iter([Event(data="1")])
    client.events.return_value = iter([Event(data="2")])
    assert texts(client) == ["1"]
    assert texts(client.events()) == ["2"]
    assert isinstance(client, SSEClient)
    for name in ("close", "last_id", "retry", "_connect", "iter_content", "_read"):
        assert hasattr(client, name), name


def test_install_as_sseclient_serves_imports_that_come_later() -> None:
    program = (
        "import sseclient_ng; sseclient_ng.install_as_sseclient()\n"
        "import sseclient\n"
        "from sseclient import SSEClient, Event, requests, end_of_field, _FIELD_SEPARATOR\n"
        "assert SSEClient is sseclient.SSEClient is sseclient_ng.SSEClient\n"
        "print([event.data for event in SSEClient([b'data: read\\n\\n']).events()])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("['read']\n", 0), ran.stderr


# What is said, and where.


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(FIRST, [], response(status=503), SECOND, response(status=404)) as server:
        client = SSEClient(server.url, **QUICKLY)
        assert texts([next(client), next(client)]) == ["first", "second"]
        with pytest.raises(requests.HTTPError):
            next(client)
    assert tuple(capfd.readouterr()) == ("", "")


def test_the_logger_is_called_sseclient_and_keeps_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(FIRST, [], response(status=503), SECOND) as server:
        url = server.url_for("/stream?token=s3cret").replace("//", "//ada:s3cret@")
        headers = {"Authorization": "Bearer s3cret"}
        list(SSEClient(url, headers=headers, params={"key": "s3cret"}, **QUICKLY))
        list(SSEClient([b"data: s3cret\n\n"]))
    own = [record for record in caplog.records if record.name.startswith("sseclient")]
    assert {record.name for record in own} == {"sseclient"}
    assert any("/stream" in record.getMessage() for record in own)
    assert not any("s3cret" in record.getMessage() for record in own)
    assert all(record.levelno <= logging.INFO for record in own)


@pytest.mark.parametrize("silence", ["level", "disabled"])
def test_the_logger_can_be_silenced_by_its_name(
    silence: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("sseclient")
    if silence == "level":
        caplog.set_level(logging.WARNING, "sseclient")
    else:
        monkeypatch.setattr(logger, "disabled", True)
    with ScriptedServer(FIRST, []) as server:
        list(SSEClient(server.url, **QUICKLY))
    assert not [record for record in caplog.records if record.name == "sseclient"]


def test_the_logger_asks_for_no_handler() -> None:
    handlers = logging.getLogger("sseclient").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)


# Errors that programs caught in their own loops: they reconnected, as the client does by itself.


@pytest.mark.parametrize(
    "script",
    [
        response([b"id: 1\ndata: first\n\n", b"data: lo"], complete=False),
        response([b"id: 1\ndata: first\n\n"], framing="content-length", complete=False),
    ],
    ids=["chunked", "content-length"],
)
def test_a_drop_is_no_error(script: Any) -> None:
    with ScriptedServer(script, SECOND) as server:
        assert texts(SSEClient(server.url, **QUICKLY)) == ["first", "second"]
        assert server.requests[1].last_event_id == "1"


def test_a_reset_is_no_error() -> None:
    arrived = threading.Event()
    script = response([b"id: 1\ndata: first\n\n", WaitFor(arrived), Reset()])
    with ScriptedServer(script, SECOND) as server:
        client = SSEClient(server.url, **QUICKLY)
        assert next(client).data == "first"
        arrived.set()
        assert texts(client) == ["second"]


def test_attributes_of_subclasses_with_names_of_ours() -> None:
    class Own(SSEClient):
        """Names that programs have given to attributes of their own."""

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            self.closed = False
            self._stop = self._closed = self._finished = self._method = self._wait = object()
            super().__init__(*arguments, **keywords)
            self._on_error = self._lock = self._thread = self._body = object()

        def close(self) -> None:
            self.closed = True

    with ScriptedServer(response([b"id: 1\ndata: first\n\n"])) as server:
        client = Own(server.url, **QUICKLY)
        assert client.closed is False
        assert texts(client) == ["first"]
        client.close()
        assert client.closed is True


def test_another_event_source_and_encoding_by_assignment() -> None:
    client = SSEClient([b"data: 1\n\n"])
    assert texts(client.events()) == ["1"]
    client._event_source = ["data: caf\u00e9\n\n".encode("latin-1")]
    client._char_enc = "latin-1"
    assert texts(client.events()) == ["caf\u00e9"]
    assert client._char_enc == "latin-1"


def test_blocks_of_any_size_up_to_the_limit() -> None:
    class ByBlocks(SSEClient):
        def _read(self) -> Iterator[bytes]:
            yield from super()._read()

    large = b"data: " + b"x" * 3_000_000 + b"\n\n"
    chunks = [large[start : start + 1024] for start in range(0, len(large), 1024)]
    assert [len(event.data) for event in ByBlocks(iter(chunks)).events()] == [3_000_000]
    with pytest.raises(EventTooLarge, match="1000000"):
        list(ByBlocks(iter(chunks), max_event_size=1_000_000).events())
    assert texts(ByBlocks(iter(chunks), max_event_size=None).events()) != []
