"""Vectors that are there already: each text's by itself, exactly, tenants apart."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    ProviderUnavailableError,
    StorageError,
)
from quantumlayer.messages import EmbeddingPurpose, Embeddings, Usage
from quantumlayer.router import Budget, Caching, Catalog, ModelCard, Price, RetryPolicy, Router
from quantumlayer.storage import MemoryCache
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
CARD = ModelCard(Price.usd(input_usd=2, output_usd=0), capabilities=frozenset({"embeddings"}))


class Lengths(ScriptedModel):
    """Embeds a text as its length and a third of it; 10 tokens each."""

    def __init__(self, model: str = "lengths", *, gate: anyio.Event | None = None) -> None:
        super().__init__(model=model, card=CARD)
        self.gate = gate
        self.asked: list[Sequence[str]] = []
        self.fails = False

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        del purpose
        self.asked.append(tuple(texts))
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise ProviderUnavailableError(self.model, "down")
        size = dimensions or 2
        vectors = tuple((float(len(text)), len(text) / 3, 0.0)[:size] for text in texts)
        return Embeddings(vectors, "scripted", self.model, Usage(10 * len(texts)))


async def test_only_texts_without_a_vector_are_sent(router_of: MakeRouter) -> None:
    model = Lengths()
    router = router_of(model, caching=Caching())
    first = await router.embed(["a", "bb"])
    assert first.route.attempts[0].kind == "call"

    some = await router.embed(["ccc", "bb", "a", "ccc"])

    assert model.asked == [("a", "bb"), ("ccc",)]
    assert some.vectors == ((3.0, 1.0), (2.0, 2 / 3), (1.0, 1 / 3), (3.0, 1.0))
    assert (some.usage, some.cost_nanousd) == (Usage(10), 20_000)
    assert [attempt.kind for attempt in some.route.attempts] == ["cache", "call"]

    spent = router.ledger.cost_nanousd
    none = await router.embed(["bb", "ccc"])

    assert len(model.asked) == 2
    assert (none.provider, none.model) == ("scripted", "lengths")
    assert none.vectors == ((2.0, 2 / 3), (3.0, 1.0))
    assert (none.usage, none.cost_nanousd, router.ledger.cost_nanousd) == (Usage(), 0, spent)
    [attempt] = none.route.attempts
    assert (attempt.deployment, attempt.kind) == ("scripted/lengths", "cache")
    assert router.ledger.entries[-1].attempt == attempt
    assert router.ledger.entries[-1].request == none.route.request
    assert router.ledger.totals["scripted/lengths"].cached == 2


async def test_without_caching_everything_is_sent(router_of: MakeRouter) -> None:
    model = Lengths()
    router = router_of(model)
    await router.embed(["a", "a"])
    await router.embed(["a"])

    assert model.asked == [("a", "a"), ("a",)]


async def test_a_vector_that_is_there_needs_no_budget_and_no_healthy_deployment(
    router_of: MakeRouter,
) -> None:
    model = Lengths()
    router = router_of(model, caching=Caching(), retry=RetryPolicy(rounds=1))
    await router.embed(["a"])
    model.fails = True

    assert (await router.embed(["a"], budgets=[Budget(usd=0)])).vectors == ((1.0, 1 / 3),)
    with pytest.raises(AllDeploymentsFailedError):
        await router.embed(["a", "b"])


@pytest.mark.parametrize(
    "other", [{"purpose": "query"}, {"dimensions": 1}, {"tenant": "other"}, {"tenant": ""}]
)
async def test_purposes_lengths_and_tenants_are_kept_apart(
    router_of: MakeRouter, other: dict[str, Any]
) -> None:
    model = Lengths()
    router = router_of(model, caching=Caching())
    usual: dict[str, Any] = {"purpose": "document", "dimensions": 2, "tenant": "acme"}
    for options in (usual, usual | other, usual, usual | other):
        await router.embed(["a"], **options)

    assert len(model.asked) == 2


async def test_vectors_and_answers_have_nothing_to_do_with_each_other(
    router_of: MakeRouter,
) -> None:
    store = MemoryCache()
    router = router_of(Lengths(), ScriptedModel("ok"), caching=Caching(store))
    await router.embed(["Hi"])
    assert (await router.complete("Hi")).route.attempts[0].kind == "call"
    assert len(store._values) == 2


async def test_vectors_of_two_models_are_never_given_together(router_of: MakeRouter) -> None:
    first, second = Lengths("first"), Lengths("second")
    router = router_of(first, second, caching=Caching())
    await router.embed(["a"])
    first.fails = True

    both = await router.embed(["a", "bb"])

    assert (both.model, both.vectors) == ("second", ((1.0, 1 / 3), (2.0, 2 / 3)))
    assert second.asked == [("bb",), ("a", "bb")]
    assert both.usage == Usage(30)
    assert both.cost_nanousd == 60_000
    assert [attempt.deployment for attempt in both.route.attempts if not attempt.error] == [
        "scripted/second",
        "scripted/second",
    ]
    # What was kept last is of one model again.
    assert (await router.embed(["bb", "a"])).model == "second"
    assert len(second.asked) == 2


async def test_kept_vectors_of_two_models_are_asked_for_anew(router_of: MakeRouter) -> None:
    first, second = Lengths("first"), Lengths("second")
    router = router_of(first, second, caching=Caching())
    await router.embed(["a"])
    first.fails = True
    await router.embed(["bb"])
    first.fails = False

    assert (await router.embed(["a", "bb"])).model == "first"
    assert first.asked == [("a",), ("bb",), ("a", "bb")]


async def test_a_vector_is_given_again_until_its_time_is_over(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = Lengths()
    router = router_of(model, caching=Caching(ttl_s=60))
    await router.embed(["a"])
    clock.advance(59)
    await router.embed(["a"])
    assert len(model.asked) == 1
    clock.advance(1)
    await router.embed(["a"])
    assert len(model.asked) == 2


async def test_of_many_who_ask_for_the_same_vectors_at_once_one_asks(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = Lengths(gate=gate)
    router = router_of(model, caching=Caching())
    made: list[Embeddings] = []
    scopes = [anyio.CancelScope() for _ in range(20)]

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            made.append(await router.embed(["a", "bb"]))

    async with anyio.create_task_group() as group:
        group.start_soon(ask, scopes[0])
        await until(lambda: len(model.asked) == 1)
        for scope in scopes[1:]:
            group.start_soon(ask, scope)
        await anyio.wait_all_tasks_blocked()
        scopes[0].cancel()
        await until(lambda: len(model.asked) == 2)
        gate.set()

    assert len(model.asked) == 2  # who has left, and the next
    assert [each.vectors for each in made] == [((1.0, 1 / 3), (2.0, 2 / 3))] * 19
    assert sorted(each.route.attempts[0].kind for each in made) == ["cache"] * 18 + ["call"]
    assert sum(each.cost_nanousd for each in made) == 40_000


async def test_what_cannot_be_kept_is_asked(router_of: MakeRouter) -> None:
    model = Lengths()
    router = router_of(model, caching=Caching())
    for texts in (["\ud800"], []):
        for _ in range(2):
            await router.embed(texts)

    assert model.asked == [("\ud800",), ("\ud800",), (), ()]


GOOD = {"deployment": "d", "provider": "p", "model": "m", "numbers": "AAAAAAAA8D8="}


@pytest.mark.parametrize(
    "spoiled",
    [
        "text",
        [],
        {},
        {**GOOD, "evil": 1},
        {**GOOD, "model": 1},
        {**GOOD, "numbers": ""},
        {**GOOD, "numbers": None},
        {**GOOD, "numbers": "AAAA"},
        {**GOOD, "numbers": "not base64"},
    ],
)
async def test_what_is_no_vector_in_the_store_is_not_given(
    router_of: MakeRouter, spoiled: Any
) -> None:
    store = MemoryCache()
    model = Lengths()
    router = router_of(model, caching=Caching(store))
    await router.embed(["a"])
    [key] = store._values
    await store.put(key, spoiled, ttl_s=60)

    assert (await router.embed(["a"])).vectors == ((1.0, 1 / 3),)
    assert len(model.asked) == 2


async def test_a_store_that_breaks_loses_no_vector(
    router_of: MakeRouter, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MemoryCache):
        async def get(self, key: str) -> Any:
            raise StorageError("/data", "the disk is gone", "Mount it.")

        async def put(self, key: str, value: Any, *, ttl_s: float) -> None:
            raise StorageError("/data", "the disk is gone", "Mount it.")

    router = router_of(Lengths(), caching=Caching(Broken()))
    assert (await router.embed(["a", "bb"])).vectors == ((1.0, 1 / 3), (2.0, 2 / 3))
    messages = [record.message for record in caplog.records]
    assert messages.count("An answer could not be kept") == 1  # and not once for each text


numbers = st.floats(allow_nan=False)


@given(vectors=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3))
def test_a_vector_comes_back_exactly(vectors: list[tuple[float, ...]]) -> None:
    texts = [str(place) for place in range(len(vectors))]

    class Fixed(Lengths):
        async def embed(self, texts: Sequence[str], **_: Any) -> Embeddings:
            return Embeddings(tuple(vectors[int(text)] for text in texts), "p", "m")

    async def ask() -> list[Embeddings]:
        router = Router([Fixed()], caching=Caching(), catalog=Catalog({}))
        return [await router.embed(texts) for _ in range(2)]

    once, again = anyio.run(ask)
    assert again.route.attempts[0].kind == "cache"
    assert repr(once.vectors) == repr(again.vectors) == repr(tuple(vectors))  # -0.0 too


async def test_a_provider_that_gives_too_few_vectors_has_failed(router_of: MakeRouter) -> None:
    class Few(Lengths):
        async def embed(self, texts: Sequence[str], **options: Any) -> Embeddings:
            return await super().embed(texts[:1], **options)

    router = router_of(Few(), retry=RetryPolicy(rounds=1))
    with pytest.raises(AllDeploymentsFailedError, match="it gave 1 vectors for 2 texts"):
        await router.embed(["a", "b"])
