"""Node's eventsource-parser, in its own process, which takes a turn in every round."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks.entrant import Facts
from benchmarks.names import NODE_NAME

_FOLDER = Path(__file__).parent / "node"


class NodeUnavailable(Exception):
    """Node cannot take part; the message says why and what to do."""


def digest(events: Sequence[Facts]) -> str:
    """Return a fingerprint of the events, equal to that of `node/parse.mjs`."""
    text = "".join(f"{event.data}\0{event.event}\0{event.id}\0" for event in events)
    return hashlib.sha256(text.encode()).hexdigest()


class NodeParser:
    """eventsource-parser at the other end of a pipe."""

    name = NODE_NAME

    def __init__(self) -> None:
        """Start Node; install the package first if needed.

        Raises:
            NodeUnavailable: there is no Node or npm, or npm cannot install the package.
        """
        node = _find("node")
        _install()
        self._process = subprocess.Popen(
            [node, "parse.mjs"],
            cwd=_FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = {
            "node": subprocess.check_output([node, "--version"], text=True).strip().lstrip("v"),
            "eventsource-parser": _installed_version(),
        }

    def load(self, reads: Sequence[bytes]) -> str:
        """Send the reads, parse them once and return the fingerprint of the events."""
        with tempfile.NamedTemporaryFile(suffix=".sse") as file:
            file.write(b"".join(reads))
            file.flush()
            ends = list(accumulate(map(len, reads)))
            return str(self._ask({"load": file.name, "reads": ends})["digest"])

    def run(self) -> float:
        """Parse the loaded reads again and return the seconds it took."""
        return float(self._ask({"run": True})["seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise NodeUnavailable("the Node process ended in the middle of a benchmark")
        return dict(json.loads(answer))


def _find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise NodeUnavailable(f"{program} is not on the PATH: install Node.js to compare with it")
    return path


def _install() -> None:
    if (_FOLDER / "node_modules").exists():
        return
    command = [_find("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock"]
    result = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NodeUnavailable(f"npm cannot install eventsource-parser: {reason}")


def _installed_version() -> str:
    manifest = _FOLDER / "node_modules" / "eventsource-parser" / "package.json"
    return str(json.loads(manifest.read_text())["version"])
