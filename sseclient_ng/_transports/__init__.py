"""The door to HTTP libraries: all that a shell needs of one.

A library is one module here. Its transport opens a request and returns an answer: status, content
type, and a body whose bytes come as they arrive. Errors come out as the library's and as those of
requests at once, so that only `sseclient_ng._failures` decides what they mean.

::

    transport.open(request) -> answer   answer.body() -> body   body.chunks, or await body.read()

The two shells differ in how they wait, so each has a transport, an answer and a body of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Optional, Protocol

import requests

from sseclient_ng._core.text import Chunk
from sseclient_ng._waker import Waker

__all__ = [
    "Answer",
    "AsyncAnswer",
    "AsyncBody",
    "AsyncTransport",
    "Body",
    "Head",
    "MalformedAnswer",
    "Request",
    "Transport",
]


class Request(NamedTuple):
    """What is asked for.

    Args:
        method: the method, in capitals.
        url: the URL.
        arguments: the library's keyword arguments. Header fields are complete, the last event ID
            among them.
    """

    method: str
    url: str
    arguments: Mapping[str, object]


class MalformedAnswer(Exception):
    """An answer that its HTTP library refuses to read: it will refuse equal ones as well."""


class Body(Protocol):
    """A body that is being read."""

    @property
    def source(self) -> object:
        """What is read."""
        ...

    @property
    def chunks(self) -> Iterator[Chunk]:
        """Iterates over the chunks as they arrive; raises what broke the body off."""
        ...

    def wake(self) -> None:
        """End a read that waits in another thread, if the source can be woken."""
        ...

    def close(self) -> None:
        """Close the source, if it can be closed. No other thread may be reading from it."""
        ...


class Head(Protocol):
    """What the answers of all libraries have: the head of a response has arrived."""

    @property
    def response(self) -> object:
        """The response of the library: for ``on_open`` and ``resp``."""
        ...

    @property
    def status(self) -> int:
        """The status code."""
        ...

    @property
    def content_type(self) -> Optional[str]:
        """The Content-Type; None where there is none."""
        ...

    def close(self) -> None:
        """End the connection, or give it back."""
        ...


class Answer(Head, Protocol):
    """An answer whose body threads read."""

    def body(self) -> Body:
        """Return the body, to be read as an event stream."""
        ...

    def keep(self, waker: Waker) -> object:
        """Return the response, with as much of its body as can be had, and end the connection.

        Args:
            waker: ends the reading from another thread.
        """
        ...


class Transport(Protocol):
    """An HTTP library."""

    def serves(self, session: object, chunk_size: Optional[int]) -> bool:
        """Return whether this is the transport for a session and a size of chunks.

        Args:
            session: the client's.
            chunk_size: the client's.
        """
        ...

    def open(self, request: Request, waker: Waker) -> Answer:
        """Send a request and return its answer, whatever the status.

        Args:
            request: the request.
            waker: has to be able to end the attempt from another thread.

        Raises:
            requests.exceptions.RequestException: there is no answer.
        """
        ...


class AsyncBody(Protocol):
    """A body that is being read."""

    async def read(self) -> bytes:
        """Return the next bytes, or none at the end; raise what broke the body off."""
        ...

    def close(self) -> None:
        """End the connection, or give it back; a read that waits ends with an error."""
        ...


class AsyncAnswer(Head, Protocol):
    """An answer whose body tasks read."""

    def body(self) -> AsyncBody:
        """Return the body, to be read as an event stream."""
        ...

    async def keep(self) -> requests.Response:
        """Return the response with as much of its body as can be had, and end the connection."""
        ...


class AsyncTransport(Protocol):
    """An HTTP library."""

    async def open(self, request: Request) -> AsyncAnswer:
        """Send a request and return its answer, whatever the status.

        Args:
            request: the request.

        Raises:
            requests.exceptions.RequestException: there is no answer.
        """
        ...

    def translate_error(self, error: Exception) -> Exception:
        """Return the error of requests, too, that an error of the library means.

        Args:
            error: any error. One that is not the library's is returned as it is.
        """
        ...

    async def close(self) -> None:
        """Close what the transport itself has opened."""
        ...
