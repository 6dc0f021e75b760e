"""A strategy beside the baselines, in figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from quantumlayer.errors import LabError
from quantumlayer.router._strategy import RoutingStrategy
from quantumlayer.router.lab._baselines import baselines
from quantumlayer.router.lab._measured import Measured, measured
from quantumlayer.router.lab._metrics import Point, aiq, hull
from quantumlayer.router.lab._outcomes import Outcomes
from quantumlayer.router.lab._replay import Scenario, replay
from quantumlayer.router.lab._report import as_text, sections
from quantumlayer.router.lab.jinja2 import page
from quantumlayer.router.lab.matplotlib import plots

__all__ = ["Bench", "Sweep", "bench"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """One strategy at several settings.

    Attributes:
        rows: The names of its rows.
        hull: The non-decreasing convex hull of their costs and qualities.
        aiq: The area under it over the largest cost of the bench.
    """

    rows: Sequence[str]
    hull: Sequence[Point]
    aiq: float


@dataclass(frozen=True, slots=True)
class Bench:
    """What came of a bench.

    Attributes:
        rows: The strategies in the order given, then the baselines.
        prompts: How many prompts were measured on.
        seed: Of all that was random.
        models: Mean cost and quality of each model where it answers everything.
        mix: The hull of the models: what mixing them at random reaches, and its AIQ.
        sweeps: The strategies that were given at several settings, by name.
        timed: Whether the outcomes have latencies; without them all waits are those of outages
            and limits.
        budget_usd: What all requests were allowed to cost, in US dollars, or None.
    """

    rows: Sequence[Measured]
    prompts: int
    seed: int
    models: Mapping[str, Point]
    mix: Sweep
    sweeps: Mapping[str, Sweep] = field(default_factory=dict)
    timed: bool = False
    budget_usd: float | None = None

    def __getitem__(self, strategy: str) -> Measured:
        """The figures of a strategy or a baseline by its name."""
        return next(row for row in self.rows if row.strategy == strategy)

    def table(self) -> str:
        """The figures as tables in plain text."""
        return as_text(sections(self))

    def to_json(self) -> str:
        """The figures as a JSON document."""
        return json.dumps(asdict(self), indent=2)

    def to_html(self) -> str:
        """The figures and plots as one page that needs no other file and no network.

        Raises:
            MissingExtraError: jinja2 or matplotlib is not installed.
        """
        return page(self)

    def plots(self) -> dict[str, bytes]:
        """The plots as PNG images, by name.

        `cost-quality` with the models' hull and the baselines, `latency` with all percentiles, and
        `budget` with what was spent over time.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        return plots(self)


async def bench(
    strategies: Mapping[str, RoutingStrategy | Mapping[str, RoutingStrategy]],
    outcomes: Outcomes,
    *,
    train: Outcomes,
    scenario: Scenario = Scenario(),
) -> Bench:
    """Replay strategies and the baselines over outcomes, each on its own, in virtual time.

    Args:
        strategies: By the names to show. One strategy at several settings is a mapping from
            settings to strategies: each has a row, and all together a hull and an AIQ.
        outcomes: What is measured on.
        train: What the baselines may learn from: other prompts at the same models.
        scenario: The conditions, the same for all.

    Raises:
        LabError: Two rows have one name, the models differ, or the scenario does not fit.
        StrategyError: A strategy raised or answered nonsense.
    """
    if train.models != outcomes.models:
        raise LabError(
            f"What is learned from has the models {train.models!r}, what is measured on "
            f"{outcomes.models!r}: take both from one table with `outcomes.split`."
        )
    single, sweeps = _rows(strategies)
    known = baselines(outcomes, train)
    taken = sorted(known.keys() & single.keys())
    if taken:
        raise LabError(f"{taken[0]!r} is a baseline: give the strategy another name.")
    costs, qualities = outcomes.cost_usd.mean(axis=0), outcomes.quality.mean(axis=0)
    models = {
        model: Point(float(costs[column]), float(qualities[column]))
        for column, model in enumerate(outcomes.models)
    }
    mix = hull(list(models.values()))
    rows = [
        measured(name, outcomes, await replay(one, outcomes, scenario), mix=mix, seed=scenario.seed)
        for name, one in {**single, **known}.items()
    ]
    points = {row.strategy: row.point for row in rows}
    largest = max(point.cost for point in (*models.values(), *points.values()))
    return Bench(
        rows=tuple(rows),
        prompts=len(outcomes),
        seed=scenario.seed,
        models=models,
        mix=_sweep(models, largest),
        sweeps={
            name: _sweep({row: points[row] for row in names}, largest)
            for name, names in sweeps.items()
        },
        timed=outcomes.latency_s is not None,
        budget_usd=scenario.budget_usd,
    )


def _rows(
    strategies: Mapping[str, RoutingStrategy | Mapping[str, RoutingStrategy]],
) -> tuple[dict[str, RoutingStrategy], dict[str, list[str]]]:
    """Every strategy by the name of its row, and the rows of those at several settings."""
    single: dict[str, RoutingStrategy] = {}
    sweeps: dict[str, list[str]] = {}
    for name, given in strategies.items():
        settings = given if isinstance(given, Mapping) else {"": given}
        if not settings:
            raise LabError(f"{name!r} has no setting: give at least one strategy.")
        for setting, strategy in settings.items():
            row = f"{name} {setting}" if setting else name
            if row in single:
                raise LabError(f"Two strategies are called {row!r}: give one another name.")
            single[row] = strategy
            if isinstance(given, Mapping):
                sweeps.setdefault(name, []).append(row)
    return single, sweeps


def _sweep(points: Mapping[str, Point], largest: float) -> Sweep:
    line = hull(list(points.values()))
    # Without any cost there is no area; quality alone counts then.
    area = aiq(line, largest) if largest > 0 else line[-1].quality
    return Sweep(tuple(points), tuple(line), area)
