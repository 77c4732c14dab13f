"""Code for ``sseclient``: streams as servers and proxies send them."""

from harness.catalogue import snippet
from harness.script import Pause, stream

UMLAUTS = "data: grüße, 世界 😀\n\n".encode()


@snippet(
    "sseclient",
    serve=[stream("data: a\r\ndata: b\r\n\r\n", "data: c\r\n\r\n", framing="close", end="hold")],
)
def line_ends_crlf(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient", serve=[stream("data: a\rdata: b\r\rdata: c\r\r", framing="close", end="hold")]
)
def line_ends_cr(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[stream("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n\ndata: d\n\n", framing="close")],
)
def line_ends_mixed(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    for message in client:
        record(message.data)
        if "d" in message.data:
            break


@snippet(
    "sseclient",
    serve=[
        stream("data: a\r", Pause(0.1), "\n\r", Pause(0.1), "\ndata: b\r\n\r\n", framing="close")
    ],
)
def crlf_cut_between_reads(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream(b"\xef\xbb\xbfdata: a\n\ndata: b\n\n", framing="close")])
def byte_order_mark(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    for message in client:
        record(message.data)
        if message.data == "b":
            break


@snippet(
    "sseclient",
    serve=[
        stream(UMLAUTS[:8], Pause(0.1), UMLAUTS[8:16], Pause(0.1), UMLAUTS[16:], framing="close")
    ],
)
def characters_cut_between_reads(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet("sseclient", serve=[stream(UMLAUTS, framing="close")])
def characters_cut_by_chunk_size(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url, chunk_size=1)).data)


@snippet("sseclient", serve=[stream(UMLAUTS, content_type="text/event-stream", framing="close")])
def no_charset_declared(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet("sseclient", serve=[stream(b"data: \xff\xfe bad\n\n", framing="close", end="hold")])
def undecodable_bytes(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet("sseclient", serve=[stream("data: a\u2028b\u2029c\x85d\x0be\x0cf\n\n", framing="close")])
def unicode_line_separators(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet(
    "sseclient",
    serve=[
        stream(
            "data:x\ndata: y\ndata:  z\ndata: a: b\n:comment\nDATA: no\nextra: no\n"
            "data:\ndata:last\nidentity: no\n\n",
            framing="close",
            end="hold",
        )
    ],
)
def every_way_to_write_a_field(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)))


@snippet("sseclient", serve=[stream("data: a\n\n\n\n\ndata: b\n\n", framing="close", end="hold")])
def extra_blank_lines(url, record):
    from sseclient import SSEClient

    for message in SSEClient(url):
        if message.data:
            record(message.data)
        if message.data == "b":
            break


@snippet("sseclient", serve=[stream("data: first\n\n", "data: second\n\n", end="hold")])
def chunked_with_one_event_in_each_chunk(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream('data: {"a": 1, ', '"b": 2}\n\n', end="hold")])
def chunked_with_an_event_in_two_chunks(url, record):
    import json

    from sseclient import SSEClient

    record(json.loads(next(SSEClient(url)).data))


@snippet("sseclient", serve=[stream("data: first\n", "\n", "data: second\n\n", end="hold")])
def chunked_with_the_blank_line_by_itself(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[stream("data: first\n\n"), stream("data: second\n\n", end="hold")],
)
def chunked_body_ends_on_an_open_connection(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(url, session=requests.Session(), retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("data: first\n\n", framing="content-length"),
        stream("data: second\n\n", framing="content-length"),
    ],
    patience=2.0,
)
def content_length_on_an_open_connection(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(url, session=requests.Session(), retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[stream("data: zipped\n\n", encoding="gzip", framing="close", end="hold")],
    patience=2.0,
)
def gzip_coded(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet("sseclient", serve=[stream("data: " + "x" * 50000 + "\n\n", framing="close")])
def one_large_event(url, record):
    from sseclient import SSEClient

    record(len(next(SSEClient(url)).data))


@snippet(
    "sseclient",
    serve=[stream("".join(f"id: {n}\ndata: {n}\n\n" for n in range(500)), framing="close")],
)
def many_events_in_one_read(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    for message in client:
        assert message.id == message.data == client.last_id
        if message.data == "499":
            break
    record(client.last_id)


@snippet("sseclient", serve=[stream("data: now\n\n", framing="close", end="hold")])
def delivered_while_the_server_waits(url, record):
    import time

    from sseclient import SSEClient

    started = time.monotonic()
    record(next(SSEClient(url)).data)
    record(time.monotonic() - started < 5)
