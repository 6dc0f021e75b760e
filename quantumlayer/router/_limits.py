"""What a deployment is asked to bear: calls at once, requests and tokens a minute."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quantumlayer.errors import RouterConfigError

__all__ = ["Allowance", "Headroom", "Limiter", "Limits"]

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one deployment is asked to bear. A call beyond it goes elsewhere, or waits its turn.

    Args:
        concurrent: Most calls under way at once; None: any number.
        requests_per_minute: Most calls that begin in a minute; None: any number.
        tokens_per_minute: Most tokens, read and written, in a minute; None: any number.

    Requests and tokens are counted by token buckets that hold a minute's worth and fill steadily,
    as those of Anthropic do: in any stretch of t seconds at most limit · (1 + t/60) are let
    through. Tokens are set aside by estimate when a call begins and put right when it ends.
    """

    concurrent: int | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None

    def __post_init__(self) -> None:
        if self.concurrent is not None and self.concurrent < 1:
            raise RouterConfigError(f"concurrent={self.concurrent!r} leaves no place for a call.")
        for limit in (self.requests_per_minute, self.tokens_per_minute):
            if limit is not None and not 1 <= limit < math.inf:
                raise RouterConfigError(
                    f"{limit!r} a minute is no limit to work with: give 1 or more, or None."
                )


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a provider says is left of one of its limits.

    Attributes:
        limit: The most there ever is.
        left: What is left of it.
        full_in_s: When all of it is there again, in seconds.
    """

    limit: float
    left: float
    full_in_s: float


@dataclass(frozen=True, slots=True)
class Headroom:
    """What a provider says with an answer about its limits; None where it says nothing."""

    requests: Allowance | None = None
    tokens: Allowance | None = None


class Limiter:
    """Counts the requests and tokens of one deployment.

    Args:
        limits: How many there may be.
        now: The time in seconds; must not run backwards.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._now = now
        self._requests = _buckets(limits.requests_per_minute, now)
        self._tokens = _buckets(limits.tokens_per_minute, now)

    def wait_s(self, tokens: int, *, calls_ahead: int = 0, tokens_ahead: int = 0) -> float:
        """How long until a call of so many tokens may begin; 0 where it may now.

        Args:
            tokens: Estimated tokens of the call.
            calls_ahead: How many calls have to begin before it.
            tokens_ahead: Their tokens.
        """
        waits = [bucket.wait_s(1, ahead=calls_ahead) for bucket in self._requests.values()]
        waits += [bucket.wait_s(tokens, ahead=tokens_ahead) for bucket in self._tokens.values()]
        return max(waits, default=0.0)

    def left(self) -> tuple[float | None, float | None]:
        """How many calls may begin now, and how many tokens they may have; None: any number.

        Below zero where a call has taken more than there was.
        """
        return _least(self._requests), _least(self._tokens)

    def take(self, tokens: int) -> None:
        """Count a call that begins."""
        for bucket in self._requests.values():
            bucket.add(-1)
        for bucket in self._tokens.values():
            bucket.add(-tokens)

    def correct(self, estimated: int, used: int) -> None:
        """Put the tokens of a call that has ended right."""
        for bucket in self._tokens.values():
            bucket.add(estimated - used)

    def learn(self, said: Headroom) -> None:
        """Believe what the provider says: beside the limits given, its own hold."""
        for buckets, allowance in ((self._requests, said.requests), (self._tokens, said.tokens)):
            # What is full tells nothing of how fast it fills; it cannot be short soon either.
            if allowance is not None and allowance.left < allowance.limit and allowance.full_in_s:
                per_s = (allowance.limit - allowance.left) / allowance.full_in_s
                buckets["learned"] = _Bucket(
                    allowance.limit, per_s, self._now, level=allowance.left
                )


class _Bucket:
    """Fills steadily up to its most; may be overdrawn."""

    def __init__(
        self, most: float, per_s: float, now: Callable[[], float], *, level: float
    ) -> None:
        self._most = most
        self._per_s = per_s
        self._now = now
        self._at_s = now()
        self._level = level

    def add(self, amount: float) -> None:
        self._level = min(self._most, self.level() + amount)

    def wait_s(self, need: float, *, ahead: float) -> float:
        # Who needs more than ever fits waits until the bucket is full, and overdraws it.
        missing = min(need, self._most) + ahead - self.level()
        return max(0.0, missing) / self._per_s

    def level(self) -> float:
        now_s = self._now()
        filled = self._level + (now_s - self._at_s) * self._per_s
        self._level, self._at_s = min(self._most, filled), now_s
        return self._level


def _buckets(per_minute: float | None, now: Callable[[], float]) -> dict[str, _Bucket]:
    if per_minute is None:
        return {}
    return {"given": _Bucket(per_minute, per_minute / _MINUTE_S, now, level=per_minute)}


def _least(buckets: Mapping[str, _Bucket]) -> float | None:
    return min((bucket.level() for bucket in buckets.values()), default=None)
