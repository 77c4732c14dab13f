"""Clients of httpx and httpx2 as sessions, in what the scenario table does not show."""

from __future__ import annotations

import asyncio
import importlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import requests

from scenarios.row import answer, redirect, sent, status
from sseclient_ng import AsyncSSEClient, ReconnectPolicy, SSEClient
from sseclient_ng.testing import (
    Close,
    Hold,
    Request,
    Reset,
    Scripted,
    ScriptedServer,
    WaitFor,
    response,
)
from support.asynchronous import AT_ONCE, SETTLING, run, step
from support.certificates import client_context, server_context
from support.closing import closed_soon
from support.drivers import PATIENCE, TRANSPORTS, Driver
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")

SOON = ReconnectPolicy(min_delay=0.0, max_delay=0.01)
KINDS = [kind for kind, transport in TRANSPORTS.items() if transport.library == "httpx"]
each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


# What can be a session


def test_the_wrong_kind_of_session_is_named(library: Any) -> None:
    name = library.__name__
    with pytest.raises(TypeError, match=f"{name}.AsyncClient is for AsyncSSEClient"):
        SSEClient("http://127.0.0.1/", session=library.AsyncClient())
    with pytest.raises(TypeError, match=f"{name}.Client is for SSEClient"):
        AsyncSSEClient("http://127.0.0.1/", session=library.Client())


def test_other_sessions_are_named() -> None:
    async def session() -> Any:
        async with aiohttp.ClientSession() as own:
            return own

    wrong: list[tuple[Callable[..., object], Any, str]] = [
        (SSEClient, asyncio.run(session()), "aiohttp.ClientSession is for AsyncSSEClient"),
        (SSEClient, 5, "as session, not builtins.int"),
        (AsyncSSEClient, requests.Session(), "requests.Session is for SSEClient"),
        (AsyncSSEClient, 5, "as session, not builtins.int"),
    ]
    for client, given, said in wrong:
        with pytest.raises(TypeError, match=said):
            client("http://127.0.0.1/", session=given)


def test_a_closed_session_is_an_error_at_once(library: Any) -> None:
    with library.Client() as session:
        pass
    with pytest.raises(RuntimeError, match="the session is closed"):
        SSEClient("http://127.0.0.1/", session=session)

    async def main() -> None:
        async with library.AsyncClient() as own:
            pass
        with pytest.raises(RuntimeError, match="the session is closed"):
            await AsyncSSEClient("http://127.0.0.1/", session=own).__anext__()

    run(main())


def test_without_aiohttp(library: Any) -> None:
    program = (
        "import sys; sys.modules['aiohttp'] = None\n"
        f"import asyncio, {library.__name__} as library\n"
        "from sseclient_ng import AsyncSSEClient\n"
        "async def main():\n"
        "    async with library.AsyncClient() as session:\n"
        "        async with AsyncSSEClient(sys.argv[1], session=session) as client:\n"
        "            return [event.data async for event in client]\n"
        "assert asyncio.run(main()) == ['1']\n"
    )
    with ScriptedServer(answer(1)) as server:
        arguments = [sys.executable, "-c", program, server.url]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


# What is asked for


@each_kind
def test_what_the_session_has_goes_along(kind: str) -> None:
    options = {"headers": {"X-Own": "1"}, "params": {"a": "b"}, "reconnect": False}
    with ScriptedServer(answer(1)) as server:
        outcome = TRANSPORTS[kind].drive(server.url, options)
        (request,) = server.requests
    assert (outcome.error, outcome.data) == (None, ["1"])
    assert request.target == "/?a=b"
    assert request.headers["X-Own"] == "1"
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["User-Agent"].startswith("python-httpx")


def test_a_stream_may_be_silent_for_longer_than_httpx_would_wait(library: Any) -> None:
    seen: list[dict[str, Any]] = []
    hooks = {"request": [lambda request: seen.append(request.extensions["timeout"])]}
    timeouts: list[Any] = [{}, {"timeout": 7}, {"timeout": (3, 4)}, {"timeout": None}]
    with ScriptedServer(then=answer(1)) as server:
        for given in timeouts:
            with library.Client(event_hooks=hooks) as session:
                SSEClient(server.url, session=session, **given).close()
        with library.Client(event_hooks=hooks, timeout=8) as session:
            SSEClient(server.url, session=session).close()
    assert [each["read"] for each in seen] == [None, 7, 4, None, 8]
    assert [each["connect"] for each in seen] == [5, 7, 3, None, 8]


