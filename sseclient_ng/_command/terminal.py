"""What a terminal may be shown: no control characters of a server's, and colours of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

__all__ = ["COLOURS", "NO_COLOURS", "UNSAFE", "Colours", "printable", "wants_colour"]

# C0 but for tab and line feed; DEL and C1; marks that turn the direction of text around; other line
# ends; and halves of surrogate pairs, which can't be encoded.
UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\u2028\u2029"
    "\ufeff"
    "\ud800-\udfff"
)
_UNSAFE = re.compile(f"[{UNSAFE}]")

Colours = Mapping[str, str]
"""What begins a part of the output, by its name; `end` ends it."""

NO_COLOURS: Colours = dict.fromkeys(["time", "event", "id", "key", "comment", "end"], "")
COLOURS: Colours = {
    "time": "\x1b[2m",
    "event": "\x1b[1;36m",
    "id": "\x1b[33m",
    "key": "\x1b[34m",
    "comment": "\x1b[2m",
    "end": "\x1b[0m",
}


def printable(text: str) -> str:
    r"""Return text that does nothing to a terminal: control characters as ``\x1b`` or ``\u202e``.

    Args:
        text: anything. Tabs and line feeds stay.
    """
    return _UNSAFE.sub(_escaped, text)


def wants_colour(environment: Mapping[str, str]) -> bool:
    """Return whether a terminal is to have colours.

    Args:
        environment: ``NO_COLOR`` (https://no-color.org) and ``TERM`` count.
    """
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb" and os.name != "nt"


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
