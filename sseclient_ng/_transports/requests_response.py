"""Answers of other libraries as responses of requests, for errors that are those of requests."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, NamedTuple

import requests
from requests.structures import CaseInsensitiveDict

__all__ = ["Parts", "make_request", "make_response"]


class Parts(NamedTuple):
    """What a response is made of.

    Args:
        status: the status code.
        reason: the reason phrase.
        url: where it comes from.
        headers: the header fields; those of one name are joined.
        body: as much of the body as there is, decoded.
    """

    status: int
    reason: str
    url: str
    headers: Iterable[tuple[str, str]]
    body: bytes


def make_request(asked: Any) -> requests.PreparedRequest:
    """Return a request of requests.

    Args:
        asked: a request of another library, with ``method``, ``url`` and ``headers``.
    """
    request = requests.PreparedRequest()
    request.method = asked.method
    request.url = str(asked.url)
    request.headers = CaseInsensitiveDict(asked.headers.items())
    return request


def make_response(parts: Parts, request: requests.PreparedRequest) -> requests.Response:
    """Return a response of requests.

    Args:
        parts: what it is made of.
        request: what it answers.
    """
    response = requests.Response()
    response.request = request
    response.status_code = parts.status
    response.reason = parts.reason
    response.url = parts.url
    response.headers = _joined(parts.headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(parts.body)
    return response


def _joined(fields: Iterable[tuple[str, str]]) -> CaseInsensitiveDict[str]:
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in fields:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
