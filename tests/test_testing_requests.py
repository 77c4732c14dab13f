"""The scripted server: its journal, errors of scripts, and leaks."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import threading
import time

import pytest

import sseclient_ng.testing
from sseclient_ng.testing import (
    Call,
    Close,
    Hold,
    OnAccept,
    Pause,
    Reset,
    ScriptedServer,
    WaitFor,
    _server,
    chunk,
    cut,
    cut_randomly,
    response,
    unfinished_chunk,
)
from support.certificates import server_context
from support.leaks import instances_of
from support.server import GET, ask, connect, fail_outright


def test_request_is_recorded():
    before = time.monotonic()
    with ScriptedServer(then=b"") as server:
        ask(
            server,
            b"POST /a/b?c=d&e?f HTTP/1.1\r\nHost: x\r\nLAST-event-ID: \t\xe2\x98\x83 \xff \r\n"
            b"A: 1\r\na: 2\r\nContent-Length: 5\r\n\r\nhello",
        )
        request = server.requests[0]
    assert request.method == "POST"
    assert request.target == "/a/b?c=d&e?f"
    assert (request.path, request.query) == ("/a/b", "c=d&e?f")
    assert request.http_version == "HTTP/1.1"
    assert request.body == b"hello"
    assert request.connection == 1
    assert before <= request.time <= time.monotonic()
    headers = request.headers
    assert request.last_event_id == headers["last-event-id"] == "\u2603 \udcff"
    assert headers.get_all("Last-Event-ID") == [b"\xe2\x98\x83 \xff"]
    assert headers["A"] == "1, 2"
    assert headers.get_all("a") == [b"1", b"2"]
    assert dict(headers) == {
        "host": "x", "last-event-id": "\u2603 \udcff", "a": "1, 2", "content-length": "5",
    }  # fmt: skip
    assert len(headers) == 4
    assert "HOST" in headers
    assert "x" not in headers
    assert 1 not in headers
    assert headers.raw[1] == (b"LAST-event-ID", b"\xe2\x98\x83 \xff")
    assert repr(headers).startswith("Headers(((b'Host', b'x'), ")
    with pytest.raises(KeyError, match="Authorization"):
        headers["Authorization"]


def test_request_without_query_and_last_event_id():
    with ScriptedServer(then=b"") as server:
        ask(server)
        request = server.requests[0]
    assert (request.path, request.query, request.last_event_id) == ("/", "", None)


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b"0;x=y\r\nTrailer: 1\r\n\r\n"])
def test_chunked_request_is_read(end):
    start = b"POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
    with ScriptedServer(then=response(b"x")) as server, connect(server) as connection:
        connection.sendall(start + chunk(b"he") + b"A;ext\r\nllo world.\r\n" + end)
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.sendall(GET)
        bodies = [request.body for request in server.wait_for_requests(2)]
    assert bodies == [b"hello world.", b""]


def test_request_that_comes_in_pieces():
    with ScriptedServer(b"a") as server, connect(server) as connection:
        for piece in cut(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 5):
            connection.sendall(piece)
            time.sleep(0.001)
        assert connection.recv(1) == b"a"
        assert server.requests[0].body == b"abc"


@pytest.mark.parametrize(
    ("request_bytes", "message"),
    [
        (b"nonsense\r\n\r\n", "not the first line of an HTTP/1 request: b'nonsense'"),
        (b"GET / HTTP/2\r\n\r\n", "not the first line of an HTTP/1 request"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "header line without a colon: b'no colon'"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "no number: '-1'"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "no chunk size: b'x'"),
    ],
)
def test_bad_request_is_an_error(request_bytes, message):
    server = ScriptedServer()
    assert ask(server, request_bytes) == b""
    with pytest.raises(ValueError, match=message):
        server.close()


def test_waiting_that_is_in_vain():
    with ScriptedServer([b"a", Hold()]) as server, connect(server) as connection:
        connection.sendall(GET)
        server.wait_for_requests(1)
        with pytest.raises(TimeoutError, match=r"after 0.01 seconds: 1 of 2 requests came"):
            server.wait_for_requests(2, timeout=0.01)
        with pytest.raises(TimeoutError, match="1 of 3 connections came"):
            server.wait_for_connections(3, timeout=0.01)
        with pytest.raises(TimeoutError, match=r"connections \[1\] of 1 are open, and 1 was"):
            server.wait_for_disconnect(1, timeout=0.01)
        with pytest.raises(TimeoutError, match="and none was not to be"):
            server.wait_for_disconnect(timeout=0.01)
        with pytest.raises(TimeoutError, match="and 2 was not to be"):
            server.wait_for_disconnect(2, timeout=0.01)


def test_waiting_in_vain_names_the_broken_script():
    server = ScriptedServer(lambda request: None)
    ask(server)
    with pytest.raises(TimeoutError) as caught:
        server.wait_for_requests(2, timeout=0.01)
    with pytest.raises(TypeError) as cause:
        server.close()
    assert caught.value.__cause__ is cause.value


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (lambda request: None, TypeError, "expected bytes, or a step such as Pause.1., not None"),
        (lambda request: [b"a", 1], TypeError, "not 1"),
        (lambda request: 1 / 0, ZeroDivisionError, "division"),
        ([Call(lambda: {}["key"])], KeyError, "key"),
        # What pytest raises is no Exception, nor is SystemExit.
        ([Call(fail_outright)], pytest.fail.Exception, "on purpose"),
        ([WaitFor(threading.Event(), timeout=0.02)], TimeoutError, "within 0.02 seconds"),
        ([WaitFor(threading.Event(), timeout=0)], TimeoutError, "within 0 seconds"),
        (OnAccept(Call(fail_outright)), pytest.fail.Exception, "on purpose"),
    ],
)  # fmt: skip
def test_broken_script_is_raised_on_closing(script, error, message, caplog):
    server = ScriptedServer(script)
    ask(server)
    with pytest.raises(error, match=message) as caught:
        server.close()
    assert server.errors == [caught.value]
    assert [record.name for record in caplog.records] == ["sseclient_ng.testing"]
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info is not None
    server.close()  # raises it once only


@pytest.mark.parametrize(
    ("do", "raised"),
    [
        pytest.param(ask, ZeroDivisionError, id="test-passes"),
        pytest.param(lambda server: {}[ask(server)], KeyError, id="test-fails"),
    ],
)
def test_broken_script_is_raised_by_the_with_statement_unless_the_test_fails(do, raised):
    server = ScriptedServer(lambda request: 1 / 0)
    with pytest.raises(raised), server:
        do(server)
    assert isinstance(server.errors[0], ZeroDivisionError)
    with pytest.raises(ConnectionRefusedError):
        connect(server)


def test_function_that_does_not_return(monkeypatch):
    monkeypatch.setattr(_server, "_PATIENCE", 0.05)
    gate = threading.Event()
    server = ScriptedServer([b"a", Call(gate.wait)])
    with connect(server) as connection:
        connection.sendall(GET)
        assert connection.recv(1) == b"a"
        with pytest.raises(RuntimeError, match="does not return: scripted connection 1"):
            server.close()
    gate.set()
    server.wait_for_disconnect(1)


def test_script_may_close_the_server():
    with ScriptedServer() as server:
        server.add([b"a", Call(server.close), b"b"])
        assert ask(server) == b"a"
    assert server.errors == []


def test_error_is_not_lost_when_a_script_closes_the_server():
    server = ScriptedServer(lambda request: 1 / 0)
    server.add(Call(server.close))
    ask(server)
    ask(server)
    with pytest.raises(ZeroDivisionError):
        server.close()


def test_script_may_refuse_connections():
    with ScriptedServer() as server:
        server.add([Call(server.refuse), b"a"])
        assert ask(server) == b"a"
        with pytest.raises(ConnectionRefusedError):
            connect(server)


@pytest.mark.parametrize(
    ("scripts", "options", "message"),
    [
        (["data: 1"], {}, "not 'data: 1'; encode it"),
        ([[b"a", "b"]], {}, "not 'b'; encode it"),
        ([b"a", 5], {}, "not 5"),
        ([bytearray(b"a")], {}, "not bytearray"),
        ([Hold], {}, "not <class"),
        ([[b"a", lambda request: b"b"]], {}, "not <function"),
        ([iter([b"a"])], {}, "not <list_iterator"),
        ([], {"then": None}, "not None"),
        ([], {"routes": {"/a": b"x"}}, "the scripts of route '/a' must come in a list, not b'x'"),
        ([], {"routes": {"/a": response()}}, "must come in a list"),
        ([], {"routes": {"/a": ["x"]}}, "not 'x'; encode it"),
        ([], {"routes": {"/a": [OnAccept()]}}, "route '/a' has an OnAccept"),
    ],
)
def test_what_is_no_script_is_refused_at_once(scripts, options, message):
    with pytest.raises(TypeError, match=message):
        ScriptedServer(*scripts, **options)
    with ScriptedServer() as server:
        if scripts:
            with pytest.raises(TypeError, match=message):
                server.add(b"good", *scripts)
            assert server.scripts_left == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Pause("1"), TypeError, "Pause needs a number of seconds, not '1'"),
        (lambda: Pause(True), TypeError, "not True"),
        (lambda: Pause(-1), ValueError, "Pause needs a number of seconds that can pass, not -1"),
        (lambda: Pause(float("inf")), ValueError, "not inf"),
        (lambda: Pause(float("nan")), ValueError, "not nan"),
        (lambda: WaitFor(1), TypeError, "WaitFor needs a threading.Event, not 1"),
        (lambda: WaitFor(threading.Event(), None), TypeError, "WaitFor needs a number.*not None"),
        (lambda: Call(b"x"), TypeError, "Call needs a function, not b'x'"),
        (lambda: OnAccept("x"), TypeError, "not 'x'; encode it"),
        (lambda: response([b"x", None]), TypeError, "not None"),
        (lambda: response(framing="tcp"), ValueError, "framing must be chunked.*not 'tcp'"),
        (lambda: response(encoding="br"), ValueError, "encoding must be gzip.*not 'br'"),
        (lambda: response(b"x", status=204), ValueError, "status 204 has no body"),
        (lambda: chunk(b""), ValueError, "use LAST_CHUNK"),
        (lambda: unfinished_chunk([Pause(1)]), ValueError, "use LAST_CHUNK"),
        (lambda: cut(b"abc", 0), ValueError, "a piece cannot have 0 bytes"),
        (lambda: cut(b"abc", [1, -1]), ValueError, "a piece cannot have -1 bytes"),
        (lambda: cut_randomly(b"a", 0, seed=1), ValueError, "cannot cut pieces of 0 to 1400"),
        (lambda: cut_randomly(b"a", 5, 4, seed=1), ValueError, "cannot cut pieces of 5 to 4"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts descriptors as on Linux")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_no_thread_and_no_descriptor_is_left(tls):
    context = server_context() if tls else None
    gc.collect()  # what other tests have left to it would be closed in this one
    threads, descriptors = threading.active_count(), open_descriptors()
    with ScriptedServer(b"a", OnAccept(Reset()), then=[b"b", Hold()], tls=context) as server:
        for count in range(1, 6):
            # Already connecting may find the connection reset.
            with contextlib.suppress(ConnectionResetError), connect(server) as connection:
                connection.sendall(GET)
                server.wait_for_connections(count)
        server.ignore()
        server.refuse()
        server.accept()
        with connect(server) as connection:
            server.wait_for_connections(6)
            server.close()
    assert threading.active_count() == threads
    assert open_descriptors() == descriptors


def connection_threads() -> int:
    gc.collect()
    threads = instances_of(threading.Thread)
    return sum(thread.name.startswith("scripted connection") for thread in threads)


def test_finished_connections_are_forgotten():
    before = connection_threads()
    with ScriptedServer(then=b"a") as server:
        for count in range(1, 20):
            assert ask(server) == b"a"
            server.wait_for_disconnect(count)
        assert connection_threads() < before + 5


def test_steps_are_values():
    assert Pause(1) == Pause(1.0)
    assert len({Hold(), Hold(), Close(), Close(), Reset()}) == 3
    with pytest.raises(AttributeError):
        Pause(1).seconds = 2


def test_exported_names():
    # Names with "@" are pytest's: it rewrites the asserts of whatever comes with a plugin.
    public = {name for name in vars(sseclient_ng.testing) if name[0] not in "_@"}
    assert set(sseclient_ng.testing.__all__) == public
