"""Content codings, undone with urllib3's decoders as bytes arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    "decode_start",
    "decoded",
]


class _Decoder(Protocol):
    has_unconsumed_tail: bool  # since urllib3 2.6, like max_length

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _has_limits(name: str) -> bool:
    return hasattr(getattr(urllib3.response, name, None), "has_unconsumed_tail")


def _brotli_has_limits() -> bool:
    """Return whether the library behind urllib3's decoder does what that asks: Brotli 1.2 does."""
    library = getattr(urllib3.response, "brotli", None)
    return hasattr(getattr(library, "Decompressor", None), "can_accept_more_data")


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

_MOST_OUTPUT = 256 * 1024  # bytes that a decoder returns at once
# Bytes that a decoder gets at once, where it can't limit what it returns. The coding does: deflate
# expands to 1,032 times the size at most, zstd to 128 KiB for 4 bytes, br to 16 MiB for a few.
_MOST_INPUT = {"gzip": 1024, "x-gzip": 1024, "deflate": 1024, "zstd": 64, "br": 16}
# zlib's, too, could limit their output, but may keep some of it until more input comes.
_CAN_LIMIT_OUTPUT = {
    "zstd": _has_limits("ZstdDecoder"),
    "br": _has_limits("BrotliDecoder") and _brotli_has_limits(),
}
_MOST_CODINGS = 5  # as in urllib3

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
        UndecodableError: there is no decoder for a coding, or there are too many.
    """
    words = [word.strip() for word in content_encoding.lower().split(",")]
    for word in words:
        if word in REGISTERED_CODINGS and word not in _DECODERS:
            raise UndecodableError(
                f"can't decode Content-Encoding {word!r}; install brotli for br or zstandard for "
                "zstd, or send an Accept-Encoding header without it"
            )
    codings = [word for word in words if word in _DECODERS]
    if len(codings) > _MOST_CODINGS:
        raise UndecodableError(f"the body has {len(codings)} content codings, one on another")
    return codings


class BodyDecoder:
    """Undoes the content codings of one body, a piece at a time.

    A kilobyte may stand for a gigabyte. So each decoder gets few bytes at once, or returns few, and
    whoever reads can stop in between.

    Args:
        codings: what `decodable_codings` returned.
    """

    def __init__(self, codings: list[str]) -> None:
        self._stages = [_Stage(coding) for coding in reversed(codings)]

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what the bytes that have arrived stand for, as far as they can be decoded.

        Args:
            data: the next bytes of the body. All of what they stand for has to be taken before the
                next call.

        Raises:
            urllib3.exceptions.DecodeError: the body is not in its content coding.
        """
        return _undo(data, self._stages)


def decoded(chunks: Iterable[bytes], codings: list[str]) -> Iterator[bytes]:
    """Yield what the chunks of a body stand for, as they arrive.

    Args:
        chunks: the whole body.
        codings: what `decodable_codings` returned.

    Raises:
        urllib3.exceptions.DecodeError: the body is not in its content coding.
    """
    decoder = BodyDecoder(codings)
    for chunk in chunks:
        yield from decoder.decode(chunk)


def decode_start(body: bytes, codings: list[str], size: int) -> bytes:
    """Return what a body stands for, or about as much of it as is wanted.

    Args:
        body: the body, or its start.
        codings: what `decodable_codings` returned; none leave it as it is.
        size: how many bytes are wanted.

    Raises:
        urllib3.exceptions.DecodeError: the body is not in its content coding.
    """
    if not codings:
        return body
    data = bytearray()
    for part in decoded([body], codings):
        data += part
        if len(data) >= size:
            break
    return bytes(data)


def _undo(data: bytes, stages: list[_Stage]) -> Iterator[bytes]:
    first, *others = stages
    for part in first.parts(data):
        if others:
            yield from _undo(part, others)
        elif part:
            yield part


class _Stage:
    """Undoes one coding."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._decoder = _DECODERS[coding]()
        self._limits_output = _CAN_LIMIT_OUTPUT.get(coding, False)

    def parts(self, data: bytes) -> Iterator[bytes]:
        """Yield what some bytes stand for, in parts of bounded size; some are empty."""
        try:
            if self._limits_output:
                yield from self._by_output(data)
            else:
                yield from self._by_input(data)
        except HTTPResponse.DECODER_ERROR_CLASSES as error:
            text = f"the body is not in its Content-Encoding, {self._coding}"
            raise DecodeError(text, error) from error

    def _by_output(self, data: bytes) -> Iterator[bytes]:
        part = self._decoder.decompress(data, max_length=_MOST_OUTPUT)
        while part or self._decoder.has_unconsumed_tail:
            yield part
            part = self._decoder.decompress(b"", max_length=_MOST_OUTPUT)

    def _by_input(self, data: bytes) -> Iterator[bytes]:
        size = _MOST_INPUT[self._coding]
        for start in range(0, len(data), size):
            part = self._decoder.decompress(data[start : start + size])
            yield part
            # Some decoders of br return 32 KiB at most, and more only when asked again.
            while part and self._coding == "br":
                part = self._decoder.decompress(b"")
                yield part
