"""Published programs stream with this package."""

import subprocess

import pytest

from harness.environments import environment
from harness.programs import SCRIPTS, requirements, run, this_package_alone

pytestmark = [pytest.mark.programs, pytest.mark.timeout(900)]

PROGRAMS = sorted(SCRIPTS.glob("*.py"))
FAIL_ON_THE_PUBLISHED_PACKAGE = {
    "acp_client",
    "jmapc_events",
    "pyrebase_stream",
    "pywikibot_eventstreams",
}
"""See docs/programs.md for the defect that each of them meets."""


@pytest.fixture(params=PROGRAMS, ids=[script.stem for script in PROGRAMS])
def script(request):
    """Return one of the scripts."""
    return request.param


@pytest.fixture
def python(script, environments):
    """Return the interpreter of an environment with the program of ``script``."""
    return environment(environments, requirements(script))


@pytest.fixture
def alone(tmp_path):
    """Return a folder from which this package can be imported."""
    return this_package_alone(tmp_path)


def test_program_on_this_package(script, python, alone):
    done = run(python, script, alone, [], seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_program_on_the_published_package(script, python, alone):
    if script.stem not in FAIL_ON_THE_PUBLISHED_PACKAGE:
        assert run(python, script, alone, ["--published"], seconds=60).returncode == 0
        return
    try:
        done = run(python, script, alone, ["--published"], seconds=15)
    except subprocess.TimeoutExpired:
        return
    assert done.returncode != 0, done.stdout


def test_there_are_enough_programs():
    assert len(PROGRAMS) >= 9
