"""When the parser returns events, and what it accepts."""

from __future__ import annotations

import itertools
import sys
from typing import Callable, Union

import pytest

from sseclient_ng import EventStreamParser
from support.parsing import BOM, MakeParser, byte_by_byte, every_cutting, expect
from support.reading import Facts, facts, texts
from support.standard import interpret


@pytest.mark.parametrize(
    ("before", "last"),
    [
        (b"data: a\n", b"\n"),
        (b"data: a\r", b"\r"),
        (b"data: a\r\n", b"\r"),
        (b"data: a\n", b"\r"),
        (b"data: a\r\n", b"\n"),
        (BOM + b"data: a\r\n", b"\r"),
        (b"data: a\r\n: x\r\n", b"\r"),
        (b"data: a\n:\n", b"\n"),
    ],
)
def test_event_is_returned_on_the_byte_that_ends_its_blank_line(
    make_parser: MakeParser, before: bytes, last: bytes
) -> None:
    parser = make_parser()
    assert parser.feed(before) == []
    assert texts(parser.feed(last)) == ["a"]
    assert texts(parser.feed(b"\ndata: b\n\n")) == ["b"]


def test_line_feed_of_a_split_crlf_is_dropped(
    make_parser: MakeParser,
) -> None:
    parser = make_parser()
    assert parser.feed(b"data: a\r") == []
    assert parser.feed(b"\ndata: b\r") == []
    assert parser.feed(b"") == []
    assert parser.feed(b"\n") == []
    assert texts(parser.feed(b"\r")) == ["a\nb"]
    assert parser.feed(b"\n") == []


def test_empty_reads_change_nothing(make_parser: MakeParser) -> None:
    parser = make_parser()
    reads = [b"", BOM[:1], b"", BOM[1:], b"", b"data: a\r", b"", b"\n", b"", b"\r\n", b""]
    assert texts(event for data in reads for event in parser.feed(data)) == ["a"]


def test_last_event_id_moves_at_the_blank_line(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"id: 1\ndata: a\n")
    assert parser.last_event_id == ""
    parser.feed(b"\n")
    assert parser.last_event_id == "1"


def test_reconnection_time_takes_effect_at_the_end_of_its_line(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"data: a\nretry: 10")
    assert parser.retry is None
    parser.feed(b"\n")
    assert parser.retry == 10
    assert facts(parser.feed(b"data: b\n\n")) == [expect("a\nb", retry=10)]


def test_reading_the_reconnection_time_changes_nothing(make_parser: MakeParser) -> None:
    stream = b"id: 1\nretry: 10\ndata: a\r\ndata: b\n\ndata: c\n\n"
    parser = make_parser()
    events = []
    for data in byte_by_byte(stream):
        events += parser.feed(data)
        assert parser.retry in (None, 10)
    assert facts(events) == [expect("a\nb", id="1", retry=10), expect("c", carried="1")]


def test_last_event_id_of_an_earlier_stream(make_parser: MakeParser) -> None:
    parser = EventStreamParser(last_event_id="é7")
    assert parser.last_event_id == "é7"
    assert facts(parser.feed(b"data: a\n\nid\ndata: b\n\ndata: c\n\n")) == [
        expect("a", carried="é7"),
        expect("b", id=""),
        expect("c"),
    ]


def test_events_of_one_read_are_in_order_and_distinct() -> None:
    parser = EventStreamParser()
    events = parser.feed(b"data: a\n\ndata: a\n\n")
    events += parser.feed(b"data: a\n\n")
    assert texts(events) == ["a", "a", "a"]
    assert len({id(event) for event in events}) == 3


def test_event_keeps_its_last_event_id_when_the_stream_goes_on() -> None:
    parser = EventStreamParser()
    (first,) = parser.feed(b"id: 1\n\ndata: a\n\n")
    parser.feed(b"id: 2\ndata: b\n\n")
    assert first.last_event_id == "1"
    assert first.id is None


@pytest.mark.parametrize("digits", [641, 4301, 6000, 100_000])
def test_reconnection_time_of_any_length(make_parser: MakeParser, digits: int) -> None:
    parser = make_parser()
    (event,) = parser.feed(b"retry: " + b"7" * digits + b"\ndata: a\n\n")
    assert isinstance(event.retry, int)
    assert event.retry == parser.retry
    assert event.retry > 10**600  # milliseconds: longer than the age of the universe


