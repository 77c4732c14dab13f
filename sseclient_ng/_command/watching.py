"""The loop between a client and the output, and what ends it."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Generator
from dataclasses import replace
from typing import Any, Optional

import urllib3

from sseclient_ng import Event, LastEventIDFile, SSEClient, __version__, keep_last_id
from sseclient_ng._command.arguments import Arguments
from sseclient_ng._command.endings import (
    BROKEN_OFF,
    ENDED,
    NO_CONNECTION,
    NO_OUTPUT,
    SIGNALLED,
    explain,
    say,
)
from sseclient_ng._command.formats import Data, Format, JSONLines, Pretty, Raw, Shown
from sseclient_ng._command.output import FileOutput, Output, open_output, when_reader_goes
from sseclient_ng._command.terminal import COLOURS, NO_COLOURS, wants_colour
from sseclient_ng._core.policy import choose_policy
from sseclient_ng._reasons import reason_of
from sseclient_ng.exceptions import without_secrets

__all__ = ["watch"]


class _Stopped(BaseException):
    """There is no client yet that could be closed."""


class _Failed(Exception):
    """The output or the state fails.

    Args:
        code: the exit code.
        text: what to say.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def watch(arguments: Arguments) -> int:
    """Print the events of a stream until something ends it, and return the exit code.

    Args:
        arguments: what the command line asks for.
    """
    try:
        with warnings.catch_warnings():
            if arguments.verify is False:  # as was asked for
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return _Watch(arguments, _open_output(arguments)).run()
    except _Failed as failed:
        say(str(failed))
        return failed.code


class _Watch:
    """One run of the command.

    Args:
        arguments: what the command line asks for.
        output: where the records go.
    """

    def __init__(self, arguments: Arguments, output: Output) -> None:
        self._arguments = arguments
        self._output = output
        self._format = _choose_format(arguments, output)
        self._client: Optional[SSEClient] = None
        self._printed = 0
        self._until_came = False
        # What ended it from outside.
        self._signal: Optional[int] = None
        self._time_is_up = False
        self._reader_is_gone = False

    def run(self) -> int:
        """Print the events, and return the exit code.

        Raises:
            _Failed: the output or the state fails.
        """
        place, last_id = _place(self._arguments)
        if isinstance(self._output, FileOutput):
            self._output.mend(self._format.record_end)
        try:
            with self._signals(), self._time_limit():
                when_reader_goes(self._output, self._reader_went)
                self._loop(place, last_id)
        except _Stopped:
            pass
        except OSError as error:  # those of requests are, too
            connected = self._client is not None
            code, text = explain(error, self._arguments.url, connected=connected)
            say(text)
            return code
        return self._code_of_the_end()

    def _loop(self, place: Optional[_Place], last_id: Optional[str]) -> None:
        with self._connect(last_id) as client:
            self._client = client
            for event in client if place is None else keep_last_id(client, place):
                self._deliver(event, client)

    def _deliver(self, event: Event, client: SSEClient) -> None:
        arguments = self._arguments
        self._until_came = event.data == arguments.until
        if not arguments.event or event.event in arguments.event:
            self._write(self._format.event(event))
            self._printed += 1
        if self._printed == arguments.max_events:
            client.close()  # not "break": the place is kept before the loop ends

    def _write(self, record: str) -> None:
        try:
            self._output.write(record)
        except OSError as error:
            self._reader_is_gone = error.errno in (errno.EPIPE, errno.ECONNRESET)
            if self._reader_is_gone:
                raise _Stopped from None
            raise _Failed(NO_OUTPUT, _unwritable(self._arguments.output_file, error)) from None

    # -- the client

    def _connect(self, last_id: Optional[str]) -> SSEClient:
        arguments = self._arguments
        self._tell(f"connecting to {without_secrets(arguments.url)}")
        policy = choose_policy(arguments.reconnect, arguments.request)
        if policy is not None:
            policy = replace(policy, max_attempts=arguments.max_attempts)
        return SSEClient(
            arguments.url,
            last_id,
            arguments.retry,
            method=arguments.request,
            reconnect=policy or False,
            until=arguments.until,
            max_event_size=arguments.max_event_size,
            check_content_type=not arguments.ignore_content_type,
            on_open=self._on_open,
            on_error=self._on_error,
            on_comment=self._on_comment if arguments.comments else None,
            **_request_options(arguments),
        )

    def _on_open(self, response: Any) -> None:
        self._tell(f"connected: {response.status_code} {response.reason}")

    def _on_error(self, error: Exception, delay: float) -> None:
        self._tell(f"{reason_of(error)}; connecting again in {delay:.1f} s")

    def _on_comment(self, text: str) -> None:
        self._write(self._format.comment(text))

    def _tell(self, text: str) -> None:
        if self._arguments.verbose:
            say(text)

    # -- what ends it from outside

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._on_signal) for number in numbers]
        unraisable = sys.unraisablehook
        try:
            yield
        finally:
            sys.unraisablehook = unraisable
            for number, handler in zip(numbers, before):
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002 - Python passes it
        if not self._was_stopped():
            self._signal = number
            signal.signal(number, signal.SIG_DFL)  # the second one ends it at once
        if self._client is None:
            # What is half made at this moment, such as a response of http.client, may complain.
            sys.unraisablehook = _say_nothing
            raise _Stopped
        self._client.close()

    @contextlib.contextmanager
    def _time_limit(self) -> Generator[None]:
        timer = threading.Timer(self._arguments.max_time or 0, self._time_went)
        timer.daemon = True
        if self._arguments.max_time is not None:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _time_went(self) -> None:
        self._time_is_up = True
        self._stop()

    def _reader_went(self) -> None:
        self._reader_is_gone = True
        self._stop()

    def _stop(self) -> None:
        """Stop the main thread, from another one."""
        if self._client is not None:
            self._client.close()
        else:
            _interrupt_main_thread()

    def _was_stopped(self) -> bool:
        return self._signal is not None or self._time_is_up or self._reader_is_gone

    # -- exit codes

    def _code_of_the_end(self) -> int:
        if self._signal is not None:
            return SIGNALLED + self._signal
        if not self._time_is_up or self._reader_is_gone:
            return ENDED
        if self._client is None:
            say(f"no connection to {without_secrets(self._arguments.url)} within --max-time")
            return NO_CONNECTION
        if self._arguments.until is not None and not self._until_came:
            say("--max-time was over before the event of --until came")
            return BROKEN_OFF
        return ENDED


