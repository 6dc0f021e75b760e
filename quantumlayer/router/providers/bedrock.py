"""Amazon Bedrock."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from quantumlayer.errors import InvalidRequestError
from quantumlayer.messages import ModelRequest
from quantumlayer.router._card import ModelCard
from quantumlayer.router.providers._aws import aws_credential, aws_region
from quantumlayer.router.providers._converse_stream import ConverseWire
from quantumlayer.router.providers._embedder import Embedder
from quantumlayer.router.providers._embedding import EmbeddingWire
from quantumlayer.router.providers._invoke import embedding_wire
from quantumlayer.router.providers._wire import Wire

if TYPE_CHECKING:
    import httpx

__all__ = ["Bedrock"]

_PROVIDER = "aws.bedrock"


class Bedrock(Embedder):
    """One model on Amazon Bedrock, asked through Converse.

    Who asks is said by a Bedrock API key, or by a signature with an access key. What is not given
    comes from the environment, read now: AWS_BEARER_TOKEN_BEDROCK, else AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; with the extra `aws`, else from botocore's chain
    (profiles, roles, containers, instances), which is asked at the first request and keeps its
    keys fresh. None of it shows in a repr, an error or a log.

    Embeds texts with the models of Cohere, and with Amazon's Titan and Nova.

    Args:
        model: Id or ARN of a model or an inference profile, such as
            `us.anthropic.claude-haiku-5-5`.
        region: Such as `us-east-1`; None: AWS_REGION, AWS_DEFAULT_REGION, else the profile's.
        api_key: A Bedrock API key.
        access_key_id: The public half of an access key.
        secret_access_key: Its secret half.
        session_token: What comes with temporary keys.
        base_url: Where Bedrock is; None: the region's public endpoint.
        name: Name of the deployment, where `aws.bedrock/model` would not be unique.
        card: Price and limits that the catalog does not know.
        client: An `httpx.AsyncClient`, or one with the same surface, to use instead of an own one.
            Where requests are signed, not one of `httpx_aiohttp`, which rewrites paths.

    Raises:
        RouterConfigError: There is no credential or no region, or the URL is not plain http or
            https.
    """

    def __init__(  # noqa: PLR0913 -- AWS has three parts of a key
        self,
        model: str,
        *,
        region: str | None = None,
        api_key: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        base_url: str | None = None,
        name: str | None = None,
        card: ModelCard | None = None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        place = aws_region(region)
        super().__init__(
            model,
            provider=_PROVIDER,
            base_url=base_url or _public_url(place),
            credential=aws_credential(
                name or f"{_PROVIDER}/{model}",
                place,
                api_key=api_key,
                access_key_id=access_key_id,
                secret_access_key=secret_access_key,
                session_token=session_token,
            ),
            name=name,
            card=card,
            client=client,
        )
        path = f"/model/{quote(model, safe='')}"
        self._converse = ConverseWire(self._origin, self._known_card(), path)
        self._embeddings = embedding_wire(self._origin, path)

    def _wire(self, request: ModelRequest) -> Wire:
        del request
        return self._converse

    def _embedding_wire(self) -> EmbeddingWire:
        if self._embeddings is None:
            raise InvalidRequestError(self.name, "the model is not known to make embeddings")
        return self._embeddings


def _public_url(region: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://bedrock-runtime.{region}.{suffix}"
