"""Comments in their place among the events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sseclient_ng import Comment, EventStreamParser
from support.parsing import BOM, every_cutting
from support.reading import texts


def with_comments(reads: Iterable[bytes]) -> list[str]:
    """The results for a stream, in order: the reprs of comments, the data of events."""
    parser = EventStreamParser()
    found = [each for data in reads for each in parser.feed_with_comments(data)]
    return [repr(each) if isinstance(each, Comment) else each.data for each in found]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b":\n", [""]),
        (b": \n", [""]),
        (b":a\n", ["a"]),
        (b": a\n", ["a"]),
        (b":  a \n", [" a "]),
        (b":\ta\n", ["\ta"]),
        (b":: a\n", [": a"]),
        (b": a\r: b\r\n: c\n", ["a", "b", "c"]),
        (b": a\n\n: b\n\n", ["a", "b"]),
        (b": unfinished", []),
        (b" : no comment\n", []),
        (BOM + b": a\n", ["a"]),
        (": ä\xa0😀\n".encode(), ["ä\xa0😀"]),
        (b":\xff\n", ["\ufffd"]),
        (b":\0\n", ["\0"]),
    ],
)
def test_text_of_comments(stream: bytes, expected: list[str]) -> None:
    check_with_comments(stream, [repr(Comment(text)) for text in expected])


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: 1\n\n:c1\ndata: 2\n\n:c2\n", ["1", "Comment('c1')", "2", "Comment('c2')"]),
        (
            b"data: x\n: a\ndata: y\n:b\n\n:c\n",
            [*map(repr, map(Comment, "ab")), "x\ny", "Comment('c')"],
        ),
        (b":a\n\ndata: 1\n\n:b\n:c\n\n", ["Comment('a')", "1", "Comment('b')", "Comment('c')"]),
        (b"id: 1\n\n:a\ndata: 1\r\r:b\r", ["Comment('a')", "1", "Comment('b')"]),
        (b"data: : no comment\n\n", [": no comment"]),
    ],
)
def test_comments_come_in_their_place(stream: bytes, expected: list[str]) -> None:
    check_with_comments(stream, expected)


def check_with_comments(stream: bytes, expected: list[str]) -> None:
    for reads in every_cutting(stream):
        assert with_comments(reads) == expected


def test_a_comment_is_text() -> None:
    comment = Comment("caf\u00e9")
    assert comment == "caf\u00e9"
    assert (repr(comment), str(comment)) == ("Comment('caf\u00e9')", "caf\u00e9")


def test_a_comment_is_complete_when_its_line_ends() -> None:
    parser = EventStreamParser()
    assert parser.feed_with_comments(b"data: a\n: x") == []
    assert parser.feed_with_comments(b"\r") == ["x"], "its block is still incomplete"
    assert texts(parser.feed(b"\n\n")) == ["a"]


def test_feed_passes_over_the_comments_in_its_bytes() -> None:
    for start in (b"data: a\n: passed over\n", b": passed over\ndata: a\n", b": passed over\n"):
        parser = EventStreamParser()
        assert parser.feed(start) == []
        assert parser.feed_with_comments(b":b\n\n")[0] == "b"
        assert texts(parser.feed(b":c\n\ndata: d\n\n")) == ["d"]
        assert parser.feed_with_comments(b":e\n") == ["e"]


def test_later_calls_leave_returned_lists_alone() -> None:
    parser = EventStreamParser()
    found = parser.feed_with_comments(b": a\n")
    parser.feed(b": b\n")
    parser.feed_with_comments(b": c\n")
    parser.close_with_comments()
    assert found == ["a"]


def test_a_comment_belongs_to_the_call_that_completes_it() -> None:
    parser = EventStreamParser()
    assert parser.feed(b": a") == []
    assert parser.feed_with_comments(b"b\n: c") == ["ab"]
    assert parser.feed(b"d\n: e\n") == []
    assert parser.feed_with_comments(b"data: f\n: g\n") == ["g"]
    assert texts(parser.feed(b"\n")) == ["f"]


def test_close_with_comments_returns_an_incomplete_comment() -> None:
    parser = EventStreamParser()
    assert parser.feed(b"data: a\n: x") == []
    comment, event = parser.close_with_comments()
    assert (repr(comment), str(event)) == ("Comment('x')", "a")
    parser.feed(b"data: a\n: x")
    assert texts(parser.close()) == ["a"]
