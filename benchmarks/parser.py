"""Parser throughput: every package and Node on the same bytes, in the same reads, taking turns."""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Sequence
from operator import attrgetter
from statistics import median
from typing import Any, Optional

from benchmarks.checks import difference, expected_facts
from benchmarks.limits import TooSlow, time_limit
from benchmarks.node_peer import NodeParser, digest
from benchmarks.peers import OURS, PEERS, Facts, Peer
from benchmarks.shapes import Shape

SLOW_SECONDS = 2.0
"""A package that takes longer than this over a stream takes part in one round only."""


def measure_shape(
    shape: Shape, node: Optional[NodeParser], rounds: int, patience: float
) -> dict[str, Any]:
    """Measure every package on one shape.

    Args:
        shape: the stream and how it is read.
        node: eventsource-parser, or None where there is no Node.
        rounds: how often each package parses the stream; they take turns.
        patience: seconds after which a package is given up.

    Returns:
        The sizes of the stream and, for each package, its seconds in each round or its failure.
    """
    stream = shape.make()
    reads = stream.reads(shape.read_size)
    expected = expected_facts(stream)
    seconds: dict[str, list[float]] = {}
    failures: dict[str, str] = {}
    entrants: list[Peer] = []
    for peer in (OURS, *PEERS):
        failure = _check(peer, reads, expected, patience)
        if failure:
            failures[peer.name] = failure
        else:
            entrants.append(peer)
    node_takes_part = node is not None and _check_node(node, reads, expected, failures)
    sizes = {
        "bytes": sum(map(len, reads)),
        "blocks": len(stream.blocks),
        "events": len(expected),
        "reads": len(reads),
    }
    del stream, expected
    for number in range(rounds):
        for peer in entrants:
            taken = seconds.setdefault(peer.name, [])
            if number == 0 or taken[0] < SLOW_SECONDS:
                taken.append(_time(peer, reads))
        if node is not None and node_takes_part:
            seconds.setdefault(node.name, []).append(node.run())
    return {
        "shape": shape.name,
        "title": shape.title,
        **sizes,
        "results": {name: _summary(sizes, taken) for name, taken in seconds.items()},
        "failures": failures,
    }


def _check(
    peer: Peer, reads: Sequence[bytes], expected: Sequence[Facts], patience: float
) -> Optional[str]:
    """Say what is wrong with a package on this stream, or None where its events are right."""
    try:
        with time_limit(patience):
            events = [peer.facts(event) for event in peer.read(reads)]
    except TooSlow as error:
        return str(error)
    return difference(events, expected)


def _check_node(
    node: NodeParser,
    reads: Sequence[bytes],
    expected: Sequence[Facts],
    failures: dict[str, str],
) -> bool:
    if node.load(reads) == digest(expected):
        return True
    failures[node.name] = "wrong: events differ"
    return False


_get_data = attrgetter("data")


def _time(peer: Peer, reads: Sequence[bytes]) -> float:
    """Seconds for one pass in which, as any user would, each event's data is looked at."""
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
