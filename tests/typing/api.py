"""What users write, as the type checkers see it; never executed."""

from __future__ import annotations

import io
from typing import Any, Optional, Union

import aiohttp
import httpx
import httpx2
import requests
from typing_extensions import assert_type

from sseclient_ng import (
    AsyncSSEClient,
    Comment,
    Event,
    EventStreamParser,
    EventTooLarge,
    IncompleteStream,
    InvalidContentType,
    LastEventIDFile,
    ReconnectPolicy,
    RetriesExhausted,
    SSEClient,
    SSEError,
    aiter_events,
    akeep_last_id,
    iter_events,
    keep_last_id,
)
from sseclient_ng.httpx_sse import EventSource, ServerSentEvent, aconnect_sse, connect_sse


def loop_as_with_sseclient(url: str) -> None:
    messages = SSEClient(url, last_id="41", retry=5000, session=requests.Session(), chunk_size=1)
    for message in messages:
        assert_type(message, Event)
        assert_type(message.data, str)
        assert_type(message.event, str)
        assert_type(message.id, Optional[str])
        assert_type(message.retry, Optional[int])
    assert_type(next(messages), Event)
    assert_type(messages.last_id, Optional[str])


def loop_with_httpx(url: str) -> None:
    with httpx.Client() as session, SSEClient(url, session=session) as client:
        for event in client:
            assert_type(event, Event)
    SSEClient(url, session=httpx2.Client())
    AsyncSSEClient(url, session=httpx.AsyncClient())
    AsyncSSEClient(url, session=httpx2.AsyncClient())


def loop_as_with_sseclient_py(url: str) -> None:
    response = requests.get(url, stream=True, headers={"Accept": "text/event-stream"})
    client = SSEClient(response)
    for event in client.events():
        assert_type(event, Event)
    client.close()


def the_encoding_comes_second(stream: io.BufferedReader) -> None:
    SSEClient(stream, "latin-1")
    SSEClient(stream, char_enc="latin-1")
    SSEClient([b"data: 1\n", b"\n"])
    SSEClient(chunk for chunk in ("data: 1\n", "\n"))


def requests_arguments_go_along(url: str) -> None:
    with SSEClient(
        url,
        method="POST",
        json={"prompt": "hello"},
        headers={"Authorization": "Bearer 1"},
        params={"topic": "news"},
        timeout=(3.05, 60),
        auth=("ada", "secret"),
        verify=False,
    ) as client:
        assert_type(client, SSEClient)
        assert_type(client.closed, bool)


def fresh_headers_for_each_attempt(url: str) -> None:
    def opened(response: requests.Response) -> None:
        response.raise_for_status()

    def failed(error: Exception, delay: float) -> None:
        raise TimeoutError(str(delay)) from error

    def comment(text: str) -> None:
        raise ValueError(text)

    SSEClient(
        url,
        headers=lambda: {"Authorization": "Bearer 2"},
        params=lambda: {"since": "now"},
        reconnect=ReconnectPolicy(max_attempts=5, max_delay=30.0),
        on_open=opened,
        on_error=failed,
        on_comment=comment,
    )
    SSEClient(url, reconnect=False, max_event_size=1024, check_content_type=False)


def errors_are_those_of_requests(url: str) -> None:
    try:
        SSEClient(url)
    except InvalidContentType as error:
        assert_type(error, InvalidContentType)
    except RetriesExhausted as error:
        assert_type(error.attempts, int)
    except EventTooLarge as error:
        handled: SSEError = error
        raise handled from error
    except requests.RequestException:
        raise


async def loop_asynchronously(url: str) -> None:
    async def opened(response: aiohttp.ClientResponse) -> None:
        await response.read()

    async with (
        aiohttp.ClientSession() as session,
        AsyncSSEClient(
            url,
            last_id="41",
            session=session,
            method="POST",
            json={"prompt": "hello"},
            headers=lambda: {"Authorization": "Bearer 2"},
            timeout=(3.05, 60),
            reconnect=ReconnectPolicy(max_attempts=5),
            on_open=opened,
            on_error=lambda error, delay: (error, delay),
        ) as client,
    ):
        assert_type(client, AsyncSSEClient)
        async for event in client:
            assert_type(event, Event)
        assert_type(await client.__anext__(), Event)
        assert_type(client.last_id, Optional[str])
    await client.close()


async def read_what_is_open(response: aiohttp.ClientResponse) -> None:
    async for event in aiter_events(response.content.iter_any()):
        assert_type(event.data, str)