def test_reconnection_time_with_any_number_of_leading_zeros(make_parser: MakeParser) -> None:
    parser = make_parser()
    (event,) = parser.feed(b"retry: " + b"0" * 6000 + b"25\ndata: a\n\n")
    assert event.retry == parser.retry == 25


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no limit")
def test_reconnection_time_under_the_strictest_int_limit(make_parser: MakeParser) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        (event,) = make_parser().feed(b"retry: " + b"7" * 5000 + b"\ndata: a\n\n")
    finally:
        sys.set_int_max_str_digits(before)
    assert isinstance(event.retry, int)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes(kind: Callable[[bytes], Union[bytes, bytearray, memoryview]]) -> None:
    parser = EventStreamParser()
    assert texts(parser.feed(kind(b"data: a\n\ndata: "))) == ["a"]
    assert texts(parser.feed(kind(b"b\r"))) == []
    assert texts(parser.feed(kind(b"\n\r\n"))) == ["b"]


def test_a_buffer_can_be_reused_after_feed() -> None:
    parser = EventStreamParser()
    buffer = bytearray(b"data: a\nda")
    parser.feed(memoryview(buffer))
    buffer[:] = b"xxxxxxxxxx"
    assert texts(parser.feed(b"ta: b\n\n")) == ["a\nb"]


@pytest.mark.parametrize("wrong", ["data: a\n\n", None, 5, ["data"], "x"])
def test_anything_else_is_a_type_error(wrong: object) -> None:
    parser = EventStreamParser()
    parser.feed(b"data: ")
    with pytest.raises(TypeError, match=f"bytes.*{type(wrong).__name__}"):
        parser.feed(wrong)  # type: ignore[arg-type]
    assert texts(parser.feed(b"a\n\n")) == ["a"], "earlier bytes are kept"


def test_options_are_keywords() -> None:
    with pytest.raises(TypeError):
        EventStreamParser("1")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", []),
        (b"data: a\n\n", []),
        (b"data: a\n", [expect("a")]),
        (b"data: a", [expect("a")]),
        (b"data: a\r", [expect("a")]),
        (b"data: a\r\n", [expect("a")]),
        (b"data: a\r\n\r", []),
        (b"data: a\ndata", [expect("a\n")]),
        (b"data", [expect("")]),
        (b"dat", []),
        (b"data: a\n:", [expect("a")]),
        (b"data: a\n: comment", [expect("a")]),
        (b"id: 1\nevent: e\nretry: 5\ndata: a", [expect("a", "e", "1", 5)]),
        (b"data: a\nid: 1", [expect("a", id="1")]),
        (b"id: 0\n\ndata: a", [expect("a", carried="0")]),
        (b"id: 1", []),
        (b"event: e\n", []),
        (b"retry: 5", []),
        (BOM, []),
        (BOM[:2], []),
        (BOM + b"data: a", [expect("a")]),
        (b"data: a\xe2\x82", [expect("a\ufffd")]),
        (b"data: a\n\xef\xbb", [expect("a")]),
    ],
)
def test_close_returns_the_event_without_its_blank_line(
    make_parser: MakeParser, stream: bytes, expected: list[Facts]
) -> None:
    for reads in ([stream], byte_by_byte(stream)):
        parser = make_parser()
        for data in reads:
            parser.feed(data)
        assert facts(parser.close()) == expected
        assert parser.close() == []


def test_close_ends_a_line_with_a_reconnection_time(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"retry: 25")
    parser.close()
    assert parser.retry == 25


def test_close_moves_the_last_event_id(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"data: a\nid: 1")
    parser.close()
    assert parser.last_event_id == "1"


def test_parser_reads_another_stream_after_close(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"id: 1\ndata: a\n\nevent: e\nretry: 4\ndata: lost")
    parser.close()
    assert parser.last_event_id == "1"
    assert facts(parser.feed(BOM + b"data: b\n\n")) == [expect("b", carried="1")]


