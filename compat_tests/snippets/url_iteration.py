"""Code for ``sseclient``: pass a URL, loop over the messages."""

from harness.catalogue import snippet
from harness.script import answer, stream

THREE = stream(
    "id: 1\nevent: edit\ndata: first\n\n",
    "id: 2\ndata: second\n\n",
    "data: third\n\n",
    framing="close",
    end="hold",
)


@snippet("sseclient", serve=[THREE])
def loop_and_break(url, record):
    from sseclient import SSEClient

    for message in SSEClient(url):
        record(message)
        if message.data == "third":
            break


@snippet("sseclient", serve=[THREE])
def module_import(url, record):
    import sseclient

    messages = sseclient.SSEClient(url)
    for message in messages:
        record([message.event, message.id, message.data])
        if message.data == "third":
            return


@snippet("sseclient", serve=[THREE])
def imported_as_eventsource(url, record):
    from sseclient import SSEClient as EventSource

    for event in EventSource(url):
        if event.event == "message":
            record(event.data)
            break


@snippet("sseclient", serve=[THREE])
def url_by_keyword(url, record):
    from sseclient import SSEClient

    arguments = {"url": url, "timeout": 30}
    source = SSEClient(**arguments)
    record(hasattr(source, "chunk_size"))
    record(next(source))


@snippet("sseclient", serve=[THREE])
def next_of_the_client(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client))
    record(next(client).data)
    record(client.last_id)
    record(next(client, None))


