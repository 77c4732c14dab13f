"""The errors, which are httpx's as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sseclient_ng._core import errors

if TYPE_CHECKING:
    import httpx
else:
    try:
        import httpx
    except ModuleNotFoundError:
        try:
            import httpx2 as httpx
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "sseclient_ng.httpx_sse needs httpx or httpx2: pip install httpx", name="httpx"
            ) from error

__all__ = ["EventTooLarge", "SSEError", "httpx"]


class SSEError(httpx.TransportError):
    """The response is no event stream."""


class EventTooLarge(errors.EventTooLarge, SSEError):
    """An event holds more than `EventSource.max_event_size` bytes."""
