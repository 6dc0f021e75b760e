"""How often a request is tried, and how long is waited in between."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from quantumlayer.errors import RouterConfigError

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is tried, and how long is waited in between.

    In one round every deployment of the ranking gets one attempt, without waiting, until one
    answers. Only when all have failed, and a failure is of the kind that may pass, the router waits
    and starts another round with what may still succeed. The wait is a random time below a ceiling
    that doubles with each round; a provider's own `Retry-After` goes before it. Neither outlasts
    the caller's deadline: where the wait does not fit, the error comes at once.

    Args:
        rounds: Most rounds of one request; 1 never waits.
        base_s: Ceiling of the first wait, in seconds.
        cap_s: Highest ceiling, in seconds.
        retry_after_cap_s: Longest wait a provider may ask for, in seconds; beyond it the request
            fails instead.
        attempt_s: Longest time for one attempt, in seconds, after which the next deployment has its
            turn; for a stream the time to its first event. None: as long as the caller waits.
        stall_s: Longest silence within a stream, in seconds, after which it counts as broken. None:
            as long as the caller waits, because a model may think for minutes between two words.
        continuations: How often a stream that broke after its first event is gone on with, by a
            deployment whose card has the capability `continuation`; 0: never.

    Source: "full jitter" of the AWS Architecture Blog, "Exponential Backoff and Jitter" (2015); the
    defaults are those of OpenAI's Python client.
    """

    rounds: int = 3
    base_s: float = 0.5
    cap_s: float = 8.0
    retry_after_cap_s: float = 60.0
    attempt_s: float | None = None
    stall_s: float | None = None
    continuations: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise RouterConfigError(f"rounds={self.rounds!r}: one round is the least.")
        waits = (self.base_s, self.cap_s, self.retry_after_cap_s)
        if not all(0 <= wait < math.inf for wait in waits):
            raise RouterConfigError(f"The waits {waits!r} have to be zero or more seconds.")
        if self.attempt_s is not None and not 0 < self.attempt_s < math.inf:
            raise RouterConfigError(f"attempt_s={self.attempt_s!r} leaves no time for an answer.")
        if self.stall_s is not None and not 0 < self.stall_s < math.inf:
            raise RouterConfigError(f"stall_s={self.stall_s!r} leaves no time for the next word.")
        if self.continuations < 0:
            raise RouterConfigError(f"continuations={self.continuations!r}: none is the least.")

    def wait_s(self, rounds_done: int, random: Random) -> float:
        """Draw the wait after so many rounds, in seconds."""
        return random.uniform(0, min(self.cap_s, self.base_s * 2 ** min(rounds_done - 1, 60)))
