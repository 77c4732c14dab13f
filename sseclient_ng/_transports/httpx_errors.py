"""Errors that belong to both httpx and requests; the same for httpx2.

The two libraries have classes of the same names, so these are made for each.
"""

from __future__ import annotations

import ssl
from types import ModuleType
from typing import NamedTuple, Optional

import requests
from urllib3.exceptions import DecodeError

from sseclient_ng._arguments import is_about_a_url
from sseclient_ng._transports import MalformedAnswer
from sseclient_ng._transports.error_classes import class_of_both

__all__ = ["decoding_error", "translate_error"]


class _Kind(NamedTuple):
    """An error of the library, and what it is in requests: in an attempt, and in a body."""

    theirs: str
    connecting: type[requests.RequestException]
    reading: type[requests.RequestException]


_exceptions = requests.exceptions

# The first that fits counts.
_KINDS = [
    _Kind("InvalidURL", _exceptions.InvalidURL, _exceptions.InvalidURL),
    _Kind("UnsupportedProtocol", _exceptions.InvalidSchema, _exceptions.InvalidSchema),
    _Kind("TooManyRedirects", _exceptions.TooManyRedirects, _exceptions.TooManyRedirects),
    _Kind("ConnectTimeout", _exceptions.ConnectTimeout, _exceptions.ConnectTimeout),
    _Kind("ReadTimeout", _exceptions.ReadTimeout, _exceptions.ReadTimeout),
    _Kind("TimeoutException", _exceptions.Timeout, _exceptions.Timeout),
    _Kind("ProxyError", _exceptions.ProxyError, _exceptions.ProxyError),
    _Kind("DecodingError", _exceptions.ContentDecodingError, _exceptions.ContentDecodingError),
    _Kind("LocalProtocolError", _exceptions.InvalidHeader, _exceptions.ChunkedEncodingError),
    _Kind("ConnectError", _exceptions.ConnectionError, _exceptions.ConnectionError),
    _Kind("TransportError", _exceptions.ConnectionError, _exceptions.ChunkedEncodingError),
]


def decoding_error(error: Exception, library: ModuleType) -> Exception:
    """Return the library's own error for a body that can't be decoded.

    Args:
        error: of a decoder of urllib3. Others are returned unchanged.
        library: httpx or httpx2.
    """
    if isinstance(error, DecodeError):
        own: Exception = library.DecodingError(str(error))
        own.__cause__ = error
        return own
    return error


def translate_error(error: Exception, library: ModuleType, *, reading: bool = False) -> Exception:
    """Translate an error of httpx into one of both libraries; return others unchanged.

    Args:
        error: what httpx raised; it becomes the cause of the new error.
        library: httpx or httpx2.
        reading: whether a body was being read.
    """
    if is_about_a_url(error):
        return _new(library.InvalidURL, _exceptions.InvalidURL, library, error)
    for kind in _KINDS:
        theirs = getattr(library, kind.theirs)
        if isinstance(error, theirs):
            ours = _refined(kind.reading if reading else kind.connecting, error)
            malformed = not reading and _is_malformed(error)
            return _new(theirs, ours, library, error, malformed=malformed)
    return error


def _new(
    theirs: type,
    ours: type[requests.RequestException],
    library: ModuleType,
    error: Exception,
    *,
    malformed: bool = False,
) -> Exception:
    text = str(error) or type(error).__name__
    if malformed:
        text = f"the answer is malformed: {text}"
    more = [MalformedAnswer] if malformed else []
    new: Exception = class_of_both(library.__name__, ours, theirs, *more)(text)
    new.__cause__ = error
    return new


def _refined(
    ours: type[requests.RequestException], error: Exception
) -> type[requests.RequestException]:
    if "location header" in str(error):  # the library has no class of its own for it
        return _exceptions.InvalidURL
    is_tls = any(isinstance(each, ssl.SSLError) for each in _causes(error))
    return (
        _exceptions.SSLError if is_tls and issubclass(ours, _exceptions.ConnectionError) else ours
    )


def _is_malformed(error: Exception) -> bool:
    """Return whether the HTTP parser refuses what has come, rather than misses the rest of it."""
    modules = [type(each).__module__.partition(".")[0] for each in _causes(error)]
    return "h11" in modules and not str(error).startswith("peer ")


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: Optional[BaseException] = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found
