"""The body reader: chunks as they arrive, from whatever a client can be given to read."""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from typing import (
    Callable,
    Optional,
    Protocol,
    Union,
    cast,
    runtime_checkable,
)

import requests
import urllib3
from urllib3.response import HTTPResponse

from sseclient_ng import _sockets, _urllib3
from sseclient_ng._iterate import with_end
from sseclient_ng._text import Chunk

__all__ = ["Body", "Readable", "Source"]

_READ_SIZE = 65536


@runtime_checkable
class Readable(Protocol):
    """A file that is open in binary or text mode, or a response that is read like one."""

    def read(self, size: int, /) -> Chunk:
        """Return at most ``size`` bytes or characters; none at the end."""
        ...


class _HasIterContent(Protocol):
    def iter_content(self, chunk_size: Optional[int]) -> Iterable[Chunk]: ...


class _HasIterBytes(Protocol):
    def iter_bytes(self) -> Iterable[bytes]: ...


Source = Union[
    requests.Response, HTTPResponse, Readable, _HasIterContent, _HasIterBytes, Iterable[Chunk]
]
"""What a client can read beside a URL."""

_KINDS = (
    "a URL (str), a requests.Response, a urllib3 response, a binary file, "
    "an iterable of bytes or str chunks, or an object with iter_content() or iter_bytes()"
)


class Body:
    """The body of a source.

    Args:
        source: what `Source` says. Nothing is read yet.
        chunk_size: for sources that hand out no chunk until it is full, the size of one in bytes.
            The others are read in larger portions, which hands on what has arrived as early.

    Attributes:
        source: as given.
        chunks: an iterator over bytes or text as they arrive. The source's own errors come out of
            it.

    Raises:
        TypeError: ``source`` is something else; the message names the kinds.
    """

    def __init__(self, source: Source, chunk_size: Optional[int]) -> None:
        self.source = source
        self.chunks = _chunks_of(source, chunk_size)

    def wake(self) -> None:
        """End a read that waits in another thread, if the source can be woken."""
        _sockets.wake_reading(getattr(self.source, "raw", self.source))

    def keep_alive(self) -> None:
        """Have the system notice when the peer dies, if the socket can be reached."""
        _sockets.keep_alive(getattr(self.source, "raw", None))

    def close(self) -> None:
        """Close the source, if it can be closed. No other thread may be reading from it."""
        close: Optional[Callable[[], object]] = getattr(self.source, "close", None)
        if callable(close):
            close()


def _chunks_of(source: Source, chunk_size: Optional[int]) -> Iterator[Chunk]:
    read_size = max(chunk_size or 0, _READ_SIZE)
    if isinstance(source, requests.Response):
        return _of_requests(source, chunk_size, read_size)
    if isinstance(source, HTTPResponse):
        return _urllib3.chunks_of(source, read_size)
    if isinstance(source, (str, bytes, bytearray, memoryview, Mapping, type)):
        raise _not_a_source(cast(object, source))
    if callable(getattr(source, "iter_content", None)):
        return iter(cast(_HasIterContent, source).iter_content(chunk_size))
    if callable(getattr(source, "iter_bytes", None)):
        return iter(cast(_HasIterBytes, source).iter_bytes())
    raw = getattr(source, "raw", source)
    if isinstance(raw, HTTPResponse):
        return _urllib3.chunks_of(raw, read_size)
    return _of_file_or_iterable(raw, read_size)


def _of_requests(
    response: requests.Response, chunk_size: Optional[int], read_size: int
) -> Iterator[Chunk]:
    raw: object = response.raw
    if isinstance(raw, HTTPResponse) and not raw.closed:
        return _with_errors_of_requests(_urllib3.chunks_of(raw, read_size))
    if raw is None or isinstance(raw, (HTTPResponse, io.BytesIO)):  # all of it is in memory
        chunk_size = read_size
    return iter(response.iter_content(chunk_size))


def _with_errors_of_requests(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pass chunks on, and the errors of urllib3 as ``iter_content()`` of requests raises them."""
    try:
        yield from chunks
    except urllib3.exceptions.ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ConnectionError(error) from error
    except urllib3.exceptions.SSLError as error:
        raise requests.exceptions.SSLError(error) from error


def _of_file_or_iterable(source: object, read_size: int) -> Iterator[Chunk]:
    read = _prompt_read(source)
    if read is not None:
        return _of_file(read, read_size)
    if isinstance(source, Iterable):
        chunks = cast(Iterable[Chunk], source)
        # Lines that lost their ends, the commonest mistake with sseclient-py, are known by the name
        # of the generator function that makes them, in requests as in httpx.
        if getattr(chunks, "__name__", None) == "iter_lines":
            return map(with_end, chunks)
        return iter(chunks)
    if isinstance(source, Readable):
        return _of_file(source.read, read_size)
    raise _not_a_source(source)


def _prompt_read(source: object) -> Optional[Callable[[int], Chunk]]:
    """Return the method that reads what is there without waiting for more, if there is one."""
    read1: Optional[Callable[[int], Chunk]] = getattr(source, "read1", None)
    return source.read if isinstance(source, io.RawIOBase) else read1


def _of_file(read: Callable[[int], Chunk], read_size: int) -> Iterator[Chunk]:
    while True:
        chunk = read(read_size)
        if not chunk:
            return
        yield chunk


def _not_a_source(source: object) -> TypeError:
    if isinstance(source, AsyncIterable):
        return TypeError(
            "SSEClient can't read an asynchronous iterable; iterate over "
            "sseclient_ng.aiter_events(...) with it, or use AsyncSSEClient with a URL"
        )
    return TypeError(f"SSEClient reads {_KINDS}, not {type(source).__name__}")