@snippet("sseclient", serve=[THREE])
def the_client_is_its_iterator(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(iter(client) is client)
    record(hasattr(SSEClient, "__iter__") and hasattr(SSEClient, "__next__"))


@snippet("sseclient", serve=[THREE])
def islice_and_enumerate(url, record):
    import itertools

    from sseclient import SSEClient

    for number, message in enumerate(itertools.islice(SSEClient(url), 3)):
        record([number, message.data])


@snippet("sseclient", serve=[THREE])
def second_loop_continues(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    for message in client:
        record(message.data)
        break
    for message in client:
        record(message.data)
        break


@snippet("sseclient", serve=[THREE])
def truth_of_the_client(url, record):
    from sseclient import SSEClient

    client = None
    if not client:
        client = SSEClient(url)
    record(bool(client))


@snippet("sseclient", serve=[THREE])
def attributes_of_the_client(url, record):
    import requests
    from sseclient import SSEClient

    session = requests.Session()
    client = SSEClient(url, "7", 500, session, 256, timeout=9)
    record(client.url == url)
    record([client.last_id, client.retry, client.chunk_size])
    record(client.session is session)
    record(client.requests_kwargs["timeout"])
    record(client.resp.status_code)
    record(client.resp.headers["Content-Type"])


@snippet("sseclient", serve=[THREE])
def defaults_of_the_client(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record([client.last_id, client.retry, client.session, client.chunk_size])
    record(sorted(client.requests_kwargs["headers"].items()))


@snippet(
    "sseclient",
    serve=[
        stream(
            'data: {"n": 1}\n\n',
            "data: not json\n\n",
            "event: keep-alive\ndata: null\n\n",
            'data: {"n": 2}\n\n',
            "data: [DONE]\n\n",
            framing="close",
            end="hold",
        )
    ],
)
def json_with_errors_skipped(url, record):
    import json

    from sseclient import SSEClient

    for message in SSEClient(url):
        if message.data == "[DONE]":
            break
        try:
            value = json.loads(message.data)
        except ValueError:
            record("skipped")
            continue
        if value:
            record(value["n"])


COMMENTS = stream(
    ":ok\n\n",
    "data: first\n\n",
    ": keep-alive\n\n",
    "retry: 20\n\n",
    "id: 8\n\n",
    "event: tick\n\n",
    "data: second\n\n",
    framing="close",
    end="hold",
)


@snippet("sseclient", serve=[COMMENTS])
def keep_alives_guarded(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    for message in client:
        if not message.data.strip():
            continue
        record(message.data)
        if message.data == "second":
            break
    record([client.last_id, client.retry])


@snippet("sseclient", serve=[COMMENTS])
def keep_alives_unguarded(url, record):
    from sseclient import SSEClient

    for message in SSEClient(url):
        record([message.event, message.data])
        if message.data == "second":
            break


@snippet("sseclient", serve=[THREE, THREE])
def two_clients_in_turns(url, record):
    from sseclient import SSEClient

    left, right = SSEClient(url), SSEClient(url)
    for _ in range(2):
        record(next(left).data)
        record(next(right).data)


@snippet("sseclient", serve=[THREE])
def a_thread_fills_a_queue(url, record):
    import queue
    import threading

    from sseclient import SSEClient

    messages = queue.Queue()

    def fill():
        for message in SSEClient(url):
            messages.put(message)

    threading.Thread(target=fill, daemon=True).start()
    for _ in range(3):
        record(messages.get(timeout=10))


@snippet("sseclient", serve=[THREE])
def response_closed_after_the_loop(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    for message in client:
        record(message.data)
        break
    client.resp.close()
    record("closed")


@snippet("sseclient", serve=[THREE])
def events_of_a_url(url, record):
    from sseclient import SSEClient

    for event in SSEClient(url).events():
        record(event.data)
        break


@snippet("sseclient", serve=[THREE])
def both_packages_probed(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    source = client.events() if hasattr(client, "events") else iter(client)
    record(next(source).data)


@snippet("sseclient", serve=[answer(404, "no such stream")])
def status_404_at_once(url, record):
    import requests
    from sseclient import SSEClient

    try:
        SSEClient(url)
    except requests.exceptions.HTTPError as error:
        record(error.response.status_code)
        record(error.response.text)


@snippet("sseclient", serve=[answer(500)])
def status_500_at_once(url, record):
    from sseclient import SSEClient

    SSEClient(url)


@snippet("sseclient", serve=[answer(401), THREE])
def token_renewed_after_401(url, record):
    import requests
    from sseclient import SSEClient

    token = "stale"
    while True:
        try:
            client = SSEClient(url, headers={"Authorization": "Bearer " + token})
        except requests.HTTPError as error:
            if error.response.status_code != 401:
                raise
            token = "fresh"
        else:
            break
    record(next(client).data)


@snippet("sseclient")
def nobody_listens(url, record):
    import socket

    import requests
    from sseclient import SSEClient

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    try:
        SSEClient(f"http://127.0.0.1:{port}/")
    except requests.exceptions.ConnectionError:
        record("fall back to polling")


@snippet("sseclient", serve=[answer(503), THREE])
def hosts_tried_in_turn(url, record):
    import requests
    from sseclient import SSEClient

    for host in ("a", "b"):
        try:
            client = SSEClient(url + "/" + host)
        except requests.RequestException as error:
            record(error)
        else:
            record(next(client).data)
            break


@snippet("sseclient")
def not_a_url(url, record):
    from sseclient import SSEClient

    SSEClient("stream.example/events")


@snippet("sseclient", serve=[stream("{}", content_type="application/json")])
def another_content_type(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(client.resp.headers["Content-Type"])


@snippet("sseclient", serve=[stream("data: 1\n\n", content_type="text/plain", status=202)])
def another_status_of_success(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(client.resp.status_code)


@snippet("sseclient", serve=[stream("data: 1\n\n", content_type="text/plain", end="hold")])
def plain_text_taken_as_stream(url, record):
    from sseclient import SSEClient

    record(next(SSEClient(url)).data)


@snippet("sseclient", serve=[answer(302, headers={"Location": "/elsewhere"}), THREE])
def redirect_followed(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client).data)
    record(client.resp.url.rpartition("/")[2])


@snippet("sseclient", serve=[THREE], patience=2.0)
def response_closed_by_another_thread(url, record):
    import threading

    from sseclient import SSEClient

    client = SSEClient(url)
    threading.Timer(0.3, client.resp.close).start()
    for message in client:
        record(message.data)
