"""Run both clients through every row of the scenario table."""

from __future__ import annotations

import base64
import contextlib
import itertools
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Optional

import aiohttp
import pytest
import requests
import trustme

from scenarios import SCENARIOS
from scenarios.row import (
    CONNECTION_IS_OPEN,
    FIRST_EVENT_IS_OUT,
    QUICK,
    Between,
    Scenario,
    Unseekable,
    event,
    sent,
)
from sseclient_ng import Event, SSEClient
from sseclient_ng.testing import Hold, Request, Script, ScriptedServer, WaitFor, chunk, response
from support.certificates import AUTHORITY, client_context, server_context
from support.drivers import DRIVERS, TRANSPORTS, Driver, Enough, Outcome, trusting
from support.leaks import nothing_left, sockets_to

AIOHTTP = tuple(int(part) for part in aiohttp.__version__.split(".")[:2])

HOST = "stream.test"

ROWS = [
    pytest.param(kind, scenario, id=f"{kind}-{scenario.name}")
    for scenario in SCENARIOS
    for kind, transport in TRANSPORTS.items()
    if scenario.only in ("", transport.client, transport.library)
]


@pytest.mark.parametrize(("kind", "scenario"), ROWS)
def test_scenario(
    kind: str,
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
    authority_file: str,
) -> None:
    if scenario.skip and TRANSPORTS[kind].library in ("requests", "niquests"):
        pytest.skip(scenario.skip)
    with nothing_left(collecting=True), served(scenario) as server:
        outcome = run(kind, scenario, server, monkeypatch, authority_file)
        check_events(scenario, outcome)
        check_error(scenario, outcome.error)
        check_waits(scenario, outcome)
        check_requests(scenario, server.requests)
        del outcome


def test_names_are_unique() -> None:
    names = [(scenario.name, scenario.only) for scenario in SCENARIOS]
    assert len(set(names)) == len(names)


def test_what_is_for_one_client_says_why() -> None:
    for scenario in SCENARIOS:
        assert scenario.only in ("", "sync", "async", "requests", "aiohttp", "httpx")
        assert bool(scenario.only) == bool(scenario.reason), scenario.name


# What is no row, since it looks at more than the outcome


@pytest.mark.parametrize("kind", DRIVERS)
def test_last_id_follows_what_was_handed_out(kind: str) -> None:
    last_ids: list[Optional[str]] = []

    def on_event(client: Any, given: Event) -> None:
        last_ids.append(client.last_id)
        if given.data == "3":
            raise Enough

    # The ID without data belongs to what comes behind it.
    body = event(1) + event(2) + b"id: 20\n\n" + event(3) + event(4)
    with nothing_left(collecting=True), ScriptedServer(response(body)) as server:
        outcome = DRIVERS[kind](server.url, {}, Driver(on_event=on_event))
        assert last_ids == ["1", "2", "3"]
        assert outcome.client.last_id == "3"
        assert outcome.error is None


@pytest.mark.parametrize("kind", DRIVERS)
def test_last_id_and_retry_can_be_set(kind: str) -> None:
    def on_event(client: Any, given: Event) -> None:
        client.last_id, client.retry = f"my {given.data}", 20

    options = {"retry": 0, "reconnect": QUICK}
    with ScriptedServer(response([event(1)]), response([event(2)])) as server:
        outcome = DRIVERS[kind](server.url, options, Driver(on_event=on_event))
        assert outcome.waits == [pytest.approx(0.02)] * 2
        assert [each.last_event_id for each in server.requests] == [None, "my 1", "my 2"]


