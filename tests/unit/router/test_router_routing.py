"""How a call finds its deployment, and what happens when one fails."""

from collections.abc import Awaitable, Callable, Sequence

import anyio
import pytest

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    AuthenticationError,
    InvalidRequestError,
    MalformedReplyError,
    NoDeploymentError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
)
from quantumlayer.messages import Image, Message, ModelReply, ModelRequest, ToolSpec, Usage
from quantumlayer.router import (
    BreakerPolicy,
    Budget,
    Candidate,
    Capability,
    ModelCard,
    Price,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.testing import ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
TOOL = ToolSpec("look_up", "Look a word up.", {"type": "object", "properties": {}})


def down(name: str = "model") -> ProviderUnavailableError:
    return ProviderUnavailableError(f"scripted/{name}", "down", status=503)


def busy(name: str, *, retry_after_s: float | None) -> RateLimitedError:
    return RateLimitedError(f"scripted/{name}", "busy", status=429, retry_after_s=retry_after_s)


def tried(reply: ModelReply) -> list[str]:
    return [attempt.deployment.removeprefix("scripted/") for attempt in reply.route.attempts]


def rejected(reply: ModelReply) -> dict[str, str]:
    return {
        entry.deployment.removeprefix("scripted/"): entry.rejected
        for entry in reply.route.considered
        if entry.rejected
    }


# --- fallback ------------------------------------------------------------------------------------


async def test_the_first_of_the_ranking_answers(router_of: MakeRouter) -> None:
    first, second = ScriptedModel("Paris", model="a"), ScriptedModel("Rome", model="b")

    reply = await router_of(first, second).complete("What is the capital of France?")

    assert reply.text == "Paris"
    assert (first.calls, second.calls) == (1, 0)
    assert first.requests[0] == ModelRequest.of("What is the capital of France?")


async def test_a_failed_deployment_hands_over_to_the_next_at_once(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    first, second = ScriptedModel(down("a"), model="a"), ScriptedModel("Rome", model="b")

    reply = await router_of(first, second).complete("Where?")

    assert reply.text == "Rome"
    assert clock.slept == []
    assert [(attempt.deployment, attempt.error) for attempt in reply.route.attempts] == [
        ("scripted/a", "ProviderUnavailableError: down"),
        ("scripted/b", ""),
    ]


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("scripted/a", "bad key"),
        InvalidRequestError("scripted/a", "no such model"),
        QuotaExhaustedError("scripted/a", "no credit"),
        RateLimitedError("scripted/a", "slow down"),
        ProviderTimeoutError("scripted/a", "too slow"),
        MalformedReplyError("scripted/a", "half a document"),
        ProviderError("scripted/a", "something"),
        ValueError("a bug in the provider"),
    ],
)
async def test_no_failure_is_final_while_another_deployment_can_serve(
    router_of: MakeRouter, error: Exception
) -> None:
    router = router_of(ScriptedModel(error, model="a"), ScriptedModel("Rome", model="b"))

    assert (await router.complete("Where?")).text == "Rome"


async def test_no_request_is_lost_while_one_of_two_deployments_is_healthy(
    router_of: MakeRouter,
) -> None:
    sick, healthy = ScriptedModel(down("a"), model="a"), ScriptedModel("Rome", model="b")
    router = router_of(sick, healthy)

    texts = [(await router.complete("Where?")).text for _ in range(60)]

    assert texts == ["Rome"] * 60
    assert sick.calls == 5  # then its circuit opened


async def test_a_provider_that_returns_nonsense_has_failed(router_of: MakeRouter) -> None:
    class Nonsense(ScriptedModel):
        async def complete(self, request: ModelRequest) -> ModelReply:
            return None  # type: ignore[return-value]

    reply = await router_of(Nonsense(model="a"), ScriptedModel("Rome", model="b")).complete("Hi")

    assert reply.text == "Rome"
    assert "gave 'NoneType'" in reply.route.attempts[0].error


async def test_a_bug_in_a_provider_is_the_cause_and_its_text_stays_there(
    router_of: MakeRouter,
) -> None:
    bug = KeyError("sk-secret")

    with pytest.raises(AllDeploymentsFailedError, match="raised KeyError") as caught:
        await router_of(ScriptedModel(bug)).complete("Hi")

    assert "sk-secret" not in str(caught.value)
    assert caught.value.failures["scripted/model"].__cause__ is bug


# --- retries -------------------------------------------------------------------------------------


