"""The parser, rule by rule: a table of streams and the events and comments that they hold.

Each row is fed whole, byte by byte, and cut at every place, to the parser and to its general path
alone; and once more in all these cuttings to check the place of each comment. To add a case, add a
row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Optional

import pytest

from sseclient_ng import Event, EventStreamParser
from support.parsing import (
    BOM,
    MakeParser,
    Place,
    byte_by_byte,
    every_cutting,
    expect,
    places,
)
from support.reading import Facts, facts, texts


class Row(NamedTuple):
    """A stream, and what the parser must make of it."""

    name: str
    stream: bytes
    events: list[Facts]
    last_event_id: str = ""
    retry: Optional[int] = None
    comments: Sequence[Place] = ()


LINES = [
    Row("nothing at all", b"", []),
    Row("LF", b"data: a\n\n", [expect("a")]),
    Row("CR", b"data: a\r\r", [expect("a")]),
    Row("CRLF", b"data: a\r\n\r\n", [expect("a")]),
    Row("two lines with LF", b"data: a\ndata: b\n\n", [expect("a\nb")]),
    Row("two lines with CR", b"data: a\rdata: b\r\r", [expect("a\nb")]),
    Row("two lines with CRLF", b"data: a\r\ndata: b\r\n\r\n", [expect("a\nb")]),
    Row("LF, then a blank line with CR", b"data: a\n\rdata: b\n\r", [expect("a"), expect("b")]),
    Row("LF, then CRLF", b"data: a\n\r\ndata: b\n\r\n", [expect("a"), expect("b")]),
    Row("CR, then CRLF", b"data: a\r\r\ndata: b\r\r\n", [expect("a"), expect("b")]),
    Row("CRLF, then LF", b"data: a\r\n\ndata: b\r\n\n", [expect("a"), expect("b")]),
    Row("CRLF, then CR", b"data: a\r\n\rdata: b\r\n\r", [expect("a"), expect("b")]),
    Row("CRLF, CR and LF in one block", b"data: a\r\ndata: b\rdata: c\n\r\n", [expect("a\nb\nc")]),
    Row("CRLF is one line end, not two", b"data\r\ndata: b\r\ndata\r\n\r", [expect("\nb\n")]),
    Row(
        "a CR before a CRLF ends a line",
        b"data: a\r\r\ndata: b\n\n",
        [expect("a"), expect("b")],
    ),
    Row(
        "LF and CR are two ends", b"data: a\ndata: b\n\rdata: c\n\n", [expect("a\nb"), expect("c")]
    ),
    Row("only blank lines", b"\n\r\n\r\r\n\n\n", []),
    Row("blank lines before", b"\n\n\ndata: a\n\n", [expect("a")]),
    Row("blank lines between", b"data: a\n\n\n\n\r\n\rdata: b\n\n\n", [expect("a"), expect("b")]),
    Row(
        "many events",
        b"".join(b"data: %d\n\n" % n for n in range(40)),
        [expect(str(n)) for n in range(40)],
    ),
    Row("an event without its blank line", b"data: a\n\ndata: b\n", [expect("a")]),
    Row("an event without its last line end", b"data: a\n\ndata: b", [expect("a")]),
    Row("half a field name at the end", b"data: a\n\ndat", [expect("a")]),
    Row(
        "other separators are data",
        "data: a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n\n".encode(),
        [expect("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")],
    ),
    Row(
        "other separators do not end a block",
        "data: a\u2028\u2028data: b\n\n".encode(),
        [expect("a\u2028\u2028data: b")],
    ),
    Row("a line with a space is not blank", b"data: a\n \ndata: b\n\n", [expect("a\nb")]),
    Row("a line with a tab is not blank", b"data: a\n\t\ndata: b\n\n", [expect("a\nb")]),
    Row("a line with a NUL is not blank", b"data: a\n\0\ndata: b\n\n", [expect("a\nb")]),
]

DATA = [
    Row("no space", b"data:a\n\n", [expect("a")]),
    Row("one space is dropped", b"data: a\n\n", [expect("a")]),
    Row("only one space is dropped", b"data:  a\n\n", [expect(" a")]),
    Row("a tab is kept", b"data:\ta\ndata: \tb\n\n", [expect("\ta\n\tb")]),
    Row("a no-break space is kept", "data:\xa0a\n\n".encode(), [expect("\xa0a")]),
    Row("spaces at the end are kept", b"data: a  \n\n", [expect("a  ")]),
    Row("nothing but a space", b"data: \n\n", [expect("")]),
    Row("nothing but two spaces", b"data:  \n\n", [expect(" ")]),
    Row("empty", b"data:\n\n", [expect("")]),
    Row("no colon", b"data\n\n", [expect("")]),
    Row("two without a colon", b"data\ndata\n\n", [expect("\n")]),
    Row("an empty line first", b"data:\ndata: a\n\n", [expect("\na")]),
    Row("an empty line last", b"data: a\ndata:\n\n", [expect("a\n")]),
    Row("an empty line between", b"data: a\ndata\ndata: b\n\n", [expect("a\n\nb")]),
    Row("three empty lines", b"data:\ndata: \ndata\n\n", [expect("\n\n")]),
    Row(
        "empty events among others",
        b"data\n\ndata: a\n\ndata:\n\n",
        [expect(""), expect("a"), expect("")],
    ),
    Row("colons in the value", b"data:: a: b::\n\n", [expect(": a: b::")]),
    Row("what looks like a field in the value", b"data: data: a\n\n", [expect("data: a")]),
    Row("what looks like a comment in the value", b"data: : a\n\n", [expect(": a")]),
    Row("NUL in the value", b"data: a\0b\n\n", [expect("a\0b")]),
    Row("nothing but NUL", b"data:\0\n\n", [expect("\0")]),
    Row(
        "lines of several shapes",
        b"data:a\ndata: b\ndata\ndata:  c\ndata:d \n\n",
        [expect("a\nb\n\n c\nd ")],
    ),
    Row(
        "lines around other fields",
        b"data: a\nid: 1\ndata: b\nevent: e\ndata: c\n\n",
        [expect("a\nb\nc", "e", "1")],
        "1",
    ),
    Row("a long line", b"data: " + b"0123456789" * 30 + b"\n\n", [expect("0123456789" * 30)]),
]

NAMES = [
    Row(
        "unknown fields",
        b"datum: x\nfoo: y\n:z\nbar\ndata: a\nd: 1\ndata: b\n\n",
        [expect("a\nb")],
        comments=[Place(0, "z")],
    ),
    Row("nothing but unknown fields", b"foo: x\n\nbar\n\n", []),
    Row(
        "names in another case",
        b"Data: x\nDATA: y\nID: 1\nEvent: e\nRetry: 5\ndata: a\n\n",
        [expect("a")],
    ),
    Row("a space before the name", b" data: x\ndata: a\n\n", [expect("a")]),
    Row("a tab before the name", b"\tdata: x\ndata: a\n\n", [expect("a")]),
    Row("a space after the name", b"data : x\ndata: a\n\n", [expect("a")]),
    Row(
        "a NUL before, in and after the name",
        b"\0data: x\nda\0ta: y\ndata\0: z\ndata: a\n\n",
        [expect("a")],
    ),
    Row("a hyphen for a colon", b"data-x\ndata: a\n\n", [expect("a")]),
    Row("longer names", b"datax: x\nidx: 1\nevents: e\nretry2: 5\ndata: a\n\n", [expect("a")]),
    Row("shorter names", b"dat: x\ni: 1\neven: e\nretr: 5\ndata: a\n\n", [expect("a")]),
    Row(
        "bytes that are not UTF-8 in a name",
        b"\xffdata: x\ndata\xff: y\ndata: a\n\n",
        [expect("a")],
    ),
    Row(
        "names of attributes",
        b"last_event_id: x\n__class__: y\njson: z\ndata: a\n\n",
        [expect("a")],
    ),
    Row("a name with an equals sign", b"data=x\n\ndata: a\n\n", [expect("a")]),
]

TYPES = [
    Row("an event type", b"event: add\ndata: a\n\n", [expect("a", "add")]),
    Row("an event type after the data", b"data: a\nevent: add\n\n", [expect("a", "add")]),
    Row(
        "an event type for one event only",
        b"event: add\ndata: a\n\ndata: b\n\n",
        [expect("a", "add"), expect("b")],
    ),
    Row("an event type without data is forgotten", b"event: add\n\ndata: a\n\n", [expect("a")]),
    Row("an event type that is empty", b"event:\ndata: a\n\n", [expect("a")]),
    Row("an event type that is a space", b"event: \ndata: a\n\n", [expect("a")]),
    Row("an event type without a colon", b"event\ndata: a\n\n", [expect("a")]),
    Row("the last event type counts", b"event: x\nevent: y\ndata: a\n\n", [expect("a", "y")]),
    Row(
        "the last event type counts, even if empty", b"event: x\nevent\ndata: a\n\n", [expect("a")]
    ),
    Row("an event type with spaces", b"event:  x y \ndata: a\n\n", [expect("a", " x y ")]),
    Row("an event type named message", b"event: message\ndata: a\n\n", [expect("a")]),
    Row("an event type with NUL", b"event: x\0y\ndata: a\n\n", [expect("a", "x\0y")]),
    Row(
        "an event type that is not ASCII",
        "event: ä→😀\ndata: a\n\n".encode(),
        [expect("a", "ä→😀")],
    ),
    Row("an event type that is not UTF-8", b"event: \xff\ndata: a\n\n", [expect("a", "\ufffd")]),
]

IDS = [
    Row("an ID", b"id: 1\ndata: a\n\n", [expect("a", id="1")], "1"),
    Row("an ID after the data", b"data: a\nid: 1\n\n", [expect("a", id="1")], "1"),
    Row(
        "an ID is carried on",
        b"id: 1\ndata: a\n\ndata: b\n\ndata: c\n\n",
        [expect("a", id="1"), expect("b", carried="1"), expect("c", carried="1")],
        "1",
    ),
    Row(
        "an ID without data is carried on", b"id: 1\n\ndata: a\n\n", [expect("a", carried="1")], "1"
    ),
    Row("an ID without data at the end", b"data: a\n\nid: 1\n\n", [expect("a")], "1"),
    Row(
        "an ID in a block that never ends",
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n",
        [expect("a", id="1")],
        "1",
    ),
    Row(
        "an ID that is empty resets",
        b"id: 1\ndata: a\n\nid:\ndata: b\n\ndata: c\n\n",
        [expect("a", id="1"), expect("b", id=""), expect("c")],
        "",
    ),
    Row(
        "an ID that is a space resets",
        b"id: 1\ndata: a\n\nid: \ndata: b\n\n",
        [expect("a", id="1"), expect("b", id="")],
        "",
    ),
    Row(
        "an ID without a colon resets",
        b"id: 1\ndata: a\n\nid\n\ndata: b\n\n",
        [expect("a", id="1"), expect("b")],
        "",
    ),
    Row("an ID that is empty and the first", b"id\ndata: a\n\n", [expect("a", id="")], ""),
    Row("the last ID counts", b"id: 1\nid: 2\ndata: a\n\n", [expect("a", id="2")], "2"),
    Row("the last ID counts, even if empty", b"id: 1\nid\ndata: a\n\n", [expect("a", id="")], ""),
    Row("an ID with NUL is ignored", b"id: 1\0\ndata: a\n\n", [expect("a")], ""),
    Row(
        "an ID that is NUL is ignored",
        b"id: 1\ndata: a\n\nid:\0\ndata: b\n\n",
        [expect("a", id="1"), expect("b", carried="1")],
        "1",
    ),
    Row(
        "an ID that begins with NUL is ignored",
        b"id: 1\n\nid: \0002\ndata: a\n\n",
        [expect("a", carried="1")],
        "1",
    ),
    Row(
        "an ID with NUL after a valid one",
        b"id: 1\nid: 2\0\ndata: a\n\n",
        [expect("a", id="1")],
        "1",
    ),
    Row(
        "an ID with NUL before a valid one",
        b"id: 1\0\nid: 2\ndata: a\n\n",
        [expect("a", id="2")],
        "2",
    ),
    Row("an ID with spaces", b"id:  1 \ndata: a\n\n", [expect("a", id=" 1 ")], " 1 "),
    Row(
        "an ID with a tab and controls",
        b"id: \t\x01\x7f\ndata: a\n\n",
        [expect("a", id="\t\x01\x7f")],
        "\t\x01\x7f",
    ),
    Row("an ID that is not ASCII", "id: ☃é\ndata: a\n\n".encode(), [expect("a", id="☃é")], "☃é"),
    Row(
        "an ID that is not UTF-8",
        b"id: \xc3\ndata: a\n\ndata: b\n\n",
        [expect("a", id="\ufffd"), expect("b", carried="\ufffd")],
        "\ufffd",
    ),
    Row("an ID that is a number", b"id: 007\ndata: a\n\n", [expect("a", id="007")], "007"),
    Row("an ID alone", b"id: 1\n\n", [], "1"),
    Row("two IDs, each alone", b"id: 1\n\nid: 2\n\n", [], "2"),
    Row(
        "the same ID again",
        b"id: 1\ndata: a\n\nid: 1\ndata: b\n\n",
        [expect("a", id="1"), expect("b", id="1")],
        "1",
    ),
    Row(
        "an ID before and after an event type",
        b"id: 1\nevent: e\nid: 2\ndata: a\n\nevent: f\nid: 3\ndata: b\n\n",
        [expect("a", "e", "2"), expect("b", "f", "3")],
        "3",
    ),
]

RETRIES = [
    Row("a reconnection time", b"retry: 1500\ndata: a\n\n", [expect("a", retry=1500)], retry=1500),
    Row(
        "a reconnection time after the data",
        b"data: a\nretry:7\n\n",
        [expect("a", retry=7)],
        retry=7,
    ),
    Row("a reconnection time alone", b"retry: 1500\n\ndata: a\n\n", [expect("a")], retry=1500),
    Row("a reconnection time in a block that never ends", b"retry: 1500\n", [], retry=1500),
    Row("a reconnection time whose line never ends", b"retry: 5\nretry: 1500", [], retry=5),
    Row("a reconnection time of zero", b"retry: 0\ndata: a\n\n", [expect("a", retry=0)], retry=0),
    Row("leading zeros", b"retry: 0015\ndata: a\n\n", [expect("a", retry=15)], retry=15),
    Row("nothing but zeros", b"retry: 000\ndata: a\n\n", [expect("a", retry=0)], retry=0),
    Row(
        "the last reconnection time counts",
        b"retry: 1\nretry: 2\ndata: a\n\n",
        [expect("a", retry=2)],
        retry=2,
    ),
    Row(
        "a reconnection time is not carried on",
        b"retry: 1\ndata: a\n\ndata: b\n\n",
        [expect("a", retry=1), expect("b")],
        retry=1,
    ),
    Row(
        "thirty digits",
        b"retry: " + b"9" * 30 + b"\ndata: a\n\n",
        [expect("a", retry=10**30 - 1)],
        retry=10**30 - 1,
    ),
    *(
        Row(
            f"retry that is ignored: {value!r}",
            b"retry: 5\n\nretry:%b\ndata: a\n\n" % value,
            [expect("a")],
            retry=5,
        )
        for value in [
            b"",
            b" ",
            b"  5",
            b" 5 ",
            b"\t5",
            b" -5",
            b" +5",
            b" 1.5",
            b" 1e3",
            b" 0x10",
            b" 1_000",
            b" 1,000",
            b" 5s",
            b" soon",
            b" 5\0",
            b" \0",
            " \u0663".encode(),  # a digit, though not an ASCII one
            " \u00b2".encode(),
            " \uff15".encode(),
            b" \xff",
        ]
    ),
    Row("retry without a colon", b"retry: 5\n\nretry\ndata: a\n\n", [expect("a")], retry=5),
    Row(
        "an invalid reconnection time after a valid one",
        b"retry: 6\nretry: x\ndata: a\n\n",
        [expect("a", retry=6)],
        retry=6,
    ),
]

COMMENTS = [
    Row("a comment", b": hello\n\n", [], comments=[Place(0, "hello")]),
    Row("an empty comment", b":\n\ndata: a\n\n", [expect("a")], comments=[Place(0, "")]),
    Row(
        "a comment without a space",
        b":hello\ndata: a\n\n",
        [expect("a")],
        comments=[Place(0, "hello")],
    ),
    Row(
        "a comment that looks like a field",
        b":data: x\n: data: y\n::data: z\n\n",
        [],
        comments=[Place(0, "data: x"), Place(0, "data: y"), Place(0, ":data: z")],
    ),
    Row(
        "comments among the lines of an event",
        b"data: a\n:\n: b\n:c\ndata: d\n:e\n\n",
        [expect("a\nd")],
        comments=[Place(0, text) for text in ["", "b", "c", "e"]],
    ),
    Row(
        "comments do not end an event",
        b"data: a\n: x\ndata: b\n\n: y\n\ndata: c\n\n",
        [expect("a\nb"), expect("c")],
        comments=[Place(0, "x"), Place(1, "y")],
    ),
    Row("a comment of colons", b":::\ndata: a\n\n", [expect("a")], comments=[Place(0, "::")]),
    Row("a comment with NUL", b":\0\ndata: a\n\n", [expect("a")], comments=[Place(0, "\0")]),
    Row(
        "a comment that is not UTF-8",
        b":\xff\xfe\ndata: a\n\n",
        [expect("a")],
        comments=[Place(0, "\ufffd\ufffd")],
    ),
    Row(
        "a long comment",
        b":" + b"x" * 300 + b"\ndata: a\n\n",
        [expect("a")],
        comments=[Place(0, "x" * 300)],
    ),
    Row(
        "comments with all line ends",
        b":a\r\n:b\r:c\n\r\n:d\r\rdata: e\r\r",
        [expect("e")],
        comments=[Place(0, text) for text in "abcd"],
    ),
    Row(
        "heartbeats between events",
        b"data: a\n\n:\n\n: ping\n\ndata: b\n\n:\n\n",
        [expect("a"), expect("b")],
        comments=[Place(1, ""), Place(1, "ping"), Place(2, "")],
    ),
    Row("an incomplete comment at the end", b"data: a\n\n: x", [expect("a")]),
    Row("a colon after a space starts no comment", b" : x\ndata: a\n\n", [expect("a")]),
]

BYTE_ORDER_MARKS = [
    Row("a BOM", BOM + b"data: a\n\n", [expect("a")]),
    Row("nothing but a BOM", BOM, []),
    Row(
        "a BOM and a comment", BOM + b": x\n\ndata: a\n\n", [expect("a")], comments=[Place(0, "x")]
    ),
    Row("a BOM and a blank line", BOM + b"\ndata: a\n\n", [expect("a")]),
    Row("a BOM and CRLF", BOM + b"\r\ndata: a\r\n\r\n", [expect("a")]),
    Row("two BOMs", BOM + BOM + b"data: x\n\ndata: a\n\n", [expect("a")]),
    Row(
        "a BOM before a later event",
        b"data: a\n\n" + BOM + b"data: x\n\ndata: b\n\n",
        [expect("a"), expect("b")],
    ),
    Row("a BOM before a later line", b"data: a\n" + BOM + b"data: x\n\n", [expect("a")]),
    Row("a BOM after a blank line", b"\n" + BOM + b"data: x\n\ndata: a\n\n", [expect("a")]),
    Row("a BOM in a value", b"data:" + BOM + b"a\n\n", [expect("\ufeffa")]),
    Row("a BOM at the start and in a value", BOM + b"data: " + BOM + b"\n\n", [expect("\ufeff")]),
    Row("a BOM before a later comment", b"\n" + BOM + b": x\ndata: a\n\n", [expect("a")]),
    Row("the first byte of a BOM", b"\xefdata: x\n\ndata: a\n\n", [expect("a")]),
    Row("two bytes of a BOM", b"\xef\xbbdata: x\n\ndata: a\n\n", [expect("a")]),
    Row("two bytes of a BOM and a blank line", b"\xef\xbb\n\ndata: a\n\n", [expect("a")]),
    Row("a BOM of UTF-16", b"\xff\xfedata: x\n\ndata: a\n\n", [expect("a")]),
]

ENCODING = [
    Row("two, three and four bytes", "data: é→😀\n\n".encode(), [expect("é→😀")]),
    Row(
        "several scripts",
        "data: ελλ\ndata: 日本語\ndata: ру\n\n".encode(),
        [expect("ελλ\n日本語\nру")],
    ),
    Row(
        "U+0000 to U+10FFFF",
        "data: \x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U0010ffff\n\n".encode(),
        [expect("\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U0010ffff")],
    ),
    Row("a byte that is never UTF-8", b"data: a\xffb\n\n", [expect("a\ufffdb")]),
    Row("a continuation byte alone", b"data: a\x80b\n\n", [expect("a\ufffdb")]),
    Row("a sequence cut by ASCII", b"data: \xe2\x82b\n\n", [expect("\ufffdb")]),
    Row("a sequence cut by the end of the line", b"data: \xf0\x9f\x98\n\n", [expect("\ufffd")]),
    Row("a sequence cut by CR", b"data: \xe2\x82\r\r", [expect("\ufffd")]),
    Row(
        "a sequence across two lines is invalid",
        b"data: \xe2\ndata: \x82\xac\n\n",
        [expect("\ufffd\n\ufffd\ufffd")],
    ),
    Row("overlong", b"data: \xc0\xafx\n\n", [expect("\ufffd\ufffdx")]),
    Row("a surrogate", b"data: \xed\xa0\x80x\n\n", [expect("\ufffd\ufffd\ufffdx")]),
    Row("beyond U+10FFFF", b"data: \xf4\x90\x80\x80x\n\n", [expect("\ufffd\ufffd\ufffd\ufffdx")]),
    Row("Latin-1", "data: grün\n\n".encode("latin-1"), [expect("gr\ufffdn")]),
    Row(
        "valid events among invalid ones",
        b"data: a\n\ndata: \xff\n\ndata: b\n\n",
        [expect("a"), expect("\ufffd"), expect("b")],
    ),
    Row("U+0085 as bytes is data", b"data: a\xc2\x85b\n\n", [expect("a\x85b")]),
    Row("U+010A has a byte that is LF in UTF-16", "data: Ċč\n\n".encode(), [expect("Ċč")]),
]

ALL_TOGETHER = [
    Row(
        "a whole stream",
        BOM
        + b": welcome\r\nretry: 250\r\n\r\n"
        + 'event: created\nid: ä1\ndata: {\ndata: "a": 1}\n\n'.encode()
        + b"data: carried\rdata\r\r"
        + b"id\r\nevent: reset\r\ndata:x\r\n\r\n"
        + b"nonsense\n\ndata: no end",
        [
            expect('{\n"a": 1}', "created", "ä1"),
            expect("carried\n", carried="ä1"),
            expect("x", "reset", ""),
        ],
        last_event_id="",
        retry=250,
        comments=[Place(0, "welcome")],
    ),
    Row(
        "a block in every order of its fields",
        b"data: a\nid: 1\nevent: e\nretry: 2\n\n"
        b"retry: 2\nevent: e\nid: 1\ndata: a\n\n"
        b"event: e\nretry: 2\ndata: a\nid: 1\n\n",
        [expect("a", "e", "1", 2)] * 3,
        last_event_id="1",
        retry=2,
    ),
]

ROWS = [
    *LINES,
    *DATA,
    *NAMES,
    *TYPES,
    *IDS,
    *RETRIES,
    *COMMENTS,
    *BYTE_ORDER_MARKS,
    *ENCODING,
    *ALL_TOGETHER,
]


def row_name(row: Row) -> str:
    return row.name


each_row = pytest.mark.parametrize("row", ROWS, ids=row_name)


def check(row: Row, make_parser: MakeParser, reads: Iterable[bytes]) -> None:
    parser = make_parser()
    events = [event for data in reads for event in parser.feed(data)]
    assert facts(events) == row.events
    assert parser.last_event_id == row.last_event_id
    assert parser.retry == row.retry


@each_row
def test_whole(row: Row, make_parser: MakeParser) -> None:
    check(row, make_parser, [row.stream])


@each_row
def test_byte_by_byte(row: Row, make_parser: MakeParser) -> None:
    check(row, make_parser, byte_by_byte(row.stream))


@each_row
def test_cut_at_every_place(row: Row, make_parser: MakeParser) -> None:
    for place in range(len(row.stream) + 1):
        check(row, make_parser, [row.stream[:place], row.stream[place:]])


@each_row
def test_cut_into_three_at_every_line(row: Row, make_parser: MakeParser) -> None:
    """The parser changes its path at line ends, and back."""
    places = [at + 1 for at, byte in enumerate(row.stream) if byte in b"\r\n"]
    for first, second in zip(places, places[1:]):
        reads = [row.stream[:first], row.stream[first:second], b"", row.stream[second:]]
        check(row, make_parser, reads)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if not row.stream.startswith(BOM)], ids=row_name
)
def test_after_another_event(row: Row, make_parser: MakeParser) -> None:
    """An earlier event changes nothing, except that a BOM would no longer be one."""
    parser = make_parser()
    assert texts(parser.feed(b"event: before\ndata: before\n\n")) == ["before"]
    assert facts(parser.feed(row.stream)) == row.events


@each_row
def test_each_comment_has_its_place_in_every_cutting(row: Row) -> None:
    for reads in every_cutting(row.stream):
        parser = EventStreamParser()
        found = [each for data in reads for each in parser.feed_with_comments(data)]
        assert places(found) == list(row.comments)
        assert facts(each for each in found if isinstance(each, Event)) == row.events


def test_names_of_rows_are_different() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
