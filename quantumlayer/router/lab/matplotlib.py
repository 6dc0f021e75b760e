"""Plots of a bench, drawn with matplotlib: figures of their own, no global state."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from quantumlayer.errors import MissingExtraError
from quantumlayer.router.lab._baselines import BASELINES
from quantumlayer.router.lab._measured import Measured
from quantumlayer.router.lab._metrics import Point

if TYPE_CHECKING:
    from quantumlayer.router.lab._bench import Bench

__all__ = ["plots"]

# Source: Okabe and Ito, "Color Universal Design" (2008), without its yellow, which is too pale for
# a line on white. Baselines are grey and told apart by their lines and markers.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_GREY, _INK, _FAINT = "#6E6E6E", "#1A1A1A", "#DDDDDD"
_MARKERS = "osD^vPX<>"
_BASE_MARKERS = "xs^Pd"
_BASE_LINES = (":", "--", "-.", (0, (1, 1)), (0, (5, 1)))

_WIDTH_IN, _HEIGHT_IN, _DPI = 9.0, 5.4, 150
# Points that lie on each other stay visible: the first is the largest, baselines are the smallest.
_SIZES, _SIZE_OF_BASELINES = (12.0, 10.0, 8.0, 7.0), 5.5
# Costs that differ more than that are shown on a logarithmic scale.
_LOG_FROM = 20.0
# Names that begin with an underscore are left out of legends.
_NAMED = "named "
_UNITS = (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
_PERCENTILES = (0, 50, 75, 90, 95, 99)
# Where a label may stand beside its point, in points; the earlier the better.
_OFFSETS = ((7, 5), (7, -12), (-7, 5), (-7, -12), (0, 12), (0, -18), (16, 16), (16, -24), (-16, 16))


@dataclass(frozen=True, slots=True)
class _Look:
    """How one strategy is drawn in all plots."""

    colour: str
    marker: str
    size: float
    line: Any
    width: float
    alpha: float = 1.0


def plots(made: Bench) -> dict[str, bytes]:
    """Draw a bench. As `Bench.plots`."""
    try:
        figure = import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise MissingExtraError("Drawing plots", "lab") from error
    looks = _looks(made)
    drawn = {}
    for name, draw in (("cost-quality", _worth), ("latency", _latency), ("budget", _budget)):
        canvas = figure(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=_DPI, layout="constrained")
        axes = canvas.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=_FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        draw(axes, made, looks)
        _legend(canvas, axes)
        drawn[name] = _png(canvas)
    return drawn


def _legend(figure: Any, axes: Any) -> None:
    """Name the lines beside the plot, letter by letter: an underscore or a dollar means nothing."""
    handles, names = axes.get_legend_handles_labels()
    numbers = map(str, range(len(names)))
    legend = figure.legend(
        handles, numbers, loc="outside right upper", frameon=False, fontsize=9, labelcolor=_INK
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name.removeprefix(_NAMED))


def _png(figure: Any) -> bytes:
    content = io.BytesIO()
    # Without the name and version of the program the same figures make the same bytes.
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _looks(made: Bench) -> Mapping[str, _Look]:
    """Colours for strategies, one for all settings of one; grey for the baselines behind them."""
    groups = {row: name for name, sweep in made.sweeps.items() for row in sweep.rows}
    own = [row for row in made.rows if row.strategy not in BASELINES]
    order = list(dict.fromkeys(groups.get(row.strategy, row.strategy) for row in own))
    looks = {}
    for row in own:
        place = order.index(groups.get(row.strategy, row.strategy))
        colour, marker = _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]
        size = _SIZES[place % len(_SIZES)]
        looks[row.strategy] = _Look(colour, marker, size, "-", 2.0, _alpha(made, row))
    for name, marker, line in zip(BASELINES, _BASE_MARKERS, _BASE_LINES, strict=True):
        looks[name] = _Look(_GREY, marker, _SIZE_OF_BASELINES, line, 1.2)
    return looks


def _alpha(made: Bench, row: Measured) -> float:
    """The settings of one strategy have one colour, from pale to full."""
    for sweep in made.sweeps.values():
        if row.strategy in sweep.rows:
            return 0.3 + 0.7 * (list(sweep.rows).index(row.strategy) + 1) / len(sweep.rows)
    return 1.0


def _worth(axes: Any, made: Bench, looks: Mapping[str, _Look]) -> None:
    axes.set_title("Quality over cost", loc="left", color=_INK)
    axes.set_xlabel("mean cost of 1,000 requests, USD")
    axes.set_ylabel("mean quality (95 % bootstrap interval)")
    _scale(axes, [*made.models.values(), *(row.point for row in made.rows)])
    hulls = [(made.mix, _GREY, "random mix of models")]
    hulls += [(sweep, looks[sweep.rows[0]].colour, "") for sweep in made.sweeps.values()]
    lines = [_hull(axes, sweep.hull, colour, label) for sweep, colour, label in hulls]
    for point in made.models.values():
        axes.plot(1000 * point.cost, point.quality, "o", color=_GREY, mfc="white", ms=6, zorder=3)
    shown: set[str] = set()
    for row in made.rows:
        look, name = looks[row.strategy], _group(made, row)
        axes.errorbar(
            1000 * row.cost_usd,
            row.quality,
            yerr=[[row.quality - row.quality_low], [row.quality_high - row.quality]],
            fmt=look.marker,
            color=look.colour,
            ms=look.size,
            elinewidth=1,
            capsize=2,
            zorder=4,
            label=None if name in shown else _NAMED + name,
        )
        shown.add(name)
    _label(axes, made, lines)


def _group(made: Bench, row: Measured) -> str:
    """What stands in the legend: one entry for all settings of a strategy."""
    names = (name for name, sweep in made.sweeps.items() if row.strategy in sweep.rows)
    return next(names, row.strategy)


def _scale(axes: Any, points: Sequence[Point]) -> None:
    costs = [1000 * point.cost for point in points]
    low, high = min(costs), max(costs)
    if low > 0 and high > _LOG_FROM * low:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.6, high * 1.6)
        axes.xaxis.set_major_formatter("{x:g}")
    elif high > 0:
        axes.set_xlim(0, 1.08 * high)


def _hull(axes: Any, line: Sequence[Point], colour: str, label: str) -> list[Point]:
    """Draw a hull with its flat end, straight in cost on any scale; gives many points of it."""
    import numpy as np  # noqa: PLC0415 -- where plots are drawn at all

    right = axes.get_xlim()[1]
    costs = [1000 * point.cost for point in line]
    qualities = [point.quality for point in line]
    spread = np.unique(np.concatenate([np.linspace(costs[0], costs[-1], 400), costs, [right]]))
    heights = np.interp(spread, costs, qualities)
    axes.plot(
        spread,
        heights,
        color=colour,
        linewidth=1.4,
        linestyle="-" if label else "--",
        label=_NAMED + label if label else None,
        zorder=2,
    )
    return [Point(cost / 1000, height) for cost, height in zip(spread, heights, strict=True)]


def _label(axes: Any, made: Bench, lines: Sequence[Sequence[Point]]) -> None:
    """Name models and settings beside their points, where least else is in the way."""
    figure = axes.get_figure()
    figure.draw_without_rendering()
    points = [*made.models.items()]
    points += [
        (row.removeprefix(f"{name} "), made[row].point)
        for name, sweep in made.sweeps.items()
        for row in sweep.rows
    ]
    dots = [row.point for row in made.rows] + [point for _, point in points]
    taken = [_box(axes, point.cost, point.quality, point.quality, 9) for point in dots]
    bars = [_box(axes, row.cost_usd, row.quality_low, row.quality_high, 2) for row in made.rows]
    bars += [
        _box(axes, point.cost, point.quality, point.quality, 1) for line in lines for point in line
    ]
    for name, point in points:
        tried = [_text(axes, name, point, place) for place in _OFFSETS]
        boxes = [text.get_window_extent().padded(1) for text in tried]
        faults = [_in_the_way(axes, box, taken, bars) for box in boxes]
        best = faults.index(min(faults))
        taken.append(boxes[best])
        for text in (*tried[:best], *tried[best + 1 :]):
            text.remove()


def _text(axes: Any, name: str, point: Point, place: tuple[int, int]) -> Any:
    effects = import_module("matplotlib.patheffects")
    return axes.annotate(
        name,
        (1000 * point.cost, point.quality),
        xytext=place,
        textcoords="offset points",
        ha="left" if place[0] > 0 else "right" if place[0] < 0 else "center",
        fontsize=8,
        color=_INK,
        parse_math=False,
        path_effects=[effects.withStroke(linewidth=2.5, foreground="white")],
        zorder=3.5,  # over lines, under points
    )


def _in_the_way(axes: Any, box: Any, taken: Sequence[Any], lines: Sequence[Any]) -> int:
    """How much is wrong with a label there: ends outside, others under it, lines through it."""
    outside = sum(not axes.bbox.containsx(end) for end in (box.x0, box.x1))
    hits: int = 9 * outside + 4 * box.count_overlaps(taken) + bool(box.count_overlaps(lines))
    return hits


def _box(axes: Any, cost: float, low: float, high: float, margin: int) -> Any:
    """What something at a cost, from a low to a high quality, covers on the canvas."""
    x, bottom = axes.transData.transform((1000 * cost, low))
    _, top = axes.transData.transform((1000 * cost, high))
    box = import_module("matplotlib.transforms").Bbox
    return box.from_extents(x - margin, bottom - margin, x + margin, top + margin)


def _latency(axes: Any, made: Bench, looks: Mapping[str, _Look]) -> None:
    axes.set_title("What callers waited", loc="left", color=_INK)
    axes.set_xlabel("percentile of requests")
    axes.set_ylabel("seconds")
    # Half of the axis for the slowest tenth: that is where strategies differ.
    axes.set_xscale("function", functions=(_stretched, _shrunk))
    axes.set_xlim(0, 100)
    axes.set_xticks([*_PERCENTILES, 100], [f"p{one}" for one in _PERCENTILES] + ["max"])
    axes.minorticks_off()
    for row in made.rows:
        look = looks[row.strategy]
        axes.plot(
            range(101),
            row.waited_s,
            color=look.colour,
            linestyle=look.line,
            linewidth=look.width,
            alpha=look.alpha,
            label=_NAMED + row.strategy,
        )
    if not any(row.waited_s[-1] for row in made.rows):
        _say(
            axes,
            "Nobody waited: no latencies were recorded, and no outage or limit stood in the way.",
        )
        axes.set_yticks([])
    axes.set_ylim(bottom=0)


def _stretched(percent: Any) -> Any:
    import numpy as np  # noqa: PLC0415 -- where plots are drawn at all

    return -np.log10(1.02 - np.clip(percent, 0, 100) / 100)


def _shrunk(place: Any) -> Any:
    import numpy as np  # noqa: PLC0415 -- where plots are drawn at all

    return 100 * (1.02 - 10.0 ** -np.asarray(place, dtype=float))


def _budget(axes: Any, made: Bench, looks: Mapping[str, _Look]) -> None:
    longest_s = max(row.spent[-1].at_s for row in made.rows)
    unit, unit_s = next((unit for unit in _UNITS if longest_s >= unit[1]), _UNITS[-1])
    axes.set_title("What was spent", loc="left", color=_INK)
    axes.set_xlabel(unit if longest_s else "requests")
    axes.set_ylabel("USD at the cards' prices")
    for row in made.rows:
        look = looks[row.strategy]
        axes.plot(
            [one.at_s / unit_s if longest_s else one.requests for one in row.spent],
            [one.usd for one in row.spent],
            color=look.colour,
            linestyle=look.line,
            linewidth=look.width,
            alpha=look.alpha,
            label=_NAMED + row.strategy,
        )
    if made.budget_usd is not None:
        axes.axhline(made.budget_usd, color=_INK, linewidth=1.4, label=_NAMED + "budget")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)


def _say(axes: Any, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color=_INK, fontsize=9)
