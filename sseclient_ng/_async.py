"""The client on aiohttp: it connects, reads and waits, and asks the core for everything else."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import re
import weakref
from collections import deque
from collections.abc import Awaitable
from inspect import isawaitable
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, Union, cast

import aiohttp
import requests
from requests.structures import CaseInsensitiveDict

from sseclient_ng import _sockets
from sseclient_ng._async_errors import translated
from sseclient_ng._core.delivery import Delivery, Progress, Resumable
from sseclient_ng._core.event import Event
from sseclient_ng._core.http import (
    ERROR_BODY_BYTES,
    ERROR_BODY_SECONDS,
    Verdict,
    http_error,
    judge,
)
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._core.reconnection import Reconnection, log_connected, log_wait, policy_of
from sseclient_ng._request import arguments, check_body, keep_own_copy, rewind_body
from sseclient_ng.exceptions import EventTooLarge, InvalidContentType, RetriesExhausted

__all__ = ["AsyncSSEClient"]

_Self = TypeVar("_Self", bound="AsyncSSEClient")
_Result = TypeVar("_Result")
_Timeout = Union[float, tuple[Optional[float], Optional[float]], aiohttp.ClientTimeout, None]

_WATCH_SECONDS = 0.25

# aiohttp refuses to send these.
_control_characters = re.compile("[\0-\x08\x0a-\x1f\x7f]")


class AsyncSSEClient(Resumable):
    """An event stream from a URL, for asyncio.

    It connects when its block is entered, or else at the first step of the loop, and reconnects
    for as long as it is iterated over, going on after the last event that it handed out. All its
    rules are those of `SSEClient`. It belongs to the event loop in which it connects.

    A step of the loop can be cancelled or timed out, and the client goes on afterwards. Inside its
    block the connection stays as it is; without a block it is closed, as nobody else would do it,
    and the next step makes a new one.

    Args:
        url: the URL.
        last_id: the ID after which the server is to go on; None asks for none.
        retry: the reconnection time to start with, in milliseconds. The server can change it.
        session: makes the requests; None makes one of the client's own. The caller's is not closed.
        method: the method of the request.
        reconnect: whether to reconnect, True, False or a `ReconnectPolicy`; None does so where a
            request can be repeated without harm, with GET and HEAD.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        check_content_type: whether a response whose Content-Type can't be an event stream's is
            refused.
        on_open: called with the response, whenever a connection was made. This and the other
            callbacks may be coroutine functions.
        on_error: called before each wait with the error that ended the connection or the attempt,
            EOFError where the server ended it, and the seconds that will be waited.
        on_comment: called with the text of each comment.
        aiohttp_kwargs: what else ``aiohttp.ClientSession.request`` takes; ``headers`` and
            ``params`` may be functions or coroutine functions, which are called before every
            attempt. ``timeout`` is in seconds, to connect and of silence, or a pair of both, or an
            ``aiohttp.ClientTimeout``; None or nothing is the session's, less its limit for the
            whole, as a stream has no end. ``auth`` may be a pair. The caller's dicts are not
            changed.

    Attributes:
        url: the URL.
        session: the session that is in use, or None.
        aiohttp_kwargs: what goes along with every request; changes count from the next one on.
        resp: the response that is being read, or None.

    Raises:
        TypeError: ``url`` is no str, or ``reconnect`` something else.
        ValueError: the body can be sent only once, but is to be sent again on a reconnect.

    Connecting and iterating raise what `SSEClient` raises, and the same types: a connection that
    fails is both ``requests.exceptions.ConnectionError`` and ``aiohttp.ClientConnectionError``, a
    status is ``requests.exceptions.HTTPError`` with the body readable on its ``response``.

    See the WHATWG HTML standard, 9.2.2 to 9.2.4.
    """

    def __init__(
        self,
        url: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[aiohttp.ClientSession] = None,
        *,
        method: str = "GET",
        reconnect: Union[bool, ReconnectPolicy, None] = None,
        max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE,
        check_content_type: bool = True,
        on_open: Optional[Callable[[aiohttp.ClientResponse], object]] = None,
        on_error: Optional[Callable[[Exception, float], object]] = None,
        on_comment: Optional[Callable[[str], object]] = None,
        **aiohttp_kwargs: Any,
    ) -> None:
        if not isinstance(url, str):
            raise TypeError(
                f"AsyncSSEClient needs a URL (str), not {type(url).__name__}; "
                "what is open already is read by aiter_events()"
            )
        policy = policy_of(reconnect, method)
        self.url = url
        self.session = session
        self.aiohttp_kwargs: dict[str, Any] = keep_own_copy(aiohttp_kwargs)
        self.resp: Optional[aiohttp.ClientResponse] = None
        self._owns_session = session is None
        self._method = method.upper()
        self._check_content_type = check_content_type
        self._on_open = on_open
        self._on_error = on_error
        self._on_comment = on_comment
        self._comments: deque[str] = deque()
        self._positions = check_body(aiohttp_kwargs) if policy is not None else []
        if policy is not None and isinstance(aiohttp_kwargs.get("data"), aiohttp.FormData):
            raise ValueError(
                "a FormData can't be sent again on a reconnect; pass a dict, or reconnect=False"
            )
        self._reconnection = Reconnection(url, policy)
        self._delivery = Delivery(
            last_id,
            retry,
            encoding=None,
            max_event_size=max_event_size,
            on_comment=self._comments.append if on_comment is not None else None,
        )
        self._content: Optional[aiohttp.StreamReader] = None  # the body, while it is read
        self._transport: Optional[asyncio.Transport] = None  # that of the body
        self._next_attempt: Optional[float] = None  # when to reconnect, in the loop's time
        self._pending: Optional[asyncio.Future[Any]] = None  # what close() has to end
        self._in_block = False
        self._running = False  # whether a task is in a step
        self._finished = False  # whether the iteration has come to its end
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def __aiter__(self: _Self) -> _Self:
        return self

    async def __anext__(self) -> Event:
        if self._running:
            raise RuntimeError("another task is waiting for the next event of this client")
        self._running = True
        delivery = self._delivery
        try:
            while not (delivery.ready or self._closed):
                await self._advance()
        except BaseException:
            if not self._in_block:
                await self._abandon()
            raise
        finally:
            self._running = False
        if self._closed:
            raise StopAsyncIteration
        return delivery.hand_out()

    async def close(self) -> None:
        """End the iteration, in whatever task it runs, and close the connection.

        A task that waits for an event, for an answer or for its next attempt stops waiting, and its
        loop ends as if the stream had. The session is closed if it is the client's own. Closing
        twice is the same as once.
        """
        self._closed = True
        pending = self._pending
        if pending is not None:
            pending.cancel()
        await self._release()

    async def __aenter__(self: _Self) -> _Self:
        self._in_block = True
        try:
            if self._content is None and not self._finished and not self._closed:
                await self._open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        error_type: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    # -- reading

    async def _advance(self) -> None:
        """Read once and parse what came; where the body has ended, do what comes next.

        Raises:
            StopAsyncIteration: the iteration is at its end.
            Exception: what `AsyncSSEClient` says about iterating.
        """
        if self._finished:
            raise StopAsyncIteration
        if self._content is None:
            await self._open()
            return
        try:
            self._delivery.check()
            chunk = await self._read(self._content)
            if chunk:
                self._delivery.receive(chunk)
        except EventTooLarge:
            await self._report_comments()
            await self._finish()
            raise
        if self._comments:
            await self._report_comments()

    async def _read(self, content: aiohttp.StreamReader) -> bytes:
        """Return the next bytes, or none where the body has ended."""
        try:
            chunk = await content.readany()
        except Exception as error:  # noqa: BLE001 - the core decides what it means
            rest = _rest_of(content)
            if rest and not self._closed:
                return rest
            await self._lost(translated(error, reading=True), self._delivery.progress())
            return b""
        if not chunk:
            await self._lost(EOFError("the server ended the stream"), self._delivery.progress())
        return chunk

    def _is_reading(self, content: aiohttp.StreamReader) -> bool:
        """Return whether something may yet come of a body."""
        return content is self._content and not content.is_eof() and content.exception() is None

    async def _lost(self, error: Exception, progress: Progress) -> None:
        """Ask the core what comes after a connection or an attempt, and prepare that."""
        if self._closed:
            return
        self._close_response()
        try:
            delay = self._delay_after(error, progress)
        except Exception:
            await self._finish()
            raise
        if delay is None:
            await self._finish()
            return
        log_wait(self.url, error, delay)
        await _call(self._on_error, error, delay)

    def _delay_after(self, error: Exception, progress: Progress) -> Optional[float]:
        delay = self._reconnection.lost(error, progress, self._delivery.retry)
        if delay is not None:
            self._next_attempt = asyncio.get_running_loop().time() + delay
        return delay

    async def _abandon(self) -> None:
        """Close the connection after a step that was cancelled or failed, as no block will."""
        if self._content is not None:
            unfinished = EOFError("the step was not finished")
            with contextlib.suppress(RetriesExhausted):
                self._finished = self._delay_after(unfinished, self._delivery.progress()) is None
        await self._release()

    async def _report_comments(self) -> None:
        while self._comments:
            await _call(self._on_comment, self._comments.popleft())

    async def _finish(self) -> None:
        self._finished = True
        await self._release()

    async def _release(self) -> None:
        self._close_response()
        if self._owns_session and self.session is not None:
            session, self.session = self.session, None
            await session.close()
            await asyncio.sleep(0)  # for the transports to notice that they are closed

    def _close_response(self) -> None:
        content, self._content = self._content, None
        transport, self._transport = self._transport, None
        if content is not None and self.resp is not None:
            if transport is not None and not content.is_eof():  # else others may have it by now
                transport.abort()  # nothing is left to send, so TLS has nothing to wait for
            self.resp.close()

    # -- connecting

    async def _open(self) -> None:
        """Make the first connection, whose errors are the caller's, or wait and make the next."""
        reconnecting = self._next_attempt is not None
        try:
            if self._next_attempt is not None:
                await self._wait_until(self._next_attempt)
                self._reconnection.attempt()
            if not self._closed:
                await self._connect()
        except Exception as error:
            if self._closed:
                return
            if not reconnecting:
                raise
            await self._lost(error, Progress.NOTHING)
            return
        await self._begin()

    async def _wait_until(self, time: float) -> None:
        loop = asyncio.get_running_loop()
        self._pending = closing = loop.create_future()
        try:
            await asyncio.wait({closing}, timeout=max(0.0, time - loop.time()))
        finally:
            self._pending = None
            closing.cancel()

    async def _connect(self) -> None:
        """Make a connection and check its response.

        Raises:
            requests.exceptions.RequestException: it failed, or the response is no event stream.
        """
        rewind_body(self._positions)
        kept = await self._evaluated()
        if self._closed:
            return
        request = _arguments_of_aiohttp(arguments(kept, self.last_id))
        if self._positions and hasattr(request.get("data"), "read"):
            request["data"] = request["data"].read()  # aiohttp would close the file
        if self.session is None:
            self.session = aiohttp.ClientSession(trust_env=True)  # as requests does
        request["raise_for_status"] = False  # the core decides what a status means
        request["timeout"] = _timeout_of(request.get("timeout"), self.session)
        try:
            response = await self._unless_closed(self._send(self.session, request))
        except Exception as error:
            raise translated(error) from error
        if response is not None:
            self.resp = response
            await self._check(response)

    async def _evaluated(self) -> dict[str, Any]:
        """Return what goes along with a request; ``headers`` and ``params`` may be coroutines."""
        kept = dict(self.aiohttp_kwargs)
        for name in ("headers", "params"):
            if callable(kept.get(name)):
                value = kept[name]()
                kept[name] = await self._awaited(value) if isawaitable(value) else value
        return kept

    async def _awaited(self, value: Awaitable[object]) -> object:
        try:
            return await self._unless_closed(value)
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise translated(error) from error

    async def _send(
        self, session: aiohttp.ClientSession, request: dict[str, Any]
    ) -> aiohttp.ClientResponse:
        response = await session.request(self._method, self.url, **request)
        if self._closed:
            response.close()
        return response

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        content_type = response.headers.get("Content-Type")
        verdict = judge(response.status, content_type, check_content_type=self._check_content_type)
        if verdict is Verdict.STREAM:
            self._content = response.content
            self._transport = _transport_of(response)
            if self._transport is not None:
                _keep_alive(self._transport)
                _watch(weakref.ref(self), response.content, self._transport)
        elif verdict is Verdict.END:
            await self._finish()
        else:
            try:
                answer = await self._unless_closed(_as_requests(response))
            finally:
                response.close()
            if answer is None:
                return
            if verdict is Verdict.WRONG_STATUS:
                raise http_error(answer)
            raise InvalidContentType(content_type or "", self.url, answer)

    async def _begin(self) -> None:
        """Begin to read the connection that was made."""
        if self._content is None or self._closed:
            return
        self._next_attempt = 0.0
        self._delivery.begin()
        self._reconnection.opened()
        log_connected(self.url)
        await _call(self._on_open, self.resp)

    async def _unless_closed(self, work: Awaitable[_Result]) -> Optional[_Result]:
        """Return the result of what `close` can end, or None if it did."""
        self._pending = pending = asyncio.ensure_future(work)
        try:
            await asyncio.wait({pending})
        except asyncio.CancelledError:
            await _discard(pending)
            raise
        finally:
            self._pending = None
        return None if pending.cancelled() else pending.result()


