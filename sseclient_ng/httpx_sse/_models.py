"""An event as httpx-sse gives it."""

from __future__ import annotations

import json
from typing import Any, Optional

__all__ = ["ServerSentEvent"]


class ServerSentEvent:
    """One event.

    Args:
        event: the event type; None or "" means "message".
        data: the data; None means "".
        id: the last event ID; None means "".
        retry: the reconnection time in milliseconds, or None.

    The attributes are named like the arguments, and can't be changed.
    """

    def __init__(
        self,
        event: Optional[str] = None,
        data: Optional[str] = None,
        id: Optional[str] = None,  # noqa: A002 - httpx-sse's name
        retry: Optional[int] = None,
    ) -> None:
        self._event = event or "message"
        self._data = data or ""
        self._id = id or ""
        self._retry = retry

    @property
    def event(self) -> str:
        """The event type."""
        return self._event

    @property
    def data(self) -> str:
        """The data; "" if the block had none."""
        return self._data

    @property
    def id(self) -> str:
        """The last event ID, which this event or one before it set; "" if none did."""
        return self._id

    @property
    def retry(self) -> Optional[int]:
        """The reconnection time that this event's own block set, in milliseconds, or None."""
        return self._retry

    def json(self) -> Any:
        """Return the data, parsed as JSON.

        Raises:
            json.JSONDecodeError: the data is not JSON. This is a ValueError.
        """
        return json.loads(self._data)

    def __repr__(self) -> str:
        shown = [f"event={self._event!r}"]
        shown += [f"data={self._data!r}"] if self._data else []
        shown += [f"id={self._id!r}"] if self._id else []
        shown += [f"retry={self._retry!r}"] if self._retry is not None else []
        return f"ServerSentEvent({', '.join(shown)})"
