"""Keeping one's place: the file, and what stores the last event ID after each event."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sseclient_ng import (
    AsyncSSEClient,
    LastEventIDFile,
    ReconnectPolicy,
    SSEClient,
    akeep_last_id,
    keep_last_id,
)
from sseclient_ng._places import Place
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.drivers import run_loop
from support.dropping import dropping_server

AT_ONCE = ReconnectPolicy(min_delay=0, max_delay=0, jitter=0)
IDS = [
    "1",
    " 7 ",
    '[{"topic":"eqiad","offset":-1}]',
    "Zo\xeb \U0001f600",
    "\ufeff1",
    "\t",
    "a\x1bb",
]
EVENTS = [b"id: 1\ndata: a\n\n", b"id: 2\ndata: b\n\n", b"id: 3\ndata: c\n\n"]


class Kept(list[str]):
    """Keeps every ID, to look at."""

    def store(self, last_id: str) -> None:
        self.append(last_id)


@pytest.fixture(params=[True, False], ids=["fsync", "no fsync"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LastEventIDFile:
    return LastEventIDFile(tmp_path / "place", fsync=request.param)


# The file


@pytest.mark.parametrize("last_id", IDS)
def test_what_was_stored_is_loaded(place: LastEventIDFile, last_id: str) -> None:
    assert place.load() is None
    place.store("before")
    place.store(last_id)
    assert place.load() == last_id
    assert LastEventIDFile(str(place.path)).load() == last_id


def test_an_empty_id_asks_for_none(place: LastEventIDFile) -> None:
    place.store("")
    assert place.load() is None


def test_nothing_but_the_file_is_left(place: LastEventIDFile) -> None:
    place.store("1")
    place.store("2")
    assert os.listdir(os.path.dirname(place.path)) == ["place"]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_file_that_was_written_by_hand(tmp_path: Path, end: str) -> None:
    path = tmp_path / "place"
    path.write_bytes(f"4711{end}".encode())
    assert LastEventIDFile(path).load() == "4711"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"1\n2\n", b"1\r2", b"a\0b"])
def test_a_file_that_holds_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "place"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} does not hold a last event ID: ")):
        LastEventIDFile(path).load()
    assert path.read_bytes() == content


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "place")
    LastEventIDFile(link).store("1")
    LastEventIDFile(link).store("2")
    assert link.is_symlink()
    assert (tmp_path / "there" / "place").read_text("utf-8") == "2"


def test_a_directory_that_is_missing(tmp_path: Path) -> None:
    place = LastEventIDFile(tmp_path / "missing" / "place")
    assert place.load() is None
    with pytest.raises(FileNotFoundError, match="missing"):
        place.store("1")


def test_an_id_that_can_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    place = LastEventIDFile(tmp_path / "place")
    place.store("1")
    (tmp_path / "place.new").mkdir()
    with pytest.raises(OSError, match="place"):
        place.store("2")
    assert place.load() == "1"


STORING = """
import itertools, sys
from sseclient_ng import LastEventIDFile
place = LastEventIDFile(sys.argv[1], fsync=False)
print(flush=True)
for number in itertools.count():
    place.store(str(number) * 2000)
"""


def test_a_program_that_is_killed_leaves_a_whole_id(tmp_path: Path) -> None:
    path = tmp_path / "place"
    numbers = random.Random(1)
    for _ in range(10):
        program = subprocess.Popen(
            [sys.executable, "-c", STORING, str(path)], stdout=subprocess.PIPE
        )
        with program:
            assert program.stdout is not None
            program.stdout.readline()
            time.sleep(numbers.random() / 50)
            program.kill()
        last_id = LastEventIDFile(path).load()
        assert last_id is None or re.fullmatch(r"(\d+?)\1{1999}", last_id)


# The loop


def test_an_id_is_stored_when_its_event_was_handled() -> None:
    kept = Kept()
    client = SSEClient(EVENTS)
    seen = [(event.data, list(kept)) for event in keep_last_id(client, kept)]
    assert seen == [("a", []), ("b", ["1"]), ("c", ["1", "2"])]
    assert kept == ["1", "2", "3"]


def test_asynchronously() -> None:
    async def main(place: Place) -> list[str]:
        async with AsyncSSEClient(server.url, reconnect=AT_ONCE, retry=0) as client:
            return [event.data async for event in akeep_last_id(client, place)]

    class Later:
        async def store(self, last_id: str) -> None:
            kept.store(last_id)

    for place_type in (Kept, Later):
        kept = Kept()
        bodies = [response([*EVENTS[:2], b"data: no ID\n\n"]), response(EVENTS[2])]
        with ScriptedServer(*bodies) as server:
            data = run_loop(main(kept if place_type is Kept else Later()))
        assert data == ["a", "b", "no ID", "c"]
        assert kept == ["1", "2", "3"]


def test_only_a_change_is_stored() -> None:
    kept = Kept()
    body = [b"data: none yet\n\n", b"id: 1\ndata: a\n\n", b"data: b\n\n", b"id\ndata: reset\n\n"]
    assert len(list(keep_last_id(SSEClient(body), kept))) == 4
    assert kept == ["1", ""]


def test_an_id_behind_the_last_event_is_kept_with_it() -> None:
    kept = Kept()
    list(keep_last_id(SSEClient([EVENTS[0] + b"id: 9\n\n"]), kept))
    assert kept == ["9"]


def test_an_event_that_was_not_handled_comes_again(tmp_path: Path) -> None:
    place = LastEventIDFile(tmp_path / "place")
    handled: list[str] = []

    def run() -> None:
        with SSEClient(server.url, last_id=place.load(), reconnect=False) as client:
            for event in keep_last_id(client, place):
                if event.data == "b" and not broken:
                    broken.append(event.data)
                    raise LookupError
                handled.append(event.data)

    broken: list[str] = []
    with ScriptedServer(response(EVENTS), response(EVENTS[1:])) as server:
        with pytest.raises(LookupError):
            run()
        assert place.load() == "1"
        run()
        assert [request.last_event_id for request in server.requests] == [None, "1"]
    assert (handled, place.load()) == (["a", "b", "c"], "3")


def test_over_drops_and_restarts(tmp_path: Path) -> None:
    place = LastEventIDFile(tmp_path / "place", fsync=False)
    numbers = random.Random(7)
    seen: list[int] = []
    with dropping_server(600, seed=7) as server:
        while seen[-1:] != [600]:
            policy = ReconnectPolicy(min_delay=0, max_delay=0, jitter=0, retry_first=True)
            with SSEClient(server.url, place.load(), 0, reconnect=policy) as client:
                for event in keep_last_id(client, place):
                    seen.append(int(event.data))
                    if numbers.random() < 0.05:
                        break
    assert list(dict.fromkeys(seen)) == list(range(1, 601))
    repeated = [a for a, b in zip(seen, seen[1:]) if a == b]
    assert len(seen) == 600 + len(repeated)  # only the event at which the loop was left


def test_a_place_that_fails_ends_the_loop() -> None:
    class Full:
        def store(self, last_id: str) -> None:
            raise OSError(28, "No space left on device", last_id)

    with ScriptedServer(response([*EVENTS, Hold()])) as server, SSEClient(server.url) as client:
        events = keep_last_id(client, Full())
        assert next(events).data == "a"
        with pytest.raises(OSError, match="No space left"):
            next(events)
