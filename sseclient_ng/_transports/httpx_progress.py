"""How far an asynchronous request of httpx has come, to end it where the library cleans up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable, Optional

__all__ = ["Progress", "Trace"]

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]

# What the library waits for when it can be cancelled: the ends of the names of its events.
_WAITING = (
    "connect_tcp.started",
    "connect_unix_socket.started",
    "start_tls.started",
    "retry.started",
    "send_request_headers.started",
    "send_request_body.started",
    "receive_response_headers.started",
    "receive_response_body.started",
)
# An event of the request that comes later than this is not worth waiting for.
_SECONDS = 0.25


class Progress:
    """Follows one request by the events that the library's "trace" extension reports.

    A task that is cancelled where the library closes or takes a connection leaves that connection
    in its pool for ever, and a full pool answers no request. So a task is cancelled only where it
    waits for the network, or else at the next such place.

    Args:
        trace: the caller's own "trace" extension, or None.
    """

    def __init__(self, trace: Optional[Trace]) -> None:
        self._callers_trace = trace
        self._event = ""
        self._ended = False

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take an event of the library.

        Raises:
            asyncio.CancelledError: the request was ended before.
        """
        self._event = event
        if self._callers_trace is not None:
            await self._callers_trace(event, info)
        if self._ended and event.endswith(_WAITING):
            raise asyncio.CancelledError

    def end(self, task: asyncio.Future[Any]) -> None:
        """Cancel the task of the request, at once or where it waits for the network next."""
        self._ended = True
        if self._event.endswith(_WAITING):
            task.cancel()
        else:
            asyncio.get_running_loop().call_later(_SECONDS, task.cancel)
