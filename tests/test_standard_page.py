"""Every rule on the page about the standard is pinned by tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios import SCENARIOS
from test_parser import ROWS

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "standard.md"
NAMES = {"parser": {row.name for row in ROWS}, "faults": {row.name for row in SCENARIOS}}


def rules() -> Iterator[tuple[str, str, str]]:
    for line in PAGE.read_text("utf-8").splitlines():
        cells = line.strip("| ").split(" | ")
        if line.startswith("| ") and cells[0] != "The standard":
            rule, answer, tests = cells
            yield rule, answer, tests


def is_a_test(name: str) -> bool:
    table = re.fullmatch(r"(parser|faults)\[(.+)\]", name)
    if table:
        return table[2] in NAMES[table[1]]
    module, function = name.split("::")
    file = TESTS / f"{module if module.startswith('test_') else 'test_' + module}.py"
    return f"def {function}(" in file.read_text("utf-8")


@pytest.mark.parametrize(("rule", "answer", "tests"), list(rules()))
def test_a_rule_is_pinned(rule: str, answer: str, tests: str) -> None:
    names = re.findall(r"`([^`]+)`", tests)
    assert names
    assert [name for name in names if not is_a_test(name)] == []
    assert rule
    assert answer


def test_the_page_has_the_rules_of_every_section() -> None:
    sections = re.findall(r"^## (9\.2\.\d)", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sections == ["9.2.2", "9.2.3", "9.2.4", "9.2.5", "9.2.6"]
    assert len(list(rules())) > 35
