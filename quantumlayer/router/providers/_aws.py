"""Who sends a request to AWS: a bearer token, an access key, or botocore's chain."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import anyio.to_thread

from quantumlayer.errors import AuthenticationError, RouterConfigError
from quantumlayer.router.providers._credentials import Credential, Outgoing, Token
from quantumlayer.router.providers._secret import Secret
from quantumlayer.router.providers._sigv4 import AwsKeys, Scope, sign

__all__ = ["AwsSigned", "aws_credential", "aws_region"]

_SERVICE = "bedrock"


class _Keys(Protocol):
    """Where access keys come from."""

    async def get(self) -> AwsKeys: ...


class AwsSigned:
    """Signs every request (Signature Version 4)."""

    covers_target = True

    def __init__(self, keys: _Keys, region: str) -> None:
        self._keys = keys
        self._scope = Scope(region, _SERVICE)
        self._secrets: tuple[Secret, ...] = ()

    async def headers(self, request: Outgoing) -> Mapping[str, str]:
        """Make the signature.

        Raises:
            AuthenticationError: The chain has no key.
        """
        keys = await self._keys.get()
        self._secrets = (keys.secret_access_key, keys.session_token)
        signed = [("host", request.host), ("content-type", request.headers["content-type"])]
        return sign(
            request.method,
            request.target,
            signed,
            request.body,
            keys=keys,
            scope=self._scope,
            unix_s=time.time(),
        )

    def redact(self, text: str) -> str:
        """The text without the key."""
        for secret in self._secrets:
            text = secret.redact(text)
        return text


class _Given:
    """A key that stays the same."""

    def __init__(self, keys: AwsKeys) -> None:
        self._keys = keys

    async def get(self) -> AwsKeys:
        return self._keys


class _Chain:
    """Whatever botocore finds, in files, at a container's or a machine's side; kept fresh by it."""

    def __init__(self, session: Any, deployment: str) -> None:
        self._session = session
        self._deployment = deployment

    async def get(self) -> AwsKeys:
        return await anyio.to_thread.run_sync(self._find)

    def _find(self) -> AwsKeys:
        broken = import_module("botocore.exceptions").BotoCoreError
        try:
            found = self._session.get_credentials()
            keys = found and found.get_frozen_credentials()
        except broken as error:
            raise AuthenticationError(
                self._deployment, f"AWS gives no credential: {type(error).__name__}"
            ) from error
        if not keys:
            raise AuthenticationError(
                self._deployment, "there is no AWS credential: set AWS_PROFILE, or pass one"
            )
        return AwsKeys(keys.access_key, Secret(keys.secret_key), Secret(keys.token))


def aws_credential(
    deployment: str,
    region: str,
    *,
    api_key: str | None,
    access_key_id: str | None,
    secret_access_key: str | None,
    session_token: str | None,
) -> Credential:
    """What was given, else what the environment has, else botocore's chain.

    Raises:
        RouterConfigError: There is nothing, or half a key.
    """
    if api_key is None and access_key_id is None and secret_access_key is None:
        # In the order of AWS's own clients.
        api_key = os.environ.get("AWS_BEARER_TOKEN_BEDROCK")
        access_key_id = os.environ.get("AWS_ACCESS_KEY_ID")
        secret_access_key = os.environ.get("AWS_SECRET_ACCESS_KEY")
        session_token = os.environ.get("AWS_SESSION_TOKEN")
    if api_key:
        return Token(Secret(api_key))
    if access_key_id and secret_access_key:
        keys = AwsKeys(access_key_id, Secret(secret_access_key), Secret(session_token))
        return AwsSigned(_Given(keys), region)
    if access_key_id or secret_access_key:
        raise RouterConfigError(
            "An AWS access key has two halves: pass both `access_key_id` and `secret_access_key`, "
            "or set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    session = _botocore_session()
    if session is None:
        raise RouterConfigError(
            "Bedrock has no credential: pass `api_key`, or `access_key_id` and "
            "`secret_access_key`; or set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, before the provider is made. Profiles and roles need an extra: "
            "pip install 'quantumlayer[aws]'"
        )
    return AwsSigned(_Chain(session, deployment), region)


def aws_region(given: str | None) -> str:
    """What was given, else what the environment has, else what AWS's own files have.

    Raises:
        RouterConfigError: There is none, or it is no region's name.
    """
    region = given or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region and (session := _botocore_session()):
        region = session.get_config_variable("region")
    if not region or not region.replace("-", "").isalnum():
        raise RouterConfigError(
            f"{region!r} is no AWS region: pass `region`, such as 'us-east-1', or set AWS_REGION "
            "before the provider is made."
        )
    return str(region)


def _botocore_session() -> Any:
    """A session of botocore, or None where it is not installed."""
    if find_spec("botocore") is None:
        return None
    return import_module("botocore.session").get_session()
