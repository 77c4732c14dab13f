"""CPU per event and delay of each client, against one server, taking turns."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import attrgetter
from statistics import median, quantiles
from typing import Any, Callable, NamedTuple, Optional

from benchmarks.checks import difference, expected_facts
from benchmarks.client_peers import CLIENT_PEERS, FLOORS, OUR_CLIENT, ClientPeer, Floor
from benchmarks.limits import TooSlow, time_limit
from benchmarks.peers import Facts
from benchmarks.server import FRAMINGS, PACED_SECONDS, Framing, clock, running

_get_data = attrgetter("data")


class Plan(NamedTuple):
    """How much is measured."""

    events: int = 20_000
    rounds: int = 5
    paced_events: int = 1_000
    paced_rounds: int = 3
    patience: float = 10.0
    """Seconds after which a client is given up."""


QUICK = Plan(events=500, rounds=1, paced_events=20, paced_rounds=1, patience=2.0)


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
    consumers: dict[str, Callable[[], None]] = {}
    for floor in FLOORS:
        consumers[floor.name] = _floor(floor, url)
    for client in (OUR_CLIENT, *CLIENT_PEERS):
        failure = _check(client, url, expected, plan.patience)
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
    """Say what is wrong with a client on this body, or None where its events are right."""
    try:
        with time_limit(patience), client.connect(url) as events:
            facts = [client.peer.facts(event) for event in islice(events, len(expected))]
    except TooSlow as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a package raises is its result
        return f"wrong: {type(error).__name__}"
    return difference(facts, expected)


def _floor(floor: Floor, url: str) -> Callable[[], None]:
    def consume() -> None:
        deque(floor.pieces(url), maxlen=0)

    return consume


def _consumer(client: ClientPeer, url: str, count: int) -> Callable[[], None]:
    def consume() -> None:
        with client.connect(url) as events:
            deque(map(_get_data, islice(events, count)), maxlen=0)

    return consume


def _take_turns(consumers: dict[str, Callable[[], None]], plan: Plan) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in consumers}
    for _ in range(plan.rounds):
        for name, consume in consumers.items():
            start = time.process_time()
            consume()
            seconds[name].append((time.process_time() - start) / plan.events)
    return seconds


def summary(seconds: Sequence[float]) -> dict[str, Any]:
    """Best and median of CPU times an event, in microseconds."""
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
    paced: dict[str, Callable[[], list[int]]] = {
        floor.name: _floor_delays(floor, url) for floor in FLOORS
    }
    for client in (OUR_CLIENT, *CLIENT_PEERS):
        paced[client.name] = _client_delays(client, url, plan.paced_events)
    delays: dict[str, list[int]] = {name: [] for name in paced}
    seconds: dict[str, list[float]] = {name: [] for name in paced}
    for _ in range(plan.paced_rounds):
        for name, receive in paced.items():
            start = time.process_time()
            with time_limit(plan.patience):
                delays[name] += receive()
            seconds[name].append((time.process_time() - start) / plan.paced_events)
    return {
        "title": f"an event every {PACED_SECONDS * 1000:g} ms",
        "results": {
            name: {**summary(seconds[name]), **_delay_summary(delays[name])} for name in paced
        },
        "failures": {},
    }


def _delay(data: str, received: int) -> int:
    return received - int(data.split(" ", 1)[0])


def _client_delays(client: ClientPeer, url: str, count: int) -> Callable[[], list[int]]:
    def receive() -> list[int]:
        with client.connect(url) as events:
            received = [(event.data, clock()) for event in islice(events, count)]
        return [_delay(*pair) for pair in received]

    return receive


def _floor_delays(floor: Floor, url: str) -> Callable[[], list[int]]:
    def receive() -> list[int]:
        received = [(piece, clock()) for piece in _whole_events(floor.pieces(url))]
        return [_delay(piece[len(b"data: ") :].decode(), when) for piece, when in received]

    return receive


def _whole_events(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces that are one event each, as they are where each chunk comes on its own."""
    return (piece for piece in pieces if piece.startswith(b"data: "))


def _delay_summary(delays: Sequence[int]) -> dict[str, float]:
    return {
        "delay_median_us": median(delays) / 1e3,
        "delay_p99_us": quantiles(delays, n=100)[98] / 1e3,
    }
