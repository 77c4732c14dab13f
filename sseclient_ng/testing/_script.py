"""The scripts: what they may be, and which one comes next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Callable, Optional, Union, cast

from ._piece import Piece, flatten, flatten_any
from ._request import Request
from ._response import response

#: A piece, or a sequence of pieces, some of which may be in sequences of their own.
Script = Union[Piece, Sequence[Union[Piece, Sequence[Piece]]]]

#: Takes a request and returns the script for it. The server takes one part of an iterable, such as
#: a generator, at a time, so it may be endless.
Responder = Callable[[Request], Union[Script, Iterable[Union[Piece, Sequence[Piece]]]]]


class OnAccept:
    """A script for a connection: it starts when the server accepts one, before TLS and requests.

    Unless it ends the connection, the server reads requests afterwards as usual.

    Args:
        pieces: bytes and steps.

    Raises:
        TypeError: a piece is neither bytes nor a step.
    """

    def __init__(self, *pieces: Union[Piece, Sequence[Piece]]) -> None:
        self.pieces = tuple(flatten(pieces))

    def __repr__(self) -> str:
        return f"OnAccept({', '.join(map(repr, self.pieces))})"


#: What a `ScriptedServer` takes.
Scripted = Union[Script, Responder, OnAccept]

NO_CONTENT = response(status=204)


def checked(script: Scripted) -> Scripted:
    """Refuse an invalid script at once, not when a client connects.

    Raises:
        TypeError: it is no script.
    """
    # A step without its parentheses is a class, which is callable, too.
    if isinstance(script, OnAccept) or (callable(script) and not isinstance(script, type)):
        return script
    return tuple(flatten(script))


def pieces_for(request: Request, script: Scripted) -> Iterator[Piece]:
    """Iterate over the pieces of a script for a request.

    Raises:
        TypeError: the script's function returned an invalid script.
    """
    return flatten_any(script(request) if callable(script) else script)


class ScriptBook:
    """Gives scripts in turn to the threads of many connections."""

    def __init__(
        self, scripts: Iterable[Scripted], then: Scripted, routes: Mapping[str, list[Scripted]]
    ) -> None:
        self._lock = threading.Lock()
        self._then = checked(then)
        self._unused: deque[Scripted] = deque(map(checked, scripts))
        self._routes = {path: _checked_route(path, route) for path, route in routes.items()}

    def __len__(self) -> int:
        """How many scripts are unused."""
        with self._lock:
            return len(self._unused) + sum(map(len, self._routes.values()))

    def add(self, scripts: Iterable[Scripted]) -> None:
        """Append scripts.

        Raises:
            TypeError: one of them is invalid; then none is added.
        """
        added = [checked(script) for script in scripts]
        with self._lock:
            self._unused.extend(added)

    def for_accepted(self) -> Optional[OnAccept]:
        """Take the next script if it is for a connection."""
        with self._lock:
            script = self._unused[0] if self._unused else self._then
            if not isinstance(script, OnAccept):
                return None
            if self._unused:
                self._unused.popleft()
            return script

    def for_request(self, request: Request) -> Scripted:
        """Take the next script for a request, from its route if it has one."""
        with self._lock:
            unused = self._routes.get(request.path, self._unused)
            for index, script in enumerate(unused):
                if not isinstance(script, OnAccept):
                    del unused[index]
                    return script
            return NO_CONTENT if isinstance(self._then, OnAccept) else self._then


def _checked_route(path: str, scripts: object) -> deque[Scripted]:
    # Not a tuple: that may well be a single script, such as a response.
    if not isinstance(scripts, list):
        raise TypeError(f"the scripts of route {path!r} must come in a list, not {scripts!r}")
    route = deque(map(checked, cast("list[Scripted]", scripts)))
    if any(isinstance(script, OnAccept) for script in route):
        raise TypeError(f"route {path!r} has an OnAccept, but only a request has a path")
    return route
