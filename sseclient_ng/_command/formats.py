"""An event as text: for people, as JSON Lines, its data only, or as an event stream."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any, Callable, Protocol

from sseclient_ng._command.terminal import UNSAFE, Colours, printable
from sseclient_ng._core.event import Event

__all__ = ["Data", "Format", "JSONLines", "Pretty", "Raw", "Shown"]

_KEY = re.compile(r'^( *)("(?:[^"\\]|\\.)*")(?=: )', re.MULTILINE)
# Of data that is no JSON, or that can't be written as JSON again: NaN, or too many levels.
_NO_JSON = (ValueError, RecursionError)
_UNSAFE_IN_JSON = re.compile(f"[{UNSAFE}]")


class Format(Protocol):
    """Writes events and comments as text.

    Attributes:
        record_end: what ends a record that was cut off when the program was killed.
    """

    record_end: str

    def event(self, event: Event) -> str:
        """Return the text of an event, with the line end behind it."""
        ...

    def comment(self, text: str) -> str:
        """Return the text of a comment; "" where the format has none."""
        ...


class Pretty:
    """For people: the time, the event type and the ID on a line, and the data below.

    Args:
        colours: of the parts.
        now: returns the time of day.
    """

    record_end = "\n"

    def __init__(self, colours: Colours, now: Callable[[], str]) -> None:
        self._colours = colours
        self._now = now

    def event(self, event: Event) -> str:
        parts = [self._paint("time", self._now()), self._paint("event", event.event)]
        if event.id is not None:
            parts.append(self._paint("id", f"id {event.id or '(none)'}"))
        if event.retry is not None:
            parts.append(self._paint("time", f"retry {event.retry} ms"))
        lines = self._data(event.data).split("\n")
        return "\n".join(["  ".join(parts), *(f"  {line}" for line in lines), "", ""])

    def comment(self, text: str) -> str:
        return self._paint("comment", f": {text}") + "\n"

    def _paint(self, part: str, text: str) -> str:
        # On one line: whatever a server sends, it can't look like another event.
        shown = printable(text).replace("\n", "\\n").replace("\t", " ")
        return f"{self._colours[part]}{shown}{self._colours['end']}"

    def _data(self, data: str) -> str:
        try:
            value = json.loads(data)
            if not isinstance(value, (dict, list)):
                return printable(data)
            indented = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        except _NO_JSON:
            return printable(data)
        key, end = self._colours["key"], self._colours["end"]
        return _KEY.sub(lambda found: f"{found[1]}{key}{found[2]}{end}", printable(indented))


class JSONLines:
    """One JSON object a line.

    Args:
        parses: whether data that is JSON is written as JSON, not as text.
    """

    record_end = "\n"

    def __init__(self, *, parses: bool) -> None:
        self._parses = parses

    def event(self, event: Event) -> str:
        record: dict[str, Any] = {
            "event": event.event,
            "data": event.data,
            "id": event.id,
            "last_event_id": event.last_event_id,
            "retry": event.retry,
        }
        if self._parses:
            with contextlib.suppress(*_NO_JSON):
                return _json_line({**record, "data": json.loads(event.data)})
        return _json_line(record)

    def comment(self, text: str) -> str:
        return _json_line({"comment": text})


class Data:
    """The data, and a line end. There are no comments."""

    record_end = "\n"

    def event(self, event: Event) -> str:
        return f"{event.data}\n"

    def comment(self, text: str) -> str:  # noqa: ARG002 - as in every format
        return ""


class Shown:
    """Another format as a terminal may be shown it.

    Args:
        format: that one.
    """

    def __init__(self, format: Format) -> None:  # noqa: A002 - there is no better word
        self._format = format
        self.record_end = format.record_end

    def event(self, event: Event) -> str:
        return printable(self._format.event(event))

    def comment(self, text: str) -> str:
        return printable(self._format.comment(text))


class Raw:
    """An event stream again, which any parser reads."""

    record_end = "\n\n"

    def event(self, event: Event) -> str:
        return event.dump()

    def comment(self, text: str) -> str:
        return f": {text}\n"


def _json_line(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
