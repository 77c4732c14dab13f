"""How long to wait before a connection is made again, and how often to try."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Optional

__all__ = ["ReconnectPolicy"]


@dataclass(frozen=True)
class ReconnectPolicy:
    """How a client waits and tries again after its connection was lost. It can't be changed.

    After n failed attempts in a row the client waits for ``max(min_delay, retry)`` times
    ``factor ** n``, at most ``max_delay``, less a random part of up to ``jitter``, and never less
    than ``max(min_delay, retry)``. An event sets n to 0. ``retry`` is the reconnection time that
    the server or the caller set.

    Args:
        max_attempts: after so many attempts in a row that bring no event, `RetriesExhausted` is
            raised; None tries for ever, as browsers do.
        min_delay: the shortest wait, in seconds. 0.25 keeps a server that says ``retry: 0`` and
            closes from being asked more than four times a second.
        max_delay: where the growing wait ends, in seconds. 60 is short enough to notice that a
            server is back, and long enough not to be in its way.
        factor: by how much each failure multiplies the wait.
        jitter: the part of the wait that is random, between 0 and 1. 0.5 spreads the clients of a
            server that restarts over half of the wait, so that they don't come back all at once.
        max_server_delay: the longest wait that a server can ask for by ``retry:`` or Retry-After,
            in seconds; 3600 is an hour.

    Raises:
        TypeError: a value is no number; the message says which.
        ValueError: a value is out of its range; the message says which.

    See the WHATWG HTML standard, 9.2.3 "Processing model" (reestablish the connection).
    """

    max_attempts: Optional[int] = None
    min_delay: float = 0.25
    max_delay: float = 60.0
    factor: float = 2.0
    jitter: float = 0.5
    max_server_delay: float = 3600.0

    def __post_init__(self) -> None:
        """Refuse values that make no sense, by name."""
        for field in fields(self):
            _check_number(field.name, getattr(self, field.name))
        if self.max_attempts is not None and not self.max_attempts >= 1:
            raise ValueError(
                "max_attempts must be at least 1, or None for no limit, "
                f"not {self.max_attempts!r}; reconnect=False makes one connection only"
            )
        if self.factor < 1:
            raise ValueError(f"factor must be at least 1, not {self.factor!r}")
        if self.jitter > 1:
            raise ValueError(f"jitter must be between 0 and 1, not {self.jitter!r}")

    def delay(self, failures: int, retry: float, fraction: float) -> float:
        """Return how long to wait before the next attempt, in seconds.

        Args:
            failures: how many attempts failed in a row.
            retry: the reconnection time that the server or the caller set, in seconds.
            fraction: a random number from 0 to 1, which chooses the jitter.
        """
        shortest = self.bounded(retry)
        try:
            grown = min(self.max_delay, shortest * float(self.factor) ** failures)
        except OverflowError:
            grown = self.max_delay if shortest else 0.0
        return max(shortest, grown * (1 - fraction * self.jitter))

    def bounded(self, delay: float) -> float:
        """Return a wait that somebody asked for, between the shortest and the longest allowed.

        Args:
            delay: seconds.
        """
        return max(self.min_delay, min(delay, self.max_server_delay))


def _check_number(name: str, value: object) -> None:
    if name == "max_attempts":  # its range has words of its own
        if value is not None and not isinstance(value, int):
            raise TypeError(f"max_attempts must be a whole number, not {value!r}")
        return
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be finite and not negative, not {value!r}")
