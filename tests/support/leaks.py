"""Check that a client leaves nothing open."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import TypeVar

_Kind = TypeVar("_Kind")

_DESCRIPTORS = "/proc/self/fd"

#: Whether the descriptors of this process can be listed.
CAN_LIST_DESCRIPTORS = os.path.isdir(_DESCRIPTORS)


def open_descriptors() -> dict[int, str]:
    """Return the target of each open descriptor by its number; {} if the system can't tell."""
    if not CAN_LIST_DESCRIPTORS:
        return {}
    found = {}
    for name in os.listdir(_DESCRIPTORS):
        # The one that lists the folder is gone by now.
        with contextlib.suppress(OSError):
            found[int(name)] = os.readlink(f"{_DESCRIPTORS}/{name}")
    return found


def instances_of(kind: type[_Kind]) -> list[_Kind]:
    """Return the living instances of a class that the garbage collector tracks.

    `isinstance()` would ask a weak proxy for its target's class, and fail where the target is gone.
    """
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]


@contextlib.contextmanager
def nothing_left(*, collecting: bool = False, patience: float = 1.0) -> Iterator[None]:
    """Check that the block leaves no descriptor open and no thread running.

    Args:
        collecting: whether the garbage collector helps. Then sockets that were not closed make a
            ResourceWarning, which is an error as well.
        patience: how long threads that are about to end are waited for, in seconds.
    """
    threads, descriptors = set(threading.enumerate()), open_descriptors()
    yield
    deadline = time.monotonic() + patience
    while True:
        left_threads = [each for each in threading.enumerate() if each not in threads]
        left = {n: to for n, to in open_descriptors().items() if descriptors.get(n) != to}
        if not left_threads and not left:
            return
        assert time.monotonic() < deadline, f"left behind: {left_threads}, {left}"
        if collecting:
            gc.collect()
        time.sleep(0.002)


@contextlib.contextmanager
def sockets_to(port: int) -> Iterator[list[socket.socket]]:
    """Yield duplicates of this process's sockets that are connected to a port."""
    with contextlib.ExitStack() as stack:
        found = []
        for descriptor, target in open_descriptors().items():
            if target.startswith("socket:"):
                duplicate = stack.enter_context(socket.socket(fileno=os.dup(descriptor)))
                if _leads_to(duplicate, port):
                    found.append(duplicate)
        yield found


def _leads_to(connected: socket.socket, port: int) -> bool:
    try:
        name = connected.getpeername()
    except OSError:
        return False
    return isinstance(name, tuple) and name[1] == port
