"""The transport on httpx and httpx2, for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Optional

import requests

from sseclient_ng import _sockets
from sseclient_ng._codings import BodyDecoder
from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS
from sseclient_ng._transports import Request
from sseclient_ng._transports.httpx_errors import decoding_error, translate_error
from sseclient_ng._transports.httpx_library import Library
from sseclient_ng._transports.httpx_progress import Progress
from sseclient_ng._transports.httpx_request import (
    PreparedRequest,
    codings_left,
    content_type_of,
    make_requests_response,
    next_request,
    prepare_request,
)

__all__ = ["AsyncHttpxTransport"]

_READ_AHEAD = 65536


class AsyncHttpxTransport:
    """Makes requests with an asynchronous client of httpx or httpx2, which is not closed.

    Args:
        session: the client.
        library: its library.

    Raises:
        RuntimeError: the client is closed.
    """

    def __init__(self, session: Any, library: Library) -> None:
        self._session = session
        self._library = library.module
        self._closing: set[asyncio.Future[None]] = set()
        self._lingering: set[asyncio.Future[None]] = set()

    async def open(self, request: Request) -> AsyncHttpxAnswer:
        """Send a request; see `AsyncTransport.open`."""
        if self._session.is_closed:
            raise RuntimeError("the session is closed: AsyncSSEClient needs an open one")
        prepared = prepare_request(self._session, self._library, request)
        extensions = prepared.request.extensions
        progress = Progress(extensions.get("trace"))
        prepared.request.extensions = {**extensions, "trace": progress.trace}
        sending = asyncio.ensure_future(self._send(prepared))
        try:
            await asyncio.wait({sending})
        except BaseException:
            progress.end(sending)
            self.begin(_close_when_sent(sending), lingers=progress.is_shared)
            raise
        return AsyncHttpxAnswer(self._result(sending), self, progress)

    def translate_error(self, error: Exception, *, reading: bool = False) -> Exception:
        """Return the error of requests that an error of the library means."""
        return translate_error(error, self._library, reading=reading)

    async def close(self) -> None:
        """Wait until the connections of closed bodies are closed."""
        if self._closing:
            await asyncio.wait(self._closing)

    def begin(self, closing: Coroutine[Any, Any, None], *, lingers: bool = False) -> None:
        """Begin to close a response.

        Args:
            closing: closes it.
            lingers: whether `close` does not wait for its end.
        """
        task = asyncio.ensure_future(closing)
        tasks = self._lingering if lingers else self._closing
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    @property
    def library(self) -> Any:
        """The library, httpx or httpx2."""
        return self._library

    def _result(self, sending: asyncio.Future[Any]) -> Any:
        try:
            return sending.result()
        except Exception as error:
            translated = translate_error(error, self._library)
            if translated is error:
                raise
            raise translated from error

    async def _send(self, prepared: PreparedRequest) -> Any:
        history: list[Any] = []
        answer = await self._session.send(prepared.request, **prepared.options)
        try:
            while (
                following := next_request(
                    prepared, answer, len(history), self._session.max_redirects
                )
            ) is not None:
                await answer.aclose()
                history.append(answer)
                answer = await self._session.send(following, **prepared.options)
        except BaseException:
            self.begin(_close(answer))
            raise
        answer.history = [*history, *answer.history]
        return answer


class AsyncHttpxAnswer:
    """An answer of httpx.

    Args:
        response: what httpx returned.
        transport: whose answer it is.
        progress: of its request.

    Attributes:
        response: as given.
        status: its status code.
        content_type: its Content-Type, or None. Several lines are joined.
    """

    def __init__(self, response: Any, transport: AsyncHttpxTransport, progress: Progress) -> None:
        self.response = response
        self.status: int = response.status_code
        self.content_type = content_type_of(response)
        self._transport = transport
        self._progress = progress

    def body(self) -> AsyncHttpxBody:
        """Return the body.

        Raises:
            requests.exceptions.ContentDecodingError: its content coding can't be decoded.
        """
        return AsyncHttpxBody(self.response, self._transport, self._progress)

    async def keep(self) -> requests.Response:
        """Return the response as one of requests, with its body, and end the connection."""
        data = bytearray()
        try:
            body = self.body()
        except requests.RequestException:
            self.close()
            return make_requests_response(self.response, b"")
        with contextlib.suppress(requests.RequestException, asyncio.TimeoutError):
            await asyncio.wait_for(_read_some(body, data), ERROR_BODY_SECONDS)
        body.close()
        return make_requests_response(self.response, bytes(data))

    def close(self) -> None:
        """End the connection, or give it back."""
        self._transport.begin(_close(self.response))


class AsyncHttpxBody:
    """The body of an open response.

    A task of its own receives it. Steps of the client can be cancelled, which would close the
    connection if they used the library's iterator; and one task for each chunk would cost more than
    all the rest: see benchmarks/asynchronous.py.

    Args:
        response: what httpx returned.
        transport: whose response it is.
        progress: of its request.
    """

    def __init__(self, response: Any, transport: AsyncHttpxTransport, progress: Progress) -> None:
        self._response = response
        self._transport = transport
        self._progress = progress
        codings = codings_left(response, transport.library)
        # Its aiter_raw() cuts chunks anew, which costs as much as parsing them.
        self._chunks: AsyncGenerator[bytes, None] = (
            response.aiter_bytes() if codings is None else response.stream.__aiter__()
        )
        self._decoder = BodyDecoder(codings) if codings else None
        self._received: list[bytes] = []
        self._size = 0  # of what is received, in bytes
        self._error: Optional[Exception] = None
        self._task: Optional[asyncio.Future[None]] = None
        # A future where somebody waits costs half of what an asyncio.Event does.
        self._news: Optional[asyncio.Future[None]] = None
        self._has_room = asyncio.Event()
        stream = response.extensions.get("network_stream")
        with contextlib.suppress(OSError, AttributeError):  # not a TCP socket
            _sockets.set_keep_alive(stream.get_extra_info("socket"))

    async def read(self) -> bytes:
        """Return the next bytes, or none at the end.

        Raises:
            requests.exceptions.RequestException: it broke off or is damaged. Bytes before that
                are returned first.
        """
        if self._task is None:
            self._task = asyncio.ensure_future(self._receive())
            # Not at its own end: a task that is cancelled before it begins has none.
            self._task.add_done_callback(self._wake)
        while not (self._received or self._error or self._task.done()):
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if not self._received and self._error is not None:
            raise self._error
        received, self._received, self._size = self._received, [], 0
        self._has_room.set()
        return received[0] if len(received) == 1 else b"".join(received)

    def _wake(self, _: object = None) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _receive(self) -> None:
        try:
            async for chunk in self._chunks:
                for data in [chunk] if self._decoder is None else self._decoder.decode(chunk):
                    if self._error is not None:  # it was closed
                        return
                    self._received.append(data)
                    self._size += len(data)
                    self._wake()
                    if self._size > _READ_AHEAD:
                        self._has_room.clear()
                        await self._has_room.wait()
        except Exception as error:  # noqa: BLE001 - the library's are translated
            error = decoding_error(error, self._transport.library)
            self._error = self._transport.translate_error(error, reading=True)

    def close(self) -> None:
        """End the connection, or give it back; a read that waits ends with an error."""
        self._error = requests.exceptions.ConnectionError("the response was closed")
        if self._task is not None:
            self._progress.end(self._task)
            self._wake()
            self._has_room.set()
        lingers = self._task is not None and self._progress.is_shared
        self._transport.begin(self._close(self._task), lingers=lingers)

    async def _close(self, task: Optional[asyncio.Future[None]]) -> None:
        if task is not None:
            await asyncio.wait({task})
        with contextlib.suppress(Exception):  # the connection is broken
            await self._chunks.aclose()
        await _close(self._response)


async def _read_some(body: AsyncHttpxBody, data: bytearray) -> None:
    while len(data) < ERROR_BODY_BYTES:
        chunk = await body.read()
        if not chunk:
            return
        data += chunk


async def _close_when_sent(sending: asyncio.Future[Any]) -> None:
    await asyncio.wait({sending})
    if not sending.cancelled() and sending.exception() is None:
        await _close(sending.result())


async def _close(response: Any) -> None:
    with contextlib.suppress(Exception):  # its connection is broken
        await response.aclose()
