"""Code for ``sseclient``: subclasses, hooks and rewritten readers."""

from harness.catalogue import snippet
from harness.script import Pause, answer, stream

TWO = stream("id: 1\ndata: first\n\n", "data: second\n\n", framing="close", end="hold")
ENDING = stream("id: 1\ndata: first\n\n", framing="close")


@snippet("sseclient", serve=[TWO])
def closed_from_another_thread_by_its_socket(url, record):
    import socket
    import threading

    from sseclient import SSEClient

    class ClosableSSEClient(SSEClient):
        def __init__(self, *args, **kwargs):
            self.should_connect = True
            super().__init__(*args, **kwargs)

        def _connect(self):
            if not self.should_connect:
                raise StopIteration
            super()._connect()

        def close(self):
            self.should_connect = False
            self.retry = 0
            self.resp.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)
            self.resp.raw._fp.fp.raw._sock.close()

    arrived = threading.Event()
    client = ClosableSSEClient(url)

    def listen():
        for message in client:
            record(message.data)
            if message.data == "second":
                arrived.set()
        record("loop ended")

    listener = threading.Thread(target=listen)
    listener.start()
    arrived.wait(10)
    client.close()
    listener.join(10)
    record(listener.is_alive())


@snippet("sseclient", serve=[stream("data: first\n\n", end="hold")])
def closed_from_another_thread_on_chunked_framing(url, record):
    import socket
    import threading

    from sseclient import SSEClient

    class ClosableSSEClient(SSEClient):
        should_connect = True

        def _connect(self):
            if self.should_connect:
                super()._connect()
            else:
                raise StopIteration

        def close(self):
            self.should_connect = False
            self.retry = 0
            self.resp.raw._fp.fp.raw._sock.shutdown(socket.SHUT_RDWR)

    client = ClosableSSEClient(url)
    record(next(client).data)
    closer = threading.Timer(0.2, client.close)
    closer.start()
    record(next(client, "ended"))
    closer.join()


@snippet("sseclient", serve=[ENDING, ENDING, ENDING])
def stop_iteration_in_connect_ends_the_loop(url, record):
    from sseclient import SSEClient

    class Twice(SSEClient):
        connections = 0

        def _connect(self):
            if self.connections == 2:
                raise StopIteration
            self.connections += 1
            super()._connect()

    for message in Twice(url, retry=10):
        record(message.data)
    record("loop ended")


@snippet("sseclient", serve=[ENDING, ENDING])
def error_of_connect_comes_out(url, record):
    from sseclient import SSEClient

    class GaveUp(Exception):
        pass

    class Once(SSEClient):
        def _connect(self):
            if hasattr(self, "resp"):
                raise GaveUp
            super()._connect()

    client = Once(url, retry=10)
    record(next(client).data)
    try:
        next(client)
    except GaveUp:
        record("gave up")


@snippet("sseclient", serve=[ENDING, TWO])
def token_refreshed_in_connect(url, record):
    from sseclient import SSEClient

    class WithToken(SSEClient):
        token = 0

        def _connect(self):
            self.token += 1
            self.requests_kwargs["headers"].update({"Authorization": f"Bearer {self.token}"})
            super()._connect()

    client = WithToken(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[ENDING, TWO])
def host_changed_in_connect(url, record):
    from sseclient import SSEClient

    class FailOver(SSEClient):
        def _connect(self):
            self.url = url + ("/second" if hasattr(self, "resp") else "/first")
            self.requests_kwargs["params"] = {"from": self.last_id}
            super()._connect()

    client = FailOver(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[ENDING, TWO])
def session_changed_in_connect(url, record):
    import requests
    from sseclient import SSEClient

    class NewSession(SSEClient):
        def _connect(self):
            self.session = requests.Session()
            self.session.headers["X-Seen"] = str(self.last_id)
            super()._connect()

    client = NewSession(url, retry=10)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[ENDING, TWO])
def reason_of_the_drop_in_connect(url, record):
    import sys

    from sseclient import SSEClient

    class Curious(SSEClient):
        def _connect(self):
            record(sys.exc_info()[0] is not None)
            super()._connect()

    client = Curious(url, retry=10)
    next(client)
    next(client)