class _Place:
    """The file of ``--state``.

    Args:
        path: where it is.
    """

    def __init__(self, path: str) -> None:
        # Without waiting for the disk: the output does not either.
        self._file = LastEventIDFile(path, fsync=False)

    def load(self) -> Optional[str]:
        try:
            return self._file.load()
        except (ValueError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise _Failed(NO_OUTPUT, f"can't read --state {self._file.path}: {reason}") from None

    def store(self, last_id: str) -> None:
        try:
            self._file.store(last_id)
        except OSError as error:
            path, reason = self._file.path, error.strerror
            raise _Failed(NO_OUTPUT, f"can't write --state {path}: {reason}") from None


def _place(arguments: Arguments) -> tuple[Optional[_Place], Optional[str]]:
    """Return where the last event ID is kept, and the one to begin with."""
    if arguments.state is None:
        return None, arguments.last_id
    place = _Place(arguments.state)
    last_id = place.load() or arguments.last_id
    place.store(last_id or "")  # whether it can be written is better known now
    return place, last_id


def _open_output(arguments: Arguments) -> Output:
    try:
        return open_output(arguments.output_file)
    except OSError as error:
        raise _Failed(NO_OUTPUT, _unwritable(arguments.output_file, error)) from None


def _unwritable(path: Optional[str], error: OSError) -> str:
    return f"can't write {'the output' if path is None else path}: {error.strerror}"


def _choose_format(arguments: Arguments, output: Output) -> Format:
    name = arguments.output or ("pretty" if output.is_terminal else "jsonl")
    if name == "pretty":
        coloured = output.is_terminal and wants_colour(os.environ)
        return Pretty(COLOURS if coloured else NO_COLOURS, lambda: time.strftime("%H:%M:%S"))
    formats: dict[str, Format] = {
        "jsonl": JSONLines(parses=arguments.json_data),
        "data": Data(),
        "raw": Raw(),
    }
    return Shown(formats[name]) if output.is_terminal else formats[name]


def _request_options(arguments: Arguments) -> dict[str, Any]:
    """Return the options of the command line as requests calls them."""
    headers: dict[str, Any] = {
        name: value if value is None or value.isascii() else _as_typed(value)
        for name, value in arguments.headers.items()
    }
    if "user-agent" not in map(str.lower, headers):
        headers["User-Agent"] = f"sseclient-ng/{__version__}"
    options: dict[str, Any] = {
        "headers": headers,
        "verify": arguments.verify,
        "timeout": (arguments.connect_timeout, arguments.read_timeout),
    }
    if arguments.body is not None:
        options["data"] = arguments.body
    if arguments.user is not None:
        options["auth"] = tuple(map(_as_typed, arguments.user))
    if arguments.cert is not None:
        options["cert"] = arguments.cert
    if arguments.proxy is not None:
        options["proxies"] = {"http": arguments.proxy, "https": arguments.proxy}
    return options


def _as_typed(text: str) -> bytes:
    """Return the bytes of an argument: UTF-8, or whatever else was typed."""
    return text.encode("utf-8", "surrogateescape")


def _say_nothing(unraisable: object) -> None:
    """Take the place of ``sys.unraisablehook``."""


def _interrupt_main_thread() -> None:
    """Have the main thread handle a SIGINT, whatever it waits for."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
