"""Check the events of each package before it is timed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from benchmarks.entrant import Facts
from tests.streams import Stream


def expected_facts(stream: Stream) -> list[Facts]:
    """The events of a stream in the common form."""
    return [Facts(event.data, event.event, event.id or "") for event in stream.events]


def difference(events: Sequence[Facts], expected: Sequence[Facts]) -> Optional[str]:
    """Return what is wrong with a package's events, or None."""
    if len(events) != len(expected):
        return f"wrong: {len(events):,} events, not {len(expected):,}"
    wrong = sum(map(tuple.__ne__, events, expected))
    return f"wrong: {wrong:,} events differ" if wrong else None
