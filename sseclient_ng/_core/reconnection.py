"""The reconnection core: it is told what happened, and answers what to do next.

It does no I/O, never sleeps, and knows no clock but those handed in; both clients ask it. A client
tells it of every attempt (`attempt`), of every accepted connection (`opened`), and of every
connection or attempt that ended (`lost`), whose answer is a wait, the end, or an error.

See the WHATWG HTML standard, 9.2.3 "Processing model". What the standard leaves to the client, how
waits grow, is `ReconnectPolicy`'s.
"""

from __future__ import annotations

import http.client
import logging
import random
import time
from typing import Callable, Optional, Union

import requests
import urllib3

from sseclient_ng._core.delivery import Progress
from sseclient_ng._core.http import retry_after, status_is_transient
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng.exceptions import InvalidContentType, RetriesExhausted, without_secrets

__all__ = ["Reconnection", "log_connected", "log_wait", "policy_of"]

_logger = logging.getLogger("sseclient")

_DROPS = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError, EOFError)
# What no repetition mends: URLs that are none (they are ValueErrors), and what is listed here.
_FINAL = (
    ValueError,
    InvalidContentType,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.UnrewindableBodyError,
)
_UNAUTHORISED = (401, 403)


def policy_of(
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
    raise TypeError(
        f"reconnect must be True, False, None or a ReconnectPolicy, not {type(reconnect).__name__}"
    )


def _is_drop(error: Exception) -> bool:
    """Return whether an error is one that a new connection may mend.

    Args:
        error: what an attempt to connect, or reading, raised. EOFError stands for a clean end.
    """
    if isinstance(error, requests.exceptions.InvalidHeader):
        # requests says so of the caller's headers, and of a response that a proxy has garbled.
        return isinstance(error.__context__, urllib3.exceptions.InvalidHeader)
    if isinstance(error, _FINAL):
        return False
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return status_is_transient(error.response.status_code)
    return isinstance(error, _DROPS)


def log_connected(url: str) -> None:
    """Log that a connection was made; never what may be secret.

    Args:
        url: where to.
    """
    _logger.debug("%s: connected", without_secrets(url))


def log_wait(url: str, error: Exception, delay: float) -> None:
    """Log that the client waits before it connects again; never what may be secret.

    Args:
        url: where to.
        error: what ended the connection or the attempt.
        delay: seconds.
    """
    kind = type(error).__name__
    _logger.info("%s: %s, connecting again in %.2f s", without_secrets(url), kind, delay)


class Reconnection:
    """Decides when a client connects again.

    Args:
        url: the URL, for the text of errors.
        policy: how to wait; None makes one connection only.
        random_fraction: returns a random number from 0 to 1, which chooses the jitter.
        clock: returns seconds on a clock that never goes back.
        wall_clock: returns seconds since the epoch, for the dates of Retry-After.
    """

    def __init__(
        self,
        url: str,
        policy: Optional[ReconnectPolicy],
        *,
        random_fraction: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._policy = policy
        self._random_fraction = random_fraction
        self._clock = clock
        self._wall_clock = wall_clock
        self._attempts = 0  # to reconnect, since the last event
        self._failures = 0  # of those, and of the first connection, the ones that brought nothing
        self._wait = 0.0
        self._opened_at: Optional[float] = None
        self._authorised = True

    def attempt(self) -> None:
        """Take note that the client connects again."""
        self._attempts += 1
        self._opened_at = None

    def opened(self) -> None:
        """Take note that the response is an event stream."""
        self._opened_at = self._clock()
        self._authorised = True

    def lost(self, error: Exception, progress: Progress, retry: int) -> Optional[float]:
        """Return how many seconds to wait before the next attempt, or None for the end.

        Args:
            error: what ended the connection or the attempt; EOFError stands for a clean end.
            progress: what the connection brought; NOTHING where there was none.
            retry: the reconnection time, in milliseconds.

        Raises:
            RetriesExhausted: the policy allows no more attempts; ``error`` is its cause.
            Exception: ``error`` itself, where no new attempt is allowed or could mend it.
        """
        if self._policy is None:
            if isinstance(error, EOFError):
                return None
            raise error
        if self._deserves_fresh_headers(error):
            self._authorised = False
            return 0.0
        if not _is_drop(error):
            raise error
        self._count(progress)
        if self._policy.max_attempts is not None and self._attempts >= self._policy.max_attempts:
            raise RetriesExhausted(self._attempts, self._url) from error
        self._wait = self._delay(self._policy, error, retry)
        return self._wait

    def abandoned(self, progress: Progress, retry: int) -> Optional[float]:
        """Return how many seconds to wait after a connection or an attempt that the caller gave up.

        That is no failure of the server's: it does not count, and makes no wait grow.

        Args:
            progress: what the connection brought; NOTHING where there was none.
            retry: the reconnection time, in milliseconds.

        Returns:
            The seconds, or None where the policy allows one connection only.
        """
        if self._policy is None:
            return None
        if progress is Progress.EVENT:
            self._attempts = self._failures = 0
        else:
            self._attempts = max(0, self._attempts - 1)
        return self._delay(self._policy, None, retry)

    def _deserves_fresh_headers(self, error: Exception) -> bool:
        """Return whether a refused reconnect is tried once more: a token may have expired."""
        response = error.response if isinstance(error, requests.HTTPError) else None
        return response is not None and response.status_code in _UNAUTHORISED and self._authorised

    def _count(self, progress: Progress) -> None:
        if progress is Progress.EVENT:
            self._attempts = self._failures = 0
        elif progress is Progress.TRAFFIC and self._lived_longer_than_the_wait():
            self._attempts = 0
        elif progress is not Progress.PART:
            self._failures += 1

    def _lived_longer_than_the_wait(self) -> bool:
        # A connection with comments only is a quiet one, unless it was closed at once.
        return self._opened_at is not None and self._clock() - self._opened_at > self._wait

    def _delay(self, policy: ReconnectPolicy, error: Optional[Exception], retry: int) -> float:
        response = error.response if isinstance(error, requests.HTTPError) else None
        if response is not None:
            asked = retry_after(response.headers.get("Retry-After"), self._wall_clock())
            if asked:  # 0, or a date in the past, asks for nothing
                return policy.bounded(asked)
        # A server may have sent more digits than a float holds.
        seconds = min(retry or 0, 1000 * policy.max_server_delay) / 1000
        return policy.delay(self._failures, seconds, self._random_fraction())
