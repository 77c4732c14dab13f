"""Bytes of a urllib3 response as they arrive, on every framing, with every version.

The public way is ``read1`` of urllib3 2.2. Where possible this reads from the response of
``http.client`` that urllib3 wraps: its ``read1`` decodes the framing, too, returns the arrived part
of an incomplete chunk, and takes a third of the time (benchmarks/client.py).
"""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Callable, Optional, cast

import urllib3
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError
from urllib3.response import HTTPResponse

from sseclient_ng._codings import UndecodableError, decodable_codings, decoded

__all__ = ["chunks_of"]


Translate = Callable[[urllib3.exceptions.HTTPError], Exception]

_CODED_READ_SIZE = 4096  # it may expand a thousandfold

_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_FEW = 4  # chunks; so many at most are cheaper one by one, on the way that a live stream goes


def _unchanged(error: urllib3.exceptions.HTTPError) -> Exception:
    return error


def chunks_of(
    response: HTTPResponse,
    read_size: int,
    *,
    leave_open: bool = False,
    translate: Translate = _unchanged,
) -> Iterator[bytes]:
    """Return an iterator over the decoded bytes of a body as they arrive.

    Args:
        response: a response of urllib3. One that was read already gives what it kept.
        read_size: the most bytes that are read at once.
        leave_open: whether the caller closes the response after its end or an error. Otherwise the
            iterator does, like urllib3.
        translate: returns what is raised in the place of an error of urllib3.

    The iterator raises the same errors as urllib3's own methods, translated.
    """
    if response.closed:
        return iter([response.data or b""])
    inner = _http_client_response(response)
    try:
        codings = decodable_codings(response.headers.get("Content-Encoding", ""))
    except UndecodableError as error:
        return _translated(_failing(error), translate)
    if getattr(response, "chunk_left", None):  # urllib3 is in the middle of a chunk
        return _translated(response.stream(read_size, decode_content=True), translate)
    if inner is not None and not _agree_on_framing(response, inner):
        return _translated(response.stream(1, decode_content=True), translate)
    if inner is None or (codings and response.tell() > 0):
        return _translated(_by_urllib3(response, read_size, codings), translate)
    reading = _Reading(response, inner, translate, leave_open=leave_open)
    if codings:
        coded = _framed(inner, _CODED_READ_SIZE, reading)
        return _translated(decoded(coded, codings), translate)
    return _framed(inner, read_size, reading)


def _translated(chunks: Iterator[bytes], translate: Translate) -> Iterator[bytes]:
    try:
        yield from chunks
    except urllib3.exceptions.HTTPError as error:
        if translate(error) is error:
            raise
        raise translate(error) from error  # no frame of its traceback may hold it


def _by_urllib3(response: HTTPResponse, read_size: int, codings: list[str]) -> Iterator[bytes]:
    has_begun = bool(codings) and response.tell() > 0  # urllib3's decoder, which has to go on
    if not _has_read1(response):
        # Before 2.2 it would wait for more than one byte. Or this is a stand-in from a test.
        return response.stream(1 if has_begun else read_size, decode_content=True)
    if has_begun or not codings:
        return _read_by_urllib3(response, read_size)
    coded = _read_by_urllib3(response, _CODED_READ_SIZE, decode=False)
    return decoded(coded, codings)


def _failing(error: UndecodableError) -> Iterator[bytes]:
    yield from ()
    raise error


def _agree_on_framing(response: HTTPResponse, inner: http.client.HTTPResponse) -> bool:
    """Return whether urllib3 and ``http.client`` read the same framing.

    They differ about a Transfer-Encoding such as "chunked, chunked". Only one party may decode the
    framing of a body, and where they differ that is urllib3, as in requests.
    """
    return bool(response.chunked) == bool(getattr(inner, "chunked", False))


def _http_client_response(response: HTTPResponse) -> Optional[http.client.HTTPResponse]:
    """Return the ``http.client`` response that a urllib3 response wraps, if any.

    Before urllib3 2.2, no public method returns the arrived part of a chunk. Since then there is
    ``read1``, but it costs more than everything the fastest other client does for an event. So this
    reads a private attribute, the same from 1.26 to 2.x; if it is something else, the public
    methods are used.
    """
    inner = getattr(response, "_fp", None)
    return inner if isinstance(inner, http.client.HTTPResponse) else None


def _has_read1(response: HTTPResponse) -> bool:
    """Return whether urllib3's ``read1`` works, which needs a file that has one, too."""
    return hasattr(response, "read1") and hasattr(getattr(response, "_fp", None), "read1")


def _read_by_urllib3(
    response: HTTPResponse, read_size: int, *, decode: bool = True
) -> Iterator[bytes]:
    read1 = response.read1
    while True:
        was_closed = response.closed
        try:
            data = read1(read_size, decode_content=decode)
        except ProtocolError:
            # Closed by the caller, in the middle of its body: urllib3.future says so like this.
            if was_closed:
                return  # pragma: no cover - urllib3 itself just ends
            raise
        except (ValueError, AttributeError) as error:
            if not response.closed:
                raise
            raise _as_urllib3(error, str(response.connection)) from error
        if not data:
            return
        yield data


