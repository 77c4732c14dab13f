"""This package in the place of others, for code whose imports can't be edited."""

from __future__ import annotations

import sys
from importlib import import_module

__all__ = ["install_as_httpx_sse", "install_as_sseclient"]


def install_as_sseclient() -> None:
    """Have ``import sseclient`` give this package, in code that can't be edited.

    Call it before anything imports ``sseclient``; what was imported before stays what it is.
    """
    sys.modules["sseclient"] = sys.modules["sseclient_ng"]


def install_as_httpx_sse() -> None:
    """Have ``import httpx_sse`` give `sseclient_ng.httpx_sse`, in code that can't be edited.

    Call it before anything imports ``httpx_sse``; what was imported before stays what it is. Its
    private modules, which some programs import from, are there as well.

    Raises:
        ModuleNotFoundError: neither httpx nor httpx2 is installed.
    """
    ours = "sseclient_ng.httpx_sse"
    for name in ("", "._api", "._decoders", "._exceptions", "._models"):
        sys.modules["httpx_sse" + name] = import_module(ours + name)
