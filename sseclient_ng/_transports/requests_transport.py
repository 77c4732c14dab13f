"""The transport on requests: a ``requests.Session``, or anything with such a ``get``."""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Mapping
from functools import partial
from typing import Callable, Optional, Protocol, cast
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, merge_cookies
from urllib3.response import HTTPResponse

from sseclient_ng import _sockets
from sseclient_ng._arguments import has_authorization, is_about_a_url, leave_unchanged
from sseclient_ng._codings import UndecodableError, decodable_codings
from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS
from sseclient_ng._sources import SourceBody, body_of_response
from sseclient_ng._transports import Request
from sseclient_ng._transports.interim import read_final_answer
from sseclient_ng._transports.response_hooks import add_response_hooks
from sseclient_ng._waker import Waker

__all__ = ["RequestsAnswer", "RequestsTransport", "Session"]


class Session(Protocol):
    """What makes requests: a ``requests.Session``, a module, anything with such a ``get``."""

    @property
    def get(self) -> Callable[..., object]:
        """Makes a GET request and returns its response."""
        ...


class RequestsTransport:
    """Makes requests with a session, or with the functions of requests.

    Args:
        session: the caller's; None makes each request on its own.
        chunk_size: the most bytes that are read at once where reading waits for all of them; None
            leaves it to the response.
    """

    def __init__(self, session: Optional[Session], chunk_size: Optional[int]) -> None:
        self._session = session
        self._chunk_size = chunk_size
        self._cookies = RequestsCookieJar()  # of the server; a session has its own

    def open(self, request: Request, waker: Waker) -> RequestsAnswer:
        """Send a request; see `Transport.open`."""
        frame = inspect.currentframe()
        end = partial(_sockets.wake_connecting, _sockets.watch_frames(), frame)
        try:
            with waker.connecting(end):
                response = read_final_answer(self._send(request, waker))
        finally:
            del frame, end  # it refers to itself
        self._keep_cookies(response)
        return self.answer(response)

    def answer(self, response: object) -> RequestsAnswer:
        """Return the answer that a response is.

        Args:
            response: a ``requests.Response``, or what stands for one in a test.
        """
        return RequestsAnswer(
            response, self._chunk_size, keeps_connection=self._session is not None
        )

    def serves(self, session: object, chunk_size: Optional[int]) -> bool:
        """Return whether this is the transport for a session and a size of chunks.

        Args:
            session: the client's.
            chunk_size: the client's.
        """
        return session is self._session and chunk_size == self._chunk_size

    def _keep_cookies(self, response: object) -> None:
        if self._session is None and isinstance(response, requests.Response):
            for answer in (*response.history, response):
                extract_cookies_to_jar(self._cookies, answer.request, answer.raw)

    def _with_cookies(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Return arguments with the cookies that the server has set, like a browser."""
        if not len(self._cookies):
            return arguments
        own = cast("dict[str, str]", arguments.get("cookies") or {})
        cookies = merge_cookies(self._cookies.copy(), own)
        return {**arguments, "cookies": cookies}

    def _send(self, request: Request, waker: Waker) -> object:
        session = self._session
        arguments = self._with_cookies(request.arguments)
        if _own_authorization_counts(request, session):
            arguments = {**arguments, "auth": leave_unchanged}
        arguments = add_response_hooks(arguments, session, waker)
        if session is None:
            # Looked up where callers' tests replace it: on the package, when it is needed.
            session = cast(Session, sys.modules["sseclient_ng"].requests)
        try:
            if request.method == "GET":
                return session.get(request.url, stream=True, **arguments)
            return cast(requests.Session, session).request(
                request.method,
                request.url,
                stream=True,
                **arguments,  # type: ignore[arg-type]
            )
        except ValueError as error:
            if is_about_a_url(error):  # an InvalidURL is a ValueError still
                raise requests.exceptions.InvalidURL(str(error)) from error
            raise


class RequestsAnswer:
    """An answer of requests.

    Args:
        response: a ``requests.Response``, or what stands for one in a test.
        chunk_size: as in `RequestsTransport`.
        keeps_connection: whether somebody may use the connection again.

    Attributes:
        response: as given.
        status: its status code.
        content_type: its Content-Type, or None.
    """

    def __init__(
        self, response: object, chunk_size: Optional[int], *, keeps_connection: bool
    ) -> None:
        self.response = response
        self._chunk_size = chunk_size
        self._keeps_connection = keeps_connection

    @property
    def status(self) -> int:
        """The status code; of a stand-in that has none, 200 if it raises no error."""
        status: object = getattr(self.response, "status_code", None)
        if not isinstance(status, int):
            cast(requests.Response, self.response).raise_for_status()
            return 200
        return status

    @property
    def content_type(self) -> Optional[str]:
        """The Content-Type."""
        headers = cast(Optional[Mapping[str, object]], getattr(self.response, "headers", None))
        content_type = headers.get("Content-Type") if headers else None
        return content_type if isinstance(content_type, str) else None

    def body(self) -> SourceBody:
        """Return the body.

        Raises:
            requests.exceptions.ContentDecodingError: its content coding can't be decoded.
        """
        if isinstance(getattr(self.response, "raw", None), HTTPResponse):
            _check_coding(cast(requests.Response, self.response))
        return self._open_body()

    def _open_body(self) -> SourceBody:
        body = body_of_response(
            self.response,
            self._chunk_size,
            leave_open=True,
            keeps_connection=self._keeps_connection,
        )
        body.keep_alive()
        return body

    def keep(self, waker: Waker) -> object:
        """Return the response with its body, so that it outlives the connection."""
        response = self.response
        if not (isinstance(response, requests.Response) and isinstance(response.raw, HTTPResponse)):
            return response
        response.raw = io.BytesIO(self._read_start(waker))
        return response

    def _read_start(self, waker: Waker) -> bytes:
        """Return as much of the body as helps to understand an error, and close it."""
        body = self._open_body()
        waker.watch(body)
        data = body.read_some(ERROR_BODY_BYTES, ERROR_BODY_SECONDS)
        waker.watch(None)
        body.close()
        return data

    def close(self) -> None:
        """End the connection, or give it back."""
        close: Optional[Callable[[], object]] = getattr(self.response, "close", None)
        if callable(close):
            close()


def _check_coding(response: requests.Response) -> None:
    try:
        decodable_codings(response.headers.get("Content-Encoding", ""))
    except UndecodableError as error:
        raise requests.exceptions.ContentDecodingError(error) from error


def _own_authorization_counts(request: Request, session: Optional[Session]) -> bool:
    """Return whether an Authorization header has to be kept from being replaced.

    requests prefers what a netrc file says, unless there is an ``auth`` argument.
    """
    if request.arguments.get("auth") is not None or not has_authorization(request.arguments):
        return False
    if not (session is None or isinstance(session, requests.Session)):
        return False
    return getattr(session, "auth", None) is None and "@" not in urlsplit(request.url).netloc
