r"""Servers on the loopback interface, for testing code that reads event streams.

`ScriptedServer` sends exactly the bytes it is given, pauses, drops and refuses connections, and
records what it sees:

    from sseclient_ng import Event, SSEClient
    from sseclient_ng.testing import Reset, ScriptedServer, response

    with ScriptedServer(
        response([Event("a", id="1"), "data: lost", Reset()]),  # the first request: a drop
        response(Event("b", id="2")),  # the second; 204 ends the loop after it
    ) as server:
        assert [event.data for event in SSEClient(server.url, retry=10)] == ["a", "b"]
        assert server.requests[1].last_event_id == "1"

A script is bytes, a step such as `Pause(0.5)`, or a list of them. `response`, `head`, `chunk` and
`unfinished_chunk` build scripts, `cut` and `cut_randomly` cut bodies.

`EventServer` sends the events that a running test pushes. Where pytest runs, it finds both servers
as the fixtures `scripted_server` and `event_server`. All of this needs only the standard library
and this package.
"""

from ._event_server import EventServer
from ._journal import Sent
from ._piece import BodyPiece, Piece
from ._request import Headers, Request
from ._response import (
    LAST_CHUNK,
    chunk,
    cut,
    cut_randomly,
    head,
    response,
    unfinished_chunk,
)
from ._script import OnAccept, Responder, Script, Scripted
from ._server import ScriptedServer
from ._steps import Call, Close, HalfClose, Hold, Pause, Reset, Step, WaitFor

__all__ = [
    "LAST_CHUNK",
    "BodyPiece",
    "Call",
    "Close",
    "EventServer",
    "HalfClose",
    "Headers",
    "Hold",
    "OnAccept",
    "Pause",
    "Piece",
    "Request",
    "Reset",
    "Responder",
    "Script",
    "Scripted",
    "ScriptedServer",
    "Sent",
    "Step",
    "WaitFor",
    "chunk",
    "cut",
    "cut_randomly",
    "head",
    "response",
    "unfinished_chunk",
]
