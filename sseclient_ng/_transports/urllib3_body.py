"""Bytes of a urllib3 response as they arrive, on every framing, with every version.

``read1`` of urllib3 2.2 is the public way. This goes one step lower where it can, to the response
of ``http.client`` that urllib3 wraps: its ``read1`` decodes the framing as well, hands on what is
there of a chunk that is not finished, and takes a third of the time (benchmarks/client.py).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import zlib
from collections.abc import Iterator
from typing import Optional, Union, cast

import urllib3
from urllib3.exceptions import DecodeError, ProtocolError, ReadTimeoutError, SSLError
from urllib3.response import DeflateDecoder, GzipDecoder, HTTPResponse

__all__ = ["chunks_of"]

# The codings that requests asks for, undone by urllib3's own decoders in every version. Others may
# be asked for where brotli or zstandard are installed; for them its methods of reading have to do.
_DECODERS: dict[str, type[Union[GzipDecoder, DeflateDecoder]]] = {
    "gzip": GzipDecoder,
    "x-gzip": GzipDecoder,
    "deflate": DeflateDecoder,
}
_CODED_READ_SIZE = 4096  # a thousand times as much may come of it

_HEX_DIGITS = b"0123456789ABCDEFabcdef"


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
    coding = _coding(response)
    if getattr(response, "chunk_left", None):  # urllib3 itself has begun to read a chunk
        return response.stream(read_size, decode_content=True)
    # Its own decoder goes on with a body that it has begun, and knows rare codings.
    by_urllib3 = bool(coding) and (coding not in _DECODERS or response.tell() > 0)
    if (by_urllib3 or inner is None) and _has_read1(response):
        return _read_by_urllib3(response, read_size)
    # Before 2.2 it would wait for more than one byte. Or it is a response over a stand-in of tests.
    if by_urllib3 or inner is None:
        return response.stream(1 if by_urllib3 else read_size, decode_content=True)
    if coding:
        chunks = _read_by_http_client(response, inner, _CODED_READ_SIZE, leave_open=leave_open)
        return _decoded(chunks, _DECODERS[coding](), coding)
    return _read_by_http_client(response, inner, read_size, leave_open=leave_open)


def _coding(response: HTTPResponse) -> str:
    """Return the content coding of a body; "" where urllib3 would pass it on as it is."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    known = "," in coding or coding in _DECODERS or coding in response.CONTENT_DECODERS
    return coding if known else ""


def _http_client_response(response: HTTPResponse) -> Optional[http.client.HTTPResponse]:
    """Return the response of the standard library that a urllib3 response wraps, if it does.

    Before urllib3 2.2 no public method hands on the bytes of a chunk or of a length that is not
    complete. Since then there is ``read1``, but it alone costs more than all that the fastest other
    client does for an event. So this attribute, the same from 1.26 to 2.x, is read, and where
    it is something else the public methods are used.
    """
    inner = getattr(response, "_fp", None)
    return inner if isinstance(inner, http.client.HTTPResponse) else None


def _has_read1(response: HTTPResponse) -> bool:
    """Return whether urllib3's ``read1`` works: that it is there is not enough for every file."""
    return hasattr(response, "read1") and hasattr(getattr(response, "_fp", None), "read1")


def _read_by_urllib3(response: HTTPResponse, read_size: int) -> Iterator[bytes]:
    read1 = response.read1
    while True:
        try:
            data = read1(read_size, decode_content=True)
        except (ValueError, AttributeError) as error:
            raise _as_urllib3(error, str(response.connection)) from error
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
        connection = str(response.connection)
        if not leave_open:
            response.close()
        raise _as_urllib3(error, connection) from error
    if inner.isclosed():
        response.release_conn()
    elif not leave_open:
        response.close()


def _framed(inner: http.client.HTTPResponse, read_size: int) -> Iterator[bytes]:
    length: Optional[int] = getattr(inner, "length", None)
    if length == 0:  # also of the answer to HEAD, whatever its framing would be
        return iter(())
    if getattr(inner, "chunked", False):
        return _chunked(inner, read_size)
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
        if inner.chunk_left is None:
            arrived = inner.fp.peek(1)
            if not arrived:
                raise http.client.IncompleteRead(b"")
            data, size = _whole_chunks(arrived)
            if size:
                inner.fp.read(size)
                yield data
                continue
        data = read1(read_size)
        if not data:
            return
        yield data


def _whole_chunks(arrived: bytes) -> tuple[bytes, int]:
    """Return the data of the whole chunks at the start of some bytes, and how many bytes they are.

    http.client takes chunks one by one, at a multiple of what an event costs otherwise. Whatever is
    not a plain chunk (an extension, the last chunk, a part of a chunk, an error) is left to it.

    Args:
        arrived: what the connection has in store, from the size of a chunk on.
    """
    chunks: list[bytes] = []
    start, end = 0, len(arrived)
    while start < end:
        line_end = arrived.find(b"\r\n", start)
        digits = arrived[start:line_end]
        if line_end < 0 or not digits or digits.strip(_HEX_DIGITS):
            break
        data_start = line_end + 2
        data_end = data_start + int(digits, 16)
        if data_end == data_start or arrived[data_end : data_end + 2] != b"\r\n":
            break
        chunks.append(arrived[data_start:data_end])
        start = data_end + 2
    return b"".join(chunks), start


def _close_delimited(inner: http.client.HTTPResponse, read_size: int) -> Iterator[bytes]:
    while not inner.isclosed():
        data = inner.fp.read1(read_size)
        if not data:
            return
        yield data


def _counted(inner: http.client.HTTPResponse, length: int, read_size: int) -> Iterator[bytes]:
    while length and not inner.isclosed():
        if not inner.fp.peek(1):
            raise http.client.IncompleteRead(b"", length)
        data = inner.read1(min(read_size, length))
        length -= len(data)
        yield data
    inner.read(0)  # where the count is complete, some versions close only when asked again


def _as_urllib3(error: Exception, connection: str) -> urllib3.exceptions.HTTPError:
    """Return the error of urllib3 that an error of the standard library means to its users."""
    if isinstance(error, socket.timeout):
        # Of the pool, which is not public, only the text is used; the connection's says the same.
        pool = cast(urllib3.connectionpool.ConnectionPool, connection)
        return ReadTimeoutError(pool, cast(str, None), "Read timed out.")
    if isinstance(error, ssl.SSLError):
        return SSLError(error)
    # ValueError and AttributeError: the response was closed under the reader.
    return ProtocolError(f"Connection broken: {error!r}", error)


def _decoded(
    chunks: Iterator[bytes], decoder: Union[GzipDecoder, DeflateDecoder], coding: str
) -> Iterator[bytes]:
    """Undo a content coding as far as the bytes that have come allow."""
    try:
        for chunk in chunks:
            data = decoder.decompress(chunk)
            if data:
                yield data
    except zlib.error as error:
        raise DecodeError(f"the body is not in its Content-Encoding, {coding}", error) from error
