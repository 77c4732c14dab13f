"""Event size limits, and ends without a reconnect."""

from __future__ import annotations

import requests

from scenarios.row import (
    RECEIVED,
    Scenario,
    answer,
    event,
    limited,
    sent,
    status,
    then_refuse,
)
from sseclient_ng import EventTooLarge, ReconnectPolicy, RetriesExhausted
from sseclient_ng.testing import (
    Hold,
    Reset,
    cut,
    response,
)
from support.http_libraries import HAS_URLLIB3_FUTURE

TAKEN_FOR_AN_END = "urllib3.future takes a reset for the end of a body without a length"

TOO_LARGE = [
    Scenario(
        f"an event that is too large, as {name}",
        [response([event(1), *cut(body, 1000), Hold()], complete=False)],
        events="1",
        last_event_ids=[None],
        options={"max_event_size": 100_000},
        error=EventTooLarge,
        says="max_event_size=100000",
        waits=[],
    )
    for name, body in [
        ("one line", b"data: " + b"x" * 110_000),
        ("many short lines", b"data:\n" * 20_000),
        ("many lines of another field", b"x: y\n" * 22_000),
        ("one comment", b":" * 110_000),
    ]
]

LIMITS = [
    *TOO_LARGE,
    Scenario(
        "an event as large as allowed",
        [response([b"data:" + b"x" * 994 + b"\n\n"])],
        events="x" * 994,
        last_event_ids=[None, None],
        options={"max_event_size": 1000},
    ),
    Scenario(
        "no more attempts",
        [answer(1), *[status(503)] * 3],
        events="1",
        last_event_ids=[None, b"1", b"1", b"1"],
        options={"reconnect": limited(3)},
        error=RetriesExhausted,
        says="3 failed attempts",
        because_of=requests.HTTPError,
        waits=[4, 8, 16],
    ),
    Scenario(
        "no more attempts: refused",
        then_refuse,
        events="1",
        last_event_ids=[None],
        options={"reconnect": limited(2)},
        error=RetriesExhausted,
        because_of=requests.ConnectionError,
        waits=[4, 8],
    ),
    Scenario(
        "no more attempts: nothing but ends",
        [answer(1), *[response(b"")] * 3],
        events="1",
        last_event_ids=[None, b"1", b"1", b"1"],
        # Long enough for a machine that is slow to end a connection: one that lived is healthy.
        options={"reconnect": ReconnectPolicy(min_delay=0.1, jitter=0.0, max_attempts=3)},
        error=RetriesExhausted,
        because_of=EOFError,
        waits=[100, 200, 400],
    ),
    Scenario(
        "attempts are counted from the last event",
        [answer(1), status(503), answer(2), status(503), answer(3), status(503)],
        events="1 2 3",
        last_event_ids=[None, b"1", b"1", b"2", b"2", b"3", b"3"],
        options={"reconnect": limited(2)},
        waits=[4, 8] * 3,
    ),
    Scenario(
        "reconnect=False and a clean end",
        [answer(1, 2), answer(3)],
        events="1 2",
        last_event_ids=[None],
        options={"reconnect": False},
        waits=[],
    ),
    *[
        Scenario(
            f"reconnect=False and {name}",
            [script, answer(3)],
            events="1",
            last_event_ids=[None],
            options={"reconnect": False, "timeout": (2, 0.2)},
            error=error,
            waits=[],
            skip=TAKEN_FOR_AN_END if HAS_URLLIB3_FUTURE and "close-delimited" in name else "",
        )
        for name, script, error in [
            ("a cut", sent(1), requests.RequestException),
            (
                "a reset",
                [*sent(1), RECEIVED, Reset()],
                requests.exceptions.ChunkedEncodingError,
            ),
            (
                "a reset, close-delimited",
                [*sent(1, framing="close"), RECEIVED, Reset()],
                requests.exceptions.ChunkedEncodingError,
            ),
            ("silence", [*sent(1), Hold()], requests.Timeout),
            (
                "damaged gzip",
                [*sent(1, encoding="gzip", framing="close"), RECEIVED, b"\xff\xff no deflate"],
                requests.exceptions.ContentDecodingError,
            ),
        ]
    ],
]
