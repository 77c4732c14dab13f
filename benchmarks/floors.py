"""The floor of each shape of stream: decode it, find its fields, make the events, and no more.

A floor knows the shape. It is told where blocks end, decides nothing, checks nothing, and would be
wrong on any other stream. So it shows what a parser in Python can't go below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from benchmarks.entrant import Peer
from benchmarks.names import PARSER_FLOOR
from benchmarks.shapes import Shape
from sseclient_ng import Event
from tests.streams import Stream

_small_blocks = re.compile(r"event: (.*)\nid: (.*)\ndata: (.*)\n\n").findall

Floor = Callable[[Iterable[bytes]], Iterator[Event]]


def _data(reads: Iterable[bytes]) -> Iterator[Event]:
    for read in reads:
        yield from list(map(Event, read.decode()[6:-2].split("\n\ndata: ")))


def _one_data(reads: Iterable[bytes]) -> Iterator[Event]:
    for read in reads:
        yield Event(read.decode()[6:-2])


def _small_named(reads: Iterable[bytes]) -> Iterator[Event]:
    for read in reads:
        yield from [Event(data, name, id_) for name, id_, data in _small_blocks(read.decode())]


def _named(reads: Iterable[bytes], end: str = "\n") -> Iterator[Event]:
    """Read large blocks of an event type, an ID and data, in this order.

    Args:
        reads: whole blocks.
        end: the line end.
    """
    width, first = len(end), end[0]
    for read in reads:
        text, start, events = read.decode(), 0, []
        length = len(text)
        while start < length:
            event_end = text.find(first, start)
            id_end = text.find(first, event_end + width)
            data_end = text.find(first, id_end + width)
            events.append(
                Event(
                    text[id_end + width + 6 : data_end],
                    text[start + 7 : event_end],
                    text[event_end + width + 4 : id_end],
                )
            )
            start = data_end + 2 * width
        yield from events


def _lines(reads: Iterable[bytes]) -> Iterator[Event]:
    for read in reads:
        blocks = read.decode()[:-2].split("\n\n")
        yield from [Event(block[6:].replace("\ndata: ", "\n")) for block in blocks]


def _one_line_of_all(reads: Iterable[bytes]) -> Iterator[Event]:
    yield Event(b"".join(reads).decode()[6:-2])


def _lines_of_all(reads: Iterable[bytes]) -> Iterator[Event]:
    yield Event(b"".join(reads).decode()[6:-2].replace("\ndata: ", "\n"))


_FLOORS: dict[str, Floor] = {
    "tiny": _data,
    "llm": _data,
    "llm-each": _one_data,
    "named": _small_named,
    "named-each": _named,
    "wikimedia": _named,
    "wikimedia-crlf": partial(_named, end="\r\n"),
    "multi-line": _lines,
    "huge-1k": _one_line_of_all,
    "huge-16k": _one_line_of_all,
    "lines-1k": _lines_of_all,
    "lines-16k": _lines_of_all,
}
"""By the names of the shapes. A stream of comments has none: there is nothing to make."""


def floor_of(shape: Shape) -> Peer | None:
    """Return the floor of a shape, in the form of a package; None where there is none."""
    read = _FLOORS.get(shape.name)
    return None if read is None else Peer(PARSER_FLOOR, "sseclient-ng", read)


def floor_reads(shape: Shape, stream: Stream) -> Sequence[bytes]:
    """Return what a floor reads: reads of about the shape's size that end where a block ends.

    Args:
        shape: the shape; one of a single large event is read as parsers read it.
        stream: its stream.
    """
    if shape.read_size is None or len(stream.blocks) == 1:
        return stream.reads(shape.read_size)
    reads, read = [], bytearray()
    for block in stream.blocks:
        read += block
        if len(read) >= shape.read_size:
            reads.append(bytes(read))
            read.clear()
    return [*reads, bytes(read)] if read else reads
