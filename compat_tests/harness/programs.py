"""Run the scripts in ``programs/``, each in an environment with its program."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import sseclient_ng

SCRIPTS = Path(__file__).parents[1] / "programs"


def requirements(script: Path) -> list[str]:
    """Return the requirements that ``script`` names."""
    for statement in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets) == "REQUIREMENTS":
            found: list[str] = ast.literal_eval(statement.value)
            return found
    raise ValueError(f"{script} has no REQUIREMENTS")


def this_package_alone(directory: Path) -> Path:
    """Return a folder from which nothing but this package can be imported."""
    home = directory / "alone"
    home.mkdir()
    (home / "sseclient_ng").symlink_to(Path(sseclient_ng.__file__).parent)
    return home


def run(
    python: Path, script: Path, path: Path, arguments: Sequence[str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run ``script`` under ``python`` with ``path`` to import from.

    Raises:
        subprocess.TimeoutExpired: it took longer than ``seconds``.
    """
    return subprocess.run(
        [str(python), str(script), *arguments],
        env={**os.environ, "PYTHONPATH": str(path)},
        cwd=path,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
