"""The machine: what a client does next, and nothing of how it does it.

A shell (`SSEClient`, `AsyncSSEClient`) tells the machine what happened, and the machine answers
what to do: connect, read, wait, deliver, call back, stop or fail. House rules:

1. Only this module knows the state of a client, and only `Machine._go` changes it. A shell keeps
   no flag that says what the state says.
2. Everything that may happen is a row of `TABLE`. What happens in a state without a row for it is
   a defect of the shell, and raises `RuntimeError`.
3. The state is remembered before anybody is called back: an error of a callback changes nothing.
4. Nothing here does I/O, sleeps, or calls the program. Clock and random numbers are handed in.
5. `close` may come at any time, from any thread or signal handler. It sets one flag and nothing
   else, so it needs no lock; from then on the answer is `STOP`.

How it goes: a client that is NEW connects for the first time, and its caller gets what goes wrong
there. Once a connection was OPEN, every end and every transient failure leads to WAITING, and from
there to another attempt. A failure counts, and makes the next wait longer, unless the connection
was healthy (`Machine._is_healthy`) or the caller gave it up. Without a policy there is one
connection only. Something that was given to read is OPEN from the start, and has no policy. Where
the caller knows the last event of the stream, no end before it looks like the end.

See the WHATWG HTML standard, 9.2.3 "Processing model".
"""

from __future__ import annotations

import enum
import random
import time
from typing import Callable, NamedTuple, Optional, Union

from sseclient_ng._core.delivery import Delivery, Progress
from sseclient_ng._core.ending import Came, Ending
from sseclient_ng._core.errors import EventTooLarge
from sseclient_ng._core.event import Comment, Event
from sseclient_ng._core.failure import Failure, end_of_stream
from sseclient_ng._core.http import UNAUTHORIZED, retry_after, status_is_transient
from sseclient_ng._core.policy import ReconnectPolicy

__all__ = [
    "CALL_ON_OPEN",
    "CONNECT",
    "DELIVER",
    "FAIL",
    "READ",
    "STOP",
    "TABLE",
    "Action",
    "Happening",
    "LastError",
    "Machine",
    "Row",
    "State",
    "Tell",
    "Wait",
]


class State(enum.Enum):
    """Where a client is."""

    NEW = "not connected yet"
    CONNECTING_FIRST = "making the first connection"
    CONNECTING_AGAIN = "making another connection"
    OPEN = "reading an event stream"
    WAITING = "waiting to connect again"
    ENDED = "at the end"
    CLOSED = "closed by the caller"


class Happening(enum.Enum):
    """What happens to a client: what a shell tells, as the machine judges it."""

    ASKED = "the caller asks for an event"
    GIVEN = "something is given to read"
    OPENED = "2xx with an event stream"
    NO_CONTENT = "204 No Content"
    UNAUTHORIZED = "401 or 403, for the first time since a connection was open"
    TRANSIENT = "a failure that another attempt may fix, and a policy that allows it"
    EXHAUSTED = "a failure, and a policy that allows no more attempts"
    PERMANENT = "a failure that no attempt may fix"
    BROKEN = "reading fails, of something that was given"
    BYTES = "bytes arrive"
    TOO_LARGE = "an event outgrows the limit"
    LAST_EVENT = "the event that ends the stream was delivered"
    END = "the body ends, and there is no policy"
    DUE = "the wait is over"
    ABANDONED = "the caller gives up a step"
    ABANDONED_FOR_GOOD = "the caller gives up a step, and there is no policy"
    RECONNECT = "the caller connects again (old code only)"
    DECLINED = "a hook wants no more connections (old code only)"


class Row(NamedTuple):
    """One line of the table: in this state, when that happens, go there.

    Args:
        state: the state.
        happening: what happens.
        next_state: the state afterwards.
        answer: what the machine answers then, in words.
        told: whether the log and ``on_error`` hear of it.
        counted: whether it counts as a failure, unless the connection was healthy.
    """

    state: State
    happening: Happening
    next_state: State
    answer: str
    told: bool = False
    counted: bool = False


