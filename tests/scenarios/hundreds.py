"""A hundred connections of one stream, each cut at another byte."""

from __future__ import annotations

from typing import Callable, Union

from scenarios.row import (
    QUICKEST,
    Scenario,
    event,
)
from sseclient_ng.testing import (
    Close,
    Pause,
    Request,
    Reset,
    Script,
    Scripted,
    ScriptedServer,
    response,
)

LAST = 220


def cut_a_hundred_times(framing: str, end: Union[Close, Reset]) -> Callable[..., list[Scripted]]:
    """Resume after the Last-Event-ID, and cut each of a hundred connections at another byte."""

    def scripts(server: ScriptedServer) -> list[Scripted]:
        def go_on(request: Request) -> Script:
            last = int(request.last_event_id or 0)
            numbers = range(last + 1, LAST + 1)
            body = b"".join(event(number, "\nnote: ☃ and more".encode()) for number in numbers)
            connection = len(server.requests)
            if connection > 100:
                return response(body, framing=framing)
            part = body[: connection * 37 % 113 + 1]
            # Only what has arrived can be cut: an answer without its head would be another fault.
            wait = Pause(0.001) if isinstance(end, Reset) else b""
            return [response([part, wait], framing=framing, complete=False), end]

        return [go_on] * 101

    return scripts


def hundred(name: str, framing: str, end: Union[Close, Reset]) -> Scenario:
    return Scenario(
        f"a hundred connections cut by {name}, {framing}",
        cut_a_hundred_times(framing, end),
        events=" ".join(str(number) for number in range(1, LAST + 1)),
        options={"reconnect": QUICKEST},
        sent={"method": ["GET"] * 102},
    )


HUNDREDS = [
    hundred("FIN", "chunked", Close()),
    hundred("FIN", "close", Close()),
    hundred("RST", "chunked", Reset()),
    hundred("RST", "close", Reset()),
]
