"""The client on requests: it connects, reads and waits, and asks the core for everything else."""

from __future__ import annotations

import contextlib
import inspect
import io
import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from types import FrameType, TracebackType
from typing import (
    Any,
    Callable,
    NoReturn,
    Optional,
    Protocol,
    TypeVar,
    Union,
    cast,
)

import requests
from urllib3.response import HTTPResponse

from sseclient_ng import _sockets
from sseclient_ng._body import Body, Source, body_of_response, body_of_source
from sseclient_ng._core.delivery import Delivery, Progress, Resumable
from sseclient_ng._core.event import Event
from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS, Verdict, http_error, judge
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._core.reconnection import Reconnection, log_connected, log_wait, policy_of
from sseclient_ng._core.text import Chunk
from sseclient_ng._request import (
    arguments,
    check_body,
    is_about_a_url,
    keep_own_copy,
    rewind_body,
)
from sseclient_ng._signals import raised_by_handler
from sseclient_ng.exceptions import EventTooLarge, InvalidContentType

__all__ = ["Client", "Session"]

_Self = TypeVar("_Self", bound="Client")

_NO_SOURCE = cast(str, object())


class Session(Protocol):
    """What makes requests: a ``requests.Session``, a module, anything with such a ``get``."""

    @property
    def get(self) -> Callable[..., object]:
        """Makes a GET request and returns its response."""
        ...


