"""Test each row of the machine's table, with a fake clock and without a socket."""

from __future__ import annotations

import re
from typing import Optional

import pytest

from sseclient_ng import EventTooLarge, ReconnectPolicy
from sseclient_ng._core.failure import Failure
from sseclient_ng._core.machine import (
    CALL_ON_OPEN,
    CONNECT,
    DELIVER,
    FAIL,
    READ,
    STOP,
    TABLE,
    Action,
    Happening,
    LastError,
    Row,
    State,
    Step,
    Tell,
    Wait,
)
from support.machines import (
    LIMIT,
    MALFORMED,
    NOT_FOUND,
    RECONNECTION_TIME,
    REFUSED,
    TOLD,
    UNAUTHORIZED,
    UNAVAILABLE,
    DrivenMachine,
)

POLICY = ReconnectPolicy(max_delay=60.0, jitter=0.0)
WITHOUT_POLICY = {Happening.END, Happening.ABANDONED_FOR_GOOD, Happening.BROKEN}


def policy_for(row: Row) -> Optional[ReconnectPolicy]:
    """Return the policy for which a row applies."""
    if row.happening in WITHOUT_POLICY:
        return None
    first = row.state is State.CONNECTING_FIRST and row.happening is not Happening.PERMANENT
    attempts = 1 if row.happening is Happening.EXHAUSTED else None
    return ReconnectPolicy(max_attempts=attempts, jitter=0.0, retry_first=first)


def machine_for(row: Row) -> DrivenMachine:
    """Return a machine in the state of a row."""
    machine = DrivenMachine(policy_for(row))
    if row.happening is Happening.BROKEN:
        machine.given()
    elif row.state is State.OPEN and row.happening is Happening.EXHAUSTED:
        machine.go_to(State.CONNECTING_AGAIN)
        machine.open_again()
    else:
        machine.go_to(row.state)
    return machine


def let_happen(row: Row, machine: DrivenMachine) -> None:
    if row.happening is Happening.BYTES:
        machine.received(b"data: 1\n\n")
    elif row.happening is Happening.TOO_LARGE:
        with pytest.raises(EventTooLarge) as caught:
            machine.received(b"data: " + b"x" * LIMIT)
        machine.failed(Failure(caught.value, transient=False))
    else:
        TOLD[row.happening](machine)


def answers(machine: DrivenMachine) -> list[str]:
    """Return the answers up to one that repeats, in the words of the table."""
    found: list[str] = []
    for _ in range(4):
        action = machine.next_action()
        if isinstance(action, Tell):
            continue
        found.append(in_words(action))
        if action is DELIVER:
            machine.delivery.deliver()
        elif action is not CALL_ON_OPEN:
            break
    return found


def in_words(action: Action) -> str:
    if isinstance(action, Step):
        return {CALL_ON_OPEN: "call on_open"}.get(action, action.name.lower())
    return type(action).__name__.lower()


def failed(machine: DrivenMachine) -> LastError:
    assert machine.next_action() is FAIL
    return machine.take_error()


@pytest.mark.parametrize(
    "row", TABLE, ids=lambda row: f"{row.state.name}-{row.happening.name}".lower()
)
def test_each_row(row: Row) -> None:
    machine = machine_for(row)
    let_happen(row, machine)
    assert machine.state is row.next_state
    told = machine.next_action() if row.told else None
    assert isinstance(told, Tell) is row.told
    if row.answer == "wait 0 s":
        assert told == Tell(UNAUTHORIZED, 0.0)
        assert machine.next_action() is CONNECT
        return
    if isinstance(told, Tell):
        assert told.delay == RECONNECTION_TIME * (2 if row.counted else 1)
    if row.happening is Happening.ASKED and row.state is State.NEW:
        assert machine.next_action() is CONNECT
    expected = row.answer.split(", ")
    if row.happening is Happening.END:
        expected.remove("deliver")  # nothing of this body is left
    assert answers(machine) == expected


