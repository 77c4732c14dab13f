"""`python -m benchmarks [SECTION ...]`: measure, print tables, write results.

It runs from the root of the repository, in an environment with benchmarks/requirements.txt
(`tox -e bench` makes one). The results go to benchmarks/results.json, the tables into the documents
that have marks for them, the plots to docs/benchmarks/.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from benchmarks.entrant import OURS, Peer
from benchmarks.names import OUR_NAME
from benchmarks.node_peer import NodeParser, NodeUnavailable

TOP = Path(__file__).parent.parent
RESULTS = TOP / "benchmarks" / "results.json"
PLOTS = TOP / "docs" / "benchmarks"
DOCUMENTS = (TOP / "docs" / "benchmarks.md",)
PACKAGES = (
    "httpx-sse",
    "httpx2",
    "launchdarkly-eventsource",
    "requests-sse",
    "sseclient",
    "sseclient-py",
    "aiohttp-sse-client",
    "aiohttp",
    "httpx",
    "requests",
    "urllib3",
)


def measure_parser(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the parsers on every shape."""
    from benchmarks.parser import measure_shape
    from benchmarks.shapes import shapes

    node = None if options.alone else _node()
    rounds, patience = (1, 1.0) if options.quick else (7, 3.0)
    results = []
    for shape in shapes(quick=options.quick):
        print(f"parser: {shape.title}", file=sys.stderr)
        results.append(measure_shape(shape, _packages(options), node, rounds, patience))
    if node is not None:
        node.close()
    return results


def _packages(options: argparse.Namespace) -> list[Peer]:
    if options.alone:
        return [OURS]
    from benchmarks.peers import PEERS

    return [OURS, *PEERS]


def _node() -> Optional[NodeParser]:
    try:
        return NodeParser()
    except NodeUnavailable as reason:
        print(f"without Node: {reason}", file=sys.stderr)
        return None


def measure_client(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the clients."""
    from benchmarks import client

    print("client", file=sys.stderr)
    return client.measure(client.QUICK if options.quick else client.Plan())


def measure_async(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the asynchronous clients."""
    from benchmarks import asynchronous, client

    print("async", file=sys.stderr)
    return asynchronous.measure(client.QUICK if options.quick else client.Plan(rounds=3))


def measure_live(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the clients where each event comes alone."""
    from benchmarks import client, live

    print("live", file=sys.stderr)
    return live.measure(client.QUICK if options.quick else client.Plan(rounds=7))


def measure_transports(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure each HTTP library beside its own reader."""
    from benchmarks import client, transports

    print("transports", file=sys.stderr)
    return transports.measure(client.QUICK if options.quick else client.Plan(rounds=5))


def measure_scaling(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure how time and memory grow."""
    from benchmarks import scaling

    print("scaling", file=sys.stderr)
    lines = scaling.series(quick=options.quick)
    rounds, patience = (1, 1.0) if options.quick else (3, 4.0)
    return scaling.measure(lines, _packages(options), rounds=rounds, patience=patience)


SECTIONS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "parser": measure_parser,
    "client": measure_client,
    "async": measure_async,
    "live": measure_live,
    "transports": measure_transports,
    "scaling": measure_scaling,
}


def machine() -> dict[str, Any]:
    """Describe the machine and the versions."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(distribution: str) -> Optional[str]:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the named sections, or all.

    Args:
        arguments: of the command line; None takes the process's.

    Returns:
        The exit status.
    """
    options = _options(arguments)
    if options.compare:
        return _compare(options)
    measured = {name: SECTIONS[name](options) for name in options.sections or SECTIONS}
    if options.quick or options.alone:
        _print({"machine": machine(), **measured})
        return 0
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = {**kept, "machine": machine(), **_rounded(measured)}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    _print({"machine": results["machine"], **measured})
    write_report(results)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from benchmarks.instructions import CannotCount, compare

    before, _, after = options.compare.partition("..")
    try:
        print(compare(before, after, options.sections))
    except CannotCount as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=f"{OUR_NAME} beside every other package"
    )
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; default: all"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a small run that shows that it works; writes nothing"
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help="the parser and scaling sections without any other package; writes nothing",
    )
    parser.add_argument(
        "--compare",
        metavar="BEFORE[..AFTER]",
        help="compare two commits, or one with the working tree, by the instructions that valgrind "
        "counts; SECTION is the beginning of the names of workloads; writes nothing",
    )
    options = parser.parse_args(arguments)
    if options.compare:
        return options
    if options.alone:
        options.sections = options.sections or ["parser", "scaling"]
        if not {"parser", "scaling"}.issuperset(options.sections):
            parser.error("--alone is for the sections parser and scaling")
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    return options


def _print(results: Mapping[str, Any]) -> None:
    from benchmarks.tables import tables

    for made in tables(results).values():
        print(made, end="\n\n")


def write_report(results: Mapping[str, Any]) -> None:
    """Put the tables into the documents and draw the plots."""
    from benchmarks.plots import draw
    from benchmarks.tables import tables, update

    for document in DOCUMENTS:
        if document.exists():
            update(document, tables(results))
    draw(results, PLOTS)


def _rounded(value: Any) -> Any:
    """Round numbers to four digits, so that a diff of results.json can be read."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
