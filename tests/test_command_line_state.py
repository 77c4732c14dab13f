"""`--state`: killed at any moment, and started again, the command has written every event."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest

from sseclient_ng import Event
from sseclient_ng.testing import EventServer, ScriptedServer, response
from support.command import THOROUGH, UNMEASURED, run, started, wait_until
from support.dropping import dropping_server

pytestmark = pytest.mark.timeout(600)  # far more than it takes on a slow machine

A, B, C = Event("a", id="1"), Event("b", "edit", "2"), Event("c", id="3")

# 200 kills where there is time for that.
ROUNDS, KILLS = (8, 25) if THOROUGH else (2, 3)
MOST = 16  # events that a run may get before it is killed


def numbers_in(path: Path) -> list[int]:
    """Return the data of the whole lines of a file."""
    whole, _, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
    return [int(json.loads(line)["data"]) for line in whole.splitlines()]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_kill_9_loses_nothing(tmp_path: Path, seed: int) -> None:
    total = (KILLS + 1) * MOST
    chance = random.Random(seed)
    joined: list[int] = []

    def allowed() -> int:  # no run gets so far that it can't be killed any more
        return total if kills == KILLS else len(joined) + MOST

    with dropping_server(total, seed=seed, allowed=allowed) as server:
        kills = number = code = 0
        while kills < KILLS or code != 0:
            path, number = tmp_path / f"{number}.jsonl", number + 1
            enough = chance.randrange(MOST) if kills < KILLS else total
            arguments = ["--state", tmp_path / "state", "-o", path, "--retry", "0", server.url]
            with started(*arguments, own=UNMEASURED) as process:
                if not enough:  # at the start, wherever that is by now
                    time.sleep(chance.random() / 3)
                while process.poll() is None and enough and len(numbers_in(path)) < enough:
                    time.sleep(chance.random() / 500)
                process.kill()
            code = process.returncode
            written = numbers_in(path)
            # At most the event that was in flight comes again.
            joined += written[1:] if joined and written[:1] == joined[-1:] else written
            kills += code < 0
    assert joined == list(range(1, total + 1))


def test_one_file_for_all_runs(tmp_path: Path) -> None:
    path, chance, seen = tmp_path / "events.jsonl", random.Random(9), 0
    with dropping_server(100, seed=9) as server:
        code = None
        while code != 0:
            arguments = ["--state", tmp_path / "state", "--retry", "0", server.url]
            with (
                path.open("ab") as file,
                started(*arguments, stdout=file, own=UNMEASURED) as process,
            ):
                while process.poll() is None and len(numbers_in(path)) < seen + 20:
                    time.sleep(chance.random() / 500)
                process.kill()
            code, seen = process.returncode, len(numbers_in(path))
    assert list(dict.fromkeys(numbers_in(path))) == list(range(1, 101))


def test_the_state_follows_what_was_written(tmp_path: Path) -> None:
    state = tmp_path / "state"
    arguments = ["--state", state, "--retry", "0"]
    with EventServer() as server, started(*arguments, server.url) as process:
        assert process.stdout is not None
        for event, place in ((A, b"1"), (B, b"2"), (C, b"3")):
            server.send(event)
            assert json.loads(process.stdout.readline())["id"] == event.id
            wait_until(lambda place=place: state.read_bytes() == place)
        server.end()
        assert process.wait(60) == 0
    assert state.read_bytes() == b"3"
    assert os.listdir(tmp_path) == ["state"]


def test_it_begins_where_the_state_says(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with ScriptedServer(*[response([A, B, C])] * 4) as server:
        for arguments in (["-n", "1"], ["--last-id", "9"], ["--no-reconnect"]):
            assert run("--state", state, server.url, "--no-reconnect", *arguments).code == 0
        state.unlink()
        run("--state", state, server.url, "--last-id", "9", "-n", "1")
        asked = [request.last_event_id for request in server.requests]
    assert asked == [None, "1", "3", "9"]  # the state comes before --last-id
    assert state.read_bytes() == b"1"


def test_what_is_not_printed_moves_the_place_too(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with ScriptedServer(response([A, B, C])) as server:
        ran = run("--state", state, server.url, "--no-reconnect", "-e", "edit", "--output", "data")
    assert (ran.output, state.read_bytes()) == ("b\n", b"3")


def test_a_signal_keeps_the_place(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EventServer() as server, started("--state", state, server.url) as process:
        assert process.stdout is not None
        server.send(A)
        process.stdout.readline()
        process.terminate()
        assert process.wait(60) == 143
    assert state.read_bytes() == b"1"


CONTENTS: list[tuple[bytes, str]] = [
    (b"\xff", "does not hold a last event ID"),
    (b"1\n2", "does not hold a last event ID: it has several lines"),
]


@pytest.mark.parametrize(("content", "said"), CONTENTS)
def test_a_state_that_is_none(tmp_path: Path, content: bytes, said: str) -> None:
    state = tmp_path / "state"
    state.write_bytes(content)
    ran = run("--state", state, "http://127.0.0.1:1/")
    assert ran.code == 1
    assert said in ran.errors
    assert state.read_bytes() == content


def test_a_state_that_can_not_be_kept(tmp_path: Path) -> None:
    ran = run("--state", tmp_path / "missing" / "state", "http://127.0.0.1:1/")
    said = f"can't write --state {tmp_path}/missing/state: No such file or directory\n"
    assert (ran.code, ran.errors) == (1, f"sseclient-ng: {said}")
    ran = run("--state", tmp_path, "http://127.0.0.1:1/")
    assert (ran.code, ran.errors) == (
        1,
        f"sseclient-ng: can't read --state {tmp_path}: Is a directory\n",
    )
