"""CPU per event of each client on a live stream: one event a read."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Optional

from benchmarks import async_peers, client_peers
from benchmarks.client import Plan, summary
from benchmarks.limits import TooSlow, time_limit
from benchmarks.live_stream import Live, read, read_async, trusted
from benchmarks.turns import turns
from tests import streams

Measure = Callable[[Live, int], float]


class Line(NamedTuple):
    """One line of the table.

    Args:
        title: what is read, and how.
        make: makes the stream.
        tls: whether over TLS.
        entrants: what reads it, by name.
    """

    title: str
    make: Callable[[int], streams.Stream]
    tls: bool
    entrants: dict[str, Measure]


def _entrants() -> dict[str, Measure]:
    clients = [client_peers.OUR_CLIENT, *client_peers.CLIENT_PEERS]
    floor = client_peers.FLOORS[0]
    connects = {clients[0].name: clients[0].connect, floor.name: floor.connect}
    connects.update({client.name: client.connect for client in clients[1:]})
    return {name: partial(read, connect) for name, connect in connects.items()}


def _async_entrants() -> dict[str, Measure]:
    clients = [async_peers.OUR_ASYNC_CLIENT, *async_peers.ASYNC_PEERS]
    connects = {client.name: async_peers.in_session(client) for client in clients}
    connects[async_peers.FLOOR_NAME] = async_peers.floor
    return {name: partial(read_async, connect) for name, connect in connects.items()}


def lines() -> list[Line]:
    """Return the lines of the table."""
    threads, tasks = _entrants(), _async_entrants()
    return [
        Line("data", streams.llm_tokens, tls=False, entrants=threads),
        Line("event, id and data", streams.named, tls=False, entrants=threads),
        Line("data, TLS", streams.llm_tokens, tls=True, entrants=threads),
        Line("data, asyncio", streams.llm_tokens, tls=False, entrants=tasks),
        Line("event, id and data, asyncio", streams.named, tls=False, entrants=tasks),
        Line("data, TLS, asyncio", streams.llm_tokens, tls=True, entrants=tasks),
    ]


def measure(plan: Plan) -> list[dict[str, Any]]:
    """Measure every client.

    Args:
        plan: how much.

    Returns:
        For each line the CPU of each client in microseconds an event, in each round.
    """
    with trusted() as context:
        return [_measure_line(line, context if line.tls else None, plan) for line in lines()]


def _measure_line(line: Line, tls: Optional[ssl.SSLContext], plan: Plan) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {name: [] for name in line.entrants}
    failures: dict[str, str] = {}
    for name, measured in turns(line.entrants.items(), plan.rounds):
        live = Live(line.make, tls)
        try:
            if name not in failures:
                with time_limit(plan.patience):
                    seconds[name].append(measured(live, plan.live_events) / plan.live_events)
        except TooSlow as error:
            failures[name] = str(error)
        finally:
            live.close()
    return {
        "title": line.title,
        "results": {
            name: summary(taken) for name, taken in seconds.items() if name not in failures
        },
        "failures": failures,
    }
