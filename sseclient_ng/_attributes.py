"""The attributes that both clients share: where the stream is, and whether it is closed."""

from __future__ import annotations

from typing import Optional, Protocol

from sseclient_ng._core.delivery import Delivery
from sseclient_ng._core.machine import Machine
from sseclient_ng.exceptions import without_secrets

__all__ = ["StreamAttributes"]


class _Shell(Protocol):
    delivery: Delivery
    machine: Machine


class StreamAttributes:
    """The public attributes of a stream, whose values the machinery of a client holds."""

    _shell: _Shell

    @property
    def last_id(self) -> Optional[str]:
        """The ID of the last event that was delivered, or of a block without data after it.

        The next connection asks the server to resume after it; None asks for none.
        """
        return self._shell.delivery.last_id

    @last_id.setter
    def last_id(self, last_id: Optional[str]) -> None:
        self._shell.delivery.last_id = last_id

    @property
    def retry(self) -> int:
        """The reconnection time in milliseconds; the server's ``retry`` fields set it."""
        return self._shell.delivery.retry

    @retry.setter
    def retry(self, retry: int) -> None:
        self._shell.delivery.retry = retry

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._shell.machine.closed

    def __repr__(self) -> str:
        shell: Optional[_Shell] = self.__dict__.get("_shell")
        state = "not made yet" if shell is None else shell.machine.state.value
        url = getattr(self, "url", "")
        place = f" {without_secrets(url)}" if isinstance(url, str) and url else ""
        return f"<{type(self).__name__}{place}: {state}>"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a client can't be copied or pickled: it has a connection")
