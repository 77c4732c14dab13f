"""What exists only for code that was written for sseclient or sseclient-py.

`OldNames` adds to `Client` the names and hooks that programs use or override; ``SSEClient`` is the
two together, and a version without the old names would say
``SSEClient = Client``. `HookedShell` calls the hooks, at three places of `Shell`:

- ``_connect()`` makes every connection, while the error that made it necessary is being handled.
  Raising StopIteration there ends the loop.
- ``iter_content()`` gives the chunks of every connection.
- ``_read()`` cuts them into blocks, each with its blank line.
"""

from __future__ import annotations

import codecs
import inspect
import logging
import re
import weakref
from collections.abc import Iterator
from typing import Any, Callable, Optional, TypeVar, cast

from sseclient_ng._arguments import copy_arguments
from sseclient_ng._attributes import StreamAttributes
from sseclient_ng._callbacks import Callbacks
from sseclient_ng._client import Client
from sseclient_ng._core.delivery import Delivery
from sseclient_ng._core.event import Event
from sseclient_ng._core.line_ends import LineEnds
from sseclient_ng._core.machine import Machine, State, Tell
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE
from sseclient_ng._core.policy import ReconnectPolicy
from sseclient_ng._core.text import Chunk, as_bytes
from sseclient_ng._shell import Client as Attributes
from sseclient_ng._shell import Shell
from sseclient_ng._sources import Source, body_of_source
from sseclient_ng._transports import Body
from sseclient_ng._transports.requests_transport import RequestsTransport
from sseclient_ng.exceptions import EventTooLarge

__all__ = ["_FIELD_SEPARATOR", "OldNames", "end_of_field"]

end_of_field = re.compile(r"\r\n\r\n|\r\r|\n\n")
"""What ends an event in text, for code that splits text itself (of sseclient)."""

_FIELD_SEPARATOR = ":"
"""What ends a field's name, for code that splits lines itself (of sseclient-py)."""

_Self = TypeVar("_Self", bound="OldNames")

_CONNECTING = (State.CONNECTING_FIRST, State.CONNECTING_AGAIN)


class HookedShell(Shell):
    """A shell that calls the hooks of old code at the places of its own methods.

    Attributes:
        raw_chunks: an iterator over the chunks of the body, before ``_read()`` cuts them into
            blocks; None where there are none.
        decoder: a decoder for them; None before there is one.
    """

    raw_chunks: Optional[Iterator[Chunk]] = None
    decoder: Optional[codecs.IncrementalDecoder] = None
    _seen: object = None  # the response that was taken last
    _reason: Optional[Exception] = None
    _declined: Optional[StopIteration] = None

    def start(self, client: Attributes) -> None:
        """Connect; a ``_connect()`` that ends the loop before it begins ends the constructor."""
        super().start(client)
        if self._declined is not None and not self.machine.closed:
            raise self._declined

    def open(self, client: Attributes) -> None:
        """Make a connection, and have ``iter_content()`` give its chunks."""
        super().open(client)
        self._seen = client.resp
        if self.body is not None:
            self.read_chunks(cast(OldNames, client), _chunks_of(cast(OldNames, client)))

    def connect_now(self, client: Attributes) -> None:
        """Connect: because the machine says so, or on the caller's own account.

        Args:
            client: whose attributes say where to.

        Raises:
            Exception: what `Shell.open` raises.
        """
        if self.machine.state in _CONNECTING:
            self.open(client)
            return
        self.machine.reconnect()
        try:
            self.open(client)
        except BaseException:
            self.machine.abandoned()
            raise
        self.tell_opened()

    def adopt_response(self, client: Attributes) -> None:
        """Read the response that a ``_connect()`` has opened in its own way, if there is one.

        Args:
            client: whose ``resp`` it is.
        """
        response = getattr(client, "resp", None)
        if response is None or response is self._seen or self.machine.is_given:
            return
        self._seen, stale = response, self.body
        on_its_own = self.machine.state not in _CONNECTING
        if on_its_own:
            self.machine.reconnect()
        self.take_body(RequestsTransport(client.session, client.chunk_size).answer(response).body())
        if on_its_own:
            self.tell_opened()
        if stale is not None:
            stale.close()

    def read_given(self, client: Attributes, body: Body) -> None:
        """Read what is open already."""
        super().read_given(client, body)
        self.read_chunks(cast(OldNames, client), body.chunks)

    def read_chunks(self, client: OldNames, chunks: Iterator[Chunk]) -> None:
        """Read these chunks from now on, cut by ``_read()`` if that is overridden.

        Args:
            client: whose hook it is.
            chunks: an iterator over the chunks.
        """
        self.raw_chunks = self.chunks = chunks
        self.decoder = None
        if _is_overridden(client, "_read"):
            self.chunks = _hook(client, "_read")()

    def tell_opened(self) -> None:
        """Tell the machine what came of a connection that a hook may have made."""
        if self.body is None and self.raw_chunks is None:
            self.machine.refused_for_good()
        else:
            self.machine.opened()

    def _connect(self, client: Attributes) -> None:
        old = cast(OldNames, client)
        self.raw_chunks = None
        if not _is_overridden(old, "_connect"):
            super()._connect(client)
        elif self._call_connect(old):
            self.adopt_response(client)
            if self.body is not None and self.raw_chunks is None:
                self.read_chunks(old, _chunks_of(old))
            self.tell_opened()

    def _call_connect(self, client: OldNames) -> bool:
        """Call the hook, and return whether it wants the connection."""
        again = self.machine.state is State.CONNECTING_AGAIN
        try:
            if again:
                _connect_while_handling(self._take_reason(), client)
            else:
                _hook(client, "_connect")()
        except StopIteration as declined:
            self._declined = declined
            self.machine.declined()
            return False
        return True

    def _take_reason(self) -> Exception:
        reason, self._reason = self._reason, None
        return reason or EOFError("the connection was given up")

    def _close_body(self) -> None:
        self.raw_chunks = None
        super()._close_body()

    def _tell(self, action: Tell, client: Attributes) -> None:
        self._reason = action.failure.error
        super()._tell(action, client)


