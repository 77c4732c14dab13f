"""Code for ``sseclient``: test doubles, as callers' own tests use them."""

from harness.catalogue import snippet
from harness.script import stream

ONE = stream("data: real\n\n", framing="close", end="hold")


@snippet("sseclient")
def requests_get_patched(url, record):
    import io
    from unittest import mock

    import requests
    from sseclient import SSEClient

    class Canned:
        status_code = 200
        encoding = "utf-8"
        apparent_encoding = "utf-8"
        headers = None

        def __init__(self, text):
            self.raw = io.BytesIO(text.encode())

        def raise_for_status(self):
            pass

        def iter_content(self, chunk_size=1024):
            return self.raw

    with mock.patch.object(requests, "get", return_value=Canned("id: 1\ndata: ö\n\n")) as get:
        client = SSEClient("http://stream.example/", params={"q": "1"})
        record(next(client))
    record([list(get.call_args[0]), dict(get.call_args[1])])


@snippet("sseclient")
def requests_of_the_package_patched(url, record):
    import io
    from unittest import mock

    from sseclient import SSEClient

    class Canned:
        encoding = None
        apparent_encoding = "utf-8"
        status_code = 200

        def __init__(self):
            self.raw = io.BytesIO(b"data: canned\n\n")
            self.headers = {}

        def raise_for_status(self):
            pass

        def iter_content(self, chunk_size=1024):
            return self.raw

    with mock.patch("sseclient.requests") as fake:
        fake.RequestException = OSError
        fake.get.return_value = Canned()
        record(next(SSEClient("http://stream.example/")).data)
        record(fake.get.call_count)


@snippet("sseclient")
def requests_replaced_by_a_module_with_get_only(url, record):
    import io
    import types

    import sseclient

    class Canned:
        encoding = "utf-8"

        def __init__(self):
            self.raw = io.BytesIO(b"data: a\n\ndata: b\n\n")

        def raise_for_status(self):
            pass

    sseclient.requests = types.SimpleNamespace(get=lambda url, **kwargs: Canned())
    client = sseclient.SSEClient("http://stream.example/")
    record(next(client).data)
    record(next(client).data)


@snippet("sseclient")
def send_of_the_session_patched(url, record):
    from unittest import mock

    import requests
    import sseclient

    session = requests.Session()
    session.cookies["sid"] = "1"
    with mock.patch("sseclient.requests.Session.send") as send:
        send.return_value.encoding = "utf-8"
        sseclient.SSEClient("http://stream.example/", session=session)
        prepared = send.call_args[0][0]
        record(prepared.headers["Cookie"])
        record([prepared.method, prepared.url])


@snippet("sseclient")
def client_class_patched(url, record):
    from unittest import mock

    import sseclient

    with mock.patch("sseclient.SSEClient") as fake:
        fake.return_value = [sseclient.Event(data="1"), sseclient.Event(data="2")]
        for message in sseclient.SSEClient("http://stream.example/"):
            record(message.data)


@snippet("sseclient")
def client_mocked_by_its_specification(url, record):
    from unittest import mock

    import sseclient

    client = mock.MagicMock(spec=sseclient.SSEClient)
    client.__iter__.return_value = iter([sseclient.Event(data="1", event="state")])
    for message in client:
        record(message)
    record(isinstance(client, sseclient.SSEClient))


@snippet("sseclient", serve=[ONE])
def get_wrapped_to_see_the_arguments(url, record):
    from unittest import mock

    import requests
    from sseclient import SSEClient

    with mock.patch.object(requests, "get", wraps=requests.get) as get:
        record(next(SSEClient(url, timeout=3, headers={"X-A": "b"})).data)
    record(dict(get.call_args[1]))
    record(len(get.call_args[0]))
