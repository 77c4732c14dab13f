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

# How long closing waits for a thread, in seconds. Only a function of the test can take so long.
_PATIENCE = 10.0


class ScriptedServer:
    """An HTTP/1.1 server on the loopback interface that sends exactly what it was told to.

    It listens from its construction until it is closed, best by a `with` statement. Each request
    that it reads takes the next script. When a script is over, the connection is closed, unless
    what was sent is a complete response (as long as its Content-Length says, or up to its last
    chunk): then the next request on that connection takes the next script.

    A client that disconnects in the middle of a script is no error. Everything else that goes
    wrong is kept, and raised when the server is closed.

    Args:
        scripts: one for each request, in turn: bytes, steps, or a list or tuple of them; or a
            function that gets the `Request` and returns such a script; or an `OnAccept`, which
            is for the next connection rather than for a request.
        then: the script for every request after these. By default a response with status 204,
            which tells a client of event streams to stop reconnecting.
        routes: for each of these paths a list of scripts, for its requests in turn, which then
            take none of `scripts`. When the list is used up, `then` follows.
        port: the port to listen on; 0 lets the system choose.
        tls: the context by which to speak TLS; None speaks plain HTTP.

    Raises:
        TypeError: a script is none; the text says what was found in it.
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
            # What the test itself raises comes first; the log has what the scripts raised.
            self._shut_down()

    @property
    def port(self) -> int:
        """The port, which stays the same while connections are refused."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The URL of the server, with a slash at its end."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/"

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in the order in which they had been read."""
        return self._journal.requests

    @property
    def sent(self) -> list[Sent]:
        """Every write so far, in order."""
        return self._journal.sent

    @property
    def errors(self) -> list[BaseException]:
        """What scripts raised so far, and what requests that are not HTTP/1 led to."""
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
        """How many scripts have not been used, those of routes included."""
        return len(self._book)

    def url_for(self, target: str) -> str:
        """Build a URL of this server.

        Args:
            target: path and query; the slash in front may be left off.

        Returns:
            The URL.
        """
        return self.url + target.removeprefix("/")

    def add(self, *scripts: Scripted) -> None:
        """Put further scripts behind those that have not been used.

        Args:
            scripts: as for the constructor.

        Raises:
            TypeError: a script is none; then none is added.
        """
        self._book.add(scripts)

    def refuse(self) -> None:
        """Refuse connections from now on, as if no server ran; those that are open stay.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.refuse()

    def ignore(self) -> None:
        """Leave connections unanswered from now on, so that connecting times out.

        Those that are open stay. This is what Linux does with more connections than may wait;
        other systems may let some through.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.ignore()

    def accept(self) -> None:
        """Accept connections again, on the same port; does nothing if they are accepted.

        Raises:
            RuntimeError: the server is closed.
        """
        self._listener.accept()

    def disconnect(self) -> None:
        """End every open connection, and its script; new ones are accepted as before."""
        for connection in self._connections:
            connection.abort()

    def wait_for_requests(self, count: int, timeout: float = 10.0) -> list[Request]:
        """Wait until so many requests have been read.

        Args:
            count: how many, on all connections together, from the first on.
            timeout: how long to wait, in seconds.

        Returns:
            All requests so far.

        Raises:
            TimeoutError: fewer came in that time.
        """
        self._wait_until(
            lambda: len(self.requests) >= count,
            timeout,
            lambda: f"{len(self.requests)} of {count} requests came",
        )
        return self.requests

    def wait_for_connections(self, count: int, timeout: float = 10.0) -> None:
        """Wait until so many connections have been accepted.

        Args:
            count: how many, from the first on, whether they are still open or not.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: fewer came in that time.
        """
        self._wait_until(
            lambda: self.connections_accepted >= count,
            timeout,
            lambda: f"{self.connections_accepted} of {count} connections came",
        )

    def wait_for_disconnect(self, connection: Optional[int] = None, timeout: float = 10.0) -> None:
        """Wait until a connection has ended, whichever side ended it.

        The server notices that a client has gone whenever it sends, waits or reads, which is
        always, but for the functions that scripts call.

        Args:
            connection: the number of the connection, counted from 1; it may be yet to come. None
                waits until no connection is open.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: it did not end in that time.
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

        A second time does nothing, and raises nothing again.

        Raises:
            BaseException: the first error of a script, as it was raised there; `errors` has all.
            RuntimeError: a function that a script has called does not return.
        """
        self._shut_down()
        new_errors = self.errors[self._errors_raised :]
        self._errors_raised += len(new_errors)
        for error in new_errors[:1]:
            raise error

    def _handle(self, accepted: socket.socket) -> None:
        connection = Connection(accepted, self._book, self._journal, self._tls)
        known = [each for each in self._connections if each.thread.is_alive()]
        # Known before anything happens on it: whoever sees that may want it disconnected.
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
