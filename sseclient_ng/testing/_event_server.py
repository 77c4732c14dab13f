"""A server to which a running test pushes events."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple, Optional, Union

from sseclient_ng._core.event import Event

from ._piece import written
from ._response import LAST_CHUNK, chunk, response
from ._script import NO_CONTENT
from ._server import ScriptedServer
from ._steps import WaitFor

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from ._piece import Piece
    from ._request import Request


class EventServer(ScriptedServer):
    """A server whose stream a running test writes, event by event.

    Every client gets all events from the first one on, also those that were sent before it came. A
    client that connects again with a `Last-Event-ID` gets those behind that event; so give events
    IDs where a connection is to break. The stream stays open until `end`.

    It is a `ScriptedServer` as well: it records requests, refuses and ends connections, and scripts
    that are added are the answers to the next requests, before the stream.

    Args:
        port: the port to listen on; 0 lets the system choose.
        tls: the context for TLS; None means plain HTTP.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, *, port: int = 0, tls: Optional[ssl.SSLContext] = None) -> None:
        self._log = _Log()
        super().__init__(then=self._answer, port=port, tls=tls)

    def send(self, *events: Union[Event, str, bytes]) -> None:
        r"""Send events to every client, and keep them for those that come later.

        It does not wait for the clients, so a coroutine may call it.

        Args:
            events: each an `Event`; or text or bytes, which are sent as they are, such as a comment
                or `"retry: 10\n\n"`.

        Raises:
            TypeError: something else.
            ValueError: an event can't be written.
            RuntimeError: the stream has ended.
        """
        self._log.append([_Sent(_bytes_of(event), _own_id(event)) for event in events])

    def end(self) -> None:
        """End the stream: responses end, and a client that has all events gets 204 from now on."""
        self._log.end()

    def _answer(self, request: Request) -> Iterator[Piece]:
        position = self._log.position_after(request.last_event_id)
        if position is None:
            yield from NO_CONTENT
            return
        yield from response(complete=False)
        while True:
            sent, ended, news = self._log.read(position)
            for each in sent:
                yield chunk(each.data)
            position += len(sent)
            if ended:
                self._log.finished()
                yield LAST_CHUNK
                return
            yield WaitFor(news, threading.TIMEOUT_MAX)


class _Sent(NamedTuple):
    data: bytes
    id: Optional[str]


class _Log:
    """What was sent, for the threads of many connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: list[_Sent] = []
        self._ended = False
        self._was_read_to_its_end = False
        self._news = threading.Event()  # set when there is more, and replaced

    def append(self, sent: list[_Sent]) -> None:
        with self._lock:
            if self._ended:
                raise RuntimeError("the stream has ended: nothing can be sent after end()")
            self._sent += sent
            self._tell()

    def end(self) -> None:
        with self._lock:
            self._ended = True
            self._tell()

    def finished(self) -> None:
        """Note that a client has read everything."""
        with self._lock:
            self._was_read_to_its_end = True

    def read(self, position: int) -> tuple[list[_Sent], bool, threading.Event]:
        """Return what is behind a position, whether that is all, and what is set when it is not."""
        with self._lock:
            return self._sent[position:], self._ended, self._news

    def position_after(self, last_event_id: Optional[str]) -> Optional[int]:
        """Return where a client goes on; None if it has everything, and there will be no more.

        A client whose events have no IDs can't say what it has. After the end it is taken for the
        one that has read everything, if one has.
        """
        with self._lock:
            found = [i for i, sent in enumerate(self._sent, 1) if sent.id == last_event_id]
            position = found[-1] if found and last_event_id else 0
            knows_all = position == len(self._sent) if position else self._was_read_to_its_end
            return None if self._ended and knows_all else position

    def _tell(self) -> None:
        news, self._news = self._news, threading.Event()
        news.set()


def _bytes_of(event: object) -> bytes:
    data = written(event)
    if not isinstance(data, bytes):
        raise TypeError(f"send() needs an Event, text or bytes, not {event!r}")
    return data


def _own_id(event: Union[Event, str, bytes]) -> Optional[str]:
    if isinstance(event, bytes):
        event = event.decode("utf-8", "replace")
    return (Event.parse(event) if isinstance(event, str) else event).id
