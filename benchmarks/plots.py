"""The results as SVG plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {"svg.hashsalt": "sseclient_ng", "svg.fonttype": "none", "font.size": 9, "axes.axisbelow": True}
)

from matplotlib import pyplot  # noqa: E402 - after the choice of what it draws with
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from benchmarks.names import FLOOR_NAMES, NODE_NAME, OUR_NAME, PARSER_FLOOR  # noqa: E402

_COLORS = {
    OUR_NAME: "#d1242f",
    "httpx-sse": "#0969da",
    "httpx2": "#54aeff",
    "launchdarkly-eventsource": "#8250df",
    "requests-sse": "#1a7f37",
    "sseclient": "#9a6700",
    "sseclient-py": "#d4a72c",
    "aiohttp-sse-client": "#bf3989",
    NODE_NAME: "#24292f",
}
_FLOOR_COLOR = "#8c959f"
_MARKERS = {OUR_NAME: "D", PARSER_FLOOR: "|", **dict(zip(FLOOR_NAMES, "|+|"))}


class Row(NamedTuple):
    """One line of a plot of dots."""

    title: str
    values: Mapping[str, float]


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Draw a plot for each section of the results.

    Args:
        results: what `benchmarks.__main__` writes.
        folder: where the files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if "parser" in results:
        rows = [_row(shape, "best_mb_per_s") for shape in results["parser"]]
        _save(_dots(rows, "MB/s (more is better)"), folder / "parser.svg")
    for section in ("client", "async"):
        if section in results:
            rows = [_row(framing, "best_us") for framing in results[section]["framings"]]
            figure = _dots(rows, "CPU µs an event (less is better)")
            _save(figure, folder / f"{section}.svg")
    if "scaling" in results:
        _save(_growth(results["scaling"]), folder / "scaling.svg")


def _row(result: Mapping[str, Any], key: str) -> Row:
    values = {name: values[key] for name, values in result["results"].items()}
    return Row(result["title"].replace("`", ""), values)


def _dots(rows: Sequence[Row], label: str) -> Figure:
    """Draw a dot for each package on each row, on a logarithmic scale."""
    figure, axes = pyplot.subplots(figsize=(8, 1.6 + 0.36 * len(rows)), layout="constrained")
    for name in dict.fromkeys(name for row in rows for name in row.values):
        places = [(row.values[name], at) for at, row in enumerate(rows) if name in row.values]
        axes.scatter(
            *zip(*places),
            s=70 if name == OUR_NAME else 34,
            marker=_MARKERS.get(name, "o"),
            color=_COLORS.get(name, _FLOOR_COLOR),
            label=name,
            zorder=3 if name == OUR_NAME else 2,
        )
    axes.set_yticks(range(len(rows)), [row.title for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(color="#d0d7de", linewidth=0.6)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _growth(lines: Sequence[Mapping[str, Any]]) -> Figure:
    figure, both = pyplot.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
    for axes, line in zip(both, lines):
        _draw_growth(axes, line)
    both[0].set_xlabel("MiB in one event")
    both[1].set_xlabel("events")
    figure.legend(
        *both[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
    )
    return figure


def _draw_growth(axes: Axes, line: Mapping[str, Any]) -> None:
    unit = 1 << 20 if line["series"] == "one-event" else 1
    for name, result in line["results"].items():
        seconds = result["seconds"]
        axes.plot(
            [size / unit for size in line["sizes"][: len(seconds)]],
            [value * 1e3 for value in seconds],
            marker="o",
            markersize=3,
            color=_COLORS[name],
            linewidth=2 if name == OUR_NAME else 1,
            label=name,
        )
    axes.set_xscale("log", base=10 if unit == 1 else 2)
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(line["title"].replace("`", ""), fontsize=9)
    axes.grid(color="#d0d7de", linewidth=0.6)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
