"""The event object: its fields, its use by old code, and its text form."""

from __future__ import annotations

import copy
import json
import pickle
from typing import NamedTuple

import pytest

from sseclient_ng import Event, EventStreamParser


def one_event(stream: bytes) -> Event:
    """The last event that the parser returns for a stream."""
    return EventStreamParser().feed(stream)[-1]


class Made(NamedTuple):
    """An event made in some way, and its four fields."""

    name: str
    event: Event
    fields: dict[str, object]


def fields(
    data: str = "",
    event: str = "message",
    id: object = None,  # noqa: A002
    retry: object = None,
) -> dict[str, object]:
    return {"data": data, "event": event, "id": id, "retry": retry}


MADE = [
    Made("nothing given", Event(), fields()),
    Made("data only", Event("x"), fields("x")),
    Made("by position", Event("x", "put", "7", 1000), fields("x", "put", "7", 1000)),
    Made(
        "by keyword",
        Event(retry=1000, id="7", event="put", data="x"),
        fields("x", "put", "7", 1000),
    ),
    Made("an empty ID", Event("x", id=""), fields("x", id="")),
    Made("from a stream, data only", one_event(b"data: x\n\n"), fields("x")),
    Made(
        "from a stream, every field",
        one_event(b"retry: 5\nid: 7\nevent: put\ndata: x\n\n"),
        fields("x", "put", "7", 5),
    ),
    Made("from a stream, ID carried on", one_event(b"id: 7\n\ndata: x\n\n"), fields("x")),
    Made("from text", Event.parse("id: 7\ndata: x\n\n"), fields("x", id="7")),
]


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_an_event_holds_exactly_its_four_fields(made: Made) -> None:
    assert vars(made.event) == made.fields
    assert list(vars(made.event)) == ["data", "event", "id", "retry"]


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_an_event_is_true_and_its_text_is_its_data(made: Made) -> None:
    assert made.event
    assert str(made.event) == f"{made.event}" == made.fields["data"]


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_repr_names_every_field_and_can_be_evaluated(made: Made) -> None:
    again = eval(repr(made.event), {"Event": Event})
    assert vars(again) == made.fields


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_attributes_can_be_changed_and_added(made: Made) -> None:
    event = copy.copy(made.event)
    event.data, event.event, event.id, event.retry = "changed", "renamed", "1", 2
    event.type = "added"  # type: ignore[attr-defined]
    assert vars(event) == {**fields("changed", "renamed", "1", 2), "type": "added"}
    assert str(event) == "changed"
    assert event.last_event_id == "1"


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_an_event_survives_copying_and_pickling(made: Made) -> None:
    for again in (
        copy.copy(made.event),
        copy.deepcopy(made.event),
        pickle.loads(pickle.dumps(made.event)),
    ):
        assert isinstance(again, Event)
        assert vars(again) == made.fields
        assert again.last_event_id == made.event.last_event_id


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_events_compare_by_their_fields(made: Made) -> None:
    equal = Event(**made.fields)  # type: ignore[arg-type]
    assert made.event == equal
    assert hash(made.event) == hash(equal)
    assert {made.event, equal} == {equal}


@pytest.mark.parametrize(
    "other",
    [Event("b", "put", "7", 5), Event("a", "x", "7", 5), Event("a", "put", "", 5), Event("a"), "a"],
)
def test_events_that_differ(other: object) -> None:
    event = Event("a", "put", "7", 5)
    assert event != other
    assert other not in {event}


def test_an_event_that_old_code_has_changed_can_still_be_hashed() -> None:
    """Programs put the parsed data in the place of the text."""
    first, second = Event('{"a": 1}', id="1"), Event('{"a": 1}', id="1")
    for event in (first, second):
        event.data = event.json()
    assert first == second
    assert {first, second} == {first}
    assert first != Event('{"a": 1}', id="1")


def test_what_a_program_adds_makes_no_difference() -> None:
    event = Event("a")
    event.seen = True  # type: ignore[attr-defined]
    assert event == Event("a")


LAST_EVENT_IDS = [
    (b"data: x\n\n", ""),
    (b"id: 7\ndata: x\n\n", "7"),
    (b"id: 7\n\ndata: x\n\n", "7"),
    (b"id: 7\ndata: x\n\ndata: y\n\ndata: z\n\n", "7"),
    (b"id: 7\ndata: x\n\nid: 8\ndata: y\n\n", "8"),
    (b"id: 7\ndata: x\n\nid\ndata: y\n\n", ""),
    (b"id: 7\ndata: x\n\nid: \ndata: y\n\ndata: z\n\n", ""),
]


@pytest.mark.parametrize(("stream", "last_event_id"), LAST_EVENT_IDS)
def test_stream_carries_the_last_event_id_on(stream: bytes, last_event_id: str) -> None:
    assert one_event(stream).last_event_id == last_event_id


def test_last_event_id_of_an_event_made_by_hand() -> None:
    assert [Event().last_event_id, Event(id="").last_event_id, Event(id="7").last_event_id] == [
        "",
        "",
        "7",
    ]


