"""The transport on niquests, whose sessions and responses are like those of requests."""

from __future__ import annotations

import sys
from typing import Any, cast

import requests
import urllib3

from sseclient_ng._transports import Request
from sseclient_ng._transports.error_classes import class_of_both
from sseclient_ng._transports.requests_response import Parts, make_request, make_response
from sseclient_ng._transports.requests_transport import RequestsAnswer, RequestsTransport
from sseclient_ng._waker import Waker

__all__ = ["NiquestsTransport"]

# As niquests itself, which would wait as long for a byte; a stream may be silent for longer.
_CONNECT_SECONDS = 30


class NiquestsTransport(RequestsTransport):
    """Makes requests with a ``niquests.Session``, like `RequestsTransport`."""

    def open(self, request: Request, waker: Waker) -> RequestsAnswer:
        """Send a request; see `Transport.open`."""
        try:
            return super().open(self._with_timeout(request), waker)
        except Exception as error:
            translated = _translate_error(error)
            if translated is error:
                raise
            raise translated from error

    def _with_timeout(self, request: Request) -> Request:
        """Return a request that waits for bytes without a limit, unless the caller set one."""
        given = request.arguments.get("timeout") or getattr(self._session, "timeout", None)
        timeout = given or (_CONNECT_SECONDS, None)
        return request._replace(arguments={**request.arguments, "timeout": timeout})

    def answer(self, response: object) -> RequestsAnswer:
        """Return the answer that a response is."""
        return NiquestsAnswer(response, self._chunk_size, keeps_connection=True)


class NiquestsAnswer(RequestsAnswer):
    """An answer of niquests; the arguments are those of `RequestsAnswer`."""

    def keep(self, waker: Waker) -> object:
        """Return the response as one of requests, with its body, and end the connection."""
        response = cast(Any, self.response)
        data = self._read_start(waker)
        fields = response.headers.items()
        parts = Parts(response.status_code, response.reason, response.url, fields, data)
        return make_response(parts, make_request(response.request))


def _translate_error(error: Exception) -> Exception:
    """Return the error of both libraries that one of niquests means; return others unchanged."""
    if not type(error).__module__.startswith("niquests"):
        return error
    theirs = type(error)
    if isinstance(error.__context__, urllib3.exceptions.InvalidHeader):  # of a garbled answer
        theirs = cast(Any, sys.modules["niquests"]).exceptions.ConnectionError
    ours = next(
        getattr(requests.exceptions, base.__name__)
        for base in theirs.__mro__
        if hasattr(requests.exceptions, base.__name__)
    )
    own = cast(Any, error)
    new: Any = class_of_both("niquests", ours, theirs)(*error.args)
    new.request, new.response = own.request, own.response
    translated: Exception = new
    return translated
