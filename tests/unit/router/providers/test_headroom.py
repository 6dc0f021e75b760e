"""What answers say about their provider's limits, in each of its spellings."""

from collections.abc import Mapping

import anyio
import httpx
import pytest

from quantumlayer.messages import ModelRequest
from quantumlayer.router import Allowance, Headroom
from quantumlayer.router.providers import OpenAICompatible
from quantumlayer.router.providers._headroom import headroom

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


def openai(limit: str, left: str, reset: str, kind: str = "tokens") -> dict[str, str]:
    words = {"limit": limit, "remaining": left, "reset": reset}
    return {f"x-ratelimit-{what}-{kind}": value for what, value in words.items()}


@pytest.mark.parametrize(
    ("reset", "full_in_s"),
    [("6m0s", 360.0), ("1.2s", 1.2), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("0s", 0.0)],
)
def test_spans_are_read_as_openai_and_groq_write_them(reset: str, full_in_s: float) -> None:
    said = headroom(openai("1000", "400", reset), unix_s=NOON)

    assert said is not None
    assert said.tokens is not None
    assert (said.tokens.limit, said.tokens.left) == (1000, 400)
    assert said.tokens.full_in_s == pytest.approx(full_in_s)


def test_requests_and_tokens_are_told_apart() -> None:
    both = openai("60", "59", "1s", "requests") | openai("1000", "0", "1m0s")

    assert headroom(both, unix_s=NOON) == Headroom(Allowance(60, 59, 1), Allowance(1000, 0, 60))


def test_times_are_read_as_anthropic_writes_them() -> None:
    said = headroom(
        {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": "2026-01-01T12:00:30Z",
        },
        unix_s=NOON,
    )
    assert said == Headroom(requests=Allowance(50, 49, 30))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        openai("1000", "400", ""),
        openai("1000", "400", "soon"),
        openai("1000", "400", "6m 0s"),
        openai("1000", "400", "2026-01-01T12:00:30"),
        openai("1000", "400", "Tomorrow"),
        openai("many", "400", "1s"),
        openai("nan", "400", "1s"),
        openai("1000", "-1", "1s"),
        openai("1000", "1001", "1s"),
        openai("0", "0", "1s"),
    ],
)
def test_what_cannot_be_understood_is_as_good_as_not_said(headers: Mapping[str, str]) -> None:
    assert headroom(headers, unix_s=NOON) is None


def test_an_adapter_keeps_what_the_latest_answer_said() -> None:
    heads = [openai("1000", "400", "6s"), {}, openai("1000", "300", "7s")]
    body = {"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}

    async def ask() -> list[Headroom | None]:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=body, headers=heads.pop(0))

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            provider = OpenAICompatible("m", base_url="http://x.test/v1", client=client)
            said = [provider.headroom]
            for _ in range(3):
                await provider.complete(ModelRequest.of("Hi"))
                said.append(provider.headroom)
            return said

    first, second = (
        Headroom(tokens=Allowance(1000, left, at)) for left, at in ((400, 6), (300, 7))
    )
    assert anyio.run(ask) == [None, first, first, second]
