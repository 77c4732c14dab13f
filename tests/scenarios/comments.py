"""Comments in their place among the events, whatever the cutting."""

from __future__ import annotations

from scenarios.row import Scenario, event
from sseclient_ng.testing import cut, response

STREAM = b"data: 1\n\n:c1\ndata: 2\n\n:c2\n: c3\ndata: 3\n:c4\n\n"
ORDER = "1 c1 2 c2 c3 c4 3"

COMMENTS = [
    Scenario(f"comments in their place, {name}", [response(body)], events="1 2 3", order=ORDER)
    for name, body in [
        ("in one read", STREAM),
        ("cut at the events", [b"data: 1\n\n", b":c1\ndata: 2\n\n", STREAM[21:]]),
        ("byte by byte", cut(STREAM, 1)),
    ]
] + [
    Scenario(
        "comments in their place, over a reconnect",
        [response([event(1), b":c1\n"]), response([b":c2\n", event(2), b":c3\n\n"])],
        events="1 2",
        order="1 c1 c2 2 c3",
        last_event_ids=[None, b"1", b"2"],
    ),
]
