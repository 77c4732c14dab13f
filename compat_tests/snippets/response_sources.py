"""Code for ``sseclient-py``: pass a response or another source, call ``events()``."""

from harness.catalogue import snippet
from harness.script import Pause, answer, stream

BODY = "id: 1\nevent: put\ndata: first\n\n: comment\n\ndata: second\ndata: line\n\n"
TWO = stream(BODY)


@snippet("sseclient-py", serve=[TWO])
def requests_response(url, record):
    import requests
    import sseclient

    response = requests.get(url, stream=True, headers={"Accept": "text/event-stream"})
    client = sseclient.SSEClient(response)
    for event in client.events():
        record(event.data)
        record([event.event, event.id])


@snippet("sseclient-py", serve=[TWO])
def raw_of_a_response(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True).raw).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream(BODY, encoding="gzip")])
def raw_of_a_response_made_to_decode(url, record):
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=True)
    response.raw.decode_content = True
    for event in SSEClient(response.raw).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream(BODY, encoding="gzip")])
def gzip_coded_response(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record(event.data)


@snippet("sseclient-py", serve=[TWO, TWO])
def iter_content_of_a_response(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True).iter_content()).events():
        record(event.data)
    response = requests.get(url, stream=True)
    for event in SSEClient(response.iter_content(chunk_size=1024)).events():
        record(event.data)


@snippet("sseclient-py", serve=[TWO])
def urllib3_response(url, record):
    import urllib3
    from sseclient import SSEClient

    http = urllib3.PoolManager()
    response = http.request("GET", url, preload_content=False)
    for event in SSEClient(response).events():
        record(event.data)


@snippet("sseclient-py", serve=[TWO])
def http_client_response(url, record):
    import http.client
    from urllib.parse import urlsplit

    from sseclient import SSEClient

    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", "/", headers={"Accept": "text/event-stream"})
    for event in SSEClient(connection.getresponse()).events():
        record(event.data)
    connection.close()


@snippet("sseclient-py", serve=[TWO])
def urlopen_response(url, record):
    from urllib.request import urlopen

    from sseclient import SSEClient

    with urlopen(url) as response:
        for event in SSEClient(response).events():
            record(event.data)


@snippet("sseclient-py", serve=[TWO])
def response_already_in_memory(url, record):
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=False)
    for event in SSEClient(response).events():
        record(event.data)


@snippet("sseclient-py")
def binary_file(url, record):
    import io

    from sseclient import SSEClient

    buffer = io.BytesIO()
    buffer.write(b"data: from\n\ndata: pycurl\n\n")
    buffer.seek(0)
    for event in SSEClient(buffer).events():
        record(event.data)


@snippet("sseclient-py")
def list_of_bytes(url, record):
    from sseclient import SSEClient

    chunks = [b"data: a\n", b"\nda", b"ta: b", b"\n\n", b"", b"data: c\n\n"]
    record([event.data for event in SSEClient(chunks).events()])
    record([event.data for event in SSEClient(iter(chunks)).events()])


@snippet("sseclient-py")
def generator_of_bytes(url, record):
    from sseclient import SSEClient

    def log():
        for number in range(3):
            yield b"id: %d\ndata: line %d\n\n" % (number, number)

    for event in SSEClient(log()).events():
        record(event)


@snippet(
    "sseclient-py",
    serve=[stream('data: {"t": "Hel"}\n\n', 'data: {"t": "lo"}\n\n', "data: [DONE]\n\n")],
)
def answer_of_a_language_model(url, record):
    import json

    import requests
    import sseclient

    body = {"prompt": "hi", "stream": True}
    headers = {"Accept": "text/event-stream", "Authorization": "Bearer key"}
    response = requests.post(url, json=body, headers=headers, stream=True)
    response.raise_for_status()
    for event in sseclient.SSEClient(response).events():
        if event.data == "[DONE]":
            break
        record(json.loads(event.data)["t"])


