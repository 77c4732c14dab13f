"""Errors of aiohttp, as errors of requests: code that catches either kind catches these."""

from __future__ import annotations

import asyncio

import aiohttp
import requests

__all__ = ["translated"]


class AsyncConnectionError(requests.exceptions.ConnectionError, aiohttp.ClientConnectionError):
    """A connection could not be made, or was lost."""


class AsyncTimeout(
    requests.exceptions.Timeout, requests.exceptions.ConnectionError, aiohttp.ServerTimeoutError
):
    """The server did not answer, or was silent, for too long."""


class AsyncPayloadError(requests.exceptions.ChunkedEncodingError, aiohttp.ClientPayloadError):
    """The body broke off, or is damaged."""


class AsyncInvalidURL(requests.exceptions.InvalidURL, aiohttp.ClientError):
    """The URL, or one that it redirects to, is none."""


class AsyncTooManyRedirects(requests.exceptions.TooManyRedirects, aiohttp.ClientError):
    """The redirects have no end."""


# aiohttp has grown these over its versions.
_REDIRECTS_TO_NO_URL = tuple(
    getattr(aiohttp, name) for name in ("RedirectClientError",) if hasattr(aiohttp, name)
)


def translated(error: Exception, *, reading: bool = False) -> Exception:
    """Return the error of both libraries that an error of aiohttp is, or any other as it is.

    Args:
        error: what aiohttp raised; it is the new one's cause.
        reading: whether a body was read. Then every error means that it broke off, of whatever
            type: aiohttp lets out errors of its own insides where the framing is damaged.
    """
    kind = _kind(error) or (AsyncPayloadError if reading else None)
    if kind is None:
        return error
    new = kind(_text(error))
    new.__cause__ = error
    return new


def _text(error: Exception) -> str:
    if isinstance(error, aiohttp.TooManyRedirects):  # its own text is about its request
        return "too many redirects"
    return str(error) or type(error).__name__


def _kind(error: Exception) -> type[Exception] | None:
    if isinstance(error, requests.RequestException):
        return None
    if isinstance(error, (ValueError, *_REDIRECTS_TO_NO_URL)):
        return AsyncInvalidURL
    if isinstance(error, aiohttp.TooManyRedirects):
        return AsyncTooManyRedirects
    if isinstance(error, asyncio.TimeoutError):
        return AsyncTimeout
    if isinstance(error, (aiohttp.ClientPayloadError, aiohttp.http.HttpProcessingError)):
        return AsyncPayloadError
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return AsyncConnectionError
    return None