@pytest.mark.parametrize("kind", DRIVERS)
def test_an_error_without_an_end_is_read_as_far_as_it_helps(kind: str) -> None:
    def endless(request: Request) -> Iterator[Script]:
        yield response(b"<h1>sorry", status=404, complete=False)
        yield from itertools.repeat(chunk(b" and sorry" * 1000))

    with nothing_left(collecting=True), ScriptedServer(endless) as server:
        error: Any = DRIVERS[kind](server.url, {}).error
        assert isinstance(error, requests.HTTPError)
        assert error.response.text.startswith("<h1>sorry and sorry and")
        assert 1 << 20 <= len(error.response.content) < 1 << 21
        del error


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_head_without_an_end_is_refused(kind: str) -> None:
    if TRANSPORTS[kind].library == "aiohttp" and AIOHTTP < (3, 14):
        pytest.skip("this aiohttp takes any number of header fields")

    def endless(request: Request) -> Iterator[Script]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        yield from (b"X-%d: %b\r\n" % (number, b"x" * 50_000) for number in itertools.count())

    with ScriptedServer(then=endless) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {"reconnect": False})
    assert isinstance(outcome.error, requests.ConnectionError)
    assert not outcome.events


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(
    ("end", "options", "target"),
    [
        ("?sig=a%2Fb%3D%2B", {}, "/?sig=a%2Fb%3D%2B"),
        ("?a=%7E~&b=%41", {}, "/?a=~~&b=A"),
        ("a%2Fb/ü?x=ü y", {}, "/a%2Fb/%C3%BC?x=%C3%BC%20y"),
        ("a b;c=d?q=1#fragment", {}, "/a%20b;c=d?q=1"),
        ("?a=1", {"params": {"b": ["é&", 2], "none": None}}, "/?a=1&b=%C3%A9%26&b=2"),
        ("", {"params": [("a", "1"), ("a", "2")]}, "/?a=1&a=2"),
        ("", {"params": "raw=%2F"}, "/?raw=%2F"),
        ("", {"params": lambda: {"a": True}}, "/?a=True"),
    ],
)
def test_a_url_goes_out_as_requests_writes_it(
    kind: str, end: str, options: dict[str, Any], target: str
) -> None:
    with ScriptedServer(response([event(1)])) as server:
        outcome = DRIVERS[kind](f"{server.url}{end}", {"reconnect": False, **options})
        assert (outcome.data, outcome.error) == (["1"], None)
        assert [request.target for request in server.requests] == [target]


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(
    ("user", "options", "credentials"),
    [
        ("ada:s%40cret@", {}, "ada:s@cret"),
        ("ada:secret@", {"auth": ("other", "one")}, "other:one"),
        ("ada:secret@", {"headers": {"Authorization": "Bearer x"}}, "ada:secret"),
        ("", {"auth": ("é", "ü")}, "é:ü"),
    ],
)
def test_credentials_go_out_as_requests_sends_them(
    kind: str, user: str, options: dict[str, Any], credentials: str
) -> None:
    expected = base64.b64encode(credentials.encode("latin-1")).decode()
    with ScriptedServer(response([event(1)])) as server:
        url = server.url.replace("://", f"://{user}")
        assert DRIVERS[kind](url, {"reconnect": False, **options}).data == ["1"]
        assert server.requests[0].headers["Authorization"] == f"Basic {expected}"


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(
    ("url", "options", "error_type"),
    [
        ("//stream.test/", {}, requests.exceptions.MissingSchema),
        ("/stream", {}, requests.exceptions.MissingSchema),
        ("ftp://stream.test/", {}, requests.exceptions.InvalidSchema),
        ("http://", {}, requests.exceptions.InvalidURL),
        ("http://stream.test:port/", {}, requests.exceptions.InvalidURL),
        ("", {"headers": {"X-Bad": "a\r\nb"}}, requests.exceptions.InvalidHeader),
        ("", {"timeout": 0}, ValueError),
        ("", {"timeout": (-1, None)}, ValueError),
        ("", {"timeout": (1, 2, 3)}, ValueError),
        ("", {"timeout": "long"}, ValueError),
    ],
)
def test_what_can_not_be_asked_for(
    kind: str, url: str, options: dict[str, Any], error_type: type[Exception]
) -> None:
    with nothing_left(collecting=True), ScriptedServer() as server:
        error = DRIVERS[kind](url or server.url, options).error
        assert isinstance(error, error_type)
        assert server.requests == []
        del error


