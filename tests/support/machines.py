"""A machine with a fake clock, and its happenings."""

from __future__ import annotations

from typing import Any, Callable, Optional

from sseclient_ng import ReconnectPolicy
from sseclient_ng._core.delivery import Delivery
from sseclient_ng._core.failure import Failure
from sseclient_ng._core.machine import CALL_ON_OPEN, CONNECT, Happening, Machine, State, Tell, Wait

LIMIT = 100
RECONNECTION_TIME = 4.0  # seconds

REFUSED = Failure(ConnectionRefusedError("refused"), transient=True)
UNAVAILABLE = Failure(OSError("503"), transient=False, status=503)
UNAUTHORIZED = Failure(OSError("401"), transient=False, status=401)
NOT_FOUND = Failure(OSError("404"), transient=False, status=404)
MALFORMED = Failure(OSError("malformed"), transient=True, malformed=True)
WRONG = Failure(ValueError("wrong"), transient=False)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class DrivenMachine(Machine):
    """A machine without jitter, on a fake clock."""

    def __init__(self, policy: Optional[ReconnectPolicy], **options: Any) -> None:
        self.clock = Clock()
        delivery = Delivery(
            None, int(RECONNECTION_TIME * 1000), **{"max_event_size": LIMIT, **options}
        )
        super().__init__(
            delivery, policy, clock=self.clock, wall_clock=lambda: 0.0, random_fraction=lambda: 0.0
        )

    def go_to(self, state: State) -> None:
        """Lead a new machine to a state."""
        assert self.state is State.NEW
        ways: dict[State, list[Callable[[], object]]] = {
            State.NEW: [],
            State.CONNECTING_FIRST: [self.next_action],
            State.OPEN: [self.next_action, self.opened, self.next_action],
            State.WAITING: [self.next_action, self.opened, self.next_action, self.lose],
            State.CONNECTING_AGAIN: [
                self.next_action,
                self.opened,
                self.next_action,
                self.lose,
                self.pass_wait,
                self.next_action,
            ],
            State.ENDED: [self.next_action, self.refused_for_good],
        }
        for step in ways[state]:
            step()
        assert self.state is state

    def lose(self) -> None:
        """End a healthy connection, or have the caller connect again where there is no policy."""
        if self.policy is None:
            self.reconnect()
            return
        self.received(b"data: 1\n\n")
        self.delivery.deliver()
        self.ended()
        assert isinstance(self.next_action(), Tell)

    def pass_wait(self) -> None:
        self.clock.now += 100_000

    def open_again(self) -> None:
        """Come from CONNECTING_AGAIN to OPEN."""
        self.opened()
        assert self.next_action() is CALL_ON_OPEN


TOLD: dict[Happening, Callable[[DrivenMachine], object]] = {
    Happening.ASKED: lambda machine: machine.next_action(),
    Happening.GIVEN: lambda machine: machine.given(),
    Happening.OPENED: lambda machine: machine.opened(),
    Happening.NO_CONTENT: lambda machine: machine.refused_for_good(),
    Happening.UNAUTHORIZED: lambda machine: machine.failed(UNAUTHORIZED),
    Happening.TRANSIENT: lambda machine: machine.failed(REFUSED),
    Happening.EXHAUSTED: lambda machine: machine.failed(REFUSED),
    Happening.PERMANENT: lambda machine: machine.failed(WRONG),
    Happening.BROKEN: lambda machine: machine.failed(REFUSED),
    Happening.LAST_EVENT: lambda machine: machine.delivered_last_event(),
    Happening.END: lambda machine: machine.ended(),
    Happening.DUE: lambda machine: (machine.pass_wait(), machine.next_action()),
    Happening.ABANDONED: lambda machine: machine.abandoned(),
    Happening.ABANDONED_FOR_GOOD: lambda machine: machine.abandoned(),
    Happening.RECONNECT: lambda machine: machine.reconnect(),
    Happening.DECLINED: lambda machine: machine.declined(),
}
"""How a shell tells of each thing that happens; bytes are received by themselves."""


def connects_or_waits(machine: Machine) -> bool:
    action = machine.next_action()
    return action is CONNECT or isinstance(action, Wait)
