"""Real servers: uvicorn with sse-starlette, alone and behind nginx with gzip."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Optional

import pytest
import requests

from sseclient_ng import ReconnectPolicy, SSEClient

uvicorn = pytest.importorskip("uvicorn")
sse_starlette = pytest.importorskip("sse_starlette")
starlette_requests = pytest.importorskip("starlette.requests")
starlette_responses = pytest.importorskip("starlette.responses")

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
SECONDS = 20.0

RECORDS = [
    {"title": f"Stra\u00dfe {number}", "comment": "\u4e16\u754c \U0001f600\u2028\x85", "n": number}
    for number in range(1, 10)
]
"""What the application has to say; a connection brings three of them."""

QUICKLY = ReconnectPolicy(min_delay=0.01, max_delay=0.1)


class Application:
    """An ASGI application that resumes after the last event ID, and ends."""

    def __init__(self) -> None:
        self.seen = threading.Semaphore(0)
        self.last_event_ids: list[Optional[str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = starlette_requests.Request(scope)
        if request.url.path == "/in-step":
            answer = sse_starlette.EventSourceResponse(self.in_step(), ping=1)
        else:
            answer = self.resumed(request.headers.get("Last-Event-ID"))
        await answer(scope, receive, send)

    def resumed(self, last_event_id: Optional[str]) -> Any:
        self.last_event_ids.append(last_event_id)
        start = int(last_event_id or 0)
        if start == len(RECORDS):
            return starlette_responses.Response(status_code=204)
        return sse_starlette.EventSourceResponse(self.records(start), ping=1)

    async def records(self, start: int) -> AsyncIterator[dict[str, Any]]:
        yield {"comment": "three records follow"}
        yield {"retry": 20}
        for record in RECORDS[start : start + 3]:
            text = json.dumps(record, ensure_ascii=False, indent=1)
            yield {"event": "record", "id": str(record["n"]), "data": text}

    async def in_step(self) -> AsyncIterator[dict[str, Any]]:
        """Send each record when the client has the one before."""
        for record in RECORDS:
            yield {"data": json.dumps(record)}
            until = time.monotonic() + SECONDS
            while not self.seen.acquire(blocking=False) and time.monotonic() < until:
                await asyncio.sleep(0.002)


def listening(port: int = 0) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


@contextlib.contextmanager
def served(application: Application, port: int = 0) -> Iterator[int]:
    """Run uvicorn in a thread, and yield its port."""
    # Its own configuration of logging would close the handlers that pytest goes on using.
    config = uvicorn.Config(
        application, log_config=None, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    with listening(port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()


CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{backend};
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
        }}
    }}
}}
"""


def accepts_connections(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def start_nginx(folder: pathlib.Path, backend: int) -> tuple[subprocess.Popen[bytes], int]:
    """Start nginx; try another port if a process takes the first."""
    assert NGINX is not None
    for _ in range(5):
        with listening() as listener:
            port = listener.getsockname()[1]
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, backend=backend))
        process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(configuration)])
        while process.poll() is None:
            if accepts_connections(port):
                return process, port
            time.sleep(0.01)
    raise RuntimeError((folder / "error.log").read_text())


@contextlib.contextmanager
def proxied(folder: pathlib.Path, backend: int) -> Iterator[int]:
    """Run nginx in front of a port, and yield its own port."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    process, port = start_nginx(folder, backend)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture(params=["uvicorn", "nginx"])
def url(
    request: pytest.FixtureRequest, application: Application, tmp_path: pathlib.Path
) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(served(application))
        if request.param == "nginx":
            port = stack.enter_context(proxied(tmp_path, port))
        yield f"http://127.0.0.1:{port}/"


def test_the_url_style_resumes_until_the_end(url: str, application: Application) -> None:
    client = SSEClient(url, reconnect=QUICKLY, timeout=SECONDS)
    coding = None if client.resp.headers["Server"] == "uvicorn" else "gzip"
    assert client.resp.headers.get("Content-Encoding") == coding
    events = list(client)
    assert [event.json() for event in events] == RECORDS
    assert {event.event for event in events} == {"record"}
    assert [event.id for event in events] == [str(record["n"]) for record in RECORDS]
    assert application.last_event_ids == [None, "3", "6", "9"]
    assert client.retry == 20


def test_the_response_style_reads_one_body(url: str, application: Application) -> None:
    seen: list[Any] = []
    last_id = ""
    while len(seen) < len(RECORDS):
        headers = {"Last-Event-ID": last_id} if last_id else {}
        with requests.get(url, stream=True, headers=headers, timeout=SECONDS) as response:
            for event in SSEClient(response).events():
                seen.append(event.json())
                last_id = event.last_event_id
    assert seen == RECORDS
    assert application.last_event_ids == [None, "3", "6"]


@pytest.mark.parametrize("style", ["url", "response"])
def test_each_event_is_delivered_before_the_next_is_sent(
    url: str, application: Application, style: str
) -> None:
    in_step = f"{url}in-step"
    with contextlib.ExitStack() as stack:
        if style == "url":
            client = SSEClient(in_step, timeout=SECONDS)
        else:
            client = SSEClient(requests.get(in_step, stream=True, timeout=SECONDS))
        stack.enter_context(client)
        for record, event in zip(RECORDS, client):
            assert event.json() == record
            application.seen.release()


def test_a_server_that_is_restarted_behind_its_proxy(tmp_path: pathlib.Path) -> None:
    errors: list[str] = []
    application = Application()
    with contextlib.ExitStack() as stack:
        with served(application) as backend:
            port = stack.enter_context(proxied(tmp_path, backend))
            client = SSEClient(
                f"http://127.0.0.1:{port}/",
                reconnect=QUICKLY,
                timeout=SECONDS,
                on_error=lambda error, delay: errors.append(type(error).__name__),
            )
            stack.enter_context(client)
            events = (event.json() for event in client)
            assert [next(events), next(events), next(events)] == RECORDS[:3]
        restart = threading.Timer(0.3, lambda: stack.enter_context(served(application, backend)))
        restart.start()
        stack.callback(restart.join)
        assert list(events) == RECORDS[3:]
    assert "HTTPError" in errors  # 502, while there was no server
