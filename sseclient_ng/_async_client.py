"""The client for asyncio."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import AsyncIterator, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar, Union, overload

from sseclient_ng._arguments import check_request, copy_arguments, record_body_positions
from sseclient_ng._async_shell import AsyncShell
from sseclient_ng._attributes import StreamAttributes
from sseclient_ng._callbacks import Callbacks
from sseclient_ng._core.delivery import Delivery
from sseclient_ng._core.ending import Until, choose_ending
from sseclient_ng._core.event import Event
from sseclient_ng._core.machine import Machine
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.policy import ReconnectPolicy, choose_policy
from sseclient_ng._sources import refuse_text
from sseclient_ng._suggestions import refuse_unknown
from sseclient_ng._transports.choosing import async_argument_names, choose_async_transport

if TYPE_CHECKING:
    import aiohttp
    import httpx
    import httpx2
    from typing_extensions import Unpack

    from sseclient_ng._keywords import AiohttpArguments, HttpxAsyncArguments

    AsyncSession = Union[aiohttp.ClientSession, httpx.AsyncClient, httpx2.AsyncClient]

__all__ = ["AsyncSSEClient"]

_Self = TypeVar("_Self", bound="AsyncSSEClient")


class AsyncSSEClient(StreamAttributes):
    """An event stream from a URL, for asyncio.

    It connects when its block is entered, or at the first step of the loop, and reconnects as long
    as it is iterated over, after the last event that it delivered. It follows the rules of
    `SSEClient`. It belongs to the event loop in which it connects.

    A step of the loop can be cancelled or timed out. Inside the block the connection stays open,
    even one that is being made, and the next step continues. Without a block the step closes the
    connection, as nobody else would, and the next step reconnects.

    Args:
        url: the URL.
        last_id: the ID after which the server is to resume; None asks for none.
        retry: the reconnection time to start with, in milliseconds. The server can change it.
        session: makes the requests, and is not closed: an ``aiohttp.ClientSession``, an
            ``httpx.AsyncClient`` or an ``httpx2.AsyncClient``. None opens one of aiohttp when
            needed.
        method: the method of the request.
        reconnect: whether to reconnect: True, False or a `ReconnectPolicy`. None reconnects with
            GET and HEAD, which can be repeated without harm.
        until: the data of the stream's last event, or a function that returns whether an event is
            the last one. That event is delivered, the connection closed, and the loop ends. None
            knows of no last event.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        check_content_type: whether a response whose Content-Type can't be an event stream's is
            refused.
        on_open: called with the response after each connect. All callbacks may be coroutine
            functions.
        on_error: called before each wait, with the error that ended the connection or the attempt
            (EOFError where the server ended it) and with the seconds of the wait.
        on_comment: called with the text of each comment, in its place among the events.
        aiohttp_kwargs: what else ``aiohttp.ClientSession.request`` or ``httpx.stream`` accepts;
            ``headers`` and ``params`` may be functions or coroutine functions, which are called
            before every attempt. ``timeout`` is in seconds, to connect and of silence, or a pair of
            both, or one of the library's; None uses that of an aiohttp session, without its total
            timeout. ``auth`` may be a pair. The caller's dicts are not changed.

    Attributes:
        url: the URL.
        session: as given.
        aiohttp_kwargs: the keyword arguments of every request; a change counts from the next one.
        resp: the response that is being read, or None.

    Raises:
        TypeError: an argument has a wrong type, or nobody knows it.
        ModuleNotFoundError: there is no ``session``, and aiohttp is not installed.
        ValueError: a number is out of range; or the body can be sent only once, but has to be sent
            again on a reconnect.
        requests.exceptions.InvalidURL: ``url`` is the text of an event stream.

    Connecting and iterating raise the same errors as `SSEClient`. A connection that fails raises an
    error that is both ``requests.exceptions.ConnectionError`` and the library's; a status raises
    ``requests.exceptions.HTTPError`` with the body readable on its ``response``.

    See the WHATWG HTML standard, 9.2.2 to 9.2.4.
    """

    _shell: AsyncShell

    @overload
    def __init__(
        self,
        url: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Union[httpx.AsyncClient, httpx2.AsyncClient] = ...,
        *,
        on_open: Union[
            Callable[[httpx.Response], object], Callable[[httpx2.Response], object], None
        ] = None,
        **arguments: Unpack[HttpxAsyncArguments],
    ) -> None: ...
    @overload
    def __init__(
        self,
        url: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[aiohttp.ClientSession] = None,
        *,
        on_open: Optional[Callable[[aiohttp.ClientResponse], object]] = None,
        **arguments: Unpack[AiohttpArguments],
    ) -> None: ...
    def __init__(
        self,
        url: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[AsyncSession] = None,
        *,
        method: str = "GET",
        reconnect: Union[bool, ReconnectPolicy, None] = None,
        until: Optional[Until] = None,
        max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE,
        check_content_type: bool = True,
        on_open: Optional[Callable[..., object]] = None,
        on_error: Optional[Callable[[Exception, float], object]] = None,
        on_comment: Optional[Callable[[str], object]] = None,
        **aiohttp_kwargs: object,
    ) -> None:
        if not isinstance(url, str):
            raise TypeError(
                f"AsyncSSEClient needs a URL (str), not {type(url).__name__}; "
                "what is open already is read by aiter_events()"
            )
        refuse_text(url, "iter_events")
        check_request(method, check_content_type, aiohttp_kwargs)
        policy = choose_policy(reconnect, method)
        transport = choose_async_transport(session, repeats=policy is not None)
        if aiohttp_kwargs:
            constructor, accepted = AsyncSSEClient.__init__, async_argument_names(session)
            refuse_unknown("AsyncSSEClient", constructor, aiohttp_kwargs, accepted, session)
        self.url = url
        self.session = session
        self.aiohttp_kwargs: dict[str, Any] = copy_arguments(aiohttp_kwargs)
        self.resp: Any = None
        delivery = Delivery(
            last_id, retry, max_event_size=max_event_size, comments=on_comment is not None
        )
        self._shell = AsyncShell(  # pyright: ignore[reportIncompatibleVariableOverride]
            Machine(delivery, policy, ending=choose_ending(until)),
            transport,
            Callbacks(on_open, on_error, on_comment),
            method=method.upper(),
            check_content_type=check_content_type,
            body_positions=_body_positions(aiohttp_kwargs) if policy is not None else (),
        )

    def __aiter__(self: _Self) -> _Self:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Event]:
        return self._shell.next_event(self)  # one coroutine an event, not two

    def events(self) -> AsyncIterator[Event]:
        """Return an asynchronous iterator over the events, as `SSEClient.events` does: the client.

        Raises:
            Exception: what iterating over the client itself raises.
        """
        return self

    async def close(self) -> None:
        """End the iteration, in whatever task it runs, and close the connection.

        A task that waits for an event, for an answer or for its next attempt stops waiting, and its
        loop ends as if the stream had. A session of the caller's stays open. Closing twice does no
        harm.
        """
        await self._shell.close()

    async def __aenter__(self: _Self) -> _Self:
        self._shell.keeps_connection = True
        try:
            await self._shell.start(self)
        except BaseException:
            await self._shell.close()
            raise
        return self

    async def __aexit__(
        self,
        error_type: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self._shell.close()

    def __del__(self) -> None:
        shell = self.__dict__.get("_shell")
        if shell is None or shell.body is None or sys.is_finalizing():
            return
        with contextlib.suppress(RuntimeError):  # the event loop is closed, and nobody can be told
            shell.discard()
        unclosed = f"unclosed {self!r}: use 'async with', or await its close()"
        warnings.warn(unclosed, ResourceWarning, stacklevel=2, source=self)


AsyncSSEClient.__module__ = "sseclient_ng"


def _body_positions(aiohttp_kwargs: Mapping[str, object]) -> tuple[tuple[object, int], ...]:
    library: Any = sys.modules.get("aiohttp")  # whoever has a form of it has imported it
    if library is not None and isinstance(aiohttp_kwargs.get("data"), library.FormData):
        raise ValueError(
            "a FormData can't be sent again on a reconnect; pass a dict, or reconnect=False"
        )
    return record_body_positions(aiohttp_kwargs)
