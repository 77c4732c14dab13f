"""Where a request of httpx is ended, at each place that it may have come to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sseclient_ng._transports.httpx_progress import Progress
from support.asynchronous import run

CONNECTED = "connection.connect_tcp.complete"
HANDSHAKE = "connection.start_tls.started"


class Stream:
    """A connection that was just made."""

    def __init__(self) -> None:
        self.was_closed = asyncio.Event()

    async def aclose(self) -> None:
        self.was_closed.set()


async def request_at(
    *events: str, seconds: float = 60
) -> tuple[Progress, asyncio.Future[None], Stream]:
    """A request that has come through some events, and its connection."""
    progress, stream = Progress(None), Stream()
    for event in events:
        await progress.trace(event, {"return_value": stream})
    return progress, asyncio.ensure_future(asyncio.sleep(seconds)), stream


async def was_cancelled(task: asyncio.Future[Any]) -> bool:
    await asyncio.wait({task}, timeout=60)
    return task.cancelled()


def test_in_the_handshake_its_connection_is_closed() -> None:
    async def main() -> None:
        progress, task, stream = await request_at(CONNECTED, HANDSHAKE)
        progress.end(task)
        await asyncio.wait_for(stream.was_closed.wait(), 60)
        assert not task.cancelled()
        task.cancel()

    run(main())


def test_before_the_handshake_its_connection_is_closed_then() -> None:
    async def main() -> None:
        progress, task, stream = await request_at(CONNECTED)
        progress.end(task)
        await progress.trace(HANDSHAKE, {})
        assert stream.was_closed.is_set()
        task.cancel()

    run(main())


@pytest.mark.parametrize(
    "event", ["connection.connect_tcp.started", "http11.receive_response_body.started"]
)
def test_where_it_goes_on_it_is_cancelled_where_it_waits_next(event: str) -> None:
    async def main() -> None:
        progress, task, _ = await request_at("http11.response_closed.started")
        progress.end(task)
        with pytest.raises(asyncio.CancelledError):
            await progress.trace(event, {})
        task.cancel()

    run(main())


@pytest.mark.parametrize(
    "event", ["http11.receive_response_body.started", "http11.response_closed.started"]
)
def test_it_is_cancelled_at_once_where_it_waits_and_soon_where_it_does_not(event: str) -> None:
    async def main() -> None:
        progress, task, _ = await request_at(event)
        progress.end(task)
        assert await was_cancelled(task)

    run(main())


def test_over_http2_it_goes_on() -> None:
    async def main() -> None:
        progress, task, _ = await request_at("http2.receive_response_body.started", seconds=0)
        assert progress.is_shared
        progress.end(task)
        assert not await was_cancelled(task)

    run(main())
