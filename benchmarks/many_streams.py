"""Many streams on one loop: `python -m benchmarks.many_streams PACKAGE URL STREAMS` prints JSON."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.async_peers import ASYNC_PEERS, OUR_ASYNC_CLIENT, AsyncPeer
from benchmarks.server import MANY_EVENTS


def memory() -> int:
    """Return the memory of this process, in bytes, on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def measure(client: AsyncPeer, url: str, streams: int) -> dict[str, Any]:
    """Read many streams to their ends.

    Args:
        client: the package.
        url: the root of the server.
        streams: how many, all at once.

    Returns:
        CPU in microseconds an event and memory in bytes a stream; or what was wrong.
    """
    await _read(client, url, 1)  # what is loaded at the first use is no stream's
    gc.collect()
    before, cpu = memory(), time.process_time()
    wrong, during = await _read(client, url, streams)
    if wrong:
        return {"failure": f"wrong: {wrong} of {streams} streams"}
    return {
        "cpu_us": (time.process_time() - cpu) / (streams * MANY_EVENTS) * 1e6,
        "bytes_a_stream": (during - before) / streams,
    }


async def _read(client: AsyncPeer, url: str, streams: int) -> tuple[int, int]:
    """Return the number of streams with wrong events, and the memory half-way."""
    async with client.open_session() as session:
        reading = [_numbers(client, session, f"{url}/many") for _ in range(streams - 1)]
        results = await asyncio.gather(_numbers(client, session, f"{url}/many", True), *reading)
    right = list(range(MANY_EVENTS))
    return sum(numbers != right for numbers, _ in results), results[0][1]


async def _numbers(
    client: AsyncPeer, session: Any, url: str, looks_at_memory: bool = False
) -> tuple[list[int], int]:
    numbers, during = [], 0
    async with client.connect(session, url) as events:
        async for event in events:
            numbers.append(int(event.data.split(" ", 1)[0]))
            if looks_at_memory and len(numbers) == MANY_EVENTS // 2:
                during = memory()
            if len(numbers) == MANY_EVENTS:
                break
    return numbers, during


if __name__ == "__main__":
    clients = {client.name: client for client in (OUR_ASYNC_CLIENT, *ASYNC_PEERS)}
    name, url, streams = sys.argv[1:]
    print(json.dumps(asyncio.run(measure(clients[name], url, int(streams)))))
