"""Virtual environments, one for each set of packages, made once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

PUBLISHED = {
    "sseclient": "sseclient==0.0.27",
    "sseclient-py": "sseclient-py==1.9.0",
    "httpx-sse": "httpx-sse==0.4.3",
}
"""The releases that this package replaces, as pip is asked for them."""


def shared_transport() -> list[str]:
    """Return requirements for the very HTTP libraries this process runs on.

    Both packages then differ in their own code only.
    """
    return [f"{name}=={version(name)}" for name in ("requests", "urllib3", "httpx")]


def environment(directory: Path, requirements: Sequence[str]) -> Path:
    """Return the interpreter of an environment that holds ``requirements``.

    Args:
        directory: where environments are kept from one run to the next.
        requirements: what pip installs, in one call.

    Raises:
        RuntimeError: pip failed; the message holds what it said.
    """
    identity = "\n".join([sys.version, *requirements])
    home = directory / hashlib.sha256(identity.encode()).hexdigest()[:16]
    finished = home / "requirements.txt"
    if not finished.exists():
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True, symlinks=os.name != "nt")
        install(interpreter(home), requirements)
        finished.write_text("\n".join(requirements) + "\n")
    return interpreter(home)


def interpreter(home: Path) -> Path:
    """Return the path of the interpreter inside the environment at ``home``."""
    return home / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(python: Path, requirements: Sequence[str]) -> None:
    """Install ``requirements`` from the package index for the interpreter ``python``."""
    command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"could not install {' '.join(requirements)}:\n{done.stderr}")


def fetch_source(directory: Path, requirement: str) -> Path:
    """Return the unpacked source distribution of ``requirement``, fetched once.

    Raises:
        RuntimeError: pip failed; the message holds what it said.
    """
    home = directory / f"source-{requirement}"
    if not home.exists():
        download = directory / f"download-{requirement}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--dest", str(download), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            raise RuntimeError(f"could not fetch {requirement}:\n{done.stderr}")
        (archive,) = download.iterdir()
        shutil.unpack_archive(archive, home)
    (unpacked,) = home.iterdir()
    return unpacked
