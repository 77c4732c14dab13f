"""The arguments of a request, built for every attempt from what the caller passed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Callable, Union, cast

import requests
import urllib3

from sseclient_ng._core.checks import check_switch
from sseclient_ng._core.http import (
    HeaderValue,
    body_can_be_sent_again,
    can_be_sent,
    default_headers,
    with_last_event_id,
)

__all__ = [
    "build_arguments",
    "check_request",
    "copy_arguments",
    "evaluate",
    "has_authorization",
    "is_about_a_url",
    "leave_unchanged",
    "record_body_positions",
    "rewind_body",
]

# What urllib.parse and yarl say about invalid URLs.
_says_that_a_url_is_none = re.compile("URL|netloc|[Pp]ort |IPv[46]|[Hh]ost|redirect").search

_logger = logging.getLogger("sseclient")

_Headers = Mapping[str, HeaderValue]


def check_request(method: object, check_content_type: object, given: Mapping[str, object]) -> None:
    """Refuse arguments of a client that would fail with its first request, or later.

    Args:
        method: the method of the requests.
        check_content_type: whether the Content-Type is checked.
        given: the keyword arguments of the requests.

    Raises:
        TypeError: one of them has a wrong type; the message says which.
    """
    if not isinstance(method, str):
        raise TypeError(f"method must be text, such as 'POST', not {method!r}")
    check_switch("check_content_type", check_content_type)
    if isinstance(given.get("auth"), (str, bytes)):
        raise TypeError(
            "auth must be a pair of user and password, or an object of the HTTP library, not text; "
            'a token goes into headers={"Authorization": "Bearer ..."}'
        )


def copy_arguments(given: Mapping[str, object]) -> dict[str, object]:
    """Copy the caller's keyword arguments, and add the default headers.

    Args:
        given: keyword arguments of ``requests.get`` or aiohttp's; ``headers`` may be callable. The
            headers that an event stream is asked for with are added.

    Raises:
        TypeError: ``headers`` is neither a mapping nor a function.
    """
    own = {name: value for name, value in given.items() if name != "stream"}
    headers = own.get("headers")
    if not callable(headers):
        own["headers"] = default_headers(_as_dict(headers))
    return own


def _as_dict(headers: object) -> dict[str, HeaderValue]:
    """Return header fields as a dict of their own."""
    try:
        return dict(cast(_Headers, headers or {}))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"headers must be a dict, or a function that returns one, not {type(headers).__name__}"
        ) from error


def build_arguments(kept: Mapping[str, object], last_event_id: object) -> dict[str, object]:
    """Return the arguments of one request: call functions, add the last event ID.

    Args:
        kept: what `copy_arguments` returned, and perhaps the caller changed since.
        last_event_id: the last event ID; None leaves a Last-Event-ID of the caller's as it is.
    """
    if not can_be_sent(last_event_id):
        _logger.warning("the last event ID has control characters: resuming without it")
    headers = _as_dict(evaluate(kept.get("headers")))
    request = {**kept, "headers": with_last_event_id(default_headers(headers), last_event_id)}
    if callable(kept.get("params")):
        request["params"] = evaluate(kept["params"])
    return request


def record_body_positions(kept: Mapping[str, object]) -> tuple[tuple[object, int], ...]:
    """Return the files in a request's body, with their positions.

    Args:
        kept: the arguments of the request.

    Raises:
        ValueError: the body can be sent only once.
    """
    positions: list[tuple[object, int]] = []
    for body in _bodies(kept):
        if not body_can_be_sent_again(body):
            raise ValueError(
                f"a body that can be read only once ({type(body).__name__}) can't be sent again "
                "on a reconnect; pass bytes, a seekable file, or reconnect=False"
            )
        if hasattr(body, "seek"):
            positions.append((body, cast(int, body.tell())))  # type: ignore[attr-defined]
    return tuple(positions)


def rewind_body(positions: tuple[tuple[object, int], ...]) -> None:
    """Rewind the files in a request's body.

    Args:
        positions: what `record_body_positions` returned.
    """
    for file, position in positions:
        file.seek(position)  # type: ignore[attr-defined]


def has_authorization(arguments: Mapping[str, object]) -> bool:
    """Return whether the arguments of a request have an Authorization header.

    Args:
        arguments: what `build_arguments` returned.
    """
    headers = cast("Mapping[Union[str, bytes], object]", arguments.get("headers") or {})
    names = (name.decode("latin-1") if isinstance(name, bytes) else name for name in headers)
    return "authorization" in map(str.lower, names)


def leave_unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return a request as it is: an ``auth`` that keeps requests from reading a netrc file.

    Args:
        request: the request.
    """
    return request


def is_about_a_url(error: Exception) -> bool:
    """Return whether an error of an HTTP library is about an invalid URL.

    Args:
        error: what making a request raised.
    """
    if isinstance(error, UnicodeEncodeError):
        return error.encoding == "idna"  # else it is about a header field
    if isinstance(error, (UnicodeError, urllib3.exceptions.LocationValueError)):
        return True
    return type(error) is ValueError and _says_that_a_url_is_none(str(error)) is not None


def _bodies(kept: Mapping[str, object]) -> Iterator[object]:
    data = kept.get("data")
    form = cast(Mapping[object, object], data if isinstance(data, Mapping) else {})
    if any(hasattr(value, "read") for value in form.values()):
        raise ValueError(
            "a form with files can't be sent again on a reconnect; pass their bytes, or "
            "reconnect=False"
        )
    yield data
    yield kept.get("content")
    files = kept.get("files")
    entries = files.values() if isinstance(files, Mapping) else [pair[1] for pair in files or ()]  # type: ignore[attr-defined]
    for entry in cast("Iterator[object]", entries):
        yield entry[1] if isinstance(entry, tuple) else entry


def evaluate(value: object) -> object:
    """Call a function; return any other value unchanged.

    Args:
        value: what the caller gave as ``headers`` or ``params``.

    Raises:
        RuntimeError: it raised StopIteration, which would silently end the caller's loop.
        Exception: what else it raised.
    """
    try:
        return cast(Callable[[], object], value)() if callable(value) else value
    except StopIteration as error:
        raise RuntimeError("the function for headers or params raised StopIteration") from error
