"""The journal: what the server has seen and done, and waiting for that."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from ._request import Request

_logger = logging.getLogger("sseclient_ng.testing")


class Sent(NamedTuple):
    """One write of the server.

    Attributes:
        time: when the bytes were written, by `time.monotonic`, in seconds.
        size: how many bytes.
        connection: the number of the connection.
    """

    time: float
    size: int
    connection: int


class Journal:
    """Written by the threads of the connections, read by the test."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._sent: list[Sent] = []
        self._errors: list[BaseException] = []
        self._accepted = 0
        self._open: set[int] = set()

    @property
    def requests(self) -> list[Request]:
        with self._changed:
            return list(self._requests)

    @property
    def sent(self) -> list[Sent]:
        with self._changed:
            return list(self._sent)

    @property
    def errors(self) -> list[BaseException]:
        with self._changed:
            return list(self._errors)

    @property
    def accepted(self) -> int:
        with self._changed:
            return self._accepted

    @property
    def open(self) -> set[int]:
        with self._changed:
            return set(self._open)

    def connection_accepted(self) -> int:
        """Count a connection and return its number."""
        with self._changed:
            self._accepted += 1
            self._open.add(self._accepted)
            self._changed.notify_all()
            return self._accepted

    def connection_closed(self, connection: int) -> None:
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def request_read(self, request: Request) -> None:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def bytes_sent(self, sent: Sent) -> None:
        # No notice: nobody waits for this, and a large body is very many writes.
        with self._changed:
            self._sent.append(sent)

    def failed(self, connection: int, error: BaseException) -> None:
        """Keep an error, and log it."""
        _logger.error("connection %d of a scripted server failed", connection, exc_info=error)
        with self._changed:
            self._errors.append(error)

    def wait_until(self, reached: Callable[[], bool], timeout: float) -> bool:
        """Wait for a condition; return False if it was not met in time."""
        with self._changed:
            return self._changed.wait_for(reached, timeout)
