"""Compare two commits by the instructions that they need for an event.

Unlike seconds, instructions depend on nothing else that the machine does, so a change of one per
cent can be seen. They say nothing about memory that is slow and system calls that wait.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.tables import table
from benchmarks.workload import WORKLOADS

TOP = Path(__file__).parent.parent
PACKAGE = "sseclient_ng"
WORKING_TREE = "the working tree"


class CannotCount(Exception):
    """Something is missing that counting needs."""


class Count(NamedTuple):
    """The instructions and the events of one run."""

    instructions: int
    events: int


def compare(before: str, after: str, chosen: Sequence[str]) -> str:
    """Return a table of the instructions for an event at two commits.

    Args:
        before: a commit.
        after: another one; "" means the working tree.
        chosen: beginnings of the names of workloads; none means all.

    Raises:
        CannotCount: valgrind or git is missing, or there is no such commit or workload.
    """
    if shutil.which("valgrind") is None:
        raise CannotCount("valgrind is not installed; it counts the instructions")
    names = [name for name in WORKLOADS if not chosen or name.startswith(tuple(chosen))]
    if not names:
        raise CannotCount(f"no workload {', '.join(chosen)}; there are {', '.join(WORKLOADS)}")
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder, "before"), Path(folder, "after")]
        for tree, commit in zip(trees, (before, after)):
            _check_out(commit, tree)
        with ThreadPoolExecutor(os.cpu_count()) as executor:
            counts = [
                list(executor.map(lambda n, t=tree: _for_each(n, t), names)) for tree in trees
            ]
    rows = [
        [name, f"{old:,.0f}", f"{new:,.0f}", f"{new / old:.3f}"]
        for name, old, new in zip(names, *counts)
    ]
    return table(["instructions an event", before, after or WORKING_TREE, "ratio"], rows)


def _check_out(commit: str, tree: Path) -> None:
    """Put the package of a commit into a folder of its own."""
    tree.mkdir()
    if commit:
        archive = subprocess.run(
            ["git", "archive", commit, PACKAGE], cwd=TOP, capture_output=True, check=False
        )
        if archive.returncode:
            raise CannotCount(archive.stderr.decode().strip())
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(tree)
    else:
        shutil.copytree(TOP / PACKAGE, tree / PACKAGE)


def _for_each(name: str, tree: Path) -> float:
    """Return the instructions for each event; start and end of the process do not count."""
    _run(name, 1, tree)  # compiles what is imported, as the counted runs must not
    once, thrice = (_count(name, times, tree) for times in (1, 3))
    return (thrice.instructions - once.instructions) / (thrice.events - once.events)


def _count(name: str, times: int, tree: Path) -> Count:
    valgrind = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null"
    run = _run(name, times, tree, valgrind.split())
    found = re.search(r"I +refs: +([\d,]+)", run.stderr)
    if found is None:
        raise CannotCount(f"valgrind counted nothing: {run.stderr[-2000:]}")
    return Count(int(found[1].replace(",", "")), int(run.stdout))


def _run(
    name: str, times: int, tree: Path, under: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a workload in the folder of a tree, with the package that is there."""
    command = [*under, sys.executable, "-m", "benchmarks.workload", name, str(times)]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
        "PYTHONPATH": str(TOP),  # after the folder of the tree
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(tree / "compiled"),  # where nobody else writes
    }
    run = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise CannotCount(f"{name} failed: {run.stderr[-2000:]}")
    return run
