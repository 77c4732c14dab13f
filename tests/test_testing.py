"""The scripted server, seen by clients that know nothing of it: sockets and http.client."""

from __future__ import annotations

import contextlib
import gc
import http.client
import itertools
import logging
import os
import socket
import ssl
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Optional

import pytest

import sseclient_ng.testing
from sseclient_ng.testing import (
    LAST_CHUNK,
    Call,
    Close,
    HalfClose,
    Hold,
    OnAccept,
    Pause,
    Request,
    Reset,
    ScriptedServer,
    WaitFor,
    _server,
    chunk,
    cut,
    cut_randomly,
    head,
    response,
    unfinished_chunk,
)
from support.certificates import client_context, server_context

GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"


def connect(server: ScriptedServer, timeout: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout)


def everything_from(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def ask(server: ScriptedServer, request: bytes = GET) -> bytes:
    """What the server sends to one request until it closes the connection."""
    with connect(server) as connection:
        connection.sendall(request)
        return everything_from(connection)


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=5.0) as answer:
        return answer.status, answer.read()


class HTTPClient:
    """Asks over one connection, and reads bodies as they come."""

    def __init__(self, server: ScriptedServer, context: Optional[ssl.SSLContext] = None) -> None:
        if context is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5.0)
        else:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", server.port, timeout=5.0, context=context
            )

    def get(self, path: str = "/") -> http.client.HTTPResponse:
        self.connection.request("GET", path)
        return self.connection.getresponse()


@contextlib.contextmanager
def client_of(
    server: ScriptedServer, context: Optional[ssl.SSLContext] = None
) -> Iterator[HTTPClient]:
    client = HTTPClient(server, context)
    with contextlib.closing(client.connection):
        yield client


def fail_outright() -> None:
    pytest.fail("on purpose")


# What is sent


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(b"not even HTTP", b"not even HTTP", id="bytes"),
        pytest.param([b"a", b"", b"b"], b"ab", id="list"),
        pytest.param([b"a", (b"b", [b"c"])], b"abc", id="nested"),
        pytest.param([b"a", Pause(0.01), b"b"], b"ab", id="pause"),
        pytest.param([b"a", Close(), b"b"], b"a", id="close"),
        pytest.param([b"a", HalfClose(), Pause(0.01)], b"a", id="half-close"),
        pytest.param([], b"", id="nothing"),
        pytest.param(lambda request: [request.method.encode()], b"GET", id="function"),
        pytest.param(lambda request: (b"%d" % n for n in range(3)), b"012", id="generator"),
        pytest.param(lambda request: b"bytes", b"bytes", id="function-bytes"),
        pytest.param(lambda request: Close(), b"", id="function-step"),
    ],
)
def test_script_is_sent_as_it_is(script, expected):
    with ScriptedServer(script) as server:
        assert ask(server) == expected


def test_scripts_are_taken_in_turn_and_204_follows():
    with ScriptedServer(b"one", b"two") as server:
        assert server.scripts_left == 2
        assert [ask(server), ask(server)] == [b"one", b"two"]
        assert server.scripts_left == 0
        for _ in range(2):
            assert get(server.url) == (204, b"")


def test_then_serves_all_later_requests():
    with ScriptedServer(b"one", then=b"more") as server:
        assert [ask(server) for _ in range(3)] == [b"one", b"more", b"more"]


def test_added_scripts_come_last():
    with ScriptedServer(b"one") as server:
        server.add(b"two", [b"three"])
        assert [ask(server) for _ in range(3)] == [b"one", b"two", b"three"]


def test_routes_have_scripts_of_their_own():
    routes = {"/a": [response(b"a1"), response(b"a2")], "/b": [response(b"b1")]}
    with ScriptedServer(response(b"other"), then=response(b"then"), routes=routes) as server:
        assert server.scripts_left == 4
        paths = ["/b", "/a?query", "/b", "/x", "/a", "/a", "/x"]
        bodies = [get(server.url_for(path))[1] for path in paths]
    assert bodies == [b"b1", b"a1", b"then", b"other", b"a2", b"then", b"then"]


def test_endless_generator_ends_with_its_client():
    def drip(request: Request) -> Iterator[bytes]:
        return itertools.repeat(b"x" * 1000)

    with ScriptedServer(drip) as server:
        with connect(server) as connection:
            connection.sendall(GET)
            assert connection.recv(1)
        server.wait_for_disconnect(1)


