"""The names of httpx-sse, for code that was written for it.

It reads one response of httpx (or httpx2, where that is installed alone). For a client that
reconnects and resumes, pass the ``httpx.Client`` to `SSEClient` as ``session``.

The files are named like those of httpx-sse: some programs import from them.
"""

from __future__ import annotations

from sseclient_ng import __version__
from sseclient_ng.httpx_sse._api import EventSource, aconnect_sse, connect_sse
from sseclient_ng.httpx_sse._exceptions import EventTooLarge, SSEError
from sseclient_ng.httpx_sse._models import ServerSentEvent

__all__ = [
    "EventSource",
    "EventTooLarge",
    "SSEError",
    "ServerSentEvent",
    "__version__",
    "aconnect_sse",
    "connect_sse",
]

for _name in __all__:
    if _name != "__version__":
        globals()[_name].__module__ = __name__
