"""The bytes of a response: head, framing and coding, with a write for each piece of the body."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Optional, Union

from ._piece import BodyPiece, Piece, flatten_body, size_of

#: What ends a chunked body.
LAST_CHUNK = b"0\r\n\r\n"

# By the size of its window zlib also chooses the container: RFC 9110, section 8.4.1.
_WINDOW_BITS = {"gzip": 31, "deflate": 15}

_Fields = Mapping[str, Union[str, bytes]]
_Pieces = tuple[Piece, ...]


def response(
    body: Union[BodyPiece, Iterable[Union[BodyPiece, Iterable[BodyPiece]]]] = b"",
    *,
    status: int = 200,
    reason: Optional[str] = None,
    headers: Optional[_Fields] = None,
    content_type: Optional[str] = "text/event-stream",
    framing: str = "chunked",
    encoding: Optional[str] = None,
    complete: bool = True,
) -> _Pieces:
    """Build the script of one HTTP/1.1 response.

    Args:
        body: the body, or its pieces: events (`Event`), bytes, or text, which is sent as UTF-8.
            Each piece is a write of its own, and a chunk of its own if the framing is "chunked".
            The client can decode each piece when it arrives, with an encoding as well. Steps may
            stand between the pieces.
        status: the status code. 1xx, 204 and 304 have no body, and no fields that describe one.
        reason: the reason phrase; None means the usual one.
        headers: more header fields, encoded as UTF-8. They override the default ones.
        content_type: the Content-Type; None sends none.
        framing: "chunked"; "one-chunk", a single chunk that holds all pieces and so is unfinished
            until the last one; "content-length"; or "close", where the end of the connection ends
            the body.
        encoding: the Content-Encoding: "gzip", "deflate", or None for none.
        complete: False omits the end: no last chunk, or a Content-Length of one byte more than is
            sent, and no end of the compressed data. Add a step such as `Hold()` or `Reset()` for
            what happens next; without one, the server closes the connection.

    Returns:
        The steps, which may stand between others in a script.

    Raises:
        TypeError: a piece of the body is neither an event, bytes, text nor a step.
        ValueError: unknown framing or encoding, or a body with a status that cannot have one, or an
            event that can't be written.
    """
    pieces = tuple(piece for piece in flatten_body(body) if piece != b"")
    fields: dict[str, Union[str, bytes]] = {}
    if not _has_no_body(status):
        if content_type is not None:
            fields["Content-Type"] = content_type
        if encoding is not None:
            fields["Content-Encoding"] = encoding
            pieces = _encoded(pieces, encoding, complete)
        framing_fields, pieces = _framed(pieces, framing, complete)
        fields.update(framing_fields)
    elif size_of(pieces):
        raise ValueError(f"a response with status {status} has no body")
    return (head(status, _merged(fields, headers or {}), reason=reason), *pieces)


def head(
    status: int = 200, headers: Optional[_Fields] = None, *, reason: Optional[str] = None
) -> bytes:
    """Build a status line, exactly these header fields, and the empty line that ends them.

    Args:
        status: the status code.
        headers: the header fields, whose text is sent as UTF-8.
        reason: the reason phrase; None means the usual one.

    Returns:
        The bytes.
    """
    phrase = _usual_reason(status) if reason is None else reason
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    for name, value in (headers or {}).items():
        lines.append(
            b"%b: %b" % (name.encode(), value.encode() if isinstance(value, str) else value)
        )
    return b"\r\n".join([*lines, b"", b""])


def chunk(data: bytes) -> bytes:
    """Build one chunk of a chunked body.

    Args:
        data: what the chunk holds.

    Returns:
        The bytes.

    Raises:
        ValueError: `data` is empty; the chunk would end the body. `LAST_CHUNK` does that.
    """
    header, end = _chunk_ends(len(data))
    return header + data + end


def unfinished_chunk(pieces: Iterable[Union[BodyPiece, Iterable[BodyPiece]]]) -> _Pieces:
    """Build one chunk whose pieces are sent one by one after its header.

    Args:
        pieces: what the chunk holds, as for `response`, and steps between.

    Returns:
        The steps: the chunk's header, the pieces, and the line end that finishes the chunk.

    Raises:
        TypeError: a piece is neither an event, bytes, text nor a step.
        ValueError: the pieces hold no bytes; the chunk would end the body. `LAST_CHUNK` does that.
    """
    flat = tuple(flatten_body(pieces))
    header, end = _chunk_ends(size_of(flat))
    return (header, *flat, end)


def cut(data: bytes, sizes: Union[int, Iterable[int]]) -> list[bytes]:
    """Cut data into pieces of given sizes.

    Args:
        data: what to cut.
        sizes: the size of every piece, in bytes, or the sizes of the first pieces in turn; the
            rest is the last piece.

    Returns:
        The pieces, none of them empty.

    Raises:
        ValueError: a size is less than 1.
    """
    pieces: list[bytes] = []
    start = 0
    for size in itertools.repeat(sizes) if isinstance(sizes, int) else sizes:
        if size < 1:
            raise ValueError(f"a piece cannot have {size} bytes; the least is 1")
        if start + size >= len(data):
            break
        pieces.append(data[start : start + size])
        start += size
    return [*pieces, data[start:]] if data else []


def cut_randomly(data: bytes, smallest: int = 1, largest: int = 1400, *, seed: int) -> list[bytes]:
    """Cut data into pieces of random sizes, the same for the same seed.

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
    return cut(data, (numbers.randint(smallest, largest) for _ in itertools.count()))


def _chunk_ends(size: int) -> tuple[bytes, bytes]:
    if not size:
        raise ValueError("an empty chunk would end the body; use LAST_CHUNK for that")
    return b"%x\r\n" % size, b"\r\n"


def _encoded(pieces: _Pieces, encoding: str, complete: bool) -> _Pieces:
    """Compress a body so that every piece can be decoded as soon as it arrives."""
    if encoding not in _WINDOW_BITS:
        raise ValueError(f"encoding must be gzip, deflate or None, not {encoding!r}")
    compressor = zlib.compressobj(wbits=_WINDOW_BITS[encoding])

    def compress(piece: bytes) -> bytes:
        return compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)

    encoded = [compress(piece) if isinstance(piece, bytes) else piece for piece in pieces]
    return (*encoded, compressor.flush()) if complete else tuple(encoded)


def _framed(pieces: _Pieces, framing: str, complete: bool) -> tuple[dict[str, str], _Pieces]:
    """Give the header fields that announce the framing, and the pieces in it."""
    end = (LAST_CHUNK,) if complete else ()
    if framing == "chunked":
        return {"Transfer-Encoding": "chunked"}, (*_in_chunks(pieces), *end)
    if framing == "one-chunk":
        return {"Transfer-Encoding": "chunked"}, (*_in_one_chunk(pieces, complete), *end)
    if framing == "content-length":
        return {"Content-Length": str(size_of(pieces) + (not complete))}, pieces
    if framing == "close":
        return {"Connection": "close"}, pieces
    raise ValueError(
        f"framing must be chunked, one-chunk, content-length or close, not {framing!r}"
    )


def _in_chunks(pieces: _Pieces) -> _Pieces:
    return tuple(chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces)


def _in_one_chunk(pieces: _Pieces, complete: bool) -> _Pieces:
    if not complete:
        header, _ = _chunk_ends(size_of(pieces) + 1)
        return (header, *pieces)
    return unfinished_chunk(pieces) if size_of(pieces) else pieces


def _merged(fields: _Fields, others: _Fields) -> dict[str, Union[str, bytes]]:
    """Merge header fields; the second ones override the first."""
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