def test_a_header_field_that_can_not_be_sent_is_not_taken_for_a_wrong_url() -> None:
    with nothing_left(), ScriptedServer() as server:
        with pytest.raises(UnicodeEncodeError, match="latin-1"):
            SSEClient(server.url, headers={"X-Name": "Ж"})
        assert server.requests == []


@pytest.mark.parametrize("kind", DRIVERS)
def test_the_request_of_a_refusal_can_be_looked_at(kind: str) -> None:
    refusal = [b"HTTP/1.1 404 Not Found\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 0\r\n\r\n"]
    with nothing_left(collecting=True), ScriptedServer(refusal) as server:
        error: Any = DRIVERS[kind](server.url, {"method": "POST", "data": b"ask"}).error
        assert (error.request.method, error.request.url) == ("POST", server.url)
        assert error.request.headers["Accept"] == "text/event-stream"
        assert error.response.request is error.request
        assert error.response.headers["X-Twice"] == "1, 2"
        del error


@pytest.mark.parametrize("kind", DRIVERS)
def test_a_certificate_that_is_not_trusted_for_a_while(kind: str, authority_file: str) -> None:
    certificates = server_context()

    def spoil(client: Any, given: Event) -> None:
        if given.data == "2":
            raise Enough
        trustme.CA().issue_cert("127.0.0.1").configure_cert(certificates)

    def mend(count: int) -> None:
        if count == 3:
            AUTHORITY.issue_cert("127.0.0.1").configure_cert(certificates)

    trust: dict[str, Any] = (
        {"verify": authority_file} if kind == "sync" else {"ssl": client_context()}
    )
    script = response([event(1)])
    with ScriptedServer(script, response([event(2)]), tls=certificates) as server:
        once = Driver(on_event=spoil, on_failure=mend)
        options = {"reconnect": QUICK, "retry": 0, **trust}
        outcome = DRIVERS[kind](server.url, options, once)
        errors = [type(failure.error) for failure in outcome.failures]
        assert outcome.data == ["1", "2"]
        assert all(issubclass(each, requests.exceptions.SSLError) for each in errors[1:3])


