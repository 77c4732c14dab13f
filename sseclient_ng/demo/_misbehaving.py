"""A misbehaving server, and a plain loop that reads it."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import NamedTuple, Optional

from sseclient_ng import Event, SSEClient
from sseclient_ng.testing import (
    Call,
    Close,
    Pause,
    Piece,
    Request,
    Reset,
    Responder,
    Script,
    ScriptedServer,
    cut,
    response,
)

__all__ = ["Report", "demonstrate"]

_TEXTS = [
    "Grüße aus Zürich",
    "naïve café",
    "日本語のイベント",
    "🚲 und 🚀",
    "plain ASCII",
    "the end",
]


class Report(NamedTuple):
    """The result of a run.

    Attributes:
        received: the numbers of the events that arrived, in order.
        damaged: the numbers of events whose text differs from what the server sent.
        expected: the numbers that the server sends.
    """

    received: list[int]
    damaged: list[int]
    expected: list[int]

    def verdict(self) -> str:
        """Say whether anything was lost, doubled or damaged."""
        lost = len(set(self.expected) - set(self.received))
        doubled = len(self.received) - len(set(self.received))
        order = "" if self.received == sorted(self.received) else ", in another order"
        summary = f"{len(self.received)} events: {lost} lost, {doubled} doubled"
        return f"{summary}, {len(self.damaged)} damaged{order}."

    def is_right(self) -> bool:
        """Return whether every event arrived once, in order and undamaged."""
        return self.received == self.expected and not self.damaged


def demonstrate() -> int:
    """Run the demonstration, print what happens, and return the exit status."""
    print("A server on this machine misbehaves, and a plain loop reads it:\n")
    report = run()
    print(f"\n{report.verdict()}")
    return 0 if report.is_right() else 1


def run() -> Report:
    """Read everything the server sends, and print it."""
    received: list[int] = []
    damaged: list[int] = []
    with _bad_server() as server:
        for message in SSEClient(server.url, retry=300):
            record = json.loads(message.data)
            received.append(int(message.id or 0))
            if record != _record(received[-1]):
                damaged.append(received[-1])
            print(f"event {message.id}: {record['text']}")
    return Report(received, damaged, list(range(1, len(_TEXTS) + 1)))


def _bad_server() -> ScriptedServer:
    server = ScriptedServer()

    def refuse_for_a_while() -> None:
        server.refuse()
        threading.Timer(0.8, server.accept).start()

    first: Script = [
        _say("every byte is a chunk: characters and line ends are cut in two"),
        response([*cut(_block(1) + _block(2), 1), *_half_of(3)], complete=False),
        _say("the connection is reset inside event 3"),
        Reset(),
    ]
    second: Script = [
        _say("events of one chunk that does not end, compressed"),
        response([_block(3), _block(4), *_half_of(5)], framing="one-chunk", encoding="gzip"),
        _say("the connection ends inside event 5, and others are refused for a while"),
        Call(refuse_for_a_while),
        Close(),
    ]
    third = response([_block(5), _block(6)], framing="close")
    server.add(_resumed_after(None, first))
    server.add(_resumed_after("2", second))
    server.add(_resumed_after("4", third))
    return server


def _resumed_after(last_event_id: Optional[str], script: Script) -> Responder:
    """Return a script that continues only if the client resumes at the right event."""

    def answer(request: Request) -> Script:
        if request.last_event_id != last_event_id:
            return response(status=409)
        return script

    return answer


def _half_of(number: int) -> list[Piece]:
    block = _block(number)
    return [block[: len(block) // 2], Pause(0.1)]


def _record(number: int) -> dict[str, object]:
    return {"number": number, "text": _TEXTS[number - 1]}


def _block(number: int) -> bytes:
    data = json.dumps(_record(number), ensure_ascii=False)
    return Event(data, id=str(number)).dump().replace("\n", "\r\n").encode()


def _say(what: str) -> Call:
    return Call(partial(print, f"  ({what})"))
