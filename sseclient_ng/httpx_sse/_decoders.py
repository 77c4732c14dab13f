"""The decoders: bytes to events, and what programs import from here: lines and text."""

from __future__ import annotations

from typing import ClassVar, Optional

from sseclient_ng._core import errors
from sseclient_ng._core.event import Event
from sseclient_ng._core.line_ends import LineEnds
from sseclient_ng._core.parser import EventStreamParser
from sseclient_ng._core.text import utf8
from sseclient_ng.httpx_sse._exceptions import EventTooLarge
from sseclient_ng.httpx_sse._models import ServerSentEvent

__all__ = ["Parser", "SSEDecoder", "SSELineDecoder", "_splitlines_sse", "server_sent_event"]


class Parser(EventStreamParser):
    """Turns bytes into events as httpx-sse does: blocks without data are events as well."""

    limit_error: ClassVar[type[errors.EventTooLarge]] = EventTooLarge
    _dispatches_without_data = True


def server_sent_event(event: Event) -> ServerSentEvent:
    """Return an event of the parser as one of httpx-sse."""
    return ServerSentEvent(event.event, event.data, event.last_event_id, event.retry)


class SSEDecoder:
    """Turns lines into events."""

    def __init__(self) -> None:
        self._parser = Parser()

    def decode(self, line: str) -> Optional[ServerSentEvent]:
        """Return the event that a line completes, or None.

        Args:
            line: one line without its end.
        """
        for event in self._parser.feed(utf8(line) + b"\n"):
            return server_sent_event(event)
        return None


class SSELineDecoder:
    """Turns text into lines."""

    def __init__(self) -> None:
        self._ends = LineEnds()
        self._rest: list[str] = []

    def decode(self, text: str) -> list[str]:
        """Return the lines that the next text completes, without their ends."""
        *complete, rest = self._ends.normalise(utf8(text)).decode().split("\n")
        if complete:
            complete[0] = "".join([*self._rest, complete[0]])
            self._rest = []
        self._rest.append(rest)
        return complete

    def flush(self) -> list[str]:
        """Return the line that lacks its end, if there is one."""
        rest = "".join(self._rest)
        self._rest = []
        return [rest] if rest else []


def _splitlines_sse(text: str) -> list[str]:
    decoder = SSELineDecoder()
    return decoder.decode(text) + decoder.flush()
