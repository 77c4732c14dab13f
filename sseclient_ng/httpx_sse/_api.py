"""One response, and the requests for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Optional, Union

from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.text import as_bytes
from sseclient_ng.httpx_sse._decoders import Parser, SSELineDecoder, server_sent_event
from sseclient_ng.httpx_sse._exceptions import SSEError, httpx

if TYPE_CHECKING:
    from sseclient_ng._core.text import Chunk
    from sseclient_ng.httpx_sse._models import ServerSentEvent

__all__ = ["EventSource", "_aiter_sse_lines", "_iter_sse_lines", "aconnect_sse", "connect_sse"]

_EVENT_STREAM = "text/event-stream"


class EventSource:
    """The events of one response.

    Args:
        response: an open response of httpx; nothing is read before the first event is asked for.

    Attributes:
        max_event_size: the most bytes that one event may hold; None sets no limit. Set it on an
            instance or on the class.
    """

    max_event_size: Optional[int] = DEFAULT_MAX_EVENT_SIZE

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def response(self) -> httpx.Response:
        """The response, as given."""
        return self._response

    def iter_sse(self) -> Iterator[ServerSentEvent]:
        """Iterate over the events.

        A block with an event type, an ID or a reconnection time is an event even if it has no data.
        An event without its blank line at the end of the response is dropped, as the standard says
        (9.2.6).

        Raises:
            SSEError: at the first event, if the Content-Type is not that of an event stream.
            EventTooLarge: an event holds more than `max_event_size` bytes. This is an SSEError.

        Errors of the response come out after the events before them.
        """
        self._check_content_type()
        parser = Parser(max_event_size=self.max_event_size)
        response = self._response
        chunks: Iterator[Chunk] = (
            response.iter_text() if _has_other_encoding(response) else response.iter_bytes()
        )
        for chunk in chunks:
            for event in parser.feed(as_bytes(chunk)):
                yield server_sent_event(event)

    async def aiter_sse(self) -> AsyncGenerator[ServerSentEvent, None]:
        """Iterate over the events asynchronously; see `iter_sse`."""
        self._check_content_type()
        parser = Parser(max_event_size=self.max_event_size)
        response = self._response
        chunks: Any = (
            response.aiter_text() if _has_other_encoding(response) else response.aiter_bytes()
        )
        try:
            async for chunk in chunks:
                for event in parser.feed(as_bytes(chunk)):
                    yield server_sent_event(event)
        finally:
            await chunks.aclose()

    def _check_content_type(self) -> None:
        content_type = self._response.headers.get("Content-Type", "")
        if _EVENT_STREAM not in content_type.partition(";")[0].lower():
            raise SSEError(
                f"the response is no event stream: its Content-Type is {content_type!r}, "
                f"not {_EVENT_STREAM!r}"
            )


@contextmanager
def connect_sse(
    client: httpx.Client,
    method: str,
    url: Union[httpx.URL, str],
    **kwargs: Any,
) -> Generator[EventSource, None, None]:
    """Request an event stream; the response is closed at the end of the ``with`` block.

    Args:
        client: a client of httpx.
        method: the method of the request.
        url: where the stream is.
        kwargs: those of ``client.stream()``.

    Yields:
        The events of the response, whatever its status.

    Raises:
        httpx.HTTPError: the request failed.
    """
    with client.stream(method, url, headers=_headers(kwargs), **kwargs) as response:
        yield EventSource(response)


@asynccontextmanager
async def aconnect_sse(
    client: httpx.AsyncClient,
    method: str,
    url: Union[httpx.URL, str],
    **kwargs: Any,
) -> AsyncGenerator[EventSource, None]:
    """Request an event stream asynchronously; see `connect_sse`."""
    async with client.stream(method, url, headers=_headers(kwargs), **kwargs) as response:
        yield EventSource(response)


def _headers(arguments: dict[str, Any]) -> httpx.Headers:
    """Take the caller's headers from the arguments and add those of an event stream (9.2.3)."""
    headers = httpx.Headers(arguments.pop("headers", None))
    headers["Accept"] = _EVENT_STREAM
    headers["Cache-Control"] = "no-store"
    return headers


def _has_other_encoding(response: httpx.Response) -> bool:
    """Return whether the caller set an encoding; that of the server does not count (9.2.5)."""
    return (response.encoding or "utf-8") not in (response.charset_encoding, "utf-8")


def _iter_sse_lines(response: httpx.Response) -> Iterator[str]:
    decoder = SSELineDecoder()
    for text in response.iter_text():
        yield from decoder.decode(text)
    yield from decoder.flush()


async def _aiter_sse_lines(response: httpx.Response) -> AsyncIterator[str]:
    decoder = SSELineDecoder()
    async for text in response.aiter_text():
        for line in decoder.decode(text):
            yield line
    for line in decoder.flush():
        yield line
