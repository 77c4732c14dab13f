"""The plugin for pytest, in runs of pytest that are processes of their own, as users have them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sseclient_ng

USERS_TESTS = """
import asyncio
import sys

from sseclient_ng import AsyncSSEClient, Event, SSEClient
from sseclient_ng.testing import EventServer, ScriptedServer, response


def test_pushed(event_server):
    assert type(event_server) is EventServer
    with SSEClient(event_server.url) as client:
        event_server.send(Event("one", id="1"))
        assert next(client).data == "one"


def test_pushed_asynchronously(event_server):
    async def main():
        async with AsyncSSEClient(event_server.url + "/a") as client:
            (request,) = await event_server.wait_for_requests_async(1)
            assert request.path == "/a"
            event_server.send(Event("one"))
            return (await client.__anext__()).data

    assert asyncio.run(main()) == "one"


def test_scripted(scripted_server):
    assert type(scripted_server) is ScriptedServer
    scripted_server.add(response([Event("one", id="1")]), response("id: 2\\ndata: two\\n\\n"))
    assert [event.data for event in SSEClient(scripted_server.url, retry=0)] == ["one", "two"]


def test_a_server_of_its_own(event_server, scripted_server):
    assert event_server.requests == scripted_server.requests == []
    assert event_server.port != scripted_server.port
"""

BROKEN_SCRIPT = """
from sseclient_ng.testing import Call


def test_scripted(scripted_server):
    scripted_server.add(Call(lambda: 1 / 0))
    import socket

    with socket.create_connection(("127.0.0.1", scripted_server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
        assert connection.recv(1) == b""
"""

COSTS_NOTHING = """
import sys

import pytest_sseclient_ng


def test_nothing_is_imported(request):
    assert request.config.pluginmanager.has_plugin("pytest_sseclient_ng")
    assert not {"sseclient_ng", "requests", "urllib3", "aiohttp"} & set(sys.modules)
"""

NO_AIOHTTP = """
import sys


def test_no_aiohttp(event_server, scripted_server):
    assert "aiohttp" not in sys.modules
"""


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with this plugin and no other: by its name, as a checkout has no entry points."""
    top = str(Path(sseclient_ng.__file__).parent.parent)
    alone = {"PYTHONPATH": top, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "pytest_sseclient_ng", *options, str(folder)],
        cwd=folder,
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "source", [USERS_TESTS, COSTS_NOTHING, NO_AIOHTTP], ids=["fixtures", "unused", "no aiohttp"]
)
def test_in_a_project_of_a_user(tmp_path: Path, source: str) -> None:
    (tmp_path / "test_it.py").write_text(source, "utf-8")
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout


def test_an_error_of_a_script_is_one_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(BROKEN_SCRIPT, "utf-8")
    done = run_pytest(tmp_path)
    assert done.returncode == 1
    assert "ERROR test_it.py::test_scripted - ZeroDivisionError" in done.stdout


def test_pytest_shows_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(USERS_TESTS, "utf-8")
    shown = run_pytest(tmp_path, "--fixtures").stdout
    assert "event_server -- " in shown
    assert "A server to which the test pushes events" in shown
    assert "A server that follows scripts" in shown
