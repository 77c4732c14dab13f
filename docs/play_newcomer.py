"""Play a newcomer: a fresh clone, a new environment, and every first example, copied and run.

`python docs/play_newcomer.py` clones this repository, installs it as the README says, runs the
practice server, and then runs each Python block of the README, the landing page and the quick start
as a program of its own, and each command, and compares what they print with what the page shows.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parent.parent
PAGES = ("README.md", "docs/index.md", "docs/quickstart.md")
NOT_TYPED = ("pip ", "tox ", "python -m sseclient_ng.demo --serve")
_blocks_of = re.compile(r"^```(python|console|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE).findall


class Example(NamedTuple):
    """What a newcomer copies.

    Args:
        page: from where.
        program: a program in Python, or the command of a terminal.
        is_command: whether it is the latter.
        shown: what the page says that it prints; None where it says nothing.
    """

    page: str
    program: str
    is_command: bool
    shown: str | None


def examples(page: str, text: str) -> Iterator[Example]:
    """Yield the examples of a page, with what stands below them."""
    blocks = [*_blocks_of(text), ("", "")]
    for (kind, code), (next_kind, below) in zip(blocks, blocks[1:]):
        if kind == "python":
            yield Example(page, code, False, below if next_kind == "text" else None)
        for typed in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:] if kind == "console" else ():
            command, _, shown = typed.partition("\n")
            if not command.startswith(NOT_TYPED):
                yield Example(page, command, True, shown)


def install(folder: Path) -> Path:
    """Clone, and install into a new environment; return the folder of its programs."""
    clone, environment = folder / "clone", folder / "environment"
    subprocess.run(["git", "clone", "--quiet", str(TOP), str(clone)], check=True)
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    wanted = f"{clone}[async]"
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", wanted], check=True)
    return programs


def run(example: Example, programs: Path, folder: Path) -> bool:
    """Run an example, and return whether it prints what its page shows."""
    command: list[str | Path] = [programs / "python", "-W", "error", "-c", example.program]
    if example.is_command:
        name, *arguments = example.program.split()
        command = [programs / name, *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    right = ran.returncode == 0 and example.shown in (None, ran.stdout)
    print("as shown" if right else "WRONG   ", example.page, repr(example.program[:60]))
    if not right:
        print(ran.stdout, ran.stderr, sep="\n")
    return right


def main() -> int:
    """Play, and return the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = install(folder)
        serve = [programs / "python", "-m", "sseclient_ng.demo", "--serve"]
        with subprocess.Popen(serve, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                print(server.stdout.readline(), end="")
                found = [
                    example
                    for page in PAGES
                    for example in examples(page, (folder / "clone" / page).read_text("utf-8"))
                ]
                results = [run(example, programs, folder) for example in found]
            finally:
                server.kill()
    print(f"{sum(results)} of {len(results)} examples print what they show")
    return 0 if all(results) and results else 1


if __name__ == "__main__":
    sys.exit(main())
