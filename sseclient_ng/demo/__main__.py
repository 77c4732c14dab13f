"""``python -m sseclient_ng.demo``."""

from __future__ import annotations

import sys

from sseclient_ng.demo import main

if __name__ == "__main__":
    sys.exit(main())