@each_kind
def test_redirects_have_a_history(kind: str) -> None:
    responses: list[Any] = []
    driver = Driver(on_event=lambda client, event: responses.append(client.resp))
    with ScriptedServer(redirect(302, "/there"), answer(1)) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {"reconnect": False}, driver)
    assert outcome.data == ["1"]
    assert [each.status_code for each in responses[0].history] == [302]


@each_kind
def test_redirects_are_not_followed_if_not_wanted(kind: str) -> None:
    with ScriptedServer(redirect(302, "/there")) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {"follow_redirects": False})
        assert len(server.requests) == 1
    assert isinstance(outcome.error, requests.HTTPError)
    assert outcome.error.response.status_code == 302


def test_a_transport_of_the_callers(library: Any) -> None:
    def handle(request: Any) -> Any:
        seen.append(request.headers.get("Last-Event-ID"))
        if len(seen) > 1:
            return library.Response(204)
        content = iter([b"id: 1\ndata: 1\n\n", b"data: 2\n\n"])
        return library.Response(200, content=content, headers={"Content-Type": "text/event-stream"})

    seen: list[Any] = []
    with library.Client(transport=library.MockTransport(handle)) as session:
        client = SSEClient("http://stream.test/", session=session, reconnect=SOON, retry=0)
        assert [event.data for event in client] == ["1", "2"]
    assert seen == [None, "1"]


# Errors


@each_kind
@pytest.mark.parametrize(
    ("script", "error", "body"),
    [
        (status(404, b"gone"), requests.HTTPError, "gone"),
        (response(b"<p>", content_type="text/html"), requests.RequestException, "<p>"),
    ],
)
def test_the_response_of_an_error_is_one_of_requests(
    kind: str, script: Scripted, error: type[Exception], body: str
) -> None:
    with ScriptedServer(script) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {})
    again: Any = pickle.loads(pickle.dumps(outcome.error))
    assert isinstance(again, error)
    assert again.response.text == body
    assert again.response.request.url == server.url


@each_kind
def test_a_large_body_of_an_error_is_cut(kind: str) -> None:
    with ScriptedServer(status(404, b"x" * (4 << 20))) as server:
        error: Any = TRANSPORTS[kind].drive(server.url, {}).error
    assert 1 << 20 <= len(error.response.text) < 2 << 20


@each_kind
def test_a_request_that_can_not_be_made_is_an_error_of_requests(kind: str) -> None:
    library = importlib.import_module(kind.rpartition(" ")[2])
    header = TRANSPORTS[kind].drive("http://127.0.0.1/", {"headers": {"X": "\u20ac"}}).error
    assert isinstance(header, requests.exceptions.InvalidHeader)
    url = TRANSPORTS[kind].drive("http://127.0.0.1:x/", {}).error
    assert isinstance(url, requests.exceptions.InvalidURL)
    assert isinstance(url, library.InvalidURL)


@each_kind
def test_errors_are_those_of_both_libraries(kind: str) -> None:
    library = importlib.import_module(kind.rpartition(" ")[2])
    with ScriptedServer() as server:
        server.refuse()
        refused = TRANSPORTS[kind].drive(server.url, {}).error
    assert isinstance(refused, requests.ConnectionError)
    assert isinstance(refused, library.ConnectError)
    assert type(pickle.loads(pickle.dumps(refused))) is type(refused)
    with ScriptedServer([Hold()]) as server:
        silent = TRANSPORTS[kind].drive(server.url, {"timeout": 0.1}).error
    assert isinstance(silent, requests.Timeout)
    assert isinstance(silent, library.ReadTimeout)
    wrong = TRANSPORTS[kind].drive("ftp://127.0.0.1/", {}).error
    assert isinstance(wrong, requests.exceptions.InvalidSchema)
    assert isinstance(wrong, library.UnsupportedProtocol)


@each_kind
def test_a_body_in_a_coding_that_nobody_decodes_is_an_error(kind: str) -> None:
    script = response(b"data: 1\n\n", headers={"Content-Encoding": "compress"})
    with ScriptedServer(script) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {})
    assert isinstance(outcome.error, requests.exceptions.ContentDecodingError)


@each_kind
def test_a_damaged_coding_is_an_error_of_both(kind: str) -> None:
    script = response(b"data: 1\n\n", headers={"Content-Encoding": "gzip"})
    with ScriptedServer(script) as server:
        outcome = TRANSPORTS[kind].drive(server.url, {"reconnect": False})
    assert isinstance(outcome.error, requests.exceptions.ContentDecodingError)


