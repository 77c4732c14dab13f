"""The practice server: streams for every example of the documentation.

The server keeps nothing: how far a client has come stands in a cookie, which clients send back when
they reconnect. A program that is started again begins anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple, Optional, Union

from sseclient_ng import Event
from sseclient_ng.testing import (
    BodyPiece,
    Hold,
    Pause,
    Piece,
    Request,
    Reset,
    Script,
    ScriptedServer,
    chunk,
    head,
    response,
)

__all__ = ["PRACTICE_PORT", "list_of_streams", "practice_server"]

PRACTICE_PORT = 8765
"""Where the examples of the documentation look for it."""

_COOKIE = "answers"


class _Answer(NamedTuple):
    """What a client gets for one of its requests.

    Args:
        body: the pieces of the body.
        status: the status code.
        content_type: the Content-Type.
        retry_after: the seconds of a Retry-After; "" sends none.
        complete: whether the body comes to its end.
    """

    body: Union[list[BodyPiece], bytes] = b""
    status: int = 200
    content_type: str = "text/event-stream"
    retry_after: str = ""
    complete: bool = True


class _Stream(NamedTuple):
    """What a path has.

    Args:
        about: a line for readers.
        answers: one for each request of a client; None resets the connection instead. Whoever asks
            more often gets 204, which ends a loop.
    """

    about: str
    answers: list[Optional[_Answer]]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _change(number: int, wiki: str, title: str) -> Event:
    """Return one record of a stream like Wikimedia's."""
    data = {"wiki": wiki, "title": title, "meta": {"domain": f"{wiki}.example"}}
    return Event(_json(data), id=_json([{"offset": number}]))


def _token(text: str) -> Event:
    """Return one piece of a language model's answer."""
    return Event(_json({"choices": [{"delta": {"content": text}}]}))


def _put(event: str, path: str, data: object) -> Event:
    """Return one change of a database like Firebase's."""
    return Event(_json({"path": path, "data": data}), event)


_SOON = b"retry: 10\n\n"
_ADA = Event(_json({"title": "Ada"}), id="1")
_GRACE = Event(_json({"title": "Grace"}), "edit", "2")
_ZOE = Event(_json({"title": "Zoë"}), id="3")
_HALF_OF_GRACE = _GRACE.dump().encode()[:20]
_USAGE = Event(_json({"choices": [], "usage": {"total_tokens": 5}}))
_OVERLOADED = Event(_json({"error": {"message": "overloaded"}}), "error")
_ANSWER = [_token("Hel"), _token("lo"), _token(" world"), Event("[DONE]")]

