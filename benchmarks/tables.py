"""The results as Markdown tables, written between marks in the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional

from benchmarks.names import FLOOR_NAMES, NODE_NAME, OUR_NAME, PARSER_FLOOR

Results = Mapping[str, Any]

_FLOORS = (*FLOOR_NAMES, PARSER_FLOOR)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: first column left-aligned, others right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Return a number with three digits; two runs agree on fewer."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio_to_peers(
    results: Mapping[str, Results], key: str, choose: Callable[..., str], among: Iterable[str]
) -> Optional[tuple[str, float]]:
    """Return the best of some packages and its value as a multiple of ours, or None."""
    candidates = [name for name in among if name in results]
    if OUR_NAME not in results or not candidates:
        return None
    best = choose(candidates, key=lambda name: results[name][key])
    return best, results[best][key] / results[OUR_NAME][key]


def _packages(results: Iterable[Results]) -> list[str]:
    """Return the names in a section's results and failures: ours, the floors, the others."""
    names = {name: None for result in results for name in (*result["results"], *result["failures"])}
    return sorted(names, key=lambda name: (name != OUR_NAME, name not in _FLOORS))


def _cell(result: Results, name: str, best: str, median: str) -> str:
    if name in result["results"]:
        values = result["results"][name]
        return f"{number(values[best])} / {number(values[median])}"
    return str(result["failures"].get(name, ""))


def parser_table(shapes: Sequence[Results]) -> str:
    """Megabytes a second of each parser on each shape."""
    names = _packages(shapes)
    rows = []
    for shape in shapes:
        cells = [_cell(shape, name, "best_mb_per_s", "median_mb_per_s") for name in names]
        rows.append([shape["title"], *cells, *_parser_ratios(shape["results"])])
    ratios = ["to the best in Python", "to Node", "floor to ours"]
    return table(["MB/s, best / median", *names, *ratios], rows)


def _parser_ratios(results: Mapping[str, Results]) -> list[str]:
    others = [name for name in results if name not in (OUR_NAME, NODE_NAME, PARSER_FLOOR)]
    groups = (others, [NODE_NAME], [PARSER_FLOOR])
    peers, node, floor = (ratio_to_peers(results, "best_mb_per_s", max, group) for group in groups)
    ratios = [1 / found[1] if found else None for found in (peers, node)]
    ratios.append(floor[1] if floor else None)
    return ["" if ratio is None else f"**{ratio:.2f}** ×" for ratio in ratios]


def cpu_table(framings: Sequence[Results]) -> str:
    """Microseconds of CPU an event, of each client on each framing."""
    names = _packages(framings)
    rows = []
    for framing in framings:
        results = framing["results"]
        others = [name for name in results if name not in (OUR_NAME, *_FLOORS)]
        best = ratio_to_peers(results, "best_us", min, others)
        cells = [_cell(framing, name, "best_us", "median_us") for name in names]
        rows.append([framing["title"], *cells, f"**{best[1]:.2f}** ×" if best else ""])
    return table(["CPU µs an event, best / median", *names, "best other to ours"], rows)


def paced_table(paced: Results) -> str:
    """Delay and CPU of each client with paced writes."""
    rows = [
        [
            name,
            number(values["delay_median_us"]),
            number(values["delay_p99_us"]),
            number(values["best_us"]),
        ]
        for name, values in paced["results"].items()
    ]
    head = [paced["title"], "delay µs, median", "delay µs, 99th percentile", "CPU µs an event"]
    return table(head, rows)


def many_table(many: Results) -> str:
    """Memory and CPU of each asynchronous client with many streams."""
    rows = [
        [name, number(values["bytes_a_stream"] / 1024), number(values["cpu_us"])]
        for name, values in many["results"].items()
    ]
    rows += [[name, failure, ""] for name, failure in many["failures"].items()]
    return table([f"{many['streams']} streams", "KiB a stream", "CPU µs an event"], rows)


def transports_table(rows: Sequence[Results]) -> str:
    """CPU of this package on each HTTP library, and the ratio to the library's own reader."""
    paths = list(rows[0]["results"])
    cells = [[_transport_cell(row["results"][path]) for path in paths] for row in rows]
    lines = [[row["title"], row["reader"], *found] for row, found in zip(rows, cells)]
    head = ["CPU µs an event, ours / reader", "reader", *[path.strip("/") for path in paths]]
    return table(head, lines)


def _transport_cell(result: Results) -> str:
    ours, theirs = (result[name]["best_us"] for name in ("ours", "theirs"))
    return f"{number(ours)} / {number(theirs)} = **{theirs / ours:.2f}** ×"


def scaling_table(lines: Sequence[Results]) -> str:
    """Time at the largest size and exponent of growth, for both lines, and memory for the first."""
    one, small = lines
    rows = []
    for name in one["results"]:
        event, events = one["results"][name], small["results"][name]
        rows.append([name, *_growth(one, event), _memory(one, event), *_growth(small, events)])
    head = [
        "",
        f"one event of {one['sizes'][-1] >> 20} MiB, ms",
        "exponent",
        "memory / its bytes",
        f"{small['sizes'][-1]:,} events, ms",
        "exponent",
    ]
    return table(head, rows)


def _growth(line: Results, result: Results) -> list[str]:
    seconds = result["seconds"]
    whole = len(seconds) == len(line["sizes"])
    slope = "" if result["slope"] is None else f"{result['slope']:.2f}"
    return [number(seconds[-1] * 1e3) if whole else "too slow", slope]


def _memory(line: Results, result: Results) -> str:
    ratios = [
        peak / size for peak, size in zip(result["peak_bytes"], line["sizes"]) if peak is not None
    ]
    return f"{max(ratios):.1f}" if ratios else ""


def tables(results: Results) -> dict[str, str]:
    """Every table that the results hold, by the name of its marks."""
    made = {}
    if "parser" in results:
        made["parser"] = parser_table(results["parser"])
    if "client" in results:
        made["client"] = cpu_table(results["client"]["framings"])
        made["paced"] = paced_table(results["client"]["paced"])
    if "async" in results:
        made["async"] = cpu_table(results["async"]["framings"])
        made["many"] = many_table(results["async"]["many"])
    if "live" in results:
        made["live"] = cpu_table(results["live"])
    if "transports" in results:
        made["transports"] = transports_table(results["transports"])
    if "scaling" in results:
        made["scaling"] = scaling_table(results["scaling"])
    made["machine"] = _machine(results["machine"])
    return made


def _machine(machine: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return f"Python {machine['python']}, {machine['system']}, {machine['cores']} cores; {versions}."


def update(document: Path, made: Mapping[str, str]) -> None:
    """Write each table between its marks.

    Args:
        document: a Markdown file with lines ``<!-- benchmark: NAME -->`` and ``<!-- end -->``.
        made: the tables by name.
    """
    text = document.read_text(encoding="utf-8")
    for name, content in made.items():
        begin = re.escape(f"<!-- benchmark: {name} -->")
        text = re.sub(
            rf"({begin}\n).*?(<!-- end -->)",
            lambda found, content=content: f"{found[1]}\n{content}\n\n{found[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    document.write_text(text, encoding="utf-8")
