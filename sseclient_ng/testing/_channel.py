"""One accepted connection: reading, writing, waiting, and every way to end it."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Generator

# How often a wait for an event checks that the client is still connected, in seconds.
_GLANCE = 0.01
# struct linger: on, with no time to linger. Closing such a socket sends RST.
_NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Disconnected(Exception):
    """The connection has ended, and with it the script."""


@contextlib.contextmanager
def _disconnecting() -> Generator[None, None, None]:
    """Translate errors of a socket whose client has gone into `Disconnected`."""
    try:
        yield
    except OSError as error:
        raise Disconnected from error


class Channel:
    """One connection, for the thread that serves it; `abort` is for other threads."""

    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        self._swapping = threading.Lock()
        self._received = bytearray()
        # Some systems refuse options on a connection that the client has already reset.
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Do the server's side of the handshake; raise `Disconnected` if the client aborts it."""
        with _disconnecting():
            with self._swapping:
                self._socket = context.wrap_socket(
                    self._socket, server_side=True, do_handshake_on_connect=False
                )
            self._socket.settimeout(None)
            self._socket.do_handshake()

    def send(self, data: bytes) -> None:
        """Write all of the data before returning."""
        with _disconnecting():
            self._socket.settimeout(None)
            self._socket.sendall(data)

    def read_through(self, mark: bytes) -> bytes:
        """Read up to and including the mark, however long it takes."""
        while (start := self._received.find(mark)) < 0:
            self._receive(None)
        return self._take(start + len(mark))

    def read_exactly(self, size: int) -> bytes:
        """Read that many bytes, however long it takes."""
        while len(self._received) < size:
            self._receive(None)
        return self._take(size)

    def pause(self, seconds: float) -> None:
        """Wait that long; raise `Disconnected` as soon as the client goes."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self._receive(remaining)

    def wait_for(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set; return False if it was not in time."""
        deadline = time.monotonic() + seconds
        while not event.wait(min(_GLANCE, seconds)):
            if time.monotonic() >= deadline:
                return False
            self._receive(0.0)
        return True

    def hold(self) -> NoReturn:
        """Wait until the client goes."""
        while True:
            self._receive(None)

    def half_close(self, close_notify: bool = True) -> None:
        """Send FIN, over TLS after a closing alert; reading stays possible."""
        if close_notify:
            self._send_close_notify()
        with _disconnecting():
            socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def close(self, close_notify: bool = True) -> None:
        """Close the connection with FIN, unless it has ended."""
        with contextlib.suppress(Disconnected):
            self.half_close(close_notify)
            # Closing a socket with unread bytes in it would send RST instead.
            while self._receive(0.0):
                pass
        self._socket.close()

    def reset(self) -> None:
        """Reset the connection."""
        with _disconnecting():
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._socket.close()

    def abort(self) -> None:
        """End the connection from any thread; its own thread gets `Disconnected`."""
        # Not SSLSocket.shutdown, which would remove the TLS state under a reading thread.
        with self._swapping, contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _receive(self, seconds: float | None) -> bool:
        """Wait for bytes, for ever if None; return False if none came in time."""
        with _disconnecting():
            self._socket.settimeout(seconds)
            try:
                data = self._socket.recv(65536)
            except (socket.timeout, BlockingIOError, ssl.SSLWantReadError):
                return False
        if not data:
            raise Disconnected
        self._received += data
        return True

    def _take(self, size: int) -> bytes:
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _send_close_notify(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            # OSError: the client's own alert is not awaited. ValueError: already closed.
            with contextlib.suppress(OSError, ValueError):
                self._socket.settimeout(0.0)
                self._socket.unwrap()
