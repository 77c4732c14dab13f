"""Settings for all tests: no connection leaves this machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

import pytest

from support.certificates import AUTHORITY
from support.parsing import make_parser as make_parser

if "TRANSPORTS" in os.environ:  # only these libraries are of interest: see support/drivers.py
    collect_ignore_glob = [
        *("test_async_*", "test_httpx*", "test_http2*"),
        *("test_command_line*", "test_d*", "test_exactly_once*", "test_pytest_plugin*"),
        *("test_event*", "test_iterate*", "test_machine*", "test_parser*", "test_properties*"),
        *("test_benchmarks*", "test_streams*", "test_testing*"),
    ]


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = arguments[1][0]
    # Not an OSError: a client that retries after network errors must not swallow it.
    assert is_loopback(host), f"a test tried to connect to {host}: only loopback is allowed"


sys.addaudithook(refuse_other_machines)


def pytest_configure(config: pytest.Config) -> None:
    if sys.version_info < (3, 11):
        # There asyncio says so of every TLS connection that the peer has ended.
        config.addinivalue_line(
            "filterwarnings",
            r"ignore:unclosed transport <asyncio\.sslproto\._SSLProtocolTransport:ResourceWarning",
        )


@pytest.fixture(scope="session")
def authority_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The certificate of the authority that clients trust."""
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)
