"""Options that make no sense are refused at once, by name, with what is wanted."""

from __future__ import annotations

import inspect
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests

from sseclient_ng import AsyncSSEClient, EventStreamParser, ReconnectPolicy, SSEClient
from sseclient_ng._keywords import (
    AiohttpArguments,
    HttpxArguments,
    HttpxAsyncArguments,
    RequestsArguments,
)
from sseclient_ng._suggestions import names_of_parameters
from sseclient_ng._transports.choosing import argument_names, async_argument_names
from sseclient_ng.testing import ScriptedServer, response
from support.asynchronous import run

NOWHERE = "http://127.0.0.1:1/"

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"retry": "3000"}, TypeError, "retry must be a number of milliseconds, not '3000'"),
    ({"retry": None}, TypeError, "retry must be a number of milliseconds, not None"),
    ({"retry": True}, TypeError, "retry must be a number of milliseconds, not True"),
    ({"retry": -1}, ValueError, "retry must be finite and not negative, not -1"),
    ({"retry": float("nan")}, ValueError, "retry must be finite and not negative, not nan"),
    ({"on_open": 5}, TypeError, "on_open must be a function or None, not 5"),
    ({"on_error": 5}, TypeError, "on_error must be a function or None, not 5"),
    ({"on_comment": "x"}, TypeError, "on_comment must be a function or None, not 'x'"),
    (
        {"max_event_size": "1"},
        TypeError,
        "max_event_size must be a number of bytes (int), or None for no limit, not '1'",
    ),
    (
        {"max_event_size": 0},
        ValueError,
        "max_event_size must be at least 1, or None for no limit, not 0",
    ),
    (
        {"check_content_type": "no"},
        TypeError,
        "check_content_type must be True or False, not 'no'",
    ),
    ({"method": 5}, TypeError, "method must be text, such as 'POST', not 5"),
    (
        {"headers": "Authorization: s3cret"},
        TypeError,
        "headers must be a dict, or a function that returns one, not str",
    ),
    (
        {"headers": ["Accept"]},
        TypeError,
        "headers must be a dict, or a function that returns one, not list",
    ),
    (
        {"auth": "s3cret"},
        TypeError,
        "auth must be a pair of user and password, or an object of the HTTP library, not text; "
        'a token goes into headers={"Authorization": "Bearer ..."}',
    ),
    ({"headers": 5}, TypeError, "headers must be a dict, or a function that returns one, not int"),
    (
        {"reconnect": 5},
        TypeError,
        "reconnect must be True, False, None or a ReconnectPolicy, not 5",
    ),
    ({"until": 5}, TypeError, "until must be the data of an event (str) or a function, not 5"),
]
WRONG_FOR_SYNC: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"chunk_size": "1"},
        TypeError,
        "chunk_size must be a number of bytes (int), or None for no limit, not '1'",
    ),
    (
        {"headers": lambda: 5},
        TypeError,
        "headers must be a dict, or a function that returns one, not int",
    ),
    (
        {"session": requests.Session},
        TypeError,
        "session must be a session, not the class requests.Session: call it",
    ),
    ({"char_enc": 5}, TypeError, "char_enc must be the name of an encoding, not 5"),
    ({"char_enc": "utf-9"}, LookupError, "unknown encoding: utf-9"),
]


