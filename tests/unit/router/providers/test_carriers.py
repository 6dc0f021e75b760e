"""What carries requests where no client was handed in."""

from typing import Any

import pytest

from quantumlayer.router.providers._carriers import aiohttp_carrier

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The only loop that aiohttp runs on."""
    return "asyncio"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://api.openai.com/v1", "http://proxy.test:3128"),
        ("https://inside.test/v1", None),
        ("http://127.0.0.1:11434/v1", None),
    ],
)
async def test_aiohttp_takes_the_proxy_of_the_environment(
    url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("aiohttp", reason="no aiohttp: the extra `fast` brings it")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")

    carrier: Any = aiohttp_carrier(url)
    await carrier.aclose()

    assert carrier._proxy == proxy