def _rows_of_attempt(state: State, after_failure: State, after_abandoning: State) -> list[Row]:
    """Return the rows that both states of connecting share, but for two of their ends."""
    answer = "connect" if after_abandoning is State.NEW else "wait"
    for_good = "connect" if after_failure is State.NEW else "stop"
    return [
        Row(state, Happening.OPENED, State.OPEN, "call on_open, read"),
        Row(state, Happening.NO_CONTENT, State.ENDED, "stop"),
        Row(state, Happening.UNAUTHORIZED, State.WAITING, "wait 0 s", told=True),
        Row(state, Happening.TRANSIENT, State.WAITING, "wait", told=True, counted=True),
        Row(state, Happening.EXHAUSTED, State.ENDED, "fail", counted=True),
        Row(state, Happening.PERMANENT, after_failure, "fail"),
        Row(state, Happening.ABANDONED, after_abandoning, answer),
        Row(state, Happening.ABANDONED_FOR_GOOD, after_failure, for_good),
        Row(state, Happening.DECLINED, State.ENDED, "stop"),
    ]


TABLE = (
    Row(State.NEW, Happening.ASKED, State.CONNECTING_FIRST, "connect"),
    Row(State.NEW, Happening.GIVEN, State.OPEN, "read"),
    Row(State.NEW, Happening.ABANDONED, State.NEW, "connect"),
    Row(State.NEW, Happening.ABANDONED_FOR_GOOD, State.NEW, "connect"),
    Row(State.NEW, Happening.RECONNECT, State.CONNECTING_FIRST, "connect"),
    *_rows_of_attempt(State.CONNECTING_FIRST, State.NEW, State.NEW),
    *_rows_of_attempt(State.CONNECTING_AGAIN, State.ENDED, State.WAITING),
    Row(State.OPEN, Happening.BYTES, State.OPEN, "deliver, read"),
    Row(State.OPEN, Happening.TOO_LARGE, State.ENDED, "fail"),
    Row(State.OPEN, Happening.LAST_EVENT, State.ENDED, "stop"),
    Row(State.OPEN, Happening.END, State.ENDED, "deliver, stop"),
    Row(State.OPEN, Happening.TRANSIENT, State.WAITING, "wait", told=True, counted=True),
    Row(State.OPEN, Happening.EXHAUSTED, State.ENDED, "fail", counted=True),
    Row(State.OPEN, Happening.PERMANENT, State.ENDED, "fail"),
    Row(State.OPEN, Happening.BROKEN, State.OPEN, "fail"),
    Row(State.OPEN, Happening.ABANDONED, State.WAITING, "wait"),
    Row(State.OPEN, Happening.ABANDONED_FOR_GOOD, State.ENDED, "stop"),
    Row(State.OPEN, Happening.GIVEN, State.OPEN, "read"),
    Row(State.OPEN, Happening.RECONNECT, State.CONNECTING_AGAIN, "connect"),
    Row(State.WAITING, Happening.LAST_EVENT, State.ENDED, "stop"),
    Row(State.WAITING, Happening.DUE, State.CONNECTING_AGAIN, "connect"),
    Row(State.WAITING, Happening.ABANDONED, State.WAITING, "wait"),
    Row(State.WAITING, Happening.RECONNECT, State.CONNECTING_AGAIN, "connect"),
    Row(State.ENDED, Happening.LAST_EVENT, State.ENDED, "stop"),
    Row(State.ENDED, Happening.ASKED, State.ENDED, "stop"),
    Row(State.ENDED, Happening.ABANDONED, State.ENDED, "stop"),
    Row(State.ENDED, Happening.ABANDONED_FOR_GOOD, State.ENDED, "stop"),
    Row(State.ENDED, Happening.GIVEN, State.OPEN, "read"),
    Row(State.ENDED, Happening.RECONNECT, State.CONNECTING_AGAIN, "connect"),
)

_OPEN = State.OPEN  # Python before 3.11 is slow to look up a member of an enum
_ROWS = {(row.state, row.happening): row for row in TABLE}


class Step(enum.Enum):
    """An answer that needs no more words."""

    CONNECT = "make a connection, and tell how that went"
    CALL_ON_OPEN = "call ``on_open``: a connection was made"
    READ = "read from the connection, and tell what came"
    DELIVER = "return `Delivery.deliver()` to the caller, and tell if it ends the stream"
    FAIL = "raise what `Machine.take_error` returns"
    STOP = "end the iteration"