class MirroringShell(HookedShell):
    """A shell for subclasses that have plain attributes where `Client` has properties.

    Such an attribute says what the client is to go by, and is set to what the stream says.
    """

    def next_event(self, client: Attributes) -> Optional[Event]:
        """Return the next event; the attributes follow it."""
        _pull(client, self.delivery)
        try:
            return super().next_event(client)
        finally:
            _push(client, self.delivery)

    def read_chunks(self, client: OldNames, chunks: Iterator[Chunk]) -> None:
        """Read these chunks from now on; the attributes follow each of them."""
        super().read_chunks(client, chunks)
        self.chunks = _mirrored(self.chunks, weakref.ref(client), self.delivery)


def _mirrored(
    chunks: Iterator[Chunk], client: weakref.ref[OldNames], delivery: Delivery
) -> Iterator[Chunk]:
    _pull(client(), delivery)
    for chunk in chunks:
        yield chunk
        _push(client(), delivery)
        _pull(client(), delivery)


def _pull(client: object, delivery: Delivery) -> None:
    for name in _plain_names(type(client)):
        setattr(delivery, name, getattr(client, name))


def _push(client: object, delivery: Delivery) -> None:
    for name in _plain_names(type(client)):
        setattr(client, name, getattr(delivery, name))


class _Overridable:
    """A property that gives way to an attribute of the same name."""

    def __init__(self, original: property) -> None:
        self._original = original
        self.__doc__ = original.__doc__

    def __get__(self, client: Optional[Client], owner: Optional[type] = None) -> Any:
        return self._original.__get__(client, owner)


