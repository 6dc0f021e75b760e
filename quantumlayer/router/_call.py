"""One request on its way through the router."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import anyio

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    BudgetExceededError,
    NoDeploymentError,
    ProviderError,
    RouterError,
)
from quantumlayer.messages import Attempt, Considered, Message, ModelRequest, Route, Text
from quantumlayer.router._budget import Budget
from quantumlayer.router._card import Capability, ModelCard
from quantumlayer.router._prompt_caches import Prefix
from quantumlayer.router._strategy import Ranked, RoutingRequest
from quantumlayer.router._tokens import PromptSize, estimate_tokens

__all__ = ["EXPECTED_OUTPUT_TOKENS", "Call", "Operation"]

Operation = Literal["chat", "embeddings"]
"""What a model is called for, by OpenTelemetry's names."""

EXPECTED_OUTPUT_TOKENS = 211
"""Expected length of an answer that nothing else is known of.

The mean over 19,366 requests of the Azure conversation trace of 2023-11-16.
"""


class Call:
    """A request, what was tried for it so far, and what came of that.

    Attributes:
        id: What the ledger calls the request.
        request: What the model is asked.
        routing: The same as a strategy sees it.
        prefixes: The beginnings of the prompt by which a provider's cache may know it.
        budgets: What the call has to be affordable for.
        count_tokens: Tells the tokens of a text.
        operation: What the model is called for; texts to embed are messages of the request.
        kind: What is waited for: answers of one kind take alike.
        needs: Capabilities without which the request cannot be served.
        tokens: How many it is going to read and write, by estimate.
        window_tokens: How many tokens the model has to read at once.
        attempts: Every attempt so far.
        ranking: The latest ranking.
        rejected: Whom it does not have, or who was passed over when his turn came, and why.
        choice: The first ranking that told its propensities; empty once it is in the ledger.
        tried: Names of the deployments that were asked in this round.
        barred: Deployments that may not or cannot serve this request any more, with the reason.
        failures: The last error of each deployment tried.
        last_failed: Name of the deployment that failed last.
        deadline: When the caller stops waiting, on the event loop's clock.
        too_dear: The budget that stood in the way of the cheapest deployment, as an error.
        continues: Whether it goes on with an answer that has broken off.
        answering: Name of the deployment that answers, of several at once the first; empty until
            one does.
        answered: Whether the attempt that answers has ended.
    """

    def __init__(
        self,
        request: ModelRequest,
        budgets: Sequence[Budget],
        *,
        now_s: float,
        seed: int,
        operation: Operation = "chat",
        streamed: bool = False,
        count_tokens: Callable[[str], int] = estimate_tokens,
    ) -> None:
        self.count_tokens = count_tokens
        prompt_tokens, self._bound_tokens, images = PromptSize.of(request, count_tokens)
        embeds = operation == "embeddings"
        longest = 0 if embeds else request.max_output_tokens
        self.id = f"{seed:016x}"
        self.operation: Operation = operation
        self.kind = "stream" if streamed else operation
        self.window_tokens = _longest_tokens(request, count_tokens) if embeds else prompt_tokens
        self.request = request
        self.routing = RoutingRequest(
            request,
            prompt_tokens,
            EXPECTED_OUTPUT_TOKENS if longest is None else min(longest, EXPECTED_OUTPUT_TOKENS),
            now_s,
            seed,
        )
        self.tokens = prompt_tokens + self.routing.output_tokens
        self.prefixes: Sequence[Prefix] = ()
        self.budgets = budgets
        self.needs = _EMBEDDINGS if embeds else _needs(request, images=images)
        self.attempts: list[Attempt] = []
        self.ranking: Sequence[Ranked] = ()
        self.rejected: dict[str, str] = {}
        self.choice: Sequence[Ranked] | None = None
        self.tried: set[str] = set()
        self.barred: dict[str, str] = {}
        self.failures: dict[str, ProviderError] = {}
        self.last_failed = ""
        self.deadline = anyio.current_effective_deadline()
        self.too_dear: BudgetExceededError | None = None
        self.continues = False
        self.answering = ""
        self.answered = False

    def continuation(self, told: str) -> Call:
        """The call that goes on where the answer to this one has broken off.

        What was told goes with it as the assistant's words, without white space at their end:
        providers refuse that, and models stumble over it.
        """
        request, words = self.request, told.rstrip()
        if words:
            answer = Message("assistant", (Text(words),))
            request = replace(request, messages=(*request.messages, answer))
        if request.max_output_tokens is not None:
            left = request.max_output_tokens - self.count_tokens(told)
            request = replace(request, max_output_tokens=max(1, left))
        call = Call(
            request,
            self.budgets,
            now_s=self.routing.now_s,
            seed=self.routing.seed,
            streamed=True,
            count_tokens=self.count_tokens,
        )
        call.continues = True
        call.needs |= _CONTINUATION
        call.attempts = self.attempts
        call.barred = self.barred
        call.choice = ()
        call.last_failed = self.answering
        return call

    def bound_nanousd(self, card: ModelCard) -> int | None:
        """The most the call can cost, or None where there is no bound or no known price."""
        price = card.price
        longest = self.request.max_output_tokens or card.max_output_tokens
        if self.operation == "embeddings":
            longest = 0
        if price is None:
            return None
        if longest is None:
            return 0 if price.bound_nanousd(0, 1) == 0 and price.bound_nanousd(1, 0) == 0 else None
        return price.bound_nanousd(self._bound_tokens, longest)

    def fail(self, name: str, error: ProviderError) -> None:
        """Note a failed attempt; a failure that cannot pass bars the deployment."""
        self.failures.pop(name, None)  # the latest failure stands last
        self.failures[name] = error
        self.last_failed = name
        if not error.retryable:
            self.barred[name] = f"it has failed: {error.reason}"

    def pass_over(self, name: str, reason: str) -> None:
        """Note that a deployment of the ranking was not admitted when its turn came."""
        self.rejected[name] = reason

    def route(self, strategy: str) -> Route:
        """How the call came to its answer, with the attempt that answered last."""
        tell = partial(_considered, self.ranking, self.rejected)
        return Route.told_later(strategy, tell, tuple(self.attempts), self.id)

    def verdict(self, retry_after_s: float | None) -> RouterError:
        """The error that says why the call has come to nothing.

        Args:
            retry_after_s: When a deployment may serve it that may not now, or None.
        """
        if self.failures:
            verdict = AllDeploymentsFailedError(self.failures)
            verdict.__cause__ = self.failures[self.last_failed]
            return verdict
        if self.too_dear is not None:
            return self.too_dear
        return NoDeploymentError(self.rejected, retry_after_s)


def _considered(ranking: Sequence[Ranked], rejected: Mapping[str, str]) -> tuple[Considered, ...]:
    """Every deployment: those of a ranking in its order, then those that were not ranked."""
    ranked = [Considered(name, score, rejected.get(name, "")) for name, score, _ in ranking]
    known = {name for name, _, _ in ranking}
    others = [Considered(name, None, why) for name, why in rejected.items() if name not in known]
    return (*ranked, *others)


_EMBEDDINGS: frozenset[Capability] = frozenset({"embeddings"})
_CONTINUATION: frozenset[Capability] = frozenset({"continuation"})


def _longest_tokens(request: ModelRequest, count: Callable[[str], int]) -> int:
    return max((count(message.text) for message in request.messages), default=0)


def _needs(request: ModelRequest, *, images: int) -> frozenset[Capability]:
    needs: list[Capability] = []
    if request.tools:
        needs.append("tools")
    if request.output is not None:
        needs.append("json_schema")
    if request.temperature is not None:
        needs.append("sampling")
    if images:
        needs.append("images")
    return frozenset(needs)
