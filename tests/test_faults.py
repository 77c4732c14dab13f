"""Both clients through everything that networks and servers do: the table in scenarios.py."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from typing import Any, Optional

import pytest
import requests
import trustme

from fault_clients import DRIVERS, Driver, Outcome
from fault_leaks import nothing_left
from scenarios import SCENARIOS, Between, Scenario
from sseclient_ng.testing import Request, ScriptedServer

HOST = "stream.test"
AUTHORITY = trustme.CA()

ROWS = [
    pytest.param(kind, scenario, id=f"{kind}-{scenario.name}")
    for scenario in SCENARIOS
    for kind in DRIVERS
    if scenario.only in ("", kind)
]


@pytest.mark.parametrize(("kind", "scenario"), ROWS)
def test_scenario(
    kind: str,
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
    authority_file: str,
) -> None:
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
        assert scenario.only in ("", *DRIVERS)
        assert bool(scenario.only) == bool(scenario.reason), scenario.name


# How a scenario is run


@pytest.fixture(scope="module")
def authority_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@contextlib.contextmanager
def served(scenario: Scenario) -> Iterator[ScriptedServer]:
    with ScriptedServer(tls=server_context() if scenario.tls else None) as server:
        scripts = scenario.scripts(server) if callable(scenario.scripts) else scenario.scripts
        server.add(*scripts)
        yield server


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    return context


def run(
    kind: str,
    scenario: Scenario,
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    authority_file: str,
) -> Outcome:
    def on_failure(count: int) -> None:
        scenario.after_failures.get(count, lambda server: None)(server)

    driver = Driver(
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
    return DRIVERS[kind](url, {**options, **trust}, driver)


def trusting(kind: str, authority_file: str) -> dict[str, Any]:
    if kind == "sync":
        return {"verify": authority_file}
    return {"ssl": ssl.create_default_context(cafile=authority_file)}


def lookup(found: Sequence[bool]) -> Any:
    """A getaddrinfo that finds the server's name, or not, as told; the last answer goes on."""
    real = socket.getaddrinfo
    answers = itertools.chain(found, itertools.repeat(found[-1]))

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != HOST:
            return real(host, *arguments, **options)
        if not next(answers):
            raise socket.gaierror(socket.EAI_AGAIN, "not found, for the time being")
        return real("127.0.0.1", *arguments, **options)

    return getaddrinfo


# What is expected


def check_events(scenario: Scenario, outcome: Outcome) -> None:
    assert outcome.data == scenario.events.split()


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
            check_wait(wait, expected)
    for failure, reason in zip(outcome.failures, scenario.reasons or ()):
        assert isinstance(failure.error, reason)


def check_wait(wait: float, expected: Any) -> None:
    if isinstance(expected, Between):
        assert expected.least <= wait <= expected.most
    else:
        assert wait == pytest.approx(expected)


def check_requests(scenario: Scenario, asked: Sequence[Request]) -> None:
    if scenario.last_event_ids is not None:
        sent = [request.headers.get_all("Last-Event-ID") for request in asked]
        assert sent == [[] if id_ is None else [id_] for id_ in scenario.last_event_ids]
    for name, values in scenario.sent.items():
        assert [part_of(request, name) for request in asked] == list(values)


def part_of(request: Request, name: str) -> object:
    return getattr(request, name) if name.islower() else request.headers.get(name)
