"""Bytes of an aiohttp response as they arrive, and whether its end is a clean one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Callable, Optional, cast

import aiohttp
from urllib3.exceptions import DecodeError

from sseclient_ng import _sockets
from sseclient_ng._codings import BodyDecoder
from sseclient_ng._transports.aiohttp_errors import AsyncContentDecodingError, translate_error

__all__ = ["AiohttpBody", "CodedAiohttpBody"]

_WATCH_SECONDS = 0.25


class AiohttpBody:
    """The body of an open response.

    Args:
        response: what aiohttp returned.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content
        # None if the body is already complete; missing from stand-ins in tests.
        connection = getattr(response, "connection", None)
        self._transport: Optional[asyncio.Transport] = getattr(connection, "transport", None)
        self._protocol: object = getattr(connection, "protocol", None)
        self._stop_watching: Callable[[], object] = lambda: None
        if self._transport is not None:
            _keep_alive(self._transport)
            self._stop_watching = _watch(self, self._protocol, self._transport)

    async def read(self) -> bytes:
        """Return the next bytes, or none at the end.

        Raises:
            requests.exceptions.RequestException: it broke off or is damaged. Bytes before that
                are returned first.
        """
        try:
            chunk = await self._content.readany()
        except Exception as error:
            rest = self._rest()
            if rest:
                return rest
            raise translate_error(error, reading=True) from error
        if not chunk and self._was_reset():
            raise translate_error(
                aiohttp.ClientPayloadError("the connection was reset"), reading=True
            )
        return chunk

    def close(self) -> None:
        """Close the response, and its connection unless the body has ended."""
        self._stop_watching()
        transport, self._transport = self._transport, None
        if (
            transport is not None and not self._content.is_eof()
        ):  # otherwise another request may have it
            transport.abort()  # nothing is left to send: no need to wait for TLS
        self._response.close()

    def is_waiting(self) -> bool:
        """Return whether more bytes may come."""
        content = self._content
        return self._transport is not None and not content.is_eof() and content.exception() is None

    def fail(self, error: Exception) -> None:
        """End a waiting read.

        Args:
            error: why.
        """
        self._content.set_exception(error)

    def _rest(self) -> bytes:
        """Return what arrived before the error of the body; the next read raises the error.

        aiohttp does not return these bytes while the body has an error.
        """
        content = self._content
        error = content.exception()
        if error is None:
            return b""
        content.set_exception(cast(Exception, None))
        try:
            return content.read_nowait()
        except asyncio.TimeoutError:  # the caller's total timeout
            return b""
        finally:
            content.set_exception(error)

    def _was_reset(self) -> bool:
        """Return whether a close-delimited body was reset.

        aiohttp treats a reset as the end of such a body, but keeps the error with the connection.
        """
        headers = self._response.headers
        coding = headers.get("Transfer-Encoding", "").lower()
        if "Content-Length" in headers or "chunked" in coding or self._protocol is None:
            return False
        exception = getattr(self._protocol, "exception", None)
        return isinstance(exception() if callable(exception) else None, OSError)


class CodedAiohttpBody(AiohttpBody):
    """The body of an open response, with content codings that aiohttp has not decoded.

    Args:
        response: what aiohttp returned.
        codings: the content codings.
    """

    def __init__(self, response: aiohttp.ClientResponse, codings: list[str]) -> None:
        super().__init__(response)
        self._decoder = BodyDecoder(codings)
        self._decoded: Iterator[bytes] = iter(())

    async def read(self) -> bytes:
        """Return the next bytes, decoded; see `AiohttpBody.read`."""
        while not (data := self._next_decoded()):
            chunk = await super().read()
            if not chunk:
                break
            self._decoded = self._decoder.decode(chunk)
        return data

    def _next_decoded(self) -> bytes:
        try:
            return next(self._decoded, b"")
        except DecodeError as error:
            raise AsyncContentDecodingError(str(error)) from error


# When the framing of a body is damaged, aiohttp closes the connection, but does not end a read that
# waits. A timer would cost every turn of the event loop: see benchmarks/live.py.
def _watch(
    body: AiohttpBody, protocol: object, transport: asyncio.Transport
) -> Callable[[], object]:
    """End a read that waits in vain, once the connection is closed.

    Args:
        body: who reads.
        protocol: of the connection.
        transport: of the connection.

    Returns:
        A function that stops watching.
    """
    closed = getattr(protocol, "closed", None)
    if not isinstance(closed, asyncio.Future):  # of an older aiohttp, or closed already
        return _look_now_and_then(body, transport)

    def end(_: object) -> None:
        if body.is_waiting():
            body.fail(aiohttp.ClientPayloadError("the connection was closed"))

    future = cast("asyncio.Future[None]", closed)
    future.remove_done_callback(_take_error)
    future.add_done_callback(_take_error)
    future.add_done_callback(end)
    return partial(future.remove_done_callback, end)


def _take_error(closed: asyncio.Future[None]) -> None:
    """Take the error of a closed connection, which asyncio would log if nobody did."""
    with contextlib.suppress(asyncio.CancelledError):
        closed.exception()


def _look_now_and_then(body: AiohttpBody, transport: asyncio.Transport) -> Callable[[], object]:
    """Do the same as `_watch` with a timer.

    A connection that ends normally may look closed once before its body has ended, but not twice.
    """
    timer: asyncio.TimerHandle

    def look(was_closed: bool) -> None:
        nonlocal timer
        closed = transport.is_closing()
        if closed and was_closed and body.is_waiting():
            body.fail(aiohttp.ClientPayloadError("the connection was closed"))
        else:
            timer = loop.call_later(_WATCH_SECONDS, look, closed)

    loop = asyncio.get_running_loop()
    timer = loop.call_later(_WATCH_SECONDS, look, False)
    return lambda: timer.cancel()


def _keep_alive(transport: asyncio.Transport) -> None:
    with contextlib.suppress(OSError, AttributeError):  # not a TCP socket
        _sockets.set_keep_alive(transport.get_extra_info("socket"))
