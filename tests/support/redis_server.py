"""A Redis server for the time of a test."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: The address in the documentation, which tests replace by that of the server.
ADDRESS = "redis://localhost:6379"


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """Start a server on a socket of its own, and yield its URL; skip the test if there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    redis = pytest.importorskip("redis")
    with tempfile.TemporaryDirectory(prefix="redis") as folder:  # pytest's own are too long
        path = Path(folder) / "socket"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
            try:
                url = f"unix://{path}"
                _wait_for(server, redis.Redis.from_url(url))
                yield url
            finally:
                server.kill()


def _wait_for(server: subprocess.Popen[bytes], client: Any) -> None:
    deadline = time.monotonic() + 30
    with client:
        while not _answers(client):
            assert server.poll() is None, "redis-server has ended"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except Exception as error:
        if type(error).__name__ not in ("ConnectionError", "BusyLoadingError"):
            raise
        return False
