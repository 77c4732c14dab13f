"""The files to publish: built twice alike, complete, and installable in an empty environment."""

from __future__ import annotations

import configparser
import email.message
import email.parser
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OUTCOME = "6 events: 0 lost, 0 doubled, 0 damaged."
# The oldest pip that runs on the oldest supported Python without help, and today's.
PIPS = ["pip==20.0.2", "pip"]


def run(*command: str | Path, folder: Path | None = None, **settings: str) -> str:
    """What a command prints; how it failed, if it did."""
    environment = {**os.environ, **settings}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def checkout(folder: Path) -> Path:
    """The committed files and those that are not committed yet, but none that git ignores."""
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT)
    for name in names.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def build(folder: Path, files: Path) -> dict[str, Path]:
    """The wheel and the source distribution, by their endings."""
    date = run("git", "log", "-1", "--format=%ct", folder=ROOT).strip()
    run(
        *(sys.executable, "-m", "build", "--outdir", files, checkout(folder)),
        SOURCE_DATE_EPOCH=date,
    )
    return {path.suffix: path for path in files.iterdir()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files in the folder dist, from where they are published."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    return build(tmp_path_factory.mktemp("built"), ROOT / "dist")


@pytest.fixture(scope="session")
def metadata(built: dict[str, Path]) -> email.message.Message:
    with zipfile.ZipFile(built[".whl"]) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return email.parser.Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_is_the_same_when_built_again(built: dict[str, Path], tmp_path: Path) -> None:
    """Elsewhere, and later: of other files, with other dates."""
    again = build(tmp_path / "source", tmp_path / "files")
    assert again[".whl"].read_bytes() == built[".whl"].read_bytes()


def test_the_checkers_of_packages_are_content(built: dict[str, Path]) -> None:
    run(sys.executable, "-m", "twine", "check", "--strict", *built.values())
    run(sys.executable, "-m", "check_wheel_contents", built[".whl"])
    run(sys.executable, "-m", "validate_pyproject", ROOT / "pyproject.toml")


def test_the_metadata_say_what_a_stranger_asks(metadata: email.message.Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.9"
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert set(urls) == {"Changelog", "Documentation", "Issues", "Source"}


def test_the_description_has_no_dead_link(metadata: email.message.Message) -> None:
    """On the package index, a link that is relative leads nowhere, and a picture is not shown."""
    text = str(metadata.get_payload())
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert len(targets) > 20
    assert [target for target in targets if not target.startswith("https://")] == []
    configuration = configparser.ConfigParser()
    configuration.read(ROOT / "setup.cfg", "utf-8")
    addresses = configuration["addresses"]
    prefixes = (f"{addresses['repository']}/", f"{addresses['documentation']}/")
    ours = [target for target in targets if target.startswith(prefixes)]
    assert len(ours) > 14
    for target in ours:
        assert file_of(target, prefixes).is_file(), target


def file_of(target: str, prefixes: tuple[str, str]) -> Path:
    """The file of this checkout that an address means."""
    repository, documentation = prefixes
    path = target.partition("#")[0]
    if path.startswith(documentation):
        return ROOT / "docs" / path[len(documentation) :].replace(".html", ".md")
    return ROOT / path[len(repository) :].split("/", 2)[2]


def test_the_wheel_holds_the_package_and_its_marker_of_types(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built[".whl"]) as wheel:
        names = wheel.namelist()
    assert "sseclient_ng/py.typed" in names
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"sseclient_ng", "pytest_sseclient_ng.py"}


def test_the_source_distribution_holds_what_the_checks_need(built: dict[str, Path]) -> None:
    with tarfile.open(built[".gz"]) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    committed = run("git", "ls-files", folder=ROOT).splitlines()
    needless = (".ci/", ".github/", ".gitignore", ".pre-commit", ".readthedocs")
    assert [name for name in committed if name not in held and not name.startswith(needless)] == []


@pytest.mark.parametrize("pip", PIPS)
@pytest.mark.parametrize("ending", [".whl", ".gz"])
def test_it_installs_in_an_empty_environment(
    built: dict[str, Path], ending: str, pip: str, tmp_path: Path
) -> None:
    if pip != "pip" and sys.version_info >= (3, 10):
        pytest.skip("this pip does not run on this Python")
    venv.create(tmp_path, with_pip=True)
    python = tmp_path / ("Scripts" if os.name == "nt" else "bin") / "python"

    def install(*what: str | Path) -> None:
        run(python, "-m", "pip", "install", *what, folder=tmp_path)

    # Not by an old pip: it may choose releases that need a newer Python.
    install("--upgrade", "requests", "setuptools")
    install("--upgrade", pip)
    install(*["--no-build-isolation"] * (pip != "pip"), built[ending])
    run(python, "-W", "error", "-c", "import sseclient_ng; sseclient_ng.SSEClient", folder=tmp_path)
    assert OUTCOME in run(python, "-m", "sseclient_ng.demo", folder=tmp_path)
    assert "usage: sseclient-ng" in run(python.parent / "sseclient-ng", "--help")


@pytest.mark.skipif("RELEASE_TAG" not in os.environ, reason="no release: RELEASE_TAG is not set")
def test_it_can_go_out(metadata: email.message.Message) -> None:
    """The tag, the version and the changelog agree, and the addresses are decided."""
    version = metadata["Version"]
    assert os.environ["RELEASE_TAG"] == f"v{version}"
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert ".example" not in " ".join(metadata.get_all("Project-URL", []))
