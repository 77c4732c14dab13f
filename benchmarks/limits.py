"""Time limits, for packages that never finish."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Optional


class TooSlow(Exception):
    """A package exceeded its time limit."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after some time.

    Args:
        seconds: how long it may take.

    Raises:
        TooSlow: it took longer. The benchmarks need a system with SIGALRM for it.
    """

    def interrupt(number: int, frame: Optional[FrameType]) -> None:
        raise TooSlow(f"over {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
