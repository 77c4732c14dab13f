"""Redirects."""

from __future__ import annotations

import requests

from scenarios.row import (
    Scenario,
    answer,
    redirect,
    status,
)

REDIRECTS = [
    *[
        Scenario(
            f"{name} {place}",
            [*before, script],
            events=events,
            last_event_ids=[None, *[b"1"] * len(before)],
            error=requests.RequestException,
        )
        for name, script in [
            ("301 without a Location", status(301)),
            ("307 without a Location", status(307)),
            ("302 to what is no page", redirect(302, "mailto:someone@example.com")),
            ("302 to what is no URL", redirect(302, "http://[")),
            ("302 to a host that is none", redirect(302, "http://.x/")),
        ]
        for place, before, events in [("at first", [], ""), ("on a reconnect", [answer(1)], "1")]
    ],
    *[
        Scenario(
            f"redirects without end {place}",
            [*before, *[redirect(302, "/again")] * 60],
            events=events,
            error=requests.TooManyRedirects,
            waits=[4] * len(before),
        )
        for place, before, events in [("at first", [], ""), ("on a reconnect", [answer(1)], "1")]
    ],
    *[
        Scenario(
            f"{code}: the reconnect begins at the first URL",
            [redirect(code, "/elsewhere"), answer(1), redirect(code, "/elsewhere"), answer(2)],
            events="1 2",
            last_event_ids=[None, None, b"1", b"1", b"2"],
            sent={"target": ["/", "/elsewhere", "/", "/elsewhere", "/"]},
        )
        for code in (301, 302, 303, 307, 308)
    ],
    Scenario(
        "a redirect to another host drops Authorization",
        lambda server: [
            redirect(307, f"http://localhost:{server.port}/other"),
            answer(1, framing="close"),
            answer(2),
        ],
        events="1 2",
        last_event_ids=[None, None, b"1", b"2"],
        options={"headers": {"Authorization": "Bearer 1", "X-Kept": "yes"}},
        sent={
            "target": ["/", "/other", "/", "/"],
            "Authorization": ["Bearer 1", None, "Bearer 1", "Bearer 1"],
            "X-Kept": ["yes"] * 4,
        },
    ),
]
