"""Redirects and 401, as the caller's session and hooks see them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth

from scenarios.redirects import CHALLENGE, endless
from scenarios.row import answer, redirect, status
from sseclient_ng import SSEClient
from sseclient_ng.testing import Call, Hold, ScriptedServer
from support.leaks import nothing_left


def test_a_redirect_leaves_its_connection_to_the_session() -> None:
    with ScriptedServer(redirect(302, "/there"), answer(1)) as server, requests.Session() as own:
        with SSEClient(server.url, session=own) as client:
            assert next(client).data == "1"
        assert [request.connection for request in server.requests] == [1, 1]


def test_a_redirect_keeps_its_body_its_headers_and_its_cookies() -> None:
    away = status(302, b"moved", Location="/there", Set_Cookie="lb=7; Path=/")
    with ScriptedServer(away, answer(1)) as server, SSEClient(server.url) as client:
        (first,) = client.resp.history
        assert (first.text, first.headers["Location"], first.cookies["lb"]) == (
            "moved",
            "/there",
            "7",
        )
        assert server.requests[1].headers["Cookie"] == "lb=7"


def test_the_start_of_a_redirect_that_never_ends_is_kept() -> None:
    scripts = [endless(redirect(302, "/there")), answer(1)]
    with nothing_left(), ScriptedServer(*scripts) as server, SSEClient(server.url) as client:
        assert client.resp.history[0].content == b"page"


@pytest.mark.parametrize("of_session", [False, True], ids=["argument", "session"])
def test_hooks_of_the_caller_see_every_answer(of_session: bool) -> None:
    seen: list[int] = []

    def hook(response: requests.Response, **_: Any) -> None:
        seen.append(response.status_code)

    away = [status(401, WWW_Authenticate=CHALLENGE), redirect(302, "/there"), answer(1)]
    with ScriptedServer(*away) as server, requests.Session() as own:
        own.auth = HTTPDigestAuth("me", "secret")
        options: dict[str, Any] = {}
        if of_session:
            own.hooks["response"].append(hook)
        else:
            options["hooks"] = {"response": hook}
        with SSEClient(server.url, session=own, **options) as client:
            assert next(client).data == "1"
        assert seen == [302, 200]  # the digest authentication comes before
        assert options in ({}, {"hooks": {"response": hook}})
        assert own.hooks == {"response": [hook] if of_session else []}


def test_a_session_of_the_callers_own_sees_no_hooks_of_ours() -> None:
    class Own(requests.Session):
        def request(self, *arguments: Any, **options: Any) -> requests.Response:  # type: ignore[override]
            seen.append(options)
            return super().request(*arguments, **options)

    seen: list[dict[str, Any]] = []
    server, own = ScriptedServer(answer(1)), Own()
    with server, own, SSEClient(server.url, session=own) as client:
        assert next(client).data == "1"
    assert ["hooks" in options for options in seen] == [False]


def test_a_patched_function_sees_no_hooks_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = requests.get, []

    def get(url: str, **options: Any) -> requests.Response:
        seen.append(options)
        return real(url, **options)

    monkeypatch.setattr(requests, "get", get)
    with ScriptedServer(answer(1)) as server, SSEClient(server.url) as client:
        assert next(client).data == "1"
    assert [set(options) for options in seen] == [{"stream", "headers"}]


def test_the_request_of_an_error_can_be_pickled_and_sent_again() -> None:
    with ScriptedServer(status(404), redirect(302, "/there"), answer(1)) as server:
        with pytest.raises(requests.HTTPError) as caught:
            SSEClient(server.url)
        again = pickle.loads(pickle.dumps(caught.value.response.request))
        with requests.Session() as session:
            assert b"data: 1" in session.send(again).content


def test_close_ends_the_reading_of_a_redirect() -> None:
    class Closing(SSEClient):
        def __init__(self, url: str) -> None:
            clients.append(self)
            super().__init__(url)

    clients: list[SSEClient] = []
    closing = [*redirect(302, "/there")[:1], Call(lambda: clients[0].close()), Hold()]
    with nothing_left(), ScriptedServer(closing) as server:
        client = Closing(server.url)
        assert list(client) == []
        assert len(server.requests) == 1
