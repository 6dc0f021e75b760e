"""A deployment and what the router has learned of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._breaker import BreakerPolicy, CircuitBreaker
from quantumlayer.router._call import Operation
from quantumlayer.router._card import ModelCard
from quantumlayer.router._catalog import Catalog
from quantumlayer.router._clock import Clock
from quantumlayer.router._limits import Headroom, Limiter, Limits
from quantumlayer.router._provider import Provider
from quantumlayer.router._strategy import Candidate
from quantumlayer.router.strategies._latency import DECAY_S

__all__ = ["Deployment", "deployment_name"]

# A failure is not a fast answer: it counts as twice the latest average and at least a second, so
# that a strategy that looks for speed turns away; at most a minute, so that it comes back.
_FAILURE_FLOOR_S = 1.0
_FAILURE_CAP_S = 60.0

# What the mean of earlier answers weighs beside the latest one: some ten of them count.
_REMEMBERED = 0.9


@dataclass(frozen=True, slots=True)
class Labels:
    """What telemetry says of calls of one kind to one deployment.

    Attributes:
        span: Name of a call's span.
        call: Attributes of its span and its duration.
        input: Attributes of the number of tokens it read.
        output: Attributes of the number of tokens it wrote.
    """

    span: str
    call: Mapping[str, str]
    input: Mapping[str, str]
    output: Mapping[str, str]

    @classmethod
    def of(cls, provider: Provider, operation: Operation) -> Labels:
        """The labels of a provider's calls."""
        call = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider.provider,
            "gen_ai.request.model": provider.model,
        }
        kind = "gen_ai.token.type"
        span = f"{operation} {provider.model}"
        return cls(span, call, {**call, kind: "input"}, {**call, kind: "output"})


