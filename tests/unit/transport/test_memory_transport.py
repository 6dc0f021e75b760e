"""What only the memory transport promises, and corners that other transports need not share."""

import gc
import logging
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantumlayer.errors import (
    DrainingError,
    EnvelopeError,
    RemoteError,
    RequestTimeoutError,
    TransportClosedError,
    TransportError,
)
from quantumlayer.testing._inbox import Inbox
from quantumlayer.transport import Dropped, Envelope, Health, Memory
from quantumlayer.transport._directory import ROUTES_KEPT

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def test_a_transport_opens_once() -> None:
    bus = Memory()
    assert (await bus.health()).state == "closed"
    await bus.drain()
    with pytest.raises(TransportClosedError, match="async with"):
        await bus.publish("a", Envelope("A"))
    async with bus:
        pass
    with pytest.raises(TransportClosedError, match="another"):
        await bus.__aenter__()


async def test_the_body_goes_on_after_an_explicit_drain() -> None:
    async with Memory() as bus:
        await bus.drain()
        await bus.drain()
        await anyio.lowlevel.checkpoint()
        assert (await bus.health()).state == "closed"


async def test_deadlines_travel_in_the_time_of_the_injected_clock() -> None:
    async with Memory(clock=Clock(1_000.0)) as bus:
        inbox = Inbox()
        await bus.serve("asked", inbox.echo)
        with anyio.fail_after(50):
            await bus.request("asked", Envelope("A"))
        with anyio.fail_after(50):
            await bus.request("asked", Envelope("A", deadline_unix_us=1_030_000_000))
        await bus.request("asked", Envelope("A", deadline_unix_us=1_060_000_000))
        came_s = [(envelope.deadline_unix_us or 0) / 1e6 for envelope in inbox.envelopes]
        assert 1_040 < came_s[0] <= 1_050
        assert 1_020 < came_s[1] <= 1_030
        assert 1_050 < came_s[2] <= 1_060
        with pytest.raises(RequestTimeoutError, match=r"0\.000 s"):
            await bus.request("asked", Envelope("A", deadline_unix_us=999_000_000))


async def test_ids_come_from_the_injected_source() -> None:
    async with Memory(random_bytes=lambda size: b"7" * size) as bus:
        inbox = Inbox()
        await bus.serve("asked", inbox.echo)
        reply = await bus.request("asked", Envelope("A"))
        assert inbox.envelopes[0].id == reply.id == b"7" * 16


async def test_a_handler_that_answers_nonsense_fails_its_requester_only() -> None:
    async with Memory() as bus:

        async def nonsense(envelope: Envelope) -> Envelope:
            return envelope.payload  # type: ignore[return-value]

        async def unencodable(_envelope: Envelope) -> Envelope:
            return Envelope("A", schema_version=-1)

        await bus.serve("nonsense", nonsense)
        await bus.serve("unencodable", unencodable)
        with pytest.raises(RemoteError, match="bytes is no Envelope"):
            await bus.request("nonsense", Envelope("A"))
        with pytest.raises(RemoteError, match=EnvelopeError.__name__):
            await bus.request("unencodable", Envelope("A"))


async def test_the_first_of_several_servers_counts() -> None:
    async with Memory() as bus:
        gate = anyio.Event()

        async def slow(_envelope: Envelope) -> Envelope:
            await gate.wait()
            return Envelope("Slow")

        async def quick(_envelope: Envelope) -> Envelope:
            return Envelope("Quick")

        await bus.serve("both", slow)
        leaving = await bus.serve("both", quick)
        assert (await bus.request("both", Envelope("A"))).type == "Quick"
        await leaving.aclose()
        gate.set()
        assert (await bus.request("both", Envelope("A"))).type == "Slow"


