"""What an HTTP status and an error document of OpenAI's kind mean to the router."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from quantumlayer.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
)
from quantumlayer.router.providers._secret import Secret

__all__ = ["refusal", "reported_error", "retry_after_s"]

# Of the reasons for a 429, those that waiting does not mend. Source: OpenAI's guide to error codes.
_USED_UP = frozenset(
    {
        "access_terminated",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "insufficient_quota",
    }
)

_BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: AuthenticationError,
    408: ProviderTimeoutError,
    409: ProviderUnavailableError,  # a conflict over a lock, says OpenAI's client: try again
    429: RateLimitedError,
    498: ProviderUnavailableError,  # Groq: no capacity for this tier
    504: ProviderTimeoutError,
}
_SERVER_ERROR = 500
_CLIENT_ERROR = 400
_MAX_REASON_CHARS = 500


def refusal(
    deployment: str,
    *,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    secret: Secret,
    unix_s: float,
) -> ProviderError:
    """Make an error of an answer whose status is not 200.

    Args:
        deployment: Who answered.
        status: The HTTP status.
        headers: The headers, by lower-case name.
        body: The body, JSON or not.
        secret: What must not be quoted.
        unix_s: The time, for a `Retry-After` that is a date.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    code, reason = _code_and_reason(document)
    if not reason and status < _CLIENT_ERROR:
        reason = "an answer that is none; check `base_url`"
    return _kind(status, code, headers.get("x-should-retry", ""))(
        deployment,
        _clean(reason or "no reason given", secret),
        status=status,
        retry_after_s=retry_after_s(headers, unix_s=unix_s),
    )


def reported_error(deployment: str, document: Any, *, secret: Secret) -> ProviderError:
    """Make an error of an error document that came with the status 200, as in mid-stream."""
    code, reason = _code_and_reason(document)
    inner = document.get("error") if isinstance(document, Mapping) else None
    status = None
    if isinstance(inner, Mapping):
        numbers = (inner.get("status_code"), inner.get("status"), inner.get("code"))
        status = next((number for number in numbers if isinstance(number, int)), None)
    kind = ProviderUnavailableError if status is None else _kind(status, code, "")
    if code in _USED_UP:
        kind = QuotaExhaustedError
    return kind(deployment, _clean(reason or "no reason given", secret), status=status)


def retry_after_s(headers: Mapping[str, str], *, unix_s: float) -> float | None:
    """How long the provider asks to wait, in seconds, or None.

    Source: RFC 9110, "Retry-After", in seconds or as a date; `retry-after-ms` is OpenAI's.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wait_s = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(wait_s):
            return max(0.0, wait_s)
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, date.timestamp() - unix_s)


def _kind(status: int, code: str, should_retry: str) -> type[ProviderError]:
    if code in _USED_UP or (status == 429 and should_retry == "false"):  # noqa: PLR2004 -- the table's
        return QuotaExhaustedError
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = ProviderUnavailableError if status >= _SERVER_ERROR else InvalidRequestError
    if should_retry == "true" and not kind.retryable:
        return ProviderUnavailableError
    if should_retry == "false" and kind.retryable:
        return InvalidRequestError
    return kind


def _code_and_reason(document: Any) -> tuple[str, str]:
    """The code and the words of an error document, in the shapes that servers give it."""
    if isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, Mapping):
        return "", ""
    error = document.get("error", document)
    if not isinstance(error, Mapping):
        return "", str(error)
    code = error.get("code") or error.get("type")
    reason = error.get("message") or error.get("detail") or ""
    return str(code or ""), reason if isinstance(reason, str) else json.dumps(reason)


def _clean(reason: str, secret: Secret) -> str:
    return secret.redact(reason)[:_MAX_REASON_CHARS]
