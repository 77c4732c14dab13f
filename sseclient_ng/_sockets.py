"""Sockets of other libraries: keep-alive, and waking a thread that waits for one.

Neither urllib3 nor requests hands out the socket of a response, but its file descriptor is public
(``fileno()``), and a duplicate of a descriptor is the same socket to the system.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sys
import threading
from collections.abc import Generator
from types import FrameType
from typing import Any, Callable, Optional, Protocol, cast

from urllib3.connection import HTTPConnection

__all__ = ["keep_alive", "set_keep_alive", "wake_connecting", "wake_reading", "watch_frames"]

# Seconds: the system notices a dead peer after two and a half minutes, where Linux' default takes
# more than two hours. Not every system has every option.
_KEEP_ALIVE_OPTIONS = {
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPALIVE": 60,
    "TCP_KEEPINTVL": 30,
    "TCP_KEEPCNT": 3,
}


class SupportsOptions(Protocol):
    """A socket, or asyncio's view of one."""

    def setsockopt(self, level: int, optname: int, value: int, /) -> None:
        """Set an option."""


def keep_alive(response: object) -> None:
    """Have the system notice when the peer of a response's connection dies.

    Args:
        response: a response of urllib3; nothing happens if it has no socket.
    """
    connection = _connection_of(response)
    with contextlib.suppress(OSError):
        if isinstance(connection, socket.socket):  # also one in TLS
            set_keep_alive(connection)
            return
        with _duplicate(response) as duplicate:
            set_keep_alive(duplicate)


def set_keep_alive(connection: SupportsOptions) -> None:
    """Have the system notice when the peer of a socket dies.

    Args:
        connection: the socket.

    Raises:
        OSError: it is no TCP socket.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEP_ALIVE_OPTIONS.items():
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, seconds)


def wake_reading(response: object) -> None:
    """End a read that waits in any thread, by shutting down the response's connection.

    Args:
        response: has ``fileno()``, or a ``connection``; without a socket nothing happens.
    """
    with contextlib.suppress(OSError), _duplicate(response) as connection:
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _duplicate(response: object) -> Generator[socket.socket, None, None]:
    """Yield a socket of our own for the connection of a response.

    Raises:
        OSError: it has none, or it was closed meanwhile.
    """
    descriptor = _descriptor(response)
    blocking = _is_blocking(descriptor)
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as connection:
        # socket.setdefaulttimeout() has made it, and so the connection, non-blocking.
        if blocking is not None:
            os.set_blocking(connection.fileno(), blocking)
        # The descriptor may have been closed and reused before it was duplicated, but not if the
        # response still has it.
        if _descriptor(response) != descriptor:  # pragma: no cover - a race
            raise OSError("the connection was closed")
        yield connection


def _is_blocking(descriptor: int) -> Optional[bool]:
    """Return the blocking mode of a socket, or None where the system does not tell."""
    try:
        return os.get_blocking(descriptor)
    except (AttributeError, OSError):  # on Windows
        return None


def _descriptor(response: object) -> int:
    for holder in (response, _connection_of(response)):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # it has none, or is closed
            descriptor = holder.fileno()  # type: ignore[attr-defined]
            if isinstance(descriptor, int) and descriptor >= 0:
                return descriptor
    raise OSError("no connection")


def _connection_of(response: object) -> object:
    """Return the socket of a response that has no descriptor itself, as with urllib3.future."""
    return getattr(getattr(response, "connection", None), "sock", None)


_FindFrame = Callable[[], Optional[FrameType]]


def watch_frames() -> _FindFrame:
    """Return a function that finds the newest frame of this thread, from another one.

    Below gevent and eventlet it is the newest of this greenlet, which the interpreter does not
    list: all of them run in one thread.
    """
    greenlet = sys.modules.get("greenlet")
    current: Any = greenlet.getcurrent() if greenlet is not None else None
    thread = threading.get_ident()
    return lambda: getattr(current, "gr_frame", None) or _frame_of_thread(thread)


def _frame_of_thread(thread: int) -> Optional[FrameType]:
    frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]
    return frames.get(thread)


def wake_connecting(find_frame: _FindFrame, frames_below: Optional[FrameType]) -> None:
    """End what a thread waits for while it connects.

    While ``get()`` of requests runs, nothing public leads to the socket that it has made. The
    frames of the waiting thread do: the socket is a local of urllib3's and http.client's
    functions, or belongs to a connection or a file that is one.

    A free-threaded interpreter may crash when another thread's frames are read. There this does
    nothing: the attempt ends with its timeout.

    Args:
        find_frame: what `watch_frames` has returned in that thread.
        frames_below: a frame of that thread, of the function that connects; only what it has called
            is looked at.
    """
    if not _has_gil():
        return
    connections: list[socket.socket] = []
    frame = find_frame()
    while frame is not frames_below:
        # A race: the function has returned meanwhile, and these are the sockets of its callers.
        if frame is None:  # pragma: no cover
            return
        found = map(_socket_of, list(frame.f_locals.values()))
        connections += [connection for connection in found if connection is not None]
        frame = frame.f_back
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _has_gil() -> bool:
    is_enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    return is_enabled()


def _socket_of(value: object) -> Optional[socket.socket]:
    if isinstance(value, (http.client.HTTPConnection, HTTPConnection)):
        value = getattr(value, "sock", None)
    elif isinstance(value, socket.SocketIO):
        value = getattr(value, "_sock", None)
    elif hasattr(value, "get_extra_info"):  # a stream of httpcore
        value = cast(Any, value).get_extra_info("socket")
    return value if isinstance(value, socket.socket) else None
