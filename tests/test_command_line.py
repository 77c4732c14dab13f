"""The command line, as a process: what it prints, asks for, and how it ends."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Optional

import pytest
import trustme

import sseclient_ng
from sseclient_ng import Event, EventStreamParser, __version__
from sseclient_ng._command import output, watching
from sseclient_ng.testing import (
    EventServer,
    Hold,
    Request,
    Reset,
    Script,
    ScriptedServer,
    head,
    response,
)
from support.certificates import AUTHORITY, server_context
from support.command import Ran, checked, run, started, wait_until, without_times

ADA = Event('{"name": "Ada", "langs": ["en", null], "n": 1.5}', "edit", "42")
TEXT = Event("two\nlines", retry=500)
NASTY = "\x1b]0;title\x07 \x9b31m \x7f \u202eevil \u2028 \ufeff"
DONE = Event("[DONE]", id="43")
AT_ONCE = ["--retry", "0"]


def served(*bodies: Any, **options: Any) -> ScriptedServer:
    return ScriptedServer(*[response(body) for body in bodies], **options)


def records(ran: Ran) -> list[Any]:
    return [json.loads(line) for line in ran.lines]


# Formats


def test_json_lines() -> None:
    with served([ADA, TEXT, DONE]) as server:
        ran = run(server.url, "--no-reconnect")
    assert (ran.code, ran.errors) == (0, "")
    assert records(ran) == [
        {"event": "edit", "data": ADA.data, "id": "42", "last_event_id": "42", "retry": None},
        {"event": "message", "data": "two\nlines", "id": None, "last_event_id": "42", "retry": 500},
        {"event": "message", "data": "[DONE]", "id": "43", "last_event_id": "43", "retry": None},
    ]


PARSED: list[tuple[str, Any]] = [
    (ADA.data, {"name": "Ada", "langs": ["en", None], "n": 1.5}),
    ("5", 5),
    ('"text"', "text"),
    ("null", None),
    ("text", "text"),
    ("", ""),
    ("{broken", "{broken"),
    ("NaN", "NaN"),
    ("1e999", "1e999"),
    ('{"n": -Infinity}', '{"n": -Infinity}'),
    ('"\\ud800"', "\ud800"),
    ("[" * 100_000, "[" * 100_000),
    ("9" * 5000, None),  # as a number or as text: Python versions differ
]


def test_json_data() -> None:
    with served([Event(data) for data, _ in PARSED]) as server:
        ran = run(server.url, "--json-data", "--no-reconnect")
    values = [record["data"] for record in records(ran)[:-1]]
    assert values == [value for _, value in PARSED[:-1]]


def test_a_line_is_one_line_whoever_splits_it() -> None:
    with served([Event(NASTY), Event(f'"{NASTY[3:]}"'.replace("\x07", ""))]) as server:
        ran = run(server.url, "--json-data", "--no-reconnect")
    assert len(ran.lines) == 2  # str.splitlines knows many ends of lines
    assert records(ran)[0]["data"] == NASTY
    assert not set("\x1b\x07\x9b\x7f\u202e\u2028\ufeff") & set(ran.output)


def test_data_only() -> None:
    with served([ADA, TEXT, Event(NASTY)]) as server:
        ran = run(server.url, "--output", "data", "--no-reconnect")
    assert ran.output == f"{ADA.data}\ntwo\nlines\n{NASTY}\n"


def test_raw_is_a_stream_again() -> None:
    with served([": hello\n", ADA, TEXT, Event(NASTY), DONE]) as server:
        ran = run(server.url, "--output", "raw", "--comments", "--no-reconnect")
    assert ran.output.startswith(": hello\nid: 42\nevent: edit\ndata: {")
    again = EventStreamParser().feed(ran.output.encode())
    assert list(map(vars, again)) == list(map(vars, [ADA, TEXT, Event(NASTY), DONE]))


def test_pretty_in_a_pipe_has_no_colours_and_no_control_characters() -> None:
    with served([": hi\n", ADA, TEXT, Event(NASTY, "a\x1bb", "\x1b[2J")]) as server:
        ran = run(server.url, "--output", "pretty", "--comments", "--no-reconnect")
    assert without_times(ran.output) == (
        ": hi\n"
        "HH:MM:SS  edit  id 42\n"
        "  {\n"
        '    "name": "Ada",\n'
        '    "langs": [\n'
        '      "en",\n'
        "      null\n"
        "    ],\n"
        '    "n": 1.5\n'
        "  }\n"
        "\n"
        "HH:MM:SS  message  retry 500 ms\n"
        "  two\n"
        "  lines\n"
        "\n"
        "HH:MM:SS  a\\x1bb  id \\x1b[2J\n"
        r"  \x1b]0;title\x07 \x9b31m \x7f \u202eevil \u2028 \ufeff" + "\n"
        "\n"
    )


def test_comments_are_asked_for() -> None:
    body = [": one\n", ADA, ": two\n", DONE]
    with served(body, body, body) as server:
        assert len(run(server.url, "--no-reconnect").lines) == 2
        found = records(run(server.url, "--no-reconnect", "--comments"))
        assert [each.get("comment") for each in found] == ["one", None, "two", None]
        data = run(server.url, "--no-reconnect", "--comments", "--output", "data")
        assert data.output == f"{ADA.data}\n[DONE]\n"


def test_each_event_is_written_at_once() -> None:
    with EventServer() as server, started(server.url) as process:
        assert process.stdout is not None
        for number in range(5):
            server.send(Event(str(number)))
            assert json.loads(process.stdout.readline())["data"] == str(number)


def test_an_output_file_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with served([ADA], [TEXT], [DONE]) as server:
        for _ in range(2):
            ran = run(server.url, "--no-reconnect", "-o", path)
            assert (ran.code, ran.output, ran.errors) == (0, "", "")
        with path.open("ab") as file:
            file.write(b'{"event": "mess')  # a run that was killed in the middle of a record
        run(server.url, "--no-reconnect", "-o", path)
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(lines[n])["data"] for n in (0, 1, 3)] == [ADA.data, TEXT.data, DONE.data]


def test_a_torn_record_in_a_file_of_the_shell_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"torn")
    with served([DONE], [DONE]) as server:
        for _ in range(2):
            with path.open("ab") as file, started(server.url, "--no-reconnect", stdout=file) as ran:
                ran.wait()
    first, *others = path.read_text("utf-8").splitlines()
    assert (first, [json.loads(each)["data"] for each in others]) == ("torn", ["[DONE]"] * 2)


# Which events


def test_types_and_numbers() -> None:
    body = [Event("1", "a"), Event("2", "b"), Event("3", "c"), Event("4", "a"), Event("5", "a")]
    with served(*[[*body, Hold()]] * 3) as server:
        ran = run(server.url, "-e", "a", "--event", "c", "-n", "3", "--output", "data")
        assert (ran.code, ran.output) == (0, "1\n3\n4\n")
        assert run(server.url, "--max-events", "2", "--output", "data").output == "1\n2\n"


def test_until() -> None:
    with served([ADA, DONE, TEXT], [ADA], [ADA, DONE]) as server:
        ran = run(server.url, "--until", "[DONE]", "--output", "data")
        assert (ran.code, ran.lines, ran.errors) == (0, [ADA.data, "[DONE]"], "")
        ran = run(server.url, "--until", "[DONE]", "--output", "data", *AT_ONCE)
        assert (ran.code, ran.lines) == (0, [ADA.data, ADA.data, "[DONE]"])


def test_until_does_not_come() -> None:
    with served([ADA]) as server:
        ran = run(server.url, "--until", "[DONE]", "-d", "x")
    assert (ran.code, len(ran.lines)) == (5, 1)
    assert ran.errors == (
        "sseclient-ng: the stream ended before the event of --until came, after 1 event "
        "(the server ended the stream)\n"
    )


# Requests


def asked(*arguments: Any, stdin: bytes = b"", own: Optional[dict[str, str]] = None) -> Request:
    with served([DONE]) as server:
        ran = run(server.url, "--no-reconnect", *arguments, stdin=stdin, **(own or {}))
        assert (ran.code, ran.errors) == (0, "")
        (request,) = server.requests
    return request


def test_a_plain_request() -> None:
    request = asked()
    assert (request.method, request.body, request.last_event_id) == ("GET", b"", None)
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["User-Agent"] == f"sseclient-ng/{__version__}"


def test_headers() -> None:
    request = asked(
        *("-H", "X-One: 1", "--header", "x-two:two: 2", "-H", "X-One: 3", "-H", "X-Empty;"),
        *("-H", "User-Agent: me", "-H", "Accept-Encoding:", "-H", "X-Name: Zo\xeb"),
    )
    assert request.headers.get_all("X-One") == [b"1, 3"]
    assert request.headers["X-Two"] == "two: 2"
    assert request.headers["X-Empty"] == ""
    assert request.headers["User-Agent"] == "me"
    assert request.headers["X-Name"] == "Zo\xeb"
    assert request.headers.get("Accept-Encoding", "identity") == "identity"


BODIES: list[tuple[list[str], bytes, str]] = [
    (["-d", "a=1"], b"a=1", "application/x-www-form-urlencoded"),
    (["-d", "a=1", "--data", "b=2"], b"a=1&b=2", "application/x-www-form-urlencoded"),
    (["-d", "@FILE"], b'{"from": "file"}', "application/x-www-form-urlencoded"),
    (["-d", "@-"], b'{"from": "stdin"}', "application/x-www-form-urlencoded"),
    (["-d", "Zo\xeb"], "Zo\xeb".encode(), "application/x-www-form-urlencoded"),
    (["-d", ""], b"", "application/x-www-form-urlencoded"),
    (["--json", '{"a": 1}'], b'{"a": 1}', "application/json"),
    (["--json", "@FILE"], b'{"from":\n"file"}\n', "application/json"),
    (["--json", "@-"], b'{"from":\r\n"stdin"}\n', "application/json"),
    (["--json", "[", "--json", "]"], b"[]", "application/json"),
    (["-d", "{}", "-H", "content-type: text/x"], b"{}", "text/x"),
]


@pytest.mark.parametrize(("arguments", "body", "kind"), BODIES)
def test_bodies(tmp_path: Path, arguments: list[str], body: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(b'{"from":\n"file"}\n')
    given = [each.replace("FILE", str(tmp_path / "file")) for each in arguments]
    request = asked(*given, stdin=b'{"from":\r\n"stdin"}\n')
    if body.startswith(b'{"from": '):
        body = body.replace(b": ", b":")  # like curl, a form leaves out the line ends of a file
    assert (request.method, request.body) == ("POST", body)
    assert request.headers.get_all("Content-Type") == [kind.encode()]


def test_a_method_of_its_own() -> None:
    assert asked("-X", "PUT", "-d", "a").method == "PUT"
    assert asked("--request", "REPORT").method == "REPORT"


def test_a_user() -> None:
    assert asked("-u", "Zo\xeb:a:b").headers["Authorization"] == "Basic Wm/DqzphOmI="


def test_a_post_is_not_repeated_unless_asked_for() -> None:
    with served([ADA], [ADA], [DONE]) as server:
        assert len(run(server.url, "-d", "x").lines) == 1
        assert len(run(server.url, "-d", "x", "--reconnect", *AT_ONCE).lines) == 2
        assert [request.body for request in server.requests] == [b"x"] * 4  # the last one: 204


def test_the_place_and_the_limits() -> None:
    with ScriptedServer(response(ADA), response(status=503), response(status=503)) as server:
        ran = run(server.url, "--last-id", "Zo\xeb", "--max-attempts", "2", *AT_ONCE)
        assert [request.last_event_id for request in server.requests] == ["Zo\xeb", "42", "42"]
    assert ran.code == 3
    assert "gave up on " in ran.errors
    assert "after 2 failed attempts, the last one: 503 Service Unavailable" in ran.errors


def test_silence() -> None:
    with ScriptedServer(response([ADA, Hold()]), response(DONE)) as server:
        ran = run(server.url, "--read-timeout", "1", "--output", "data", "-v", *AT_ONCE)
    assert ran.lines == [ADA.data, "[DONE]"]
    assert "nothing came in time; connecting again in 0.2 s" in ran.errors


def test_through_a_proxy() -> None:
    with served([DONE]) as proxy:
        address = f"127.0.0.1:{proxy.port}"
        ran = run("http://stream.example/a", "--no-reconnect", "-x", address)
        assert proxy.requests[0].target == "http://stream.example/a"
    assert ran.code == 0


def test_insecure_is_insecure(authority_file: str) -> None:
    other = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    other.issue_cert("127.0.0.1").configure_cert(context)
    with served([DONE], tls=context) as server:
        ran = run(server.url, "--no-reconnect", "-k", "--cacert", authority_file)
    assert (ran.code, ran.errors, len(ran.lines)) == (0, "", 1)


def test_tls(authority_file: str) -> None:
    with served([DONE], [DONE], tls=server_context()) as server:
        ran = run(server.url, "--no-reconnect")
        assert ran.code == 4
        assert "the certificate is not valid: " in ran.errors
        assert "; trust it with --cacert FILE, or check none with -k" in ran.errors
        for trusting in (["-k"], ["--cacert", authority_file]):
            ran = run(server.url, "--no-reconnect", *trusting)
            assert (ran.code, ran.errors, len(ran.lines)) == (0, "", 1)


@pytest.mark.parametrize("apart", [True, False])
def test_a_client_certificate(tmp_path: Path, authority_file: str, apart: bool) -> None:
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    own = AUTHORITY.issue_cert("ada@stream.example")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both"))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cert"))
    own.private_key_pem.write_to_path(str(tmp_path / "key"))
    options = ["-E", "cert", "--key", "key"] if apart else ["--cert", "both"]
    paths = [each if each.startswith("-") else str(tmp_path / each) for each in options]
    with served([DONE], tls=context) as server:
        ran = run(server.url, "--no-reconnect", "--cacert", authority_file, *paths)
        assert (ran.code, ran.errors, len(ran.lines)) == (0, "", 1)


def test_what_is_told() -> None:
    secret = "token=s3cret"
    with ScriptedServer(response(ADA), response(status=503), response(DONE)) as server:
        url = server.url.replace("//", "//ada:s3cret@") + f"a?{secret}"
        ran = run(url, "-v", "-H", "Authorization: Bearer s3cret", *AT_ONCE)
    assert re.sub(r"[0-9.]+ s$", "N s", ran.errors, flags=re.MULTILINE).splitlines() == [
        f"sseclient-ng: connecting to {server.url}a",
        "sseclient-ng: connected: 200 OK",
        "sseclient-ng: the server ended the stream; connecting again in N s",
        "sseclient-ng: 503 Service Unavailable; connecting again in N s",
        "sseclient-ng: connected: 200 OK",
        "sseclient-ng: the server ended the stream; connecting again in N s",
    ]
    assert len(ran.lines) == 2


# Ends


def refusing() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/?token=s3cret"


def html(**options: Any) -> Script:
    return response("<p>Sign in</p>", content_type="text/html", **options)


ANSWERS: dict[str, tuple[Script, list[str], int, str]] = {
    "204": (response(status=204), [], 0, ""),
    "401": (
        response('{"error":\n "no \x1b[31mtoken"}', status=401, content_type="application/json"),
        [],
        3,
        "URL: 401 Unauthorized; log in with -u USER:PASSWORD, or send a token with "
        '-H "Authorization: Bearer ..."\n  {"error": "no \\x1b[31mtoken"}',
    ),
    "404, a page": (html(status=404), [], 3, "URL: 404 Not Found; check the address"),
    "500": (
        response("x" * 1000, status=500, reason="Oh \x1b[31m"),
        [],
        3,
        f"URL: 500 Oh \\x1b[31m\n  {'x' * 300}...",
    ),
    "a page": (
        html(),
        [],
        3,
        "URL is no event stream: the server calls it 'text/html'; check the address, or read it "
        "anyway with --ignore-content-type",
    ),
    "no type": (
        response("hello", content_type="image/png"),
        [],
        3,
        "URL is no event stream: the server calls it 'image/png'; check the address, or read it "
        "anyway with --ignore-content-type\n  hello",
    ),
    "a cut": (
        response([ADA], complete=False),
        ["--no-reconnect"],
        5,
        "URL: the connection broke off; it is not repeated, see --reconnect",
    ),
    "too large": (
        response("data: " + "x" * 2000),
        ["--max-event-size", "1000"],
        5,
        "URL: an event is larger than --max-event-size 1000",
    ),
    "no answer": (
        Reset(),
        [],
        4,
        "no connection to URL: connection reset by peer",
    ),
    "no HTTP": (
        head(200, {"Content-Encoding": "gzip", "Content-Type": "text/event-stream"}) + b"no gzip",
        ["--no-reconnect"],
        5,
        "URL: the body is damaged; it is not repeated, see --reconnect",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str) -> None:
    script, arguments, code, said = ANSWERS[name]
    with ScriptedServer(script) as server:
        ran = run(server.url + "?token=s3cret", *arguments)
    expected = f"sseclient-ng: {said.replace('URL', server.url, 1)}\n" if said else ""
    assert (ran.code, ran.errors) == (code, expected)


def test_another_type_can_be_read_anyway() -> None:
    with ScriptedServer(response(ADA, content_type="text/html")) as server:
        assert len(run(server.url, "--ignore-content-type", "--no-reconnect").lines) == 1


UNREACHABLE: list[tuple[Callable[[], str], list[str], str]] = [
    (refusing, [], "connection refused"),
    (lambda: "http://no.such.host.invalid/", [], "the name of the server can't be resolved"),
    (lambda: "http://127.0.0.1:1/", ["-x", "127.0.0.1:1"], "through the proxy: connection refused"),
]


@pytest.mark.parametrize(("url", "arguments", "said"), UNREACHABLE)
def test_no_connection(url: Callable[[], str], arguments: list[str], said: str) -> None:
    ran = run(url(), *arguments)
    assert (ran.code, ran.output) == (4, "")
    assert ran.errors.startswith("sseclient-ng: no connection to http://")
    assert ran.errors.endswith(f"{said}\n")
    assert "s3cret" not in ran.errors


def test_connecting_takes_too_long() -> None:
    with ScriptedServer() as server:
        server.ignore()
        ran = run(server.url, "--connect-timeout", "0.2")
        assert ran.code == 4
        assert "the server did not accept the connection in time" in ran.errors
        ran = run(server.url, "--max-time", "0.3")
        assert ran.code == 4
        assert ran.errors == f"sseclient-ng: no connection to {server.url} within --max-time\n"


def test_the_time_is_over() -> None:
    with served(*[[ADA, Hold()]] * 2) as server:
        ran = run(server.url, "-m", "3")  # which is long after the event has come
        assert (ran.code, len(ran.lines), ran.errors) == (0, 1, "")
        ran = run(server.url, "-m", "3", "--until", "[DONE]")
        said = "sseclient-ng: --max-time was over before the event of --until came\n"
        assert (ran.code, len(ran.lines), ran.errors) == (5, 1, said)


WRONG: list[tuple[list[str], str]] = [
    ([], "the following arguments are required: URL"),
    (["stream.example/a"], "not 'stream.example/a'; did you mean https://stream.example/a?"),
    (["ftp://stream.example/"], "URL must be http://... or https://..., not 'ftp://stream"),
    (["http:///a"], "URL must be http://... or https://..., not 'http:///a'"),
    ([""], "URL must be http://... or https://..., not ''"),
    (["http://[::1/"], "'http://[::1/' is not a URL: "),
    (["http://127.0.0.1:99999/"], "'http://127.0.0.1:99999/' is not a URL: Port out of range"),
    (["http://.../"], "http://.../ is not a URL that can be requested"),
    (["http://a/", "-n", "0"], "-n/--max-events: needs a number from 1, not '0'"),
    (["http://a/", "-m", "soon"], "-m/--max-time: needs a number of seconds, not 'soon'"),
    (["http://a/", "--retry", "-1"], "--retry: "),
    (["http://a/", "-H", "no colon"], "--header needs 'NAME: VALUE', not 'no colon'"),
    (["http://a/", "-H", "a b: c"], "--header needs 'NAME: VALUE', not 'a b: c'"),
    (["http://a/", "-H", "a: b\nc: d"], "--header a has a line end in its value"),
    (["http://a/", "-X", "a\nb"], r"--request needs a method such as PUT, not 'a\nb'"),
    (["http://a/", "--output", "xml"], "invalid choice: 'xml'"),
    (["http://a/", "-d", "a", "--json", "{}"], "--json and --data can't be used together"),
    (["http://a/", "-d", "@/no/such"], "No such file or directory: '/no/such'"),
    (["http://a/", "--key", "x"], "--key needs --cert, too"),
    (["http://a/", "-E", "/no/such"], "--cert: there is no file '/no/such'"),
    (["http://a/", "--cacert", "/no/such"], "--cacert: there is no file '/no/such'"),
    (["http://a/", "-u", "ada"], "--user needs USER:PASSWORD where nobody can be asked"),
    (["http://a/", "-x", ":"], "--proxy needs http://HOST:PORT"),
    (["http://a/", "-x", "socks5://127.0.0.1:1"], 'a SOCKS proxy needs more software: pip install'),
    (["http://a/", "\x1b[31m"], r"unrecognized arguments: \x1b[31m"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.output) == (2, "")
    assert said in ran.errors
    assert "\x1b" not in ran.errors


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("when", ["connecting", "reading", "waiting"])
def test_signals(number: signal.Signals, code: int, when: str) -> None:
    scripts = {
        "connecting": [Hold()],
        "reading": response([ADA, Hold()]),
        "waiting": response(ADA),
    }
    with ScriptedServer(scripts[when]) as server:
        with started(server.url, "--retry", "60000", "-v") as process:
            assert process.stdout is not None
            assert process.stderr is not None
            server.wait_for_requests(1)
            if when != "connecting":
                process.stdout.readline()
            if when == "waiting":
                while b"connecting again" not in process.stderr.readline():
                    pass
            process.send_signal(number)
            output, errors = process.communicate(timeout=60)
        assert process.returncode == code
        assert output == b""
        checked(errors.decode())
        server.wait_for_disconnect()


def test_a_second_signal_ends_it_at_once() -> None:
    """The first one waits for the output, which nobody reads."""
    reading, writing = os.pipe()
    body = [Event("x" * 100_000), Hold()]
    with served(body) as server, started(server.url, stdout=writing) as process:
        server.wait_for_requests(1)
        assert os.read(reading, 1)  # it is writing, and the rest does not fit
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: is_default(process.pid, signal.SIGTERM))
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM
        os.close(writing)
        os.close(reading)


def is_default(process: int, number: int) -> bool:
    """Whether a signal is no longer caught: /proc/PID/status."""
    for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines():
        if line.startswith("SigCgt:"):
            return not int(line.split()[1], 16) >> (number - 1) & 1
    raise AssertionError


def test_what_was_typed_in_another_encoding_is_sent_as_it_is() -> None:
    request = asked("-H", "X-Name: \udcff", "-u", "ada:\udcff", "-d", "\udcff")
    assert request.headers.get_all("X-Name") == [b"\xff"]
    assert request.headers["Authorization"] == "Basic YWRhOv8="
    assert request.body == b"\xff"


def test_where_a_thread_can_not_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows, the main thread handles a signal when it comes to it."""
    monkeypatch.delattr(signal, "pthread_kill")
    handled: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: handled.append(number))
    try:
        watching._interrupt_main_thread()
    finally:
        signal.signal(signal.SIGINT, before)
    assert handled == [signal.SIGINT]


