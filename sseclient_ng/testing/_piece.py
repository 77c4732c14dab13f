"""The pieces of scripts and of bodies: bytes, sent as they are, and steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Union, cast

from ._steps import Step

#: Bytes, sent in one write, or a step.
Piece = Union[bytes, Step]


def flatten(script: object) -> Iterator[Piece]:
    """Iterate over the pieces of nested lists and tuples.

    Raises:
        TypeError: something is neither bytes nor a step.
    """
    if isinstance(script, (bytes, Step)):
        yield script
    elif isinstance(script, (list, tuple)):
        for part in cast("Iterable[object]", script):
            yield from flatten(part)
    else:
        hint = "; encode it" if isinstance(script, str) else ""
        raise TypeError(f"expected bytes, or a step such as Pause(1), not {script!r}{hint}")


def flatten_any(script: object) -> Iterator[Piece]:
    """Iterate over the pieces of any iterable, taking one part at a time.

    Raises:
        TypeError: something is neither bytes nor a step.
    """
    if isinstance(script, Iterable) and not isinstance(script, (bytes, str)):
        for part in cast("Iterable[object]", script):
            yield from flatten(part)
    else:
        yield from flatten(script)


def size_of(pieces: Iterable[Piece]) -> int:
    """Count the bytes."""
    return sum(len(piece) for piece in pieces if isinstance(piece, bytes))
