"""The differences from httpx-sse."""

from __future__ import annotations

from differences.table import INTERPRETING, PARSING, Difference, Shown, ending, recorded

_HTTPX_HEADERS = {
    "body": "",
    "accept-encoding": "gzip, deflate",
    "cache-control": "no-store",
    "connection": "keep-alive",
}

_EVENTS = (
    Difference(
        "httpx-sse",
        "Heartbeats after an ID",
        "After an event with an ID, each comment and blank line is one more event, without data.",
        "Comments and blank lines are no events. A block that sets an event type, an ID or a "
        'reconnection time still is one, with data of `""`.',
        (INTERPRETING,),
        (recorded("httpx_heartbeats_after_an_id", [["1", "", "", "2"]], [["1", "2"]]),),
    ),
    Difference(
        "httpx-sse",
        "A CR at the end of a chunk",
        "The line waits for the next chunk, and with it the event.",
        "The line ends at once, and a LF that follows is dropped.",
        (PARSING,),
        (
            recorded("httpx_cr_at_the_end_of_a_chunk", [], ["1"]),
            ending("httpx_cr_at_the_end_of_a_chunk", "raised httpx.ReadTimeout"),
        ),
    ),
    Difference(
        "httpx-sse",
        "A BOM at the start",
        "It becomes part of the first field's name: the first event is lost.",
        "It is dropped.",
        (PARSING,),
        (recorded("httpx_stream_with_a_bom", [["2"]], [["1", "2"]]),),
    ),
    Difference(
        "httpx-sse",
        "A `retry` that is not all digits",
        "Takes what `int()` takes: `-1`, `1_000`, ` 5 `.",
        "Ignores it. Only ASCII digits are valid.",
        (INTERPRETING,),
        (recorded("httpx_retry_below_zero", [[-1, 1000]], [[None, None]]),),
    ),
    Difference(
        "httpx-sse",
        "A charset in the Content-Type",
        "Decodes by it.",
        "Decodes as UTF-8, as every browser does. An encoding that you set on the response counts.",
        (PARSING,),
        (recorded("httpx_charset_of_the_server", [["Ã©"]], [["é"]]),),
    ),
    Difference(
        "httpx-sse",
        "An event of more than 64 MiB",
        "There is no limit: a server can fill the memory.",
        "Raises `EventTooLarge`, an `SSEError`. `EventSource.max_event_size` sets another limit.",
        (),
        (
            recorded("httpx_large_event", [[65 * 1024 * 1024]], []),
            ending("httpx_large_event", "returned", "raised httpx.TransportError"),
        ),
    ),
)

_REQUESTS = (
    Difference(
        "httpx-sse",
        "Capitals in the Content-Type",
        "Refuses `Text/Event-Stream`.",
        "Takes it: media types are the same in capitals.",
        ("[RFC 9110, 8.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1)",),
        (
            recorded("httpx_content_type_in_capitals", [], [["1"]]),
            ending("httpx_content_type_in_capitals", "raised httpx.TransportError"),
        ),
    ),
    Difference(
        "httpx-sse",
        "The headers that you pass",
        "Adds to your dict, so the next request with it has them as well.",
        "Leaves your dict alone; takes everything that httpx takes as headers.",
        (),
        (
            recorded(
                "httpx_headers_of_the_caller",
                ["1", ["Accept", "Cache-Control", "X-Key"]],
                ["1", ["X-Key"]],
            ),
        ),
    ),
    Difference(
        "httpx-sse",
        "An `accept` header of yours in another spelling",
        "Sends both.",
        "Sends `text/event-stream` in its place, as for `Accept`.",
        (),
        (
            recorded(
                "httpx_headers_with_their_own_accept",
                [["application/json", "text/event-stream"]],
                [["text/event-stream"]],
            ),
            Shown(
                "httpx_headers_with_their_own_accept",
                "headers",
                [{**_HTTPX_HEADERS, "accept": "application/json, text/event-stream"}],
                [{**_HTTPX_HEADERS, "accept": "text/event-stream"}],
            ),
        ),
    ),
)

HTTPX_SSE = {"Events": _EVENTS, "Requests": _REQUESTS}
"""By chapter, in the order of the page."""
