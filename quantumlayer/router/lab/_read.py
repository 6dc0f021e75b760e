"""Outcomes from tables, in either of two layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantumlayer.errors import LabError
from quantumlayer.messages import NANO_PER_USD
from quantumlayer.router._card import Price
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.lab._outcomes import Floats, Outcomes
from quantumlayer.router.lab._tables import Table, read_table

__all__ = ["Columns", "Pricing", "outcomes_of", "read_outcomes"]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are called.

    A long table has one row for each answer: `prompt`, `model`, `quality`, `cost_usd`, and where
    they are known `latency_s`, `task` and `id`. A wide one has a row for each prompt: `prompt`,
    `task`, and for each model the columns `MODEL|quality`, `MODEL|cost_usd` and `MODEL|latency_s`.

    Attributes:
        prompt: What was asked.
        task: What kind of prompt it is.
        id: Which rows of a long table belong together; without it those of one prompt.
        model: Who answered.
        quality: What the answer is worth, from 0 to 1, or true and false.
        cost_usd: What it cost, in US dollars.
        latency_s: How long it took, in seconds.
        models: The models of a wide table whose quality stands in a column of the model's own
            name; empty: the table is as above.
    """

    prompt: str = "prompt"
    task: str = "task"
    id: str = "id"
    model: str = "model"
    quality: str = "quality"
    cost_usd: str = "cost_usd"
    latency_s: str = "latency_s"
    models: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pricing:
    """Costs for tables that have none: those of the prompt's estimated tokens and an answer.

    Attributes:
        prices: By model.
        output_tokens: How long each answer is taken to be, in tokens.
    """

    prices: Mapping[str, Price]
    output_tokens: int = 200

    def costs_usd(self, prompts: Sequence[str], model: str) -> list[float]:
        """What the prompts would cost at a model, in US dollars.

        Raises:
            LabError: The model has no price.
        """
        price = self.prices.get(model)
        if price is None:
            raise LabError(f"{model!r} has no price: add it to `prices`, or record its costs.")
        return [
            price.expected_nanousd(estimate_tokens(text), self.output_tokens) / NANO_PER_USD
            for text in prompts
        ]


def read_outcomes(
    path: Path, *, columns: Columns = Columns(), pricing: Pricing | None = None
) -> Outcomes:
    """Read outcomes from a CSV, JSON lines or Parquet file, wide or long (see `Columns`).

    Args:
        path: A file that ends in `.csv`, `.jsonl`, either of them with `.gz`, or `.parquet`.
        columns: What its columns are called.
        pricing: Costs, where the table has none.

    Raises:
        LabError: The file cannot be used; the message names the row and the column.
        MissingExtraError: It is a Parquet file and pyarrow is not installed.
    """
    return outcomes_of(read_table(Path(path)), columns=columns, pricing=pricing)


def outcomes_of(table: Table, *, columns: Columns, pricing: Pricing | None) -> Outcomes:
    """Make outcomes of a table that was read before. As `read_outcomes`."""
    wide = columns.models or columns.model not in table.columns
    return (_wide if wide else _long)(table, columns, pricing)


def _wide(table: Table, columns: Columns, pricing: Pricing | None) -> Outcomes:
    ending = f"|{columns.quality}"
    qualities = [name for name in table.columns if name.endswith(ending)]
    models = list(columns.models) or [name.removesuffix(ending) for name in qualities]
    if not models:
        raise LabError(
            f"{str(table.path)!r} has neither a column {columns.model!r} nor one that ends in "
            f"{ending!r}: name the models' columns with `Columns(models=…)`."
        )
    prompts = table.texts(columns.prompt)

    def costs(model: str) -> Sequence[float]:
        name = f"{model}|{columns.cost_usd}"
        if pricing is not None and name not in table.columns:
            return pricing.costs_usd(prompts, model)
        return table.numbers(name)

    latencies = [f"{model}|{columns.latency_s}" for model in models]
    timed = any(name in table.columns for name in latencies)
    return Outcomes(
        prompts,
        models,
        _beside([table.numbers(name, highest=1) for name in columns.models or qualities]),
        _beside([costs(model) for model in models]),
        _beside([table.numbers(name) for name in latencies]) if timed else None,
        table.texts(columns.task) if columns.task in table.columns else None,
    )


def _beside(columns: Sequence[Sequence[float]]) -> Floats:
    return np.array(columns, dtype=np.float64).T


def _long(table: Table, columns: Columns, pricing: Pricing | None) -> Outcomes:
    prompts, models = table.texts(columns.prompt), table.texts(columns.model)
    tasks = table.texts(columns.task) if columns.task in table.columns else None
    named = columns.id in table.columns
    keys = table.texts(columns.id) if named else prompts
    places = _places(table, columns, keys, models)
    if named:
        _same(table, columns.prompt, keys, prompts)
    if tasks is not None:
        _same(table, columns.task, keys, tasks)
    rows = np.array(list(places.values())).reshape(-1, len(set(models)))
    first, names = rows[:, 0], [models[row] for row in rows[0]]
    asked = [prompts[row] for row in first]
    if pricing is not None and columns.cost_usd not in table.columns:
        costs = _beside([pricing.costs_usd(asked, model) for model in names])
    else:
        costs = np.array(table.numbers(columns.cost_usd))[rows]
    timed = columns.latency_s in table.columns
    return Outcomes(
        asked,
        names,
        np.array(table.numbers(columns.quality, highest=1))[rows],
        costs,
        np.array(table.numbers(columns.latency_s))[rows] if timed else None,
        None if tasks is None else [tasks[row] for row in first],
    )


def _places(
    table: Table, columns: Columns, keys: Sequence[str], models: Sequence[str]
) -> dict[tuple[str, str], int]:
    """The row of each prompt at each model: prompt by prompt, always in one order of models."""
    found: dict[tuple[str, str], int] = {}
    for row, place in enumerate(zip(keys, models, strict=True)):
        if place in found:
            table.refuse(
                row,
                columns.model,
                f"{place[1]!r} has answered this prompt in row {table.lines[found[place]]} as "
                f"well: keep one, or tell the prompts apart in a column {columns.id!r}",
            )
        found[place] = row
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    order = dict.fromkeys(models)
    for key in dict.fromkeys(keys):
        missing = [model for model in order if (key, model) not in found]
        if missing:
            table.refuse(
                first[key],
                columns.model,
                f"no row has the answer of {missing[0]!r} to this prompt: every model has to "
                "answer every prompt, so add it or leave the prompt out",
            )
    return {(key, model): found[key, model] for key in dict.fromkeys(keys) for model in order}


def _same(table: Table, column: str, keys: Sequence[str], values: Sequence[str]) -> None:
    """Make sure that rows that belong together say the same."""
    known: dict[str, str] = {}
    for row, (key, value) in enumerate(zip(keys, values, strict=True)):
        if known.setdefault(key, value) != value:
            table.refuse(row, column, "it differs from an earlier row of the same prompt: mend one")
