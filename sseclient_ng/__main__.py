"""The command line: ``sseclient-ng URL`` or ``python -m sseclient_ng URL``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Optional

from sseclient_ng._command.arguments import parse
from sseclient_ng._command.endings import SIGNALLED
from sseclient_ng._command.watching import watch

__all__ = ["main"]


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line, and return its exit code.

    Args:
        argv: the arguments, without the program's name; None takes the program's own.

    Raises:
        SystemExit: the arguments are wrong, or ask for help only.
    """
    try:
        return watch(parse(argv))
    except KeyboardInterrupt:  # at the password, say
        return SIGNALLED + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
