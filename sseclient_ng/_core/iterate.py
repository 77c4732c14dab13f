"""The parser over any iterable of chunks or lines, sync or async."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Callable

from sseclient_ng._core.event import Event
from sseclient_ng._core.parser import EventStreamParser
from sseclient_ng._core.text import Chunk, as_bytes

__all__ = ["aiter_events", "aiter_line_events", "iter_events", "iter_line_events"]


def iter_events(chunks: Iterable[Chunk]) -> Iterator[Event]:
    """Iterate over the events of an event stream in chunks.

    Args:
        chunks: bytes or text, cut anywhere; for instance ``response.iter_bytes()`` of httpx,
            ``response.stream()`` of urllib3 or a file opened in binary mode.

    Returns:
        An iterator that returns each event as soon as its blank line arrives, and at the end an
        event that lacks its blank line.

    Raises:
        EventTooLarge: an event holds more than 64 MiB. Use `EventStreamParser` for another limit.
        TypeError: a chunk is neither bytes nor text, or ``chunks`` is an ``iter_lines()``.
        ValueError: at the end, the chunks turn out to be lines without their ends.

    Errors of ``chunks`` come out after the events before them.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream".
    """
    _refuse_lines(chunks, "iter_lines", "iter_line_events")
    if isinstance(chunks, str) and "\n" in chunks:
        chunks = [chunks]
    _refuse_what_has_no_chunks(chunks, "iter_events", "iter_bytes")
    return _iter_parsed(map(as_bytes, chunks))


def aiter_events(chunks: AsyncIterable[Chunk]) -> AsyncIterator[Event]:
    """Iterate over the events of an event stream in chunks, asynchronously.

    Args:
        chunks: bytes or text, cut anywhere; for instance ``response.aiter_bytes()`` of httpx or
            ``response.content.iter_any()`` of aiohttp.

    Returns:
        An asynchronous iterator that returns each event as soon as its blank line arrives, and at
        the end an event that lacks its blank line.

    Raises:
        EventTooLarge: an event holds more than 64 MiB. Use `EventStreamParser` for another limit.
        TypeError: a chunk is neither bytes nor text, or ``chunks`` is an ``iter_lines()``.
        ValueError: at the end, the chunks turn out to be lines without their ends.

    Errors of ``chunks`` come out after the events before them.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream".
    """
    _refuse_lines(chunks, "aiter_lines", "aiter_line_events")
    _refuse_what_has_no_chunks(chunks, "aiter_events", "aiter_bytes")
    return _aiter_parsed(chunks, as_bytes)


def iter_line_events(lines: Iterable[Chunk]) -> Iterator[Event]:
    """Iterate over the events of an event stream in lines without their ends.

    Args:
        lines: bytes or text, one line each, for instance ``response.iter_lines()``. A line may
            keep its end.

    Returns:
        An iterator that returns each event as soon as its blank line arrives, and at the end an
        event that lacks its blank line.

    Raises:
        EventTooLarge: an event holds more than 64 MiB. Use `EventStreamParser` for another limit.
        TypeError: a line is neither bytes nor text.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream".
    """
    _refuse_what_has_no_chunks(lines, "iter_line_events", "iter_lines")
    return _iter_parsed(map(with_end, lines))


def aiter_line_events(lines: AsyncIterable[Chunk]) -> AsyncIterator[Event]:
    """Iterate over the events of an event stream in lines without their ends, asynchronously.

    Args:
        lines: bytes or text, one line each, for instance ``response.aiter_lines()`` of httpx. A
            line may keep its end.

    Returns:
        An asynchronous iterator that returns each event as soon as its blank line arrives, and at
        the end an event that lacks its blank line.

    Raises:
        EventTooLarge: an event holds more than 64 MiB. Use `EventStreamParser` for another limit.
        TypeError: a line is neither bytes nor text.

    See the WHATWG HTML standard, 9.2.5 "Parsing an event stream".
    """
    _refuse_what_has_no_chunks(lines, "aiter_line_events", "aiter_lines")
    return _aiter_parsed(lines, with_end)


def _refuse_lines(chunks: object, method: str, function: str) -> None:
    """Refuse lines without their ends; the parser would join them."""
    if getattr(chunks, "__name__", "") == method:
        raise TypeError(f"{method}() gives lines without their ends: pass them to {function}()")


def _refuse_what_has_no_chunks(given: object, function: str, method: str) -> None:
    """Refuse what can't be iterated over, or gives no chunks if it is.

    Args:
        given: what was passed.
        function: to which function.
        method: the method of a response that gives what this function wants.

    Raises:
        TypeError: it is such a thing; the message says what to pass.
    """
    is_async, kind = function.startswith("a"), type(given).__name__
    wanted = "__aiter__" if is_async else "__iter__"
    advice = f"; pass its {method}()" if hasattr(given, method) else ""
    if isinstance(given, str) and "://" in given:
        advice = f"; to read a URL, use {'AsyncSSEClient' if is_async else 'SSEClient'}(url)"
    elif isinstance(given, (str, bytes, bytearray, memoryview)):
        advice = "" if is_async else f"; put it in a list: {function}([{kind}])"
    elif hasattr(given, wanted) or (hasattr(given, "__getitem__") and not is_async):
        return
    raise TypeError(f"{function}() iterates over chunks, not over {kind}{advice}")


class _Lines:
    """Detects chunks that are lines without their ends.

    Attributes:
        possible: whether no chunk so far had a line end.
    """

    def __init__(self) -> None:
        self.possible = True
        self._fields = 0

    def look_at(self, chunk: bytes) -> None:
        self.possible = b"\n" not in chunk and b"\r" not in chunk
        self._fields += _begins_with_field(chunk) is not None

    def refuse(self, function: str) -> None:
        if self.possible and self._fields > 1:
            raise ValueError(f"the chunks are lines without their ends: pass them to {function}()")


_begins_with_field = re.compile(rb"(data|event|id|retry)?:").match


def _iter_parsed(chunks: Iterable[bytes]) -> Iterator[Event]:
    parser, lines = EventStreamParser(), _Lines()
    for chunk in chunks:
        if lines.possible:
            lines.look_at(chunk)
        yield from parser.feed(chunk)
    lines.refuse("iter_line_events")
    yield from parser.close()


# One generator, not one inside another: the caller could not close the inner one.
async def _aiter_parsed(
    pieces: AsyncIterable[Chunk], prepare: Callable[[Chunk], bytes]
) -> AsyncIterator[Event]:
    parser, lines = EventStreamParser(), _Lines()
    async for piece in pieces:
        chunk = prepare(piece)
        if lines.possible:
            lines.look_at(chunk)
        for event in parser.feed(chunk):
            yield event
    lines.refuse("aiter_line_events")
    for event in parser.close():
        yield event


def with_end(line: Chunk) -> bytes:
    """Return a line as UTF-8 that ends with LF.

    Args:
        line: bytes or text, with or without its end.

    Raises:
        TypeError: it is neither.
    """
    data = as_bytes(line)
    for end in (b"\r\n", b"\n", b"\r"):
        if data.endswith(end):
            return data[: -len(end)] + b"\n"
    return data + b"\n"
