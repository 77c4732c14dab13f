"""How time and memory grow: one event of 1 to 64 MiB, and a thousand to a million small events."""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from statistics import linear_regression
from typing import Any, Callable, NamedTuple, Optional

from benchmarks.entrant import Peer
from benchmarks.limits import TooSlow, time_limit
from benchmarks.shapes import KIB
from tests.streams import MIB, tiny

_get_data = attrgetter("data")
_LONG = 0.2
"""Seconds. Where parsing takes longer once is enough, and its memory is not looked at."""


class Series(NamedTuple):
    """One line of growth."""

    name: str
    title: str
    sizes: Sequence[int]
    reads: Callable[[int], Iterable[bytes]]
    """The reads of a stream of one of the sizes."""
    events: Callable[[int], int]
    """How many events it holds."""


def one_event(size: int) -> Iterator[bytes]:
    """Yield the reads of one event, 1 KiB each, without holding them in memory."""
    text = b"x" * KIB
    yield b"data: " + text[6:]
    for _ in range(size // KIB - 2):
        yield text
    yield text[2:] + b"\n\n"


def small_events(count: int) -> Sequence[bytes]:
    """Yield the reads of many small events, 64 KiB each."""
    return tiny(count).reads(64 * KIB)


def series(*, quick: bool) -> tuple[Series, Series]:
    """The two lines of growth.

    Args:
        quick: whether to leave out the large sizes.
    """
    doublings, tens = (3, 4) if quick else (7, 7)
    return (
        Series(
            "one-event",
            "one event, 1 KiB reads",
            [MIB << number for number in range(doublings)],
            one_event,
            lambda size: 1,
        ),
        Series(
            "small-events",
            "`data: 17`, 64 KiB reads",
            [10**number for number in range(3, tens)],
            small_events,
            lambda count: count,
        ),
    )


def measure(
    lines: Iterable[Series], everyone: Sequence[Peer], *, rounds: int, patience: float
) -> list[dict[str, Any]]:
    """Measure every parser on each line.

    Args:
        lines: what grows.
        everyone: the packages.
        rounds: how often each size is parsed; the best counts.
        patience: seconds; a package that takes longer over one size, its rounds and the look at its
            memory together, is left out from there on.

    Returns:
        For each line and package its seconds and its memory at the peak for each size.
    """
    return [_measure_line(line, everyone, rounds, patience) for line in lines]


def _measure_line(
    line: Series, everyone: Sequence[Peer], rounds: int, patience: float
) -> dict[str, Any]:
    peers = list(everyone)
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    peaks: dict[str, list[Optional[int]]] = {peer.name: [] for peer in peers}
    for size in line.sizes:
        reads = list(line.reads(size))
        for peer in list(peers):
            try:
                with time_limit(patience):
                    best = _best_seconds(peer, reads, line.events(size), rounds)
                    peak = _peak(peer, reads) if best < _LONG else None
            except TooSlow:
                peers.remove(peer)
            else:
                seconds[peer.name].append(best)
                peaks[peer.name].append(peak)
    return {
        "series": line.name,
        "title": line.title,
        "sizes": list(line.sizes),
        "results": {
            name: {
                "seconds": seconds[name],
                "peak_bytes": peaks[name],
                "slope": _slope(line.sizes, seconds[name]),
            }
            for name in seconds
        },
    }


def _best_seconds(peer: Peer, reads: Iterable[bytes], events: int, rounds: int) -> float:
    best = _seconds(peer, reads, events)
    if best < _LONG:
        best = min([best, *(_seconds(peer, reads, events) for _ in range(rounds - 1))])
    return best


def _seconds(peer: Peer, reads: Iterable[bytes], events: int) -> float:
    gc.collect()
    start = time.perf_counter()
    count = _count_events(peer, reads)
    taken = time.perf_counter() - start
    if count != events:
        raise ValueError(f"{peer.name}: {count} events, not {events}")
    return taken


def _count_events(peer: Peer, reads: Iterable[bytes]) -> int:
    last = deque(enumerate(map(_get_data, peer.read(reads)), 1), maxlen=1)
    return last[0][0] if last else 0


def _peak(peer: Peer, reads: Iterable[bytes]) -> int:
    """Return the peak of memory beyond the reads, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        deque(map(_get_data, peer.read(reads)), maxlen=0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _slope(sizes: Sequence[int], seconds: Sequence[float]) -> Optional[float]:
    """Return the exponent of growth: 1 is linear, 2 is quadratic."""
    if len(seconds) < 2:
        return None
    logarithms = [list(map(math.log, values)) for values in (sizes[: len(seconds)], seconds)]
    return linear_regression(*logarithms).slope
