"""This package in the place of others, for code whose imports can't be edited."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from types import ModuleType

__all__ = ["install_as_httpx_sse", "install_as_sseclient"]


def install_as_sseclient() -> None:
    """Have ``import sseclient`` give this package, in code that can't be edited.

    Call it before anything imports ``sseclient``: what was imported before stays what it is, and
    there is a warning.
    """
    _install("sseclient", sys.modules["sseclient_ng"])


def install_as_httpx_sse() -> None:
    """Have ``import httpx_sse`` give `sseclient_ng.httpx_sse`, in code that can't be edited.

    Call it before anything imports ``httpx_sse``: what was imported before stays what it is, and
    there is a warning. Its private modules, which some programs import from, are there as well.

    Raises:
        ModuleNotFoundError: neither httpx nor httpx2 is installed.
    """
    ours = "sseclient_ng.httpx_sse"
    _install("httpx_sse", import_module(ours))
    for name in ("._api", "._decoders", "._exceptions", "._models"):
        sys.modules["httpx_sse" + name] = import_module(ours + name)


def _install(name: str, module: ModuleType) -> None:
    """Put a module in the place of another; warn if that has been imported already."""
    if sys.modules.get(name, module) is not module:
        text = (
            f"install_as_{name}() comes late: {name} is imported already, and modules that have "
            "imported it keep the other package; call it first"
        )
        warnings.warn(text, UserWarning, stacklevel=3)
    sys.modules[name] = module
