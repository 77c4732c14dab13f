"""Properties of every stream: random streams, cut at random, against a second implementation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Union

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sseclient_ng import Comment, Event, EventStreamParser, EventTooLarge, iter_events
from support.any_stream import commented_streams, cut, cuttings, noise, streams, usual_streams
from support.parsing import BOM
from support.reading import Facts, GeneralPath, facts
from support.standard import Interpretation, interpret, interpreter_of

# The same streams on every run and every machine, and no deadline.
deterministic = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)


def parse(parser: EventStreamParser, reads: Iterable[bytes]) -> Interpretation:
    events = [event for data in reads for event in parser.feed(data)]
    return Interpretation(facts(events), parser.last_event_id, parser.retry)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"data\n\ndata\ndata\n\ndata:", id="the standard's example of empty data"),
        pytest.param(b"id: 1\ndata: a\n\nid\ndata: b\n\n", id="an ID and its reset"),
    ],
)
def test_second_implementation_is_right(stream: bytes) -> None:
    """Two examples by hand: if it gave nothing, it would agree with a broken parser."""
    expected = {
        b"data\n\ndata\ndata\n\ndata:": [
            Facts("", "message", None, None, ""),
            Facts("\n", "message", None, None, ""),
        ],
        b"id: 1\ndata: a\n\nid\ndata: b\n\n": [
            Facts("a", "message", "1", None, "1"),
            Facts("b", "message", "", None, ""),
        ],
    }
    assert interpret(stream).events == expected[stream]


@deterministic
@given(stream=streams, sizes=cuttings)
def test_any_cutting_gives_the_events_of_the_standard(stream: bytes, sizes: list[int]) -> None:
    expected = interpret(stream)
    reads = cut(stream, sizes)
    assert parse(EventStreamParser(), reads) == expected
    assert parse(EventStreamParser(), [stream]) == expected
    assert parse(GeneralPath(), reads) == expected


@deterministic
@given(stream=usual_streams(), sizes=cuttings)
def test_fast_path_agrees_with_the_general_path(stream: bytes, sizes: list[int]) -> None:
    reads = cut(stream, sizes)
    fast = parse(EventStreamParser(), reads)
    assert fast == parse(GeneralPath(), reads)
    assert fast == interpret(stream)


@deterministic
@given(stream=usual_streams(), sizes=cuttings)
def test_each_event_is_returned_with_its_blank_line(stream: bytes, sizes: list[int]) -> None:
    parser = EventStreamParser()
    came: list[Facts] = []
    read = b""
    for data in cut(stream, sizes):
        read += data
        came += facts(parser.feed(data))
        assert came == interpret(read).events


@deterministic
@given(stream=streams, sizes=cuttings)
def test_reading_the_properties_changes_nothing(stream: bytes, sizes: list[int]) -> None:
    parser = EventStreamParser()
    events, read = [], b""
    for data in cut(stream, sizes):
        read += data
        events += parser.feed(data)
        now = interpret(read)
        assert (parser.last_event_id, parser.retry) == (now.last_event_id, now.retry)
    assert facts(events) == interpret(stream).events


@deterministic
@given(stream=streams, sizes=cuttings)
def test_close_returns_the_event_without_its_blank_line(stream: bytes, sizes: list[int]) -> None:
    expected = interpret(stream, at_the_end="deliver").events
    for parser in (EventStreamParser(), GeneralPath()):
        events = [event for data in cut(stream, sizes) for event in parser.feed(data)]
        assert facts(events + parser.close()) == expected
        assert parser.close() == []


@deterministic
@given(first=streams, second=streams, sizes=cuttings)
def test_a_closed_parser_reads_like_a_new_one(
    first: bytes, second: bytes, sizes: list[int]
) -> None:
    used = EventStreamParser()
    for data in cut(first, sizes):
        used.feed(data)
    used.close()
    new = EventStreamParser(last_event_id=used.last_event_id)
    again = parse(used, cut(second, sizes))
    assert again.events == parse(new, cut(second, sizes)).events


@deterministic
@given(stream=noise, sizes=cuttings)
def test_noise_raises_nothing_and_any_cutting_gives_the_same_events(
    stream: bytes, sizes: list[int]
) -> None:
    expected = interpret(stream)
    assert parse(EventStreamParser(), cut(stream, sizes)) == expected
    assert parse(GeneralPath(), cut(stream, sizes)) == expected


def in_order(found: Iterable[Union[Event, Comment]]) -> list[Union[Facts, str]]:
    return [str(each) if isinstance(each, Comment) else facts([each])[0] for each in found]


@deterministic
@given(stream=streams, sizes=cuttings)
def test_comments_have_the_same_place_in_any_cutting(stream: bytes, sizes: list[int]) -> None:
    expected = interpreter_of(stream).found
    assert in_order(EventStreamParser().feed_with_comments(stream)) == expected
    parser = EventStreamParser()
    found = [each for data in cut(stream, sizes) for each in parser.feed_with_comments(data)]
    assert in_order(found) == expected


@deterministic
@given(
    stream=st.one_of(commented_streams, streams),
    sizes=st.one_of(st.lists(st.integers(5, 20), min_size=5, max_size=20), cuttings),
    choices=st.lists(st.booleans(), min_size=5),
)
def test_feed_skips_only_the_comments_that_it_completes(
    stream: bytes, sizes: list[int], choices: list[bool]
) -> None:
    parser = EventStreamParser()
    read = b""
    for data, with_comments in zip(cut(stream, sizes), chain(choices, repeat(True))):
        before = len(interpreter_of(read).found)
        read += data
        expected = interpreter_of(read).found[before:]
        if with_comments:
            assert in_order(parser.feed_with_comments(data)) == expected
        else:
            assert facts(parser.feed(data)) == [each for each in expected if type(each) is Facts]
    now = interpret(stream)
    assert (parser.last_event_id, parser.retry) == (now.last_event_id, now.retry)


def first_line_beyond(stream: bytes, limit: int) -> bool:
    """Whether an event holds more than a limit: each line and its end count, comments do not."""
    if BOM.startswith(stream):  # which is still undecided, and would not count
        return False
    body = stream[len(BOM) :] if stream.startswith(BOM) else stream
    held = 0
    for line in re.split(rb"\r\n|\n|\r", body):
        if held + len(line) > limit:
            return True
        if not line:
            held = 0
        elif not line.startswith(b":"):
            held += len(line) + 1
    return False


def parse_within(parser: EventStreamParser, reads: Iterable[bytes]) -> tuple[list[Facts], bool]:
    events: list[Event] = []
    try:
        for data in reads:
            events += parser.feed(data)
        parser.feed(b"")
    except EventTooLarge:
        return facts(events), True
    return facts(events), False


@deterministic
@given(stream=streams, sizes=cuttings, limit=st.integers(1, 60))
@example(stream=b"data: \nid: \ndata: \xc0\x80\n\n", sizes=[1], limit=22)  # 3 bytes for each
@example(stream=BOM[:2], sizes=[1], limit=1)
@example(stream=BOM[:2] + b"a", sizes=[1], limit=1)
def test_limit_does_not_depend_on_the_cutting(stream: bytes, sizes: list[int], limit: int) -> None:
    in_reads = parse_within(EventStreamParser(max_event_size=limit), cut(stream, sizes))
    whole = parse_within(EventStreamParser(max_event_size=limit), [stream])
    assert in_reads == whole
    events, too_large = whole
    assert too_large == first_line_beyond(stream, limit)
    all_events = interpret(stream).events
    assert events == all_events[: len(events)]
    assert too_large or events == all_events


@deterministic
@given(stream=streams, sizes=cuttings)
def test_chunks_of_text_are_chunks_of_bytes(stream: bytes, sizes: list[int]) -> None:
    text = stream.decode("utf-8", "replace")
    chunks, rest = [], text
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    expected = interpret(stream, at_the_end="deliver").events
    assert facts(iter_events([*chunks, rest])) == expected
    assert facts(iter_events(cut(stream, sizes))) == expected