CONNECT = Step.CONNECT
CALL_ON_OPEN = Step.CALL_ON_OPEN
READ = Step.READ
DELIVER = Step.DELIVER
FAIL = Step.FAIL
STOP = Step.STOP


class Tell(NamedTuple):
    """Answer: call ``on_error``, and write to the log."""

    failure: Failure
    delay: float


class Wait(NamedTuple):
    """Answer: wait, unless the client is closed meanwhile."""

    seconds: float


Action = Union[Step, Tell, Wait, Comment]
"""What a shell is to do. A comment is one that ``on_comment`` is to be called with."""


class LastError(NamedTuple):
    """What is to be raised after FAIL.

    Args:
        error: what happened last.
        attempts: how many attempts failed in a row, where the policy allows no more of them.
        came: what had come of a stream that ended before its last event.
    """

    error: Exception
    attempts: Optional[int] = None
    came: Optional[Came] = None


# "Clearly longer" than the wait before it is twice as long. Of a wait that an outage has made long,
# only four reconnection times count: a stream that a proxy cuts every thirty seconds must get away
# from the longest wait. Without a byte, a connection has to live for two reconnection times at
# least: there was no wait before the first one.
_HEALTHY_WAITS = 2
_COUNTED_RECONNECTION_TIMES = 4

# A server whose answers can't be read does not change by being asked; one behind a proxy that is
# being exchanged does.
_MALFORMED_ANSWERS = 5


