"""The client on aiohttp: it connects, reads and waits, and asks the core for everything else."""

from __future__ import annotations

import asyncio
from collections import deque
from inspect import isawaitable
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar, Union

import aiohttp
import requests

from sseclient_ng._async_body import AsyncBody
from sseclient_ng._async_errors import translated
from sseclient_ng._async_request import as_requests, prepared, timeout_of
from sseclient_ng._core.delivery import Delivery, Progress, Resumable
from sseclient_ng._core.event import Event
from sseclient_ng._core.http import Verdict, http_error, judge
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._core.reconnection import Reconnection, log_connected, log_wait, policy_of
from sseclient_ng._request import (
    arguments,
    check_body,
    evaluated,
    keep_own_copy,
    rewind_body,
)
from sseclient_ng.exceptions import EventTooLarge, InvalidContentType

__all__ = ["AsyncSSEClient"]

_Self = TypeVar("_Self", bound="AsyncSSEClient")


class AsyncSSEClient(Resumable):
    """An event stream from a URL, for asyncio.

    It connects when its block is entered, or else at the first step of the loop, and reconnects
    for as long as it is iterated over, going on after the last event that it handed out. All its
    rules are those of `SSEClient`. It belongs to the event loop in which it connects.

    A step of the loop can be cancelled or timed out, and the client goes on afterwards. Inside its
    block the connection stays as it is, also one that is being made; without a block it is closed,
    as nobody else would do it, and the next step makes a new one.

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
        self._body: Optional[AsyncBody] = None  # while it is read
        self._next_attempt: Optional[float] = None  # when to reconnect, in the loop's time
        self._wait: Optional[asyncio.Future[None]] = None  # for that time
        # To connect. In a block it goes on where a step is cancelled, for the next one.
        self._attempt: Optional[asyncio.Task[Optional[aiohttp.ClientResponse]]] = None
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
        if self._wait is not None:
            self._wait.cancel()
        attempt = self._attempt
        try:
            if attempt is not None and attempt is not asyncio.current_task():
                await _discard(attempt)
        finally:
            await self._release()
        if attempt is not None:
            attempt.cancel()  # where it was what called

    async def __aenter__(self: _Self) -> _Self:
        self._in_block = True
        try:
            if self._body is None and not self._finished and not self._closed:
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
        if self._body is None:
            await self._open()
            return
        try:
            self._delivery.check()
            chunk = await self._read(self._body)
            if chunk:
                self._delivery.receive(chunk)
        except EventTooLarge:
            await self._report_comments()
            await self._finish()
            raise
        if self._comments:
            await self._report_comments()

    async def _read(self, body: AsyncBody) -> bytes:
        """Return the next bytes, or none where the body has ended or the client was closed."""
        try:
            chunk = await body.read()
        except Exception as error:  # noqa: BLE001 - the core decides what it means
            await self._lost(error, self._delivery.progress())
            return b""
        if not chunk:
            await self._lost(EOFError("the server ended the stream"), self._delivery.progress())
        return b"" if self._closed else chunk

    async def _lost(self, error: Exception, progress: Progress) -> None:
        """Ask the core what comes after a connection or an attempt, and prepare that."""
        if self._closed:
            return
        self._close_response()
        try:
            delay = self._reconnection.lost(error, progress, self._delivery.retry)
        except Exception:
            await self._finish()
            raise
        self._wait_from_now(delay)
        if delay is None:
            await self._release()
            return
        log_wait(self.url, error, delay)
        await _call(self._on_error, error, delay)

    def _wait_from_now(self, delay: Optional[float]) -> None:
        if delay is None:
            self._finished = True
        else:
            self._next_attempt = asyncio.get_running_loop().time() + delay

    async def _abandon(self) -> None:
        """Close the connection after a step that was cancelled or failed, as no block will."""
        attempt, self._attempt = self._attempt, None
        retry = self._delivery.retry
        if self._body is not None:
            progress = self._delivery.progress()
            self._wait_from_now(self._reconnection.abandoned(progress, retry))
        elif attempt is not None and self._next_attempt is not None:
            self._wait_from_now(self._reconnection.abandoned(Progress.NOTHING, retry))
        try:
            if attempt is not None:
                await _discard(attempt)
        finally:
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
        body, self._body = self._body, None
        if body is not None:
            body.close()

    # -- connecting

    async def _open(self) -> None:
        """Make the first connection, whose errors are the caller's, or wait and make the next."""
        reconnecting = self._next_attempt is not None
        try:
            if self._next_attempt is not None and self._attempt is None:
                await self._wait_until(self._next_attempt)
                self._reconnection.attempt()
            response = await self._attempted()
        except Exception as error:
            if not reconnecting:
                raise
            await self._lost(error, Progress.NOTHING)
            return
        if self._closed:
            return
        if response is None:
            await self._finish()
        else:
            await self._begin(response)

    async def _wait_until(self, time: float) -> None:
        loop = asyncio.get_running_loop()
        self._wait = closing = loop.create_future()
        try:
            await asyncio.wait({closing}, timeout=max(0.0, time - loop.time()))
        finally:
            self._wait = None
            closing.cancel()

    async def _attempted(self) -> Optional[aiohttp.ClientResponse]:
        """Return the response of an attempt to connect, which may have begun in an earlier step."""
        if self._closed:
            return None
        if self._attempt is None:
            self._attempt = asyncio.ensure_future(self._connect())
        attempt = self._attempt
        await asyncio.wait({attempt})
        self._attempt = None
        if self._closed:
            _close_result(attempt)
            return None
        return attempt.result()

    async def _connect(self) -> Optional[aiohttp.ClientResponse]:
        """Make a connection and check its response.

        Returns:
            The response, or None where the server wants no more connections.

        Raises:
            requests.exceptions.RequestException: it failed, or the response is no event stream.
        """
        rewind_body(self._positions)
        kept = await self._evaluated()
        request = arguments(kept, self.last_id)
        if self._positions and hasattr(request.get("data"), "read"):
            request["data"] = request["data"].read()  # type: ignore[attr-defined]  # aiohttp would close the file
        sent = prepared(self._method, self.url, request, has_base=not self._owns_session)
        if self._closed:
            return None
        if self.session is None:
            self.session = aiohttp.ClientSession(trust_env=True)  # as requests does
        sent.arguments["raise_for_status"] = False  # the core decides what a status means
        sent.arguments["timeout"] = timeout_of(sent.arguments.get("timeout"), self.session)
        try:
            response = await self.session.request(self._method, sent.url, **sent.arguments)
        except Exception as error:
            raise translated(error) from error
        try:
            is_stream = await self._is_stream(response, sent.of_requests)
        except BaseException:
            response.close()
            raise
        if is_stream and not self._closed:
            return response
        response.close()
        return None

    async def _evaluated(self) -> dict[str, Any]:
        """Return what goes along with a request; ``headers`` and ``params`` may be coroutines."""
        kept = dict(self.aiohttp_kwargs)
        for name in ("headers", "params"):
            if callable(kept.get(name)):
                try:
                    value = evaluated(kept[name])
                    kept[name] = await value if isawaitable(value) else value
                except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                    raise translated(error) from error
                except StopAsyncIteration as error:  # it would end the caller's loop
                    raise RuntimeError(f"{name}, being called, raised {error!r}") from error
        return kept

    async def _is_stream(
        self, response: aiohttp.ClientResponse, request: requests.PreparedRequest
    ) -> bool:
        content_type = ", ".join(response.headers.getall("Content-Type", []))
        verdict = judge(response.status, content_type, check_content_type=self._check_content_type)
        if verdict is Verdict.WRONG_STATUS:
            raise http_error(await as_requests(response, request))
        if verdict is Verdict.WRONG_TYPE:
            answer = await as_requests(response, request)
            raise InvalidContentType(content_type, self.url, answer)
        return verdict is Verdict.STREAM

    async def _begin(self, response: aiohttp.ClientResponse) -> None:
        """Begin to read the connection that was made."""
        self.resp = response
        self._body = AsyncBody(response)
        self._next_attempt = 0.0
        self._delivery.begin()
        self._reconnection.opened()
        log_connected(self.url)
        await _call(self._on_open, response)


async def _discard(work: asyncio.Task[Optional[aiohttp.ClientResponse]]) -> None:
    """End work whose result nobody will have."""
    if work.done():
        _close_result(work)
        return
    work.add_done_callback(_close_result)  # also where waiting for it is cancelled
    work.cancel()
    await asyncio.wait({work})


def _close_result(work: asyncio.Task[Optional[aiohttp.ClientResponse]]) -> None:
    if not work.cancelled() and work.exception() is None:
        response = work.result()
        if response is not None:
            response.close()


async def _call(callback: Optional[Callable[..., object]], *arguments: object) -> None:
    if callback is not None:
        result = callback(*arguments)
        if isawaitable(result):
            await result
