"""What is fuzzed: each target takes whatever hypothesis draws, and fails by an exception."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple, Optional

import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test

from fuzz.bodies import Body, bodies, connected, read, received
from sseclient_ng import Event, EventStreamParser, EventTooLarge
from sseclient_ng._command.formats import Data, JSONLines, Pretty, Raw, Shown
from sseclient_ng._command.terminal import COLOURS, NO_COLOURS
from sseclient_ng._core.http import Verdict, judge_response, retry_after, with_last_event_id
from sseclient_ng._urllib3_body import chunks_of
from support.any_stream import cut, cuttings, noise, streams, usual_streams
from support.reading import Facts, GeneralPath, facts
from support.standard import interpret
from test_machine_properties import AnySequence

__all__ = ["TARGETS"]


class Target(NamedTuple):
    """Something to fuzz.

    Attributes:
        checks: what, in a sentence.
        test: returns the test of hypothesis with these settings.
    """

    checks: str
    test: Callable[[settings], Callable[[], None]]


# Not the pattern of the package: what Unicode says of a character.
_OBEYED = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_colours = re.compile("|".join(re.escape(code) for code in COLOURS.values()))


def outcome(
    parser: EventStreamParser, reads: Iterable[bytes]
) -> tuple[list[Facts], bool, str, Optional[int]]:
    events: list[Event] = []
    try:
        for data in reads:
            events += parser.feed(data)
        events += parser.close()
    except EventTooLarge:
        return facts(events), True, parser.last_event_id, parser.retry
    return facts(events), False, parser.last_event_id, parser.retry


def parser(stream: bytes, times: int, sizes: list[int], limit: Optional[int], start: str) -> None:
    """The parser against its general path, and against the standard's steps."""
    stream *= times
    options: dict[str, Any] = {"last_event_id": start, "max_event_size": limit}
    found = outcome(EventStreamParser(**options), cut(stream, sizes))
    assert found == outcome(GeneralPath(**options), cut(stream, [1] * 100))
    if limit is None and not start:
        assert found[0] == interpret(stream, at_the_end="deliver").events


def body(body: Body, sizes: list[int], read_size: int) -> None:
    """Bodies in any framing and coding, whole and damaged, against what was sent."""
    found, error = read(chunks_of(received(body.wire, sizes), read_size))
    assert error is None or isinstance(error, urllib3.exceptions.HTTPError), error
    if body.framing == "chunked" and not body.is_coded:
        inner = connected(body.wire, [])
        expected, expected_error = read(iter(lambda: inner.read1(1), b""))
        assert (found, error is None) == (expected, expected_error is None)
    elif not body.is_wrong:
        assert body.content.startswith(found)
        assert body.is_cut or (found, error) == (body.content, None)
        assert error or body.framing != "length" or not body.is_cut


def _unsafe(text: str) -> bool:
    return any(
        unicodedata.category(each) in _OBEYED or unicodedata.bidirectional(each) in _TURNING
        for each in re.sub("[\t\n]", "", text)
    )


def output(event: Event, comment: str) -> None:
    """What the command line writes: nothing that a terminal obeys, and nothing lost."""
    for colours in (COLOURS, NO_COLOURS):
        shown = Pretty(colours, lambda: "12:00:00")
        for text in (shown.event(event), shown.comment(comment)):
            assert not _unsafe(_colours.sub("", text) if colours is COLOURS else text)
    for form in (Data(), Raw(), JSONLines(parses=True)):
        assert not _unsafe(Shown(form).event(event))
        assert not _unsafe(Shown(form).comment(comment))
    for parses in (False, True):
        lines = JSONLines(parses=parses)
        (line,) = lines.event(event).splitlines()
        record = json.loads(line)
        assert (record["event"], record["id"], record["retry"]) == (
            event.event,
            event.id,
            event.retry,
        )
        assert parses or record["data"] == event.data
        (line,) = lines.comment(comment).splitlines()
        assert json.loads(line) == {"comment": comment}
    again = EventStreamParser().feed(Raw().event(event).encode("utf-8", "surrogatepass"))
    if not re.search("[\r\ud800-\udfff]", event.data + event.event + (event.id or "")):
        assert [each.data for each in again] == [event.data]


def head(status: int, header: str, last_event_id: str, now: float) -> None:
    """Any header field: an answer, and never an exception or a line of its own in a request."""
    assert isinstance(judge_response(status, header, check_content_type=True), Verdict)
    seconds = retry_after(header, now)
    assert seconds is None or (seconds >= 0 and not math.isnan(seconds))
    value = with_last_event_id({}, last_event_id).get("Last-Event-ID", "")
    raw = value if isinstance(value, bytes) else value.encode("latin-1")
    assert not re.search(rb"[\0-\x08\x0a-\x1f\x7f]", raw)


def _given(check: Callable[..., None], **strategies: st.SearchStrategy[Any]) -> Target:
    return Target(check.__doc__ or "", lambda chosen: chosen(given(**strategies)(check)))


_control = st.sampled_from(
    "\x00\x07\x08\x0b\x1b\x7f\x85\x9b\u061c\u200f\u202e\u2028\u2029\u2066\ufeff\ud800"
)
_usual = st.sampled_from('abz09 :{}[]",;/=\r\n\t')
# Halves of surrogate pairs come from no stream of UTF-8; JSON makes one character of two.
_any = st.characters(exclude_categories=["Cs"])
_texts = st.text(st.one_of(_any, _usual, _control), max_size=40)
_odd = st.sampled_from(["\x1b[2J", '{"a": [1, "\x9b"]}', '["\\u2028"]', "a\nb"])
_words = st.one_of(_texts, _odd)
_one_line = _words.map(lambda text: re.sub("[\r\n\0]", "", text))
_events = st.builds(
    Event,
    data=_words,
    event=_one_line.map(lambda text: text or "message"),
    id=st.none() | _one_line,
    retry=st.none() | st.integers(0, 10**30),
)
_dates = st.datetimes().map(lambda date: date.strftime("%a, %d %b %Y %H:%M:%S GMT"))

TARGETS: dict[str, Target] = {
    "parser": _given(
        parser,
        stream=st.one_of(streams, usual_streams(), noise),
        times=st.sampled_from([*[1] * 20, 2, 40]),
        sizes=cuttings,
        limit=st.none() | st.integers(1, 200),
        start=st.sampled_from(["", "start"]),
    ),
    "body": _given(
        body,
        body=bodies(),
        sizes=cuttings,
        read_size=st.sampled_from([1, 16, 1024, 65536]),
    ),
    "machine": Target(
        "The machine with random happenings: legal states, and counts as by hand.",
        lambda chosen: get_state_machine_test(AnySequence, settings=chosen),
    ),
    "output": _given(output, event=_events, comment=_one_line),
    "head": _given(
        head,
        status=st.integers(100, 999),
        header=st.one_of(_texts, _dates, st.from_regex(r'[a-z*/;,"= ]{0,30}', fullmatch=True)),
        last_event_id=_texts,
        now=st.floats(0, 1e11),
    ),
}
