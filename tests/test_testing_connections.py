"""The scripted server: its connections."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time

import pytest

from sseclient_ng.testing import (
    Call,
    Close,
    HalfClose,
    Hold,
    OnAccept,
    Pause,
    Reset,
    ScriptedServer,
    WaitFor,
    cut,
    head,
    response,
)
from support.certificates import client_context, server_context
from support.server import GET, ask, client_of, connect, everything_from, fail_outright


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
