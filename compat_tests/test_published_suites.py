"""The suite that sseclient was published with passes on this package.

It is fetched from the package index for each run of the tests, and run unedited: a plugin puts this
package in the place of ``sseclient`` first.  ``sseclient-py`` has published no suite on the index.
"""

import re
import subprocess
import sys

import pytest

from differences import SUITE_EXCEPTIONS
from harness.environments import PUBLISHED, fetch_source

PLUGIN = "import sseclient_ng\n\nsseclient_ng.install_as_sseclient()\n"


@pytest.fixture(scope="module")
def suite(environments):
    """Return the unpacked source of the published sseclient."""
    return fetch_source(environments, PUBLISHED["sseclient"])


@pytest.mark.timeout(600)
def test_suite_of_sseclient(suite, tmp_path):
    pytest.importorskip("six", reason="the published suite imports it")
    copy = tmp_path / "test_sseclient.py"
    copy.write_bytes((suite / "test_sseclient.py").read_bytes())
    (tmp_path / "in_place_of_sseclient.py").write_text(PLUGIN)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "in_place_of_sseclient", "-v", str(copy)]
    command += [f"--deselect={copy.name}::{name}" for name in SUITE_EXCEPTIONS]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))
    defined = len(set(re.findall(r"^def (test_\w+)", copy.read_text("utf-8"), re.MULTILINE)))
    assert passed >= defined - len(SUITE_EXCEPTIONS)
