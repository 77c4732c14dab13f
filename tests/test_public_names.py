"""Public names give their public module, in tracebacks, pickles and help()."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
import subprocess
import sys
import types
from typing import Any
from unittest import mock

import pytest

import sseclient_ng
from sseclient_ng import Comment, Event, EventStreamParser, EventTooLarge, SSEClient

NAMES = [name for name in sseclient_ng.__all__ if name != "end_of_field"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_gives_its_public_module(name: str) -> None:
    public = getattr(sseclient_ng, name)
    assert (public.__module__, public.__qualname__) == ("sseclient_ng", name)


def test_the_asynchronous_client_gives_its_public_module() -> None:
    pytest.importorskip("aiohttp")
    from sseclient_ng import AsyncSSEClient

    assert AsyncSSEClient.__module__ == "sseclient_ng"


def test_star_imports_no_module() -> None:
    namespace: dict[str, Any] = {}
    exec("from sseclient_ng import *", namespace)
    del namespace["__builtins__"]
    assert sorted(namespace) == sorted(sseclient_ng.__all__)
    assert not [each for each in namespace.values() if isinstance(each, types.ModuleType)]


def test_modules_that_old_code_imports_are_there() -> None:
    from sseclient_ng import codecs, re, requests, time

    names = ["codecs", "re", "requests", "time"]
    assert [module.__name__ for module in (codecs, re, requests, time)] == names


def test_dir_shows_every_client() -> None:
    pytest.importorskip("aiohttp")
    shown = dir(sseclient_ng)
    assert {"AsyncSSEClient", "SSEClient", *sseclient_ng.__all__} <= set(shown)
    assert shown == sorted(shown)


def test_help_and_mocks_work_without_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["aiohttp", *sys.modules]:  # whether or not it has been imported by now
        if "aiohttp" in name:
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sseclient_ng._async_client", raising=False)
    assert "EventStreamParser" in pydoc.render_doc(sseclient_ng)
    assert mock.create_autospec(sseclient_ng).AsyncSSEClient
    client = sseclient_ng.AsyncSSEClient
    with pytest.raises(ModuleNotFoundError, match=r"needs .*aiohttp.*sseclient-ng\[async\]"):
        client("http://127.0.0.1/")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_names_the_public_module(protocol: int) -> None:
    with_id, carried = EventStreamParser().feed(b"id: 1\ndata: a\n\ndata: b\n\n")
    for event in (with_id, carried):
        pickled = pickle.dumps(event, protocol)
        assert b"_core" not in pickled
        again = pickle.loads(pickled)
        assert vars(again) == vars(event)
        assert again.last_event_id == event.last_event_id == "1"
        assert type(again) is type(event)
        for copied in (copy.copy(event), copy.deepcopy(event)):
            assert (vars(copied), copied.last_event_id) == (vars(event), "1")
    comment = Comment("c")
    assert repr(pickle.loads(pickle.dumps(comment, protocol))) == "Comment('c')"


def test_a_traceback_names_the_public_module() -> None:
    program = (
        "from sseclient_ng import EventStreamParser\n"
        "EventStreamParser(max_event_size=10).feed(b'data: 0123456789')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].startswith("sseclient_ng.EventTooLarge: ")


def test_parser_and_client_raise_the_same_error() -> None:
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
