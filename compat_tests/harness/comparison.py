"""Run a snippet on the published package and on this one, and compare."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.catalogue import Snippet
from harness.script import answer
from sseclient_ng.testing import Request, ScriptedServer

Outcome = dict[str, Any]

COMPARED = ("recorded", "ended", "requests", "headers")
"""The parts of an outcome: what the snippet recorded, how it ended, the requests that the server
saw (method, target, last event ID), and what else stood in those that both packages sent."""

_UNCOMPARED_HEADERS = {"host", "last-event-id"}
"""Each run has a server of its own, so the port differs; the ID is compared with the request."""


class Worker:
    """A process that runs snippets with one of the packages installed."""

    def __init__(self, python: Path | str) -> None:
        """Start the worker under the interpreter ``python``."""
        command = [str(python), str(Path(__file__).with_name("worker.py"))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, snippet: Snippet, source: str, url: str) -> None:
        """Start to run ``source``, the text of ``snippet`` for this package."""
        job = {"name": snippet.name, "source": source, "url": url, "patience": snippet.patience}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def outcome(self) -> Outcome:
        """Wait for the started snippet, and return its outcome."""
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        outcome: Outcome = json.loads(line)
        if outcome["raised"]:
            outcome["ended"] = f"raised {outcome['raised'][0]}"
        return outcome

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


def this_package() -> Worker:
    """Return a worker for the package that these tests were installed with."""
    return Worker(sys.executable)


def run_both(snippet: Snippet, published: Worker, ours: Worker) -> tuple[Outcome, Outcome]:
    """Run ``snippet`` on both packages at the same time, each against a server of its own."""
    with _server(snippet) as old_server, _server(snippet) as new_server:
        published.start(snippet, snippet.source, old_server.url)
        ours.start(snippet, snippet.swapped_source, new_server.url)
        old, new = published.outcome(), ours.outcome()
    for outcome, server in ((old, old_server), (new, new_server)):
        outcome["requests"] = [_headline(request) for request in server.requests]
        outcome["headers"] = [_details(request) for request in server.requests]
    return old, new


def differing_parts(old: Outcome, new: Outcome) -> set[str]:
    """Return the names of the parts in which two outcomes differ."""
    differing = {part for part in COMPARED if old[part] != new[part]}
    sent_by_both = zip(old["headers"], new["headers"])
    if all(before == after for before, after in sent_by_both):
        differing.discard("headers")
    return differing


def explain(outcomes: Mapping[str, Outcome], parts: Iterable[str]) -> str:
    """Return what each package did, for a failure's message."""
    lines = []
    for who, outcome in outcomes.items():
        lines += [f"{who}: {part} = {outcome[part]!r}" for part in parts]
        lines += [f"{who} ended with:\n{outcome['trace']}"] if outcome["trace"] else []
    return "\n".join(lines)


def _server(snippet: Snippet) -> ScriptedServer:
    return ScriptedServer(*snippet.serve, then=answer(404))


def _headline(request: Request) -> str:
    last = request.last_event_id
    return f"{request.method} {request.target}" + ("" if last is None else f" after {last!r}")


def _details(request: Request) -> dict[str, str]:
    names = sorted({name.lower() for name in request.headers} - _UNCOMPARED_HEADERS)
    details = {"body": request.body.decode("latin-1"), **{n: request.headers[n] for n in names}}
    if details.get("user-agent", "").startswith(("python-requests/", "python-httpx/")):
        del details["user-agent"]  # it names a version, which changes with the environment
    return details
