"""The table of deliberate differences from the published packages.

This table is what ``test_snippets.py`` expects, and what the pages of docs are made from.
"""

from __future__ import annotations

from differences.httpx_sse import HTTPX_SSE
from differences.sseclient import SSECLIENT
from differences.table import Difference, Shown

__all__ = ["HTTPX_SSE", "SSECLIENT", "SUITE_EXCEPTIONS", "Difference", "Shown", "listed_for"]


def listed_for(snippet: str) -> list[Shown]:
    """Return the parts in which the outcome of ``snippet`` differs on purpose."""
    return [
        shown
        for differences in [*SSECLIENT.values(), *HTTPX_SSE.values()]
        for difference in differences
        for shown in difference.shown
        if shown.snippet == snippet
    ]


SUITE_EXCEPTIONS = {
    "test_event_stream": "It reads a public server, and these tests use no outside network.",
}
"""Cases of the suite published with sseclient that are not run, each with its reason."""
