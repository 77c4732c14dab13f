"""Keeping one's place in a stream, so that a program that starts again goes on where it was."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from inspect import isawaitable
from typing import Optional, Protocol, Union

from sseclient_ng._core.event import Event

__all__ = ["LastEventIDFile", "Place", "akeep_last_id", "keep_last_id"]


_NOT_IN_AN_ID = re.compile("[\r\n\0]")


class Place(Protocol):
    """Where a last event ID is kept: a file, a database, Redis, or anything else."""

    def store(self, last_id: str, /) -> object:
        """Keep this ID instead of the one before it."""


class _Stream(Protocol):
    @property
    def last_id(self) -> Optional[str]: ...

    def __iter__(self) -> Iterator[Event]: ...


class _AsyncStream(Protocol):
    @property
    def last_id(self) -> Optional[str]: ...

    def __aiter__(self) -> AsyncIterator[Event]: ...


class LastEventIDFile:
    """A file that holds a last event ID, and nothing else.

    It is replaced as a whole: whoever reads it, at whatever moment the program was killed, finds
    the new ID or the one before. For the time of a `store` there is a second file beside it, with
    ``.new`` behind its name. One program at a time may store.

    Args:
        path: where the file is. It need not exist; its directory must.
        fsync: whether `store` waits until the disk has the ID, so that not even a power failure can
            leave an empty file. This can take milliseconds.

    Attributes:
        path: as given, as a string.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, fsync: bool = True) -> None:
        self.path = os.fspath(path)
        self._fsync = fsync

    def load(self) -> Optional[str]:
        """Return the ID that was stored last; None where there is no file, or nothing in it.

        Raises:
            ValueError: the file holds something that can't be a last event ID.
            OSError: the file can't be read.
        """
        try:
            with open(self.path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return None
        try:
            # An editor puts a line end behind it. An ID has none.
            last_id = content.rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.path} does not hold a last event ID: {error}") from error
        if _NOT_IN_AN_ID.search(last_id):
            raise ValueError(f"{self.path} does not hold a last event ID: it has several lines")
        return last_id or None

    def store(self, last_id: str) -> None:
        """Replace the ID in the file.

        Args:
            last_id: the new one.

        Raises:
            OSError: the file can't be written. It holds the old ID then.
        """
        path = os.path.realpath(self.path)  # a link stays one
        new = f"{path}.new"
        with open(new, "wb") as file:
            file.write(last_id.encode("utf-8", "surrogatepass"))
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(new, path)


def keep_last_id(client: _Stream, place: Place) -> Iterator[Event]:
    """Yield the events of a client, and store the last event ID after each of them.

    The ID is stored when the next event is asked for, or the loop ends: when the event has been
    handled. A program that is killed and starts again, with the stored ID as ``last_id``, sees
    every event at least once; the one that it was handling may come again, and those behind the
    last ID, where events have none. So does the event at which a loop is left by ``break`` or an
    error.

    Args:
        client: an `SSEClient`.
        place: its ``store`` is called with the ID, where that has changed: a `LastEventIDFile`, or
            anything with such a method.

    Raises:
        Exception: what iterating over the client raises, or ``store``.
    """
    stored = client.last_id
    for event in client:
        yield event
        last_id = client.last_id
        if last_id is not None and last_id != stored:
            place.store(last_id)
            stored = last_id


async def akeep_last_id(client: _AsyncStream, place: Place) -> AsyncIterator[Event]:
    """Yield the events of an asynchronous client, and store the last event ID after each of them.

    Args:
        client: an `AsyncSSEClient`.
        place: as for `keep_last_id`; its ``store`` may be a coroutine function.

    Raises:
        Exception: what iterating over the client raises, or ``store``.
    """
    stored = client.last_id
    async for event in client:
        yield event
        last_id = client.last_id
        if last_id is not None and last_id != stored:
            storing = place.store(last_id)
            if isawaitable(storing):
                await storing
            stored = last_id
