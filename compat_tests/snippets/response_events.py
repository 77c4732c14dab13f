"""Code for ``sseclient-py``: event objects, encodings, subclasses, logging."""

from harness.catalogue import snippet
from harness.script import stream


@snippet("sseclient-py")
def fields_of_an_event(url, record):
    from sseclient import SSEClient

    for event in SSEClient([b"id: 9\nevent: greet\ndata: hello\n\ndata: bare\n\n"]).events():
        record(event)


@snippet("sseclient-py")
def retry_turned_into_a_number(url, record):
    from sseclient import SSEClient

    for event in SSEClient(
        [b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n", b"data: none\n\n"]
    ).events():
        if event.retry is not None:
            record(int(event.retry))


@snippet("sseclient-py")
def retry_as_it_is(url, record):
    from sseclient import SSEClient

    record(next(SSEClient([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"]).events()).retry)


@snippet("sseclient-py")
def retry_as_it_is_and_no_number(url, record):
    from sseclient import SSEClient

    record(next(SSEClient([b"retry: soon\ndata: x\n\n"]).events()).retry)


@snippet("sseclient-py")
def cursor_kept_from_ids(url, record):
    from sseclient import SSEClient

    cursor = "start"
    for event in SSEClient([b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"]).events():
        cursor = event.id or cursor
        record([cursor, event.id is not None])


@snippet("sseclient-py")
def text_of_an_event(url, record):
    from sseclient import SSEClient

    record(str(next(SSEClient([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"]).events())))


@snippet("sseclient-py")
def events_by_hand_with_keywords(url, record):
    from sseclient import Event

    record(Event())
    record(Event(data="x", event="put", id="1", retry=10))


@snippet("sseclient-py")
def events_compared_with_each_other(url, record):
    from sseclient import Event

    record(Event(data="hello") == Event(data="hello"))
    record(len({Event(data="hello"), Event(data="hello")}))


@snippet("sseclient-py")
def events_by_hand_by_position(url, record):
    from sseclient import Event

    record(Event("1", "put", "text"))


@snippet("sseclient-py")
def attributes_of_an_event(url, record):
    import sseclient

    event = next(
        sseclient.SSEClient([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"]).events()
    )
    record(isinstance(event, sseclient.Event))
    record(sorted(vars(event)))
    event.data = "changed"
    event.extra = 1
    record([event.data, event.extra, bool(event)])


@snippet("sseclient-py")
def annotations_in_client_code(url, record):
    from collections.abc import Iterator

    import sseclient

    def events(source) -> Iterator[sseclient.Event]:
        client: sseclient.SSEClient = sseclient.SSEClient(source)
        yield from client.events()

    record([event.data for event in events([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"])])


@snippet("sseclient-py")
def fields_of_every_kind(url, record):
    from sseclient import SSEClient

    body = (
        b"data\ndata:x\ndata:  z\ndata: a: b\n:comment\nDATA: no\nextra: no\ndata:\ndata:last\n\n"
        b"event: only a name\n\n"
        b"event:\ndata: named by nothing\n\n"
        b"id: only an id\n\n"
        b"data: end\n\n"
    )
    for event in SSEClient([body]).events():
        record(event)


@snippet("sseclient-py")
def data_that_is_empty(url, record):
    from sseclient import SSEClient

    record([event.data for event in SSEClient([b"data\n\ndata:\n\ndata: \n\n"]).events()])
    record([event.data for event in SSEClient([b"data\ndata\n\n"]).events()])


@snippet("sseclient-py")
def line_of_spaces(url, record):
    from sseclient import SSEClient

    record([event.data for event in SSEClient([b"data: a\n  \ndata: b\n\n"]).events()])


@snippet("sseclient-py")
def line_ends_of_every_kind(url, record):
    from sseclient import SSEClient

    for end in (b"\n", b"\r", b"\r\n"):
        body = end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])
        record([event.data for event in SSEClient([body]).events()])


@snippet("sseclient-py")
def line_ends_of_mixed_kinds(url, record):
    from sseclient import SSEClient

    record([event.data for event in SSEClient([b"data: a\n\r\ndata: b\r\n\ndata: c\n\n"]).events()])


@snippet("sseclient-py")
def cut_at_every_byte(url, record):
    from sseclient import SSEClient

    body = "id: 1\r\ndata: grüße\r\ndata: 世界\r\n\r\ndata: b\r\n\r\n".encode()
    chunks = [body[index : index + 1] for index in range(len(body))]
    record([event.data for event in SSEClient(chunks).events()])


@snippet("sseclient-py")
def separators_inside_data(url, record):
    from sseclient import SSEClient

    body = "data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\n\n".encode()
    record([event.data for event in SSEClient([body]).events()])


@snippet("sseclient-py")
def mark_at_the_start(url, record):
    from sseclient import SSEClient

    body = b"\xef\xbb\xbfdata: a\n\ndata: b\n\n"
    record([event.data for event in SSEClient([body]).events()])


@snippet("sseclient-py")
def bytes_that_are_not_utf_8(url, record):
    from sseclient import SSEClient

    for event in SSEClient([b"data: a\n\ndata: \xff\xfe\n\ndata: c\n\n"]).events():
        record(event.data)


@snippet("sseclient-py")
def id_that_holds_nul(url, record):
    from sseclient import SSEClient

    record(next(SSEClient([b"id: a\0b\ndata: x\n\n"]).events()).id)


@snippet("sseclient-py")
def encoding_by_keyword(url, record):
    from sseclient import SSEClient

    record(next(SSEClient([b"data: caf\xe9\n\n"], char_enc="latin-1").events()).data)


@snippet("sseclient-py")
def encoding_by_position(url, record):
    from sseclient import SSEClient

    class OwnClient(SSEClient):
        def __init__(self, event_source, char_enc="utf-8"):
            super().__init__(event_source, char_enc)

    record(next(OwnClient([b"data: caf\xe9\n\n"], "iso-8859-15").events()).data)
    record(next(OwnClient(["data: café\n\n".encode()]).events()).data)


@snippet("sseclient-py")
def read_overridden_to_stop(url, record):
    from sseclient import SSEClient

    class Limited(SSEClient):
        left = 2

        def _read(self):
            for block in super()._read():
                record(block)
                yield block
                self.left -= 1
                if not self.left:
                    return

    chunks = [b"data: a\n", b"\ndata: b\n\nda", b"ta: c\n\n"]
    record([event.data for event in Limited(chunks).events()])


@snippet("sseclient-py")
def read_overridden_to_filter_blocks(url, record):
    from sseclient import SSEClient

    class Filtered(SSEClient):
        def _read(self):
            for block in super()._read():
                if b"secret" not in block:
                    yield block.replace(b"old", b"new")

    body = b"data: old\n\ndata: secret\n\nevent: old\ndata: x\n\n"
    record([[event.event, event.data] for event in Filtered([body]).events()])


@snippet("sseclient-py")
def events_overridden_by_super(url, record):
    from sseclient import SSEClient

    class NonEmpty(SSEClient):
        def events(self):
            for event in super().events():
                if event.data.strip():
                    yield event

    record([event.data for event in NonEmpty([b"data: a\n\ndata:  \n\ndata: b\n\n"]).events()])


@snippet("sseclient-py")
def events_written_anew(url, record):
    from sseclient import _FIELD_SEPARATOR, Event, SSEClient

    class Tolerant(SSEClient):
        def events(self):
            for block in self._read():
                event = Event()
                for line in block.splitlines():
                    line = line.decode(self._char_enc, "replace")
                    if not line.strip() or line.startswith(_FIELD_SEPARATOR):
                        continue
                    field, _, value = line.partition(_FIELD_SEPARATOR)
                    if field not in event.__dict__:
                        continue
                    value = value[1:] if value.startswith(" ") else value
                    if field == "data":
                        event.__dict__[field] += value + "\n"
                    else:
                        event.__dict__[field] = value
                if event.data:
                    event.data = event.data[:-1]
                    yield event

    chunks = [b":c\n\nid: 1\nda", b"ta: a\ndata: b\n\nother: x\ndata: \xff\n\n"]
    for event in Tolerant(chunks).events():
        record(event)


@snippet("sseclient-py", serve=[stream("data: hello\n\n")])
def subclass_that_opens_the_response(url, record):
    import requests
    from sseclient import SSEClient

    class Opener(SSEClient):
        def __init__(self, url, **kwargs):
            self.response = requests.get(url, stream=True, **kwargs)
            super().__init__(self.response)

    client = Opener(url, headers={"X-A": "b"})
    record([event.data for event in client.events()])


@snippet("sseclient-py")
def logger_silenced(url, record):
    import logging

    from sseclient import SSEClient

    class Catcher(logging.Handler):
        def emit(self, entry):
            record(entry.getMessage())

    logging.basicConfig(level=logging.DEBUG, handlers=[Catcher()])
    logging.getLogger("sseclient").setLevel(logging.WARNING)
    record(
        [
            event.data
            for event in SSEClient([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"]).events()
        ]
    )


@snippet("sseclient-py")
def logger_disabled(url, record):
    import logging

    from sseclient import SSEClient

    class Catcher(logging.Handler):
        def emit(self, entry):
            record(entry.getMessage())

    logging.basicConfig(level=logging.DEBUG, handlers=[Catcher()])
    logging.getLogger("sseclient").disabled = True
    record(
        [
            event.data
            for event in SSEClient([b"id: 9\nevent: greet\ndata: hello\nretry: 1500\n\n"]).events()
        ]
    )


@snippet("sseclient-py", serve=[stream("data: a\n\n", "data: b\n\n")])
def response_client_mocked(url, record):
    from unittest import mock

    import sseclient

    client = mock.MagicMock(spec=sseclient.SSEClient)
    client.events.return_value = iter([sseclient.Event(data="a")])
    record([event.data for event in client.events()])


@snippet("sseclient-py")
def truth_of_a_response_client(url, record):
    from sseclient import SSEClient

    record(bool(SSEClient([])))
    record([event.data for event in SSEClient([]).events()])
