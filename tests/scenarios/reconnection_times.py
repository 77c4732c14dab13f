"""Reconnection times and backoff."""

from __future__ import annotations

from scenarios.row import (
    CONNECTION_IS_OPEN,
    Between,
    Scenario,
    answer,
    event,
    limited,
    status,
)
from sseclient_ng import ReconnectPolicy
from sseclient_ng.testing import (
    Call,
    Pause,
    Script,
    Scripted,
    WaitFor,
    response,
)


def told(value: str) -> list[Scripted]:
    return [response([b"retry: %b\n" % value.encode(), event(1)])]


def quiet(*pieces: bytes) -> Script:
    """A stream without events that a proxy cuts after a time much longer than the waits."""
    body = [*pieces, WaitFor(CONNECTION_IS_OPEN), Pause(0.1)]
    return [Call(CONNECTION_IS_OPEN.clear), *response(body)]


RETRIES = [
    Scenario(
        "nothing but an end, again and again: the waits grow",
        [response(b"")] * 4,
        last_event_ids=[None] * 5,
        # Long enough for a machine that is slow to end a connection: one that lived is healthy.
        options={"reconnect": ReconnectPolicy(min_delay=0.2, max_delay=0.5, jitter=0.0)},
        waits=[400, 500, 500, 500],
    ),
    Scenario(
        "comments, retry: 0 and an end at once, again and again: ever fewer connections",
        [response(b": hello\nretry: 0\n\n")] * 3,
        last_event_ids=[None] * 3,
        options={"reconnect": ReconnectPolicy(min_delay=0.2, jitter=0.0)},
        waits=[200, 400, 800],
        closes_after=3,
    ),
    Scenario(
        "a quiet connection that lived on comments has not failed",
        [quiet(b": hello\n\n")] * 3,
        last_event_ids=[None] * 4,
        waits=[4, 4, 4],
    ),
    Scenario(
        "a quiet connection that lived without a byte has not failed",
        [quiet()] * 3,
        last_event_ids=[None] * 4,
        waits=[4, 4, 4],
    ),
    Scenario(
        "quiet connections use up no attempts",
        [answer(1), *[quiet()] * 4],
        events="1",
        last_event_ids=[None, *[b"1"] * 5],
        options={"reconnect": limited(2)},
        waits=[4] * 5,
    ),
    Scenario(
        "after an outage a quiet stream gets away from the longest wait",
        [answer(1), *[status(503)] * 3, quiet(), quiet(b": hello\n\n")],
        events="1",
        last_event_ids=[None, *[b"1"] * 6],
        waits=[4, 8, 16, 20, 4, 4],
    ),
    Scenario(
        "the waits have jitter below the cap, and none below the floor",
        [answer(1), *[status(503)] * 12],
        events="1",
        last_event_ids=[None, *[b"1"] * 13],
        options={"reconnect": ReconnectPolicy(min_delay=0.004, max_delay=0.012, jitter=1.0)},
        waits=[4, *[Between(4, 12)] * 12],
    ),
    Scenario(
        "retry: 30 is waited for, and is where growing begins",
        [*told("30"), status(503), answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
        options={"reconnect": ReconnectPolicy(min_delay=0.0, max_delay=0.05, jitter=0.0)},
        waits=[30, 50, 30],
    ),
    Scenario(
        "retry without an event after it",
        [response([event(1), b"retry: 30\n"])],
        events="1",
        last_event_ids=[None, b"1"],
        waits=[30],
    ),
    *[
        Scenario(
            f"retry: {name} is no reconnection time",
            told(value),
            events="1",
            last_event_ids=[None, b"1"],
            waits=[4],
        )
        for name, value in [
            ("text", "soon"),
            ("negative", "-1"),
            ("a fraction", "0.5"),
            ("nothing", ""),
            ("a space in front", "  7000"),
            ("Arabic digits", "٣٠٠٠"),
            ("superscript digits", "¹²³⁴"),
            ("an underscore", "1_000"),
            ("hexadecimal", "0x1000"),
        ]
    ],
    *[
        Scenario(
            f"retry: {name} is waited for an hour, which closing ends",
            told(value),
            events="1",
            last_event_ids=[None],
            waits=[3_600_000],
            closes_after=1,
        )
        for name, value in [("30 digits", "9" * 30), ("6000 digits", "9" * 6000)]
    ],
    Scenario(
        "retry: 6000 digits that are 20",
        told("20".zfill(6000)),
        events="1",
        last_event_ids=[None, b"1"],
        waits=[20],
    ),
]
