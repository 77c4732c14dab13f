"""Client for Server-Sent Events: reads an event stream as a browser does, and stays alive.

`SSEClient` reads a URL, reconnecting, or what is open already; `AsyncSSEClient` does the former for
asyncio. `EventStreamParser` and the functions around it do no I/O and fit any other transport.

The format is defined by the WHATWG HTML standard, 9.2 "Server-sent events":
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import logging

# Old code imports these from here, and replaces requests here in its tests.
import codecs  # isort: skip
import re  # isort: skip
import time  # isort: skip

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

try:
    import requests

    from sseclient_ng._client import Client as _Client
    from sseclient_ng._legacy import FIELD_SEPARATOR as _FIELD_SEPARATOR
    from sseclient_ng._legacy import OldNames as _OldNames
    from sseclient_ng._legacy import end_of_field, install_as_sseclient
    from sseclient_ng.exceptions import (
        EventTooLarge,
        InvalidContentType,
        RetriesExhausted,
        SSEError,
    )

    class SSEClient(_OldNames):
        __doc__ = _Client.__doc__

    EventStreamParser.limit_error = EventTooLarge
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("requests", "urllib3"):
        raise

if TYPE_CHECKING:
    from sseclient_ng._async_client import AsyncSSEClient as AsyncSSEClient

__version__ = "1.0.0"

__all__ = [
    "Comment",
    "Event",
    "EventStreamParser",
    "EventTooLarge",
    "InvalidContentType",
    "ReconnectPolicy",
    "RetriesExhausted",
    "SSEClient",
    "SSEError",
    "aiter_events",
    "aiter_line_events",
    "end_of_field",
    "install_as_sseclient",
    "iter_events",
    "iter_line_events",
]

logging.getLogger("sseclient").addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Import the asynchronous client where it is asked for: it needs aiohttp, the others don't."""
    if name != "AsyncSSEClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from sseclient_ng._async_client import AsyncSSEClient
    except ModuleNotFoundError as error:
        raise ImportError(
            f'AsyncSSEClient needs {error.name}: pip install "sseclient-ng[async]"'
        ) from error
    return AsyncSSEClient
