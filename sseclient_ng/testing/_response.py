"""The bytes of a response: head, framing and coding, each piece of the body in a write of its own."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Callable, Optional, Union

from ._steps import Step

Piece = Union[bytes, Step]

#: What ends a chunked body.
LAST_CHUNK = b"0\r\n\r\n"

# Window sizes of zlib, which also choose the container: RFC 9110, section 8.4.1 ("deflate" is the zlib format).
_WINDOW_BITS = {"gzip": 31, "deflate": 15}


def response(
    body: Union[bytes, Iterable[Piece]] = b"",
    *,
    status: int = 200,
    reason: Optional[str] = None,
    headers: Optional[Mapping[str, Union[str, bytes]]] = None,
    content_type: Optional[str] = "text/event-stream",
    framing: str = "chunked",
    encoding: Optional[str] = None,
    complete: bool = True,
) -> tuple[Piece, ...]:
    """Build the script of one HTTP/1.1 response.

    Args:
        body: the body, or its pieces. Each piece is written by itself, as a chunk of its own where the framing is
            "chunked", and can be decoded by the client when it arrives, also under an encoding. Steps may stand
            between the pieces.
        status: the status code.
        reason: the reason phrase; None means the usual one.
        headers: further header fields. One that the response would have anyway replaces that. Text is sent as UTF-8.
        content_type: the Content-Type; None sends none.
        framing: "chunked"; "one-chunk", a single chunk that holds all pieces and stays unfinished until the last
            one; "content-length"; or "close", where the end of the connection ends the body.
        encoding: the Content-Encoding: "gzip", "deflate", or None for none.
        complete: False leaves the end off: no last chunk, or a length that promises one byte more than is sent, and
            no end of the compressed data. Something has to follow then, such as `Hold()` or `Reset()`; without it
            the server closes the connection.

    Returns:
        The steps. They can stand in a script as they are, between others.

    Raises:
        TypeError: the body has a piece that is neither bytes nor a step.
        ValueError: unknown framing or encoding, or a body with a status that cannot have one.
    """
    if framing not in _FRAMINGS:
        raise ValueError(f"framing must be one of {', '.join(_FRAMINGS)}, not {framing!r}")
    pieces = _checked_pieces(body)
    fields: dict[str, Union[str, bytes]] = {}
    if content_type is not None:
        fields["Content-Type"] = content_type
    if encoding is not None:
        fields["Content-Encoding"] = encoding
        pieces = _encoded(pieces, encoding, complete)
    if _has_no_body(status):
        if pieces:
            raise ValueError(f"a response with status {status} has no body")
        fields.clear()
    else:
        framing_fields, pieces = _FRAMINGS[framing](pieces, complete)
        fields.update(framing_fields)
    return (head(status, _merged(fields, headers or {}), reason=reason), *pieces)


def head(
    status: int = 200,
    headers: Optional[Mapping[str, Union[str, bytes]]] = None,
    *,
    reason: Optional[str] = None,
) -> bytes:
    """Build a status line and header fields, with the empty line that ends them, and nothing that was not asked for.

    Args:
        status: the status code.
        headers: the header fields. Text is sent as UTF-8.
        reason: the reason phrase; None means the usual one.

    Returns:
        The bytes.
    """
    lines = [f"HTTP/1.1 {status} {_usual_reason(status) if reason is None else reason}".encode()]
    for name, value in (headers or {}).items():
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Build one chunk of a chunked body.

    Args:
        data: what the chunk holds.

    Returns:
        The bytes.

    Raises:
        ValueError: `data` is empty; the chunk would end the body. `LAST_CHUNK` does that.
    """
    if not data:
        raise ValueError("an empty chunk would end the body; use LAST_CHUNK for that")
    return b"%x\r\n%b\r\n" % (len(data), data)


