"""The progress of one response: whether it is complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._request import Request

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_END_OF_CHUNKED_BODY = b"\r\n0\r\n\r\n"


class ResponseProgress:
    """Watches the bytes of a response, to know whether another request may follow."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._head = b""
        self._body_size = 0
        self._tail = b""

    def sent(self, data: bytes) -> None:
        """Note written bytes."""
        while not self._head.endswith(b"\r\n\r\n"):
            before, empty_line, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = before + empty_line
            if not empty_line:
                break
            if self._is_interim():
                self._head = b""
            # The line end before a body of no chunks is the one that ended the head.
            self._tail = b"\r\n"
        self._body_size += len(data)
        self._tail = (self._tail + data)[-len(_END_OF_CHUNKED_BODY) :]

    def may_be_followed(self) -> bool:
        """Whether the response is complete, and the connection stays open after it.

        RFC 9112, sections 6.3 and 9.3.
        """
        status = _STATUS.match(self._head)
        if not status or not self._head.endswith(b"\r\n\r\n") or self._asked_to_close():
            return False
        if self._request.method == "HEAD" or int(status[1]) in (204, 304):
            return self._body_size == 0
        if self._field(rb"transfer-encoding") == b"chunked":
            return self._tail == _END_OF_CHUNKED_BODY
        return self._field(rb"content-length") == b"%d" % self._body_size

    def _is_interim(self) -> bool:
        """Whether the head is that of an interim response: RFC 9110, section 15.2."""
        status = _STATUS.match(self._head)
        return status is not None and status[1].startswith(b"1") and status[1] != b"101"

    def _asked_to_close(self) -> bool:
        asked = self._request.headers.get("Connection", "").lower()
        by_client = asked == "close" or self._request.http_version == "HTTP/1.0"
        return by_client or self._field(rb"connection") == b"close"

    def _field(self, name: bytes) -> bytes:
        found = re.search(rb"\r\n" + name + rb":[ \t]*([^\r\n]*)", self._head, re.IGNORECASE)
        return found[1].strip().lower() if found else b""
