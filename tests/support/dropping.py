"""A server whose stream drops again and again, and resumes after the last event ID."""

from __future__ import annotations

import random
from typing import Callable, Optional

from sseclient_ng.testing import (
    Hold,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    ScriptedServer,
    response,
)


def numbered(number: int) -> bytes:
    return b"retry: 0\nid: %d\ndata: %d\n\n" % (number, number)


def dropping_server(
    total: int, *, seed: int, allowed: Optional[Callable[[], int]] = None
) -> ScriptedServer:
    """Serve events 1 to `total` in connections that break at random places.

    Args:
        total: how many events there are. After the last one the server answers 204.
        seed: chooses the places.
        allowed: returns the last event that may be sent by now; a client that has it waits. None
            allows all.
    """
    numbers = random.Random(seed)

    def answer(request: Request) -> Script:
        first = int(request.last_event_id or 0) + 1
        if first > total:
            return response(status=204)
        if numbers.random() < 0.2:
            return numbers.choice([response(status=503, headers={"Retry-After": "0"}), Reset()])
        limit = total if allowed is None else min(total, allowed())
        if first > limit:
            return [*response(": wait\n", complete=False), Hold()]
        last = min(limit, first + numbers.randrange(40))
        body: list[Piece] = [numbered(number) for number in range(first, last + 1)]
        if last < total:
            body.append(numbered(last + 1)[: numbers.randrange(1, 12)])
        ending = numbers.choice([[], [Pause(0.005), Reset()]])
        return [*response(body, complete=False), *ending]

    return ScriptedServer(then=answer)
