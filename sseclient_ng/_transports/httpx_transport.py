"""The transport on httpx and httpx2, for threads."""

from __future__ import annotations

import contextlib
import inspect
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any, Optional

import requests

from sseclient_ng import _sockets
from sseclient_ng._codings import decoded
from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS
from sseclient_ng._transports import Request
from sseclient_ng._transports.httpx_errors import decoding_error, translate_error
from sseclient_ng._transports.httpx_library import Library
from sseclient_ng._transports.httpx_request import (
    PreparedRequest,
    codings_left,
    content_type_of,
    make_requests_response,
    next_request,
    prepare_request,
)
from sseclient_ng._waker import Waker, wake_after

__all__ = ["HttpxTransport"]


class HttpxTransport:
    """Makes requests with a client of httpx or httpx2, which is not closed.

    Args:
        session: the client.
        library: its library.
    """

    def __init__(self, session: Any, library: Library) -> None:
        self._session = session
        self._library = library.module

    def serves(self, session: object, chunk_size: Optional[int]) -> bool:  # noqa: ARG002
        """Return whether this is the transport for a session; chunks come as they arrive."""
        return session is self._session

    def open(self, request: Request, waker: Waker) -> HttpxAnswer:
        """Send a request; see `Transport.open`."""
        if self._session.is_closed:
            raise RuntimeError("the session is closed: SSEClient needs an open one")
        prepared = prepare_request(self._session, self._library, request)
        frame = inspect.currentframe()
        end = partial(_sockets.wake_connecting, _sockets.watch_frames(), frame)
        try:
            with waker.connecting(end):
                return HttpxAnswer(self._send(prepared), self._library)
        except Exception as error:
            translated = translate_error(error, self._library)
            if translated is error:
                raise
            raise translated from error
        finally:
            del frame, end  # it refers to itself

    def _send(self, prepared: PreparedRequest) -> Any:
        history: list[Any] = []
        answer = self._session.send(prepared.request, **prepared.options)
        try:
            while (
                following := next_request(
                    prepared, answer, len(history), self._session.max_redirects
                )
            ) is not None:
                answer.close()
                history.append(answer)
                answer = self._session.send(following, **prepared.options)
        except BaseException:
            answer.close()
            raise
        answer.history = [*history, *answer.history]
        return answer


class HttpxAnswer:
    """An answer of httpx.

    Args:
        response: what httpx returned.
        library: httpx or httpx2.

    Attributes:
        response: as given.
        status: its status code.
        content_type: its Content-Type, or None. Several lines are joined.
    """

    def __init__(self, response: Any, library: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.content_type = content_type_of(response)
        self._library = library

    def body(self) -> HttpxBody:
        """Return the body.

        Raises:
            requests.exceptions.ContentDecodingError: its content coding can't be decoded.
        """
        return HttpxBody(self.response, self._library)

    def keep(self, waker: Waker) -> requests.Response:
        """Return the response as one of requests, with its body, and end the connection."""
        try:
            body = self.body()
        except requests.RequestException:
            self.close()
            return make_requests_response(self.response, b"")
        waker.watch(body)
        data = body.read_some(ERROR_BODY_BYTES, ERROR_BODY_SECONDS)
        waker.watch(None)
        body.close()
        return make_requests_response(self.response, data)

    def close(self) -> None:
        """End the connection, or give it back."""
        self.response.close()


_open_over_http2: weakref.WeakSet[HttpxBody] = weakref.WeakSet()


class HttpxBody:
    """The body of an open response.

    Args:
        response: what httpx returned.
        library: httpx or httpx2.

    Attributes:
        source: the response.
        chunks: an iterator over its bytes as they arrive.
    """

    def __init__(self, response: Any, library: Any) -> None:
        self.source: object = response
        self._response = response
        self._library = library
        codings = codings_left(response, library)
        # Its iter_raw() cuts chunks anew, which costs as much as parsing them.
        raw = response.iter_bytes() if codings is None else iter(response.stream)
        self._is_shared = response.http_version == "HTTP/2"
        self._is_waiting = False
        raw = self._watched(raw) if self._is_shared else raw
        self.chunks = self._translated(decoded(raw, codings) if codings else raw)
        stream = response.extensions.get("network_stream")
        self._socket: Any = stream.get_extra_info("socket") if stream is not None else None
        if self._is_shared:
            _open_over_http2.add(self)
        if self._socket is not None:
            with contextlib.suppress(OSError):  # not of TCP
                _sockets.set_keep_alive(self._socket)

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        while True:
            self._is_waiting = True
            chunk = next(chunks, None)
            self._is_waiting = False
            if chunk is None:
                return
            yield chunk

    def _translated(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except Exception as error:
            error = decoding_error(error, self._library)
            raise translate_error(error, self._library, reading=True) from error

    def wake(self) -> None:
        """End a read that waits in another thread.

        Over HTTP/2 other streams may share the connection. Then the read ends with its next bytes.
        """
        if not self._is_shared or (self._is_waiting and not self._has_neighbours()):
            _sockets.wake_reading(self._socket)

    def _has_neighbours(self) -> bool:
        others = [body for body in list(_open_over_http2) if body is not self]
        return any(body._socket is self._socket for body in others)

    def read_some(self, size: int, seconds: float) -> bytes:
        """Return the start of the body; ignore its errors."""
        data = bytearray()
        with wake_after(seconds, self.wake), contextlib.suppress(requests.RequestException):
            for chunk in self.chunks:
                data += chunk
                if len(data) >= size:
                    break
        return bytes(data)

    def close(self) -> None:
        """Close the response. No other thread may be reading from it."""
        _open_over_http2.discard(self)
        self._response.close()
