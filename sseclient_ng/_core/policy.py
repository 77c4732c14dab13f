"""How a client reconnects: how long it waits, how often it tries, and after which errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Union

from sseclient_ng._core.checks import check_count, check_function, check_number, check_switch

__all__ = ["ReconnectPolicy", "choose_policy"]


@dataclass(frozen=True)
class ReconnectPolicy:
    """How a client reconnects after its connection was lost. It can't be changed.

    After n failures in a row the client waits for ``max(min_delay, retry)`` times ``factor ** n``,
    at most ``max_delay``, less a random part of up to ``jitter``, and never less than
    ``max(min_delay, retry)``. A healthy connection sets n to 0: one that brought an event, or that
    lived clearly longer than the wait before it. ``retry`` is the reconnection time that the server
    or the caller set.

    Args:
        max_attempts: how many attempts in a row may fail before `RetriesExhausted` is raised; None
            sets no limit, as in browsers.
        min_delay: the shortest wait, in seconds. With 0.25, a server that says ``retry: 0`` and
            closes is asked four times a second at most.
        max_delay: the longest wait that failures lead to, in seconds. 60 is short enough to notice
            soon that a server is back, and long enough not to be in its way.
        factor: by how much each failure multiplies the wait.
        jitter: the random part of the wait, between 0 and 1. 0.5 spreads the clients of a server
            that restarts over half of the wait.
        max_server_delay: the longest wait that a server can ask for by ``retry:`` or Retry-After,
            in seconds; 3600 is an hour.
        retry_first: whether a failure of the first connection is waited out like any later one,
            for programs that start before their server. Otherwise it is raised at once.
        should_retry: called with the error of every failed attempt and every lost connection.
            Return True to try again, False to raise the error, None to leave it to the client. None
            instead of a function always leaves it to the client.

    Raises:
        TypeError: a value has a wrong type; the message says which.
        ValueError: a value is out of its range; the message says which.

    See the WHATWG HTML standard, 9.2.3 "Processing model" (reestablish the connection).
    """

    max_attempts: Optional[int] = None
    min_delay: float = 0.25
    max_delay: float = 60.0
    factor: float = 2.0
    jitter: float = 0.5
    max_server_delay: float = 3600.0
    retry_first: bool = False
    should_retry: Optional[Callable[[Exception], Optional[bool]]] = None

    def __post_init__(self) -> None:
        """Refuse values that make no sense, by name."""
        advice = "; reconnect=False makes one connection only"
        check_count("max_attempts", self.max_attempts, "a whole number", advice)
        for name in ("min_delay", "max_delay", "factor", "jitter", "max_server_delay"):
            check_number(name, getattr(self, name))
        if self.factor < 1:
            raise ValueError(f"factor must be at least 1, not {self.factor!r}")
        if self.jitter > 1:
            raise ValueError(f"jitter must be between 0 and 1, not {self.jitter!r}")
        check_switch("retry_first", self.retry_first)
        check_function("should_retry", self.should_retry)

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


def choose_policy(
    reconnect: Union[bool, ReconnectPolicy, None], method: str
) -> Optional[ReconnectPolicy]:
    """Return the policy that ``reconnect=`` stands for, or None for one connection only.

    Args:
        reconnect: True is the default policy; None is True for methods that are safe to repeat.
        method: the request's method.

    Raises:
        TypeError: ``reconnect`` is something else.
    """
    if reconnect is None:
        reconnect = method.upper() in ("GET", "HEAD")
    if isinstance(reconnect, ReconnectPolicy):
        return reconnect
    if isinstance(reconnect, bool):
        return ReconnectPolicy() if reconnect else None
    raise TypeError(f"reconnect must be True, False, None or a ReconnectPolicy, not {reconnect!r}")
