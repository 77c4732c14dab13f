"""A request of a client, and how it is read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from ._channel import Channel


_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+")


class Headers(Mapping[str, str]):
    """The header fields of a request, by name in any case.

    Values are decoded from UTF-8; invalid bytes become lone surrogates, so nothing is lost.
    Repeated fields are joined by ", ".

    Attributes:
        raw: name and value of every field, in bytes and in the order sent, without the spaces and
            tabs around the value.
    """

    def __init__(self, raw: tuple[tuple[bytes, bytes], ...]) -> None:
        self.raw = raw

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(value.decode("utf-8", "surrogateescape") for value in values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.decode("latin-1").lower() for name, _ in self.raw))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __repr__(self) -> str:
        return f"Headers({self.raw!r})"

    def get_all(self, name: str) -> list[bytes]:
        """Return every value sent under that name, as bytes; empty if there is none."""
        wanted = name.lower().encode("latin-1", "replace")
        return [value for sent, value in self.raw if sent.lower() == wanted]


@dataclass(frozen=True)
class Request:
    """One complete request.

    Attributes:
        method: such as "GET".
        target: the request target, such as "/events?topic=a".
        http_version: such as "HTTP/1.1".
        headers: the header fields.
        body: the body, without its framing; may be empty.
        connection: the number of its connection, counted from 1.
        time: when it had been read, by `time.monotonic`, in seconds.
    """

    method: str
    target: str
    http_version: str
    headers: Headers
    body: bytes
    connection: int
    time: float

    @property
    def path(self) -> str:
        """The target up to its question mark; several slashes at its start count as one.

        So `f"{server.url}/events"` asks for the path that it seems to ask for.
        """
        path = self.target.partition("?")[0]
        return f"/{path.lstrip('/')}" if path.startswith("//") else path

    @property
    def query(self) -> str:
        """What follows the question mark in the target; empty if there is none."""
        return self.target.partition("?")[2]

    @property
    def last_event_id(self) -> Optional[str]:
        """The `Last-Event-ID` header as text; None if missing."""
        return self.headers.get("Last-Event-ID")

    def json(self) -> Any:
        """Return the body, parsed as JSON.

        Raises:
            json.JSONDecodeError: the body is not JSON. This is a ValueError.
        """
        return json.loads(self.body)


def read_request(channel: Channel, connection: int) -> Request:
    """Wait for a request and read it.

    Raises:
        Disconnected: the client went before the end.
        ValueError: what came is not HTTP/1.
    """
    request_line, *lines = channel.read_through(b"\r\n\r\n")[:-4].split(b"\r\n")
    method, target, version = _split_request_line(request_line)
    headers = Headers(tuple(map(_split_field, lines)))
    body = _read_body(channel, headers)
    return Request(method, target, version, headers, body, connection, time.monotonic())


def _split_request_line(line: bytes) -> tuple[str, str, str]:
    parts = line.decode("utf-8", "surrogateescape").split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ValueError(f"a client sent what is not the first line of an HTTP/1 request: {line!r}")
    return parts[0], parts[1], parts[2]


def _split_field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise ValueError(f"a client sent a header line without a colon: {line!r}")
    return name, value.strip(b" \t")


def _read_body(channel: Channel, headers: Headers) -> bytes:
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        return b"".join(_read_chunks(channel))
    length = headers.get("Content-Length", "0")
    if not length.isdecimal():
        raise ValueError(f"a client sent a Content-Length that is no number: {length!r}")
    return channel.read_exactly(int(length))


def _read_chunks(channel: Channel) -> Iterator[bytes]:
    while size := _chunk_size(channel.read_through(b"\r\n")[:-2]):
        yield channel.read_exactly(size)
        channel.read_exactly(len(b"\r\n"))
    while channel.read_through(b"\r\n") != b"\r\n":
        pass  # trailer fields, which are ignored


def _chunk_size(line: bytes) -> int:
    size = line.partition(b";")[0].rstrip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise ValueError(f"a client sent what is no chunk size: {line!r}")
    return int(size, 16)
