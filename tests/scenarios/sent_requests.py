"""The parts of every request."""

from __future__ import annotations

from io import BytesIO
from typing import Optional

import requests

from scenarios.row import (
    Scenario,
    Unseekable,
    answer,
    asynchronous,
    failing,
    half_read,
    numbered,
    status,
    tokens,
)
from support.drivers import Options

SENT_AGAIN: list[tuple[str, Options, bytes]] = [
    ("bytes", {"method": "POST", "data": b"ask"}, b"ask"),
    ("a form", {"method": "POST", "data": {"a": "b"}}, b"a=b"),
    ("JSON", {"method": "POST", "json": [1]}, b"[1]"),
    ("a file", lambda: {"method": "POST", "data": BytesIO(b"ask")}, b"ask"),
    ("a file in its middle", lambda: {"method": "POST", "data": half_read()}, b"k"),
]

READ_ONCE: list[tuple[str, Options]] = [
    ("an iterator", lambda: {"method": "POST", "data": iter([b"ask"])}),
    ("a pipe", lambda: {"method": "POST", "data": Unseekable(b"ask")}),
    ("a pipe, with PUT", lambda: {"method": "PUT", "data": Unseekable(b"ask")}),
]


def as_of(name: str, cause: Optional[BaseException] = None) -> Exception:
    """Return an error of a library that fetches tokens."""
    error: Exception = type(name, (Exception,), {})("no token")
    error.__cause__ = cause
    return error


REQUESTS = [
    Scenario(
        "a cookie comes back, as from a browser",
        [
            answer(1, headers={"Set-Cookie": "node=7; Path=/"}),
            answer(2, headers={"Set-Cookie": "node=8"}),
            answer(3, headers={"Set-Cookie": "node=; Max-Age=0"}),
        ],
        events="1 2 3",
        last_event_ids=[None, b"1", b"2", b"3"],
        sent={"Cookie": [None, "node=7", "node=8", None]},
    ),
    *[
        Scenario(
            f"a token that can't be fetched for a while: {name}",
            [answer(1), answer(2)],
            events="1 2",
            last_event_ids=[None, b"1", b"2"],
            options=lambda name=name, cause=cause: {"headers": failing(as_of(name, cause), 2, 3)},
            waits=[4, 8, 16, 4],
        )
        for name, cause in [
            ("TransportError", None),
            ("EndpointConnectionError", None),
            ("APIConnectionError", None),
            ("RefreshError", ConnectionRefusedError()),
            ("RefreshError, twice removed", as_of("Other", TimeoutError())),
        ]
    ],
    Scenario(
        "a token that can't be fetched, as its file is missing",
        [answer(1)],
        events="1",
        options=lambda: {"headers": failing(as_of("ConfigError", FileNotFoundError()), 2)},
        error=Exception,
        says="no token",
    ),
    Scenario(
        "what goes out",
        [answer(1)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"headers": {"User-Agent": "me", "accept": "text/*"}, "params": {"a": "b c"}},
        sent={
            "method": ["GET", "GET"],
            "target": ["/?a=b+c", "/?a=b+c"],
            "User-Agent": ["me", "me"],
            "Accept": ["text/*", "text/*"],
            "Cache-Control": ["no-cache", "no-cache"],
        },
    ),
    Scenario(
        "headers and params that are made for each attempt",
        [answer(1), status(503), answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
        options=lambda: {"headers": tokens(), "params": numbered()},
        sent={
            "Authorization": [f"Bearer {number}" for number in (1, 2, 3, 4)],
            "target": [f"/?try={number}" for number in (1, 2, 3, 4)],
            "Accept": ["text/event-stream"] * 4,
        },
    ),
    Scenario(
        "the token cannot be had for a while",
        [answer(1), answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        options=lambda: {"headers": failing(requests.ConnectionError("no token"), 2, 3)},
        waits=[4, 8, 16, 4],
        reasons=[EOFError, requests.ConnectionError, requests.ConnectionError],
    ),
    Scenario(
        "a function for headers that is wrong",
        [answer(1)],
        events="1",
        last_event_ids=[None],
        options=lambda: {"headers": failing(LookupError("a typing error"), 2)},
        error=LookupError,
        says="a typing error",
    ),
    Scenario(
        "headers that have come to their end",
        [answer(1)],
        events="1",
        last_event_ids=[None],
        options=lambda: {"headers": failing(StopIteration(), 2)},
        error=RuntimeError,
        says="StopIteration",
    ),
    Scenario(
        "headers in pairs",
        [answer(1)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"headers": lambda: [("X-Pair", "one")]},
        sent={"X-Pair": ["one", "one"]},
    ),
    Scenario(
        "auth",
        [answer(1)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"auth": ("ada", "secret")},
        sent={"Authorization": ["Basic YWRhOnNlY3JldA=="] * 2},
    ),
    Scenario(
        "POST does not reconnect by itself",
        [answer(1), answer(2)],
        events="1",
        last_event_ids=[None],
        options={"method": "POST", "data": b"ask", "reconnect": None},
        sent={"method": ["POST"], "body": [b"ask"]},
        waits=[],
    ),
    Scenario(
        "GET reconnects by itself",
        [answer(1)],
        events="1",
        last_event_ids=[None, b"1"],
        options={"reconnect": None},
        waits=[250],
    ),
    *[
        Scenario(
            f"POST with {name} sends the same again",
            [answer(1), status(503), answer(2)],
            events="1 2",
            last_event_ids=[None, b"1", b"1", b"2"],
            options=options,
            sent={"method": ["POST"] * 4, "body": [body] * 4},
        )
        for name, options, body in SENT_AGAIN
    ],
    *[
        Scenario(
            f"a body that can be read only once: {name}",
            [answer(1)],
            last_event_ids=[],
            options=options,
            error=ValueError,
            says="body|data",
        )
        for name, options in READ_ONCE
    ],
    Scenario(
        "a body that can be read only once: an asynchronous iterator",
        [answer(1)],
        last_event_ids=[],
        options=lambda: {"method": "POST", "data": asynchronous(b"ask")},
        error=ValueError,
        says="body|data",
        only="async",
        reason="requests takes no such bodies",
    ),
    *[
        Scenario(
            f"a body that can be read only once, sent once: {name}",
            [answer(1), answer(2)],
            events="1",
            last_event_ids=[None],
            options=options,
            sent={"method": ["POST"], "body": [b"ask"]},
            only=only,
            reason="the libraries take other kinds of such bodies",
        )
        for name, options, only in [
            (
                "an iterator",
                lambda: {"method": "POST", "data": iter([b"ask"]), "reconnect": False},
                "sync",
            ),
            (
                "an asynchronous iterator",
                lambda: {"method": "POST", "data": asynchronous(b"ask"), "reconnect": None},
                "async",
            ),
        ]
    ],
]
