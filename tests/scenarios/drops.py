"""Dropped connections and damaged bodies."""

from __future__ import annotations

from typing import Any

import requests

from scenarios.row import (
    RECEIVED,
    Scenario,
    answer,
    event,
    sent,
    status,
)
from sseclient_ng.testing import (
    Close,
    HalfClose,
    Hold,
    Pause,
    Reset,
    Script,
    chunk,
    cut,
    response,
)

CUTS: list[tuple[str, Script, dict[str, Any]]] = [
    ("FIN, chunked", sent(1), {}),
    ("FIN, content-length", sent(1, framing="content-length"), {}),
    ("FIN, close-delimited", sent(1, framing="close"), {}),
    ("FIN, gzip", sent(1, encoding="gzip"), {}),
    ("FIN, close-delimited gzip", sent(1, encoding="gzip", framing="close"), {}),
    ("FIN, inside a chunk", sent(1, framing="one-chunk"), {}),
    ("RST, chunked", [*sent(1), RECEIVED, Reset()], {}),
    ("RST, close-delimited", [*sent(1, framing="close"), RECEIVED, Reset()], {}),
    ("half-close", [*sent(1), HalfClose(), Hold()], {}),
    ("whole body, inside an event", response([event(1), b"id: 2\ndata: ha"]), {}),
    ("in a line end", response([event(1), b"id: 2\r\ndata: ha\r"]), {}),
    ("in its last line end", response([event(1), b"id: 2\ndata: ha\n"]), {}),
    ("in the name of a field", response([event(1), b"event: x\nid: 2\ndat"]), {}),
    ("in a character", response([event(1), b"id: 2\ndata: \xe2\x98"]), {}),
    ("TLS, with its closing alert", sent(1, framing="close"), {"tls": True}),
    (
        "TLS, without its closing alert",
        [*sent(1, framing="close"), Close(close_notify=False)],
        {"tls": True},
    ),
    ("TLS, chunked", [*sent(1), Close(close_notify=False)], {"tls": True}),
    ("silence", [*sent(1), Hold()], {"options": {"timeout": (2, 0.2)}}),
    (
        "silence, close-delimited",
        [*sent(1, framing="close"), Hold()],
        {"options": {"timeout": (2, 0.2)}},
    ),
    ("silence, one number", [*sent(1), Hold()], {"options": {"timeout": 0.2}}),
    ("silence, TLS", [*sent(1), Hold()], {"options": {"timeout": (2, 0.2)}, "tls": True}),
]

DROPS = [
    Scenario(
        f"cut inside an event: {name}",
        [script, answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        waits=[4, 4],
        **options,
    )
    for name, script, options in CUTS
] + [
    Scenario(
        "silence is a time-out",
        [[*sent(1), Hold()], answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        options={"timeout": (2, 0.2)},
        reasons=[requests.Timeout, EOFError],
    )
]

DAMAGE = [
    Scenario(
        f"damaged: {name}",
        [script, answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        waits=[4, 4],
    )
    for name, script in [
        (
            "gzip that goes wrong",
            [*sent(1, encoding="gzip", framing="close"), RECEIVED, b"\xff\xff no deflate"],
        ),
        (
            "deflate that goes wrong",
            [*sent(1, encoding="deflate", framing="close"), RECEIVED, b"\xff\xff no deflate"],
        ),
        (
            "gzip that goes wrong, chunked",
            [
                *sent(1, encoding="gzip"),
                RECEIVED,
                chunk(b"\xff\xff no deflate"),
                Pause(0.02),
            ],
        ),
        ("a chunk header that is no number", [*sent(1), RECEIVED, b"zz\r\ndata: x\n\n\r\n"]),
        ("a chunk header without an end", [*sent(1), RECEIVED, b"5" * 100_000]),
        (
            "a chunk without its line end",
            [*sent(1), RECEIVED, b"8\r\ndata: x\n\n\n\n\n\n0\r\n\r\n"],
        ),
        (
            "a body shorter than its length",
            response(
                [event(1), b"data: half"],
                framing="content-length",
                headers={"Content-Length": "1000"},
            ),
        ),
    ]
]

EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

MALFORMED = [
    *[
        Scenario(
            f"{name}, five times in a row",
            [answer(1), *[[EVENT_STREAM + field + b"\r\n\r\n" + event(2), Close()]] * 5],
            events="1",
            last_event_ids=[None, *[b"1"] * 5],
            error=requests.ConnectionError,
            says=f"malformed.*{says}",
            waits=[4, 8, 16, 20, 20],
            only="aiohttp",
            reason="the parser of aiohttp is stricter; requests reads these",
        )
        for name, field, says in [
            ("a length that is none", b"Content-Length: abc", "Content-Length"),
            ("a negative length", b"Content-Length: -1", "Content-Length"),
            ("a length that overflows", b"Content-Length: %d" % (2**64 - 1), "Content-Length"),
            ("a header line without a colon", b"no colon", "no colon|[Hh]eader"),
        ]
    ],
    *[
        Scenario(
            f"{name}, five times in a row",
            [answer(1), *[[EVENT_STREAM + field + b"\r\n\r\n" + event(2), Close()]] * 5],
            events="1",
            last_event_ids=[None, *[b"1"] * 5],
            error=requests.ConnectionError,
            says="malformed",
            waits=[4, 8, 16, 20, 20],
            only="httpx",
            reason="h11 is stricter; requests reads these",
        )
        for name, field in [
            ("a length that is none", b"Content-Length: abc"),
            ("a negative length", b"Content-Length: -1"),
            ("a header line without a colon", b"no colon"),
        ]
    ],
    Scenario(
        "malformed answers with another failure among them",
        [
            answer(1),
            *[[EVENT_STREAM + b"Content-Length: abc\r\n\r\n", Close()]] * 4,
            *[status(503)],
            *[[EVENT_STREAM + b"Content-Length: abc\r\n\r\n", Close()]] * 4,
            answer(2),
        ],
        events="1 2",
        last_event_ids=[None, *[b"1"] * 10, b"2"],
        waits=[4, 8, 16, *[20] * 7, 4],
        only="aiohttp",
        reason="the parser of aiohttp is stricter; requests reads these",
    ),
]

UNDAMAGED = [
    Scenario(
        "bytes that are not UTF-8",
        [response([b"id: 1\ndata: a\xffb\xe2\x98\n\n", event(2)])],
        events="a\ufffdb\ufffd 2",
        last_event_ids=[None, b"2"],
    ),
    Scenario(
        "nothing of an event goes on in the next connection",
        [
            response([b"\xef\xbb\xbfid: 1\ndata: 1\n\n", b"event: x\nid: 7\ndata: a\ndata: \xe2"]),
            response([b"\xef\xbb\xbfdata: 2\n\n", b"\x98\x83\ndata: 3\n\n"]),
        ],
        events="1 2 3",
        last_event_ids=[None, b"1", b"1"],
    ),
    Scenario(
        "a line feed that is late by a connection",
        [response([b"id: 1\r\ndata: 1\r\n\r"]), response([b"\ndata: 2\n\n"])],
        events="1 2",
        last_event_ids=[None, b"1", b"1"],
    ),
    Scenario(
        "one byte at a time",
        [response(cut(event(1) + event(2), 1)), response(cut(event(3), 1), framing="close")],
        events="1 2 3",
        last_event_ids=[None, b"2", b"3"],
    ),
]
