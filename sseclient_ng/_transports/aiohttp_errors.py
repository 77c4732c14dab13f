"""Errors that belong to both aiohttp and requests."""

from __future__ import annotations

import asyncio
import ssl
from typing import Optional, Union, cast

import aiohttp
import requests

from sseclient_ng._arguments import is_about_a_url
from sseclient_ng._transports import MalformedAnswer

__all__ = ["AsyncContentDecodingError", "AsyncMalformedAnswer", "translate_error"]


class AsyncConnectionError(requests.exceptions.ConnectionError, aiohttp.ClientConnectionError):
    """Connecting failed, or the connection was lost."""


class AsyncMalformedAnswer(AsyncConnectionError, MalformedAnswer):
    """aiohttp refuses to read the answer."""


class AsyncSSLError(requests.exceptions.SSLError, aiohttp.ClientConnectionError):
    """TLS failed; perhaps the certificate is not trusted."""


class AsyncProxyError(requests.exceptions.ProxyError, aiohttp.ClientConnectionError):
    """The proxy could not be reached, or refused."""


class AsyncTimeout(
    requests.exceptions.Timeout, requests.exceptions.ConnectionError, aiohttp.ServerTimeoutError
):
    """The server did not answer in time, or was silent for too long."""


class AsyncPayloadError(requests.exceptions.ChunkedEncodingError, aiohttp.ClientPayloadError):
    """The body broke off, or is damaged."""


class AsyncContentDecodingError(
    requests.exceptions.ContentDecodingError, aiohttp.ClientPayloadError
):
    """The body is not in its Content-Encoding."""


class AsyncInvalidURL(requests.exceptions.InvalidURL, aiohttp.ClientError):
    """The URL, or the target of a redirect, is invalid."""


class AsyncTooManyRedirects(requests.exceptions.TooManyRedirects, aiohttp.ClientError):
    """There were too many redirects."""


# not in every version
_NO_URL = tuple(
    getattr(aiohttp, name)
    for name in ("InvalidURL", "RedirectClientError")
    if hasattr(aiohttp, name)
)

_KINDS: list[tuple[Union[type[Exception], tuple[type[Exception], ...]], type[Exception]]] = [
    ((aiohttp.ClientSSLError, ssl.SSLError), AsyncSSLError),
    ((aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError), AsyncProxyError),
    (_NO_URL, AsyncInvalidURL),
    (aiohttp.TooManyRedirects, AsyncTooManyRedirects),
    (asyncio.TimeoutError, AsyncTimeout),
    ((aiohttp.ClientPayloadError, aiohttp.http.HttpProcessingError), AsyncPayloadError),
    ((aiohttp.ClientError, OSError), AsyncConnectionError),
]


def translate_error(error: Exception, *, reading: bool = False) -> Exception:
    """Translate an error of aiohttp into one of both libraries; return others unchanged.

    Args:
        error: what aiohttp raised; it becomes the cause of the new error.
        reading: whether a body was being read. Then every error means that the body broke off:
            aiohttp raises internal errors when the framing is damaged.
    """
    kind = _kind(error) or (AsyncPayloadError if reading else None)
    if kind is None:
        return error
    new = kind(_text(error))
    new.__cause__ = error
    return new


def _text(error: Exception) -> str:
    if isinstance(error, aiohttp.TooManyRedirects):  # its text is about the request
        return "too many redirects"
    if isinstance(error, aiohttp.InvalidURL):  # its text is the URL
        return f"invalid URL: {error}"
    if _is_malformed(error):
        message = cast(aiohttp.ClientResponseError, error).message
        return f"the answer is malformed: {' '.join(message.split()).rstrip(' ^')}"
    return str(error) or type(error).__name__


def _kind(error: Exception) -> Optional[type[Exception]]:
    if isinstance(error, requests.RequestException):
        return None
    if is_about_a_url(error):
        return AsyncInvalidURL
    if isinstance(error, aiohttp.ClientPayloadError) and "content-encoding" in str(error):
        return AsyncContentDecodingError  # older versions only say so in the text
    if _is_malformed(error):
        return AsyncMalformedAnswer
    return next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), None)


def _is_malformed(error: Exception) -> bool:
    """Return whether an error is of aiohttp's parser, for which it makes up a status of 400."""
    is_of_parser = isinstance(error.__cause__, aiohttp.http.HttpProcessingError)
    return is_of_parser and isinstance(error, aiohttp.ClientResponseError)
