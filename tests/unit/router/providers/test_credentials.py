"""Who sends a request: keys from arguments, from the environment, from AWS's chain."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from quantumlayer.errors import AuthenticationError, RouterConfigError
from quantumlayer.messages import ModelRequest
from quantumlayer.router import Provider
from quantumlayer.router.providers import Anthropic, Bedrock, Groq, OpenAI, OpenAICompatible, _aws
from quantumlayer.router.providers._credentials import Outgoing

pytestmark = pytest.mark.anyio

KEY_ID, KEY, TOKEN = "AKIDEXAMPLE", "geheim/schluessel+1", "geheimes-zeichen"
AWS = (
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
)
POST = Outgoing("POST", "host", "/model/m/converse", {"content-type": "application/json"}, b"{}")

WITH_KEYS: list[tuple[Callable[..., Provider], str]] = [
    (OpenAI, "OPENAI_API_KEY"),
    (Anthropic, "ANTHROPIC_API_KEY"),
    (Groq, "GROQ_API_KEY"),
]


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which AWS finds nothing, and asks no machine for anything."""
    for name in AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


async def headers_of(provider: Any) -> Mapping[str, str]:
    headers: Mapping[str, str] = await provider._endpoint._credential.headers(POST)
    return headers


@pytest.mark.parametrize(("make", "variable"), WITH_KEYS)
async def test_a_key_comes_from_the_environment_when_the_provider_is_made(
    make: Callable[..., Provider], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-first")
    provider = make("m")
    monkeypatch.setenv(variable, "sk-second")

    headers = await headers_of(provider)

    assert list(headers.values()) in (["Bearer sk-first"], ["sk-first"])
    assert "sk-first" not in f"{provider!r} {vars(provider)}"


@pytest.mark.parametrize(("make", "variable"), WITH_KEYS)
async def test_a_key_that_is_passed_goes_before_the_environment_s(
    make: Callable[..., Provider], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-first")

    assert "sk-given" in str(await headers_of(make("m", api_key="sk-given")))
    assert not await headers_of(make("m", api_key=""))  # as behind a gateway


@pytest.mark.parametrize(("make", "variable"), WITH_KEYS)
def test_without_a_key_the_error_names_the_variable(
    make: Callable[..., Provider], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable, raising=False)

    with pytest.raises(RouterConfigError, match=variable):
        make("m")


@pytest.mark.parametrize("key", ["sk-a\n", " sk-a", "sk-ä", "sk-a\rx-evil: 1"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_and_not_shown(key: str) -> None:
    for make in (OpenAI, Anthropic, Groq):
        with pytest.raises(RouterConfigError) as caught:
            make("m", api_key=key)
        assert key.strip() not in str(caught.value)


# --- AWS -----------------------------------------------------------------------------------------


async def test_a_bearer_token_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Bedrock("m", region="us-east-1", api_key="bedrock-key")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "from-environment")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    found = Bedrock("m", region="us-east-1")

    assert await headers_of(given) == {"authorization": "Bearer bedrock-key"}
    assert await headers_of(found) == {"authorization": "Bearer from-environment"}


async def test_an_access_key_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "not-this-one")
    given = Bedrock(
        "m",
        region="eu-central-1",
        access_key_id=KEY_ID,
        secret_access_key=KEY,
        session_token=TOKEN,
    )

    headers = await headers_of(given)

    today = time.strftime("%Y%m%d", time.gmtime())
    scope = f"{KEY_ID}/{today}/eu-central-1/bedrock/aws4_request"
    assert headers["authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={scope}, ")
    signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"
    assert signed in headers["authorization"]
    assert headers["x-amz-security-token"] == TOKEN
    shown = f"{given!r} {vars(given)} {given._endpoint._credential.redact(f'{KEY} {TOKEN}')}"
    assert KEY not in shown
    assert TOKEN not in shown


async def test_the_environment_s_access_key_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    provider = Bedrock("m")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    assert f"{KEY_ID}/" in (await headers_of(provider))["authorization"]
    assert "/us-west-2/" in (await headers_of(provider))["authorization"]


@pytest.mark.parametrize("half", ["access_key_id", "secret_access_key"])
def test_half_a_key_is_none(half: str) -> None:
    halves: dict[str, str] = {half: KEY}
    with pytest.raises(RouterConfigError, match="two halves") as caught:
        Bedrock(
            "m",
            region="us-east-1",
            access_key_id=halves.get("access_key_id"),
            secret_access_key=halves.get("secret_access_key"),
        )
    assert KEY not in str(caught.value)


async def test_the_chain_is_asked_where_nothing_else_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("botocore", reason="no botocore: it comes with the extra `aws`")
    (tmp_path / "config").write_text("[profile team]\nregion = ap-south-1\n")
    (tmp_path / "credentials").write_text(
        f"[team]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {KEY}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "team")

    provider = Bedrock("m")

    assert f"{KEY_ID}/" in (await headers_of(provider))["authorization"]
    assert "/ap-south-1/bedrock/" in (await headers_of(provider))["authorization"]
    assert provider._endpoint._base_url == "https://bedrock-runtime.ap-south-1.amazonaws.com"
    assert KEY not in f"{provider!r} {vars(provider)}"
    assert KEY not in provider._endpoint._credential.redact(f"the key is {KEY}")


async def test_a_chain_that_finds_nothing_is_an_authentication_error() -> None:
    pytest.importorskip("botocore", reason="no botocore: it comes with the extra `aws`")
    provider = Bedrock("m", region="us-east-1", name="mine")

    with pytest.raises(AuthenticationError, match="'mine' failed: there is no AWS credential"):
        await provider.complete(ModelRequest.of("Hi"))
    await provider.aclose()


async def test_a_chain_that_breaks_is_an_authentication_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("botocore", reason="no botocore: it comes with the extra `aws`")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    provider = Bedrock("m", region="us-east-1")

    with pytest.raises(AuthenticationError, match="ProfileNotFound"):
        await provider.complete(ModelRequest.of("Hi"))
    await provider.aclose()


def test_without_botocore_the_error_names_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws, "find_spec", lambda _name: None)

    with pytest.raises(RouterConfigError, match=r"quantumlayer\[aws\]"):
        Bedrock("m", region="us-east-1")
    with pytest.raises(RouterConfigError, match="AWS_REGION"):
        Bedrock("m", api_key="k")


@pytest.mark.parametrize("region", ["us-east-1/../evil", "evil.example/", "us east"])
def test_what_is_no_region_is_refused(region: str) -> None:
    with pytest.raises(RouterConfigError, match="is no AWS region"):
        Bedrock("m", region=region, api_key="k")


def test_china_has_an_address_of_its_own() -> None:
    provider = Bedrock("m", region="cn-north-1", api_key="k")

    assert provider._endpoint._base_url == "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"


def test_names_and_models_make_deployments() -> None:
    providers: list[Any] = [
        OpenAI("gpt-6-luna", api_key="k"),
        Anthropic("claude-haiku-5-5", api_key="k"),
        Bedrock("amazon.nova-lite-v1:0", region="us-east-1", api_key="k"),
        Groq("openai/gpt-oss-20b", api_key="k"),
        OpenAICompatible("llama3", base_url="http://127.0.0.1:11434/v1", name="home"),
    ]

    assert [provider.name for provider in providers] == [
        "openai/gpt-6-luna",
        "anthropic/claude-haiku-5-5",
        "aws.bedrock/amazon.nova-lite-v1:0",
        "groq/openai/gpt-oss-20b",
        "home",
    ]
