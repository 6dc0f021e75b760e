"""The provider that answers the five roles without a network, a key or a language model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from pydantic import BaseModel, ValidationError

from quantumlayer.agents import (
    Assignment,
    Deployment,
    Requirements,
    RequirementsDocument,
    SourceTree,
)
from quantumlayer.errors import InvalidRequestError
from quantumlayer.messages import (
    Data,
    Done,
    ModelReply,
    ModelRequest,
    StreamEvent,
    TextDelta,
    Usage,
)
from quantumlayer.router import ModelCard, Price, estimate_tokens

__all__ = ["OfflineModel"]


class OfflineModel:
    """A deterministic program in the place of a language model; it says so in every reply.

    It reads the `Data` part of a role's request and leaves the text to those who can read. What it
    does not understand of a document it reports as not implemented. Free text it cannot answer.

    The provider's name is `offline` and the model's `quantumlayer-offline-1` in every reply, span
    and capsule. Its price is zero and its token counts are estimates.
    """

    provider = "offline"
    model = "quantumlayer-offline-1"
    card = ModelCard(price=Price())

    async def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one of the roles.

        The work runs in a worker thread; if cancelled, it ends there unused.

        Raises:
            InvalidRequestError: The request is not one of a role's.
        """
        answer = _answers().get(request.output.name if request.output else "")
        data = _data(request)
        if answer is None or data is None:
            raise InvalidRequestError(
                f"{self.provider}/{self.model}",
                "the offline model is a program that answers the requests of the five roles; "
                "for anything else give the router a deployment with a language model",
            )
        try:
            artifact = await anyio.to_thread.run_sync(answer, request, data.value)
        except ValidationError as error:
            raise InvalidRequestError(
                f"{self.provider}/{self.model}",
                f"the request's {data.type!r} is not valid: {error}",
            ) from error
        text = artifact.model_dump_json()
        words = "".join(message.text for message in request.messages)
        usage = Usage(
            input_tokens=estimate_tokens(words), output_tokens=estimate_tokens(text), estimated=True
        )
        return ModelReply(text, self.provider, self.model, usage=usage)

    @asynccontextmanager
    async def stream(self, request: ModelRequest) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """Give the whole answer as one piece."""
        reply = await self.complete(request)

        async def events() -> AsyncIterator[StreamEvent]:
            yield TextDelta(reply.text)
            yield Done(reply)

        yield events()


def _data(request: ModelRequest) -> Data | None:
    parts = [part for message in request.messages for part in message.parts]
    return next((part for part in reversed(parts) if isinstance(part, Data)), None)


def _answers() -> Mapping[str, Callable[[ModelRequest, Any], BaseModel]]:
    """What is asked for, by the name of the type, and who makes it."""
    return {
        "Requirements": _requirements,
        "SystemDesign": _design,
        "SourceTree": _source,
        "Deployment": _deployment,
    }


def _requirements(_request: ModelRequest, value: Any) -> Requirements:
    from quantumlayer.offline import reading  # noqa: PLC0415 -- heavy, and needed only here

    return reading.read(RequirementsDocument.model_validate(value).text)


def _design(_request: ModelRequest, value: Any) -> BaseModel:
    from quantumlayer.offline import reading  # noqa: PLC0415 -- heavy, and needed only here

    return reading.design(Requirements.model_validate(value))


def _source(request: ModelRequest, value: Any) -> SourceTree:
    from quantumlayer.offline import writing  # noqa: PLC0415 -- heavy, and needed only here

    task = Assignment.model_validate(value)
    if request.profile == "testing_focused":
        return writing.without_failed(writing.write_tests(task.design), task.findings)
    return writing.write_service(task.design)


def _deployment(_request: ModelRequest, value: Any) -> Deployment:
    from quantumlayer.offline import writing  # noqa: PLC0415 -- heavy, and needed only here

    return writing.write_deployment(Assignment.model_validate(value).design)
