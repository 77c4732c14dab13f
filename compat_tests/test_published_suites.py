"""The suites that sseclient and httpx-sse were published with pass on this package.

They are fetched from the package index for each run of the tests, and run unedited: a plugin puts
this package in the place of the published one first.  ``sseclient-py`` has published none there.
"""

import os
import re
import shutil
import subprocess

import pytest

from differences import SUITE_EXCEPTIONS
from harness.environments import PUBLISHED, environment, fetch_source, shared_transport
from harness.programs import this_package_alone

pytestmark = pytest.mark.timeout(600)

PLUGIN = "import sseclient_ng\n\nsseclient_ng.install_as_{}()\n"


def run_suite(python, folder, *options):
    """Run pytest in a folder; return how many tests passed."""
    command = [str(python), "-m", "pytest", "-p", "in_place", "-v", *options, str(folder)]
    path = f"{folder}{os.pathsep}{this_package_alone(folder)}"
    environ = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return int(re.search(r"(\d+) passed", done.stdout).group(1))


def test_suite_of_sseclient(environments, tmp_path):
    suite = fetch_source(environments, PUBLISHED["sseclient"]) / "test_sseclient.py"
    copy = tmp_path / suite.name
    copy.write_bytes(suite.read_bytes())
    (tmp_path / "in_place.py").write_text(PLUGIN.format("sseclient"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    skipped = [f"--deselect={copy.name}::{name}" for name in SUITE_EXCEPTIONS]
    python = environment(environments, ["pytest", "six", *shared_transport()])
    passed = run_suite(python, tmp_path, *skipped)
    defined = len(set(re.findall(r"^def (test_\w+)", copy.read_text("utf-8"), re.MULTILINE)))
    assert passed >= defined - len(SUITE_EXCEPTIONS)


def test_suite_of_httpx_sse(environments, tmp_path):
    suite = fetch_source(environments, PUBLISHED["httpx-sse"]) / "tests"
    tests = tmp_path / "tests"
    shutil.copytree(suite, tests)
    (tmp_path / "in_place.py").write_text(PLUGIN.format("httpx_sse"))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    needed = ["pytest", "pytest-asyncio", "sse-starlette", *shared_transport()]
    python = environment(environments, needed)
    passed = run_suite(python, tmp_path)
    assert passed >= 59