async def test_a_server_that_leaves_does_not_fail_a_request_that_another_still_handles() -> None:
    async with Memory() as bus:
        begun, gate = anyio.Event(), anyio.Event()

        async def first(envelope: Envelope) -> Envelope:
            await anyio.sleep_forever()
            return envelope

        async def second(envelope: Envelope) -> Envelope:
            begun.set()
            await gate.wait()
            return envelope

        leaving = await bus.serve("both", first)
        await bus.serve("both", second)
        replies = []

        async def ask() -> None:
            replies.append(await bus.request("both", Envelope("A")))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await begun.wait()
            await leaving.aclose()
            gate.set()
        assert [reply.type for reply in replies] == ["A"]


async def test_members_of_a_group_have_to_agree() -> None:
    async with Memory() as bus:
        await bus.subscribe("work", Inbox().keep, group="workers", max_waiting=5)
        with pytest.raises(ValueError, match="max_waiting=5"):
            await bus.subscribe("work", Inbox().keep, group="workers")
        with pytest.raises(ValueError, match="overflow='block'"):
            await bus.subscribe(
                "work", Inbox().keep, group="workers", max_waiting=5, overflow="raise"
            )
        await bus.subscribe("other", Inbox().keep, group="workers")


@pytest.mark.parametrize("bound", ["max_in_flight", "max_waiting"])
async def test_bounds_that_let_nothing_through_are_refused(bound: str) -> None:
    async with Memory() as bus:
        bounds = {bound: 0}
        with pytest.raises(ValueError, match=f"{bound}=0"):
            await bus.subscribe("work", Inbox().keep, **bounds)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=f"{bound}=0"):
            await bus.serve("work", Inbox().echo, **bounds)  # type: ignore[arg-type]


async def test_context_variables_of_a_sender_do_not_stay_with_the_handlers() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="nobody")
    variable.set("opener")
    async with Memory() as bus:
        seen = []

        async def look(_envelope: Envelope) -> None:
            seen.append(variable.get())

        variable.set("subscriber")
        await bus.subscribe("look", look)
        variable.set("sender")
        await bus.publish("look", Envelope("A"))
    assert seen == ["opener"]


async def test_what_happened_unseen_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_envelope: Envelope) -> None:
        raise KeyError("mood")

    async with Memory() as bus:
        await bus.subscribe("moody", fail)
        with caplog.at_level(logging.WARNING, logger="quantumlayer.transport"):
            await bus.publish("moody", Envelope("A", b"secret content"))
            await bus.drain()
    assert "HandlerFailed" in caplog.text
    assert "mood" in caplog.text
    assert "secret content" not in caplog.text


async def test_readers_of_events_that_are_slow_or_gone_hold_nothing_up() -> None:
    async def fail(_envelope: Envelope) -> None:
        raise KeyError

    async with Memory() as bus:
        await bus.subscribe("moody", fail)
        async with bus.events() as gone:
            pass
        slow = bus.events()
        for _ in range(2_000):
            await bus.publish("moody", Envelope("A"))
        await bus.drain()
        async with slow:
            assert len([event async for event in slow]) == 1_024
        del gone


async def test_events_end_with_the_transport() -> None:
    async with Memory() as bus:
        events = bus.events()
    async with events:
        assert [event async for event in events] == []


async def test_a_running_handler_is_ended_by_its_messages_deadline() -> None:
    clock = Clock(1_000.0)
    async with Memory(clock=clock) as bus:
        inbox = Inbox()

        async def slow(envelope: Envelope) -> None:
            await inbox.keep(envelope)
            if envelope.deadline_unix_us:
                await anyio.sleep_forever()

        await bus.subscribe("slow", slow)
        async with bus.events() as events:
            await bus.publish("slow", Envelope("A", deadline_unix_us=1_000_050_000))
            assert await events.receive() == Dropped("slow", "slow", "expired")
        await bus.publish("slow", Envelope("B"))
        await inbox.until(2)


