"""The rows of the scenario table, and the parts of their scripts."""

from __future__ import annotations

import itertools
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO, UnsupportedOperation
from typing import Any, Callable, NamedTuple, Optional, Union

from sseclient_ng import ReconnectPolicy
from sseclient_ng.testing import (
    Call,
    Piece,
    Scripted,
    ScriptedServer,
    WaitFor,
    response,
)
from support.drivers import Options, made

#: What `response` gives.
Parts = tuple[Piece, ...]

#: Waits of 4, 8, 16, 20, 20 ... milliseconds.
QUICK = ReconnectPolicy(min_delay=0.004, max_delay=0.020, jitter=0.0)
#: Set once the first event of the row has come out: what the server waits for before it does harm
#: that would take along what has not been read yet.
FIRST_EVENT_IS_OUT = threading.Event()
RECEIVED = WaitFor(FIRST_EVENT_IS_OUT)
#: Set while the row's newest connection is open to the client: how long it lives from there is for
#: the server to say, however long the client took to get there.
CONNECTION_IS_OPEN = threading.Event()

#: For very many connections.
QUICKEST = ReconnectPolicy(min_delay=0.001, max_delay=0.01, jitter=0.0)


class Between(NamedTuple):
    """A range for a wait, in milliseconds."""

    least: float
    most: float


@dataclass(frozen=True)
class Scenario:
    """One row of the table.

    Args:
        name: what happens, in words.
        scripts: what the server does with each request; or a function that is given the server
            and returns that.
        events: the data of the events that come out, separated by spaces.
        order: the data of events and the texts of comments as they came, separated by spaces; ""
            means that it is not looked at.
        last_event_ids: the `Last-Event-ID` of every request, in bytes, None where there is none;
            None for all means that their number and contents are not known.
        options: of the client; or a function that makes them, where they have a state.
        error: the type of the error that comes out; None means that the loop ends by itself.
        says: a regular expression for the text of that error.
        because_of: the type of that error's cause.
        body: the body that is readable on the response of that error.
        waits: the delays before reconnecting, in milliseconds; None means that they are not looked
            at.
        reasons: the types of the errors that led to these waits, where it matters.
        sent: other header fields, or attributes, of all requests.
        after_failures: what the outside world does after so many failures.
        closes_after: the client is closed from outside, in its wait after so many failures.
        lookups: whether each look-up of the server's name finds it; None uses its address.
        tls: whether the server speaks TLS.
        only: "sync" or "async" if it is for one client, or "requests", "aiohttp" or "httpx" if it
            is for one library,
        reason: and then why.
        skip: why it is not run in this environment; "" if it is.
    """

    name: str
    scripts: Union[Sequence[Scripted], Callable[[ScriptedServer], Sequence[Scripted]]]
    events: str = ""
    order: str = ""
    last_event_ids: Optional[Sequence[Optional[bytes]]] = None
    options: Options = field(default_factory=dict)
    error: Optional[type[BaseException]] = None
    says: str = ""
    because_of: Optional[type[BaseException]] = None
    body: Optional[str] = None
    waits: Optional[Sequence[Union[float, Between]]] = None
    reasons: Optional[Sequence[type[BaseException]]] = None
    sent: Mapping[str, Sequence[object]] = field(default_factory=dict)
    after_failures: Mapping[int, Callable[[ScriptedServer], object]] = field(default_factory=dict)
    closes_after: Optional[int] = None
    lookups: Optional[Sequence[bool]] = None
    tls: bool = False
    only: str = ""
    reason: str = ""
    skip: str = ""

    def options_for_client(self) -> Mapping[str, Any]:
        return {"retry": 0, "reconnect": QUICK, **made(self.options)}


# What the scripts are made of


def event(number: int, text: bytes = b"") -> bytes:
    return b"id: %d\ndata: %d%b\n\n" % (number, number, text)


def answer(*numbers: int, **how: Any) -> Parts:
    """A whole response with these events, each in its own write."""
    return response([event(number) for number in numbers], **how)


def sent(*numbers: int, rest: bytes = b"id: 9\ndata: half", **how: Any) -> Parts:
    """An unfinished response: these events, and part of one that never completes."""
    return response([*map(event, numbers), rest], complete=False, **how)


def status(code: int, body: bytes = b"sorry", **headers: str) -> Parts:
    """A complete response with that status."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return response(
        b"" if code == 204 else body,
        status=code,
        headers=fields,
        content_type="text/plain; charset=utf-8",
    )


def redirect(code: int, location: str) -> Parts:
    return status(code, Location=location)


def limited(max_attempts: int) -> ReconnectPolicy:
    return replace(QUICK, max_attempts=max_attempts)


def tokens() -> Callable[[], dict[str, str]]:
    """Return a function for `headers` with another token each time."""
    numbers = itertools.count(1)
    return lambda: {"Authorization": f"Bearer {next(numbers)}"}


def numbered() -> Callable[[], dict[str, str]]:
    """Return a function for `params` that counts its calls."""
    numbers = itertools.count(1)
    return lambda: {"try": str(next(numbers))}


def failing(error: Exception, *attempts: int) -> Callable[[], dict[str, str]]:
    """Return a function for `headers` that raises an error at these attempts, counted from 1."""
    numbers = itertools.count(1)

    def headers() -> dict[str, str]:
        if next(numbers) in attempts:
            raise error
        return {}

    return headers


def half_read() -> BytesIO:
    file = BytesIO(b"ask")
    file.read(2)
    return file


async def asynchronous(data: bytes) -> AsyncIterator[bytes]:
    yield data


class Unseekable(BytesIO):
    """A file that can't seek, like a pipe."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> int:
        raise UnsupportedOperation("a pipe")

    def tell(self) -> int:
        raise UnsupportedOperation("a pipe")


def refusing(server: ScriptedServer) -> list[Scripted]:
    server.refuse()
    return []


def ignoring(server: ScriptedServer) -> list[Scripted]:
    server.ignore()
    return []


def then_refuse(server: ScriptedServer) -> list[Scripted]:
    """Send one event; then refuse connections until the scenario accepts them again."""
    return [response([event(1), Call(server.refuse)], framing="close"), answer(2)]


def then_ignore(server: ScriptedServer) -> list[Scripted]:
    return [response([event(1), Call(server.ignore)], framing="close"), answer(2)]


def then_die(server: ScriptedServer) -> list[Scripted]:
    """Send one event; then close the server and all connections."""
    return [[*sent(1), Call(server.refuse), Call(server.disconnect)], answer(2)]
