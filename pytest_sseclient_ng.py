"""Fixtures of pytest for programs that read event streams.

pytest loads this module wherever sseclient-ng is installed. It stands beside the package, which is
imported only by a test that asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sseclient_ng.testing import EventServer, ScriptedServer


@pytest.fixture
def event_server() -> Iterator[EventServer]:
    """A server to which the test pushes events: `event_server.send(Event("hello"))`.

    See `sseclient_ng.testing.EventServer`.
    """
    from sseclient_ng.testing import EventServer

    with EventServer() as server:
        yield server


@pytest.fixture
def scripted_server() -> Iterator[ScriptedServer]:
    """A server that follows scripts: `scripted_server.add(response(Event("hello")))`.

    See `sseclient_ng.testing.ScriptedServer`.
    """
    from sseclient_ng.testing import ScriptedServer

    with ScriptedServer() as server:
        yield server
