"""The scripted server itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable, Optional

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

# How long closing waits for a thread, in seconds. Only a test's own function can take that long.
_PATIENCE = 10.0


class ScriptedServer:
    """An HTTP/1.1 server on the loopback interface that follows scripts.

    It listens until it is closed; use a `with` statement. Each request takes the next script. At
    the end of a script the server closes the connection, unless it sent a complete response (as
    long as its Content-Length, or up to its last chunk): then the next request on that connection
    takes the next script.

    A client may disconnect in the middle of a script. The server keeps all other errors, and raises
    the first one when it is closed.

    Args:
        scripts: one for each request, in turn: bytes, steps, or a list or tuple of them; or a
            function that takes the `Request` and returns a script; or an `OnAccept`, which is for
            the next connection instead of a request.
        then: the script for every later request. By default a response with status 204, which
            tells a client of event streams to stop reconnecting.
        routes: scripts for the requests of each path, in turn, instead of `scripts`. After the
            last one, `then` follows.
        port: the port to listen on; 0 lets the system choose.
        tls: the context for TLS; None means plain HTTP.

    Raises:
        TypeError: a script is invalid; the message says why.
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
        self._errors_raised = 0
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
        if error is None:
            self.close()
        else:
            # An error of the test itself comes first; the log has those of scripts.
            self._shut_down()

    @property
    def port(self) -> int:
        """The port. It stays the same while connections are refused."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The URL of the server, with a slash at its end."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in order."""
        return self._journal.requests

    @property
    def sent(self) -> list[Sent]:
        """Every write so far, in order."""
        return self._journal.sent

    @property
    def errors(self) -> list[BaseException]:
        """Errors of scripts so far, and of requests that are not HTTP/1."""
        return self._journal.errors

    @property
    def connections_accepted(self) -> int:
        """How many connections were accepted so far."""
        return self._journal.accepted

    @property
    def connections_open(self) -> int:
        """How many connections are open."""
        return len(self._journal.open)

    @property
    def scripts_left(self) -> int:
        """How many scripts are unused, including those of routes."""
        return len(self._book)

    def url_for(self, target: str) -> str:
        """Build a URL of this server.

        Args:
            target: path and query, with or without a leading slash.

        Returns:
            The URL.
        """
        return self.url + target.removeprefix("/")

    def add(self, *scripts: Scripted) -> None:
        """Append scripts.

        Args:
            scripts: as for the constructor.

        Raises:
            TypeError: a script is invalid; then none is added.
        """
        self._book.add(scripts)

    def refuse(self) -> None:
        """Refuse connections from now on, as if no server ran; open ones stay.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.refuse()

    def ignore(self) -> None:
        """Ignore connections from now on, so that connecting times out.

        Open ones stay. On systems other than Linux, some connections may still succeed.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.ignore()

    def accept(self) -> None:
        """Accept connections again, on the same port.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.accept()

    def disconnect(self) -> None:
        """End every open connection, and its script."""
        for connection in self._connections:
            connection.abort()

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Request]:
        """Wait for a number of requests.

        Args:
            count: how many, on all connections, since the start.
            timeout: how long to wait, in seconds.

        Returns:
            All requests so far.

        Raises:
            TimeoutError: there were fewer in that time.
        """
        self._wait_until(
            lambda: len(self.requests) >= count,
            timeout,
            lambda: f"{len(self.requests)} of {count} requests came",
        )
        return self.requests

    def wait_for_connections(self, count: int, timeout: float = 10.0) -> None:
        """Wait for a number of connections.

        Args:
            count: how many, open or closed, since the start.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: there were fewer in that time.
        """
        self._wait_until(
            lambda: self.connections_accepted >= count,
            timeout,
            lambda: f"{self.connections_accepted} of {count} connections came",
        )

    def wait_for_disconnect(self, connection: Optional[int] = None, timeout: float = 10.0) -> None:
        """Wait until a connection has ended, on either side.

        The server notices at once when a client goes, except while a script calls a function.

        Args:
            connection: the number of the connection, counted from 1; it need not exist yet. None
                waits until no connection is open.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: it was still open after that time.
        """
        self._wait_until(
            lambda: self._has_ended(connection),
            timeout,
            lambda: (
                f"connections {sorted(self._journal.open)} of {self.connections_accepted} are"
                f" open, and {'none' if connection is None else connection} was not to be"
            ),
        )

    def close(self) -> None:
        """Stop listening, end every connection, and wait for every thread to end.

        Closing twice does no harm.

        Raises:
            BaseException: the first error of a script; `errors` has all.
            RuntimeError: a function called by a script does not return.
        """
        self._shut_down()
        new_errors = self.errors[self._errors_raised :]
        self._errors_raised += len(new_errors)
        for error in new_errors[:1]:
            raise error

    def _handle(self, accepted: socket.socket) -> None:
        connection = Connection(accepted, self._book, self._journal, self._tls)
        known = [each for each in self._connections if each.thread.is_alive()]
        # Registered before anything happens on it, so that it can be disconnected.
        self._connections = [*known, connection]
        connection.start()

    def _has_ended(self, connection: Optional[int]) -> bool:
        still_open = self._journal.open
        if connection is None:
            return not still_open
        return connection <= self.connections_accepted and connection not in still_open

    def _wait_until(
        self, reached: Callable[[], bool], timeout: float, found: Callable[[], str]
    ) -> None:
        if not self._journal.wait_until(reached, timeout):
            cause = next(iter(self.errors), None)
            raise TimeoutError(f"after {timeout} seconds: {found()}") from cause

    def _shut_down(self) -> None:
        self._listener.close()
        self.disconnect()
        for connection in self._connections:
            _join(connection.thread)


def _join(thread: threading.Thread) -> None:
    # A script may itself close the server.
    if thread is threading.current_thread():
        return
    thread.join(_PATIENCE)
    if thread.is_alive():
        raise RuntimeError(f"a function called by a script does not return: {thread.name}")
