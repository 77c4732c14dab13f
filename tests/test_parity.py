"""Both clients have the same options and names, with listed exceptions."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from sseclient_ng import SSEClient

pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient

ONLY_SYNC_OPTIONS = {
    "source": "SSEClient also reads what is open already; for async there is aiter_events()",
    "chunk_size": "of sseclient, where it was needed; it has little to say in this package either",
    "char_enc": "of sseclient-py; the standard has UTF-8 only",
    "requests_kwargs": "what goes along with requests.get",
}
ONLY_ASYNC_OPTIONS = {
    "url": "the only source",
    "aiohttp_kwargs": "what goes along with aiohttp's request",
}

ONLY_SYNC_NAMES = {
    "__iter__": "for",
    "__next__": "for",
    "__enter__": "with",
    "__exit__": "with",
    "iter_content": "of sseclient: a hook for subclasses",
    "resp_iterator": "of sseclient: a hook for subclasses",
    "buf": "of sseclient, whose subclasses work on it",
    "decoder": "of sseclient, whose subclasses work on it",
    **dict.fromkeys(
        ("url", "session", "chunk_size"), "a default where what is read has no such thing"
    ),
}
ONLY_ASYNC_NAMES = {
    "__aiter__": "async for",
    "__anext__": "async for",
    "__aenter__": "async with",
    "__aexit__": "async with",
}


def options_of(client: type) -> dict[str, inspect.Parameter]:
    parameters = dict(inspect.signature(client.__init__).parameters)  # type: ignore[misc]
    del parameters["self"]
    return parameters


def names_of(client: type) -> set[str]:
    """Return the public and special names of a class."""
    ours = {name for each in client.__mro__[:-1] for name in vars(each)}
    special = {"__iter__", "__next__", "__enter__", "__exit__", "__del__", *ONLY_ASYNC_NAMES}
    return {name for name in ours if not name.startswith("_") or name in special}


SYNC, ASYNC = options_of(SSEClient), options_of(AsyncSSEClient)


def test_options() -> None:
    assert set(SYNC) - set(ASYNC) == set(ONLY_SYNC_OPTIONS)
    assert set(ASYNC) - set(SYNC) == set(ONLY_ASYNC_OPTIONS)


@pytest.mark.parametrize("name", [name for name in SYNC if name in ASYNC])
def test_defaults_and_kinds_of_options(name: str) -> None:
    assert ASYNC[name].default == SYNC[name].default
    assert ASYNC[name].kind == SYNC[name].kind


def test_order_of_positional_options() -> None:
    def positional(options: dict[str, inspect.Parameter]) -> list[str]:
        return [
            name
            for name, option in options.items()
            if option.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and name in SYNC
        ]

    both = [name for name in positional(SYNC) if name in ASYNC]
    assert both == ["last_id", "retry", "session"]
    assert positional(ASYNC) == both


def test_names() -> None:
    names_sync, names_async = names_of(SSEClient), names_of(AsyncSSEClient)
    assert names_sync - names_async == set(ONLY_SYNC_NAMES)
    assert names_async - names_sync == set(ONLY_ASYNC_NAMES)


@pytest.mark.parametrize("client", [SSEClient, AsyncSSEClient])
def test_docstrings_tell_of_every_option(client: type) -> None:
    text = inspect.getdoc(client) or ""
    for name in options_of(client):
        assert f"{name}:" in text, name


@pytest.mark.parametrize("name", ["url", "last_id", "retry", "session", "closed"])
def test_attributes(name: str) -> None:
    asynchronous: Any = AsyncSSEClient("http://127.0.0.1:1/", "7", 20)
    synchronous: Any = SSEClient([])
    assert hasattr(asynchronous, name)
    assert hasattr(synchronous, name)