def test_where_the_system_can_not_tell_that_a_reader_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll")
    reading, writing = os.pipe()
    output.when_reader_goes(output.FileOutput(writing), lambda: 1 / 0)
    os.close(reading)
    os.close(writing)


def test_a_pipe_that_does_not_block() -> None:
    """Programs that share it, such as Node, may have made it so."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    arguments = ["--no-reconnect", "--output", "data"]
    body = [Event("x" * 1_000_000)]
    with served(body) as server, started(server.url, *arguments, stdout=writing) as process:
        os.close(writing)
        with open(reading, "rb") as pipe:
            assert pipe.read() == b"x" * 1_000_000 + b"\n"
        assert process.wait(60) == 0


def test_a_full_pipe_that_does_not_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader comes only when the writer waits for it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    filled = os.write(writing, bytes(1_000_000))
    wait, had = select.select, []

    def read_and_wait(*arguments: Any) -> Any:
        had.append(os.read(reading, filled))
        return wait(*arguments)

    monkeypatch.setattr(select, "select", read_and_wait)
    output.FileOutput(writing).write("Ada\n")
    assert had == [bytes(filled)]
    assert os.read(reading, 10) == b"Ada\n"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("rest", ["more", "silence"])
def test_a_pipe_that_is_closed(rest: str) -> None:
    """It ends at once, not only when there is something to write."""
    more = [Event(str(number)) for number in range(10_000)] if rest == "more" else []
    with served([ADA, *more, Hold()]) as server, started(server.url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"Ada" in process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_a_pipe_that_is_closed_in_the_middle_of_a_record() -> None:
    body = [Event("x" * 1_000_000), Hold()]
    with served(body) as server, started(server.url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == b"{"  # the rest does not fit into the pipe
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_a_pipe_that_is_closed_while_it_connects() -> None:
    with ScriptedServer([Hold()]) as server, started(server.url) as process:
        assert process.stdout is not None
        server.wait_for_requests(1)
        process.stdout.close()
        assert process.wait(60) == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("how", ["-o", "stdout"])
def test_a_full_disk(how: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_bytes(b"41")
    with served([ADA, DONE]) as server:
        if how == "-o":
            ran = run(server.url, "-o", "/dev/full", "--state", state)
        else:
            with open("/dev/full", "wb") as full:
                with started(server.url, "--state", state, stdout=full) as process:
                    _, errors = process.communicate(timeout=60)
                ran = Ran(process.returncode, "", checked(errors.decode()))
    name = "/dev/full" if how == "-o" else "the output"
    assert ran.errors == f"sseclient-ng: can't write {name}: No space left on device\n"
    assert ran.code == 1
    assert state.read_bytes() == b"41"  # the event that was not written comes again


def test_a_closed_output() -> None:
    with served([ADA]) as server:
        with started(server.url, stdout=None, preexec_fn=lambda: os.close(1)) as process:
            _, errors = process.communicate(timeout=60)
        assert server.requests == []
    assert (process.returncode, errors.decode()) == (
        1,
        "sseclient-ng: can't write the output: the standard output is closed\n",
    )


@pytest.mark.parametrize("closed", [1, 2])
def test_nobody_listens_on_stderr(closed: int) -> None:
    """Closed from the start, or by whoever has read enough."""
    how: dict[str, Any] = {"preexec_fn": lambda: os.close(2)} if closed == 1 else {}
    with started(refusing(), stderr=None if how else subprocess.PIPE, **how) as process:
        if not how:
            assert process.stderr is not None
            process.stderr.close()
        output, _ = process.communicate(timeout=60) if how else (b"", b"")
        assert process.wait(60) == 4
    assert output == b""


def test_an_output_file_that_can_not_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file"
    ran = run("http://127.0.0.1:1/", "-o", path)
    said = f"sseclient-ng: can't write {path}: No such file or directory\n"
    assert (ran.code, ran.errors) == (1, said)


# Help


def test_the_version() -> None:
    ran = run("--version")
    assert ran.code == 0
    assert ran.output.startswith(f"sseclient-ng {__version__} (Python 3.")
    assert "requests " in ran.output


def test_the_module_is_the_command() -> None:
    top = str(Path(sseclient_ng.__file__).parent.parent)
    ran = subprocess.run(
        [sys.executable, "-m", "sseclient_ng", "--version"],
        env={**os.environ, "PYTHONPATH": top},
        cwd=tempfile.gettempdir(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == run("--version").output


def test_the_help_names_every_option_and_exit_code() -> None:
    ran = run("--help")
    assert (ran.code, ran.errors) == (0, "")
    assert max(map(len, ran.lines)) <= 100
    for code in (0, 1, 2, 3, 4, 5, 130, 143):
        assert f"\n  {code}  " in ran.output
