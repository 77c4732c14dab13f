"""Servers to try things with; no network is needed.

- ``python -m sseclient_ng.demo`` reads a server that misbehaves, with a plain loop, in some
  seconds.
- ``python -m sseclient_ng.demo --serve`` runs the practice server, which the examples of the
  documentation read, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Sequence
from typing import Callable, Optional

from sseclient_ng.demo._misbehaving import demonstrate
from sseclient_ng.demo._practice import PRACTICE_PORT, list_of_streams, practice_server

__all__ = ["PRACTICE_PORT", "main", "practice_server"]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Do what the command line says, and return the exit status.

    Args:
        arguments: of the command line; None takes those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sseclient_ng.demo",
        description="Read a server that misbehaves; or run a practice server.",
    )
    parser.add_argument("--serve", action="store_true", help="run the practice server")
    parser.add_argument("--port", type=int, default=PRACTICE_PORT, help="its port, %(default)s")
    chosen = parser.parse_args(arguments)
    _print_anything()
    return _serve(chosen.port) if chosen.serve else demonstrate()


def _serve(port: int) -> int:
    """Run the practice server until it is interrupted."""
    try:
        server = practice_server(port)
    except OSError as error:
        print(f"can't listen on port {port}: {error.strerror}; try another --port", file=sys.stderr)
        return 1
    with server:
        print(
            f"Listening on {server.url}; Ctrl-C ends it.", list_of_streams(), sep="\n", flush=True
        )
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


def _print_anything() -> None:
    """Escape characters that the terminal can't show."""
    reconfigure: Optional[Callable[..., None]] = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
