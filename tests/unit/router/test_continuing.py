"""Streams that break and are gone on with, where that is asked for and the model can."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import (
    ProviderUnavailableError,
    RouterConfigError,
    StreamInterruptedError,
)
from quantumlayer.messages import (
    Done,
    Message,
    ModelReply,
    ModelRequest,
    StreamEvent,
    Text,
    TextDelta,
    ToolCallDelta,
)
from quantumlayer.router import (
    BreakerPolicy,
    Budget,
    Caching,
    Catalog,
    Hedging,
    ModelCard,
    Price,
    RetryPolicy,
    Router,
)
from quantumlayer.testing import Cut, ScriptedModel

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
DOWN = ProviderUnavailableError("scripted/a", "cut")
ABLE = ModelCard(
    price=Price(1_000_000, 1_000_000),
    max_output_tokens=100,
    capabilities=frozenset({"continuation"}),
)
ONCE = RetryPolicy(rounds=1, continuations=1)


async def read(router: Router, prompt: str | ModelRequest = "Count.") -> list[StreamEvent]:
    async with router.stream(prompt) as events:
        return [event async for event in events]


def words(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_another_model_goes_on_where_a_stream_has_broken_off(router_of: MakeRouter) -> None:
    broken = ScriptedModel(Cut("one two", DOWN), model="a", card=ABLE)
    other = ScriptedModel(" three four", model="b", card=ABLE)
    router = router_of(broken, other, retry=ONCE)

    events = await read(router)

    last = events[-1]
    assert isinstance(last, Done)
    assert words(events) == last.reply.text == "one two three four"
    assert last.reply.model == "b"
    assert [(attempt.deployment[-1], attempt.kind) for attempt in last.reply.route.attempts] == [
        ("a", "call"),
        ("b", "continuation"),
    ]
    assert other.requests[0].messages == (
        Message.user("Count."),
        Message("assistant", (Text("one two"),)),
    )
    assert [entry.attempt for entry in router.ledger.entries] == list(last.reply.route.attempts)
    assert {entry.request for entry in router.ledger.entries} == {last.reply.route.request}


async def test_the_same_deployment_goes_on_where_there_is_no_other(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one two", DOWN), " three", card=ABLE)
    assert words(await read(router_of(model, retry=ONCE))) == "one two three"


async def test_unless_it_is_asked_for_a_broken_stream_stays_broken(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one two", DOWN), " three", card=ABLE)
    with pytest.raises(StreamInterruptedError):
        await read(router_of(model))
    assert model.calls == 1


@pytest.mark.parametrize("card", [ModelCard(), ModelCard(capabilities=frozenset({"tools"}))])
async def test_a_model_that_is_not_known_to_go_on_is_not_asked_to(
    router_of: MakeRouter, card: ModelCard
) -> None:
    broken = ScriptedModel(Cut("one two", DOWN), model="a", card=card)
    other = ScriptedModel("One, two, three", model="b", card=card)
    with pytest.raises(StreamInterruptedError, match="lacks a capability: continuation") as caught:
        await read(router_of(broken, other, retry=ONCE))

    assert caught.value.partial == "one two"
    assert other.calls == 0


async def test_it_is_gone_on_with_no_more_often_than_allowed(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one", DOWN), Cut(" two", DOWN), Cut(" three", DOWN), card=ABLE)
    router = router_of(model, retry=RetryPolicy(rounds=1, continuations=2))

    with pytest.raises(StreamInterruptedError, match="cut") as caught:
        await read(router)

    assert caught.value.partial == "one two three"
    assert model.calls == 3


async def test_who_fails_before_its_first_word_hands_over(router_of: MakeRouter) -> None:
    models = [
        ScriptedModel(Cut("one", DOWN), model="a", card=ABLE),
        ScriptedModel(DOWN, model="b", card=ABLE),
        ScriptedModel(" two", model="c", card=ABLE),
    ]
    assert words(await read(router_of(*models, retry=ONCE))) == "one two"


async def test_a_broken_tool_call_is_not_gone_on_with(router_of: MakeRouter) -> None:
    class Calls(ScriptedModel):
        @asynccontextmanager
        async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
            self.calls += 1

            async def events() -> AsyncIterator[StreamEvent]:
                yield TextDelta("Let me look.")
                yield ToolCallDelta(0, "c1", "look_up", '{"wo')
                raise DOWN

            yield events()

    model = Calls(card=ABLE)
    with pytest.raises(StreamInterruptedError) as caught:
        await read(router_of(model, retry=ONCE))

    assert caught.value.partial == "Let me look."
    assert model.calls == 1


async def test_a_budget_that_is_used_up_ends_it(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one two", DOWN), " three", card=ABLE)
    router = router_of(model, retry=ONCE, budgets=[Budget(usd=1.5e-7, name="run")])

    with pytest.raises(StreamInterruptedError, match="nobody goes on with it: Budget 'run'"):
        await read(router)


async def test_what_was_told_counts_towards_the_longest_answer(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one two three four", DOWN), " five", card=ABLE)
    router = router_of(model, retry=ONCE)
    for longest, left in ((10, 6), (3, 1)):
        model.calls = 0
        await read(router, ModelRequest((Message.user("Count."),), max_output_tokens=longest))
        assert model.requests[-1].max_output_tokens == left


async def test_it_goes_together_with_hedging_and_a_cache(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one", DOWN), " two", card=ABLE)
    router = router_of(model, retry=ONCE, hedging=Hedging(), caching=Caching())

    assert words(await read(router)) == "one two"
    assert words(await read(router)) == "one two"
    assert model.calls == 2


async def test_a_caller_may_wait_for_each_event_in_a_scope_of_its_own(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel(Cut("one two", DOWN), " three", card=ABLE)
    told: list[StreamEvent] = []
    async with router_of(model, retry=ONCE).stream("Count.") as events:
        while True:
            with anyio.fail_after(5):
                event = await anext(events, None)
            if event is None:
                break
            told.append(event)

    assert words(told) == "one two three"


async def test_leaving_while_it_is_gone_on_with_closes_everything(router_of: MakeRouter) -> None:
    model = ScriptedModel(Cut("one", DOWN), " two three", card=ABLE)
    router = router_of(model, retry=ONCE)
    async with router.stream("Count.") as events:
        assert await anext(events) == TextDelta("one")
        assert await anext(events) == TextDelta(" two")

    assert [entry.attempt.error.partition(":")[0] for entry in router.ledger.entries] == [
        "StreamInterruptedError",
        "left before its end",
    ]
    assert router._deployments["scripted/model"].in_flight == 0


def test_a_number_below_none_is_refused() -> None:
    with pytest.raises(RouterConfigError, match="continuations=-1"):
        RetryPolicy(continuations=-1)


class Reciting(ScriptedModel):
    """Knows a text by heart: goes on with it where it is given its beginning, and breaks off."""

    def __init__(self, text: str, breaks: list[int]) -> None:
        super().__init__(card=ABLE)
        self._text, self._breaks = text, list(breaks)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        last = request.messages[-1]
        start = len(last.text) if last.role == "assistant" else 0
        assert self._text.startswith(last.text) or last.role == "user"
        rest = self._text[start:]
        end = self._breaks.pop(0) if self._breaks else None

        async def events() -> AsyncIterator[StreamEvent]:
            for piece in re.findall(r".{1,2}", rest[:end], re.DOTALL) or ([""] if end else []):
                yield TextDelta(piece)
            if end is not None:
                raise DOWN
            yield Done(ModelReply(rest, "scripted", "model"))

        yield events()


@given(
    text=st.text(alphabet="ab \n", max_size=30),
    breaks=st.lists(st.integers(1, 10), max_size=5),
    backend=st.sampled_from(["asyncio", "asyncio", "trio"]),
)
def test_wherever_it_breaks_the_pieces_are_those_of_the_whole(
    text: str, breaks: list[int], backend: str
) -> None:
    async def recite() -> None:
        retry = RetryPolicy(continuations=len(breaks))
        breaker = BreakerPolicy(min_calls=99)
        model = Reciting(text, breaks)
        events = await read(Router([model], retry=retry, breaker=breaker, catalog=Catalog({})))
        assert isinstance(events[-1], Done)
        assert words(events) == events[-1].reply.text == text

    anyio.run(recite, backend=backend)