@snippet("sseclient", serve=[TWO])
def positional_arguments_to_super(url, record):
    import requests
    from sseclient import SSEClient

    class Authorized(SSEClient):
        def __init__(self, auth, url, last_id=None, retry=3000, session=None, **kwargs):
            self.auth = auth
            super().__init__(url, last_id, retry, session, **kwargs)

        def _connect(self):
            self.requests_kwargs["headers"]["Authorization"] = self.auth
            super()._connect()

    client = Authorized("Basic x", url, "6", 1000, requests.Session(), timeout=20)
    record(next(client))
    record([client.auth, client.retry])


@snippet("sseclient", serve=[TWO])
def attributes_before_and_after_super(url, record):
    from sseclient import SSEClient

    class Running(SSEClient):
        def __init__(self, url, **kwargs):
            self.running = True
            self._closed_by_user = False
            super().__init__(url, **kwargs)
            self.name = "reader"

    client = Running(url)
    client.extra = [1]
    record([client.running, client.name, client.extra, client._closed_by_user])
    record(next(client).data)


@snippet("sseclient", serve=[ENDING, TWO])
def own_close_is_never_called(url, record):
    from sseclient import SSEClient

    class Owner(SSEClient):
        def close(self):
            record("close was called")

    client = Owner(url, retry=10)
    record(next(client).data)
    record(next(client).data)
    del client


@snippet("sseclient", serve=[TWO])
def next_overridden(url, record):
    from sseclient import SSEClient

    class Numbered(SSEClient):
        number = 0

        def __next__(self):
            message = super().__next__()
            self.number += 1
            message.number = self.number
            return message

    for message in Numbered(url):
        record([message.number, message.data])
        if message.data == "second":
            break


@snippet("sseclient", serve=[ENDING, answer(404)])
def next_overridden_to_hide_trouble(url, record):
    import requests
    from sseclient import Event, SSEClient

    class Calm(SSEClient):
        def __next__(self):
            try:
                return super().__next__()
            except requests.RequestException:
                return Event()

    client = Calm(url, retry=10)
    record(next(client))
    record(next(client))


@snippet("sseclient", serve=[stream("event: put\ndata: a\n\nevent: keep-alive\ndata: null\n\n")])
def next_returns_none_for_keep_alives(url, record):
    from sseclient import SSEClient

    class Quiet(SSEClient):
        def __next__(self):
            message = super().__next__()
            return None if message.event == "keep-alive" else message

    client = Quiet(url)
    record(next(client))
    record(next(client))


@snippet("sseclient", serve=[ENDING, TWO])
def reader_written_anew_on_the_buffer(url, record):
    import time

    import requests
    from sseclient import Event, SSEClient, end_of_field, re

    class Rewritten(SSEClient):
        def __next__(self):
            while not self._event_complete():
                try:
                    self.buf += self.decoder.decode(next(self.resp_iterator))
                except (StopIteration, requests.RequestException):
                    time.sleep(self.retry / 1000.0)
                    self._connect()
                    head, sep, _ = self.buf.rpartition("\n")
                    self.buf = head + sep
            block, self.buf = re.split(end_of_field, self.buf, maxsplit=1)
            message = Event.parse(block)
            if message.retry:
                self.retry = message.retry
            if message.id:
                self.last_id = message.id
            return message

    client = Rewritten(url, retry=10)
    for message in client:
        record([message.id, message.data, client.last_id])
        if message.data == "second":
            break


@snippet("sseclient", serve=[TWO])
def event_complete_overridden_to_search_faster(url, record):
    from sseclient import SSEClient, end_of_field

    class Faster(SSEClient):
        searched = 0

        def _event_complete(self):
            found = end_of_field.search(self.buf, self.searched) is not None
            self.searched = 0 if found else max(0, len(self.buf) - 3)
            return found

    client = Faster(url)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream("data: fir", "st\n\nda", "ta: second\n\n", end="hold")])
