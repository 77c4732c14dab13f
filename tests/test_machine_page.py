"""The page about the machine shows the current table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location("draw_machine", DOCS / "draw_machine.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "draw_machine", module)
    specification.loader.exec_module(module)
    return module


def test_the_diagram_is_drawn_from_the_table(drawing: ModuleType) -> None:
    assert (DOCS / "machine.svg").read_text("utf-8") == drawing.diagram()


def test_the_page_has_the_table(drawing: ModuleType) -> None:
    text = (DOCS / "machine.md").read_text("utf-8")
    assert drawing.page(text) == text
    assert text.count("| open |") > 5
