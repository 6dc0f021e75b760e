"""A strategy beside the baselines, in figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from quantumlayer.errors import LabError
from quantumlayer.router._strategy import RoutingStrategy
from quantumlayer.router.lab._baselines import baselines
from quantumlayer.router.lab._metrics import interval
from quantumlayer.router.lab._outcomes import Outcomes
from quantumlayer.router.lab._replay import Replay, Scenario, replay

__all__ = ["Bench", "Measured", "bench"]

_HEADER = ("strategy", "quality", "95 % interval", "USD/1,000", "p50 s", "p95 s", "p99 s", "failed")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a strategy's routing was worth, cost and took.

    Attributes:
        strategy: Its name.
        quality: Mean quality of the answers; a request without an answer counts 0.
        quality_low: Lower end of the 95 % bootstrap interval of `quality`.
        quality_high: Its upper end.
        cost_usd: Mean cost of a request, in US dollars.
        latency_s: How long callers waited: the percentiles 50, 95 and 99, in seconds.
        failed: The share of requests without an answer.
        shares: The share of requests that each model answered.
    """

    strategy: str
    quality: float
    quality_low: float
    quality_high: float
    cost_usd: float
    latency_s: tuple[float, float, float]
    failed: float
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Bench:
    """What came of a bench.

    Attributes:
        rows: The strategies in the order given, then the baselines.
        prompts: How many prompts were measured on.
        seed: Of all that was random.
    """

    rows: Sequence[Measured]
    prompts: int
    seed: int

    def __getitem__(self, strategy: str) -> Measured:
        """The figures of a strategy or a baseline by its name."""
        return next(row for row in self.rows if row.strategy == strategy)

    def table(self) -> str:
        """The figures as a table in plain text."""
        lines = [_HEADER, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )

    def to_json(self) -> str:
        """The figures as a JSON document."""
        return json.dumps(asdict(self), indent=2)


async def bench(
    strategies: Mapping[str, RoutingStrategy],
    outcomes: Outcomes,
    *,
    train: Outcomes,
    scenario: Scenario = Scenario(),
) -> Bench:
    """Replay strategies and the baselines over outcomes, each on its own, in virtual time.

    Args:
        strategies: By the names to show.
        outcomes: What is measured on.
        train: What the baselines may learn from: other prompts at the same models.
        scenario: The conditions, the same for all.

    Raises:
        LabError: A strategy has the name of a baseline, the models differ, or the scenario does not
            fit.
        StrategyError: A strategy raised or answered nonsense.
    """
    if train.models != outcomes.models:
        raise LabError(
            f"What is learned from has the models {train.models!r}, what is measured on "
            f"{outcomes.models!r}: take both from one table with `outcomes.split`."
        )
    known = baselines(outcomes, train)
    taken = sorted(known.keys() & strategies.keys())
    if taken:
        raise LabError(f"{taken[0]!r} is a baseline: give the strategy another name.")
    rows = [
        _measured(name, outcomes, await replay(strategy, outcomes, scenario), scenario.seed)
        for name, strategy in {**strategies, **known}.items()
    ]
    return Bench(tuple(rows), len(outcomes), scenario.seed)


def _measured(name: str, outcomes: Outcomes, made: Replay, seed: int) -> Measured:
    low, high = interval(made.quality, seed=seed)
    p50, p95, p99 = (float(value) for value in np.percentile(made.waited_s, (50, 95, 99)))
    shares = {
        model: float((made.model == column).mean()) for column, model in enumerate(outcomes.models)
    }
    return Measured(
        strategy=name,
        quality=float(made.quality.mean()),
        quality_low=low,
        quality_high=high,
        cost_usd=float(made.cost_usd.mean()),
        latency_s=(p50, p95, p99),
        failed=float((made.model < 0).mean()),
        shares=shares,
    )


def _cells(row: Measured) -> tuple[str, ...]:
    return (
        row.strategy,
        f"{row.quality:.4f}",
        f"{row.quality_low:.4f} to {row.quality_high:.4f}",
        f"{1000 * row.cost_usd:.4f}",
        *(f"{value:.3f}" for value in row.latency_s),
        f"{row.failed:.2%}",
    )
