"""Content codings: decode at once, and fail on unknown ones."""

from __future__ import annotations

import functools
import gzip
import random
import threading
import tracemalloc
import zlib
from typing import Any

import pytest
import requests
import urllib3.response

from sseclient_ng import EventTooLarge, SSEClient, _codings
from sseclient_ng.testing import Hold, ScriptedServer, WaitFor, response
from support.drivers import TRANSPORTS, Driver

draw = random.Random(6)
LARGE = "".join(draw.choices("abcdefgh \u00e4", k=200_000))
STREAM = f"id: 1\ndata: {LARGE}\n\n".encode()


def brotli(data: bytes) -> bytes:
    library = pytest.importorskip("brotli")
    compressor = library.Compressor()
    compressed: bytes = compressor.process(data) + compressor.flush()
    return compressed


def zstd(data: bytes) -> bytes:
    library = pytest.importorskip("backports.zstd")
    compressed: bytes = library.compress(data)
    return compressed


CODINGS: dict[str, Any] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "br": brotli,
    "zstd": zstd,
    "gzip, br": lambda data: brotli(gzip.compress(data)),
    "br, gzip": lambda data: gzip.compress(brotli(data)),
}


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("framing", ["chunked", "close", "content-length"])
def test_a_large_event_comes_although_nothing_follows(kind: str, coding: str, framing: str) -> None:
    seen = threading.Event()
    pieces = [CODINGS[coding](STREAM), WaitFor(seen, timeout=10), CODINGS[coding](b"data: 2\n\n")]
    script = response(pieces, framing=framing, headers={"Content-Encoding": coding})
    options = {"reconnect": False}
    released = Driver(on_event=lambda client, event: seen.set())
    with ScriptedServer(script) as server:
        outcome = TRANSPORTS[kind].drive(server.url, options, released)
        if not outcome.data:
            assert f"can't decode Content-Encoding {coding!r}" in str(outcome.error)
            pytest.skip("this urllib3 has no decoder for it")
        assert outcome.data[0] == LARGE


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("coding", ["compress", "x-compress", "dcb", "gzip, compress"])
def test_a_coding_that_can_not_be_decoded_is_an_error_for_good(kind: str, coding: str) -> None:
    script = response([b"data: 1\n\n"], headers={"Content-Encoding": coding})
    with ScriptedServer(then=script) as server:
        error = TRANSPORTS[kind].drive(server.url, {}).error
        assert isinstance(error, requests.exceptions.ContentDecodingError)
        assert "compress" in str(error) or "dcb" in str(error)
        assert len(server.requests) == 1


def test_a_given_response_says_so_when_it_is_read() -> None:
    script = response([b"data: 1\n\n", Hold()], headers={"Content-Encoding": "compress"})
    with ScriptedServer(script) as server, requests.get(server.url, stream=True) as given:
        client = SSEClient(given)
        with pytest.raises(requests.exceptions.ContentDecodingError, match="compress"):
            next(client)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_the_coding_of_an_error_page_does_not_hide_its_status(kind: str) -> None:
    script = response([b"page"], status=404, headers={"Content-Encoding": "compress"})
    with ScriptedServer(script) as server:
        error: Any = TRANSPORTS[kind].drive(server.url, {}).error
        assert isinstance(error, requests.HTTPError)
        assert error.response.status_code == 404


MEBIBYTE = 1024 * 1024
BOMBS: dict[str, Any] = {
    **CODINGS,
    "deflate": zlib.compress,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "zstd, gzip, br": lambda data: brotli(gzip.compress(zstd(data))),
}


@functools.cache
def bomb(coding: str) -> bytes:
    packed: bytes = BOMBS[coding](b"data: " + bytes(64 * MEBIBYTE))
    assert len(packed) < MEBIBYTE / 8
    return packed


def skip_where_nothing_limits(coding: str) -> None:
    decoder = getattr(urllib3.response, "BrotliDecoder", None)
    if "br" in coding and not hasattr(decoder, "has_unconsumed_tail"):
        pytest.skip("this urllib3 has no decoder of br that can be limited")


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("coding", BOMBS)
@pytest.mark.parametrize("status", [200, 404])
def test_what_expands_a_thousandfold_takes_no_memory(kind: str, coding: str, status: int) -> None:
    skip_where_nothing_limits(coding)
    headers = {"Content-Encoding": coding}
    script = response([bomb(coding)], status=status, headers=headers)
    options = {"reconnect": False, "max_event_size": MEBIBYTE}
    with ScriptedServer(script) as server:
        tracemalloc.start()
        try:
            error = TRANSPORTS[kind].drive(server.url, options).error
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    if isinstance(error, requests.exceptions.ContentDecodingError):
        assert "can't decode Content-Encoding" in str(error)
        pytest.skip("this urllib3 has no decoder for it")
    assert isinstance(error, EventTooLarge if status == 200 else requests.HTTPError)
    assert peak < 20 * MEBIBYTE


@pytest.mark.parametrize("coding", CODINGS)
def test_decoders_that_can_not_be_limited(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with urllib3 before 2.6 and Brotli before 1.2."""
    monkeypatch.setattr(_codings, "_CAN_LIMIT_OUTPUT", {})
    coded = CODINGS[coding](STREAM)
    try:
        decoder = _codings.BodyDecoder(_codings.decodable_codings(coding))
    except _codings.UndecodableError:
        pytest.skip("this urllib3 has no decoder for it")
    parts = [
        part for at in range(0, len(coded), 5000) for part in decoder.decode(coded[at : at + 5000])
    ]
    assert b"".join(parts) == STREAM


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_codings_without_end_are_an_error_for_good(kind: str) -> None:
    script = response([b"data: 1\n\n"], headers={"Content-Encoding": ", ".join(["gzip"] * 6)})
    with ScriptedServer(then=script) as server:
        error = TRANSPORTS[kind].drive(server.url, {}).error
        assert isinstance(error, requests.exceptions.ContentDecodingError)
        assert "6 content codings" in str(error)
        assert len(server.requests) == 1
