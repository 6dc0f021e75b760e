"""What a strategy has to beat, as strategies: they face the same outages, limits and budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from quantumlayer.messages import ModelRequest
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest, RoutingStrategy
from quantumlayer.router.lab._outcomes import Outcomes

__all__ = ["BASELINES", "Oracle", "ReplayedRequest", "baselines"]

BASELINES = ("random", "cheapest", "best single", "prompt length", "oracle")
"""Their names, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ReplayedRequest(ModelRequest):
    """A request of the laboratory: it knows which recorded prompt it is.

    Attributes:
        row: The number of the prompt among the outcomes.
    """

    row: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True)
class _Random:
    """Any model, each equally likely."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        random = Random(request.seed)  # noqa: S311 -- a draw that can be repeated
        names = sorted(candidate.deployment for candidate in candidates)
        order = sorted((random.random(), name) for name in names)
        return [Ranked(name, score) for score, name in order]


@dataclass(frozen=True, slots=True)
class _Always:
    """Always the same order of models."""

    order: Sequence[str]

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        there = {candidate.deployment for candidate in candidates}
        names = [name for name in self.order if name in there]
        return [Ranked(name, place) for place, name in enumerate(names)]


@dataclass(frozen=True, slots=True)
class _ByLength:
    """One order for prompts longer than some length, another for the others.

    The score of the first of the long ones' order is how many characters the prompt lacks to that
    length, and 0 for all others: so it tells how clear the choice is.
    """

    characters: float
    short: _Always
    long: _Always

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        size = sum(len(message.text) for message in request.model_request.messages)
        lacking = self.characters - size
        ranking = (self.long if lacking < 0 else self.short).rank(request, candidates)
        favourite = self.long.order[0]
        return [
            Ranked(ranked.deployment, lacking if ranked.deployment == favourite else 0.0)
            for ranked in ranking
        ]


@dataclass(frozen=True, slots=True)
class Oracle:
    """The best answer that was recorded, the cheapest among equals: no strategy can do better."""

    outcomes: Outcomes

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Look the prompt's outcomes up."""
        asked = request.model_request
        assert isinstance(asked, ReplayedRequest)  # noqa: S101 -- the laboratory asks nothing else
        quality, cost = (
            grid[asked.row] for grid in (self.outcomes.quality, self.outcomes.cost_usd)
        )
        names = [candidate.deployment for candidate in candidates]
        columns = {name: self.outcomes.column(name) for name in names}
        order = sorted(names, key=lambda name: (-quality[columns[name]], cost[columns[name]], name))
        return [Ranked(name, 1 - float(quality[columns[name]])) for name in order]


def baselines(outcomes: Outcomes, train: Outcomes) -> Mapping[str, RoutingStrategy]:
    """The five that are always shown.

    `random`; `cheapest`, by mean cost; `best single`, by mean quality; `prompt length`, which gives
    the best single the prompts longer than the median and the cheapest the others; `oracle`. What
    the second to fourth know comes from the prompts to learn from alone.

    Args:
        outcomes: What is measured on.
        train: What may be learned from.
    """
    quality, cost = train.quality.mean(axis=0), train.cost_usd.mean(axis=0)
    models = range(len(train.models))
    cheap = _named(train, sorted(models, key=lambda one: (cost[one], -quality[one])))
    best = _named(train, sorted(models, key=lambda one: (-quality[one], cost[one])))
    median = float(np.median([len(text) for text in train.prompts]))
    known = (_Random(), cheap, best, _ByLength(median, cheap, best), Oracle(outcomes))
    return dict(zip(BASELINES, known, strict=True))


def _named(outcomes: Outcomes, order: Sequence[int]) -> _Always:
    return _Always([outcomes.models[column] for column in order])
