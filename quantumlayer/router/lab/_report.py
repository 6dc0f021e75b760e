"""A bench in words and tables: what the terminal and the page show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantumlayer.router.lab._measured import Gap

if TYPE_CHECKING:
    from quantumlayer.router.lab._bench import Bench
    from quantumlayer.router.lab._estimates import Estimate
    from quantumlayer.router.lab._judge import Judgement

__all__ = ["Section", "as_text", "conditions", "judged", "sections", "shares"]

_ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Section:
    """A table and what to know to read it.

    Attributes:
        title: Its heading.
        note: What its columns mean.
        header: Names of the columns; the first column is text, the others are numbers.
        rows: The cells.
    """

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def sections(made: Bench) -> list[Section]:
    """All tables of a bench: those that two models or settings need only where there are some."""
    tables = [_worth(made)]
    if any(row.gap for row in made.rows):
        tables.append(_gaps(made))
    if made.sweeps:
        tables.append(_sweeps(made))
    return tables


def conditions(made: Bench) -> list[str]:
    """Under which conditions the figures came about."""
    told = [f"{made.prompts:,} prompts", f"{len(made.models)} models", f"seed {made.seed}"]
    if made.budget_usd is not None:
        told.append(f"a budget of {made.budget_usd:g} USD")
    if not made.timed:
        told.append("no latencies recorded: waits are those of outages and limits alone")
    return told


def as_text(tables: Sequence[Section]) -> str:
    """Tables in plain text, with an empty line between two."""
    return "\n\n".join(_aligned(table) for table in tables)


def _aligned(table: Section) -> str:
    lines = [table.header, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _worth(made: Bench) -> Section:
    return Section(
        "Quality, cost and latency",
        "Quality is the mean over all prompts, an unanswered one counts 0; intervals are 95 % "
        "bootstrap intervals. 'Above mix' is how much better it is than mixing single models at "
        "random for the same money. Latencies are what callers waited, "
        "for errors as well.",
        (
            "strategy",
            "quality",
            "95 % interval",
            "USD/1,000",
            "above mix",
            "p50 s",
            "p95 s",
            "p99 s",
            "failed",
        ),
        [
            (
                row.strategy,
                f"{row.quality:.4f}",
                _span(row.quality_low, row.quality_high, 4),
                f"{1000 * row.cost_usd:.4f}",
                _number(row.above_mix, "+.4f"),
                *(f"{value:.3f}" for value in row.latency_s),
                f"{row.failed:.2%}",
            )
            for row in made.rows
        ],
    )


def _gaps(made: Bench) -> Section:
    return Section(
        "The gap between the two models",
        "PGR is the share of the gap that the choices recover; APGR its average over all "
        "thresholds of the strategy's scores, about 0.5 for random ones; CPT the share of strong "
        "calls that recovers 50 or 80 % of it. A strategy that scores all prompts alike has no "
        "threshold.",
        (
            "strategy",
            "strong calls",
            "PGR",
            "APGR",
            "95 % interval",
            "CPT(50 %)",
            "CPT(80 %)",
        ),
        [(row.strategy, *_gap(row.gap)) for row in made.rows if row.gap],
    )


def _gap(gap: Gap) -> tuple[str, ...]:
    low, high = gap.apgr_low, gap.apgr_high
    return (
        f"{gap.strong_share:.1%}",
        f"{gap.recovered:.3f}",
        _number(gap.apgr, ".3f"),
        _ABSENT if low is None or high is None else _span(low, high, 3),
        _number(gap.cpt50, ".1%"),
        _number(gap.cpt80, ".1%"),
    )


def _sweeps(made: Bench) -> Section:
    lines = {**made.sweeps, "mix of single models": made.mix}
    return Section(
        "Strategies at several settings",
        "AIQ is the area under the convex hull of cost and quality over the largest cost: the mean "
        "quality at all costs up to it.",
        ("strategy", "settings", "on the hull", "AIQ"),
        [
            (name, str(len(line.rows)), str(len(line.hull)), f"{line.aiq:.4f}")
            for name, line in lines.items()
        ],
    )


def shares(made: Bench) -> Section:
    """Which model answered how much: a table as wide as there are models."""
    return Section(
        "Who answered",
        "The share of prompts that each model answered.",
        ("strategy", *made.models),
        [
            (row.strategy, *(f"{row.shares[model]:.1%}" for model in made.models))
            for row in made.rows
        ],
    )


def judged(made: Judgement) -> Section:
    """What a ledger says of strategies."""
    return Section(
        "Judged by the ledger",
        "Mean rewards with 95 % intervals: doubly robust (DR), self-normalised (SNIPS) and by "
        "inverse propensity (IPS). A mark stands where the log tells too little of a strategy.",
        (
            "strategy",
            "DR",
            "95 % interval",
            "SNIPS",
            "95 % interval",
            "IPS",
            "95 % interval",
            "USD/1,000",
            "matched",
            "effective",
        ),
        [
            (
                row.strategy,
                *_estimate(row.doubly_robust),
                *_estimate(row.self_normalised),
                *_estimate(row.inverse_propensity),
                _number(None if row.cost_usd is None else 1000 * row.cost_usd.value, ".4f"),
                f"{row.matched:.1%}",
                f"{row.effective:.0f}{'' if row.overlaps else ' !'}",
            )
            for row in made.rows
        ],
    )


def _estimate(made: Estimate | None) -> tuple[str, str]:
    if made is None:
        return _ABSENT, _ABSENT
    return f"{made.value:.4f}", _span(made.low, made.high, 4)


def _span(low: float, high: float, digits: int) -> str:
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _number(value: float | None, form: str) -> str:
    # Adding zero turns a zero below nothing into a plain one.
    return _ABSENT if value is None else format(round(value, 6) + 0.0, form)
