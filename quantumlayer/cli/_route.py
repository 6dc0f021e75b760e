"""`quantumlayer route …`: the laboratory for routing strategies."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quantumlayer.cli._run import DONE, UsageError
from quantumlayer.cli._show import print_json
from quantumlayer.router import (
    CostBasedRouting,
    HybridRouting,
    LatencyBasedRouting,
    QualityBasedRouting,
    QualityScorer,
    RoutingStrategy,
    TrainedQuality,
    installed,
    load_scorer,
    load_strategy,
)

__all__ = ["Bench", "Train", "bench", "train"]

_STRATEGIES: Mapping[str, Callable[[], RoutingStrategy]] = {
    "cost": CostBasedRouting,
    "latency": LatencyBasedRouting,
    "quality": QualityBasedRouting,
    "hybrid": HybridRouting,
}


# The rest of what may be learned from is held back to calibrate on.
_FITTED = 2 / 3


@dataclass(frozen=True, slots=True)
class Train:
    """What `route train` is given."""

    table: Path
    output: Path
    keep: float | None
    confidence: float
    share: float
    seed: int
    json: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """What `route bench` is given."""

    table: Path | None
    ledger: Path | None
    strategies: Sequence[str]
    scorers: Sequence[str]
    trace: Path | None
    budget_usd: float | None
    good_enough: Sequence[float]
    share: float
    seed: int
    html: Path | None
    plots: Path | None
    json: bool


async def train(options: Train) -> int:
    """Train on one part of the outcomes, save the scorer, and measure it on the other part."""
    from quantumlayer.router import lab  # noqa: PLC0415 -- numpy, for these two commands only

    outcomes = lab.read_outcomes(options.table)
    learned, measured = outcomes.split(train=options.share, seed=options.seed)
    known = lab.cards(learned)
    if options.keep is None:
        scorer = lab.train_quality(learned)
        strategies = {"trained": QualityBasedRouting(scorer=scorer)}
    else:
        fitted, held = learned.split(train=_FITTED, seed=options.seed)
        scorer = lab.train_quality(fitted)
        promise = lab.calibrate(
            scorer,
            held,
            reference=fitted.models[int(fitted.quality.mean(axis=0).argmax())],
            cards=known,
            share=options.keep,
            confidence=options.confidence,
            seed=options.seed,
        )
        scorer = scorer.promising(promise)
        strategies = {
            "trained": QualityBasedRouting(scorer=scorer),
            "promised": QualityBasedRouting(scorer=scorer, promise=promise),
        }
    scorer.save(options.output)
    made = await lab.bench(
        strategies,
        measured,
        train=learned,
        scenario=lab.Scenario(cards=known, seed=options.seed),
    )
    _show(made, json=options.json)
    return DONE


async def bench(options: Bench) -> int:
    """Replay strategies and the baselines over recorded outcomes, or judge them by a ledger."""
    from quantumlayer.router import lab  # noqa: PLC0415 -- numpy, for these two commands only

    if (options.table is None) == (options.ledger is None):
        raise UsageError("Give a table of outcomes, or a ledger with --ledger: one of the two.")
    strategies: dict[str, RoutingStrategy | Mapping[str, RoutingStrategy]] = {
        name: _strategy(name) for name in options.strategies
    }
    for given in options.scorers:
        strategies[Path(given).name] = _by_quality(_scorer(given), options.good_enough)
    if options.table is None:
        return _judge(options, strategies)
    outcomes = lab.read_outcomes(options.table)
    learned, measured = outcomes.split(train=options.share, seed=options.seed)
    scenario = lab.Scenario(
        arrivals_s=None if options.trace is None else lab.read_arrivals(options.trace),
        cards=lab.cards(learned),
        budget_usd=options.budget_usd,
        seed=options.seed,
    )
    made = await lab.bench(strategies, measured, train=learned, scenario=scenario)
    if options.html is not None:
        _write(options.html, made.to_html().encode())
    if options.plots is not None:
        for name, image in made.plots().items():
            _write(options.plots / f"{name}.png", image)
    _show(made, json=options.json)
    return DONE


def _judge(
    options: Bench, strategies: Mapping[str, RoutingStrategy | Mapping[str, RoutingStrategy]]
) -> int:
    from quantumlayer.router import lab  # noqa: PLC0415 -- numpy, for these two commands only

    if options.trace or options.budget_usd is not None or options.html or options.plots:
        raise UsageError(
            "--trace, --budget-usd, --html and --plots are for a table of outcomes: a ledger is "
            "not replayed. Leave them out."
        )
    assert options.ledger is not None  # noqa: S101 -- one of the two is there
    single: dict[str, RoutingStrategy] = {}
    for name, given in strategies.items():
        if isinstance(given, Mapping):
            single |= {f"{name} {setting}": strategy for setting, strategy in given.items()}
        else:
            single[name] = given
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", lab.OverlapWarning)
        made = lab.judge(single, lab.read_ledger(options.ledger), seed=options.seed)
    for warning in caught:
        sys.stderr.write(f"warning: {warning.message}\n")
    _show(made, json=options.json)
    return DONE


def _show(made: Any, *, json: bool) -> None:
    if json:
        print_json(asdict(made))
    else:
        sys.stdout.write(f"{made.table()}\n")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written: {error}.") from error


def _by_quality(
    scorer: QualityScorer, shares: Sequence[float]
) -> RoutingStrategy | Mapping[str, RoutingStrategy]:
    """A scorer's strategy, as its promise has it; or one for each share that is good enough."""
    made = {f"{share:g}": QualityBasedRouting(scorer=scorer, share=share) for share in shares}
    if len(made) > 1:
        return made
    promise = scorer.promise if isinstance(scorer, TrainedQuality) else None
    promised = QualityBasedRouting(scorer=scorer, promise=promise)
    return next(iter(made.values()), promised)


def _strategy(name: str) -> RoutingStrategy:
    """A strategy by its name, an installed one, or as `module:name` of a class without arguments.

    Raises:
        UsageError: There is none.
        PluginError: The installed one cannot be used.
    """
    if name in _STRATEGIES:
        return _STRATEGIES[name]()
    module, colon, attribute = name.partition(":")
    there = ", ".join((*_STRATEGIES, *installed("strategies")))
    if not colon:
        if name in installed("strategies"):
            return load_strategy(name)
        raise UsageError(
            f"--strategy {name!r} is no strategy: there are {there}; install another one, or give "
            "your own as module:class."
        )
    try:
        made: RoutingStrategy = getattr(importlib.import_module(module), attribute)()
    except Exception as error:
        raise UsageError(
            f"--strategy {name!r} is no strategy ({type(error).__qualname__}: {error}): there are "
            f"{there}, or give your own as module:class."
        ) from error
    return made


def _scorer(given: str) -> QualityScorer:
    """A scorer out of a file, or an installed one."""
    if not Path(given).exists() and given in installed("scorers"):
        return load_scorer(given)
    return TrainedQuality.load(given)
