"""Lets tox find every interpreter that pyenv has installed: pyenv shows only its current one."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()


def newest_first(version: Path) -> tuple[tuple[int, ...], bool]:
    """Of two builds of one version, the free-threaded one comes last: its "python3" is another."""
    parts = version.name.rstrip("t").split(".")
    return tuple(-int(part) for part in parts if part.isdigit()), version.name.endswith("t")


# Behind everything else: what "python3" means stays as it was.
versions = sorted(ROOT.glob("versions/3.*"), key=newest_first)
folders = [str(version / "bin") for version in versions]
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *folders])
