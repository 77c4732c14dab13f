"""The listener: one port that accepts, refuses or ignores connections."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import Callable

_HOST = "127.0.0.1"


class Listener:
    """Holds a port of the loopback interface until it is closed.

    At first connections are refused.
    """

    def __init__(self, port: int, handle: Callable[[socket.socket], None]) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        # What to undo, latest first, before the listener does something else.
        self._undo = contextlib.ExitStack()
        self._accepting = False
        self._closed = False

    def accept(self) -> None:
        """Accept every connection and have it handled."""
        with self._lock:
            if not self._accepting:
                self._refuse()
                self._accepting = True
                self._start()

    def refuse(self) -> None:
        """Refuse connections, including those that wait to be accepted."""
        with self._lock:
            self._refuse()

    def ignore(self) -> None:
        """Leave connections unanswered, as systems do when their queue is full."""
        with self._lock:
            self._refuse()
            self._socket.listen(0)
            for waiting in _connections_that_fill_the_queue(self.port):
                self._undo.callback(waiting.close)

    def close(self) -> None:
        """Release the port; closing twice does no harm."""
        with self._lock:
            self._closed = True
            self._stop()

    def _stop(self) -> None:
        self._accepting = False
        self._undo.close()
        self._socket.close()

    def _refuse(self) -> None:
        if self._closed:
            raise RuntimeError("the server is closed")
        self._stop()
        # A bound socket that does not listen keeps the port.
        self._socket = _bound(self.port)

    def _start(self) -> None:
        self._socket.listen(128)
        self._socket.setblocking(False)
        awoken, waker = socket.socketpair()
        thread = threading.Thread(
            target=self._run, args=(self._socket, awoken), name="scripted listener", daemon=True
        )
        self._undo.callback(awoken.close)
        self._undo.callback(thread.join)
        self._undo.callback(waker.close)
        thread.start()

    def _run(self, listening: socket.socket, awoken: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(awoken, selectors.EVENT_READ)
            selector.register(listening, selectors.EVENT_READ)
            while all(key.fileobj is not awoken for key, _ in selector.select()):
                # If the client has gone, there may be nothing to accept.
                with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
                    self._handle(listening.accept()[0])


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_HOST, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _connections_that_fill_the_queue(port: int) -> list[socket.socket]:
    """Fill the one place in a queue of length 0."""
    waiting = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect_ex((_HOST, port))
    return waiting
