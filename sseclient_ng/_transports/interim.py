"""Interim answers (1xx): requests and urllib3 take 102 and 103 for the answer.

There is no public way to the answer behind them. `read_final_answer` has http.client read on, as it
does itself after 100 Continue, and wraps the result anew. See RFC 9110, 15.2.
"""

from __future__ import annotations

import http.client
import socket
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.response import HTTPResponse

__all__ = ["read_final_answer"]

_SWITCHING_PROTOCOLS = 101  # is final


def read_final_answer(response: object) -> object:
    """Return the answer that follows interim ones, or a response that is no interim one unchanged.

    Args:
        response: what requests returned, or what stands for it in a test.

    Raises:
        requests.exceptions.RequestException: the connection failed before the answer.
    """
    if not isinstance(response, requests.Response) or not _is_interim(response.status_code):
        return response
    inner: object = getattr(response.raw, "_fp", None)
    if not isinstance(inner, http.client.HTTPResponse) or inner.isclosed():
        return response
    try:
        while _is_interim(inner.status):
            inner.headers = inner.msg = cast(http.client.HTTPMessage, None)  # begin() asks for that
            inner.begin()
    except socket.timeout as error:
        response.close()
        raise requests.exceptions.ReadTimeout(error, request=response.request) from error
    except (OSError, http.client.HTTPException) as error:
        response.close()
        raise requests.exceptions.ConnectionError(error, request=response.request) from error
    return _wrap(inner, response)


def _is_interim(status: int) -> bool:
    return 100 <= status < 200 and status != _SWITCHING_PROTOCOLS


def _wrap(inner: http.client.HTTPResponse, interim: requests.Response) -> requests.Response:
    raw: Any = interim.raw
    final: Any = HTTPResponse(
        body=inner,
        headers=cast(Any, inner.getheaders()),
        status=inner.status,
        version=inner.version,
        reason=inner.reason,
        preload_content=False,
        decode_content=False,
        original_response=inner,
        connection=raw.connection,
        request_method=interim.request.method,
    )
    final.interim = raw  # collecting it would close the file that both share
    answer = HTTPAdapter().build_response(interim.request, final)
    answer.history, answer.elapsed = interim.history, interim.elapsed
    answer.connection = interim.connection
    return answer
