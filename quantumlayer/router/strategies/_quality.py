"""Best first, or the cheapest of those good enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from quantumlayer.errors import LabError, RouterConfigError, StrategyError
from quantumlayer.router._strategy import Candidate, Ranked, RoutingRequest
from quantumlayer.router.strategies._cost import costs_usd

__all__ = ["CatalogQuality", "Promise", "QualityBasedRouting", "QualityScorer", "qualities"]


class QualityScorer(Protocol):
    """Say how good each candidate's answer to a request is going to be.

    Like a strategy it only thinks: no I/O, no clock, at most about a millisecond.
    """

    def score(
        self, request: RoutingRequest, candidates: Sequence[Candidate]
    ) -> Sequence[float | None]:
        """Give each candidate's expected quality from 0 to 1, or None where it is unknown."""
        ...


@dataclass(frozen=True, slots=True)
class CatalogQuality:
    """The quality on the candidate's card, whatever the request.

    Args:
        known: Qualities by deployment name that go before those of the cards.
    """

    known: Mapping[str, float] = field(default_factory=dict)

    def score(
        self,
        request: RoutingRequest,  # noqa: ARG002 -- the protocol's; this scorer looks at the model only
        candidates: Sequence[Candidate],
    ) -> Sequence[float | None]:
        """Look each candidate up."""
        if not self.known:
            return [candidate.quality for candidate in candidates]
        return [self.known.get(candidate.deployment, candidate.quality) for candidate in candidates]


@dataclass(frozen=True, slots=True)
class Promise:
    """A threshold that keeps a share of one deployment's quality, with some confidence.

    `quantumlayer.router.lab.calibrate` finds one on recorded outcomes. It holds for requests like
    those, for the scorer that it was found for, and as long as prices keep their order.

    Args:
        reference: The deployment whose quality is kept, or its model.
        margin: How much worse than the reference another one may be expected to be, from -1 to 1;
            at -1 the reference answers everything.
        share: Which share of the reference's mean quality is promised.
        confidence: With which confidence.

    Raises:
        RouterConfigError: A number is out of bounds.
    """

    reference: str
    margin: float
    share: float
    confidence: float

    def __post_init__(self) -> None:
        if not (-1 <= self.margin <= 1 and 0 < self.share <= 1 and 0 < self.confidence < 1):
            raise RouterConfigError(
                f"{self!r} promises nothing: give a margin from -1 to 1, a share above 0 and at "
                "most 1, and a confidence between 0 and 1."
            )


@dataclass(frozen=True, slots=True)
class QualityBasedRouting:
    """Prefer the best answer, or the cheapest among those nearly as good.

    Deployments whose quality is unknown come last, the dearer ones first: within one provider's
    range the price follows the quality. That is a guess; give them a quality. The score is what
    the expected quality lacks to 1.

    Args:
        scorer: Where the expected quality comes from.
        share: Which share of the best candidate's quality is good enough, above 0, at most 1.
            Those that reach it are tried first, the cheapest of them before the others.
        promise: Measure by its reference and margin instead of by `share`: good enough is the
            reference, and what is expected to be at most the margin worse. While the reference
            cannot serve, `share` counts.

    Raises:
        RouterConfigError: The share is none.
    """

    scorer: QualityScorer = field(default_factory=CatalogQuality)
    share: float = 1.0
    promise: Promise | None = None

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise RouterConfigError(
                f"share={self.share!r} is no share of a quality: give more than 0, at most 1."
            )

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort into good enough, worse and unknown."""
        known = qualities(self.scorer, request, candidates)
        reference, enough = self._measure(known, candidates)

        good: list[tuple[float, float, str]] = []
        worse: list[tuple[float, float, str]] = []
        unknown: list[tuple[float, str]] = []
        costs = costs_usd(request, candidates)
        for quality, cost, candidate in zip(known, costs, candidates, strict=True):
            name = candidate.deployment
            if quality is None:
                unknown.append((-cost, name))
            elif quality >= enough or candidate is reference:
                good.append((cost, -quality, name))
            else:
                worse.append((-quality, cost, name))
        order = [(1 + less, name) for _, less, name in sorted(good)]
        order += [(1 + less, name) for less, _, name in sorted(worse)]
        order += [(1.0, name) for _, name in sorted(unknown)]
        return Ranked.by_score(order)

    def _measure(
        self, known: Sequence[float | None], candidates: Sequence[Candidate]
    ) -> tuple[Candidate | None, float]:
        """The promise's reference, if it is there, and which quality of others is good enough."""
        if self.promise is not None:
            for quality, candidate in zip(known, candidates, strict=True):
                named = self.promise.reference in {candidate.deployment, candidate.model}
                if named and quality is not None:
                    return candidate, quality - self.promise.margin
        best = max(filter(None, known), default=0.0)
        return None, self.share * best


def qualities(
    scorer: QualityScorer, request: RoutingRequest, candidates: Sequence[Candidate]
) -> Sequence[float | None]:
    """Ask a scorer.

    Raises:
        StrategyError: Its answer makes no sense.
    """
    try:
        scores = scorer.score(request, candidates)
        wrong = [score for score in scores if score is not None and not 0 <= score <= 1]
        good = len(scores) == len(candidates) and not wrong
    except (StrategyError, LabError):
        raise
    except Exception as error:
        raise StrategyError(
            f"The scorer {type(scorer).__qualname__!r} raised {type(error).__qualname__}, or gave "
            "no sequence of numbers: a scorer scores whatever it is given."
        ) from error
    if not good:
        raise StrategyError(
            f"{type(scorer).__qualname__!r} scored {len(candidates)} candidates with {scores!r}: "
            "give one quality between 0 and 1, or None, for each."
        )
    return scores
