"""How far an asynchronous request of httpx has come, to end it where the library cleans up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable, Optional

__all__ = ["Progress", "Trace"]

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]

# Events of the library, by the ends of their names. Where it waits, it can be cancelled.
_WAITING = (
    "retry.started",
    "send_request_headers.started",
    "send_request_body.started",
    "receive_response_headers.started",
    "receive_response_body.started",
)
# Cancelled there, old versions of anyio leave the connection open that was just made.
_CONNECTING = ("connect_tcp.started", "connect_unix_socket.started")
# Cancelled there, the library leaves the connection open; closed, it ends the request.
_HANDSHAKE = "start_tls.started"
# An event of the request that comes later than this is not worth waiting for.
_SECONDS = 0.1


class Progress:
    """Follows one request by the events that the library's "trace" extension reports.

    A task that is cancelled where the library closes or takes a connection leaves that connection
    in its pool for ever, and a full pool answers no request. So a task is cancelled only where it
    waits for the network, or else at the next such place. Over HTTP/2 it is not cancelled at all:
    if that hits a write, all streams of the connection end.

    Args:
        trace: the caller's own "trace" extension, or None.
    """

    def __init__(self, trace: Optional[Trace]) -> None:
        self._callers_trace = trace
        self._event = ""
        self._stream: Any = None  # the connection, from when it is made until TLS is set up
        self._ended = False
        self._closing: Optional[asyncio.Future[None]] = None

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take an event of the library.

        Raises:
            asyncio.CancelledError: the request was ended before.
        """
        self._event = event
        if event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
        if self._callers_trace is not None:
            await self._callers_trace(event, info)
        if self._ended and event.endswith(_HANDSHAKE):
            await self._stream.aclose()
        elif self._ended and event.endswith(_WAITING + _CONNECTING):
            raise asyncio.CancelledError

    @property
    def is_shared(self) -> bool:
        """Whether other streams use the same connection, over HTTP/2."""
        return self._event.startswith("http2.")

    def end(self, task: asyncio.Future[Any]) -> None:
        """Cancel the task of the request, at once or where it waits for the network next.

        Over HTTP/2 it goes on to the next bytes of its stream.
        """
        self._ended = True
        if self.is_shared:
            return
        if self._event.endswith(_HANDSHAKE):
            self._closing = asyncio.ensure_future(self._stream.aclose())
        elif self._event.endswith(_WAITING):
            task.cancel()
        else:
            asyncio.get_running_loop().call_later(_SECONDS, task.cancel)
