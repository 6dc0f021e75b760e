"""Places and rates of a deployment, and the line of those who wait for them."""

import math
from collections.abc import Awaitable, Callable, Sequence

import anyio
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    NoDeploymentError,
    ProviderUnavailableError,
    RouterConfigError,
)
from quantumlayer.messages import ModelReply, ModelRequest, Usage
from quantumlayer.router import (
    Allowance,
    BreakerPolicy,
    Candidate,
    Headroom,
    Limits,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.router._limits import Limiter
from quantumlayer.testing import ScriptedModel, VirtualClock

MakeRouter = Callable[..., Router]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
ONE = Limits(concurrent=1)


def down(name: str) -> ProviderUnavailableError:
    return ProviderUnavailableError(f"scripted/{name}", "down", status=503)


@pytest.mark.parametrize(
    "settings_",
    [
        {"concurrent": 0},
        {"requests_per_minute": 0},
        {"requests_per_minute": float("nan")},
        {"tokens_per_minute": float("inf")},
    ],
)
def test_limits_that_leave_nothing_are_refused(settings_: dict[str, float]) -> None:
    with pytest.raises(RouterConfigError):
        Limits(**settings_)  # type: ignore[arg-type]


def test_limits_for_a_deployment_that_is_none_are_refused(router_of: MakeRouter) -> None:
    with pytest.raises(RouterConfigError, match=r"\['scripted/b'\].*\['scripted/model'\]"):
        router_of(ScriptedModel(), limits={"scripted/b": ONE})


# --- rates ---------------------------------------------------------------------------------------


class LimiterMachine(RuleBasedStateMachine):
    """Calls begin when they may and end with other token counts, while time passes."""

    calls: Bundle[tuple[int, float]] = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        limits = Limits(requests_per_minute=6, tokens_per_minute=1000)
        self.limiter = Limiter(limits, self.clock.monotonic)
        self.begun: list[float] = []
        self.tokens: list[tuple[float, int]] = []  # when they count from, how many

    @rule(wait_s=st.floats(0, 90))
    def wait(self, wait_s: float) -> None:
        self.clock.advance(wait_s)

    @rule(target=calls, tokens=st.integers(0, 700))
    def begin(self, tokens: int) -> tuple[int, float]:
        wait_s = self.limiter.wait_s(tokens)
        if wait_s:
            self.clock.advance(wait_s + 1e-6)  # then it may, and not much later
        assert self.limiter.wait_s(tokens) == 0
        self.limiter.take(tokens)
        now = self.clock.monotonic()
        self.begun.append(now)
        self.tokens.append((now, tokens))
        return tokens, now

    @rule(call=consumes(calls), share=st.floats(0, 1))
    def end(self, call: tuple[int, float], share: float) -> None:
        estimated, _ = call
        used = int(estimated * share)
        self.limiter.correct(estimated, used)
        self.tokens.append((self.clock.monotonic(), used - estimated))

    @rule(tokens=st.integers(0, 700), ahead=st.integers(0, 5))
    def who_comes_later_never_begins_earlier(self, tokens: int, ahead: int) -> None:
        alone = self.limiter.wait_s(tokens)
        behind = self.limiter.wait_s(tokens, calls_ahead=ahead, tokens_ahead=ahead * 100)
        assert behind >= alone

    @invariant()
    def no_stretch_of_time_has_more_requests_than_a_full_bucket_and_its_filling(self) -> None:
        for first, start in enumerate(self.begun):
            for last in range(first, len(self.begun)):
                stretch_s = self.begun[last] - start
                assert last - first + 1 <= 6 * (1 + stretch_s / 60) + 1e-6

    @invariant()
    def tokens_that_were_set_aside_never_exceed_it_either(self) -> None:
        now = self.clock.monotonic()
        if not self.tokens:
            return
        total = sum(tokens for _, tokens in self.tokens)
        assert total <= 1000 * (1 + now / 60) + 1e-3


TestLimiterMachine = LimiterMachine.TestCase
TestLimiterMachine.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_a_call_larger_than_the_bucket_waits_for_a_full_one_and_overdraws_it() -> None:
    clock = VirtualClock()
    limiter = Limiter(Limits(tokens_per_minute=600), clock.monotonic)
    limiter.take(100)
    assert limiter.wait_s(5000) == pytest.approx(10)
    clock.advance(10)
    assert limiter.wait_s(5000) == 0
    limiter.take(5000)
    assert limiter.wait_s(1) == pytest.approx((4400 + 1) / 10)


@pytest.mark.anyio
async def test_calls_beyond_the_rate_wait_each_for_its_own_turn(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    begun_s: list[float] = []

    def answer(_: ModelRequest) -> str:
        begun_s.append(clock.monotonic())
        return "ok"

    router = router_of(ScriptedModel(answer), limits=Limits(requests_per_minute=6))

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(router.complete, "Hi")

    assert begun_s == pytest.approx([0] * 6 + [10, 20, 30, 40])


@pytest.mark.anyio
async def test_tokens_count_by_estimate_first_and_as_used_afterwards(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    reply = ModelReply("ok", "scripted", "model", usage=Usage(50, output_tokens=50))
    router = router_of(ScriptedModel(reply), limits=Limits(tokens_per_minute=500))

    for _ in range(4):
        await router.complete("Hi", max_output_tokens=100)
    assert clock.slept == []
    await router.complete("Hi", max_output_tokens=150)
    # 100 are left of 500; about 7 of the prompt and 150 of the answer are needed.
    assert clock.slept == [pytest.approx((7 + 150 - 100) * 60 / 500)]


@pytest.mark.anyio
async def test_a_rate_that_outlasts_the_deadline_is_not_waited_for(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(ScriptedModel("ok"), limits=Limits(requests_per_minute=1))
    await router.complete("Hi")

    with (
        anyio.fail_after(30),
        pytest.raises(NoDeploymentError, match=r"its rate limit has room again in 60\.0 s"),
    ):
        await router.complete("Hi")
    assert clock.slept == []


@pytest.mark.anyio
async def test_another_deployment_serves_what_the_rate_of_one_does_not_allow(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(
        ScriptedModel("Paris", model="a"),
        ScriptedModel("Rome", model="b"),
        limits={"scripted/a": Limits(requests_per_minute=2)},
    )
    assert [(await router.complete("Hi")).text for _ in range(4)] == ["Paris"] * 2 + ["Rome"] * 2
    assert clock.slept == []


class Roomiest:
    """Prefer the deployment whose limits leave most room; of no limit is most."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request

        def taken(candidate: Candidate) -> float:
            return -math.inf if candidate.tokens_left is None else -candidate.tokens_left

        order = sorted(candidates, key=taken)
        return [Ranked(candidate.deployment, place) for place, candidate in enumerate(order)]


@pytest.mark.anyio
async def test_strategies_can_go_by_what_is_left_of_the_limits(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    reply = ModelReply("ok", "scripted", "model", usage=Usage(100, output_tokens=200))
    router = router_of(
        ScriptedModel(reply, model="a"),
        ScriptedModel(reply, model="b"),
        strategy=Roomiest(),
        limits={
            "scripted/a": Limits(tokens_per_minute=1000, requests_per_minute=60),
            "scripted/b": Limits(tokens_per_minute=900),
        },
    )
    turns = [(await router.complete("Hi")).route.attempts[0].deployment[-1] for _ in range(4)]

    assert turns == ["a", "b", "a", "b"]
    a, b = (deployment.candidate() for deployment in router._deployments.values())
    assert (a.requests_left, a.tokens_left) == (58, 400)
    assert (b.requests_left, b.tokens_left) == (None, 300)
    clock.advance(2)
    later = router._deployments["scripted/a"].candidate()
    assert later.requests_left == 60
    assert later.tokens_left == pytest.approx(400 + 2 * 1000 / 60)


def test_of_limits_given_and_limits_learned_the_tighter_one_is_left() -> None:
    limiter = Limiter(Limits(requests_per_minute=60), VirtualClock().monotonic)
    assert limiter.left() == (60, None)
    limiter.learn(Headroom(Allowance(500, 7, 60), Allowance(9000, 8000, 60)))
    assert limiter.left() == (7, 8000)


# --- what providers say --------------------------------------------------------------------------


def test_what_is_left_and_when_it_is_full_again_tells_how_fast_it_fills() -> None:
    clock = VirtualClock()
    limiter = Limiter(Limits(), clock.monotonic)
    limiter.learn(Headroom(tokens=Allowance(1000, 100, 90)))  # ten a second

    assert limiter.wait_s(100) == 0
    assert limiter.wait_s(300) == pytest.approx(20)
    clock.advance(20)
    assert limiter.wait_s(300) == 0


def test_what_is_full_or_said_no_word_of_limits_nothing() -> None:
    limiter = Limiter(Limits(), VirtualClock().monotonic)
    limiter.learn(Headroom(Allowance(10, 10, 0)))
    limiter.learn(Headroom())

    assert limiter.wait_s(10**9) == 0


@pytest.mark.anyio
async def test_a_deployment_that_says_it_has_nothing_left_is_left_alone_until_it_has(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    class Says(ScriptedModel):
        headroom: Headroom | None = None

        async def complete(self, request: ModelRequest) -> ModelReply:
            self.headroom = Headroom(requests=Allowance(60, 0, 60))
            return await super().complete(request)

    router = router_of(Says("Paris", model="a"), ScriptedModel("Rome", model="b"))

    assert (await router.complete("Hi")).text == "Paris"
    reply = await router.complete("Hi")
    assert reply.text == "Rome"
    assert reply.route.considered[1].rejected == "its rate limit has room again in 1.0 s"
    clock.advance(1)
    assert (await router.complete("Hi")).text == "Paris"


# --- places --------------------------------------------------------------------------------------


class Counting(ScriptedModel):
    """A model that notes how many calls it has at once."""

    def __init__(self, *script: str, gate: anyio.Event) -> None:
        super().__init__(*script, gate=gate)
        self.now = self.most = 0
        self.order: list[str] = []

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.now += 1
        self.most = max(self.most, self.now)
        self.order.append(request.messages[0].text)
        try:
            return await super().complete(request)
        finally:
            self.now -= 1


@pytest.mark.anyio
@pytest.mark.parametrize("places", [1, 3])
async def test_calls_beyond_the_places_wait_in_the_order_in_which_they_came(
    router_of: MakeRouter, until: Until, places: int
) -> None:
    gate = anyio.Event()
    model = Counting("ok", gate=gate)
    router = router_of(model, limits=Limits(concurrent=places))

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(router.complete, f"{number:02}")
            await until(lambda: len(model.order) + len(router._line._waiting) > number)  # noqa: B023 -- at once
        gate.set()

    assert model.most == places
    assert len(model.order) == 50
    # Those who are let in at the same moment are started by the event loop in an order of its own.
    for place, name in enumerate(model.order):
        assert abs(place - int(name)) < places
    assert router._line._waiting == []


@pytest.mark.anyio
async def test_a_full_deployment_hands_over_to_the_next_of_the_ranking(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    first = ScriptedModel("Paris", model="a", gate=gate)
    router = router_of(first, ScriptedModel("Rome", model="b"), limits={"scripted/a": ONE})

    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Hi")
        await until(lambda: bool(first.calls))
        reply = await router.complete("Hi")
        gate.set()

    assert reply.text == "Rome"
    assert reply.route.considered[1].rejected == "all its 1 places are taken"


@pytest.mark.anyio
async def test_a_call_that_failed_elsewhere_waits_for_the_busy_deployment(
    router_of: MakeRouter, until: Until, clock: VirtualClock
) -> None:
    gate = anyio.Event()
    good = ScriptedModel("Paris", model="a", gate=gate)
    bad = ScriptedModel(down("b"), model="b")
    router = router_of(good, bad, limits={"scripted/a": ONE})
    texts: list[str] = []

    async def ask() -> None:
        texts.append((await router.complete("Hi")).text)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await until(lambda: bool(good.calls))
        group.start_soon(ask)
        await until(lambda: bool(router._line._waiting))
        gate.set()

    assert texts == ["Paris", "Paris"]
    assert (bad.calls, clock.slept) == (1, [])


@pytest.mark.anyio
async def test_when_a_circuit_opens_nobody_is_left_waiting(router_of: MakeRouter) -> None:
    router = router_of(
        ScriptedModel(down("model")),
        limits=ONE,
        breaker=BreakerPolicy(min_calls=3),
        retry=RetryPolicy(rounds=1),
    )
    errors: list[Exception] = []

    async def ask() -> None:
        try:
            await router.complete("Hi")
        except (AllDeploymentsFailedError, NoDeploymentError) as error:
            errors.append(error)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(ask)

    assert [type(error) for error in errors].count(AllDeploymentsFailedError) == 3
    assert len(errors) == 50


@pytest.mark.anyio
async def test_callers_that_leave_the_line_do_not_take_a_place_with_them(
    router_of: MakeRouter, until: Until
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("Paris", gate=gate)
    router = router_of(model, limits=ONE)
    scopes: list[anyio.CancelScope] = []
    texts: list[str] = []

    async def ask() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            texts.append((await router.complete("Hi")).text)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(ask)
        await until(lambda: len(router._line._waiting) >= 5)
        gate.set()
        for scope in scopes[1:5]:
            scope.cancel()

    assert texts == ["Paris", "Paris"]
    assert router._line._waiting == []


@pytest.mark.anyio
async def test_who_would_not_have_his_turn_in_time_does_not_wait(
    router_of: MakeRouter, until: Until, clock: VirtualClock
) -> None:
    gate = anyio.Event()
    model = ScriptedModel("Paris", clock=clock, delay_s=20)
    router = router_of(model, limits=ONE)
    await router.complete("Hi")  # which takes 20 s
    model._gate = gate

    async with anyio.create_task_group() as group:
        group.start_soon(router.complete, "Hi")
        await until(lambda: model.calls >= 2)
        group.start_soon(router.complete, "Hi")
        await until(lambda: bool(router._line._waiting))
        with anyio.fail_after(15), pytest.raises(NoDeploymentError, match="1 places are taken"):
            await router.complete("Hi")  # behind one who waits: 20 s at least
        gate.set()
