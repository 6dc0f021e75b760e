"""What providers' caches hold of a prompt is worth its discount, as answers have told it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from quantumlayer.errors import ProviderUnavailableError
from quantumlayer.messages import (
    CachePoint,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    Text,
    ToolCall,
    ToolSpec,
    Usage,
)
from quantumlayer.router import (
    Candidate,
    CostBasedRouting,
    HybridRouting,
    ModelCard,
    Price,
    QualityBasedRouting,
    Router,
    RoutingRequest,
)
from quantumlayer.router._prompt_caches import PromptCaches, prefixes_of
from quantumlayer.testing import ScriptedModel, VirtualClock

MakeRouter = Callable[..., Router]

LONG = Message.system("All the rules of the house. " * 400)
HI = ModelRequest((LONG, Message.user("Hi")))

CHEAP = Price.usd(input_usd=1.0, output_usd=4)
CACHES = Price.usd(input_usd=1.5, output_usd=4, cache_read_usd=0.15)


def candidates(*prices: Price) -> list[Candidate]:
    return [
        Candidate(name, "p", name, price, quality=0.5)
        for name, price in zip(("cheap", "caches"), prices, strict=True)
    ]


def request(**cached_tokens: int) -> RoutingRequest:
    return RoutingRequest(HI, 2_000, 100, 0.0, 0, cached_tokens)


# --- strategies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strategy", [CostBasedRouting(), HybridRouting(weights={"cost": 1}), QualityBasedRouting()]
)
def test_a_warm_cache_is_worth_its_discount(
    strategy: CostBasedRouting | HybridRouting | QualityBasedRouting,
) -> None:
    pool = candidates(CHEAP, CACHES)
    assert strategy.rank(request(), pool)[0].deployment == "cheap"
    assert strategy.rank(request(caches=1_900), pool)[0].deployment == "caches"
    # 2,000 at 1.5 less 700 at 1.35 is 2,055, and still more than 2,000 at 1.
    assert strategy.rank(request(caches=700), pool)[0].deployment == "cheap"


def test_the_expected_cost_is_that_of_each_class_of_tokens() -> None:
    [cheap, caches] = candidates(CHEAP, CACHES)
    assert cheap.cost_nanousd(request(cheap=2_000)) == 2_000 * 1_000 + 100 * 4_000
    assert caches.cost_nanousd(request(caches=1_500)) == 500 * 1_500 + 1_500 * 150 + 100 * 4_000
    assert caches.cost_nanousd(request(caches=9_999)) == 2_000 * 150 + 100 * 4_000
    thinks = caches._replace(reasoning_tokens=50)
    assert thinks.cost_nanousd(request()) == 2_000 * 1_500 + 150 * 4_000
    dear = thinks._replace(price=replace(CACHES, reasoning=10 * CACHES.output))
    assert dear.cost_nanousd(request()) == 2_000 * 1_500 + 100 * 4_000 + 50 * 40_000


def test_what_is_to_be_written_to_a_cache_costs_more_until_it_is_there() -> None:
    writes = replace(CACHES, cache_write=2 * CACHES.input)
    [_, caches] = candidates(CHEAP, writes)
    marked = request()._replace(marked_tokens=1_500)
    assert caches.cost_nanousd(marked) == 500 * 1_500 + 1_500 * 3_000 + 100 * 4_000
    held = request(caches=1_500)._replace(marked_tokens=1_500)
    assert caches.cost_nanousd(held) == 500 * 1_500 + 1_500 * 150 + 100 * 4_000


@pytest.mark.anyio
@pytest.mark.parametrize(("marks", "first"), [((), "writes"), ((CachePoint(),), "plain")])
async def test_a_router_expects_what_is_marked_to_be_written(
    marks: tuple[CachePoint, ...], first: str, router_of: MakeRouter
) -> None:
    plain = ModelCard(price=Price.usd(input_usd=1.1, output_usd=4))
    writes = ModelCard(
        price=Price.usd(input_usd=1, output_usd=4, cache_read_usd=0.1, cache_write_usd=1.25)
    )
    reply = ModelReply("Hello", "p", "m", usage=Usage(3_000, output_tokens=1))
    models = [
        ScriptedModel(reply, model=name, card=card)
        for name, card in {"plain": plain, "writes": writes}.items()
    ]
    router = router_of(*models, strategy=CostBasedRouting())
    rules = Message("system", (*LONG.parts, *marks))

    answer = await router.complete(prompt("One?", system=rules))

    assert answer.route.attempts[0].deployment.endswith(first)


# --- what answers tell ---------------------------------------------------------------------------


def prompt(*words: str, system: Message = LONG) -> ModelRequest:
    roles = ("user", "assistant")
    turns = (Message(roles[at % 2], (Text(text),)) for at, text in enumerate(words))  # type: ignore[arg-type]
    return ModelRequest((system, *turns))


def warm(caches: PromptCaches, asked: ModelRequest, now_s: float = 0.0) -> dict[str, int]:
    return dict(caches.warm(prefixes_of(asked, 3_000), now_s))


def test_a_prompt_that_goes_on_or_begins_alike_is_expected_in_the_cache() -> None:
    caches = PromptCaches()
    told = prefixes_of(prompt("One?"), 3_000)
    caches.learn(told, "d", Usage(300, cache_write_tokens=2_700), 0.0)

    assert warm(caches, prompt("One?", "1", "Two?")) == {"d": 2_700}
    assert warm(caches, prompt("Other?")) == {"d": 2_700}
    assert warm(caches, prompt("One?", system=Message.system("Other. " * 900))) == {}
    tool = ToolSpec("f", "", {})
    assert warm(caches, replace(prompt("One?"), tools=(tool,))) == {}
    assert warm(caches, prompt("One?"), 299.9) == {"d": 2_700}
    assert warm(caches, prompt("One?"), 300.0) == {}


def test_the_longest_common_beginning_counts_and_no_more_of_it_than_is_held() -> None:
    caches = PromptCaches()
    long = prompt("One? " * 500, "1", "Two?")
    caches.learn(prefixes_of(long, 4_000), "all", Usage(0, cache_read_tokens=4_000), 0.0)
    caches.learn(prefixes_of(long, 4_000), "half", Usage(2_000, cache_read_tokens=2_000), 0.0)

    same = dict(caches.warm(prefixes_of(long, 4_000), 0.0))
    assert same == {"all": 4_000, "half": 2_000}
    shorter = warm(caches, prompt("Other?"))
    assert 2_000 < shorter["all"] < 4_000
    assert shorter["half"] == 2_000


def test_a_cache_that_turns_out_to_be_cold_is_not_counted_on() -> None:
    caches = PromptCaches()
    told = prefixes_of(HI, 3_000)
    caches.learn(told, "d", Usage(300, cache_read_tokens=2_700), 0.0)
    caches.learn(told, "d", Usage(3_000), 1.0)
    assert warm(caches, HI) == {}


def test_what_nobody_has_cached_is_not_remembered() -> None:
    caches = PromptCaches()
    caches.learn(prefixes_of(HI, 3_000), "d", Usage(3_000), 0.0)
    assert len(caches) == 0


def test_calls_of_tools_tell_prompts_apart() -> None:
    def seen(call: ToolCall) -> bytes:
        return prefixes_of(ModelRequest((LONG, Message("assistant", (call,)))), 3_000)[-1].digest

    one = ToolCall("c", "look", "{}")
    assert seen(one) == seen(replace(one, id="d"))
    assert len({seen(one), seen(replace(one, name="do")), seen(replace(one, arguments=""))}) == 3


def test_short_prompts_are_in_no_cache_and_cost_no_hash() -> None:
    assert prefixes_of(HI, 700) == ()


def test_pictures_tell_prompts_apart() -> None:
    def seen(image: Image) -> bytes:
        return prefixes_of(ModelRequest((Message.user("See?", image),)), 3_000)[-1].digest

    images = [Image("image/png", base64="AAAA"), Image("image/png", url="https://x/1.png")]
    assert seen(images[0]) == seen(replace(images[0]))
    assert seen(images[0]) != seen(images[1]) != seen(replace(images[1], url="https://x/2.png"))


def test_what_is_remembered_is_bounded() -> None:
    caches = PromptCaches()
    for number in range(6_000):
        asked = ModelRequest((Message.user(f"{number} " * 100),))
        caches.learn(prefixes_of(asked, 3_000), "d", Usage(0, cache_read_tokens=9), 0.0)
    assert len(caches) == 6_000
    for number in range(6_000, 12_000):
        asked = ModelRequest((Message.user(f"{number} " * 100),))
        caches.learn(prefixes_of(asked, 3_000), "d", Usage(0, cache_read_tokens=9), 0.0)
    assert len(caches) == 10_000


# --- the router ----------------------------------------------------------------------------------


def answer(usage: Usage) -> ModelReply:
    return ModelReply("ok", "scripted", "model", usage=usage)


@pytest.mark.anyio
async def test_a_conversation_stays_where_its_prompt_is_cached_while_it_is_warm(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    down = ProviderUnavailableError("scripted/cheap", "busy")
    cheap = ScriptedModel(down, "ok", model="cheap", card=ModelCard(price=CHEAP))
    caches = ScriptedModel(
        answer(Usage(100, cache_write_tokens=2_700, output_tokens=1)),
        answer(Usage(100, cache_read_tokens=2_700, output_tokens=1)),
        model="caches",
        card=ModelCard(price=CACHES),
    )
    router = router_of(cheap, caches, strategy=CostBasedRouting())

    async def ask(asked: ModelRequest) -> str:
        reply = await router.complete(asked)
        return reply.route.attempts[-1].deployment

    assert await ask(HI) == "scripted/caches"  # the cheap one fails once
    assert await ask(HI) == "scripted/caches"
    assert await ask(prompt("Hi", "ok", "And?")) == "scripted/caches"
    assert await ask(prompt("Hi", system=Message.system("Else. " * 2_000))) == "scripted/cheap"
    clock.advance(301)
    assert await ask(prompt("Hi", "ok", "And?")) == "scripted/cheap"


@pytest.mark.anyio
async def test_streams_tell_and_use_it_too(router_of: MakeRouter) -> None:
    down = ProviderUnavailableError("scripted/cheap", "busy")
    cheap = ScriptedModel(down, "ok", model="cheap", card=ModelCard(price=CHEAP))
    told = answer(Usage(100, cache_write_tokens=2_700, output_tokens=1))
    caches = ScriptedModel(told, model="caches", card=ModelCard(price=CACHES))
    router = router_of(cheap, caches, strategy=CostBasedRouting())

    for _ in range(2):
        async with router.stream(HI) as events:
            assert [event async for event in events]

    assert (caches.calls, cheap.calls) == (2, 1)


@pytest.mark.anyio
async def test_what_a_model_thinks_is_part_of_what_it_is_expected_to_cost(
    router_of: MakeRouter,
) -> None:
    thinks = ScriptedModel(
        answer(Usage(10, output_tokens=1, reasoning_tokens=3_000)),
        model="thinks",
        card=ModelCard(price=CHEAP),
    )
    plain = ScriptedModel(
        "ok", model="plain", card=ModelCard(price=replace(CHEAP, output=8 * 10**9))
    )
    router = router_of(thinks, plain, strategy=CostBasedRouting())

    first = await router.complete("Hi")
    second = await router.complete("Hi")

    assert first.route.attempts[-1].deployment == "scripted/thinks"
    assert second.route.attempts[-1].deployment == "scripted/plain"
