"""Bytes of a urllib3 response as they arrive, on every framing, with every version.

``read1`` of urllib3 2.2 is the public way, and the one taken for bodies in a content coding. For
the others this goes one step lower, to the ``http.client`` response that urllib3 wraps: its public
``read1`` decodes the framing as well, hands on what is there of a chunk that is not finished, and
takes a third of the time for each event (benchmarks/client.py).
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import NoReturn, Optional, cast

import urllib3
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError
from urllib3.response import HTTPResponse

__all__ = ["chunks_of"]


def chunks_of(
    response: HTTPResponse, read_size: int, *, leave_open: bool = False
) -> Iterator[bytes]:
    """Return an iterator over the bytes of a body as they arrive, decoded from its content coding.

    Args:
        response: what urllib3 returned; one whose body was read already gives what it kept.
        read_size: the most bytes that are read at once.
        leave_open: whether the caller closes the response after an end or an error. Otherwise that
            is done here, as urllib3 does it.

    The iterator raises urllib3's own errors, as urllib3's methods of reading do.
    """
    if response.closed:
        return iter([response.data or b""])
    inner = _http_client_response(response)
    coded = bool(response.headers.get("Content-Encoding"))
    if getattr(response, "chunk_left", None):  # urllib3 itself has begun to read a chunk
        return response.stream(read_size, decode_content=True)
    if coded and hasattr(response, "read1"):
        return _read_by_urllib3(response, read_size)
    if inner is None:  # a response over a file, as tests have it
        return response.stream(read_size, decode_content=True)
    chunks = _read_by_http_client(response, inner, read_size, leave_open=leave_open)
    return _decoded(response, chunks) if coded else chunks


def _http_client_response(response: HTTPResponse) -> Optional[http.client.HTTPResponse]:
    """Return the response of the standard library that a urllib3 response wraps, if it does.

    Before urllib3 2.2 no public method hands on the bytes of a chunk or of a length that is not
    complete. Since then there is ``read1``, but it costs twice as much as all that the fastest
    other client does for an event. So this attribute, the same from 1.26 to 2.x, is read, and where
    it is something else the public methods are used.
    """
    inner = getattr(response, "_fp", None)
    return inner if isinstance(inner, http.client.HTTPResponse) else None


def _read_by_urllib3(response: HTTPResponse, read_size: int) -> Iterator[bytes]:
    read1 = response.read1
    while True:
        try:
            data = read1(read_size, decode_content=True)
        except (ValueError, AttributeError) as error:
            _raise_as_urllib3(error, response)
        if not data:
            return
        yield data


def _read_by_http_client(
    response: HTTPResponse, inner: http.client.HTTPResponse, read_size: int, *, leave_open: bool
) -> Iterator[bytes]:
    """Yield the bytes of a body before its content coding is undone."""
    try:
        yield from _framed(inner, read_size)
    except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
        try:
            _raise_as_urllib3(error, response)
        finally:
            if not leave_open:
                response.close()
    if inner.isclosed():
        response.release_conn()
    elif not leave_open:
        response.close()


def _framed(inner: http.client.HTTPResponse, read_size: int) -> Iterator[bytes]:
    if getattr(inner, "chunked", False):
        return _chunked(inner, read_size)
    length: Optional[int] = getattr(inner, "length", None)
    if length is None:
        return _close_delimited(inner, read_size)
    return _counted(inner, length, read_size)


# http.client closes a response where it finds the end of its connection. Old programs end the
# connection from another thread in two steps, and take the second one through the response, which
# has to be open still. So the three framings look for the end themselves before http.client does.


def _chunked(inner: http.client.HTTPResponse, read_size: int) -> Iterator[bytes]:
    read1 = inner.read1
    while not inner.isclosed():
        if inner.chunk_left == 0:  # what http.client itself does first with the next chunk
            inner.fp.read(len(b"\r\n"))
            inner.chunk_left = None
        if inner.chunk_left is None and not inner.fp.peek(1):
            raise http.client.IncompleteRead(b"")
        data = read1(read_size)
        if not data:
            return
        yield data


def _close_delimited(inner: http.client.HTTPResponse, read_size: int) -> Iterator[bytes]:
    if inner.isclosed():
        return
    read1 = inner.fp.read1
    while True:
        data = read1(read_size)
        if not data:
            return
        yield data


def _counted(inner: http.client.HTTPResponse, length: int, read_size: int) -> Iterator[bytes]:
    while length:
        if inner.isclosed() or not inner.fp.peek(1):
            raise http.client.IncompleteRead(b"", length)
        data = inner.read1(min(read_size, length))
        length -= len(data)
        yield data
    inner.read(0)  # where the count is complete, some versions close only when asked again


def _raise_as_urllib3(error: Exception, response: HTTPResponse) -> NoReturn:
    if isinstance(error, socket.timeout):
        # Of the pool, which is not public, only the text is used, and the connection has the same.
        pool = cast(urllib3.connectionpool.ConnectionPool, response.connection)
        raise ReadTimeoutError(pool, cast(str, None), "Read timed out.") from error
    if isinstance(error, ssl.SSLError):
        raise SSLError(error) from error
    # ValueError and AttributeError: the response was closed under the reader.
    raise ProtocolError(f"Connection broken: {error!r}", error) from error


def _decoded(  # pragma: no cover - coverage is measured with the newest urllib3
    response: HTTPResponse, chunks: Iterator[bytes]
) -> Iterator[bytes]:
    """Undo a content coding with a urllib3 before 2.2, which has no public way to do only that.

    Its decoders know every coding that its request asked for, and raise its own errors.
    """
    response._init_decoder()
    for chunk in chunks:
        data = response._decode(chunk, decode_content=True, flush_decoder=False)
        if data:
            yield data
    data = response._decode(b"", decode_content=True, flush_decoder=True)
    if data:
        yield data
