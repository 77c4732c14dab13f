"""CPU per event and delay of each client, against one server, taking turns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from operator import attrgetter
from statistics import median, quantiles
from typing import Any, Callable, NamedTuple, Optional

from benchmarks.checks import difference, expected_facts
from benchmarks.client_peers import CLIENT_PEERS, FLOORS, OUR_CLIENT, ClientPeer, Floor
from benchmarks.entrant import Facts
from benchmarks.limits import TooSlow, time_limit
from benchmarks.server import FRAMINGS, PACED_SECONDS, Framing, clock, running
from benchmarks.turns import turns

_get_data = attrgetter("data")
_NEEDS_GZIP = {"/gzip": "does not ask for it"}


class Plan(NamedTuple):
    """How much to measure."""

    events: int = 20_000
    rounds: int = 5
    paced_events: int = 1_000
    paced_rounds: int = 3
    live_events: int = 5_000
    patience: float = 10.0
    """Seconds after which a client is given up."""


QUICK = Plan(events=500, rounds=1, paced_events=20, paced_rounds=1, live_events=100, patience=2.0)


def measure(plan: Plan) -> dict[str, Any]:
    """Measure every client on every framing, and on paced writes.

    Args:
        plan: how much.

    Returns:
        The CPU of each client in seconds an event, in each round; its delays; or its failure.
    """
    with running(plan.events, plan.paced_events) as url:
        return {
            "framings": [measure_framing(framing, url, plan) for framing in FRAMINGS],
            "paced": measure_paced(url, plan),
        }


def measure_framing(framing: Framing, url: str, plan: Plan) -> dict[str, Any]:
    """Measure every client on one framing.

    Args:
        framing: how the body is sent.
        url: the root of the server.
        plan: how much.
    """
    url += framing.path
    expected = expected_facts(framing.make(plan.events))
    failures: dict[str, str] = {}
    consumers: dict[str, Callable[[], float]] = {}
    for floor in FLOORS:
        consumers[floor.name] = _floor(floor, url)
    for client in (OUR_CLIENT, *CLIENT_PEERS):
        failure = None if client.asks_for_gzip else _NEEDS_GZIP.get(framing.path)
        failure = failure or _check(client, url, expected, plan.patience)
        if failure:
            failures[client.name] = failure
        else:
            consumers[client.name] = _consumer(client, url, plan.events)
    seconds = _take_turns(consumers, plan)
    return {
        "framing": framing.path.strip("/"),
        "title": framing.title,
        "results": {name: summary(taken) for name, taken in seconds.items()},
        "failures": failures,
    }


def _check(
    client: ClientPeer, url: str, expected: Sequence[Facts], patience: float
) -> Optional[str]:
    """Return what is wrong with a client's events for this body, or None."""
    try:
        with time_limit(patience), client.connect(url) as events:
            facts = [client.peer.facts(event) for event in islice(events, len(expected))]
    except TooSlow as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a package raises is its result
        return f"wrong: {type(error).__name__}"
    return difference(facts, expected)


def _floor(floor: Floor, url: str) -> Callable[[], float]:
    def consume() -> float:
        with floor.connect(url) as pieces:
            return _cpu_seconds(pieces)

    return consume


def _consumer(client: ClientPeer, url: str, count: int) -> Callable[[], float]:
    def consume() -> float:
        with client.connect(url) as events:
            return _cpu_seconds(map(_get_data, islice(events, count)))

    return consume


def _cpu_seconds(items: Iterable[Any]) -> float:
    """Return the CPU time of an iteration, without that of connecting."""
    start = time.process_time()
    deque(items, maxlen=0)
    return time.process_time() - start


def _take_turns(consumers: dict[str, Callable[[], float]], plan: Plan) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in consumers}
    for name, consume in turns(consumers.items(), plan.rounds):
        seconds[name].append(consume() / plan.events)
    return seconds


def summary(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the best and the median CPU time per event, in microseconds."""
    return {
        "rounds_us": [round(value * 1e6, 3) for value in seconds],
        "best_us": min(seconds) * 1e6,
        "median_us": median(seconds) * 1e6,
    }


def measure_paced(url: str, plan: Plan) -> dict[str, Any]:
    """Measure the delay from the server's write to the caller, and the CPU, with paced writes.

    Args:
        url: the root of the server.
        plan: how much.
    """
    url += "/paced"
    paced = {floor.name: _floor_texts(floor, url) for floor in FLOORS}
    for client in (OUR_CLIENT, *CLIENT_PEERS):
        paced[client.name] = _client_texts(client, url, plan.paced_events)
    delays: dict[str, list[int]] = {name: [] for name in paced}
    seconds: dict[str, list[float]] = {name: [] for name in paced}
    for name, connect in turns(paced.items(), plan.paced_rounds):
        with time_limit(plan.patience), connect() as texts:
            start = time.process_time()
            received = [(text, clock()) for text in texts]
            seconds[name].append((time.process_time() - start) / plan.paced_events)
        delays[name] += [when - int(text.split(" ", 1)[0]) for text, when in received]
    return {
        "title": f"an event every {PACED_SECONDS * 1000:g} ms",
        "results": {
            name: {**summary(seconds[name]), **_delay_summary(delays[name])} for name in paced
        },
        "failures": {},
    }


Texts = Callable[[], AbstractContextManager[Iterator[str]]]


def _client_texts(client: ClientPeer, url: str, count: int) -> Texts:
    @contextmanager
    def connect() -> Iterator[Iterator[str]]:
        with client.connect(url) as events:
            yield map(_get_data, islice(events, count))

    return connect


def _floor_texts(floor: Floor, url: str) -> Texts:
    """Split a body that sends each event in a chunk of its own."""

    @contextmanager
    def connect() -> Iterator[Iterator[str]]:
        with floor.connect(url) as pieces:
            yield (piece[6:].decode() for piece in pieces if piece.startswith(b"data: "))

    return connect


def _delay_summary(delays: Sequence[int]) -> dict[str, float]:
    return {
        "delay_median_us": median(delays) / 1e3,
        "delay_p99_us": quantiles(delays, n=100)[98] / 1e3,
    }
