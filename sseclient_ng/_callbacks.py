"""What a client calls, and what it writes to the log, for both shells."""

from __future__ import annotations

import logging
from typing import Callable, NamedTuple, Optional

from sseclient_ng.exceptions import without_secrets

__all__ = ["Callbacks", "log_opened", "log_wait"]

_logger = logging.getLogger("sseclient")


class Callbacks(NamedTuple):
    """The caller's functions; None calls nobody.

    Args:
        on_open: called with the response.
        on_error: called with the error and the seconds of the wait.
        on_comment: called with the text of a comment.
    """

    on_open: Optional[Callable[..., object]] = None
    on_error: Optional[Callable[[Exception, float], object]] = None
    on_comment: Optional[Callable[[str], object]] = None


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
    kind = type(error).__name__
    _logger.info("%s: %s, reconnecting in %.2f s", without_secrets(url), kind, delay)
