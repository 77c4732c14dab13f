"""How the command ends: exit codes, and what it says on stderr."""

from __future__ import annotations

import os
import sys

import requests

from sseclient_ng._command.terminal import printable
from sseclient_ng._reasons import reason_of
from sseclient_ng.exceptions import (
    EventTooLarge,
    IncompleteStream,
    InvalidContentType,
    RetriesExhausted,
    without_secrets,
)

__all__ = [
    "BROKEN_OFF",
    "ENDED",
    "NO_CONNECTION",
    "NO_OUTPUT",
    "REFUSED",
    "SIGNALLED",
    "USAGE",
    "explain",
    "say",
]

ENDED, NO_OUTPUT, USAGE, REFUSED, NO_CONNECTION, BROKEN_OFF = range(6)
SIGNALLED = 128  # and the number of the signal, as shells count

_SHOWN = 300  # characters of an answer's body

_USAGE_ERRORS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
    requests.exceptions.MissingSchema,
)
_HINTS = {
    401: 'log in with -u USER:PASSWORD, or send a token with -H "Authorization: Bearer ..."',
    403: "these credentials may not read it",
    404: "check the address",
    405: "choose another method with -X",
    406: "the server has no event stream at this address",
    407: "the proxy wants credentials: -x http://USER:PASSWORD@HOST:PORT",
    429: "the server wants fewer requests; try again later",
}


def say(text: str) -> None:
    """Say something on stderr.

    Args:
        text: a line; what a server put into it does nothing to the terminal.
    """
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]  # it is closed
        return
    try:
        print(f"sseclient-ng: {printable(text)}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:  # nobody listens; Python would try again when it ends, and fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def explain(error: Exception, url: str, *, connected: bool) -> tuple[int, str]:
    """Return the exit code, and what happened and what to do.

    Args:
        error: what came out of the client.
        url: what was asked for.
        connected: whether there has been a connection.
    """
    place = without_secrets(url)
    if isinstance(error, RetriesExhausted) and error.__cause__ is not None:
        refused = isinstance(error.__cause__, requests.HTTPError)
        return REFUSED if refused else NO_CONNECTION, str(error)
    if isinstance(error, IncompleteStream):
        return BROKEN_OFF, _incomplete(error)
    if isinstance(error, EventTooLarge):
        return (
            BROKEN_OFF,
            f"{place}: an event is larger than --max-event-size {error.max_event_size}",
        )
    if isinstance(error, InvalidContentType):
        return REFUSED, _wrong_type(error, place)
    if isinstance(error, requests.HTTPError):
        return REFUSED, _refused(error, place)
    if isinstance(error, _USAGE_ERRORS) and not connected:
        return USAGE, _usage(error, place)
    reason = reason_of(error)
    if connected:
        return BROKEN_OFF, f"{place}: {reason}; it is not repeated, see --reconnect"
    through = " through the proxy" if isinstance(error, requests.exceptions.ProxyError) else ""
    return NO_CONNECTION, f"no connection to {place}{through}: {reason}{_hint(reason)}"


def _incomplete(error: IncompleteStream) -> str:
    cause = f" ({reason_of(error.__cause__)})" if error.__cause__ is not None else ""
    events = f"{error.events} event{'' if error.events == 1 else 's'}"
    return f"the stream ended before the event of --until came, after {events}{cause}"


def _wrong_type(error: InvalidContentType, place: str) -> str:
    found = f"{error.content_type!r}" if error.content_type else "nothing about its type"
    return (
        f"{place} is no event stream: the server calls it {found}; check the address, or read it "
        f"anyway with --ignore-content-type{_beginning(error.response)}"
    )


def _refused(error: requests.HTTPError, place: str) -> str:
    hint = _HINTS.get(error.response.status_code, "") if error.response is not None else ""
    return f"{place}: {reason_of(error)}{'; ' if hint else ''}{hint}{_beginning(error.response)}"


def _beginning(response: object) -> str:
    """Return the beginning of an answer's body, in which servers say why."""
    if not isinstance(response, requests.Response) or "html" in response.headers.get(
        "Content-Type", ""
    ):
        return ""
    text = " ".join(response.text.split())
    return f"\n  {text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}" if text else ""


def _usage(error: Exception, place: str) -> str:
    if "SOCKS" in str(error):
        return 'a SOCKS proxy needs more software: pip install "requests[socks]"'
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return "--proxy needs http://HOST:PORT"
    return f"{place} is not a URL that can be requested"


def _hint(reason: str) -> str:
    if reason.startswith("the certificate"):
        return "; trust it with --cacert FILE, or check none with -k"
    return ""