@snippet("sseclient-py", serve=[TWO])
def nothing_read_before_the_first_event(url, record):
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=True)
    events = SSEClient(response).events()
    record(response.raw.tell())
    record(next(events).data)


@snippet("sseclient-py")
def nothing_read_past_the_event(url, record):
    from sseclient import SSEClient

    def source():
        for number in range(3):
            record(f"asked for {number}")
            yield b"data: %d\n\n" % number

    for event in SSEClient(source()).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", "data: 2\n\n", "data: 3\n\n", end="hold")])
def events_called_again(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    record(next(client.events()).data)
    for event in client.events():
        record(event.data)
        if event.data == "3":
            break


@snippet("sseclient-py", serve=[stream("event: endpoint\ndata: /messages\n\n", end="hold")])
def next_of_events(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    record(next(client.events()))


@snippet("sseclient-py", serve=[TWO])
def only_the_generator_survives(url, record):
    import gc

    import requests
    from sseclient import SSEClient

    def open_stream():
        return SSEClient(requests.get(url, stream=True)).events()

    events = open_stream()
    gc.collect()
    record([event.data for event in events])


@snippet("sseclient-py", serve=[TWO])
def yielded_from(url, record):
    import requests
    from sseclient import SSEClient

    def stream_events():
        yield from SSEClient(requests.get(url, stream=True)).events()

    record([event.data for event in stream_events()])


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="hold")])
def closed_in_finally(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    try:
        for event in client.events():
            record(event.data)
            break
    finally:
        client.close()
    record("closed")


@snippet("sseclient-py")
def close_reaches_the_source(url, record):
    import io

    from sseclient import SSEClient

    source = io.BytesIO(b"data: 1\n\n")
    client = SSEClient(source)
    client.close()
    record(source.closed)


@snippet("sseclient-py")
def closing_around_a_client(url, record):
    import contextlib
    import io

    from sseclient import SSEClient

    source = io.BytesIO(b"data: 1\n\n")
    with contextlib.closing(SSEClient(source)) as client:
        record([event.data for event in client.events()])
    record(source.closed)


@snippet("sseclient-py")
def close_of_what_has_no_close(url, record):
    from sseclient import SSEClient

    client = SSEClient([b"data: 1\n\n"])
    record([event.data for event in client.events()])
    client.close()


@snippet("sseclient-py", serve=[answer(500, "data: of an error page\n\n")])
def status_is_not_looked_at(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", content_type="application/json")])
def content_type_is_not_looked_at(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream("data: 1\n\n"), stream("data: 2\n\n")])
def end_of_the_body_ends_the_events(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    record([event.data for event in client.events()])
    record([event.data for event in client.events()])


@snippet("sseclient-py", serve=[stream("data: 1\n\n"), stream("data: 2\n\n")])
def reconnect_loop_of_the_caller(url, record):
    import requests
    from sseclient import SSEClient

    last = ""
    for _ in range(2):
        response = requests.get(url, stream=True, headers={"Last-Event-ID": last})
        for event in SSEClient(response).events():
            record([event.id, event.data])
            last = event.id or event.data


@snippet("sseclient-py", serve=[stream("data: 1\n\nid: 2\ndata: unfinished\n", end="finish")])
def unfinished_event_at_the_end(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record([event.id, event.data])


@snippet("sseclient-py")
def unfinished_line_at_the_end(url, record):
    from sseclient import SSEClient

    record([event.data for event in SSEClient([b"data: 1\n\ndata: unfin", b"ished"]).events()])
    record([event.data for event in SSEClient([b"data: 1\r\n\r"]).events()])
    record([event.data for event in SSEClient([b"id: 4"]).events()])


@snippet("sseclient-py", serve=[stream("data: 1\n\n", "data: unfinished\n", end="drop")])
def body_dropped_of_a_response(url, record):
    import requests
    from sseclient import SSEClient

    try:
        for event in SSEClient(requests.get(url, stream=True)).events():
            record(event.data)
    except requests.exceptions.ChunkedEncodingError as error:
        record(error)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="drop")])
