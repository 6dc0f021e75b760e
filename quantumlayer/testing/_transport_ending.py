"""Promises about the end: draining, closing, and subscriptions that go."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import anyio

from quantumlayer.errors import (
    DisconnectedError,
    DrainingError,
    NoRespondersError,
    RemoteError,
    TransportClosedError,
)
from quantumlayer.testing._inbox import Inbox, raised, told, until
from quantumlayer.testing._transport_publishing import Case, Make, message
from quantumlayer.transport import Dropped, Envelope

__all__ = ["CASES"]


async def draining_under_load_loses_and_doubles_nothing(make: Make) -> None:
    async with make() as bus:
        handled: Counter[bytes] = Counter()
        accepted: set[bytes] = set()
        loaded = anyio.Event()

        async def handle(envelope: Envelope) -> None:
            await anyio.sleep(0.001)
            handled[envelope.payload] += 1
            if handled.total() == 100:
                loaded.set()

        async def serve(envelope: Envelope) -> Envelope:
            await handle(envelope)
            return envelope

        async def send(number: int) -> None:
            with suppress(DrainingError, TransportClosedError):
                for count in range(1_000):
                    envelope = message(number * 1_000 + count)
                    if number % 2:
                        await bus.publish("load", envelope)
                    else:
                        assert (await bus.request("asked", envelope)).payload == envelope.payload
                    accepted.add(envelope.payload)

        for _ in range(2):
            await bus.subscribe("load", handle, group="workers", max_waiting=50)
        await bus.serve("asked", serve, max_in_flight=4)
        async with anyio.create_task_group() as senders:
            for number in range(20):
                senders.start_soon(send, number)
            await told(loaded, "work under load")
            with anyio.fail_after(20):
                await bus.drain()
        assert handled == Counter(accepted)
        assert (await bus.health()).state == "closed"


async def while_draining_handlers_may_send_and_nobody_else(make: Make) -> None:
    async with make() as bus:
        begun, gate, inbox = anyio.Event(), anyio.Event(), Inbox()
        replies: list[Envelope] = []

        async def outer(_envelope: Envelope) -> Envelope:
            begun.set()
            await gate.wait()
            await bus.publish("heard", message(1))
            return await bus.request("inner", message(2))

        async def ask() -> None:
            replies.append(await bus.request("outer", message()))

        async def drains() -> bool:
            return (await bus.health()).state == "draining"

        await bus.serve("outer", outer)
        await bus.serve("inner", inbox.echo)
        await bus.subscribe("heard", inbox.keep)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await told(begun, "the begin of the handler")
            tasks.start_soon(bus.drain)
            await until(drains, "draining")
            await raised(DrainingError, bus.publish("heard", message()))
            gate.set()
        assert [reply.payload for reply in replies] == [b"2"]
        assert sorted(inbox.payloads) == [b"1", b"2"]


async def leaving_the_block_finishes_what_was_taken(make: Make) -> None:
    inbox = Inbox()

    async def slow(envelope: Envelope) -> None:
        await anyio.sleep(0.01)
        await inbox.keep(envelope)

    async with make() as bus:
        await bus.subscribe("last", slow)
        for number in range(5):
            await bus.publish("last", message(number))
    assert len(inbox.envelopes) == 5


async def an_error_in_the_block_closes_at_once_and_leaves_as_it_is(make: Make) -> None:
    begun, ended = anyio.Event(), anyio.Event()

    async def sleep(_envelope: Envelope) -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    error = LookupError("of the block")

    async def block() -> None:
        async with make() as bus:
            await bus.subscribe("last", sleep)
            await bus.publish("last", message())
            await told(begun, "the begin of the handler")
            raise error

    assert await raised(LookupError, block()) is error
    assert ended.is_set(), "a handler outlived its transport"


async def a_closed_transport_says_so(make: Make) -> None:
    async with make() as bus:
        pass
    await raised(TransportClosedError, bus.publish("any", message()))
    await raised(TransportClosedError, bus.request("any", message()))
    await raised(TransportClosedError, bus.subscribe("any", Inbox().keep))
    await raised(TransportClosedError, bus.serve("any", Inbox().echo))
    assert (await bus.health()).state == "closed"


async def closing_fails_the_requests_in_flight(make: Make) -> None:
    errors: list[Exception] = []
    begun = anyio.Event()

    async def sleep(envelope: Envelope) -> Envelope:
        begun.set()
        await anyio.sleep_forever()
        return envelope

    async def block() -> None:
        async with make() as bus:

            async def ask() -> None:
                request = bus.request("last", message())
                errors.append(await raised(TransportClosedError, request))

            await bus.serve("last", sleep, max_in_flight=1)
            for _ in range(3):
                tasks.start_soon(ask)
            await told(begun, "the begin of the handler")
            raise LookupError

    async with anyio.create_task_group() as tasks:
        await raised(LookupError, block())
    assert len(errors) == 3


async def a_subscription_drains_by_itself(make: Make) -> None:
    async with make() as bus:
        begun, gate, inbox = anyio.Event(), anyio.Event(), Inbox()

        async def slow(envelope: Envelope) -> None:
            begun.set()
            await gate.wait()
            await inbox.keep(envelope)

        async def nobody_listens() -> bool:
            return (await bus.health()).subscriptions == 0

        subscription = await bus.subscribe("own", slow)
        assert subscription.pattern == "own"
        for number in range(3):
            await bus.publish("own", message(number))
        await told(begun, "the begin of the handler")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(subscription.drain)
            await until(nobody_listens, "leaving")
            await bus.publish("own", message(3))
            gate.set()
        assert inbox.payloads == [b"0", b"1", b"2"]


async def a_member_that_drains_leaves_what_waits_to_the_others(make: Make) -> None:
    async with make() as bus:
        begun, gate = anyio.Event(), anyio.Event()
        leaving, staying = Inbox(), Inbox()

        async def slow(envelope: Envelope) -> None:
            begun.set()
            await gate.wait()
            await leaving.keep(envelope)

        member = await bus.subscribe("jobs", slow, group="workers")
        await bus.publish("jobs", message(0))
        await told(begun, "the begin of the handler")
        for number in range(1, 4):
            await bus.publish("jobs", message(number))
        async with anyio.create_task_group() as tasks:
            other = await bus.subscribe("jobs", staying.keep, group="workers")
            tasks.start_soon(member.drain)
            await staying.until(3)
            gate.set()
        assert (leaving.payloads, staying.payloads) == ([b"0"], [b"1", b"2", b"3"])
        await other.drain()


async def closing_a_server_fails_its_requests_and_frees_its_subject(make: Make) -> None:
    async with make() as bus:
        begun, errors = anyio.Event(), []

        async def sleep(envelope: Envelope) -> Envelope:
            begun.set()
            await anyio.sleep_forever()
            return envelope

        async def ask() -> None:
            try:
                await bus.request("leaving", message())
            except (DisconnectedError, NoRespondersError) as error:
                errors.append(type(error))

        server = await bus.serve("leaving", sleep, max_in_flight=1)
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(ask)
                await told(begun, "the begin of the handler")
            await server.aclose()
        assert set(errors) == {DisconnectedError, NoRespondersError}
        await ask()
        assert errors[2:] == [NoRespondersError]


async def closing_a_subscriber_emits_what_it_leaves_undone(make: Make) -> None:
    async with make() as bus:
        begun = anyio.Event()

        async def sleep(_envelope: Envelope) -> None:
            begun.set()
            await anyio.sleep_forever()

        subscriber = await bus.subscribe("leaving", sleep)
        await bus.publish("leaving", message(0))
        await bus.publish("leaving", message(1))
        await told(begun, "the begin of the handler")
        async with bus.events() as events:
            await subscriber.aclose()
            for _ in range(2):
                with anyio.fail_after(20):
                    assert await events.receive() == Dropped("leaving", "leaving", "closed")


async def a_handler_cannot_drain_its_own_transport(make: Make) -> None:
    async with make() as bus:

        async def drain(envelope: Envelope) -> Envelope:
            await bus.drain()
            return envelope

        await bus.serve("drain", drain)
        error = await raised(RemoteError, bus.request("drain", message()))
        assert error.type_name == "TransportError"


CASES: tuple[Case, ...] = (
    draining_under_load_loses_and_doubles_nothing,
    while_draining_handlers_may_send_and_nobody_else,
    leaving_the_block_finishes_what_was_taken,
    an_error_in_the_block_closes_at_once_and_leaves_as_it_is,
    a_closed_transport_says_so,
    closing_fails_the_requests_in_flight,
    a_subscription_drains_by_itself,
    a_member_that_drains_leaves_what_waits_to_the_others,
    closing_a_server_fails_its_requests_and_frees_its_subject,
    closing_a_subscriber_emits_what_it_leaves_undone,
    a_handler_cannot_drain_its_own_transport,
)
