"""Streams: typed events, fallback before the first, an honest error after it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    ProviderUnavailableError,
    StreamInterruptedError,
)
from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from quantumlayer.router import BreakerPolicy, ModelCard, Price, RetryPolicy, Router
from quantumlayer.testing import Cut, ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
PRICED = ModelCard(price=Price(1_000_000, 1_000_000))


def down(name: str = "model") -> ProviderUnavailableError:
    return ProviderUnavailableError(f"scripted/{name}", "cut")


class _Nothing(AsyncIterator[StreamEvent]):
    """No generator, and no event."""

    async def __anext__(self) -> StreamEvent:
        raise StopAsyncIteration


async def read(router: Router, prompt: str = "Hi") -> list[StreamEvent]:
    async with router.stream(prompt) as events:
        return [event async for event in events]


async def test_the_pieces_add_up_to_the_reply_at_the_end(router_of: MakeRouter) -> None:
    call = ToolCall("c1", "look_up", '{"word": "quorum"}')
    model = ScriptedModel(ModelReply("one two three", "scripted", "model", (call,)))

    *pieces, last = await read(router_of(model))

    assert [piece.text for piece in pieces if isinstance(piece, TextDelta)] == [
        "one",
        " two",
        " three",
    ]
    assert pieces[-1] == ToolCallDelta(0, "c1", "look_up", '{"word": "quorum"}')
    assert isinstance(last, Done)
    assert last.reply.text == "one two three"
    assert last.reply.tool_calls == (call,)
    assert [attempt.deployment for attempt in last.reply.route.attempts] == ["scripted/model"]


async def test_before_the_first_event_a_failure_leads_to_the_next_deployment(
    router_of: MakeRouter,
) -> None:
    broken, cut = ScriptedModel(down("a"), model="a"), ScriptedModel(Cut("", down("b")), model="b")

    *_, last = await read(router_of(broken, cut, ScriptedModel("Rome", model="c")))

    assert isinstance(last, Done)
    assert last.reply.text == "Rome"
    assert [attempt.deployment[-1] for attempt in last.reply.route.attempts] == ["a", "b", "c"]


async def test_a_stream_without_any_event_hands_over(router_of: MakeRouter) -> None:
    class Silent(ScriptedModel):
        @asynccontextmanager
        async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
            del request
            yield _Nothing()

    *_, last = await read(router_of(Silent(model="a"), ScriptedModel("Rome", model="b")))

    assert isinstance(last, Done)
    assert last.reply.route.attempts[0].error == (
        "MalformedReplyError: the stream ended without an event"
    )


async def test_when_no_stream_begins_the_error_is_that_of_a_call(router_of: MakeRouter) -> None:
    with pytest.raises(AllDeploymentsFailedError):
        await read(router_of(ScriptedModel(down()), retry=RetryPolicy(rounds=1)))


async def test_after_the_first_event_a_break_is_told_with_what_had_arrived(
    router_of: MakeRouter,
) -> None:
    other = ScriptedModel("Rome", model="b")
    router = router_of(
        ScriptedModel(Cut("half an answer", down("a")), model="a", card=PRICED), other
    )

    with pytest.raises(StreamInterruptedError, match="'scripted/a': cut") as caught:
        await read(router)

    assert caught.value.partial == "half an answer"
    assert other.calls == 0
    [entry] = router.ledger.entries
    assert entry.attempt.error.startswith("StreamInterruptedError")
    assert entry.attempt.usage.estimated
    assert entry.attempt.usage.output_tokens > 0
    assert entry.attempt.cost_nanousd == entry.attempt.usage.total_tokens


async def test_a_stream_that_only_stops_is_a_break(router_of: MakeRouter) -> None:
    class Endless(ScriptedModel):
        @asynccontextmanager
        async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
            del request

            async def events() -> AsyncIterator[StreamEvent]:
                yield TextDelta("half")

            yield events()

    with pytest.raises(StreamInterruptedError, match="without its last event"):
        await read(router_of(Endless()))


async def test_a_bug_in_a_provider_s_stream_is_a_break_too(router_of: MakeRouter) -> None:
    with pytest.raises(StreamInterruptedError, match="raised KeyError"):
        await read(router_of(ScriptedModel(Cut("half", KeyError("sk-secret")))))


async def test_leaving_early_ends_the_attempt_and_counts_what_had_arrived(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    router = router_of(ScriptedModel("one two three four", clock=clock, card=PRICED))

    async with router.stream("Hi") as events:
        await anext(events)

    [entry] = router.ledger.entries
    assert entry.attempt.error == "left before its end"
    assert entry.attempt.usage.estimated
    assert router._deployments["scripted/model"].in_flight == 0


async def test_an_error_of_the_caller_s_own_is_no_failure_of_the_deployment(
    router_of: MakeRouter,
) -> None:
    router = router_of(ScriptedModel("one two"), breaker=BreakerPolicy(min_calls=1))

    with pytest.raises(LookupError):
        async with router.stream("Hi"):
            raise LookupError

    assert router._deployments["scripted/model"].breaker.state == "closed"


async def test_cancelling_a_stream_enters_it_as_cancelled(router_of: MakeRouter) -> None:
    router = router_of(ScriptedModel("one two"))

    with anyio.CancelScope() as scope:
        async with router.stream("Hi") as events:
            scope.cancel()
            await anext(events)
            await anext(events)

    assert [entry.attempt.error for entry in router.ledger.entries] == ["cancelled"]


async def test_a_stream_that_does_not_begin_in_time_hands_over(router_of: MakeRouter) -> None:
    stuck = ScriptedModel("never", model="a", gate=anyio.Event())
    router = router_of(stuck, ScriptedModel("Rome", model="b"), retry=RetryPolicy(attempt_s=0.01))

    *_, last = await read(router)

    assert isinstance(last, Done)
    assert last.reply.text == "Rome"
    assert last.reply.route.attempts[0].error == "ProviderTimeoutError: no event within 0.01 s"


async def test_after_its_last_event_a_stream_is_over(router_of: MakeRouter) -> None:
    async with router_of(ScriptedModel("one")).stream("Hi") as events:
        assert [type(event) async for event in events] == [TextDelta, Done]
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_streams_teach_the_time_to_the_first_token_and_for_each_further_one(
    router_of: MakeRouter, clock: VirtualClock
) -> None:
    class Paced(ScriptedModel):
        @asynccontextmanager
        async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
            reply = await self.complete(request)

            async def events() -> AsyncIterator[StreamEvent]:
                clock.advance(2.0)
                yield TextDelta("a")
                clock.advance((reply.usage.output_tokens - 1) * 0.5)
                yield Done(reply)

            yield events()

    router = router_of(Paced("some words that take their time"))
    await read(router)

    candidate = router._deployments["scripted/model"].candidate()
    assert candidate.first_token_s == pytest.approx(2.0)
    assert candidate.token_s == pytest.approx(0.5)