async def test_a_handler_may_not_drain_its_own_subscription() -> None:
    async with Memory() as bus:

        async def drain(envelope: Envelope) -> Envelope:
            await subscription.drain()
            return envelope

        subscription = await bus.serve("own", drain)
        with pytest.raises(RemoteError, match=TransportError.__name__):
            await bus.request("own", Envelope("A"))


async def test_a_handler_may_close_its_own_subscription() -> None:
    async with Memory() as bus:
        inbox = Inbox()

        async def once(envelope: Envelope) -> None:
            await inbox.keep(envelope)
            await subscription.aclose()

        subscription = await bus.subscribe("once", once)
        await bus.publish("once", Envelope("A"))
        await inbox.until(1)
        await bus.publish("once", Envelope("B"))
    assert len(inbox.envelopes) == 1


async def test_draining_a_subscription_that_never_worked_ends_at_once() -> None:
    async with Memory() as bus:
        subscription = await bus.subscribe("idle", Inbox().keep)
        await subscription.drain()
        await subscription.drain()
        await subscription.aclose()
        assert (await bus.health()).subscriptions == 0


async def test_a_message_whose_handler_is_closed_before_it_begins_goes_to_another() -> None:
    async with Memory() as bus:
        closing, staying = Inbox(), Inbox()
        first = await bus.subscribe("work", closing.keep, group="workers")
        await bus.subscribe("work", staying.keep, group="workers")
        await bus.publish("work", Envelope("A"))
        await first.aclose()
        await staying.until(1)
        assert not closing.envelopes


async def test_without_another_it_is_lost_and_said_so() -> None:
    async with Memory() as bus, bus.events() as events:
        closing = Inbox()
        only = await bus.subscribe("work", closing.keep)
        await bus.publish("work", Envelope("A"))
        await only.aclose()
        assert await events.receive() == Dropped("work", "work", "closed")
        assert not closing.envelopes


async def test_cancelling_the_block_ends_handlers_and_requests() -> None:
    ended = []

    async def sleep(_envelope: Envelope) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("busy")

    with anyio.move_on_after(0.05):
        async with Memory() as bus:
            await bus.subscribe("busy", sleep)
            await bus.serve("idle", Inbox().echo)
            await bus.publish("busy", Envelope("A"))
            await bus.request("idle", Envelope("A"))
            await anyio.sleep_forever()
    assert ended == ["busy"]
    assert await bus.health() == Health("closed", 0, 0, 0)


async def test_a_worker_that_is_cancelled_from_outside_gets_no_more_messages() -> None:
    with anyio.CancelScope() as outer:
        async with Memory() as bus:
            inbox = Inbox()
            server = await bus.serve("idle", inbox.echo)
            await bus.request("idle", Envelope("A"))
            with anyio.CancelScope(shield=True):
                outer.cancel()
                await anyio.sleep(0.01)  # long enough for the worker to end
                await server.drain()
                assert (await bus.health()).subscriptions == 0
    assert outer.cancel_called


async def test_publishers_that_wait_for_room_are_let_go_when_the_transport_closes() -> None:
    errors = []

    async def stuck(_envelope: Envelope) -> None:
        await anyio.sleep_forever()

    async def publish(bus: Memory) -> None:
        try:
            for _ in range(5):
                await bus.publish("stuck", Envelope("A"))
        except (TransportClosedError, DrainingError) as error:
            errors.append(error)

    async def block() -> None:
        async with Memory() as bus:
            await bus.subscribe("stuck", stuck, max_waiting=1)
            for _ in range(3):
                tasks.start_soon(publish, bus)
            await anyio.wait_all_tasks_blocked()
            raise LookupError

    async with anyio.create_task_group() as tasks:
        with pytest.raises(LookupError):
            await block()
    assert len(errors) == 3