class Client(Resumable):
    """An event stream, from a URL or from something that is open already.

    Given a URL it connects at once, and reconnects for as long as it is iterated over, going on
    after the last event that it handed out. Given a response, a file or an iterable it reads that
    to its end. Either way it is its own iterator.

    Args:
        source: the URL; or what to read: a ``requests.Response``, a urllib3 response, a binary
            file, or any iterable of bytes or text. A URL can be given as ``url=`` as well.
        last_id: the ID after which the server is to go on; None asks for none. Where ``source`` is
            no URL this argument is ``char_enc``.
        retry: the reconnection time to start with, in milliseconds. The server can change it.
        session: makes the requests: a ``requests.Session`` or anything with such a ``get``; None
            makes each request on its own. It is not closed.
        chunk_size: the most bytes that are read at once, where the source waits until they are
            there. Others hand on what has arrived, whatever it says. None leaves it to the source.
        method: the method of the request.
        char_enc: the encoding of the stream, if it is not the UTF-8 that it should be; None is
            UTF-8. What can't be decoded becomes U+FFFD.
        reconnect: whether to reconnect, True, False or a `ReconnectPolicy`; None does so where a
            request can be repeated without harm, with GET and HEAD.
        max_event_size: the most bytes that one event may hold; None sets no limit.
        check_content_type: whether a response whose Content-Type can't be an event stream's is
            refused.
        on_open: called with the response, whenever a connection was made.
        on_error: called before each wait with the error that ended the connection or the attempt,
            EOFError where the server ended it, and the seconds that will be waited.
        on_comment: called with the text of each comment.
        requests_kwargs: what else ``requests.get`` takes; ``headers`` and ``params`` may be
            functions, which are called before every attempt. The caller's dicts are not changed.

    Attributes:
        url: the URL, "" where there is none.
        session: as given.
        chunk_size: as given.
        requests_kwargs: what goes along with every request; changes count from the next one on.
        resp: the response that is being read. It is not there before there is one.

    Raises:
        requests.exceptions.RequestException: the first connection failed; it is tried once.
        requests.exceptions.HTTPError: the server answered with a status other than 200 and 204.
        InvalidContentType: the response can't be an event stream.
        TypeError: ``source`` is nothing that can be read.
        ValueError: the body can be sent only once, but is to be sent again on a reconnect.
        LookupError: there is no such ``char_enc``.

    Iterating raises, after every complete event:

    - what ended the last connection, if a new one can't mend it or is not wanted: HTTPError,
      InvalidContentType, or an error of requests; and whatever ``source`` itself raises;
    - `EventTooLarge`: an event holds more than ``max_event_size`` bytes;
    - `RetriesExhausted`: the policy's ``max_attempts`` are used up.

    See the WHATWG HTML standard, 9.2.2 to 9.2.4.
    """

    url: str
    session: Optional[Session]
    chunk_size: Optional[int]
    requests_kwargs: dict[str, Any]
    resp: requests.Response
    _open_body: Optional[Body]
    _body_chunks: Iterator[Chunk]
    _call_on_open: Optional[Callable[[requests.Response], object]]
    _call_on_error: Optional[Callable[[Exception, float], object]]

    def __init__(
        self,
        source: Union[str, Source] = _NO_SOURCE,
        last_id: Optional[str] = None,
        retry: int = 3000,
        session: Optional[Session] = None,
        chunk_size: Optional[int] = 1024,
        *,
        method: str = "GET",
        char_enc: Optional[str] = None,
        reconnect: Union[bool, ReconnectPolicy, None] = None,
        max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE,
        check_content_type: bool = True,
        on_open: Optional[Callable[[requests.Response], object]] = None,
        on_error: Optional[Callable[[Exception, float], object]] = None,
        on_comment: Optional[Callable[[str], object]] = None,
        **requests_kwargs: object,
    ) -> None:
        if source is _NO_SOURCE:
            source = _url_in(requests_kwargs)
        if not isinstance(source, str):
            _check_options_without_url(reconnect, requests_kwargs)
            last_id, char_enc = None, char_enc or last_id
        self._set_up()
        self._delivery = Delivery(
            last_id,
            retry,
            encoding=char_enc,
            max_event_size=max_event_size,
            on_comment=on_comment,
        )
        self.session = session
        self.chunk_size = chunk_size
        self._check_content_type = check_content_type
        self._call_on_open = on_open
        self._call_on_error = on_error
        if isinstance(source, str):
            self._prepare_requests(source, method, policy_of(reconnect, method), requests_kwargs)
            self._open_first()
        else:
            if isinstance(source, requests.Response):
                self.resp = source
            self._open_body = body_of_source(source, chunk_size)
            self._body_chunks = self._open_chunks()

    def _set_up(self) -> None:
        """Set every attribute to what it is before there is a source."""
        self.url = ""
        self.session = None
        self.chunk_size = 1024
        self.requests_kwargs = keep_own_copy({})
        self._request_method = "GET"
        self._check_content_type = True
        self._call_on_open = None
        self._call_on_error = None
        self._body_positions = check_body({})
        self._delivery = Delivery(
            None, 3000, encoding=None, max_event_size=DEFAULT_MAX_EVENT_SIZE, on_comment=None
        )
        self._reconnection: Optional[Reconnection] = None
        self._open_body = None
        self._body_chunks = iter(())
        self._at_end = False  # whether the iteration has come to its end
        self._source_failed = False
        self._was_closed = False
        # Released by close(). An Event would not do: its methods can't interrupt one another, as
        # they would have to where a signal handler closes the client.
        self._close_gate = threading.Lock()
        self._close_gate.acquire()
        self._read_lock = threading.Lock()  # held while reading, and while closing a body
        self._connecting_at: Optional[tuple[int, FrameType]] = None

    def _prepare_requests(
        self,
        url: str,
        method: str,
        policy: Optional[ReconnectPolicy],
        requests_kwargs: Mapping[str, object],
    ) -> None:
        self.url = url
        self._request_method = method.upper()
        self.requests_kwargs = keep_own_copy(requests_kwargs)
        self._reconnection = Reconnection(url, policy)
        if policy is not None:
            self._body_positions = check_body(requests_kwargs)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._was_closed

    def __iter__(self: _Self) -> _Self:
        return self

    def __next__(self) -> Event:
        delivery = self._delivery
        try:
            while not (delivery.ready or self._was_closed):
                self._read_once()
            if self._was_closed:
                self._end_iteration()
            return delivery.hand_out()
        except Exception as error:
            if raised_by_handler(error) is not None:
                self._drop_interrupted()
            raise
        except BaseException:
            self._drop_interrupted()
            raise

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
        its loop ends as if the stream had. A source that was given is closed too. Closing twice is
        the same as once.
        """
        self._was_closed = True
        with contextlib.suppress(RuntimeError):  # it was closed before
            self._close_gate.release()
        body = self._open_body
        if body is not None:
            body.wake()
        self._end_connecting()
        if self._read_lock.acquire(blocking=False):  # else the thread that reads closes the body
            try:
                self._close_body()
            finally:
                self._read_lock.release()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        error_type: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        Client.close(self)  # subclasses have a close() of their own, for other uses

    def __del__(self) -> None:
        if getattr(self, "_reconnection", None) is not None:  # else the source is the caller's
            with contextlib.suppress(Exception):  # nobody is left who could be told
                self._close_body()

    # -- reading

    def _open_chunks(self) -> Iterator[Chunk]:
        """Return an iterator over the body that is open."""
        return iter(()) if self._open_body is None else self._open_body.chunks

    def _read_once(self) -> None:
        """Read once and parse what came; where the body has ended, do what comes next.

        Raises:
            StopIteration: the iteration is at its end.
            Exception: what `Client` says about iterating.
        """
        if self._at_end:
            raise StopIteration
        try:
            self._delivery.check()
            if self._delivery.ready:
                return
            chunk = self._next_chunk()
            if chunk is not None:
                self._delivery.receive(chunk)
        except EventTooLarge:
            self._finish_iteration()
            raise

    def _next_chunk(self) -> Optional[Chunk]:
        """Return the next chunk, or None where the body has ended and the next was opened."""
        try:
            with self._read_lock:
                return next(self._body_chunks)
        except StopIteration:
            self._body_ended()
        except Exception as error:  # noqa: BLE001 - the core decides what it means
            self._connection_lost(error)
        return None

    def _body_ended(self) -> None:
        """Do what comes after the end of a body."""
        if self._reconnection is not None:
            self._connection_lost(EOFError("the server ended the stream"))
        else:
            self._at_end = True
            if not (self._was_closed or self._source_failed):
                self._delivery.finish()

    def _connection_lost(self, error: Exception) -> None:
        """Do what comes after an error.

        It runs while the error is being handled, as subclasses look at it in ``_connect``.
        """
        _raise_what_a_handler_raised(error)
        if self._was_closed:
            self._end_iteration()
        if self._reconnection is None:
            # Some iterators go on after an error; for others, what has come is half an event.
            self._source_failed = True
            raise error
        self._reconnect_until_open(self._reconnection, error, self._delivery.progress())

    def _finish_iteration(self) -> None:
        self._at_end = True
        if self._reconnection is not None:
            with self._read_lock:
                self._close_body()

    def _drop_interrupted(self) -> None:
        """Make sure that nothing is lost or damaged where a signal struck, perhaps in the parser.

        The server is asked again for what was not handed out. What was given to read can't be asked
        for again: it ends, as what has come of it may be half an event.
        """
        if self._reconnection is None:
            self._at_end = True
            return
        with self._read_lock:
            self._close_body()
        self._delivery.restart()

    def _end_iteration(self) -> NoReturn:
        """End the iteration of a client that was closed."""
        with self._read_lock:
            self._close_body()
        raise StopIteration

    def _close_body(self) -> None:
        body, self._open_body = self._open_body, None
        self._body_chunks = iter(())
        if body is not None:
            body.close()

    # -- connecting

    def _reconnect_until_open(
        self, reconnection: Reconnection, error: Exception, progress: Progress
    ) -> None:
        """Wait and try, until a connection is open or the core says that it is over."""
        failure: Optional[Exception] = error
        while failure is not None:
            try:
                delay = reconnection.lost(failure, progress, self._delivery.retry)
            except Exception:
                self._finish_iteration()
                self._keep_body(failure)
                if self._was_closed:
                    self._end_iteration()
                raise
            if delay is None:
                self._finish_iteration()
                raise StopIteration
            self._wait_to_reconnect(failure, delay)
            reconnection.attempt()
            failure = self._try_to_open()
            progress = Progress.NOTHING

    def _wait_to_reconnect(self, error: Exception, delay: float) -> None:
        log_wait(self.url, error, delay)
        try:
            if self._call_on_error is not None:
                self._call_on_error(error, delay)
        finally:
            if isinstance(error, requests.HTTPError) and error.response is not None:
                error.response.close()
        if self._close_gate.acquire(timeout=delay):
            self._close_gate.release()
        if self._was_closed:
            self._end_iteration()

    def _try_to_open(self) -> Optional[Exception]:
        """Return None if a connection was opened, or else the error."""
        try:
            self._connect()
        except StopIteration:
            raise
        except Exception as error:  # noqa: BLE001 - the core decides what it means
            _raise_what_a_handler_raised(error)
            if self._was_closed:
                self._end_iteration()
            return error
        self._begin_reading()
        return None

    def _open_first(self) -> None:
        """Make the first connection; its errors are the caller's."""
        try:
            self._connect()
            self._begin_reading()
        except StopIteration:
            if not self._was_closed:  # a subclass says so
                raise
        except BaseException as error:
            if isinstance(error, (requests.HTTPError, InvalidContentType)):
                self._keep_body(error)
            with self._read_lock:
                self._close_body()  # nobody will have the client to do it
            raise

    def _connect(self) -> None:
        """Make a connection and check its response.

        Raises:
            Exception: what the request raised.
            requests.exceptions.HTTPError: the status is neither 200 nor 204.
            InvalidContentType: the response can't be an event stream.
        """
        if self._reconnection is None:  # made without the constructor, as tests of subclasses do it
            self._reconnection = Reconnection(self.url, policy_of(None, self._request_method))
        with self._read_lock:
            self._close_body()
        self._delivery.restart()
        rewind_body(self._body_positions)
        self.resp = response = self._send_request()
        if self._is_stream(response):
            self._open_body = self._body_of(response)
            self._open_body.keep_alive()
        else:
            self._at_end = True
            response.close()
        self._body_chunks = self._open_chunks()

    def _begin_reading(self) -> None:
        """Begin to read the connection that was made."""
        if self._was_closed:
            self._end_iteration()
        if self._at_end:
            return
        self._delivery.begin()
        assert self._reconnection is not None  # only where a URL was given is anything opened
        self._reconnection.opened()
        log_connected(self.url)
        if self._call_on_open is not None:
            self._call_on_open(self.resp)

    def _send_request(self) -> requests.Response:
        request = arguments(self.requests_kwargs, self.last_id)
        session = self.session
        if session is None:
            # Looked up where callers' tests replace it: on the package, when it is needed.
            session = cast(Session, sys.modules["sseclient_ng"].requests)
        self._connecting_at = (threading.get_ident(), cast(FrameType, inspect.currentframe()))
        try:
            if self._was_closed:  # before close() could see that there is something to end
                self._end_iteration()
            if self._request_method == "GET":
                response = session.get(self.url, stream=True, **request)
            else:
                response = cast(requests.Session, session).request(
                    self._request_method,
                    self.url,
                    stream=True,
                    **request,  # type: ignore[arg-type]
                )
        except ValueError as error:
            if is_about_a_url(error):  # an InvalidURL is a ValueError still
                raise requests.exceptions.InvalidURL(str(error)) from error
            raise
        finally:
            self._connecting_at = None
        return cast(requests.Response, response)

    def _is_stream(self, response: requests.Response) -> bool:
        status, content_type = _status_and_type(response)
        verdict = judge(status, content_type, check_content_type=self._check_content_type)
        if verdict is Verdict.WRONG_STATUS:
            raise http_error(response)
        if verdict is Verdict.WRONG_TYPE:
            raise InvalidContentType(content_type or "", self.url, response)
        return verdict is Verdict.STREAM

    def _body_of(self, response: requests.Response) -> Body:
        keeps_connection = self.session is not None
        return body_of_response(
            response, self.chunk_size, leave_open=True, keeps_connection=keeps_connection
        )

    def _keep_body(self, error: Exception) -> None:
        """Read the body of the response that an error is about, so that it outlives its connection.

        Args:
            error: any error that goes out to the caller.
        """
        response = error.response if isinstance(error, requests.RequestException) else None
        if not (isinstance(response, requests.Response) and isinstance(response.raw, HTTPResponse)):
            return
        self._open_body = body = self._body_of(response)
        with self._read_lock:
            data = body.read_some(ERROR_BODY_BYTES, ERROR_BODY_SECONDS)
            self._close_body()
        response.raw = io.BytesIO(data)

    def _end_connecting(self) -> None:
        """End a connection that is being made, at whatever point it is."""
        connecting = self._connecting_at
        if connecting is None:
            return
        # In a signal handler the thread that connects is this one, and can't go on before it ends.
        patience = 0.0 if connecting[0] == threading.get_ident() else 1.0
        if not self._wake_connecting(connecting, patience):
            # The socket may not be there yet: looking up a name can't be ended.
            wake = partial(self._wake_connecting, connecting, math.inf)
            threading.Thread(target=wake, name="sseclient-close", daemon=True).start()

    def _wake_connecting(self, connecting: tuple[int, FrameType], seconds: float) -> bool:
        """Wake a thread that connects until it has noticed; return whether it has."""
        deadline = time.monotonic() + seconds
        while self._connecting_at is connecting:
            _sockets.wake_connecting(*connecting)
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.005)
        return True


def _url_in(requests_kwargs: dict[str, object]) -> str:
    url = requests_kwargs.pop("url", None)
    if not isinstance(url, str):
        raise TypeError("SSEClient needs a URL, or a response, file or iterable to read")
    return url


def _raise_what_a_handler_raised(error: Exception) -> None:
    interruption = raised_by_handler(error)
    if interruption is not None:
        raise interruption


def _check_options_without_url(
    reconnect: Union[bool, ReconnectPolicy, None], requests_kwargs: Mapping[str, object]
) -> None:
    wrong = [*requests_kwargs, *(["reconnect"] if reconnect else [])]
    if wrong:
        raise TypeError(f"only with a URL as its source SSEClient takes {', '.join(wrong)}")


def _status_and_type(response: requests.Response) -> tuple[int, Optional[str]]:
    """Return status and Content-Type of a response, or of what stands for one in a test."""
    status: object = getattr(response, "status_code", None)
    if not isinstance(status, int):
        response.raise_for_status()
        status = 200
    headers = cast(Optional[Mapping[str, object]], getattr(response, "headers", None))
    content_type = headers.get("Content-Type") if headers else None
    return status, content_type if isinstance(content_type, str) else None
