"""What ends a blocked thread: one that reads, connects or waits.

`Waker.wake` may be called from any thread and from a signal handler, which may have interrupted any
line here. So no lock is held anywhere: a handler would wait for it for ever.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Generator
from typing import Callable, NamedTuple, Optional, Protocol

__all__ = ["Waker", "wake_after"]

# Seconds. A signal that comes just before a wait begins does not interrupt it: Python calls its
# handler only afterwards. On Windows that is so of every signal.
_LONGEST_WAIT = 0.5
_LOOK_AGAIN = 0.005  # seconds
_PATIENCE = 1.0  # seconds, after which another thread goes on looking


class _CanWake(Protocol):
    def wake(self) -> None: ...


class _Attempt(NamedTuple):
    """An attempt to connect that is being made."""

    thread: int
    end: Callable[[], None]


# A class: on old Pythons an error keeps the generator alive that it has passed through.
class _Connecting(contextlib.AbstractContextManager[None]):
    def __init__(self, waker: Waker, end: Callable[[], None]) -> None:
        self._waker = waker
        self._attempt = _Attempt(threading.get_ident(), end)

    def __enter__(self) -> None:
        self._waker.attempt = self._attempt
        try:
            self._waker.check()
        except ConnectionAbortedError:
            self._waker.attempt = None
            raise

    def __exit__(self, *_: object) -> None:
        self._waker.attempt = None


class Waker:
    """Ends what a client's thread waits for.

    Attributes:
        is_awake: whether `wake` was called. It stays so: the client is closed.
        attempt: the attempt to connect that is being made, or None.
    """

    def __init__(self) -> None:
        self.is_awake = False
        # put() of a SimpleQueue may interrupt get(): no other thing to wait for promises that.
        self._signals: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._body: Optional[_CanWake] = None
        self._process = os.getpid()
        self.attempt: Optional[_Attempt] = None

    def wait(self, seconds: float) -> None:
        """Wait so long, or until somebody calls `wake`.

        Args:
            seconds: how long.
        """
        deadline = time.monotonic() + seconds
        while not self.is_awake and seconds > 0:
            with contextlib.suppress(queue.Empty):
                self._signals.get(timeout=min(seconds, _LONGEST_WAIT))
                self._signals.put(None)  # for another thread that waits
                return
            seconds = deadline - time.monotonic()

    def watch(self, body: Optional[_CanWake]) -> None:
        """Have `wake` end the reads of a body from now on.

        Args:
            body: the body; None where nothing is read.
        """
        self._body = body
        self._process = os.getpid()

    def connecting(self, end: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        """Have `wake` end what the block does: an attempt to connect.

        Args:
            end: ends it. It is called until the block is left, as it may come too early.

        Returns:
            The block. Entering it raises ConnectionAbortedError if `wake` was called before.
        """
        return _Connecting(self, end)

    def check(self) -> None:
        """Do nothing, or end an attempt that is not worth going on with.

        Raises:
            ConnectionAbortedError: `wake` was called.
        """
        if self.is_awake:
            raise ConnectionAbortedError("the client was closed")

    def wake(self) -> None:
        """End whatever a thread waits for, now and later."""
        self.is_awake = True
        self._signals.put(None)
        body = self._body
        # After a fork the connection is the parent's.
        if body is not None and os.getpid() == self._process:
            body.wake()
        attempt = self.attempt
        if attempt is not None and not self._end(attempt, _patience_for(attempt)):
            # The socket may not be there yet: the look-up of a name can't be ended.
            forever = (attempt, float("inf"))
            threading.Thread(
                target=self._end, args=forever, name="sseclient-close", daemon=True
            ).start()

    def _end(self, attempt: _Attempt, seconds: float) -> bool:
        """End an attempt; return whether its thread noticed in time."""
        deadline = time.monotonic() + seconds
        while self.attempt is attempt:
            attempt.end()
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_AGAIN)
        return True


def _patience_for(attempt: _Attempt) -> float:
    # In a signal handler the thread that connects is this one, and goes on only when it ends.
    return 0.0 if attempt.thread == threading.get_ident() else _PATIENCE


@contextlib.contextmanager
def wake_after(seconds: float, wake: Callable[[], None]) -> Generator[None, None, None]:
    """Have what the block does end after some time.

    Args:
        seconds: how long it may take.
        wake: ends it, from another thread.
    """
    patience = threading.Timer(seconds, wake)
    patience.daemon = True
    patience.start()
    try:
        yield
    finally:
        patience.cancel()
        patience.join()
