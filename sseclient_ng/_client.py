"""The client for threads. What exists for old code only is in `_legacy`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Optional, TypeVar, Union, overload

import requests

from sseclient_ng._arguments import check_request, copy_arguments, record_body_positions
from sseclient_ng._attributes import StreamAttributes
from sseclient_ng._callbacks import Callbacks
from sseclient_ng._core.checks import check_count, check_text
from sseclient_ng._core.delivery import Delivery
from sseclient_ng._core.ending import Until, choose_ending
from sseclient_ng._core.event import Event
from sseclient_ng._core.machine import Machine
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE, SIZE
from sseclient_ng._core.policy import ReconnectPolicy, choose_policy
from sseclient_ng._shell import Shell
from sseclient_ng._sources import KINDS, Source, body_of_source, refuse_text
from sseclient_ng._suggestions import refuse_unknown
from sseclient_ng._transports.choosing import argument_names
from sseclient_ng._transports.requests_transport import Session

if TYPE_CHECKING:
    import httpx
    import httpx2
    from typing_extensions import Unpack

    from sseclient_ng._keywords import HttpxArguments, RequestsArguments, SourceOptions

__all__ = ["Client"]

_Self = TypeVar("_Self", bound="Client")


class Client(StreamAttributes):
    """An event stream, from a URL or from something that is open already.

    Given a URL it connects at once, and reconnects for as long as it is iterated over, after the
    last event that it delivered. Given a response, a file or an iterable it reads that to its end.
    Either way it is its own iterator.

    Args:
        source: the URL; or what to read: a ``requests.Response``, a urllib3 response, a binary
            file, or any iterable of bytes or text. A URL can be given as ``url=`` as well.
        last_id: the ID after which the server is to resume; None asks for none. Where ``source`` is
            not a URL this argument is ``char_enc``.
        retry: the reconnection time to start with, in milliseconds. The server can change it.
        session: makes the requests: a ``requests.Session`` or anything with such a ``get``, an
            ``httpx.Client`` or an ``httpx2.Client``. None makes each request on its own. It is not
            closed.
        chunk_size: the most bytes that are read at once, where the source waits until they are
            there. Others deliver what has arrived, whatever it says. None leaves it to the source.
        method: the method of the request.
        char_enc: the encoding of the stream, if it is not the UTF-8 that it should be; None is
            UTF-8. What can't be decoded becomes U+FFFD.
        reconnect: whether to reconnect: True, False or a `ReconnectPolicy`. None reconnects with
            GET and HEAD, which can be repeated without harm.
        until: the data of the stream's last event, or a function that returns whether an event is
            the last one. That event is delivered, the connection closed, and the loop ends. None
            knows of no last event.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        check_content_type: whether a response whose Content-Type can't be an event stream's is
            refused.
        on_open: called with the response after each connect.
        on_error: called before each wait, with the error that ended the connection or the attempt
            (EOFError where the server ended it) and with the seconds of the wait.
        on_comment: called with the text of each comment, in its place among the events.
        requests_kwargs: what else ``requests.get`` accepts, or ``httpx.stream``; ``headers`` and
            ``params`` may be functions, which are called before every attempt. The caller's dicts
            are not changed.

    Attributes:
        url: the URL, "" where there is none.
        session: as given.
        chunk_size: as given.
        requests_kwargs: the keyword arguments of every request; a change counts from the next one.
        resp: the response that is being read. There is none before the first connection.

    Raises:
        requests.exceptions.RequestException: the first connection failed; it is tried once.
        requests.exceptions.HTTPError: the server answered with an unexpected status.
        InvalidContentType: the response can't be an event stream.
        TypeError: ``source`` can't be read, an argument has a wrong type, or nobody knows it.
        RuntimeError: ``session`` is a closed client of httpx.
        ValueError: a number is out of range; or the body can be sent only once, but has to be sent
            again on a reconnect.
        LookupError: there is no such ``char_enc``.

    Iterating raises, after every complete event:

    - what ended the last connection, where a new one can't help or is not wanted: HTTPError,
      InvalidContentType, or another error of requests; and whatever ``source`` itself raises;
    - `EventTooLarge`: an event holds more than ``max_event_size`` bytes;
    - `IncompleteStream`: the stream ended before the event of ``until``, and there is no
      reconnecting, or the server wants none (204);
    - `RetriesExhausted`: the policy's ``max_attempts`` are used up;
    - what a function of the caller raises. The event that ``until`` was asked about is not lost:
      the next step asks again.

    See the WHATWG HTML standard, 9.2.2 to 9.2.4.
    """

    url: str = ""
    session: Optional[Session] = None
    chunk_size: Optional[int] = 1024
    requests_kwargs: dict[str, Any]
    resp: requests.Response
    _shell: Shell
    _shell_type: ClassVar[type[Shell]] = Shell
    _delivers_one_by_one: ClassVar[bool] = False

    @overload
    def __init__(
        self,
        source: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Union[httpx.Client, httpx2.Client] = ...,
        chunk_size: Optional[int] = 1024,
        *,
        on_open: Union[
            Callable[[httpx.Response], object], Callable[[httpx2.Response], object], None
        ] = None,
        **arguments: Unpack[HttpxArguments],
    ) -> None: ...
    @overload
    def __init__(
        self,
        source: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[Session] = None,
        chunk_size: Optional[int] = 1024,
        *,
        on_open: Optional[Callable[[requests.Response], object]] = None,
        **arguments: Unpack[RequestsArguments],
    ) -> None: ...
    @overload
    def __init__(
        self,
        *,
        url: str,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[Session] = None,
        chunk_size: Optional[int] = 1024,
        on_open: Optional[Callable[[requests.Response], object]] = None,
        **arguments: Unpack[RequestsArguments],
    ) -> None: ...
    @overload
    def __init__(
        self,
        source: Source,
        char_enc: Optional[str] = None,
        /,
        **options: Unpack[SourceOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        source: Source,
        *,
        char_enc: Optional[str] = None,
        **options: Unpack[SourceOptions],
    ) -> None: ...
    def __init__(
        self,
        source: Union[str, Source, None] = None,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[Session] = None,
        chunk_size: Optional[int] = 1024,
        *,
        method: str = "GET",
        char_enc: Optional[str] = None,
        reconnect: Union[bool, ReconnectPolicy, None] = None,
        until: Optional[Until] = None,
        max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE,
        check_content_type: bool = True,
        on_open: Optional[Callable[..., object]] = None,
        on_error: Optional[Callable[[Exception, float], object]] = None,
        on_comment: Optional[Callable[[str], object]] = None,
        **requests_kwargs: object,
    ) -> None:
        if source is None:
            source = _take_url(requests_kwargs)
        has_url = isinstance(source, str)
        check_request(method, check_content_type, requests_kwargs)
        check_count("chunk_size", chunk_size or None, SIZE)
        if requests_kwargs:
            accepted = argument_names(session)
            refuse_unknown("SSEClient", Client.__init__, requests_kwargs, accepted, session)
        if isinstance(source, str):
            refuse_text(source)
        else:
            _refuse_options_of_requests(reconnect, requests_kwargs)
            last_id, char_enc = None, char_enc or last_id
        check_text("char_enc", char_enc, "the name of an encoding")
        policy = choose_policy(reconnect, method) if has_url else None
        delivery = Delivery(
            last_id,
            retry,
            encoding=char_enc,
            max_event_size=max_event_size,
            comments=on_comment is not None,
            one_by_one=self._delivers_one_by_one,
        )
        self._shell = self._shell_type(  # pyright: ignore[reportIncompatibleVariableOverride]
            Machine(delivery, policy, ending=choose_ending(until)),
            Callbacks(on_open, on_error, on_comment),
            method=method.upper(),
            check_content_type=check_content_type,
            body_positions=record_body_positions(requests_kwargs) if policy is not None else (),
        )
        self.session = session
        self.chunk_size = chunk_size
        self.requests_kwargs = copy_arguments(requests_kwargs)
        if isinstance(source, str):
            self.url = source
            self._shell.start(self)
        else:
            if isinstance(source, requests.Response):
                self.resp = source
            self._shell.read_given(self, body_of_source(source, chunk_size))

    def __iter__(self: _Self) -> _Self:
        return self

    def __next__(self) -> Event:
        shell = self._shell
        if shell.ready:  # a short cut: see benchmarks/client.py
            return shell.deliver()
        event = shell.next_event(self)
        if event is None:
            raise StopIteration
        return event

    def events(self) -> Iterator[Event]:
        """Return an iterator over the events; several of one client continue one another.

        Raises:
            Exception: what iterating over the client itself raises.
        """
        # Not "yield from": that would pass on the closing of the generator to the client.
        for event in self:  # noqa: UP028
            yield event

    def close(self) -> None:
        """End the iteration, in whatever thread it runs, and close the connection.

        A thread that waits for an event, for an answer or for its next attempt stops waiting, and
        its loop ends as if the stream had. A source that was given is closed, too. Closing twice
        does no harm.
        """
        self._shell.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        error_type: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._shell.close()  # not self.close(): subclasses have one of their own, for other uses

    def __del__(self) -> None:
        shell = self.__dict__.get("_shell")
        # When the interpreter ends, the system closes what is open.
        if shell is not None and not shell.machine.is_given and not sys.is_finalizing():
            with contextlib.suppress(Exception):  # nobody is left to be told
                shell.discard()


def _take_url(requests_kwargs: dict[str, object]) -> str:
    url = requests_kwargs.pop("url", None)
    if not isinstance(url, str):
        raise TypeError(f"SSEClient reads {KINDS}, not {type(url).__name__}")
    return url


def _refuse_options_of_requests(
    reconnect: Union[bool, ReconnectPolicy, None], requests_kwargs: Mapping[str, object]
) -> None:
    wrong = [*requests_kwargs, *(["reconnect"] if reconnect else [])]
    if wrong:
        raise TypeError(f"SSEClient accepts {', '.join(wrong)} only when given a URL")
