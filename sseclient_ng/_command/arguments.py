"""The options of the command line: by curl's names where curl has them, and checked at once."""

from __future__ import annotations

import argparse
import getpass
import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Optional, Union
from urllib.parse import urlsplit

from sseclient_ng import __version__
from sseclient_ng._command.terminal import printable
from sseclient_ng._core.parser import DEFAULT_MAX_EVENT_SIZE

__all__ = ["Arguments", "parse"]

_TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, 5.6.2: a method, or the name of a header field

_DESCRIPTION = """\
Watch an event stream (Server-Sent Events): print its events, reconnect when it drops, and resume
after the last event."""

_EPILOG = """\
examples:
  sseclient-ng https://stream.example/events
  sseclient-ng -e edit -n 10 https://stream.example/events | jq .data
  sseclient-ng --state last-id.txt -o events.jsonl https://stream.example/events
  sseclient-ng --json '{"stream": true}' --until '[DONE]' --output data https://api.example/chat

exit codes:
  0    the stream, or the watching of it, has ended as asked
  1    the output or the state can't be written, or the state not read
  2    wrong usage
  3    the server refused: a status such as 401, or no event stream
  4    no connection: refused, not found, TLS, time-out
  5    the stream broke off: before --until, or where it is not repeated
  130  interrupted (SIGINT, Ctrl-C)
  143  terminated (SIGTERM)"""


@dataclass(frozen=True)
class Arguments:
    """What the command line asks for. Times are in seconds, but `retry` is in milliseconds."""

    url: str
    output: Optional[str]
    output_file: Optional[str]
    json_data: bool
    comments: bool
    event: list[str]
    max_events: Optional[int]
    until: Optional[str]
    request: str
    headers: dict[str, Optional[str]]
    body: Optional[bytes]
    user: Optional[tuple[str, str]]
    verify: Union[bool, str]
    cert: Union[str, tuple[str, str], None]
    proxy: Optional[str]
    ignore_content_type: bool
    connect_timeout: float
    read_timeout: Optional[float]
    max_time: Optional[float]
    last_id: Optional[str]
    state: Optional[str]
    retry: int
    max_attempts: Optional[int]
    reconnect: Optional[bool]
    max_event_size: int
    verbose: bool


def parse(argv: Optional[Sequence[str]] = None) -> Arguments:
    """Return the options.

    Args:
        argv: the command line without the program's name; None takes the program's own.

    Raises:
        SystemExit: with 2 where they are wrong, after a message; with 0 after ``--help``.
    """
    parser = _make_parser()
    given = parser.parse_args(argv)
    try:
        return _arguments(given)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _arguments(given: argparse.Namespace) -> Arguments:
    kept = {name: value for name, value in vars(given).items() if name in _SAME}
    url = _checked_url(given.url)  # before it waits for stdin
    body = _body(given)
    return Arguments(
        **kept,
        url=url,
        request=_method(given.request, has_body=body is not None),
        headers=_headers(given, has_body=body is not None),
        body=body,
        user=_user(given.user),
        verify=_verify(given),
        cert=_certificate(given),
        proxy=_proxy(given.proxy),
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)}\nTry '{self.prog} --help'.\n")


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sseclient-ng",
        usage="%(prog)s [options] URL",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
            prog, max_help_position=30
        ),
        allow_abbrev=False,
    )
    parser.add_argument("url", metavar="URL", help="address of the stream")
    _add_output(parser.add_argument_group("output"))
    _add_request(parser.add_argument_group("request, as in curl"))
    _add_reconnection(parser.add_argument_group("reconnection"))
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="tell of connections and waits on stderr"
    )
    parser.add_argument("--version", action="version", version=_versions())
    return parser


def _add_output(group: Any) -> None:
    add = group.add_argument
    add(
        "--output",
        choices=["pretty", "jsonl", "data", "raw"],
        help="for people, JSON Lines, the data only, or an event stream again; by default pretty "
        "on a terminal, and otherwise jsonl",
    )
    add("-o", "--output-file", metavar="FILE", help="add the output to FILE")
    add(
        "--json-data",
        action="store_true",
        help="jsonl: write data that is JSON as JSON, not as text",
    )
    add(
        "-e",
        "--event",
        metavar="TYPE",
        action="append",
        default=[],
        help="print this event type only; repeatable",
    )
    add("-n", "--max-events", metavar="N", type=_count, help="end after N printed events")
    add(
        "--until",
        metavar="TEXT",
        help="end after the event whose data is TEXT; it is an error if it does not come",
    )
    add("--comments", action="store_true", help="print comments, too")


def _add_request(group: Any) -> None:
    add = group.add_argument
    add(
        "-H",
        "--header",
        metavar="'NAME: VALUE'",
        action="append",
        default=[],
        help="send a header; repeatable",
    )
    add("-X", "--request", metavar="METHOD", help="method of the request")
    add(
        "-d",
        "--data",
        metavar="DATA",
        action="append",
        help="send a form with POST; @FILE reads it from a file, @- from stdin",
    )
    add(
        "--json",
        metavar="DATA",
        action="append",
        help="send JSON with POST; @FILE and @- as for --data",
    )
    add(
        "-u",
        "--user",
        metavar="USER:PASSWORD",
        help="log in; asks for the password where there is none",
    )
    add("-k", "--insecure", action="store_true", help="accept any certificate")
    add("--cacert", metavar="FILE", help="trust the certificates in FILE")
    add("-E", "--cert", metavar="FILE", help="client certificate, with its key unless --key has it")
    add("--key", metavar="FILE", help="key of the client certificate")
    add("-x", "--proxy", metavar="URL", help="use this proxy")
    add(
        "--ignore-content-type",
        action="store_true",
        help="read an answer that does not call itself an event stream",
    )
    add(
        "--connect-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=30.0,
        help="for each connection; 30 by default",
    )
    add("-m", "--max-time", metavar="SECONDS", type=_seconds, help="end after this time")


