"""Draw the table of the page "Comparison" as a picture for the README.

`python docs/draw_comparison.py` writes docs/comparison.svg.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).parent
LEFT, COLUMN, ROW, HEAD = 290, 96, 26, 132
STYLE = (
    "text { font: 13px sans-serif; fill: #24292f }"
    " .head { font-weight: bold } .ours { fill: #0969da; font-weight: bold }"
    " .yes { fill: #1a7f37 } .no { fill: #cf222e } .partly { fill: #9a6700; font-size: 10px }"
    " rect { fill: #ffffff } .stripe { fill: #f6f8fa }"
)


def rows(page: str) -> list[list[str]]:
    """Return the cells of the table of a page, without its links."""
    lines = [line for line in page.splitlines() if line.startswith("|") and "---" not in line]
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", line) for line in lines]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in plain]


def mark(cell: str) -> tuple[str, str]:
    """Return what stands in the picture for a cell, and its class."""
    if cell == "yes" or cell == "any library's":
        return "\N{HEAVY CHECK MARK}", "yes"
    if cell in ("no", "-"):
        return ("\N{HEAVY BALLOT X}", "no") if cell == "no" else ("\N{EN DASH}", "partly")
    return cell, "partly"


def picture(page: str) -> str:
    """Return the picture of a page's table."""
    head, *body = rows(page)
    body = [cells for cells in body if cells[0] != "needs"]
    width, height = LEFT + COLUMN * (len(head) - 1) + 70, HEAD + ROW * len(body) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
        f'<style>{STYLE}</style><rect width="{width}" height="{height}"/>',
    ]
    for column, name in enumerate(head[1:]):
        x, kind = LEFT + COLUMN * column + COLUMN // 2, "head" if column else "ours"
        place = f'transform="translate({x},{HEAD - 12}) rotate(-35)"'
        parts.append(f'<text class="{kind}" {place}>{escape(name)}</text>')
    for number, cells in enumerate(body):
        parts += _row(cells, HEAD + ROW * number, width, stripe=number % 2 == 0)
    return "\n".join([*parts, "</svg>", ""])


def _row(cells: list[str], top: int, width: int, *, stripe: bool) -> list[str]:
    parts = [f'<rect class="stripe" y="{top}" width="{width}" height="{ROW}"/>'] if stripe else []
    parts.append(f'<text x="14" y="{top + 18}">{escape(cells[0])}</text>')
    for column, cell in enumerate(cells[1:]):
        shown, kind = mark(cell)
        place = f'x="{LEFT + COLUMN * column + COLUMN // 2}" y="{top + 18}" text-anchor="middle"'
        parts.append(f'<text class="{kind}" {place}>{escape(shown)}</text>')
    return parts


if __name__ == "__main__":
    drawn = picture((FOLDER / "comparison.md").read_text("utf-8"))
    (FOLDER / "comparison.svg").write_text(drawn, "utf-8")
