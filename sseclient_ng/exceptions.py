"""The errors of sseclient_ng, all of them errors of requests.

::

    requests.exceptions.RequestException
    +-- SSEError                  base class of this package's errors
        +-- InvalidContentType    the response is not an event stream
        +-- EventTooLarge         an event exceeds ``max_event_size``
        +-- IncompleteStream      the stream ended before the event that ``until`` asks for
        +-- RetriesExhausted      ``ReconnectPolicy.max_attempts`` attempts failed in a row

A status that ends the stream raises ``requests.exceptions.HTTPError``, with the body readable on
its ``response``. Catch ``requests.RequestException`` to catch all errors.
"""

from __future__ import annotations

import re
from typing import Optional
from urllib.parse import urlsplit

from requests.exceptions import RequestException

from sseclient_ng._core.errors import EventTooLarge as _EventTooLarge
from sseclient_ng._core.event import Event

__all__ = [
    "EventTooLarge",
    "IncompleteStream",
    "InvalidContentType",
    "RetriesExhausted",
    "SSEError",
]


def without_secrets(url: str) -> str:
    """Return the part of a URL that is safe to show: scheme, host, port and path.

    Args:
        url: any URL; user, password, query and fragment are removed.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a malformed URL"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


class SSEError(RequestException):
    """Base class of this package's errors."""


class InvalidContentType(SSEError):
    """The response is not an event stream.

    Args:
        content_type: the Content-Type as the server sent it.
        url: the URL that was asked.
        response: the response, with the start of its body.

    See the WHATWG HTML standard, 9.2.2 "The EventSource interface" and 9.2.5.
    """

    def __init__(self, content_type: str, url: str = "", response: object = None) -> None:
        place = f" from {without_secrets(url)}" if url else ""
        super().__init__(
            f"expected Content-Type text/event-stream{place}, got {content_type!r}"
            + _what_it_is_instead(response)
        )
        self.content_type = content_type
        self.url = url
        self.response = response  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[str, str, object]]:
        return type(self), (self.content_type, self.url, self.response)


class EventTooLarge(_EventTooLarge, SSEError):
    """An event holds more than ``max_event_size`` bytes.

    Args:
        max_event_size: the limit, in bytes.
    """


class IncompleteStream(SSEError):
    """The stream ended before the event that ``until`` asks for.

    Args:
        events: how many events had come.
        last_event: the last one of them; None where none had come.
        url: the URL that was asked; "" where something was given to read.

    What ended the stream is the ``__cause__``: EOFError where the server ended it, else the error
    of the connection.
    """

    def __init__(self, events: int, last_event: Optional[Event] = None, url: str = "") -> None:
        stream = without_secrets(url) if url else "the stream"
        came = f"{events} event{'' if events == 1 else 's'} had come"
        if last_event is not None:
            came += f", the last one {_shortened(last_event)}"
        super().__init__(f"{stream} ended before the event that until asks for; {came}")
        self.events = events
        self.last_event = last_event
        self.url = url

    def __reduce__(self) -> tuple[type, tuple[int, Optional[Event], str]]:
        return type(self), (self.events, self.last_event, self.url)


class RetriesExhausted(SSEError):
    """The policy allows no more failed attempts in a row.

    Args:
        attempts: how many attempts failed in a row.
        url: the URL that was asked.
        reason: why the last one failed, in a few words without secrets; "" where nobody knows.

    The last error is the ``__cause__``.
    """

    def __init__(self, attempts: int, url: str, reason: str = "") -> None:
        tried = f"{attempts} failed attempt{'' if attempts == 1 else 's'}"
        last = f", the last one: {reason}" if reason else ""
        super().__init__(f"gave up on {without_secrets(url)} after {tried}{last}")
        self.attempts = attempts
        self.url = url
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[int, str, str]]:
        return type(self), (self.attempts, self.url, self.reason)


_SHOWN = 80  # characters of an event's data in a message
_SHOWN_OF_BODY = 300  # characters: the reason that a server gives
_begins_like_a_stream = re.compile(rb"(\xef\xbb\xbf)?(data|event|id|retry)?:").match


def _what_it_is_instead(response: object) -> str:
    body: object = getattr(response, "content", None)
    if not isinstance(body, bytes):
        return "; pass check_content_type=False to read it anyway"
    if _begins_like_a_stream(body):
        return ", but the body looks like a stream; pass check_content_type=False to read it"
    text = body[: 4 * _SHOWN_OF_BODY].decode("utf-8", "replace").strip()
    if not text:
        return "; the body is empty"
    dots = "..." if len(text) > _SHOWN_OF_BODY else ""
    return f"; the body begins: {text[:_SHOWN_OF_BODY]!r}{dots}"


def _shortened(event: Event) -> str:
    data = event.data if len(event.data) <= _SHOWN else f"{event.data[:_SHOWN]}..."
    place = f"id {event.last_event_id!r} and " if event.last_event_id else ""
    return f"{event.event!r} with {place}data {data!r}"
