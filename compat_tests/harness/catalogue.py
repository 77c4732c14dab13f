"""Snippets: small pieces of old code, each with the script of the server it talks to."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_SWAPS = (
    (re.compile(r"^(\s*)import sseclient$", re.MULTILINE), r"\1import sseclient_ng as sseclient"),
    (re.compile(r"^(\s*)from sseclient import ", re.MULTILINE), r"\1from sseclient_ng import "),
    (re.compile(r"([\"'])sseclient\."), r"\1sseclient_ng."),
    (
        re.compile(r"^(\s*)from httpx_sse(\.\w+)? import ", re.MULTILINE),
        r"\1from sseclient_ng.httpx_sse\2 import ",
    ),
)
"""The promise: someone who swaps packages edits imports, and the names that a test patches."""


@dataclass(frozen=True)
class Snippet:
    """A piece of old code, written for one of the published packages."""

    name: str
    package: str
    source: str
    serve: tuple[Any, ...]
    patience: float

    @property
    def swapped_source(self) -> str:
        """Return the code with its import swapped."""
        swapped = self.source
        for pattern, replacement in _SWAPS:
            swapped = pattern.sub(replacement, swapped)
        return swapped


_snippets: dict[str, Snippet] = {}


def snippet(
    package: str, serve: Sequence[Any] = (), patience: float = 20.0
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function ``name(url, record)`` as a snippet.

    Args:
        package: which published package the code was written for, as named on the index.
        serve: the script of the server, one item for each request; later ones get a 404.
        patience: seconds until a run counts as "timed out".

    Raises:
        ValueError: another snippet has that name.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        if name in _snippets:
            raise ValueError(f"there are two snippets called {name}")
        _snippets[name] = Snippet(name, package, _bare_source(function), tuple(serve), patience)
        return function

    return register


def all_snippets() -> dict[str, Snippet]:
    """Return every snippet by its name."""
    package = importlib.import_module("snippets")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"snippets.{module.name}")
    return dict(_snippets)


def _bare_source(function: Callable[..., Any]) -> str:
    """Return the text of ``function`` without its decorators."""
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    return "".join(source.splitlines(keepends=True)[definition.lineno - 1 :])
