"""The drawings of the documentation show what there is."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from support.http_libraries import HAS_URLLIB3_FUTURE

DOCS = Path(__file__).parent.parent / "docs"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, name, module)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("draw_machine", monkeypatch)


def test_the_diagram_is_drawn_from_the_table(machine: ModuleType) -> None:
    assert (DOCS / "machine.svg").read_text("utf-8") == machine.diagram()


def test_the_page_has_the_table(machine: ModuleType) -> None:
    text = (DOCS / "machine.md").read_text("utf-8")
    assert machine.page(text) == text
    assert text.count("| open |") > 5


def test_the_comparison_is_drawn_from_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = load("draw_comparison", monkeypatch)
    drawn = comparison.picture((DOCS / "comparison.md").read_text("utf-8"))
    assert (DOCS / "comparison.svg").read_text("utf-8") == drawn
    assert drawn.count("\N{HEAVY CHECK MARK}") > 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_the_terminal_shows_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = load("draw_terminal", monkeypatch)
    picture = (DOCS / "terminal.svg").read_text("utf-8")
    assert picture == terminal.picture()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", picture)


@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="its bodies are read in another way")
def test_the_way_of_a_chunk_is_that_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = load("trace_chunk", monkeypatch)
    text = (DOCS / "how-it-is-built.md").read_text("utf-8")
    assert text == trace.page(text)
    assert "feed" in trace.steps()
