"""Seeded event streams and their events, for the tests and the benchmarks.

Each maker returns a `Stream`: the blocks of bytes as a server writes them, one for each event (or
comment), and the events that a conforming client hands out. The same arguments give the same bytes
on every machine, so that a number in a benchmark and a failing test speak of the same stream.

Nothing here imports the package: the expected events come from the maker, never from a parser.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Callable, NamedTuple, Optional

MIB = 1 << 20


class ExpectedEvent(NamedTuple):
    """The event that a client must deliver for a block."""

    data: str
    event: str = "message"
    id: Optional[str] = None
    """The block's own id field, or None where it has none."""


@dataclass(frozen=True)
class Stream:
    """The blocks of an event stream, and its events."""

    blocks: list[bytes]
    events: list[ExpectedEvent] = field(repr=False)

    @property
    def body(self) -> bytes:
        """The whole stream."""
        return b"".join(self.blocks)

    def reads(self, size: int | None) -> list[bytes]:
        """Cut the stream into reads.

        Args:
            size: bytes in each read but the last; None for one block in each read.
        """
        if size is None:
            return list(self.blocks)
        body = self.body
        return [body[start : start + size] for start in range(0, len(body), size)]


def tiny(events: int = 1000, seed: int = 1) -> Stream:
    """Counters and prices: a number in each event, `data: 17`."""
    numbers = random.Random(seed)
    values = [str(numbers.randrange(100)) for _ in range(events)]
    return Stream(
        [f"data: {value}\n\n".encode() for value in values],
        [ExpectedEvent(value) for value in values],
    )


def llm_tokens(events: int = 1000, seed: int = 2) -> Stream:
    """Token by token from a language model: about 200 bytes of JSON in each event."""
    draw = random.Random(seed)
    completion = f"chatcmpl-{draw.getrandbits(96):024x}"
    datas = [_token(draw, completion) for _ in range(events)]
    return Stream(
        [f"data: {data}\n\n".encode() for data in datas],
        [ExpectedEvent(data) for data in datas],
    )


def named(events: int = 1000, seed: int = 3) -> Stream:
    """All three fields, event, id and data: 200 bytes in each block."""
    draw = random.Random(seed)
    blocks, expected = [], []
    for number in range(events):
        name = draw.choice(("created", "updated", "deleted"))
        head = f"event: {name}\nid: {number}\ndata: "
        data = _hexadecimal(draw, 200 - len(head) - 2)
        blocks.append(f"{head}{data}\n\n".encode())
        expected.append(ExpectedEvent(data, name, str(number)))
    return Stream(blocks, expected)


def wikimedia(events: int = 1000, seed: int = 4, *, newline: str = "\n") -> Stream:
    """Records like those of Wikimedia's recent changes: 1.5 kB with some text that is not ASCII."""
    draw = random.Random(seed)
    blocks, expected = [], []
    for number in range(events):
        position = _kafka_position(number)
        data = _recent_change(draw, number)
        lines = ("event: message", f"id: {position}", f"data: {data}", "", "")
        blocks.append(newline.join(lines).encode())
        expected.append(ExpectedEvent(data, "message", position))
    return Stream(blocks, expected)


def multi_line(events: int = 1000, seed: int = 5, *, lines: int = 50) -> Stream:
    """Text in many data lines: 50 an event, of up to 80 characters, some of them empty."""
    draw = random.Random(seed)
    blocks, expected = [], []
    for _ in range(events):
        texts = [_hexadecimal(draw, draw.choice((0, 20, 40, 60, 80))) for _ in range(lines)]
        texts[0], texts[-1] = "first line", "last line"
        blocks.append(("".join(f"data: {text}\n" for text in texts) + "\n").encode())
        expected.append(ExpectedEvent("\n".join(texts)))
    return Stream(blocks, expected)


def heartbeats(comments: int = 1000, seed: int = 6) -> Stream:
    """A quiet stream: comments that keep the connection open, and no event at all."""
    draw = random.Random(seed)
    forms = (
        lambda: ":\n\n",
        lambda: ": keep-alive\n\n",
        lambda: f": ping - 2026-01-01 00:00:{draw.random() * 60:09.6f}+00:00\n\n",
    )
    return Stream([draw.choice(forms)().encode() for _ in range(comments)], [])


def huge_line(size: int = 8 * MIB, seed: int = 7) -> Stream:
    """One event on one line, such as an image in base64.

    Args:
        size: bytes of data.
    """
    data = _hexadecimal(random.Random(seed), size)
    return Stream([f"data: {data}\n\n".encode()], [ExpectedEvent(data)])


