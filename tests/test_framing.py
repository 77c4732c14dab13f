"""One party decodes the framing of a body, however its Transfer-Encoding is spelled."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any, Optional

import pytest
import requests
import urllib3

from sseclient_ng import SSEClient
from sseclient_ng.testing import Hold, ScriptedServer, WaitFor, chunk
from support.http_libraries import HAS_URLLIB3_FUTURE

BODY = [b'data: {"a": ', b"1, ", b'"b": 2}\n\n', b"id: 7\ndata: next\n\n"]
EVENTS = ['{"a": 1, "b": 2}', "next"]
END = b"0\r\n\r\n"

SPELLINGS = [
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked ",
    b"Transfer-Encoding: chunked\t",
    b"Transfer-Encoding:   chunked , identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Transfer-Encoding: chunked, chunked\r\nContent-Length: 5",
]
if HAS_URLLIB3_FUTURE:  # it refuses lists and several lines, which is an error as well
    SPELLINGS = [each for each in SPELLINGS if b"," not in each and each.count(b"Transfer") == 1]


def head(spelling: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + spelling + b"\r\n\r\n"


def as_requests_reads_it(url: str) -> bytes:
    return b"".join(requests.get(url, stream=True, timeout=5).iter_content(None))


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.decode())
@pytest.mark.parametrize("style", ["url", "response", "urllib3"])
def test_a_body_is_read_as_requests_reads_it(spelling: bytes, style: str) -> None:
    script = [head(spelling), *map(chunk, BODY), END]
    with ScriptedServer(then=script) as server:
        assert as_requests_reads_it(server.url) == b"".join(BODY)
        assert [event.data for event in read(style, server.url)] == EVENTS


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.decode())
@pytest.mark.parametrize("style", ["url", "response", "urllib3"])
def test_events_come_at_once_on_an_open_connection(spelling: bytes, style: str) -> None:
    seen = [threading.Event(), threading.Event()]
    # The last piece is inside a chunk that is not finished.
    script = [
        head(spelling),
        *map(chunk, BODY[:3]),
        WaitFor(seen[0], timeout=10),
        b"30\r\n" + BODY[3],
        WaitFor(seen[1], timeout=10),
        Hold(),
    ]
    with ScriptedServer(script) as server:
        events = read(style, server.url)
        for expected, arrived in zip(EVENTS, seen):
            assert next(events).data == expected
            arrived.set()
        del events


def read(style: str, url: str) -> Iterator[Any]:
    if style == "url":
        with SSEClient(url, reconnect=False, timeout=5) as client:
            yield from client
    elif style == "response":
        with requests.get(url, stream=True, timeout=5) as response:
            yield from SSEClient(response).events()
    else:
        with urllib3.PoolManager() as pool:
            response = pool.request("GET", url, preload_content=False, timeout=5.0)
            yield from SSEClient(response)
            response.close()


@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="urllib3.future decodes the framing itself")
@pytest.mark.parametrize("error", [ValueError("a defect"), AttributeError("a defect")], ids=repr)
def test_a_defect_is_not_taken_for_a_drop(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **keywords: object) -> None:
        raise error

    monkeypatch.setattr("sseclient_ng._urllib3_body._chunks_one_by_one", fail)
    unusual_chunks = [b"0" + chunk(piece) for piece in BODY]
    with ScriptedServer(then=[head(SPELLINGS[0]), *unusual_chunks, END]) as server:
        with pytest.raises(type(error), match="a defect"):
            next(SSEClient(server.url))
        assert len(server.requests) == 1


class Defective(io.BytesIO):
    """A fake connection that fails."""

    def read1(self, size: Optional[int] = -1) -> bytes:
        raise ValueError("a defect")

    def read(self, size: Optional[int] = -1) -> bytes:
        raise ValueError("a defect")


def test_a_defect_of_a_stand_in_is_no_drop() -> None:
    body = urllib3.HTTPResponse(body=Defective(b"data: 1\n\n"), preload_content=False)
    with pytest.raises(ValueError, match="a defect"):
        next(SSEClient(body))


class Unwell(io.BytesIO):
    """A fake connection that raises an error of urllib3 that requests has no name for."""

    def read(self, size: Optional[int] = -1) -> bytes:
        raise urllib3.exceptions.HTTPError("unwell")

    read1 = read


def test_an_error_that_requests_does_not_translate_comes_out_as_it_is() -> None:
    response = requests.Response()
    response.status_code = 200
    response.raw = urllib3.HTTPResponse(body=Unwell(b"data: 1\n\n"), preload_content=False)
    with pytest.raises(urllib3.exceptions.HTTPError, match="unwell"):
        next(SSEClient(response))
