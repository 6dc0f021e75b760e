"""Promises about publications: who gets them, in which order, and what a full buffer does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from quantumlayer.errors import OverloadedError, PayloadTooLargeError, SubjectError
from quantumlayer.testing._inbox import Inbox, raised, told
from quantumlayer.transport import Dropped, Envelope, HandlerFailed, Overflow, Transport

__all__ = ["CASES", "Case", "Make"]

Make: TypeAlias = Callable[[], Transport]
Case: TypeAlias = Callable[[Make], Awaitable[None]]


def message(number: int = 0) -> Envelope:
    """Make an envelope that can be told from others."""
    return Envelope("Number", str(number).encode())


async def a_message_published_right_after_subscribing_is_never_missed(make: Make) -> None:
    async with make() as bus:
        for number in range(2_000):
            inbox = Inbox()
            await bus.subscribe(f"right.after.{number}", inbox.keep)
            await bus.publish(f"right.after.{number}", message(number))
            assert (await inbox.until(1))[0].payload == str(number).encode()


async def wildcards_cover_one_token_or_all_that_follow(make: Make) -> None:
    async with make() as bus:
        one, rest = Inbox(), Inbox()
        await bus.subscribe("jobs.*.done", one.keep)
        await bus.subscribe("jobs.>", rest.keep)
        for subject in ("jobs.7.done", "jobs.7.8.done", "jobs", "jobs.7"):
            await bus.publish(subject, message())
        await rest.until(3)
        assert [envelope.subject for envelope in one.envelopes] == ["jobs.7.done"]
        wanted = {"jobs.7.done", "jobs.7.8.done", "jobs.7"}
        assert {envelope.subject for envelope in rest.envelopes} == wanted


async def malformed_subjects_and_patterns_are_refused(make: Make) -> None:
    async with make() as bus:
        for subject in ("", "a..b", ".a", "a.", "a b", "a.*", "a.>", "a\n"):
            await raised(SubjectError, bus.publish(subject, message()))
        for pattern in ("", "a..b", "a.>.b", "a*", "a b"):
            await raised(SubjectError, bus.subscribe(pattern, Inbox().keep))


async def every_subscriber_gets_a_publication(make: Make) -> None:
    async with make() as bus:
        inboxes = [Inbox() for _ in range(20)]
        for inbox in inboxes:
            await bus.subscribe("fan.out", inbox.keep)
        for number in range(10):
            await bus.publish("fan.out", message(number))
        for inbox in inboxes:
            await inbox.until(10)
            assert inbox.payloads == [str(number).encode() for number in range(10)]


async def messages_of_one_publisher_keep_their_order(make: Make) -> None:
    async with make() as bus:
        inbox = Inbox()
        await bus.subscribe("order.*", inbox.keep)

        async def publisher(name: str) -> None:
            for number in range(200):
                await bus.publish(f"order.{name}", message(number))

        async with anyio.create_task_group() as publishers:
            for name in "abcd":
                publishers.start_soon(publisher, name)
        await inbox.until(800)
        for name in "abcd":
            came = [e.payload for e in inbox.envelopes if e.subject == f"order.{name}"]
            assert came == [str(number).encode() for number in range(200)], f"publisher {name}"


async def nobody_shares_a_value_with_anybody(make: Make) -> None:
    async with make() as bus:
        first, second = Inbox(), Inbox()
        await bus.subscribe("shared", first.keep)
        await bus.subscribe("shared", second.keep)
        sent = message()
        await bus.publish("shared", sent)
        one, other = (await first.until(1))[0], (await second.until(1))[0]
        assert one is not sent
        assert one is not other
        assert one.id == other.id != b""


async def every_field_arrives_as_it_was_sent(make: Make) -> None:
    async with make() as bus:
        inbox = Inbox()
        await bus.subscribe("fields", inbox.keep)
        sent = [
            Envelope("Empty", b""),
            Envelope("Binary", bytes(range(256)), content_type="application/octet-stream"),
            Envelope("Umlaut-ß-漢字-🎉", "naïve".encode(), sender="Ångström", tenant="東京"),
            Envelope("Full", b"{}", schema_version=3, budget_nanousd=0, deadline_unix_us=2**52),
            Envelope("Ids", id=bytes(16), correlation_id=b"c" * 16, trace_parent=b"\1" * 25),
        ]
        for envelope in sent:
            await bus.publish("fields", envelope)
        for given, came in zip(sent, await inbox.until(len(sent)), strict=True):
            assert came._replace(id=given.id, subject="", trace_parent=given.trace_parent) == given
            assert given.id in {b"", came.id}
            assert given.trace_parent in {b"", came.trace_parent}
            assert came.subject == "fields"


async def a_group_message_goes_to_exactly_one_member_in_equal_shares(make: Make) -> None:
    async with make() as bus:
        members, everybody, bystander = [Inbox() for _ in range(4)], Inbox(), Inbox()
        for member in members:

            async def handler(envelope: Envelope, member: Inbox = member) -> None:
                await member.keep(envelope)
                await everybody.keep(envelope)

            await bus.subscribe("work", handler, group="workers")
        await bus.subscribe("work", bystander.keep)
        for number in range(800):
            await bus.publish("work", message(number))
        await bystander.until(800)
        await everybody.until(800)
        shares = [len(member.envelopes) for member in members]
        handled = Counter(everybody.payloads)
        assert handled == Counter(str(number).encode() for number in range(800))
        assert all(180 <= share <= 220 for share in shares), f"uneven shares: {shares}"


async def a_slow_member_holds_nothing_back(make: Make) -> None:
    async with make() as bus:
        released, inbox = anyio.Event(), Inbox()

        async def slow(envelope: Envelope) -> None:
            await released.wait()
            await inbox.keep(envelope)

        await bus.subscribe("slow", slow, group="mixed")
        for _ in range(3):
            await bus.subscribe("slow", inbox.keep, group="mixed")
        for number in range(400):
            await bus.publish("slow", message(number))
        await inbox.until(399)
        released.set()
        await inbox.until(400)


async def no_more_handlers_run_than_allowed(make: Make) -> None:
    for allowed in (1, 5):
        async with make() as bus:
            running, most, inbox = 0, 0, Inbox()

            async def handler(envelope: Envelope, inbox: Inbox = inbox) -> None:
                nonlocal running, most
                running += 1
                most = max(most, running)
                await anyio.sleep(0.001)
                running -= 1
                await inbox.keep(envelope)

            await bus.subscribe("bounded", handler, max_in_flight=allowed)
            for number in range(50):
                await bus.publish("bounded", message(number))
            await inbox.until(50)
            assert most == allowed, f"{most} handlers ran, {allowed} were allowed"


async def a_full_buffer_blocks_the_publisher(make: Make) -> None:
    async with make() as bus:
        gate, inbox, published = await _stuck(bus, "block")

        async def publisher() -> None:
            for number in range(3, 6):
                await bus.publish("narrow", message(number))
            published.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(publisher)
            await anyio.sleep(0.05)  # time enough to show that it does not wait
            assert not published.is_set(), "the publisher did not wait for room"
            gate.set()
        assert len(await inbox.until(6)) == 6
        assert inbox.payloads == [str(number).encode() for number in range(6)]


async def a_publisher_cancelled_while_it_waits_has_sent_nothing(make: Make) -> None:
    async with make() as bus:
        gate, inbox, _ = await _stuck(bus, "block")
        other = Inbox()
        await bus.subscribe("narrow", other.keep)
        with anyio.move_on_after(0.05) as scope:
            await bus.publish("narrow", message(3))
        assert scope.cancelled_caught
        gate.set()
        await inbox.until(3)
        await bus.publish("narrow", message(4))
        await inbox.until(4)
        await other.until(1)
        assert inbox.payloads[-1] == other.payloads[0] == b"4"
        assert len(inbox.envelopes) == 4


async def a_full_buffer_raises_at_the_publisher_and_nobody_gets_the_message(make: Make) -> None:
    async with make() as bus:
        gate, inbox, _ = await _stuck(bus, "raise")
        other = Inbox()
        await bus.subscribe("narrow", other.keep)
        error = await raised(OverloadedError, bus.publish("narrow", message(3)))
        assert error.retryable
        gate.set()
        await inbox.until(3)
        await bus.publish("narrow", message(4))
        await other.until(1)
        assert other.payloads == [b"4"]


async def a_full_buffer_emits_an_event_for_each_message_left_out(make: Make) -> None:
    async with make() as bus:
        gate, inbox, _ = await _stuck(bus, "event")
        other = Inbox()
        await bus.subscribe("narrow", other.keep)
        async with bus.events() as events:
            await bus.publish("narrow", message(3))
            with anyio.fail_after(20):
                assert await events.receive() == Dropped("narrow", "narrow", "overflow")
        await other.until(1)
        gate.set()
        await inbox.until(3)
        assert len(inbox.envelopes) == 3


async def a_subscriber_that_raises_emits_an_event_and_goes_on(make: Make) -> None:
    async with make() as bus:
        inbox = Inbox()

        async def moody(envelope: Envelope) -> None:
            await inbox.keep(envelope)
            if envelope.payload == b"0":
                raise KeyError("mood")

        await bus.subscribe("moody", moody)
        async with bus.events() as events:
            await bus.publish("moody", message(0))
            await bus.publish("moody", message(1))
            with anyio.fail_after(20):
                event = await events.receive()
            assert isinstance(event, HandlerFailed)
            assert isinstance(event.error, KeyError)
        await inbox.until(2)


async def a_publication_that_expired_while_it_waited_is_not_handled(make: Make) -> None:
    async with make() as bus:
        gate, inbox, _ = await _stuck(bus, "block", waiting=10)
        async with bus.events() as events:
            await bus.publish("narrow", message(3)._replace(deadline_unix_us=1))
            await bus.publish("narrow", message(4))
            gate.set()
            with anyio.fail_after(20):
                assert await events.receive() == Dropped("narrow", "narrow", "expired")
        await inbox.until(4)
        assert inbox.payloads[-1] == b"4"


async def the_payload_limit_counts_the_whole_envelope(make: Make) -> None:
    async with make() as bus:
        inbox = Inbox()
        await bus.subscribe("large", inbox.keep)
        limit = bus.max_payload_bytes
        envelope = Envelope("Large", bytes(limit), sender="somebody", tenant="acme")
        whole = await raised(PayloadTooLargeError, bus.publish("large", envelope))
        assert whole.limit_bytes == limit
        room = limit - (whole.size_bytes - limit)
        for fitting in (room - 1, room):
            await bus.publish("large", envelope._replace(payload=bytes(fitting)))
        over = envelope._replace(payload=bytes(room + 1))
        error = await raised(PayloadTooLargeError, bus.publish("large", over))
        assert error.size_bytes == limit + 1
        assert len(await inbox.until(2)) == 2


async def _stuck(
    bus: Transport, overflow: Overflow, *, waiting: int = 2
) -> tuple[anyio.Event, Inbox, anyio.Event]:
    """Subscribe to `narrow` with a handler that is held up, and fill its buffer of two."""
    gate, busy, inbox = anyio.Event(), anyio.Event(), Inbox()

    async def handler(envelope: Envelope) -> None:
        busy.set()
        await gate.wait()
        await inbox.keep(envelope)

    await bus.subscribe("narrow", handler, max_waiting=waiting, overflow=overflow)
    await bus.publish("narrow", message(0))
    await told(busy, "handling the first message")
    await bus.publish("narrow", message(1))
    await bus.publish("narrow", message(2))
    return gate, inbox, anyio.Event()


CASES: tuple[Case, ...] = (
    a_message_published_right_after_subscribing_is_never_missed,
    wildcards_cover_one_token_or_all_that_follow,
    malformed_subjects_and_patterns_are_refused,
    every_subscriber_gets_a_publication,
    messages_of_one_publisher_keep_their_order,
    nobody_shares_a_value_with_anybody,
    every_field_arrives_as_it_was_sent,
    a_group_message_goes_to_exactly_one_member_in_equal_shares,
    a_slow_member_holds_nothing_back,
    no_more_handlers_run_than_allowed,
    a_full_buffer_blocks_the_publisher,
    a_publisher_cancelled_while_it_waits_has_sent_nothing,
    a_full_buffer_raises_at_the_publisher_and_nobody_gets_the_message,
    a_full_buffer_emits_an_event_for_each_message_left_out,
    a_subscriber_that_raises_emits_an_event_and_goes_on,
    a_publication_that_expired_while_it_waited_is_not_handled,
    the_payload_limit_counts_the_whole_envelope,
)
