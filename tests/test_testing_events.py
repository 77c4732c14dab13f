"""The servers of `sseclient_ng.testing` in tests of users: events, text, pushing, waiting."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

import sseclient_ng
from sseclient_ng import AsyncSSEClient, Event, SSEClient
from sseclient_ng.testing import (
    EventServer,
    Hold,
    Pause,
    ScriptedServer,
    response,
    unfinished_chunk,
)
from support.drivers import run_loop
from support.server import ask

A, B, C = Event("a", id="1"), Event("b\nb", "edit", "2"), Event("c", id="3")


def data(client: SSEClient, count: int) -> list[str]:
    return [next(client).data for _ in range(count)]


# Bodies

BODIES: dict[str, Any] = {
    "an event": (A, [A]),
    "events": ([A, B], [A, B]),
    "a generator": ((event for event in (A, B)), [A, B]),
    "text": ("id: 1\ndata: a\n\n", [A]),
    "text that is no ASCII": ("data: Zo\xeb \U0001f600\n\n", [Event("Zo\xeb \U0001f600")]),
    "pieces of text": (["id: 1\nda", "ta: a\n", "\n"], [A]),
    "a mixture": (
        [A, b": comment\n\n", Pause(0), ["id: 2\nevent: edit\n", b"data: b\ndata: b\n\n"]],
        [A, B],
    ),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("how", ["chunked", "one-chunk", "content-length", "close", "gzip"])
def test_a_body_of_events_and_text(name: str, how: str) -> None:
    body, expected = BODIES[name]
    body = body if isinstance(body, (str, Event, list)) else [A, B]
    kind: dict[str, Any] = {"encoding": how} if how == "gzip" else {"framing": how}
    with ScriptedServer(response(body, **kind)) as server:
        received = list(SSEClient(server.url, reconnect=False))
    assert list(map(vars, received)) == list(map(vars, expected))


def test_a_generator_of_events() -> None:
    with ScriptedServer(response(BODIES["a generator"][0])) as server:
        assert [event.data for event in SSEClient(server.url, reconnect=False)] == ["a", "b\nb"]


def test_an_unfinished_chunk_takes_events_too() -> None:
    assert unfinished_chunk([A, "x"]) == (b"10\r\n", b"id: 1\ndata: a\n\n", b"x", b"\r\n")


@pytest.mark.parametrize("wrong", [5, None, [A, 5], {"data": 1}.values()])
def test_what_no_body_can_hold(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"expected an Event, bytes, text, or a step .*, not "):
        response(wrong)


@pytest.mark.parametrize("script", [A, [A], "data: a\n\n"])
def test_a_script_is_no_body(script: Any) -> None:
    with pytest.raises(TypeError, match=r"; encode it, or put it into a response\(\)"):
        ScriptedServer(script)


# Addresses


@pytest.mark.parametrize("path", ["a", "/a"])
def test_a_path_can_be_added(path: str) -> None:
    routes = {"/a": [response(A), response(B)]}
    with ScriptedServer(routes=routes) as server:
        assert server.url + path == server.url_for(path) == f"http://127.0.0.1:{server.port}/a"
        for url in (server.url + path, f"{server.url}{path}"):
            assert next(SSEClient(url)).id in ("1", "2")
        assert [request.path for request in server.requests] == ["/a", "/a"]


@pytest.mark.parametrize(
    ("target", "path"),
    [("/a", "/a"), ("//a", "/a"), ("///a//b?c//d", "/a//b"), ("/", "/"), ("//", "/"), ("*", "*")],
)
def test_several_slashes_count_as_one(target: str, path: str) -> None:
    with ScriptedServer() as server:
        ask(server, f"GET {target} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        (request,) = server.requests
    assert (request.target, request.path) == (target, path)


# Requests


def test_the_json_of_a_request() -> None:
    with ScriptedServer(then=response(A)) as server:
        requests.post(server.url, json={"stream": True, "n": [1, "Zo\xeb"]}, timeout=5)
        requests.post(server.url, data="no JSON", timeout=5)
        first, second = server.requests
    assert first.json() == {"stream": True, "n": [1, "Zo\xeb"]}
    with pytest.raises(json.JSONDecodeError):
        second.json()


# Pushing


def test_events_arrive_when_they_are_sent() -> None:
    with EventServer() as server, SSEClient(server.url) as client:
        server.wait_for_requests(1)
        server.send(A)
        assert vars(next(client)) == vars(A)
        server.send(B, C)
        assert [vars(next(client)), vars(next(client))] == [vars(B), vars(C)]


def test_every_client_gets_everything() -> None:
    with EventServer() as server:
        server.send(A)
        with SSEClient(server.url) as one:
            assert data(one, 1) == ["a"]
            server.send(B)
            with SSEClient(server.url) as other:
                assert data(other, 2) == ["a", "b\nb"]
                server.send(C)
                assert (data(one, 2), data(other, 1)) == (["b\nb", "c"], ["c"])


def test_a_client_goes_on_after_its_last_event() -> None:
    with EventServer() as server:
        server.send(A, B)
        with SSEClient(server.url, retry=0) as client:
            assert data(client, 2) == ["a", "b\nb"]
            server.disconnect()
            server.send(C)
            assert data(client, 1) == ["c"]
        assert [request.last_event_id for request in server.requests] == [None, "2"]


def test_an_id_that_is_not_known_gets_everything() -> None:
    with EventServer() as server:
        server.send(A, B)
        with SSEClient(server.url, last_id="other") as client:
            assert data(client, 2) == ["a", "b\nb"]


def test_of_an_id_that_was_sent_twice_the_last_one_counts() -> None:
    with EventServer() as server:
        server.send(A, B, A, C)
        with SSEClient(server.url, last_id="1") as client:
            assert data(client, 1) == ["c"]


def test_text_is_sent_as_it_is() -> None:
    comments: list[str] = []
    with EventServer() as server, SSEClient(server.url, on_comment=comments.append) as client:
        server.send(": hello\n", b"retry: 10\n\n", "id: 7\nda", "ta: whole\n\n")
        assert (next(client).data, client.last_id, client.retry) == ("whole", "7", 10)
        assert comments == ["hello"]
        server.disconnect()
        server.send(C)
        assert next(client).data in ("whole", "c")


def test_the_end_of_the_stream() -> None:
    with EventServer() as server:
        client = SSEClient(server.url, retry=0)
        server.send(A)
        server.end()
        server.end()
        assert [event.data for event in client] == ["a"]
        assert [event.data for event in SSEClient(server.url, last_id="1")] == []


def test_nothing_is_lost_at_the_end() -> None:
    with EventServer() as server:
        server.send(A, B)
        client = SSEClient(server.url, retry=0)
        assert next(client).data == "a"
        server.disconnect()
        server.send(C)
        server.end()
        assert [event.data for event in client] == ["b\nb", "c"]


@pytest.mark.parametrize("events", [[A, B], [Event("a"), Event("b")], []])
def test_a_client_that_comes_after_the_end(events: list[Event]) -> None:
    with EventServer() as server:
        server.send(*events)
        server.end()
        received = [event.data for event in SSEClient(server.url, retry=0)]
        assert received == [event.data for event in events]


def test_nothing_can_be_sent_after_the_end() -> None:
    with EventServer() as server:
        server.end()
        with pytest.raises(RuntimeError, match=r"nothing can be sent after end\(\)"):
            server.send(A)


@pytest.mark.parametrize("wrong", [5, None, [A], Hold()])
def test_what_can_not_be_sent(wrong: Any) -> None:
    with EventServer() as server:
        with pytest.raises(TypeError, match=r"send\(\) needs an Event, text or bytes, not "):
            server.send(A, wrong)
        server.send(B)
        assert data(SSEClient(server.url), 1) == ["b\nb"]  # the good one went with the wrong one


def test_scripts_come_first() -> None:
    with EventServer() as server:
        server.send(A)
        server.add(response(status=503))
        with pytest.raises(requests.HTTPError, match="503"):
            SSEClient(server.url)
        assert data(SSEClient(server.url), 1) == ["a"]


def test_a_client_that_goes_leaves_nothing_behind() -> None:
    with EventServer() as server:
        server.send(A)
        with SSEClient(server.url) as client:
            next(client)
        server.wait_for_disconnect()
        server.send(B)
        assert server.errors == []


def test_from_many_threads() -> None:
    def push(number: int) -> None:
        for count in range(50):
            server.send(Event(f"{number} {count}", id=f"{number}-{count}"))

    with EventServer() as server, SSEClient(server.url) as client:
        threads = [threading.Thread(target=push, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        received = data(client, 200)
        for thread in threads:
            thread.join()
    for number in range(4):
        own = [each for each in received if each.startswith(f"{number} ")]
        assert own == [f"{number} {count}" for count in range(50)]


# Coroutines


def test_a_coroutine_pushes_and_waits() -> None:
    async def main() -> None:
        async with AsyncSSEClient(server.url, retry=0) as client:
            await server.wait_for_connections_async(1)
            (request,) = await server.wait_for_requests_async(1)
            assert request.method == "GET"
            server.send(A)
            assert (await client.__anext__()).data == "a"
            step = asyncio.ensure_future(client.__anext__())
            server.disconnect()
            server.send(B)
            assert (await server.wait_for_requests_async(2))[1].last_event_id == "1"
            assert (await step).data == "b\nb"
        await server.wait_for_disconnect_async()
        await server.wait_for_disconnect_async(1)

    with EventServer() as server:
        run_loop(main())


WAITS: list[tuple[str, tuple[int, ...], str]] = [
    ("wait_for_requests", (1,), "after 0 seconds: 0 of 1 requests came"),
    ("wait_for_connections", (1,), "after 0 seconds: 0 of 1 connections came"),
    ("wait_for_disconnect", (1,), r"after 0 seconds: connections \[\] of 0 are open"),
]


@pytest.mark.parametrize(("method", "arguments", "found"), WAITS)
def test_waiting_must_not_stop_the_loop(method: str, arguments: Any, found: str) -> None:
    async def main() -> None:
        with pytest.raises(
            RuntimeError, match=rf"{method}\(\) would stop .*: await {method}_async\(\)"
        ):
            getattr(server, method)(*arguments)
        with pytest.raises(TimeoutError, match=found):
            await getattr(server, f"{method}_async")(*arguments, timeout=0)

    with ScriptedServer() as server:
        run_loop(main())
        with pytest.raises(TimeoutError, match=found):
            getattr(server, method)(*arguments, timeout=0)


def test_what_has_happened_needs_no_waiting() -> None:
    async def main() -> None:
        assert len(server.wait_for_requests(1)) == 1
        server.wait_for_connections(1)
        server.wait_for_disconnect(1)

    with ScriptedServer() as server:
        ask(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        server.wait_for_disconnect(1)
        run_loop(main())


def test_other_tasks_run_while_one_waits() -> None:
    async def main() -> None:
        waiting = asyncio.ensure_future(server.wait_for_requests_async(1))
        await asyncio.sleep(0)
        threading.Thread(
            target=ask, args=[server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"]
        ).start()
        started = time.monotonic()
        while not waiting.done():
            await asyncio.sleep(0)
            assert time.monotonic() - started < 10
        assert len(await waiting) == 1

    with ScriptedServer() as server:
        run_loop(main())


def test_whoever_has_no_event_loop_does_not_need_asyncio() -> None:
    program = """
        import sys, threading, urllib.request
        from sseclient_ng.testing import ScriptedServer

        with ScriptedServer() as server:
            threading.Thread(target=urllib.request.urlopen, args=[server.url]).start()
            server.wait_for_requests(1)
        assert "asyncio" not in sys.modules
        """
    top = str(Path(sseclient_ng.__file__).parent.parent)
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": top},
        check=True,
    )
