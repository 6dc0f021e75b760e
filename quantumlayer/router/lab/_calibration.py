"""Find the threshold at which cheaper models may answer without breaking a promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantumlayer.errors import LabError
from quantumlayer.messages import Message, ModelRequest
from quantumlayer.router._call import EXPECTED_OUTPUT_TOKENS
from quantumlayer.router._card import ModelCard
from quantumlayer.router._strategy import Candidate, RoutingRequest
from quantumlayer.router._tokens import estimate_tokens
from quantumlayer.router.lab._metrics import Floats
from quantumlayer.router.lab._outcomes import Outcomes
from quantumlayer.router.strategies import Promise, QualityScorer
from quantumlayer.router.strategies._cost import costs_usd
from quantumlayer.router.strategies._quality import qualities

__all__ = ["calibrate", "exceeds_zero"]

# Margins are tried from strict to lax in these steps; finer ones find the same within noise.
_MARGINS = np.linspace(-1, 1, 401)

# The largest stake: this share of what would lose everything at the worst outcome. Source:
# Waudby-Smith and Ramdas, as below, who recommend 1/2 or 3/4.
_BOLDEST = 0.5


def calibrate(
    scorer: QualityScorer,
    outcomes: Outcomes,
    *,
    reference: str,
    cards: Mapping[str, ModelCard],
    share: float = 0.95,
    confidence: float = 0.9,
    seed: int = 0,
) -> Promise:
    """Find how much worse than a reference model the others may be expected to be.

    The margin is the largest one at which the routing keeps `share` of the reference's mean
    quality, with `confidence` over the draw of the outcomes: of a hundred calibrations at 0.9, at
    most about ten break their promise, whatever the scorer is worth. A poor scorer or few outcomes
    make the margin strict, down to one at which the reference answers everything; then nothing can
    be broken.

    Margins are tested one after the other, from strict to lax, until the first one that cannot be
    shown to keep the promise. The test bets on each outcome in turn, and needs no assumption but
    that the outcomes are independent draws of the requests to come.

    Args:
        scorer: Where the expected quality comes from.
        outcomes: What to calibrate on: prompts that the scorer has not learned from and that
            nothing is measured on.
        reference: The model whose quality is kept; chosen without a look at `outcomes`.
        cards: What the models charge, by name; only the order of their costs counts.
        share: Which share of the reference's quality to keep, above 0, at most 1.
        confidence: Between 0 and 1.
        seed: Of the order in which outcomes are looked at.

    Raises:
        LabError: The reference is no model of the outcomes, or the scorer does not know it.
        RouterConfigError: The share or confidence is none.
        StrategyError: The scorer answers nonsense.

    Source: fixed-sequence testing, Angelopoulos and others, "Learn then Test" (arXiv 2110.01052);
    the test, Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
    (2024).
    """
    strictest = Promise(reference, -1.0, share, confidence)  # checks the numbers, too
    column = outcomes.column(reference)
    choices = _Choices(scorer, outcomes, column, cards)
    order = np.random.default_rng(seed).permutation(len(outcomes))
    rows = np.arange(len(outcomes))
    wanted = share * outcomes.quality[:, column]
    kept = strictest.margin
    for margin in _MARGINS:
        gained = outcomes.quality[rows, choices.at(float(margin))] - wanted
        if not exceeds_zero(gained[order], lowest=-share, confidence=confidence):
            break
        kept = float(margin)
    return Promise(reference, round(kept, 6), share, confidence)


def exceeds_zero(values: ArrayLike, *, lowest: float, confidence: float) -> bool:
    """Whether the mean that independent values are drawn from is above zero.

    Starts with a capital of 1 and bets on each value by what the ones before it were. Were the mean
    zero or less, the capital would reach `1 / (1 - confidence)` with at most that probability.

    Args:
        values: In the order in which they were drawn, none below `lowest`.
        lowest: The worst that can come, below zero.
        confidence: Of a yes, between 0 and 1.

    Source: Waudby-Smith and Ramdas, as above: the capital process with approximate GRAPA bets;
    Ville's inequality.
    """
    drawn = np.asarray(values, dtype=np.float64)
    seen = np.arange(1, drawn.size + 1)
    # One imagined value of 0 and a variance of 1/4 stand before the first.
    mean = np.cumsum(drawn) / (seen + 1)
    variance = (0.25 + np.cumsum((drawn - mean) ** 2)) / (seen + 1)
    before_mean = np.concatenate([[0.0], mean[:-1]])
    before_variance = np.concatenate([[0.25], variance[:-1]])
    stake = (before_mean / (before_variance + before_mean**2)).clip(0, _BOLDEST / -lowest)
    capital = np.cumsum(np.log1p(stake * drawn))
    return bool(capital.max(initial=0.0) >= -np.log1p(-confidence))


class _Choices:
    """What `QualityBasedRouting` takes first for each prompt, at any margin."""

    def __init__(
        self,
        scorer: QualityScorer,
        outcomes: Outcomes,
        reference: int,
        cards: Mapping[str, ModelCard],
    ) -> None:
        pool = [_candidate(model, cards.get(model, ModelCard())) for model in outcomes.models]
        known, costs = zip(
            *(_looked_at(scorer, text, pool) for text in outcomes.prompts), strict=True
        )
        expected = np.array(known, dtype=np.float64)  # NaN: unknown, so never good enough
        mine = expected[:, [reference]]
        if np.isnan(mine).any():
            raise LabError(
                f"The scorer knows no quality of {outcomes.models[reference]!r}: calibrate against "
                "a model that it was trained on."
            )
        name = np.broadcast_to(np.argsort(np.argsort(outcomes.models)), expected.shape)
        keys = (name, -np.nan_to_num(expected), np.array(costs))
        self._order: NDArray[np.intp] = np.lexsort(keys, axis=-1)
        self._expected: Floats = np.take_along_axis(expected, self._order, axis=1)
        self._mine = mine
        self._reference = self._order == reference

    def at(self, margin: float) -> NDArray[np.intp]:
        """The column that is taken for each prompt: the cheapest that is good enough."""
        good = (self._expected >= self._mine - margin) | self._reference
        first = good.argmax(axis=1)[:, None]
        return np.take_along_axis(self._order, first, axis=1)[:, 0]


def _candidate(model: str, card: ModelCard) -> Candidate:
    return Candidate(model, "recorded", model, card.price, quality=card.quality)


def _looked_at(
    scorer: QualityScorer, prompt: str, pool: Sequence[Candidate]
) -> tuple[Sequence[float | None], Sequence[float]]:
    asked = ModelRequest((Message.user(prompt),))
    request = RoutingRequest(asked, estimate_tokens(prompt), EXPECTED_OUTPUT_TOKENS, 0.0, 0)
    return qualities(scorer, request, pool), costs_usd(request, pool)
