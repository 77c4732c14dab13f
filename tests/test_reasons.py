"""Why a connection failed, in words without secrets."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from typing import Callable

import pytest
import requests
import urllib3

from sseclient_ng import EventTooLarge, RetriesExhausted, SSEClient
from sseclient_ng._reasons import reason_of
from sseclient_ng.testing import Close, OnAccept, Reset, Scripted, ScriptedServer, head, response
from support.http_libraries import HAS_URLLIB3_FUTURE

SECRET = "HTTPConnectionPool(host='a'): Max retries exceeded with url: /?token=s3cret"


def caused_by(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def in_itself() -> BaseException:
    error = requests.ConnectionError(SECRET)
    error.__cause__ = error.__context__ = error
    return error


def broken(status: int) -> requests.HTTPError:
    answer = requests.Response()
    answer.status_code = status
    return requests.HTTPError(SECRET, response=answer)


REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Refused")
NOT_FOUND = socket.gaierror(-2, "Name or service not known")

WORDS: list[tuple[Callable[[], BaseException], str]] = [
    (lambda: EOFError("the server ended the stream"), "the server ended the stream"),
    (lambda: RetriesExhausted(3, "http://a/?s3cret"), "gave up on http://a/ after 3 failed "),
    (lambda: EventTooLarge(5), "an event holds more than max_event_size=5 bytes; pass a larger"),
    (lambda: broken(503), "503"),
    (lambda: requests.HTTPError(SECRET), "HTTPError"),
    (lambda: requests.ConnectionError(SECRET), "ConnectionError"),
    (in_itself, "ConnectionError"),
    (lambda: requests.ConnectionError(SECRET, REFUSED), "refused"),
    (lambda: caused_by(requests.ConnectionError(SECRET), OSError("no number")), "ConnectionError"),
    (lambda: requests.ConnectTimeout(SECRET), "the server did not accept the connection in time"),
    (lambda: requests.ReadTimeout(SECRET), "nothing came in time"),
    (lambda: socket.timeout("timed out"), "nothing came in time"),
    (lambda: urllib3.exceptions.ReadTimeoutError(None, "u", "m"), "nothing came in time"),  # type: ignore[arg-type]
    (lambda: requests.ConnectionError(SECRET, NOT_FOUND), "the name of the server can't"),
    (lambda: ssl.SSLError(1, "[SSL] no"), "TLS failed: no reason given"),
    (lambda: http.client.IncompleteRead(b""), "the connection broke off"),
    (lambda: requests.exceptions.ChunkedEncodingError(SECRET), "the connection broke off"),
    (lambda: requests.exceptions.ContentDecodingError(SECRET), "the body is damaged"),
    (lambda: ValueError(SECRET), "ValueError"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "words"), WORDS)
def test_words(make: Callable[[], BaseException], words: str) -> None:
    said = reason_of(make())
    assert said.startswith(words)
    assert "s3cret" not in said


REAL: list[tuple[Scripted, str]] = [
    (OnAccept(Close()), "the server closed the connection without an answer"),
    (Reset(), "connection reset by peer"),
    (response(status=503, reason="Too busy"), "503 Too busy"),
    (response(status=503, reason="\x1b[2J"), r"503 \x1b[2J"),
    (head(200, {"Content-Type": "text/html"}), "the answer is no event stream"),
]


@pytest.mark.skipif(HAS_URLLIB3_FUTURE, reason="urllib3.future has words of its own")
@pytest.mark.parametrize(("script", "words"), REAL)
def test_real_errors(script: Scripted, words: str) -> None:
    with ScriptedServer(script) as server, pytest.raises(requests.RequestException) as caught:
        SSEClient(server.url + "?token=s3cret")
    assert reason_of(caught.value).startswith(words)
    assert "s3cret" not in reason_of(caught.value)


def test_no_tls() -> None:
    answer = OnAccept(b"this is no TLS\r\n", Close())
    with ScriptedServer(then=answer) as server, pytest.raises(requests.ConnectionError) as caught:
        SSEClient(f"https://127.0.0.1:{server.port}/", timeout=5)
    assert reason_of(caught.value) == "TLS failed: wrong version number"
