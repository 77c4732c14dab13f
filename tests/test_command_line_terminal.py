"""The command line in a terminal: what people see."""

from __future__ import annotations

import re
import sys

import pytest

from sseclient_ng import Event
from sseclient_ng.testing import Hold, ScriptedServer, response
from support.command import run_in_terminal, started, without_times

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")

ADA = Event('{"name": "Ada \\u001b[31m", "langs": ["en"], "key: 1": {}}', "edit", "42")
TEXT = Event("Zo\xeb\n\ttwo", retry=500)
NASTY = Event("\x1b]0;title\x07\x9b31m\x7f\r\u202eevil", "\x1b[1m", "\x1b[2J")

COLOURED = """\
\x1b[2m: hi\x1b[0m
\x1b[2mHH:MM:SS\x1b[0m  \x1b[1;36medit\x1b[0m  \x1b[33mid 42\x1b[0m
  {
    \x1b[34m"name"\x1b[0m: "Ada \\u001b[31m",
    \x1b[34m"langs"\x1b[0m: [
      "en"
    ],
    \x1b[34m"key: 1"\x1b[0m: {}
  }

\x1b[2mHH:MM:SS\x1b[0m  \x1b[1;36mmessage\x1b[0m  \x1b[2mretry 500 ms\x1b[0m
  Zo\xeb
  \ttwo

"""
PLAIN = re.sub("\x1b\\[[0-9;]*m", "", COLOURED)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, COLOURED),
        ({"NO_COLOR": ""}, COLOURED),  # set, but empty: https://no-color.org
        ({"NO_COLOR": "1"}, PLAIN),
        ({"TERM": "dumb"}, PLAIN),
    ],
)
def test_blocks(environment: dict[str, str], expected: str) -> None:
    with ScriptedServer(response([": hi\n", ADA, TEXT])) as server:
        ran = run_in_terminal(server.url, "--no-reconnect", "--comments", **environment)
    assert ran.code == 0
    assert without_times(ran.shown.replace("\r\n", "\n")) == expected


@pytest.mark.parametrize("output", ["pretty", "jsonl", "data", "raw"])
def test_no_control_character_of_a_server_reaches_it(output: str) -> None:
    body = [f": {NASTY.data}\n".replace("\r", ""), NASTY, ADA]
    with ScriptedServer(response(body)) as server:
        ran = run_in_terminal(
            *(server.url, "--output", output, "--comments", "--no-reconnect"), NO_COLOR="1"
        )
    assert ran.code == 0
    assert "evil" in ran.shown
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", ran.shown)
    assert "\r" not in ran.shown.replace("\r\n", "")


def test_messages_are_harmless_too() -> None:
    refused = response(
        "\x1b[2J\x9b31m", status=401, reason="No \x1b[31m", content_type="text/plain"
    )
    with ScriptedServer(refused) as server:
        ran = run_in_terminal(server.url)
    assert ran.code == 3
    assert r"401 No \x1b[31m" in ran.shown
    assert not re.search("[\x1b\x9b]", ran.shown)


def test_ctrl_c() -> None:
    with ScriptedServer(response([TEXT, Hold()])) as server:
        ran = run_in_terminal(server.url, stop=("two", "\x03"))
        server.wait_for_disconnect()
    assert ran.code == 130
    assert "two" in ran.shown


def test_ctrl_c_while_it_connects() -> None:
    with ScriptedServer([Hold()]) as server:
        ran = run_in_terminal(server.url, "-v", stop=("connecting", "\x03"))
    assert ran.code == 130


def test_the_password_is_asked_for_and_not_shown() -> None:
    with ScriptedServer(response(TEXT)) as server:
        ran = run_in_terminal(
            server.url, "-u", "ada", "--no-reconnect", stop=("Password of ada: ", "secret\n")
        )
        assert server.requests[0].headers["Authorization"] == "Basic YWRhOnNlY3JldA=="
    assert ran.code == 0
    assert "secret" not in ran.shown


def test_ctrl_c_at_the_password() -> None:
    ran = run_in_terminal("http://127.0.0.1:1/", "-u", "ada", stop=("Password", "\x03"))
    assert ran.code == 130


def test_a_terminal_that_can_not_show_everything() -> None:
    with ScriptedServer(response(TEXT)) as server:
        ran = run_in_terminal(
            *(server.url, "--no-reconnect"), NO_COLOR="1", PYTHONUTF8="0", PYTHONIOENCODING="ascii"
        )
    assert ran.code == 0
    assert r"Zo\xeb" in ran.shown


def test_a_file_beside_a_terminal_has_json_lines() -> None:
    with ScriptedServer(response(ADA)) as server, started(server.url, "--no-reconnect") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'{"event": "edit"')
