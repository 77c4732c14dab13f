"""The workflows of the public host call tox, with environments that exist, and nothing else."""

from __future__ import annotations

import configparser
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="needs the checkout")

# What has to be there before tox, and tox.
COMMANDS = [
    "pip install tox",
    "sudo apt-get update && sudo apt-get install --yes --no-install-recommends .+",
    "tox -e .+",
]


def expanded(names: str) -> Iterator[str]:
    """What tox makes of "py{39, 310}" and the like."""
    for name in re.findall(r"(?:[\w-]|\{[^}]*\})+", names):
        parts = re.split(r"\{([^}]*)\}", name)
        choices = [part.split(",") if number % 2 else [part] for number, part in enumerate(parts)]
        yield from ("".join(map(str.strip, each)) for each in itertools.product(*choices))


def environments() -> set[str]:
    configuration = configparser.ConfigParser(interpolation=None)
    configuration.read(TOP / "tox.ini", "utf-8")
    sections = [name.partition(":")[2] for name in configuration.sections()]
    names = {*expanded(configuration["tox"]["env_list"]), *sections}
    return {*names, *(f"{name}-cov" for name in names if name.startswith("py"))}


def named(text: str) -> Iterator[str]:
    for name in re.findall(r"\benv: ([\w-]+)", text):
        yield name
    for names in re.findall(r"\benv: \[([^\]]+)\]", text):
        yield from names.split(", ")
    for name in re.findall(r"tox -e ([\w-]+)", text):
        yield name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_its_environments_exist(path: Path) -> None:
    names = list(named(path.read_text("utf-8")))
    assert names
    assert [name for name in names if name not in environments()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_calls_tox_and_nothing_else(path: Path) -> None:
    commands = re.findall(r"\brun: (.+)", path.read_text("utf-8"))
    assert commands
    for command in commands:
        assert any(re.fullmatch(each, command) for each in COMMANDS), command


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_its_actions_are_pinned_by_hash(path: Path) -> None:
    for action in re.findall(r"\buses: (.+)", path.read_text("utf-8")):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", action), action
