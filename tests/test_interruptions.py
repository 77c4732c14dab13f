"""Close or interrupt clients at bad moments: nothing hangs, no event is lost."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest
import requests

from sseclient_ng import ReconnectPolicy, SSEClient
from sseclient_ng._waker import Waker
from sseclient_ng.testing import Hold, Pause, Request, Reset, Script, ScriptedServer, response
from support.http_libraries import HAS_URLLIB3_FUTURE

SOON = ReconnectPolicy(min_delay=0.01, max_delay=0.02)
FIRST = response([b"id: 1\ndata: 1\n\n"])
PATIENCE = 10.0


class Loop(threading.Thread):
    """A loop in its own thread."""

    def __init__(self, client: SSEClient) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.data: list[str] = []
        self.failures: list[Exception] = []
        self.start()

    def run(self) -> None:
        try:
            self.data += [event.data for event in self.client]
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.failures.append(error)


@contextlib.contextmanager
def handling(handler: Callable[..., object]) -> Iterator[None]:
    """Handle SIGUSR1 with a function during the block."""
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def slow_name(monkeypatch: pytest.MonkeyPatch, seconds: float) -> threading.Event:
    """Slow down the second DNS look-up; set the event while it runs."""
    asked = threading.Event()
    look_up = socket.getaddrinfo
    calls: list[object] = []

    def slowly(*arguments: Any, **keywords: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            asked.set()
            time.sleep(seconds)
        return look_up(*arguments, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    return asked


def test_closing_while_headers_are_made_for_a_server_that_never_answers() -> None:
    refreshing, closed = threading.Event(), threading.Event()
    attempts: list[int] = []

    def headers() -> dict[str, str]:
        attempts.append(1)
        if len(attempts) == 2:
            refreshing.set()
            assert closed.wait(PATIENCE)
        return {}

    with ScriptedServer(FIRST, then=Hold()) as server:
        loop = Loop(SSEClient(server.url, headers=headers, reconnect=SOON, retry=0))
        assert refreshing.wait(PATIENCE)
        loop.client.close()
        closed.set()
        loop.join(1.0)
        assert not loop.is_alive()
        assert loop.data == ["1"]


def test_closing_while_a_name_is_looked_up_for_longer_than_closing_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = slow_name(monkeypatch, 1.2)
    with ScriptedServer(FIRST, then=Hold()) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        loop = Loop(SSEClient(url, reconnect=SOON, retry=0))
        assert asked.wait(PATIENCE)
        loop.client.close()
        loop.join(2.0)
        assert not loop.is_alive()
    for thread in threading.enumerate():
        if thread.name == "sseclient-close":
            thread.join(1.0)
            assert not thread.is_alive()


def test_closing_in_a_signal_handler_while_a_name_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = slow_name(monkeypatch, 0.2)
    with ScriptedServer(FIRST, then=Hold()) as server:
        client = SSEClient(server.url.replace("127.0.0.1", "localhost"), reconnect=SOON, retry=0)

        def interrupt() -> None:
            assert asked.wait(PATIENCE)
            os.kill(os.getpid(), signal.SIGUSR1)

        sender = threading.Thread(target=interrupt)
        with handling(lambda *_: client.close()):
            sender.start()
            try:
                assert [event.data for event in client] == ["1"]
            finally:
                sender.join()


def test_a_wait_notices_what_did_not_interrupt_it() -> None:
    """A signal that comes just before a wait is handled only when Python looks for it."""
    waker = Waker()
    waiting = threading.Thread(target=waker.wait, args=[60.0], daemon=True)
    waiting.start()
    waker.is_awake = True  # nothing more than this
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_ctrl_c_in_the_middle_of_a_read_loses_and_doubles_nothing() -> None:
    """The client asks again for the events after the interruption."""
    last = 6

    def resumed(request: Request) -> Script:
        first = int(request.last_event_id or 0) + 1
        if first > last:
            return response(status=204)
        events = [b"id: %d\ndata: %d\n\n: struck\n\n" % (n, n) for n in range(first, last + 1)]
        return response([b"".join(events)])

    strikes = iter([False, True, False, False, True])

    def strike(_: str) -> None:
        if next(strikes, False):
            raise KeyboardInterrupt

    interrupted, data = 0, []
    with ScriptedServer(then=resumed) as server:
        client = SSEClient(server.url, on_comment=strike, reconnect=SOON, retry=0)
        while True:
            try:
                event = next(client, None)
            except KeyboardInterrupt:
                interrupted += 1
                continue
            if event is None:
                break
            data.append(event.data)
    assert interrupted == 2
    assert data == [str(number) for number in range(1, last + 1)]


def test_ctrl_c_ends_what_was_given_to_read() -> None:
    def strike(_: str) -> None:
        raise KeyboardInterrupt

    client = SSEClient([b"data: 1\n\n", b"data: half\n: c\n", b"data: 2\n\n"], on_comment=strike)
    assert next(client).data == "1"
    with pytest.raises(KeyboardInterrupt):
        next(client)
    assert list(client) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork()")
@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="it shuts down what belongs to the parent as well")
def test_a_child_process_that_closes_leaves_the_connection_to_its_parent() -> None:
    program = """
        import os, sys
        from sseclient_ng import SSEClient

        client = SSEClient(sys.argv[1], reconnect=False)
        print(next(client).data)
        child = os.fork()
        if not child:
            client.close()
            os._exit(0)
        os.waitpid(child, 0)
        print(next(client).data)
    """
    with ScriptedServer(response([b"data: 1\n\n", Pause(0.5), b"data: 2\n\n"])) as server:
        command = [sys.executable, "-c", textwrap.dedent(program), server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ("1\n2\n", "")


def test_a_callback_that_fails_in_the_constructor_leaves_no_connection() -> None:
    def fail(_: object) -> None:
        raise LookupError("no")

    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        with pytest.raises(LookupError) as raised:
            SSEClient(server.url, on_open=fail)
        server.wait_for_disconnect(timeout=1.0)  # while the error is still there
        assert raised.value.args == ("no",)


def test_arguments_that_are_wrong_are_no_wrong_urls() -> None:
    with ScriptedServer() as server, pytest.raises(ValueError, match="timeout") as raised:
        SSEClient(server.url, timeout=(1, 2, 3))
    assert not isinstance(raised.value, requests.exceptions.InvalidURL)


def test_an_id_in_bytes_is_sent_as_it_is() -> None:
    with ScriptedServer(response([b"data: 1\n\n"])) as server:
        last_id: Any = "12 caf\u00e9".encode()
        event = next(SSEClient(server.url, last_id=last_id))
        assert event.last_event_id == "12 caf\u00e9"
        assert server.requests[0].last_event_id == "12 caf\u00e9"


def test_closing_in_the_constructor() -> None:
    clients: list[SSEClient] = []

    class Watched(SSEClient):
        def _connect(self) -> None:
            clients.append(self)
            super()._connect()

    def close(response: requests.Response, **_: object) -> None:
        clients[0].close()

    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        client = Watched(server.url, hooks={"response": close})
        assert client.closed
        assert list(client) == []
        server.wait_for_disconnect(timeout=1.0)


def test_what_a_comments_callback_interrupted_comes_out_although_nothing_more_arrives() -> None:
    def fail(text: str) -> None:
        raise LookupError(text)

    stream = [b"data: 1\n\n: first\n\ndata: 2\n\n: second\n\n", Hold()]
    with (
        ScriptedServer(response(stream)) as server,
        SSEClient(server.url, on_comment=fail, timeout=PATIENCE) as client,
    ):
        assert next(client).data == "1"
        with pytest.raises(LookupError, match="first"):
            next(client)
        assert next(client).data == "2"
        with pytest.raises(LookupError, match="second"):
            next(client)


def test_a_redirect_to_bytes_that_are_no_text() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\n\r\n"
    with ScriptedServer(redirect) as server, pytest.raises(requests.exceptions.InvalidURL):
        SSEClient(server.url)


def test_closing_a_subclass_that_connects_and_reads_in_its_own_way() -> None:
    class Own(SSEClient):
        def _connect(self) -> None:
            self.resp = requests.get(self.url, stream=True)
            self.resp_iterator = self.resp.iter_content(chunk_size=None)

    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        client = Own(server.url)
        assert next(client).data == "1"
        loop = Loop(client)
        time.sleep(0.1)
        client.close()
        loop.join(1.0)
        assert not loop.is_alive()
        server.wait_for_disconnect(timeout=1.0)


def test_a_subclass_that_ends_in_the_constructor() -> None:
    class Ended(SSEClient):
        def _connect(self) -> None:
            raise StopIteration

    with pytest.raises(StopIteration):
        Ended("http://stream.example/")


def test_a_loop_whose_handler_raises_loses_and_doubles_nothing() -> None:
    """The client asks again for events that were being parsed."""

    class Deadline(Exception):
        pass

    def give_up(*arguments: object) -> None:
        raise Deadline

    def resumed(request: Request) -> Script:
        first = int(request.last_event_id or 0) + 1
        events = [b"id: %d\ndata: %d\n\n" % (number, number) for number in range(first, 7)]
        return response([b": strike\n".join([b"", *events]), Hold()])

    data: list[str] = []
    struck = 0
    with ScriptedServer(then=resumed) as server, handling(give_up):
        client = SSEClient(
            server.url,
            retry=0,
            reconnect=SOON,
            on_comment=lambda _: signal.raise_signal(signal.SIGUSR1) if struck < 3 else None,
        )
        while len(data) < 6:
            try:
                data.append(next(client).data)
            except Deadline:
                struck += 1
        assert data == ["1", "2", "3", "4", "5", "6"]
        assert struck == 3
        client.close()


class Deadline(Exception):
    """The error of a program's signal handler."""


