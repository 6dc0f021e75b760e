"""What an HTTP status and an error document of OpenAI's kind mean to the router."""

from __future__ import annotations

import json
import math
import re
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
from quantumlayer.router.providers._fields import mapping, parsed, well_formed
from quantumlayer.router.providers._wire import Origin, Refused

__all__ = [
    "check_reported",
    "clean",
    "code_and_reason",
    "refusal",
    "reported_error",
    "retry_after_s",
]

# Of the reasons for a 429, those that waiting does not mend.
# Source: OpenAI's guide to error codes; Anthropic's, for `enforced_spend_limit_reached`.
_USED_UP = frozenset(
    {
        "access_terminated",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "insufficient_quota",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)

# Anthropic refuses who has used up his credit, or the limit he has set himself, with 400 and these
# words. Source: Anthropic's guide to errors.
_USED_UP_WORDS = re.compile(
    r"Your credit balance is too low|You have reached your specified (workspace )?API usage limits"
)

# What an error that comes in mid-stream, and so has no status, is called.
# Source: the guides to errors of OpenAI and Anthropic.
_BY_CODE: Mapping[str, type[ProviderError]] = {
    "api_error": ProviderUnavailableError,
    "authentication_error": AuthenticationError,
    "billing_error": QuotaExhaustedError,
    "invalid_request_error": InvalidRequestError,
    "not_found_error": InvalidRequestError,
    "overloaded_error": ProviderUnavailableError,
    "permission_error": AuthenticationError,
    "rate_limit_error": RateLimitedError,
    "rate_limit_exceeded": RateLimitedError,
    "request_too_large": InvalidRequestError,
    "server_error": ProviderUnavailableError,
    "timeout_error": ProviderTimeoutError,
}

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


def refusal(answer: Refused, origin: Origin) -> ProviderError:
    """Make an error of an answer whose status is not 200."""
    document = parsed(answer.body)
    code, reason = code_and_reason(document)
    if not reason and answer.status < _CLIENT_ERROR:
        reason = "an answer that is none; check `base_url`"
    kind = _kind(answer.status, code, reason, answer.headers.get("x-should-retry", ""))
    return kind(
        origin.deployment,
        clean(reason, origin),
        status=answer.status,
        retry_after_s=retry_after_s(answer.headers, unix_s=answer.unix_s),
    )


def reported_error(document: Any, origin: Origin) -> ProviderError:
    """Make an error of an error document that came with the status 200, as in mid-stream."""
    code, reason = code_and_reason(document)
    inner = mapping(mapping(document).get("error"))
    numbers = (inner.get("status_code"), inner.get("status"), inner.get("code"))
    status = next((number for number in numbers if isinstance(number, int)), None)
    if status is None:
        kind = (
            QuotaExhaustedError
            if code in _USED_UP
            else _BY_CODE.get(code, ProviderUnavailableError)
        )
    else:
        kind = _kind(status, code, reason, "")
    return kind(origin.deployment, clean(reason, origin), status=status)


def check_reported(document: Mapping[str, Any], origin: Origin) -> None:
    """Raise the error that a document reports, if it does.

    Raises:
        ProviderError: It does.
    """
    if document.get("error"):
        raise reported_error(document, origin)


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


def _kind(status: int, code: str, reason: str, should_retry: str) -> type[ProviderError]:
    if code in _USED_UP or (status == 429 and should_retry == "false"):  # noqa: PLR2004 -- the table's
        return QuotaExhaustedError
    if status == 400 and _USED_UP_WORDS.match(reason):  # noqa: PLR2004 -- ditto
        return QuotaExhaustedError
    kind = _BY_STATUS.get(status)
    if kind is None:
        kind = ProviderUnavailableError if status >= _SERVER_ERROR else InvalidRequestError
    if should_retry == "true" and not kind.retryable:
        return ProviderUnavailableError
    if should_retry == "false" and kind.retryable:
        return InvalidRequestError
    return kind


def code_and_reason(document: Any) -> tuple[str, str]:
    """The code and the words of an error document, in the shapes that servers give it."""
    if isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, Mapping):
        return "", ""
    error = document.get("error") or document
    if not isinstance(error, Mapping):
        return "", str(error)
    details = mapping(error.get("details"))  # Anthropic's, finer than its types
    code = details.get("error_code") or error.get("code") or error.get("type")
    reason = error.get("message") or error.get("detail") or ""
    return str(code or ""), reason if isinstance(reason, str) else json.dumps(reason)


def clean(reason: str, origin: Origin) -> str:
    """The words as they may be shown: without the key, and of a readable length."""
    return well_formed(origin.secret.redact(reason)[:_MAX_REASON_CHARS]) or "no reason given"
