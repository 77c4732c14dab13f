"""Draw what the command line shows in a terminal: docs/terminal.svg, in colour and plain.

`python docs/draw_terminal.py` runs the command in a terminal of its own, with a server that sends a
few events, and draws what the terminal was sent.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import sseclient_ng
from sseclient_ng import Event
from sseclient_ng.testing import ScriptedServer, response

FOLDER = Path(__file__).parent
PACKAGE = str(Path(sseclient_ng.__file__).parent.parent)
COMMAND = [sys.executable, "-m", "sseclient_ng"]
SHOWN_URL, SHOWN_TIME = "https://stream.example/changes", "14:03:27"

EVENTS = [
    ": welcome\n",
    Event('{"title": "Zo\xeb", "user": {"name": "ada", "bot": false}}', "edit", "41", retry=1500),
    Event("Two lines of text,\nnot of JSON", id="42"),
    Event("A hostile server: \x1b[2J\x07 \u202egnp.exe", "log\x1b[31m", "43"),
]

# In pixels, but for COLUMNS. The font is of 14 pixels.
CHARACTER, LINE, MARGIN, TITLE = 8.43, 20, 20, 36
COLUMNS = 64
DARK = {"back": "#0d1117", "bar": "#21262d", "text": "#e6edf3"}
LIGHT = {"back": "#ffffff", "bar": "#eaeef2", "text": "#1f2328"}
STYLES = {
    "2": "fill: #8b949e",
    "1;36": "fill: #56d4dd; font-weight: bold",
    "33": "fill: #e3b341",
    "34": "fill: #79c0ff",
}


class Screen(NamedTuple):
    """What is drawn as one window."""

    title: str
    lines: list[str]
    colours: dict[str, str]


def shown(**environment: str) -> list[str]:
    """Run the command in a terminal, and return the lines that it was sent."""
    with ScriptedServer(response(EVENTS)) as server:
        mine, its = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        command = [*COMMAND, "--no-reconnect", "--comments", server.url]
        with subprocess.Popen(
            command,
            stdin=its,
            stdout=its,
            stderr=its,
            env={**kept, "PYTHONPATH": PACKAGE, "TERM": "xterm", **environment},
        ):
            os.close(its)
            sent = b"".join(read(mine)).decode()
    lines = re.sub(r"(?<!\d)\d\d:\d\d:\d\d", SHOWN_TIME, sent).rstrip().split("\r\n")
    return [f"$ sseclient-ng --comments {SHOWN_URL}", *lines]


def read(terminal: int) -> Iterator[bytes]:
    with contextlib.suppress(OSError), open(terminal, "rb", buffering=0) as screen:
        while data := screen.read(65536):
            yield data


def screens() -> list[Screen]:
    return [
        Screen("in colour", shown(), DARK),
        Screen("with NO_COLOR=1", shown(NO_COLOR="1"), LIGHT),
    ]


def picture() -> str:
    """Return the picture as SVG."""
    both = screens()
    rows = max(len(screen.lines) for screen in both)
    width = round(COLUMNS * CHARACTER) + 2 * MARGIN
    height = TITLE + rows * LINE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {2 * height + MARGIN}"'
        ' role="img" aria-label="Events in a terminal, in colour and plain">',
        "<style>text { font: 14px 'DejaVu Sans Mono', Menlo, Consolas, monospace;"
        " white-space: pre }</style>",
    ]
    for number, screen in enumerate(both):
        parts += window(screen, number * (height + MARGIN), width, height)
    return "\n".join([*parts, "</svg>", ""])


def window(screen: Screen, top: int, width: int, height: int) -> Iterator[str]:
    back, bar, text = (screen.colours[name] for name in ("back", "bar", "text"))
    box = f'x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"'
    corners = f"M1 {TITLE}V9a8 8 0 0 1 8-8H{width - 9}a8 8 0 0 1 8 8V{TITLE}z"
    yield f'<g transform="translate(0 {top})" fill="{text}">'
    yield f'<rect {box} fill="{back}" stroke="#8b949e"/><path d="{corners}" fill="{bar}"/>'
    for place, light in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        yield f'<circle cx="{MARGIN + 20 * place}" cy="{TITLE // 2}" r="6" fill="{light}"/>'
    middle = f'x="{width // 2}" y="{TITLE // 2 + 5}" text-anchor="middle"'
    yield f"<text {middle}>{escape(screen.title)}</text>"
    for row, line in enumerate(screen.lines):
        if line:
            y = TITLE + MARGIN + row * LINE + 10
            yield f'<text x="{MARGIN}" y="{y}" xml:space="preserve">{spans(line)}</text>'
    yield "</g>"


def spans(line: str) -> str:
    """Return a line with its colours as parts of a text."""
    return "".join(
        f'<tspan style="{STYLES[code]}">{escape(text)}</tspan>' if code else escape(text)
        for code, text in parts_of(line)
    )


def parts_of(line: str) -> Iterator[tuple[str, str]]:
    code = ""
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        found = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if found:
            code = found[1].strip("0")
        elif part:
            yield code, part


def main() -> None:
    (FOLDER / "terminal.svg").write_text(picture(), "utf-8")


if __name__ == "__main__":
    main()
