"""Budgets: reserve before a call, settle after it."""

from __future__ import annotations

import math
import time
from calendar import timegm
from collections.abc import Sequence
from threading import Lock
from typing import Literal

from quantumlayer.errors import BudgetExceededError, RouterConfigError
from quantumlayer.messages import NANO_PER_USD

__all__ = ["Budget", "Period", "Reservation", "reserve_all"]

Period = Literal["minute", "hour", "day", "month"]

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = 12


class Budget:
    """An amount of money that calls may cost together.

    Before a call the most that it can cost is set aside, afterwards what it did cost is taken and
    the rest comes back. So calls that run at the same time cannot overspend together. A call that
    costs more than was set aside (a provider that ignores the output limit) is taken in full, and
    the budget refuses what comes next.

    One budget may be given to several routers and threads; they share it then.

    Args:
        usd: The amount, in US dollars.
        per: What it renews with: the minute, hour, day or month in UTC; None: never. A call
            belongs to the period in which it began.
        tenant: Whose calls it is for, the empty string for those of no tenant; None: everybody's.
        agent: Which agent's calls it is for, by `ModelRequest.agent`; None: whoever's.
        name: What errors call it.

    Attributes:
        tenant: As given.
        agent: As given.

    Raises:
        RouterConfigError: The amount is negative or no number, or the period is unknown.
    """

    def __init__(
        self,
        *,
        usd: float,
        per: Period | None = None,
        tenant: str | None = None,
        agent: str | None = None,
        name: str = "budget",
    ) -> None:
        if not 0 <= usd < math.inf:
            raise RouterConfigError(f"Budget(usd={usd!r}) is no amount: give zero or more dollars.")
        if per is not None and per != "month" and per not in _SECONDS:
            raise RouterConfigError(
                f"Budget(per={per!r}) is no period: take 'minute', 'hour', 'day', 'month' or None."
            )
        self.name = name
        self.tenant = tenant
        self.agent = agent
        self.limit_nanousd = round(usd * NANO_PER_USD)
        self._per = per
        self._lock = Lock()
        self._renews_s = math.inf if per is None else -math.inf
        self._spent = 0
        self._reserved = 0

    def __repr__(self) -> str:
        usd, whose = self.limit_nanousd / NANO_PER_USD, ""
        if self.tenant is not None:
            whose += f"tenant={self.tenant!r}, "
        if self.agent is not None:
            whose += f"agent={self.agent!r}, "
        return f"Budget(usd={usd!r}, per={self._per!r}, {whose}name={self.name!r})"

    def is_for(self, *, tenant: str, agent: str | None) -> bool:
        """Whether it is for the calls that this agent makes for this tenant."""
        tenants, agents = self.tenant, self.agent
        return (tenants is None or tenants == tenant) and (agents is None or agents == agent)

    def spent_nanousd(self, *, unix_s: float) -> int:
        """What calls that began in this period have cost, in billionths of a US dollar."""
        with self._lock:
            self._turn(unix_s)
            return self._spent

    def left_nanousd(self, *, unix_s: float) -> int:
        """What is neither spent nor set aside; below zero after a call cost more than it could."""
        with self._lock:
            self._turn(unix_s)
            return self.limit_nanousd - self._spent - self._reserved

    def reserve(self, cost_nanousd: int, *, unix_s: float) -> Reservation:
        """Set the most that a call can cost aside.

        Args:
            cost_nanousd: That cost, in billionths of a US dollar.
            unix_s: The time, in seconds since 1970-01-01 UTC.

        Raises:
            BudgetExceededError: There is not so much left.
        """
        with self._lock:
            self._turn(unix_s)
            left = self.limit_nanousd - self._spent - self._reserved
            if cost_nanousd > left:
                raise BudgetExceededError(
                    self.name, cost_nanousd / NANO_PER_USD, left / NANO_PER_USD
                )
            self._reserved += cost_nanousd
            return Reservation(self, self._renews_s, cost_nanousd)

    def _settle(self, renews_s: float, reserved: int, cost: int) -> None:
        with self._lock:
            if renews_s == self._renews_s:
                self._reserved -= reserved
                self._spent += cost

    def _turn(self, unix_s: float) -> None:
        """Begin a new period when its time has come; a clock that is set back begins none."""
        if unix_s >= self._renews_s:
            self._renews_s, self._spent, self._reserved = self._end_s(unix_s), 0, 0

    def _end_s(self, unix_s: float) -> float:
        """When the period ends that this time is in."""
        if self._per == "month":
            date = time.gmtime(unix_s)
            years, month = divmod(date.tm_mon, _MONTHS)
            return timegm((date.tm_year + years, month + 1, 1, 0, 0, 0))
        length_s = _SECONDS[str(self._per)]
        return (unix_s // length_s + 1) * length_s


class Reservation:
    """Money set aside for one call."""

    __slots__ = ("_budget", "_cost", "_open", "_renews_s")

    def __init__(self, budget: Budget, renews_s: float, cost_nanousd: int) -> None:
        self._budget = budget
        self._renews_s = renews_s
        self._cost = cost_nanousd
        self._open = True

    def settle(self, cost_nanousd: int) -> None:
        """Take what the call did cost and give the rest back. Settling again does nothing."""
        if self._open:
            self._open = False
            self._budget._settle(self._renews_s, self._cost, cost_nanousd)  # noqa: SLF001 -- its other half


def reserve_all(
    budgets: Sequence[Budget], cost_nanousd: int, *, unix_s: float
) -> Sequence[Reservation]:
    """Reserve in every budget or in none.

    Raises:
        BudgetExceededError: One of them has not so much left.
    """
    reservations: list[Reservation] = []
    try:
        for budget in budgets:
            reservations.append(budget.reserve(cost_nanousd, unix_s=unix_s))  # noqa: PERF401 -- undone below
    except BudgetExceededError:
        for reservation in reservations:
            reservation.settle(0)
        raise
    return reservations
