"""The way of the bytes of a client's connections to its caller, without the I/O.

It keeps the events that are ready, and what follows from handing one out: the last event ID. Both
clients stand on it.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import Callable, Optional

from sseclient_ng._core.event import Event
from sseclient_ng._core.parser import EventStreamParser
from sseclient_ng._core.text import Chunk, Transcoder, id_text

__all__ = ["Delivery", "Progress", "Resumable"]


class Progress(enum.Enum):
    """What a connection brought."""

    EVENT = "an event"
    PART = "bytes of an event, or an ID"
    TRAFFIC = "bytes, but none of an event: comments, blank lines, reconnection times"
    NOTHING = "no bytes"


class Delivery:
    """Turns chunks into events, one at a time.

    Args:
        last_id: the last event ID to begin with; None where there is none.
        retry: the reconnection time to begin with, in milliseconds.
        encoding: the encoding of chunks of bytes; None means UTF-8.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        on_comment: called with the text of each comment; None passes over comments.

    Attributes:
        last_id: the last event ID, as far as events were handed out. Whoever sets it decides what
            the next connection asks for.
        retry: the reconnection time in milliseconds; a ``retry`` field of the stream sets it.
        ready: events that wait to be handed out.
        encoding: as given.
        max_event_size: as given.

    Raises:
        LookupError: there is no such encoding.
    """

    def __init__(
        self,
        last_id: Optional[str],
        retry: int,
        *,
        encoding: Optional[str],
        max_event_size: Optional[int],
        on_comment: Optional[Callable[[str], object]],
    ) -> None:
        self.last_id = last_id
        self.retry = retry
        self.ready: deque[Event] = deque()
        self.encoding = encoding
        self.max_event_size = max_event_size
        self._on_comment = on_comment
        self.begin()

    def begin(self) -> None:
        """Be ready for the body of a new connection; what the last one left unfinished is gone.

        Raises:
            LookupError: there is no such encoding.
        """
        self._first_id: str = id_text(self.last_id)
        self._known_id: str = self._first_id
        self._known_retry: Optional[int] = None
        self._interrupted = False  # whether the last call of the parser ended with an error
        self._progress = Progress.NOTHING
        self._transcoder = Transcoder(self.encoding)
        self._parser = EventStreamParser(
            last_event_id=self._first_id,
            max_event_size=self.max_event_size,
            on_comment=self._on_comment,
        )

    def restart(self) -> None:
        """Be ready for a body that the server begins after the event that was handed out last."""
        self.ready.clear()
        self.begin()
        self._progress = Progress.PART  # that it was given up says nothing about the connection

    def receive(self, chunk: Chunk) -> None:
        """Take the next chunk of the body.

        Args:
            chunk: bytes or text.

        Raises:
            EventTooLarge: an event outgrew the limit. What came before it is ready.
            TypeError: the chunk is neither bytes nor text.
        """
        if type(chunk) is not bytes or not self._transcoder.passes_bytes:
            chunk = self._transcoder.feed(chunk)
        parser = self._parser
        self._interrupted = True
        events = parser.feed(chunk)
        self._interrupted = False
        if events:
            self.ready += events
            self._progress = Progress.EVENT
        else:
            self._follow(parser.last_event_id)
            if chunk and self._progress is Progress.NOTHING:
                self._progress = Progress.TRAFFIC
        if parser.complete_retry is not self._known_retry:
            self._follow_retry(parser.complete_retry)

    def finish(self) -> None:
        """Take the end of a body that is not asked for again: an event in progress is complete.

        Raises:
            EventTooLarge: an event outgrew the limit.
        """
        self.ready += self._parser.feed(self._transcoder.finish())
        self.ready += self._parser.close()

    def hand_out(self) -> Event:
        """Return the next event that is ready; the last event ID follows it.

        Raises:
            IndexError: none is ready.
        """
        ready = self.ready
        event = ready.popleft()
        # The last one takes the IDs of blocks without data along that were parsed with it.
        last_event_id = event.last_event_id if ready else self._parser.last_event_id
        if last_event_id != self._known_id:
            self._follow(last_event_id)
        return event

    def check(self) -> None:
        """Raise what ended the parsing, once the events before it were handed out.

        Where a callback raised an error, the events of its read are ready now.

        Raises:
            EventTooLarge: an event outgrew the limit.
        """
        if self._interrupted and self._parser.error is None:
            self.receive(b"")
        if self._parser.error is not None:
            raise self._parser.error.with_traceback(None)

    def progress(self) -> Progress:
        """Return what this connection brought, at its end, and take its reconnection time."""
        self._follow_retry(self._parser.retry)
        if self._progress is Progress.EVENT:
            return Progress.EVENT
        if self._parser.in_progress or self._parser.last_event_id != self._first_id:
            return Progress.PART
        return self._progress

    def _follow(self, last_event_id: str) -> None:
        # Only a change counts, so that an ID that the caller assigned is not overwritten.
        if last_event_id != self._known_id:
            self.last_id = self._known_id = last_event_id

    def _follow_retry(self, retry: Optional[int]) -> None:
        if retry is not None and retry != self._known_retry:
            self.retry = self._known_retry = retry


class Resumable:
    """What a client shows of its delivery, and lets be changed."""

    _delivery: Delivery

    @property
    def last_id(self) -> Optional[str]:
        """The ID of the last event that was handed out, or of a block without data after it.

        It is what the next connection asks the server to go on after; None asks for none.
        """
        return self._delivery.last_id

    @last_id.setter
    def last_id(self, last_id: Optional[str]) -> None:
        self._delivery.last_id = last_id

    @property
    def retry(self) -> int:
        """The reconnection time in milliseconds; the server's ``retry`` fields set it."""
        return self._delivery.retry

    @retry.setter
    def retry(self, retry: int) -> None:
        self._delivery.retry = retry