def body_dropped_of_raw(url, record):
    import urllib3
    from sseclient import SSEClient

    response = urllib3.PoolManager().request("GET", url, preload_content=False)
    try:
        for event in SSEClient(response).events():
            record(event.data)
    except urllib3.exceptions.ProtocolError as error:
        record(error)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", Pause(0.1), end="reset")])
def body_reset_of_a_response(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="hold")])
def read_timeout_of_a_response(url, record):
    import requests
    from sseclient import SSEClient

    try:
        for event in SSEClient(requests.get(url, stream=True, timeout=0.3)).events():
            record(event.data)
    except requests.exceptions.ConnectionError as error:
        record(error)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="hold")])
def read_timeout_of_urllib3(url, record):
    import urllib3
    from sseclient import SSEClient

    timeout = urllib3.Timeout(connect=5, read=0.3)
    response = urllib3.PoolManager().request("GET", url, preload_content=False, timeout=timeout)
    for event in SSEClient(response).events():
        record(event.data)


@snippet(
    "sseclient-py", serve=[stream("data: 1\n\n", "data: cut", end="drop", framing="content-length")]
)
def body_shorter_than_its_length(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)).events():
        record(event.data)


@snippet("sseclient-py")
def error_of_a_generator_comes_out(url, record):
    from sseclient import SSEClient

    def source():
        yield b"data: 1\n\n"
        yield b"data: never finished\n"
        raise LookupError("broken source")

    try:
        for event in SSEClient(source()).events():
            record(event.data)
    except LookupError as error:
        record(error)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="hold")])
def closed_from_another_thread_after_an_event(url, record):
    import threading

    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    seen = threading.Event()

    def read():
        for event in client.events():
            record(event.data)
            seen.set()
            break

    reader = threading.Thread(target=read)
    reader.start()
    seen.wait(10)
    reader.join(10)
    client.close()
    record(reader.is_alive())


@snippet("sseclient-py")
def nothing_to_iterate_over(url, record):
    from sseclient import SSEClient

    next(SSEClient(42).events())


@snippet("sseclient-py", serve=[TWO])
def client_itself_iterated(url, record):
    import requests
    from sseclient import SSEClient

    for event in SSEClient(requests.get(url, stream=True)):
        record(event.data)


@snippet("sseclient-py", serve=[TWO])
def url_and_headers_given(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, headers={"X-A": "b"})
    record(next(client.events()).data)


@snippet("sseclient", serve=[TWO])
def response_given_to_the_url_package(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    record(next(client).data)


@snippet("sseclient-py", serve=[TWO])
def lines_that_lost_their_ends(url, record):
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=True)
    for event in SSEClient(response.iter_lines()).events():
        record([event.event, event.data])


@snippet("sseclient-py", serve=[TWO])
def text_from_a_decoding_response(url, record):
    import requests
    from sseclient import SSEClient

    response = requests.get(url, stream=True)
    response.encoding = "utf-8"
    for event in SSEClient(response.iter_content(64, decode_unicode=True)).events():
        record(event.data)


@snippet("sseclient-py")
def list_of_text(url, record):
    from sseclient import SSEClient

    for event in SSEClient(["data: ", "ä\n\n"]).events():
        record(event.data)


@snippet("sseclient-py", serve=[stream("data: now\n\n", framing="close", end="hold")], patience=2.0)
def response_without_chunks_while_the_server_waits(url, record):
    import requests
    from sseclient import SSEClient

    record(next(SSEClient(requests.get(url, stream=True)).events()).data)


@snippet("sseclient-py", serve=[stream("data: 1\n\n", end="hold")], patience=2.0)
def closed_while_another_thread_is_blocked(url, record):
    import threading

    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.get(url, stream=True))
    threading.Timer(0.3, client.close).start()
    for event in client.events():
        record(event.data)
    record("ended")
