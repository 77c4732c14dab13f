"""The client without the names and hooks of old code."""

from __future__ import annotations

import copy
import gc
import io
import os
import pickle
import socket
import threading
from typing import Any

import pytest
import requests

from sseclient_ng import EventStreamParser, ReconnectPolicy, SSEClient
from sseclient_ng._client import Client
from sseclient_ng.testing import Hold, Pause, Reset, ScriptedServer, WaitFor, response
from support.drivers import drive_sync
from support.leaks import instances_of

QUICKLY: dict[str, Any] = {"retry": 0, "reconnect": ReconnectPolicy(min_delay=0.001)}


def test_it_reads_and_reconnects_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.drivers.SSEClient", Client)
    scripts = [
        response([b"id: 1\ndata: 1\n\n", Reset()]),
        response(status=503),
        response([b": c\n\nid: 2\ndata: 2\n\n"]),
    ]
    with ScriptedServer(*scripts) as server:
        outcome = drive_sync(server.url, QUICKLY)
        assert outcome.error is None
        assert outcome.data[-1] == "2"
        assert (outcome.client.last_id, outcome.comments) == ("2", ["c"])
        assert type(outcome.client) is Client
        assert not hasattr(outcome.client, "resp_iterator")


def test_it_reads_what_it_is_given() -> None:
    assert [event.data for event in Client([b"data: 1\n\nda", b"ta: 2"])] == ["1", "2"]


def test_a_client_builds_one_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    original = EventStreamParser.__init__

    def record(self: EventStreamParser, **options: Any) -> None:
        made.append(self)
        original(self, **options)

    monkeypatch.setattr(EventStreamParser, "__init__", record)
    client = SSEClient([b"data: 1\n\n"])
    assert next(client).data == "1"
    assert len(made) == 1


REFUSALS: list[tuple[str, Any, type[Exception]]] = [
    ("404", response(b"no", status=404), requests.HTTPError),
    ("html", response(b"<p>", content_type="text/html"), requests.RequestException),
    ("reset", Reset(), requests.ConnectionError),
    (
        "redirect",
        b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\n\r\n",
        requests.exceptions.InvalidURL,
    ),
]


@pytest.mark.parametrize(
    ("script", "error"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
@pytest.mark.parametrize("again", [False, True])
def test_an_error_holds_on_to_nothing(script: Any, error: type[Exception], *, again: bool) -> None:
    """A circle that leads through its traceback would keep the connection open."""
    if again and error is requests.ConnectionError:
        pytest.skip("urllib3's own frames make a circle with its errors")
    gc.collect()
    gc.disable()
    try:
        before = {id(each) for each in instances_of(requests.Response)}
        with ScriptedServer(*[response([b"data: 1\n\n"])] * again, script) as server:
            policy = ReconnectPolicy(min_delay=0.001, max_attempts=1)
            with pytest.raises(requests.RequestException):
                list(SSEClient(server.url, retry=0, reconnect=policy))
        left = instances_of(requests.Response)
        assert [each for each in left if id(each) not in before] == []
    finally:
        gc.enable()


def test_the_end_of_a_connection_is_told_once() -> None:
    """Also where `on_error` raises, and the caller goes on."""
    told: list[BaseException] = []

    def raise_once(error: Exception, delay: float) -> None:
        told.append(error)
        if len(told) == 1:
            raise LookupError("once")

    scripts = [response([b"id: 1\ndata: 1\n\n", Hold()]), response([b"id: 2\ndata: 2\n\n"])]
    with ScriptedServer(*scripts) as server:
        client = SSEClient(server.url, on_error=raise_once, **QUICKLY)
        assert next(client).data == "1"
        server.disconnect()
        with pytest.raises(LookupError):
            next(client)
        assert [event.data for event in client] == ["2"]
        assert [type(error) for error in told[1:]] == [EOFError]
        assert not isinstance(told[0], EOFError)
        assert len(server.requests) == 3


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_can_not_be_copied(duplicate: Any) -> None:
    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        client = SSEClient(server.url)
        with pytest.raises(TypeError, match="connection"):
            duplicate(client)
        assert next(client).data == "1"
        client.close()


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_default_timeout_of_sockets_is_left_alone(framing: str) -> None:
    """It must not make the connection non-blocking: every read would look like a drop."""
    seen = threading.Event()
    body = [b"data: 1\n\n", WaitFor(seen), Pause(0.1), b"data: 2\n\n"]
    before = socket.getdefaulttimeout()
    with ScriptedServer(response(body, framing=framing)) as server:
        socket.setdefaulttimeout(5)
        try:
            client = SSEClient(server.url, **QUICKLY)
            assert next(client).data == "1"
            seen.set()
            assert next(client).data == "2"
            client.close()
        finally:
            socket.setdefaulttimeout(before)
        assert len(server.requests) == 1


@pytest.mark.parametrize("closers", [1, 2, 20])
@pytest.mark.parametrize("place", ["waiting", "reading"])
def test_any_number_of_closers_end_a_loop(closers: int, place: str) -> None:
    scripts: list[Any] = [response([b"data: 1\n\n", *[Hold()] * (place == "reading")])]
    waits = threading.Event()
    with ScriptedServer(*scripts) as server:
        client = SSEClient(server.url, retry=60_000, on_error=lambda *_: waits.set())
        data: list[str] = []
        loop = threading.Thread(target=lambda: data.extend(event.data for event in client))
        loop.start()
        if place == "waiting":
            assert waits.wait(10)
        threads = [threading.Thread(target=client.close) for _ in range(closers)]
        for thread in threads:
            thread.start()
        with client:
            client.close()
        for thread in [*threads, loop]:
            thread.join(10)
            assert not thread.is_alive()
        assert data in ([], ["1"])
        assert list(client) == []


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_keep_alive_where_the_system_tells_no_blocking_mode(
    framing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "get_blocking")
    script = response([b"data: 1\n\n", Hold()], framing=framing)
    with ScriptedServer(script) as server, SSEClient(server.url) as client:
        assert next(client).data == "1"


def test_a_stand_in_for_an_interim_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    interim = requests.Response()
    interim.status_code, interim.reason, interim.raw = 103, "Early Hints", io.BytesIO()
    monkeypatch.setattr(requests, "get", lambda url, **options: interim)
    with pytest.raises(requests.HTTPError, match="103"):
        SSEClient("http://stream.example/")