def huge_lines(size: int = 8 * MIB, seed: int = 8, *, lines: int = 100_000) -> Stream:
    """One event of many short data lines, such as a log file.

    Args:
        size: bytes of data, without the ends of the lines.
        lines: data lines in the event.
    """
    text = _hexadecimal(random.Random(seed), size)
    cuts = [size * number // lines for number in range(lines + 1)]
    texts = [text[start:end] for start, end in zip(cuts, cuts[1:])]
    block = "".join(f"data: {part}\n" for part in texts) + "\n"
    return Stream([block.encode()], [ExpectedEvent("\n".join(texts))])


MAKERS: dict[str, Callable[[], Stream]] = {
    "tiny": tiny,
    "llm_tokens": llm_tokens,
    "named": named,
    "wikimedia": wikimedia,
    "wikimedia_crlf": lambda: wikimedia(newline="\r\n"),
    "wikimedia_cr": lambda: wikimedia(newline="\r"),
    "multi_line": multi_line,
    "heartbeats": heartbeats,
    "huge_line": huge_line,
    "huge_lines": huge_lines,
}


def _hexadecimal(draw: random.Random, length: int) -> str:
    return f"{draw.getrandbits(4 * length):0{length}x}" if length else ""


_WORDS = [
    "",
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "or",
    "had",
    "an",
    "they",
    "which",
    "one",
    "you",
    "were",
    "all",
    "her",
    "she",
    "there",
    "would",
    "their",
    "we",
    "him",
    "been",
    "has",
    "when",
    '{"key":',
]


def _token(draw: random.Random, completion: str) -> str:
    chunk = {
        "id": completion,
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": "large-model-2026",
        "choices": [
            {"index": 0, "delta": {"content": f" {draw.choice(_WORDS)}"}, "finish_reason": None}
        ],
    }
    return json.dumps(chunk)


_TITLES = (
    "Category:Articles needing additional references",
    "List of football clubs in Portugal",
    "São Tomé e Príncipe",
    "Élections législatives françaises de 1881",
    "Список населённых пунктов Архангельской области",
    "中华人民共和国行政区划",
    "日本の鉄道路線一覧",
    "User talk:Example",
    "File:Coat of arms of the municipality.svg",
    "قائمة المدن",
)
_COMMENTS = (
    "/* wbsetclaim-create:2||1 */ [[Property:P1215]]: 9.81",
    "Reverted edits by [[Special:Contributions/192.0.2.7|192.0.2.7]] (talk) to last version",
    "Ajout d’une référence, mise en forme, orthographe et précision de la date",
    "исправление опечатки, уточнение ссылки на источник",
    "修正链接，补充来源",
    "Added a photograph 📷 and fixed the caption",
    "typo",
)
_WIKIS = ("en.wikipedia", "fr.wikipedia", "ru.wikipedia", "zh.wikipedia", "www.wikidata")


def _kafka_position(number: int) -> str:
    timestamp = 1767225600000 + 31 * number
    return json.dumps(
        [
            {"topic": "eqiad.mediawiki.recentchange", "partition": 0, "timestamp": timestamp},
            {"topic": "codfw.mediawiki.recentchange", "partition": 0, "offset": -1},
        ],
        separators=(",", ":"),
    )


def _recent_change(draw: random.Random, number: int) -> str:
    domain = draw.choice(_WIKIS) + ".org"
    title = draw.choice(_TITLES)
    comment = draw.choice(_COMMENTS)
    uri = f"https://{domain}/wiki/{title.replace(' ', '_')}"
    revision = 1_300_000_000 + number
    record = {
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {
            "uri": uri,
            "request_id": f"{draw.getrandbits(128):032x}",
            "id": f"{draw.getrandbits(128):032x}",
            "domain": domain,
            "stream": "mediawiki.recentchange",
            "topic": "eqiad.mediawiki.recentchange",
            "partition": 0,
            "offset": 5_000_000_000 + number,
        },
        "id": 1_800_000_000 + number,
        "type": draw.choice(("edit", "edit", "edit", "categorize", "new", "log")),
        "namespace": draw.choice((0, 0, 1, 3, 14)),
        "title": title,
        "title_url": uri,
        "comment": comment,
        "timestamp": 1767225600 + number // 30,
        "user": draw.choice(("ExampleBot", "Jürgen", "Иван Петров", "192.0.2.7", "王小明")),
        "bot": draw.random() < 0.4,
        "notify_url": f"https://{domain}/w/index.php?diff={revision}&oldid={revision - 97}",
        "minor": draw.random() < 0.3,
        "length": {"old": draw.randrange(200, 90_000), "new": draw.randrange(200, 90_000)},
        "revision": {"old": revision - 97, "new": revision},
        "server_url": f"https://{domain}",
        "server_name": domain,
        "wiki": domain.replace(".", ""),
        "parsedcomment": f'<span dir="auto">{comment}</span> ({_hexadecimal(draw, 230)})',
    }
    return json.dumps(record, ensure_ascii=False)


def cuttings(body: bytes, count: int = 5, seed: int = 9) -> Iterator[list[bytes]]:
    """Yield `count` random cuttings into reads, from single bytes to 64 KiB."""
    draw = random.Random(seed)
    for _ in range(count):
        largest = draw.choice((7, 100, 1500, 20_000, 65_536))
        yield list(_random_reads(body, largest, draw))


def _random_reads(body: bytes, largest: int, draw: random.Random) -> Iterator[bytes]:
    start = 0
    while start < len(body):
        end = start + draw.randint(1, largest)
        yield body[start:end]
        start = end
