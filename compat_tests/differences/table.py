"""What a row of the table is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STANDARD = "https://html.spec.whatwg.org/multipage/server-sent-events.html"
BTUBBS = "https://github.com/btubbs/sseclient"
MPETAZZONI = "https://github.com/mpetazzoni/sseclient"

INTERPRETING = (
    f"[WHATWG, 9.2.6 Interpreting an event stream]({STANDARD}#event-stream-interpretation)"
)
PARSING = f"[WHATWG, 9.2.5 Parsing an event stream]({STANDARD}#parsing-an-event-stream)"
PROCESSING = f"[WHATWG, 9.2.3 Processing model]({STANDARD}#sse-processing-model)"
LAST_EVENT_ID = f"[WHATWG, 9.2.4 The Last-Event-ID header]({STANDARD}#the-last-event-id-header)"
FRAMING = "[RFC 9112, 6 Message Body](https://www.rfc-editor.org/rfc/rfc9112#section-6)"


def issue(number: int, at: str = BTUBBS) -> str:
    """Return a link to an issue of one of the published packages."""
    return f"[{at.partition('.com/')[2]} issue {number}]({at}/issues/{number})"


@dataclass(frozen=True)
class Shown:
    """A snippet that shows a difference.

    Attributes:
        snippet: its name.
        part: which part of its outcome differs, one of ``harness.comparison.COMPARED``.
        old: what the published package gives there.
        new: what this package gives there.
    """

    snippet: str
    part: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Difference:
    """One deliberate difference.

    Attributes:
        package: the published package that it is a difference to.
        title: what it is about.
        old: what the published package does, and why that is wrong.
        new: what this package does.
        references: links to the rule or the report.
        shown: the snippets in which it shows.
    """

    package: str
    title: str
    old: str
    new: str
    references: tuple[str, ...]
    shown: tuple[Shown, ...]


def event(data: str, event: str = "message", id: str | None = None, retry: Any = None) -> Any:  # noqa: A002
    """Return the fields of an event as a snippet records them."""
    return {"data": data, "event": event, "id": id, "retry": retry}


def ending(snippet: str, old: str, new: str = "returned") -> Shown:
    """Return how a snippet ends with each package."""
    return Shown(snippet, "ended", old, new)


def recorded(snippet: str, old: list[Any], new: list[Any]) -> Shown:
    """Return what a snippet records with each package."""
    return Shown(snippet, "recorded", old, new)


def requested(snippet: str, old: list[str], new: list[str]) -> Shown:
    """Return the requests that a snippet makes with each package."""
    return Shown(snippet, "requests", old, new)
