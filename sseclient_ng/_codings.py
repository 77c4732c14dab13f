"""Content codings, undone with urllib3's decoders as bytes arrive."""

from __future__ import annotations

from typing import Callable, Protocol

import urllib3.response
from urllib3.exceptions import DecodeError
from urllib3.response import HTTPResponse

__all__ = [
    "ACCEPT_ENCODING",
    "REGISTERED_CODINGS",
    "BodyDecoder",
    "UndecodableError",
    "decodable_codings",
]


class _Decoder(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


# Not every urllib3 has decoders for br and zstd, and they need brotli and zstandard (or
# backports.zstd) installed.
_DECODERS: dict[str, Callable[[], _Decoder]] = {
    coding: getattr(urllib3.response, name)
    for coding, name in {
        "gzip": "GzipDecoder",
        "x-gzip": "GzipDecoder",
        "deflate": "DeflateDecoder",
        "br": "BrotliDecoder",
        "zstd": "ZstdDecoder",
    }.items()
    if hasattr(urllib3.response, name)
}

REGISTERED_CODINGS = frozenset(
    ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress", "dcb", "dcz"]
)
"""Names that mean that a body is coded. Servers write others without coding anything."""


ACCEPT_ENCODING = ", ".join(coding for coding in _DECODERS if coding != "x-gzip")
"""The Accept-Encoding header of whoever decodes with these."""


class UndecodableError(DecodeError):
    """A body has a content coding that can't be decoded here. Another request would not help."""


def decodable_codings(content_encoding: str) -> list[str]:
    """Return the content codings of a body, in the order in which they were applied.

    Args:
        content_encoding: the Content-Encoding; "" for none. Words that are not a registered coding
            are ignored, as in urllib3.

    Raises:
        UndecodableError: there is no decoder for a coding.
    """
    words = [word.strip() for word in content_encoding.lower().split(",")]
    for word in words:
        if word in REGISTERED_CODINGS and word not in _DECODERS:
            raise UndecodableError(
                f"can't decode Content-Encoding {word!r}; install brotli for br or zstandard for "
                "zstd, or send an Accept-Encoding header without it"
            )
    return [word for word in words if word in _DECODERS]


class BodyDecoder:
    """Undoes the content codings of one body.

    Args:
        codings: what `decodable_codings` returned.
    """

    def __init__(self, codings: list[str]) -> None:
        self._decoders = [(coding, _DECODERS[coding]()) for coding in reversed(codings)]

    def decode(self, data: bytes) -> bytes:
        """Decode as far as possible with the bytes that have arrived.

        Args:
            data: the next bytes of the body.

        Raises:
            urllib3.exceptions.DecodeError: the body is not in its content coding.
        """
        for coding, decoder in self._decoders:
            try:
                data = _decompress(decoder, data, coding)
            except HTTPResponse.DECODER_ERROR_CLASSES as error:
                text = f"the body is not in its Content-Encoding, {coding}"
                raise DecodeError(text, error) from error
        return data


def _decompress(decoder: _Decoder, data: bytes, coding: str) -> bytes:
    decoded = decoder.decompress(data)
    if coding != "br":
        return decoded
    # This decoder returns 32 KiB at most, and more only when asked again.
    parts = [decoded]
    while parts[-1]:
        parts.append(decoder.decompress(b""))
    return b"".join(parts)
