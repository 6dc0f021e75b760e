"""Spans and metrics through opentelemetry-api: silent where the host has no SDK.

Names follow OpenTelemetry's GenAI semantic conventions. Content (prompts, replies) never goes
into telemetry unless the caller asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import Span, SpanContext, Tracer

__all__ = ["duration", "first_chunk", "span", "token_usage", "trace_context", "trace_parent"]

Attribute = str | int | float | bool
SCOPE = "quantumlayer"


@cache
def _tracer() -> Tracer:
    from opentelemetry import trace  # noqa: PLC0415 -- kept out of `import quantumlayer`

    return trace.get_tracer(SCOPE)


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, Attribute] | None = None,
    *,
    client: bool = False,
    parent: bytes = b"",
) -> Iterator[Span]:
    """Open a span that is current within the block; an exception marks it as failed.

    A failed span carries the exception's class as `error.type` and never its message, which may
    quote a prompt.

    Args:
        name: As the conventions have it, such as `chat gpt-4o` or `invoke_agent Developer`.
        attributes: Such as `gen_ai.operation.name`; no content, no secrets.
        client: Whether the block calls another system; otherwise the work is this process's own.
        parent: The `trace_context` of whoever sent the work; empty: the current span.
    """
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 -- see `_tracer`

    kind = SpanKind.CLIENT if client else SpanKind.CONSUMER if parent else SpanKind.INTERNAL
    with _tracer().start_as_current_span(
        name,
        context=_sent_by(parent) if parent else None,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(StatusCode.ERROR)
            raise


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
