"""Follow one chunk through the package, for the page "How it is built".

`python docs/trace_chunk.py` reads an event from a server and writes the list in
docs/how-it-is-built.md: the functions of this package that run, in their order.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType

import sseclient_ng
from sseclient_ng import SSEClient
from sseclient_ng.testing import ScriptedServer, WaitFor, response

PAGE = Path(__file__).parent / "how-it-is-built.md"
PACKAGE = Path(sseclient_ng.__file__).parent
BEGIN, END = "<!-- the way: begin -->\n", "<!-- the way: end -->\n"
WHAT = {
    "_client: __next__": "The caller asks. Events that are ready are delivered from here.",
    "_shell: next_event": "None is ready: the shell carries out what the machine answers.",
    "_core/machine: next_action": "The machine answers: read.",
    "_urllib3_body: _chunked": "The body's reader takes what has arrived out of its chunks.",
    "_core/delivery: receive": "The machine is told. Another encoding becomes UTF-8.",
    "_core/parser: feed": "The parser chooses a path: whole blocks, or line by line.",
    "_core/blocks: parse_named": "The fast path makes the events of the blocks.",
    "_core/event: __init__": "An event.",
    "_core/delivery: deliver": "The first event is delivered, and the others wait.",
    "_core/delivery: _follow": "The last event ID and the reconnection time follow it.",
}


def functions() -> list[str]:
    """What runs from the call for the second event to its delivery, each at its first call."""
    found: list[str] = []

    def note(frame: FrameType, happening: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if happening == "call" and PACKAGE in path.parents and "testing" not in path.parts:
            module = path.relative_to(PACKAGE).with_suffix("").as_posix()
            name = f"{module}: {frame.f_code.co_name}"
            if name not in found:
                found.append(name)

    first, second = threading.Event(), threading.Event()
    pieces = [b"data: 1\n\n", WaitFor(first), b"id: 2\ndata: 2\n\n", WaitFor(second)]
    with ScriptedServer(response(pieces)) as server, SSEClient(server.url) as client:
        next(client)
        first.set()
        sys.setprofile(note)
        try:
            next(client)
        finally:
            sys.setprofile(None)
            second.set()
    return found


def steps() -> str:
    """The list in Markdown.

    Raises:
        KeyError: a function is not described in this file.
    """
    return "".join(f"1. `{name}`: {WHAT[name]}\n" for name in functions())


def page(text: str) -> str:
    """The page with the list put in."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{steps()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
