"""The limit on the size of an event."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable

import pytest

from sseclient_ng import EventStreamParser, EventTooLarge
from support.parsing import BOM, every_cutting, expect
from support.reading import facts, texts


def outcome(reads: Iterable[bytes], limit: int) -> list[str]:
    """The data of the events, then "error" if one exceeds the limit."""
    parser = EventStreamParser(max_event_size=limit)
    seen: list[str] = []
    try:
        for data in reads:
            seen += texts(parser.feed(data))
        seen += texts(parser.close())
    except EventTooLarge:
        seen.append("error")
    return seen


def check_limit(stream: bytes, limit: int, expected: list[str]) -> None:
    for reads in every_cutting(stream):
        assert outcome(reads, limit) == expected


@pytest.mark.parametrize(
    ("stream", "size", "expected"),
    [
        (b"data: abc\n\n", 10, ["abc"]),
        (b"data: abc\r\n\r\n", 10, ["abc"]),
        (b"data: abc\r\r", 10, ["abc"]),
        (BOM + b"data: abc\n\n", 10, ["abc"]),
        ("data: é\n\n".encode(), 9, ["é"]),
        (b"data: a\ndata: b\n\n", 16, ["a\nb"]),
        (b"data: a\r\ndata: b\r\n\r\n", 16, ["a\nb"]),
        (b"id: 1\nevent: e\nretry: 5\nfoo\ndata\n\n", 33, [""]),
        (b"data: a\n:234567\n\n", 15, ["a"]),
        (b":234567\ndata: a\n\n", 8, ["a"]),
        (b"data: a\n\ndata: b\n\ndata: c\n\n", 8, ["a", "b", "c"]),
        (b"data: a\n\ndata: bcd", 9, ["a", "bcd"]),
        (b"data: a\n\n:\n:\n:\n:\n:\n:\n:\n\ndata: b\n\n", 8, ["a", "b"]),
        (b"data: a\n:\n:\n:\n:\n:\n:\n:\ndata: b\n\n", 16, ["a\nb"]),
        (b"\n\n\n\n\n\n\n\n\n\n\n\ndata: a\n\n", 8, ["a"]),
    ],
)
def test_limit_is_exact_however_it_is_cut(stream: bytes, size: int, expected: list[str]) -> None:
    check_limit(stream, size, expected)
    shorter = outcome([stream], size - 1)
    assert shorter[-1] == "error"
    check_limit(stream, size - 1, shorter)


@pytest.mark.parametrize(
    ("stream", "limit", "expected"),
    [
        (b"data: 12345", 10, ["error"]),
        (b"id: 1\nid: 2\nid: 3\n", 10, ["error"]),
        (b"x\n" * 10, 10, ["error"]),
        (b":234567890A", 10, ["error"]),
        (b"data: 1\n\ndata: 2\n\ndata: 12345\n\ndata: 3\n\n", 8, ["1", "2", "error"]),
        (b"data: 1\n\nx: 2345678\n\ndata: 3\n\n", 8, ["1", "error"]),
    ],
)
def test_beyond_the_limit_however_it_is_cut(stream: bytes, limit: int, expected: list[str]) -> None:
    check_limit(stream, limit, expected)


def test_events_before_the_one_too_large_are_returned_first() -> None:
    parser = EventStreamParser(max_event_size=20)
    stream = b"id: 1\ndata: a\n\ndata: b\n\ndata: " + b"x" * 50 + b"\n\ndata: c\n\n"
    assert facts(parser.feed(stream)) == [expect("a", id="1"), expect("b", carried="1")]
    for _ in range(2):
        with pytest.raises(EventTooLarge):
            parser.feed(b"\n\ndata: d\n\n")
    with pytest.raises(EventTooLarge):
        parser.close()
    assert parser.last_event_id == "1"


def test_error_is_raised_at_once_without_events_before_it() -> None:
    parser = EventStreamParser(max_event_size=20)
    parser.feed(b"data: 0123456789")
    with pytest.raises(EventTooLarge) as first:
        parser.feed(b"0123456789")
    with pytest.raises(EventTooLarge) as second:
        parser.feed(b"")
    assert "max_event_size=20" in str(first.value)
    assert str(first.value) == str(second.value)


def test_traceback_of_a_repeated_error_does_not_grow() -> None:
    parser = EventStreamParser(max_event_size=5)

    def depth() -> int:
        with pytest.raises(EventTooLarge) as caught:
            parser.feed(b"data: too long")
        return len(caught.traceback)

    depth()
    assert len({depth() for _ in range(5)}) == 1


def test_close_raises_the_error_that_feed_postponed() -> None:
    parser = EventStreamParser(max_event_size=10)
    assert texts(parser.feed(b"data: a\n\ndata: too long\n\n")) == ["a"]
    with pytest.raises(EventTooLarge):
        parser.close()


def test_comments_before_the_event_too_large_are_returned_first() -> None:
    parser = EventStreamParser(max_event_size=10)
    assert parser.feed_with_comments(b": a\n: b\ndata: too long\n: c\n") == ["a", "b"]
    for _ in range(2):
        with pytest.raises(EventTooLarge):
            parser.feed_with_comments(b": d\n")
    with pytest.raises(EventTooLarge):
        parser.close_with_comments()


def test_default_limit_is_64_mebibytes() -> None:
    parser = EventStreamParser()
    parser.feed(b"data: ")
    mebibyte = b"x" * (1 << 20)
    for _ in range(63):
        parser.feed(mebibyte)
    parser.feed(mebibyte[:-6])
    with pytest.raises(EventTooLarge, match="67108864"):
        parser.feed(b"x")


def test_no_limit() -> None:
    parser = EventStreamParser(max_event_size=None)
    assert parser.feed(b"data: " + b"x" * 100_000) == []
    assert [len(event.data) for event in parser.feed(b"\n\n")] == [100_000]


@pytest.mark.parametrize("size", [100, 5_000])
def test_comments_without_a_blank_line_after_them_take_no_memory(size: int) -> None:
    parser = EventStreamParser()
    comment = b": " + b"x" * size + b"\n"
    tracemalloc.start()
    try:
        for _ in range(2_000_000 // size):
            assert parser.feed(comment) == []
        assert [event.data for event in parser.feed(b"data: 1\n\n")] == ["1"]
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