def iter_content_overridden(url, record):
    from sseclient import SSEClient

    class OtherReader(SSEClient):
        def iter_content(self):
            return self.resp.iter_content(chunk_size=1)

    client = OtherReader(url)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[stream("data: first\n\n", "data: second\n\n", framing="close")])
def iter_content_as_a_generator_on_raw(url, record):
    from sseclient import SSEClient

    class RawReader(SSEClient):
        def iter_content(self):
            while True:
                block = self.resp.raw.read(self.chunk_size)
                if not block:
                    return
                yield block

    client = RawReader(url, chunk_size=8)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[TWO, TWO])
def hooks_patched_on_the_class(url, record):
    import sseclient

    connect = sseclient.SSEClient._connect
    step = sseclient.SSEClient.__next__

    def counted_connect(self):
        record("connect")
        connect(self)

    def counted_next(self):
        record("next")
        return step(self)

    sseclient.SSEClient._connect = counted_connect
    sseclient.SSEClient.__next__ = counted_next
    for message in sseclient.SSEClient(url):
        record(message.data)
        break


@snippet("sseclient", serve=[TWO])
def made_by_new_then_connected(url, record):
    from sseclient import SSEClient

    class Closable(SSEClient):
        should_connect = True

        def _connect(self):
            if not self.should_connect:
                raise StopIteration
            super()._connect()

    client = Closable.__new__(Closable)
    client.should_connect = False
    try:
        client._connect()
    except StopIteration:
        record("refused")


@snippet("sseclient", serve=[TWO])
def made_by_new_with_attributes_by_hand(url, record):
    from sseclient import SSEClient

    client = SSEClient.__new__(SSEClient)
    client.url = url
    client.last_id = "3"
    client.retry = 3000
    client.chunk_size = 1024
    client.session = None
    client.requests_kwargs = {"headers": {"X-By": "hand"}}
    client.buf = ""
    client._connect()
    record(next(client))


@snippet("sseclient", serve=[TWO])
def connect_written_anew_to_post(url, record):
    import requests
    from sseclient import SSEClient, codecs

    class Poster(SSEClient):
        def _connect(self):
            self.resp = requests.post(
                self.url, data="query", stream=True, headers=self.requests_kwargs["headers"]
            )
            self.resp_iterator = self.iter_content()
            encoding = self.resp.encoding or self.resp.apparent_encoding
            self.decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            self.resp.raise_for_status()

    client = Poster(url)
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient", serve=[answer(404)])
def response_kept_when_the_constructor_fails(url, record):
    import requests
    from sseclient import SSEClient

    class Keeper(SSEClient):
        def __init__(self, url):
            try:
                super().__init__(url)
            except requests.HTTPError:
                record(hasattr(self, "resp"))
                record(self.resp.status_code)

    Keeper(url)


@snippet("sseclient", serve=[TWO])
def chunk_size_changed_later(url, record):
    from sseclient import SSEClient

    client = SSEClient(url, chunk_size=4)
    record(next(client).data)
    client.chunk_size = 4096
    record(next(client).data)


@snippet(
    "sseclient",
    serve=[stream("data: a\n\n", Pause(0.15), "data: b\n\n", Pause(0.15), "data: c\n\n")],
)
def stop_flag_looked_at_for_each_message(url, record):
    from sseclient import SSEClient

    class Stoppable(SSEClient):
        stopped = False

        def __next__(self):
            if self.stopped:
                raise StopIteration
            return super().__next__()

    client = Stoppable(url, chunk_size=1)
    for message in client:
        record(message.data)
        client.stopped = message.data == "b"


@snippet("sseclient", serve=[TWO])
def watchdog_thread_looks_on(url, record):
    import threading
    import time

    from sseclient import SSEClient

    class StreamAlive(threading.Thread):
        def __init__(self):
            super().__init__(daemon=True)
            self.last = time.monotonic()

        def run(self):
            while time.monotonic() - self.last < 45:
                time.sleep(0.5)

    alive = StreamAlive()
    alive.start()
    for message in SSEClient(url, headers={"live-no-dependencies": "true"}):
        alive.last = time.monotonic()
        record([message.id, message.data])
        if message.data == "second":
            break
