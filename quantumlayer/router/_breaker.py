"""The circuit breaker: stop asking a deployment that fails, then ask it once."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from quantumlayer.errors import RouterConfigError
from quantumlayer.router._strategy import BreakerState

__all__ = ["BreakerPolicy", "CircuitBreaker"]

# The window slides in this many steps, so that its memory does not grow with the traffic.
_STEPS = 10


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a deployment is left alone, and for how long.

    Args:
        failure_ratio: Share of failures in the window that opens the circuit, above 0, at most 1.
        min_calls: Calls in the window below which it never opens.
        window_s: Length of the sliding window, in seconds.
        open_s: How long the circuit stays open before one probe is let through, in seconds.

    Source of the defaults: Resilience4j opens at half the calls, Polly samples 30 s, Envoy's
    outlier detection ejects after 5 failures for 30 s.
    """

    failure_ratio: float = 0.5
    min_calls: int = 5
    window_s: float = 30.0
    open_s: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.failure_ratio <= 1:
            raise RouterConfigError(
                f"failure_ratio={self.failure_ratio!r} is no share: give more than 0, at most 1."
            )
        if self.min_calls < 1:
            raise RouterConfigError(f"min_calls={self.min_calls!r}: one call is the least.")
        if not (0 < self.window_s < math.inf and 0 < self.open_s < math.inf):
            raise RouterConfigError(
                f"window_s={self.window_s!r} and open_s={self.open_s!r} have to be seconds above 0."
            )


class CircuitBreaker:
    """Closed, open or half-open, by the share of failures among the latest calls.

    Every call takes a ticket with `enter` and gives it back with `leave`. A ticket belongs to the
    era it was taken in: a call that began before the circuit opened and ends after it changes
    nothing any more. Half-open admits exactly one call at a time, the probe.

    Args:
        policy: When to open and for how long.
        now: The time in seconds; must not run backwards.
    """

    def __init__(self, policy: BreakerPolicy, now: Callable[[], float]) -> None:
        self._policy = policy
        self._now = now
        self._era = 0
        self._open_until: float | None = None
        self._probing = False
        self._window = _Window(policy.window_s)

    @property
    def state(self) -> BreakerState:
        """Where the circuit stands now."""
        if self._open_until is None:
            return "closed"
        return "half_open" if self._now() >= self._open_until else "open"

    @property
    def refusal(self) -> str:
        """Why no call would be admitted now, or the empty string."""
        if self._open_until is None:
            return ""
        wait_s = self._open_until - self._now()
        if wait_s > 0:
            return f"its circuit is open for another {wait_s:.1f} s"
        return "its circuit is half-open and a probe is under way" if self._probing else ""

    @property
    def wait_s(self) -> float:
        """How long until a call may be admitted; 0 where one may now, or the probe has to end."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._now())

    def enter(self) -> int | None:
        """Take a ticket for a call, or None where the circuit admits none."""
        if self._open_until is not None:
            if self._probing or self._now() < self._open_until:
                return None
            self._probing = True
        return self._era

    def leave(self, ticket: int, *, failed: bool | None) -> None:
        """Give a ticket back.

        Args:
            ticket: What `enter` gave.
            failed: Whether the deployment failed; None where the call was given up before that
                could be told.
        """
        if ticket != self._era:
            return
        if self._open_until is not None:
            self._probing = False
            if failed is not None:
                self._turn(open_until=self._now() + self._policy.open_s if failed else None)
        elif failed is not None:
            window = self._window
            window.add(self._now(), failed=failed)
            due = window.calls >= self._policy.min_calls
            if failed and due and window.failures >= self._policy.failure_ratio * window.calls:
                self._turn(open_until=self._now() + self._policy.open_s)

    def _turn(self, *, open_until: float | None) -> None:
        self._era += 1
        self._open_until = open_until
        self._window = _Window(self._policy.window_s)


class _Window:
    """Calls and failures of the latest seconds, counted in steps."""

    def __init__(self, window_s: float) -> None:
        self._step_s = window_s / _STEPS
        self._steps: deque[list[int]] = deque()  # [step, calls, failures], oldest first
        self.calls = 0
        self.failures = 0

    def add(self, now: float, *, failed: bool) -> None:
        step = int(now / self._step_s)
        steps = self._steps
        while steps and steps[0][0] <= step - _STEPS:
            _, calls, failures = steps.popleft()
            self.calls -= calls
            self.failures -= failures
        if not steps or steps[-1][0] != step:
            steps.append([step, 0, 0])
        steps[-1][1] += 1
        steps[-1][2] += failed
        self.calls += 1
        self.failures += failed
