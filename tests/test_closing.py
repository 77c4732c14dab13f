"""End a loop from outside, whatever it is doing, and leave nothing open."""

from __future__ import annotations

import contextlib
import gc
import itertools
import signal
import sys
import threading
import time
import traceback
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import pytest
import requests

from scenarios import ENDINGS
from scenarios.row import answer, event, sent, status
from sseclient_ng import Event, EventTooLarge, ReconnectPolicy, SSEClient
from sseclient_ng.testing import (
    Hold,
    OnAccept,
    Piece,
    Request,
    Scripted,
    ScriptedServer,
    chunk,
    cut,
    response,
)
from support.certificates import server_context
from support.leaks import CAN_LIST_DESCRIPTORS, nothing_left, open_descriptors

AT_ONCE = 1.0  # seconds: what the loop may take to end
SETTLING = 0.03  # seconds, in which a thread that is about to block does
SOON = ReconnectPolicy(min_delay=0.0, max_delay=0.01)


@dataclass(frozen=True)
class Place:
    """What a client is doing when something ends its loop.

    Args:
        name: what it is doing.
        scripts: what the server does to get it there, behind one event.
        options: of the client.
        requests: how many requests the server has read by then.
        ignored: whether connections are left unanswered behind the first one.
        tls: whether the server speaks TLS.
        of_response: whether the client is given a response rather than a URL.
    """

    name: str
    scripts: Sequence[Scripted]
    options: dict[str, Any] = field(default_factory=dict)
    requests: int = 1
    ignored: bool = False
    tls: bool = False
    of_response: bool = False


READING = [
    Place(f"reading, {name}", [[script, Hold()]], {}, tls=tls, of_response=of_response)
    for name, script, tls, of_response in [
        ("chunked", sent(1), False, False),
        ("inside a chunk", sent(1, framing="one-chunk"), False, False),
        ("content-length", sent(1, framing="content-length"), False, False),
        ("close-delimited", sent(1, framing="close"), False, False),
        ("gzip", sent(1, encoding="gzip"), False, False),
        ("TLS", sent(1), True, False),
        ("TLS, close-delimited", sent(1, framing="close"), True, False),
        ("a response", sent(1), False, True),
        ("a response over TLS", sent(1, framing="close"), True, True),
    ]
]
RECONNECTING = [
    Place("waiting", [answer(1)], {"retry": 3_600_000}),
    Place("waiting for a Retry-After", [answer(1), status(503, Retry_After="3600")], requests=2),
    Place("waiting for an answer", [answer(1), [Hold()]], requests=2),
    Place(
        "waiting behind an interim answer",
        [answer(1), [b"HTTP/1.1 103 Early Hints\r\n\r\n", Hold()]],
        requests=2,
    ),
    Place("waiting for an answer over TLS", [answer(1), [Hold()]], requests=2, tls=True),
    Place("connecting", [answer(1, framing="close")], ignored=True),
    Place("in the handshake of TLS", [answer(1, framing="close"), OnAccept(Hold())], {}, tls=True),
]
# In these places urllib3 leaves a socket to the garbage collector when something that is no error
# comes out of its connecting.
LEFT_BY_URLLIB3 = RECONNECTING[-2:]
PLACES = [pytest.param(place, id=place.name) for place in (*READING, *RECONNECTING)]


@contextlib.contextmanager
def served(place: Place) -> Iterator[ScriptedServer]:
    with ScriptedServer(*place.scripts, tls=server_context() if place.tls else None) as server:
        yield server


@contextlib.contextmanager
def client_for(place: Place, server: ScriptedServer, authority_file: str) -> Iterator[SSEClient]:
    """Return a client, and the response to close with it, if any."""
    trust: dict[str, Any] = {"verify": authority_file} if place.tls else {}
    options: dict[str, Any] = {"retry": 0, "reconnect": SOON, **place.options, **trust}
    if not place.of_response:
        with SSEClient(server.url, **options) as client:
            yield client
        return
    with requests.get(server.url, stream=True, **trust) as read, SSEClient(read) as client:
        yield client


def is_there(place: Place, server: ScriptedServer) -> None:
    """Wait until the client has delivered its event and come to its place."""
    server.wait_for_requests(place.requests)
    if isinstance(place.scripts[-1], OnAccept):
        server.wait_for_connections(2)
    time.sleep(SETTLING)


