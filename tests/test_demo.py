"""The demonstration ends by itself, and says the truth."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from typing import Any, Callable

import pytest
import requests

from sseclient_ng import Event, SSEClient, demo
from sseclient_ng.demo import _misbehaving

README = pathlib.Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def ran() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sseclient_ng.demo"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_it_ends_by_itself_and_well(ran: subprocess.CompletedProcess[str]) -> None:
    assert (ran.returncode, ran.stderr) == (0, "")


def test_it_says_that_nothing_was_lost_doubled_or_damaged(
    ran: subprocess.CompletedProcess[str],
) -> None:
    numbers = re.findall(r"^event (\d+): .", ran.stdout, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    verdict = ran.stdout.splitlines()[-1]
    assert verdict == f"{len(numbers)} events: 0 lost, 0 doubled, 0 damaged."


def test_the_readme_shows_what_it_prints(ran: subprocess.CompletedProcess[str]) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (shown,) = [block.splitlines() for block in blocks if "0 lost" in block]
    assert set(shown) - {"..."} <= set(ran.stdout.splitlines())


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Return the events of the demonstration."""
    read: list[Event] = []

    def client(*args: Any, **kwargs: Any) -> list[Event]:
        read.extend(SSEClient(*args, **kwargs))
        return read

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_misbehaving, "SSEClient", client)
        assert demo.main([]) == 0
    return read


def damaged(event: Event) -> Event:
    return Event(json.dumps({**json.loads(event.data), "text": "?"}), event.event, event.id)


CHANGES: list[tuple[str, Callable[[list[Event]], list[Event]], int, str]] = [
    ("none", lambda e: e, 0, "6 events: 0 lost, 0 doubled, 0 damaged."),
    ("one lost", lambda e: e[:1] + e[2:], 1, "5 events: 1 lost, 0 doubled, 0 damaged."),
    ("the last lost", lambda e: e[:-1], 1, "5 events: 1 lost, 0 doubled, 0 damaged."),
    ("one doubled", lambda e: e[:2] + e[1:], 1, "7 events: 0 lost, 1 doubled, 0 damaged."),
    (
        "one damaged",
        lambda e: [e[0], damaged(e[1]), *e[2:]],
        1,
        "6 events: 0 lost, 0 doubled, 1 damaged.",
    ),
    (
        "another order",
        lambda e: e[::-1],
        1,
        "6 events: 0 lost, 0 doubled, 0 damaged, in another order.",
    ),
]


@pytest.mark.parametrize(
    ("change", "status", "verdict"),
    [row[1:] for row in CHANGES],
    ids=[row[0] for row in CHANGES],
)
def test_it_would_say_so_if_something_were_wrong(
    change: Callable[[list[Event]], list[Event]],
    status: int,
    verdict: str,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(_misbehaving, "SSEClient", lambda *args, **kwargs: change(events))
    assert demo.main([]) == status
    assert capsys.readouterr().out.splitlines()[-1] == verdict


def test_its_server_serves_nobody_who_goes_on_in_the_wrong_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forgetful(SSEClient):
        def _connect(self) -> None:
            self.last_id = None
            super()._connect()

    monkeypatch.setattr(_misbehaving, "SSEClient", Forgetful)
    with pytest.raises(requests.HTTPError, match="409"):
        demo.main([])


def test_it_prints_on_a_terminal_that_knows_ascii_only(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(_misbehaving, "SSEClient", lambda *args, **kwargs: events)
    assert demo.main([]) == 0
    terminal.flush()
    assert terminal.buffer.getvalue().endswith(b"0 damaged.\n")  # type: ignore[attr-defined]


def test_it_prints_to_what_is_no_terminal_at_all(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_misbehaving, "SSEClient", lambda *args, **kwargs: events)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert demo.main([]) == 0
    assert printed.getvalue().endswith("0 damaged.\n")


# -- the practice server


def titles(url: str, **options: Any) -> list[str]:
    return [event.json()["title"] for event in SSEClient(url, **options)]


def test_a_program_that_is_started_again_reads_the_same() -> None:
    with demo.practice_server(0) as server:
        for _ in range(2):
            assert titles(server.url_for("/drops"), retry=0) == ["Ada", "Grace", "Zoë"]


@pytest.mark.parametrize("cookie", ["answers=x", "answers", "answers=-1", "other=1", "a(b=1"])
def test_a_cookie_that_is_none_of_the_practice_servers(cookie: str) -> None:
    with demo.practice_server(0) as server, requests.Session() as session:
        answer = session.get(server.url_for("/events"), headers={"Cookie": cookie})
        assert answer.text.count("data:") == 3


def test_the_clock_goes_on_after_the_last_event() -> None:
    with demo.practice_server(0) as server:
        with SSEClient(server.url_for("/clock"), last_id="41") as client:
            assert [event.id for event in itertools.islice(client, 2)] == ["42", "43"]
        with SSEClient(server.url_for("/clock"), last_id="none of its own") as client:
            assert next(client).id == "1"


def test_the_practice_server_lists_its_streams() -> None:
    with demo.practice_server(0) as server, requests.Session() as session:
        listed = re.findall(r"^  (/\S*) ", session.get(server.url).text, re.MULTILINE)
        assert {"/clock", "/events", "/busy"} <= set(listed)
        found = {path: session.get(server.url_for(path), stream=True) for path in listed[:-1]}
        assert {answer.status_code for answer in found.values()} == {200, 429}
        assert session.get(server.url_for("/nothing")).status_code == 404
        for answer in found.values():
            answer.close()


def restore_signals() -> None:
    """Whoever runs the tests may ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_practice_server_runs_until_it_is_interrupted() -> None:
    with demo.practice_server(0) as taken:
        port = str(taken.port)
    program = [sys.executable, "-m", "sseclient_ng.demo", "--serve", "--port", port]
    options: dict[str, Any] = {"preexec_fn": restore_signals, "encoding": "utf-8"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, **options) as process:
        assert process.stdout is not None
        assert (
            process.stdout.readline() == f"Listening on http://127.0.0.1:{port}/; Ctrl-C ends it.\n"
        )
        assert titles(f"http://127.0.0.1:{port}/events", retry=0) == ["Ada", "Grace", "Zoë"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with demo.practice_server(0) as server:
        assert demo.main(["--serve", "--port", str(server.port)]) == 1
        told = f"can't listen on port {server.port}: Address already in use; try another --port\n"
        assert capsys.readouterr().err == told