def _add_reconnection(group: Any) -> None:
    add = group.add_argument
    add("--last-id", metavar="ID", help="resume after the event with this ID")
    add(
        "--state",
        metavar="FILE",
        help="keep the last event ID in FILE, and resume there when started again",
    )
    add(
        "--read-timeout", metavar="SECONDS", type=_seconds, help="take this much silence for a drop"
    )
    add(
        "--retry",
        metavar="MS",
        type=_milliseconds,
        default=3000,
        help="reconnection time until the server sets it; 3000 by default",
    )
    add("--max-attempts", metavar="N", type=_count, help="give up after N failed attempts in a row")
    add(
        "--reconnect",
        action=argparse.BooleanOptionalAction,
        help="reconnect, or don't; by default with GET only, which can be repeated without harm",
    )
    add(
        "--max-event-size",
        metavar="BYTES",
        type=_count,
        default=DEFAULT_MAX_EVENT_SIZE,
        help="refuse larger events; 64 MiB by default",
    )


_SAME = frozenset(
    {
        *("output", "output_file", "json_data", "comments", "event", "max_events", "until"),
        *("ignore_content_type", "connect_timeout", "read_timeout", "max_time", "last_id", "state"),
        *("retry", "max_attempts", "reconnect", "max_event_size", "verbose"),
    }
)


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"needs a number from 1, not {text!r}")
    return int(text)


def _milliseconds(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"needs a number of milliseconds, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"needs a number of seconds, not {text!r}")
    return float(text)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL: {error}") from None
    if is_one:
        return url
    hint = "" if "://" in url or not url else f"; did you mean https://{url}?"
    raise ValueError(f"URL must be http://... or https://..., not {url!r}{hint}")


def _method(method: Optional[str], *, has_body: bool) -> str:
    if method is None:
        return "POST" if has_body else "GET"
    if not re.fullmatch(_TOKEN, method):
        raise ValueError(f"--request needs a method such as PUT, not {method!r}")
    return method


def _headers(given: argparse.Namespace, *, has_body: bool) -> dict[str, Optional[str]]:
    kind = "application/json" if given.json else "application/x-www-form-urlencoded"
    headers: dict[str, Optional[str]] = {"Content-Type": kind} if has_body else {}
    own: dict[str, list[str]] = {}
    for line in given.header:
        name, value = _header(line)
        headers = {each: text for each, text in headers.items() if each.lower() != name.lower()}
        own.setdefault(name, []).extend([] if value is None else [value])
    # requests removes a default header whose value is None.
    return {
        **headers,
        **{name: ", ".join(values) if values else None for name, values in own.items()},
    }


def _header(line: str) -> tuple[str, Optional[str]]:
    name, colon, value = line.partition(":")
    if not colon and line.endswith(";"):  # curl's way to send an empty one
        name, colon, value = line[:-1], ";", ""
    if not colon or not re.fullmatch(_TOKEN, name):
        raise ValueError(f"--header needs 'NAME: VALUE', not {line!r}")
    if re.search("[\r\n\0]", value):
        raise ValueError(f"--header {name} has a line end in its value")
    return name, None if colon == ":" and not value.strip() else value.strip()


def _body(given: argparse.Namespace) -> Optional[bytes]:
    if given.json and given.data:
        raise ValueError("--json and --data can't be used together")
    if given.json:
        return b"".join(_content(each) for each in given.json)
    if given.data:
        return b"&".join(_form(each) for each in given.data)
    return None


def _form(data: str) -> bytes:
    """Return the bytes of a form; like curl, without the line ends of a file."""
    content = _content(data)
    return re.sub(rb"[\r\n\0]", b"", content) if data.startswith("@") else content


def _content(data: str) -> bytes:
    if data == "@-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        with open(data[1:], "rb") as file:
            return file.read()
    return os.fsencode(data) if os.name == "posix" else data.encode()


def _user(user: Optional[str]) -> Optional[tuple[str, str]]:
    if user is None:
        return None
    name, colon, password = user.partition(":")
    if not colon and not sys.stdin.isatty():
        raise ValueError("--user needs USER:PASSWORD where nobody can be asked for the password")
    if not colon:
        password = getpass.getpass(f"Password of {name}: ")
    return name, password


def _verify(given: argparse.Namespace) -> Union[bool, str]:
    if given.insecure or given.cacert is None:
        return not given.insecure
    return _existing(given.cacert, "--cacert")


def _proxy(proxy: Optional[str]) -> Optional[str]:
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _certificate(given: argparse.Namespace) -> Union[str, tuple[str, str], None]:
    if given.cert is None:
        if given.key is not None:
            raise ValueError("--key needs --cert, too")
        return None
    cert = _existing(given.cert, "--cert")
    return cert if given.key is None else (cert, _existing(given.key, "--key"))


def _existing(path: str, option: str) -> str:
    if not os.path.exists(path):
        raise ValueError(f"{option}: there is no file {path!r}")
    return path


def _versions() -> str:
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in ("requests", "urllib3")]
    python = f"Python {platform.python_version()}"
    return f"%(prog)s {__version__} ({', '.join([python, *libraries])})"
