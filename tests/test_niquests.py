"""Sessions of niquests, in what the scenario table does not show."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest
import requests

from scenarios.row import redirect, sent, status
from sseclient_ng import AsyncSSEClient, SSEClient
from sseclient_ng.testing import Hold, ScriptedServer, WaitFor, response
from support.closing import closed_soon
from support.leaks import nothing_left

niquests = pytest.importorskip("niquests")


def test_close_from_another_thread() -> None:
    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server, niquests.Session() as session:
        client = SSEClient(server.url, session=session)

        with closed_soon(client):
            assert [event.data for event in client] == ["1"]


def test_close_while_connecting_again() -> None:
    script = [response(b"data: 1\n\n"), [Hold()]]
    with nothing_left(), ScriptedServer(*script) as server, niquests.Session() as session:
        client = SSEClient(server.url, session=session, retry=0)

        with closed_soon(client, server, 2):
            assert [event.data for event in client] == ["1"]


@pytest.mark.parametrize("framing", ["chunked", "one-chunk", "content-length", "close"])
@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_events_come_as_they_arrive(framing: Any, encoding: Any) -> None:
    seen = threading.Event()
    pieces: list[Any] = [b"data: 1\n\n", WaitFor(seen, timeout=10), b"data: 2\n\n", Hold()]
    script = response(pieces, framing=framing, encoding=encoding, complete=False)
    with (
        ScriptedServer(script) as server,
        niquests.Session() as session,
        SSEClient(server.url, session=session) as client,
    ):
        assert next(client).data == "1"
        seen.set()
        assert next(client).data == "2"


def test_a_response_of_niquests_is_a_source() -> None:
    with ScriptedServer(response(b"data: 1\n\ndata: 2\n\n")) as server:
        given = niquests.get(server.url, stream=True)
        assert [event.data for event in SSEClient(given).events()] == ["1", "2"]


def test_a_refused_status_is_an_error_of_requests() -> None:
    with ScriptedServer(status(404, b"no such page")) as server, niquests.Session() as session:
        with pytest.raises(requests.HTTPError) as caught:
            SSEClient(server.url, session=session, headers={"X-Key": "1"})
        assert caught.value.response.text == "no such page"
        assert caught.value.response.request.headers["X-Key"] == "1"


def test_errors_are_those_of_both_libraries() -> None:
    with ScriptedServer() as server:
        url = server.url
    with niquests.Session() as session:
        for bad, kind in [(url, "ConnectionError"), ("nonsense://x/", "InvalidSchema")]:
            with pytest.raises(getattr(requests.exceptions, kind)) as caught:
                SSEClient(bad, session=session)
            assert isinstance(caught.value, getattr(niquests.exceptions, kind))
            assert isinstance(pickle.loads(pickle.dumps(caught.value)), type(caught.value))


def test_redirects_are_followed() -> None:
    script = [redirect(302, "/b"), sent(1)]
    with (
        ScriptedServer(*script) as server,
        niquests.Session() as session,
        SSEClient(server.url, session=session) as client,
    ):
        assert next(client).data == "1"
        assert len(client.resp.history) == 1


def test_a_stream_may_be_silent_for_longer_than_niquests_would_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timeouts: list[Any] = []
    send = niquests.Session.send

    def note(self: Any, request: Any, **options: Any) -> Any:
        timeouts.append(options["timeout"])
        return send(self, request, **options)

    monkeypatch.setattr(niquests.Session, "send", note)
    with ScriptedServer(then=response(b"data: 1\n\n")) as server:
        for own in (None, 7):
            with niquests.Session(timeout=own) as session:
                SSEClient(server.url, session=session).close()
                SSEClient(server.url, session=session, timeout=3).close()
    assert timeouts == [(30, None), 3, 7, 3]


def test_other_kinds_of_session_are_named() -> None:
    with pytest.raises(TypeError, match=r"as session, not niquests\.AsyncSession"):
        SSEClient("http://127.0.0.1/", session=niquests.AsyncSession())
    for kind in (niquests.Session, niquests.AsyncSession):
        with pytest.raises(TypeError, match=rf"as session, not niquests\.{kind.__name__}"):
            AsyncSSEClient("http://127.0.0.1/", session=kind())
