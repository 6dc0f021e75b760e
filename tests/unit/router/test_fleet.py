"""What selection knows beforehand: the dearest card, kinds of models, and who needs no look."""

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from quantumlayer.messages import Message, ModelRequest
from quantumlayer.router import BreakerPolicy, Capability, Catalog, Limits, ModelCard, Price
from quantumlayer.router._call import Call
from quantumlayer.router._deployment import Deployment
from quantumlayer.router._fleet import Fleet
from quantumlayer.testing import ScriptedModel, VirtualClock

rates = st.integers(0, 10**10)
maybe = st.none() | rates
flat = st.builds(
    Price, input=rates, output=rates, cache_read=maybe, cache_write=maybe, reasoning=maybe
)
prices = flat | st.builds(
    Price, input=rates, output=rates, long=st.lists(st.tuples(st.integers(1, 50), flat)).map(tuple)
)
skills: st.SearchStrategy[frozenset[Capability] | None] = st.sampled_from(
    [None, frozenset(), frozenset({"tools"}), frozenset({"tools", "images"})]
)
cards = st.builds(
    ModelCard,
    price=st.none() | prices,
    max_input_tokens=st.sampled_from([None, 10, 1000]),
    max_output_tokens=st.sampled_from([None, 10, 1000]),
    capabilities=skills,
)


def deployment(number: int, card: ModelCard) -> Deployment:
    return Deployment(
        ScriptedModel(model=str(number), card=card),
        f"scripted/{number}",
        catalog=Catalog({}),
        breaker=BreakerPolicy(min_calls=2),
        clock=VirtualClock(),
        limits=Limits(),
    )


@given(
    pool=st.lists(cards, min_size=1, max_size=6),
    prompt=st.text(max_size=80),
    longest=st.none() | st.integers(1, 5000),
)
def test_no_call_costs_more_anywhere_than_at_the_dearest_card(
    pool: list[ModelCard], prompt: str, longest: int | None
) -> None:
    fleet = Fleet(deployment(number, card) for number, card in enumerate(pool))
    request = ModelRequest((Message.user(prompt),), max_output_tokens=longest)

    async def bound_of(card: ModelCard) -> int | None:
        return Call(request, (), now_s=0, seed=0).bound_nanousd(card)

    bound, *bounds = (anyio.run(bound_of, card) for card in (fleet.dearest, *pool))

    if bound is not None:
        assert all(each is not None and each <= bound for each in bounds)


@given(pool=st.lists(cards, min_size=1, max_size=12))
def test_deployments_of_one_kind_can_do_the_same(pool: list[ModelCard]) -> None:
    fleet = Fleet(deployment(number, card) for number, card in enumerate(pool))
    for each in fleet.values():
        specimen = fleet.specimens[each.kind].card
        assert specimen.capabilities == each.card.capabilities
        assert specimen.max_input_tokens == each.card.max_input_tokens
        assert specimen.max_output_tokens == each.card.max_output_tokens
    assert len({each.kind for each in fleet.values()}) == len(fleet.specimens)


class WatchMachine(RuleBasedStateMachine):
    """Calls begin, end and fail, pauses are asked for, time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.deployment = Deployment(
            ScriptedModel(),
            "scripted/model",
            catalog=Catalog({}),
            breaker=BreakerPolicy(min_calls=2, open_s=30),
            clock=self.clock,
            limits=Limits(),
        )
        self.fleet = Fleet([deployment(1, ModelCard()), self.deployment])
        self.tickets: list[int] = []

    @rule()
    def begin(self) -> None:
        ticket = self.deployment.begin(10)
        if ticket is not None:
            self.tickets.append(ticket)

    @precondition(lambda self: self.tickets)
    @rule(failed=st.sampled_from([None, False, True, True]))
    def end(self, *, failed: bool | None) -> None:
        self.deployment.end(self.tickets.pop(), tokens=(10, 10), failed=failed, duration_s=1)

    @rule(wait_s=st.sampled_from([1.0, 20.0]))
    def rest(self, wait_s: float) -> None:
        self.deployment.rest(wait_s)

    @rule(wait_s=st.sampled_from([1.0, 15.0, 40.0]))
    def wait(self, wait_s: float) -> None:
        self.clock.advance(wait_s)

    @rule()
    def stream(self) -> None:
        self.deployment.learn_stream(first_token_s=0.1, token_s=0.01)

    @rule(tokens=st.integers(0, 100))
    def think(self, tokens: int) -> None:
        self.deployment.learn_thought(tokens)

    @invariant()
    def who_is_not_watched_refuses_nothing(self) -> None:
        assert self.deployment in self.fleet.watched() or not self.deployment.refusal(10)

    @invariant()
    def what_a_strategy_sees_is_how_it_is(self) -> None:
        candidates = self.fleet.candidates()
        assert candidates == {name: each.candidate() for name, each in self.fleet.items()}
        assert list(candidates) == list(self.fleet)
        candidate = candidates[self.deployment.name]
        assert candidate.breaker == self.deployment.breaker.state
        assert candidate.in_flight == len(self.tickets)


TestWatchMachine = WatchMachine.TestCase
TestWatchMachine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