class Reader:
    """Iterates over a client in its own thread."""

    def __init__(self, client: SSEClient) -> None:
        self._client = client
        self.events: list[Event] = []
        self.has_events = threading.Event()
        self.error: Optional[BaseException] = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for each in self._client:
                self.events.append(each)
                self.has_events.set()
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.error = error

    def ends(self, within: float) -> bool:
        self.thread.join(within)
        return not self.thread.is_alive()


# close() from another thread


@pytest.mark.parametrize("place", PLACES)
def test_close_from_another_thread_ends_the_loop(place: Place, authority_file: str) -> None:
    with nothing_left(), served(place) as server:
        with client_for(place, server, authority_file) as client:
            if place.ignored:
                server.ignore()
            reader = Reader(client)
            assert reader.has_events.wait(5.0)
            is_there(place, server)
            client.close()
            assert reader.ends(within=AT_ONCE)
            client.close()
            assert reader.error is None
            assert [event.data for event in reader.events] == ["1"]
            assert client.closed
            assert next(client, None) is None
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_close_from_many_threads_at_once() -> None:
    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        client = SSEClient(server.url)
        reader = Reader(client)
        assert reader.has_events.wait(5.0)
        closers = [threading.Thread(target=client.close) for _ in range(10)]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join(AT_ONCE)
        assert reader.ends(within=AT_ONCE)
        assert reader.error is None


def test_close_while_events_pour_in() -> None:
    def endless(request: Request) -> Iterator[Sequence[Piece]]:
        yield response(complete=False)
        yield from ([chunk(event(number))] for number in itertools.count())

    for _ in range(5):
        with nothing_left(), ScriptedServer(endless) as server:
            client = SSEClient(server.url)
            reader = Reader(client)
            assert reader.has_events.wait(5.0)
            client.close()
            assert reader.ends(within=AT_ONCE)
            assert reader.error is None
            numbers = [int(each.data) for each in reader.events]
            assert numbers == list(range(len(numbers)))


def test_close_from_the_loop_itself() -> None:
    with nothing_left(), ScriptedServer([sent(1, 2), Hold()]) as server:
        client = SSEClient(server.url)
        assert [closing(client, each).data for each in client] == ["1"]


def closing(client: SSEClient, given: Event) -> Event:
    client.close()
    return given


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
def test_close_from_a_callback(callback: str) -> None:
    clients: list[SSEClient] = []

    def close(*arguments: object) -> None:
        # The first connection is opened before there is a client that could be closed.
        for client in clients:
            client.close()

    scripts = [response([b": hello\n\n", event(1)]), [*response([b": hello\n\n"]), Hold()]]
    with nothing_left(), ScriptedServer(*scripts) as server:
        client = SSEClient(server.url, retry=0, reconnect=SOON, **{callback: close})
        clients.append(client)
        assert [each.data for each in client] in ([], ["1"])
        assert client.closed


def test_a_client_that_was_never_read() -> None:
    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        client = SSEClient(server.url)
        assert not client.closed
        client.close()
        client.close()
        assert client.closed
        assert list(client) == []
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_a_client_that_is_closed_while_it_connects_leaves_nothing() -> None:
    class Closing(SSEClient):
        """Its close() finds nothing to close: the answer comes only then."""

        def get(self, url: str, **arguments: Any) -> requests.Response:
            answered = requests.get(url, **arguments)
            self.close()
            return answered

        def __init__(self, url: str) -> None:
            super().__init__(url, session=self)  # type: ignore[arg-type]

    with nothing_left(), ScriptedServer([sent(1), Hold()]) as server:
        client = Closing(server.url)
        assert client.closed
        server.wait_for_disconnect(timeout=AT_ONCE)
        assert list(client) == []


def test_the_callers_session_stays_open() -> None:
    scripts: list[Scripted] = [[sent(1), Hold()], response(b"ok")]
    with nothing_left(), ScriptedServer(*scripts) as server, requests.Session() as session:
        with SSEClient(server.url, session=session) as client:
            next(client)
        # What it has read is of the session's pool of connections, and would keep that.
        del client
        assert session.get(server.url).content == b"ok"


# Ctrl-C


EACH_INTERRUPTED = pytest.mark.parametrize(
    "place",
    [
        pytest.param(
            place,
            id=place.name,
            marks=[pytest.mark.filterwarnings("ignore:unclosed <:ResourceWarning")]
            if place in LEFT_BY_URLLIB3
            else [],
        )
        for place in (*READING, *RECONNECTING)
    ],
)


