r"""A scripted server on the loopback interface, for testing code that reads event streams.

It sends exactly the bytes it is given, pauses, drops and refuses connections, and records what it
sees:

    from sseclient_ng import SSEClient
    from sseclient_ng.testing import Reset, ScriptedServer, response

    with ScriptedServer(
        response([b"id: 1\ndata: a\n\n", b"data: lost", Reset()]),  # the first request: a drop
        response([b"id: 2\ndata: b\n\n"]),  # the second; 204 ends the loop after it
    ) as server:
        assert [event.data for event in SSEClient(server.url, retry=10)] == ["a", "b"]
        assert server.requests[1].last_event_id == "1"

A script is bytes, a step such as `Pause(0.5)`, or a list of them. `response`, `head`, `chunk` and
`unfinished_chunk` build scripts, `cut` and `cut_randomly` cut bodies. All of this needs only the
standard library and this package.
"""

from ._journal import Sent
from ._piece import Piece
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
    "Call",
    "Close",
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
