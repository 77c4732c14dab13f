"""Make the page "What changes when you swap" from the table of differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from differences import CHAPTERS, Difference, Shown

PAGE = Path(__file__).parents[2] / "docs" / "what-changes.md"

_OPENING = """\
% Made from compat_tests/differences.py by "python compat_tests/write_page.py". Edit that, not this.

# What changes when you swap

Code written for `sseclient` 0.0.27 or `sseclient-py` 1.9.0 keeps working when its import is
changed. Where a published package is wrong, this one does something else; this page lists every
such place. It is also a test: `compat_tests` runs the same code on the published packages and on
this one, and fails on a difference that is not listed here, and on a listed one that is gone.
"""

_COLUMNS = {
    "recorded": "sees",
    "ended": "ends",
    "requests": "makes the requests",
    "headers": "sends",
}


def page() -> str:
    """Return the text of the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _OPENING
    for chapter, differences in CHAPTERS.items():
        yield f"## {chapter}\n"
        for difference in differences:
            yield from _section(difference)


def _section(difference: Difference) -> Iterator[str]:
    yield f"### {difference.title} ({difference.package})\n"
    yield f"- {difference.package}: {difference.old}"
    yield f"- sseclient_ng: {difference.new}"
    if difference.references:
        yield f"- See {'; '.join(difference.references)}."
    yield ""
    yield f"| Code | What differs | {difference.package} | sseclient_ng |"
    yield "| --- | --- | --- | --- |"
    yield from map(_row, difference.shown)
    yield ""


def _row(shown: Shown) -> str:
    cells = [f"`{shown.snippet}`", _COLUMNS[shown.part], _value(shown.old), _value(shown.new)]
    return f"| {' | '.join(cells)} |"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return "`" + text.replace("|", "\\|") + "`"
