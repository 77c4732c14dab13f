"""HTTP rules for event streams: request headers, response status and response headers.

See the WHATWG HTML standard, 9.2.2 "The EventSource interface" (what a response means) and 9.2.4
"The Last-Event-ID header", and RFC 9110 for status codes and Retry-After.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Optional, Union

from sseclient_ng._core.text import id_text, utf8

__all__ = [
    "ERROR_BODY_BYTES",
    "ERROR_BODY_SECONDS",
    "UNAUTHORIZED",
    "Verdict",
    "body_can_be_sent_again",
    "can_be_sent",
    "default_headers",
    "judge_response",
    "retry_after",
    "status_is_transient",
    "with_last_event_id",
]

HeaderValue = Union[str, bytes]

# How much of the body of a refused response is kept, and how long to wait for it.
ERROR_BODY_BYTES = 1024 * 1024
ERROR_BODY_SECONDS = 1.0

UNAUTHORIZED = frozenset([401, 403])
"""Statuses after which a reconnecting client calls the headers function again."""

_EVENT_STREAM = "text/event-stream"
_ACCEPTED_TYPES = frozenset(["", _EVENT_STREAM, "text/plain", "application/octet-stream"])
_TRANSIENT = frozenset([408, 425, 429])
_CONTROL_CHARACTERS = re.compile("[\0-\x08\x0a-\x1f\x7f]")
_types = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+').findall  # the parts between commas


class Verdict(enum.Enum):
    """What a response means for the client."""

    STREAM = "its body is the event stream"
    END = "the server wants no more connections: 204"
    WRONG_STATUS = "an error, now or for good"
    WRONG_TYPE = "its body can't be an event stream"


def judge_response(
    status: int, content_type: Optional[str], *, check_content_type: bool
) -> Verdict:
    """Return what a response means.

    Args:
        status: its status code, after redirects. With 200, careless content types are accepted;
            any other 2xx must declare an event stream.
        content_type: its Content-Type; None where it has none.
        check_content_type: False accepts any content type with 200.
    """
    if status == 204:
        return Verdict.END
    essence = _essence(content_type or "")
    if status == 200:
        accepted = not check_content_type or essence in _ACCEPTED_TYPES
        return Verdict.STREAM if accepted else Verdict.WRONG_TYPE
    if 200 < status < 300 and status != 205 and essence == _EVENT_STREAM:
        return Verdict.STREAM
    return Verdict.WRONG_STATUS


def _essence(content_type: str) -> str:
    """Return type and subtype, of the last valid one where a proxy sends several.

    See the WHATWG Fetch standard, "extract a MIME type".
    """
    parts: list[str] = [content_type, *_types(content_type)]
    essences = [part.partition(";")[0].strip().lower() for part in parts]
    valid = (each for each in reversed(essences) if "/" in each and each != "*/*")
    return next(valid, essences[0])


def status_is_transient(status: int) -> bool:
    """Return whether a later request may succeed.

    Args:
        status: a status code: 408, 425, 429 and 5xx are transient.
    """
    return status in _TRANSIENT or 500 <= status <= 599


def retry_after(value: Optional[str], now: float) -> Optional[float]:
    """Return the seconds that a Retry-After asks for, or None if it is missing or invalid.

    Args:
        value: the header's value, seconds or a date (RFC 9110, 10.2.3); None if missing.
        now: the time, in seconds since the epoch.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if date.tzinfo is None:  # HTTP's dates are always GMT
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, date.timestamp() - now)


def default_headers(headers: Mapping[str, HeaderValue]) -> dict[str, HeaderValue]:
    """Return a copy of the caller's headers with the defaults for event streams.

    Args:
        headers: the caller's; they override the defaults, in any case.
    """
    defaults = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
    given = {_lower(name) for name in headers}
    missing = {name: value for name, value in defaults.items() if name.lower() not in given}
    return {**headers, **missing}


def with_last_event_id(
    headers: Mapping[str, HeaderValue], last_event_id: object
) -> dict[str, HeaderValue]:
    """Return a copy of headers with the last event ID, in UTF-8.

    Args:
        headers: any headers.
        last_event_id: the ID; surrounding whitespace, which a header can't carry, is stripped.
            None keeps the caller's own Last-Event-ID. An ID that can't be sent is left out.
    """
    if last_event_id is None:
        return dict(headers)
    others = {name: value for name, value in headers.items() if _lower(name) != "last-event-id"}
    text = _header_text(last_event_id)
    if not text or not can_be_sent(text):
        return others
    # Bytes where requests or http.client might refuse the text, or encode it as Latin-1.
    plain = text.isascii() and text.isprintable()
    return {**others, "Last-Event-ID": text if plain else utf8(text)}


def can_be_sent(last_event_id: object) -> bool:
    """Return whether an ID fits into a header field.

    Args:
        last_event_id: the ID. Many servers refuse a request with ASCII control characters in a
            field (RFC 9110, 5.5), again and again.
    """
    return _CONTROL_CHARACTERS.search(_header_text(last_event_id)) is None


def _header_text(last_event_id: object) -> str:
    return id_text(last_event_id).strip(" \t\v\f\r\n")


def body_can_be_sent_again(body: object) -> bool:
    """Return whether a request's body can be sent again.

    Args:
        body: the caller's ``data``, or one of the ``files``.
    """
    if hasattr(body, "read"):
        seekable = getattr(body, "seekable", None)
        return bool(seekable() if callable(seekable) else hasattr(body, "seek"))
    return not (hasattr(body, "__next__") or hasattr(body, "__anext__"))


def _lower(name: object) -> str:
    text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
    return text.lower()
