"""The callbacks of the asynchronous client, plain and as coroutines."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import pytest

from scenarios.row import event
from sseclient_ng.testing import (
    ScriptedServer,
    response,
)
from support.asynchronous import SOON, events_of, run
from support.leaks import nothing_left

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp


@pytest.mark.parametrize("coroutines", [False, True])
def test_callbacks_may_be_coroutines(coroutines: bool) -> None:
    called: list[tuple[str, object]] = []

    def callback(name: str) -> Callable[..., Any]:
        def plain(*arguments: object) -> None:
            called.append((name, arguments[0]))

        async def coroutine(*arguments: object) -> None:
            await asyncio.sleep(0)
            plain(*arguments)

        return coroutine if coroutines else plain

    async def main(server: ScriptedServer) -> list[str]:
        options: dict[str, Any] = {
            name: callback(name) for name in ("on_open", "on_error", "on_comment")
        }
        async with AsyncSSEClient(server.url, retry=0, reconnect=SOON, **options) as client:
            return await events_of(client)

    script = response([b": one\n", event(1), b": two\n\n: three\n", event(2)])
    with nothing_left(), ScriptedServer(script) as server:
        assert run(main(server)) == ["1", "2"]
    names = [name for name, _ in called]
    assert names[0] == "on_open"
    assert names.count("on_error") == 1
    assert isinstance(called[names.index("on_error")][1], EOFError)
    comments = [argument for name, argument in called if name == "on_comment"]
    assert comments == ["one", "two", "three"]


@pytest.mark.parametrize("callback", ["on_open", "on_error", "on_comment"])
@pytest.mark.parametrize("coroutine", [False, True])
def test_what_a_callback_raises_comes_out(callback: str, coroutine: bool) -> None:
    def fail(*arguments: object) -> None:
        raise LookupError("on purpose")

    async def fail_later(*arguments: object) -> None:
        await asyncio.sleep(0)
        fail()

    async def main(server: ScriptedServer) -> None:
        options: dict[str, Any] = {callback: fail_later if coroutine else fail}
        with pytest.raises(LookupError, match="on purpose"):
            async with AsyncSSEClient(server.url, retry=0, **options) as client:
                await events_of(client)

    with nothing_left(), ScriptedServer(response([b": hello\n\n", event(1)])) as server:
        run(main(server))
