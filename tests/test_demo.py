"""The demonstration ends by itself, and says the truth."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any, Callable

import pytest
import requests

from sseclient_ng import Event, SSEClient, demo

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
        patch.setattr(demo, "SSEClient", client)
        assert demo.main() == 0
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
    monkeypatch.setattr(demo, "SSEClient", lambda *args, **kwargs: change(events))
    assert demo.main() == status
    assert capsys.readouterr().out.splitlines()[-1] == verdict


def test_its_server_serves_nobody_who_goes_on_in_the_wrong_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forgetful(SSEClient):
        def _connect(self) -> None:
            self.last_id = None
            super()._connect()

    monkeypatch.setattr(demo, "SSEClient", Forgetful)
    with pytest.raises(requests.HTTPError, match="409"):
        demo.main()


def test_it_prints_on_a_terminal_that_knows_ascii_only(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(demo, "SSEClient", lambda *args, **kwargs: events)
    assert demo.main() == 0
    terminal.flush()
    assert terminal.buffer.getvalue().endswith(b"0 damaged.\n")  # type: ignore[attr-defined]


def test_it_prints_to_what_is_no_terminal_at_all(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SSEClient", lambda *args, **kwargs: events)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert demo.main() == 0
    assert printed.getvalue().endswith("0 damaged.\n")
