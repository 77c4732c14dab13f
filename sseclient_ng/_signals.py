"""Exceptions of the program's signal handlers, which are not failures of a connection.

A handler may run in the middle of requests, where its TimeoutError looks like that of a socket.
"""

from __future__ import annotations

import functools
import inspect
import signal
import threading
import traceback
from types import CodeType, FrameType
from typing import Optional

__all__ = ["raised_by_handler"]


def raised_by_handler(error: BaseException) -> Optional[BaseException]:
    """Return the signal handler's exception that caused an error, or is it; otherwise None.

    Args:
        error: one that has just been caught.
    """
    if threading.current_thread() is not threading.main_thread():
        return None
    handlers = _handlers()
    callers = _callers()
    found: Optional[BaseException] = None
    cause: Optional[BaseException] = error
    while cause is not None:
        if any(frame.f_code in handlers for frame, _ in traceback.walk_tb(cause.__traceback__)):
            found = cause  # perhaps its cause: urllib3 reuses tracebacks
        cause = cause.__cause__ or cause.__context__
        # An error that a caller was already handling is unrelated.
        if cause is not None and cause.__traceback__ is not None:
            cause = None if cause.__traceback__.tb_frame in callers else cause
    return found


def _handlers() -> set[CodeType]:
    """Return the code of every signal handler of the program."""
    functions = map(_function_of, map(signal.getsignal, signal.valid_signals()))
    codes = (getattr(function, "__code__", None) for function in functions)
    return {code for code in codes if code is not None}


def _function_of(handler: object) -> object:
    while isinstance(handler, functools.partial):
        handler = handler.func
    if hasattr(handler, "__code__") or hasattr(handler, "__func__"):
        return getattr(handler, "__func__", handler)
    return type(handler).__call__ if callable(handler) else None


def _callers() -> set[FrameType]:
    """Return the callers' frames. A frame that refers to itself would never be freed."""
    callers: set[FrameType] = set()
    frame = inspect.currentframe()
    for _ in range(2):
        frame = frame.f_back if frame is not None else None
    while frame is not None:
        callers.add(frame)
        frame = frame.f_back
    return callers
