"""Envelopes to bytes and back. Loads protobuf, which takes 0.1 s: transports load it when made."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from quantumlayer.errors import EnvelopeError, RemoteError
from quantumlayer.transport._envelope import Envelope
from quantumlayer.transport._envelope_pb2 import Envelope as Wire
from quantumlayer.transport._failure import Failure

__all__ = ["decode", "decode_reply", "encode", "encode_failure"]

JSON = "application/json"
ID_BYTES = 16
TRACE_PARENT_BYTES = 25


def encode(  # noqa: C901 -- one branch for each field that may be empty
    envelope: Envelope,
    message_id: bytes,
    *,
    correlation_id: bytes = b"",
    trace_parent: bytes = b"",
    deadline_unix_us: int | None = None,
) -> bytes:
    """Turn an envelope into bytes.

    Args:
        envelope: What to send.
        message_id: The message's id, where the envelope has none.
        correlation_id: The id of the request, where the envelope has none.
        trace_parent: The sender's span, where the envelope has none.
        deadline_unix_us: A deadline that holds besides the envelope's own: the earlier one travels.

    Raises:
        EnvelopeError: It is none, or a field has a value that its wire type cannot hold.
    """
    if not isinstance(envelope, Envelope):
        raise EnvelopeError(f"{type(envelope).__name__} is no Envelope: send or return one")
    # Taken apart at once: reading twelve fields by name takes longer than setting six.
    (
        type_,
        payload,
        content_type,
        schema_version,
        sender,
        tenant,
        budget_nanousd,
        deadline,
        own_id,
        own_correlation_id,
        own_parent,
        _subject,
    ) = envelope
    wire = Wire()
    try:
        wire.id = own_id or message_id
        wire.type = type_
        wire.payload = payload
        wire.schema_version = schema_version
        # Asking whether a field is empty costs less than setting it, and most of these are.
        if content_type != JSON:
            wire.content_type = content_type
        if sender:
            wire.sender = sender
        if tenant:
            wire.tenant = tenant
        if budget_nanousd is not None:
            wire.budget_nanousd = budget_nanousd
        if correlation_id := own_correlation_id or correlation_id:
            wire.correlation_id = correlation_id
        if trace_parent := own_parent or trace_parent:
            wire.trace_parent = trace_parent
        if (deadline := earlier(deadline, deadline_unix_us)) is not None:
            wire.deadline_unix_us = max(deadline, 1)  # 0 is never
    except (TypeError, ValueError) as error:
        raise EnvelopeError(f"the envelope {envelope.type!r} cannot be encoded: {error}") from error
    if own_id or own_parent:
        _check_lengths(wire.id, trace_parent)
    return wire.SerializeToString()


def encode_failure(error: Exception, message_id: bytes, *, correlation_id: bytes) -> bytes:
    """Turn a handler's exception into the bytes of a reply."""
    failure = Failure.of(error)
    wire = Wire(id=message_id, type="Failure", schema_version=1, correlation_id=correlation_id)
    wire.failure.type_name = failure.type_name
    wire.failure.message = failure.message
    wire.failure.code = failure.code
    wire.failure.retryable = failure.retryable
    return wire.SerializeToString()


def decode(data: bytes, subject: str = "") -> Envelope:
    """Turn bytes into an envelope.

    Raises:
        EnvelopeError: The bytes are no envelope.
    """
    return _read(_parse(data), subject)


def decode_reply(data: bytes, subject: str = "") -> Envelope:
    """Turn the bytes of a reply into an envelope.

    Raises:
        EnvelopeError: The bytes are no envelope.
        RemoteError: The handler failed.
    """
    wire = _parse(data)
    if wire.HasField("failure"):
        failure = wire.failure
        raise RemoteError(
            failure.type_name, failure.message, code=failure.code, retryable=failure.retryable
        )
    return _read(wire, subject)


def earlier(one: int | None, other: int | None) -> int | None:
    """Return the earlier of two deadlines, where None is never."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def _check_lengths(message_id: bytes, trace_parent: bytes) -> None:
    if len(message_id) != ID_BYTES:
        raise EnvelopeError(f"the id has {len(message_id)} bytes instead of {ID_BYTES}")
    if trace_parent and len(trace_parent) != TRACE_PARENT_BYTES:
        raise EnvelopeError(
            f"the trace parent has {len(trace_parent)} bytes instead of {TRACE_PARENT_BYTES}"
        )


def _parse(data: bytes) -> Wire:
    try:
        return Wire.FromString(data)
    except DecodeError as error:
        raise EnvelopeError(f"{len(data)} bytes are no envelope: {error}") from error


def _read(wire: Wire, subject: str) -> Envelope:
    message_id, trace_parent = wire.id, wire.trace_parent
    _check_lengths(message_id, trace_parent)
    return Envelope(
        wire.type,
        wire.payload,
        wire.content_type or JSON,
        wire.schema_version,
        wire.sender,
        wire.tenant,
        wire.budget_nanousd if wire.HasField("budget_nanousd") else None,
        wire.deadline_unix_us or None,
        message_id,
        wire.correlation_id,
        trace_parent,
        subject,
    )
