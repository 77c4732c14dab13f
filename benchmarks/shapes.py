"""The shapes of stream that the parsers are measured on, and the reads they come in."""

from __future__ import annotations

from functools import partial
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


def shapes(*, quick: bool = False) -> tuple[Shape, ...]:
    """The lines of the parser table.

    Args:
        quick: whether the streams are a twentieth as long.
    """
    share = 20 if quick else 1
    tiny = partial(streams.tiny, 200_000 // share)
    llm = partial(streams.llm_tokens, 20_000 // share)
    named = partial(streams.named, 20_000 // share)
    wikimedia = partial(streams.wikimedia, 5_000 // share)
    wikimedia_crlf = partial(streams.wikimedia, 5_000 // share, newline="\r\n")
    multi_line = partial(streams.multi_line, 1_500 // share)
    heartbeats = partial(streams.heartbeats, 100_000 // share)
    huge_line = partial(streams.huge_line, 8 * MIB // share)
    huge_lines = partial(streams.huge_lines, 8 * MIB // share, lines=100_000 // share)
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
        Shape("huge-1k", "one event of 8 MiB, 1 KiB reads", huge_line, KIB),
        Shape("huge-16k", "one event of 8 MiB, 16 KiB reads", huge_line, 16 * KIB),
        Shape("lines-1k", "8 MiB in 100,000 lines, 1 KiB reads", huge_lines, KIB),
        Shape("lines-16k", "8 MiB in 100,000 lines, 16 KiB reads", huge_lines, 16 * KIB),
    )
