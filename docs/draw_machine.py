"""Draw the machine from its table: a diagram and a table for the page "How a client decides".

`python docs/draw_machine.py` writes docs/machine.svg and the table in docs/machine.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from sseclient_ng._core.machine import TABLE, Happening, Row, State

FOLDER = Path(__file__).parent
BEGIN, END = "<!-- the table: begin -->\n", "<!-- the table: end -->\n"

WIDTH, HEIGHT = 1000, 640
BOX_WIDTH, BOX_HEIGHT = 150, 44
PLACES = {
    State.NEW: (120, 90),
    State.CONNECTING_FIRST: (120, 350),
    State.OPEN: (500, 240),
    State.WAITING: (880, 90),
    State.CONNECTING_AGAIN: (880, 350),
    State.ENDED: (500, 580),
    State.CLOSED: (120, 580),
}
BENDS = {
    (State.CONNECTING_FIRST, State.WAITING): 330,
    (State.NEW, State.OPEN): 10,
    (State.NEW, State.CONNECTING_FIRST): 130,
    (State.CONNECTING_FIRST, State.NEW): 60,
    (State.WAITING, State.CONNECTING_AGAIN): 100,
    (State.CONNECTING_AGAIN, State.WAITING): 90,
}
ONLY_OLD_CODE = {Happening.RECONNECT, Happening.DECLINED}
STYLE = (
    "text { font: 13px sans-serif; fill: #24292f }"
    " .label { font-size: 11px; fill: #57606a }"
    " rect { fill: #f6f8fa; stroke: #57606a }"
    " path { fill: none; stroke: #57606a }"
)


def name(state: State) -> str:
    return state.name.replace("_", " ").lower()


def edges() -> dict[tuple[State, State], list[str]]:
    """What leads from one state to another, without what changes nothing or is of old code."""
    found: dict[tuple[State, State], list[str]] = {}
    for row in TABLE:
        if row.state in (row.next_state, State.ENDED) or row.happening in ONLY_OLD_CODE:
            continue
        words = row.happening.name.replace("_", " ").lower()
        found.setdefault((row.state, row.next_state), []).append(words)
    return found


def lines_of(words: list[str]) -> Iterator[str]:
    for start in range(0, len(words), 2):
        yield ", ".join(words[start : start + 2]) + ("," if start + 2 < len(words) else "")


def border(state: State, towards: tuple[float, float]) -> tuple[float, float]:
    """Where a line from the middle of a box to a point leaves the box."""
    x, y = PLACES[state]
    dx, dy = towards[0] - x, towards[1] - y
    scale = min(
        (BOX_WIDTH / 2 + 4) / abs(dx) if dx else math.inf,
        (BOX_HEIGHT / 2 + 4) / abs(dy) if dy else math.inf,
    )
    return x + dx * scale, y + dy * scale


def arrow(start: State, end: State, words: list[str]) -> str:
    """A bent arrow, so that the way there and the way back are apart, with its words beside it."""
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    length = math.hypot(x2 - x1, y2 - y1)
    bend = BENDS.get((start, end), 40)
    middle = (
        (x1 + x2) / 2 + bend * (y2 - y1) / length,
        (y1 + y2) / 2 - bend * (x2 - x1) / length,
    )
    (from_x, from_y), (to_x, to_y) = border(start, middle), border(end, middle)
    path = f"M{from_x:.0f},{from_y:.0f} Q{middle[0]:.0f},{middle[1]:.0f} {to_x:.0f},{to_y:.0f}"
    label_x = (from_x + 2 * middle[0] + to_x) / 4
    label_y = (from_y + 2 * middle[1] + to_y) / 4
    lines = list(lines_of(words))
    return f'<path d="{path}" marker-end="url(#tip)"/>{label(label_x, label_y, lines)}'


def label(x: float, y: float, lines: list[str]) -> str:
    width, height = 6.2 * max(map(len, lines)) + 6, 13 * len(lines) + 4
    parts = [
        f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width:.0f}"'
        f' height="{height}" style="fill: white; stroke: none"/>'
    ]
    for number, line in enumerate(lines):
        top = y - height / 2 + 12 + 13 * number
        parts.append(
            f'<text class="label" x="{x:.0f}" y="{top:.0f}" text-anchor="middle">'
            f"{escape(line)}</text>"
        )
    return "".join(parts)


def box(state: State) -> str:
    x, y = PLACES[state]
    corner = f'x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}"'
    return (
        f'<rect {corner} width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle">{name(state)}</text>'
    )


def diagram() -> str:
    """The diagram as SVG."""
    x, y = PLACES[State.CLOSED]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f"<style>{STYLE}</style>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto"><path d="M0,0 L8,4 L0,8 z" style="fill: #57606a"/></marker>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" style="fill: white; stroke: none"/>',
        *[arrow(start, end, words) for (start, end), words in edges().items()],
        *[box(state) for state in PLACES],
        f'<text class="label" x="{x}" y="{y - 30}" text-anchor="middle">close(), from any</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)


def cells(row: Row) -> tuple[str, ...]:
    notes = [*["told"] * row.told, *["counted"] * row.counted]
    return (
        name(row.state),
        row.happening.value,
        name(row.next_state),
        row.answer,
        ", ".join(notes),
    )


def table() -> str:
    """The table in Markdown."""
    lines = ["| State | What happens | Next state | Answer | |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(cells(row))} |" for row in TABLE]
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with the table put in."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    (FOLDER / "machine.svg").write_text(diagram(), "utf-8")
    path = FOLDER / "machine.md"
    path.write_text(page(path.read_text("utf-8")), "utf-8")
