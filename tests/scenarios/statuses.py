"""Statuses on a reconnect."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import formatdate

import requests

from scenarios.row import (
    QUICK,
    Between,
    Scenario,
    answer,
    status,
    tokens,
)
from sseclient_ng import InvalidContentType
from sseclient_ng.testing import (
    Close,
    Hold,
    Pause,
    Reset,
    response,
)

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"

INTERIM = [
    *[
        Scenario(
            f"{name} before the answer, {framing}",
            [[*interim, answer(1, framing=framing)], [*interim, answer(2, framing=framing)]],
            events="1 2",
            last_event_ids=[None, b"1", b"2"],
            waits=[4, 4],
        )
        for framing in ("chunked", "content-length", "close")
        for name, interim in [
            ("103", [EARLY_HINTS]),
            ("102", [PROCESSING]),
            ("several interim answers", [EARLY_HINTS, PROCESSING, EARLY_HINTS]),
            ("103 for a while", [EARLY_HINTS, Pause(0.05)]),
        ]
    ],
    Scenario(
        "103 before an error",
        [[EARLY_HINTS, status(404, b"gone")]],
        last_event_ids=[None],
        error=requests.HTTPError,
        says="404",
        body="gone",
    ),
    Scenario(
        "103, and nothing behind it",
        [answer(1), [EARLY_HINTS, Close()], [EARLY_HINTS, Reset()], answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"1", b"2"],
        waits=[4, 8, 16, 4],
        only="sync",
        reason="aiohttp itself repeats a GET whose connection closes before an answer",
    ),
    Scenario(
        "103, and silence behind it",
        [answer(1), [EARLY_HINTS, Hold()], answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
        options={"timeout": (2, 0.2)},
        waits=[4, 8, 4],
        reasons=[EOFError, requests.Timeout],
        only="sync",
        reason="aiohttp counts no silence behind an interim answer",
    ),
]

STATUSES = [
    Scenario(
        "statuses that pass, and waits that grow until an event comes",
        [
            answer(1),
            status(500),
            status(502),
            status(429),
            status(408),
            status(425),
            answer(2),
            status(503),
            status(599),
        ],
        events="1 2",
        last_event_ids=[None, *[b"1"] * 6, *[b"2"] * 3],
        waits=[4, 8, 16, 20, 20, 20, 4, 8, 16],
        reasons=[EOFError, *[requests.HTTPError] * 5, EOFError, *[requests.HTTPError] * 2],
    ),
    Scenario(
        "Retry-After in seconds, once",
        [answer(1), status(503, Retry_After="1"), status(503), answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"1", b"2"],
        waits=[4, 1000, 16, 4],
    ),
    Scenario(
        "Retry-After as a date",
        lambda server: [
            answer(1),
            status(503, Retry_After=formatdate(time.time() + 100, usegmt=True)),
        ],
        events="1",
        last_event_ids=[None, b"1"],
        waits=[4, Between(95_000, 100_000)],
        closes_after=2,
    ),
    Scenario(
        "Retry-After longer than the client waits for a server",
        lambda server: [
            answer(1),
            status(503, Retry_After="86400"),
            status(429, Retry_After=formatdate(time.time() + 86400, usegmt=True)),
            answer(2),
        ],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"1", b"2"],
        options={"reconnect": replace(QUICK, max_server_delay=0.05)},
        waits=[4, 50, 50, 4],
    ),
    Scenario(
        "Retry-After that says nothing, or what has passed",
        [
            answer(1),
            status(503, Retry_After="soon"),
            status(503, Retry_After="-1"),
            status(503, Retry_After="1.5.2"),
            status(503, Retry_After=""),
        ],
        events="1",
        last_event_ids=[None, *[b"1"] * 5],
        waits=[4, 8, 16, 20, 20],
    ),
    Scenario(
        "two lengths that contradict each other, on a reconnect",
        [
            answer(1),
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
            answer(2),
        ],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
    ),
    Scenario(
        "Retry-After that has passed",
        [answer(1), status(503, Retry_After="0"), status(503, Retry_After=formatdate(0))],
        events="1",
        last_event_ids=[None, b"1", b"1", b"1"],
        waits=[4, Between(4, 8), Between(4, 16)],
    ),
    Scenario(
        "Retry-After of any size",
        [answer(1), status(503, Retry_After="9" * 3000)],
        events="1",
        last_event_ids=[None, b"1"],
        waits=[4, 3_600_000],
        closes_after=2,
    ),
    Scenario("204 at once", [], last_event_ids=[None], waits=[]),
    Scenario("204 on a reconnect", [answer(1)], events="1", last_event_ids=[None, b"1"]),
    *[
        Scenario(
            f"{code} on a reconnect",
            [answer(1), status(code, "why not: ☃".encode())],
            events="1",
            last_event_ids=[None, b"1"],
            error=requests.HTTPError,
            says=str(code),
            body="why not: ☃",
            waits=[4],
        )
        for code in (400, 404, 410, 418)
    ],
    *[
        Scenario(
            f"{code} on a reconnect, which no stream has",
            [answer(1), response(status=code, content_type="text/plain")],
            events="1",
            last_event_ids=[None, b"1"],
            error=requests.HTTPError,
            says=str(code),
            waits=[4],
        )
        for code in (201, 206, 304)
    ],
    *[
        Scenario(
            f"{code} with an event stream is read",
            [answer(1, status=code), answer(2, status=code)],
            events="1 2",
            last_event_ids=[None, b"1", b"2"],
        )
        for code in (201, 202, 203, 206, 226)
    ],
    Scenario(
        "205 is no answer that is read",
        [answer(1), [b"HTTP/1.1 205 Reset\r\nContent-Type: text/event-stream\r\n\r\n"]],
        events="1",
        last_event_ids=[None, b"1"],
        error=requests.HTTPError,
        says="205",
    ),
    *[
        Scenario(
            f"{code} once, then with fresh headers",
            [answer(1), status(code), answer(2)],
            events="1 2",
            last_event_ids=[None, b"1", b"1", b"2"],
            options=lambda: {"headers": tokens()},
            sent={"Authorization": ["Bearer 1", "Bearer 2", "Bearer 3", "Bearer 4"]},
        )
        for code in (401, 403)
    ],
    *[
        Scenario(
            f"{code} at first, then with fresh headers",
            [status(code), answer(1)],
            events="1",
            last_event_ids=[None, None, b"1"],
            options=lambda: {"headers": tokens(), "reconnect": replace(QUICK, retry_first=True)},
            sent={"Authorization": ["Bearer 1", "Bearer 2", "Bearer 3"]},
            waits=[0, 4],
        )
        for code in (401, 403)
    ],
    Scenario(
        "401 twice",
        [answer(1), status(401), status(401, b"who are you?")],
        events="1",
        last_event_ids=[None, b"1", b"1"],
        options=lambda: {"headers": tokens()},
        error=requests.HTTPError,
        says="401",
        body="who are you?",
    ),
    Scenario(
        "401 again, after a stream",
        [answer(1), status(401), answer(2), status(401), answer(3)],
        events="1 2 3",
        last_event_ids=[None, b"1", b"1", b"2", b"2", b"3"],
    ),
    Scenario(
        "another content type on a reconnect",
        [answer(1), response(b"<p>", content_type="text/html; charset=utf-8")],
        events="1",
        last_event_ids=[None, b"1"],
        error=InvalidContentType,
        says="text/html",
    ),
]