async def test_room_that_a_cancelled_publisher_cannot_use_goes_to_the_next() -> None:
    async with Memory() as bus:
        gate, inbox = anyio.Event(), Inbox()

        async def slow(envelope: Envelope) -> None:
            await gate.wait()
            await inbox.keep(envelope)

        await bus.subscribe("slow", slow, max_waiting=1)
        await bus.publish("slow", Envelope("0"))
        await bus.publish("slow", Envelope("1"))
        impatient = anyio.CancelScope()

        async def give_up() -> None:
            with impatient:
                await bus.publish("slow", Envelope("never"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(give_up)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(bus.publish, "slow", Envelope("2"))
            await anyio.wait_all_tasks_blocked()
            gate.set()
            impatient.cancel()  # the turn may be its already
        await inbox.until(3)
        assert "2" in [envelope.type for envelope in inbox.envelopes]


async def test_subjects_without_end_do_not_fill_the_memory() -> None:
    async with Memory() as bus:
        for number in range(ROUTES_KEPT + 10):
            await bus.publish(f"made.up.{number}", Envelope("A"))
        assert len(bus._subscribers._routes) <= ROUTES_KEPT


async def test_subscriptions_that_end_leave_nothing_behind() -> None:
    async with Memory() as bus:
        for number in range(50):
            for pattern in (f"a.{number}", f"*.{number}.>"):
                subscription = await bus.subscribe(pattern, Inbox().keep)
                await bus.publish(f"a.{number}", Envelope("A"))
                await subscription.drain()
        assert not list(bus._subscribers)
        assert not bus._subscribers._groups
        assert not bus._subscribers._wildcards


@settings(max_examples=60, deadline=None)
@given(data=st.data())
async def test_whatever_happens_every_message_is_accounted_for(data: st.DataObject) -> None:
    """Random members, loads, cancellations and departures; a failing schedule is reproduced."""
    members = data.draw(st.integers(1, 4), "members")
    requests = data.draw(st.integers(1, 40), "requests")
    cancelled = data.draw(st.sets(st.integers(0, requests - 1)), "cancelled")
    leaving = data.draw(st.sets(st.integers(0, members - 1), max_size=members - 1), "leaving")
    pauses = data.draw(st.lists(st.integers(0, 3), min_size=requests, max_size=requests), "pauses")
    handled: list[bytes] = []
    outcomes: dict[int, object] = {}

    async def handler(envelope: Envelope) -> Envelope:
        for _ in range(pauses[int(envelope.payload)]):
            await anyio.lowlevel.checkpoint()
        handled.append(envelope.payload)
        return envelope

    async def ask(bus: Memory, number: int, scope: anyio.CancelScope) -> None:
        outcomes[number] = "cancelled"
        with scope:
            try:
                outcomes[number] = await bus.request("work", Envelope("A", str(number).encode()))
            except TransportError as error:
                outcomes[number] = error

    async with Memory() as bus:
        subscriptions = [
            await bus.serve("work", handler, group="w", max_in_flight=2) for _ in range(members)
        ]
        async with anyio.create_task_group() as tasks:
            scopes = [anyio.CancelScope() for _ in range(requests)]
            for number, scope in enumerate(scopes):
                tasks.start_soon(ask, bus, number, scope)
            await anyio.lowlevel.checkpoint()
            for number in cancelled:
                scopes[number].cancel()
            for number in leaving:
                tasks.start_soon(subscriptions[number].drain)
    health = await bus.health()
    assert (health.waiting, health.in_flight) == (0, 0)
    assert len(outcomes) == requests
    assert len(handled) == len(set(handled))
    for number, outcome in outcomes.items():
        if isinstance(outcome, Envelope):
            assert outcome.payload == str(number).encode()
        else:
            assert outcome == "cancelled"
            assert number in cancelled


async def test_nothing_is_left_for_the_garbage_collector_to_complain_about() -> None:
    async with Memory() as bus:
        await bus.serve("a", Inbox().echo)
        await bus.request("a", Envelope("A"))
    del bus
    gc.collect()
