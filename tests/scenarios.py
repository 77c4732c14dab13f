"""Everything that networks and servers do to a stream, and what a client makes of it.

One table, run by both clients (tests/test_faults.py). A row says what the server does with each
request, as a script of `sseclient_ng.testing`, which events come out, and which `Last-Event-ID`
every request carries:

    Scenario("cut inside an event", [[*sent(1, 2), Reset()], answer(2, 3)],
             events="1 2 3", last_event_ids=[None, b"1", b"3"])

After the scripts the server answers 204, which ends a loop. Events are made by `event(number)`: the
number is the data and the id. Clients wait as `QUICK` says, unless the row has other options.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from io import BytesIO, UnsupportedOperation
from typing import Any, Callable, NamedTuple, Optional, Union

import pytest
import requests

from fault_clients import Options, made
from sseclient_ng import EventTooLarge, InvalidContentType, ReconnectPolicy, RetriesExhausted
from sseclient_ng.testing import (
    Call,
    Close,
    HalfClose,
    Hold,
    OnAccept,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    Scripted,
    ScriptedServer,
    WaitFor,
    chunk,
    cut,
    head,
    response,
)

#: What `response` gives.
Parts = tuple[Piece, ...]

#: Waits of 4, 8, 16, 20, 20 ... milliseconds.
QUICK = ReconnectPolicy(min_delay=0.004, max_delay=0.020, jitter=0.0)
#: Set once the first event of the row has come out: what the server waits for before it does harm
#: that would take along what has not been read yet.
FIRST_EVENT_IS_OUT = threading.Event()
RECEIVED = WaitFor(FIRST_EVENT_IS_OUT)

#: For very many connections.
QUICKEST = ReconnectPolicy(min_delay=0.001, max_delay=0.01, jitter=0.0)


class Between(NamedTuple):
    """A wait that the scenario does not know exactly, in milliseconds."""

    least: float
    most: float


@dataclass(frozen=True)
class Scenario:
    """One row of the table.

    Args:
        name: what happens, in words.
        scripts: what the server does with each request; or a function that is given the server
            and returns that.
        events: the data of the events that come out, separated by spaces.
        last_event_ids: the `Last-Event-ID` of every request, in bytes, None where there is none;
            None for all means that their number and contents are not known.
        options: of the client; or a function that makes them, where they have a state.
        error: the type of the error that comes out; None means that the loop ends by itself.
        says: a regular expression for the text of that error.
        because_of: the type of that error's cause.
        body: the body that is readable on the response of that error.
        waits: the delays before reconnecting, in milliseconds; None means that they are not looked
            at.
        reasons: the types of the errors that led to these waits, where it matters.
        sent: other header fields, or attributes, of all requests.
        after_failures: what the outside world does after so many failures.
        closes_after: the client is closed from outside, in its wait after so many failures.
        lookups: whether each look-up of the server's name finds it; None uses its address.
        tls: whether the server speaks TLS.
        only: "sync" or "async" if it is for one client,
        reason: and then why.
    """

    name: str
    scripts: Union[Sequence[Scripted], Callable[[ScriptedServer], Sequence[Scripted]]]
    events: str = ""
    last_event_ids: Optional[Sequence[Optional[bytes]]] = None
    options: Options = field(default_factory=dict)
    error: Optional[type[BaseException]] = None
    says: str = ""
    because_of: Optional[type[BaseException]] = None
    body: Optional[str] = None
    waits: Optional[Sequence[Union[float, Between]]] = None
    reasons: Optional[Sequence[type[BaseException]]] = None
    sent: Mapping[str, Sequence[object]] = field(default_factory=dict)
    after_failures: Mapping[int, Callable[[ScriptedServer], object]] = field(default_factory=dict)
    closes_after: Optional[int] = None
    lookups: Optional[Sequence[bool]] = None
    tls: bool = False
    only: str = ""
    reason: str = ""

    def options_for_client(self) -> Mapping[str, Any]:
        return {"retry": 0, "reconnect": QUICK, **made(self.options)}


# What the scripts are made of


def event(number: int, text: bytes = b"") -> bytes:
    return b"id: %d\ndata: %d%b\n\n" % (number, number, text)


def answer(*numbers: int, **how: Any) -> Parts:
    """A whole response with these events, each in its own write."""
    return response([event(number) for number in numbers], **how)


def sent(*numbers: int, rest: bytes = b"id: 9\ndata: half", **how: Any) -> Parts:
    """A response that has not ended after these events, and the part of one that is never whole."""
    return response([*map(event, numbers), rest], complete=False, **how)


def status(code: int, body: bytes = b"sorry", **headers: str) -> Parts:
    """A complete response with that status."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return response(
        b"" if code == 204 else body,
        status=code,
        headers=fields,
        content_type="text/plain; charset=utf-8",
    )