def test_no_pair_has_two_rows() -> None:
    pairs = [(row.state, row.happening) for row in TABLE]
    assert len(set(pairs)) == len(pairs)


def test_every_state_and_happening_has_a_row() -> None:
    assert {row.state for row in TABLE} == set(State) - {State.CLOSED}
    assert {row.happening for row in TABLE} == set(Happening)


NEVER = [
    (state, happening)
    for state in set(State) - {State.CLOSED}
    for happening in (
        Happening.OPENED,
        Happening.NO_CONTENT,
        Happening.TRANSIENT,
        Happening.LAST_EVENT,
        Happening.END,
        Happening.DECLINED,
    )
    if (state, happening) not in {(row.state, row.happening) for row in TABLE}
]


@pytest.mark.parametrize(
    ("state", "happening"), sorted(NEVER, key=str), ids=lambda value: value.name.lower()
)
def test_what_can_not_happen_is_a_defect_of_a_shell(state: State, happening: Happening) -> None:
    machine = DrivenMachine(None if happening is Happening.END else POLICY)
    if state is State.WAITING and machine.policy is None:
        pytest.skip("without a policy nothing waits")
    machine.go_to(state)
    with pytest.raises(RuntimeError, match=re.escape(state.name)):
        TOLD[happening](machine)
    assert machine.state is state


@pytest.mark.parametrize("state", sorted(set(State) - {State.CLOSED}, key=str))
@pytest.mark.parametrize("happening", sorted(TOLD, key=str), ids=lambda value: value.name.lower())
def test_after_close_everything_stops(state: State, happening: Happening) -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(state)
    machine.close()
    machine.close()
    assert machine.state is State.CLOSED
    TOLD[happening](machine)
    assert machine.state is State.CLOSED
    assert machine.next_action() is STOP


def test_close_lets_no_ready_event_out() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.OPEN)
    machine.received(b"data: 1\n\ndata: 2\n\n")
    assert machine.next_action() is DELIVER
    machine.close()
    assert machine.next_action() is STOP


def test_an_announcement_is_answered_once_and_a_step_until_it_is_done() -> None:
    machine = DrivenMachine(POLICY)
    assert [machine.next_action(), machine.next_action()] == [CONNECT, CONNECT]
    machine.opened()
    assert [machine.next_action() for _ in range(3)] == [CALL_ON_OPEN, READ, READ]
    machine.failed(REFUSED)
    assert machine.next_action() == Tell(REFUSED, 2 * RECONNECTION_TIME)
    wait = Wait(2 * RECONNECTION_TIME)
    assert [machine.next_action(), machine.next_action()] == [wait, wait]


def test_what_is_ready_comes_before_what_ended_it() -> None:
    machine = DrivenMachine(None)
    machine.given()
    machine.received(b"data: 1\n\ndata: 2")
    assert machine.next_action() is DELIVER
    machine.delivery.deliver()
    machine.ended()
    assert answers(machine) == ["deliver", "stop"]


def test_too_large_comes_after_what_is_ready() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.OPEN)
    machine.received(b"data: 1\n\ndata: " + b"x" * LIMIT)
    assert machine.next_action() is DELIVER
    machine.delivery.deliver()
    last = failed(machine)
    assert isinstance(last.error, EventTooLarge)
    assert last.attempts is None
    assert (machine.state, machine.next_action()) == (State.ENDED, STOP)


# Waiting


def test_a_wait_remembers_when_it_is_due() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.WAITING)
    assert machine.next_action() == Wait(RECONNECTION_TIME)
    for passed in (1.0, 2.0, 3.0):
        machine.clock.now += 1.0
        machine.abandoned()
        assert machine.next_action() == Wait(RECONNECTION_TIME - passed)
    machine.clock.now += 1.0
    assert machine.next_action() is CONNECT


