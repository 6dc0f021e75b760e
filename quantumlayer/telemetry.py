"""Spans and metrics through opentelemetry-api: silent where the host has no SDK.

Names follow OpenTelemetry's GenAI semantic conventions. Content (prompts, replies) never goes
into telemetry unless the caller asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import Span, SpanContext, Tracer

__all__ = ["duration", "first_chunk", "span", "token_usage", "trace_context", "trace_parent"]

Attribute = str | int | float | bool
SCOPE = "quantumlayer"


@cache
def _trace() -> ModuleType:
    return import_module("opentelemetry.trace")  # here to keep it out of `import quantumlayer`


@cache
def _context() -> ModuleType:
    return import_module("opentelemetry.context")


@cache
def _tracer() -> Tracer:
    tracer: Tracer = _trace().get_tracer(SCOPE)
    return tracer


def span(
    name: str,
    attributes: Mapping[str, Attribute] | None = None,
    *,
    client: bool = False,
    parent: bytes = b"",
) -> AbstractContextManager[Span]:
    """Open a span that is current within the block; an exception marks it as failed.

    A failed span carries the exception's class as `error.type` and never its message, which may
    quote a prompt.

    Args:
        name: As the conventions have it, such as `chat gpt-4o` or `invoke_agent Developer`.
        attributes: Such as `gen_ai.operation.name`; no content, no secrets.
        client: Whether the block calls another system; otherwise the work is this process's own.
        parent: The `trace_context` of whoever sent the work; empty: the current span.
    """
    return _CurrentSpan(name, attributes, client=client, parent=parent)


class _CurrentSpan:
    """The context of `span`; a class, because contextlib's generators cost four times as much."""

    __slots__ = ("_attributes", "_client", "_name", "_parent", "_span", "_token")

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Attribute] | None,
        *,
        client: bool,
        parent: bytes,
    ) -> None:
        self._name = name
        self._attributes = attributes
        self._client = client
        self._parent = parent
        self._token: Token[Context] | None = None

    def __enter__(self) -> Span:
        kinds = _trace().SpanKind
        self._span = span = _tracer().start_span(
            self._name,
            context=_sent_by(self._parent) if self._parent else None,
            kind=kinds.CLIENT
            if self._client
            else kinds.CONSUMER
            if self._parent
            else kinds.INTERNAL,
            attributes=self._attributes,
        )
        # Where nobody listens and nobody has sent a context, there is nothing to be current.
        if span.get_span_context().is_valid:
            self._token = _context().attach(_trace().set_span_in_context(span))
        return span

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _trace_back: object
    ) -> None:
        if isinstance(error, Exception):
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(_trace().StatusCode.ERROR)
        if self._token is not None:
            _context().detach(self._token)
        self._span.end()


@cache
def duration() -> Histogram:
    """The histogram `gen_ai.client.operation.duration`, in seconds."""
    return _histogram("gen_ai.client.operation.duration", "s")


@cache
def token_usage() -> Histogram:
    """The histogram `gen_ai.client.token.usage`, in tokens."""
    return _histogram("gen_ai.client.token.usage", "{token}")


@cache
def first_chunk() -> Histogram:
    """The histogram `gen_ai.client.operation.time_to_first_chunk`, in seconds."""
    return _histogram("gen_ai.client.operation.time_to_first_chunk", "s")


def _histogram(name: str, unit: str) -> Histogram:
    from opentelemetry import metrics  # noqa: PLC0415 -- kept out of `import quantumlayer`

    return metrics.get_meter(SCOPE).create_histogram(name, unit=unit)


def trace_parent() -> str:
    """Return the current span as a W3C `traceparent`, or the empty string outside any span."""
    current = _current()
    if not current.is_valid:
        return ""
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags:02x}"


def trace_context() -> bytes:
    """Return the current span as trace id (16), span id (8), flags (1); empty outside any span."""
    current = _current()
    if not current.is_valid:
        return b""
    ids = current.trace_id.to_bytes(16, "big") + current.span_id.to_bytes(8, "big")
    return ids + current.trace_flags.to_bytes(1, "big")


@cache
def _get_current_span() -> Callable[[], Span]:
    from opentelemetry import trace  # noqa: PLC0415 -- kept out of `import quantumlayer`

    return trace.get_current_span


def _current() -> SpanContext:
    return _get_current_span()().get_span_context()


def _sent_by(parent: bytes) -> Context:
    from opentelemetry import trace  # noqa: PLC0415 -- kept out of `import quantumlayer`

    sender = trace.SpanContext(
        trace_id=int.from_bytes(parent[:16], "big"),
        span_id=int.from_bytes(parent[16:24], "big"),
        is_remote=True,
        trace_flags=trace.TraceFlags(parent[24]),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(sender))
