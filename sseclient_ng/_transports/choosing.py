"""The choice of a transport: what the caller passed as ``session=`` decides.

A transport is imported when it is chosen; only that on requests is always there.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, Optional, cast

import requests

from sseclient_ng._suggestions import names_of_parameters
from sseclient_ng._transports import AsyncTransport, Transport
from sseclient_ng._transports.httpx_library import find_library
from sseclient_ng._transports.requests_transport import RequestsTransport, Session

if TYPE_CHECKING:
    import aiohttp
    import httpx

__all__ = ["argument_names", "async_argument_names", "choose_async_transport", "choose_transport"]

_SYNC = "a requests.Session, a niquests.Session, an httpx.Client, or an httpx2.Client"
_ASYNC = "an aiohttp.ClientSession, an httpx.AsyncClient, or an httpx2.AsyncClient"


def choose_transport(session: object, chunk_size: Optional[int]) -> Transport:
    """Return the transport for a session.

    Args:
        session: the caller's; None stands for requests.
        chunk_size: the most bytes that are read at once where reading waits for all of them.

    Raises:
        TypeError: it makes no requests for threads.
    """
    library = find_library(session)
    if library is not None and library.kind == "Client":
        from sseclient_ng._transports.httpx_transport import HttpxTransport

        return HttpxTransport(session, library)
    if library is not None or _is_of("aiohttp", session):
        raise TypeError(f"SSEClient needs {_SYNC}; {_named(session)} is for AsyncSSEClient")
    _refuse_class(session)
    get = getattr(session, "get", None)
    if session is not None and (not callable(get) or inspect.iscoroutinefunction(get)):
        raise TypeError(f"SSEClient needs {_SYNC} as session, not {_named(session)}")
    requests_like = cast(Optional[Session], session)
    if _is_of("niquests", session):  # pragma: no cover - it has an environment of its own
        from sseclient_ng._transports.niquests_transport import NiquestsTransport

        return NiquestsTransport(requests_like, chunk_size)
    return RequestsTransport(requests_like, chunk_size)


def argument_names(session: object) -> Optional[frozenset[str]]:
    """Return the names of the arguments that go along with a request; None where any may.

    Args:
        session: as `choose_transport` takes it.
    """
    if find_library(session) is not None:
        return names_of_parameters(cast("httpx.Client", session).stream)
    kind = requests.Session if session is None else type(session)
    is_plain = getattr(kind, "request", None) is requests.Session.request
    return names_of_parameters(requests.Session.request) if is_plain else None


def async_argument_names(session: object) -> Optional[frozenset[str]]:
    """Return the names of the arguments that go along with a request; None where any may.

    Args:
        session: as `choose_async_transport` takes it, which has imported its library.
    """
    if find_library(session) is not None:
        return names_of_parameters(cast("httpx.AsyncClient", session).stream)
    plain: Any = sys.modules["aiohttp"].ClientSession
    if session is not None and getattr(type(session), "request", None) is not plain.request:
        return None
    # No public method of aiohttp names them.
    return names_of_parameters(getattr(plain, "_request", None))


def choose_async_transport(session: object, *, repeats: bool) -> AsyncTransport:
    """Return the transport for an asynchronous session.

    Args:
        session: the caller's; None stands for aiohttp.
        repeats: whether a request may be sent again, with its body.

    Raises:
        TypeError: it makes no requests for asyncio.
        ModuleNotFoundError: the library is not installed.
    """
    library = find_library(session)
    if library is not None and library.kind == "AsyncClient":
        from sseclient_ng._transports.httpx_async_transport import AsyncHttpxTransport

        return AsyncHttpxTransport(session, library)
    if library is not None or isinstance(session, requests.Session):
        raise TypeError(f"AsyncSSEClient needs {_ASYNC}; {_named(session)} is for SSEClient")
    _refuse_class(session)
    request = getattr(session, "request", None)
    if session is not None and (not callable(request) or _is_of("niquests", session)):
        raise TypeError(f"AsyncSSEClient needs {_ASYNC} as session, not {_named(session)}")
    return _aiohttp_transport(session, repeats=repeats)


def _aiohttp_transport(session: object, *, repeats: bool) -> AsyncTransport:
    try:
        from sseclient_ng._transports.aiohttp_transport import AiohttpTransport
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"AsyncSSEClient needs {error.name} unless session= is a client of httpx or httpx2: "
            'pip install "sseclient-ng[async]"',
            name=error.name,
        ) from error
    return AiohttpTransport(cast("Optional[aiohttp.ClientSession]", session), repeats=repeats)


def _is_of(library: str, session: object) -> bool:
    """Return whether a session is of a library, which is not imported for that."""
    return library in [base.__module__.partition(".")[0] for base in type(session).__mro__]


def _refuse_class(session: object) -> None:
    if isinstance(session, type):
        raise TypeError(f"session must be a session, not the class {_name_of(session)}: call it")


def _named(session: object) -> str:
    return _name_of(type(session))


def _name_of(kind: type) -> str:
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
