"""Whatever a server sends, each format stays what it is, and a terminal is safe."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseclient_ng import Event, EventStreamParser
from sseclient_ng._command.formats import Data, Format, JSONLines, Pretty, Raw, Shown
from sseclient_ng._command.terminal import COLOURS, NO_COLOURS

CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]"
)
COLOUR = re.compile("\x1b\\[[0-9;]*m")

NASTY = st.sampled_from(
    ["\x1b[2J", "\x9b1m", "\x07", "\r", "\n", "\t", "\0", "\u202e", "\u2028", "\x85", "\\x1b", '"']
)
TEXTS = st.lists(st.one_of(NASTY, st.text(max_size=5)), max_size=6).map("".join)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=10,
)
DATA = st.one_of(TEXTS, JSON.map(json.dumps), JSON.map(lambda v: json.dumps(v, ensure_ascii=False)))
FIELDS = st.lists(
    st.one_of(
        DATA.map(lambda text: f"data: {text}"),
        TEXTS.map(lambda text: f"event: {text}"),
        TEXTS.map(lambda text: f"id: {text}"),
        st.integers(0, 10**6).map(lambda number: f"retry: {number}"),
        TEXTS,
        st.just(""),
    ),
    max_size=12,
)


def events_of(fields: list[str]) -> list[Event]:
    stream = "\n".join([*fields, "data: end", "", ""])
    return EventStreamParser().feed(stream.encode("utf-8", "replace"))


SAFE: dict[str, Format] = {
    "pretty": Pretty(NO_COLOURS, lambda: "14:03:27"),
    "jsonl": Shown(JSONLines(parses=False)),
    "parsed": Shown(JSONLines(parses=True)),
    "data": Shown(Data()),
    "raw": Shown(Raw()),
}


@pytest.mark.parametrize("name", SAFE)
@given(FIELDS)
def test_a_terminal_is_safe(name: str, fields: list[str]) -> None:
    for event in events_of(fields):
        assert not CONTROL.search(SAFE[name].event(event))
        assert not CONTROL.search(SAFE[name].comment(event.data.replace("\n", "")))


@pytest.mark.parametrize("data", ["1.5", '"Ada"', "null", "Ada", "NaN", '{"a": NaN}'])
def test_what_is_no_object_of_json_is_shown_as_text(data: str) -> None:
    assert f"\n  {data}\n" in SAFE["pretty"].event(Event(data))


@given(FIELDS)
def test_colours_change_nothing_else(fields: list[str]) -> None:
    coloured = Pretty(COLOURS, lambda: "14:03:27")
    for event in events_of(fields):
        shown = coloured.event(event)
        assert COLOUR.sub("", shown) == SAFE["pretty"].event(event)
        assert shown.split("\n")[0].startswith("\x1b[2m14:03:27\x1b[0m  \x1b[1;36m")


@given(FIELDS)
def test_a_block_can_not_pretend_to_be_two(fields: list[str]) -> None:
    for event in events_of(fields):
        first, *others = SAFE["pretty"].event(event).split("\n")
        assert first.startswith("14:03:27  ")
        assert all(line.startswith("  ") for line in others[:-2])
        assert others[-2:] == ["", ""]


@pytest.mark.parametrize("parses", [True, False])
@given(FIELDS)
def test_a_line_of_json_tells_everything(parses: bool, fields: list[str]) -> None:
    for event in events_of(fields):
        line = JSONLines(parses=parses).event(event)
        assert line.splitlines() == [line[:-1]]
        assert not CONTROL.search(line)
        record = json.loads(line)
        assert (record["event"], record["id"]) == (event.event, event.id)
        assert (record["last_event_id"], record["retry"]) == (event.last_event_id, event.retry)
        if parses and record["data"] != event.data:
            assert record["data"] == json.loads(event.data)
        else:
            assert record["data"] == event.data


@pytest.mark.parametrize("depth", [*range(980, 1320, 20), 100_000])
def test_data_of_many_levels_is_no_error(depth: int) -> None:
    """What json reads, it may not be able to write, and the limits depend on the interpreter."""
    data = "[" * depth + "]" * depth
    assert "".join(SAFE["pretty"].event(Event(data)).split()) == f"14:03:27message{data}"
    assert json.loads(JSONLines(parses=True).event(Event("[1]")))["data"] == [1]
    assert data in JSONLines(parses=True).event(Event(data))


@given(FIELDS)
def test_raw_gives_the_same_events_again(fields: list[str]) -> None:
    events = events_of(fields)
    again = EventStreamParser().feed("".join(map(Raw().event, events)).encode())
    assert list(map(vars, again)) == list(map(vars, events))
