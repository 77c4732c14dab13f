"""Which HTTP libraries the tests run on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["HAS_URLLIB3_FUTURE"]


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


#: Whether niquests has put urllib3.future in the place of urllib3.
HAS_URLLIB3_FUTURE = _is_installed("urllib3-future")
