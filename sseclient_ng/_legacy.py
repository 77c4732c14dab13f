"""What exists only for code that was written for sseclient or sseclient-py.

`Client` is the whole client. `SSEClient` adds names and hooks that programs use or override, and
nothing else: a version without them is ``SSEClient = Client``. Of `Client` itself one name is old,
``_connect``, which programs override as well: it is called for every connection, inside the
handling of the error that made it necessary, and ends the loop if it raises StopIteration.
"""

from __future__ import annotations

import codecs
import inspect
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

import requests

from sseclient_ng._body import Source, body_of_source
from sseclient_ng._client import Client
from sseclient_ng._core.event import Event
from sseclient_ng._core.line_ends import LineEnds
from sseclient_ng._core.text import Chunk, as_bytes
from sseclient_ng.exceptions import EventTooLarge

__all__ = ["FIELD_SEPARATOR", "SSEClient", "end_of_field", "install_as_sseclient"]

end_of_field = re.compile(r"\r\n\r\n|\r\r|\n\n")
"""What ends an event in text, for code that splits text itself (of sseclient)."""

FIELD_SEPARATOR = ":"
"""What ends a field's name, for code that splits lines itself (of sseclient-py)."""

_Self = TypeVar("_Self", bound="SSEClient")


class SSEClient(Client):
    __doc__ = Client.__doc__

    buf: str
    decoder: codecs.IncrementalDecoder
    _logger = logging.getLogger("sseclient")

    def __new__(cls: type[_Self], *_arguments: Any, **_keywords: Any) -> _Self:
        """Make a client whose hooks work before its constructor has run, or without it."""
        self = object.__new__(cls)
        self._set_up()
        self.buf = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return self

    def __init_subclass__(cls, **options: Any) -> None:
        """Have plain values that a subclass gives its attributes leave the properties in place."""
        super().__init_subclass__(**options)
        for name in ("last_id", "retry"):
            if name in vars(cls) and not hasattr(vars(cls)[name], "__get__"):
                delattr(cls, name)

    # -- of sseclient: its __next__, which programs rewrite, works on these

    @property
    def resp_iterator(self) -> Iterator[Chunk]:
        """The iterator over the chunks of the body, from which everything is read."""
        return self._body_chunks

    @resp_iterator.setter
    def resp_iterator(self, chunks: Iterator[Chunk]) -> None:
        self._body_chunks = chunks

    def iter_content(self) -> Iterator[Chunk]:
        """Return an iterator over the chunks of the body; called once for each connection."""
        self._adopt_response()
        return super()._open_chunks()

    def _begin_reading(self) -> None:
        if not self._at_end and isinstance(getattr(self, "resp", None), requests.Response):
            self._adopt_response()
        super()._begin_reading()

    def _adopt_response(self) -> None:
        """Take over a response that a ``_connect`` of a subclass has opened in its own way."""
        body = self._open_body
        if self.url and (body is None or body.source is not self.resp):
            self._open_body = self._body_of(self.resp)
            self._delivery.restart()
            if body is not None:
                body.close()

    def _open_chunks(self) -> Iterator[Chunk]:
        self.decoder = codecs.getincrementaldecoder(self._char_enc)("replace")
        return iter(self.iter_content())

    def _event_complete(self) -> bool:
        return end_of_field.search(self.buf) is not None

    # -- of subclasses of either, which have attributes of their own

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or what a subclass says."""
        own: bool = self.__dict__.get("closed", super().closed)
        return own

    @closed.setter
    def closed(self, closed: bool) -> None:
        self.__dict__["closed"] = closed

    # -- of sseclient-py: its events(), which programs rewrite, works on these

    @property
    def _char_enc(self) -> str:
        return self._delivery.encoding or "utf-8"

    @_char_enc.setter
    def _char_enc(self, encoding: str) -> None:
        self._delivery.encoding = encoding
        self._delivery.begin()

    @property
    def _event_source(self) -> object:
        return None if self._open_body is None else self._open_body.source

    @_event_source.setter
    def _event_source(self, source: Source) -> None:
        self._open_body = body_of_source(source, self.chunk_size)
        self._body_chunks = self._open_chunks()
        self._delivery.begin()
        self._at_end = False

    def events(self) -> Iterator[Event]:
        """Return an iterator over the events; several of one client continue one another.

        Raises:
            Exception: what iterating over the client itself raises.
        """
        if type(self)._read is SSEClient._read:
            return super().events()
        return self._events_of_blocks()

    def _events_of_blocks(self) -> Iterator[Event]:
        delivery = self._delivery
        if self._at_end:
            return
        try:
            for block in self._read():
                delivery.receive(block)
                yield from self._hand_out_ready()
                delivery.check()
            delivery.finish()
            yield from self._hand_out_ready()
        except EventTooLarge:
            self._finish_iteration()
            raise

    def _hand_out_ready(self) -> Iterator[Event]:
        while self._delivery.ready:
            yield self._delivery.hand_out()

    def _read(self) -> Iterator[bytes]:
        """Yield blocks of lines, each with the blank line that ends it."""
        ends, rest = LineEnds(), bytearray()
        while not (self._at_end or self._was_closed):
            connection = self._body_chunks
            try:
                chunk = self._next_chunk()
            except StopIteration:
                return
            if self._body_chunks is not connection:  # half a block dies with its connection
                ends, rest = LineEnds(), bytearray()
            searched = max(0, len(rest) - 1)
            rest += ends.normalise(as_bytes(chunk or b""))
            yield from _take_blocks(rest, searched)
            limit = self._delivery.max_event_size
            if limit is not None and len(rest) > limit:
                raise EventTooLarge(limit)
        if rest:
            yield bytes(rest)


# For help() and editors: the parameters are those of the constructor.
setattr(SSEClient.__new__, "__signature__", inspect.signature(Client.__init__))  # noqa: B010


def _take_blocks(lines: bytearray, start: int) -> Iterator[bytes]:
    end = lines.find(b"\n\n", start) + 2
    while end > 1:
        block = bytes(lines[:end])
        del lines[:end]
        yield block
        end = lines.find(b"\n\n") + 2


def install_as_sseclient() -> None:
    """Have ``import sseclient`` give this package, in code that can't be edited.

    Call it before anything imports ``sseclient``; what has been imported already stays what it is.
    """
    sys.modules["sseclient"] = sys.modules["sseclient_ng"]
