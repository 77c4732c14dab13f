"""Code for ``sseclient``: what happens when the connection ends."""

from harness.catalogue import snippet
from harness.script import Pause, answer, stream

GONE = answer(404)


@snippet(
    "sseclient",
    serve=[
        stream("retry: 10\nid: 1\ndata: first\n\n", framing="close"),
        stream("id: 2\ndata: second\n\n", framing="close"),
        GONE,
    ],
)
def reconnects_with_the_last_id(url, record):
    import requests
    from sseclient import SSEClient

    client = SSEClient(url)
    try:
        for message in client:
            record([message.id, message.data])
    except requests.HTTPError as error:
        record(error.response.status_code)
    record([client.last_id, client.retry])


@snippet(
    "sseclient",
    serve=[
        stream("id: a\ndata: 1\n\n", "data: 2\n\n", framing="close"),
        stream("data: 3\n\n", framing="close", end="hold"),
    ],
)
def id_outlives_messages_without_one(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    for message in client:
        record([message.id, message.data, client.last_id])
        if message.data == "3":
            break


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close"),
        stream("data: 3\n\n", framing="close", end="hold"),
    ],
)
def arguments_sent_each_time(url, record):
    import requests
    from sseclient import SSEClient

    session = requests.Session()
    session.headers["X-From"] = "session"
    client = SSEClient(
        url, "9", 10, session, headers={"X-Own": "1"}, params={"q": "x"}, auth=("u", "p")
    )
    for message in client:
        record(message.data)
        if message.data == "3":
            break


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def loop_changes_the_last_id(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    client.last_id = "from-our-store"
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("id: 1\ndata: whole\n\nid: 2\ndata: half", framing="close"),
        stream("data: next\n\n", framing="close", end="hold"),
    ],
)
def half_a_line_dies_with_its_connection(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    record(next(client))


@snippet(
    "sseclient",
    serve=[
        stream("data: whole\n\nevent: stale\ndata: stale\n", framing="close"),
        stream("data: next\n\n", framing="close", end="hold"),
    ],
)
def whole_lines_die_with_their_connection(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    record(next(client))


@snippet(
    "sseclient",
    serve=[stream("data: 1\n\n", framing="close"), answer(503), stream("data: 2\n\n", end="hold")],
)
def status_503_on_reconnect(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream("data: 1\n\n", framing="close"), answer(400)])
def status_400_on_reconnect(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream("data: 1\n\n", framing="close"), answer(204), answer(404)])
def status_204_on_reconnect(url, record):
    from sseclient import SSEClient

    for message in SSEClient(url, retry=10):
        record(message.data)
    record("ended")


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def refused_on_reconnect(url, record):
    import requests
    from sseclient import SSEClient

    class Flaky:
        calls = 0

        def get(self, url, **kwargs):
            self.calls += 1
            if self.calls == 2:
                raise requests.ConnectionError("refused")
            return requests.get(url, **kwargs)

    client = SSEClient(url, session=Flaky(), retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", framing="close", end="hold"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def read_timeout_in_mid_stream(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10, timeout=0.3)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", Pause(0.1), framing="close", end="reset"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def reset_in_mid_stream(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("data: 1\n\n", Pause(0.1), framing="close", end="reset"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def callers_own_reconnect_loop(url, record):
    import http.client

    from sseclient import SSEClient
    from urllib3.exceptions import ProtocolError

    wanted = 2
    while wanted:
        try:
            for message in SSEClient(url, retry=10):
                record(message.data)
                wanted -= 1
                if not wanted:
                    break
        except (ProtocolError, OSError, http.client.IncompleteRead):
            continue


@snippet(
    "sseclient",
    serve=[stream("id: 1\ndata: 1\n\n", framing="close"), stream("data: 2\n\n", end="hold")],
)
def reconnect_prints_nothing(url, record):
    import contextlib
    import io

    from sseclient import SSEClient

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        client = SSEClient(url, retry=10)
        next(client)
        next(client)
    record(printed.getvalue())


@snippet(
    "sseclient",
    serve=[
        stream("id: 5\ndata: 1\n\nid\ndata: 2\n\n", framing="close"),
        stream("data: 3\n\n", framing="close", end="hold"),
    ],
)
def empty_id_resets(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    for message in client:
        record(message.data)
        if message.data == "3":
            break


@snippet(
    "sseclient",
    serve=[
        stream("id: good\ndata: 1\n\nid: b\0d\ndata: 2\n\n", framing="close"),
        stream("data: 3\n\n", framing="close", end="hold"),
    ],
)
def id_with_nul(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    for message in client:
        record(message.data)
        if message.data == "3":
            break


@snippet(
    "sseclient",
    serve=[
        stream("id: café→\ndata: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def id_beyond_latin_1(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).id)
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[
        stream("id:  padded \ndata: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def id_with_spaces(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client).id)
    record(next(client).data)


@snippet("sseclient", serve=[stream("retry: soon\ndata: 1\n\n", framing="close", end="hold")])
def retry_that_is_no_number(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client))
    record(client.retry)


@snippet("sseclient", serve=[stream("retry: -5\ndata: 1\n\n", framing="close", end="hold")])
def retry_below_zero(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client))
    record(client.retry)


@snippet("sseclient", serve=[stream("retry: 0\ndata: 1\n\n", framing="close", end="hold")])
def retry_of_zero(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=10)
    record(next(client))
    record(client.retry)


@snippet(
    "sseclient",
    serve=[
        stream("retry: 60000\ndata: 1\n\n", framing="close"),
        stream("data: 2\n\n", framing="close", end="hold"),
    ],
)
def retry_assigned_by_the_caller(url, record):
    from sseclient import SSEClient

    client = SSEClient(url)
    record(next(client))
    record(client.retry)
    client.retry = 10
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[stream("data: 1\n\n", framing="close"), stream("data: 2\n\n", end="hold")],
)
def retry_of_zero_given(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, retry=0)
    record(next(client).data)
    record(next(client).data)
