"""Rewrite docs/what-changes.md from the table of differences."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
