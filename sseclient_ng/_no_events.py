"""The word for a program whose response was read to its end, and held no event."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from types import FrameType
from typing import Optional, cast

from sseclient_ng._core.http import Verdict, judge_response

__all__ = ["is_closed", "warn_of_no_events"]


def is_closed(source: object) -> bool:
    """Return whether nothing more can be read from a response.

    Args:
        source: what a client was given.
    """
    return getattr(getattr(source, "raw", source), "closed", False) is True


def warn_of_no_events(source: object, *, was_closed: bool, check_content_type: bool) -> None:
    """Warn if a response tells why it held no event; its reader may wait for them for long.

    Args:
        source: what was read to its end.
        was_closed: whether it was closed before a byte of it was read.
        check_content_type: whether its Content-Type should be an event stream's.
    """
    reason = _reason(source, was_closed, check_content_type)
    if reason:
        text = f"SSEClient was given a response without an event: {reason}"
        warnings.warn(text, UserWarning, stacklevel=_level_of_the_program())


def _reason(source: object, was_closed: bool, check_content_type: bool) -> str:
    """Return what speaks against a response as an event stream; "" where nothing does."""
    status: object = getattr(source, "status_code", getattr(source, "status", None))
    if isinstance(status, int):
        content_type = _content_type(source)
        verdict = judge_response(status, content_type, check_content_type=check_content_type)
        if verdict is Verdict.END:
            return ""
        if verdict is Verdict.WRONG_STATUS:
            return f"its status is {status}; call its raise_for_status() first"
        if verdict is Verdict.WRONG_TYPE:
            return f"its Content-Type is {content_type!r}, not text/event-stream"
    return "it was closed, or read to its end, before" if was_closed else ""


def _content_type(source: object) -> Optional[str]:
    headers: object = getattr(source, "headers", None)
    if not isinstance(headers, Mapping):
        return None
    value = cast(Mapping[str, object], headers).get("Content-Type")
    return value if isinstance(value, str) else None


def _level_of_the_program() -> int:
    """Return how many calls up the code is that uses this package."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and _is_ours(frame):
        level, frame = level + 1, frame.f_back
    return level


def _is_ours(frame: FrameType) -> bool:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == "sseclient_ng"
