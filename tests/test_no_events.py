"""Where a response that was given has no event, a warning says why if the response does."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any, Callable

import httpx
import pytest
import requests
import urllib3

from sseclient_ng import SSEClient
from sseclient_ng.testing import ScriptedServer, response

STREAM = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}

LIBRARIES = ["requests", "requests, in memory", "urllib3", "httpx"]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


@pytest.fixture(params=LIBRARIES)
def get(request: pytest.FixtureRequest, session: requests.Session) -> Iterator[Any]:
    """Makes a request with a library."""
    with urllib3.PoolManager() as pool:
        yield {
            "requests": lambda url: session.get(url, stream=True),
            "requests, in memory": session.get,
            "urllib3": lambda url: pool.request("GET", url, preload_content=False),
            "httpx": httpx.get,
        }[request.param]


def texts_and_warnings(source: Any, **options: Any) -> tuple[list[str], list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = SSEClient(source, **options)
        texts = [event.data for event in client]
        assert list(client.events()) == []
    ours = [each for each in caught if "without an event" in str(each.message)]
    assert all(each.category is UserWarning for each in ours)
    assert all(each.filename == __file__ for each in ours)
    return texts, [str(each.message).partition("without an event: ")[2] for each in ours]


WITHOUT_EVENTS: list[tuple[Any, str]] = [
    (response(b'{"error": "no"}', headers=JSON), "its Content-Type is 'application/json', not "),
    (response(b"<html>", headers=HTML), "its Content-Type is 'text/html; charset=utf-8', not "),
    (response(b"<html>", status=404, headers=HTML), "its status is 404; call its raise_for_status"),
    (response(b"oops", status=500, headers=STREAM), "its status is 500; call its raise_for_status"),
]


@pytest.mark.parametrize(("answer", "words"), WITHOUT_EVENTS)
def test_what_is_no_event_stream(get: Callable[[str], Any], answer: Any, words: str) -> None:
    with ScriptedServer(answer) as server:
        texts, told = texts_and_warnings(get(server.url))
    assert texts == []
    assert [each[: len(words)] for each in told] == [words]


IN_ORDER: list[Any] = [
    response(b": quiet\n\n"),
    response(b": quiet\n\n", headers={"Content-Type": "text/plain"}),
    response(status=204),
    response(b"", status=204, headers=JSON),
    response(b"data: 1\n\n", headers=JSON),
    response(b"data: 1\n\n", status=404, headers=HTML),
    response(b"data: 1", headers=HTML),
]


@pytest.mark.parametrize("answer", IN_ORDER)
def test_what_is_in_order_is_not_warned_of(get: Callable[[str], Any], answer: Any) -> None:
    with ScriptedServer(answer) as server:
        assert texts_and_warnings(get(server.url))[1] == []


def test_a_response_that_was_closed(session: requests.Session) -> None:
    with ScriptedServer(response(b"data: 1\n\n")) as server:
        with session.get(server.url, stream=True) as answer:
            pass
        words = "it was closed, or read to its end, before"
        assert texts_and_warnings(answer) == ([], [words])


def test_a_type_that_the_program_takes(session: requests.Session) -> None:
    with ScriptedServer(response(b"{}", headers=JSON)) as server:
        answer = session.get(server.url, stream=True)
        assert texts_and_warnings(answer, check_content_type=False) == ([], [])


def test_a_client_that_is_closed_is_not_warned_of(session: requests.Session) -> None:
    with ScriptedServer(response(b"{}", headers=JSON)) as server:
        answer = session.get(server.url, stream=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            client = SSEClient(answer)
            client.close()
            assert list(client) == []


def test_what_tells_nothing_is_not_warned_of() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"no event"

    for source in (chunks(), [], io.BytesIO()):
        assert texts_and_warnings(source) == ([], [])


class Canned:
    """What stands for a response in a test."""

    status_code = 200
    headers = None

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"no event"])


def test_a_stand_in_without_headers_is_not_warned_of() -> None:
    assert texts_and_warnings(Canned()) == ([], [])


def test_a_warning_that_is_an_error_comes_out_once(session: requests.Session) -> None:
    with ScriptedServer(response(b"{}", headers=JSON)) as server:
        client = SSEClient(session.get(server.url, stream=True))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="application/json"):
                next(client)
            assert list(client) == []
