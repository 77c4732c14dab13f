"""Whether a session is a client of httpx or httpx2."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NamedTuple, Optional

__all__ = ["Library", "find_library"]

_NAMES = ("httpx", "httpx2")


class Library(NamedTuple):
    """The library of a client.

    Args:
        module: httpx or httpx2.
        kind: "Client" or "AsyncClient".
    """

    module: ModuleType
    kind: str


def find_library(session: object) -> Optional[Library]:
    """Return the library that a client is of, or None if it is of neither.

    Args:
        session: any object. Nothing is imported: whoever has a client has its library.
    """
    for base in type(session).__mro__:
        top = base.__module__.partition(".")[0]
        if top in _NAMES and base.__name__ in ("Client", "AsyncClient"):
            return Library(sys.modules[top], base.__name__)
    return None
