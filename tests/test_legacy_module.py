"""Names of the old modules, test doubles of old programs, and the log."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import requests

import sseclient_ng
from sseclient_ng import (
    Event,
    EventTooLarge,
    SSEClient,
    end_of_field,
    install_as_sseclient,
)
from sseclient_ng.testing import Reset, ScriptedServer, WaitFor, response
from support.legacy import FIRST, QUICKLY, SECOND, texts


def test_end_of_field() -> None:
    found = end_of_field.search("data: a\r\n\r\ndata: b\n\n", 0)
    assert found is not None
    assert found.start() == 7
    for end in ("\n\n", "\r\r", "\r\n\r\n"):
        assert re.split(end_of_field, f"a{end}b", maxsplit=1) == ["a", "b"]
    assert end_of_field.search("data: a\n") is None


@pytest.mark.parametrize("name", ["requests", "codecs", "re", "time"])
def test_modules_are_importable_from_the_package(name: str) -> None:
    assert getattr(sseclient_ng, name) is sys.modules[name]


def test_the_version_is_text() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", sseclient_ng.__version__)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The package installed as `sseclient` during the test."""
    monkeypatch.setitem(sys.modules, "sseclient", sys.modules["sseclient_ng"])  # and restore it
    del sys.modules["sseclient"]
    install_as_sseclient()
    return sys.modules["sseclient"]


class Canned:
    """The response of such a test."""

    status_code = 200
    encoding = None
    apparent_encoding = "utf-8"
    headers = None

    def __init__(self, text: str = "id: 1\ndata: caf\u00e9\n\n") -> None:
        self.raw = io.BytesIO(text.encode())

    def raise_for_status(self) -> None:
        pass

    def iter_content(self, chunk_size: int = 1) -> Any:
        return self.raw


