"""From received chunks to delivered events, and the last event ID that follows them."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from typing import Optional, Union, cast

from sseclient_ng._core.checks import check_count, check_number
from sseclient_ng._core.event import Comment, Event
from sseclient_ng._core.parser import SIZE, EventStreamParser
from sseclient_ng._core.text import Chunk, Transcoder, id_text

__all__ = ["Delivery", "Progress"]


class Progress(enum.Enum):
    """What a connection brought."""

    EVENT = "an event"
    PART = "bytes of an event, or an ID"
    TRAFFIC = "comments, blank lines or reconnection times only"
    NOTHING = "no bytes"


_EVENT = Progress.EVENT  # Python before 3.11 is slow to look up a member of an enum


class Delivery:
    """Turns chunks into events, and delivers them one at a time.

    Args:
        last_id: the last event ID to start with; None where there is none.
        retry: the reconnection time to start with, in milliseconds.
        encoding: the encoding of chunks of bytes; None means UTF-8.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        comments: whether comments are delivered, too.
        one_by_one: whether `take` has to be called for each event before `deliver`. Comments
            imply it.

    Raises:
        TypeError: ``retry`` or ``max_event_size`` is no number.
        ValueError: ``retry`` or ``max_event_size`` is out of range.
        LookupError: there is no such encoding.

    Attributes:
        last_id: the last event ID of what was delivered. Setting it changes what the next
            connection asks for.
        retry: the reconnection time in milliseconds; a ``retry`` field of the stream sets it.
        ready: the events that `deliver` returns next.
        inbox: events and comments that wait for `take`.
        encoding: as given.
        max_event_size: as given.
        parser: the parser of the connection that was begun last. Its error is raised after the
            events before it were delivered.
    """

    def __init__(
        self,
        last_id: Optional[str],
        retry: int,
        *,
        encoding: Optional[str] = None,
        max_event_size: Optional[int],
        comments: bool = False,
        one_by_one: bool = False,
    ) -> None:
        check_number("retry", retry, "a number of milliseconds")
        check_count("max_event_size", max_event_size, SIZE)
        self.last_id = last_id
        self.retry = retry
        self.ready: deque[Event] = deque()
        self.inbox: deque[Union[Event, Comment]] = deque()
        self.encoding = encoding
        self.max_event_size = max_event_size
        self._comments = comments
        self._one_by_one = comments or one_by_one
        self._transcoder = Transcoder(encoding)
        self._is_plain = False  # whether bytes go to the parser as they are, and events are ready

    def begin(self) -> None:
        """Get ready for the body of a new connection; what the last one left over is dropped.

        Raises:
            LookupError: there is no such encoding.
        """
        self.drop()
        self._first_id: str = id_text(self.last_id)
        self._known_id: str = self._first_id
        self._known_retry: Optional[int] = None
        self._progress = Progress.NOTHING
        self._transcoder = Transcoder(self.encoding)
        self._is_plain = self._transcoder.passes_bytes and not self._one_by_one
        self.parser = EventStreamParser(
            last_event_id=self._first_id, max_event_size=self.max_event_size
        )
        self._stream = self.parser.stream

    def receive(self, chunk: Chunk) -> None:
        """Take the next chunk of the body.

        Args:
            chunk: bytes or text.

        Raises:
            EventTooLarge: an event outgrew the limit. The events before it can be delivered.
            TypeError: the chunk is neither bytes nor text.
        """
        # What is usual comes first, in few steps: see benchmarks/live.py.
        if self._is_plain and type(chunk) is bytes:
            events = self.parser.feed(chunk)
            if events:
                self.ready += events
                self._progress = _EVENT
            else:
                self._receive_no_event(chunk)
        else:
            self._receive_other(self._transcoder.feed(chunk))
        if self._stream.retry is not self._known_retry:
            self._follow_retry(self._stream.retry)

    def finish(self) -> None:
        """Take the end of a body that nobody will send again: an event in progress is complete.

        Raises:
            EventTooLarge: an event outgrew the limit.
        """
        parser, rest = self.parser, self._transcoder.finish()
        if self._comments:
            last = parser.feed_with_comments(rest) + parser.close_with_comments()
        else:
            last = [*parser.feed(rest), *parser.close()]
        if self._one_by_one:
            self.inbox.extend(last)
        else:
            self.ready.extend(item for item in last if isinstance(item, Event))
        self._note_events(last)

    def drop(self) -> None:
        """Drop what was not delivered; the server is asked for it again."""
        self.ready.clear()
        self.inbox.clear()

    def take(self) -> Optional[Comment]:
        """Take what comes next out of the inbox: a comment is returned, an event is `ready`.

        Raises:
            IndexError: the inbox is empty.
        """
        item = self.inbox.popleft()
        if isinstance(item, Event):
            self.ready.append(item)
            return None
        if not self.inbox:
            self._follow(self.parser.last_event_id)
        return item

    def deliver(self) -> Event:
        """Return the next event that is ready; the last event ID follows it.

        Raises:
            IndexError: none is ready.
        """
        ready = self.ready
        event = ready.popleft()
        # The last one takes along the IDs of blocks without data behind it.
        goes_on = ready or self.inbox
        last_event_id = event.last_event_id if goes_on else self._stream.last_event_id
        if last_event_id != self._known_id:
            self._follow(last_event_id)
        return event

    @property
    def brought_event(self) -> bool:
        """Whether this connection brought an event."""
        return self._progress is Progress.EVENT

    @property
    def brought_bytes(self) -> bool:
        """Whether this connection brought anything."""
        return self._progress is not Progress.NOTHING

    def progress(self) -> Progress:
        """Return what this connection brought, at its end, and take over its reconnection time."""
        self._follow_retry(self.parser.retry)
        if self._progress is Progress.EVENT:
            return Progress.EVENT
        if self.parser.in_progress or self.parser.last_event_id != self._first_id:
            return Progress.PART
        return self._progress

    def _receive_other(self, chunk: bytes) -> None:
        feed = self.parser.feed_with_comments if self._comments else self.parser.feed
        items = feed(chunk)
        if self._one_by_one:
            self.inbox += items
        else:
            self.ready += cast("list[Event]", items)
        if not self._note_events(items):
            self._receive_no_event(chunk)

    def _note_events(self, items: Sequence[Union[Event, Comment]]) -> bool:
        """Return whether there is an event among what came."""
        if any(isinstance(item, Event) for item in items):
            self._progress = Progress.EVENT
            return True
        return False

    def _receive_no_event(self, chunk: bytes) -> None:
        if not self.inbox:
            self._follow(self.parser.last_event_id)
        if chunk and self._progress is Progress.NOTHING:
            self._progress = Progress.TRAFFIC

    def _follow(self, last_event_id: str) -> None:
        # Only a change counts: an ID that the caller assigned is not overwritten.
        if last_event_id != self._known_id:
            self.last_id = self._known_id = last_event_id

    def _follow_retry(self, retry: Optional[int]) -> None:
        if retry is not None and retry != self._known_retry:
            self.retry = self._known_retry = retry
