"""The shared streams give their expected events, however they are cut."""

from __future__ import annotations

import pytest

import streams
from sseclient_ng import Event, EventStreamParser


def parse(reads: list[bytes]) -> list[Event]:
    parser = EventStreamParser()
    return [event for data in reads for event in parser.feed(data)]


def facts(events: list[Event]) -> list[streams.ExpectedEvent]:
    return [streams.ExpectedEvent(event.data, event.event, event.id) for event in events]


@pytest.fixture(scope="module", params=streams.MAKERS)
def stream(request: pytest.FixtureRequest) -> streams.Stream:
    return streams.MAKERS[request.param]()


def test_whole(stream: streams.Stream) -> None:
    assert facts(parse([stream.body])) == stream.events


def test_one_block_a_read(stream: streams.Stream) -> None:
    assert facts(parse(stream.reads(None))) == stream.events


@pytest.mark.parametrize("size", [1021, 1024, 16 * 1024, 64 * 1024])
def test_reads_of_one_size(stream: streams.Stream, size: int) -> None:
    assert facts(parse(stream.reads(size))) == stream.events


def test_random_cuttings(stream: streams.Stream) -> None:
    for reads in streams.cuttings(stream.body):
        assert facts(parse(reads)) == stream.events


@pytest.mark.parametrize("name", [name for name in streams.MAKERS if not name.startswith("huge")])
def test_byte_by_byte(name: str) -> None:
    stream = streams.MAKERS[name]()
    count = 20
    body = b"".join(stream.blocks[:count])
    expected = stream.events[:count]
    assert facts(parse([body[at : at + 1] for at in range(len(body))])) == expected


def test_the_same_seed_gives_the_same_bytes(stream: streams.Stream) -> None:
    makers = list(streams.MAKERS.values())
    again = next(made for made in (make() for make in makers) if made.blocks[0] == stream.blocks[0])
    assert again.body == stream.body


@pytest.mark.parametrize(
    ("name", "bytes_a_block"),
    [("llm_tokens", 200), ("named", 200), ("wikimedia", 1500), ("wikimedia_crlf", 1500)],
)
def test_blocks_have_the_size_that_their_names_promise(name: str, bytes_a_block: int) -> None:
    stream = streams.MAKERS[name]()
    mean = len(stream.body) / len(stream.blocks)
    assert mean == pytest.approx(bytes_a_block, rel=0.15)


def test_wikimedia_holds_text_that_is_not_ascii() -> None:
    data = "".join(event.data for event in streams.wikimedia().events)
    assert all(character in data for character in "éИ中📷")
    assert data.isascii() is False
