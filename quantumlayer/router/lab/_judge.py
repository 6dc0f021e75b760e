"""Strategies judged by the router's own ledger, without sending a request."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, NoReturn

import numpy as np

from quantumlayer.errors import LabError
from quantumlayer.messages import Message, ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router._selection import rank
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest, RoutingStrategy
from quantumlayer.router.lab._estimates import (
    Estimate,
    doubly_robust,
    effective_size,
    inverse_propensity,
    self_normalised,
)
from quantumlayer.router.lab._expected import expected_rewards
from quantumlayer.router.lab._log import Log, Logged
from quantumlayer.router.lab._metrics import Floats
from quantumlayer.router.lab._report import as_text, judged

__all__ = ["Judged", "Judgement", "OverlapWarning", "judge"]

LEAST_EFFECTIVE = 50.0
"""With fewer effective requests, intervals may be too narrow.

In 2,000 simulated logs for each size, of rewards 0 and 1, 95 % intervals by inverse propensity held
the truth in 78 % of the logs with 8 effective requests, in 83 % with 12, in 94 % with 40 and more;
self-normalised ones in 70, 86 and 94 %.
"""

_LOGGED = "as logged"
_UNIFORM = "random"


class OverlapWarning(UserWarning):
    """The ledger tells too little of what a strategy would do; its figures are no evidence."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a strategy would have been worth.

    Attributes:
        strategy: Its name.
        doubly_robust: Mean reward, by a model of the rewards that the log mends.
        self_normalised: Mean reward, by the weights alone, normalised; None where it agrees with
            nothing that was done.
        inverse_propensity: Mean reward, by the weights alone.
        cost_usd: Mean cost of a request in US dollars, self-normalised; None likewise.
        matched: The share of requests at which it agrees with what was done.
        effective: As how many requests of one weight the log counts for it.
        unsupported: The share of requests at which it puts first what the log could never have
            chosen.
    """

    strategy: str
    doubly_robust: Estimate
    self_normalised: Estimate | None
    inverse_propensity: Estimate
    cost_usd: Estimate | None
    matched: float
    effective: float
    unsupported: float

    @property
    def overlaps(self) -> bool:
        """Whether the log tells enough of it for the intervals to mean what they say."""
        return self.effective >= LEAST_EFFECTIVE and self.unsupported == 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a ledger says of strategies.

    Attributes:
        rows: The strategies in the order given, then the log itself, a random choice, and each
            deployment alone.
        requests: How many requests it rests on.
        unrewarded: How many more were answered and have no reward.
        seed: Of all that was random.
    """

    rows: Sequence[Judged]
    requests: int
    unrewarded: int
    seed: int

    def __getitem__(self, strategy: str) -> Judged:
        """The figures of a strategy or a baseline by its name."""
        return next(row for row in self.rows if row.strategy == strategy)

    def table(self) -> str:
        """The figures as a table in plain text; a `!` marks too little overlap."""
        return as_text([judged(self)])

    def to_json(self) -> str:
        """The figures as a JSON document."""
        return json.dumps(asdict(self), indent=2)


def judge(
    strategies: Mapping[str, RoutingStrategy],
    log: Log,
    *,
    cards: Mapping[str, ModelCard] | None = None,
    seed: int = 0,
) -> Judgement:
    """Estimate from a ledger what strategies would have been worth in place of the one that ran.

    A strategy is asked whom it would have put first among the deployments that were ranked then.
    It sees their cards and the length of the prompt, and the prompt where the ledger kept it; load
    and latency of that moment it does not see, and it learns nothing on the way. What it draws by
    `RoutingRequest.seed` is drawn anew: the seed of then has decided what was done. Where it tells
    its propensities, these count, otherwise its one choice.

    The reward of a first place includes what retries and fallback came to behind it.

    Args:
        strategies: By the names to show.
        log: What was drawn, and what came of it.
        cards: Price and quality of deployments as strategies see them; None: prices from the log.
        seed: Of the draws, and of the folds in which the model of rewards is made.

    Raises:
        LabError: Two rows have one name, the log has fewer than two requests, or a strategy reads
            prompts that the ledger has not kept.
        StrategyError: A strategy raised or answered nonsense.

    Warns:
        OverlapWarning: The effective number of requests is below 50, or a strategy would do what
            was never done.
    """
    names = sorted({name for each in log.requests for name in each.propensities})
    others: dict[str, RoutingStrategy | None] = {_LOGGED: None, _UNIFORM: _Uniform()}
    others |= {f"only {name}": _Only(name) for name in names}
    taken = sorted(others.keys() & strategies.keys())
    if taken:
        raise LabError(f"{taken[0]!r} is a baseline: give the strategy another name.")
    sheet = _Sheet(log, names, log.cards if cards is None else cards, seed)
    rows = [sheet.judged(name, each) for name, each in {**strategies, **others}.items()]
    for row in rows:
        if row.strategy in strategies and not row.overlaps:
            warnings.warn(_complaint(row), OverlapWarning, stacklevel=2)
    return Judgement(tuple(rows), len(log.requests), log.unrewarded, seed)


