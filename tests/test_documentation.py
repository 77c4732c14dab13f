"""Every Python block in the README and in docs/ runs, and prints what the page says it prints.

The blocks of a page share one namespace, as for a reader who types them one after the other, and
functions named ``test_...`` are called, as pytest would, with the fixtures of the plugin. A
``text`` block after a Python block is that block's output. The commands of a ``console`` block, but
for ``pip`` and ``tox``, are typed into a shell, and show what stands below them. The address
``https://stream.example`` is served on loopback for the time of the test: each path gives the
answers that ``STREAMS`` lists, anew for each block and command, and then 204, which ends a loop
that would reconnect. Files that a page writes are in a folder of their own.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import itertools
import logging
import re
import shlex
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example, Lexeme, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

from sseclient_ng.testing import EventServer, Hold, Request, Reset, Script, ScriptedServer, response
from support import redis_server
from support.command import COMMAND, environment

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
FIXTURES = {"event_server": EventServer, "scripted_server": ScriptedServer}
ADDRESS = "https://stream.example"

SOON = b"retry: 10\n\n"
ADA = b'id: 1\ndata: {"title": "Ada"}\n\n'
GRACE = b'id: 2\nevent: edit\ndata: {"title": "Grace"}\n\n'
ZOE = b'id: 3\ndata: {"title": "Zo\xc3\xab"}\n\n'


def change(number: int, wiki: str, title: str) -> bytes:
    """One record of a stream like Wikimedia's."""
    data = f'{{"wiki": "{wiki}", "title": "{title}", "meta": {{"domain": "{wiki}.example"}}}}'
    return f'event: message\nid: [{{"offset": {number}}}]\ndata: {data}\n\n'.encode()


def token(text: str) -> bytes:
    """One piece of a language model's answer."""
    return f'data: {{"choices": [{{"delta": {{"content": "{text}"}}}}]}}\n\n'.encode()


STREAMS: dict[str, list[Script]] = {
    "/events": [response(SOON + ADA + GRACE + ZOE)],
    # The connection breaks inside the second event, a server is busy, then the stream goes on.
    "/drops": [
        response([SOON + ADA, GRACE[:20]], complete=False),
        response(status=503, headers={"Retry-After": "1"}),
        response(GRACE + ZOE),
    ],
    # Says something once, and no more.
    "/quiet": [response([SOON + ADA, Hold()])],
    "/changes": [
        response(
            [
                b":ok\n\n" + SOON + change(1, "dewiki", "Ada Lovelace"),
                change(2, "canary", "ignored"),
                change(3, "enwiki", "Grace Hopper")[:40],
            ],
            complete=False,
        ),
        response(change(3, "enwiki", "Grace Hopper") + change(4, "dewiki", "Zo\xeb")),
    ],
    "/chat": [
        response([token("Hel"), token("lo"), token(" world"), b"data: [DONE]\n\n", Hold()]),
    ],
    "/cut": [response([token("Hel"), token("lo")])],
    "/busy": [response(b'{"error": "too many requests"}', status=429)],
    "/gone": [response(SOON + ADA), response(b"no such stream", status=404)],
    "/down": [response(SOON + ADA), [Reset()], [Reset()], [Reset()]],
    "/page": [response(b"<p>Sign in</p>", content_type="text/html")],
    "/database.json": [
        response(
            [
                b'event: put\ndata: {"path": "/", "data": {"users": {"ada": 1}}}\n\n',
                b"event: keep-alive\ndata: null\n\n",
                b'event: patch\ndata: {"path": "/users", "data": {"grace": 2}}\n\n',
                b'event: put\ndata: {"path": "/users/ada", "data": null}\n\n',
                b"event: auth_revoked\ndata: credential is no longer valid\n\n",
            ]
        ),
    ],
    "/private": [
        response(SOON + ADA),
        response(status=401),
        response(GRACE),
    ],
}


class StreamExample:
    """The answers of https://stream.example."""

    def __init__(self) -> None:
        self._server = ScriptedServer(then=self._answer)
        self._requests: Counter[str] = Counter()
        self.address = self._server.url.rstrip("/")

    def start_again(self) -> None:
        """Restart every stream."""
        self._requests.clear()

    def close(self) -> None:
        self._server.close()

    def _answer(self, request: Request) -> Script:
        if request.path not in STREAMS:
            return response(status=404)
        answers = iter(STREAMS[request.path])
        before = self._requests[request.path]
        self._requests[request.path] += 1
        return next(itertools.islice(answers, before, None), response(status=204))


@pytest.fixture
def stream_example() -> Iterator[StreamExample]:
    with contextlib.closing(StreamExample()) as server:
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
    yield
    signal.signal(signal.SIGTERM, handler)
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.fixture
def addresses(page: Path, stream_example: StreamExample) -> Iterator[dict[str, str]]:
    """What stands on a page, and what takes its place here."""
    found = {ADDRESS: stream_example.address}
    if redis_server.ADDRESS not in page.read_text("utf-8"):
        yield found
        return
    with redis_server.redis_server() as url:
        yield {**found, redis_server.ADDRESS: url}


class PageRun:
    """Runs one page's blocks in order and compares what they print with what it shows."""

    def __init__(self, server: StreamExample, addresses: dict[str, str]) -> None:
        self.server = server
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
        self.server.start_again()
        block: Lexeme = example.parsed
        example.parsed = Lexeme(self.with_addresses(block), block.offset, block.line_offset)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            PythonEvaluator()(example)
            self.run_tests(example.namespace)
        self.printed = output.getvalue().replace(self.server.address, ADDRESS)

    def with_addresses(self, text: str) -> str:
        for shown, real in self.addresses.items():
            text = text.replace(shown, real)
        return text

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
            if command.startswith(("pip ", "tox ")):
                continue
            self.server.start_again()
            shown = type_in_shell(self.with_addresses(command), self.code)
            self.code = shown.returncode
            printed = shown.stdout.replace(self.server.address, ADDRESS).rstrip("\n")
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
def test_the_examples_run(
    page: Path, stream_example: StreamExample, addresses: dict[str, str]
) -> None:
    for example in PageRun(stream_example, addresses).read(page):
        example.evaluate()
