"""The programs of docs/keep-your-place.md and docs/message-broker.md, killed again and again.

They run as processes, as their readers run them, against a server that drops connections.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import sseclient_ng
from support.command import THOROUGH, UNMEASURED
from support.dropping import dropping_server
from support.redis_server import ADDRESS, redis_server

pytestmark = pytest.mark.timeout(600)  # far more than it takes on a slow machine

TOP = Path(__file__).parent.parent
TOTAL = 450 if THOROUGH else 60
MOST = 30  # events that a run may get before it is killed


def program_of(page: str, mark: str) -> str:
    """Return the first block of a page in which that stands."""
    text = (TOP / "docs" / page).read_text("utf-8")
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if mark in block)


class Progress:
    """How far a run may get, so that there is something left for the next one."""

    allowed = 0


def run_and_kill(program: str, folder: Path, progress: Progress, stored: Callable[[], int]) -> int:
    """Run a program until everything is stored, killing it on its way; return how often."""
    path = folder / "program.py"
    path.write_text(program, "utf-8")
    package = str(Path(sseclient_ng.__file__).parent.parent)
    environment = {**os.environ, **UNMEASURED, "PYTHONPATH": package}
    numbers = random.Random(5)
    kills = 0
    while (count := stored()) < TOTAL:
        progress.allowed = count + MOST
        enough = min(TOTAL, count + numbers.randrange(1, MOST))
        with subprocess.Popen(
            [sys.executable, str(path)],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # a first connection that fails ends it, too
        ) as process:
            while process.poll() is None and stored() < enough:
                time.sleep(numbers.random() / 500)
            process.kill()
        kills += process.returncode < 0
    return kills


def test_a_table_holds_every_event_once(tmp_path: Path) -> None:
    def stored() -> list[int]:
        if not (tmp_path / "events.db").exists():
            return []
        with contextlib.closing(sqlite3.connect(tmp_path / "events.db")) as database:
            try:
                return [int(data) for (data,) in database.execute("SELECT data FROM events")]
            except sqlite3.OperationalError:  # killed before it made the table
                return []

    program = program_of("keep-your-place.md", "sqlite3.connect")
    progress = Progress()
    with dropping_server(TOTAL, seed=3, allowed=lambda: progress.allowed) as server:
        program = program.replace("http://127.0.0.1:8765/events", server.url)
        kills = run_and_kill(program, tmp_path, progress, lambda: len(stored()))
    assert kills >= TOTAL / MOST - 1
    assert stored() == list(range(1, TOTAL + 1))


def test_a_broker_holds_every_event_once(tmp_path: Path) -> None:
    redis = pytest.importorskip("redis")
    program = program_of("message-broker.md", "xadd")
    progress = Progress()
    dropping = dropping_server(TOTAL, seed=4, allowed=lambda: progress.allowed)
    with redis_server() as url, dropping as server:
        program = program.replace("http://127.0.0.1:8765/events", server.url)
        with redis.Redis.from_url(url, decode_responses=True) as broker:
            program = program.replace(ADDRESS, url)
            kills = run_and_kill(program, tmp_path, progress, lambda: broker.xlen("events"))
            stored = [int(fields["data"]) for _, fields in broker.xrange("events")]
    assert stored == list(range(1, TOTAL + 1))
    assert kills >= TOTAL / MOST - 1
