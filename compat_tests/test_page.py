"""The pages agree with the table, and the table with the snippets."""

import pytest

from differences import HTTPX_SSE, SSECLIENT
from harness.catalogue import all_snippets
from harness.page import DOCS, PAGES, page


@pytest.mark.parametrize("name", PAGES)
def test_page_is_made_from_the_table(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text == page(name), "run: python compat_tests/write_page.py"


@pytest.mark.parametrize("name", PAGES)
def test_each_difference_shows_in_a_snippet_for_its_package(name):
    snippets = all_snippets()
    for difference in PAGES[name][1]:
        assert difference.shown, difference.title
        for shown in difference.shown:
            assert snippets[shown.snippet].package == difference.package


def test_every_difference_has_its_page():
    placed = [difference for _, differences in PAGES.values() for difference in differences]
    chapters = [*SSECLIENT.values(), *HTTPX_SSE.values()]
    assert sorted(map(repr, placed)) == sorted(repr(each) for each in sum(chapters, ()))
