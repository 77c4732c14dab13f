"""Close a client from another thread while its loop runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Optional

from sseclient_ng import SSEClient
from sseclient_ng.testing import ScriptedServer
from support.asynchronous import AT_ONCE, SETTLING


@contextlib.contextmanager
def closed_soon(
    client: SSEClient, server: Optional[ScriptedServer] = None, requests: int = 0
) -> Iterator[None]:
    """Close a client while the block runs, and check that this took no time.

    Args:
        client: what to close.
        server: where its requests come.
        requests: how many of them to wait for first.
    """

    def close() -> None:
        if server is not None:
            server.wait_for_requests(requests)
        threading.Event().wait(SETTLING)
        client.close()

    closer = threading.Thread(target=close)
    closer.start()
    yield
    closer.join(AT_ONCE)
    assert not closer.is_alive()
