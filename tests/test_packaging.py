"""The suite tests the package that users install, and it is complete."""

from __future__ import annotations

import importlib.metadata
import os
import socket
from pathlib import Path

import pytest

import sseclient_ng

PACKAGE = Path(sseclient_ng.__file__).parent


@pytest.mark.skipif("TOX_ENV_NAME" not in os.environ, reason="only tox installs the built wheel")
def test_the_installed_wheel_is_under_test() -> None:
    """Under tox, the package comes from the environment and not from the checkout."""
    assert PACKAGE.parent.name == "site-packages"


def test_version_is_that_of_the_distribution() -> None:
    assert importlib.metadata.version("sseclient-ng") == sseclient_ng.__version__


def test_types_are_announced() -> None:
    """The marker of PEP 561 lies beside the modules."""
    assert (PACKAGE / "py.typed").is_file()


def test_distribution_holds_nothing_but_the_package() -> None:
    """No tests, benchmarks or other top-level folders in the wheel; but the plugin for pytest."""
    files = importlib.metadata.files("sseclient-ng") or []
    tops = {file.parts[0] for file in files if not file.parts[0].endswith(".dist-info")}
    if "TOX_ENV_NAME" in os.environ:
        # ".." leads to the command, __pycache__ is of the environment.
        assert tops - {"..", "__pycache__"} == {"pytest_sseclient_ng.py", "sseclient_ng"}


def test_the_command_and_the_plugin_are_found() -> None:
    points = importlib.metadata.distribution("sseclient-ng").entry_points
    if "TOX_ENV_NAME" in os.environ:
        named = [(each.group, each.name, each.value) for each in points]
        assert ("pytest11", "pytest_sseclient_ng", "pytest_sseclient_ng") in named
        assert ("console_scripts", "sseclient-ng", "sseclient_ng.__main__:main") in named


def test_no_other_machine_can_be_reached() -> None:
    """A documentation address (RFC 5737) is refused before a packet leaves."""
    with socket.socket() as connection, pytest.raises(AssertionError, match="only loopback"):
        connection.connect(("192.0.2.1", 80))
