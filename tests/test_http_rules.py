"""The core's rules of HTTP: what a status, a type and a header field mean, at their borders."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Optional, Union

import pytest

from sseclient_ng._core.http import (
    Verdict,
    body_can_be_sent_again,
    can_be_sent,
    default_headers,
    judge_response,
    retry_after,
    status_is_transient,
    with_last_event_id,
)

NOW = 784111777.0  # seconds since the epoch: Sun, 06 Nov 1994 08:49:37 GMT

TRANSIENT = [408, 425, 429, 500, 501, 503, 599]
NOT_TRANSIENT = [200, 204, 301, 400, 401, 404, 407, 409, 424, 426, 428, 430, 499, 600]

STREAM = "text/event-stream"
VERDICTS = [
    (200, STREAM, Verdict.STREAM),
    (200, "text/Event-Stream ; charset=utf-8", Verdict.STREAM),
    (200, None, Verdict.STREAM),
    (200, "text/plain", Verdict.STREAM),
    (200, "application/octet-stream", Verdict.STREAM),
    (200, "text/html", Verdict.WRONG_TYPE),
    (200, "text/event-streams", Verdict.WRONG_TYPE),
    (200, "text/html, text/event-stream", Verdict.STREAM),
    (200, "text/event-stream, text/html", Verdict.WRONG_TYPE),
    (200, "text/event-stream, */*", Verdict.STREAM),
    (200, "text/event-stream, nothing", Verdict.STREAM),
    (200, 'text/html; a="x, text/event-stream"', Verdict.WRONG_TYPE),
    (201, STREAM, Verdict.STREAM),
    (203, STREAM, Verdict.STREAM),
    (206, STREAM, Verdict.STREAM),
    (299, STREAM, Verdict.STREAM),
    (201, "text/plain", Verdict.WRONG_STATUS),
    (201, None, Verdict.WRONG_STATUS),
    (201, "zzz/zzz", Verdict.WRONG_STATUS),
    (204, STREAM, Verdict.END),
    (205, STREAM, Verdict.WRONG_STATUS),
    (300, STREAM, Verdict.WRONG_STATUS),
    (404, STREAM, Verdict.WRONG_STATUS),
    (199, STREAM, Verdict.WRONG_STATUS),
]


@pytest.mark.parametrize("status", [*TRANSIENT, *NOT_TRANSIENT])
def test_which_statuses_pass(status: int) -> None:
    assert status_is_transient(status) is (status in TRANSIENT)


@pytest.mark.parametrize(("status", "content_type", "verdict"), VERDICTS)
def test_what_a_response_means(status: int, content_type: Optional[str], verdict: Verdict) -> None:
    assert judge_response(status, content_type, check_content_type=True) is verdict


def test_a_type_that_is_not_checked() -> None:
    assert judge_response(200, "text/html", check_content_type=False) is Verdict.STREAM
    assert judge_response(201, "text/html", check_content_type=False) is Verdict.WRONG_STATUS


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("\u0663", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 400, float("inf")),
        ("Sun, 06 Nov 1994 08:49:38 GMT", 1),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", 60),
        ("Sun Nov  6 08:50:37 1994", 60),
        ("Sun, 06 Nov 1994 09:50:37 +0100", 60),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_how_long_to_wait(value: Optional[str], seconds: Optional[float]) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("last_event_id", "sent"),
    [
        (None, "own"),
        ("7", "7"),
        (" \t7\r\n", "7"),
        ("a b", "a b"),
        ("a\tb", b"a\tb"),
        ("\u2603", "\u2603".encode()),
        ("", None),
        ("  ", None),
        ("a\nb", None),
        ("a\x00b", None),
        ("a\x7fb", None),
        (7, "7"),
    ],
)
def test_the_id_that_is_sent(last_event_id: object, sent: Union[str, bytes, None]) -> None:
    own: Mapping[str, Union[str, bytes]] = {"LAST-Event-ID": "own", "A": "b", "X": "y"}
    headers = with_last_event_id(own, last_event_id)
    name = "LAST-Event-ID" if last_event_id is None else "Last-Event-ID"
    assert headers == {"A": "b", "X": "y", **({} if sent is None else {name: sent})}
    assert own == {"LAST-Event-ID": "own", "A": "b", "X": "y"}


def test_which_ids_can_be_sent() -> None:
    assert can_be_sent("a\tb")
    assert can_be_sent("a\x80b")
    assert not can_be_sent("a\x1fb")


def test_the_callers_headers_win_in_any_case() -> None:
    own: Mapping[str, Union[str, bytes]] = {"ACCEPT": "text/plain", "X": b"y"}
    assert default_headers(own) == {**own, "Cache-Control": "no-cache"}
    assert default_headers({})["Accept"] == "text/event-stream"


@pytest.mark.parametrize(
    ("body", "again"),
    [
        (None, True),
        (b"a", True),
        ({"a": "b"}, True),
        (io.BytesIO(b"a"), True),
        (iter([b"a"]), False),
    ],
    ids=["nothing", "bytes", "a form", "a file", "an iterator"],
)
def test_which_bodies_can_be_sent_again(body: object, again: bool) -> None:
    assert body_can_be_sent_again(body) is again
