"""Rewrite the pages in docs that are made from the table of differences."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness.page import DOCS, PAGES, page

if __name__ == "__main__":
    for name in PAGES:
        (DOCS / name).write_text(page(name), encoding="utf-8")
