"""Bodies of responses, in any framing and coding, whole and damaged; and what reads them."""

from __future__ import annotations

import gzip
import http.client
import io
import socket
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Optional, cast

import urllib3
from hypothesis import strategies as st

from support.any_stream import noise, streams

__all__ = ["Body", "bodies", "connected", "read", "received"]


class Body(NamedTuple):
    """A response.

    Attributes:
        wire: its head and body as they are sent.
        content: what the whole body says.
        framing: "chunked", "length" or "close".
        is_coded: whether it has a Content-Encoding.
        is_cut: whether its end is missing.
        is_wrong: whether its chunks may be no chunks.
    """

    wire: bytes
    content: bytes
    framing: str
    is_coded: bool
    is_cut: bool
    is_wrong: bool


def _in_pieces(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        if content[:size]:
            yield content[:size]
        content = content[size:]
    if content:
        yield content


def _raw_deflate(content: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(content) + deflate.flush()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


CODINGS = {
    "": bytes,
    "identity": bytes,
    "gzip": _gzip,
    "x-gzip": lambda content: _gzip(content[:7]) + _gzip(content[7:]),
    "deflate": zlib.compress,
    "Deflate": _raw_deflate,
    "gzip, deflate": lambda content: zlib.compress(_gzip(content)),
}
SIZES = ["%x", "%X", "00%x", "%x;name=value", '%x;a="b;c"', "%x "]
# What is wrong about a chunk: its size, or what stands behind its data.
WRONG_SIZES = ["0x%x", "-%x", "zz", "", "+%x", "%x\n"]
WRONG_ENDS = [b"", b"\n", b"\r", b"xx"]


@st.composite
def _chunked(draw: st.DrawFn, content: bytes) -> tuple[bytes, bool]:
    """The chunks, and whether any is wrong."""
    sizes = draw(st.lists(st.integers(1, 50), max_size=20))
    damages = draw(st.sampled_from([False, False, False, True]))
    parts = []
    for piece in _in_pieces(content, sizes):
        form, length, end = draw(st.sampled_from(SIZES)), len(piece), b"\r\n"
        if damages and draw(st.booleans()):
            form = draw(st.sampled_from([*SIZES * 3, *WRONG_SIZES]))
            length += draw(st.sampled_from([0, 0, 1, -1]))
            end = draw(st.sampled_from([end, end, *WRONG_ENDS]))
        size = form % length if "%" in form else form
        parts.append(size.encode() + b"\r\n" + piece + end)
    last = draw(st.sampled_from([b"0\r\n\r\n", b"0\r\n\r\n", b"00\r\n\r\n", b"0\r\nX: y\r\n\r\n"]))
    return b"".join([*parts, last]), damages


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """A response with any body."""
    content = draw(st.one_of(streams, noise, noise.map(lambda text: text * 200)))
    coding = draw(st.sampled_from(list(CODINGS)))
    coded = CODINGS[coding](content)
    lines = ["HTTP/1.1 200 OK", *[f"Content-Encoding: {coding}"] * bool(coding)]
    framing = draw(st.sampled_from(["chunked", "length", "close"]))
    sent, is_wrong = draw(_chunked(coded)) if framing == "chunked" else (coded, False)
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    elif framing == "length":
        lines.append(f"Content-Length: {len(sent)}")
    is_cut = bool(sent) and draw(st.sampled_from([False, False, False, True]))
    if is_cut:
        sent = sent[: draw(st.integers(0, len(sent) - 1))]
    wire = "\r\n".join([*lines, "", ""]).encode() + sent
    return Body(wire, content, framing, CODINGS[coding] is not bytes, is_cut, is_wrong)


class _Arriving(io.RawIOBase):
    """Bytes that arrive in reads of given sizes, and then all."""

    def __init__(self, data: bytes, sizes: Iterable[int]) -> None:
        self._data = data
        self._sizes = iter(sizes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        size = max(1, next(self._sizes, len(buffer)))
        part = self._data[: min(size, len(buffer))]
        self._data = self._data[len(part) :]
        buffer[: len(part)] = part
        return len(part)


class _Connection:
    """As much of a socket as `http.client` needs."""

    def __init__(self, data: bytes, sizes: Iterable[int]) -> None:
        self._file = io.BufferedReader(_Arriving(data, sizes))

    def makefile(self, *_: object) -> io.BufferedReader:
        return self._file


def connected(wire: bytes, sizes: Iterable[int]) -> http.client.HTTPResponse:
    """The response as the standard library reads it."""
    response = http.client.HTTPResponse(cast(socket.socket, _Connection(wire, sizes)))
    response.begin()
    return response


def received(wire: bytes, sizes: Iterable[int]) -> urllib3.HTTPResponse:
    """The response as a connection of urllib3 makes it."""
    inner = connected(wire, sizes)
    return urllib3.HTTPResponse(
        body=inner,
        headers=inner.getheaders(),
        status=inner.status,
        preload_content=False,
        original_response=inner,
    )


def read(chunks: Iterator[bytes]) -> tuple[bytes, Optional[Exception]]:
    """All bytes until the end or an error, and the error."""
    found = b""
    try:
        for chunk in chunks:
            assert chunk
            found += chunk
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        return found, error
    return found, None
