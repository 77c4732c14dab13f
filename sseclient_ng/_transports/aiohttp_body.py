"""The body reader on aiohttp: bytes as they arrive, and whether their end is one."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from typing import Optional, cast

import aiohttp

from sseclient_ng import _sockets
from sseclient_ng._transports.aiohttp_errors import translate_error

__all__ = ["AiohttpBody"]

_WATCH_SECONDS = 0.25


class AiohttpBody:
    """The body of a response that is open, kept alive and watched.

    Args:
        response: what aiohttp returned.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content
        # None where the body is complete already; stand-ins in tests may not have it at all.
        connection = getattr(response, "connection", None)
        self._transport: Optional[asyncio.Transport] = getattr(connection, "transport", None)
        self._protocol: object = getattr(connection, "protocol", None)
        if self._transport is not None:
            _keep_alive(self._transport)
            _watch(weakref.ref(self), self._transport)

    async def read(self) -> bytes:
        """Return the next bytes, or none where the body has ended.

        Raises:
            requests.exceptions.RequestException: it broke off or is damaged. What had come before
                was returned first.
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
        """Close the response, and its connection where the body has not ended."""
        transport, self._transport = self._transport, None
        if transport is not None and not self._content.is_eof():  # else others may have it by now
            transport.abort()  # nothing is left to send, so TLS has nothing to wait for
        self._response.close()

    def is_waiting(self) -> bool:
        """Return whether something may yet come."""
        content = self._content
        return self._transport is not None and not content.is_eof() and content.exception() is None

    def fail(self, error: Exception) -> None:
        """End the read that waits.

        Args:
            error: why.
        """
        self._content.set_exception(error)

    def _rest(self) -> bytes:
        """Return what had arrived before the error of the body; the next read raises it again.

        While a body has an error, aiohttp does not hand out what came before.
        """
        content = self._content
        error = content.exception()
        if error is None:
            return b""
        content.set_exception(cast(Exception, None))
        try:
            return content.read_nowait()
        except asyncio.TimeoutError:  # the caller's limit for the whole
            return b""
        finally:
            content.set_exception(error)

    def _was_reset(self) -> bool:
        """Return whether a body that ends with its connection was cut off.

        aiohttp takes a reset for the end of such a body, but keeps the error with the connection.
        """
        headers = self._response.headers
        coding = headers.get("Transfer-Encoding", "").lower()
        if "Content-Length" in headers or "chunked" in coding or self._protocol is None:
            return False
        exception = getattr(self._protocol, "exception", None)
        return isinstance(exception() if callable(exception) else None, OSError)


def _watch(
    body: weakref.ref[AiohttpBody], transport: asyncio.Transport, was_closed: bool = False
) -> None:
    """End a read for which nothing will come, now and then, as long as a body is read.

    Where the framing of a body is damaged aiohttp closes the connection, but whoever waits for the
    body is not told. A connection that ends as it should may be seen closed once before its body
    has an end, but not twice.
    """
    reader = body()
    if reader is None or not reader.is_waiting():
        return
    closed = transport.is_closing()
    if closed and was_closed:
        reader.fail(aiohttp.ClientPayloadError("the connection was closed"))
        return
    asyncio.get_running_loop().call_later(_WATCH_SECONDS, _watch, body, transport, closed)


def _keep_alive(transport: asyncio.Transport) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it is no TCP socket
        _sockets.set_keep_alive(transport.get_extra_info("socket"))
