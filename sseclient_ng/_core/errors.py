"""The error of the parser, which needs no HTTP library."""

from __future__ import annotations

__all__ = ["EventTooLarge"]


class EventTooLarge(Exception):
    """An event holds more than ``max_event_size`` bytes.

    Args:
        max_event_size: the limit, in bytes.
    """

    def __init__(self, max_event_size: int) -> None:
        super().__init__(
            f"an event holds more than max_event_size={max_event_size} bytes; "
            "pass a larger max_event_size if such events are expected"
        )
        self.max_event_size = max_event_size

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return type(self), (self.max_event_size,)
