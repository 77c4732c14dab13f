"""The parser in a process that has no HTTP library: it needs the standard library alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['requests', 'urllib3', 'aiohttp']))\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", WITHOUT + textwrap.dedent(program)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


PROGRAMS = {
    "the parser": """
        from sseclient_ng import Comment, EventStreamParser
        parser = EventStreamParser()
        assert [event.data for event in parser.feed(b"data: 1\\n\\n: c\\n")] == ["1"]
        assert parser.feed_with_comments(b": d\\n") == [Comment("d")]
    """,
    "its limit": """
        from sseclient_ng import EventStreamParser, EventTooLarge
        try:
            EventStreamParser(max_event_size=10).feed(b"data: 0123456789")
        except EventTooLarge as error:
            assert error.max_event_size == 10
        else:
            raise AssertionError
    """,
    "functions around it": """
        from sseclient_ng import iter_events, iter_line_events
        assert [event.data for event in iter_events([b"data: 1\\n\\n"])] == ["1"]
        assert [event.data for event in iter_line_events(["data: 1", ""])] == ["1"]
    """,
    "the machine": """
        from sseclient_ng import ReconnectPolicy
        from sseclient_ng._core.delivery import Delivery
        from sseclient_ng._core.machine import CALL_ON_OPEN, CONNECT, READ, Machine
        machine = Machine(Delivery(None, 3000, max_event_size=None), ReconnectPolicy())
        assert machine.next_action() is CONNECT
        machine.opened()
        assert [machine.next_action(), machine.next_action()] == [CALL_ON_OPEN, READ]
    """,
    "what is there": """
        import sseclient_ng
        assert sseclient_ng.Event("1").data == "1"
        assert not hasattr(sseclient_ng, "nonsense")
    """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_works(program: str) -> None:
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name", ["SSEClient", "SSEError", "RetriesExhausted", "install_as_sseclient", "requests"]
)
def test_the_rest_says_what_it_needs(name: str) -> None:
    done = run(f"from sseclient_ng import {name}")
    assert done.returncode == 1
    assert f"ImportError: sseclient_ng.{name} needs requests: pip install requests" in done.stderr


def test_a_broken_requests_is_not_taken_for_a_missing_one() -> None:
    program = """
        import types
        broken = types.ModuleType("requests")
        sys.modules["requests"] = broken
        del sys.modules["urllib3"]
        import sseclient_ng
    """
    done = run(program)
    assert done.returncode == 1
    assert "needs requests" not in done.stderr
