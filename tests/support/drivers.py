"""Run either client in a loop, and record what happens."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gc
import importlib.util
import os
import ssl
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple, Optional, TypeVar, Union

from sseclient_ng import Event, SSEClient
from support.leaks import instances_of

T = TypeVar("T")

# How soon after the callback a client is closed, in seconds: so that it is waiting by then.
_SOON = 0.02
# How long any loop may take, in seconds. Far from what they need: only a hang comes near.
PATIENCE = 10.0

#: The keyword arguments for a client, or a function that makes them, where they have a state.
Options = Union[Mapping[str, Any], Callable[[], Mapping[str, Any]]]


def made(options: Options) -> dict[str, Any]:
    """Return the keyword arguments; call the function that makes them."""
    return dict(options if isinstance(options, Mapping) else options())


class Failure(NamedTuple):
    """The arguments of one call of `on_error`."""

    error: BaseException
    delay: float


class Enough(Exception):
    """Ends the loop, like a `break`."""


@dataclass
class Outcome:
    """The events, callbacks and end of a loop."""

    client: Any = None
    events: list[Event] = field(default_factory=list)
    error: Optional[BaseException] = None
    failures: list[Failure] = field(default_factory=list)
    opened: int = 0
    comments: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    @property
    def data(self) -> list[str]:
        return [event.data for event in self.events]

    @property
    def waits(self) -> list[float]:
        return [failure.delay for failure in self.failures]

    def callbacks(self, driver: Driver) -> dict[str, Any]:
        def on_open(response: object) -> None:
            self.opened += 1
            driver.on_open()

        return {"on_open": on_open, "on_comment": self._on_comment}

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.order.append(event.data)

    def _on_comment(self, text: str) -> None:
        self.comments.append(text)
        self.order.append(text)


@dataclass(frozen=True)
class Driver:
    """What to do around a client's loop.

    Args:
        on_event: called with the client and every event; `Enough` ends the loop like a `break`.
        on_open: called when a connection was made.
        on_failure: called with the number of failures so far, when there was another one.
        closes_after: the client is closed from outside after so many failures, in its wait.
        fresh_dns: the async client gets a session that looks up names each time.
    """

    on_event: Callable[[Any, Event], object] = lambda client, event: None
    on_open: Callable[[], object] = lambda: None
    on_failure: Callable[[int], object] = lambda count: None
    closes_after: Optional[int] = None
    fresh_dns: bool = False


def drive_sync(url: str, options: Options, driver: Optional[Driver] = None) -> Outcome:
    outcome = Outcome()
    given = made(options)
    with _unchanged(given):
        _drive_sync(url, given, driver or Driver(), outcome)
    return outcome


def drive_async(url: str, options: Options, driver: Optional[Driver] = None) -> Outcome:
    outcome = Outcome()
    given = made(options)

    with _unchanged(given):
        run_loop(_drive_async(url, given, driver or Driver(), outcome))
    return outcome


def run_loop(main: Coroutine[Any, Any, T], *, debug: bool = False, patience: float = PATIENCE) -> T:
    """Run a coroutine, and fail on what asyncio would only log.

    Args:
        main: the coroutine.
        debug: whether asyncio's own checks are on, and the garbage collector looks for tasks and
            errors that nobody asked for.
        patience: how long it may take, in seconds.
    """
    complaints: list[dict[str, Any]] = []

    async def watched() -> T:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        # The log of slow callbacks says more about the machine than about the client.
        loop.slow_callback_duration = 5.0
        result = await asyncio.wait_for(main, patience)
        if debug:
            gc.collect()
        return result

    result = asyncio.run(watched(), debug=debug)
    assert complaints == []
    return result


DRIVERS: dict[str, Callable[[str, Options, Optional[Driver]], Outcome]] = {
    "sync": drive_sync,
    "async": drive_async,
}


class Transport(NamedTuple):
    """A library under a client.

    Args:
        client: "sync" or "async".
        library: its name; httpx2 counts as httpx.
        drive: runs a client on it.
    """

    client: str
    library: str
    drive: Callable[[str, Options, Optional[Driver]], Outcome]


def _drive_httpx(module: str) -> Callable[[str, Options, Optional[Driver]], Outcome]:
    def drive(url: str, options: Options, driver: Optional[Driver] = None) -> Outcome:
        library = importlib.import_module(module)
        outcome, given = Outcome(), made(options)
        with library.Client(verify=given.pop("trust", True)) as session, _unchanged(given):
            _drive_sync(url, {**given, "session": session}, driver or Driver(), outcome)
            assert not session.is_closed
        return outcome

    return drive


def _drive_niquests(url: str, options: Options, driver: Optional[Driver] = None) -> Outcome:
    import niquests

    given = made(options)
    if "session" in given:
        return drive_sync(url, given, driver)
    with niquests.Session() as session:
        return drive_sync(url, {**given, "session": session}, driver)


def _drive_async_httpx(module: str) -> Callable[[str, Options, Optional[Driver]], Outcome]:
    def drive(url: str, options: Options, driver: Optional[Driver] = None) -> Outcome:
        library = importlib.import_module(module)
        outcome, given = Outcome(), made(options)

        async def main() -> None:
            async with library.AsyncClient(verify=given.pop("trust", True)) as session:
                with _unchanged(given):
                    own = {**given, "session": session}
                    await _drive_async(url, own, driver or Driver(), outcome)
                assert not session.is_closed

        run_loop(main())
        return outcome

    return drive


#: Every library under both clients.
TRANSPORTS = {
    "sync": Transport("sync", "requests", drive_sync),
    "async": Transport("async", "aiohttp", drive_async),
}
for _module in ("httpx", "httpx2"):
    if importlib.util.find_spec(_module) is not None:
        TRANSPORTS[_module] = Transport("sync", "httpx", _drive_httpx(_module))
        TRANSPORTS[f"async {_module}"] = Transport("async", "httpx", _drive_async_httpx(_module))


if importlib.util.find_spec("niquests") is not None:
    TRANSPORTS["niquests"] = Transport("sync", "niquests", _drive_niquests)

# An environment may name the libraries that it is for.
_WANTED = os.environ.get("TRANSPORTS", "").split()
TRANSPORTS = {k: v for k, v in TRANSPORTS.items() if not _WANTED or v.library in _WANTED}


def trusting(kind: str, authority_file: str) -> dict[str, Any]:
    """Return the options with which a transport trusts the authority of the tests."""
    if kind in ("sync", "niquests"):
        return {"verify": authority_file}
    context = ssl.create_default_context(cafile=authority_file)
    return {"ssl" if kind == "async" else "trust": context}


def _drive_sync(url: str, options: dict[str, Any], driver: Driver, outcome: Outcome) -> None:
    timers: list[threading.Timer] = []

    def on_error(error: BaseException, delay: float) -> None:
        outcome.failures.append(Failure(error, delay))
        driver.on_failure(len(outcome.failures))
        if len(outcome.failures) == driver.closes_after:
            timers.append(threading.Timer(_SOON, outcome.client.close))
            timers[-1].start()

    try:
        client = SSEClient(url, on_error=on_error, **outcome.callbacks(driver), **options)
        outcome.client = client
        with client, contextlib.suppress(Enough):
            for event in client:
                outcome.add(event)
                driver.on_event(client, event)
    except Exception as error:  # noqa: BLE001 - for the test to look at
        outcome.error = error
    for timer in timers:
        timer.join()


async def _drive_async(url: str, options: dict[str, Any], driver: Driver, outcome: Outcome) -> None:
    from sseclient_ng import AsyncSSEClient

    tasks: list[asyncio.Task[None]] = []

    async def close_soon() -> None:
        await asyncio.sleep(_SOON)
        await outcome.client.close()

    async def on_error(error: BaseException, delay: float) -> None:
        outcome.failures.append(Failure(error, delay))
        driver.on_failure(len(outcome.failures))
        if len(outcome.failures) == driver.closes_after:
            tasks.append(asyncio.ensure_future(close_soon()))

    try:
        async with _session(driver, options) as session:
            client = AsyncSSEClient(
                url, on_error=on_error, **outcome.callbacks(driver), **session, **options
            )
            outcome.client = client
            async with client:
                with contextlib.suppress(Enough):
                    async for event in client:
                        outcome.add(event)
                        driver.on_event(client, event)
    except Exception as error:  # noqa: BLE001 - for the test to look at
        outcome.error = error
    await asyncio.gather(*tasks)
    if "ssl" in options:
        await tls_ended()


async def tls_ended() -> None:
    """Wait as aiohttp's documentation asks for: before 3.12 closing does not wait for TLS.

    A loop that is closed before the server has answered leaves the socket to the garbage collector,
    whose warning would hit some later test.
    """
    deadline = time.monotonic() + PATIENCE
    while any(not each.is_closing() for each in instances_of(asyncio.Transport)):
        assert time.monotonic() < deadline, "a connection was not closed"
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def _session(driver: Driver, options: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    if not driver.fresh_dns or "session" in options:
        yield {}
        return
    import aiohttp

    connector = aiohttp.TCPConnector(use_dns_cache=False)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield {"session": session}


@contextlib.contextmanager
def _unchanged(options: Mapping[str, Any]) -> Any:
    """Check that the client does not change the caller's objects."""
    before = _copied(options)
    yield
    assert _copied(options) == before, "the client changed what its caller owns"


def _copied(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: copy.deepcopy(value) if isinstance(value, (dict, list)) else value
        for name, value in options.items()
    }
