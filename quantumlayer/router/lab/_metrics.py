"""How good a routing is: between two models by the share of strong calls, among many by cost.

All functions take plain numbers or arrays and know nothing of strategies. For two models, w and s
are the mean quality of the weak and of the strong one. The definitions are those of RouteLLM
(arXiv 2406.18665: PGR, APGR, CPT) and RouterBench (arXiv 2403.12031: the hull and AIQ), in the
form that the explanation page `routing-lab` spells out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantumlayer.errors import LabError

__all__ = ["Curve", "Point", "aiq", "apgr_interval", "hull", "interval", "pgr", "threshold_curve"]

Floats = NDArray[np.float64]
BINS = 10
"""Into how many bins the scores are cut, so that a curve has 11 points (RouteLLM)."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a routing costs and is worth, in mean US dollars and mean quality a request."""

    cost: float
    quality: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Quality of a routing between two models over the share of requests that the strong one gets.

    Attributes:
        strong_share: From 0 to 1, growing.
        quality: Mean quality at each share.
        weak: w.
        strong: s.
    """

    strong_share: Floats
    quality: Floats
    weak: float
    strong: float

    def apgr(self) -> float:
        """The average gap recovered: 0 is as good as the weak model alone, 1 as the strong one.

        The area under the curve less that under w, over the area under s less that under w; areas
        by the trapezoid rule. Random routing has about 0.5.
        """
        gap = self.strong - self.weak
        if gap == 0:
            raise LabError(
                "Both models are equally good, so there is no gap that could be recovered."
            )
        width = float(self.strong_share[-1] - self.strong_share[0])
        return (_area(self.strong_share, self.quality) - self.weak * width) / (gap * width)

    def cpt(self, recovered: float) -> float:
        """The share of strong calls, from 0 to 1, that recovers a share of the gap.

        Interpolated where the curve first gets there; 1 where it never does.

        Args:
            recovered: The share of the gap, from 0 to 1: 0.5 for CPT(50%).
        """
        wanted = self.weak + recovered * (self.strong - self.weak)
        reached = np.flatnonzero(self.quality >= wanted)
        if not reached.size:
            return 1.0
        right = int(reached[0])
        left = max(0, right - 1)
        ends = self.quality[[left, right]], self.strong_share[[left, right]]
        return float(np.interp(wanted, *ends))


def pgr(quality: float, weak: float, strong: float) -> float:
    """The share of the gap between two models that a routing recovers: (r - w) / (s - w)."""
    if strong == weak:
        raise LabError("Both models are equally good, so there is no gap that could be recovered.")
    return (quality - weak) / (strong - weak)


def threshold_curve(scores: ArrayLike, weak: ArrayLike, strong: ArrayLike) -> Curve:
    """Vary the threshold of a router between two models over the quantiles of its scores.

    Args:
        scores: One number a request; requests with higher ones go to the strong model first.
        weak: Quality of the weak model's answers, one a request.
        strong: Quality of the strong model's answers.

    Raises:
        LabError: The arrays differ in length, are empty, or contain what is no finite number.
    """
    order, low, high = (_floats(each) for each in (scores, weak, strong))
    if not order.size == low.size == high.size:
        sizes = f"{order.size}, {low.size} and {high.size}"
        raise LabError(f"Scores, weak and strong quality have {sizes} values: give one a request.")
    thresholds = np.unique(np.quantile(order, np.linspace(0, 1, BINS + 1)))
    # The highest score of all chooses next to nobody, unless so many share it that bins fall into
    # one: only then it is a point of its own.
    lower = thresholds[:-1] if thresholds.size > BINS else thresholds
    points = [_at(order >= threshold, low, high) for threshold in lower]
    points.append(_at(order > thresholds[-1], low, high))
    shares, qualities = zip(*sorted(points), strict=True)
    return Curve(np.array(shares), np.array(qualities), float(low.mean()), float(high.mean()))


def _at(chosen: NDArray[np.bool_], weak: Floats, strong: Floats) -> tuple[float, float]:
    return float(chosen.mean()), float(np.where(chosen, strong, weak).mean())


def hull(points: Sequence[Point]) -> list[Point]:
    """The non-decreasing upper convex hull: what mixing the routings can reach, cheapest first."""
    if not points:
        raise LabError("No points were given, so there is no hull.")
    best: list[Point] = []
    for point in sorted(points, key=lambda one: (one.cost, -one.quality)):
        if best and point.quality <= best[-1].quality:
            continue
        while len(best) > 1 and _below(best[-2], best[-1], point):
            best.pop()
        best.append(point)
    return best


def _below(left: Point, middle: Point, right: Point) -> bool:
    """Whether the middle point adds nothing to the line from left to right."""
    rise = (middle.quality - left.quality) * (right.cost - left.cost)
    return rise <= (right.quality - left.quality) * (middle.cost - left.cost)


def aiq(points: Sequence[Point], largest_cost: float) -> float:
    """The average improvement in quality: the area under the hull over the largest cost.

    The hull begins at its cheapest point and goes on flat from its best one to the largest cost.

    Args:
        points: Cost and quality of a routing at several settings.
        largest_cost: Where the comparison ends, the same for all routings that are compared.

    Raises:
        LabError: There is no point, or the largest cost is not above zero or below the hull's end.
    """
    line = hull(points)
    if largest_cost <= 0 or largest_cost < line[-1].cost:
        raise LabError(
            f"The largest cost {largest_cost!r} has to be above zero and at least that of the "
            f"hull, {line[-1].cost!r}."
        )
    costs = [point.cost for point in line] + [largest_cost]
    qualities = [point.quality for point in line] + [line[-1].quality]
    return _area(np.array(costs), np.array(qualities)) / largest_cost


def interval(
    values: ArrayLike, *, seed: int, confidence: float = 0.95, rounds: int = 1_000
) -> tuple[float, float]:
    """A percentile bootstrap interval of a mean (Efron 1979).

    Args:
        values: One number a request.
        seed: Of the draws; the same seed gives the same interval.
        confidence: From 0 to 1.
        rounds: How many samples are drawn.
    """
    data = _floats(values)
    means = [data[rows].mean() for rows in _draws(data.size, seed, rounds)]
    return _middle(means, confidence)


def apgr_interval(
    scores: ArrayLike,
    weak: ArrayLike,
    strong: ArrayLike,
    *,
    seed: int,
    confidence: float = 0.95,
    rounds: int = 1_000,
) -> tuple[float, float]:
    """A percentile bootstrap interval of the average gap recovered (Efron 1979).

    Samples in which both models are equally good have no gap and are left out.

    Args:
        scores: As for `threshold_curve`.
        weak: Likewise.
        strong: Likewise.
        seed: Of the draws; the same seed gives the same interval.
        confidence: From 0 to 1.
        rounds: How many samples are drawn.

    Raises:
        LabError: As `threshold_curve`, or no sample had a gap.
    """
    order, low, high = (_floats(each) for each in (scores, weak, strong))
    curves = (
        threshold_curve(order[rows], low[rows], high[rows])
        for rows in _draws(order.size, seed, rounds)
    )
    found = [curve.apgr() for curve in curves if curve.strong != curve.weak]
    if not found:
        raise LabError("Both models are equally good, so there is no gap that could be recovered.")
    return _middle(found, confidence)


def _draws(size: int, seed: int, rounds: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    return (generator.integers(0, size, size) for _ in range(rounds))


def _middle(values: Sequence[float], confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _area(x: Floats, y: Floats) -> float:
    """The area under a line through points, by the trapezoid rule."""
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


def _floats(values: ArrayLike) -> Floats:
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or data.size == 0 or not np.isfinite(data).all():
        raise LabError("Wanted one finite number for each request, and at least one request.")
    return data
