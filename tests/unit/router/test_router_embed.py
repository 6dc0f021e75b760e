"""Texts become vectors by the router: routing, retries, costs, budgets, telemetry."""

from collections.abc import Callable, Sequence

import anyio
import pytest

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    BudgetExceededError,
    InvalidRequestError,
    NoDeploymentError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from quantumlayer.messages import EmbeddingPurpose, Embeddings, Usage
from quantumlayer.router import Budget, ModelCard, Price, RetryPolicy, Router
from quantumlayer.testing import ScriptedModel

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
CARD = ModelCard(
    Price.usd(input_usd=2.0, output_usd=0.0),
    max_input_tokens=100,
    capabilities=frozenset({"embeddings"}),
)


class Embedding(ScriptedModel):
    """A scripted model that makes embeddings, once it has failed as often as it should."""

    def __init__(self, name: str, *failures: Exception, card: ModelCard = CARD) -> None:
        super().__init__("Hello.", card=card)
        self.name = name
        self.failures = list(failures)
        self.asked: list[tuple[Sequence[str], EmbeddingPurpose, int | None]] = []

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        self.asked.append((texts, purpose, dimensions))
        if self.failures:
            raise self.failures.pop(0)
        return Embeddings(tuple((1.0, 2.0) for _ in texts), "scripted", "e", Usage(10 * len(texts)))


DOWN = ProviderUnavailableError("first", "it is down", status=503)


async def test_vectors_come_with_their_cost_and_their_route(router_of: MakeRouter) -> None:
    router = router_of(Embedding("first"))

    made = await router.embed(["a", "b"], purpose="query", dimensions=2)

    assert made.vectors == ((1.0, 2.0), (1.0, 2.0))
    assert made.cost_nanousd == 20 * 2_000
    assert made.cost_usd == pytest.approx(0.00004)
    assert [entry.deployment for entry in made.route.considered] == ["first"]
    [entry] = router.ledger.entries
    assert (entry.attempt.usage, entry.attempt.cost_nanousd) == (Usage(20), 40_000)


async def test_who_fails_is_followed_by_another(router_of: MakeRouter) -> None:
    first, second = Embedding("first", DOWN), Embedding("second")

    made = await router_of(first, second).embed(["a"])

    assert [attempt.deployment for attempt in made.route.attempts] == ["first", "second"]
    assert second.asked == [(["a"], "document", None)]


async def test_deployments_that_make_no_embeddings_are_passed_over(router_of: MakeRouter) -> None:
    chat = Embedding("chat", card=ModelCard(capabilities=frozenset({"tools"})))
    silent = ScriptedModel(model="silent")

    made = await router_of(chat, silent, Embedding("right")).embed(["a"])

    rejected = {entry.deployment: entry.rejected for entry in made.route.considered}
    assert rejected == {
        "right": "",
        "chat": "it lacks a capability: embeddings",
        "scripted/silent": "its provider makes no embeddings",
    }


async def test_deployments_that_make_embeddings_are_not_asked_questions(
    router_of: MakeRouter,
) -> None:
    router = router_of(Embedding("vectors"), ScriptedModel("Hello.", model="words"))

    reply = await router.complete("Hi")

    assert reply.text == "Hello."
    assert reply.route.considered[1].rejected == "it makes embeddings and answers nothing"


async def test_a_text_that_is_too_long_for_a_model_is_not_sent_to_it(router_of: MakeRouter) -> None:
    router = router_of(Embedding("first"))
    await router.embed(["word " * 50] * 20)

    with pytest.raises(NoDeploymentError, match="is longer than its 100"):
        await router.embed(["word " * 500])


async def test_a_budget_holds_for_embeddings_too(router_of: MakeRouter) -> None:
    router = router_of(Embedding("first"), budgets=[Budget(usd=0.001)])
    await router.embed(["a"])

    with pytest.raises(BudgetExceededError):
        await router.embed(["word " * 60] * 20)
    assert router.ledger.cost_nanousd == 20_000


async def test_what_cannot_succeed_is_not_tried_again(router_of: MakeRouter) -> None:
    refused = Embedding("first", InvalidRequestError("first", "too many texts"))

    with pytest.raises(AllDeploymentsFailedError, match="too many texts"):
        await router_of(refused).embed(["a"])
    assert len(refused.asked) == 1


async def test_a_provider_that_gives_something_else_is_named(router_of: MakeRouter) -> None:
    class Wrong(Embedding):
        async def embed(self, *_: object, **__: object) -> Embeddings:
            return [[1.0]]  # type: ignore[return-value]

    with pytest.raises(AllDeploymentsFailedError, match="gave 'list' for vectors"):
        await router_of(Wrong("first"), retry=RetryPolicy(rounds=1)).embed(["a"])


async def test_an_attempt_takes_no_longer_than_it_may(router_of: MakeRouter) -> None:
    class Slow(Embedding):
        async def embed(self, *_: object, **__: object) -> Embeddings:
            await anyio.sleep_forever()
            raise AssertionError

    router = router_of(Slow("first"), retry=RetryPolicy(rounds=1, attempt_s=0.01))
    with pytest.raises(AllDeploymentsFailedError) as caught:
        await router.embed(["a"])
    assert isinstance(caught.value.failures["first"], ProviderTimeoutError)