def _watch(
    client: weakref.ref[AsyncSSEClient],
    content: aiohttp.StreamReader,
    transport: asyncio.Transport,
    was_closed: bool = False,
) -> None:
    """End a read for which nothing will come, now and then, as long as a body is read.

    Where the framing of a body is damaged aiohttp closes the connection, but whoever waits for the
    body is not told. A connection that ends as it should may be seen closed once before its body
    has an end, but not twice.
    """
    reader = client()
    if reader is None or not reader._is_reading(content):  # pyright: ignore[reportPrivateUsage]
        return
    closed = transport.is_closing()
    if closed and was_closed:
        content.set_exception(aiohttp.ClientPayloadError("the connection was closed"))
        return
    loop = asyncio.get_running_loop()
    loop.call_later(_WATCH_SECONDS, _watch, client, content, transport, closed)


async def _discard(work: asyncio.Future[Any]) -> None:
    """End work whose result nobody will have."""
    if not work.done():
        work.cancel()
        await asyncio.wait({work})
    if not work.cancelled() and work.exception() is None:
        result = work.result()
        if isinstance(result, aiohttp.ClientResponse):
            result.close()


async def _call(callback: Optional[Callable[..., object]], *arguments: object) -> None:
    if callback is not None:
        result = callback(*arguments)
        if isawaitable(result):
            await result


