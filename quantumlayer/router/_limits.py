"""What a deployment is asked to bear: calls at once, requests and tokens a minute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from quantumlayer.errors import RouterConfigError

__all__ = ["Limiter", "Limits"]

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


class Limiter:
    """Counts the requests and tokens of one deployment.

    Args:
        limits: How many there may be.
        now: The time in seconds; must not run backwards.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._requests = _bucket(limits.requests_per_minute, now)
        self._tokens = _bucket(limits.tokens_per_minute, now)

    def wait_s(self, tokens: int, *, calls_ahead: int = 0, tokens_ahead: int = 0) -> float:
        """How long until a call of so many tokens may begin; 0 where it may now.

        Args:
            tokens: Estimated tokens of the call.
            calls_ahead: How many calls have to begin before it.
            tokens_ahead: Their tokens.
        """
        waits = 0.0
        if self._requests is not None:
            waits = self._requests.wait_s(1, ahead=calls_ahead)
        if self._tokens is not None:
            waits = max(waits, self._tokens.wait_s(tokens, ahead=tokens_ahead))
        return waits

    def take(self, tokens: int) -> None:
        """Count a call that begins."""
        if self._requests is not None:
            self._requests.level -= 1
        if self._tokens is not None:
            self._tokens.level -= tokens

    def correct(self, estimated: int, used: int) -> None:
        """Put the tokens of a call that has ended right."""
        if self._tokens is not None:
            self._tokens.level += estimated - used


class _Bucket:
    """Fills steadily up to a minute's worth; may be overdrawn."""

    def __init__(self, per_minute: float, now: Callable[[], float]) -> None:
        self._most = per_minute
        self._now = now
        self._at_s = now()
        self._level = per_minute

    @property
    def level(self) -> float:
        now_s = self._now()
        filled = self._level + (now_s - self._at_s) * self._most / _MINUTE_S
        self._level, self._at_s = min(self._most, filled), now_s
        return self._level

    @level.setter
    def level(self, level: float) -> None:
        self._level = min(self._most, level)

    def wait_s(self, need: float, *, ahead: float) -> float:
        # Who needs more than ever fits waits until the bucket is full, and overdraws it.
        missing = min(need, self._most) + ahead - self.level
        return max(0.0, missing) * _MINUTE_S / self._most


def _bucket(per_minute: float | None, now: Callable[[], float]) -> _Bucket | None:
    return None if per_minute is None else _Bucket(per_minute, now)
