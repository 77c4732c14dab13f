"""The shell for threads: it carries out what the machine answers, and tells what came of it.

The asynchronous twin is `_async_shell`: one name for one thing in both files.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, Optional, Protocol, cast

from sseclient_ng._arguments import build_arguments, rewind_body
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
from sseclient_ng._core.text import Chunk
from sseclient_ng._failures import classify_error, error_for_answer, final_error
from sseclient_ng._no_events import is_closed, warn_of_no_events
from sseclient_ng._signals import raised_by_handler
from sseclient_ng._transports import Answer, Body, Request, Transport
from sseclient_ng._transports.choosing import choose_transport
from sseclient_ng._waker import Waker

__all__ = ["Client", "Shell"]

_END = cast(Chunk, object())


class Client(Protocol):
    """The public attributes of a client, which its owner may change at any time."""

    url: str
    session: Any
    chunk_size: Optional[int]
    requests_kwargs: dict[str, Any]
    resp: Any


class Shell:
    """Connects, reads, waits and calls back for one client.

    The client is handed in each time: a reference to it would keep it alive.

    Args:
        machine: decides what is done.
        callbacks: the caller's functions.
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
        chunks: an iterator over the chunks of that.
    """

    def __init__(
        self,
        machine: Machine,
        callbacks: Callbacks,
        *,
        method: str = "GET",
        check_content_type: bool = True,
        body_positions: tuple[tuple[object, int], ...] = (),
    ) -> None:
        self.machine = machine
        self.delivery = machine.delivery
        self.ready = machine.delivery.ready if machine.ending is None else deque[Event]()
        self.deliver = machine.delivery.deliver
        self.body: Optional[Body] = None
        self.chunks: Iterator[Chunk] = iter(())
        self._callbacks = callbacks
        self._method = method
        self._check_content_type = check_content_type
        self._body_positions = body_positions
        self._transport: Optional[Transport] = None
        self._given: Optional[Body] = None  # until its end
        self._was_closed = False  # when it was given
        self._waker = Waker()
        self._in_use = threading.Lock()  # held while the body is read, and while it is closed

    # -- what a client asks for

    def start(self, client: Client) -> None:
        """Connect, or raise what prevents it.

        Args:
            client: whose attributes say where to.

        Raises:
            Exception: what `SSEClient` says about its constructor.
        """
        try:
            while True:
                action = self.machine.next_action()
                if action is READ:
                    return
                if action is STOP:
                    self._end()
                    return
                try:
                    self._carry_out(action, client)
                except Exception as error:
                    if not self._tell_error(error, action):
                        raise
        except BaseException:
            with self._in_use:
                self._close_body()  # nobody will have the client to do it
            raise

    def read_given(self, client: Client, body: Body) -> None:  # noqa: ARG002 - for hooks
        """Read what is open already.

        Args:
            client: who reads it.
            body: what is given.

        Raises:
            LookupError: there is no such encoding.
        """
        self.take_body(body)
        self.machine.given()
        self._given, self._was_closed = body, is_closed(body.source)

    def next_event(self, client: Client) -> Optional[Event]:
        """Carry out what the machine answers until there is an event.

        Args:
            client: whose attributes say where to connect.

        Returns:
            The event, or None at the end.

        Raises:
            Exception: what `SSEClient` says about iterating.
        """
        machine = self.machine
        while True:
            action = machine.next_action()
            try:
                if action is READ:
                    with self._in_use:
                        chunk = next(self.chunks, _END)
                    if chunk is _END:
                        machine.ended()
                    else:
                        machine.received(chunk)
                    if self.ready:
                        return self.deliver()  # saves asking once more: see benchmarks/client.py
                elif action is DELIVER:
                    return self._deliver_next()
                elif action is STOP:
                    self._end()
                    self._explain_silence()
                    return None
                else:
                    self._carry_out(action, client)
            except Exception as error:
                if not self._tell_error(error, action):
                    raise
            except BaseException:
                self._abandon()
                raise

    def close(self) -> None:
        """End what any thread waits for, and close what is open. A signal handler may call this."""
        self.machine.close()
        self.ready = deque[Event]()
        self._waker.wake()
        if self._in_use.acquire(blocking=False):  # else the thread that reads closes the body
            try:
                self._close_body()
            finally:
                self._in_use.release()

    def discard(self) -> None:
        """Close the connection of a client that is no longer used."""
        self._close_body()

    # -- what the machine answers

    def _carry_out(self, action: Action, client: Client) -> None:
        if action is CONNECT:
            self._connect(client)
        elif isinstance(action, Wait):
            self._waker.wait(action.seconds)
        elif isinstance(action, Tell):
            self._tell(action, client)
        elif action is CALL_ON_OPEN:
            log_opened(client.url)
            if self._callbacks.on_open is not None:
                self._callbacks.on_open(client.resp)
        elif action is FAIL:
            self._end()
            raise final_error(self.machine.take_error(), client.url)
        else:
            assert self._callbacks.on_comment is not None  # else no comment is answered
            self._callbacks.on_comment(cast(str, action))

    def _tell_error(self, error: Exception, action: Action) -> bool:
        """Tell the machine of a failure; return False for what is none: the program's own errors.

        Raises:
            Exception: what a signal handler raised.
        """
        interruption = raised_by_handler(error)
        if interruption is not None:
            self._abandon()
            try:
                raise interruption
            finally:
                del error, interruption  # the traceback leads here
        if action is not READ and action is not CONNECT:
            return False
        self.machine.failed(classify_error(error, self.machine.policy))
        return True

    def _deliver_next(self) -> Event:
        """Return the next event, and end the stream if it is the last one."""
        event, is_last = deliver_next(self.machine)
        if is_last:
            self._end()
        return event

    def _connect(self, client: Client) -> None:
        self.open(client)
        self.tell_opened()

    def _tell(self, action: Tell, client: Client) -> None:
        log_wait(client.url, action.failure.error, action.delay)
        if self._callbacks.on_error is not None:
            self._callbacks.on_error(action.failure.error, action.delay)

    # -- connecting

    def open(self, client: Client) -> None:
        """Make a connection. There is no body afterwards where the server wants none (204).

        Args:
            client: whose attributes say where to; its ``resp`` is set.

        Raises:
            requests.exceptions.RequestException: there is no answer, or it is no event stream.
        """
        with self._in_use:
            self._close_body()
        rewind_body(self._body_positions)
        arguments = build_arguments(client.requests_kwargs, self.delivery.last_id)
        request = Request(self._method, client.url, arguments)
        answer = self._transport_for(client).open(request, self._waker)
        client.resp = answer.response
        self._take(answer, client.url)

    def tell_opened(self) -> None:
        """Tell the machine what came of a connection that was made."""
        if self.body is None:
            self.machine.refused_for_good()
        else:
            self.machine.opened()

    def _transport_for(self, client: Client) -> Transport:
        transport = self._transport
        if transport is None or not transport.serves(client.session, client.chunk_size):
            transport = self._transport = choose_transport(client.session, client.chunk_size)
        return transport

    def _take(self, answer: Answer, url: str) -> None:
        content_type = answer.content_type
        verdict = judge_response(
            answer.status, content_type, check_content_type=self._check_content_type
        )
        if verdict is Verdict.STREAM:
            try:
                self.take_body(answer.body())
            except BaseException:
                answer.close()
                raise
        elif verdict is Verdict.END:
            answer.close()
        else:
            with self._in_use:
                response = answer.keep(self._waker)
            raise error_for_answer(verdict, response, content_type or "", url)

    def take_body(self, body: Body) -> None:
        """Have a body read from now on.

        Args:
            body: of an answer, or of a response that old code has opened in its own way.
        """
        self.body, self.chunks = body, body.chunks
        self._waker.watch(body)

    # -- ending

    def _abandon(self) -> None:
        self.machine.abandoned()
        if self.machine.policy is not None:
            with self._in_use:
                self._close_body()

    def _end(self) -> None:
        """Close what the client itself has opened; a source that was given is its owner's."""
        if self.machine.closed or not self.machine.is_given:
            with self._in_use:
                self._close_body()

    def _explain_silence(self) -> None:
        given, self._given = self._given, None
        if given is not None and not self.delivery.brought_event and not self.machine.closed:
            warn_of_no_events(
                given.source,
                was_closed=self._was_closed and not self.delivery.brought_bytes,
                check_content_type=self._check_content_type,
            )

    def _close_body(self) -> None:
        body, self.body = self.body, None
        self.chunks = iter(())
        self._waker.watch(None)
        if body is not None:
            body.close()
