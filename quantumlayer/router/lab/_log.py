"""What a router's ledger tells of requests whose first place was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quantumlayer.errors import LabError
from quantumlayer.messages import NANO_PER_USD
from quantumlayer.router._card import ModelCard, Price
from quantumlayer.router._ledger import Ledger
from quantumlayer.router.lab._tables import read_objects

__all__ = ["Log", "Logged", "read_ledger"]

_Share = Annotated[float, Field(gt=0, le=1)]
_Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Logged:
    """One request whose first place was drawn, and what came of it.

    Attributes:
        request: Its id in the ledger.
        chosen: The deployment that was put first.
        propensities: How likely each ranked deployment was to be put first, by its name.
        prompt_tokens: Estimated length of the prompt.
        output_tokens: Expected length of the answer.
        prompt: The text of the user's messages, or None where the ledger kept none.
        reward: What the answer was worth, from 0 to 1; 0 where there was none.
        cost_usd: What all attempts cost, in US dollars.
    """

    request: str
    chosen: str
    propensities: Mapping[str, float]
    prompt_tokens: int
    output_tokens: int
    prompt: str | None
    reward: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Log:
    """Requests whose first place was drawn and whose reward is known.

    Attributes:
        requests: In the order of the ledger.
        cards: What each deployment charged in the log for a prompt's token, as a price.
        unrewarded: How many were answered and have no reward; they are left out, so whether a
            reward is given must not depend on how good the answer was.
    """

    requests: Sequence[Logged]
    cards: Mapping[str, ModelCard]
    unrewarded: int

    @classmethod
    def of(cls, ledger: Ledger) -> Self:
        """Take what a router's ledger holds now.

        Raises:
            LabError: No request has a drawn first place and a reward.
        """
        lines = [_Line.model_validate(row) for row in ledger.rows()]
        return cls(*_sorted_out(lines, "The ledger"))


def read_ledger(path: str | Path) -> Log:
    """Read a ledger that `Ledger.write` has written; rewards may have been added to the file.

    Raises:
        LabError: The file cannot be used; the message names the line.
    """
    path = Path(path)
    lines = []
    for number, row in read_objects(path):
        try:
            lines.append(_Line.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise LabError(
                f"{str(path)!r}, row {number}, {where or 'decision'!r}: {first['msg']}. Take the "
                "file as `Ledger.write` has written it."
            ) from error
    return Log(*_sorted_out(lines, repr(str(path))))


class _Usage(BaseModel):
    input_tokens: _Count = 0
    cache_read_tokens: _Count = 0
    cache_write_tokens: _Count = 0

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


class _Decision(BaseModel):
    model_config = ConfigDict(strict=True)

    chosen: str
    propensities: dict[str, _Share]
    prompt_tokens: _Count
    output_tokens: _Count
    prompt: str | None = None
    reward: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _chosen_is_known(self) -> Self:
        if self.chosen not in self.propensities:
            raise ValueError(f"the chosen {self.chosen!r} has no propensity")
        return self


class _Line(BaseModel):
    """One attempt in a ledger's file."""

    request: str
    deployment: str
    error: str = ""
    usage: _Usage
    cost_nanousd: _Count
    decision: _Decision | None = None


def _sorted_out(
    lines: Sequence[_Line], source: str
) -> tuple[list[Logged], dict[str, ModelCard], int]:
    """What is known of all requests, what was charged, and how many have no reward."""
    attempts: dict[str, list[_Line]] = {}
    for line in lines:
        attempts.setdefault(line.request, []).append(line)
    found = [_logged(name, tries) for name, tries in attempts.items()]
    known = [each for each in found if isinstance(each, Logged)]
    if not known:
        raise LabError(
            f"{source} has no request with a drawn first place and a reward: route with "
            "`Exploring(strategy)` and tell `Ledger.reward` what answers were worth."
        )
    return known, _cards(lines), found.count("unrewarded")


def _logged(name: str, tries: Sequence[_Line]) -> Logged | str:
    """What is known of a request, or why it tells nothing."""
    decision = next((line.decision for line in tries if line.decision), None)
    if decision is None:
        return "not drawn"
    reward = decision.reward
    if reward is None:
        if not all(line.error for line in tries):
            return "unrewarded"
        reward = 0.0
    return Logged(
        name,
        decision.chosen,
        decision.propensities,
        decision.prompt_tokens,
        decision.output_tokens,
        decision.prompt,
        reward,
        sum(line.cost_nanousd for line in tries) / NANO_PER_USD,
    )


def _cards(lines: Iterable[_Line]) -> dict[str, ModelCard]:
    """Prices that make the costs of the answers out of their prompts' tokens."""
    sums: dict[str, tuple[int, int]] = {}
    for line in lines:
        if not line.error:
            tokens, cost = sums.get(line.deployment, (0, 0))
            sums[line.deployment] = (tokens + line.usage.prompt_tokens, cost + line.cost_nanousd)
    return {
        name: ModelCard(price=Price(input=round(cost * 1_000_000 / max(1, tokens))))
        for name, (tokens, cost) in sums.items()
    }
