"""Settings for all tests: no connection leaves this machine."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

import pytest

from support.certificates import AUTHORITY
from support.parsing import make_parser as make_parser


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
