"""Every rule on the pages about the standard and about security is pinned by tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios import SCENARIOS
from test_parser import ROWS

TESTS = Path(__file__).parent
TOP = TESTS.parent
PAGES = ["docs/standard.md", "SECURITY.md"]
NAMES = {"parser": {row.name for row in ROWS}, "faults": {row.name for row in SCENARIOS}}


def promises(page: str) -> Iterator[tuple[str, str, str]]:
    """The rows of the tables whose last column is headed "Pinned by"."""
    is_promise = False
    for line in (TOP / page).read_text("utf-8").splitlines():
        cells = line.strip("| ").split(" | ")
        if len(cells) == 3 and is_promise and not line.startswith("|---"):
            yield cells[0], cells[1], cells[2]
        is_promise = cells[-1] == "Pinned by" or (is_promise and line.startswith("|"))


def is_a_test(name: str) -> bool:
    table = re.fullmatch(r"(parser|faults)\[(.+)\]", name)
    if table:
        return table[2] in NAMES[table[1]]
    module, function = name.split("::")
    file = TESTS / f"{module if module.startswith('test_') else 'test_' + module}.py"
    return f"def {function}(" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("promise", "kept", "tests"), [row for page in PAGES for row in promises(page)]
)
def test_a_promise_is_pinned(promise: str, kept: str, tests: str) -> None:
    names = re.findall(r"`([^`]+)`", tests)
    assert names
    assert [name for name in names if not is_a_test(name)] == []
    assert promise
    assert kept


def test_all_of_them_are_found() -> None:
    standard, security = ((TOP / page).read_text("utf-8") for page in PAGES)
    sections = re.findall(r"^## (9\.2\.\d)", standard, re.MULTILINE)
    assert sections == ["9.2.2", "9.2.3", "9.2.4", "9.2.5", "9.2.6"]
    assert len(list(promises(PAGES[0]))) == standard.count("\n| ") - len(sections)
    assert len(list(promises(PAGES[1]))) == security.count("\n| ") - 1
    named = re.findall(r"`(test_\w+::\w+)`", security)
    assert [name for name in named if not is_a_test(name)] == []
