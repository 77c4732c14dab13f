"""The shapes of stream that the parsers are measured on, and the reads they come in."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from tests import streams
from tests.streams import MIB, Stream

KIB = 1 << 10


class Shape(NamedTuple):
    """One line of the parser table."""

    name: str
    title: str
    make: Callable[[], Stream]
    read_size: Optional[int]
    """Bytes in a read; None for one event (or comment) in each."""


def _shapes() -> tuple[Shape, ...]:
    def tiny() -> Stream:
        return streams.tiny(200_000)

    def llm() -> Stream:
        return streams.llm_tokens(20_000)

    def named() -> Stream:
        return streams.named(20_000)

    def wikimedia() -> Stream:
        return streams.wikimedia(5_000)

    def wikimedia_crlf() -> Stream:
        return streams.wikimedia(5_000, newline="\r\n")

    def multi_line() -> Stream:
        return streams.multi_line(1_500)

    def heartbeats() -> Stream:
        return streams.heartbeats(100_000)

    return (
        Shape("tiny", "`data: 17`, 64 KiB reads", tiny, 64 * KIB),
        Shape("llm", "LLM tokens, 200 B, 64 KiB reads", llm, 64 * KIB),
        Shape("llm-each", "LLM tokens, one event a read", llm, None),
        Shape("named", "event + id + data, 200 B, 64 KiB reads", named, 64 * KIB),
        Shape("named-each", "event + id + data, one event a read", named, None),
        Shape("wikimedia", "Wikimedia, 1.5 kB, 16 KiB reads", wikimedia, 16 * KIB),
        Shape("wikimedia-crlf", "Wikimedia with CRLF, 16 KiB reads", wikimedia_crlf, 16 * KIB),
        Shape("multi-line", "50 data lines an event, 64 KiB reads", multi_line, 64 * KIB),
        Shape("heartbeats", "comments only, 64 KiB reads", heartbeats, 64 * KIB),
        Shape("huge-1k", "one event of 8 MiB, 1 KiB reads", streams.huge_line, KIB),
        Shape("huge-16k", "one event of 8 MiB, 16 KiB reads", streams.huge_line, 16 * KIB),
        Shape("lines-1k", "8 MiB in 100,000 lines, 1 KiB reads", streams.huge_lines, KIB),
        Shape("lines-16k", "8 MiB in 100,000 lines, 16 KiB reads", streams.huge_lines, 16 * KIB),
    )


SHAPES = _shapes()

__all__ = ["KIB", "MIB", "SHAPES", "Shape"]