class RawOnly:
    """A response with even fewer attributes."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.raw = io.BytesIO("data: caf\u00e9\n\n".encode())

    def raise_for_status(self) -> None:
        pass


@pytest.mark.parametrize("answer", [Canned, RawOnly])
def test_requests_get_patched(answer: Any) -> None:
    with mock.patch.object(requests, "get", return_value=answer()) as get:
        assert next(SSEClient("http://stream.example/", params={"q": "1"})).data == "caf\u00e9"
    assert get.call_args[0] == ("http://stream.example/",)
    assert get.call_args[1]["stream"] is True
    assert get.call_args[1]["params"] == {"q": "1"}


def test_requests_of_the_installed_package_patched(installed: types.ModuleType) -> None:
    with mock.patch("sseclient.requests") as fake:
        fake.get.return_value = Canned()
        assert next(installed.SSEClient("http://stream.example/")).data == "caf\u00e9"
        assert fake.get.call_count == 1


def test_requests_replaced_by_a_module_with_get_only(
    installed: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = types.SimpleNamespace(get=lambda url, **options: RawOnly())
    monkeypatch.setattr("sseclient.requests", fake)
    client = installed.SSEClient("http://stream.example/", **QUICKLY)
    assert texts([next(client), next(client)]) == ["caf\u00e9"] * 2


def test_send_of_the_session_patched(installed: types.ModuleType) -> None:
    with requests.Session() as session:
        session.cookies["sid"] = "1"
        with mock.patch("sseclient.requests.Session.send") as send:
            send.return_value.encoding = "utf-8"
            installed.SSEClient("http://stream.example/", session=session)
    prepared = send.call_args[0][0]
    assert (prepared.method, prepared.url) == ("GET", "http://stream.example/")
    assert prepared.headers["Cookie"] == "sid=1"


def test_the_class_patched(installed: types.ModuleType) -> None:
    with mock.patch("sseclient.SSEClient") as fake:
        fake.return_value = [installed.Event(data="1"), installed.Event(data="2")]
        assert texts(sys.modules["sseclient"].SSEClient("http://stream.example/")) == ["1", "2"]


def test_a_mock_made_by_the_specification_of_the_class() -> None:
    client = mock.MagicMock(spec=SSEClient)
    client.__iter__.return_value = iter([Event(data="1")])
    client.events.return_value = iter([Event(data="2")])
    assert texts(client) == ["1"]
    assert texts(client.events()) == ["2"]
    assert isinstance(client, SSEClient)
    for name in ("close", "last_id", "retry", "_connect", "iter_content", "_read"):
        assert hasattr(client, name), name


@pytest.mark.parametrize("name", ["sseclient", "httpx_sse"])
def test_a_late_call_is_warned_of(name: str) -> None:
    pytest.importorskip("sseclient_ng.httpx_sse")
    install = getattr(sseclient_ng, f"install_as_{name}")
    with mock.patch.dict(sys.modules, {name: types.ModuleType(name)}):
        with pytest.warns(UserWarning, match=f"install_as_{name}.. comes late: {name} is") as told:
            install()
        assert told[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            install()


def test_install_as_sseclient_serves_imports_that_come_later() -> None:
    program = (
        "import sseclient_ng; sseclient_ng.install_as_sseclient()\n"
        "import sseclient\n"
        "from sseclient import SSEClient, Event, requests, end_of_field, _FIELD_SEPARATOR\n"
        "assert SSEClient is sseclient.SSEClient is sseclient_ng.SSEClient\n"
        "print([event.data for event in SSEClient([b'data: read\\n\\n']).events()])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("['read']\n", 0), ran.stderr


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedServer(FIRST, [], response(status=503), SECOND, response(status=404)) as server:
        client = SSEClient(server.url, **QUICKLY)
        assert texts([next(client), next(client)]) == ["first", "second"]
        with pytest.raises(requests.HTTPError):
            next(client)
    assert tuple(capfd.readouterr()) == ("", "")


def test_the_logger_is_called_sseclient_and_keeps_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(FIRST, [], response(status=503), SECOND) as server:
        url = server.url_for("/stream?token=s3cret").replace("//", "//ada:s3cret@")
        headers = {"Authorization": "Bearer s3cret"}
        list(SSEClient(url, headers=headers, params={"key": "s3cret"}, **QUICKLY))
        list(SSEClient([b"data: s3cret\n\n"]))
    own = [record for record in caplog.records if record.name.startswith("sseclient")]
    assert {record.name for record in own} == {"sseclient"}
    assert any("/stream" in record.getMessage() for record in own)
    assert not any("s3cret" in record.getMessage() for record in own)
    assert all(record.levelno <= logging.INFO for record in own)


def test_the_log_says_why_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with ScriptedServer(FIRST, response(status=503), SECOND) as server:
        list(SSEClient(server.url, **QUICKLY))
    waits = [record.getMessage() for record in caplog.records if record.name == "sseclient"]
    assert [text.partition(": ")[2].partition("; ")[0] for text in waits] == [
        "the server ended the stream",
        "503 Service Unavailable",
        "the server ended the stream",
    ]


@pytest.mark.parametrize("silence", ["level", "disabled"])
def test_the_logger_can_be_silenced_by_its_name(
    silence: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("sseclient")
    if silence == "level":
        caplog.set_level(logging.WARNING, "sseclient")
    else:
        monkeypatch.setattr(logger, "disabled", True)
    with ScriptedServer(FIRST, []) as server:
        list(SSEClient(server.url, **QUICKLY))
    assert not [record for record in caplog.records if record.name == "sseclient"]


def test_the_logger_asks_for_no_handler() -> None:
    handlers = logging.getLogger("sseclient").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)


@pytest.mark.parametrize(
    "script",
    [
        response([b"id: 1\ndata: first\n\n", b"data: lo"], complete=False),
        response([b"id: 1\ndata: first\n\n"], framing="content-length", complete=False),
    ],
    ids=["chunked", "content-length"],
)
def test_a_drop_is_no_error(script: Any) -> None:
    with ScriptedServer(script, SECOND) as server:
        assert texts(SSEClient(server.url, **QUICKLY)) == ["first", "second"]
        assert server.requests[1].last_event_id == "1"


def test_a_reset_is_no_error() -> None:
    arrived = threading.Event()
    script = response([b"id: 1\ndata: first\n\n", WaitFor(arrived), Reset()])
    with ScriptedServer(script, SECOND) as server:
        client = SSEClient(server.url, **QUICKLY)
        assert next(client).data == "first"
        arrived.set()
        assert texts(client) == ["second"]


def test_attributes_of_subclasses_with_names_of_ours() -> None:
    class Own(SSEClient):
        """A subclass with attribute names of old programs."""

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            self.closed = False
            self._stop = self._closed = self._finished = self._method = self._wait = object()
            super().__init__(*arguments, **keywords)
            self._on_error = self._lock = self._thread = self._body = object()

        def close(self) -> None:
            self.closed = True

    with ScriptedServer(response([b"id: 1\ndata: first\n\n"])) as server:
        client = Own(server.url, **QUICKLY)
        assert client.closed is False
        assert texts(client) == ["first"]
        client.close()
        assert client.closed is True


def test_another_event_source_and_encoding_by_assignment() -> None:
    client = SSEClient([b"data: 1\n\n"])
    assert texts(client.events()) == ["1"]
    client._event_source = ["data: caf\u00e9\n\n".encode("latin-1")]
    client._char_enc = "latin-1"
    assert texts(client.events()) == ["caf\u00e9"]
    assert client._char_enc == "latin-1"


def test_blocks_of_any_size_up_to_the_limit() -> None:
    class ByBlocks(SSEClient):
        def _read(self) -> Iterator[bytes]:
            yield from super()._read()

    large = b"data: " + b"x" * 3_000_000 + b"\n\n"
    chunks = [large[start : start + 1024] for start in range(0, len(large), 1024)]
    assert [len(event.data) for event in ByBlocks(iter(chunks)).events()] == [3_000_000]
    with pytest.raises(EventTooLarge, match="1000000"):
        list(ByBlocks(iter(chunks), max_event_size=1_000_000).events())
    assert texts(ByBlocks(iter(chunks), max_event_size=None).events()) != []
