"""Servers that go away and come back."""

from __future__ import annotations

import requests

from scenarios.row import (
    Scenario,
    answer,
    status,
    then_die,
    then_ignore,
    then_refuse,
)
from sseclient_ng.testing import (
    Close,
    Hold,
    OnAccept,
    Reset,
    Scripted,
    ScriptedServer,
    head,
)

CUT_BEFORE_AN_ANSWER: list[tuple[str, Scripted]] = [
    ("closed", OnAccept(Close())),
    ("reset", OnAccept(Reset())),
    ("closed after the request", []),
    ("reset after the request", Reset()),
    ("cut in the status line", b"HTTP/1.1 200 O"),
    ("answered by something else", b"What?\r\n\r\n"),
    ("cut in the head", [head(200)[:-2], Close()]),
    ("closed after the head", [head(200, {"Content-Type": "text/event-stream"}), Close()]),
]

AWAY = [
    Scenario(
        "nobody listens for a while",
        then_refuse,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        after_failures={4: ScriptedServer.accept},
        waits=[4, 8, 16, 20, 4],
        reasons=[EOFError, requests.ConnectionError, requests.ConnectionError],
    ),
    Scenario(
        "the server dies and comes back",
        then_die,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        after_failures={3: ScriptedServer.accept},
        waits=[4, 8, 16, 4],
    ),
    Scenario(
        "connecting times out for a while",
        then_ignore,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        options={"timeout": (0.1, 5)},
        after_failures={3: ScriptedServer.accept},
        waits=[4, 8, 16, 4],
        reasons=[EOFError, requests.Timeout, requests.Timeout],
    ),
    Scenario(
        "the name is not found for a while",
        [answer(1, framing="close"), answer(2, framing="close"), status(204, Connection="close")],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        lookups=[True, False, False, True, False, True],
        waits=[4, 8, 16, 4, 8],
        reasons=[EOFError, requests.ConnectionError, requests.ConnectionError],
    ),
    *[
        Scenario(
            f"a reconnect is {name}",
            # Twice, as aiohttp repeats a GET by itself where the connection was just closed.
            [answer(1, framing="close"), script, script, answer(2)],
            events="1 2",
        )
        for name, script in CUT_BEFORE_AN_ANSWER
    ],
    Scenario(
        "no answer in time",
        [answer(1), [Hold()], answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
        options={"timeout": (2, 0.2)},
        waits=[4, 8, 4],
        reasons=[EOFError, requests.Timeout, EOFError],
    ),
]
