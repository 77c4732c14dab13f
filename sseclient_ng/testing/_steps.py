"""The steps of a script: immutable, so that a script can serve many requests."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Callable

from ._channel import Channel, Disconnected


class Step(ABC):
    """Something a script does besides sending bytes."""

    @abstractmethod
    def perform(self, channel: Channel) -> None:
        """Do it. The server calls this on the connection's thread."""


@dataclass(frozen=True)
class Pause(Step):
    """Wait for a time.

    The script ends early if the client disconnects or the server is closed.

    Args:
        seconds: how long, in seconds.

    Raises:
        TypeError: `seconds` is not a number.
        ValueError: `seconds` is negative, or not finite; `Hold` is for ever.
    """

    seconds: float

    def __post_init__(self) -> None:
        _check_seconds("Pause", self.seconds)

    def perform(self, channel: Channel) -> None:
        channel.pause(self.seconds)


@dataclass(frozen=True)
class WaitFor(Step):
    """Wait until the test sets an event.

    The script ends early if the client disconnects or the server is closed.

    Args:
        event: the event that the test will set.
        timeout: how long to wait, in seconds. If the event is not set by then, the script fails
            with TimeoutError, which `ScriptedServer.close` raises.

    Raises:
        TypeError: `event` is not a `threading.Event`, or `timeout` not a number.
        ValueError: `timeout` is negative or not finite.
    """

    event: threading.Event
    timeout: float = 30.0

    def __post_init__(self) -> None:
        _check_event(self.event)
        _check_seconds("WaitFor", self.timeout)

    def perform(self, channel: Channel) -> None:
        if not channel.wait_for(self.event, self.timeout):
            raise TimeoutError(f"nobody set the event of a WaitFor within {self.timeout} seconds")


@dataclass(frozen=True)
class Hold(Step):
    """Keep the connection open and silent until the client disconnects or the server is closed."""

    def perform(self, channel: Channel) -> None:
        channel.hold()


@dataclass(frozen=True)
class Close(Step):
    """Close the connection with FIN; the rest of the script is skipped.

    Args:
        close_notify: over TLS, whether to send a closing alert first. Without it the client sees
            a truncated connection.
    """

    close_notify: bool = True

    def perform(self, channel: Channel) -> None:
        channel.close(self.close_notify)
        raise Disconnected


@dataclass(frozen=True)
class Reset(Step):
    """Reset the connection; the rest of the script is skipped.

    Bytes that have not arrived are lost, on some systems also bytes that the client has not read.
    To keep them, let the client read them first, with a `WaitFor` or a `Pause`.
    """

    def perform(self, channel: Channel) -> None:
        channel.reset()
        raise Disconnected


@dataclass(frozen=True)
class HalfClose(Step):
    """Send FIN but keep reading; `Hold` or `Pause` may follow, bytes may not."""

    def perform(self, channel: Channel) -> None:
        channel.half_close()


@dataclass(frozen=True)
class Call(Step):
    """Call a function of the test, such as the `set` of an event.

    Args:
        function: called without arguments on the connection's thread; the result is ignored. An
            exception ends the script, and `ScriptedServer.close` raises it.

    Raises:
        TypeError: `function` cannot be called.
    """

    function: Callable[[], object]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"Call needs a function, not {self.function!r}")

    def perform(self, channel: Channel) -> None:  # noqa: ARG002 - what every step gets
        self.function()


def _check_event(event: object) -> None:
    if not isinstance(event, threading.Event):
        raise TypeError(f"WaitFor needs a threading.Event, not {event!r}")


def _check_seconds(name: str, seconds: object) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} needs a number of seconds, not {seconds!r}")
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise ValueError(f"{name} needs a number of seconds that can pass, not {seconds!r}")
