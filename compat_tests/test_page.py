"""The page agrees with the table, and the table with the snippets."""

from differences import CHAPTERS
from harness.catalogue import all_snippets
from harness.page import PAGE, page


def test_page_is_made_from_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python compat_tests/write_page.py"


def test_each_difference_shows_in_a_snippet_for_its_package():
    snippets = all_snippets()
    for differences in CHAPTERS.values():
        for difference in differences:
            assert difference.shown, difference.title
            for shown in difference.shown:
                assert snippets[shown.snippet].package == difference.package