_STREAMS = {
    "/events": _Stream("three events", [_Answer([_SOON, _ADA, _GRACE, _ZOE])]),
    "/drops": _Stream(
        "the same, but the connection breaks inside the second one, and the server is busy",
        [
            _Answer([_SOON, _ADA, _HALF_OF_GRACE], complete=False),
            _Answer(status=503, retry_after="1"),
            _Answer([_GRACE, _ZOE]),
        ],
    ),
    "/quiet": _Stream("one event, and then silence", [_Answer([_SOON, _ADA, Hold()])]),
    "/changes": _Stream(
        "changes of a wiki, with a drop",
        [
            _Answer(
                [
                    b":ok\n\n",
                    _SOON,
                    _change(1, "dewiki", "Ada Lovelace"),
                    _change(2, "canary", "ignored"),
                    _change(3, "enwiki", "Grace Hopper").dump().encode()[:40],
                ],
                complete=False,
            ),
            _Answer([_change(3, "enwiki", "Grace Hopper"), _change(4, "dewiki", "Zoë")]),
        ],
    ),
    "/chat": _Stream("the answer of a language model", [_Answer([*_ANSWER, Hold()])]),
    "/cut": _Stream("such an answer, cut short", [_Answer([*_ANSWER[:2]])]),
    "/llm": _Stream(
        "such an answer, with its usage", [_Answer([*_ANSWER[:3], _USAGE, _ANSWER[3], Hold()])]
    ),
    "/overloaded": _Stream(
        "such an answer, with an error in it", [_Answer([*_ANSWER[:2], _OVERLOADED])]
    ),
    "/messages": _Stream(
        "an answer whose events have types",
        [
            _Answer(
                [
                    Event(_json({"message": {"role": "assistant"}}), "message_start"),
                    Event(_json({"delta": {"text": "Hello"}}), "content_block_delta"),
                    Event(_json({}), "ping"),
                    Event(_json({"delta": {"text": " world"}}), "content_block_delta"),
                    Event(_json({}), "message_stop"),
                    Hold(),
                ]
            )
        ],
    ),
    "/database.json": _Stream(
        "changes of a database",
        [
            _Answer(
                [
                    _put("put", "/", {"users": {"ada": 1}}),
                    Event("null", "keep-alive"),
                    _put("patch", "/users", {"grace": 2}),
                    _put("put", "/users/ada", None),
                    Event("credential is no longer valid", "auth_revoked"),
                ]
            )
        ],
    ),
    "/private": _Stream(
        "two events; the token expires between them",
        [_Answer([_SOON, _ADA]), _Answer(status=401), _Answer([_GRACE])],
    ),
    "/gone": _Stream(
        "one event, then 404", [_Answer([_SOON, _ADA]), _Answer(b"no such stream", 404)]
    ),
    "/down": _Stream(
        "one event, then the server is down", [_Answer([_SOON, _ADA]), None, None, None]
    ),
    "/busy": _Stream(
        "429 Too Many Requests",
        [_Answer(b'{"error": "too many requests"}', 429, "application/json")],
    ),
    "/page": _Stream("a page in HTML", [_Answer(b"<p>Sign in</p>", 200, "text/html")]),
}


def practice_server(port: int = PRACTICE_PORT) -> ScriptedServer:
    """Start the practice server.

    Args:
        port: where it listens, on the loopback address; 0 takes any free one.

    Returns:
        A running server; it stops when its ``with`` block ends, or with its ``close()``.

    Raises:
        OSError: the port is in use.
    """
    return ScriptedServer(then=_answer, port=port)


def list_of_streams() -> str:
    """Return the paths, a line each."""
    lines = [("/clock", "an event a second"), *((p, s.about) for p, s in _STREAMS.items())]
    return "\n".join(f"  {path:<15} {about}" for path, about in lines)


def _answer(request: Request) -> Union[Script, Iterator[Piece]]:
    if request.path == "/":
        return response(list_of_streams() + "\n", content_type="text/plain; charset=utf-8")
    if request.path == "/clock":
        return _ticks(request.last_event_id)
    if request.path not in _STREAMS:
        return response(b"no such stream", status=404, content_type="text/plain")
    given = _answers_given(request)
    answers = _STREAMS[request.path].answers
    if given >= len(answers):
        return response(status=204)
    answer = answers[given]
    return [Reset()] if answer is None else _written(answer, given + 1, request.path)


def _written(answer: _Answer, number: int, path: str) -> Script:
    headers = {"Set-Cookie": f"{_COOKIE}={number}; Path={path}"}
    if answer.retry_after:
        headers["Retry-After"] = answer.retry_after
    return response(
        answer.body,
        status=answer.status,
        headers=headers,
        content_type=answer.content_type,
        complete=answer.complete,
    )


def _answers_given(request: Request) -> int:
    """Return how many answers a client has had, as far as it tells."""
    try:
        cookie = SimpleCookie(request.headers.get("Cookie", "")).get(_COOKIE)
    except CookieError:
        return 0
    return int(cookie.value) if cookie is not None and cookie.value.isdecimal() else 0


def _ticks(last_event_id: Optional[str]) -> Iterator[Piece]:
    """Yield an event a second, after the one that a client had last."""
    number = int(last_event_id) if last_event_id is not None and last_event_id.isdecimal() else 0
    yield head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
    while True:
        number += 1
        event = Event(_json({"seconds": number}), "tick", str(number))
        yield chunk(event.dump().encode())
        yield Pause(1.0)
