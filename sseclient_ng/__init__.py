"""Client for Server-Sent Events: reads an event stream as a browser does, and stays alive.

`SSEClient` reads a URL and reconnects, or reads what is open already; `AsyncSSEClient` is its twin
for asyncio. `EventStreamParser` and the functions around it do no I/O and fit any other transport;
they need nothing but the standard library.

The format is defined by the WHATWG HTML standard, 9.2 "Server-sent events":
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

# Old code imports these from here.
import codecs as codecs
import logging as _logging
import re as re
import time as time
from types import FunctionType as _FunctionType
from typing import TYPE_CHECKING

from sseclient_ng._core.event import Comment, Event
from sseclient_ng._core.iterate import (
    aiter_events,
    aiter_line_events,
    iter_events,
    iter_line_events,
)
from sseclient_ng._core.parser import EventStreamParser
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._install import install_as_httpx_sse, install_as_sseclient
from sseclient_ng._places import LastEventIDFile, akeep_last_id, keep_last_id

try:
    import requests as requests  # old code replaces it here in its tests

    from sseclient_ng._legacy import _FIELD_SEPARATOR as _FIELD_SEPARATOR
    from sseclient_ng._legacy import end_of_field
    from sseclient_ng._sseclient import SSEClient
    from sseclient_ng.exceptions import (
        EventTooLarge,
        IncompleteStream,
        InvalidContentType,
        RetriesExhausted,
        SSEError,
    )
except ModuleNotFoundError as _error:
    if _error.name not in ("requests", "urllib3"):
        raise
    from sseclient_ng._core.errors import EventTooLarge  # type: ignore[assignment]  # its base class

if TYPE_CHECKING:
    from sseclient_ng._async_client import AsyncSSEClient as AsyncSSEClient

__version__ = "1.0.0"

__all__ = [
    "Comment",
    "Event",
    "EventStreamParser",
    "EventTooLarge",
    "IncompleteStream",
    "InvalidContentType",
    "LastEventIDFile",
    "ReconnectPolicy",
    "RetriesExhausted",
    "SSEClient",
    "SSEError",
    "aiter_events",
    "aiter_line_events",
    "akeep_last_id",
    "end_of_field",
    "install_as_httpx_sse",
    "install_as_sseclient",
    "iter_events",
    "iter_line_events",
    "keep_last_id",
]

_NEEDS_REQUESTS = {
    "AsyncSSEClient",
    "_FIELD_SEPARATOR",
    "IncompleteStream",
    "InvalidContentType",
    "RetriesExhausted",
    "SSEClient",
    "SSEError",
    "end_of_field",
    "requests",
}

_logging.getLogger("sseclient").addHandler(_logging.NullHandler())

EventStreamParser.limit_error = EventTooLarge

# Tracebacks, pickles and help() name the place that programs import from.
for _name in __all__:
    _public = globals().get(_name)
    if isinstance(_public, (type, _FunctionType)):
        _public.__module__ = __name__


def __getattr__(name: str) -> object:
    """Import the asynchronous client, and asyncio, on demand; say what a missing name needs."""
    if name == "AsyncSSEClient" and "requests" in globals():
        return _import_async_client()
    if name in _NEEDS_REQUESTS:
        raise ImportError(f"sseclient_ng.{name} needs requests: pip install requests")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *({"AsyncSSEClient"} if "requests" in globals() else ())})


def _import_async_client() -> object:
    from sseclient_ng._async_client import AsyncSSEClient

    return AsyncSSEClient
