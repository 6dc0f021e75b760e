"""What an HTTP status and an exception of AWS mean to the router."""

from __future__ import annotations

from collections.abc import Mapping
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
from quantumlayer.router.providers._fields import mapping, parsed, string
from quantumlayer.router.providers._refusals import clean, code_and_reason, retry_after_s
from quantumlayer.router.providers._wire import Origin, Refused

__all__ = ["amazon_refusal", "reported_exception"]

# By name, without `Exception`, in lower case: streams write the first letter small.
# Source: AWS, the errors of Converse and ConverseStream, and those common to all its services.
_BY_NAME: Mapping[str, type[ProviderError]] = {
    "accessdenied": AuthenticationError,
    "expiredtoken": AuthenticationError,
    "incompletesignature": AuthenticationError,
    "internalfailure": ProviderUnavailableError,
    "internalserver": ProviderUnavailableError,
    "invalidsignature": AuthenticationError,
    "missingauthenticationtoken": AuthenticationError,
    "modelnotready": ProviderUnavailableError,
    "modelstreamerror": ProviderUnavailableError,
    "modeltimeout": ProviderTimeoutError,
    "optinrequired": AuthenticationError,
    "requestexpired": AuthenticationError,
    "resourcenotfound": InvalidRequestError,
    "servicequotaexceeded": QuotaExhaustedError,
    "serviceunavailable": ProviderUnavailableError,
    "throttling": RateLimitedError,
    "unrecognizedclient": AuthenticationError,
    "validation": InvalidRequestError,
}

_BY_STATUS: Mapping[int, type[ProviderError]] = {
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: AuthenticationError,
    408: ProviderTimeoutError,
    429: RateLimitedError,
    504: ProviderTimeoutError,
}
_SERVER_ERROR = 500


def amazon_refusal(answer: Refused, origin: Origin) -> ProviderError:
    """Make an error of an answer whose status is not 200."""
    document = mapping(parsed(answer.body))
    # `ThrottlingException:http://internal…`, `com.amazon.coral#ThrottlingException`
    given = answer.headers.get("x-amzn-errortype") or string(document.get("__type"))
    kind = _kind(given.partition(":")[0].rpartition("#")[2], answer.status, document)
    return kind(
        origin.deployment,
        clean(_reason(document), origin),
        status=answer.status,
        retry_after_s=retry_after_s(answer.headers, unix_s=answer.unix_s),
    )


def reported_exception(name: str, payload: bytes, origin: Origin) -> ProviderError:
    """Make an error of an exception that came in mid-stream; its payload is JSON, or words."""
    document = mapping(parsed(payload))
    words = _reason(document) or payload.decode("utf-8", "replace")
    reason = ": ".join(filter(None, (name, words)))
    return _kind(name, _SERVER_ERROR, document)(origin.deployment, clean(reason, origin))


def _kind(name: str, status: int, document: Mapping[str, Any]) -> type[ProviderError]:
    short = name.removesuffix("Exception").lower()
    original = document.get("originalStatusCode")
    if short in {"modelerror", "modelstreamerror"} and isinstance(original, int):
        return _by_status(original)  # the model's own server has failed, or refused
    if short == "modelerror":
        return ProviderUnavailableError
    return _BY_NAME.get(short) or _by_status(status)


def _by_status(status: int) -> type[ProviderError]:
    kind = ProviderUnavailableError if status >= _SERVER_ERROR else InvalidRequestError
    return _BY_STATUS.get(status, kind)


def _reason(document: Mapping[str, Any]) -> str:
    """The words of an exception; a gateway before AWS has a document of its own kind."""
    return string(document.get("Message")) or code_and_reason(document)[1]
