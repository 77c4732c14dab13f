"""The first connection, which is made once."""

from __future__ import annotations

import requests

from scenarios.row import (
    Scenario,
    answer,
    event,
    ignoring,
    refusing,
    status,
)
from sseclient_ng import InvalidContentType
from sseclient_ng.testing import (
    Hold,
    response,
)

FIRST = [
    Scenario("refused at first", refusing, last_event_ids=[], error=requests.ConnectionError),
    Scenario(
        "not found at first",
        [],
        last_event_ids=[],
        lookups=[False],
        error=requests.ConnectionError,
    ),
    Scenario(
        "connecting times out at first",
        ignoring,
        last_event_ids=[],
        options={"timeout": (0.1, 5)},
        error=requests.Timeout,
    ),
    Scenario(
        "no answer at first",
        [[Hold()]],
        last_event_ids=[None],
        options={"timeout": (5, 0.1)},
        error=requests.Timeout,
    ),
    Scenario(
        "closed at first",
        [[]],
        last_event_ids=[None],
        error=requests.ConnectionError,
        only="sync",
        reason="aiohttp repeats a GET by itself where the connection was just closed",
    ),
    Scenario(
        "closed at first, twice",
        [[], []],
        error=requests.ConnectionError,
        waits=[],
    ),
    Scenario(
        "garbled at first",
        [b"What?\r\n\r\n"],
        last_event_ids=[None],
        error=requests.RequestException,
    ),
    *[
        Scenario(
            f"{code} at first",
            [status(code, b"because")],
            last_event_ids=[None],
            error=requests.HTTPError,
            says=str(code),
            body="because",
        )
        for code in (400, 401, 404, 410, 429, 500, 503)
    ],
    Scenario(
        "the body of a refusal is gzip",
        [response(b"because", status=404, encoding="gzip", content_type="text/plain")],
        last_event_ids=[None],
        error=requests.HTTPError,
        body="because",
    ),
    Scenario(
        "another content type at first",
        [response(b"<p>", content_type="text/html")],
        last_event_ids=[None],
        error=InvalidContentType,
        says="text/html",
    ),
    Scenario(
        "another content type, not checked",
        [answer(1, content_type="application/json")],
        events="1",
        last_event_ids=[None, b"1"],
        options={"check_content_type": False},
    ),
    *[
        Scenario(
            f"the content type {content_type}",
            [answer(1, content_type=content_type)],
            events="1",
            last_event_ids=[None, b"1"],
        )
        for content_type in (
            None,
            "Text/Event-Stream",
            "text/event-stream;charset=UTF-8; x=y",
            "text/plain",
            "application/octet-stream",
            "text/event-stream, text/event-stream",
            'text/html, text/event-stream; x="a, text/html"',
            "text/event-stream, */*, nothing",
        )
    ],
    Scenario(
        "two content types, the last of which counts",
        [
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
            b"Content-Type: text/event-stream\r\n\r\n" + event(1)
        ],
        events="1",
        last_event_ids=[None, b"1"],
    ),
    Scenario(
        "two content types, the last of which is none of an event stream",
        [response(b"<p>", content_type="text/event-stream, text/html")],
        error=InvalidContentType,
        says="text/event-stream, text/html",
    ),
]
