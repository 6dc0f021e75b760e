"""Answers that are there already: to the same request, or to one that means the same."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio

from quantumlayer.errors import RouterConfigError, StorageError
from quantumlayer.messages import (
    Attempt,
    Considered,
    Done,
    Image,
    ModelReply,
    ModelRequest,
    Route,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    canonical_json,
)
from quantumlayer.router._call import Call
from quantumlayer.router._clock import Clock
from quantumlayer.router._ledger import Ledger, LedgerEntry
from quantumlayer.router._similar import Question, Semantic, Similar, question_and_frame

if TYPE_CHECKING:
    from quantumlayer.storage import Cache

__all__ = ["Caching", "Replies", "Wanted", "replayed"]

_log = logging.getLogger("quantumlayer.router")

_WHOLE = frozenset({"stop", "tool_calls"})
_FORMAT = "quantumlayer-reply/1"  # goes into every key: what an older release kept is not found


@dataclass(frozen=True, slots=True)
class Caching:
    """Which answers are kept for whoever asks the same again, and for how long.

    The same is a request whose every field but `agent` is equal, by the same tenant, to a router
    with the same deployments. Answers that were cut short, filtered or failed are never kept, nor
    is one to a request with an image behind a URL, because what is there may change.

    Args:
        store: Where they are kept; None: in memory, the latest 1,000.
        ttl_s: For how long, in seconds.
        sampled: Whether to keep answers to requests with a temperature above 0 too: who asks for
            chance mostly wants another answer each time. A request without a temperature is kept.
        tools: Whether to keep answers to requests with tools too: what they say may be true only
            until a tool has changed something.
        semantic: How to find answers to requests that only mean the same; None: not at all.

    Raises:
        RouterConfigError: `ttl_s` is no time.
    """

    store: Cache | None = None
    ttl_s: float = 3600.0
    sampled: bool = False
    tools: bool = False
    semantic: Semantic | None = None

    def __post_init__(self) -> None:
        if not 0 < self.ttl_s < math.inf:
            raise RouterConfigError(f"ttl_s={self.ttl_s!r} is no time: give seconds above 0.")


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer as it is kept: without what it cost and how the router came to it."""

    deployment: str
    text: str
    provider: str
    model: str
    tool_calls: tuple[ToolCall, ...]
    stop_reason: StopReason
    id: str

    @classmethod
    def of(cls, reply: ModelReply) -> _Kept | None:
        """An answer to keep, or None for one that is not whole."""
        if reply.stop_reason not in _WHOLE or not reply.route.attempts:
            return None
        deployment = reply.route.attempts[-1].deployment
        said = (reply.text, reply.provider, reply.model, reply.tool_calls, reply.stop_reason)
        return cls(deployment, *said, reply.id)

    @classmethod
    def read(cls, value: Any) -> _Kept | None:
        """An answer from a store, or None where the value is none."""
        try:
            calls = tuple(ToolCall(**call) for call in value["tool_calls"])
            kept = cls(**{**value, "tool_calls": calls})
        except (TypeError, KeyError):
            return None
        texts = [kept.deployment, kept.text, kept.provider, kept.model, kept.stop_reason, kept.id]
        texts += [text for call in calls for text in (call.id, call.name, call.arguments)]
        whole = all(isinstance(text, str) for text in texts) and kept.stop_reason in _WHOLE
        return kept if whole else None


