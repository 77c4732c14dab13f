"""Run snippets, each in its own process, and report what they did.

This file is started by the interpreter of an environment that holds one of the packages; it uses
the standard library only and is never imported by the tests.  A job is one line of JSON on
standard input, its outcome one line on standard output.  ``requests`` is imported before the fork
because importing it ninety times is most of the time; the package under test never is.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback

import requests  # noqa: F401

COMPARED_MODULES = (
    *("builtins", "http", "httpx", "json", "requests", "socket", "ssl", "urllib3", "zlib"),
)
EVENT_FIELDS = ("data", "event", "id", "retry")


def describe(value):
    """Return ``value`` as JSON that two packages can agree on."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    if isinstance(value, dict):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, BaseException):
        return {"exception": ancestry(type(value))}
    return describe_object(value)


def describe_object(value):
    """Return the fields of an event, or just the name of the type of anything else."""
    if not isinstance(value, type) and all(hasattr(value, name) for name in EVENT_FIELDS):
        return {name: describe(getattr(value, name)) for name in EVENT_FIELDS}
    return {"object": getattr(value, "__name__", type(value).__name__)}


def ancestry(error_type):
    """Return the class names that an ``except`` clause could use."""
    return [
        f"{ancestor.__module__}.{ancestor.__qualname__}"
        for ancestor in error_type.__mro__
        if ancestor.__module__.partition(".")[0] in COMPARED_MODULES
        and ancestor not in (object, BaseException)
    ]


def run_snippet(job, report):
    """Run the snippet of ``job`` in this process; ``report`` is told each thing it records."""
    namespace = {"__name__": "snippet"}
    exec(compile(job["source"], job["name"], "exec"), namespace)
    try:
        namespace[job["name"]](job["url"], lambda value: report({"recorded": describe(value)}))
    except BaseException as error:  # noqa: BLE001 - whatever comes out is the outcome
        trace = traceback.format_exc()
        report({"ended": "raised", "raised": ancestry(type(error)), "trace": trace})
    else:
        report({"ended": "returned"})


def run_child(job, pipe):
    """Run the snippet in the forked process, report through ``pipe``, and exit."""
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 0)
    os.dup2(silent, 1)

    def report(entry):
        os.write(pipe, (json.dumps(entry) + "\n").encode())

    try:
        run_snippet(job, report)
    finally:
        os._exit(0)


def read_until(pipe, deadline):
    """Return what came through ``pipe`` until its end or the ``deadline`` (monotonic)."""
    received = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return received
        block = os.read(pipe, 65536)
        if not block:
            return received
        received += block


def run_job(job):
    """Run one job in a forked process, at most ``job["patience"]`` seconds long."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_child(job, writing)
    os.close(writing)
    received = read_until(reading, time.monotonic() + job["patience"])
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return collect(received)


def collect(received):
    """Return the outcome that a child reported in these lines."""
    outcome = {"recorded": [], "ended": "timed out", "raised": None, "trace": None}
    for line in received.split(b"\n")[:-1]:
        entry = json.loads(line)
        if "recorded" in entry:
            outcome["recorded"].append(entry["recorded"])
        else:
            outcome.update(entry)
    return outcome


def main():
    """Answer jobs until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(run_job(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
