"""A live stream: each event is written when the one before it was read.

So every read brings one event, on any machine, and what is measured is the way from the socket to
the caller. The server's writes take place in the same thread, at the same cost for everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Optional

import trustme

from benchmarks.server import CHUNKED, HEAD, chunk
from tests import streams

WARM_UP = 200
"""Events before the measurement, in which Python's interpreter gets used to the code."""

Connect = Callable[[str], AbstractContextManager[Iterator[Any]]]
AsyncConnect = Callable[[str], AbstractAsyncContextManager[AsyncIterator[Any]]]


class Live:
    """A server for one connection after the other, which writes an event when it is told to.

    Args:
        make: makes a stream of some events, which are written round and round.
        tls: the context for TLS; None means plain HTTP.

    Attributes:
        url: where to connect. The head of the answer and one event come at once: some clients
            connect only when they are asked for their first event.
    """

    def __init__(
        self,
        make: Callable[[int], streams.Stream] = streams.llm_tokens,
        tls: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._chunks = list(map(chunk, make(WARM_UP).blocks))
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepted: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the end of the measurement
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(1 << 16)
                connection.sendall(HEAD + CHUNKED + b"\r\n" + self._chunks[0])
                self._accepted.put(connection)

    def writes(self, count: int) -> Iterator[None]:
        """Yield after each event that is written to the latest connection.

        Args:
            count: how many.
        """
        with self._accepted.get() as connection:
            send, chunks, most = connection.sendall, self._chunks, len(self._chunks)
            for number in range(count):
                send(chunks[number % most])
                yield

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()


def read(connect: Connect, live: Live, count: int) -> float:
    """Return the seconds of CPU that a client takes for some events.

    Args:
        connect: connects the client.
        live: to this.
        count: how many events.
    """
    start = 0.0
    with connect(live.url) as events:
        next(events)
        for number, _ in enumerate(live.writes(WARM_UP + count)):
            if number == WARM_UP:
                start = time.process_time()
            next(events)
        return time.process_time() - start


def read_async(connect: AsyncConnect, live: Live, count: int) -> float:
    """Return the seconds of CPU that an asynchronous client takes for some events.

    Args:
        connect: connects the client.
        live: to this.
        count: how many events.
    """

    async def consume() -> float:
        start = 0.0
        async with connect(live.url) as events:
            await events.__anext__()
            for number, _ in enumerate(live.writes(WARM_UP + count)):
                if number == WARM_UP:
                    start = time.process_time()
                await events.__anext__()
            return time.process_time() - start

    return asyncio.run(consume())


@contextmanager
def trusted() -> Iterator[ssl.SSLContext]:
    """Yield a server's context for TLS, which every client of this process trusts meanwhile."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "authority.pem")
        authority.cert_pem.write_to_path(str(path))
        os.environ.update(dict.fromkeys(names, str(path)))
        try:
            yield context
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
