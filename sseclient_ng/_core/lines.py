"""The general path of the parser: line by line.

It follows the WHATWG HTML standard, 9.2.6 "Interpreting an event stream", and is a complete parser.
`EventStreamParser` uses it for everything that its fast path does not recognise.
"""

from __future__ import annotations

from typing import Optional, Union

from sseclient_ng._core.errors import EventTooLarge
from sseclient_ng._core.event import Comment, Event, EventWithCarriedID
from sseclient_ng._core.fields import Fields, StreamState, decode

__all__ = ["LineParser"]


class LineParser:
    """Turns lines that end with LF into events.

    Args:
        stream: the last event ID that the stream starts with; what it sets goes there.
        max_event_size: the most bytes that one event may hold. Its lines count with their ends,
            including an incomplete line; comments do not count.
        limit_error: the error for a larger event.

    Attributes:
        comments: the list of results, to which the next `feed` appends comments as well; None skips
            them.
        idle: whether it is at the start of a block.
        dispatches_without_data: whether a block with an event type, an ID or a reconnection time is
            an event even if it has no data. The standard says no; httpx-sse says yes.
    """

    def __init__(
        self, stream: StreamState, max_event_size: int, limit_error: type[EventTooLarge]
    ) -> None:
        self.comments: Optional[list[Union[Event, Comment]]] = None
        self.idle = True
        self.dispatches_without_data = False
        self._stream = stream
        self._limit_error = limit_error
        self._max_event_size = max_event_size
        self._fields = Fields()
        self._held = 0
        self._line = bytearray()

    @property
    def in_progress(self) -> bool:
        """Whether part of an event has arrived, but not its blank line.

        Comments and reconnection times are not part of an event.
        """
        fields = self._fields
        return bool(
            fields.data
            or fields.event_type
            or fields.id is not None
            or (self._line and not self._line.startswith((b":", b"r")))
        )

    def feed(self, data: bytes, events: list[Event]) -> None:
        """Process the next bytes.

        Args:
            data: bytes with LF as line end.
            events: the list to append complete events to.

        Raises:
            EventTooLarge: the event in progress holds more than ``max_event_size``.
        """
        start = 0
        end = data.find(b"\n")
        while end >= 0:
            self._end_line(self._take_line(data[start:end]), events)
            start = end + 1
            end = data.find(b"\n", start)
        self._line += data[start:]
        self._check_size(len(self._line))
        self.idle = not (self._line or self._held)

    def finish(self, events: list[Event]) -> None:
        """Process the end of the stream: the line and the event in progress end here.

        Args:
            events: the list to append the event to, if it has data.

        Raises:
            EventTooLarge: the event in progress holds more than ``max_event_size``.
        """
        if self._line:
            self._end_line(self._take_line(b""), events)
        self._dispatch(events)
        self.idle = True

    def _take_line(self, rest: bytes) -> bytes:
        if self._line:
            rest = bytes(self._line + rest)
            self._line = bytearray()
        self._check_size(len(rest))
        return rest

    def _check_size(self, length: int) -> None:
        if self._held + length > self._max_event_size:
            raise self._limit_error(self._max_event_size)

    def _end_line(self, line: bytes, events: list[Event]) -> None:
        if not line:
            self._dispatch(events)
        elif line.startswith(b":"):
            self._add_comment(line)
        else:
            self._held += len(line) + 1
            self._fields.add_line(line)
            if self._fields.retry is not None:
                self._stream.retry = self._fields.retry

    def _add_comment(self, line: bytes) -> None:
        if self.comments is not None:
            text = decode(line[2:] if line.startswith(b": ") else line[1:])
            self.comments.append(Comment(text))

    def _dispatch(self, events: list[Event]) -> None:
        """Process a blank line (9.2.6, "dispatch the event")."""
        if not self._held:
            return
        fields, self._fields, self._held = self._fields, Fields(), 0
        if fields.id is not None:
            self._stream.last_event_id = fields.id
        if fields.data:
            del fields.data[-1]  # the last data line's LF
        elif not (self.dispatches_without_data and fields.any_but_data):
            return
        events.append(self._make(fields))

    def _make(self, fields: Fields) -> Event:
        data, event_type = decode(fields.data), fields.event_type or "message"
        if fields.id is not None or not self._stream.last_event_id:
            return Event(data, event_type, fields.id, fields.retry)
        event = EventWithCarriedID(data, event_type, None, fields.retry)
        event.carried_id = self._stream.last_event_id
        return event