class _Flight:
    """A call under way that others with the same request wait for."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.failed = False
        self.kept: _Kept | None = None


class Replies:
    """The answers that a router keeps.

    Args:
        policy: Which, and for how long.
        deployments: Names of the router's deployments.
        clock: The router's time.
        ledger: Where every answer that is given again is entered, at no cost.
    """

    def __init__(
        self, policy: Caching, deployments: Sequence[str], clock: Clock, ledger: Ledger
    ) -> None:
        self.policy = policy
        self.store = policy.store or _memory(clock)
        self.similar = None if policy.semantic is None else Similar(policy.semantic)
        self.flights: dict[str, _Flight] = {}
        self._deployments = sorted(deployments)
        self._clock = clock
        self._ledger = ledger

    def wanted(self, call: Call, tenant: str) -> Wanted | None:
        """What a call asks for, or None where its answer is not to be kept."""
        request, policy = replace(call.request, agent=None), self.policy
        if (request.temperature or 0) > 0 and not policy.sampled:
            return None
        if request.tools and not policy.tools:
            return None
        if any(
            isinstance(part, Image) and part.url
            for message in request.messages
            for part in message.parts
        ):
            return None
        question: Question | None = None
        try:
            key = self._digest(call, request, tenant)
            if self.similar is not None and (parts := question_and_frame(request)) is not None:
                question = Question(parts[0], self._digest(call, parts[1], tenant))
        except ValueError:  # what JSON cannot carry: it is asked, and not kept
            return None
        return Wanted(self, call, key, question)

    def again(self, call: Call, kept: _Kept, *considered: Considered) -> ModelReply:
        """An answer that is given again: enter it, at no cost."""
        waited_s = self._clock.monotonic() - call.routing.now_s
        attempt = Attempt(kept.deployment, 0.0, waited_s, kind="cache")
        self._ledger.record(LedgerEntry(self._clock.unix(), call.request.agent, attempt, call.id))
        return ModelReply(
            kept.text,
            kept.provider,
            kept.model,
            kept.tool_calls,
            kept.stop_reason,
            route=Route("", considered, (attempt,), call.id),
            id=kept.id,
        )

    def _digest(self, call: Call, request: ModelRequest, tenant: str) -> str:
        # Who may not serve this tenant is left out: what it has answered while it might is not
        # given any more.
        open_ = [name for name in self._deployments if name not in call.barred]
        data = canonical_json([_FORMAT, tenant, open_, asdict(request)])
        return hashlib.sha256(data).hexdigest()


class Wanted:
    """An answer that may be there already, and is kept once it is there."""

    def __init__(self, replies: Replies, call: Call, key: str, question: Question | None) -> None:
        self._replies = replies
        self._call = call
        self._key = key
        self._question = question

    async def get(self, ask: Callable[[], Awaitable[ModelReply]]) -> ModelReply:
        """Give the answer that is there, or ask for it; who asks the same meanwhile waits for it.

        Where the one who asks is cancelled, the next of those who wait asks. Where asking fails,
        each of them asks for itself: what has failed for one (its budget, its deadline) need not
        for another, and one after the other they would wait too long.
        """
        flights = self._replies.flights
        while (flight := flights.get(self._key)) is not None:
            await flight.landed.wait()
            if flight.kept is not None:
                return self._replies.again(self._call, flight.kept)
            if flight.failed:
                return await ask()
        flight = flights[self._key] = _Flight()
        try:
            reply = await self.find()
            if reply is None:
                reply = await ask()
                flight.kept = _Kept.of(reply)
                flight.failed = flight.kept is None
                await self.keep(reply)
            else:
                flight.kept = _Kept.of(reply)
        except Exception:
            flight.failed = True
            raise
        finally:
            del flights[self._key]
            flight.landed.set()
        return reply

    async def find(self) -> ModelReply | None:
        """The answer that is there, or None."""
        kept, similar = await self._read(self._key), self._replies.similar
        if kept is not None:
            return self._replies.again(self._call, kept)
        if similar is None or self._question is None:
            return None
        match = await similar.find(self._question)
        if match is None:
            return None
        kept = await self._read(match.key)
        if kept is None:  # its time is over, or the store needed the place
            similar.forget(match.key)
            return None
        return self._replies.again(self._call, kept, Considered(kept.deployment, match.similarity))

    async def keep(self, reply: ModelReply) -> None:
        """Keep an answer, where it is whole."""
        kept, replies = _Kept.of(reply), self._replies
        if kept is None:
            return
        try:
            await replies.store.put(self._key, asdict(kept), ttl_s=replies.policy.ttl_s)
        except (StorageError, ValueError):  # half of a surrogate pair cannot be stored everywhere
            _log.warning("An answer could not be kept", exc_info=True)
            return
        if replies.similar is not None and self._question is not None:
            replies.similar.add(self._key, self._question)

    async def kept(self, events: AsyncIterator[StreamEvent]) -> AsyncGenerator[StreamEvent, None]:
        """Hand a stream on, and keep the answer at its end."""
        async for event in events:
            if isinstance(event, Done):
                await self.keep(event.reply)
            yield event

    async def forget(self) -> None:
        """Never give the answer again."""
        try:
            await self._replies.store.delete(self._key)
        except StorageError:
            _log.warning("An answer that is of no use could not be forgotten", exc_info=True)

    async def _read(self, key: str) -> _Kept | None:
        try:
            return _Kept.read(await self._replies.store.get(key))
        except StorageError:
            _log.warning("Kept answers could not be read", exc_info=True)
            return None


def _memory(clock: Clock) -> Cache:
    from quantumlayer.storage import MemoryCache  # noqa: PLC0415 -- only who caches needs it

    return MemoryCache(clock=clock.monotonic)


async def replayed(reply: ModelReply) -> AsyncGenerator[StreamEvent, None]:
    """A kept answer as a stream: all words at once."""
    if reply.text:
        yield TextDelta(reply.text)
    for index, call in enumerate(reply.tool_calls):
        yield ToolCallDelta(index, call.id, call.name, call.arguments)
    yield Done(reply)
