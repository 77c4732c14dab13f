"""What an exception means: the one place where errors of requests and urllib3 become failures.

Errors of other libraries are translated into errors of requests first, by their transports.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Optional, cast

import requests
import urllib3

from sseclient_ng._codings import UndecodableError
from sseclient_ng._core.failure import Failure
from sseclient_ng._core.http import Verdict
from sseclient_ng._core.machine import LastError
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._reasons import reason_of
from sseclient_ng._transports import MalformedAnswer
from sseclient_ng.exceptions import (
    IncompleteStream,
    InvalidContentType,
    RetriesExhausted,
    SSEError,
)

__all__ = ["classify_error", "error_for_answer", "final_error"]

_TRANSIENT = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError, EOFError)
# Permanent errors among these: no other attempt succeeds. URLs that can't be requested are
# ValueErrors.
_PERMANENT = (
    ValueError,
    SSEError,
    requests.exceptions.TooManyRedirects,
    requests.exceptions.UnrewindableBodyError,
)
# What other libraries' errors are caused by when a connection fails.
_CONNECTION_ERRORS = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    socket.timeout,
    ssl.SSLError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
)
# Errors about a connection, of asyncio, azure-core, botocore, google-auth, httpx and others.
_CONNECTION_ERROR_NAMES = frozenset(
    [
        "APIConnectionError",
        "ClientConnectionError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "ConnectionError",
        "EndpointConnectionError",
        "NetworkError",
        "ReadTimeoutError",
        "RemoteProtocolError",
        "ServerTimeoutError",
        "ServiceRequestError",
        "ServiceResponseError",
        "TimeoutError",
        "TimeoutException",
        "TransportError",
    ]
)


def classify_error(error: Exception, policy: Optional[ReconnectPolicy]) -> Failure:
    """Return the failure that an exception is.

    Args:
        error: what an attempt to connect, or reading, raised.
        policy: its ``should_retry`` is asked; None where the client does not reconnect.
    """
    retry = None
    if policy is not None and policy.should_retry is not None:
        retry = policy.should_retry(error)
    response = error.response if isinstance(error, requests.HTTPError) else None
    if response is None:
        malformed = isinstance(error, MalformedAnswer)
        return Failure(error, _is_transient(error), retry=retry, malformed=malformed)
    asked = response.headers.get("Retry-After") if response.headers else None
    return Failure(error, False, response.status_code, asked, retry)


def _is_transient(error: Exception) -> bool:
    if isinstance(error.__cause__, UndecodableError):
        return False
    if isinstance(error, requests.exceptions.InvalidHeader):
        # requests says so of the caller's headers, and of a response that a proxy has garbled.
        return isinstance(error.__context__, urllib3.exceptions.InvalidHeader)
    if isinstance(error, _TRANSIENT):
        return not isinstance(error, _PERMANENT)
    return _is_about_a_connection(error)


def _is_about_a_connection(error: Exception) -> bool:
    """Return whether an error of another library, such as one that fetches a token, is transient.

    Such libraries are not imported here: the names of their classes tell, or the causes.
    """
    return any(
        isinstance(each, _CONNECTION_ERRORS)
        or any(base.__name__ in _CONNECTION_ERROR_NAMES for base in type(each).__mro__)
        for each in _causes(error)
    )


def _causes(error: Exception) -> list[BaseException]:
    """Return an error and what it was explicitly raised from."""
    found: list[BaseException] = []
    cause: Optional[BaseException] = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__
    return found


def error_for_answer(verdict: Verdict, response: object, content_type: str, url: str) -> Exception:
    """Return the error that says why an answer is not read.

    Args:
        verdict: what is wrong with it.
        response: it, as a response of requests, or what stands for one in a test.
        content_type: its Content-Type; "" where it has none.
        url: what was asked for.
    """
    if verdict is Verdict.WRONG_TYPE:
        return InvalidContentType(content_type, url, response)
    response = cast(requests.Response, response)
    try:
        response.raise_for_status()  # requests' own words for 4xx and 5xx
    except requests.HTTPError as error:
        return error
    return requests.HTTPError(
        f"unexpected status {response.status_code} {response.reason} for url: {response.url}",
        response=response,
    )


def final_error(last: LastError, url: str) -> Exception:
    """Return the error that ends a loop.

    Args:
        last: what the machine says of it.
        url: what was asked for; "" where something was given.
    """
    if last.attempts is not None:
        final: SSEError = RetriesExhausted(last.attempts, url, reason_of(last.error))
    elif last.came is not None:
        final = IncompleteStream(last.came.events, last.came.last_event, url)
    else:
        return last.error
    final.__cause__ = last.error
    return final
