"""Text as UTF-8 bytes, for sources that hand out text or bytes of another encoding."""

from __future__ import annotations

import codecs
import re
from typing import Callable, Iterable, Iterator, Optional, Union

__all__ = ["Chunk", "as_bytes", "is_utf8", "transcoder", "utf8"]

Chunk = Union[bytes, bytearray, memoryview, str]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def utf8(text: str) -> bytes:
    """Return text as UTF-8; a lone surrogate, which UTF-8 can't hold, becomes U+FFFD.

    Args:
        text: any str.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text).encode()


def as_bytes(chunk: Chunk) -> bytes:
    """Return a chunk as bytes, text as UTF-8.

    Args:
        chunk: bytes or text.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(chunk, str):
        return utf8(chunk)
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"an event stream comes in bytes or str, not in {type(chunk).__name__}")


def is_utf8(encoding: str) -> bool:
    """Return whether an encoding's name means UTF-8, with or without a BOM.

    Args:
        encoding: a name that `codecs.lookup` knows.

    Raises:
        LookupError: there is no such encoding.
    """
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def transcoder(encoding: Optional[str]) -> Callable[[Iterable[Chunk]], Iterator[bytes]]:
    """Return a function that turns chunks of bytes or text into chunks of UTF-8.

    Args:
        encoding: the encoding of the chunks that are bytes; None means UTF-8, which is passed on
            as it is. What is wrong in the encoding becomes U+FFFD.

    Raises:
        LookupError: there is no such encoding.
    """
    if encoding is None or is_utf8(encoding):
        return _from_utf8
    make_decoder = codecs.getincrementaldecoder(encoding)

    def transcode(chunks: Iterable[Chunk]) -> Iterator[bytes]:
        decoder = make_decoder("replace")
        for chunk in chunks:
            yield utf8(chunk if isinstance(chunk, str) else decoder.decode(chunk))
        yield utf8(decoder.decode(b"", final=True))

    return transcode


def _from_utf8(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    for chunk in chunks:
        yield as_bytes(chunk)
