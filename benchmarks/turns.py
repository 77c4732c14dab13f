"""Take turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def turns(items: Iterable[Item], rounds: int) -> Iterator[Item]:
    """Yield each item in every round, starting each round with another one.

    What comes before has its effect: it leaves memory that can be used at once, or has just given
    it back to the system. So nobody is to come after the same one every time.
    """
    order = list(items)
    for number in range(rounds):
        start = number % len(order)
        yield from order[start:] + order[:start]
