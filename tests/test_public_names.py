"""The public names say where they are public, in tracebacks, pickles and help()."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import types
from typing import Any

import pytest

import sseclient_ng
from sseclient_ng import Comment, Event, EventStreamParser, EventTooLarge, SSEClient

NAMES = [name for name in sseclient_ng.__all__ if name != "end_of_field"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_where_it_is_public(name: str) -> None:
    public = getattr(sseclient_ng, name)
    assert (public.__module__, public.__qualname__) == ("sseclient_ng", name)


def test_the_asynchronous_client_says_so_too() -> None:
    pytest.importorskip("aiohttp")
    from sseclient_ng import AsyncSSEClient

    assert AsyncSSEClient.__module__ == "sseclient_ng"


def test_star_brings_no_module() -> None:
    namespace: dict[str, Any] = {}
    exec("from sseclient_ng import *", namespace)
    del namespace["__builtins__"]
    assert sorted(namespace) == sorted(sseclient_ng.__all__)
    assert not [each for each in namespace.values() if isinstance(each, types.ModuleType)]


def test_dir_shows_every_client() -> None:
    shown = dir(sseclient_ng)
    assert {"AsyncSSEClient", "SSEClient", *sseclient_ng.__all__} <= set(shown)
    assert shown == sorted(shown)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_names_the_public_place(protocol: int) -> None:
    with_id, carried = EventStreamParser().feed(b"id: 1\ndata: a\n\ndata: b\n\n")
    for event in (with_id, carried):
        pickled = pickle.dumps(event, protocol)
        assert b"_core" not in pickled
        again = pickle.loads(pickled)
        assert vars(again) == vars(event)
        assert again.last_event_id == event.last_event_id == "1"
        assert type(again) is type(event)
        assert copy.deepcopy(event).last_event_id == "1"
    comment = Comment("c")
    assert repr(pickle.loads(pickle.dumps(comment, protocol))) == "Comment('c')"


def test_a_traceback_names_the_public_place() -> None:
    program = (
        "from sseclient_ng import EventStreamParser\n"
        "EventStreamParser(max_event_size=10).feed(b'data: 0123456789')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].startswith("sseclient_ng.EventTooLarge: ")


def test_errors_of_parser_and_client_are_one() -> None:
    parser = EventStreamParser(max_event_size=10)
    with pytest.raises(EventTooLarge) as of_parser:
        parser.feed(b"data: 0123456789")
    with pytest.raises(EventTooLarge) as of_client:
        next(SSEClient([b"data: 0123456789"], max_event_size=10))
    assert type(of_parser.value) is type(of_client.value) is EventTooLarge


def test_the_signature_is_that_of_the_constructor() -> None:
    parameters = list(inspect.signature(SSEClient).parameters)
    assert parameters[:5] == ["source", "last_id", "retry", "session", "chunk_size"]
    assert Event.__doc__
