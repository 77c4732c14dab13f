"""Every Python block in the README and in docs/ runs, and prints what the page says it prints.

The blocks of a page share one namespace, as for a reader who types them one after the other. A
``text`` block after a Python block is that block's output. The address ``https://stream.example``
is served on loopback for the time of the test: each path of ``STREAMS`` once for each block, and
then with 204, which ends a loop that would reconnect.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sybil import Document, Example, Lexeme, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser

TOP = Path(__file__).parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
ADDRESS = "https://stream.example"

STREAMS = {
    "/events": (
        b"retry: 10\n\n"
        b'id: 1\ndata: {"title": "Ada"}\n\n'
        b'id: 2\nevent: edit\ndata: {"title": "Grace"}\n\n'
        b'id: 3\ndata: {"title": "Zo\xc3\xab"}\n\n'
    ),
}


class StreamExample(ThreadingHTTPServer):
    """What https://stream.example answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.served: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: StreamExample

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path not in STREAMS:
            self.send_error(404)
        elif path in self.server.served:
            self.send_response(204)
            self.end_headers()
        else:
            self.server.served.add(path)
            self.send_stream(STREAMS[path])

    def send_stream(self, stream: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(stream)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Say nothing: the test's output is the page's."""


@pytest.fixture
def stream_example() -> Iterator[StreamExample]:
    with StreamExample() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class PageRun:
    """Runs one page's blocks in order and compares what they print with what it shows."""

    def __init__(self, server: StreamExample) -> None:
        self.server = server
        self.printed = ""

    def read(self, page: Path) -> Document:
        parsers = [CodeBlockParser("python", self.run), CodeBlockParser("text", self.compare)]
        document = Sybil(parsers).parse(page)
        document.namespace["__name__"] = "__main__"
        return document

    def run(self, example: Example) -> None:
        self.server.served.clear()
        block: Lexeme = example.parsed
        served = block.replace(ADDRESS, self.server.address)
        example.parsed = Lexeme(served, block.offset, block.line_offset)
        with contextlib.redirect_stdout(io.StringIO()) as output:
            PythonEvaluator()(example)
        self.printed = output.getvalue().replace(self.server.address, ADDRESS)

    def compare(self, example: Example) -> None:
        assert self.printed == example.parsed, f"{example.path}:{example.line}: other output"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_run(page: Path, stream_example: StreamExample) -> None:
    for example in PageRun(stream_example).read(page):
        example.evaluate()
