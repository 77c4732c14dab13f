"""Environments and workers, shared by all compatibility tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# For ``harness`` and ``snippets``.  Never the top folder: it would hide the installed package.
sys.path.insert(0, str(Path(__file__).parent))

from harness.comparison import Worker, this_package
from harness.environments import PUBLISHED, environment, shared_transport


def pytest_configure(config):
    config.addinivalue_line("markers", "programs: runs a published program that uses sseclient")


@pytest.fixture(scope="session")
def environments(pytestconfig):
    """Return the folder that keeps environments from one run to the next."""
    return Path(pytestconfig.cache.mkdir("sseclient-ng-environments"))


@pytest.fixture(scope="session")
def published(environments):
    """Return a worker for each published package."""
    workers = {
        name: Worker(environment(environments, [requirement, *shared_transport()]))
        for name, requirement in PUBLISHED.items()
    }
    yield workers
    for worker in workers.values():
        worker.close()


@pytest.fixture(scope="session")
def ours():
    """Return a worker for this package."""
    worker = this_package()
    yield worker
    worker.close()
