"""A model that says what it was told to."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import anyio
from anyio.lowlevel import checkpoint

from quantumlayer.messages import (
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from quantumlayer.router import Clock, ModelCard, Price, SystemClock, estimate_tokens

__all__ = ["Cut", "ScriptedModel", "Step"]

_FREE = ModelCard(price=Price())


@dataclass(frozen=True, slots=True)
class Cut:
    """A stream that breaks: the text that arrives, and the error behind it."""

    text: str
    error: Exception


Step = str | ModelReply | Exception | Cut | Callable[[ModelRequest], str | ModelReply]
"""What to answer: a text, a whole reply, an error to raise, a broken stream, or a function."""


class ScriptedModel:
    """A provider that answers from a script, in process and at once.

    The steps are answered in order; the last one is repeated. Token counts are estimates.

    Args:
        script: What to answer.
        provider: Its name as a provider.
        model: Its name as a model.
        card: Price and limits; free and unlimited by default.
        clock: Where a delay is waited for.
        delay_s: How long each answer takes, in seconds.
        gate: Answers wait until it is set.
        keep: How many of the latest requests stay in `requests`.

    Attributes:
        calls: How many calls have begun.
        requests: The latest requests, oldest first.
    """

    def __init__(
        self,
        *script: Step,
        provider: str = "scripted",
        model: str = "model",
        card: ModelCard | None = _FREE,
        clock: Clock | None = None,
        delay_s: float = 0.0,
        gate: anyio.Event | None = None,
        keep: int = 1000,
    ) -> None:
        self.provider = provider
        self.model = model
        self.card = card
        self.calls = 0
        self.requests: deque[ModelRequest] = deque(maxlen=keep)
        self._script = script or ("",)
        self._clock = clock or SystemClock()
        self._delay_s = delay_s
        self._gate = gate

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Give the next reply of the script, or raise the next error."""
        step = await self._next(request)
        if isinstance(step, Cut):
            raise step.error
        return self._reply(request, step)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """Give the next reply word by word."""
        step = await self._next(request)
        async with aclosing(self._events(request, step)) as events:
            yield events

    async def _next(self, request: ModelRequest) -> Step:
        step = self._script[min(self.calls, len(self._script) - 1)]
        self.calls += 1
        self.requests.append(request)
        if self._gate is not None:
            await self._gate.wait()
        if self._delay_s:
            await self._clock.sleep(self._delay_s)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    def _reply(self, request: ModelRequest, step: Step) -> ModelReply:
        if isinstance(step, ModelReply):
            return step
        text = str(step)
        prompt = "".join(message.text for message in request.messages)
        usage = Usage(estimate_tokens(prompt), output_tokens=estimate_tokens(text), estimated=True)
        return ModelReply(text, self.provider, self.model, usage=usage)

    async def _events(self, request: ModelRequest, step: Step) -> AsyncGenerator[StreamEvent, None]:
        text = step.text if isinstance(step, Cut) else self._reply(request, step).text
        for piece in re.findall(r"\s*\S+|\s+$", text):
            await checkpoint()
            yield TextDelta(piece)
        if isinstance(step, Cut):
            raise step.error
        reply = self._reply(request, step)
        for index, call in enumerate(reply.tool_calls):
            yield ToolCallDelta(index, call.id, call.name, call.arguments)
        yield Done(reply)