def test_line_feed_at_the_start_of_another_stream_ends_a_line(make_parser: MakeParser) -> None:
    parser = make_parser()
    parser.feed(b"data: a\r")
    parser.close()
    assert texts(parser.feed(b"\ndata: b\n\n")) == ["b"]


LARGE = b"y" * 100_000


@pytest.mark.parametrize(
    ("before", "last", "last_event_id"),
    [
        (b"data: " + LARGE, b"\n\ndata: next\n\n", ""),
        (b"data: " + LARGE + b"\n", b"\ndata: next\n\n", ""),
        (b"id: 1\nevent: e\ndata: " + LARGE, b"\n\ndata: next\n\n", "1"),
        (b"id: a\0b\ndata: " + LARGE, b"\n\ndata: next\n\n", ""),
        (b"data: " + LARGE, b"\nid: 2\n\ndata: next\n\n", "2"),
        (b"other: field\ndata: " + LARGE, b"\n\ndata: next\n\n", ""),
    ],
)
def test_the_end_of_a_large_event_comes_with_the_next_one(
    make_parser: MakeParser, before: bytes, last: bytes, last_event_id: str
) -> None:
    parser = make_parser()
    assert parser.feed(b":\n\n") == []
    assert parser.feed(before[:90_000]) == []
    assert parser.feed(before[90_000:]) == []
    large, following = parser.feed(last)
    assert large.data == LARGE.decode()
    assert large.last_event_id == following.last_event_id == last_event_id
    assert following.data == "next"


@pytest.mark.parametrize("head", [b"data: ", b"id: 1\ndata: ", b": c\ndata: ", b"a\ndata: "])
@pytest.mark.parametrize(
    "tail", [b"data: next\n\n", b"data: 1\n\nid: 2\ndata: 2\n\ndat", b": c\n\n"]
)
@pytest.mark.parametrize("last_lines", [b"\n", b"\ndata: z\n", b"\t\n", b"\nid: 7\n"])
def test_a_large_event_that_is_cut_around_its_end(
    make_parser: MakeParser, head: bytes, last_lines: bytes, tail: bytes
) -> None:
    large = head + LARGE + last_lines + b"\n"
    stream = large + tail
    for place in range(len(large) - len(last_lines) - 3, len(stream) + 1):
        for reads in ([stream[:place], stream[place:]], [stream[:90_000], stream[90_000:place]]):
            parser = make_parser()
            events = [event for data in reads for event in parser.feed(data)]
            read = interpret(b"".join(reads))
            assert (facts(events), parser.last_event_id) == (read.events, read.last_event_id)


@pytest.mark.parametrize("start", [b"", b"event: e\n", b"id: 1\n"])
@pytest.mark.parametrize("first", [b"data: a\n", b"data: " + LARGE + b"\n"], ids=["small", "large"])
@pytest.mark.parametrize("other", [b"foo\n", b": c\n", b"data\n", b"data:  x\n"])
def test_any_mix_of_data_and_other_lines(
    make_parser: MakeParser, start: bytes, first: bytes, other: bytes
) -> None:
    """The fast path counts what it replaced, so as not to look at each line."""
    for mix in itertools.product([b"data: b\n", other], repeat=6):
        block = start + first + b"".join(mix) + b"\n"
        parser = make_parser()
        place = len(block) * 9 // 10
        reads = [block[:place], block[place:] + b"data: z\n\n"]
        events = [event for data in reads for event in parser.feed(data)]
        assert facts(events) == interpret(b"".join(reads)).events


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"", False),
        (b"data: a\n\n", False),
        (b"data: a\n", True),
        (b"data", True),
        (b"event: a\n", True),
        (b"id: 1\n", True),
        (b"id\n", True),
        (b"i", True),
        (b"retry: 5\n", False),
        (b"retry: 5", False),
        (b": a comment\n", False),
        (b": a comm", False),
        (b"data: a\n\n: a comment\n", False),
        (b"data: a\n\nevent: a\n", True),
    ],
)
def test_whether_part_of_an_event_has_come(
    stream: bytes, expected: bool, make_parser: MakeParser
) -> None:
    for reads in every_cutting(stream):
        parser = make_parser()
        for data in reads:
            parser.feed(data)
        assert parser.in_progress is expected
