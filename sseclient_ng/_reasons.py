"""Why a connection failed, in a few words that hold no secret.

The texts of requests and urllib3 have the whole URL in them, with its query. These don't.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from sseclient_ng.exceptions import InvalidContentType, SSEError

__all__ = ["reason_of"]

_WORDS: list[tuple[type[BaseException], str]] = [
    (urllib3.exceptions.ConnectTimeoutError, "the server did not accept the connection in time"),
    (requests.ConnectTimeout, "the server did not accept the connection in time"),
    (urllib3.exceptions.ReadTimeoutError, "nothing came in time"),
    (requests.Timeout, "nothing came in time"),
    (socket.timeout, "nothing came in time"),
    (http.client.IncompleteRead, "the connection broke off"),
    (http.client.RemoteDisconnected, "the server closed the connection without an answer"),
    (requests.exceptions.ContentDecodingError, "the body is damaged"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke off"),
    (urllib3.exceptions.ProtocolError, "the connection broke off"),
]


def reason_of(error: BaseException) -> str:
    """Return why a connection failed or ended.

    Args:
        error: what was raised, or handed to ``on_error``.
    """
    if isinstance(error, requests.HTTPError) and error.response is not None:
        phrase = str(error.response.reason or "")
        if not phrase.isprintable():  # it goes into a log
            phrase = repr(phrase)[1:-1]
        return f"{error.response.status_code} {phrase}".rstrip()
    if isinstance(error, InvalidContentType):  # its text has a part of the body
        return "the answer is no event stream"
    if isinstance(error, (EOFError, SSEError)):
        return str(error)  # our own words
    causes = list(_causes(error))
    for cause in causes:
        words = _of_the_system(cause)
        if words:
            return words
    # Behind the system's: urllib3 counts a refused connection among its time-outs.
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return type(error).__name__


def _of_the_system(cause: BaseException) -> str:
    """Return what the operating system or its TLS says; "" where it says nothing."""
    if isinstance(cause, socket.gaierror):
        return "the name of the server can't be resolved"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        reason: str = getattr(cause, "reason", None) or "no reason given"
        return f"TLS failed: {reason.replace('_', ' ').lower()}"
    # An error of requests may have anything for its two arguments.
    if isinstance(cause, OSError) and isinstance(cause.errno, int) and cause.strerror:
        return cause.strerror[:1].lower() + cause.strerror[1:]
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, wherever libraries put that."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting += [each for each in inner if isinstance(each, BaseException)]
