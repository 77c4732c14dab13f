"""Hooks of requests for the answers before the last one: interim answers, redirects, 401.

requests reads the body of a redirect to its end before it follows, and so does its digest
authentication with that of a 401, however long that takes. A hook sees each answer before that: it
goes on to the answer behind an interim one, and has little of a body read.

Hooks are an argument of the request. They are left out where code of the caller's would see them: a
function or a method that replaces one of requests.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from http.client import HTTPException
from typing import Any, Callable, Optional, cast

import requests
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from sseclient_ng._core.http import ERROR_BODY_BYTES, ERROR_BODY_SECONDS
from sseclient_ng._sockets import wake_reading
from sseclient_ng._transports.interim import read_final_answer
from sseclient_ng._waker import Waker, wake_after

__all__ = ["add_response_hooks"]

_READ_SIZE = 16384
_ERRORS = (OSError, HTTPException, HTTPError)

_Hook = Callable[..., object]

_get = requests.api.get
_methods = (requests.Session.get, requests.Session.request)


def add_response_hooks(
    arguments: Mapping[str, object], session: object, waker: Waker
) -> Mapping[str, object]:
    """Return the arguments of a request with our hooks, where only requests sees them.

    Args:
        arguments: the keyword arguments for ``requests.get`` or a session's.
        session: the caller's; None stands for the functions of requests.
        waker: tells whether the client was closed meanwhile; then no other request is sent.
    """
    if not _is_of_requests(session):
        return arguments
    of_session = cast(requests.Session, session)
    hook = _AnswerHook(waker)
    added = dict(arguments)
    auth = arguments.get("auth") or getattr(session, "auth", None)
    if callable(auth):
        added["auth"] = _with_hook_before(auth, hook)
    own = _listed(arguments.get("hooks"))
    if not own and session is not None:
        own = _listed(of_session.hooks)
    added["hooks"] = {"response": [hook, *own]}
    return added


def _is_of_requests(session: object) -> bool:
    """Return whether requests, or niquests, makes the requests, and no code in front of it."""
    if session is None:
        package = sys.modules["sseclient_ng"].requests
        own = requests.Session
        return package is requests and requests.get is _get and (own.get, own.request) == _methods
    kind = cast(Any, type(session))
    if not getattr(session, "__dict__", {}).keys().isdisjoint(("get", "request")):
        return False
    if isinstance(session, requests.Session):
        return (kind.get, kind.request) == _methods
    niquests: Any = sys.modules.get("niquests")
    if niquests is None or not isinstance(session, niquests.Session):
        return False
    own = niquests.Session  # pragma: no cover - niquests has an environment of its own
    return (kind.get, kind.request) == (own.get, own.request)  # pragma: no cover


def _listed(hooks: object) -> list[_Hook]:
    """Return the hooks in an argument as requests takes it, or in the attribute of a session."""
    of_response = cast("Mapping[str, Any]", hooks or {}).get("response")
    return [of_response] if callable(of_response) else list(of_response or ())


def _with_hook_before(auth: _Hook, hook: _Hook) -> Callable[[requests.PreparedRequest], object]:
    """Return an ``auth`` whose own hooks come after ours."""

    def authenticate(request: requests.PreparedRequest) -> object:
        request.register_hook("response", hook)
        return auth(request)

    return authenticate


class _AnswerHook:
    """Goes on to the answer behind an interim one, and bounds the body of one that is not the last.

    Errors and responses of requests lead to it: it can be pickled and copied like them.
    """

    def __init__(self, waker: Waker) -> None:
        self._waker = waker

    def __call__(self, response: requests.Response, **_: object) -> requests.Response:
        response = cast(requests.Response, read_final_answer(response))
        raw: object = response.raw
        if response.is_redirect:  # http.client leaves blanks behind a value: RFC 9110, 5.5
            response.headers["Location"] = response.headers["Location"].strip(" \t")
        if isinstance(raw, HTTPResponse) and (response.is_redirect or response.status_code == 401):
            response.raw = _hold_body(raw)
            self._waker.check()
        return response

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return _Unhooked, ()


class _Unhooked:
    """What is left of a hook in a copy."""

    def __call__(self, response: object, **_: object) -> object:
        return response


def _hold_body(raw: HTTPResponse) -> _HeldBody:
    """Read a body as far as it comes soon; end its connection if that is not all of it."""
    data = bytearray()
    # Where it fails, what came before is the answer.
    with wake_after(ERROR_BODY_SECONDS, partial(wake_reading, raw)), contextlib.suppress(*_ERRORS):
        for chunk in raw.stream(_READ_SIZE, decode_content=True):
            data += chunk
            if len(data) >= ERROR_BODY_BYTES:
                break
    if raw.connection is not None:  # at the end of the body urllib3 has taken it back
        raw.close()
    return _HeldBody(data, raw)


class _HeldBody(io.BytesIO):
    """The body of an answer, in memory; everything else is the answer's."""

    def __init__(self, data: bytearray, raw: HTTPResponse) -> None:
        super().__init__(data)
        self._raw = raw

    def read(self, size: Optional[int] = -1, **_: object) -> bytes:
        """Return bytes of the body, which is decoded already."""
        return super().read(size)

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body."""
        yield self.read()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)