class OldNames(Client):
    """The client, with the names and hooks of the two old packages."""

    buf: str = ""
    _logger = logging.getLogger("sseclient")
    _shell_type = HookedShell

    def __init_subclass__(cls, **options: Any) -> None:
        """Have a subclass with plain attributes for the state of the stream keep them."""
        super().__init_subclass__(**options)
        if _plain_names(cls):
            cls._shell_type, cls._delivers_one_by_one = MirroringShell, True

    # -- of sseclient: its __next__, which programs rewrite, works on these

    @property
    def decoder(self) -> codecs.IncrementalDecoder:
        """A decoder for the chunks of the connection."""
        shell = _shell_of(self)
        if shell.decoder is None:
            shell.decoder = codecs.getincrementaldecoder(self._char_enc)("replace")
        return shell.decoder

    @decoder.setter
    def decoder(self, decoder: codecs.IncrementalDecoder) -> None:
        _shell_of(self).decoder = decoder

    def _connect(self) -> None:
        """Make a connection; called for every one of them."""
        _shell_of(self).connect_now(self)

    @property
    def resp_iterator(self) -> Iterator[Chunk]:
        """The iterator over the chunks of the body, from which everything is read."""
        return _shell_of(self).raw_chunks or iter(())

    @resp_iterator.setter
    def resp_iterator(self, chunks: Iterator[Chunk]) -> None:
        _shell_of(self).adopt_response(self)
        _shell_of(self).read_chunks(self, chunks)

    def iter_content(self) -> Iterator[Chunk]:
        """Return an iterator over the chunks of the body; called once for each connection."""
        _shell_of(self).adopt_response(self)
        body = _shell_of(self).body
        return iter(()) if body is None else body.chunks

    def _event_complete(self) -> bool:
        return end_of_field.search(self.buf) is not None

    # -- of sseclient-py: its events(), which programs rewrite, works on these

    @property
    def _char_enc(self) -> str:
        return _shell_of(self).delivery.encoding or "utf-8"

    @_char_enc.setter
    def _char_enc(self, encoding: str) -> None:
        _shell_of(self).delivery.encoding = encoding
        _shell_of(self).delivery.begin()

    @property
    def _event_source(self) -> object:
        body = _shell_of(self).body
        return None if body is None else body.source

    @_event_source.setter
    def _event_source(self, source: Source) -> None:
        _shell_of(self).read_given(self, body_of_source(source, self.chunk_size))

    def _read(self) -> Iterator[bytes]:
        """Yield blocks of lines, each with the blank line that ends it."""
        ends, rest = LineEnds(), bytearray()
        limit = _shell_of(self).delivery.max_event_size
        for chunk in _shell_of(self).raw_chunks or ():
            searched = max(0, len(rest) - 1)
            rest += ends.normalise(as_bytes(chunk))
            yield from _take_blocks(rest, searched)
            if limit is not None and len(rest) > limit:
                raise EventTooLarge(limit)
        if rest:
            yield bytes(rest)


# Subclasses have an attribute of that name; to type checkers it stays the property.
setattr(OldNames, "closed", _Overridable(vars(StreamAttributes)["closed"]))  # noqa: B010


def _make_client(cls: type[_Self], *_arguments: object, **_keywords: object) -> _Self:
    """Make a client whose hooks work without its constructor, as tests of subclasses make one."""
    self = object.__new__(cls)
    delivery = Delivery(None, 3000, max_event_size=DEFAULT_MAX_EVENT_SIZE)
    shell = HookedShell(Machine(delivery, ReconnectPolicy()), Callbacks())
    setattr(self, "_shell", shell)  # noqa: B010 - our own
    self.requests_kwargs = copy_arguments({})
    return self


# To type checkers, editors and help(), the parameters are those of the constructor.
setattr(_make_client, "__signature__", inspect.signature(Client.__init__))  # noqa: B010
setattr(OldNames, "__new__", _make_client)  # noqa: B010

_ORIGINALS = {name: vars(OldNames)[name] for name in ("_connect", "iter_content", "_read")}


def _is_overridden(client: OldNames, hook: str) -> bool:
    """Return whether a hook is another one than ours: in a subclass, or by patching."""
    return getattr(getattr(client, hook), "__func__", None) is not _ORIGINALS[hook]


def _hook(client: OldNames, name: str) -> Callable[[], Any]:
    hook: Callable[[], Any] = getattr(client, name)
    return hook


def _shell_of(client: OldNames) -> HookedShell:
    return cast(HookedShell, client._shell)  # pyright: ignore[reportPrivateUsage]  # our own


def _plain_names(client_type: type) -> tuple[str, ...]:
    """Return for which properties of `Client` a class has something else."""
    names = ("last_id", "retry")
    return tuple(n for n in names if getattr(client_type, n) is not getattr(Client, n))


def _chunks_of(client: OldNames) -> Iterator[Chunk]:
    return iter(client.iter_content())


def _connect_while_handling(reason: Exception, client: OldNames) -> None:
    """Call ``_connect()`` where ``sys.exc_info()`` tells why it is called."""
    try:
        raise reason.with_traceback(None)  # noqa: TRY301 - for the sake of its handler
    except Exception:  # noqa: BLE001 - it is the one above
        del reason
        _hook(client, "_connect")()


def _take_blocks(lines: bytearray, start: int) -> Iterator[bytes]:
    end = lines.find(b"\n\n", start) + 2
    while end > 1:
        block = bytes(lines[:end])
        del lines[:end]
        yield block
        end = lines.find(b"\n\n") + 2
