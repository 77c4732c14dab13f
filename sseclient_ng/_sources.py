"""Chunks as they arrive, from whatever a client can be given to read."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import (
    Any,
    Callable,
    Optional,
    Protocol,
    Union,
    cast,
    runtime_checkable,
)

import requests
import urllib3
from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse

from sseclient_ng import _sockets, _urllib3_body
from sseclient_ng._core.iterate import with_end
from sseclient_ng._core.text import Chunk, as_bytes
from sseclient_ng._waker import wake_after

__all__ = ["KINDS", "Source", "SourceBody", "body_of_response", "body_of_source", "refuse_text"]

_READ_SIZE = 65536


@runtime_checkable
class Readable(Protocol):
    """A file open in binary or text mode, or a response with the same method."""

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
"""What a client can read besides a URL."""

KINDS = (
    "a URL (str), a requests.Response, a urllib3 response, a binary file, "
    "an iterable of bytes or str chunks, or an object with iter_content() or iter_bytes()"
)
"""What a client can read, in messages."""


# These can be iterated over, or have a method that could be called, but they give no chunks.
_NOT_CHUNKS = (str, bytes, bytearray, memoryview, Mapping, type)

_is_text_of_stream = re.compile(
    "(data|event|id|retry)?:|(?![a-z][a-z0-9+.-]*://).*[\r\n]", re.I
).match


class ReadTimeout(requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout):
    """Nothing came for as long as ``timeout`` allows: a ConnectionError, as requests says of it."""


class SourceBody:
    """An open body: of a response, a file or an iterable.

    Args:
        source: what is read.
        chunks: an iterator over its bytes or text as they arrive. The source's own errors come out
            of it.
        connection: the connection, where nobody will use it again and it is to be closed, too.
    """

    def __init__(
        self, source: object, chunks: Iterator[Chunk], connection: Optional[HTTPConnection] = None
    ) -> None:
        self.source = source
        self.chunks = chunks
        self._connection = connection

    def wake(self) -> None:
        """End a read that waits in another thread, if the source can be woken."""
        _sockets.wake_reading(getattr(self.source, "raw", self.source))

    def keep_alive(self) -> None:
        """Have the system notice when the peer dies, if the socket can be reached."""
        _sockets.keep_alive(getattr(self.source, "raw", None))

    def read_some(self, size: int, seconds: float) -> bytes:
        """Return the start of a body; ignore its errors.

        Args:
            size: about as many bytes as are read at most.
            seconds: for so long.
        """
        data = bytearray()
        # Where it fails, what came before is the answer.
        with wake_after(seconds, self.wake), contextlib.suppress(requests.RequestException):
            for chunk in self.chunks:
                data += as_bytes(chunk)
                if len(data) >= size:
                    break
        return bytes(data)

    def close(self) -> None:
        """Close the source, if it can be closed. No other thread may be reading from it."""
        close: Optional[Callable[[], object]] = getattr(self.source, "close", None)
        if callable(close):
            close()
        if self._connection is not None:
            self._connection.close()


def body_of_response(
    response: object,
    chunk_size: Optional[int],
    *,
    leave_open: bool = False,
    keeps_connection: bool = True,
) -> SourceBody:
    """Return the body of what a session returned: a response, or a stand-in for one.

    Args:
        response: a ``requests.Response``, or what has ``iter_content`` or ``raw``.
        chunk_size: for bodies that hand out no chunk until it is full, the size of one in bytes.
            The others are read in larger portions, which hands on what has arrived as early.
        leave_open: whether the caller closes the body after its end or an error.
        keeps_connection: whether somebody may use the connection again after the body. Nobody will
            where the session has gone, but its connections stay open as long as the response.

    Raises:
        TypeError: ``response`` is none of these.
    """
    raw: object = getattr(response, "raw", None)  # mocks of requests.Response may have none
    if isinstance(response, requests.Response) or isinstance(raw, HTTPResponse):
        connection = None if keeps_connection else getattr(raw, "connection", None)
        of_requests = cast(requests.Response, response)  # or of niquests
        return SourceBody(response, _of_requests(of_requests, chunk_size, leave_open), connection)
    if callable(getattr(response, "iter_content", None)):
        return SourceBody(response, iter(cast(_HasIterContent, response).iter_content(chunk_size)))
    return SourceBody(response, _of_source(getattr(response, "raw", response), chunk_size))


def body_of_source(source: Source, chunk_size: Optional[int]) -> SourceBody:
    """Return the body of what a client was given, without reading from it.

    Args:
        source: what `Source` says.
        chunk_size: as in `body_of_response`.

    Raises:
        TypeError: ``source`` is something else; the message names the kinds.
    """
    source = _response_behind_lines(source) or source
    # A mock of a response without raw is iterated over, as in sseclient-py.
    if isinstance(source, requests.Response) and hasattr(source, "raw"):
        return body_of_response(source, chunk_size)
    return SourceBody(source, _of_source(source, chunk_size))


def _of_source(source: object, chunk_size: Optional[int]) -> Iterator[Chunk]:
    if isinstance(source, HTTPResponse):
        return _urllib3_body.chunks_of(source, _read_size(chunk_size))
    if isinstance(source, _NOT_CHUNKS) or _is_asynchronous(source):
        raise _not_a_source(cast(Any, source))
    read = _prompt_read(source)
    if read is not None:
        return _of_file(read, _read_size(chunk_size))
    with contextlib.suppress(TypeError):
        return _of_iterable(iter(cast(Iterable[Chunk], source)))
    if callable(getattr(source, "iter_bytes", None)):
        return iter(cast(_HasIterBytes, source).iter_bytes())
    if hasattr(source, "iter_content") or hasattr(source, "raw"):
        return body_of_response(source, chunk_size).chunks
    if isinstance(source, Readable):
        return _of_file(source.read, chunk_size or 1)
    raise _not_a_source(source)


def _is_asynchronous(source: object) -> bool:
    """Return whether a source is read with ``await``, in whatever library."""
    if isinstance(source, Iterable):
        return False
    stream = getattr(source, "stream", source)  # of a response of httpx
    if isinstance(stream, AsyncIterable) and not isinstance(stream, Iterable):
        return True
    return inspect.iscoroutinefunction(getattr(source, "read", None))


def _read_size(chunk_size: Optional[int]) -> int:
    return max(chunk_size or 0, _READ_SIZE)


def _of_iterable(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    # Lines without their ends are the commonest mistake with sseclient-py. The name of their
    # generator function gives them away, in requests and in httpx.
    return map(with_end, chunks) if getattr(chunks, "__name__", "") == "iter_lines" else chunks


def _response_behind_lines(source: object) -> Optional[requests.Response]:
    """Return the response that a fresh ``iter_lines()`` of requests will read.

    It is read directly: requests makes two lines of one where a read ends between CR and LF.
    """
    if not inspect.isgenerator(source) or source.__name__ != "iter_lines":
        return None
    if inspect.getgeneratorstate(source) != inspect.GEN_CREATED:
        return None
    arguments = inspect.getgeneratorlocals(source)
    response = arguments.get("self")
    is_plain = isinstance(response, requests.Response) and arguments.get("delimiter") is None
    return response if is_plain else None


def _prompt_read(source: object) -> Optional[Callable[[int], Chunk]]:
    """Return a method that reads without waiting for more bytes than have arrived, if any."""
    if isinstance(source, io.RawIOBase):
        return source.read
    return source.read1 if isinstance(source, io.BufferedIOBase) else None


def _of_requests(
    response: requests.Response, chunk_size: Optional[int], leave_open: bool
) -> Iterator[Chunk]:
    raw: object = getattr(response, "raw", None)
    if isinstance(raw, HTTPResponse) and not raw.closed:
        return _urllib3_body.chunks_of(
            raw,
            _read_size(chunk_size),
            leave_open=leave_open,
            translate=_error_of_requests,
        )
    if raw is None or isinstance(raw, (HTTPResponse, io.BytesIO)):  # in memory
        chunk_size = _READ_SIZE
    return iter(response.iter_content(chunk_size))


def _error_of_requests(error: urllib3.exceptions.HTTPError) -> Exception:
    """Return what ``iter_content()`` of requests raises in the place of an error of urllib3."""
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return requests.exceptions.ChunkedEncodingError(error)
    if isinstance(error, urllib3.exceptions.DecodeError):
        return requests.exceptions.ContentDecodingError(error)
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return ReadTimeout(error)
    if isinstance(error, urllib3.exceptions.SSLError):
        return requests.exceptions.SSLError(error)
    return error


def _of_file(read: Callable[[int], Chunk], read_size: int) -> Iterator[Chunk]:
    while True:
        chunk = read(read_size)
        if not chunk:
            return
        yield chunk


def refuse_text(url: str, function: str = "SSEClient") -> None:
    """Refuse the text of an event stream in the place of its URL.

    Args:
        url: what was given.
        function: what reads a list of chunks.

    Raises:
        requests.exceptions.InvalidURL: it is no URL.
    """
    if _is_text_of_stream(url.lstrip()):
        raise requests.exceptions.InvalidURL(
            f"expected a URL, got the text of an event stream: {url[:30]!r}...; "
            f"to read a text, put it in a list: {function}([text])"
        )


def _not_a_source(source: object) -> TypeError:
    kind = f"{type(source).__module__.partition('.')[0]}.{type(source).__name__}"
    kind = kind.removeprefix("builtins.")
    advice = f"SSEClient reads {KINDS}"
    if isinstance(source, (bytes, bytearray, memoryview)):
        advice = "to read bytes of a stream, put them in a list: SSEClient([data])"
    elif isinstance(source, Mapping):
        advice = "SSEClient reads the response itself, not its JSON"
    elif isinstance(source, PurePath):
        advice = 'to read a file, open it: SSEClient(open(path, "rb"))'
    elif hasattr(source, "aiter_bytes"):
        advice = "iterate over sseclient_ng.aiter_events(response.aiter_bytes())"
    elif hasattr(getattr(source, "content", None), "iter_any"):
        advice = "iterate over sseclient_ng.aiter_events(response.content.iter_any())"
    elif isinstance(source, AsyncIterable):
        advice = (
            "iterate over sseclient_ng.aiter_events(...), or use AsyncSSEClient with a URL: "
            "SSEClient reads no asynchronous iterable"
        )
    elif inspect.isawaitable(source):
        advice = "await it, and iterate over sseclient_ng.aiter_events(...)"
    return TypeError(f"SSEClient can't read {kind}; {advice}")