def unfinished_chunk(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Build one chunk whose header announces everything and whose pieces are written one by one.

    Args:
        pieces: what the chunk holds, and steps between.

    Returns:
        The steps: the chunk's header, the pieces, and the line end that finishes the chunk.

    Raises:
        TypeError: a piece is neither bytes nor a step.
        ValueError: the pieces hold no bytes; the chunk would end the body.
    """
    checked = _checked_pieces(pieces)
    if not _size(checked):
        raise ValueError("an empty chunk would end the body; use LAST_CHUNK for that")
    return (b"%x\r\n" % _size(checked), *checked, b"\r\n")


def cut(data: bytes, sizes: Union[int, Iterable[int]]) -> list[bytes]:
    """Cut data into pieces of given sizes.

    Args:
        data: what to cut.
        sizes: the size of every piece, in bytes, or the sizes of the first pieces in turn; what is left after them
            is the last piece.

    Returns:
        The pieces, none of them empty.

    Raises:
        ValueError: a size is less than 1.
    """
    every = range(0, len(data), sizes) if isinstance(sizes, int) and sizes > 0 else None
    if every is not None:
        return [data[start : start + every.step] for start in every]
    return _cut_in_turn(data, [sizes] if isinstance(sizes, int) else sizes)


def cut_randomly(data: bytes, smallest: int = 1, largest: int = 1400, *, seed: int) -> list[bytes]:
    """Cut data into pieces of random sizes, which are the same for the same seed.

    Args:
        data: what to cut.
        smallest: the size of the smallest piece, in bytes; only the last may be smaller.
        largest: the size of the largest piece, in bytes.
        seed: chooses the sizes.

    Returns:
        The pieces, none of them empty.

    Raises:
        ValueError: `smallest` is less than 1, or more than `largest`.
    """
    if not 1 <= smallest <= largest:
        raise ValueError(f"cannot cut pieces of {smallest} to {largest} bytes")
    numbers = random.Random(seed)
    return _cut_in_turn(data, iter(lambda: numbers.randint(smallest, largest), 0))


def _cut_in_turn(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    pieces: list[bytes] = []
    start = 0
    for size in sizes:
        if size < 1:
            raise ValueError(f"a piece cannot have {size} bytes; the least is 1")
        if start + size >= len(data):
            break
        pieces.append(data[start : start + size])
        start += size
    return [*pieces, data[start:]] if data else []


def _checked_pieces(body: Union[bytes, Iterable[Piece]]) -> tuple[Piece, ...]:
    """Make a body one sequence of non-empty pieces and steps."""
    pieces = (body,) if isinstance(body, bytes) else tuple(body)
    for piece in pieces:
        if not isinstance(piece, (bytes, Step)):
            raise TypeError(f"a body consists of bytes and steps such as Pause(1), not {piece!r}")
    return tuple(piece for piece in pieces if piece != b"")


def _encoded(pieces: tuple[Piece, ...], encoding: str, complete: bool) -> tuple[Piece, ...]:
    """Compress a body so that every piece can be decoded as soon as it has arrived."""
    if encoding not in _WINDOW_BITS:
        raise ValueError(f"encoding must be one of {', '.join(_WINDOW_BITS)}, not {encoding!r}")
    compressor = zlib.compressobj(wbits=_WINDOW_BITS[encoding])
    encoded: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            piece = compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
        encoded.append(piece)
    if complete:
        encoded.append(compressor.flush())
    return tuple(encoded)


_Framed = tuple[Mapping[str, str], tuple[Piece, ...]]


def _framed_by_chunks(pieces: tuple[Piece, ...], complete: bool) -> _Framed:
    chunks = tuple(chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces)
    return {"Transfer-Encoding": "chunked"}, (*chunks, LAST_CHUNK) if complete else chunks


def _framed_by_one_chunk(pieces: tuple[Piece, ...], complete: bool) -> _Framed:
    size = _size(pieces)
    if complete and not size:
        return _framed_by_chunks(pieces, complete)
    header = b"%x\r\n" % (size if complete else size + 1)
    end = (b"\r\n", LAST_CHUNK) if complete else ()
    return {"Transfer-Encoding": "chunked"}, (header, *pieces, *end)


def _framed_by_length(pieces: tuple[Piece, ...], complete: bool) -> _Framed:
    return {"Content-Length": str(_size(pieces) if complete else _size(pieces) + 1)}, pieces


def _framed_by_close(pieces: tuple[Piece, ...], complete: bool) -> _Framed:
    return {"Connection": "close"}, pieces


_FRAMINGS: dict[str, Callable[[tuple[Piece, ...], bool], _Framed]] = {
    "chunked": _framed_by_chunks,
    "one-chunk": _framed_by_one_chunk,
    "content-length": _framed_by_length,
    "close": _framed_by_close,
}


def _size(pieces: Iterable[Piece]) -> int:
    return sum(len(piece) for piece in pieces if isinstance(piece, bytes))


def _merged(
    fields: Mapping[str, Union[str, bytes]], others: Mapping[str, Union[str, bytes]]
) -> dict[str, Union[str, bytes]]:
    """Put the second fields behind the first, without those of the first that have the same name."""
    replaced = {name.lower() for name in others}
    kept = {name: value for name, value in fields.items() if name.lower() not in replaced}
    return {**kept, **others}


def _has_no_body(status: int) -> bool:
    """Whether a response with that status ends with its head: RFC 9112, section 6.3."""
    return status < 200 or status in (204, 304)


def _usual_reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
