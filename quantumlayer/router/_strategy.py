"""The plug-in point for routing: what a strategy sees, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from quantumlayer.messages import ModelRequest, Usage
from quantumlayer.router._card import Capability, Price

__all__ = [
    "BreakerState",
    "Candidate",
    "ObservingStrategy",
    "Outcome",
    "Ranked",
    "RoutingRequest",
    "RoutingStrategy",
]

# What is made for each request, some of it for each deployment, is a tuple: frozen dataclasses take
# three times as long to make, which for 100 deployments is longer than all the rest of a selection.

BreakerState = Literal["closed", "open", "half_open"]


_NOTHING: Mapping[str, int] = MappingProxyType({})


class RoutingRequest(NamedTuple):
    """One request as a strategy sees it. Time and randomness come with it.

    Attributes:
        model_request: What the model will be asked.
        prompt_tokens: Estimated length of the prompt.
        output_tokens: Expected length of the answer.
        now_s: The time, in seconds on the clock of `Candidate.latency_at_s`.
        seed: 64 random bits, drawn once for this request.
        cached_tokens: How much of the prompt deployments are expected to read from their caches, by
            their names, where an answer to a prompt with the same beginning has told so of late.
        marked_tokens: How much of the prompt is marked to be cached, see `CachePoint`: who has a
            price for writing to the cache charges it for what is not there yet.
    """

    model_request: ModelRequest
    prompt_tokens: int
    output_tokens: int
    now_s: float
    seed: int
    cached_tokens: Mapping[str, int] = _NOTHING
    marked_tokens: int = 0


class Candidate(NamedTuple):
    """One deployment that may serve the request, as it is at this moment.

    None stands for unknown.

    Attributes:
        deployment: Its name.
        provider: Who serves it.
        model: The model, as the provider names it.
        price: What it charges.
        max_input_tokens: Longest prompt, in tokens.
        max_output_tokens: Longest answer, in tokens.
        capabilities: What it can do.
        quality: How good its answers are, from 0 to 1, from its card.
        breaker: `closed`, or `half_open` where this request would be its probe.
        latency_s: Peak-EWMA of whole calls, as it was at `latency_at_s`.
        latency_at_s: When `latency_s` was last updated.
        first_token_s: EWMA of the time to the first piece of a stream.
        token_s: EWMA of the time for each further output token of a stream.
        in_flight: Calls under way.
        requests_left: How many calls its rate limits let begin now, by `Limits` and by what the
            provider says; None: no limit is known. At least 1, or it would be no candidate.
        tokens_left: How many tokens these may read and write together, by estimate.
        reasoning_tokens: Mean number of tokens that it thinks before an answer, lately.
    """

    deployment: str
    provider: str
    model: str
    price: Price | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = None
    quality: float | None = None
    breaker: BreakerState = "closed"
    latency_s: float | None = None
    latency_at_s: float = 0.0
    first_token_s: float | None = None
    token_s: float | None = None
    in_flight: int = 0
    requests_left: float | None = None
    tokens_left: float | None = None
    reasoning_tokens: int = 0

    def cost_nanousd(self, request: RoutingRequest) -> int | None:
        """Expected cost of the request here, in billionths of a US dollar."""
        if self.price is None:
            return None
        return self.price.expected_nanousd(
            request.prompt_tokens,
            request.output_tokens,
            request.cached_tokens.get(self.deployment, 0),
            self.reasoning_tokens,
            request.marked_tokens,
        )


class Ranked(NamedTuple):
    """One place in a ranking.

    Attributes:
        deployment: Name of the candidate.
        score: Why it stands there; lower is better. Explains the order, does not make it.
        propensity: How likely the strategy was to put it first, above 0, at most 1, where it draws
            by `RoutingRequest.seed` and tells. The ledger keeps it for off-policy estimates.
    """

    deployment: str
    score: float
    propensity: float | None = None

    @classmethod
    def by_score(cls, order: Iterable[tuple[float, str]]) -> list[Ranked]:
        """Make a ranking of scores and names that are in order."""
        make = tuple.__new__  # half the time of the class itself, and there may be many
        return [make(cls, (name, score, None)) for score, name in order]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt.

    Attributes:
        request: What the strategy was asked.
        deployment: Who was called.
        duration_s: How long the whole call took, in seconds.
        first_token_s: How long the first piece of a stream took, or None.
        usage: Tokens used.
        cost_nanousd: What they cost, in billionths of a US dollar.
        error: Class of the error, or the empty string.
    """

    request: RoutingRequest
    deployment: str
    duration_s: float
    first_token_s: float | None
    usage: Usage
    cost_nanousd: int
    error: str = ""


class RoutingStrategy(Protocol):
    """Order the deployments that may serve a request, best first.

    A strategy only thinks: no I/O, no clock, no globals. The router does the filtering before it
    and the waiting, retrying and falling back after it. What it does not say itself a strategy
    cannot get wrong: deployments that are open-circuited, over budget or unable are never shown.

    A strategy that learns has a second method, see `ObservingStrategy`.
    `quantumlayer.testing.check_strategy` checks the rules below.
    """

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Rank candidates in the order to try them; leave one out to veto it.

        The same request and candidates give the same ranking as long as nothing was observed in
        between. Every name is a candidate's, none stands twice, every score is a finite number.
        """
        ...


class ObservingStrategy(RoutingStrategy, Protocol):
    """A strategy that learns from what came of its rankings."""

    def observe(self, outcome: Outcome) -> None:
        """Take note of one attempt, right after it ended; called on the event loop."""
        ...