def _complaint(row: Judged) -> str:
    if row.unsupported:
        return (
            f"{row.strategy!r} would put first in {row.unsupported:.1%} of the requests what the "
            "logged strategy never did: its estimates leave these out. Explore among all "
            "deployments."
        )
    return (
        f"The ledger is worth {row.effective:.0f} requests for {row.strategy!r}, fewer than "
        f"{LEAST_EFFECTIVE:.0f}: its intervals are too narrow. Log more, or explore a larger share."
    )


class _Sheet:
    """A log as arrays: one row for each request, one column for each deployment."""

    def __init__(
        self, log: Log, names: Sequence[str], cards: Mapping[str, ModelCard], seed: int
    ) -> None:
        self._log, self._names, self._cards, self._seed = log, names, cards, seed
        requests = log.requests
        column = {name: place for place, name in enumerate(names)}
        self._rows = np.arange(len(requests))
        self._chosen = np.array([column[each.chosen] for each in requests])
        self._likely = np.array(
            [[each.propensities.get(name, 0.0) for name in names] for each in requests]
        )
        self._reward = np.array([each.reward for each in requests])
        self._cost = np.array([each.cost_usd for each in requests])
        self._expected = expected_rewards(requests, self._chosen, self._reward, len(names), seed)

    def judged(self, name: str, strategy: RoutingStrategy | None) -> Judged:
        """Weigh the log for a strategy; None: for the one that was logged."""
        wanted = self._likely if strategy is None else self._choices(strategy)
        weights = wanted[self._rows, self._chosen] / self._likely[self._rows, self._chosen]
        if strategy is None:
            weights = np.ones_like(weights)
        done = self._expected[self._rows, self._chosen]
        direct = done if strategy is None else (wanted * self._expected).sum(axis=1)
        return Judged(
            strategy=name,
            doubly_robust=doubly_robust(weights, self._reward, done, direct),
            self_normalised=self_normalised(weights, self._reward),
            inverse_propensity=inverse_propensity(weights, self._reward),
            cost_usd=self_normalised(weights, self._cost),
            matched=float((weights > 0).mean()),
            effective=effective_size(weights),
            unsupported=float(((wanted > 0) & (self._likely == 0)).any(axis=1).mean()),
        )

    def _choices(self, strategy: RoutingStrategy) -> Floats:
        """How likely the strategy is to put each deployment first: (requests, deployments)."""
        random = Random(self._seed)  # noqa: S311 -- draws that can be repeated
        made = np.zeros((len(self._log.requests), len(self._names)))
        for row, logged in enumerate(self._log.requests):
            likely = dict(self._ranking(strategy, logged, random))
            made[row] = [likely.get(name, 0.0) for name in self._names]
        return made

    def _ranking(
        self, strategy: RoutingStrategy, logged: Logged, random: Random
    ) -> Iterator[tuple[str, float]]:
        request = RoutingRequest(
            _request(logged),
            logged.prompt_tokens,
            logged.output_tokens,
            0.0,
            random.getrandbits(64),
        )
        candidates = {name: self._candidate(name) for name in sorted(logged.propensities)}
        ranking = rank(strategy, request, candidates)
        if ranking and ranking[0].propensity is None:
            yield ranking[0].deployment, 1.0
            return
        for each in ranking:
            yield each.deployment, each.propensity or 0.0

    def _candidate(self, name: str) -> Candidate:
        card = self._cards.get(name, ModelCard())
        provider, _, model = name.partition("/")
        return Candidate(
            name,
            provider,
            model or name,
            card.price,
            card.max_input_tokens,
            card.max_output_tokens,
            card.capabilities,
            card.quality,
        )


def _request(logged: Logged) -> ModelRequest:
    if logged.prompt is None:
        return ModelRequest(_Withheld())
    return ModelRequest((Message.user(logged.prompt),))


class _Withheld(tuple[Message, ...]):
    """Messages that nobody kept: whoever reads them is told so, instead of judged by nothing."""

    __slots__ = ()

    def _refuse(self, *_: Any) -> NoReturn:
        raise LabError(
            "The strategy reads prompts and the ledger has kept none: log with "
            "`Router(ledger=Ledger(prompts=True))`, or judge a strategy that reads lengths."
        )

    __iter__ = __len__ = __getitem__ = __contains__ = __bool__ = _refuse


class _Uniform:
    """Any deployment, each equally likely."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        likely = 1 / len(candidates)
        return [Ranked(each.deployment, 0.0, likely) for each in candidates]


@dataclass(frozen=True, slots=True)
class _Only:
    """Always the same deployment."""

    name: str

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return [Ranked(self.name, 0.0) for each in candidates if each.deployment == self.name]
