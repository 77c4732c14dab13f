"""Redirects."""

from __future__ import annotations

from typing import Any

import aiohttp
import requests
from requests.auth import HTTPDigestAuth

from scenarios.row import (
    Scenario,
    answer,
    redirect,
    status,
)
from sseclient_ng.testing import Hold, Script, Scripted, chunk

CHALLENGE = 'Digest realm="a", nonce="b", qop="auth"'


def not_with_aiohttp_before(version: tuple[int, int], reason: str) -> dict[str, Any]:
    """Restrict a row to `SSEClient` with older versions of aiohttp."""
    this = tuple(map(int, aiohttp.__version__.split(".")[:2]))
    return {"only": "sync", "reason": reason} if this < version else {}


def endless(script: Script, *, flood: bool = False) -> Script:
    """A script whose body never ends: it stalls, or floods."""
    first, *_ = script
    return [first, chunk(b"page"), *[chunk(b"x" * 65536)] * (64 * flood), Hold()]


def redirect_of_any_length(flood: bool) -> list[Scripted]:
    away = endless(redirect(302, "/elsewhere"), flood=flood)
    return [away, answer(1), away, answer(2)]


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
            ("302 to a port that is none", redirect(302, "http://127.0.0.1:x/")),
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
    *[
        Scenario(
            f"a redirect whose body never ends: it {name}",
            redirect_of_any_length(flood),
            events="1 2",
            last_event_ids=[None, None, b"1", b"1", b"2"],
            sent={"target": ["/", "/elsewhere", "/", "/elsewhere", "/"]},
            waits=[4, 4],
        )
        for name, flood in [("stalls", False), ("floods", True)]
    ],
    *[
        Scenario(
            f"digest after a 401 whose body never ends: it {name}",
            [endless(status(401, WWW_Authenticate=CHALLENGE), flood=flood), answer(1)],
            events="1",
            options=lambda: {"auth": HTTPDigestAuth("me", "secret")},
            sent={"target": ["/", "/", "/"]},
            waits=[4],
            only="requests",
            reason="digest authentication of requests",
        )
        for name, flood in [("stalls", False), ("floods", True)]
    ],
    Scenario(
        "blanks around a Location are not part of it",
        [redirect(302, " /elsewhere \t "), answer(1)],
        events="1",
        sent={"target": ["/", "/elsewhere", "/"]},
        **not_with_aiohttp_before((3, 14), "aiohttp takes them for a part"),
    ),
    Scenario(
        "103 before a redirect",
        [[b"HTTP/1.1 103 Early Hints\r\n\r\n", *redirect(302, "/elsewhere")], answer(1)],
        events="1",
        last_event_ids=[None, None, b"1"],
        waits=[4],
        **not_with_aiohttp_before((3, 9), "aiohttp sends the next request on a broken connection"),
    ),
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
