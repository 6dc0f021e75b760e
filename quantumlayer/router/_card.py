"""What is known of a model: price, limits, capabilities, quality."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from quantumlayer.errors import RouterConfigError
from quantumlayer.messages import NANO_PER_USD, Usage

__all__ = ["Capability", "ModelCard", "Price"]

Capability = Literal["tools", "json_schema", "images", "sampling", "continuation", "embeddings"]
"""What a request may need: tools, an output schema, images, or a temperature of its own.

A model with `continuation` goes on with the conversation's last message where that is the
assistant's, instead of answering it. Unlike the others it has to be known: going on with a broken
stream by a model that begins anew would garble it. A model with `embeddings` makes vectors and
answers nothing.
"""

_TO_BE_KNOWN: frozenset[Capability] = frozenset({"continuation"})

_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a model charges, in billionths of a US dollar (nano-dollars) for a million tokens.

    Integers, so that costs and their sums are exact. `Price()` is free.

    Attributes:
        input: Prompt tokens read afresh.
        output: Tokens of the visible answer.
        cache_read: Prompt tokens from the provider's cache; None: as `input`.
        cache_write: Prompt tokens written to it; None: as `input`.
        reasoning: Tokens the model thought with; None: as `output`.
        long: Other prices for long prompts: pairs of a length in tokens and the price of every
            request whose prompt is longer than that.
    """

    input: int = 0
    output: int = 0
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    long: tuple[tuple[int, Price], ...] = ()
    _dearest: tuple[int, int] = field(init=False, repr=False, compare=False, default=(0, 0))

    def __post_init__(self) -> None:
        dearest_in = max(self.input, self.cache_read or 0, self.cache_write or 0)
        object.__setattr__(self, "_dearest", (dearest_in, max(self.output, self.reasoning or 0)))
        rates = (self.input, self.output, self.cache_read, self.cache_write, self.reasoning)
        if any(rate is not None and rate < 0 for rate in rates):
            raise RouterConfigError(f"{self!r} has a negative rate: prices are zero or more.")

    @classmethod
    def usd(
        cls,
        *,
        input_usd: float,
        output_usd: float,
        cache_read_usd: float | None = None,
        cache_write_usd: float | None = None,
        reasoning_usd: float | None = None,
    ) -> Price:
        """Make a price from US dollars for a million tokens, as providers publish them.

        Raises:
            RouterConfigError: A price is negative or no number.
        """
        rates = (input_usd, output_usd, cache_read_usd, cache_write_usd, reasoning_usd)
        if not all(rate is None or math.isfinite(rate) for rate in rates):
            raise RouterConfigError(f"The prices {rates!r} are not all finite numbers.")
        return cls(
            round(input_usd * NANO_PER_USD),
            round(output_usd * NANO_PER_USD),
            _nanousd(cache_read_usd),
            _nanousd(cache_write_usd),
            _nanousd(reasoning_usd),
        )

    def cost_nanousd(self, usage: Usage) -> int:
        """Price one reply in nano-dollars, rounded up once."""
        read, write = usage.cache_read_tokens, usage.cache_write_tokens
        price = self.for_prompt(usage.input_tokens + read + write) if self.long else self
        total = price.input * usage.input_tokens + price.output * usage.output_tokens
        if read:
            total += read * (price.input if price.cache_read is None else price.cache_read)
        if write:
            total += write * (price.input if price.cache_write is None else price.cache_write)
        if usage.reasoning_tokens:
            rate = price.output if price.reasoning is None else price.reasoning
            total += usage.reasoning_tokens * rate
        return -(-total // _TOKENS)

    def for_prompt(self, prompt_tokens: int) -> Price:
        """The price that holds for a prompt of this length."""
        tiers = [tier for tier in self.long if prompt_tokens > tier[0]]
        return max(tiers, key=lambda tier: tier[0])[1] if tiers else self

    def expected_nanousd(
        self,
        prompt_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        reasoning_tokens: int = 0,
        marked_tokens: int = 0,
    ) -> int:
        """Price a call that is still to be made, in nano-dollars, rounded up once.

        Args:
            prompt_tokens: Length of the whole prompt.
            output_tokens: Length of the visible answer.
            cached_tokens: How much of the prompt is expected to come from the provider's cache.
            reasoning_tokens: How much the model is expected to think.
            marked_tokens: How much of the prompt is marked to be cached: what of it does not come
                from the cache is going to be written to it.
        """
        price = self.for_prompt(prompt_tokens) if self.long else self
        total = price.input * prompt_tokens + price.output * output_tokens
        if cached_tokens and price.cache_read is not None:
            total -= (price.input - price.cache_read) * min(cached_tokens, prompt_tokens)
        if marked_tokens > cached_tokens and price.cache_write is not None:
            written = min(marked_tokens, prompt_tokens) - min(cached_tokens, prompt_tokens)
            total += (price.cache_write - price.input) * written
        if reasoning_tokens:
            rate = price.output if price.reasoning is None else price.reasoning
            total += rate * reasoning_tokens
        return -(-total // _TOKENS)

    @property
    def dearest(self) -> tuple[int, int]:
        """The highest rates for any token read and any token written, long prompts included."""
        rates = [self._dearest, *(price.dearest for _, price in self.long)]
        return max(rate[0] for rate in rates), max(rate[1] for rate in rates)

    def bound_nanousd(self, prompt_tokens: int, output_tokens: int) -> int:
        """The most that so many tokens can cost, whichever class they fall into."""
        read, written = self._dearest
        bound = -(-(prompt_tokens * read + output_tokens * written) // _TOKENS)
        for over, price in self.long:
            if prompt_tokens > over:
                bound = max(bound, price.bound_nanousd(prompt_tokens, output_tokens))
        return bound


def _nanousd(usd: float | None) -> int | None:
    return None if usd is None else round(usd * NANO_PER_USD)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model; None stands for unknown, and the unknown forbids nothing.

    The one exception is the price: a budget allows no call whose price is unknown. A model that
    costs nothing has `ModelCard(price=Price())`.

    Attributes:
        price: What it charges.
        max_input_tokens: Longest prompt, in tokens.
        max_output_tokens: Longest answer, in tokens.
        capabilities: What it can do.
        quality: How good its answers are, from 0 to 1; only comparable on one scale of yours.
        profiles: What it is meant for, such as `code_specialized`: a request that has a profile and
            finds none of its own here goes elsewhere. A request without one may come to any.
    """

    price: Price | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = field(default=None)
    quality: float | None = None
    profiles: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.quality is not None and not 0 <= self.quality <= 1:
            raise RouterConfigError(
                f"Quality {self.quality!r} is not between 0 and 1: scale your measure first."
            )
        for limit in (self.max_input_tokens, self.max_output_tokens):
            if limit is not None and limit < 1:
                raise RouterConfigError(f"A limit of {limit!r} tokens lets nothing through.")

    def can(self, capability: Capability) -> bool:
        """Whether the model has a capability, as far as is known."""
        return not self.lacks(frozenset({capability}))

    def lacks(self, needs: frozenset[Capability]) -> frozenset[Capability]:
        """What the model cannot do of what is needed, as far as is known."""
        return needs & _TO_BE_KNOWN if self.capabilities is None else needs - self.capabilities