def poll(client: SSEClient, seconds: float, done: Callable[[], bool]) -> int:
    """Ask for events until something is done, while a signal handler keeps raising.

    Args:
        client: the client.
        seconds: the time between two strikes.
        done: what is asked after each of them.

    Returns:
        How often the handler ended a step.
    """
    main, over = threading.get_ident(), threading.Event()
    asking, struck = False, 0

    def give_up(*arguments: object) -> None:
        if asking:
            raise Deadline

    def strike() -> None:
        while not over.wait(seconds):
            signal.pthread_kill(main, signal.SIGUSR1)

    sender = threading.Thread(target=strike)
    with handling(give_up):
        sender.start()
        while not done():
            try:
                asking = True
                next(client)
                asking = False
            except Deadline:
                asking = False
                struck += 1
        over.set()
        sender.join()
    return struck


# When it strikes while urllib3 connects, urllib3 leaves the socket to the garbage collector.
strikes_anywhere = pytest.mark.filterwarnings("ignore:unclosed <:ResourceWarning")


@strikes_anywhere
def test_a_handler_that_raises_in_a_quiet_stream_uses_up_no_attempts() -> None:
    quiet = [*response([b": quiet\n"], complete=False), Hold()]
    policy = ReconnectPolicy(min_delay=0.01, max_delay=0.02, max_attempts=2)
    with ScriptedServer(response([b"id: 1\ndata: 1\n\n"]), then=quiet) as server:
        client = SSEClient(server.url, retry=0, reconnect=policy)
        assert next(client).data == "1"
        assert poll(client, 0.05, lambda: len(server.requests) > 6) > 3
        client.close()


