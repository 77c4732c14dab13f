"""What `benchmarks.instructions` counts: `python -m benchmarks.workload NAME COUNT`."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import islice
from operator import attrgetter

import sseclient_ng
from benchmarks import server
from benchmarks.entrant import OURS
from benchmarks.shapes import Shape, shapes
from tests import streams


def _parse(shape: Shape, passes: int) -> int:
    stream = shape.make()
    reads = stream.reads(shape.read_size)
    for _ in range(passes):
        deque(map(attrgetter("data"), OURS.read(reads)), maxlen=0)
    return passes * len(stream.blocks)


def _read_bulk(path: str, count: int) -> int:
    with (
        server.running(2 * count, 0) as url,
        sseclient_ng.SSEClient(f"{url}/{path}", reconnect=False) as client,
    ):
        deque(map(attrgetter("data"), islice(client, count)), maxlen=0)
    return count


def _read_live(make: Callable[[int], streams.Stream], tls: bool, count: int) -> int:
    from benchmarks.live_stream import Live, read, trusted

    with trusted() if tls else nullcontext() as context:
        read(sseclient_ng.SSEClient, Live(make, context), count)
    return count


def _read_live_async(make: Callable[[int], streams.Stream], count: int) -> int:
    from benchmarks.live_stream import Live, read_async

    read_async(sseclient_ng.AsyncSSEClient, Live(make), count)
    return count


WORKLOADS: dict[str, tuple[Callable[[int], int], int]] = {
    **{shape.name: (partial(_parse, shape), 1) for shape in shapes(quick=True)},
    **{
        f"client/{path}": (partial(_read_bulk, path), 4000) for path in ("chunked", "named", "gzip")
    },
    "live/data": (partial(_read_live, streams.llm_tokens, False), 500),
    "live/named": (partial(_read_live, streams.named, False), 500),
    "live/tls": (partial(_read_live, streams.llm_tokens, True), 500),
    "live/async": (partial(_read_live_async, streams.llm_tokens), 500),
}
"""What each does with a count, and returns how many events that were; and a count that will do."""


if __name__ == "__main__":
    run, usual = WORKLOADS[sys.argv[1]]
    print(run(usual * int(sys.argv[2])))
