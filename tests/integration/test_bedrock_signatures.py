"""Our signatures before moto, a stand-in for AWS that checks them as AWS does."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import quote

import httpx
import pytest

from quantumlayer.errors import AuthenticationError, ProviderError
from quantumlayer.messages import ModelRequest
from quantumlayer.router.providers import Bedrock
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._sigv4 import AwsKeys, Scope, sign

pytestmark = pytest.mark.anyio

REGION = "us-east-1"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})


@dataclass(frozen=True)
class Account:
    """A running server and a key of a user who may do everything there."""

    url: str
    key_id: str
    key: str

    def ask(
        self,
        service: str,
        body: str,
        *,
        key: str = "",
        sent: str = "",
        target: str = "/",
        **more: str,
    ) -> httpx.Response:
        """Send a signed request; with `sent`, another body than the one that is signed."""
        keys = AwsKeys(self.key_id, Secret(key or self.key), Secret(""))
        host = self.url.removeprefix("http://")
        headers = [("host", host), *((name.replace("_", "-"), more[name]) for name in more)]
        added = sign(
            "POST",
            target,
            headers,
            body.encode(),
            keys=keys,
            scope=Scope(REGION, service),
            unix_s=time.time(),
        )
        return httpx.post(
            self.url + target, content=(sent or body).encode(), headers=dict(headers) | added
        )


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("no moto: it comes with the dependency group `peers`")
    # The first three requests make the user; from then on a signature is asked for.
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3"}
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            url = next(
                found[0]
                for line in server.stdout
                if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
            yield _with_user(url)
        finally:
            server.kill()


def _with_user(url: str) -> Account:
    nobody = Account(url, "nobody", "nothing")
    form = {"content_type": "application/x-www-form-urlencoded"}
    user = "Version=2010-05-08&UserName=ql"
    nobody.ask("iam", f"Action=CreateUser&{user}", **form)
    policy = f"PolicyName=p&PolicyDocument={quote(POLICY)}"
    nobody.ask("iam", f"Action=PutUserPolicy&{user}&{policy}", **form)
    made = nobody.ask("iam", f"Action=CreateAccessKey&{user}", **form).text
    [key_id] = re.findall("<AccessKeyId>(.*?)</AccessKeyId>", made)
    [key] = re.findall("<SecretAccessKey>(.*?)</SecretAccessKey>", made)
    return Account(url, key_id, key)


@pytest.mark.parametrize(
    ("service", "body", "headers"),
    [
        (
            "sts",
            "Action=GetCallerIdentity&Version=2011-06-15&Note=hello",
            {"content_type": "application/x-www-form-urlencoded"},
        ),
        (
            "dynamodb",
            '{"Note": "hello"}',
            {
                "content_type": "application/x-amz-json-1.0",
                "x_amz_target": "DynamoDB_20120810.ListTables",
            },
        ),
    ],
    ids=["sts", "dynamodb"],
)
def test_a_signature_is_accepted_and_a_wrong_one_is_not(
    account: Account, service: str, body: str, headers: dict[str, str]
) -> None:
    assert account.ask(service, body, **headers).status_code == 200
    for refused in (
        account.ask(service, body, key="wrong", **headers),
        account.ask(service, body, sent=body.replace("hello", "hellO"), **headers),
    ):
        assert refused.status_code == 403
        assert "SignatureDoesNotMatch" in refused.text


@pytest.mark.parametrize(
    "model", ["anthropic.claude-sonnet-4-5-v1:0", "arn:aws:bedrock:us-east-1::model/a b+c"]
)
async def test_bedrock_s_signature_gets_past_the_check_and_a_wrong_one_does_not(
    account: Account, model: str
) -> None:
    async def ask(key: str) -> ProviderError:
        provider = Bedrock(
            model,
            region=REGION,
            base_url=account.url,
            access_key_id=account.key_id,
            secret_access_key=key,
        )
        with pytest.raises(ProviderError) as caught:
            await provider.complete(ModelRequest.of("hello"))
        await provider.aclose()
        assert account.key not in f"{caught.value!r} {caught.value} {provider!r} {vars(provider)}"
        return caught.value

    # Past the check, moto has no model to ask, or knows no such path.
    assert (await ask(account.key)).status in {404, 500}
    refused = await ask(account.key + "x")
    assert isinstance(refused, AuthenticationError)
    assert refused.status == 403
