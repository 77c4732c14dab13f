"""Code for ``httpx-sse``: responses, events, connecting."""

from harness.catalogue import snippet
from harness.script import answer, stream


@snippet("httpx-sse")
def httpx_fields_of_events(url, record):
    import httpx
    from httpx_sse import EventSource

    body = b"id: 9\nevent: greet\nretry: 5\ndata: hello\n\ndata: bare\n\nid\ndata: none\n\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)
    for sse in EventSource(response).iter_sse():
        record([sse.event, sse.data, sse.id, sse.retry])


@snippet("httpx-sse", [stream('id: 1\ndata: {"a": 1}\n\n', ": ping\n", "data: b\n\n")])
def httpx_connected_to_a_stream(url, record):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client() as client:
        with connect_sse(client, "GET", url, params={"q": "1"}) as event_source:
            record(event_source.response.status_code)
            for sse in event_source.iter_sse():
                record([sse.event, sse.data, sse.id, sse.retry])


@snippet("httpx-sse", [stream('data: {"a": 1}\n\ndata: [DONE]\n\n', framing="one-chunk")])
def httpx_answer_of_a_language_model(url, record):
    import asyncio

    import httpx
    from httpx_sse import aconnect_sse

    async def chat():
        async with httpx.AsyncClient() as client:
            async with aconnect_sse(
                client, "POST", url, json={"stream": True}, headers={"Authorization": "Bearer k"}
            ) as event_source:
                event_source.response.raise_for_status()
                async for sse in event_source.aiter_sse():
                    if sse.data == "[DONE]":
                        break
                    record(sse.json())

    asyncio.run(chat())


@snippet("httpx-sse", [answer(401, "who are you?")])
def httpx_status_401(url, record):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client() as client, connect_sse(client, "GET", url) as event_source:
        try:
            event_source.response.raise_for_status()
        except httpx.HTTPStatusError as error:
            error.response.read()
            record([error.response.status_code, error.response.text])


@snippet("httpx-sse", [answer(200, "hello")])
def httpx_answer_that_is_no_event_stream(url, record):
    import httpx
    from httpx_sse import SSEError, connect_sse

    with httpx.Client() as client, connect_sse(client, "GET", url) as event_source:
        try:
            list(event_source.iter_sse())
        except SSEError as error:
            record([isinstance(error, httpx.TransportError), "text/event-stream" in str(error)])


@snippet("httpx-sse", [stream("data: 1\n\ndata: 2\n", end="drop")])
def httpx_stream_that_is_dropped(url, record):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client() as client, connect_sse(client, "GET", url) as event_source:
        for sse in event_source.iter_sse():
            record(sse.data)


@snippet("httpx-sse")
def httpx_events_without_data(url, record):
    import httpx
    from httpx_sse import EventSource

    body = b"retry: 10\n\nid: 5\n\nevent: ping\n\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)
    events = list(EventSource(response).iter_sse())
    record([[sse.event, sse.data, sse.retry] for sse in events])


@snippet("httpx-sse")
def httpx_event_that_lacks_its_end(url, record):
    import httpx
    from httpx_sse import EventSource

    body = b"data: 1\n\ndata: 2\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)
    record([sse.data for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_event_made_by_hand(url, record):
    import pickle

    from httpx_sse import ServerSentEvent

    sse = ServerSentEvent(event="greet", data="[1]", id="7", retry=5)
    record([repr(sse), repr(ServerSentEvent()), sse.json(), repr(pickle.loads(pickle.dumps(sse)))])
    try:
        sse.data = "other"
    except AttributeError:
        record("read-only")


@snippet("httpx-sse")
def httpx_transport_for_tests(url, record):
    import httpx
    from httpx_sse import connect_sse

    def handler(request):
        headers = {"Content-Type": "application/json, text/event-stream; charset=utf-8"}
        record([request.headers["Accept"], request.headers["Cache-Control"]])
        return httpx.Response(200, headers=headers, text="data: test\n\n")

    with httpx.Client(transport=httpx.MockTransport(handler)) as client:
        with connect_sse(client, "GET", "http://testserver/sse") as event_source:
            record([sse.data for sse in event_source.iter_sse()])


@snippet("httpx-sse", [stream("data: 1\n\n")])
def httpx_headers_of_the_caller(url, record):
    import httpx
    from httpx_sse import connect_sse

    headers = {"X-Key": "1"}
    with httpx.Client() as client, connect_sse(client, "GET", url, headers=headers) as event_source:
        record(event_source.response.request.headers["X-Key"])
    record(sorted(headers))


@snippet("httpx-sse", [stream("data: 1\n\n")])
def httpx_headers_with_their_own_accept(url, record):
    import httpx
    from httpx_sse import connect_sse

    headers = {"accept": "application/json"}
    with httpx.Client() as client, connect_sse(client, "GET", url, headers=headers) as event_source:
        record(event_source.response.request.headers.get_list("accept"))


@snippet("httpx-sse", [stream("id: 1\ndata: 1\n\n: ping\n\n: ping\n\ndata: 2\n\n")])
def httpx_heartbeats_after_an_id(url, record):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client() as client, connect_sse(client, "GET", url) as event_source:
        record([sse.data for sse in event_source.iter_sse()])


@snippet("httpx-sse")
def httpx_retry_below_zero(url, record):
    import httpx
    from httpx_sse import EventSource

    body = b"retry: -1\ndata: 1\n\nretry: 1_000\ndata: 2\n\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)
    record([sse.retry for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_stream_with_a_bom(url, record):
    import httpx
    from httpx_sse import EventSource

    body = b"\xef\xbb\xbfdata: 1\n\ndata: 2\n\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)
    record([sse.data for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_charset_of_the_server(url, record):
    import httpx
    from httpx_sse import EventSource

    headers = {"Content-Type": "text/event-stream; charset=latin-1"}
    response = httpx.Response(200, headers=headers, content="data: é\n\n".encode())
    record([sse.data for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_encoding_of_the_caller(url, record):
    import httpx
    from httpx_sse import EventSource

    content = "data: é\n\n".encode("latin-1")
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=content)
    response.encoding = "latin-1"
    record([sse.data for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse", [stream("data: 1\r\r", end="hold")], patience=3.0)
def httpx_cr_at_the_end_of_a_chunk(url, record):
    import httpx
    from httpx_sse import connect_sse

    with httpx.Client(timeout=1) as client, connect_sse(client, "GET", url) as event_source:
        for sse in event_source.iter_sse():
            record(sse.data)
            return


@snippet("httpx-sse")
def httpx_content_type_in_capitals(url, record):
    import httpx
    from httpx_sse import EventSource

    headers = {"Content-Type": "Text/Event-Stream"}
    response = httpx.Response(200, headers=headers, content=b"data: 1\n\n")
    record([sse.data for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_large_event(url, record):
    import httpx
    from httpx_sse import EventSource

    content = b"data: " + b"x" * (65 * 1024 * 1024) + b"\n\n"
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=content)
    record([len(sse.data) for sse in EventSource(response).iter_sse()])


@snippet("httpx-sse")
def httpx_decoder_of_lines(url, record):
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    lines, decoder = SSELineDecoder(), SSEDecoder()
    for text in ("id: 1\nda", "ta: a\n", "\n", ""):
        for line in lines.decode(text) if text else lines.flush():
            sse = decoder.decode(line)
            if sse is not None:
                record([sse.id, sse.data])