def test_each_step_is_written_by_itself_and_timed():
    gate = threading.Event()
    with ScriptedServer([b"one", WaitFor(gate), b"three", Pause(0.05), b"!"]) as server:
        with connect(server) as connection:
            connection.sendall(GET)
            assert connection.recv(100) == b"one"
            opened = time.monotonic()
            gate.set()
            assert connection.recv(100) == b"three"
            assert connection.recv(100) == b"!"
        server.wait_for_disconnect()
    assert [(sent.size, sent.connection) for sent in server.sent] == [(3, 1), (5, 1), (1, 1)]
    first, second, third = (sent.time for sent in server.sent)
    assert first <= opened <= second <= third - 0.05


# Building responses


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
@pytest.mark.parametrize("framing", ["chunked", "one-chunk", "content-length", "close"])
def test_pieces_can_be_read_when_they_arrive(framing, encoding, tls):
    gate = threading.Event()
    body = [b"data: 1\n\n", WaitFor(gate), b"data: \xe2\x98\x83\n\n"]
    script = response(body, framing=framing, encoding=encoding)
    contexts = (server_context(), client_context()) if tls else (None, None)
    with (
        ScriptedServer(script, tls=contexts[0]) as server,
        client_of(server, contexts[1]) as client,
    ):
        answer = client.get()
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Content-Encoding"] == encoding
        decoder = zlib.decompressobj(wbits=47) if encoding else None
        read = b""
        while read != body[0]:
            # Less than there is of an unfinished chunk: http.client would wait for all of it.
            data = answer.read1(1 if framing == "one-chunk" else -1)
            assert data
            read += decoder.decompress(data) if decoder else data
        gate.set()
        data = answer.read()
        read += decoder.decompress(data) if decoder else data
        assert read == body[0] + body[2]
        assert decoder is None or decoder.eof


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, [b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n", LAST_CHUNK], id="nothing-given"),
        pytest.param({"status": 204}, [b"HTTP/1.1 204 No Content\r\n\r\n"], id="no-content"),
        pytest.param({"status": 304, "encoding": "gzip", "headers": {"ETag": "x"}},
                     [b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"], id="not-modified"),
        pytest.param({"status": 299, "content_type": None, "framing": "close"},
                     [b"HTTP/1.1 299 Unknown\r\nConnection: close\r\n\r\n"], id="unknown-status"),
        pytest.param({"status": 503, "reason": "", "content_type": None,
                      "framing": "content-length", "headers": {"Retry-After": "1"}},
                     [b"HTTP/1.1 503 \r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"],
                     id="headers"),
        pytest.param({"body": b"abc", "framing": "content-length", "content_type": None,
                      "headers": {"content-length": "9", "X": b"\xff", "Y": "\u2603"}},
                     [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nX: \xff\r\nY: \xe2\x98\x83\r\n\r\n",
                      b"abc"], id="replaced-headers"),
        pytest.param({"body": [b"ab", b"", Reset(), [b"c"]], "content_type": None},
                     [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                      b"2\r\nab\r\n", Reset(), b"1\r\nc\r\n", LAST_CHUNK], id="steps"),
        pytest.param({"body": b"ab", "content_type": None, "complete": False},
                     [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nab\r\n"],
                     id="incomplete-chunked"),
        pytest.param({"body": b"ab", "content_type": None, "complete": False,
                      "framing": "one-chunk"},
                     [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3\r\n", b"ab"],
                     id="incomplete-one-chunk"),
        pytest.param({"body": [Hold()], "content_type": None, "framing": "one-chunk"},
                     [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Hold(), LAST_CHUNK],
                     id="one-chunk-of-nothing"),
        pytest.param({"body": b"ab", "content_type": None, "complete": False,
                      "framing": "content-length"},
                     [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"ab"],
                     id="incomplete-length"),
    ],
)  # fmt: skip
def test_response_is_built(arguments, expected):
    assert list(response(**arguments)) == expected


def test_incomplete_compressed_body_has_no_end():
    *_, body = response(b"text", framing="close", encoding="gzip", complete=False)
    decoder = zlib.decompressobj(wbits=31)
    assert decoder.decompress(body) == b"text"
    assert not decoder.eof


def test_parts_of_responses():
    assert head() == b"HTTP/1.1 200 OK\r\n\r\n"
    assert head(404, {"A": "b"}, reason="Gone fishing") == (
        b"HTTP/1.1 404 Gone fishing\r\nA: b\r\n\r\n"
    )
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert unfinished_chunk([b"12345", Pause(1), b"67890a"]) == (
        b"b\r\n", b"12345", Pause(1), b"67890a", b"\r\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "sizes", "expected"),
    [
        (b"", 3, []),
        (b"", [1, 2], []),
        (b"abc", 3, [b"abc"]),
        (b"abcdefg", 3, [b"abc", b"def", b"g"]),
        (b"abcdefg", [1, 2], [b"a", b"bc", b"defg"]),
        (b"abc", [1, 9, 9], [b"a", b"bc"]),
        (b"abc", [], [b"abc"]),
    ],
)
def test_data_is_cut(data, sizes, expected):
    assert cut(data, sizes) == expected


def test_data_is_cut_randomly_but_repeatably():
    data = os.urandom(5000)
    pieces = cut_randomly(data, 10, 20, seed=1)
    assert b"".join(pieces) == data
    assert {len(piece) for piece in pieces[:-1]} == set(range(10, 21))
    assert 0 < len(pieces[-1]) <= 20
    assert cut_randomly(data, 10, 20, seed=1) == pieces
    assert cut_randomly(data, 10, 20, seed=2) != pieces
    assert cut_randomly(b"abc", seed=0)


# Keeping connections alive


@pytest.mark.parametrize(
    ("script", "request_line", "kept"),
    [
        pytest.param(response(b"x"), "GET / HTTP/1.1", True, id="chunked"),
        pytest.param(response(), "GET / HTTP/1.1", True, id="chunked-empty"),
        pytest.param(response(b"x", framing="one-chunk"), "GET / HTTP/1.1", True, id="one-chunk"),
        pytest.param(response(b"x", framing="content-length"), "GET / HTTP/1.1", True, id="length"),
        pytest.param(cut(b"".join(response(b"x")), 1), "GET / HTTP/1.1", True, id="single-bytes"),
        pytest.param(response(status=204), "GET / HTTP/1.1", True, id="204"),
        pytest.param(head(200, {"Content-Length": "5"}), "HEAD / HTTP/1.1", True, id="head"),
        pytest.param(response(b"x"), "HEAD / HTTP/1.1", False, id="head-with-body"),
        pytest.param(response(b"x", framing="close"), "GET / HTTP/1.1", False, id="close"),
        pytest.param(response(b"x", complete=False), "GET / HTTP/1.1", False, id="no-last-chunk"),
        pytest.param(response(b"x", framing="content-length", complete=False), "GET / HTTP/1.1",
                     False, id="short"),
        pytest.param(response(b"x", headers={"Connection": "close"}), "GET / HTTP/1.1", False,
                     id="server-wants-to-close"),
        pytest.param(response(b"x"), "GET / HTTP/1.1\r\nConnection: Close", False,
                     id="client-wants-to-close"),
        pytest.param(response(b"x"), "GET / HTTP/1.0", False, id="http-1.0"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "GET / HTTP/1.1", False,
                     id="unfinished-head"),
        pytest.param(b"no response\r\n\r\n", "GET / HTTP/1.1", False, id="garbage"),
    ],
)  # fmt: skip
def test_connection_lives_on_after_a_complete_response(script, request_line, kept):
    with ScriptedServer(script, b"second") as server:
        with connect(server) as connection:
            # Both at once: what came with the first request belongs to the second.
            connection.sendall(f"{request_line}\r\nA: 1\r\n\r\n".encode() + GET)
            answer = everything_from(connection)
        assert answer.endswith(b"second") is kept
        assert [request.connection for request in server.requests] == ([1, 1] if kept else [1])


def test_requests_name_their_connection():
    with ScriptedServer(then=response(b"x")) as server:
        with client_of(server) as first, client_of(server) as second:
            for client in (first, second, second, first):
                assert client.get().read() == b"x"
            assert server.connections_open == 2
        server.wait_for_disconnect()
        assert server.connections_accepted == 2
        assert [request.connection for request in server.requests] == [1, 2, 2, 1]


# Ends of connections


def test_reset_is_seen_as_one():
    gate = threading.Event()
    script = [b"a", WaitFor(gate), Reset(), b"b"]
    with ScriptedServer(script) as server, connect(server) as connection:
        connection.sendall(GET)
        assert connection.recv(10) == b"a"
        gate.set()
        with pytest.raises(ConnectionResetError):
            connection.recv(10)


def test_unread_bytes_do_not_turn_a_close_into_a_reset():
    gate = threading.Event()
    sent = threading.Event()
    script = [b"a", WaitFor(gate), Call(sent.wait), b"b"]
    with ScriptedServer(script) as server, connect(server) as connection:
        connection.sendall(GET)
        assert connection.recv(10) == b"a"
        gate.set()
        connection.sendall(b"x" * 10_000)
        sent.set()
        assert everything_from(connection) == b"b"
        server.wait_for_disconnect()
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


@pytest.mark.parametrize("step", [Close(), Reset()], ids=repr)
def test_nothing_is_done_after_the_end(step):
    with ScriptedServer([step, Call(fail_outright)]) as server:
        with contextlib.suppress(ConnectionResetError):
            assert ask(server) == b""
        server.wait_for_disconnect(1)


def test_half_closed_connection_is_read_on():
    with ScriptedServer([b"a", HalfClose(), Hold()]) as server:
        with connect(server) as connection:
            connection.sendall(GET)
            assert everything_from(connection) == b"a"
            connection.sendall(b"more")
            assert server.connections_open == 1
        server.wait_for_disconnect()


def test_nothing_can_be_sent_after_half_closing():
    with ScriptedServer([b"a", HalfClose(), b"b", Call(fail_outright)]) as server:
        assert ask(server) == b"a"


@pytest.mark.parametrize(
    "step",
    [Hold(), Pause(60), WaitFor(threading.Event(), 60)],
    ids=["hold", "pause", "wait"],
)
def test_waiting_ends_when_the_client_goes(step):
    with ScriptedServer([b"a", step, Call(fail_outright)]) as server:
        with connect(server) as connection:
            connection.sendall(GET + b"bytes that nobody asked for")
            assert connection.recv(10) == b"a"
        server.wait_for_disconnect(1)


@pytest.mark.parametrize(
    "step",
    [Hold(), Pause(60), WaitFor(threading.Event(), 60), b"x" * 50_000_000],
    ids=["hold", "pause", "wait", "unread-data"],
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_waiting_ends_when_the_server_is_closed(step, tls):
    with ScriptedServer([b"a", step], tls=server_context() if tls else None) as server:
        connection = connect(server)
        if tls:
            connection = client_context().wrap_socket(connection, server_hostname="127.0.0.1")
        with connection:
            connection.sendall(GET)
            assert connection.recv(1) == b"a"
            started = time.monotonic()
            server.close()
            assert time.monotonic() - started < 5
            assert server.connections_open == 0


def test_connections_that_say_nothing_are_closed_too():
    with ScriptedServer() as server, connect(server) as silent, connect(server) as half:
        half.sendall(GET[:10])
        server.wait_for_connections(2)
        server.close()
        assert silent.recv(1) == half.recv(1) == b""
    assert server.requests == []


def test_disconnect_ends_what_is_open_and_nothing_else():
    with ScriptedServer([b"a", Hold()], b"b") as server:
        with connect(server) as connection:
            connection.sendall(GET)
            assert connection.recv(1) == b"a"
            server.disconnect()
            assert connection.recv(1) == b""
        assert ask(server) == b"b"


# Connections without requests


@pytest.mark.parametrize(
    ("script", "received"),
    [
        (OnAccept(Close()), [b"", b"answered"]),
        (OnAccept(b"too ", [b"early"], Close()), [b"too early", b"answered"]),
        (OnAccept(b"early and "), [b"early and answered", b"then"]),
    ],
    ids=repr,
)
def test_script_on_accepting(script, received):
    with ScriptedServer(script, b"answered", then=b"then") as server:
        assert [ask(server), ask(server)] == received


def test_reset_on_accepting():
    with ScriptedServer(OnAccept(Reset())) as server:
        with pytest.raises(ConnectionResetError):
            ask(server)
        assert server.requests == []


def test_nothing_is_answered_or_read():
    with ScriptedServer(OnAccept(Hold()), OnAccept(Hold())) as server:
        for count in (1, 2):
            with connect(server, timeout=0.05) as connection:
                connection.sendall(GET)
                server.wait_for_connections(count)
                with pytest.raises(socket.timeout):
                    connection.recv(1)
            server.wait_for_disconnect(count)
        assert server.requests == []


def test_every_later_connection_can_be_closed():
    with ScriptedServer(response(b"x"), then=OnAccept(Close())) as server:
        with client_of(server) as client:
            assert client.get().read() == b"x"
            # What is for connections is not for a request on one that is open.
            assert client.get().status == 204
        assert [ask(server), ask(server)] == [b"", b""]


def test_request_passes_over_scripts_for_connections():
    with ScriptedServer(response(b"1"), OnAccept(Close()), response(b"2")) as server:
        with client_of(server) as client:
            assert [client.get().read(), client.get().read()] == [b"1", b"2"]
        assert ask(server) == b""


# The port


def test_connections_are_refused_for_a_while():
    with ScriptedServer([b"a", Hold()], b"b") as server, connect(server) as connection:
        connection.sendall(GET)
        assert connection.recv(1) == b"a"
        for _ in range(2):
            server.refuse()
            with pytest.raises(ConnectionRefusedError):
                connect(server)
        assert server.connections_open == 1
        for _ in range(2):
            server.accept()
        assert ask(server) == b"b"


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="relies on Linux")
def test_connecting_times_out_for_a_while():
    with ScriptedServer(b"a") as server:
        server.ignore()
        with pytest.raises(socket.timeout):
            connect(server, timeout=0.1)
        server.accept()
        assert ask(server) == b"a"
        assert server.connections_accepted == 1


def test_accepting_twice_goes_on_listening():
    # Listening anew would drop the connections that are yet to be accepted.
    with ScriptedServer(b"a") as server:
        before = threading.enumerate()
        server.accept()
        assert threading.enumerate() == before
        assert ask(server) == b"a"


def test_server_is_started_again_on_its_port():
    with ScriptedServer([b"a", Hold()]) as first, connect(first) as connection:
        connection.sendall(GET)
        assert connection.recv(1) == b"a"
        first.close()
        with ScriptedServer(b"b", port=first.port) as second:
            assert second.url == first.url
            assert ask(second) == b"b"


def test_port_that_is_taken():
    with ScriptedServer() as server, pytest.raises(OSError, match=r"(?i)in use"):
        ScriptedServer(port=server.port)


def test_closed_server_stays_closed():
    with ScriptedServer() as server:
        server.close()
        server.close()
        for call in (server.accept, server.refuse, server.ignore):
            with pytest.raises(RuntimeError, match="the server is closed"):
                call()
        with pytest.raises(ConnectionRefusedError):
            connect(server)


def test_urls():
    with ScriptedServer() as server:
        assert server.url == f"http://127.0.0.1:{server.port}/"
        assert server.url_for("/a?b") == server.url_for("a?b") == server.url + "a?b"


# TLS


def test_tls_serves_several_requests():
    with ScriptedServer(then=response(b"x"), tls=server_context()) as server:
        assert server.url == f"https://127.0.0.1:{server.port}/"
        with client_of(server, client_context()) as client:
            assert [client.get().read(), client.get().read()] == [b"x", b"x"]
        server.wait_for_disconnect()
        assert server.connections_accepted == 1


@pytest.mark.parametrize(
    ("last", "raised"),
    [
        (Close(), None),
        (HalfClose(), None),
        (Pause(0), None),
        (Close(close_notify=False), ssl.SSLError),
        # Some versions of Python report a reset below TLS as an unexpected end.
        (Reset(), (ConnectionResetError, ssl.SSLEOFError)),
    ],
    ids=repr,
)
def test_end_of_tls(last, raised):
    context = client_context()
    # Python 3.9 takes a cut for an end unless it is told not to, and has no name for the option.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0x80)
    gate = threading.Event()
    with (
        ScriptedServer([b"a", WaitFor(gate), last], tls=server_context()) as server,
        context.wrap_socket(
            connect(server), server_hostname="127.0.0.1", suppress_ragged_eofs=False
        ) as connection,
    ):
        connection.sendall(GET)
        assert connection.recv(1) == b"a"
        gate.set()
        with contextlib.nullcontext() if raised is None else pytest.raises(raised):
            assert connection.recv(1) == b""


@pytest.mark.parametrize("context", [ssl.create_default_context(), None], ids=["other", "none"])
def test_client_that_breaks_the_handshake_off_is_no_error(context):
    with ScriptedServer(b"never", tls=server_context()) as server:
        with connect(server) as connection:
            if context is None:
                connection.sendall(GET)
            else:
                with pytest.raises(ssl.SSLCertVerificationError):
                    context.wrap_socket(connection, server_hostname="127.0.0.1")
        server.wait_for_disconnect(1)
    assert server.requests == []


def test_script_on_accepting_comes_before_tls():
    script = OnAccept(b"plain", Close())
    with ScriptedServer(script, tls=server_context()) as server, connect(server) as connection:
        assert everything_from(connection) == b"plain"


# What was seen


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


# Errors of scripts


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
        (lambda: response("text"), TypeError, "not 'text'; encode it"),
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


# Nothing is left behind


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
    threads = [thing for thing in gc.get_objects() if isinstance(thing, threading.Thread)]
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
    public = {name for name in vars(sseclient_ng.testing) if not name.startswith("_")}
    assert set(sseclient_ng.testing.__all__) == public
