"""The listener: one port, on which connections are accepted, refused or left without an answer."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import Callable

_HOST = "127.0.0.1"


class Listener:
    """Holds a port of the loopback interface from its construction until it is closed."""

    def __init__(self, port: int, handle: Callable[[socket.socket], None]) -> None:
        self._handle = handle
        self._state = contextlib.ExitStack()
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]

    def accept(self) -> None:
        """Accept every connection, and have it handled."""
        self.refuse()
        self._socket.listen(128)
        self._socket.setblocking(False)
        woken, waker = socket.socketpair()
        thread = threading.Thread(target=self._run, args=(self._socket, woken), daemon=True)
        self._state.callback(woken.close)
        self._state.callback(thread.join)
        self._state.callback(waker.close)
        thread.start()

    def refuse(self) -> None:
        """Let the system refuse connections, and those as well that wait to be accepted."""
        self._state.close()
        self._socket.close()
        # Bound, so that nobody else gets the port meanwhile, but not listening.
        self._socket = _bound(self.port)

    def ignore(self) -> None:
        """Let the system leave connections without an answer, as it does when too many wait."""
        self.refuse()
        self._socket.listen(0)
        for waiting in _connections_that_fill(self.port):
            self._state.callback(waiting.close)

    def close(self) -> None:
        """Give the port back."""
        self._state.close()
        self._socket.close()

    def _run(self, listening: socket.socket, woken: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(listening, selectors.EVENT_READ)
            while all(key.fileobj is not woken for key, _ in selector.select()):
                # A client that has gone again may leave nothing to accept.
                with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
                    self._handle(listening.accept()[0])


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def _connections_that_fill(port: int) -> list[socket.socket]:
    """Take the one place in a queue of length 0, and knock once more."""
    waiting = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect_ex((_HOST, port))
    return waiting