class Machine:
    """Decides what a client does next.

    Args:
        delivery: the events; the machine tells it of connections, chunks and ends.
        policy: how to reconnect; None makes one connection only.
        ending: knows the last event of the stream; None where nobody knows it.
        clock: returns seconds on a clock that never goes back.
        wall_clock: returns seconds since the epoch, for the dates of Retry-After.
        random_fraction: returns a random number from 0 to 1, which chooses the jitter.

    Attributes:
        delivery: as given.
        policy: as given.
        ending: as given.
        closed: whether `close` was called.
        is_given: whether what is read was given, rather than connected to.
        received: tells what was read: `Delivery.receive`. What it raises is told to `failed`.
    """

    def __init__(
        self,
        delivery: Delivery,
        policy: Optional[ReconnectPolicy],
        *,
        ending: Optional[Ending] = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        random_fraction: Callable[[], float] = random.random,
    ) -> None:
        self.delivery = delivery
        self.policy = policy
        self.ending = ending
        self.closed = False
        self.is_given = False
        self.received = delivery.receive  # itself: it is called for every read
        self._clock = clock
        self._wall_clock = wall_clock
        self._random_fraction = random_fraction
        self._state = State.NEW
        self._announcement: Optional[Action] = None  # answered once, before what the state says
        self._error: Optional[LastError] = None
        self._failures = 0  # in a row; they make the wait grow
        self._failed_attempts = 0  # in a row; the policy may limit them
        self._malformed_answers = 0  # in a row
        self._is_retry = False  # whether the attempt, if it fails, is one of those
        self._wait = 0.0  # before the attempt, in seconds
        self._due_at = 0.0
        self._opened_at = 0.0
        self._may_refresh_headers = True
        self._is_broken = False  # what was given; some iterators go on after an error

    @property
    def state(self) -> State:
        """The state."""
        return State.CLOSED if self.closed else self._state

    def next_action(self) -> Action:
        """Return what the shell is to do now.

        Until the shell tells what came of it, the answer stays the same; only callbacks and errors
        are answered once.
        """
        if self.closed:
            return STOP
        delivery = self.delivery
        if delivery.ready:
            return DELIVER
        if delivery.inbox:
            comment = delivery.take()
            return DELIVER if comment is None else comment
        if self._state is _OPEN and self._announcement is None:
            error = delivery.parser.error
            if error is None:
                return READ
            self.failed(Failure(error, transient=False))
        if self._announcement is not None:
            announcement, self._announcement = self._announcement, None
            return announcement
        return self._next_step()

    def take_error(self) -> LastError:
        """Return what is to be raised, once.

        It is no part of the answer, so that no frame of a shell that its traceback leads to holds
        it: such a circle would keep connections open.
        """
        error, self._error = self._error, None
        assert error is not None  # the answer was FAIL
        return error

    # -- what a shell tells

    def given(self) -> None:
        """Tell that there is something to read.

        Raises:
            LookupError: there is no such encoding.
        """
        self._go(Happening.GIVEN)
        self.is_given, self._is_broken = True, False
        self.delivery.begin()

    def opened(self) -> None:
        """Tell that the answer is an event stream."""
        self._go(Happening.OPENED)
        self.is_given = self._is_broken = False
        self._opened_at = self._clock()
        self._may_refresh_headers = True
        self.delivery.begin()
        self._announcement = CALL_ON_OPEN

    def refused_for_good(self) -> None:
        """Tell that the answer is 204 No Content."""
        self._go(Happening.NO_CONTENT)
        self._fail_before_last_event(EOFError("the server answered 204 No Content"))

    def ended(self) -> None:
        """Tell that the body has come to its end."""
        if self.policy is not None:
            self.failed(end_of_stream())
            return
        self._go(Happening.END)
        if not (self.closed or self._is_broken):
            try:
                self.delivery.finish()
            except EventTooLarge as error:
                self._fail(error)
                return
        self._fail_before_last_event(end_of_stream().error)

    def failed(self, failure: Failure) -> None:
        """Tell what ended the connection, or the attempt to make one.

        Args:
            failure: what the error means.
        """
        healthy = self._reset_if_healthy()
        self._malformed_answers = self._malformed_answers + 1 if failure.malformed else 0
        progress = self.delivery.progress() if self._state is State.OPEN else Progress.NOTHING
        row = self._go(self._judge(failure, healthy=healthy))
        if row.counted and not healthy:
            self._count(progress)
        if row.next_state is State.WAITING:
            refreshing = row.happening is Happening.UNAUTHORIZED
            self._wait_for(0.0 if refreshing else self._delay(failure))
            self._announcement = Tell(failure, self._wait)
        elif row.happening is Happening.EXHAUSTED:
            self._fail(failure.error, self._failed_attempts)
            self._failures = self._failed_attempts = 0  # whoever goes on begins anew
        elif not self.closed:
            cut_short = row.state is State.OPEN and failure.transient and self.policy is None
            self._fail(failure.error, came=self._came() if cut_short else None)

    def abandoned(self) -> None:
        """Tell that the caller gave up a step: Ctrl-C, a signal handler's error, a cancelled task.

        It is no failure of the server's: nothing is counted. Events that are ready can still be
        delivered; the half event is dropped with its connection.
        """
        self._reset_if_healthy()
        for_good = self.policy is None
        row = self._go(Happening.ABANDONED_FOR_GOOD if for_good else Happening.ABANDONED)
        if row.next_state is State.WAITING and row.state is not State.WAITING:
            self._announcement = None
            self._wait_for(self._delay(None))
        elif row.state is State.OPEN and for_good:
            self._fail_before_last_event(EOFError("the connection was given up"))

    def delivered_last_event(self) -> None:
        """Tell that the event that ends the stream was delivered."""
        self._go(Happening.LAST_EVENT)
        self.delivery.drop()
        self._announcement = self._error = None  # whatever came behind it

    def reconnect(self) -> None:
        """Tell that the caller connects on its own account, whatever the state."""
        self._go(Happening.RECONNECT)
        self._is_retry = False
        self._announcement = None
        self.delivery.drop()

    def declined(self) -> None:
        """Tell that a hook of the program wants no more connections."""
        self._go(Happening.DECLINED)

    def close(self) -> None:
        """Tell that the caller wants no more; from any thread, or from a signal handler."""
        self.closed = True

    # -- what follows

    def _go(self, happening: Happening) -> Row:
        if self.closed:
            return Row(State.CLOSED, happening, State.CLOSED, "stop")
        row = _ROWS.get((self._state, happening))
        if row is None:
            raise RuntimeError(
                f"{happening.name} can't happen to a client that is {self._state.name}"
            )
        self._state = row.next_state
        return row

    def _next_step(self) -> Action:
        if self._state is State.WAITING:
            seconds = self._due_at - self._clock()
            if seconds > 0:
                return Wait(seconds)
            self._go(Happening.DUE)
            self._is_retry = True
        elif self._state in (State.NEW, State.ENDED):
            self._is_retry = self.policy is not None and self.policy.retry_first
            self._go(Happening.ASKED)
        return STOP if self._state is State.ENDED else CONNECT

    def _fail(
        self, error: Exception, attempts: Optional[int] = None, came: Optional[Came] = None
    ) -> None:
        self._announcement = FAIL
        self._error = LastError(error, attempts, came)

    def _fail_before_last_event(self, error: Exception) -> None:
        """Fail where a last event is awaited. If it is ready it was in time, and this is undone."""
        if self.ending is not None and not self.closed:
            self._fail(error, came=self._came())

    def _came(self) -> Optional[Came]:
        """Return what had come, with what is not delivered yet; None if no end is known."""
        ending, delivery = self.ending, self.delivery
        if ending is None:
            return None
        waiting = [item for item in (*delivery.ready, *delivery.inbox) if isinstance(item, Event)]
        return Came(ending.events + len(waiting), waiting[-1] if waiting else ending.last_event)

    def _wait_for(self, delay: float) -> None:
        self._wait = delay
        self._due_at = self._clock() + delay

    def _judge(self, failure: Failure, *, healthy: bool) -> Happening:
        policy = self.policy
        first = self._state is State.CONNECTING_FIRST
        if isinstance(failure.error, EventTooLarge):
            return Happening.TOO_LARGE
        if self.is_given and self._state is State.OPEN:
            self._is_broken = True
            return Happening.BROKEN
        if policy is None or (first and not policy.retry_first):
            return Happening.PERMANENT
        if failure.retry is None and self._refreshes_headers(failure):
            self._may_refresh_headers = False
            return Happening.UNAUTHORIZED
        if not self._is_worth_retrying(failure):
            return Happening.PERMANENT
        failed = self._failed_attempts + (self._is_retry and not healthy)
        if policy.max_attempts is not None and failed >= policy.max_attempts:
            return Happening.EXHAUSTED
        return Happening.TRANSIENT

    def _is_worth_retrying(self, failure: Failure) -> bool:
        if failure.retry is not None:
            return failure.retry
        if failure.status is not None:
            return status_is_transient(failure.status)
        return failure.transient and self._malformed_answers < _MALFORMED_ANSWERS

    def _refreshes_headers(self, failure: Failure) -> bool:
        """Return whether a refused attempt is repeated at once, as a token may have expired."""
        return failure.status in UNAUTHORIZED and self._may_refresh_headers

    def _reset_if_healthy(self) -> bool:
        """Return whether there was a healthy connection, after which counting starts anew."""
        healthy = self._state is State.OPEN and self._is_healthy()
        if healthy:
            self._failures = self._failed_attempts = 0
        return healthy

    def _is_healthy(self) -> bool:
        """Return whether the connection brought an event, or lived clearly longer than its wait."""
        if self.delivery.brought_event or self.policy is None:
            return self.delivery.brought_event
        reconnection_time = self.policy.bounded(self._reconnection_time())
        wait = min(self._wait, _COUNTED_RECONNECTION_TIMES * reconnection_time)
        if not self.delivery.brought_bytes:
            wait = max(wait, reconnection_time)
        return self._clock() - self._opened_at > _HEALTHY_WAITS * wait

    def _count(self, progress: Progress) -> None:
        self._failed_attempts += self._is_retry
        if progress is not Progress.PART:
            self._failures += 1

    def _delay(self, failure: Optional[Failure]) -> float:
        policy = self.policy
        assert policy is not None  # without one, nothing leads to WAITING
        if failure is not None:
            asked = retry_after(failure.retry_after, self._wall_clock())
            if asked:  # 0, or a date in the past, asks for nothing
                return policy.bounded(asked)
        return policy.delay(self._failures, self._reconnection_time(), self._random_fraction())

    def _reconnection_time(self) -> float:
        """Return the reconnection time in seconds."""
        # A server may have sent more digits than a float holds.
        longest = 1000 * (self.policy.max_server_delay if self.policy is not None else 0)
        return min(self.delivery.retry or 0, longest) / 1000
