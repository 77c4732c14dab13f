"""The errors: their tree, their messages, and the secrets they hide."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any, Callable, NamedTuple

import pytest
import requests
import requests.exceptions

import sseclient_ng
import sseclient_ng.exceptions
from scenarios.row import redirect, status
from sseclient_ng import (
    Event,
    EventTooLarge,
    IncompleteStream,
    InvalidContentType,
    RetriesExhausted,
    SSEError,
)
from sseclient_ng.testing import ScriptedServer, response
from support.drivers import DRIVERS

SECRET = "https://ada:s3cret@stream.example:8443/events?token=s3cret&a=b#s3cret"
SHOWN = "https://stream.example:8443/events"


class Case(NamedTuple):
    """An error, its attributes and its message."""

    error: SSEError
    attributes: dict[str, Any]
    said: str


CASES = [
    Case(SSEError("why"), {}, "why"),
    Case(
        InvalidContentType("text/html; charset=utf-8"),
        {"content_type": "text/html; charset=utf-8", "url": "", "response": None},
        "'text/html; charset=utf-8'",
    ),
    Case(
        InvalidContentType("text/html", SECRET),
        {"content_type": "text/html", "url": SECRET, "response": None},
        f"from {SHOWN}, got 'text/html'",
    ),
    Case(EventTooLarge(1024), {"max_event_size": 1024}, "more than max_event_size=1024 bytes"),
    Case(
        IncompleteStream(0, None, SECRET),
        {"events": 0, "last_event": None, "url": SECRET},
        f"{SHOWN} ended before the event that until asks for; 0 events had come",
    ),
    Case(
        IncompleteStream(1),
        {"events": 1, "last_event": None, "url": ""},
        "the stream ended before the event that until asks for; 1 event had come",
    ),
    Case(
        RetriesExhausted(5, SECRET),
        {"attempts": 5, "url": SECRET},
        f"gave up on {SHOWN} after 5 failed attempts",
    ),
]

EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.error))


@EACH
def test_attributes_and_text(case: Case) -> None:
    assert {name: getattr(case.error, name) for name in case.attributes} == case.attributes
    assert case.said in str(case.error)


@EACH
def test_no_secret_is_shown(case: Case) -> None:
    assert "s3cret" not in f"{case.error} {case.error!r}"


@EACH
@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_copying_and_pickling(case: Case, copied: Callable[..., Any]) -> None:
    again = copied(case.error)
    assert type(again) is type(case.error)
    assert {name: getattr(again, name) for name in case.attributes} == case.attributes
    assert str(again) == str(case.error)


@EACH
def test_code_that_catches_the_errors_of_requests_catches_it(case: Case) -> None:
    for caught in (requests.RequestException, requests.exceptions.RequestException, OSError):
        with pytest.raises(caught):
            raise case.error


NAMES = ["SSEError", "IncompleteStream", "InvalidContentType", "EventTooLarge", "RetriesExhausted"]


@pytest.mark.parametrize("name", NAMES)
def test_the_tree_has_one_root_and_two_places(name: str) -> None:
    error = getattr(sseclient_ng, name)
    assert error is getattr(sseclient_ng.exceptions, name)
    assert issubclass(error, SSEError)
    assert issubclass(SSEError, requests.RequestException)
    assert not issubclass(SSEError, requests.ConnectionError)


def answer(body: bytes) -> requests.Response:
    """A response that was read, as errors hold it."""
    response = requests.Response()
    response.raw = io.BytesIO(body)
    assert response.content == body
    return response


BODIES: list[tuple[bytes, str]] = [
    (b'{"error": "bad key"}', """; the body begins: '{"error": "bad key"}'"""),
    (b"", "; the body is empty"),
    (b" \n", "; the body is empty"),
    (b"\x1b[31mred", "; the body begins: '\\x1b[31mred'"),
    (b"\xff", "; the body begins: '\ufffd'"),
    (b"x" * 301, "; the body begins: '" + "x" * 300 + "'..."),
    (b"data: 1\n\n", "looks like a stream; pass check_content_type=False to read it"),
    (b"\xef\xbb\xbf: hello", "looks like a stream; pass check_content_type=False to read it"),
]


@pytest.mark.parametrize(("body", "words"), BODIES)
def test_what_a_response_is_instead(body: bytes, words: str) -> None:
    error = InvalidContentType("text/html", "http://a.example/?s3cret", answer(body))
    assert str(error).endswith(words)
    assert "http://a.example/, got 'text/html'" in str(error)
    assert "s3cret" not in str(error)


def test_exhausted_retries_say_why() -> None:
    told = "gave up on http://a/ after 2 failed attempts, the last one: 503 Too busy"
    assert str(RetriesExhausted(2, "http://a/", "503 Too busy")) == told
    assert str(RetriesExhausted(1, "http://a/")) == "gave up on http://a/ after 1 failed attempt"


def test_each_error_says_what_to_do() -> None:
    assert "check_content_type=False" in str(InvalidContentType("text/html"))
    assert "max_event_size" in str(EventTooLarge(1))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("http://token@host/a%20b", "http://host/a%20b"),
        ("http://a@b:p@ss@host/", "http://host/"),
        ("http://[::1/?s3cret", "a malformed URL"),
        ("http://host?s3cret", "http://host"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str) -> None:
    assert f" {shown} after" in str(RetriesExhausted(1, url))
    assert f" {shown}, got" in str(InvalidContentType("text/html", url))


REFUSALS = [
    (status(404, b"gone"), requests.HTTPError, "gone"),
    (response(b"<p>", content_type="text/html"), InvalidContentType, "<p>"),
]


@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(("script", "kind_of_error", "body"), REFUSALS)
@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_the_response_stays_with_the_error(
    kind: str, script: Any, kind_of_error: type[Exception], body: str, copied: Callable[..., Any]
) -> None:
    with ScriptedServer(redirect(302, "/there"), script) as server:
        error = copied(DRIVERS[kind](server.url, {}, None).error)
    assert type(error) is kind_of_error
    assert error.response.text == body


def test_an_incomplete_stream_tells_its_last_event() -> None:
    event = Event("ab" * 60, "delta", "7")
    error = IncompleteStream(3, event)
    assert str(error).endswith(
        f"3 events had come, the last one 'delta' with id '7' and data '{'ab' * 40}...'"
    )
    assert pickle.loads(pickle.dumps(error)).last_event.data == event.data