@strikes_anywhere
def test_a_wait_that_is_interrupted_goes_on() -> None:
    """Steps shorter than the wait still get past it."""
    with ScriptedServer(FIRST, FIRST, [*FIRST, Hold()]) as server:
        client = SSEClient(server.url, retry=300)
        assert poll(client, 0.1, lambda: len(server.requests) > 2) > 2
        client.close()


class Handler:
    def __call__(self, *arguments: object) -> None:
        raise TimeoutError

    def method(self, *arguments: object) -> None:
        self()


@pytest.mark.parametrize(
    "handler", [Handler(), Handler().method, functools.partial(Handler.method, Handler())]
)
def test_the_handler_of_a_signal_may_be_anything_that_can_be_called(handler: Any) -> None:
    with handling(handler), pytest.raises(TimeoutError):
        next(SSEClient(raising_a_signal()))


def raising_a_signal() -> Iterator[bytes]:
    signal.raise_signal(signal.SIGUSR1)
    yield b""


def test_a_handler_that_struck_before_is_not_taken_for_one_that_strikes_now() -> None:
    def give_up(*arguments: object) -> None:
        raise TimeoutError

    cut = response([b"id: 1\ndata: 1\n\n", Reset()])
    rest = response([b"id: 2\ndata: 2\n\n", Hold()])
    with ScriptedServer(cut, rest) as server, handling(give_up):
        client = SSEClient(server.url, retry=0, reconnect=SOON)
        try:
            signal.raise_signal(signal.SIGUSR1)
        except TimeoutError:
            assert [next(client).data, next(client).data] == ["1", "2"]
        client.close()


def test_closing_while_the_body_of_a_final_error_is_read() -> None:
    refusal = response([b"because", Hold()], status=404)
    with ScriptedServer(FIRST, refusal) as server:
        loop = Loop(SSEClient(server.url, retry=0, reconnect=SOON))
        server.wait_for_requests(2)
        time.sleep(0.1)
        loop.client.close()
        loop.join(PATIENCE)
        assert loop.data == ["1"]
        assert loop.failures == []
