"""A real HTTP/2 server over TLS: hypercorn, with a few event streams."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

HEARTBEAT = 0.02  # seconds


class Http2Server:
    """Has streams at ``/beating`` (events all the time) and ``/silent`` (one), and no ``/page``.

    Attributes:
        url: where it is, without a path.
        context: what a client verifies it with.
        asked: how often each target was requested.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        self.asked: Counter[str] = Counter()
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)
        self._config = Config()
        self._config.certfile = str(folder / "certificate.pem")
        self._config.keyfile = str(folder / "key.pem")
        self._config.loglevel = "CRITICAL"
        certificate.private_key_pem.write_to_path(self._config.keyfile)
        for part in certificate.cert_chain_pems:
            part.write_to_path(self._config.certfile, append=True)
        self._loop = asyncio.new_event_loop()
        self._ended: Any = None  # an asyncio.Event, made in the loop

    @contextlib.contextmanager
    def running(self) -> Iterator[Http2Server]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.url = f"https://127.0.0.1:{listening.getsockname()[1]}"
            self._config.bind = [f"fd://{listening.fileno()}"]
            thread = threading.Thread(target=self._serve)
            thread.start()
            try:
                yield self
            finally:
                self._loop.call_soon_threadsafe(self._ended.set)
                thread.join()
            listening.detach()

    def _serve(self) -> None:
        config = self._config
        config.graceful_timeout = config.shutdown_timeout = 0.1
        self._loop.run_until_complete(self._run(config))
        self._loop.close()

    async def _run(self, config: Config) -> None:
        self._ended = asyncio.Event()
        await serve(self._answer, config, shutdown_trigger=self._ended.wait)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        target = scope["path"] + "?" + scope["query_string"].decode()
        self.asked[target] += 1
        found = scope["path"] != "/page"
        kind = b"text/event-stream" if found else b"text/plain"
        headers = [(b"content-type", kind)]
        await send(
            {"type": "http.response.start", "status": 200 if found else 404, "headers": headers}
        )
        if not found:
            await send({"type": "http.response.body", "body": b"no such page"})
            return
        number = 0
        while number == 0 or scope["path"] == "/beating":
            number += 1
            body = b"id: %d\ndata: %d\n\n" % (number, number)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.sleep(HEARTBEAT)
        await self._ended.wait()
