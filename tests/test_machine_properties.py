"""Any sequence of happenings keeps the machine's state legal and its counts right."""

from __future__ import annotations

from typing import Callable, Optional

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sseclient_ng import EventTooLarge, ReconnectPolicy
from sseclient_ng._core.failure import Failure
from sseclient_ng._core.machine import (
    CONNECT,
    DELIVER,
    FAIL,
    READ,
    STOP,
    Action,
    State,
    Wait,
)
from support.machines import REFUSED, UNAUTHORIZED, UNAVAILABLE, WRONG, DrivenMachine

CHUNKS = [
    b"data: 1\n\n",
    b"id: 2\ndata: 2\n\n:c\n",
    b": c\n\n",
    b"data: ha",
    b"lf\n",
    b"\n",
    b"x" * 99,
]
CONNECTING = (State.CONNECTING_FIRST, State.CONNECTING_AGAIN)
ANSWERS = [*["open", REFUSED, UNAVAILABLE] * 3, "204", "decline", UNAUTHORIZED, WRONG]
HEALTHY_LIFE = 1e9  # seconds: longer than any wait

POLICIES = [
    None,
    *[
        ReconnectPolicy(max_attempts=attempts, retry_first=first)
        for attempts in (None, 1, 2, 3)
        for first in (False, True)
    ],
]


class AnySequence(RuleBasedStateMachine):
    """A shell, a caller who does anything at any time, and a count by hand."""

    machine: DrivenMachine

    @initialize(
        policy=st.sampled_from(POLICIES),
        given=st.sampled_from([True, *[False] * 9]),
        comments=st.booleans(),
    )
    def make(self, policy: Optional[ReconnectPolicy], given: bool, comments: bool) -> None:
        self.machine = DrivenMachine(None if given else policy, comments=comments)
        self.state = State.NEW
        self.closed = False
        self.retrying = False  # whether the attempt, if it fails, is one of the policy's
        self.failed_attempts = 0
        self.healthy = False
        if given:
            self.machine.given()

    def step(self) -> Action:
        """Check the machine's answer."""
        before = self.machine.state
        action = self.machine.next_action()
        if self.closed:
            assert action is STOP
        if action is CONNECT and before in (State.NEW, State.WAITING):
            policy = self.machine.policy
            self.retrying = before is State.WAITING or bool(policy and policy.retry_first)
        if action is FAIL:
            self.check_failure()
        if isinstance(action, Wait):
            assert 0 < action.seconds <= 3600
        return action

    def go_on_until(self, condition: Callable[[Action], bool]) -> bool:
        """Carry out the answers until this one, or the end."""
        while not condition(action := self.step()):
            if action is DELIVER:
                self.machine.delivery.deliver()
            elif action is STOP or action is FAIL:
                return False
        return True

    def check_failure(self) -> None:
        attempts = self.machine.take_error().attempts
        if attempts is not None:
            policy = self.machine.policy
            assert policy is not None
            assert attempts == policy.max_attempts == self.failed_attempts
            self.failed_attempts = 0

    def lose(self, failure: Failure) -> None:
        """Tell of a failed connection or attempt, and count by hand."""
        before = self.machine.state
        if before is State.OPEN and self.healthy:
            self.failed_attempts = 0
        elif self.retrying and failure not in (UNAUTHORIZED, WRONG):
            self.failed_attempts += 1
        self.machine.failed(failure)
        if not self.closed and failure not in (UNAUTHORIZED, WRONG):
            assert self.machine.state is self.expected_after(before)

    def expected_after(self, state: State) -> State:
        """Return the state after a transient failure."""
        policy = self.machine.policy
        if self.machine.is_given and state is State.OPEN:
            return State.OPEN
        if policy is None or (state is State.CONNECTING_FIRST and not policy.retry_first):
            return State.NEW if state is State.CONNECTING_FIRST else State.ENDED
        limit = policy.max_attempts
        exhausted = limit is not None and self.failed_attempts >= limit
        return State.ENDED if exhausted else State.WAITING

    @rule()
    def ask(self) -> None:
        self.step()

    @precondition(lambda self: self.machine.state in (State.NEW, State.WAITING, *CONNECTING))
    @rule(how=st.sampled_from(ANSWERS))
    def connect(self, how: object) -> None:
        self.machine.clock.now += HEALTHY_LIFE
        if not self.go_on_until(lambda action: action is CONNECT):
            return
        if how == "open":
            self.machine.opened()
            self.healthy = False
        elif how == "204":
            self.machine.refused_for_good()
        elif how == "decline":
            self.machine.declined()
        else:
            assert isinstance(how, Failure)
            self.lose(how)

    @precondition(lambda self: self.machine.state is State.OPEN)
    @rule(chunk=st.sampled_from(CHUNKS))
    def read(self, chunk: bytes) -> None:
        if not self.go_on_until(lambda action: action is READ):
            return
        try:
            self.machine.received(chunk)
        except EventTooLarge as error:
            if self.healthy:
                self.failed_attempts = 0
            self.machine.failed(Failure(error, transient=False))
            return
        ready = [*self.machine.delivery.ready, *self.machine.delivery.inbox]
        self.healthy = self.healthy or any(hasattr(each, "data") for each in ready)

    @precondition(lambda self: self.machine.state is State.OPEN)
    @rule(how=st.sampled_from(["end", REFUSED]))
    def end(self, how: object) -> None:
        if not self.go_on_until(lambda action: action is READ):
            return
        if how == "end" and self.machine.policy is None:
            self.machine.ended()
        elif how == "end":
            self.lose(Failure(EOFError(), transient=True))
        else:
            self.lose(REFUSED)

    @rule()
    def give_up(self) -> None:
        if self.machine.state is State.OPEN and self.healthy:
            self.failed_attempts = 0
        self.machine.abandoned()

    @precondition(lambda self: self.machine.state is not State.OPEN)
    @rule(seconds=st.sampled_from([0.1, 5.0, 4000.0]))
    def pass_time(self, seconds: float) -> None:
        self.machine.clock.now += seconds

    @precondition(lambda self: self.machine.state is State.OPEN)
    @rule()
    def live_long(self) -> None:
        self.machine.clock.now += HEALTHY_LIFE
        self.healthy = True

    @precondition(lambda self: self.machine.state is State.ENDED)
    @rule()
    def reconnect(self) -> None:
        self.go_on_until(lambda action: action is STOP)
        self.machine.reconnect()
        self.retrying = False

    @precondition(lambda self: not self.closed)
    @rule(really=st.sampled_from([True, *[False] * 30]))
    def close(self, *, really: bool) -> None:
        if not really:
            return
        self.machine.close()
        self.closed = True

    @invariant()
    def the_state_is_legal(self) -> None:
        state = self.machine.state
        if self.closed:
            assert state is State.CLOSED
            assert self.machine.next_action() is STOP
        else:
            assert isinstance(state, State)
            assert state is not State.CLOSED

    @invariant()
    def no_policy_never_waits(self) -> None:
        if self.machine.policy is None:
            assert self.machine.state is not State.WAITING


AnySequence.TestCase.settings = settings(
    deadline=None,
    derandomize=True,
    max_examples=500,
    stateful_step_count=50,
    suppress_health_check=list(HealthCheck),
)
TestAnySequence = AnySequence.TestCase