def test_failures_in_a_row_make_the_wait_grow() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    waits = []
    for _ in range(5):
        machine.failed(UNAVAILABLE)
        told = machine.next_action()
        assert isinstance(told, Tell)
        waits.append(told.delay)
        machine.pass_wait()
        assert machine.next_action() is CONNECT
    assert waits == [8.0, 16.0, 32.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("waits_before", "brought", "lived", "next_wait"),
    [
        (0, b"", 2.0 * RECONNECTION_TIME, 2),  # no longer than two reconnection times
        (0, b"", 2.1 * RECONNECTION_TIME, 1),
        (0, b": heartbeat\n\n", 0.1, 1),  # there was no wait before it
        (0, b"data: 1\n\n", 0.0, 1),
        (1, b"", 4.0 * RECONNECTION_TIME, 4),  # the wait before it was two reconnection times
        (1, b"", 4.1 * RECONNECTION_TIME, 1),
        (1, b": heartbeat\n\n", 4.0 * RECONNECTION_TIME, 4),
        (1, b": heartbeat\n\n", 4.1 * RECONNECTION_TIME, 1),
        (1, b"data: ha", 0.1, 2),  # half an event is neither
        (3, b"", 8.1 * RECONNECTION_TIME, 1),  # cut by a proxy, after an outage
        (3, b"", 8.0 * RECONNECTION_TIME, 16),
        (9, b": heartbeat\n\n", 8.1 * RECONNECTION_TIME, 1),
    ],
)
def test_a_healthy_connection_sets_the_wait_back(
    waits_before: int, brought: bytes, lived: float, next_wait: float
) -> None:
    machine = DrivenMachine(ReconnectPolicy(jitter=0.0, max_delay=1e9))
    machine.go_to(State.CONNECTING_FIRST if not waits_before else State.CONNECTING_AGAIN)
    for _ in range(waits_before):
        machine.failed(REFUSED)
        machine.next_action()
        machine.pass_wait()
        machine.next_action()
    machine.open_again()
    machine.received(brought)
    machine.delivery.drop()
    machine.clock.now += lived
    machine.ended()
    told = machine.next_action()
    assert isinstance(told, Tell)
    assert told.delay == next_wait * RECONNECTION_TIME


def test_a_healthy_connection_sets_the_attempts_back() -> None:
    machine = DrivenMachine(ReconnectPolicy(max_attempts=2, jitter=0.0))
    machine.go_to(State.CONNECTING_AGAIN)
    for _ in range(3):
        machine.failed(REFUSED)
        assert isinstance(machine.next_action(), Tell)
        machine.pass_wait()
        assert machine.next_action() is CONNECT
        machine.open_again()
        machine.lose()
        machine.pass_wait()
        assert machine.next_action() is CONNECT


def test_what_the_caller_gives_up_is_never_counted() -> None:
    machine = DrivenMachine(ReconnectPolicy(max_attempts=2, jitter=0.0))
    machine.go_to(State.CONNECTING_AGAIN)
    for _ in range(10):
        machine.abandoned()
        assert machine.next_action() == Wait(RECONNECTION_TIME)
        machine.pass_wait()
        assert machine.next_action() is CONNECT
        machine.open_again()
        machine.abandoned()
        machine.pass_wait()
        assert machine.next_action() is CONNECT
    machine.failed(REFUSED)
    assert machine.next_action() == Tell(REFUSED, 2 * RECONNECTION_TIME)


def test_attempts_are_exhausted_after_as_many_as_the_policy_allows() -> None:
    machine = DrivenMachine(ReconnectPolicy(max_attempts=3, jitter=0.0))
    machine.go_to(State.CONNECTING_AGAIN)
    for _ in range(2):
        machine.failed(REFUSED)
        assert isinstance(machine.next_action(), Tell)
        machine.pass_wait()
        assert machine.next_action() is CONNECT
    machine.failed(UNAVAILABLE)
    assert failed(machine) == LastError(UNAVAILABLE.error, 3)
    assert machine.next_action() is STOP


