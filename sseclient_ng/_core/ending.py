"""The event that ends a stream, and what had come where a stream ended before it."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Union

from sseclient_ng._core.event import Event

__all__ = ["Came", "Ending", "Until", "choose_ending"]

Until = Union[str, Callable[[Event], object]]
"""The data of the last event of a stream, or a function that says of an event whether it is."""


class Came(NamedTuple):
    """What had come of a stream that ended too early.

    Args:
        events: how many events.
        last_event: the last one; None where there was none.
    """

    events: int
    last_event: Optional[Event]


class Ending:
    """Knows the last event of a stream, and remembers what came before it.

    Args:
        until: its data, or a function of an event.

    Attributes:
        events: how many events were delivered.
        last_event: the last one of them; None where there was none.
    """

    def __init__(self, until: Until) -> None:
        self._until = until
        self.events = 0
        self.last_event: Optional[Event] = None

    def is_last(self, event: Event) -> bool:
        """Return whether the event that is delivered next ends the stream, and remember it.

        Args:
            event: it.

        Raises:
            Exception: what the caller's function raises. The event is not remembered.
        """
        until = self._until
        is_last = event.data == until if isinstance(until, str) else bool(until(event))
        self.events += 1
        self.last_event = event
        return is_last


def choose_ending(until: Optional[Until]) -> Optional[Ending]:
    """Return what watches for the last event.

    Args:
        until: as the caller gave it; None watches for none.

    Raises:
        TypeError: it is neither text nor a function.
    """
    if until is None:
        return None
    if isinstance(until, str) or callable(until):
        return Ending(until)
    raise TypeError(f"until must be the data of an event (str) or a function, not {until!r}")