def redirect(code: int, location: str) -> Parts:
    return status(code, Location=location)


def limited(max_attempts: int) -> ReconnectPolicy:
    return replace(QUICK, max_attempts=max_attempts)


def tokens() -> Callable[[], dict[str, str]]:
    """A function for `headers`, which brings another token each time."""
    numbers = itertools.count(1)
    return lambda: {"Authorization": f"Bearer {next(numbers)}"}


def numbered() -> Callable[[], dict[str, str]]:
    """A function for `params`."""
    numbers = itertools.count(1)
    return lambda: {"try": str(next(numbers))}


def failing(error: Exception, *attempts: int) -> Callable[[], dict[str, str]]:
    """A function for `headers` that raises an error at these attempts, counted from 1."""
    numbers = itertools.count(1)

    def headers() -> dict[str, str]:
        if next(numbers) in attempts:
            raise error
        return {}

    return headers


def half_read() -> BytesIO:
    file = BytesIO(b"ask")
    file.read(2)
    return file


async def asynchronous(data: bytes) -> AsyncIterator[bytes]:
    yield data


class Unseekable(BytesIO):
    """A file like a pipe: what was read is gone."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise UnsupportedOperation("a pipe")

    def tell(self) -> int:
        raise UnsupportedOperation("a pipe")


def refusing(server: ScriptedServer) -> list[Scripted]:
    server.refuse()
    return []


def ignoring(server: ScriptedServer) -> list[Scripted]:
    server.ignore()
    return []


def then_refuse(server: ScriptedServer) -> list[Scripted]:
    """One event; then nobody listens until the scenario has the server accept again."""
    return [response([event(1), Call(server.refuse)], framing="close"), answer(2)]


def then_ignore(server: ScriptedServer) -> list[Scripted]:
    return [response([event(1), Call(server.ignore)], framing="close"), answer(2)]


def then_die(server: ScriptedServer) -> list[Scripted]:
    """One event; then the server is gone, with all of its connections."""
    return [[*sent(1), Call(server.refuse), Call(server.disconnect)], answer(2)]


# A hundred connections

LAST = 220


def cut_a_hundred_times(framing: str, end: Union[Close, Reset]) -> Callable[..., list[Scripted]]:
    """Go on behind the Last-Event-ID, and cut each of a hundred connections at another byte."""

    def scripts(server: ScriptedServer) -> list[Scripted]:
        def go_on(request: Request) -> Script:
            last = int(request.last_event_id or 0)
            numbers = range(last + 1, LAST + 1)
            body = b"".join(event(number, "\nnote: ☃ and more".encode()) for number in numbers)
            connection = len(server.requests)
            if connection > 100:
                return response(body, framing=framing)
            part = body[: connection * 37 % 113 + 1]
            # Only what has arrived can be cut: an answer without its head would be another fault.
            wait = Pause(0.001) if isinstance(end, Reset) else b""
            return [response([part, wait], framing=framing, complete=False), end]

        return [go_on] * 101

    return scripts


def hundred(name: str, framing: str, end: Union[Close, Reset]) -> Scenario:
    return Scenario(
        f"a hundred connections cut by {name}, {framing}",
        cut_a_hundred_times(framing, end),
        events=" ".join(str(number) for number in range(1, LAST + 1)),
        options={"reconnect": QUICKEST},
        sent={"method": ["GET"] * 102},
    )


HUNDREDS = [
    hundred("FIN", "chunked", Close()),
    hundred("FIN", "close", Close()),
    hundred("RST", "chunked", Reset()),
    hundred("RST", "close", Reset()),
]

# Connections that end before their stream does

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

# Servers that are away

CUT_BEFORE_AN_ANSWER: list[tuple[str, Scripted]] = [
    ("closed", OnAccept(Close())),
    ("reset", OnAccept(Reset())),
    ("closed after the request", []),
    ("reset after the request", Reset()),
    ("cut in the status line", b"HTTP/1.1 200 O"),
    ("answered by something else", b"What?\r\n\r\n"),
    ("cut in the head", [head(200)[:-2], Close()]),
    ("closed after the head", [head(200, {"Content-Type": "text/event-stream"}), Close()]),
]

AWAY = [
    Scenario(
        "nobody listens for a while",
        then_refuse,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        after_failures={4: ScriptedServer.accept},
        waits=[4, 8, 16, 20, 4],
        reasons=[EOFError, requests.ConnectionError, requests.ConnectionError],
    ),
    Scenario(
        "the server dies and comes back",
        then_die,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        after_failures={3: ScriptedServer.accept},
        waits=[4, 8, 16, 4],
    ),
    Scenario(
        "connecting times out for a while",
        then_ignore,
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        options={"timeout": (0.1, 5)},
        after_failures={3: ScriptedServer.accept},
        waits=[4, 8, 16, 4],
        reasons=[EOFError, requests.Timeout, requests.Timeout],
    ),
    Scenario(
        "the name is not found for a while",
        [answer(1, framing="close"), answer(2, framing="close"), status(204, Connection="close")],
        events="1 2",
        last_event_ids=[None, b"1", b"2"],
        lookups=[True, False, False, True, False, True],
        waits=[4, 8, 16, 4, 8],
        reasons=[EOFError, requests.ConnectionError, requests.ConnectionError],
    ),
    *[
        Scenario(
            f"a reconnect is {name}",
            # Twice, as aiohttp repeats a GET by itself where the connection was just closed.
            [answer(1, framing="close"), script, script, answer(2)],
            events="1 2",
        )
        for name, script in CUT_BEFORE_AN_ANSWER
    ],
    Scenario(
        "no answer in time",
        [answer(1), [Hold()], answer(2)],
        events="1 2",
        last_event_ids=[None, b"1", b"1", b"2"],
        options={"timeout": (2, 0.2)},
        waits=[4, 8, 4],
        reasons=[EOFError, requests.Timeout, EOFError],
    ),
]

# Statuses

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
            f"{code} once, then with fresh headers",
            [answer(1), status(code), answer(2)],
            events="1 2",
            last_event_ids=[None, b"1", b"1", b"2"],
            options=lambda: {"headers": tokens()},
            sent={"Authorization": ["Bearer 1", "Bearer 2", "Bearer 3", "Bearer 4"]},
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

# The first connection: one attempt

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

# Redirects

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

# Reconnection times


def told(value: str) -> list[Scripted]:
    return [response([b"retry: %b\n" % value.encode(), event(1)])]


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
        [[*response([b": hello\n\n", Pause(0.03)])]] * 3,
        last_event_ids=[None] * 4,
        waits=[4, 4, 4],
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

# IDs

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

CONTROL_IDS = [
    ("control characters", b"a\x01\x1f\x7fb", b"a\x01\x1f\x7fb"),
    ("control characters at the edges", b"\x01a\x7f", b"\x01a\x7f"),
    # requests takes no header that begins with one of these.
    ("vertical tabs at the edges", b"\x0b\x0ca\x0c\x0b", b"a"),
    ("C1 control characters", "\x85a\x9f".encode(), "\x85a\x9f".encode()),
]


def stream_with(field: bytes) -> Parts:
    return response([b"id: %b\ndata: 1\n\n" % field])


IDS = [
    *[
        Scenario(f"id: {name}", [stream_with(id_)], events="1", last_event_ids=[None, wire])
        for name, id_, wire in ODD_IDS
    ],
    *[
        Scenario(
            f"id: {name}",
            [stream_with(id_)],
            events="1",
            last_event_ids=[None, wire],
            only="sync",
            reason="aiohttp refuses control characters in headers",
        )
        for name, id_, wire in CONTROL_IDS[:2]
    ],
    *[
        Scenario(
            f"id: {name}, which cannot be sent",
            [stream_with(id_), answer(2)],
            events="1 2",
            last_event_ids=[None, None, b"2"],
            only="async",
            reason="aiohttp refuses control characters in headers, and requests does not",
        )
        for name, id_, wire in CONTROL_IDS[:2]
    ],
    *[
        Scenario(f"id: {name}", [stream_with(id_)], events="1", last_event_ids=[None, wire])
        for name, id_, wire in CONTROL_IDS[2:]
    ],
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

# Limits

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
        options={"reconnect": limited(3)},
        error=RetriesExhausted,
        because_of=EOFError,
        waits=[4, 8, 16],
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
            ("silence", [*sent(1), Hold()], requests.RequestException),
            (
                "damaged gzip",
                [*sent(1, encoding="gzip", framing="close"), RECEIVED, b"\xff\xff no deflate"],
                requests.exceptions.ContentDecodingError,
            ),
        ]
    ],
]

# Requests

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

REQUESTS = [
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

SCENARIOS: list[Scenario] = [
    *HUNDREDS,
    *DROPS,
    *DAMAGE,
    *UNDAMAGED,
    *AWAY,
    *STATUSES,
    *FIRST,
    *REDIRECTS,
    *RETRIES,
    *IDS,
    *LIMITS,
    *REQUESTS,
]

# What ends a loop: scripts, options, and the error that comes out, if one does.
ENDINGS = [
    pytest.param([answer(1)], {}, None, id="204"),
    pytest.param([answer(1)], {"reconnect": False}, None, id="reconnect=False"),
    pytest.param([answer(1), status(404)], {}, requests.HTTPError, id="404"),
    pytest.param(
        [[sent(1, rest=b"data: 1234567890"), Hold()]],
        {"max_event_size": 15},
        EventTooLarge,
        id="EventTooLarge",
    ),
    pytest.param(
        [sent(1)], {"reconnect": False}, requests.RequestException, id="a cut, not retried"
    ),
]
