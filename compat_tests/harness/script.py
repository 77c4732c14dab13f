"""Short names for the scripts of a snippet's server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Union

from sseclient_ng.testing import Close, Hold, Pause, Reset, response

Framing = Literal["chunked", "one-chunk", "content-length", "close"]
End = Literal["finish", "hold", "drop", "reset"]

__all__ = ["Pause", "answer", "stream"]

_ENDS = {"finish": (), "hold": (Hold(),), "drop": (Close(),), "reset": (Reset(),)}


def stream(
    *parts: Union[str, bytes, Pause],
    content_type: str = "text/event-stream; charset=utf-8",
    headers: Mapping[str, str] | None = None,
    framing: Framing = "chunked",
    end: End = "finish",
    encoding: Literal["gzip", "deflate"] | None = None,
    status: int = 200,
) -> Any:
    """Return the script of an event stream.

    Args:
        parts: the body; text is sent as UTF-8, and each part is an HTTP chunk of its own where
            there are chunks.
        end: ``finish`` the body as its framing demands, ``hold`` the connection open without
            finishing it, ``drop`` the connection in mid-body, or ``reset`` it there.
    """
    pieces = [part.encode() if isinstance(part, str) else part for part in parts]
    return response(
        [*pieces, *_ENDS[end]],
        status=status,
        headers=headers,
        content_type=content_type,
        framing=framing,
        encoding=encoding,
        complete=end == "finish",
    )


def answer(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Any:
    """Return the script of an ordinary, complete answer."""
    return response(
        body.encode(),
        status=status,
        headers=headers,
        content_type="text/plain",
        framing="content-length",
    )
