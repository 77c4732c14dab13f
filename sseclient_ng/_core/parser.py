"""The parser: bytes of an event stream in, events out, no I/O.

Two paths lead from bytes to events. The general path (`lines`, `fields`) goes line by line and
implements the whole standard. The fast path (`blocks`) handles the blocks that most servers send,
and passes all others to the general path. Where each line matters (for comments, or near the size
limit), only the general path is used.

::

    feed -> LineEnds -> whole blocks ----------> BlockParser --(unusual blocks)---------------+
                 |  |                                                                         v
                 |  +-> the start of a block, kept until its blank line comes             LineParser
                 +----(each line counts)------------------------------------------------------^
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from functools import partial
from typing import Callable, ClassVar, Optional, Union, cast

from sseclient_ng._core.blocks import BlockParser
from sseclient_ng._core.checks import check_count
from sseclient_ng._core.errors import EventTooLarge
from sseclient_ng._core.event import Comment, Event
from sseclient_ng._core.fields import StreamState
from sseclient_ng._core.line_ends import LineEnds
from sseclient_ng._core.lines import LineParser

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "SIZE", "EventStreamParser"]

DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024
"""Bytes. Far above what servers send in one event, and well below what a machine has."""

SIZE = "a number of bytes (int)"
"""What ``max_event_size`` must be, in messages."""

# Numbers: "in" finds a number in bytes many times faster than bytes.
_LF = 0x0A
_CR = 0x0D
_COLON = 0x3A
_AFTER_DATA = len("\n\n")
_AROUND_DATA = len("data: \n\n")
_new = object.__new__
_MOST_COMMENTS = 64 * 1024  # bytes at the start of a block
_MOST_JOINED = 64 * 1024  # bytes of an incomplete block; a larger one is parsed in its place
_MOST_AT_ONCE = 256 * 1024  # bytes, which briefly need many times their memory


class EventStreamParser:
    """Turns the bytes of an event stream into events, from any transport, in any cutting.

    Args:
        last_event_id: the last event ID that the stream starts with.
        max_event_size: the most bytes that one event may hold; None sets no limit. Its lines count
            with one byte for each end; complete comments do not count.

    Raises:
        TypeError: ``max_event_size`` is no whole number.
        ValueError: ``max_event_size`` is less than 1.

    Attributes:
        limit_error: the error that all parsers raise for an event beyond ``max_event_size``. With
            requests installed, it is a ``requests.RequestException`` as well.
        stream: what the stream has set in its complete blocks: ``last_event_id`` and ``retry``.
        error: the error that the next call raises, if `feed` had events to return first; otherwise
            None.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event
    stream".
    """

    limit_error: ClassVar[type[EventTooLarge]] = EventTooLarge
    _dispatches_without_data: ClassVar[bool] = False  # see LineParser

    def __init__(
        self, *, last_event_id: str = "", max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE
    ) -> None:
        check_count("max_event_size", max_event_size, SIZE)
        if max_event_size is None:
            max_event_size = sys.maxsize
        self.error: Optional[EventTooLarge] = None
        self._max_event_size = max_event_size
        self._most_at_once = min(_MOST_AT_ONCE, max_event_size)
        self._line_ends = LineEnds()
        self.stream = StreamState(last_event_id)
        self._lines = LineParser(self.stream, max_event_size, self.limit_error)
        self._lines.dispatches_without_data = self._dispatches_without_data
        self._blocks = BlockParser(self._lines, self.stream)
        self._pending = bytearray()  # an incomplete block, with LF line ends
        self._between_blocks = False  # feed() may take its short cuts
        self._inside_block = False

    @property
    def last_event_id(self) -> str:
        """The last event ID of the stream, "" if none was set (9.2.6)."""
        return self.stream.last_event_id

    @property
    def retry(self) -> Optional[int]:
        """The last reconnection time that the stream set, in milliseconds; None if it set none.

        It takes effect at the end of its line, before the block is complete (9.2.6).
        """
        self._settle()
        return self.stream.retry

    @property
    def in_progress(self) -> bool:
        """Whether part of an event has arrived, but not its blank line.

        Comments and reconnection times are not part of an event.
        """
        self._settle()
        return self._lines.in_progress

    def feed(self, data: Union[bytes, bytearray, memoryview]) -> list[Event]:
        """Take the next bytes of the stream and return the events they complete.

        Args:
            data: any number of bytes.

        Returns:
            The events whose blank line is in ``data``, in order; often none.

        Raises:
            EventTooLarge: an event holds more than ``max_event_size`` bytes. If ``data`` completes
                events before it, they are returned first, and the next call raises the error.
                Every later call raises it again.
            TypeError: ``data`` is not bytes.
        """
        # Four shapes take a short cut: one event with one data line, whole blocks, the middle of a
        # block, and its end. See llm-each, named-each, huge-1k, lines-1k and wikimedia in
        # benchmarks/parser.py.
        if type(data) is not bytes:
            data = _as_bytes(data)
        if self._between_blocks:
            if _CR in data or len(data) > self._most_at_once:
                return self._feed(data)
            try:
                text = data.decode()
            except UnicodeDecodeError:
                return self._feed(data)
            value = text.removeprefix("data: ").removesuffix("\n\n")
            cut = len(text) - len(value)
            if cut == _AROUND_DATA and "\n" not in value:
                if self.stream.last_event_id:
                    return [self._blocks.event(value)]
                event = _new(Event)  # saves a sixth of this shape's time
                event.data = value
                event.event = "message"
                event.id = event.retry = None
                return [event]
            if cut == _AROUND_DATA:
                return self._blocks.parse_text(data, text)
            if cut == _AFTER_DATA:
                return self._blocks.parse_named(data, text)
        elif self._inside_block and _CR not in data:
            if _LF not in data or not (end := self._end_of_blocks(data)):
                pending = self._pending
                pending += data
                if len(pending) <= self._max_event_size:
                    return []
                data = b""
            elif len(self._pending) + len(data) <= self._most_at_once:
                return self._feed_plain(data, end)
        return self._feed(data)

    def feed_with_comments(
        self, data: Union[bytes, bytearray, memoryview]
    ) -> list[Union[Event, Comment]]:
        """Take the next bytes of the stream and return the events and comments they complete.

        A comment is complete at the end of its line, so one inside a block comes before the block's
        event. The order does not depend on how the stream is cut. Calls of `feed` may come in
        between: they skip the comments that they complete, and nothing else differs.

        Args:
            data: any number of bytes.

        Returns:
            The events and comments that ``data`` completes, in the order of the stream.

        Raises:
            EventTooLarge: as in `feed`.
            TypeError: ``data`` is not bytes.
        """
        self._settle()
        self._between_blocks = self._inside_block = False
        with self._collecting_comments() as events:
            if self.error is None:
                self._go_by_lines(self._line_ends.normalise(_as_bytes(data)), events)
            return cast("list[Union[Event, Comment]]", self._finish_call(events))

    def close(self) -> list[Event]:
        """Take the end of the stream and return the event that lacks its blank line, if any.

        An incomplete last line counts as complete. To follow the standard to the letter, discard
        the event (9.2.6, "Once the end of the file is reached"). Afterwards the parser is ready for
        another stream, with the same last event ID.

        Returns:
            The event, or nothing if none was in progress or it has no data.

        Raises:
            EventTooLarge: as in `feed`.
        """
        return self._close([])

    def close_with_comments(self) -> list[Union[Event, Comment]]:
        """Like `close`, but also return an incomplete comment.

        Raises:
            EventTooLarge: as in `feed`.
        """
        self._settle()
        with self._collecting_comments() as events:
            return cast("list[Union[Event, Comment]]", self._close(events))

    def _close(self, events: list[Event]) -> list[Event]:
        if self.error is None:
            self._go_by_lines(self._line_ends.finish(), events)
        if self.error is None:
            self._attempt(self._lines.finish, events)
        self._between_blocks = self._inside_block = False
        return self._finish_call(events)

    @contextlib.contextmanager
    def _collecting_comments(self) -> Generator[list[Event], None, None]:
        """Yield a list that collects events and comments."""
        events: list[Event] = []
        self._lines.comments = cast("list[Union[Event, Comment]]", events)
        try:
            yield events
        finally:
            self._lines.comments = None

    def _feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        if self.error is None:
            data = self._line_ends.normalise(data)
            fits = len(self._pending) + len(data) <= self._max_event_size
            if fits and self._lines.idle:
                self._feed_blocks(data, events)
            else:
                self._go_by_lines(data, events)
        self._choose_short_cuts()
        return self._finish_call(events)

    def _feed_plain(self, data: bytes, end: int) -> list[Event]:
        """Process the end of the incomplete block, further blocks, and the start of another one."""
        events: list[Event] = []
        self._feed_part(data, end, events)
        self._choose_short_cuts()
        return events

    def _choose_short_cuts(self) -> None:
        plain = self._line_ends.plain and self._lines.idle and self.error is None
        self._between_blocks = plain and not self._pending
        self._inside_block = plain and bool(self._pending) and self._pending[0] != _COLON

    def _settle(self) -> None:
        """Pass the incomplete block to the general path."""
        if self._pending:
            self._go_by_lines(b"", [])
            self._between_blocks = self._inside_block = False

    def _feed_blocks(self, data: bytes, events: list[Event]) -> None:
        for start in range(0, len(data), _MOST_AT_ONCE):
            part = data[start : start + _MOST_AT_ONCE]
            self._feed_part(part, self._end_of_blocks(part), events)

    def _feed_part(self, data: bytes, end: int, events: list[Event]) -> None:
        if end:
            self._parse_blocks(data, end, events)
        self._hold(data[end:], events)

    def _end_of_blocks(self, data: bytes) -> int:
        """Return where the last block that is complete ends in data, or 0."""
        end = data.rfind(b"\n\n") + 2
        if end > 1:
            return end
        return int(data.startswith(b"\n") and self._pending.endswith(b"\n"))

    def _parse_blocks(self, data: bytes, end: int, events: list[Event]) -> None:
        """Process whole blocks, up to a place in data; the incomplete block begins the first."""
        pending, self._pending = self._pending, bytearray()
        if not pending:
            events += self._blocks.parse(data[:end])
        elif len(pending) <= _MOST_JOINED:
            events += self._blocks.parse(b"".join((pending, memoryview(data)[:end])))
        else:
            start = 1 if pending[-1] == _LF == data[0] else data.index(b"\n\n") + 2
            pending += data[:start]
            self._blocks.parse_one(pending, events)
            if start < end:
                events += self._blocks.parse(data[start:end])

    def _hold(self, data: bytes, events: list[Event]) -> None:
        """Keep the start of a block, but no long run of comments."""
        self._pending += data
        if len(self._pending) > _MOST_COMMENTS and self._pending[0] == _COLON:
            self._go_by_lines(b"", events)

    def _go_by_lines(self, data: bytes, events: list[Event]) -> None:
        data = bytes(self._pending) + data
        self._pending = bytearray()
        self._attempt(partial(self._lines.feed, data), events)

    def _attempt(self, step: Callable[[list[Event]], None], events: list[Event]) -> None:
        try:
            step(events)
        except EventTooLarge as error:
            self.error = error

    def _finish_call(self, events: list[Event]) -> list[Event]:
        if self.error is not None and not events:
            raise self.error.with_traceback(None)
        return events


def _as_bytes(data: object) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(cast(bytes, data))
    raise TypeError(
        f"the parser takes bytes, not {type(data).__name__}; for text, encode it as UTF-8 "
        "or pass the chunks to iter_events()"
    )
