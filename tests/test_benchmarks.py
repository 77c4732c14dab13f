"""The benchmarks run, on a small part, without peers or network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import THOROUGH

TOP = Path(__file__).parent.parent


def run_benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=600)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the benchmarks need Python 3.10")
def test_parser_and_scaling_run_and_print_tables() -> None:
    results = TOP / "benchmarks" / "results.json"
    before = results.read_bytes()
    run = run_benchmarks("--quick", "--alone")
    assert run.returncode == 0, run.stderr
    tables = [line for line in run.stdout.splitlines() if line.startswith("| ")]
    assert any("one event of 8 MiB, 1 KiB reads" in line for line in tables)
    assert any(line.startswith("| sseclient_ng | ") for line in tables)
    assert "wrong" not in run.stdout
    assert results.read_bytes() == before


@pytest.mark.skipif(not THOROUGH, reason="takes a minute: in one environment of tox")
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
@pytest.mark.skipif(not (TOP / ".git").exists(), reason="needs the commits")
@pytest.mark.skipif(sys.version_info < (3, 10), reason="the benchmarks need Python 3.10")
@pytest.mark.timeout(600)
def test_the_instructions_of_two_commits_are_counted() -> None:
    run = run_benchmarks("--compare", "HEAD..HEAD", "named-each")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("| instructions an event | HEAD | HEAD | ratio |\n")
    name, *counts, ratio = (cell.strip() for cell in run.stdout.split("\n")[2].split("|")[1:5])
    before, after = (int(count.replace(",", "")) for count in counts)
    assert name == "named-each"
    assert min(before, after) > 1_000
    assert float(ratio) == pytest.approx(after / before, abs=0.001)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
@pytest.mark.skipif(sys.version_info < (3, 10), reason="the benchmarks need Python 3.10")
def test_what_can_not_be_compared_is_named() -> None:
    run = run_benchmarks("--compare", "no-such-commit", "named-each")
    assert (run.returncode, run.stdout) == (1, "")
    assert "no-such-commit" in run.stderr
    run = run_benchmarks("--compare", "HEAD", "no-such-workload")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("no workload no-such-workload; there are tiny, llm, ")


def test_unknown_section_is_named() -> None:
    run = run_benchmarks("parsers")
    assert run.returncode == 2
    assert (
        "no section parsers; there are parser, client, async, live, transports, scaling"
        in run.stderr
    )


def test_results_that_are_shown_were_made_by_a_whole_run() -> None:
    results = json.loads((TOP / "benchmarks" / "results.json").read_text())
    assert set(results) == {"machine", "parser", "client", "async", "live", "transports", "scaling"}
    page = (TOP / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for shape in results["parser"]:
        assert f"\n| {shape['title']} | " in page
