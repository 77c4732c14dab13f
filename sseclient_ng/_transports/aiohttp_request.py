"""Requests for aiohttp, and its responses as responses of requests.

requests prepares URL, parameters, header fields and basic authentication, so they mean the same in
both clients; aiohttp sends the result unchanged.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any, NamedTuple, Optional, Union, cast
from urllib.parse import urlsplit

import aiohttp
import requests
import urllib3
from yarl import URL

from sseclient_ng._arguments import has_authorization, leave_unchanged
from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS
from sseclient_ng._transports import Request
from sseclient_ng._transports.requests_response import Parts, make_response

__all__ = [
    "PreparedRequest",
    "Timeout",
    "add_environment",
    "choose_timeout",
    "make_requests_response",
    "prepare_request",
]

Timeout = Union[float, tuple[Optional[float], Optional[float]], aiohttp.ClientTimeout, None]

_has_host = re.compile(r"([a-z][a-z0-9+.-]*:)?//", re.IGNORECASE).match


class PreparedRequest(NamedTuple):
    """What is sent."""

    url: Union[URL, str]
    arguments: dict[str, Any]
    of_requests: requests.PreparedRequest


def add_environment(request: Request) -> Request:
    """Return a request with the proxy and the credentials that the environment has for it.

    They are those of requests. aiohttp's own would refuse, or replace, an Authorization header
    where a netrc file has an entry. This reads files: not in the event loop.

    Args:
        request: the request.
    """
    arguments = dict(request.arguments)
    if arguments.get("proxy") is None:
        proxies = requests.utils.get_environ_proxies(request.url)
        arguments["proxy"] = requests.utils.select_proxy(request.url, proxies)
    has_own = has_authorization(arguments) or "@" in urlsplit(request.url).netloc
    if arguments.get("auth") is None and not has_own:
        arguments["auth"] = requests.utils.get_netrc_auth(request.url)
    return request._replace(arguments=arguments)


def prepare_request(request: Request, *, has_base: bool) -> PreparedRequest:
    """Prepare a request for aiohttp.

    Args:
        request: the request, with arguments as requests accepts them.
        has_base: whether the session may have a base URL to join a path to.

    Raises:
        requests.exceptions.RequestException: the URL is invalid, or a header field can't be sent.
    """
    method, url = request.method, request.url
    arguments: dict[str, Any] = dict(request.arguments)
    headers = {name: _text(value) for name, value in arguments.pop("headers").items()}
    last_event_id = headers.pop("Last-Event-ID", None)  # requests might refuse it
    is_path = has_base and not _has_host(url)
    if type(arguments.get("auth")) is tuple:
        credentials: Any = arguments.pop("auth")
    else:  # aiohttp refuses its own objects with credentials in the URL
        credentials = leave_unchanged if arguments.get("auth") is not None else None
    of_requests = requests.Request(
        "GET",  # for others, requests would add Content-Length
        "http://session.invalid/" if is_path else url,
        headers=headers,
        params=None if is_path else arguments.pop("params", None),
        auth=credentials,
    ).prepare()
    of_requests.method = method
    if last_event_id is not None:
        of_requests.headers["Last-Event-ID"] = last_event_id
    arguments["headers"] = dict(of_requests.headers)
    target = url if is_path else _target(cast(str, of_requests.url))
    return PreparedRequest(target, arguments, of_requests)


def _target(url: str) -> URL:
    """Return a URL that aiohttp sends unchanged, without its credentials."""
    target = URL(url, encoded=True)
    if target.scheme not in ("http", "https"):
        raise requests.exceptions.InvalidSchema(
            f"a URL must begin with http:// or https://, not {target.scheme}:"
        )
    return target.with_user(None) if target.raw_user is not None else target


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def choose_timeout(timeout: Timeout, session: aiohttp.ClientSession) -> aiohttp.ClientTimeout:
    """Return timeouts for the parts of a request, but no total one: a stream has no end.

    Args:
        timeout: the caller's; an ``aiohttp.ClientTimeout`` is returned unchanged.
        session: its own timeouts apply if the caller passed none.

    Raises:
        ValueError: a timeout is not a positive number.
    """
    if isinstance(timeout, aiohttp.ClientTimeout):
        return timeout
    if timeout is None:
        own = getattr(session, "timeout", aiohttp.ClientTimeout())
        return aiohttp.ClientTimeout(
            total=None, connect=own.connect, sock_connect=own.sock_connect, sock_read=own.sock_read
        )
    if isinstance(timeout, tuple) and len(timeout) != 2:
        raise ValueError(f"timeout must be seconds, or a pair (connect, read), not {timeout!r}")
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    urllib3.Timeout(connect=connect, read=read)  # validates like requests
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


async def make_requests_response(
    response: aiohttp.ClientResponse, request: requests.PreparedRequest
) -> requests.Response:
    """Turn a response into one of requests, with the start of its body.

    Args:
        response: what aiohttp returned.
        request: its request.
    """
    body = bytearray()
    with contextlib.suppress(Exception):  # keep what arrived before
        await asyncio.wait_for(_read_some(response.content, body), ERROR_BODY_SECONDS)
    fields = response.headers.items()  # one for each line
    parts = Parts(response.status, response.reason or "", str(response.url), fields, bytes(body))
    return make_response(parts, request)


async def _read_some(content: aiohttp.StreamReader, body: bytearray) -> None:
    while len(body) < ERROR_BODY_BYTES:
        chunk = await content.readany()
        if not chunk:
            return
        body += chunk
