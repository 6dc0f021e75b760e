"""Public sets of outcomes, read from files that the user has downloaded.

The page `explanation/routing-lab` says where they are published and under which licences.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quantumlayer.errors import LabError
from quantumlayer.router._card import Price
from quantumlayer.router.lab._outcomes import Fold, Outcomes
from quantumlayer.router.lab._read import Columns, Pricing, outcomes_of
from quantumlayer.router.lab._tables import Table, read_json, read_table

__all__ = ["Pair", "read_llmrouter", "read_mtbench", "read_routellm"]

_TURNS, _HIGHEST_SCORE = 2, 10
_WEAK = "mistralai/Mixtral-8x7B-Instruct-v0.1"
_STRONG = "gpt-4-1106-preview"

# List prices for a million tokens. Source: OpenAI's price page of November 2023; Mixtral as in
# LLMRouter's `default_llm.json`.
_PRICES = {
    _WEAK: Price.usd(input_usd=0.6, output_usd=0.6),
    _STRONG: Price.usd(input_usd=10, output_usd=30),
}


class Pair(NamedTuple):
    """Outcomes of two models, and which of them is which."""

    outcomes: Outcomes
    weak: str
    strong: str


def read_routellm(responses: Path, contaminated: Path | None = None) -> Pair:
    """Read RouteLLM's answers of Mixtral 8x7B and GPT-4 to MMLU or GSM8K.

    The set has neither costs nor latencies. Costs are modelled: the prompt's estimated tokens and
    200 tokens of answer, at the list prices of the time.

    Args:
        responses: `mmlu_*.csv` or `gsm8k_responses.csv` of the repository, or the same columns in
            another format: `prompt` and one of truth values for each model.
        contaminated: `contaminated_prompts.jsonl`: prompts to leave out because they are near to
            what RouteLLM's routers were trained on.

    Raises:
        LabError: A file cannot be used.
        MissingExtraError: It is a Parquet file and pyarrow is not installed.
    """
    columns = Columns(task="domain", models=(_WEAK, _STRONG))
    outcomes = outcomes_of(read_table(responses), columns=columns, pricing=Pricing(_PRICES))
    if contaminated is not None:
        outcomes = outcomes.without(read_table(contaminated).texts("eval_prompt"))
    return Pair(outcomes, _WEAK, _STRONG)


def read_mtbench(questions: Path, judgements: Path, contaminated: Path | None = None) -> Pair:
    """Read RouteLLM's judgements of Mixtral 8x7B and GPT-4 on MT-Bench.

    The prompt is a question's first turn, by which RouteLLM routes; the quality is the mean of
    GPT-4's scores of both turns, of 1 to 10, over 10. Costs are modelled as by `read_routellm`.

    Args:
        questions: `question.jsonl`: `question_id`, `turns` and `category`.
        judgements: `judgements.jsonl`: `question_id`, `model`, `turn` and `score`.
        contaminated: As for `read_routellm`.

    Raises:
        LabError: A file cannot be used, or a question has not all scores of both models.
    """
    asked, told = read_table(questions), read_table(judgements)
    ids = asked.texts("question_id")
    prompts = [_first_turn(asked, row, turns) for row, turns in enumerate(asked.cells("turns"))]
    found: dict[tuple[str, str], list[float]] = {}
    places = zip(
        told.texts("question_id"),
        told.texts("model"),
        told.numbers("score", highest=_HIGHEST_SCORE),
        strict=True,
    )
    for question, model, score in places:
        found.setdefault((question, model), []).append(score / _HIGHEST_SCORE)
    quality = np.zeros((len(ids), 2))
    for row, question in enumerate(ids):
        for column, model in enumerate((_WEAK, _STRONG)):
            scores = found.get((question, model), [])
            if len(scores) != _TURNS:
                asked.refuse(
                    row,
                    "question_id",
                    f"{str(judgements)!r} has {len(scores)} scores of {model!r} for {question!r}, "
                    f"not one for each of {_TURNS} turns: take both files of one release",
                )
            quality[row, column] = np.mean(scores)
    pricing = Pricing(_PRICES)
    costs = np.array([pricing.costs_usd(prompts, model) for model in (_WEAK, _STRONG)]).T
    tasks = asked.texts("category")
    outcomes = Outcomes(prompts, (_WEAK, _STRONG), quality, costs, tasks=tasks)
    if contaminated is not None:
        outcomes = outcomes.without(read_table(contaminated).texts("eval_prompt"))
    return Pair(outcomes, _WEAK, _STRONG)


def _first_turn(table: Table, row: int, turns: object) -> str:
    if not isinstance(turns, list) or not turns or not isinstance(turns[0], str):
        table.refuse(row, "turns", f"{turns!r} is no list of texts: take the file as published")
    return turns[0]


def read_llmrouter(table: Path, prices: Path) -> Fold:
    """Read LLMRouter's scores of nine models on 14 tasks, parted as published.

    The set has neither costs nor latencies. Costs are modelled: the prompt's estimated tokens and
    200 tokens of answer, at the set's own prices.

    Args:
        table: One row a question: `split` (train or test), `task_name`, `question`, and a column
            of scores from 0 to 1 for each model of `prices`.
        prices: `default_llm.json`: `input_price` and `output_price` in US dollars for a million
            tokens, by model.

    Raises:
        LabError: A file cannot be used.
        MissingExtraError: It is a Parquet file and pyarrow is not installed.
    """
    rows = read_table(table)
    known = {name: price for name, price in _prices(prices).items() if name in rows.columns}
    columns = Columns(prompt="question", task="task_name", models=tuple(known))
    outcomes = outcomes_of(rows, columns=columns, pricing=Pricing(known))
    return Fold(*(outcomes.take(_rows(rows, part)) for part in ("train", "test")))


def _rows(table: Table, part: str) -> list[int]:
    return [row for row, name in enumerate(table.texts("split")) if name == part]


def _prices(path: Path) -> Mapping[str, Price]:
    models = read_json(path)
    try:
        return {
            name: Price.usd(input_usd=one["input_price"], output_usd=one["output_price"])
            for name, one in models.items()  # type: ignore[attr-defined]  # checked by trying
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise LabError(
            f"{str(path)!r} is no list of prices ({error!r}): it has to give each model's "
            "`input_price` and `output_price`."
        ) from error
