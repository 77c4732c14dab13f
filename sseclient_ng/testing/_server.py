"""The scripted server itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Optional

from ._connection import Connection
from ._journal import Journal, Sent
from ._listener import Listener
from ._script import NO_CONTENT, ScriptBook, Scripted

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Mapping
    from types import TracebackType

    from ._request import Request

# How long closing waits for a thread, in seconds; only a function called by a script can take so long.
_PATIENCE = 10.0


class ScriptedServer:
    """An HTTP/1.1 server on the loopback interface that sends exactly the bytes it was told to.

    It listens from its construction on. Every request that it reads takes the next script. When a script is over,
    the connection is closed, unless what it sent is a complete response (its Content-Length is reached, its last
    chunk sent): then the next request on the connection takes the next script.

    A client that disconnects in the middle of a script is no error.

    Args:
        scripts: one script for each request, in turn; or a function that gets the `Request` and returns its script;
            or an `OnAccept`, which is for the next connection instead.
        then: the script for every request after these. By default a response with status 204, which tells clients of
            event streams to stop reconnecting.
        routes: scripts, in turn, for the requests of one path: a list for each path. They do not take from
            `scripts`, and when they are used up, `then` follows.
        port: the port to listen on; 0 lets the system choose.
        tls: speaks TLS by this context; None speaks plain HTTP.

    Raises:
        TypeError: a script is not made of bytes, steps and functions.
        OSError: the port is taken.
    """

    def __init__(
        self,
        *scripts: Scripted,
        then: Scripted = NO_CONTENT,
        routes: Optional[Mapping[str, list[Scripted]]] = None,
        port: int = 0,
        tls: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._book = ScriptBook(scripts, then, routes or {})
        self._journal = Journal()
        self._tls = tls
        self._connections: list[Connection] = []
        self._closed = False
        self._listener = Listener(port, self._handle)
        self._listener.accept()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(
        self,
        error_type: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._shut_down()
        # What the test itself raises says more; the log has the rest.
        if error is None:
            self._raise_error()

    @property
    def port(self) -> int:
        """The port of the server."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The URL of the root of the server, with a slash at its end."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/"

    @property
    def requests(self) -> list[Request]:
        """Every request that was read, in the order of their ends."""
        return self._journal.requests

    @property
    def sent(self) -> list[Sent]:
        """Every write, in order."""
        return self._journal.sent

    @property
    def errors(self) -> list[Exception]:
        """What scripts raised, and what clients sent that was not HTTP."""
        return self._journal.errors

    @property
    def connections_accepted(self) -> int:
        """How many connections were accepted so far."""
        return self._journal.accepted

    @property
    def connections_open(self) -> int:
        """How many of them neither side has ended yet."""
        return len(self._journal.open)

    @property
    def scripts_left(self) -> int:
        """How many scripts have not been used."""
        return len(self._book)

    def url_for(self, target: str) -> str:
        """Build the URL of a path of the server.

        Args:
            target: path and query, with or without the slash at its beginning.

        Returns:
            The URL.
        """
        return self.url + (target[1:] if target.startswith("/") else target)

    def add(self, *scripts: Scripted) -> None:
        """Put further scripts behind those that have not been used.

        Args:
            scripts: as for the constructor.

        Raises:
            TypeError: a script is not made of bytes, steps and functions.
        """
        self._book.add(scripts)

    def refuse(self) -> None:
        """Refuse connections from now on, as if the server did not run; connections that are open stay."""
        self._listener.refuse()

    def ignore(self) -> None:
        """Leave connections unanswered from now on, so that connecting times out; connections that are open stay.

        This relies on what Linux does with connections that nobody accepts; other systems may let some through.
        """
        self._listener.ignore()

    def accept(self) -> None:
        """Accept connections again, on the same port."""
        self._listener.accept()

    def disconnect(self) -> None:
        """End every open connection and its script; new ones are accepted as before."""
        for connection in list(self._connections):
            connection.abort()

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Request]:
        """Wait until so many requests have been read.

        Args:
            count: how many, of all connections together.
            timeout: how long to wait, in seconds.

        Returns:
            All the requests so far.

        Raises:
            TimeoutError: fewer have come in time.
        """
        if not self._journal.wait_until(lambda: len(self.requests) >= count, timeout):
            raise TimeoutError(
                f"{len(self.requests)} of {count} requests came within {timeout} seconds"
            )
        return self.requests

    def wait_for_connections(self, count: int, timeout: float = 10.0) -> None:
        """Wait until so many connections have been accepted.

        Args:
            count: how many, closed ones included.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: fewer have come in time.
        """
        if not self._journal.wait_until(lambda: self.connections_accepted >= count, timeout):
            raise TimeoutError(
                f"{self.connections_accepted} of {count} connections came within {timeout} seconds"
            )

    def wait_for_disconnect(self, connection: Optional[int] = None, timeout: float = 10.0) -> None:
        """Wait until a connection has ended, by either side.

        A client's end is noticed while the script waits, and when the next request is waited for.

        Args:
            connection: its number, counted from 1; None waits until no connection is open.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: it is still open then.
        """
        if not self._journal.wait_until(lambda: not self._is_open(connection), timeout):
            still = "a connection" if connection is None else f"connection {connection}"
            raise TimeoutError(f"{still} was still open after {timeout} seconds")

    def close(self) -> None:
        """Stop listening, end every connection, and wait for the threads to end; a second time does nothing.

        Raises:
            Exception: the first thing that went wrong in a script, as it was raised there.
            RuntimeError: a function called by a script does not return.
        """
        if not self._closed:
            self._shut_down()
            self._raise_error()

    def _handle(self, accepted: socket.socket) -> None:
        self._connections = [known for known in self._connections if known.thread.is_alive()]
        self._connections.append(Connection(accepted, self._book, self._journal, self._tls))

    def _is_open(self, connection: Optional[int]) -> bool:
        still_open = self._journal.open
        return bool(still_open) if connection is None else connection in still_open

    def _shut_down(self) -> None:
        self._closed = True
        self._listener.close()
        self.disconnect()
        for connection in self._connections:
            _join(connection.thread)

    def _raise_error(self) -> None:
        for error in self.errors[:1]:
            raise error


def _join(thread: threading.Thread) -> None:
    # A script may itself close the server.
    if thread is threading.current_thread():
        return
    thread.join(_PATIENCE)
    if thread.is_alive():
        raise RuntimeError(f"a function called by a script did not return in {_PATIENCE} seconds")
