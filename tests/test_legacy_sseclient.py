"""Hooks and attributes of sseclient that programs use or override."""

from __future__ import annotations

import codecs
import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sseclient_ng import (
    Event,
    SSEClient,
    end_of_field,
)
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.http_libraries import HAS_URLLIB3_FUTURE
from support.legacy import BOTH, FIRST, OPEN, QUICKLY, SECOND, texts


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


@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="behind its responses are other attributes")
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
    """Undelivered events of the old connection are requested again, not delivered twice."""
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


def test_connect_that_opens_the_response_and_nothing_else() -> None:
    class Opener(SSEClient):
        def _connect(self) -> None:
            self.resp = requests.get(self.url, stream=True, timeout=10)

    with ScriptedServer(FIRST, OPEN) as server:
        client = Opener(server.url, **QUICKLY)
        assert texts([next(client), next(client)]) == ["first", "first"]
        client.close()


@pytest.mark.parametrize("when", ["open", "never connected"])
def test_connecting_by_hand_may_fail(when: str) -> None:
    """The error comes out of the call, and the client goes on as after a drop."""
    with ScriptedServer(*[FIRST] * (when == "open"), response(status=503), SECOND) as server:
        if when == "open":
            client = SSEClient(server.url, **QUICKLY)
        else:
            client = SSEClient.__new__(SSEClient)
            client.url, client.session, client.retry = server.url, None, 1
        with pytest.raises(requests.HTTPError):
            client._connect()
        assert texts([next(client)]) == ["second"]
        client.close()
