"""What a replay comes to: one strategy's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantumlayer.router.lab._metrics import (
    Floats,
    Point,
    apgr_interval,
    interval,
    pgr,
    threshold_curve,
)
from quantumlayer.router.lab._outcomes import Outcomes
from quantumlayer.router.lab._replay import Replay

__all__ = ["Gap", "Measured", "Spent", "measured"]

# So many points of a line are more than a page can show.
_SPENT_POINTS = 200


# Sums of the same costs in another order differ by less.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Spent:
    """What had been spent at one moment.

    Attributes:
        requests: How many requests had ended.
        at_s: When, in seconds after the first moment.
        usd: What they cost at the cards' prices, as budgets count, in US dollars.
    """

    requests: int
    at_s: float
    usd: float


@dataclass(frozen=True, slots=True)
class Gap:
    """What a strategy makes of the gap between two models.

    The curve of APGR and CPT varies a threshold of the difference between the strategy's two
    scores. They are None where it has not scored both models for each request, or always with
    the same difference: such a strategy has no threshold to vary.

    Attributes:
        recovered: PGR, the share of the gap that its own choices recover.
        strong_share: The share of requests that the better model answered.
        apgr: The average gap recovered.
        apgr_low: Lower end of the 95 % bootstrap interval of `apgr`.
        apgr_high: Its upper end.
        cpt50: The share of strong calls that recovers half of the gap.
        cpt80: The share that recovers four fifths.
    """

    recovered: float
    strong_share: float
    apgr: float | None = None
    apgr_low: float | None = None
    apgr_high: float | None = None
    cpt50: float | None = None
    cpt80: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a strategy's routing was worth, cost and took.

    Attributes:
        strategy: Its name.
        quality: Mean quality of the answers; a request without an answer counts 0.
        quality_low: Lower end of the 95 % bootstrap interval of `quality`.
        quality_high: Its upper end.
        cost_usd: Mean cost of a request, in US dollars.
        above_mix: By how much `quality` is above that of a random mix of single models of the same
            cost; None where it is cheaper than any model.
        latency_s: How long callers waited: the percentiles 50, 95 and 99, in seconds.
        waited_s: The same, the percentiles 0 to 100.
        failed: The share of requests without an answer.
        shares: The share of requests that each model answered.
        gap: Where there are two models, and one is better.
        spent: What had been spent when, in the order of time.
    """

    strategy: str
    quality: float
    quality_low: float
    quality_high: float
    cost_usd: float
    above_mix: float | None
    latency_s: tuple[float, float, float]
    waited_s: tuple[float, ...]
    failed: float
    shares: Mapping[str, float]
    gap: Gap | None
    spent: Sequence[Spent]

    @property
    def point(self) -> Point:
        """Cost and quality."""
        return Point(self.cost_usd, self.quality)


def measured(
    name: str, outcomes: Outcomes, made: Replay, *, mix: Sequence[Point], seed: int
) -> Measured:
    """Put a replay into figures.

    Args:
        name: Of the strategy.
        outcomes: What was replayed.
        made: The replay.
        mix: The hull of the single models.
        seed: Of the bootstrap.
    """
    low, high = interval(made.quality, seed=seed)
    percentiles = np.percentile(made.waited_s, np.arange(101)).tolist()
    quality, cost_usd = float(made.quality.mean()), float(made.cost_usd.mean())
    costs, qualities = zip(*((point.cost, point.quality) for point in mix), strict=True)
    beside = quality - float(np.interp(cost_usd, costs, qualities))
    return Measured(
        strategy=name,
        quality=quality,
        quality_low=low,
        quality_high=high,
        cost_usd=cost_usd,
        above_mix=beside if cost_usd >= costs[0] * (1 - _ROUNDING) else None,
        latency_s=(percentiles[50], percentiles[95], percentiles[99]),
        waited_s=tuple(percentiles),
        failed=float((made.model < 0).mean()),
        shares={
            model: float((made.model == column).mean())
            for column, model in enumerate(outcomes.models)
        },
        gap=_gap(outcomes, made, quality, seed),
        spent=_spent(made),
    )


def _gap(outcomes: Outcomes, made: Replay, quality: float, seed: int) -> Gap | None:
    means = outcomes.quality.mean(axis=0)
    if means.size != 2 or means[0] == means[1]:  # noqa: PLR2004 -- a gap is between two
        return None
    weak, strong = (int(column) for column in np.argsort(means))
    recovered = pgr(quality, float(means[weak]), float(means[strong]))
    share = float((made.model == strong).mean())
    lead: Floats = made.scores[:, weak] - made.scores[:, strong]
    if not np.isfinite(lead).all() or (lead == lead[0]).all():
        return Gap(recovered, share)
    answers = outcomes.quality[:, weak], outcomes.quality[:, strong]
    curve = threshold_curve(lead, *answers)
    ends = apgr_interval(lead, *answers, seed=seed)
    return Gap(recovered, share, curve.apgr(), *ends, curve.cpt(0.5), curve.cpt(0.8))


def _spent(made: Replay) -> tuple[Spent, ...]:
    order = np.argsort(made.ended_s, kind="stable")
    usd = np.cumsum(made.charged_usd[order])
    last = order.size - 1
    places = np.unique(np.linspace(0, last, min(_SPENT_POINTS, order.size)).round().astype(int))
    return tuple(
        Spent(int(place) + 1, float(made.ended_s[order[place]]), float(usd[place]))
        for place in places
    )
