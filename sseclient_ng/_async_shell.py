"""The shell for asyncio: it carries out what the machine answers, and tells what came of it.

The twin for threads is `_shell`: one name for one thing in both files. An attempt to connect is a
task of its own here, so that it outlives a step that is cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from inspect import isawaitable
from typing import Any, Callable, Optional, Protocol, cast

from sseclient_ng._arguments import build_arguments, evaluate, rewind_body
from sseclient_ng._callbacks import Callbacks, deliver_next, log_opened, log_wait
from sseclient_ng._core.event import Event
from sseclient_ng._core.http import Verdict, judge_response
from sseclient_ng._core.machine import (
    CALL_ON_OPEN,
    CONNECT,
    DELIVER,
    FAIL,
    READ,
    STOP,
    Action,
    Machine,
    Tell,
    Wait,
)
from sseclient_ng._failures import classify_error, error_for_answer, final_error
from sseclient_ng._transports import AsyncAnswer, AsyncBody, AsyncTransport, Request

__all__ = ["AsyncClient", "AsyncShell"]

_background: set[asyncio.Future[None]] = set()


class AsyncClient(Protocol):
    """The public attributes of a client, which its owner may change at any time."""

    url: str
    aiohttp_kwargs: dict[str, Any]
    resp: Any


class AsyncShell:
    """Connects, reads, waits and calls back for one client.

    The client is handed in each time: a reference to it would keep it alive.

    Args:
        machine: decides what is done.
        transport: the HTTP library.
        callbacks: the caller's functions, which may be coroutine functions.
        method: the method of the requests, in capitals.
        check_content_type: whether a response whose Content-Type can't be an event stream's is
            refused.
        body_positions: where the files in a request's body begin.

    Attributes:
        machine: as given.
        delivery: the machine's.
        ready: the events that may be delivered without asking the machine; none once the client
            is closed, and none where one of them may be the last.
        deliver: takes one of them.
        body: what is open, or None.
        keeps_connection: whether a step that is given up leaves its connection, or the attempt to
            make one, to the next step; otherwise nobody else would close it.
    """

    def __init__(
        self,
        machine: Machine,
        transport: AsyncTransport,
        callbacks: Callbacks,
        *,
        method: str,
        check_content_type: bool,
        body_positions: tuple[tuple[object, int], ...],
    ) -> None:
        self.machine = machine
        self.delivery = machine.delivery
        self.ready = machine.delivery.ready if machine.ending is None else deque[Event]()
        self.deliver = machine.delivery.deliver
        self.body: Optional[AsyncBody] = None
        self.keeps_connection = False
        self._transport = transport
        self._callbacks = callbacks
        self._method = method
        self._check_content_type = check_content_type
        self._body_positions = body_positions
        self._waiting: Optional[asyncio.Future[None]] = None
        self._attempt: Optional[asyncio.Task[Optional[AsyncAnswer]]] = None
        self._in_use = False  # whether a task is in a step
        self._loop: Optional[asyncio.AbstractEventLoop] = None  # in which it has connected

    # -- what a client asks for

    async def start(self, client: AsyncClient) -> None:
        """Connect, or raise what prevents it.

        Args:
            client: whose attributes say where to.

        Raises:
            Exception: what `AsyncSSEClient` says about connecting.
        """
        while True:
            action = self.machine.next_action()
            if action is READ or action is STOP or action is DELIVER:
                return
            await self._carry_out(action, client)

    async def next_event(self, client: AsyncClient) -> Event:
        """Carry out what the machine answers until there is an event.

        Args:
            client: whose attributes say where to connect.

        Raises:
            StopAsyncIteration: at the end.
            RuntimeError: another task is in a step.
            Exception: what `AsyncSSEClient` says about iterating.
        """
        if self.ready:  # a short cut: see benchmarks/asynchronous.py
            return self.deliver()
        if self._in_use:
            raise RuntimeError("another task is waiting for the next event of this client")
        self._in_use = True
        try:
            while True:
                action = self.machine.next_action()
                if action is READ:
                    await self._read()
                    if self.ready:
                        return self.deliver()
                elif action is DELIVER:
                    return self._deliver_next()
                elif action is STOP:
                    await self._end()
                    break
                else:
                    await self._carry_out(action, client)
        except BaseException:
            if not self.keeps_connection:
                await self._abandon()
            raise
        finally:
            self._in_use = False
        raise StopAsyncIteration

    async def close(self) -> None:
        """End what any task waits for, and close what is open."""
        self.machine.close()
        self.ready = deque[Event]()
        if self._waiting is not None:
            self._waiting.cancel()
        attempt = self._attempt
        try:
            if attempt is not None and attempt is not asyncio.current_task():
                await _discard(attempt)
        finally:
            await self._end()
        if attempt is not None:
            attempt.cancel()  # where it was what called

    def discard(self) -> None:
        """Close the connection of a client that is no longer used. Any thread may call this.

        Raises:
            RuntimeError: the event loop is closed, too.
        """
        assert self._loop is not None  # there is a connection
        self._loop.call_soon_threadsafe(self._end_in_background)

    # -- what the machine answers

    async def _carry_out(self, action: Action, client: AsyncClient) -> None:
        """Do what an action other than READ says."""
        try:
            if action is CONNECT:
                await self._connect(client)
            else:
                await self._wait_or_call(action, client)
        except Exception as error:
            if action is not CONNECT:
                raise
            self._fail(error)

    def _deliver_next(self) -> Event:
        """Return the next event, and end the stream if it is the last one.

        The session is closed by the next step, or by the block: waiting for that here, a step that
        is cancelled would lose the event.
        """
        event, is_last = deliver_next(self.machine)
        if is_last:
            self._close_body()
        return event

    async def _read(self) -> None:
        assert self.body is not None  # as long as the machine says so
        try:
            chunk = await self.body.read()
            if chunk:
                self.machine.received(chunk)
            else:
                self._close_body()
                self.machine.ended()
        except Exception as error:  # noqa: BLE001 - the machine decides
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._close_body()
        self.machine.failed(classify_error(error, self.machine.policy))

    async def _connect(self, client: AsyncClient) -> None:
        answer = await self._attempted(client)
        if self.machine.closed:
            return
        if answer is None:
            self.machine.refused_for_good()
        else:
            client.resp = answer.response
            try:
                self.body = answer.body()
            except BaseException:
                answer.close()
                raise
            self.machine.opened()

    async def _wait_or_call(self, action: Action, client: AsyncClient) -> None:
        if isinstance(action, Wait):
            await self._wait(action.seconds)
        elif isinstance(action, Tell):
            log_wait(client.url, action.failure.error, action.delay)
            await _call(self._callbacks.on_error, action.failure.error, action.delay)
        elif action is CALL_ON_OPEN:
            log_opened(client.url)
            await _call(self._callbacks.on_open, client.resp)
        elif action is FAIL:
            await self._end()
            raise final_error(self.machine.take_error(), client.url)
        else:
            await _call(self._callbacks.on_comment, cast(str, action))

    async def _wait(self, seconds: float) -> None:
        self._waiting = closing = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({closing}, timeout=seconds)
        finally:
            self._waiting = None
            closing.cancel()

    # -- connecting

    async def _attempted(self, client: AsyncClient) -> Optional[AsyncAnswer]:
        """Return the answer to an attempt to connect, which may have begun in an earlier step."""
        if self._attempt is None:
            self._loop = _running_loop()
            self._attempt = asyncio.ensure_future(self.open(client))
        attempt = self._attempt
        await asyncio.wait({attempt})
        self._attempt = None
        if self.machine.closed:
            _close_result(attempt)
            return None
        return attempt.result()

    async def open(self, client: AsyncClient) -> Optional[AsyncAnswer]:
        """Make a connection.

        Args:
            client: whose attributes say where to.

        Returns:
            The answer, or None where the server wants no more connections (204), or where the
            client was closed.

        Raises:
            requests.exceptions.RequestException: there is no answer, or it is no event stream.
        """
        rewind_body(self._body_positions)
        kept = await self._evaluate(client.aiohttp_kwargs)
        arguments = build_arguments(kept, self.delivery.last_id)
        if self.machine.closed:
            return None
        answer = await self._transport.open(Request(self._method, client.url, arguments))
        try:
            return await self._take(answer, client.url)
        except BaseException:
            answer.close()
            raise

    async def _evaluate(self, kept: dict[str, Any]) -> dict[str, Any]:
        """Return what goes along with a request; ``headers`` and ``params`` may be coroutines."""
        kept = dict(kept)
        for name in ("headers", "params"):
            if callable(kept.get(name)):
                try:
                    value = evaluate(kept[name])
                    kept[name] = await value if isawaitable(value) else value
                except StopAsyncIteration as error:  # it would end the caller's loop
                    raise RuntimeError(f"the function for {name} raised {error!r}") from error
                except Exception as error:  # noqa: BLE001 - the transport knows its own
                    translated = self._transport.translate_error(error)
                    raise translated from error.__cause__
        return kept

    async def _take(self, answer: AsyncAnswer, url: str) -> Optional[AsyncAnswer]:
        content_type = answer.content_type
        verdict = judge_response(
            answer.status, content_type, check_content_type=self._check_content_type
        )
        if verdict is Verdict.STREAM and not self.machine.closed:
            return answer
        if verdict is Verdict.WRONG_STATUS or verdict is Verdict.WRONG_TYPE:
            raise error_for_answer(verdict, await answer.keep(), content_type or "", url)
        answer.close()
        return None

    # -- ending

    async def _abandon(self) -> None:
        """Close the connection after a step that was given up, as no block will."""
        attempt, self._attempt = self._attempt, None
        self.machine.abandoned()
        try:
            if attempt is not None:
                await _discard(attempt)
        finally:
            await self._end()

    async def _end(self) -> None:
        self._close_body()
        await self._transport.close()

    def _end_in_background(self) -> None:
        task = asyncio.ensure_future(self._end())
        _background.add(task)  # the event loop itself keeps only weak references
        task.add_done_callback(_background.discard)

    def _close_body(self) -> None:
        body, self.body = self.body, None
        if body is not None:
            body.close()


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "AsyncSSEClient needs asyncio; on trio, read a response with aiter_events()"
        ) from None


async def _discard(attempt: asyncio.Task[Optional[AsyncAnswer]]) -> None:
    """End an attempt whose result nobody will have."""
    if attempt.done():
        _close_result(attempt)
        return
    attempt.add_done_callback(_close_result)  # also where waiting for it is cancelled
    attempt.cancel()
    await asyncio.wait({attempt})


def _close_result(attempt: asyncio.Task[Optional[AsyncAnswer]]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        answer = attempt.result()
        if answer is not None:
            answer.close()


async def _call(callback: Optional[Callable[..., object]], *arguments: object) -> None:
    if callback is not None:
        result = callback(*arguments)
        if isawaitable(result):
            await result
