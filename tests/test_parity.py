"""Both clients have the same options and names, with listed exceptions."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from sseclient_ng import SSEClient
from sseclient_ng.testing import Hold, ScriptedServer, response

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


SECRET = "http://ada:s3cret@127.0.0.1:{}/stream?token=s3cret#s3cret"


def test_repr() -> None:
    """Where it is and what it does, without secrets."""
    with ScriptedServer(response([b"data: 1\n\n", Hold()])) as server:
        client = SSEClient(SECRET.format(server.port))
        place = f"<SSEClient {server.url_for('/stream')}: "
        assert repr(client) == place + "reading an event stream>"
        client.close()
        assert repr(client) == place + "closed by the caller>"
    assert repr(SSEClient([])) == "<SSEClient: reading an event stream>"
    asynchronous = AsyncSSEClient(SECRET.format(1))
    assert repr(asynchronous) == "<AsyncSSEClient http://127.0.0.1:1/stream: not connected yet>"


class Subclass(SSEClient):
    """A client as old code has them."""


def test_repr_of_a_client_that_is_not_made_yet() -> None:
    """A debugger shows it in the middle of its constructor."""
    assert repr(Subclass.__new__(Subclass)) == "<Subclass: not connected yet>"
    unmade = AsyncSSEClient.__new__(AsyncSSEClient)
    assert repr(unmade) == "<AsyncSSEClient: not made yet>"


def test_events_of_the_client_for_asyncio() -> None:
    """As with the other client, one iterator continues the other."""

    async def main(url: str) -> list[str]:
        async with AsyncSSEClient(url, reconnect=False) as client:
            async for event in client.events():
                return [event.data, *[event.data async for event in client.events()]]
        raise AssertionError

    with ScriptedServer(response(b"data: 1\n\ndata: 2\n\ndata: 3\n\n")) as server:
        assert asyncio.run(main(server.url)) == ["1", "2", "3"]
