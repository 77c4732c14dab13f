"""Helpers for the tests of the asynchronous client."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Callable, Optional, TypeVar

import pytest

from sseclient_ng import Event, ReconnectPolicy
from support.drivers import run_loop

aiohttp = pytest.importorskip("aiohttp")
from sseclient_ng import AsyncSSEClient  # noqa: E402 - needs aiohttp

T = TypeVar("T")

AT_ONCE = 1.0  # seconds: what ending may take

SETTLING = 0.03  # seconds, in which a task that is about to wait does

SOON = ReconnectPolicy(min_delay=0.0, max_delay=0.01)


def run(main: Coroutine[Any, Any, T]) -> T:
    return run_loop(main, debug=True)


async def events_of(client: AsyncSSEClient) -> list[str]:
    return [event.data async for event in client]


async def step(client: AsyncSSEClient, timeout: Optional[float] = None) -> str:
    given: Event = await asyncio.wait_for(client.__anext__(), timeout)
    return given.data


async def in_thread(function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, function)


def hooked(name: str, hook: Callable[..., Any]) -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    getattr(config, name).append(hook)
    return config
