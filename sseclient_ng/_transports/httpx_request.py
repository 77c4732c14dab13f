"""Requests for httpx and httpx2, and what their responses are, for both of their clients."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

import requests

from sseclient_ng._codings import UndecodableError, decodable_codings
from sseclient_ng._transports import Request
from sseclient_ng._transports.httpx_errors import decoding_error, translate_error
from sseclient_ng._transports.requests_response import Parts, make_request, make_response

__all__ = [
    "PreparedRequest",
    "codings_left",
    "content_type_of",
    "make_requests_response",
    "next_request",
    "prepare_request",
]

# What a client waits for a byte unless it says otherwise; a stream may be silent for longer.
_DEFAULT_SECONDS = 5.0


class PreparedRequest(NamedTuple):
    """What is sent.

    Args:
        request: the request of the library.
        options: the arguments of ``send()``.
        follows: whether redirects are followed.
    """

    request: Any
    options: dict[str, Any]
    follows: bool


def prepare_request(session: Any, library: ModuleType, request: Request) -> PreparedRequest:
    """Prepare a request.

    Args:
        session: a client of the library.
        library: httpx or httpx2.
        request: the request, with the arguments of the library's ``stream()``.

    Raises:
        requests.exceptions.RequestException: the URL is invalid, or a header field can't be sent.
        TypeError: ``stream()`` has no such argument.
    """
    arguments: dict[str, Any] = dict(request.arguments)
    data = arguments.get("data")
    if data is not None and not isinstance(data, Mapping):  # as in requests
        arguments["content"] = arguments.pop("data")
    if hasattr(arguments.get("content"), "read"):  # its length would be that of the whole file
        arguments["content"] = arguments["content"].read()
    options: dict[str, Any] = {"stream": True, "follow_redirects": False}
    if "auth" in arguments:
        options["auth"] = arguments.pop("auth")
    follows = arguments.pop("follow_redirects", True)
    if session.timeout == library.Timeout(_DEFAULT_SECONDS):
        arguments.setdefault("timeout", library.Timeout(_DEFAULT_SECONDS, read=None))
    try:
        built = session.build_request(request.method, request.url, **arguments)
    except (UnicodeError, ValueError) as error:
        raise requests.exceptions.InvalidHeader(str(error)) from error
    except Exception as error:
        translated = translate_error(error, library)
        if translated is error:
            raise
        raise translated from error
    return PreparedRequest(built, options, bool(follows))


def next_request(prepared: PreparedRequest, answer: Any, followed: int, limit: int) -> Any:
    """Return the request that a redirect leads to, or None for any other answer.

    The library itself would read the body of a redirect to its end, without a limit.

    Args:
        prepared: what was sent first.
        answer: the response to the last request.
        followed: how many redirects have been followed.
        limit: how many may be.

    Raises:
        requests.exceptions.TooManyRedirects: that limit is exceeded.
        ValueError: the redirect leads to no URL.
    """
    following = answer.next_request if prepared.follows else None
    if following is not None and followed >= limit:
        raise requests.exceptions.TooManyRedirects(
            "too many redirects", request=make_request(answer.request)
        )
    if following is not None:
        # The library takes these for names, and looks them up.
        urlsplit(answer.headers["Location"])
        following.url.host.encode("idna")
    return following


def content_type_of(answer: Any) -> Optional[str]:
    """Return the Content-Type; several lines are joined."""
    return ", ".join(answer.headers.get_list("Content-Type")) or None


def codings_left(answer: Any, library: ModuleType) -> Optional[list[str]]:
    """Return the content codings that are decoded here; None leaves the body to the library.

    Where a hook of the caller's has read the body, the library has kept it decoded.

    Args:
        answer: the response.
        library: httpx or httpx2.

    Raises:
        requests.exceptions.ContentDecodingError: neither can decode them.
    """
    if answer.is_stream_consumed:
        return None
    coding = ", ".join(answer.headers.get_list("Content-Encoding")).strip().lower()
    try:
        return decodable_codings(coding)
    except UndecodableError as error:
        asked_for = answer.request.headers.get("Accept-Encoding", "")
        if coding in [each.strip() for each in asked_for.split(",")]:
            return None  # pragma: no cover - urllib3 is older than the library
        raise translate_error(decoding_error(error, library), library) from error


def make_requests_response(answer: Any, body: bytes) -> requests.Response:
    """Return a response as one of requests.

    Args:
        answer: the response.
        body: as much of its body as there is.
    """
    fields = [(name, value) for name, value in answer.headers.multi_items()]
    parts = Parts(answer.status_code, answer.reason_phrase, str(answer.url), fields, body)
    return make_response(parts, make_request(answer.request))