@pytest.mark.parametrize("kind", DRIVERS)
def test_a_cookie_of_the_server_beside_one_of_the_caller(kind: str) -> None:
    first = response([event(1)], headers={"Set-Cookie": "node=7"})
    with ScriptedServer(first, response([event(2)])) as server:
        options = {"retry": 0, "reconnect": QUICK, "cookies": {"own": "1"}}
        assert DRIVERS[kind](server.url, options).data == ["1", "2"]
        sent_back = [request.headers["Cookie"] for request in server.requests]
        assert [set(each.split("; ")) for each in sent_back] == [
            {"own=1"},
            {"own=1", "node=7"},
            {"own=1", "node=7"},
        ]


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("entry", ["machine 127.0.0.1", "default"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "Basic bmV0OnJj"),
        ({"headers": {"Authorization": "Bearer own"}}, "Bearer own"),
        ({"headers": {b"authorization": b"Bearer own"}}, "Bearer own"),
        ({"headers": lambda: {"AUTHORIZATION": "Bearer own"}}, "Bearer own"),
        ({"auth": ("own", "one")}, "Basic b3duOm9uZQ=="),
    ],
)
def test_credentials_of_the_caller_beat_a_netrc_file(
    kind: str,
    entry: str,
    options: dict[str, Any],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "netrc").write_text(f"{entry} login net password rc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with ScriptedServer(response([event(1)]), response([event(2)])) as server:
        outcome = DRIVERS[kind](server.url, {"retry": 0, "reconnect": QUICK, **options})
        assert (outcome.data, outcome.error) == (["1", "2"], None)
        assert [request.headers["Authorization"] for request in server.requests] == [expected] * 3


@pytest.mark.parametrize("kind", DRIVERS)
def test_the_environment_names_the_proxy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(response([event(1)])) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        outcome = DRIVERS[kind]("http://stream.test/events", {"reconnect": False})
        assert (outcome.data, outcome.error) == (["1"], None)
        assert proxy.requests[0].target == "http://stream.test/events"


FILES: dict[str, Callable[[BytesIO], Any]] = {
    "a dict": lambda file: {"part": file},
    "a dict of pairs": lambda file: {"part": ("name", file)},
    "a list": lambda file: [("other", b"bytes"), ("part", file)],
    "a list of triples": lambda file: [("part", ("name", file, "text/plain"))],
}


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_files_are_sent_again_from_where_they_were(make: Callable[[BytesIO], Any]) -> None:
    file = BytesIO(b"read before, to send")
    file.seek(13)
    options: dict[str, Any] = {
        "method": "POST",
        "files": make(file),
        "reconnect": QUICK,
        "retry": 0,
    }
    with ScriptedServer(response([event(1)]), response([event(2)])) as server:
        assert [each.data for each in SSEClient(server.url, **options)] == ["1", "2"]
        assert len(server.requests) == 3
        for request in server.requests:
            assert b"\r\n\r\nto send\r\n--" in request.body
            assert b"read before" not in request.body


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_files_that_can_be_read_only_once(make: Callable[[BytesIO], Any]) -> None:
    options: dict[str, Any] = {"method": "POST", "files": make(Unseekable(b"once"))}
    with ScriptedServer(response([event(1)])) as server:
        with pytest.raises(ValueError, match=r"read only once.*reconnect=False"):
            SSEClient(server.url, reconnect=True, **options)
        assert server.requests == []
        assert [each.data for each in SSEClient(server.url, **options)] == ["1"]


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.skipif(sys.platform != "linux", reason="finds the sockets in the way of Linux")
def test_keep_alive_is_on(kind: str, framing: str) -> None:
    found: list[int] = []
    looked = threading.Event()

    def on_event(client: Any, given: Event) -> None:
        with sockets_to(server.port) as sockets:
            found.extend(
                each.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) for each in sockets
            )
        looked.set()
        if given.data == "2":
            raise Enough

    options = {"retry": 0, "reconnect": QUICK}
    scripts = [[*sent(1, framing=framing), WaitFor(looked)], [*sent(2, framing=framing), Hold()]]
    with ScriptedServer(*scripts) as server:
        outcome = DRIVERS[kind](server.url, options, Driver(on_event=on_event))
        assert outcome.data == ["1", "2"]
    assert found == [1, 1]


SERVER_PROGRAM = """
import sys, time
from sseclient_ng.testing import Pause, ScriptedServer, response

def go_on(request):
    yield response(complete=False, framing="close")
    number = int(request.last_event_id or 0)
    while True:
        number += 1
        yield b"id: %d\\ndata: %d\\n\\n" % (number, number)
        yield Pause(0.01)

server = ScriptedServer(port=int(sys.argv[1]), then=go_on)
print(server.port, flush=True)
sys.stdin.read()
"""


