"""Answers that are there already: to the same request, or to one that means the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from quantumlayer.errors import RouterConfigError
from quantumlayer.messages import (
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
from quantumlayer.router._flights import Flights
from quantumlayer.router._shelf import Shelf
from quantumlayer.router._similar import Question, Semantic, Similar, question_and_frame

if TYPE_CHECKING:
    from quantumlayer.storage import Cache

__all__ = ["Caching", "Replies", "Wanted", "replayed"]

_WHOLE = frozenset({"stop", "tool_calls"})
_FORMAT = "quantumlayer-reply/1"  # goes into every key: what an older release kept is not found


@dataclass(frozen=True, slots=True)
class Caching:
    """Which answers are kept for whoever asks the same again, and for how long.

    The same is a request whose every field but `agent` is equal, by the same tenant, to a router
    with the same deployments. Answers that were cut short, filtered or failed are never kept, nor
    is one to a request with an image behind a URL, because what is there may change.

    Vectors are kept for each text by itself, by purpose and length.

    Args:
        store: Where they are kept; None: in memory, the latest 1,000 answers and as many vectors.
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


class Replies:
    """The answers that a router keeps.

    Args:
        policy: Which, and for how long.
        shelf: Where.
    """

    def __init__(self, policy: Caching, shelf: Shelf) -> None:
        self.policy = policy
        self.shelf = shelf
        self.similar = None if policy.semantic is None else Similar(policy.semantic)
        self.flights: Flights[_Kept] = Flights()

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
        attempt = self.shelf.given(call, kept.deployment)
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
        bounds = self.shelf.bounds(call, tenant)
        data = canonical_json([_FORMAT, *bounds, asdict(request)])
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

        See `Flights.share` for what becomes of them where it fails or is cancelled.
        """

        async def get(tell: Callable[[_Kept | None], None]) -> ModelReply:
            found = await self.find()
            reply = await ask() if found is None else found
            tell(_Kept.of(reply))
            if found is None:
                await self.keep(reply)
            return reply

        return await self._replies.flights.share(self._key, get, self._again)

    async def arrives(self) -> ModelReply | None:
        """The answer that is there, or that somebody is waiting for; None where there is none.

        Whoever reads a stream waits for who waits for a whole answer. Nobody waits for who reads a
        stream: he may read slowly, or leave in the middle of it.
        """
        kept = await self._replies.flights.landing(self._key)
        return await self.find() if kept is None else self._again(kept)

    async def find(self) -> ModelReply | None:
        """The answer that is there, or None."""
        kept, similar = await self._read(self._key), self._replies.similar
        if kept is not None:
            return self._again(kept)
        if similar is None or self._question is None:
            return None
        match = await similar.find(self._question)
        if match is None:
            return None
        kept = await self._read(match.key)
        if kept is None:  # its time is over, or the store needed the place
            similar.forget(match.key)
            return None
        return self._again(kept, Considered(kept.deployment, match.similarity))

    async def keep(self, reply: ModelReply) -> None:
        """Keep an answer, where it is whole."""
        kept, replies = _Kept.of(reply), self._replies
        if kept is None or not await replies.shelf.put(self._key, asdict(kept)):
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
        await self._replies.shelf.forget(self._key)

    async def _read(self, key: str) -> _Kept | None:
        return _Kept.read(await self._replies.shelf.get(key))

    def _again(self, kept: _Kept, *considered: Considered) -> ModelReply:
        return self._replies.again(self._call, kept, *considered)


async def replayed(reply: ModelReply) -> AsyncGenerator[StreamEvent, None]:
    """A kept answer as a stream: all words at once."""
    if reply.text:
        yield TextDelta(reply.text)
    for index, call in enumerate(reply.tool_calls):
        yield ToolCallDelta(index, call.id, call.name, call.arguments)
    yield Done(reply)