def test_last_event_id_follows_an_id_set_later() -> None:
    carried = one_event(b"id: 7\n\ndata: x\n\n")
    carried.id = "8"
    assert carried.last_event_id == "8"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1.5,
        "",
        "\u00e4\u2028\U0001f600",
        [],
        [1, {"a": [None]}],
        {},
        {"a": {"b": "c"}},
    ],
    ids=repr,
)
def test_json_of_any_value(value: object) -> None:
    assert Event(json.dumps(value)).json() == value
    assert Event(json.dumps(value, indent=2, ensure_ascii=False)).json() == value


@pytest.mark.parametrize("data", ["", "[DONE]", "{", "{'a': 1}", "\ufeff1"])
def test_json_of_invalid_data(data: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        Event(data).json()
    with pytest.raises(ValueError):  # noqa: PT011 - old code catches this
        Event(data).json()


DUMPS = [
    (Event(), "data: \n\n"),
    (Event("x"), "data: x\n\n"),
    (Event("x", "put", "7", 1000), "id: 7\nevent: put\nretry: 1000\ndata: x\n\n"),
    (Event("one\ntwo\n"), "data: one\ndata: two\ndata: \n\n"),
    (Event("one\r\ntwo\rthree"), "data: one\ndata: two\ndata: three\n\n"),
    (Event("a\u2028b\x85c\x0bd\x0ce\x1cf"), "data: a\u2028b\x85c\x0bd\x0ce\x1cf\n\n"),
    (Event(" led by a space"), "data:  led by a space\n\n"),
    (Event("x", id=""), "id: \ndata: x\n\n"),
    (Event("x", retry=0), "retry: 0\ndata: x\n\n"),
    (Event("x", event=""), "data: x\n\n"),
    (Event("data: x\n\nid: y"), "data: data: x\ndata: \ndata: id: y\n\n"),
]


@pytest.mark.parametrize(("event", "text"), DUMPS, ids=repr)
def test_dump(event: Event, text: str) -> None:
    assert event.dump() == text


ROUND_TRIPS = [
    Event("x"),
    Event(""),
    Event("\n"),
    Event(" two  spaces "),
    Event(": no comment\n\n\n"),
    Event("a\u2028b\x85c\x0bd\x00e\ufeff\U0001f600"),
    Event("x", "put", "7", 0),
    Event("x", " put ", " 7 ", 86_400_000),
    Event("x", "data: y", "id: y"),
    Event("x", id=""),
    Event('{"one": 1}\n{"two": 2}', "\u00e4rger", "\u00fc\u2029"),
]


@pytest.mark.parametrize("event", ROUND_TRIPS, ids=repr)
def test_parsing_a_dumped_event_gives_the_same_event(event: Event) -> None:
    (read,) = EventStreamParser().feed(event.dump().encode())
    assert vars(read) == vars(Event.parse(event.dump())) == vars(event)


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (Event("x", event="a\nb"), r"event\b.*CR or LF.*'a\\nb'"),
        (Event("x", event="a\rb"), r"event\b.*CR or LF.*'a\\rb'"),
        (Event("x", id="1\ndata: injected"), r"\bid\b.*CR, LF or NUL.*'1\\ndata: injected'"),
        (Event("x", id="1\r"), r"\bid\b.*CR, LF or NUL.*'1\\r'"),
        (Event("x", id="1\0"), r"\bid\b.*CR, LF or NUL.*'1\\x00'"),
    ],
    ids=repr,
)
def test_dump_refuses_what_fits_on_no_line(event: Event, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        event.dump()


class Text(NamedTuple):
    """A text, and the fields of the event parsed from it."""

    text: str
    fields: dict[str, object]


TEXTS = [
    Text("", fields()),
    Text("data: x", fields("x")),
    Text("data: x\n", fields("x")),
    Text("data: x\n\n", fields("x")),
    Text("data:x", fields("x")),
    Text("data:  x", fields(" x")),
    Text("data", fields("")),
    Text("data\ndata", fields("\n")),
    Text("data:\ndata: x", fields("\nx")),
    Text("data: a\r\ndata: b\rdata: c\n\r\n", fields("a\nb\nc")),
    Text("data: a\n\ndata: b", fields("a\nb")),
    Text(": comment\n\n: another\ndata: x", fields("x")),
    Text("\ufeffdata: x", fields("x")),
    Text("data: a\u2028b\x85c\x0bd", fields("a\u2028b\x85c\x0bd")),
    Text("data: a lone \ud800 surrogate", fields("a lone \ufffd surrogate")),
    Text("event: put\nid: 7\nretry: 9\ndata: x", fields("x", "put", "7", 9)),
    Text("event:\ndata: x", fields("x")),
    Text("event: a\nevent: b\ndata: x", fields("x", "b")),
    Text("id\ndata: x", fields("x", id="")),
    Text("id: 1\0\ndata: x", fields("x")),
    Text("id: 7", fields(id="7")),
    Text("retry: 10", fields(retry=10)),
    Text("retry: soon\ndata: x", fields("x")),
    Text("retry: -1\ndata: x", fields("x")),
    Text("retry: \u0661\ndata: x", fields("x")),
    Text("Data: x\n data: y\nother: z\nwithout a colon", fields()),
    Text("data : x", fields()),
]


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: repr(row.text))
def test_parse(row: Text) -> None:
    assert vars(Event.parse(row.text)) == row.fields


def test_parse_makes_an_instance_of_the_subclass() -> None:
    class JSONEvent(Event):
        pass

    assert type(JSONEvent.parse("data: x")) is JSONEvent
