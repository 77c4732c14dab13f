"""The keyword arguments of the clients, as type checkers and editors see them."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Callable, Optional, TypedDict, Union

import requests
import urllib3

from sseclient_ng._core.ending import Until
from sseclient_ng._core.policy import ReconnectPolicy

if TYPE_CHECKING:
    import ssl

    import aiohttp
    import httpx
    import httpx2

__all__ = [
    "AiohttpArguments",
    "HttpxArguments",
    "HttpxAsyncArguments",
    "RequestsArguments",
    "SourceOptions",
]

Headers = Mapping[str, Union[str, bytes]]
Params = Union[Mapping[str, object], Sequence[tuple[str, object]], str, bytes]
_FreshHeaders = Callable[[], Union[Headers, Awaitable[Headers]]]
_FreshParams = Callable[[], Union[Params, Awaitable[Params]]]
_Seconds = Union[float, tuple[Optional[float], Optional[float]]]


class _StreamOptions(TypedDict, total=False):
    until: Optional[Until]
    max_event_size: Optional[int]
    check_content_type: bool
    on_comment: Optional[Callable[[str], object]]


class SourceOptions(_StreamOptions, total=False):
    """The options of an `SSEClient` that is given something to read."""

    chunk_size: Optional[int]


class _Options(_StreamOptions, total=False):
    method: str
    reconnect: Union[bool, ReconnectPolicy, None]
    on_error: Optional[Callable[[Exception, float], object]]
    data: object
    json: object


class _SyncOptions(_Options, total=False):
    char_enc: Optional[str]
    headers: Union[Headers, Callable[[], Headers], None]
    params: Union[Params, Callable[[], Params], None]


class RequestsArguments(_SyncOptions, total=False):
    """What `SSEClient` passes to ``requests.get``, with its own options."""

    allow_redirects: bool
    auth: Union[
        tuple[str, str], Callable[[requests.PreparedRequest], requests.PreparedRequest], None
    ]
    cert: Union[str, tuple[str, str], None]
    cookies: Union[Mapping[str, str], CookieJar, None]
    files: object
    hooks: Optional[Mapping[str, object]]
    proxies: Optional[Mapping[str, str]]
    stream: bool
    timeout: Union[_Seconds, urllib3.Timeout, None]
    verify: Union[bool, str, None]


class _OfHttpx(TypedDict, total=False):
    auth: Union[tuple[str, str], httpx.Auth, httpx2.Auth, None]
    cookies: Union[Mapping[str, str], CookieJar, None]
    extensions: Optional[Mapping[str, object]]
    files: object
    follow_redirects: bool
    timeout: Union[float, tuple[Optional[float], ...], httpx.Timeout, httpx2.Timeout, None]


class HttpxArguments(_SyncOptions, _OfHttpx, total=False):
    """What `SSEClient` passes to ``httpx.Client.stream``, with its own options."""

    content: Union[str, bytes, Iterable[bytes], None]


class _AsyncOptions(_Options, total=False):
    headers: Union[Headers, _FreshHeaders, None]
    params: Union[Params, _FreshParams, None]


class HttpxAsyncArguments(_AsyncOptions, _OfHttpx, total=False):
    """What `AsyncSSEClient` passes to ``httpx.AsyncClient.stream``, with its own options."""

    content: Union[str, bytes, None]


class AiohttpArguments(_AsyncOptions, total=False):
    """What `AsyncSSEClient` passes to ``aiohttp.ClientSession.request``, with its own options."""

    allow_redirects: bool
    auth: Union[
        tuple[str, str],
        aiohttp.BasicAuth,
        Callable[[requests.PreparedRequest], requests.PreparedRequest],
        None,
    ]
    cookies: Optional[Mapping[str, str]]
    max_redirects: int
    proxy: Optional[str]
    proxy_auth: Optional[aiohttp.BasicAuth]
    proxy_headers: Optional[Mapping[str, str]]
    read_bufsize: int
    ssl: Union[bool, ssl.SSLContext, aiohttp.Fingerprint]
    timeout: Union[_Seconds, aiohttp.ClientTimeout, None]
    trace_request_ctx: object
