"""The transport on aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
from typing import Any, Optional, cast

import aiohttp
import requests
from urllib3.exceptions import DecodeError

from sseclient_ng._codings import (
    ACCEPT_ENCODING,
    UndecodableError,
    decodable_codings,
    decode_start,
)
from sseclient_ng._core.http import ERROR_BODY_BYTES
from sseclient_ng._transports import Request
from sseclient_ng._transports.aiohttp_body import AiohttpBody, CodedAiohttpBody
from sseclient_ng._transports.aiohttp_errors import (
    AsyncContentDecodingError,
    AsyncMalformedAnswer,
    translate_error,
)
from sseclient_ng._transports.aiohttp_request import (
    add_environment,
    choose_timeout,
    make_requests_response,
    prepare_request,
)

__all__ = ["AiohttpAnswer", "AiohttpTransport"]

# Header fields may be as long as for http.client, where this aiohttp has a limit to set.
_session_options = inspect.signature(aiohttp.ClientSession).parameters
_GENEROUS_LIMITS: dict[str, Any] = {
    name: 65536 for name in ("max_line_size", "max_field_size") if name in _session_options
}

_NO_LENGTH = str(2**64 - 1)

# What aiohttp asks for by default is what it can decode.
_asked_for = aiohttp.ClientRequest.DEFAULT_HEADERS.get(aiohttp.hdrs.ACCEPT_ENCODING, "")
_AIOHTTP_CODINGS = {"gzip", "deflate", *(word.strip() for word in _asked_for.split(","))}


class AiohttpTransport:
    """Makes requests with a session of aiohttp.

    Args:
        session: the caller's, which is not closed; None opens one when it is needed.
        repeats: whether a request may be sent again, with its body.
    """

    def __init__(self, session: Optional[aiohttp.ClientSession], *, repeats: bool) -> None:
        self._session = session
        self._repeats = repeats
        self._own_session: Optional[aiohttp.ClientSession] = None

    async def open(self, request: Request) -> AiohttpAnswer:
        """Send a request; see `AsyncTransport.open`."""
        if self._session is None:
            request = await asyncio.get_running_loop().run_in_executor(
                None, add_environment, request
            )
        prepared = prepare_request(request, has_base=self._session is not None)
        session = self._session or self._open_own_session()
        arguments = prepared.arguments
        if session is self._own_session:  # which leaves the decoding to us
            arguments["headers"].setdefault("Accept-Encoding", ACCEPT_ENCODING)
        if self._repeats and hasattr(arguments.get("data"), "read"):
            arguments["data"] = arguments["data"].read()  # aiohttp would close the file
        arguments["raise_for_status"] = False  # the machine decides what a status means
        arguments["timeout"] = choose_timeout(arguments.get("timeout"), session)
        try:
            response = await session.request(request.method, prepared.url, **arguments)
        except Exception as error:
            translated = translate_error(error)
            if translated is error:
                raise
            raise translated from error
        _check_length(response)
        decoded = bool(getattr(session, "auto_decompress", True))
        return AiohttpAnswer(response, prepared.of_requests, decoded=decoded)

    def translate_error(self, error: Exception) -> Exception:
        """Return the error of requests that an error of aiohttp means."""
        return translate_error(error)

    async def close(self) -> None:
        """Close the session that the transport has opened."""
        session, self._own_session = self._own_session, None
        if session is not None:
            await session.close()
            await asyncio.sleep(0)  # for the transports to notice that they are closed

    def _open_own_session(self) -> aiohttp.ClientSession:
        if self._own_session is None:
            # Some of aiohttp's decoders hold back what has arrived, so bodies are decoded here.
            self._own_session = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.CookieJar(unsafe=True),  # cookies of addresses, like browsers
                **_GENEROUS_LIMITS,
            )
        return self._own_session


class AiohttpAnswer:
    """An answer of aiohttp.

    Args:
        response: what aiohttp returned.
        request: what it answers, as requests would have sent it.
        decoded: whether aiohttp decodes the content codings that it knows.

    Attributes:
        response: as given.
        status: its status code.
        content_type: its Content-Type, or None. Several lines are joined.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        request: requests.PreparedRequest,
        *,
        decoded: bool,
    ) -> None:
        self.response = response
        self.status = response.status
        self.content_type = ", ".join(response.headers.getall("Content-Type", [])) or None
        self._request = request
        self._decoded = decoded

    def body(self) -> AiohttpBody:
        """Return the body.

        Raises:
            requests.exceptions.ContentDecodingError: its content coding can't be decoded.
        """
        codings = self._undecoded()
        return CodedAiohttpBody(self.response, codings) if codings else AiohttpBody(self.response)

    def _undecoded(self) -> list[str]:
        """Return the content codings that aiohttp leaves to us: it decodes single ones only."""
        coding = self.response.headers.get("Content-Encoding", "").strip().lower()
        if self._decoded and coding in _AIOHTTP_CODINGS:
            return []
        try:
            return decodable_codings(coding)
        except UndecodableError as error:
            raise AsyncContentDecodingError(str(error)) from error

    async def keep(self) -> requests.Response:
        """Return the response as one of requests, with its body, and end the connection."""
        kept = await make_requests_response(self.response, self._request)
        self.response.close()
        body = cast(io.BytesIO, kept.raw).getvalue()
        with contextlib.suppress(AsyncContentDecodingError, DecodeError):  # it stays as it came
            kept.raw = io.BytesIO(decode_start(body, self._undecoded(), ERROR_BODY_BYTES))
        return kept

    def close(self) -> None:
        """End the connection, or give it back."""
        self.response.close()


def _check_length(response: aiohttp.ClientResponse) -> None:
    """Refuse a Content-Length that aiohttp's parser takes for none, and so for an empty body."""
    if response.headers.get("Content-Length", "").strip() == _NO_LENGTH:
        response.close()
        raise AsyncMalformedAnswer(f"the answer is malformed: Content-Length: {_NO_LENGTH}")
