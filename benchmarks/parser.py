"""Parser throughput: every package and Node on the same bytes, in the same reads, taking turns."""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from statistics import median
from typing import Any, Callable, Optional

from benchmarks.checks import difference, expected_facts
from benchmarks.entrant import Facts, Peer
from benchmarks.floors import floor_of, floor_reads
from benchmarks.limits import TooSlow, time_limit
from benchmarks.node_peer import NodeParser, digest
from benchmarks.shapes import Shape
from benchmarks.turns import turns

SLOW_SECONDS = 2.0
"""A package that takes longer than this over a stream takes part in one round only."""


def measure_shape(
    shape: Shape, peers: Sequence[Peer], node: Optional[NodeParser], rounds: int, patience: float
) -> dict[str, Any]:
    """Measure every package on one shape.

    Args:
        shape: the stream and how it is read.
        peers: the packages.
        node: eventsource-parser, or None where there is no Node.
        rounds: how often each package parses the stream; they take turns.
        patience: seconds after which a package is given up.

    Returns:
        The sizes of the stream and, for each package, its seconds in each round or its failure.
    """
    stream = shape.make()
    reads = stream.reads(shape.read_size)
    sizes = {
        "bytes": sum(map(len, reads)),
        "blocks": len(stream.blocks),
        "events": len(stream.events),
        "reads": len(reads),
    }
    expected = expected_facts(stream)
    floor, whole_reads = floor_of(shape), floor_reads(shape, stream)
    del stream
    entrants = [(peer, reads) for peer in peers]
    if floor is not None:
        entrants.insert(1, (floor, whole_reads))
    failures = {peer.name: _check(peer, given, expected, patience) for peer, given in entrants}
    runs: dict[str, Callable[[], float]] = {
        peer.name: partial(_time, peer, given)
        for peer, given in entrants
        if failures[peer.name] is None
    }
    if node is not None:
        failures[node.name] = _check_node(node, reads, expected)
        if failures[node.name] is None:
            runs[node.name] = node.run
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for name, run in turns(runs.items(), rounds):
        if not seconds[name] or seconds[name][0] < SLOW_SECONDS:
            seconds[name].append(run())
    return {
        "shape": shape.name,
        "title": shape.title,
        **sizes,
        "results": {name: _summary(sizes, taken) for name, taken in seconds.items()},
        "failures": {name: failure for name, failure in failures.items() if failure},
    }


def _check(
    peer: Peer, reads: Sequence[bytes], expected: Sequence[Facts], patience: float
) -> Optional[str]:
    """Return what is wrong with a package's events for this stream, or None."""
    try:
        with time_limit(patience):
            events = [peer.facts(event) for event in peer.read(reads)]
    except TooSlow as error:
        return str(error)
    return difference(events, expected)


def _check_node(
    node: NodeParser, reads: Sequence[bytes], expected: Sequence[Facts]
) -> Optional[str]:
    return None if node.load(reads) == digest(expected) else "wrong: events differ"


_get_data = attrgetter("data")


def _time(peer: Peer, reads: Sequence[bytes]) -> float:
    """Return the seconds of one pass that reads the data of each event."""
    gc.collect()
    start = time.perf_counter()
    deque(map(_get_data, peer.read(reads)), maxlen=0)
    return time.perf_counter() - start


def _summary(sizes: dict[str, int], seconds: Sequence[float]) -> dict[str, Any]:
    best, middle = min(seconds), median(seconds)
    return {
        "seconds": [round(value, 6) for value in seconds],
        "best_mb_per_s": sizes["bytes"] / best / 1e6,
        "median_mb_per_s": sizes["bytes"] / middle / 1e6,
        "best_blocks_per_s": sizes["blocks"] / best,
        "median_blocks_per_s": sizes["blocks"] / middle,
    }