class _Reading:
    """Translates the errors of reading a body, and gives back or closes its connection at the end.

    The loops that read are inside its ``with`` block. A generator around theirs would cost every
    event a quarter of a microsecond (benchmarks/live.py).
    """

    def __init__(
        self,
        response: HTTPResponse,
        inner: http.client.HTTPResponse,
        translate: Translate,
        *,
        leave_open: bool,
    ) -> None:
        self._response = response
        self._inner = inner
        self._translate = translate
        self._leave_open = leave_open

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if error is None:
            self._end()
        elif isinstance(error, (OSError, http.client.HTTPException)) or (
            isinstance(error, (ValueError, AttributeError)) and _was_closed(self._inner)
        ):
            raise self._translated(error)

    def _end(self) -> None:
        if self._inner.isclosed():
            self._response.release_conn()
        elif not self._leave_open:
            self._response.close()

    def _translated(self, error: Exception) -> Exception:
        of_urllib3 = _as_urllib3(error, str(self._response.connection))
        if not self._leave_open:
            self._response.close()
        of_urllib3.__cause__ = error
        translated = self._translate(of_urllib3)
        if translated is not of_urllib3:
            translated.__cause__ = of_urllib3
        return translated


def _was_closed(inner: http.client.HTTPResponse) -> bool:
    """Return whether another thread has closed a response, or its file."""
    return inner.isclosed() or inner.fp.closed


def _framed(inner: http.client.HTTPResponse, read_size: int, reading: _Reading) -> Iterator[bytes]:
    """Return an iterator over the bytes of a body, still in their content coding."""
    length: Optional[int] = getattr(inner, "length", None)
    if length == 0:  # also for HEAD, whatever its framing
        return _empty(reading)
    if getattr(inner, "chunked", False):
        return _chunked(inner, read_size, reading)
    if length is None:
        return _close_delimited(inner, read_size, reading)
    return _counted(inner, read_size, reading)


def _empty(reading: _Reading) -> Iterator[bytes]:
    with reading:
        yield from ()


# http.client closes a response when it finds the end of its connection. Old programs close the
# connection from another thread in two steps, the second through the response, which must still be
# open. So the three framings look for the end before http.client does.


# http.client reads chunks one by one, at a multiple of the cost of an event. So plain chunks are
# taken from what has arrived; it still gets everything else: extensions, the last chunk, incomplete
# chunks, errors. See chunked in benchmarks/client.py, and benchmarks/live.py, for a live
# stream, which brings one chunk at a time.
def _chunked(inner: http.client.HTTPResponse, read_size: int, reading: _Reading) -> Iterator[bytes]:
    by_lines = True
    with reading:
        # What isclosed() says, without its cost. typeshed does not know that it may be None.
        while (file := inner.fp) is not None:  # pyright: ignore[reportUnnecessaryComparison]
            left = inner.chunk_left
            if left == 0:  # as http.client does before the next chunk
                file.read(len(b"\r\n"))
                left = inner.chunk_left = None
            if left is None:
                arrived = file.peek(1)
                if not arrived:
                    raise http.client.IncompleteRead(b"")
                data = arrived.partition(b"\r\n")[2].removesuffix(b"\r\n")
                size = len(arrived)
                if not data or arrived != b"%x\r\n%b\r\n" % (len(data), data):
                    data, size = _chunks_one_by_one(arrived, most=1)
                    if size and len(arrived) > _FEW * size:
                        whole = _chunks_by_lines(arrived) if by_lines else None
                        by_lines = whole is not None
                        data, size = whole or _chunks_one_by_one(arrived)
                if size:
                    file.read(size)
                    yield data
                    continue
            data = inner.read1(read_size)
            if not data:
                break
            yield data


def _chunks_by_lines(arrived: bytes) -> Optional[tuple[bytes, int]]:
    """Return the same as `_chunks_one_by_one`, in half the time; None where a chunk is unusual.

    Args:
        arrived: bytes that have arrived, starting with the size of a chunk.
    """
    lines = arrived.split(b"\r\n")
    end = (len(lines) - 1) // 2 * 2
    chunks = lines[1:end:2]
    if b"" in chunks or lines[0:end:2] != [b"%x" % len(chunk) for chunk in chunks]:
        return None
    return b"".join(chunks), len(arrived) - len(b"\r\n".join(lines[end:]))


def _chunks_one_by_one(arrived: bytes, most: int = sys.maxsize) -> tuple[bytes, int]:
    """Return the data of the complete chunks at the start of some bytes, and their length in bytes.

    Args:
        arrived: bytes that have arrived, starting with the size of a chunk.
        most: how many chunks at most.
    """
    chunks: list[bytes] = []
    start, end = 0, len(arrived)
    while start < end and len(chunks) < most:
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


def _close_delimited(
    inner: http.client.HTTPResponse, read_size: int, reading: _Reading
) -> Iterator[bytes]:
    with reading:
        while (file := inner.fp) is not None:  # pyright: ignore[reportUnnecessaryComparison]
            data = file.read1(read_size)
            if not data:
                break
            yield data


def _counted(inner: http.client.HTTPResponse, read_size: int, reading: _Reading) -> Iterator[bytes]:
    with reading:
        length = inner.length or 0
        while length and not inner.isclosed():
            if not inner.fp.peek(1):
                raise http.client.IncompleteRead(b"", length)
            data = inner.read1(min(read_size, length))
            length -= len(data)
            yield data
        inner.read(0)  # some versions close only when asked once more


def _as_urllib3(error: Exception, connection: str) -> urllib3.exceptions.HTTPError:
    """Translate an error of the standard library into one of urllib3."""
    if isinstance(error, socket.timeout):
        # Only the text of the pool is used; the connection's is the same, and public.
        pool = cast(urllib3.connectionpool.ConnectionPool, connection)
        return ReadTimeoutError(pool, cast(str, None), "Read timed out.")
    if isinstance(error, ssl.SSLError):
        return SSLError(error)
    # ValueError and AttributeError: another thread closed the response.
    return ProtocolError(f"Connection broken: {error!r}", error)
