"""The choice of a transport: what the caller passed as ``session=`` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from sseclient_ng._transports import AsyncTransport, Transport
from sseclient_ng._transports.requests_transport import RequestsTransport, Session

if TYPE_CHECKING:
    import aiohttp

__all__ = ["choose_async_transport", "choose_transport"]


def choose_transport(session: Optional[Session], chunk_size: Optional[int]) -> Transport:
    """Return the transport for a session.

    Args:
        session: the caller's; None stands for requests.
        chunk_size: the most bytes that are read at once where reading waits for all of them.
    """
    return RequestsTransport(session, chunk_size)


def choose_async_transport(
    session: Optional[aiohttp.ClientSession], *, repeats: bool
) -> AsyncTransport:
    """Return the transport for an asynchronous session.

    Args:
        session: the caller's; None stands for aiohttp.
        repeats: whether a request may be sent again, with its body.

    Raises:
        ModuleNotFoundError: the library is not installed.
    """
    from sseclient_ng._transports.aiohttp_transport import AiohttpTransport

    return AiohttpTransport(session, repeats=repeats)