def _rest_of(content: aiohttp.StreamReader) -> bytes:
    """Return what had arrived before the error of a body; the next read raises it again.

    While a body has an error, aiohttp does not hand out what came before.
    """
    error = content.exception()
    if error is None:
        return b""
    content.set_exception(cast(Exception, None))
    try:
        return content.read_nowait()
    except asyncio.TimeoutError:  # the caller's limit for the whole
        return b""
    finally:
        content.set_exception(error)


def _arguments_of_aiohttp(request: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a request of requests as aiohttp takes them."""
    headers = {name: _text(value) for name, value in request["headers"].items()}
    if _control_characters.search(headers.get("Last-Event-ID", "")):
        del headers["Last-Event-ID"]  # aiohttp would refuse the request
    request["headers"] = headers
    if type(request.get("auth")) is tuple:
        credentials = ":".join(request.pop("auth")).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(credentials).decode()}"
    return request


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _timeout_of(timeout: _Timeout, session: aiohttp.ClientSession) -> aiohttp.ClientTimeout:
    """Return a limit for the parts of a request, and none for the whole: a stream has no end."""
    if isinstance(timeout, aiohttp.ClientTimeout):
        return timeout
    if timeout is None:
        own = getattr(session, "timeout", aiohttp.ClientTimeout())
        return aiohttp.ClientTimeout(
            total=None, connect=own.connect, sock_connect=own.sock_connect, sock_read=own.sock_read
        )
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


def _transport_of(response: aiohttp.ClientResponse) -> Optional[asyncio.Transport]:
    """Return the transport of a response; None where its body is complete already."""
    connection = getattr(response, "connection", None)  # stand-ins in tests may have none
    return connection.transport if connection is not None else None


def _keep_alive(transport: asyncio.Transport) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it is no TCP socket
        _sockets.set_keep_alive(transport.get_extra_info("socket"))


async def _as_requests(response: aiohttp.ClientResponse) -> requests.Response:
    """Return a response as one of requests, with as much of its body as can be had."""
    body = bytearray()
    with contextlib.suppress(Exception):  # what came before is the answer
        await asyncio.wait_for(_read_some(response.content, body), ERROR_BODY_SECONDS)
    answer = requests.Response()
    answer.status_code = response.status
    answer.reason = response.reason or ""
    answer.url = str(response.url)
    answer.headers = CaseInsensitiveDict(response.headers)
    answer.encoding = requests.utils.get_encoding_from_headers(answer.headers)
    answer.raw = io.BytesIO(body)
    return answer


async def _read_some(content: aiohttp.StreamReader, body: bytearray) -> None:
    while len(body) < ERROR_BODY_BYTES:
        chunk = await content.readany()
        if not chunk:
            return
        body += chunk
