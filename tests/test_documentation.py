"""Every Python block in the README and in docs/ runs, and prints what the page says it prints.

The blocks of a page share one namespace, as for a reader who types them one after the other, and
functions named ``test_...`` are called, as pytest would, with the fixtures of the plugin. A
``text`` block after a Python block is that block's output. The commands of a ``console`` block, but
for ``pip``, ``tox`` and servers, are typed into a shell, and show what stands below them. The
address of the practice server leads to one on another port, so that tests can run side by side.
Files that a page writes are in a folder of their own.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import logging
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example, Lexeme, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

from sseclient_ng.demo import PRACTICE_PORT, practice_server
from sseclient_ng.testing import EventServer, ScriptedServer
from support import redis_server
from support.command import COMMAND, environment

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
FIXTURES = {"event_server": EventServer, "scripted_server": ScriptedServer}
ADDRESS = f"http://127.0.0.1:{PRACTICE_PORT}"


@pytest.fixture
def practice() -> Iterator[ScriptedServer]:
    with practice_server(0) as server:
        yield server


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def own_settings() -> Iterator[None]:
    """Restore what a page changes in the process."""
    logger = logging.getLogger("sseclient")
    handlers, level = list(logger.handlers), logger.level
    handler = signal.getsignal(signal.SIGTERM)
    installed = {name: sys.modules.get(name) for name in ("sseclient", "httpx_sse")}
    yield
    for name, module in installed.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module
    signal.signal(signal.SIGTERM, handler)
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def addresses(page: Path, practice: ScriptedServer) -> Iterator[dict[str, str]]:
    """What stands on a page, and what takes its place here."""
    found = {ADDRESS: practice.url.rstrip("/")}
    if redis_server.ADDRESS not in page.read_text("utf-8"):
        yield found
        return
    with redis_server.redis_server() as url:
        yield {**found, redis_server.ADDRESS: url}


class PageRun:
    """Runs one page's blocks in order and compares what they print with what it shows."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses
        self.printed = ""
        self.code = 0  # of the last command

    def read(self, page: Path) -> Document:
        parsers = [
            CodeBlockParser("python", self.run),
            CodeBlockParser("text", self.compare),
            CodeBlockParser("console", self.type),
        ]
        document = Sybil(parsers).parse(page)
        document.namespace["__name__"] = "__main__"
        return document

    def run(self, example: Example) -> None:
        block: Lexeme = example.parsed
        example.parsed = Lexeme(self.with_addresses(block), block.offset, block.line_offset)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            PythonEvaluator()(example)
            self.run_tests(example.namespace)
        self.printed = self.as_shown(output.getvalue())

    def with_addresses(self, text: str) -> str:
        for shown, real in self.addresses.items():
            text = text.replace(shown, real)
        return text

    def as_shown(self, text: str) -> str:
        return text.replace(self.addresses[ADDRESS], ADDRESS)

    def run_tests(self, namespace: dict[str, object]) -> None:
        # sybil takes them away, and functions of Python 3.9 then lack them.
        namespace["__builtins__"] = builtins
        for name in [name for name in namespace if name.startswith("test_")]:
            test = namespace.pop(name)
            assert callable(test)
            with contextlib.ExitStack() as servers:
                fixtures = inspect.signature(test).parameters
                test(*[servers.enter_context(FIXTURES[fixture]()) for fixture in fixtures])

    def type(self, example: Example) -> None:
        """Type the commands of a terminal, and compare what it shows."""
        for typed in re.split(r"^(?=\$ )", str(example.parsed), flags=re.MULTILINE)[1:]:
            command, _, expected = typed[2:].partition("\n")
            if command.startswith(("pip ", "tox ", "python -m sseclient_ng.demo")):
                continue
            shown = type_in_shell(self.with_addresses(command), self.code)
            self.code = shown.returncode
            printed = self.as_shown(shown.stdout).rstrip("\n")
            assert without_waits(printed) == without_waits(expected.rstrip("\n")), command

    def compare(self, example: Example) -> None:
        assert self.printed == example.parsed, f"{example.path}:{example.line}: other output"


def type_in_shell(command: str, code: int) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does, where the one before it ended with that exit code."""
    shell = f'sseclient-ng() {{ {shlex.join(COMMAND)} "$@"; }}\n(exit {code})\n{command}\n'
    return subprocess.run(
        ["bash", "-c", shell],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def without_waits(shown: str) -> str:
    """Leave out what jitter chooses."""
    return re.sub(r"again in [0-9.]+ s$", "again in N s", shown, flags=re.MULTILINE)


@pytest.mark.usefixtures("own_folder", "own_settings")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_run(page: Path, addresses: dict[str, str]) -> None:
    for example in PageRun(addresses).read(page):
        example.evaluate()
