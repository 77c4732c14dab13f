"""The scripted server: what it sends."""

from __future__ import annotations

import itertools
import os
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterator

import pytest

from sseclient_ng.testing import (
    LAST_CHUNK,
    Close,
    HalfClose,
    Hold,
    Pause,
    Request,
    Reset,
    ScriptedServer,
    WaitFor,
    chunk,
    cut,
    cut_randomly,
    head,
    response,
    unfinished_chunk,
)
from support.certificates import client_context, server_context
from support.server import GET, ask, client_of, connect


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=5.0) as answer:
        return answer.status, answer.read()


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
