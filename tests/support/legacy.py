"""Helpers for the tests of old code."""

from __future__ import annotations

from typing import Any

from sseclient_ng import (
    ReconnectPolicy,
)
from sseclient_ng.testing import Hold, response

FIRST = response([b"id: 1\ndata: first\n\n"])

SECOND = response([b"id: 2\ndata: second\n\n"])

BOTH = response([b"id: 1\ndata: first\n\n", b"data: second\n\n"])

OPEN = response([b"id: 1\ndata: first\n\n", Hold()])

QUICKLY: dict[str, Any] = {"retry": 1, "reconnect": ReconnectPolicy(min_delay=0.001)}


def texts(events: Any) -> list[str]:
    return [event.data for event in events]
