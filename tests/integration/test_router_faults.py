"""What a caller of the router sees of each way in which a provider fails, on real sockets.

The faults are those of failoverbench, the public benchmark of LLM gateways. Each is met twice: with
another deployment that works, where the caller must not notice, and alone.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

import anyio
import pytest
from loopback import (
    COMPLETION,
    END,
    GOOD,
    HANG,
    Server,
    closed_port,
    delta,
    greeting,
    http,
    serving,
    sse,
)

from quantumlayer.errors import (
    AllDeploymentsFailedError,
    AuthenticationError,
    MalformedReplyError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
    StreamInterruptedError,
)
from quantumlayer.messages import Done, ModelReply, StreamEvent, TextDelta
from quantumlayer.router import Candidate, Ranked, RetryPolicy, Router, RoutingRequest
from quantumlayer.router.providers import OpenAICompatible
from quantumlayer.testing import VirtualClock

pytestmark = pytest.mark.anyio

Answer = Sequence[bytes]


def refusing(status: str, code: str, *headers: str) -> Answer:
    body = json.dumps({"error": {"message": "no", "code": code}}).encode()
    return [http(status, body, "application/json", *headers)]


@dataclass(frozen=True)
class Fault:
    """A way to fail, and the error of the attempt that the caller can look at."""

    answer: Answer
    error: type[ProviderError]
    passes: bool = True
    """Whether trying again can help."""
    limit_s: float | None = None
    """How long the router gives each attempt."""


FAULTS = {
    "429 with Retry-After": Fault(
        refusing("429 Slow down", "rate_limit_exceeded", "retry-after: 7"), RateLimitedError
    ),
    "429 without Retry-After": Fault(
        refusing("429 Slow down", "rate_limit_exceeded"), RateLimitedError
    ),
    "500": Fault(refusing("500 Oops", "server_error"), ProviderUnavailableError),
    "503": Fault(refusing("503 Down", "server_error"), ProviderUnavailableError),
    "529": Fault(refusing("529 Overloaded", "overloaded_error"), ProviderUnavailableError),
    "slow first byte": Fault([HANG], ProviderTimeoutError, limit_s=0.5),
    "truncated JSON": Fault([http("200 OK", COMPLETION.encode()[:-5])], MalformedReplyError),
    "empty body": Fault([http("200 OK", b"")], MalformedReplyError),
    "wrong content type": Fault(
        [http("200 OK", b"<html>Sign in</html>", "text/html")], MalformedReplyError
    ),
    "authentication": Fault(
        refusing("401 Who?", "invalid_api_key"), AuthenticationError, passes=False
    ),
    "quota exhausted": Fault(
        refusing("429 Slow down", "insufficient_quota"), QuotaExhaustedError, passes=False
    ),
    "refused connection": Fault([], ProviderUnavailableError),
    "no such host": Fault([], ProviderUnavailableError),
    "TLS": Fault([], ProviderUnavailableError),
}
EACH = pytest.mark.parametrize("name", FAULTS)
WAYS = pytest.mark.parametrize("ask", ["whole", "stream"])
ROME = [http("200 OK", COMPLETION.replace("Paris", "Rome").encode())]


class InOrder:
    """The failing deployment first, always."""

    def rank(self, request: RoutingRequest, candidates: Sequence[Candidate]) -> Sequence[Ranked]:
        del request
        return [Ranked(candidate.deployment, place) for place, candidate in enumerate(candidates)]


@asynccontextmanager
async def failing(name: str) -> AsyncIterator[tuple[str, Callable[[], int | None]]]:
    """Where a fault is met, and how often it has been, where that can be known."""
    if name == "refused connection":
        yield f"http://127.0.0.1:{await closed_port()}/v1", lambda: None
    elif name == "no such host":
        yield "http://nobody.invalid/v1", lambda: None
    elif name == "TLS":
        async with greeting(b"220 this is no TLS\r\n") as port:
            yield f"https://127.0.0.1:{port}/v1", lambda: None
    else:
        async with serving(then=FAULTS[name].answer) as server:
            yield server.url, lambda: len(server.requests)


@asynccontextmanager
async def routing(
    *urls: str, clock: VirtualClock, attempt_s: float | None = None, stall_s: float | None = None
) -> AsyncIterator[Router]:
    names = ("sick", "well")
    models = [
        OpenAICompatible("m", base_url=url, name=name)
        for name, url in zip(names, urls, strict=False)
    ]
    retry = RetryPolicy(attempt_s=attempt_s, stall_s=stall_s)
    async with Router(
        models, strategy=InOrder(), retry=retry, clock=clock, random=Random(1)
    ) as router:
        yield router


async def answer(router: Router, ask: str) -> ModelReply:
    with anyio.fail_after(10):
        if ask == "whole":
            return await router.complete("Where?")
        async with router.stream("Where?") as events:
            [reply] = [event.reply async for event in events if isinstance(event, Done)]
        return reply


@WAYS
@EACH
async def test_with_another_deployment_the_caller_gets_its_answer_at_once(
    name: str, ask: str
) -> None:
    clock = VirtualClock()
    async with (
        failing(name) as (url, asked),
        serving(then=ROME) as well,
        routing(url, well.url, clock=clock, attempt_s=FAULTS[name].limit_s) as router,
    ):
        reply = await answer(router, ask)

        assert reply.text == "Rome"
        assert [attempt.deployment for attempt in reply.route.attempts] == ["sick", "well"]
        assert reply.route.attempts[0].error.startswith(FAULTS[name].error.__name__)
        assert clock.slept == []
        assert (asked() in {1, None}, len(well.requests)) == (True, 1)


@WAYS
@EACH
async def test_alone_the_caller_gets_a_typed_error_after_what_retries_can_help(
    name: str, ask: str
) -> None:
    clock, fault = VirtualClock(), FAULTS[name]
    async with (
        failing(name) as (url, asked),
        routing(url, clock=clock, attempt_s=fault.limit_s) as router,
    ):
        with pytest.raises(AllDeploymentsFailedError) as caught:
            await answer(router, ask)

        attempts = len(router.ledger.entries)

    assert type(caught.value.failures["sick"]) is fault.error
    assert caught.value.retryable == fault.passes
    assert attempts == (3 if fault.passes else 1)
    assert len(clock.slept) == attempts - 1
    assert asked() in {attempts, None}


@WAYS
async def test_a_retry_after_is_waited_for_when_nobody_else_can_serve(ask: str) -> None:
    clock = VirtualClock()
    busy = FAULTS["429 with Retry-After"].answer
    async with serving(busy) as server, routing(server.url, clock=clock) as router:
        reply = await answer(router, ask)

    assert reply.text == "Paris"
    assert clock.slept == [7.0]


async def test_a_deployment_that_has_asked_for_a_pause_gets_it() -> None:
    clock = VirtualClock()
    busy = FAULTS["429 with Retry-After"].answer
    async with (
        serving(busy) as sick,
        serving(then=ROME) as well,
        routing(sick.url, well.url, clock=clock) as router,
    ):
        texts = [(await answer(router, "whole")).text for _ in range(20)]
        clock.advance(7)
        after = (await answer(router, "whole")).text

    assert texts == ["Rome"] * 20
    assert after == "Paris"
    assert len(sick.requests) == 2


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ([sse(delta("Par"), done=False), HANG], "silent for 0.3 s"),
        ([sse(delta("Par"), done=False), b""], ""),
        ([sse(delta("Par"), done=False), END, b""], "the stream ended before the answer did"),
    ],
    ids=["stall", "cut", "ends early"],
)
async def test_a_stream_that_breaks_in_the_middle_hands_over_what_had_arrived(
    broken: Answer, why: str
) -> None:
    async with (
        serving(broken) as sick,
        serving(then=ROME) as well,
        routing(sick.url, well.url, clock=VirtualClock(), stall_s=0.3) as router,
    ):
        seen: list[StreamEvent] = []
        with pytest.raises(StreamInterruptedError) as caught:
            await read(router, seen)

        [entry] = router.ledger.entries

    assert seen == [TextDelta("Par")]
    assert caught.value.partial == "Par"
    assert why in str(caught.value)
    assert "'sick'" in str(caught.value)
    # The caller has read half of an answer: another model's words must not be put behind it.
    assert well.requests == []
    assert entry.attempt.usage.estimated
    assert entry.attempt.usage.output_tokens > 0


async def test_a_deployment_that_recovers_is_found_by_one_probe_among_a_hundred_callers() -> None:
    clock = VirtualClock()
    down = FAULTS["503"].answer
    async with AsyncExitStack() as stack:
        sick: Server = await stack.enter_async_context(serving(*[down] * 6, then=[GOOD]))
        well = await stack.enter_async_context(serving(then=ROME))
        router = await stack.enter_async_context(routing(sick.url, well.url, clock=clock))
        for _ in range(20):
            assert (await answer(router, "whole")).text == "Rome"
        assert len(sick.requests) == 5  # then its circuit is open

        clock.advance(30)
        assert await burst(router) == {"Rome": 100}
        assert len(sick.requests) == 6  # the probe has failed

        clock.advance(30)
        assert await burst(router) == {"Paris": 1, "Rome": 99}
        assert (await answer(router, "whole")).text == "Paris"


async def read(router: Router, seen: list[StreamEvent]) -> None:
    with anyio.fail_after(5):
        async with router.stream("Where?") as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401 -- cut off before the end


async def burst(router: Router) -> dict[str, int]:
    """Ask a hundred times at once; how often each answer came."""
    texts: list[str] = []

    async def ask() -> None:
        texts.append((await answer(router, "whole")).text)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(ask)
    return {text: texts.count(text) for text in sorted(set(texts))}