@EACH_INTERRUPTED
def test_ctrl_c_comes_out_at_once(place: Place, authority_file: str) -> None:
    leaks = nothing_left(collecting=place in LEFT_BY_URLLIB3)
    with leaks, served(place) as server, client_for(place, server, authority_file) as client:
        if place.ignored:
            server.ignore()
        assert next(client).data == "1"
        with interrupted(lambda: is_there(place, server)) as times:
            with pytest.raises(KeyboardInterrupt):
                next(client)
            times.append(time.monotonic())
        assert times[-1] - times[0] < AT_ONCE


class Deadline(Exception):
    """The error of a program's signal handler."""


# Of sockets, too: a handler's has to come out, and theirs to be a drop.
@pytest.mark.parametrize("error_type", [Deadline, TimeoutError])
@EACH_INTERRUPTED
def test_what_the_handler_of_a_signal_raises_comes_out_at_once(
    place: Place, authority_file: str, error_type: type[Exception]
) -> None:
    def give_up(*arguments: object) -> None:
        raise error_type("too late")

    leaks = nothing_left(collecting=place in LEFT_BY_URLLIB3)
    with leaks, served(place) as server, client_for(place, server, authority_file) as client:
        if place.ignored:
            server.ignore()
        assert next(client).data == "1"
        with interrupted(lambda: is_there(place, server), give_up) as times:
            with pytest.raises(error_type, match="too late"):
                next(client)
            times.append(time.monotonic())
        assert times[-1] - times[0] < AT_ONCE


@contextlib.contextmanager
def interrupted(
    when: Callable[[], object], handler: Callable[..., object] = signal.default_int_handler
) -> Iterator[list[float]]:
    """Interrupt the main thread, as Ctrl-C does, once it is in the client and a function returned.

    Args:
        when: is called on another thread.
        handler: of the signal.
    """
    times: list[float] = []
    over = threading.Event()
    main = threading.get_ident()

    def interrupt() -> None:
        while not (is_in_the_client(main) or over.is_set()):
            time.sleep(0.001)
        when()
        if not over.is_set():
            times.append(time.monotonic())
            # To the thread, not to the process: what Ctrl-C has to wake is a call in it.
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    # A shell has what it runs in the background ignore the signal.
    before = signal.signal(signal.SIGINT, handler)
    try:
        thread.start()
        yield times
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


def is_in_the_client(thread: int) -> bool:
    frames = traceback.walk_stack(sys._current_frames()[thread])
    return any(frame.f_globals["__name__"] == "sseclient_ng._client" for frame, _ in frames)


@pytest.mark.parametrize("place", PLACES)
def test_close_from_the_handler_of_a_signal_ends_the_loop(
    place: Place, authority_file: str
) -> None:
    with nothing_left(), served(place) as server:
        with client_for(place, server, authority_file) as client:
            if place.ignored:
                server.ignore()
            assert next(client).data == "1"

            def close(*arguments: object) -> None:
                client.close()

            with interrupted(lambda: is_there(place, server), close) as times:
                assert next(client, None) is None
                times.append(time.monotonic())
            assert times[-1] - times[0] < AT_ONCE
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_after_ctrl_c_the_loop_can_go_on() -> None:
    scripts: list[Scripted] = [[sent(1), Hold()], [sent(2), Hold()]]
    with (
        nothing_left(),
        ScriptedServer(*scripts) as server,
        SSEClient(server.url, retry=0, reconnect=SOON) as client,
    ):
        assert next(client).data == "1"
        with interrupted(lambda: time.sleep(SETTLING)), pytest.raises(KeyboardInterrupt):
            next(client)
        server.disconnect()
        assert next(client).data == "2"


# What is left


class Stop(Exception):
    pass


def break_off(client: SSEClient) -> None:
    for _ in client:
        break


def raise_in_the_loop(client: SSEClient) -> None:
    with contextlib.suppress(Stop):
        for _ in client:
            raise Stop


def close_the_response(client: SSEClient) -> None:
    next(client)
    client.resp.close()


def abandon_events(client: SSEClient) -> None:
    for _ in client.events():
        break


