"""The scripted server itself."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Callable, NamedTuple, Optional, TypeVar

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

_Self = TypeVar("_Self", bound="ScriptedServer")

# How long closing waits for a thread, in seconds. Only a test's own function can take that long.
_PATIENCE = 10.0
# How often a coroutine looks whether what it waits for has happened, in seconds.
_GLANCE = 0.005


class _ServerURL(str):
    """A URL that ends with a slash, to which a path with a slash or without one can be added."""

    __slots__ = ()

    def __add__(self, path: str) -> str:
        return str(self) + path.removeprefix("/")


class _Goal(NamedTuple):
    """What a test waits for.

    Args:
        reached: whether it has happened.
        found: says what has happened instead.
        method: the name of the method that waits for it.
    """

    reached: Callable[[], bool]
    found: Callable[[], str]
    method: str


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

    def __enter__(self: _Self) -> _Self:
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
        """The URL of the server, with a slash at its end.

        A path can be added with a slash or without one: `server.url + "/events"`.
        """
        return _ServerURL(f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/")

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
        return self.url + target

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
            RuntimeError: there are fewer, and waiting would stop the event loop of this thread.
        """
        self._wait(self._requests_came(count), timeout)
        return self.requests

    async def wait_for_requests_async(self, count: int, timeout: float = 10.0) -> list[Request]:
        """Wait for a number of requests, in a coroutine.

        Args:
            count: how many, on all connections, since the start.
            timeout: how long to wait, in seconds.

        Returns:
            All requests so far.

        Raises:
            TimeoutError: there were fewer in that time.
        """
        await self._wait_async(self._requests_came(count), timeout)
        return self.requests

    def wait_for_connections(self, count: int, timeout: float = 10.0) -> None:
        """Wait for a number of connections.

        Args:
            count: how many, open or closed, since the start.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: there were fewer in that time.
            RuntimeError: there are fewer, and waiting would stop the event loop of this thread.
        """
        self._wait(self._connections_came(count), timeout)

    async def wait_for_connections_async(self, count: int, timeout: float = 10.0) -> None:
        """Wait for a number of connections, in a coroutine.

        Args:
            count: how many, open or closed, since the start.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: there were fewer in that time.
        """
        await self._wait_async(self._connections_came(count), timeout)

    def wait_for_disconnect(self, connection: Optional[int] = None, timeout: float = 10.0) -> None:
        """Wait until a connection has ended, on either side.

        The server notices at once when a client goes, except while a script calls a function.

        Args:
            connection: the number of the connection, counted from 1; it need not exist yet. None
                waits until no connection is open.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: it was still open after that time.
            RuntimeError: it is open, and waiting would stop the event loop of this thread.
        """
        self._wait(self._connection_ended(connection), timeout)

    async def wait_for_disconnect_async(
        self, connection: Optional[int] = None, timeout: float = 10.0
    ) -> None:
        """Wait until a connection has ended, in a coroutine.

        Args:
            connection: the number of the connection, counted from 1; it need not exist yet. None
                waits until no connection is open.
            timeout: how long to wait, in seconds.

        Raises:
            TimeoutError: it was still open after that time.
        """
        await self._wait_async(self._connection_ended(connection), timeout)

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

    def _requests_came(self, count: int) -> _Goal:
        return _Goal(
            lambda: len(self.requests) >= count,
            lambda: f"{len(self.requests)} of {count} requests came",
            "wait_for_requests",
        )

    def _connections_came(self, count: int) -> _Goal:
        return _Goal(
            lambda: self.connections_accepted >= count,
            lambda: f"{self.connections_accepted} of {count} connections came",
            "wait_for_connections",
        )

    def _connection_ended(self, connection: Optional[int]) -> _Goal:
        return _Goal(
            lambda: self._has_ended(connection),
            lambda: (
                f"connections {sorted(self._journal.open)} of {self.connections_accepted} are"
                f" open, and {'none' if connection is None else connection} was not to be"
            ),
            "wait_for_disconnect",
        )

    def _has_ended(self, connection: Optional[int]) -> bool:
        still_open = self._journal.open
        if connection is None:
            return not still_open
        return connection <= self.connections_accepted and connection not in still_open

    def _wait(self, goal: _Goal, timeout: float) -> None:
        if not goal.reached() and _is_in_event_loop():
            raise RuntimeError(
                f"{goal.method}() would stop the event loop: await {goal.method}_async()"
            )
        if not self._journal.wait_until(goal.reached, timeout):
            raise self._late(goal, timeout)

    async def _wait_async(self, goal: _Goal, timeout: float) -> None:
        from asyncio import sleep  # not for those who test without it

        deadline = time.monotonic() + timeout
        while not goal.reached():
            if time.monotonic() >= deadline:
                raise self._late(goal, timeout)
            await sleep(_GLANCE)

    def _late(self, goal: _Goal, timeout: float) -> TimeoutError:
        late = TimeoutError(f"after {timeout} seconds: {goal.found()}")
        late.__cause__ = next(iter(self.errors), None)
        return late

    def _shut_down(self) -> None:
        self._listener.close()
        self.disconnect()
        for connection in self._connections:
            _join(connection.thread)


def _is_in_event_loop() -> bool:
    asyncio = sys.modules.get("asyncio")  # whoever has a loop has imported it
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _join(thread: threading.Thread) -> None:
    # A script may itself close the server.
    if thread is threading.current_thread():
        return
    thread.join(_PATIENCE)
    if thread.is_alive():
        raise RuntimeError(f"a function called by a script does not return: {thread.name}")
