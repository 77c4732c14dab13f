"""The pieces of scripts and of bodies: bytes, sent as they are, and steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Optional, Union, cast

from sseclient_ng._core.event import Event

from ._steps import Step

#: Bytes, sent in one write, or a step.
Piece = Union[bytes, Step]

#: A piece of a body, which may also be an event or text.
BodyPiece = Union[bytes, str, Event, Step]


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
        hint = (
            "; encode it, or put it into a response()" if isinstance(script, (str, Event)) else ""
        )
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


def flatten_body(body: object) -> Iterator[Piece]:
    """Iterate over the pieces of a body, and write its events and its text as bytes.

    Raises:
        TypeError: something is neither bytes, text, an event nor a step.
        ValueError: an event can't be written.
    """
    piece = written(body)
    if piece is not None:
        yield piece
    elif isinstance(body, Iterable):
        for part in cast("Iterable[object]", body):
            yield from flatten_body(part)
    else:
        raise TypeError(f"expected an Event, bytes, text, or a step such as Pause(1), not {body!r}")


def size_of(pieces: Iterable[Piece]) -> int:
    """Count the bytes."""
    return sum(len(piece) for piece in pieces if isinstance(piece, bytes))


def written(part: object) -> Optional[Piece]:
    """Return a piece of a body as it is sent; None for what is none, such as a list of pieces.

    Raises:
        ValueError: an event can't be written.
    """
    if isinstance(part, Event):
        part = part.dump()
    if isinstance(part, str):
        return part.encode("utf-8")
    return part if isinstance(part, (bytes, Step)) else None