@pytest.mark.parametrize(
    "leave", [break_off, raise_in_the_loop, close_the_response, abandon_events]
)
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_block_leaves_nothing(leave: Callable[[SSEClient], None], framing: str) -> None:
    with nothing_left(), ScriptedServer(then=[sent(1, 2, framing=framing), Hold()]) as server:
        with SSEClient(server.url) as client:
            leave(client)
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_an_exception_leaves_the_block() -> None:
    with nothing_left(), ScriptedServer(then=[sent(1), Hold()]) as server:
        with pytest.raises(Stop), SSEClient(server.url):
            raise Stop
        server.wait_for_disconnect(timeout=AT_ONCE)


@pytest.mark.parametrize(("scripts", "options", "error"), ENDINGS)
def test_a_loop_that_ended_leaves_nothing_without_a_block(
    scripts: Sequence[Scripted], options: dict[str, Any], error: Optional[type[Exception]]
) -> None:
    with nothing_left(), ScriptedServer(*scripts) as server:
        client = SSEClient(server.url, **{"retry": 0, "reconnect": SOON, **options})
        with pytest.raises(error) if error else contextlib.nullcontext():
            list(client)
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_a_client_that_is_forgotten_leaves_nothing() -> None:
    with nothing_left(), ScriptedServer(then=[sent(1, 2), Hold()]) as server:
        client = SSEClient(server.url)
        next(client)
        del client
        gc.collect()
        server.wait_for_disconnect(timeout=AT_ONCE)


def test_many_reconnects_leave_nothing() -> None:
    connections, page = 300, b"data: " + b"x" * 100_000 + b"\n\n"
    levels: list[tuple[int, int]] = []
    scripts = [response(page)] * connections
    with nothing_left(), ScriptedServer(*scripts) as server:
        options: dict[str, Any] = {"retry": 0, "reconnect": SOON}
        with SSEClient(server.url, **options) as client:
            levels.extend((len(open_descriptors()), resident_memory()) for _ in client)
    assert len(levels) == connections
    descriptors, memory = zip(*levels)
    assert max(descriptors) <= descriptors[0] + 6
    # What the connections brought is thirty megabytes.
    assert max(memory[50:]) - memory[50] < 6_000_000


def resident_memory() -> int:
    """Return the resident memory in bytes; 0 if the system can't tell."""
    if not CAN_LIST_DESCRIPTORS:
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


# Large events

MIB = 1 << 20
LARGE = {
    "one line": lambda size: b"data: " + b"x" * size + b"\n\n",
    "400,000 lines": lambda size: b"data: %b\n" % (b"x" * 77) * (size // 80) + b"\n",
}


@pytest.mark.parametrize("shape", LARGE)
def test_the_time_for_a_large_event_grows_with_its_size(shape: str) -> None:
    # The best of some runs: what other processes do to the machine's memory makes single ones slow.
    small, large = (
        min(cpu_time_for(LARGE[shape](size)) for _ in range(4)) for size in (4 * MIB, 32 * MIB)
    )
    # Eight times the size: 8 is linear, 64 would be quadratic.
    assert large / small < 32


def cpu_time_for(body: bytes) -> float:
    """Return the CPU seconds to receive an event in reads of 1 KiB."""
    reads = cut(body, 1024)
    begun = time.thread_time()
    (received,) = SSEClient(reads)
    elapsed = time.thread_time() - begun
    assert len(received.data) > len(body) * 0.9
    return elapsed


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 4000, b"data: x\n" * 500])
def test_an_endless_event_takes_no_more_memory_than_allowed(piece: bytes) -> None:
    limit = MIB

    def endless(request: Request) -> Iterator[Sequence[Piece]]:
        yield response([b"data: "], complete=False)
        yield from itertools.repeat([chunk(piece)])

    with ScriptedServer(endless) as server, SSEClient(server.url, max_event_size=limit) as client:
        tracemalloc.start()
        try:
            with pytest.raises(EventTooLarge, match=str(limit)):
                next(client)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 12 * limit
    assert len(server.requests) == 1


def test_without_a_lock_on_the_interpreter_no_frames_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Closing then waits for the attempt, which ends with its timeout."""
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    monkeypatch.setattr(sys, "_current_frames", lambda: pytest.fail("frames were read"))
    with ScriptedServer(answer(1), [Hold()]) as server:
        client = SSEClient(server.url, retry=0, reconnect=SOON, timeout=(2, 0.5))
        assert next(client).data == "1"
        loop = threading.Thread(target=lambda: list(client))
        loop.start()
        server.wait_for_requests(2)
        client.close()
        loop.join(10)
        assert not loop.is_alive()
        for thread in threading.enumerate():
            if thread.name == "sseclient-close":
                thread.join(10)
