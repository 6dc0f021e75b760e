"""HTTP statuses and error documents, as errors the router can act on."""

import json
import pickle

import pytest

from quantumlayer.errors import (
    AuthenticationError,
    InvalidRequestError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
)
from quantumlayer.router.providers._refusals import refusal, reported_error, retry_after_s
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._wire import Origin, Refused

NOBODY = Secret(None)


def error_of(
    status: int, body: object = None, headers: dict[str, str] | None = None, secret: str = ""
) -> ProviderError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    origin = Origin("p/m", "p", "m", Secret(secret))
    return refusal(Refused(status, headers or {}, raw, 0), origin)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "context_length_exceeded", InvalidRequestError),
        (401, "invalid_api_key", AuthenticationError),
        (402, None, QuotaExhaustedError),
        (403, None, AuthenticationError),
        (404, "model_not_found", InvalidRequestError),
        (408, None, ProviderTimeoutError),
        (409, None, ProviderUnavailableError),
        (413, None, InvalidRequestError),
        (422, None, InvalidRequestError),
        (429, "rate_limit_exceeded", RateLimitedError),
        (429, "slow_down", RateLimitedError),
        (429, None, RateLimitedError),
        (429, "insufficient_quota", QuotaExhaustedError),
        (429, "credit_balance_exhausted", QuotaExhaustedError),
        (429, "enforced_spend_limit_reached", QuotaExhaustedError),
        (498, None, ProviderUnavailableError),
        (500, None, ProviderUnavailableError),
        (502, None, ProviderUnavailableError),
        (503, None, ProviderUnavailableError),
        (504, None, ProviderTimeoutError),
        (529, None, ProviderUnavailableError),
        (302, None, InvalidRequestError),
    ],
)
def test_each_status_says_what_the_caller_can_do(
    status: int, code: str | None, kind: type[ProviderError]
) -> None:
    error = error_of(status, {"error": {"message": "because", "code": code}})

    assert type(error) is kind
    assert (error.status, error.reason, error.deployment) == (status, "because", "p/m")


@pytest.mark.parametrize(
    ("status", "advice", "retryable"),
    [(400, "true", True), (500, "false", False), (429, "false", False), (400, "", False)],
)
def test_the_server_s_own_advice_on_retrying_goes_first(
    status: int, advice: str, *, retryable: bool
) -> None:
    assert error_of(status, headers={"x-should-retry": advice}).retryable is retryable


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": {"message": "because"}}, "because"),
        ({"error": "because"}, "because"),
        ({"message": "because"}, "because"),
        ({"detail": [{"loc": ["x"]}]}, '[{"loc": ["x"]}]'),
        ([{"error": {"message": "because"}}], "because"),
        (b"<html>", "no reason given"),
        (b"", "no reason given"),
        (b"[" * 100_000, "no reason given"),
        (7, "no reason given"),
    ],
)
def test_the_reason_is_found_in_any_of_the_shapes_servers_give_it(
    body: object, reason: str
) -> None:
    assert error_of(500, body).reason == reason


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"message": "Your credit balance is too low to access the API."}),
        (400, {"message": "You have reached your specified API usage limits. You will regain"}),
        (400, {"message": "You have reached your specified workspace API usage limits."}),
        (
            429,
            {
                "type": "rate_limit_error",
                "message": "Monthly spend.",
                "details": {"error_code": "enforced_spend_limit_reached"},
            },
        ),
        (429, {"message": "no", "code": "organization_spend_limit_exceeded"}),
        (429, {"message": "no", "code": "project_spend_limit_exceeded"}),
    ],
)
def test_credit_that_is_used_up_is_not_waited_for(status: int, error: dict[str, object]) -> None:
    assert type(error_of(status, {"type": "error", "error": error})) is QuotaExhaustedError


def test_a_redirect_points_to_the_address() -> None:
    assert "check `base_url`" in error_of(301, b"").reason


def test_a_key_that_the_server_quotes_is_taken_out() -> None:
    error = error_of(401, {"error": {"message": "Bad key sk-1234!"}}, secret="sk-1234")

    assert error.reason == "Bad key ***!"


def test_a_long_reason_is_cut() -> None:
    assert len(error_of(400, {"error": {"message": "x" * 10_000}}).reason) == 500


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"retry-after": "Wed, 31 Dec 1969 23:59:59 GMT"}, 0.0),
    ],
)
def test_retry_after_comes_in_seconds_milliseconds_or_as_a_date(
    headers: dict[str, str], wait_s: float | None
) -> None:
    assert retry_after_s(headers, unix_s=10.0) == wait_s


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"error": {"message": "x", "type": "server_error"}}, ProviderUnavailableError),
        ({"error": {"message": "x", "code": 429}}, RateLimitedError),
        ({"error": {"message": "x", "code": "bad", "status_code": 400}}, InvalidRequestError),
        ({"error": {"message": "x", "code": "insufficient_quota"}}, QuotaExhaustedError),
        ({"error": {"message": "x", "type": "overloaded_error"}}, ProviderUnavailableError),
        ({"error": {"message": "x", "type": "rate_limit_error"}}, RateLimitedError),
        ({"error": {"message": "x", "type": "billing_error"}}, QuotaExhaustedError),
        ({"error": {"message": "x", "type": "invalid_request_error"}}, InvalidRequestError),
        ({"type": "error", "message": "x", "code": "rate_limit_exceeded"}, RateLimitedError),
        ({"error": "x"}, ProviderUnavailableError),
    ],
)
def test_an_error_in_mid_stream_is_read_as_well(
    document: dict[str, object], kind: type[ProviderError]
) -> None:
    error = reported_error(document, Origin("p/m", "p", "m", NOBODY))

    assert (type(error), error.reason) == (kind, "x")


def test_a_secret_shows_nowhere_and_cannot_be_copied_away() -> None:
    secret = Secret("sk-1234")

    assert repr(secret) == "Secret(***)"
    assert f"{secret}" == "Secret(***)"
    with pytest.raises(TypeError, match="not to be copied"):
        pickle.dumps(secret)
    assert NOBODY.redact("anything") == "anything"
