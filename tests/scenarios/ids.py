"""IDs in Last-Event-ID."""

from __future__ import annotations

from scenarios.row import (
    Parts,
    Scenario,
    answer,
    event,
    sent,
)
from sseclient_ng.testing import (
    response,
)

ODD_IDS = [
    ("spaces at the edges", b"  a b  ", b"a b"),
    ("tabs at the edges", b"\ta\tb\t", b"a\tb"),
    ("spaces only", b"    ", None),
    ("Latin-1", "é".encode(), "é".encode()),
    ("a snowman", "☃".encode(), "☃".encode()),
    ("an emoji", "a😀b".encode(), "a😀b".encode()),
    ("no-break spaces at the edges", "\xa0a\xa0".encode(), "\xa0a\xa0".encode()),
    ("other spaces at the edges", "\u3000a\u2028".encode(), "\u3000a\u2028".encode()),
    ("a byte order mark", "\ufeffa".encode(), "\ufeffa".encode()),
    ("bytes that are not UTF-8", b"a\xff", "a\ufffd".encode()),
    ("a colon", b": a: b", b": a: b"),
    ("what looks like a header", b"a: b, c=d; e", b"a: b, c=d; e"),
    ("6000 characters", b"x" * 6000, b"x" * 6000),
    ("3000 snowmen", ("☃" * 3000).encode(), ("☃" * 3000).encode()),
    ("a number with zeros", b"007", b"007"),
    ("zero", b"0", b"0"),
]

# An ID with ASCII control characters is not sent: many servers refuse it for good.
CONTROL_IDS = [
    ("control characters", b"a\x01\x1f\x7fb", None),
    ("control characters at the edges", b"\x01a\x7f", None),
    ("vertical tabs at the edges", b"\x0b\x0ca\x0c\x0b", b"a"),
    ("a vertical tab inside", b"a\x0bb", None),
    ("C1 control characters", "a\x85b\x9fc".encode(), "a\x85b\x9fc".encode()),
]


def stream_with(field: bytes) -> Parts:
    return response([b"id: %b\ndata: 1\n\n" % field])


IDS = [
    *[
        Scenario(f"id: {name}", [stream_with(id_)], events="1", last_event_ids=[None, wire])
        for name, id_, wire in ODD_IDS
    ],
    *[
        Scenario(f"id: {name}", [stream_with(id_)], events="1", last_event_ids=[None, wire])
        for name, id_, wire in CONTROL_IDS
    ],
    Scenario(
        "an id that can't be sent, and the next one",
        [stream_with(b"a\x01b"), answer(2)],
        events="1 2",
        last_event_ids=[None, None, b"2"],
    ),
    Scenario(
        "an empty id resets",
        [response([event(1), b"id\ndata: 2\n\n"]), response([event(3), b"id:\n\n"])],
        events="1 2 3",
        last_event_ids=[None, None, None],
    ),
    Scenario(
        "an id with NUL is none",
        [response([event(1), b"id: a\0b\ndata: 2\n\n"])],
        events="1 2",
        last_event_ids=[None, b"1"],
    ),
    Scenario(
        "an id without data",
        [response([event(1), b"id: 7\n\n"]), response([b"id: 8\n\n"])],
        events="1",
        last_event_ids=[None, b"7", b"8"],
    ),
    Scenario(
        "an id whose block is cut off",
        [sent(1, rest=b"id: 7\n")],
        events="1",
        last_event_ids=[None, b"1"],
    ),
    *[
        Scenario(
            f"the caller's last_id {last_id!r}",
            [response(b"data: 1\n\n")],
            events="1",
            last_event_ids=[wire, wire],
            options={"last_id": last_id},
        )
        for last_id, wire in [
            ("41", b"41"),
            (" ☃ ", "☃".encode()),
            ("", None),
            ("   ", None),
            ("x" * 6000, b"x" * 6000),
        ]
    ],
]