async def test_when_all_fail_another_round_follows_after_a_wait_with_full_jitter(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    first, second = ScriptedModel(down("a"), model="a"), ScriptedModel(down("b"), model="b")
    router = router_of(first, second, retry=RetryPolicy(rounds=4, base_s=0.5, cap_s=1.5))

    with pytest.raises(AllDeploymentsFailedError) as caught:
        await router.complete("Where?")

    assert list(caught.value.failures) == ["scripted/a", "scripted/b"]
    assert caught.value.__cause__ is caught.value.failures["scripted/b"]
    assert caught.value.retryable
    assert (first.calls, second.calls) == (4, 4)
    assert [0 <= wait <= top for wait, top in zip(clock.slept, (0.5, 1.0, 1.5), strict=True)]
    assert len(set(clock.slept)) == 3


async def test_a_later_round_can_succeed(router_of: MakeRouter) -> None:
    reply = await router_of(ScriptedModel(down(), down(), "Paris")).complete("Where?")

    assert reply.text == "Paris"
    assert len(reply.route.attempts) == 3


async def test_a_failure_that_cannot_pass_is_never_retried(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = ScriptedModel(AuthenticationError("scripted/model", "bad key"))

    with pytest.raises(AllDeploymentsFailedError, match="bad key") as caught:
        await router_of(model).complete("Where?")

    assert not caught.value.retryable
    assert (model.calls, clock.slept) == (1, [])


async def test_only_what_may_recover_is_tried_again(router_of: MakeRouter) -> None:
    broken = ScriptedModel(AuthenticationError("scripted/a", "bad key"), model="a")
    shaky = ScriptedModel(down("b"), "Rome", model="b")

    reply = await router_of(broken, shaky).complete("Where?")

    assert tried(reply) == ["a", "b", "b"]
    assert rejected(reply) == {"a": "it has failed: bad key"}


async def test_the_deployment_that_failed_last_never_goes_first_while_another_can_serve(
    router_of: MakeRouter,
) -> None:
    class Alternating:
        turns = 0

        def rank(
            self, request: RoutingRequest, candidates: Sequence[Candidate]
        ) -> Sequence[Ranked]:
            del request
            self.turns += 1
            names = sorted((c.deployment for c in candidates), reverse=self.turns % 2 == 0)
            return [Ranked(name, 0) for name in names]

    first, second = ScriptedModel(down("a"), model="a"), ScriptedModel(down("b"), model="b")
    router = router_of(first, second, strategy=Alternating(), retry=RetryPolicy(rounds=2))

    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Where?")

    order = [entry.attempt.deployment[-1] for entry in router.ledger.entries]
    assert order == ["a", "b", "a", "b"]


# --- Retry-After ---------------------------------------------------------------------------------


async def test_a_retry_after_is_honoured(router_of: MakeRouter, clock: VirtualClock) -> None:
    reply = await router_of(ScriptedModel(busy("model", retry_after_s=7.5), "Paris")).complete("Hi")

    assert reply.text == "Paris"
    assert clock.slept == [7.5]


async def test_a_resting_deployment_is_passed_over_while_another_can_serve(
    router_of: MakeRouter,
) -> None:
    first = ScriptedModel(busy("a", retry_after_s=7.5), "Paris", model="a")
    router = router_of(first, ScriptedModel("Rome", model="b"))
    await router.complete("Hi")

    reply = await router.complete("Hi again")

    assert reply.text == "Rome"
    assert rejected(reply) == {"a": "it has asked for a pause of another 7.5 s"}


async def test_another_request_waits_for_the_only_deployment_s_pause_too(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    model = ScriptedModel(busy("model", retry_after_s=7.5), "Paris")
    router = router_of(model, retry=RetryPolicy(rounds=1))
    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Hi")
    clock.advance(2.5)

    patient = router_of(model)  # knows nothing of the pause
    assert (await patient.complete("Hi")).text == "Paris"
    with pytest.raises(NoDeploymentError, match=r"pause of another 5\.0 s"):
        await router.complete("Hi")


async def test_a_retry_after_beyond_the_cap_fails_at_once(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(ScriptedModel(busy("model", retry_after_s=3600)))

    with pytest.raises(AllDeploymentsFailedError):
        await router.complete("Hi")

    assert clock.slept == []


async def test_a_wait_that_outlasts_the_caller_s_deadline_is_not_begun(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(ScriptedModel(busy("model", retry_after_s=30.0)))

    with pytest.raises(AllDeploymentsFailedError), anyio.fail_after(20):
        await router.complete("Hi")

    assert clock.slept == []


# --- time limits and cancellation ----------------------------------------------------------------


async def test_an_attempt_that_takes_too_long_hands_over(router_of: MakeRouter) -> None:
    stuck = ScriptedModel("never", model="a", gate=anyio.Event())
    router = router_of(stuck, ScriptedModel("Rome", model="b"), retry=RetryPolicy(attempt_s=0.01))

    reply = await router.complete("Where?")

    assert reply.text == "Rome"
    assert reply.route.attempts[0].error == "ProviderTimeoutError: no answer within 0.01 s"
    assert reply.route.attempts[0].usage.estimated  # it may be billed


async def test_a_cancelled_call_is_entered_once_and_leaves_nothing_behind(
    router_of: MakeRouter,
    until: Until,
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("Paris", gate=gate, card=ModelCard(price=Price(1_000_000)))
    router = router_of(model)

    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Where is it that I have to go?")
        await until(lambda: bool(model.calls))
        group.cancel_scope.cancel()

    [entry] = router.ledger.entries
    assert entry.attempt.error == "cancelled"
    assert entry.attempt.usage.estimated
    assert entry.attempt.cost_nanousd == entry.attempt.usage.input_tokens > 0
    gate.set()
    reply = await router.complete("Hi")
    assert reply.text == "Paris"
    assert router._deployments["scripted/model"].in_flight == 0


async def test_cancelled_calls_do_not_open_the_circuit(router_of: MakeRouter) -> None:
    model = ScriptedModel("Paris", gate=anyio.Event())
    router = router_of(model, breaker=BreakerPolicy(min_calls=1))

    with anyio.CancelScope() as scope:
        scope.cancel()
        await router.complete("Hi")

    assert router._deployments["scripted/model"].breaker.state == "closed"


async def test_letting_the_caller_s_deadline_pass_is_a_failure_of_the_deployment(
    router_of: MakeRouter,
) -> None:
    router = router_of(
        ScriptedModel("Paris", gate=anyio.Event()), breaker=BreakerPolicy(min_calls=1)
    )

    with anyio.move_on_after(0.01):
        await router.complete("Hi")

    [entry] = router.ledger.entries
    assert entry.attempt.error == "the caller's deadline passed"
    assert router._deployments["scripted/model"].breaker.state == "open"


# --- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "lacking"),
    [
        (ModelRequest.of("Hi"), ""),
        (ModelRequest((Message.user("Hi"),), tools=(TOOL,)), "tools"),
        (ModelRequest((Message.user("Hi"),), temperature=0.0), "sampling"),
        (
            ModelRequest((Message.user("Hi", Image("image/png", url="https://x.test/y.png")),)),
            "images",
        ),
    ],
)
async def test_a_deployment_without_a_needed_capability_is_passed_over(
    router_of: MakeRouter, request_: ModelRequest, lacking: Capability | str
) -> None:
    plain = ScriptedModel("a", model="a", card=ModelCard(capabilities=frozenset()))
    able = ScriptedModel("b", model="b", card=ModelCard())

    reply = await router_of(plain, able).complete(request_)

    assert reply.text == ("b" if lacking else "a")
    assert rejected(reply).get("a", "") == (f"it lacks a capability: {lacking}" if lacking else "")


async def test_a_prompt_or_an_answer_that_is_too_long_is_passed_over(
    router_of: MakeRouter,
) -> None:
    small = ScriptedModel(
        "a", model="a", card=ModelCard(max_input_tokens=100, max_output_tokens=50)
    )
    router = router_of(small, ScriptedModel("b", model="b"))

    assert (await router.complete("word " * 20, max_output_tokens=50)).text == "a"
    assert "longer than its 100" in rejected(await router.complete("word " * 200))["a"]
    longer = await router.complete("word", max_output_tokens=51)
    assert rejected(longer)["a"] == "an answer of 51 tokens is longer than its 50"


async def test_when_no_deployment_fits_the_error_says_why_of_each(router_of: MakeRouter) -> None:
    router = router_of(
        ScriptedModel(model="a", card=ModelCard(max_input_tokens=1)),
        ScriptedModel(model="b", card=ModelCard(capabilities=frozenset())),
    )

    with pytest.raises(NoDeploymentError) as caught:
        await router.complete("a longer prompt", tools=[TOOL])

    assert "longer than its 1" in caught.value.rejected["scripted/a"]
    assert caught.value.rejected["scripted/b"] == "it lacks a capability: tools"


async def test_an_open_circuit_is_passed_over_until_a_probe_has_closed_it(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    sick = ScriptedModel(*[down("a")] * 5, "Paris", model="a")
    router = router_of(sick, ScriptedModel("Rome", model="b"))
    for _ in range(5):
        await router.complete("Hi")

    assert rejected(await router.complete("Hi")) == {"a": "its circuit is open for another 30.0 s"}
    clock.advance(30)
    assert (await router.complete("Hi")).text == "Paris"
    assert (await router.complete("Hi")).text == "Paris"


async def test_a_half_open_circuit_lets_one_of_a_thousand_concurrent_calls_through(
    router_of: MakeRouter, until: Until, clock: VirtualClock
) -> None:
    gate = anyio.Event()
    sick = ScriptedModel(*[down("a")] * 5, "Paris", model="a")
    router = router_of(sick, ScriptedModel("Rome", model="b"))
    for _ in range(5):
        await router.complete("Hi")
    clock.advance(30)
    sick._gate = gate
    texts: list[str] = []

    async def ask() -> None:
        texts.append((await router.complete("Hi")).text)

    async with anyio.create_task_group() as group:
        for _ in range(1000):
            group.start_soon(ask)
        await until(lambda: len(texts) >= 999)
        assert sick.calls == 6
        gate.set()

    assert sorted(texts) == ["Paris"] + ["Rome"] * 999


async def test_a_request_the_provider_refuses_does_not_open_its_circuit(
    router_of: MakeRouter,
) -> None:
    router = router_of(
        ScriptedModel(InvalidRequestError("scripted/a", "no"), model="a"),
        ScriptedModel("Rome", model="b"),
    )

    for _ in range(20):
        await router.complete("Hi")

    assert router._deployments["scripted/a"].breaker.state == "closed"


async def test_a_probe_that_another_call_took_meanwhile_is_not_taken_twice(
    router_of: MakeRouter, until: Until, clock: VirtualClock
) -> None:
    gate, probe_gate = anyio.Event(), anyio.Event()
    plain = ModelCard(price=Price(), capabilities=frozenset())
    slow = ScriptedModel(down("a"), model="a", gate=gate, card=plain)
    dear = ModelCard(price=Price(10**6, 10**6), max_output_tokens=10)
    sick = ScriptedModel(*[down("b")] * 5, "Rome", model="b", card=dear)
    budget = Budget(usd=1)
    router = router_of(slow, sick, retry=RetryPolicy(rounds=1), budgets=[budget])
    for _ in range(5):
        with pytest.raises(AllDeploymentsFailedError):
            await router.complete("Hi", tools=[TOOL])
    clock.advance(30)
    sick._gate = probe_gate
    errors: list[AllDeploymentsFailedError] = []

    async def ask() -> None:
        try:
            await router.complete("Hi")
        except AllDeploymentsFailedError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)  # waits for a; b would be next, as its probe
        await until(lambda: bool(slow.calls))
        group.start_soon(router.complete, [Message.user("Hi", Image("image/png", url="x:y"))])
        await until(lambda: sick.calls >= 6)
        gate.set()
        await until(lambda: bool(errors))
        probe_gate.set()

    assert list(errors[0].failures) == ["scripted/a"]
    assert sick.calls == 6
    spent = budget.spent_nanousd(unix_s=clock.unix())
    assert budget.left_nanousd(unix_s=clock.unix()) == 10**9 - spent  # nothing stays reserved


# --- what comes back -----------------------------------------------------------------------------


async def test_a_reply_carries_its_exact_cost_and_its_route(router_of: MakeRouter) -> None:
    usage = Usage(1_000, 2_000, 300, 50, 7)
    price = Price.usd(input_usd=2.5, output_usd=10.0, cache_read_usd=0.0375, cache_write_usd=3.125)
    model = ScriptedModel(
        ModelReply("Paris", "scripted", "model-2024", usage=usage, id="r1"),
        card=ModelCard(price=price),
    )

    reply = await router_of(model).complete("Where?")

    # (1000·2.5 + 2000·0.0375 + 300·3.125 + (50 + 7)·10) millionths of a dollar
    assert reply.cost_nanousd == 4_082_500
    assert (reply.model, reply.id, reply.usage) == ("model-2024", "r1", usage)
    assert reply.route.strategy == "InOrder"
    assert [(entry.deployment, entry.score) for entry in reply.route.considered] == [
        ("scripted/model", 0)
    ]
    assert reply.route.attempts[0].cost_nanousd == reply.cost_nanousd


async def test_times_in_the_route_are_those_of_the_clock(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    first = ScriptedModel(down("a"), model="a", clock=clock, delay_s=2.0)
    second = ScriptedModel("Rome", model="b", clock=clock, delay_s=3.0)

    reply = await router_of(first, second).complete("Where?")

    times = [(attempt.start_s, attempt.duration_s) for attempt in reply.route.attempts]
    assert times == [(0.0, 2.0), (2.0, 3.0)]


async def test_tools_and_limits_of_a_call_are_added_to_the_request(router_of: MakeRouter) -> None:
    model = ScriptedModel("ok")
    other = ToolSpec("other", "", {})

    await router_of(model).complete(
        ModelRequest((Message.user("Hi"),), tools=(other,), max_output_tokens=9),
        tools=[TOOL],
        max_output_tokens=5,
    )

    assert model.requests[0].tools == (other, TOOL)
    assert model.requests[0].max_output_tokens == 5
