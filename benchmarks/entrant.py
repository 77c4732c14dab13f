"""A package in the comparison of parsers, and this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Callable, NamedTuple

from benchmarks.names import OUR_NAME
from sseclient_ng import EventStreamParser


class Facts(NamedTuple):
    """The fields of an event, in one form for all packages."""

    data: str
    event: str
    id: str
    """The id as the package gives it; empty where there is none."""


class Peer(NamedTuple):
    """One package in the comparison of parsers."""

    name: str
    distribution: str
    read: Callable[[Iterable[bytes]], Iterator[Any]]
    type_attribute: str = "event"
    id_attribute: str = "id"

    def facts(self, event: Any) -> Facts:
        """Return the facts of one of the package's events."""
        event_type = getattr(event, self.type_attribute) or "message"
        return Facts(event.data, event_type, getattr(event, self.id_attribute) or "")


def _read_sseclient_ng(reads: Iterable[bytes]) -> Iterator[Any]:
    return chain.from_iterable(map(EventStreamParser().feed, reads))


OURS = Peer(OUR_NAME, "sseclient-ng", _read_sseclient_ng)
