"""Each snippet does the same on both packages, or the table says why not."""

import pytest

from differences import listed_for
from harness.catalogue import all_snippets
from harness.comparison import differing_parts, explain, run_both
from harness.environments import PUBLISHED

SNIPPETS = all_snippets()
MAKING_ENVIRONMENTS = 600  # seconds: the first test waits for pip


@pytest.mark.timeout(MAKING_ENVIRONMENTS)
@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet(name, published, ours):
    snippet = SNIPPETS[name]
    old, new = run_both(snippet, published[snippet.package], ours)
    listed = {shown.part: (shown.old, shown.new) for shown in listed_for(name)}
    seen = {part: (old[part], new[part]) for part in differing_parts(old, new)}
    outcomes = {snippet.package: old, "sseclient_ng": new}
    assert seen == listed, explain(outcomes, {*seen, *listed})


def test_there_are_enough_snippets():
    assert len(SNIPPETS) >= 60
    assert {snippet.package for snippet in SNIPPETS.values()} == set(PUBLISHED)
