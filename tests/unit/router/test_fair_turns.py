"""Whatever fails: nobody is tried twice while another can serve, and everybody is explained."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    AuthenticationError,
    InvalidRequestError,
    NoDeploymentError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitedError,
)
from quantumlayer.messages import Message, ModelReply, ModelRequest, Route
from quantumlayer.router import (
    BreakerPolicy,
    Candidate,
    Capability,
    Catalog,
    ModelCard,
    Ranked,
    RetryPolicy,
    Router,
    RoutingRequest,
)
from quantumlayer.testing import ScriptedModel, VirtualClock

NAMES = ("scripted/a", "scripted/b", "scripted/c", "scripted/d")
NEVER_OPENS = BreakerPolicy(min_calls=1000)


class Whimsical:
    """Ranks as a seed has it, each time otherwise; vetoes whom it is told to."""

    def __init__(self, seed: int, vetoes: frozenset[str] = frozenset()) -> None:
        self._random = Random(seed)
        self._vetoes = vetoes

    def rank(self, _request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        names = [each.deployment for each in candidates if each.deployment not in self._vetoes]
        self._random.shuffle(names)
        return [Ranked(name, place) for place, name in enumerate(names)]


def failure(kind: str, name: str) -> ProviderError | str:
    match kind:
        case "down":
            return ProviderUnavailableError(name, "down")
        case "busy":
            return RateLimitedError(name, "slow down")
        case "pause":
            return RateLimitedError(name, "slow down", retry_after_s=1.0)
        case "refused":
            return InvalidRequestError(name, "no")
        case "key":
            return AuthenticationError(name, "no")
    return "ok"


kinds = st.sampled_from(["down", "down", "busy", "pause", "refused", "key", "ok"])


@settings(max_examples=300)
@given(
    fates=st.lists(st.lists(kinds, min_size=1, max_size=4), min_size=1, max_size=4),
    rounds=st.integers(1, 4),
    seed=st.integers(0, 999),
)
def test_no_deployment_is_tried_twice_while_another_can_serve(
    fates: list[list[str]], rounds: int, seed: int
) -> None:
    clock = VirtualClock()
    models = [
        ScriptedModel(*(failure(kind, name) for kind in fate), model=name[-1])
        for name, fate in zip(NAMES, fates, strict=False)
    ]
    router = Router(
        models,
        strategy=Whimsical(seed),
        retry=RetryPolicy(rounds=rounds),
        breaker=NEVER_OPENS,
        catalog=Catalog({}),
        clock=clock,
        random=Random(seed),
    )

    async def ask() -> bool:
        try:
            await router.complete("Hi")
        except AllDeploymentsFailedError:
            return False
        return True

    answered = anyio.run(ask)
    tried = [entry.attempt.deployment for entry in router.ledger.entries]
    able = {f"scripted/{model.model}" for model in models}
    asked = dict.fromkeys(able, 0)
    rests, before = False, ""
    for name in tried:
        # A pause that somebody has asked for is his own: meanwhile the others go on.
        if not rests:
            others = able - {name}
            assert all(asked[other] >= asked[name] for other in others), (tried, fates)
            assert name != before or not others, (tried, fates)
        fate = fates[NAMES.index(name)]
        kind = fate[min(asked[name], len(fate) - 1)]
        asked[name] += 1
        before, rests = name, rests or kind == "pause"
        if kind in {"refused", "key"}:
            able.discard(name)
    # Nothing was lost: who gave up had asked everybody as often as the rounds allow.
    if not answered and not rests:
        assert all(asked[name] == rounds for name in able)


needs: st.SearchStrategy[frozenset[Capability]] = st.frozensets(
    st.sampled_from(["tools", "json_schema", "images", "sampling"])
)
cards = st.builds(
    ModelCard,
    max_input_tokens=st.sampled_from([None, None, 5]),
    max_output_tokens=st.sampled_from([None, None, 5]),
    capabilities=st.none() | needs,
    profiles=st.none() | st.frozensets(st.sampled_from(["technical", "other"])),
)
asked_for = st.builds(
    ModelRequest,
    messages=st.sampled_from([(Message.user("Hi"),), (Message.user("word " * 50),)]),
    max_output_tokens=st.sampled_from([None, 3, 50]),
    temperature=st.sampled_from([None, 0.5]),
    profile=st.sampled_from([None, "technical"]),
)


@settings(max_examples=200)
@given(
    pool=st.lists(st.tuples(cards, kinds), min_size=1, max_size=4),
    request=asked_for,
    vetoes=st.frozensets(st.sampled_from(NAMES)),
    may=st.none() | st.frozensets(st.sampled_from(NAMES)),
    seed=st.integers(0, 99),
)
def test_every_deployment_is_explained_whatever_became_of_it(
    pool: list[tuple[ModelCard, str]],
    request: ModelRequest,
    vetoes: frozenset[str],
    may: frozenset[str] | None,
    seed: int,
) -> None:
    names = set(NAMES[: len(pool)])
    router = Router(
        [
            ScriptedModel(failure(kind, name), model=name[-1], card=card)
            for name, (card, kind) in zip(NAMES, pool, strict=False)
        ],
        strategy=Whimsical(seed, vetoes),
        retry=RetryPolicy(rounds=2),
        tenants=may if may is None else {"acme": may & names},
        catalog=Catalog({}),
        clock=VirtualClock(),
    )

    async def ask() -> ModelReply | Exception:
        try:
            return await router.complete(replace(request), tenant="acme")
        except (AllDeploymentsFailedError, NoDeploymentError) as error:
            return error

    end = anyio.run(ask)
    tried = {entry.attempt.deployment for entry in router.ledger.entries}
    assert not tried & vetoes
    assert may is None or tried <= may
    if isinstance(end, NoDeploymentError):
        assert not tried
        assert end.rejected.keys() == names
        assert all(end.rejected.values())
    elif isinstance(end, AllDeploymentsFailedError):
        assert end.failures.keys() == tried
    else:
        assert isinstance(end, ModelReply)
        explain(end.route, names, tried)


def explain(route: Route, names: set[str], tried: set[str]) -> None:
    assert [each.deployment for each in route.considered] == list(
        dict.fromkeys(each.deployment for each in route.considered)
    )
    assert {each.deployment for each in route.considered} == names
    assert {attempt.deployment for attempt in route.attempts} == tried
    assert route.attempts[-1].error == ""
    for each in route.considered:
        # Who was neither ranked last time nor asked at all has a reason.
        assert each.score is not None or each.rejected, each
