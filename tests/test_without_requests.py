"""The parser needs only the standard library."""

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
            import copy, pickle
            for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
                assert (type(again), str(again)) == (EventTooLarge, str(error))
                assert again.max_event_size == 10
        else:
            raise AssertionError
    """,
    "functions around it": """
        from sseclient_ng import iter_events, iter_line_events
        assert [event.data for event in iter_events([b"data: 1\\n\\n"])] == ["1"]
        assert [event.data for event in iter_line_events(["data: 1", ""])] == ["1"]
        import asyncio
        from sseclient_ng import aiter_events, aiter_line_events
        async def give(*pieces):
            for piece in pieces:
                yield piece
        async def collect(events):
            return [event.data async for event in events]
        assert asyncio.run(collect(aiter_events(give(b"data: 1\\n\\n")))) == ["1"]
        assert asyncio.run(collect(aiter_line_events(give("data: 1", "")))) == ["1"]
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
    "an event": """
        import sseclient_ng
        assert sseclient_ng.Event("1").data == "1"
        assert not hasattr(sseclient_ng, "nonsense")
    """,
    "help": """
        import pydoc, sseclient_ng
        assert "SSEClient" not in dir(sseclient_ng)
        assert "EventStreamParser" in pydoc.render_doc(sseclient_ng)
    """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_works(program: str) -> None:
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")


NEED_REQUESTS = [
    *("SSEClient", "AsyncSSEClient", "SSEError", "InvalidContentType", "RetriesExhausted"),
    *("end_of_field", "requests", "_FIELD_SEPARATOR"),
]


@pytest.mark.parametrize("name", NEED_REQUESTS)
def test_other_names_say_that_they_need_requests(name: str) -> None:
    done = run(f"from sseclient_ng import {name}")
    assert done.returncode == 1
    assert f"ImportError: sseclient_ng.{name} needs requests: pip install requests" in done.stderr


BROKEN = {
    "a name": ("requests.exceptions", "types.ModuleType('empty')", "ImportError"),
    "a part of requests": ("requests.exceptions", "None", "ModuleNotFoundError"),
    "a part of urllib3": ("urllib3.response", "None", "ModuleNotFoundError"),
}


@pytest.mark.parametrize(("module", "broken", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_installation_is_not_hidden(module: str, broken: str, error: str) -> None:
    done = run(
        f"""
        import types
        del sys.modules["requests"], sys.modules["urllib3"]
        sys.modules[{module!r}] = {broken}
        import sseclient_ng
        """
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(error)
    assert "needs requests" not in done.stderr
