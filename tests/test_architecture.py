"""Imports run one way, from the clients to the core, which does no I/O and never sleeps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sseclient_ng

PACKAGE = Path(sseclient_ng.__file__).parent
CORE = sorted((PACKAGE / "_core").glob("*.py"))
ABOVE_THE_PARSER = {"delivery", "failure", "http", "machine", "policy"}

# What reads, writes, waits, or runs several things at once.
MODULES_THAT_DO_IO = {
    "aiohttp",
    "asyncio",
    "concurrent",
    "multiprocessing",
    "queue",
    "sched",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "threading",
}
CALLS_THAT_DO_IO = {"builtins.open", "builtins.print", "time.sleep"}
LIBRARIES = {"aiohttp", "httpx", "requests", "urllib3", "yarl"}

PAGE = Path(__file__).parent.parent / "docs" / "how-it-is-built.md"


def floors() -> list[set[str]]:
    """Who may import whom: each module only those of its own row of the page, or of a row below."""
    rows = re.findall(r"^\| [\w ]* ?\| (`[^|]+`) \|", section("The floors"), re.MULTILINE)
    return [set(re.findall(r"`(\w+)`", row)) for row in rows if row != "`_core`"]


def section(heading: str) -> str:
    return PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]


FLOORS = floors()


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the full name of each import of a module, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join(parents) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def names_used(tree: ast.AST) -> Iterator[str]:
    """Yield every name in the source as written, dotted or not."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)):
            yield ast.unparse(node)


def within(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def core_module(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


core_modules = pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)


def test_the_core_is_there() -> None:
    assert {"delivery", "machine", "parser", "policy"} <= {path.stem for path in CORE}


@core_modules
def test_the_core_imports_nothing_of_ours_from_outside_it(path: Path) -> None:
    names = imports(core_module(path), "sseclient_ng._core")
    ours = [name for name in names if within(name, "sseclient_ng")]
    assert [name for name in ours if not within(name, "sseclient_ng._core")] == []


@core_modules
def test_the_core_imports_no_library(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(core_module(path), "sseclient_ng._core")}
    assert tops & LIBRARIES == set()


@pytest.mark.parametrize("floor", range(len(FLOORS)))
def test_imports_run_one_way(floor: int) -> None:
    above = [f"sseclient_ng.{name}" for names in FLOORS[:floor] for name in names]
    for name in FLOORS[floor]:
        for path in (PACKAGE / name).glob("*.py") if (PACKAGE / name).is_dir() else [f"{name}.py"]:
            tree = core_module(PACKAGE / path)
            found = [each for each in imports(tree, "sseclient_ng") if within(each, *above)]
            assert found == [], path


def test_every_module_has_its_floor() -> None:
    placed = {name for names in FLOORS for name in names}
    modules = {path.stem for path in PACKAGE.glob("_[a-z]*") if path.name != "__pycache__"}
    assert modules - {"_core"} <= placed


def test_the_drawing_shows_the_same_house() -> None:
    text = (PAGE.parent.parent / "CONTRIBUTING.md").read_text("utf-8")
    rows = text.partition("```text\n")[2].partition("```")[0].splitlines()
    shown = [re.findall(r"(?<= )_\w+", row) for row in rows]
    assert len(shown) == 6
    assert shown.pop() == ["_core"]
    order = [name for row in shown for name in row]
    placed = [
        next(number for number, names in enumerate(FLOORS) if name in names) for name in order
    ]
    assert placed == sorted(placed)


@core_modules
def test_the_core_imports_nothing_that_does_io(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(core_module(path), "sseclient_ng._core")}
    assert tops & MODULES_THAT_DO_IO == set()


@core_modules
def test_the_core_calls_nothing_that_does_io(path: Path) -> None:
    tree = core_module(path)
    used = {*names_used(tree), *imports(tree, "sseclient_ng._core")}
    used |= {f"builtins.{name}" for name in used}
    assert used & CALLS_THAT_DO_IO == set()


@core_modules
def test_the_parser_knows_nothing_of_http(path: Path) -> None:
    if path.stem in ABOVE_THE_PARSER:
        return
    names = list(imports(core_module(path), "sseclient_ng._core"))
    above = [f"sseclient_ng._core.{stem}" for stem in ABOVE_THE_PARSER]
    assert [name for name in names if within(name, "requests", "urllib3", "http", *above)] == []


def test_the_locks_and_threads_are_those_of_the_page() -> None:
    told = re.findall(r"^\| `(\w+)` \| `([\w/]+)` \|", section("Threads and locks"), re.MULTILINE)
    found = []
    for path in PACKAGE.rglob("*.py"):
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        if module.split("/")[0] not in ("testing", "demo"):
            kinds = re.findall(r"threading\.([A-Z]\w+)\(", path.read_text("utf-8"))
            found += [(kind, module) for kind in kinds]
    assert sorted(found) == sorted(told)
