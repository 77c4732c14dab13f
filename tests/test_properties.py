"""Properties of every stream: random streams, cut at random, against a second implementation.

`interpret` implements the steps of the standard once more, with nothing of the package in it. The
streams come from a grammar of lines that leans towards the odd cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, repeat
from typing import NamedTuple, Optional, Union

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sseclient_ng import Comment, Event, EventStreamParser, EventTooLarge, iter_events
from support.parsing import BOM
from support.reading import Facts, GeneralPath, facts

LINE_END = re.compile("\r\n|\n|\r")

# The same streams on every run and every machine, and no deadline.
deterministic = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow],
)


class Interpretation(NamedTuple):
    """The events of a stream, and its state at the end."""

    events: list[Facts]
    last_event_id: str
    retry: Optional[int]


class Interpreter:
    """The steps of "Interpreting an event stream", one method for each of their paragraphs.

    Attributes:
        found: the events, and the texts of comments, in the order of the stream.
    """

    def __init__(self) -> None:
        self.found: list[Union[Facts, str]] = []
        self.last_event_id = ""
        self.reconnection_time: Optional[int] = None
        self.id_buffer = ""
        self.reset()

    @property
    def events(self) -> list[Facts]:
        return [each for each in self.found if isinstance(each, Facts)]

    def reset(self) -> None:
        self.data_buffer = ""
        self.type_buffer = ""
        self.own_id: Optional[str] = None
        self.own_retry: Optional[int] = None

    def line(self, line: str) -> None:
        if line == "":
            self.dispatch()
        elif line[0] == ":":
            self.found.append(line[2:] if line[1:2] == " " else line[1:])
        elif ":" in line:
            at = line.index(":")
            value = line[at + 1 :]
            self.field(line[:at], value[1:] if value[:1] == " " else value)
        else:
            self.field(line, "")

    def field(self, name: str, value: str) -> None:
        if name == "event":
            self.type_buffer = value
        elif name == "data":
            self.data_buffer += value + "\n"
        elif name == "id" and "\0" not in value:
            self.id_buffer = self.own_id = value
        elif name == "retry" and value and all(digit in "0123456789" for digit in value):
            self.reconnection_time = self.own_retry = int(value)

    def dispatch(self) -> None:
        self.last_event_id = self.id_buffer
        if self.data_buffer != "":
            data = self.data_buffer[:-1]
            name = self.type_buffer or "message"
            self.found.append(Facts(data, name, self.own_id, self.own_retry, self.last_event_id))
        self.reset()


def interpreter_of(stream: bytes, *, at_the_end: str = "drop") -> Interpreter:
    """Read a stream by the standard.

    Args:
        stream: the whole stream.
        at_the_end: "drop" what lacks its blank line, or "deliver" it.
    """
    text = stream.decode("utf-8", "replace")
    *lines, unfinished = LINE_END.split(text[1:] if text[:1] == "\ufeff" else text)
    interpreter = Interpreter()
    for line in lines:
        interpreter.line(line)
    if at_the_end == "deliver":
        interpreter.line(unfinished)
        interpreter.line("")
    return interpreter


def interpret(stream: bytes, *, at_the_end: str = "drop") -> Interpretation:
    """Read a stream by the standard; the arguments are those of `interpreter_of`."""
    read = interpreter_of(stream, at_the_end=at_the_end)
    return Interpretation(read.events, read.last_event_id, read.reconnection_time)


# Streams

VALUES = [
    *(b"", b" ", b"  ", b"a", b" a", b"a ", b"5", b"007", b"-1", b"1 ", b"9" * 30, b"\t", b":"),
    *(b"\0", b"a\0b", b"\xff", b"\xe2\x82", b"\xac", b"\xc0\x80", BOM, b"data: x", b":x", b"id"),
    *("é→😀".encode(), "\u2028\x85\x0b\x0c".encode(), "\u0663".encode(), b'{"a": 1}', b"x" * 50),
]
NAMES = [
    *(b"data", b"event", b"id", b"retry", b"", b"foo", b"Data", b"dat", b"datax", b"ids", b" data"),
    *(b"data ", b"da\0ta", b"\0", b"\xff", BOM + b"data", "dätä".encode(), b"\t"),
]
USUAL = [b"data"] * 8 + [b"id"] * 3 + [b"event"] * 3 + [b"retry"] * 2
SEPARATORS = [b": ", b": ", b": ", b":", b":", b""]

values = st.sampled_from(VALUES)
any_field = st.tuples(st.sampled_from(NAMES + USUAL), st.sampled_from(SEPARATORS), values).map(
    lambda parts: parts[0] + (b"".join(parts[1:]) if parts[1] else b"")
)
usual_field = st.tuples(st.sampled_from(USUAL), st.sampled_from([b": ", b":"]), values).map(
    b"".join
)
data_line = values.map(lambda value: b"data: " + value)
blank = st.just(b"")
ends = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])


@st.composite
def odd_streams(draw: st.DrawFn) -> bytes:
    """Lines of any kind with ends of any kind."""
    lines = draw(
        st.lists(st.tuples(st.one_of(any_field, data_line, blank, blank), ends), max_size=25)
    )
    start = draw(st.sampled_from([b"", b"", BOM, BOM + BOM, BOM[:1], BOM[:2]]))
    rest = draw(st.one_of(blank, any_field))
    return start + b"".join(line + end for line, end in lines) + rest


@st.composite
def usual_streams(draw: st.DrawFn) -> bytes:
    """Blocks as servers write them, with one kind of line end, for the fast path."""
    blocks = st.one_of(
        st.lists(data_line, min_size=1, max_size=1),
        st.lists(data_line, min_size=1, max_size=5),
        st.tuples(usual_field, data_line),
        st.tuples(usual_field, usual_field, data_line, data_line),
        st.lists(usual_field, min_size=1, max_size=5),
        st.lists(any_field, min_size=1, max_size=5),
        st.lists(st.just(b": ping"), min_size=1, max_size=2),
        st.permutations([b": ping", b"data: a", b"data: b"]),
    )
    end = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"]))
    drawn = draw(st.lists(blocks, max_size=8))
    body = b"".join(end.join([*block, b"", b""]) for block in drawn)
    return draw(st.sampled_from([b"", BOM])) + body + draw(st.one_of(blank, any_field))


commented_streams = st.lists(
    st.permutations([b": ping\n", b"data: a\n", b": pong\n", b"data: b\n"]), min_size=1, max_size=5
).map(lambda blocks: b"".join(b"".join([*block, b"\n"]) for block in blocks))
streams = st.one_of(odd_streams(), usual_streams())
noise = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from([b"data", b"id", b"event", b"retry", b":", b" ", b"\r", b"\n", *VALUES]),
        max_size=60,
    ).map(b"".join),
)
# The sizes of the first reads; the rest comes in one.
cuttings = st.one_of(
    st.just([]),
    st.lists(st.integers(0, 12), max_size=60),
    st.lists(st.sampled_from([1, 2, 7, 40]), max_size=60),
    st.integers(1, 9).map(lambda size: [size] * 200),
)


def cut(stream: bytes, sizes: Iterable[int]) -> list[bytes]:
    reads = []
    for size in sizes:
        reads.append(stream[:size])
        stream = stream[size:]
    return [*reads, stream]


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
