"""What every attempt cost, kept in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantumlayer.messages import Attempt, Usage

__all__ = ["Ledger", "LedgerEntry", "Totals"]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One attempt, as it is kept.

    Attributes:
        unix_s: When it ended, in seconds since 1970-01-01 UTC.
        agent: Who asked, or None.
        attempt: What was called, for how long, at what cost.
    """

    unix_s: float
    agent: str | None
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact sums over all attempts at one deployment.

    Attributes:
        attempts: How many there were.
        failures: How many of them failed, cancelled ones included.
        usage: Tokens by class.
        cost_nanousd: In billionths of a US dollar.
    """

    attempts: int = 0
    failures: int = 0
    usage: Usage = Usage()
    cost_nanousd: int = 0


class Ledger:
    """Every attempt of a router, once: answered, failed, cancelled or cut.

    The sums are exact and cover everything; of the attempts themselves the latest are kept.

    Args:
        keep: How many.
    """

    def __init__(self, *, keep: int = 10_000) -> None:
        self._entries: deque[LedgerEntry] = deque(maxlen=keep)
        self._sums: dict[str, list[int]] = {}
        self._estimated: set[str] = set()

    def record(self, entry: LedgerEntry) -> None:
        """Enter one attempt."""
        attempt = entry.attempt
        usage = attempt.usage
        self._entries.append(entry)
        sums = self._sums.get(attempt.deployment)
        if sums is None:
            sums = self._sums[attempt.deployment] = [0] * 8
        sums[0] += 1
        sums[1] += bool(attempt.error)
        sums[2] += usage.input_tokens
        sums[3] += usage.cache_read_tokens
        sums[4] += usage.cache_write_tokens
        sums[5] += usage.output_tokens
        sums[6] += usage.reasoning_tokens
        sums[7] += attempt.cost_nanousd
        if usage.estimated:
            self._estimated.add(attempt.deployment)

    @property
    def entries(self) -> Sequence[LedgerEntry]:
        """The latest attempts, oldest first."""
        return tuple(self._entries)

    @property
    def totals(self) -> Mapping[str, Totals]:
        """The sums by deployment."""
        return {
            name: Totals(sums[0], sums[1], self._usage(name), sums[7])
            for name, sums in self._sums.items()
        }

    def _usage(self, name: str) -> Usage:
        fresh, read, written, answer, thought = self._sums[name][2:7]
        return Usage(fresh, read, written, answer, thought, estimated=name in self._estimated)

    @property
    def cost_nanousd(self) -> int:
        """What everything has cost, in billionths of a US dollar."""
        return sum(sums[-1] for sums in self._sums.values())