@each_kind
def test_an_unknown_argument_is_named(kind: str) -> None:
    outcome = TRANSPORTS[kind].drive("http://127.0.0.1/", {"proxies": {}})
    assert isinstance(outcome.error, TypeError)
    assert "proxies" in str(outcome.error)


# Ending

PLACES: dict[str, tuple[list[Scripted], dict[str, Any], int]] = {
    "reading": ([[sent(1), Hold()]], {}, 1),
    "connecting": ([sent(1), [Hold()]], {"retry": 0, "reconnect": SOON}, 2),
    "waiting": ([sent(1)], {"retry": 600_000}, 1),
    "in a chunk": ([[sent(1, framing="one-chunk"), Hold()]], {}, 1),
    "compressed": ([[sent(1, encoding="gzip"), Hold()]], {}, 1),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Any:
    return PLACES[request.param]


def test_close_from_another_thread(library: Any, place: Any) -> None:
    scripts, options, count = place
    with nothing_left(), ScriptedServer(*scripts) as server, library.Client() as session:
        client = SSEClient(server.url, session=session, **options)

        with closed_soon(client, server, count):
            assert [event.data for event in client] == ["1"]
        assert not session.is_closed
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_close_from_another_task(library: Any, place: Any) -> None:
    scripts, options, count = place

    async def main(server: ScriptedServer) -> None:
        async with library.AsyncClient() as session:
            client = AsyncSSEClient(server.url, session=session, **options)

            async def close() -> None:
                await asyncio.to_thread(server.wait_for_requests, count)
                await asyncio.sleep(SETTLING)
                await client.close()

            closer = asyncio.ensure_future(close())
            assert [event.data async for event in client] == ["1"]
            await asyncio.wait_for(closer, AT_ONCE)
            assert not session.is_closed

    with nothing_left(), ScriptedServer(*scripts) as server:
        run(main(server))


def test_close_before_the_first_read_has_begun(library: Any) -> None:
    async def main(server: ScriptedServer) -> None:
        def close(response: object) -> None:
            closers.append(asyncio.ensure_future(client.close()))

        closers: list[asyncio.Future[None]] = []
        async with library.AsyncClient() as session:
            client = AsyncSSEClient(server.url, session=session, on_open=close)
            assert [event.data async for event in client] == []
            await closers[0]

    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        run(main(server))


def test_a_client_that_was_never_read(library: Any) -> None:
    async def main(server: ScriptedServer) -> None:
        session = library.AsyncClient()
        async with session, AsyncSSEClient(server.url, session=session) as client:
            assert client.resp.status_code == 200
        await asyncio.to_thread(server.wait_for_disconnect, timeout=AT_ONCE)

    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        run(main(server))


def test_a_step_that_timed_out_keeps_the_connection(library: Any) -> None:
    seen = threading.Event()

    async def read(client: AsyncSSEClient) -> None:
        assert await step(client) == "1"
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.__anext__(), 0.02)
        seen.set()
        assert await step(client) == "2"

    async def main(server: ScriptedServer) -> None:
        session = library.AsyncClient()
        async with session, AsyncSSEClient(server.url, session=session) as client:
            await read(client)
        assert len(server.requests) == 1

    pieces: Iterator[Any] = iter([b"data: 1\n\n", WaitFor(seen), b"data: 2\n\n"])
    with nothing_left(), ScriptedServer([response(pieces, complete=False), Hold()]) as server:
        run(main(server))


ENDS: dict[str, list[Any]] = {
    "a stream that goes on": [response([b"data: 1\n\n", Hold()])],
    "a stream that ends": [response(b"data: 1\n\n")],
    "a stream that breaks off": [[response([b"data: 1\n\n"], complete=False), Close()]],
    "an error": [response(status=503)],
    "a reset": [[Reset()]],
    "a redirect": [redirect(302, "/b"), response(b"data: 1\n\n")],
}


@pytest.mark.parametrize("script", ENDS.values(), ids=ENDS)
def test_a_cancelled_step_leaves_no_connection_in_the_pool(library: Any, script: Any) -> None:
    """Cancel at every turn of the event loop; the one connection must be free afterwards."""
    limits = library.Limits(max_connections=1)
    timeout = library.Timeout(PATIENCE, read=None)  # a machine may be slow

    async def main() -> None:
        async with library.AsyncClient(limits=limits, timeout=timeout) as session:
            for turns in range(60):
                with ScriptedServer(*script, then=Hold()) as server:
                    client = AsyncSSEClient(server.url, session=session, reconnect=SOON)
                    step_of_it = asyncio.ensure_future(client.__anext__())
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    step_of_it.cancel()
                    await asyncio.wait({step_of_it})
                    await client.close()
            with ScriptedServer(response(b"data: 1\n\n")) as server:
                await session.get(server.url)

    run(main())


