"""Streams whose last event is known: `until`."""

from __future__ import annotations

from typing import Any

import requests

from scenarios.limits import TAKEN_FOR_AN_END
from scenarios.row import RECEIVED, Scenario, answer, event, limited, sent, status
from sseclient_ng import EventTooLarge, IncompleteStream, RetriesExhausted
from sseclient_ng.testing import Hold, Reset, Script, cut, response
from support.http_libraries import HAS_URLLIB3_FUTURE

# How the event that ends the stream comes, and what stands behind it.
COMING: list[tuple[str, Script]] = [
    ("and then silence", [*sent(1, 2, rest=b": wait\n"), Hold()]),
    ("and then more events", answer(1, 2, 3, 4)),
    ("with more events in one piece", response([event(1) + event(2) + event(3)])),
    ("byte by byte", response(cut(event(1) + event(2) + event(3), 1))),
    ("and then the end", answer(1, 2)),
    ("and then a reset", [*sent(1, 2), RECEIVED, Reset()]),
    ("and then damage", response([event(1), event(2), b"data: x\n" * 9000], complete=False)),
]

CUTS: list[tuple[str, Script, type[BaseException], str]] = [
    ("an end", answer(1), EOFError, ""),
    ("the end of a close-delimited body", answer(1, framing="close"), EOFError, ""),
    ("a cut", sent(1), requests.RequestException, ""),
    ("a reset", [*sent(1), RECEIVED, Reset()], requests.RequestException, ""),
    (
        "a reset, close-delimited",
        [*sent(1, framing="close"), RECEIVED, Reset()],
        requests.RequestException,
        TAKEN_FOR_AN_END if HAS_URLLIB3_FUTURE else "",
    ),
    ("silence", [*sent(1), Hold()], requests.RequestException, ""),
]

NO_RECONNECT: dict[str, Any] = {"reconnect": False}
POST: dict[str, Any] = {"method": "POST", "reconnect": None}

ENDED = [
    *[
        Scenario(
            f"until: {name}",
            [script, answer(9)],
            events="1 2",
            last_event_ids=[None],
            options={"until": "2", "max_event_size": 10_000, **options},
            waits=[],
        )
        for name, script, options in [
            *((name, script, {}) for name, script in COMING),
            ("and then silence, not reconnecting", COMING[0][1], NO_RECONNECT),
            ("and then silence, POST", COMING[0][1], POST),
        ]
    ],
    Scenario(
        "until: a function of the event",
        [answer(1, 2, 3)],
        events="1 2",
        last_event_ids=[None],
        options={"until": lambda event: event.id == "2"},
        waits=[],
    ),
    Scenario(
        "until: a drop before it",
        [sent(1), status(503), answer(2, 3), answer(9)],
        events="1 2 3",
        last_event_ids=[None, b"1", b"1"],
        options={"until": "3"},
    ),
    Scenario(
        "until: an event without its blank line, not reconnecting",
        [response([event(1), b"data: 2"])],
        events="1 2",
        last_event_ids=[None],
        options={"until": "2", "reconnect": False},
    ),
    Scenario(
        "until: an event without its blank line, reconnecting",
        [response([event(1), b"data: 2"]), answer(2)],
        events="1 2",
        last_event_ids=[None, b"1"],
        options={"until": "2"},
    ),
    Scenario(
        "until: comments before it, none behind it",
        [response([b": a\n" + event(1) + b": b\n" + event(2) + b": c\n" + event(3)])],
        events="1 2",
        order="a 1 b 2",
        last_event_ids=[None],
        options={"until": "2"},
    ),
]

CUT_SHORT = [
    *[
        Scenario(
            f"until: {name} before it, not reconnecting",
            [script, answer(9)],
            events="1",
            last_event_ids=[None],
            options={"until": "2", "timeout": (2, 0.2), **options},
            error=IncompleteStream,
            says="ended before the event that until asks for; 1 event had come",
            because_of=cause,
            waits=[],
            skip=skip,
        )
        for name, script, cause, skip, options in [
            *((*row, NO_RECONNECT) for row in CUTS),
            ("the end of a POST", *CUTS[0][1:], POST),
        ]
    ],
    Scenario(
        "until: the server wants no reconnect",
        [answer(1), status(204)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"until": "2"},
        error=IncompleteStream,
        says="1 event had come, the last one 'message' with id '1' and data '1'",
        because_of=EOFError,
    ),
    Scenario(
        "until: 204 at once",
        [status(204)],
        last_event_ids=[None],
        options={"until": "2"},
        error=IncompleteStream,
        says="0 events had come$",
        because_of=EOFError,
    ),
    Scenario(
        "until: no more attempts",
        [answer(1), *[status(503)] * 2],
        events="1",
        last_event_ids=[None, b"1", b"1"],
        options={"until": "2", "reconnect": limited(2)},
        error=RetriesExhausted,
        because_of=requests.HTTPError,
    ),
    Scenario(
        "until: a refusal before it",
        [answer(1), status(404)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"until": "2"},
        error=requests.HTTPError,
        body="sorry",
    ),
    Scenario(
        "until: an event that is too large before it",
        [[*sent(1, rest=b"data: " + b"x" * 2000), Hold()]],
        events="1",
        last_event_ids=[None],
        options={"until": "2", "reconnect": False, "max_event_size": 1000},
        error=EventTooLarge,
    ),
]

ENDINGS_KNOWN = [*ENDED, *CUT_SHORT]
