"""One connection: takes a script for each request, and carries it out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Optional

from ._channel import Channel, Disconnected
from ._journal import Journal, Sent
from ._progress import ResponseProgress
from ._request import Request, read_request
from ._script import ScriptBook, pieces_for

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterable

    from ._piece import Piece


class Connection:
    """One accepted connection, served by its own thread."""

    def __init__(
        self,
        accepted: socket.socket,
        book: ScriptBook,
        journal: Journal,
        tls: Optional[ssl.SSLContext],
    ) -> None:
        self._channel = Channel(accepted)
        self._book = book
        self._journal = journal
        self._tls = tls
        self._number = 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Count the connection and begin to serve it."""
        self._number = self._journal.connection_accepted()
        self.thread.name = f"scripted connection {self._number}"
        self.thread.start()

    def abort(self) -> None:
        """End the connection from another thread."""
        self._channel.abort()

    def _run(self) -> None:
        try:
            self._serve()
        except Disconnected:
            pass  # how every connection ends
        except BaseException as error:  # noqa: BLE001 - closing the server raises it
            self._journal.failed(self._number, error)
        finally:
            self._channel.close()
            self._journal.connection_closed(self._number)

    def _serve(self) -> None:
        script = self._book.for_accepted()
        if script is not None:
            self._perform(script.pieces)
        if self._tls is not None:
            self._channel.start_tls(self._tls)
        while self._answer(read_request(self._channel, self._number)):
            pass

    def _answer(self, request: Request) -> bool:
        """Answer a request with the next script; return whether another request may follow."""
        self._journal.request_read(request)
        progress = ResponseProgress(request)
        self._perform(pieces_for(request, self._book.for_request(request)), progress)
        return progress.may_be_followed()

    def _perform(
        self, pieces: Iterable[Piece], progress: Optional[ResponseProgress] = None
    ) -> None:
        for piece in pieces:
            if not isinstance(piece, bytes):
                piece.perform(self._channel)
                continue
            self._journal.bytes_sent(Sent(time.monotonic(), len(piece), self._number))
            self._channel.send(piece)
            if progress is not None:
                progress.sent(piece)