def test_a_trace_of_the_callers_is_called(library: Any) -> None:
    seen: list[str] = []

    async def trace(event: str, info: object) -> None:
        seen.append(event)

    async def main(url: str) -> None:
        async with (
            library.AsyncClient() as session,
            AsyncSSEClient(url, session=session, extensions={"trace": trace}) as client,
        ):
            assert await step(client) == "1"

    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        run(main(server.url))
    assert "connection.connect_tcp.started" in seen


def test_a_request_that_waits_for_a_connection_can_be_given_up(library: Any) -> None:
    async def main(url: str) -> None:
        limits = library.Limits(max_connections=1)
        async with library.AsyncClient(limits=limits) as session:
            async with AsyncSSEClient(url, session=session) as first:
                assert await step(first) == "1"
                second = AsyncSSEClient(url, session=session, timeout=None)
                waiting = asyncio.ensure_future(second.__anext__())
                await asyncio.sleep(0.05)
                await asyncio.wait_for(second.close(), AT_ONCE)
                with pytest.raises(StopAsyncIteration):
                    await asyncio.wait_for(waiting, AT_ONCE)
            assert (await session.get(url)).status_code == 204

    with ScriptedServer(response([b"data: 1\n\n", Hold()]), then=status(204)) as server:
        run(main(server.url))


@pytest.mark.parametrize("encoding", [None, "gzip"])
@each_kind
def test_a_hook_of_the_session_may_read_the_body(kind: str, encoding: Any) -> None:
    library = importlib.import_module(kind.rpartition(" ")[2])

    async def read_it(given: Any) -> None:
        await given.aread()

    async def main(url: str) -> list[str]:
        hooks = {"response": [read_it]}
        async with library.AsyncClient(event_hooks=hooks) as session:
            client = AsyncSSEClient(url, session=session, reconnect=False)
            return [event.data async for event in client]

    with ScriptedServer(response(b"data: 1\n\n", encoding=encoding)) as server:
        if kind.startswith("async"):
            assert run(main(server.url)) == ["1"]
            return
        hooks = {"response": [lambda given: given.read()]}
        with library.Client(event_hooks=hooks) as session:
            client = SSEClient(server.url, session=session, reconnect=False)
            assert [event.data for event in client] == ["1"]


MOMENTS = [
    *(f"connection.connect_tcp.{end}" for end in ("started", "complete")),
    *(f"connection.start_tls.{end}" for end in ("started", "complete")),
    *(f"http11.send_request_headers.{end}" for end in ("started", "complete")),
    *(f"http11.receive_response_headers.{end}" for end in ("started", "complete")),
    "http11.receive_response_body.started",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_step_that_is_cancelled_at_any_moment_frees_its_connection(
    library: Any, moment: str
) -> None:
    def answer_to(request: Request) -> Scripted:
        if request.headers.get("Accept") != "text/event-stream":
            return status(204)
        return [response([b"data: 1\n\n"], complete=False), Hold()]

    async def main(url: str) -> None:
        reached = asyncio.Event()

        async def trace(event: str, info: object) -> None:
            if event == moment:
                reached.set()

        limits = library.Limits(max_connections=1)
        timeout = library.Timeout(PATIENCE, read=None)  # a machine may be slow
        async with library.AsyncClient(
            limits=limits, timeout=timeout, verify=client_context()
        ) as session:
            client = AsyncSSEClient(url, session=session, extensions={"trace": trace})
            reading = asyncio.ensure_future(drain(client))
            await asyncio.wait_for(reached.wait(), AT_ONCE)
            reading.cancel()
            await asyncio.wait({reading})
            await client.close()
            assert (await session.get(url)).status_code == 204

    async def drain(client: AsyncSSEClient) -> None:
        async for _ in client:
            pass

    with ScriptedServer(then=answer_to, tls=server_context()) as server:
        run(main(server.url))


def test_the_scripted_server_keeps_a_connection_after_interim_answers(library: Any) -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    script = [interim * 2, *response(b"data: 1\n\n", framing="content-length")]
    with ScriptedServer(then=script) as server, library.Client() as session:
        for _ in range(3):
            assert session.get(server.url).text == "data: 1\n\n"
        assert server.connections_accepted == 1