def old_code_reaches_inside(url: str) -> None:
    client = SSEClient(url)
    client.requests_kwargs["headers"].update({"Authorization": "Bearer 3"})
    client.retry = 0
    client.resp.close()


def parse_without_io() -> None:
    parser = EventStreamParser(last_event_id="7", max_event_size=1024)
    assert_type(parser.feed(b"data: 1\n\n"), list[Event])
    assert_type(parser.close(), list[Event])
    for each in parser.feed_with_comments(b": hello\n"):
        assert_type(each, Union[Event, Comment])
        if isinstance(each, Comment):
            assert_type(each.upper(), str)
    assert_type(parser.close_with_comments(), list[Union[Event, Comment]])
    assert_type(parser.last_event_id, str)
    assert_type(parser.retry, Optional[int])
    for event in iter_events([b"data: 1\n\n"]):
        assert_type(event, Event)


def events_can_be_made_and_changed() -> None:
    event = Event("1", event="tick", id="7", retry=100)
    event.data = "2"
    assert_type(event.dump(), str)
    assert_type(Event.parse("data: 1\n"), Event)


async def code_for_httpx_sse(url: str) -> None:
    with httpx.Client() as client, connect_sse(client, "GET", url) as source:
        assert_type(source, EventSource)
        assert_type(source.response, httpx.Response)
        for event in source.iter_sse():
            assert_type(event, ServerSentEvent)
            assert_type(event.retry, Optional[int])
    async with httpx.AsyncClient() as session, aconnect_sse(session, "POST", url) as source:
        async for event in source.aiter_sse():
            assert_type(event.id, str)


class Database:
    """Whatever stores a string is a place."""

    async def store(self, last_id: str) -> None: ...


def keep_a_place(url: str) -> None:
    place = LastEventIDFile("place")
    with SSEClient(url, last_id=place.load()) as client:
        for event in keep_last_id(client, place):
            assert_type(event, Event)


async def keep_a_place_in_a_coroutine(url: str) -> None:
    async with AsyncSSEClient(url, until=lambda event: event.event == "end") as client:
        async for event in akeep_last_id(client, Database()):
            assert_type(event, Event)


def an_answer_that_ends(url: str, response: requests.Response) -> None:
    try:
        SSEClient(url, until="[DONE]")
        SSEClient(response, until="[DONE]")
    except IncompleteStream as error:
        assert_type(error.events, int)
        assert_type(error.last_event, Optional[Event])


def wrong_calls_are_told(url: str, response: requests.Response) -> None:
    SSEClient(None)  # type: ignore[call-overload]
    SSEClient(5)  # type: ignore[call-overload]
    SSEClient(url, on_error=5)  # type: ignore[call-overload]
    SSEClient(url, retry="3000")  # type: ignore[call-overload]
    SSEClient(url, retries=5)  # type: ignore[call-overload]
    SSEClient(url, headers="Authorization")  # type: ignore[call-overload]
    SSEClient(response, headers={})  # type: ignore[call-overload]
    SSEClient(url, content=b"", session=requests.Session())  # type: ignore[call-overload]
    AsyncSSEClient(url, on_error=5)  # type: ignore[call-overload]
    AsyncSSEClient(url, retries=5)  # type: ignore[call-overload]
    AsyncSSEClient(response)  # type: ignore[call-overload]


def keywords_of_the_libraries(url: str) -> None:
    SSEClient(url=url, headers={"A": b"b"}, params=[("a", 1)], cookies={"a": "b"}, verify=False)
    SSEClient(url, proxies={"https": "http://a.example"}, cert=("a", "b"), timeout=None)
    SSEClient(url, session=httpx.Client(), content=b"x", follow_redirects=False, timeout=5)
    SSEClient(url, session=httpx.Client(), on_open=lambda response: response.read())
    AsyncSSEClient(url, proxy="http://a.example", ssl=False, timeout=(3.05, 60))
    AsyncSSEClient(url, session=httpx.AsyncClient(), auth=("ada", "secret"), extensions={})


async def fresh_headers_of_a_coroutine(url: str) -> None:
    async def headers() -> dict[str, str]:
        return {"Authorization": "Bearer 2"}

    async with AsyncSSEClient(url, headers=headers) as client:
        async for event in client.events():
            assert_type(event, Event)


class Recorder(SSEClient):
    """As subclasses of old code pass on what they are given."""

    def __init__(self, url: str, *arguments: Any, **keywords: Any) -> None:
        super().__init__(url, *arguments, **keywords)


def json_of_an_event(event: Event) -> None:
    assert_type(event.json(), Any)
    total: int = event.json()["usage"]["total_tokens"]
    assert total
