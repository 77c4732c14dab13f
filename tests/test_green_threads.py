"""Clients in green threads of gevent and eventlet."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scenarios.row import redirect, sent
from sseclient_ng.testing import Hold, Scripted, ScriptedServer

PROGRAM = Path(__file__).parent / "support" / "green_threads.py"
SETTLING = 0.1  # seconds, in which a thread that is about to block does


class Place(NamedTuple):
    """What a client is doing when it is closed, and its events so far."""

    name: str
    scripts: Sequence[Scripted]
    requests: int = 1
    data: Sequence[str] = ("1",)
    options: Any = {"retry": 0}  # noqa: RUF012 - not changed


PLACES = [
    Place("reading", [[sent(1), Hold()]]),
    Place("waiting", [sent(1)], options={"retry": 600_000}),
    Place("connecting for the first time", [Hold()], data=[]),
    Place("connecting again", [sent(1), Hold()], requests=2),
    Place("reading a redirect", [[*redirect(302, "/there")[:1], Hold()]], data=[]),
    Place("reading, after two drops", [sent(1), sent(2), [sent(3), Hold()]], 3, ["1", "2", "3"]),
]


@pytest.mark.parametrize("library", ["gevent", "eventlet"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_close_ends_the_loop_and_leaves_no_thread(library: str, place: Place) -> None:
    pytest.importorskip(library, exc_type=ImportError)
    with ScriptedServer(*place.scripts) as server, socket.create_server(("127.0.0.1", 0)) as test:
        port = str(test.getsockname()[1])
        options = json.dumps(place.options)
        arguments = [library, server.url, port, str(len(place.data)), options]
        program = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments], stdout=subprocess.PIPE, text=True
        )
        control, _ = test.accept()
        server.wait_for_requests(place.requests)
        time.sleep(SETTLING)
        control.close()
        output, _ = program.communicate(timeout=60)
    assert json.loads(output) == {"data": list(place.data), "threads": ["MainThread"]}
