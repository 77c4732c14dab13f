"""Any event stream, for hypothesis: from a grammar of lines that leans towards the odd cases."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from support.parsing import BOM

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
