"""UTF-8 bytes from sources of text, or of bytes in another encoding."""

from __future__ import annotations

import codecs
import re
from typing import Optional, Union

__all__ = ["Chunk", "Transcoder", "as_bytes", "id_text", "utf8"]

Chunk = Union[bytes, bytearray, memoryview, str]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def utf8(text: str) -> bytes:
    """Encode text as UTF-8; a lone surrogate becomes U+FFFD.

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
    raise TypeError(f"chunks of an event stream must be bytes or str, not {type(chunk).__name__}")


def id_text(last_event_id: object) -> str:
    """Return a caller's last event ID as text; "" means none.

    Args:
        last_event_id: text, or a number or bytes from old code. A false value, such as 0 or None,
            means none.
    """
    if isinstance(last_event_id, bytes):
        return last_event_id.decode("utf-8", "replace")
    return str(last_event_id) if last_event_id else ""


class Transcoder:
    """Turns chunks of bytes or text into UTF-8, whatever the cutting.

    Args:
        encoding: the encoding of byte chunks; None means UTF-8, which passes unchanged. Invalid
            bytes become U+FFFD.

    Attributes:
        passes_bytes: whether byte chunks pass unchanged.

    Raises:
        LookupError: there is no such encoding.
    """

    def __init__(self, encoding: Optional[str]) -> None:
        self._decoder: Optional[codecs.IncrementalDecoder] = None
        if encoding is not None and not _is_utf8(encoding):
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self.passes_bytes = self._decoder is None

    def feed(self, chunk: Chunk) -> bytes:
        """Return the complete characters of the next chunk as UTF-8.

        Args:
            chunk: bytes or text.

        Raises:
            TypeError: it is neither.
        """
        if self._decoder is None or isinstance(chunk, str):
            return as_bytes(chunk)
        return utf8(self._decoder.decode(as_bytes(chunk)))

    def finish(self) -> bytes:
        """Return what is left at the end: U+FFFD for an incomplete character."""
        return b"" if self._decoder is None else utf8(self._decoder.decode(b"", final=True))


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
