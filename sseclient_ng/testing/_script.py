"""The scripts: what they may consist of, and which one comes next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import (
    Callable,
    Optional,
    Union,
)

from ._request import Request
from ._response import Piece, response
from ._steps import Step

#: Bytes, a step, or a sequence of both, in which a sequence such as the result of `response` may stand as well.
Script = Union[Piece, Sequence[Union[Piece, Sequence[Piece]]]]

#: Looks at a request and returns the script for it; an iterator is taken step by step, so it may be endless.
Responder = Callable[[Request], Union[Script, Iterable[Union[Piece, Sequence[Piece]]]]]


class OnAccept:
    """A script that begins when a connection is accepted: before TLS, and before anything is read.

    If it does not end the connection, requests are then read from it as usual.

    Args:
        pieces: bytes and steps.

    Raises:
        TypeError: something is neither bytes nor a step.
    """

    def __init__(self, *pieces: Union[Piece, Sequence[Piece]]) -> None:
        self.pieces = tuple(flatten(pieces))


#: What a `ScriptedServer` is given.
Scripted = Union[Script, Responder, OnAccept]

NO_CONTENT = response(status=204)


def flatten(script: object) -> Iterator[Piece]:
    """Give the bytes and steps of a script one after the other.

    Raises:
        TypeError: something is neither bytes nor a step.
    """
    if isinstance(script, (bytes, Step)):
        yield script
    elif isinstance(script, (list, tuple)):
        for part in script:
            yield from flatten(part)
    else:
        hint = "; encode it" if isinstance(script, str) else ""
        raise TypeError(
            f"a script consists of bytes and steps such as Pause(1), not {script!r}{hint}"
        )


def checked(script: Scripted) -> Scripted:
    """Refuse what is no script now, rather than when a client comes.

    Raises:
        TypeError: it is no script.
    """
    # A class can be called too, but a step without its parentheses is no function.
    if isinstance(script, OnAccept) or (callable(script) and not isinstance(script, type)):
        return script
    return tuple(flatten(script))


def pieces_for(request: Request, script: Scripted) -> Iterator[Piece]:
    """Give the bytes and steps with which the script answers the request.

    Raises:
        TypeError: the script's function returned what is no script.
    """
    answer: object = script(request) if callable(script) else script
    if isinstance(answer, Iterator):
        for part in answer:
            yield from flatten(part)
    else:
        yield from flatten(answer)


class ScriptBook:
    """Hands out scripts in turn, to the threads of many connections."""

    def __init__(
        self,
        scripts: Iterable[Scripted],
        then: Scripted,
        routes: Mapping[str, list[Scripted]],
    ) -> None:
        self._lock = threading.Lock()
        self._then = checked(then)
        self._waiting: deque[Scripted] = deque(map(checked, scripts))
        self._routes = {path: _checked_route(path, route) for path, route in routes.items()}

    def add(self, scripts: Iterable[Scripted]) -> None:
        """Put scripts behind those that wait."""
        with self._lock:
            self._waiting.extend([checked(script) for script in scripts])

    def __len__(self) -> int:
        """How many scripts wait to be used."""
        with self._lock:
            return len(self._waiting) + sum(map(len, self._routes.values()))

    def for_accepted(self) -> Optional[OnAccept]:
        """Take the next script if it is for a connection rather than for a request."""
        with self._lock:
            script = self._waiting[0] if self._waiting else self._then
            if not isinstance(script, OnAccept):
                return None
            if self._waiting:
                self._waiting.popleft()
            return script

    def for_request(self, request: Request) -> Scripted:
        """Take the next script that is for a request, of this path if there are scripts for it."""
        with self._lock:
            waiting = self._routes.get(request.path, self._waiting)
            for script in waiting:
                if not isinstance(script, OnAccept):
                    waiting.remove(script)
                    return script
            return NO_CONTENT if isinstance(self._then, OnAccept) else self._then


def _checked_route(path: str, scripts: object) -> deque[Scripted]:
    # A tuple may well be one script, such as a response: not taken for several.
    if not isinstance(scripts, list):
        raise TypeError(f"the scripts of route {path!r} must come in a list, not {scripts!r}")
    if any(isinstance(script, OnAccept) for script in scripts):
        raise TypeError(f"route {path!r} has an OnAccept, but a path is known only with a request")
    return deque(map(checked, scripts))
