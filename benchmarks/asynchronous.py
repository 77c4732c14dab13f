"""CPU per event of each asynchronous client, and many streams at once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from operator import itemgetter
from typing import Any, Callable, Optional

from benchmarks.async_peers import (
    ASYNC_PEERS,
    FLOOR_NAME,
    OUR_ASYNC_CLIENT,
    AsyncPeer,
    floor,
)
from benchmarks.checks import difference, expected_facts
from benchmarks.client import Plan, summary
from benchmarks.entrant import Facts
from benchmarks.server import FRAMINGS, MANY_EVENTS, MANY_SECONDS, Framing, running
from benchmarks.turns import turns

STREAMS = 500
MANY_ROUNDS = 2


def measure(plan: Plan) -> dict[str, Any]:
    """Measure every client on every framing, and with many streams.

    Args:
        plan: how much.

    Returns:
        The CPU of each client in microseconds an event; memory and CPU with many streams.
    """
    with running(plan.events, plan.paced_events) as url:
        return {
            "framings": [_measure_framing(framing, url, plan) for framing in FRAMINGS],
            "many": _measure_many(url, plan.patience * 6),
        }


def _measure_framing(framing: Framing, url: str, plan: Plan) -> dict[str, Any]:
    url += framing.path
    expected = expected_facts(framing.make(plan.events))
    failures: dict[str, str] = {}
    consumers: dict[str, Callable[[], Awaitable[float]]] = {FLOOR_NAME: lambda: _floor(url)}
    for client in (OUR_ASYNC_CLIENT, *ASYNC_PEERS):
        failure = asyncio.run(_check(client, url, expected, plan.patience))
        if failure:
            failures[client.name] = failure
        else:
            consumers[client.name] = _consumer(client, url, plan.events)
    seconds: dict[str, list[float]] = {name: [] for name in consumers}
    for name, consume in turns(consumers.items(), plan.rounds):
        seconds[name].append(asyncio.run(_awaited(consume)) / plan.events)
    return {
        "framing": framing.path.strip("/"),
        "title": framing.title,
        "results": {name: summary(taken) for name, taken in seconds.items()},
        "failures": failures,
    }


async def _awaited(consume: Callable[[], Awaitable[float]]) -> float:
    return await consume()


async def _check(
    client: AsyncPeer, url: str, expected: Sequence[Facts], patience: float
) -> Optional[str]:
    """Return what is wrong with a client's events for this body, or None."""
    facts: list[Facts] = []
    try:
        await asyncio.wait_for(_collect(client, url, facts, len(expected)), patience)
    except asyncio.TimeoutError:
        return f"over {patience:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a package raises is its result
        return f"wrong: {type(error).__name__}"
    return difference(facts, expected)


async def _collect(client: AsyncPeer, url: str, facts: list[Facts], count: int) -> None:
    async with client.open_session() as session, client.connect(session, url) as events:
        async for event in events:
            facts.append(client.peer.facts(event))
            if len(facts) == count:
                return


def _consumer(client: AsyncPeer, url: str, count: int) -> Callable[[], Awaitable[float]]:
    async def consume() -> float:
        async with client.open_session() as session, client.connect(session, url) as events:
            start = time.process_time()
            await _consume(events, count)
            return time.process_time() - start

    return consume


async def _consume(events: AsyncIterator[Any], count: int) -> None:
    left = count
    async for event in events:
        event.data  # noqa: B018 - as any user would, each event's data is looked at
        left -= 1
        if not left:
            return


async def _floor(url: str) -> float:
    async with floor(url) as pieces:
        start = time.process_time()
        async for _ in pieces:
            pass
        return time.process_time() - start


def _measure_many(url: str, patience: float) -> dict[str, Any]:
    """Measure many streams at once, each client in a process of its own, for its memory."""
    results: dict[str, Any] = {}
    failures: dict[str, str] = {}
    for client in (OUR_ASYNC_CLIENT, *ASYNC_PEERS):
        command = [sys.executable, "-m", "benchmarks.many_streams", client.name, url, str(STREAMS)]
        runs = [_run(command, patience) for _ in range(MANY_ROUNDS)]
        failed = [run["failure"] for run in runs if "failure" in run]
        if failed:
            failures[client.name] = failed[0]
        else:
            results[client.name] = min(runs, key=itemgetter("cpu_us"))
    return {
        "streams": STREAMS,
        "events": MANY_EVENTS,
        "seconds": MANY_SECONDS,
        "results": results,
        "failures": failures,
    }


def _run(command: Sequence[str], patience: float) -> dict[str, Any]:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return {"failure": f"over {patience:g} s"}
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
        return {"failure": f"wrong: {reason}"}
    return dict(json.loads(run.stdout))
