"""Helpers for the tests of sources."""

from __future__ import annotations

import contextlib
import http.client
import io
from collections.abc import Iterable, Iterator
from typing import Any, Callable

import requests
import urllib3

from sseclient_ng.testing import (
    cut,
)
from support.reading import STREAM

PIECES = cut(STREAM, 13)

FRAMINGS = ["chunked", "one-chunk", "content-length", "close"]

Open = Callable[[str, contextlib.ExitStack], Any]


def from_requests(url: str, stack: contextlib.ExitStack, **options: Any) -> requests.Response:
    return stack.enter_context(requests.get(url, **{"stream": True, **options}))


def from_urllib3(url: str, stack: contextlib.ExitStack, **options: Any) -> Any:
    pool = stack.enter_context(urllib3.PoolManager())
    reply = pool.request("GET", url, **{"preload_content": False, **options})
    stack.callback(reply.close)
    return reply


def from_http_client(url: str, stack: contextlib.ExitStack) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.split("/")[2])
    stack.callback(connection.close)
    connection.request("GET", "/")
    return stack.enter_context(connection.getresponse())


def generator(chunks: Iterable[Any]) -> Iterator[Any]:
    yield from chunks


class OnlyIterContent:
    """A fake response, as in users' tests."""

    encoding = None
    headers = None

    def __init__(self, chunks: Iterable[bytes] = PIECES) -> None:
        self.chunks = chunks

    def iter_content(self, chunk_size: int = 1, decode_unicode: bool = False) -> Iterable[bytes]:
        return self.chunks


def raw_by_hand() -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(body=io.BytesIO(STREAM), preload_content=False)


class Dropped(Exception):
    """The error of a user's source."""
