"""What users write to test their own code, as the type checkers see it; never executed."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from typing import Optional

from typing_extensions import assert_type

from sseclient_ng import Event
from sseclient_ng.testing import (
    LAST_CHUNK,
    Call,
    Close,
    EventServer,
    Hold,
    OnAccept,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    ScriptedServer,
    Sent,
    WaitFor,
    chunk,
    cut,
    cut_randomly,
    head,
    response,
    unfinished_chunk,
)


def every_kind_of_script(body: bytes, tls: ssl.SSLContext) -> None:
    gate = threading.Event()
    pieces: list[Piece] = [b"id: 1\n", WaitFor(gate, timeout=2), b"data: a\n\n", Reset()]
    with ScriptedServer(
        b"HTTP/1.1 200 OK\r\n\r\n",
        Hold(),
        [response(b"data: a\n\n", complete=False), Pause(0.5), chunk(b"x"), LAST_CHUNK],
        response(pieces, headers={"X": b"\xff", "Y": "y"}, encoding="gzip"),
        response(cut_randomly(body, 1, 9, seed=1), status=503, framing="close"),
        (head(200, {"Transfer-Encoding": "chunked"}), unfinished_chunk([b"a", Pause(1), b"b"])),
        OnAccept(Call(gate.set), Close()),
        drip,
        chosen,
        lambda request: request.body,
        then=response(cut(body, [1, 2, 3])),
        routes={"/a": [response(), b"bytes"], "/b": [chosen]},
        port=8000,
        tls=tls,
    ) as server:
        assert_type(server, ScriptedServer)
        server.add(response(status=204), drip)


def drip(request: Request) -> Iterator[Piece]:
    while True:
        yield chunk(request.target.encode())
        yield Pause(0.1)


def chosen(request: Request) -> Script:
    return response(b"data: a\n\n") if request.last_event_id is None else Close()


def what_was_seen(server: ScriptedServer) -> None:
    request = server.wait_for_requests(1, timeout=2)[0]
    assert_type(request, Request)
    assert_type(request.headers["A"], str)
    assert_type(request.headers.get("A"), Optional[str])
    assert_type(request.headers.get_all("A"), list[bytes])
    assert_type(request.last_event_id, Optional[str])
    assert_type(server.sent, list[Sent])
    assert_type(server.errors, list[BaseException])
    assert_type(server.url_for("/a"), str)
    server.wait_for_disconnect()


def bodies_of_events_and_text() -> None:
    response(Event("a"))
    response("data: a\n\n")
    response([Event("a"), "data: b\n\n", b"data: c\n\n", [Event("d"), Pause(1)]])
    response(Event(str(number)) for number in range(3))
    unfinished_chunk([Event("a"), "data"])


def a_server_that_a_test_writes() -> None:
    with EventServer() as server:
        assert_type(server, EventServer)
        server.send(Event("a", id="1"), "retry: 10\n\n", b": comment\n")
        server.end()
        assert_type(server.url + "/a", str)


async def a_coroutine_waits(server: ScriptedServer) -> None:
    requests = await server.wait_for_requests_async(2, timeout=1)
    assert_type(requests, list[Request])
    await server.wait_for_connections_async(1)
    await server.wait_for_disconnect_async()
    body: dict[str, int] = requests[0].json()
    del body