def test_five_malformed_answers_in_a_row_are_permanent() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    for failure in [*[MALFORMED] * 4, REFUSED, *[MALFORMED] * 4]:
        machine.failed(failure)
        assert isinstance(machine.next_action(), Tell)
        machine.pass_wait()
        assert machine.next_action() is CONNECT
    machine.failed(MALFORMED)
    assert failed(machine) == LastError(MALFORMED.error)
    assert machine.next_action() is STOP


def test_the_policy_may_retry_malformed_answers_without_end() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    for _ in range(20):
        machine.failed(MALFORMED._replace(retry=True))
        assert isinstance(machine.next_action(), Tell)
        machine.pass_wait()
        assert machine.next_action() is CONNECT


def test_a_first_connection_that_is_tried_again_counts() -> None:
    machine = DrivenMachine(ReconnectPolicy(max_attempts=2, jitter=0.0, retry_first=True))
    assert machine.next_action() is CONNECT
    machine.failed(REFUSED)
    assert machine.next_action() == Tell(REFUSED, 2 * RECONNECTION_TIME)
    machine.pass_wait()
    assert machine.next_action() is CONNECT
    machine.failed(REFUSED)
    assert failed(machine) == LastError(REFUSED.error, 2)


def test_retry_after_is_waited_for_once() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    machine.failed(UNAVAILABLE._replace(retry_after="17"))
    told = machine.next_action()
    assert isinstance(told, Tell)
    assert told.delay == 17.0
    machine.pass_wait()
    assert machine.next_action() is CONNECT
    machine.failed(UNAVAILABLE)
    assert machine.next_action() == Tell(UNAVAILABLE, 16.0)


def test_headers_are_asked_for_once_more_for_each_open_connection() -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    for _ in range(2):
        machine.failed(UNAUTHORIZED)
        assert machine.next_action() == Tell(UNAUTHORIZED, 0.0)
        assert machine.next_action() is CONNECT
        machine.open_again()
        machine.lose()
        machine.pass_wait()
        assert machine.next_action() is CONNECT
    machine.failed(UNAUTHORIZED)
    machine.next_action()
    assert machine.next_action() is CONNECT
    machine.failed(UNAUTHORIZED)
    assert failed(machine) == LastError(UNAUTHORIZED.error)


@pytest.mark.parametrize(
    ("failure", "retried"),
    [
        (REFUSED, True),
        (REFUSED._replace(retry=False), False),
        (NOT_FOUND, False),
        (NOT_FOUND._replace(retry=True), True),
        (UNAVAILABLE._replace(retry=False), False),
        (UNAUTHORIZED._replace(retry=False), False),
    ],
)
def test_the_opinion_of_the_policy_comes_first(failure: Failure, retried: bool) -> None:
    machine = DrivenMachine(POLICY)
    machine.go_to(State.CONNECTING_AGAIN)
    machine.failed(failure)
    action = machine.next_action()
    assert isinstance(action, Tell) if retried else action is FAIL


# What was given


def test_reading_goes_on_after_an_error_of_what_was_given() -> None:
    machine = DrivenMachine(None)
    machine.given()
    machine.received(b"data: 1\n")
    machine.failed(REFUSED)
    assert failed(machine) == LastError(REFUSED.error)
    assert machine.next_action() is READ
    machine.received(b"\ndata: half\n")
    machine.ended()
    assert machine.next_action() is DELIVER
    assert machine.delivery.deliver().data == "1"
    assert machine.next_action() is STOP, "half an event may be damaged"


def test_answers_with_comments_have_the_order_of_the_stream() -> None:
    machine = DrivenMachine(None, comments=True)
    machine.given()
    machine.received(b"data: 1\n\n:c1\ndata: 2\n\n:c2\n")
    found: list[str] = []
    while True:
        action = machine.next_action()
        if action is READ:
            break
        found.append(machine.delivery.deliver().data if action is DELIVER else str(action))
    assert found == ["1", "c1", "2", "c2"]