class Deployment:
    """A provider with its card, its circuit breaker, its limits and its latency.

    Attributes:
        provider: Who is called.
        name: What it is called in routes, budgets and errors.
        card: What is known of its model.
        breaker: Its circuit.
        limiter: Its rate limits.
        in_flight: How many calls are under way.
        kind: Which of the fleet's kinds of models it is; set by the fleet.
        changed: Where it puts its name when something about it has changed; given by the fleet.
        is_watched: Whether it may refuse a call now: it has limits, rests, or its circuit is not
            closed. Where it is not, nobody needs to ask for its `refusal`.
    """

    def __init__(
        self,
        provider: Provider,
        name: str,
        *,
        catalog: Catalog,
        breaker: BreakerPolicy,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self.provider = provider
        self.name = name
        self.card = (
            getattr(provider, "card", None)
            or catalog.find(provider.provider, provider.model)
            or ModelCard()
        )
        self.breaker = CircuitBreaker(breaker, clock.monotonic)
        self.limiter = Limiter(limits, clock.monotonic)
        self.in_flight = 0
        self.kind = 0
        self.changed: set[str] = set()
        self._limits = limits
        self._is_limited = self.is_watched = limits != Limits()
        self._said: Headroom | None = None
        self.labels: Mapping[Operation, Labels] = {
            operation: Labels.of(provider, operation) for operation in get_args(Operation)
        }
        self._now = clock.monotonic
        self._resting_until = -math.inf
        self._latency_s: float | None = None
        self._latency_at_s = 0.0
        self._first_token_s: float | None = None
        self._token_s: float | None = None
        self._thought_tokens = 0.0

    def candidate(self) -> Candidate:
        """The deployment as a strategy sees it at this moment."""
        card = self.card
        return Candidate(
            self.name,
            self.provider.provider,
            self.provider.model,
            card.price,
            card.max_input_tokens,
            card.max_output_tokens,
            card.capabilities,
            card.quality,
            self.breaker.state,
            self._latency_s,
            self._latency_at_s,
            self._first_token_s,
            self._token_s,
            self.in_flight,
            *(self.limiter.left() if self._is_limited else (None, None)),
            round(self._thought_tokens),
        )

    def begin(self, tokens: int) -> int | None:
        """Admit a call: a ticket for `end`, or None where circuit or limits admit none.

        Args:
            tokens: How many it is going to read and write, by estimate.
        """
        if self._is_limited and self.is_busy(tokens):
            return None
        ticket = self.breaker.enter()
        if ticket is not None:
            self.in_flight += 1
            self.changed.add(self.name)
            if self._is_limited:
                self.limiter.take(tokens)
        return ticket

    def end(
        self, ticket: int, *, tokens: tuple[int, int], failed: bool | None, duration_s: float
    ) -> None:
        """Take a call's end in.

        Args:
            ticket: What `begin` gave.
            tokens: How many it was expected to read and write, and how many it has.
            failed: Whether the deployment failed; None where the call was given up before that.
            duration_s: How long it took.
        """
        self.in_flight -= 1
        self.changed.add(self.name)
        self._count(*tokens)
        self.breaker.leave(ticket, failed=failed)
        if failed or self.is_watched:
            sound = self.breaker.state == "closed" and not self.rest_s
            self.is_watched = self._is_limited or not sound
        before = self._latency_s or 0.0
        if failed:
            floor_s = max(2 * before, duration_s, _FAILURE_FLOOR_S)
            self._learn_latency(min(floor_s, _FAILURE_CAP_S))
        elif failed is not None or duration_s > before:
            self._learn_latency(duration_s)

    def learn_stream(self, *, first_token_s: float, token_s: float | None) -> None:
        """Take the pace of a finished stream in."""
        weight = self._weight()
        self._first_token_s = _mean(self._first_token_s, first_token_s, weight)
        if token_s is not None:
            self._token_s = _mean(self._token_s, token_s, weight)
        self.changed.add(self.name)

    def learn_thought(self, tokens: int) -> None:
        """Take in how much the model has thought before an answer."""
        if tokens or self._thought_tokens:
            before = self._thought_tokens or float(tokens)
            self._thought_tokens = _mean(before, tokens, _REMEMBERED)
            self.changed.add(self.name)

    def rest(self, wait_s: float) -> None:
        """Leave the deployment alone for so long, because it asked for it."""
        self._resting_until = max(self._resting_until, self._now() + wait_s)
        self.is_watched = True
        self.changed.add(self.name)

    @property
    def is_full(self) -> bool:
        """Whether as many calls are under way as may be at once."""
        return self._limits.concurrent is not None and self.in_flight >= self._limits.concurrent

    def is_busy(self, tokens: int) -> bool:
        """Whether a call of so many tokens has to wait for a place or for its rate."""
        return self._is_limited and (self.is_full or self.limiter.wait_s(tokens) > 0)

    def place_s(self, ahead: int) -> float:
        """When a place is going to be free for who has so many before him; 0 where unknown."""
        return (self._latency_s or 0.0) * ahead / (self._limits.concurrent or 1)

    def wait_s(self, tokens: int) -> float:
        """How long until it may take a call of so many tokens that it refuses now, if known."""
        place_s = self.place_s(1) if self.is_full else 0.0
        return max(self.breaker.wait_s, self.rest_s, self.limiter.wait_s(tokens), place_s)

    @property
    def pause(self) -> str:
        """Why nobody is to call the deployment now, or the empty string."""
        reason = self.breaker.refusal
        if not reason and self._resting_until != -math.inf and self.rest_s > 0:
            reason = f"it has asked for a pause of another {self.rest_s:.1f} s"
        return reason

    def refusal(self, tokens: int) -> str:
        """Why the deployment takes no call of so many tokens now, or the empty string."""
        reason = self.pause
        if reason or not self._is_limited:
            return reason
        if self.is_full:
            return f"all its {self._limits.concurrent} places are taken"
        wait_s = self.limiter.wait_s(tokens)
        return f"its rate limit has room again in {wait_s:.1f} s" if wait_s else ""

    @property
    def rest_s(self) -> float:
        """How long it still wants to be left alone; 0 where it does not."""
        return max(0.0, self._resting_until - self._now())

    def _count(self, expected: int, used: int) -> None:
        """Put the tokens right, and believe what the provider has said of its limits since."""
        if self._is_limited:
            self.limiter.correct(expected, used)
        said = getattr(self.provider, "headroom", None)
        if said is not self._said and isinstance(said, Headroom):
            self._said = said
            self.limiter.learn(said)
            self._is_limited = self.is_watched = True

    def _learn_latency(self, sample_s: float) -> None:
        """Peak-EWMA: a rise counts at once, a fall by and by. Source: Finagle's `p2c.PeakEwma`."""
        before = self._latency_s
        peak = before is None or sample_s >= before
        self._latency_s = sample_s if peak else _mean(before, sample_s, self._weight())
        self._latency_at_s = self._now()

    def _weight(self) -> float:
        """What the past still weighs, by the time since the latest answer."""
        return math.exp(-max(0.0, self._now() - self._latency_at_s) / DECAY_S)


def _mean(before: float | None, sample: float, weight: float) -> float:
    return sample if before is None else before * weight + sample * (1 - weight)


def deployment_name(provider: Provider) -> str:
    """What a provider's deployment is called.

    Raises:
        RouterConfigError: The provider has no usable name.
    """
    parts = (getattr(provider, "provider", None), getattr(provider, "model", None))
    if not all(isinstance(part, str) and part for part in parts):
        raise RouterConfigError(
            f"{type(provider).__qualname__!r} is no provider: its attributes `provider` and "
            "`model` have to name who serves which model."
        )
    return str(getattr(provider, "name", None) or "/".join(map(str, parts)))
