"""A server in its own process that costs little: all bytes are made in advance.

Its paths are the framings of `FRAMINGS`, and two more:

* ``/paced`` writes an event a millisecond, which says when it was written;
* ``/many`` writes `MANY_EVENTS` numbered events, one every `MANY_SECONDS`.

`python -m benchmarks.server` prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Callable, NamedTuple

from tests import streams
from tests.streams import Stream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST_CHUNK = b"0\r\n\r\n"

PACED_SECONDS = 0.001
MANY_EVENTS = 50
MANY_SECONDS = 0.04
_PADDING = "." * 180
_WRITE_SIZE = 64 * 1024


class Framing(NamedTuple):
    """A framing of a body of many events."""

    path: str
    title: str
    make: Callable[[int], Stream]
    encode: Callable[[Stream], bytes]


def clock() -> int:
    """Return nanoseconds on a clock that all processes of the machine share."""
    return time.monotonic_ns()


def chunk(data: bytes) -> bytes:
    """One chunk of the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _chunked(stream: Stream) -> bytes:
    return HEAD + CHUNKED + b"\r\n" + b"".join(map(chunk, stream.blocks)) + LAST_CHUNK


def _until_close(stream: Stream) -> bytes:
    return HEAD + b"\r\n" + stream.body


def _gzip(stream: Stream) -> bytes:
    compressor = zlib.compressobj(wbits=31)
    pieces = []
    for block in stream.blocks:
        piece = compressor.compress(block) + compressor.flush(zlib.Z_SYNC_FLUSH)
        pieces.append(chunk(piece))
    pieces.append(chunk(compressor.flush()))
    head = HEAD + CHUNKED + b"Content-Encoding: gzip\r\n\r\n"
    return head + b"".join(pieces) + LAST_CHUNK


FRAMINGS = (
    Framing("/chunked", "one event a chunk", streams.llm_tokens, _chunked),
    Framing("/named", "event, id and data, one a chunk", streams.named, _chunked),
    Framing("/close", "until the connection closes", streams.llm_tokens, _until_close),
    Framing("/gzip", "gzip, one event a chunk", streams.llm_tokens, _gzip),
)


async def _bulk(response: bytes) -> AsyncIterator[bytes]:
    view = memoryview(response)
    for start in range(0, len(response), _WRITE_SIZE):
        yield bytes(view[start : start + _WRITE_SIZE])


async def _paced(events: int) -> AsyncIterator[bytes]:
    yield HEAD + CHUNKED + b"\r\n"
    for _ in range(events):
        await asyncio.sleep(PACED_SECONDS)
        yield chunk(f"data: {clock()} {_PADDING}\n\n".encode())
    yield LAST_CHUNK


async def _many() -> AsyncIterator[bytes]:
    yield HEAD + CHUNKED + b"\r\n"
    for number in range(MANY_EVENTS):
        await asyncio.sleep(MANY_SECONDS)
        yield chunk(f"id: {number}\ndata: {number} {_PADDING}\n\n".encode())
    yield LAST_CHUNK


class _Server:
    def __init__(self, events: int, paced_events: int) -> None:
        self._responses = {
            framing.path: framing.encode(framing.make(events)) for framing in FRAMINGS
        }
        self._paced_events = paced_events

    def _writes(self, path: str) -> AsyncIterator[bytes]:
        if path == "/paced":
            return _paced(self._paced_events)
        if path == "/many":
            return _many()
        return _bulk(self._responses[path])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then close the connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            async for data in self._writes(head.split(b" ", 2)[1].decode()):
                writer.write(data)
                await writer.drain()
        writer.close()


async def _run(events: int, paced_events: int) -> None:
    server = await asyncio.start_server(
        _Server(events, paced_events).serve, "127.0.0.1", backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(done.set_result, None)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await done


@contextlib.contextmanager
def running(events: int, paced_events: int) -> Iterator[str]:
    """Run the server in its own process during the block.

    Args:
        events: events in each body of the framings.
        paced_events: events of the path ``/paced``.

    Returns:
        The URL of its root, without a slash at the end.
    """
    command = [sys.executable, "-m", "benchmarks.server", str(events), str(paced_events)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.communicate()


if __name__ == "__main__":
    asyncio.run(_run(*map(int, sys.argv[1:])))
