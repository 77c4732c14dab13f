"""Text as UTF-8 bytes, for sources that hand out text or bytes of another encoding."""

from __future__ import annotations

import codecs
import re
from typing import Optional, Union

__all__ = ["Chunk", "Transcoder", "as_bytes", "id_text", "utf8"]

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


def id_text(last_event_id: object) -> str:
    """Return a last event ID that a caller gave as text; "" stands for none.

    Args:
        last_event_id: old code begins with numbers, too, and with bytes. What is false, as 0 and
            None, is no ID.
    """
    if isinstance(last_event_id, bytes):
        return last_event_id.decode("utf-8", "replace")
    return str(last_event_id) if last_event_id else ""


class Transcoder:
    """Turns chunks of bytes or text into UTF-8, whatever the cutting.

    Args:
        encoding: the encoding of the chunks that are bytes; None means UTF-8, which is passed on
            as it is. What is wrong in the encoding becomes U+FFFD.

    Attributes:
        passes_bytes: whether chunks that are bytes come out as they went in.

    Raises:
        LookupError: there is no such encoding.
    """

    def __init__(self, encoding: Optional[str]) -> None:
        self._decoder: Optional[codecs.IncrementalDecoder] = None
        if encoding is not None and not _is_utf8(encoding):
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self.passes_bytes = self._decoder is None

    def feed(self, chunk: Chunk) -> bytes:
        """Return the next chunk as UTF-8, as far as its characters are complete.

        Args:
            chunk: bytes or text.

        Raises:
            TypeError: it is neither.
        """
        if self._decoder is None or isinstance(chunk, str):
            return as_bytes(chunk)
        return utf8(self._decoder.decode(as_bytes(chunk)))

    def finish(self) -> bytes:
        """Return what is left at the end: U+FFFD for a character that was cut off."""
        return b"" if self._decoder is None else utf8(self._decoder.decode(b"", final=True))


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
