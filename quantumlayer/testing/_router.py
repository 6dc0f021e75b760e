"""What every routing strategy and every provider has to keep to."""

from __future__ import annotations

import math
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TypeVar

import anyio

from quantumlayer.errors import ProviderError
from quantumlayer.messages import (
    Data,
    Done,
    Embeddings,
    Message,
    ModelReply,
    ModelRequest,
    StreamEvent,
    Text,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router import (
    Candidate,
    EmbeddingProvider,
    Outcome,
    Price,
    Provider,
    Ranked,
    RoutingRequest,
    RoutingStrategy,
)

__all__ = ["check_embeddings", "check_provider", "check_strategy"]

Kind = TypeVar("Kind")

_CANDIDATES = (
    Candidate("a/known", "a", "known", Price.usd(input_usd=3, output_usd=15), 200_000, 8_000),
    Candidate("a/free", "a", "free", Price(), quality=0.4),
    Candidate("b/unknown", "b", "unknown"),
    Candidate("b/slow", "b", "slow", Price(1, 1), latency_s=9.5, latency_at_s=90.0, in_flight=7),
    Candidate("c/fast", "c", "fast", Price(5, 5), latency_s=0.1, latency_at_s=99.0, quality=0.9),
    Candidate("c/probe", "c", "probe", breaker="half_open", first_token_s=0.2, token_s=0.01),
)


_DRAWS = 2_000
_SURE = 1 + 1e-9


def check_strategy(make: Callable[[], RoutingStrategy]) -> None:
    """Check that a strategy keeps the rules of `RoutingStrategy`.

    Args:
        make: Gives a new strategy on each call, always of the same settings.

    Raises:
        AssertionError: It does not; the message says which rule, with which candidates.
    """
    for pool in _pools():
        for seed in (0, 1, 7, 2**63, 2**64 - 1):
            request = _routing_request(seed)
            strategy = make()
            ranking = _checked_ranking(strategy, request, pool)
            again = list(strategy.rank(request, list(pool)))
            assert again == ranking, f"{_name(strategy)} ranks one request in two ways: {pool!r}"
            fresh = list(make().rank(request, list(pool)))
            assert fresh == ranking, (
                f"{_name(strategy)} ranks otherwise when made anew: it depends on something that "
                "is neither the request nor a candidate"
            )
    _check_propensities(make())
    _check_observer(make())


def _check_propensities(strategy: RoutingStrategy) -> None:
    """What comes first by how likely it is told to come has to do so about as often."""
    firsts: Counter[str] = Counter()
    told: Counter[str] = Counter()
    random = Random(1)  # noqa: S311 -- draws that can be repeated
    for _ in range(_DRAWS):
        ranking = strategy.rank(_routing_request(random.getrandbits(64)), _CANDIDATES)
        if not ranking or ranking[0].propensity is None:
            return
        likely = {
            ranked.deployment: ranked.propensity
            for ranked in ranking
            if ranked.propensity is not None
        }
        fault = f"{_name(strategy)} tells propensities that are no probabilities: {likely!r}"
        assert min(likely.values()) > 0, fault
        assert sum(likely.values()) < _SURE, fault
        firsts[ranking[0].deployment] += 1
        told.update(likely)
    for name, expected in told.items():
        # Five standard errors of so many draws: chance does not get that far.
        assert abs(firsts[name] - expected) < 5 * math.sqrt(_DRAWS) / 2, (
            f"{_name(strategy)} tells that {name!r} comes first in {expected:.0f} of {_DRAWS} "
            f"requests, and it did in {firsts[name]}"
        )


def _pools() -> Sequence[Sequence[Candidate]]:
    many = tuple(
        Candidate(f"p/{number}", "p", str(number), Price(number, 2 * number), in_flight=number % 3)
        for number in range(100)
    )
    twins = tuple(Candidate(f"twin/{number}", "twin", "same", Price(1, 1)) for number in range(3))
    singles = tuple((candidate,) for candidate in _CANDIDATES)
    return ((), *singles, _CANDIDATES, _CANDIDATES[::-1], twins, many)


def _routing_request(seed: int) -> RoutingRequest:
    request = ModelRequest.of("What is a quorum?")
    cached = {"c/fast": 12, "nobody": 9} if seed % 2 else {}
    return RoutingRequest(request, 12, 200, now_s=100.0, seed=seed, cached_tokens=cached)


def _checked_ranking(
    strategy: RoutingStrategy, request: RoutingRequest, pool: Sequence[Candidate]
) -> list[Ranked]:
    given = list(pool)
    ranking = list(strategy.rank(request, given))
    assert given == list(pool), f"{_name(strategy)} changes the candidates it is given"
    names = [ranked.deployment for ranked in ranking]
    unknown = set(names) - {candidate.deployment for candidate in pool}
    assert not unknown, f"{_name(strategy)} ranks what is no candidate: {unknown!r}"
    assert len(names) == len(set(names)), f"{_name(strategy)} ranks one twice: {names!r}"
    for ranked in ranking:
        assert isinstance(ranked, Ranked), f"{_name(strategy)} gives {ranked!r}, not `Ranked`"
        assert math.isfinite(ranked.score), f"{_name(strategy)} gives a score of {ranked.score!r}"
    return ranking


def _check_observer(strategy: RoutingStrategy) -> None:
    observe = getattr(strategy, "observe", None)
    if observe is None:
        return
    request = _routing_request(1)
    usage = Usage(12, output_tokens=80)
    for candidate in _CANDIDATES:
        observe(Outcome(request, candidate.deployment, 0.5, 0.1, usage, 1_000))
        observe(Outcome(request, candidate.deployment, 9.0, None, Usage(), 0, "RateLimitedError"))
        _checked_ranking(strategy, request, _CANDIDATES)


async def check_provider(
    make: Callable[[], Provider],
    *,
    failing: Callable[[], Provider] | None = None,
    request: ModelRequest | None = None,
    secret: str = "",
) -> None:
    """Check that a provider keeps the rules of `Provider`.

    Args:
        make: Gives a provider whose model answers `request` with at least one word, each time.
        failing: Gives one that fails at every call, such as at an address nobody listens on.
        request: What to ask; by default "Say hello.", with a `Data` part beside it.
        secret: The credential of both, which must not show anywhere.

    Raises:
        AssertionError: It does not; the message says which rule.
    """
    asked = request or ModelRequest(
        (Message("user", (Text("Say hello."), Data("Note", {"n": 1}))),)
    )
    provider = make()
    assert provider.provider, "`provider` names nobody"
    assert provider.model, "`model` names nothing"
    _check_hidden(secret, repr(provider), "the provider's repr")
    try:
        reply = await provider.complete(asked)
        _check_reply(reply)
        _check_hidden(secret, repr(reply), "a reply")
        await _check_stream(provider, asked)
        await _check_leaving(provider, asked)
        await _check_concurrency(provider, asked)
    finally:
        await _close(provider)
    _check_reply(await provider.complete(asked))  # closing is not the end: another router may come
    await _close(provider)
    if failing is not None:
        await _check_failures(failing, asked, secret)


async def check_embeddings(
    make: Callable[[], EmbeddingProvider],
    *,
    failing: Callable[[], EmbeddingProvider] | None = None,
    secret: str = "",
) -> None:
    """Check that a provider keeps the rules of `EmbeddingProvider`.

    Args:
        make: Gives a provider whose model embeds any text.
        failing: Gives one that fails at every call.
        secret: The credential of both, which must not show anywhere.

    Raises:
        AssertionError: It does not; the message says which rule.
    """
    provider = make()
    _check_hidden(secret, repr(provider), "the provider's repr")
    for texts in ([], ["a"], ["a", "b", "a"], [f"text {number}" for number in range(100)]):
        made = await provider.embed(texts)
        _check_vectors(made, len(texts))
        assert not texts or (await provider.embed(texts, purpose="query")).vectors, "no vectors"
    with anyio.CancelScope() as scope:
        scope.cancel()
        await provider.embed(["a"])
    _check_vectors(await provider.embed(["a"]), 1)
    await _close(provider)
    if failing is not None:
        error = await _error_of(_embed, failing(), ModelRequest.of("a"))
        assert error is not None, "a provider that must fail has made vectors"
        assert error.deployment, "the error does not name the deployment"
        _check_hidden(secret, "".join(traceback.format_exception(error)), "an error")


def _check_vectors(made: Embeddings, texts: int) -> None:
    assert isinstance(made, Embeddings), f"{made!r} is no Embeddings"
    assert made.provider, "the vectors do not say who made them"
    assert made.model, "the vectors do not say which model made them"
    assert len(made.vectors) == texts, f"{len(made.vectors)} vectors for {texts} texts"
    assert len(set(map(len, made.vectors))) <= 1, "the vectors differ in length"
    numbers = [number for vector in made.vectors for number in vector]
    assert all(map(math.isfinite, numbers)), "a vector has what is no finite number"
    assert bool(numbers) == bool(texts), "a vector is empty"
    assert made.usage.total_tokens >= 0, f"{made.usage!r} counts below zero"


def _check_reply(reply: ModelReply) -> None:
    assert isinstance(reply, ModelReply), f"{reply!r} is no ModelReply"
    assert reply.text or reply.tool_calls, "the reply is empty"
    assert reply.provider, "the reply does not say who gave it"
    assert reply.model, "the reply does not say which model gave it"
    usage = reply.usage
    classes = (
        usage.input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    )
    assert min(classes) >= 0, f"{usage!r} counts below zero"
    answered = usage.output_tokens + usage.reasoning_tokens
    assert answered > 0 or not usage.estimated, "an answer is estimated at no tokens"


async def _check_stream(provider: Provider, request: ModelRequest) -> None:
    events: list[StreamEvent] = []
    async with provider.stream(request) as stream:
        async for event in stream:
            events.append(event)
            assert isinstance(event, (TextDelta, ToolCallDelta, Done)), f"{event!r} is no event"
    assert events, "the stream has no events"
    *deltas, last = events
    assert isinstance(last, Done), f"the stream ends with {last!r}, not with `Done`"
    assert not any(isinstance(event, Done) for event in deltas), "`Done` comes before the end"
    _check_reply(last.reply)
    text = "".join(event.text for event in deltas if isinstance(event, TextDelta))
    assert text == last.reply.text, "the pieces do not add up to the reply's text"
    for index, call in enumerate(last.reply.tool_calls):
        pieces = [e for e in deltas if isinstance(e, ToolCallDelta) and e.index == index]
        assert pieces, f"tool call {index} is in the reply and not in the stream"
        assert (pieces[0].id, pieces[0].name) == (call.id, call.name), (
            "a call's first piece names it"
        )
        assert "".join(piece.arguments for piece in pieces) == call.arguments, "arguments differ"


async def _check_leaving(provider: Provider, request: ModelRequest) -> None:
    """Leave a stream early, and cancel calls; the provider has to stay usable."""
    async with provider.stream(request) as stream:
        await anext(stream)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await provider.complete(request)
    with anyio.CancelScope() as scope:
        async with provider.stream(request) as stream:
            scope.cancel()
            await anext(stream)
    _check_reply(await provider.complete(request))


async def _check_concurrency(provider: Provider, request: ModelRequest) -> None:
    replies: list[ModelReply] = []

    async def ask() -> None:
        replies.append(await provider.complete(request))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(ask)
    for reply in replies:
        _check_reply(reply)


async def _check_failures(
    failing: Callable[[], Provider], request: ModelRequest, secret: str
) -> None:
    provider = failing()
    for ask in (_complete, _read_stream):
        error = await _error_of(ask, provider, request)
        assert error is not None, "a provider that must fail has answered"
        assert error.deployment, "the error does not name the deployment"
        assert error.reason, "the error gives no reason"
        _check_hidden(secret, "".join(traceback.format_exception(error)), "an error")
    await _close(provider)


async def _error_of(
    ask: Callable[[Kind, ModelRequest], Awaitable[None]], provider: Kind, request: ModelRequest
) -> ProviderError | None:
    try:
        await ask(provider, request)
    except ProviderError as error:
        return error
    return None


async def _complete(provider: Provider, request: ModelRequest) -> None:
    await provider.complete(request)


async def _read_stream(provider: Provider, request: ModelRequest) -> None:
    async with provider.stream(request) as events:
        async for _ in events:
            pass


async def _embed(provider: EmbeddingProvider, request: ModelRequest) -> None:
    await provider.embed([request.messages[0].text])


async def _close(provider: object) -> None:
    close = getattr(provider, "aclose", None)
    if close is not None:
        await close()


def _check_hidden(secret: str, text: str, where: str) -> None:
    assert not secret or secret not in text, f"the credential shows in {where}"


def _name(strategy: RoutingStrategy) -> str:
    return type(strategy).__qualname__
