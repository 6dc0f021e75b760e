"""A routing strategy of your own: short prompts stay at home, long ones go where they cost least.

Usage: python examples/custom_strategy.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from quantumlayer.router import Candidate, ModelCard, Price, Ranked, Router, RoutingRequest
from quantumlayer.testing import ScriptedModel, check_strategy

LONG_PROMPT_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class ShortOnesAtHome:
    """Keep short prompts on one provider's servers; send long ones where they cost least."""

    home: str

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        """Sort by home and cost."""
        is_long = request.prompt_tokens > LONG_PROMPT_TOKENS

        def place(candidate: Candidate) -> tuple[bool, int, str]:
            away = not is_long and candidate.provider != self.home
            return (away, candidate.cost_nanousd(request) or 0, candidate.deployment)

        order = sorted(candidates, key=place)
        return [Ranked(candidate.deployment, score) for score, candidate in enumerate(order)]


def model(provider: str, usd: float) -> ScriptedModel:
    """A stand-in for a real deployment, such as an `OpenAICompatible`."""
    card = ModelCard(price=Price.usd(input_usd=usd, output_usd=usd))
    return ScriptedModel(f"an answer from the {provider}", provider=provider, card=card)


async def main() -> None:
    """Check the strategy, then ask two questions."""
    strategy = ShortOnesAtHome("basement")
    check_strategy(lambda: ShortOnesAtHome("a"))
    async with Router([model("cloud", 0.1), model("basement", 0.4)], strategy=strategy) as router:
        for prompt in ("A short question?", "A long document. " * 1_000):
            reply = await router.complete(prompt)
            order = " before ".join(entry.deployment for entry in reply.route.considered)
            print(f"{reply.text} ({order}, {reply.cost_usd:.6f} USD)")


if __name__ == "__main__":
    anyio.run(main)
