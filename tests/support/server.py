"""Helpers for the tests of the scripted server."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Optional

import pytest

from sseclient_ng.testing import (
    ScriptedServer,
)

GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"


def connect(server: ScriptedServer, timeout: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout)


def everything_from(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def ask(server: ScriptedServer, request: bytes = GET) -> bytes:
    """Send one request, and return everything until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(request)
        return everything_from(connection)


class HTTPClient:
    """Sends requests over one connection, and reads bodies as they arrive."""

    def __init__(self, server: ScriptedServer, context: Optional[ssl.SSLContext] = None) -> None:
        if context is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5.0)
        else:
            self.connection = http.client.HTTPSConnection(
                "127.0.0.1", server.port, timeout=5.0, context=context
            )

    def get(self, path: str = "/") -> http.client.HTTPResponse:
        self.connection.request("GET", path)
        return self.connection.getresponse()


@contextlib.contextmanager
def client_of(
    server: ScriptedServer, context: Optional[ssl.SSLContext] = None
) -> Iterator[HTTPClient]:
    client = HTTPClient(server, context)
    with contextlib.closing(client.connection):
        yield client


def fail_outright() -> None:
    pytest.fail("on purpose")