def refused(client: Any, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        client(NOWHERE, **options)
    assert type(caught.value) is error
    assert str(caught.value) == words


@pytest.mark.parametrize("client", [SSEClient, AsyncSSEClient])
@pytest.mark.parametrize(("options", "error", "words"), WRONG)
def test_wrong_values(
    client: Any, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    refused(client, options, error, words)


@pytest.mark.parametrize(("options", "error", "words"), WRONG_FOR_SYNC)
def test_wrong_values_of_the_client_for_threads(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    refused(SSEClient, options, error, words)


def test_wrong_values_where_something_is_given() -> None:
    with pytest.raises(TypeError, match="on_comment must be a function"):
        SSEClient([b""], on_comment=5)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="max_event_size must be at least 1"):
        SSEClient([b""], max_event_size=0)


@pytest.mark.parametrize("limit", ["1", 1.5, True])
def test_wrong_limits_of_a_parser(limit: Any) -> None:
    with pytest.raises(TypeError, match="max_event_size must be a number of bytes"):
        EventStreamParser(max_event_size=limit)


@pytest.mark.parametrize(
    "options",
    [
        {"retry": 10**400},
        {"retry": 0},
        {"retry": 0.5},
        {"max_event_size": None},
        {"chunk_size": 0},
        {"chunk_size": None},
        {"headers": [("A", "b")]},
        {"headers": None},
    ],
)
def test_what_is_odd_but_has_a_meaning(options: dict[str, Any]) -> None:
    with pytest.raises(requests.ConnectionError):
        SSEClient(NOWHERE, **options)


MEANT: list[tuple[dict[str, Any], str]] = [
    ({"retries": 7}, "; did you mean reconnect=ReconnectPolicy(max_attempts=7)?"),
    ({"max_retries": None}, "; did you mean reconnect=ReconnectPolicy(max_attempts=5)?"),
    ({"max_delay": 3}, "; did you mean reconnect=ReconnectPolicy(max_delay=...)?"),
    ({"last_event_id": "7"}, "; did you mean last_id=...?"),
    ({"lastEventId": "7"}, "; did you mean last_id=...?"),
    ({"retry_interval": 3}, "; did you mean retry=3000, in milliseconds?"),
    ({"reconnection_time": 3}, "; did you mean retry=3000, in milliseconds?"),
    ({"read_timeout": 3}, "; did you mean timeout=(5, 60), the seconds to connect and of silence?"),
    ({"on_message": print}, "; iterate over the client instead"),
    ({"token": "s3cret"}, '; pass headers={"Authorization": "Bearer ..."}'),
    ({"heders": {}}, "; did you mean headers=...?"),
    ({"qwertz": 1}, ""),
]


@pytest.mark.parametrize("client", [SSEClient, AsyncSSEClient])
@pytest.mark.parametrize(("options", "advice"), MEANT)
def test_unknown_arguments(client: Any, options: dict[str, Any], advice: str) -> None:
    name = next(iter(options))
    words = f"{client.__name__} got an unexpected argument {name!r}{advice}"
    refused(client, options, TypeError, words)


@pytest.mark.parametrize(
    "options", [{"chunk": 1}, {"verify_ssl": False}, {"url": NOWHERE}, {"proxy": "a"}, {"ssl": 1}]
)
def test_unknown_arguments_of_the_client_for_threads(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="SSEClient got an unexpected argument"):
        SSEClient(NOWHERE, **options)


def test_unknown_arguments_where_something_is_given() -> None:
    with pytest.raises(TypeError, match="unexpected argument 'retries'"):
        SSEClient([b""], retries=5)  # type: ignore[call-overload]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_arguments_of_a_client_of_httpx(library: Any) -> None:
    words = f"unexpected argument 'verify'; pass it to {library.__name__}.Client"
    with library.Client() as session, pytest.raises(TypeError, match=words):
        SSEClient(NOWHERE, session=session, verify=False)
    words = f"unexpected argument 'proxy'; pass it to {library.__name__}.AsyncClient"
    with pytest.raises(TypeError, match=words):
        AsyncSSEClient(NOWHERE, session=library.AsyncClient(), proxy="http://a.example")


def test_a_class_in_the_place_of_a_session() -> None:
    words = "session must be a session, not the class aiohttp.ClientSession: call it"
    refused(AsyncSSEClient, {"session": aiohttp.ClientSession}, TypeError, words)


def test_arguments_of_a_session_of_aiohttp() -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            words = "unexpected argument 'connector'; pass it to aiohttp.ClientSession"
            with pytest.raises(TypeError, match=words):
                AsyncSSEClient(NOWHERE, session=session, connector=None)  # type: ignore[call-overload]

    run(main())


class OwnSession(requests.Session):
    """A session with an argument of its own."""

    def request(self, *arguments: Any, rate: int = 0, **keywords: Any) -> requests.Response:
        raise requests.ConnectionError(f"rate {rate}")


class OwnAsyncSession:
    """What stands for a session of aiohttp, such as one that tries again."""

    async def request(self, *arguments: Any, rate: int = 0, **keywords: Any) -> object:
        raise requests.ConnectionError(f"rate {rate}")


def test_a_session_of_the_callers_may_take_other_arguments() -> None:
    with pytest.raises(requests.ConnectionError, match="rate 3"):
        SSEClient(NOWHERE, session=OwnSession(), rate=3)  # type: ignore[call-overload]

    async def main() -> None:
        options: dict[str, Any] = {"session": OwnAsyncSession(), "rate": 3}
        async with AsyncSSEClient(NOWHERE, **options):
            raise AssertionError

    with pytest.raises(requests.ConnectionError, match="rate 3"):
        run(main())


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_arguments_that_are_set_later_are_refused_by_the_library(library: Any) -> None:
    with library.Client() as session, ScriptedServer(response(b"data: 1\n\n")) as server:
        client = SSEClient(server.url, session=session, retry=0)
        client.requests_kwargs["rate"] = 3
        assert next(client).data == "1"
        with pytest.raises(TypeError, match="unexpected keyword argument 'rate'"):
            next(client)


def test_what_has_no_parameters_takes_any() -> None:
    assert names_of_parameters(None) is None
    assert names_of_parameters(lambda **arguments: None) is None


def names_of(arguments: type) -> set[str]:
    """Return the names of a TypedDict that are not options of every client."""
    own = inspect.signature(SSEClient).parameters
    return {name for name in arguments.__annotations__ if name not in own}


def test_what_editors_complete_is_accepted() -> None:
    """The names that type checkers know are names that the libraries know."""
    assert names_of(RequestsArguments) <= (argument_names(None) or set())
    assert argument_names(None) == argument_names(requests.Session())
    with httpx.Client() as session:
        assert names_of(HttpxArguments) <= (argument_names(session) or set())
    assert names_of(HttpxAsyncArguments) <= (async_argument_names(httpx.AsyncClient()) or set())
    assert names_of(AiohttpArguments) <= (async_argument_names(None) or set())


def test_the_policy_names_what_it_wants() -> None:
    with pytest.raises(TypeError, match=r"max_attempts must be a whole number.*not '5'"):
        ReconnectPolicy(max_attempts="5")  # type: ignore[arg-type]


@pytest.mark.parametrize("client", [SSEClient, AsyncSSEClient])
def test_the_signature_can_be_read(client: type) -> None:
    """It is what help() and editors show."""
    assert "<" not in str(inspect.signature(client)).replace("<class", "")