class Process:
    """A server in its own process, to kill."""

    def __init__(self, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER_PROGRAM, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.mark.parametrize("kind", DRIVERS)
def test_a_server_that_is_killed_and_started_again(kind: str) -> None:
    servers = [Process()]
    port = servers[0].port
    restart = threading.Timer(0.3, lambda: servers.append(Process(port)))

    def on_event(client: Any, given: Event) -> None:
        if given.data == "7":
            servers[0].kill()
            restart.start()
        if given.data == "14":
            raise Enough

    options = {"retry": 0, "reconnect": QUICK}
    try:
        outcome = DRIVERS[kind](f"http://127.0.0.1:{port}/", options, Driver(on_event=on_event))
    finally:
        restart.join()
        for server in servers:
            server.kill()
    assert outcome.error is None
    assert outcome.data == [str(number) for number in range(1, 15)]
    # It was away for many attempts, each of which failed at once.
    assert len(outcome.failures) > 3


# How a scenario is run


@contextlib.contextmanager
def served(scenario: Scenario) -> Iterator[ScriptedServer]:
    with ScriptedServer(tls=server_context() if scenario.tls else None) as server:
        scripts = scenario.scripts(server) if callable(scenario.scripts) else scenario.scripts
        server.add(*scripts)
        yield server


def run(
    kind: str,
    scenario: Scenario,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    authority_file: str,
) -> Outcome:
    def on_failure(count: int) -> None:
        if count in scenario.after_failures:
            scenario.after_failures[count](server)

    FIRST_EVENT_IS_OUT.clear()
    driver = Driver(
        on_event=lambda client, given: FIRST_EVENT_IS_OUT.set(),
        on_open=CONNECTION_IS_OPEN.set,
        on_failure=on_failure,
        closes_after=scenario.closes_after,
        fresh_dns=scenario.lookups is not None,
    )
    url = server.url
    if scenario.lookups is not None:
        url = f"http://{HOST}:{server.port}/"
        monkeypatch.setattr(socket, "getaddrinfo", lookup(scenario.lookups))
    trust = trusting(kind, authority_file) if scenario.tls else {}
    options = scenario.options_for_client()
    return TRANSPORTS[kind].drive(url, {**options, **trust}, driver)


def lookup(found: Sequence[bool]) -> Any:
    """Return a getaddrinfo that finds the server's name or not; the last answer repeats."""
    real = socket.getaddrinfo
    answers = itertools.chain(found, itertools.repeat(found[-1]))

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in (HOST, HOST.encode()):  # anyio encodes it
            return real(host, *arguments, **options)
        if not next(answers):
            raise socket.gaierror(socket.EAI_AGAIN, "not found, for the time being")
        return real("127.0.0.1", *arguments, **options)

    return getaddrinfo


# What is expected


def check_events(scenario: Scenario, outcome: Outcome) -> None:
    assert outcome.data == scenario.events.split()
    if scenario.order:
        assert outcome.order == scenario.order.split()


def check_error(scenario: Scenario, error: Optional[BaseException]) -> None:
    if scenario.error is None:
        if error is not None:
            raise error
        return
    assert isinstance(error, scenario.error), repr(error)
    assert re.search(scenario.says, str(error))
    if scenario.because_of is not None:
        assert isinstance(error.__cause__, scenario.because_of), repr(error.__cause__)
    response: Any = getattr(error, "response", None)
    if isinstance(error, requests.HTTPError):
        assert response.content == response.text.encode()
    if scenario.body is not None:
        assert response.text == scenario.body


def check_waits(scenario: Scenario, outcome: Outcome) -> None:
    if scenario.waits is not None:
        assert len(outcome.waits) == len(scenario.waits), outcome.failures
        for wait, expected in zip(outcome.waits, scenario.waits):
            check_wait(wait * 1000, expected)
    for failure, reason in zip(outcome.failures, scenario.reasons or ()):
        assert isinstance(failure.error, reason)


def check_wait(milliseconds: float, expected: Any) -> None:
    if isinstance(expected, Between):
        assert expected.least <= milliseconds <= expected.most
    else:
        assert milliseconds == pytest.approx(expected)


def check_requests(scenario: Scenario, asked: Sequence[Request]) -> None:
    if scenario.last_event_ids is not None:
        sent = [request.headers.get_all("Last-Event-ID") for request in asked]
        assert sent == [[] if id_ is None else [id_] for id_ in scenario.last_event_ids]
    for name, values in scenario.sent.items():
        assert [part_of(request, name) for request in asked] == list(values)


def part_of(request: Request, name: str) -> object:
    if name == "target":  # httpx before 0.28 encodes a space like this, which means the same
        return request.target.replace("%20", "+")
    return getattr(request, name) if name.islower() else request.headers.get(name)
