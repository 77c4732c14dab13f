"""Code for ``sseclient``: event objects and names of the module."""

from harness.catalogue import snippet
from harness.script import stream

ONE = stream("id: 9\nevent: greet\ndata: hello\nretry: 10\n\n", framing="close", end="hold")


@snippet("sseclient")
def event_by_hand(url, record):
    from sseclient import Event

    record(Event())
    record(Event(data="x"))
    record(Event(data='{"a": 1}', event="put", id="3", retry=1000))
    record(Event("positional"))


@snippet("sseclient")
def event_from_what_is_no_text(url, record):
    from sseclient import Event

    Event(data=b"bytes")


@snippet("sseclient")
def event_dumped(url, record):
    from sseclient import Event

    record(Event(data="hello", retry=1000).dump())
    record(Event(data="one\ntwo\n", event="put", id="3").dump())
    record(Event().dump())
    record(Event(data="x", id="", retry=0).dump())


@snippet("sseclient")
def event_parsed(url, record):
    from sseclient import Event

    record(Event.parse("data: hello"))
    record(Event.parse("id: 5\nevent: put\ndata: one\ndata: two\nretry: 4000\n\n"))
    record(Event.parse(": comment\ndata:no space\nunknown: x\n"))
    record(Event.parse("data"))
    record(Event.parse("data:  two spaces: and a colon"))
    record(Event.parse(""))


@snippet("sseclient")
def event_parsed_with_every_line_end(url, record):
    from sseclient import Event

    for end in ("\r\n", "\r", "\n"):
        record(Event.parse(f"event: e{end}data: a{end}data: b{end}{end}"))


@snippet("sseclient")
def event_round_trip(url, record):
    from sseclient import Event

    sent = Event(data="one\ntwo\n\nthree", event="put", id="7", retry=2500)
    record(Event.parse(sent.dump()))


@snippet("sseclient")
def subclass_of_event_parsed(url, record):
    from sseclient import Event

    class JsonEvent(Event):
        pass

    record(type(JsonEvent.parse("data: x")).__name__)


@snippet("sseclient", serve=[ONE])
def event_as_text(url, record):
    from sseclient import SSEClient

    message = next(SSEClient(url))
    record(str(message))
    record("{}".format(message))  # noqa: UP032
    record(f"{message}")
    record("%s" % message)  # noqa: UP031


@snippet("sseclient", serve=[ONE])
def event_printed(url, record):
    import contextlib
    import io

    from sseclient import SSEClient

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print(next(SSEClient(url)))
    record(printed.getvalue())


@snippet("sseclient", serve=[ONE])
def event_as_a_dictionary(url, record):
    from sseclient import SSEClient

    message = next(SSEClient(url))
    record(sorted(vars(message)))
    record(dict(message.__dict__))


@snippet("sseclient", serve=[ONE])
def event_changed_by_the_caller(url, record):
    from sseclient import SSEClient

    message = next(SSEClient(url))
    message.data = message.data.upper()
    message.event = "renamed"
    message.type = "added"
    record(message)
    record([message.type, message.dump()])


@snippet("sseclient", serve=[ONE])
def truth_of_events(url, record):
    from sseclient import Event, SSEClient

    record(bool(Event()))
    record(bool(next(SSEClient(url))))


@snippet("sseclient")
def events_in_a_set(url, record):
    from sseclient import Event

    first, second = Event("a"), Event("a")
    record([first == second, first == first, len({first, second})])


@snippet("sseclient")
def events_copied_and_pickled(url, record):
    import copy
    import pickle

    from sseclient import Event

    event = Event("a", id="1")
    record(copy.copy(event))
    record(copy.deepcopy(event))
    record(pickle.loads(pickle.dumps(event)))


@snippet("sseclient", serve=[ONE])
def event_is_an_event(url, record):
    import sseclient

    message = next(sseclient.SSEClient(url))
    record(isinstance(message, sseclient.Event))


@snippet("sseclient", serve=[ONE])
def annotations_in_old_code(url, record):
    from typing import Optional

    import sseclient

    def handle(event: sseclient.Event, client: Optional[sseclient.SSEClient] = None) -> str:
        return event.data

    client = sseclient.SSEClient(url)
    record(handle(next(client), client))


@snippet("sseclient")
def end_of_field_by_hand(url, record):
    from sseclient import end_of_field, re

    record(end_of_field.search("data: a\r\n\r\nrest").span())
    record(end_of_field.search("data: a\n\nrest\n\n", 10).span())
    record(end_of_field.search("data: a\n") is None)
    record(re.split(end_of_field, "a\n\nb\n\nc", maxsplit=1))


@snippet("sseclient", serve=[ONE])
def requests_imported_from_the_package(url, record):
    from sseclient import SSEClient, codecs, re, requests, time

    record([codecs.__name__, re.__name__, time.__name__, requests.__name__])
    try:
        record(next(SSEClient(url)).data)
    except requests.exceptions.HTTPError as error:
        record(error)


@snippet("sseclient")
def first_data_line_empty(url, record):
    from sseclient import Event

    record(Event.parse("data:\ndata: second line"))


@snippet("sseclient")
def event_name_empty(url, record):
    from sseclient import Event

    record(Event.parse("event:\ndata: x"))


@snippet("sseclient")
def line_separators_in_parsed_data(url, record):
    from sseclient import Event

    record(Event.parse("data: a\u2028b\x0bc\x85d"))


@snippet("sseclient")
def retry_parsed_that_is_no_number(url, record):
    from sseclient import Event

    record(Event.parse("data: x\nretry: soon"))
