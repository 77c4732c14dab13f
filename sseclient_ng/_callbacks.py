"""What a client calls, and what it writes to the log, for both shells."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Callable, Optional

from sseclient_ng._core.checks import check_function
from sseclient_ng._core.event import Event
from sseclient_ng._core.machine import Machine
from sseclient_ng._reasons import reason_of
from sseclient_ng.exceptions import without_secrets

__all__ = ["Callbacks", "deliver_next", "log_opened", "log_wait"]

_logger = logging.getLogger("sseclient")


@dataclass(frozen=True)
class Callbacks:
    """The caller's functions; None calls nobody.

    Args:
        on_open: called with the response.
        on_error: called with the error and the seconds of the wait.
        on_comment: called with the text of a comment.

    Raises:
        TypeError: one of them is no function.
    """

    on_open: Optional[Callable[..., object]] = None
    on_error: Optional[Callable[[Exception, float], object]] = None
    on_comment: Optional[Callable[[str], object]] = None

    def __post_init__(self) -> None:
        """Refuse what can't be called, by name."""
        for name, value in vars(self).items():
            check_function(name, value)


def deliver_next(machine: Machine) -> tuple[Event, bool]:
    """Take the next event, and ask ``until`` about it first: if that fails, nothing is lost.

    Args:
        machine: it has answered DELIVER, and is told of the last event.

    Returns:
        The event, and whether it ends the stream.

    Raises:
        Exception: what the caller's function raises.
    """
    delivery, ending = machine.delivery, machine.ending
    is_last = ending is not None and ending.is_last(delivery.ready[0])
    event = delivery.deliver()
    if is_last:
        machine.delivered_last_event()
    return event, is_last


def log_opened(url: str) -> None:
    """Log that a connection was made, without anything that may be secret.

    Args:
        url: where to.
    """
    _logger.debug("%s: connected", without_secrets(url))


def log_wait(url: str, error: Exception, delay: float) -> None:
    """Log that the client waits to reconnect, without anything that may be secret.

    Args:
        url: where to.
        error: what ended the connection or the attempt.
        delay: seconds.
    """
    reason = reason_of(error)
    _logger.info("%s: %s; reconnecting in %.2f s", without_secrets(url), reason, delay)
