"""Promises about requests: replies, errors, deadlines, cancellation, and traces."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from quantumlayer.errors import (
    NoRespondersError,
    OverloadedError,
    RateLimitedError,
    RemoteError,
    RequestTimeoutError,
)
from quantumlayer.testing._inbox import Inbox, raised, told
from quantumlayer.testing._transport_publishing import Case, Make, message
from quantumlayer.transport import Envelope, Transport

__all__ = ["CASES"]

BEST_OF = 5
"""Times are taken from the best of so many, so that a busy machine breaks no promise."""


async def a_server_can_be_asked_right_after_it_serves(make: Make) -> None:
    async with make() as bus:
        for number in range(500):
            await bus.serve(f"right.after.{number}", Inbox().echo)
            reply = await bus.request(f"right.after.{number}", message(number))
            assert reply.payload == str(number).encode()


async def a_reply_names_its_request(make: Make) -> None:
    async with make() as bus:
        await bus.serve("echo", Inbox().echo)
        reply = await bus.request("echo", message()._replace(id=b"r" * 16))
        assert reply.correlation_id == b"r" * 16
        assert len(reply.id) == 16


async def publications_and_requests_do_not_mix(make: Make) -> None:
    async with make() as bus:
        heard, asked = Inbox(), Inbox()
        await bus.subscribe("mixed", heard.keep)
        await raised(NoRespondersError, bus.request("mixed", message()))
        await bus.serve("mixed", asked.echo)
        await bus.publish("mixed", message(1))
        await bus.request("mixed", message(2))
        await heard.until(1)
        assert (heard.payloads, asked.payloads) == ([b"1"], [b"2"])


async def a_thousand_replies_reach_their_own_requesters(make: Make) -> None:
    async with make() as bus:
        order = random.Random(7)  # noqa: S311 -- shuffles delays, guards nothing

        async def later(envelope: Envelope) -> Envelope:
            await anyio.sleep(order.random() / 50)
            return Envelope("Echo", envelope.payload)

        await bus.serve("many", later, max_in_flight=200)
        replies: dict[int, bytes] = {}

        async def ask(number: int) -> None:
            replies[number] = (await bus.request("many", message(number))).payload

        async with anyio.create_task_group() as tasks:
            for number in range(1_000):
                tasks.start_soon(ask, number)
        assert replies == {number: str(number).encode() for number in range(1_000)}


async def a_request_goes_to_one_member_of_a_group_in_equal_shares(make: Make) -> None:
    async with make() as bus:
        members = [Inbox() for _ in range(4)]
        for member in members:
            await bus.serve("shared", member.echo, group="servers")
        for number in range(400):
            await bus.request("shared", message(number))
        shares = [len(member.envelopes) for member in members]
        assert sum(shares) == 400
        assert all(90 <= share <= 110 for share in shares), f"uneven shares: {shares}"


async def without_servers_a_request_fails_at_once(make: Make) -> None:
    async with make() as bus:
        waited_s = []
        for _ in range(BEST_OF):
            begin = anyio.current_time()
            error = await raised(NoRespondersError, bus.request("nobody", message()))
            waited_s.append(anyio.current_time() - begin)
            assert error.subject == "nobody"
        assert min(waited_s) < 0.05, f"waited {min(waited_s):.3f} s for nobody"


async def a_handlers_error_reaches_the_requester_with_its_type(make: Make) -> None:
    class CodedError(Exception):
        code = "out_of_stock"

    errors = {
        "plain": ZeroDivisionError("by zero"),
        "typed": RateLimitedError("openai/gpt", "slow down"),
        "coded": CodedError("none left"),
        "odd": ValueError("\ud800 is no character"),
    }

    async def fail(envelope: Envelope) -> Envelope:
        raise errors[envelope.type]

    async with make() as bus:
        await bus.serve("failing", fail)
        plain = await _failure(bus, "failing", "plain")
        typed = await _failure(bus, "failing", "typed")
        coded = await _failure(bus, "failing", "coded")
        odd = await _failure(bus, "failing", "odd")
    assert (plain.type_name, plain.message, plain.code) == (
        "ZeroDivisionError",
        "by zero",
        "internal",
    )
    assert not plain.retryable
    assert typed.type_name == "RateLimitedError"
    assert typed.retryable
    assert coded.code == "out_of_stock"
    assert "is no character" in odd.message


async def the_first_cause_of_a_failure_travels_through_servers_between(make: Make) -> None:
    async def fail(_envelope: Envelope) -> Envelope:
        raise RateLimitedError("openai/gpt", "slow down")

    async with make() as bus:

        async def between(envelope: Envelope) -> Envelope:
            return await bus.request("last", envelope)

        await bus.serve("last", fail)
        await bus.serve("first", between)
        error = await _failure(bus, "first", "plain")
    assert error.type_name == "RateLimitedError"
    assert error.retryable


async def a_timeout_comes_when_it_is_due_and_ends_the_handler(make: Make) -> None:
    async with make() as bus:
        late_s, ended = [], Inbox()

        async def sleep(envelope: Envelope) -> Envelope:
            try:
                await anyio.sleep_forever()
            finally:
                await ended.keep(envelope)
            return envelope

        await bus.serve("slow", sleep)
        for _ in range(BEST_OF):
            begin = anyio.current_time()
            with anyio.move_on_after(0.2) as scope:
                await bus.request("slow", message())
            assert scope.cancelled_caught, "the request did not time out"
            late_s.append(anyio.current_time() - begin - 0.2)
        assert min(late_s) >= -0.001, "a timeout came early"
        assert min(late_s) <= 0.02, f"a timeout came {min(late_s):.3f} s late"
        await ended.until(BEST_OF)


async def an_envelopes_own_deadline_is_kept_too(make: Make) -> None:
    async with make() as bus:
        asked = Inbox()
        await bus.serve("slow", asked.echo)
        expired = message()._replace(deadline_unix_us=1)
        error = await raised(RequestTimeoutError, bus.request("slow", expired))
        assert error.subject == "slow"
        assert error.retryable
        assert (await bus.request("slow", message(2))).payload == b"2"
        assert asked.payloads == [b"2"], "expired work was done"


async def a_deadline_is_inherited_by_the_requests_of_a_handler(make: Make) -> None:
    async with make() as bus:
        left_s: list[float] = []

        async def inner(envelope: Envelope) -> Envelope:
            left_s.append(anyio.current_effective_deadline() - anyio.current_time())
            assert envelope.deadline_unix_us is not None
            return envelope

        async def outer(envelope: Envelope) -> Envelope:
            left_s.append(anyio.current_effective_deadline() - anyio.current_time())
            await anyio.sleep(0.2)
            return await bus.request("inner", Envelope(envelope.type))

        await bus.serve("inner", inner)
        await bus.serve("outer", outer)
        with anyio.fail_after(20):
            await bus.request("outer", message())
        with anyio.fail_after(60):
            await bus.request("inner", message())
        outer_s, inner_s, alone_s = left_s
        assert outer_s <= 20.1
        assert inner_s <= outer_s - 0.19, "the inner request got more time than its caller had left"
        assert alone_s > 21, "a deadline outlived its request"


async def cancelling_a_requester_cancels_its_handler(make: Make) -> None:
    async with make() as bus:
        begun, ended = anyio.Event(), anyio.Event()

        async def sleep(envelope: Envelope) -> Envelope:
            begun.set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.set()
            return envelope

        await bus.serve("sleep", sleep, max_in_flight=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bus.request, "sleep", message())
            await told(begun, "the begin of the handler")
            tasks.cancel_scope.cancel()
        await told(ended, "the end of the handler")


async def a_late_reply_is_discarded_and_nothing_leaks(make: Make) -> None:
    async with make() as bus:
        begun, gate, inbox = anyio.Event(), anyio.Event(), Inbox()

        async def stubborn(envelope: Envelope) -> Envelope:
            if envelope.payload == b"0":
                begun.set()
                with anyio.CancelScope(shield=True):
                    await gate.wait()
            return await inbox.echo(envelope)

        await bus.serve("late", stubborn, max_in_flight=1)
        async with anyio.create_task_group() as tasks:
            for number in (0, 1):
                tasks.start_soon(bus.request, "late", message(number))
                await told(begun, "the begin of the handler")
            tasks.cancel_scope.cancel()
        gate.set()
        assert (await bus.request("late", message(2))).payload == b"2"
        health = await bus.health()
        assert (health.waiting, health.in_flight) == (0, 0)
        assert b"1" not in inbox.payloads, "a request was handled whose requester had gone"


async def servers_beyond_their_bound_say_that_they_are_overloaded(make: Make) -> None:
    async with make() as bus:
        gate, inbox = anyio.Event(), Inbox()
        running, most = 0, 0

        async def handler(envelope: Envelope) -> Envelope:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await gate.wait()
            running -= 1
            return await inbox.echo(envelope)

        await bus.serve("narrow", handler, max_in_flight=3, max_waiting=5)
        refused = 0

        async def ask(number: int) -> None:
            nonlocal refused
            try:
                await bus.request("narrow", message(number))
            except OverloadedError:
                refused += 1
                if refused == 12:
                    gate.set()

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(ask, number)
        assert (refused, most, len(inbox.envelopes)) == (12, 3, 8)


async def the_trace_of_the_sender_is_the_parent_of_the_handler(make: Make) -> None:
    from opentelemetry import trace  # noqa: PLC0415 -- only this case needs it

    seen: list[tuple[int, str]] = []
    heard = anyio.Event()

    def note(envelope: Envelope) -> None:
        current = trace.get_current_span().get_span_context()
        seen.append((current.trace_id, envelope.subject))

    async def listen(envelope: Envelope) -> None:
        note(envelope)
        heard.set()

    async with make() as bus:

        async def answer(envelope: Envelope) -> Envelope:
            note(envelope)
            await bus.publish("heard", Envelope("Note"))
            return envelope

        async def forward(envelope: Envelope) -> Envelope:
            note(envelope)
            return await bus.request("second", Envelope("Question"))

        await bus.serve("first", forward)
        await bus.serve("second", answer, group="servers")
        await bus.subscribe("heard", listen)
        for trace_id in (0xABC, 0xDEF):
            heard = anyio.Event()
            with _span(trace_id):
                await bus.request("first", message())
            await told(heard, "the publication")
        await bus.request("second", message())
    untraced = [subject for trace_id, subject in seen if trace_id == 0]
    assert seen[:6] == [
        (trace_id, subject)
        for trace_id in (0xABC, 0xDEF)
        for subject in ("first", "second", "heard")
    ]
    assert untraced == ["second", "heard"], "a trace outlived its messages"


@contextmanager
def _span(trace_id: int) -> Iterator[None]:
    from opentelemetry import trace  # noqa: PLC0415 -- only one case needs it

    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    context = trace.SpanContext(trace_id, 0x123, is_remote=False, trace_flags=flags)
    with trace.use_span(trace.NonRecordingSpan(context)):
        yield


async def _failure(bus: Transport, subject: str, kind: str) -> RemoteError:
    return await raised(RemoteError, bus.request(subject, Envelope(kind)))


CASES: tuple[Case, ...] = (
    a_server_can_be_asked_right_after_it_serves,
    a_reply_names_its_request,
    publications_and_requests_do_not_mix,
    a_thousand_replies_reach_their_own_requesters,
    a_request_goes_to_one_member_of_a_group_in_equal_shares,
    without_servers_a_request_fails_at_once,
    a_handlers_error_reaches_the_requester_with_its_type,
    the_first_cause_of_a_failure_travels_through_servers_between,
    a_timeout_comes_when_it_is_due_and_ends_the_handler,
    an_envelopes_own_deadline_is_kept_too,
    a_deadline_is_inherited_by_the_requests_of_a_handler,
    cancelling_a_requester_cancels_its_handler,
    a_late_reply_is_discarded_and_nothing_leaks,
    servers_beyond_their_bound_say_that_they_are_overloaded,
    the_trace_of_the_sender_is_the_parent_of_the_handler,
)
