"""The differences from sseclient and sseclient-py."""

from __future__ import annotations

from differences.table import (
    BTUBBS,
    FRAMING,
    INTERPRETING,
    LAST_EVENT_ID,
    MPETAZZONI,
    PARSING,
    PROCESSING,
    Difference,
    Shown,
    ending,
    event,
    issue,
    recorded,
    requested,
)


def _sent(**headers: str) -> dict[str, str]:
    """Return what a request carries, beside what requests sends by default."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    details = {"accept-encoding": "gzip, deflate", "body": "", "connection": "keep-alive", **named}
    return dict(sorted(details.items()))


_DUMPED = [
    "retry: 1000\ndata: hello\n\n",
    "id: 3\nevent: put\ndata: one\ndata: two\ndata: \n\n",
    "data: \n\n",
]

FRAMES = (
    Difference(
        "sseclient",
        "Chunked bodies",
        "Reads the socket below the chunked framing, so chunk sizes end up in the data of an event "
        "that spans two chunks: JSON breaks.",
        "Decodes the framing.",
        (issue(28), issue(34), FRAMING),
        (
            recorded("chunked_with_an_event_in_two_chunks", [], [{"a": 1, "b": 2}]),
            ending("chunked_with_an_event_in_two_chunks", "raised json.decoder.JSONDecodeError"),
        ),
    ),
    Difference(
        "sseclient",
        "The end of a body on an open connection",
        "Reads past the end of a body: waits for ever, or returns the last bytes of the framing as "
        "a message.",
        "Stops at the end, and reconnects.",
        (issue(28), FRAMING),
        (
            recorded("content_length_on_an_open_connection", ["first"], ["first", "second"]),
            ending("content_length_on_an_open_connection", "timed out"),
            requested("content_length_on_an_open_connection", ["GET /"], ["GET /", "GET /"]),
            recorded("chunked_body_ends_on_an_open_connection", ["first", ""], ["first", "second"]),
            requested("chunked_body_ends_on_an_open_connection", ["GET /"], ["GET /", "GET /"]),
        ),
    ),
    Difference(
        "sseclient",
        "Compressed bodies",
        "Asks for gzip, then decodes the compressed bytes as text: no message ever arrives.",
        "Decompresses the body as it arrives.",
        (issue(36), f"[btubbs/sseclient pull request 37]({BTUBBS}/pull/37)"),
        (recorded("gzip_coded", [], ["zipped"]), ending("gzip_coded", "timed out")),
    ),
    Difference(
        "sseclient-py",
        "Delivery from an unchunked body",
        "Delivers an event when a block of 128 bytes is full, which may be long after the event "
        "arrived.",
        "Delivers an event when its blank line arrives, on every framing.",
        (),
        (
            recorded("response_without_chunks_while_the_server_waits", [], ["now"]),
            ending("response_without_chunks_while_the_server_waits", "timed out"),
        ),
    ),
    Difference(
        "sseclient-py",
        "A body that breaks off",
        "Loses complete events that arrived in the same block as the break.",
        "Delivers every complete event, then raises the same error.",
        (INTERPRETING,),
        (recorded("body_shorter_than_its_length", [], ["1"]),),
    ),
)

DECODING = (
    Difference(
        "sseclient",
        "UTF-8",
        "Decodes with the charset that requests guesses: Latin-1 if the server names none.",
        "Always decodes UTF-8, as the standard says. `char_enc` forces another encoding.",
        (PARSING, issue(40), issue(47)),
        (
            recorded(
                "no_charset_declared",
                ["grüße, 世界 😀".encode().decode("latin-1")],
                ["grüße, 世界 😀"],
            ),
        ),
    ),
    Difference(
        "sseclient-py",
        "Bytes that are not UTF-8",
        "Raises `UnicodeDecodeError`.",
        "Replaces them with U+FFFD, and reads on.",
        (PARSING,),
        (
            recorded("bytes_that_are_not_utf_8", ["a"], ["a", "\ufffd\ufffd", "c"]),
            ending("bytes_that_are_not_utf_8", "raised builtins.UnicodeDecodeError"),
        ),
    ),
    Difference(
        "sseclient",
        "Byte order mark",
        "Ignores the first field: its data is lost.",
        "Drops one at the start of the stream.",
        (PARSING,),
        (recorded("byte_order_mark", ["", "b"], ["a", "b"]),),
    ),
    Difference(
        "sseclient-py",
        "Byte order mark",
        "Ignores the first field: the first event is lost.",
        "Drops one at the start of the stream.",
        (PARSING,),
        (recorded("mark_at_the_start", [["b"]], [["a", "b"]]),),
    ),
    Difference(
        "sseclient-py",
        "Chunks of text",
        "Raises `TypeError` for a source of `str`, such as `iter_text()` or `decode_unicode=True`.",
        "Accepts text as well as bytes.",
        (),
        (
            recorded("text_from_a_decoding_response", [], ["first", "second\nline"]),
            ending("text_from_a_decoding_response", "raised builtins.TypeError"),
            recorded("list_of_text", [], ["ä"]),
            ending("list_of_text", "raised builtins.TypeError"),
        ),
    ),
)

LINES = (
    Difference(
        "sseclient",
        "Blank lines after other line ends",
        "Recognises a blank line only between two line ends of the same kind, so events run into "
        "each other; an extra blank line counts as a message.",
        "Accepts CR, LF and CRLF, in any mixture.",
        (PARSING,),
        (recorded("line_ends_mixed", ["a", "b\nc", "", "d"], ["a", "b", "c", "d"]),),
    ),
    Difference(
        "sseclient-py",
        "Blank lines after other line ends",
        "Recognises a blank line only between two line ends of the same kind, so events run into "
        "each other.",
        "Accepts CR, LF and CRLF, in any mixture.",
        (PARSING,),
        (recorded("line_ends_of_mixed_kinds", [["a\nb", "c"]], [["a", "b", "c"]]),),
    ),
    Difference(
        "sseclient",
        "U+2028, U+0085 and other separators in data",
        "Treats them as line ends: the rest of the data is lost.",
        "Keeps them as data. Only CR, LF and CRLF end a line.",
        (PARSING,),
        (
            recorded("unicode_line_separators", ["a"], ["a\u2028b\u2029c\x85d\x0be\x0cf"]),
            recorded("line_separators_in_parsed_data", [event("a")], [event("a\u2028b\x0bc\x85d")]),
        ),
    ),
)

FIELDS = (
    Difference(
        "sseclient",
        "Blocks without data",
        "Delivers a message with empty data for every comment, and for a block with only `retry`, "
        "`id` or `event`.",
        "Applies their `retry` and `id`, and delivers only events with data.",
        (INTERPRETING,),
        (
            recorded(
                "keep_alives_unguarded",
                [
                    ["message", ""],
                    ["message", "first"],
                    ["message", ""],
                    ["message", ""],
                    ["message", ""],
                    ["tick", ""],
                    ["message", "second"],
                ],
                [["message", "first"], ["message", "second"]],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "A first line of data that is empty",
        "Loses it.",
        "Keeps it: joins all lines of data by a line feed.",
        (INTERPRETING,),
        (recorded("first_data_line_empty", [event("second line")], [event("\nsecond line")]),),
    ),
    Difference(
        "sseclient",
        "An empty `event` field",
        "The event is named `''`.",
        "The event is named `'message'`.",
        (INTERPRETING,),
        (recorded("event_name_empty", [event("x", "")], [event("x")]),),
    ),
    Difference(
        "sseclient",
        "An invalid `retry`",
        "Raises `ValueError`; accepts `-5`, and then fails to sleep.",
        "Ignores it. Only ASCII digits are valid.",
        (INTERPRETING,),
        (
            recorded("retry_that_is_no_number", [], [event("1"), 10]),
            ending("retry_that_is_no_number", "raised builtins.ValueError"),
            recorded("retry_below_zero", [event("1", retry=-5), -5], [event("1"), 10]),
            recorded("retry_parsed_that_is_no_number", [], [event("x")]),
            ending("retry_parsed_that_is_no_number", "raised builtins.ValueError"),
        ),
    ),
    Difference(
        "sseclient",
        "A `retry` of zero",
        "Ignores it.",
        "Accepts it; `ReconnectPolicy` sets a minimum wait, so it does not become a storm.",
        (INTERPRETING,),
        (recorded("retry_of_zero", [event("1", retry=0), 10], [event("1", retry=0), 0]),),
    ),
    Difference(
        "sseclient-py",
        "The type of `retry`",
        "It is a `str`.",
        "It is an `int`, or `None` if invalid. `int(event.retry)` works with both.",
        (INTERPRETING,),
        (
            recorded("retry_as_it_is", ["1500"], [1500]),
            recorded("retry_as_it_is_and_no_number", ["soon"], [None]),
        ),
    ),
    Difference(
        "sseclient-py",
        "An ID with NUL",
        "Delivers it.",
        "Ignores it.",
        (INTERPRETING,),
        (recorded("id_that_holds_nul", ["a\0b"], [None]),),
    ),
)

RECONNECTING = (
    Difference(
        "sseclient",
        "Incomplete events at the end of a connection",
        "Joins their complete lines to the first message of the next connection.",
        "Drops them. The server sends them again after the last event ID.",
        (INTERPRETING,),
        (
            recorded(
                "half_a_line_dies_with_its_connection",
                ["whole", event("next", id="2")],
                ["whole", event("next")],
            ),
            recorded(
                "whole_lines_die_with_their_connection",
                ["whole", event("stale\nnext", "stale")],
                ["whole", event("next")],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "A reconnect that fails for a while",
        "Ends the loop after a refused connection or a status such as 503.",
        "Retries with growing waits; `reconnect=ReconnectPolicy(max_attempts=...)` limits that.",
        (PROCESSING,),
        (
            recorded("status_503_on_reconnect", ["1"], ["1", "2"]),
            ending("status_503_on_reconnect", "raised requests.exceptions.HTTPError"),
            requested("status_503_on_reconnect", ["GET /"] * 2, ["GET /"] * 3),
            recorded("refused_on_reconnect", ["1"], ["1", "2"]),
            ending("refused_on_reconnect", "raised requests.exceptions.ConnectionError"),
            requested("refused_on_reconnect", ["GET /"], ["GET /"] * 2),
        ),
    ),
    Difference(
        "sseclient",
        "A read that times out, a connection that is reset",
        "Raises `TimeoutError` or `ConnectionResetError`, but reconnects after other drops.",
        "Reconnects after any drop.",
        (PROCESSING,),
        (
            recorded("read_timeout_in_mid_stream", ["1"], ["1", "2"]),
            ending("read_timeout_in_mid_stream", "raised builtins.TimeoutError"),
            requested("read_timeout_in_mid_stream", ["GET /"], ["GET /"] * 2),
            recorded("reset_in_mid_stream", ["1"], ["1", "2"]),
            ending("reset_in_mid_stream", "raised builtins.ConnectionResetError"),
            requested("reset_in_mid_stream", ["GET /"], ["GET /"] * 2),
        ),
    ),
    Difference(
        "sseclient",
        "204 No Content",
        "Reconnects for ever, although this status means that there is no more.",
        "Ends the loop.",
        (PROCESSING,),
        (
            recorded("status_204_on_reconnect", ["1"], ["1", "ended"]),
            ending("status_204_on_reconnect", "raised requests.exceptions.HTTPError"),
            requested("status_204_on_reconnect", ["GET /"] * 3, ["GET /"] * 2),
        ),
    ),
    Difference(
        "sseclient",
        "Output",
        "Prints the error to standard output at each reconnect.",
        "Prints nothing. Logs to `sseclient` at level INFO.",
        (),
        (recorded("reconnect_prints_nothing", ["\n"], [""]),),
    ),
    Difference(
        "sseclient",
        "An empty ID",
        "Does not reset the last event ID.",
        "Resets it: sends no `Last-Event-ID`.",
        (INTERPRETING,),
        (requested("empty_id_resets", ["GET /", "GET / after '5'"], ["GET /"] * 2),),
    ),
    Difference(
        "sseclient",
        "An ID with NUL",
        "Accepts it, and sends it in a header that no server accepts.",
        "Ignores it.",
        (INTERPRETING,),
        (
            requested(
                "id_with_nul",
                ["GET /", "GET / after 'b\\x00d'"],
                ["GET /", "GET / after 'good'"],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "IDs beyond Latin-1, with spaces around them, or that are numbers",
        "Raises an error about headers, at the next reconnect or in the constructor.",
        "Sends them as UTF-8, without the surrounding spaces.",
        (LAST_EVENT_ID, issue(40)),
        (
            recorded("id_beyond_latin_1", ["café→"], ["café→", "2"]),
            ending("id_beyond_latin_1", "raised builtins.UnicodeEncodeError"),
            requested("id_beyond_latin_1", ["GET /"], ["GET /", "GET / after 'café→'"]),
            recorded("id_with_spaces", [" padded "], [" padded ", "2"]),
            ending("id_with_spaces", "raised requests.exceptions.InvalidHeader"),
            requested("id_with_spaces", ["GET /"], ["GET /", "GET / after 'padded'"]),
            recorded("last_id_beyond_latin_1", [], ["hello"]),
            ending("last_id_beyond_latin_1", "raised builtins.UnicodeEncodeError"),
            requested("last_id_beyond_latin_1", [], ["GET / after 'café→'"]),
            recorded("last_id_a_number", [], ["hello"]),
            ending("last_id_a_number", "raised requests.exceptions.InvalidHeader"),
            requested("last_id_a_number", [], ["GET / after '5'"]),
        ),
    ),
)

_CONNECTION_ERROR = "requests.exceptions.ConnectionError"
_TIMEOUTS = ("requests.exceptions.ReadTimeout", "requests.exceptions.Timeout")
_REQUEST_EXCEPTION = (
    "requests.exceptions.RequestException",
    "builtins.OSError",
    "builtins.Exception",
)

INTERFACE = (
    Difference(
        "sseclient",
        "The caller's own headers",
        "Writes three headers into the dictionary that the caller passed.",
        "Leaves the caller's dictionaries unchanged.",
        (),
        (
            recorded(
                "headers_of_the_caller_afterwards",
                [
                    {
                        "X-Own": "1",
                        "Cache-Control": "no-cache",
                        "Accept": "text/event-stream",
                        "Last-Event-ID": "5",
                    }
                ],
                [{"X-Own": "1"}],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "Responses that are not event streams",
        "Reads anything as an event stream: an HTML page gives no message and no error.",
        "Raises `InvalidContentType`, a `requests.RequestException`, with the content type. "
        "`check_content_type=False` disables this.",
        (PROCESSING,),
        (
            recorded("another_content_type", ["application/json"], []),
            ending(
                "another_content_type", "returned", "raised requests.exceptions.RequestException"
            ),
        ),
    ),
    Difference(
        "sseclient",
        "Statuses of success other than 200",
        "Reads the body of any 2xx as an event stream.",
        "Reads it if its Content-Type is `text/event-stream`; otherwise raises "
        "`requests.HTTPError`.",
        (PROCESSING,),
        (
            recorded("another_status_of_success", [202], []),
            ending("another_status_of_success", "returned", "raised requests.exceptions.HTTPError"),
        ),
    ),
    Difference(
        "sseclient",
        "Events compared with each other",
        "Two events are never equal, whatever they hold.",
        "They are equal if data, type, ID and `retry` are.",
        (),
        (recorded("events_in_a_set", [[False, True, 2]], [[True, True, 1]]),),
    ),
    Difference(
        "sseclient-py",
        "Events compared with each other",
        "Two events are never equal, whatever they hold.",
        "They are equal if data, type, ID and `retry` are.",
        (),
        (recorded("events_compared_with_each_other", [False, 2], [True, 1]),),
    ),
    Difference(
        "sseclient-py",
        "Silence for longer than the timeout",
        "Raises a `requests.ConnectionError`.",
        "Raises a `requests.ConnectionError` that is a `requests.ReadTimeout` as well.",
        (),
        (
            recorded(
                "read_timeout_of_a_response",
                ["1", {"exception": [_CONNECTION_ERROR, *_REQUEST_EXCEPTION]}],
                [
                    "1",
                    {"exception": [_CONNECTION_ERROR, *_TIMEOUTS, *_REQUEST_EXCEPTION]},
                ],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "One class for both packages",
        "Has no `events()`, and takes a response for a URL: the usual sign of the wrong package.",
        "Has `events()` for a URL, and iterates over a response with `for` and `next`.",
        (issue(28, MPETAZZONI), issue(32, MPETAZZONI)),
        (
            recorded("events_of_a_url", [], ["first"]),
            ending("events_of_a_url", "raised builtins.AttributeError"),
            recorded("response_given_to_the_url_package", [], ["first"]),
            ending("response_given_to_the_url_package", "raised requests.exceptions.InvalidURL"),
        ),
    ),
    Difference(
        "sseclient-py",
        "One class for both packages",
        "Is not iterable, and accepts neither a URL nor headers: the usual sign of the wrong "
        "package.",
        "Iterates over a response with `for` and `next`, and connects to a URL.",
        (issue(28, MPETAZZONI), issue(32, MPETAZZONI)),
        (
            recorded("client_itself_iterated", [], ["first", "second\nline"]),
            ending("client_itself_iterated", "raised builtins.TypeError"),
            recorded("url_and_headers_given", [], ["first"]),
            ending("url_and_headers_given", "raised builtins.TypeError"),
            requested("url_and_headers_given", [], ["GET /"]),
        ),
    ),
    Difference(
        "sseclient-py",
        "The text of an event",
        "`str(event)` is a description.",
        "`str(event)` is the data, as in sseclient; `repr(event)` is a description.",
        (),
        (recorded("text_of_an_event", ["greet event #9, 5 bytes, retry in 1500ms"], ["hello"]),),
    ),
    Difference(
        "sseclient",
        "`Event.dump()` of an empty ID and of `retry` 0",
        "Omits them.",
        "Writes them: an empty ID resets the last event ID, and 0 is a reconnection time.",
        (INTERPRETING,),
        (
            recorded(
                "event_dumped",
                [*_DUMPED, "data: x\n\n"],
                [*_DUMPED, "id: \nretry: 0\ndata: x\n\n"],
            ),
        ),
    ),
    Difference(
        "sseclient",
        "`Event` with data that is not text",
        "Raises `AssertionError`, unless assertions are off.",
        "Accepts it; type checkers complain.",
        (),
        (ending("event_from_what_is_no_text", "raised builtins.AssertionError"),),
    ),
    Difference(
        "sseclient",
        "Default headers",
        "Overrides the caller's Accept and Cache-Control; sends neither if a client is made "
        "without its constructor.",
        "Keeps the caller's, and adds missing ones to every request.",
        (),
        (
            Shown(
                "own_accept_header",
                "headers",
                [_sent(accept="text/event-stream", cache_control="no-cache")],
                [_sent(accept="*/*", cache_control="max-age=0")],
            ),
            Shown(
                "made_by_new_with_attributes_by_hand",
                "headers",
                [_sent(accept="*/*", x_by="hand")],
                [_sent(accept="text/event-stream", cache_control="no-cache", x_by="hand")],
            ),
        ),
    ),
    Difference(
        "sseclient-py",
        "`events()` again",
        "Reads the response from the start again: what was already read is lost, and after the end "
        "requests raises `StreamConsumedError`.",
        "Continues where the source is; ends at once after its end.",
        (),
        (
            recorded("events_called_again", ["1"], ["1", "2", "3"]),
            recorded("end_of_the_body_ends_the_events", [["1"]], [["1"], []]),
            ending(
                "end_of_the_body_ends_the_events", "raised requests.exceptions.StreamConsumedError"
            ),
        ),
    ),
    Difference(
        "sseclient-py",
        "Lines as the source",
        "Joins the lines of `iter_lines()`, which have no ends: no event arrives, or a damaged "
        "one.",
        "Recognises `iter_lines()` of requests and httpx, and restores the line ends.",
        (),
        (
            recorded(
                "lines_that_lost_their_ends",
                [],
                [["put", "first"], ["message", "second\nline"]],
            ),
        ),
    ),
    Difference(
        "sseclient-py",
        "`Event` by position",
        "The order is id, event, data, retry.",
        "The order is data, event, id, retry, as in sseclient. Keywords work with both.",
        (),
        (
            recorded(
                "events_by_hand_by_position",
                [event("text", "put", "1")],
                [event("1", "put", "text")],
            ),
        ),
    ),
    Difference(
        "sseclient-py",
        "Closing a source without `close`",
        "Raises `AttributeError`, for instance for a list.",
        "Does nothing.",
        (),
        (ending("close_of_what_has_no_close", "raised builtins.AttributeError"),),
    ),
    Difference(
        "sseclient-py",
        "Closing while another thread reads",
        "Blocks both threads.",
        "Ends the events at once.",
        (),
        (
            recorded("closed_while_another_thread_is_blocked", ["1"], ["1", "ended"]),
            ending("closed_while_another_thread_is_blocked", "timed out"),
        ),
    ),
)

SSECLIENT = {
    "Framing": FRAMES,
    "Decoding": DECODING,
    "Lines": LINES,
    "Fields": FIELDS,
    "Reconnecting": RECONNECTING,
    "Interface": INTERFACE,
}
"""By chapter, in the order of the page."""
