"""A failure as a value: what the machine has to know of an error.

The edge makes one from an exception of its HTTP library, and it alone knows the library's types.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

__all__ = ["Failure", "end_of_stream"]


class Failure(NamedTuple):
    """The end of a connection, or of an attempt to make one.

    Args:
        error: the exception that callbacks and callers get.
        transient: whether a new connection may succeed. With a status, the status decides.
        status: the status code of a refused request; None where there was no answer.
        retry_after: the Retry-After header of that answer; None where it has none.
        retry: what the policy's ``should_retry`` said: True, False, or None for no opinion.
        malformed: whether there was an answer that the HTTP library refuses to read.
    """

    error: Exception
    transient: bool
    status: Optional[int] = None
    retry_after: Optional[str] = None
    retry: Optional[bool] = None
    malformed: bool = False


def end_of_stream() -> Failure:
    """Return the failure that a clean end is to a client that reconnects."""
    return Failure(EOFError("the server ended the stream"), transient=True)
