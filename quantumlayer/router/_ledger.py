"""What every attempt cost, kept in memory."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Self

from quantumlayer.errors import LabError
from quantumlayer.messages import Attempt, Usage
from quantumlayer.router._strategy import Ranked, RoutingRequest

__all__ = ["Decision", "Ledger", "LedgerEntry", "Totals"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom a strategy that draws put first for a request, and how likely that was.

    Attributes:
        chosen: Name of the deployment.
        propensities: How likely each ranked deployment was to be put first, by its name.
        prompt_tokens: Estimated length of the prompt.
        output_tokens: Expected length of the answer.
        digest: SHA-256 of the user's messages, in hexadecimal: the same for the same prompt.
        prompt: The text of these messages, where the ledger keeps prompts, else None.
    """

    chosen: str
    propensities: Mapping[str, float]
    prompt_tokens: int
    output_tokens: int
    digest: str
    prompt: str | None = None

    @classmethod
    def of(cls, request: RoutingRequest, ranking: Sequence[Ranked], *, prompt: bool) -> Self:
        """Note a ranking; with `prompt` also the words."""
        text = request.model_request.user_text
        told = (each for each in ranking if each.propensity is not None)
        return cls(
            ranking[0].deployment,
            {each.deployment: each.propensity for each in told if each.propensity is not None},
            request.prompt_tokens,
            request.output_tokens,
            sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            text if prompt else None,
        )


class LedgerEntry(NamedTuple):
    """One attempt, as it is kept.

    Attributes:
        unix_s: When it ended, in seconds since 1970-01-01 UTC.
        agent: Who asked, or None.
        attempt: What was called, for how long, at what cost.
        request: Which request it was for; `reply.route.request` has the same.
        decision: With the first attempt of a request whose first place was drawn, the draw.
    """

    unix_s: float
    agent: str | None
    attempt: Attempt
    request: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Exact sums over all attempts at one deployment.

    Attributes:
        attempts: How many there were; what came from the cache is none.
        failures: How many of them failed, cancelled ones included.
        usage: Tokens by class.
        cost_nanousd: In billionths of a US dollar.
        hedges: How many of the attempts were second calls beside a slow first one.
        cached: How many answers of this deployment were given again from the cache.
    """

    attempts: int = 0
    failures: int = 0
    usage: Usage = Usage()
    cost_nanousd: int = 0
    hedges: int = 0
    cached: int = 0


class Ledger:
    """Every attempt of a router, once: answered, failed, cancelled, outrun or cut.

    Answers that were given again from the cache are entered too, at no cost.

    The sums are exact and cover everything; of the attempts themselves the latest are kept.

    Args:
        keep: How many.
        prompts: Whether the prompts of requests whose first place was drawn are kept as well, for
            off-policy estimates of strategies that read them. They are in memory and in what
            `write` writes, so treat both as you treat what your users say.

    Attributes:
        keeps_prompts: As given.
    """

    def __init__(self, *, keep: int = 10_000, prompts: bool = False) -> None:
        self.keeps_prompts = prompts
        self._entries: deque[LedgerEntry] = deque(maxlen=keep)
        self._rewards: dict[str, float | None] = {}
        self._sums: dict[str, list[int]] = {}
        self._estimated: set[str] = set()

    def record(self, entry: LedgerEntry) -> None:
        """Enter one attempt."""
        attempt = entry.attempt
        usage = attempt.usage
        if len(self._entries) == self._entries.maxlen and self._entries:
            self._rewards.pop(self._entries[0].request, None)
        if entry.decision is not None and self._entries.maxlen:
            self._rewards[entry.request] = None
        self._entries.append(entry)
        sums = self._sums.get(attempt.deployment)
        if sums is None:
            sums = self._sums[attempt.deployment] = [0] * 10
        sums[0] += attempt.kind != "cache"
        sums[8] += attempt.kind == "hedge"
        sums[9] += attempt.kind == "cache"
        sums[1] += bool(attempt.error)
        sums[2] += usage.input_tokens
        sums[3] += usage.cache_read_tokens
        sums[4] += usage.cache_write_tokens
        sums[5] += usage.output_tokens
        sums[6] += usage.reasoning_tokens
        sums[7] += attempt.cost_nanousd
        if usage.estimated:
            self._estimated.add(attempt.deployment)

    def reward(self, request: str, value: float) -> None:
        """Note what the answer to a request was worth, as its user or a test has found out.

        Args:
            request: `reply.route.request`.
            value: From 0 to 1.

        Raises:
            LabError: It is no such value, or the ledger does not know the request: its first place
                was not drawn, or it is not among those kept any more.
        """
        if not 0 <= value <= 1:
            raise LabError(f"{value!r} is no reward: give a number from 0 to 1.")
        if request not in self._rewards:
            raise LabError(
                f"No request {request!r} with a drawn first place is kept: route with "
                "`Exploring(strategy)`, and give the router a `Ledger(keep=…)` that keeps enough."
            )
        self._rewards[request] = float(value)

    def rows(self) -> Iterator[dict[str, object]]:
        """The latest attempts as values that JSON carries, oldest first; see `write`."""
        for entry in self._entries:
            attempt = asdict(entry.attempt)
            decision = entry.decision and asdict(entry.decision)
            if decision:
                decision["reward"] = self._rewards.get(entry.request)
            yield {
                "request": entry.request,
                "unix_s": entry.unix_s,
                "agent": entry.agent,
                **attempt,
                "decision": decision,
            }

    def write(self, path: str | Path) -> None:
        """Write the latest attempts into a file: one JSON object a line, oldest first.

        Each has `request`, `unix_s`, `agent`, the fields of `Attempt`, and `decision`: null, or the
        fields of `Decision` and the `reward`. `quantumlayer.router.lab.read_ledger` reads it.

        Raises:
            OSError: The file cannot be written.
        """
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in self.rows())

    @property
    def entries(self) -> Sequence[LedgerEntry]:
        """The latest attempts, oldest first."""
        return tuple(self._entries)

    @property
    def totals(self) -> Mapping[str, Totals]:
        """The sums by deployment."""
        return {
            name: Totals(sums[0], sums[1], self._usage(name), *sums[7:])
            for name, sums in self._sums.items()
        }

    def _usage(self, name: str) -> Usage:
        fresh, read, written, answer, thought = self._sums[name][2:7]
        return Usage(fresh, read, written, answer, thought, estimated=name in self._estimated)

    @property
    def cost_nanousd(self) -> int:
        """What everything has cost, in billionths of a US dollar."""
        return sum(sums[7] for sums in self._sums.values())
