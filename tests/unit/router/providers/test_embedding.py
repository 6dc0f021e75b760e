"""Embeddings: wire formats, batches, and what becomes of many requests for one call."""

import json
import struct
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import (
    InvalidRequestError,
    MalformedReplyError,
    ProviderUnavailableError,
    RateLimitedError,
)
from quantumlayer.messages import Embeddings, Usage
from quantumlayer.router import estimate_tokens
from quantumlayer.router.providers import Bedrock, OpenAI, OpenAICompatible
from quantumlayer.router.providers._embedder import Embedder
from quantumlayer.router.providers._embedding import batches, tokens_of, vectors_of
from quantumlayer.testing import check_embeddings

pytestmark = pytest.mark.anyio

Handler = Callable[[Any], httpx.Response]


def answering(handler: Handler, *, seen: list[Any] | None = None) -> httpx.AsyncClient:
    async def answer(request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        asked = json.loads(request.content)
        if seen is not None:
            seen.append(asked)
        return handler(asked)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def openai(handler: Handler, **more: Any) -> OpenAI:
    return OpenAI("text-embedding-3-small", api_key="k", client=answering(handler, **more))


def bedrock(model: str, handler: Handler, **more: Any) -> Bedrock:
    client = answering(handler, **more)
    return Bedrock(model, region="us-east-1", api_key="k", client=client)


def listed(*vectors: Any, **more: Any) -> httpx.Response:
    data = [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return httpx.Response(200, json={"data": data, "model": "e-1", **more})


# --- batches -------------------------------------------------------------------------------------


@given(texts=st.lists(st.text(max_size=9)), size=st.integers(1, 5))
def test_batches_are_the_texts_in_their_order(texts: list[str], size: int) -> None:
    pieces = list(batches(texts, max_texts=size))

    assert [text for piece in pieces for text in piece] == texts
    assert all(1 <= len(piece) <= size for piece in pieces)


def test_a_batch_has_no_more_tokens_than_a_request_may_have() -> None:
    text = "word " * 60_000

    sizes = [len(piece) for piece in batches([text] * 7, max_texts=2048)]

    assert sum(sizes) == 7
    assert max(sizes) * estimate_tokens(text) <= 200_000


# --- vectors -------------------------------------------------------------------------------------


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=9))
def test_vectors_come_as_numbers_or_as_base64(vector: list[float]) -> None:
    packed = b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

    assert vectors_of([vector, packed]) == [tuple(vector)] * 2


@pytest.mark.parametrize("rows", [None, "x", [None], [["a"]], ["a"], ["AAAAA==="], ["AAA="], [3]])
def test_what_is_no_vector_is_malformed(rows: Any) -> None:
    with pytest.raises(ValueError, match="embedding"):
        vectors_of(rows)


@pytest.mark.parametrize(
    ("given_", "tokens"), [("12", 12), (12, 12), ("", None), ("x", None), (-1, None), (None, None)]
)
def test_tokens_stand_in_the_body_or_in_a_header(given_: Any, tokens: int | None) -> None:
    assert tokens_of(given_) == tokens


# --- OpenAI --------------------------------------------------------------------------------------


async def test_openai_is_asked_for_base64_and_others_for_numbers() -> None:
    seen: list[Any] = []
    answer = listed([1.0], usage={"prompt_tokens": 3})
    await openai(lambda _: answer, seen=seen).embed(["a"], dimensions=9)
    client = answering(lambda _: answer, seen=seen)
    await OpenAICompatible("e", base_url="http://x/v1", client=client).embed(["a"])

    assert seen == [
        {
            "model": "text-embedding-3-small",
            "input": ["a"],
            "encoding_format": "base64",
            "dimensions": 9,
        },
        {"model": "e", "input": ["a"], "encoding_format": "float"},
    ]


async def test_vectors_are_put_in_the_order_of_their_texts() -> None:
    data = [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": [0.0]}]
    made = await openai(lambda _: httpx.Response(200, json={"data": data})).embed(["a", "b"])

    assert made.vectors == ((0.0,), (1.0,))
    assert made.model == "text-embedding-3-small"  # the server names none
    assert made.usage.estimated


async def test_servers_that_number_nothing_give_them_in_order() -> None:
    data = [{"embedding": [0.0]}, {"embedding": [1.0]}]
    made = await openai(lambda _: httpx.Response(200, json={"data": data})).embed(["a", "b"])

    assert made.vectors == ((0.0,), (1.0,))


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (listed([1.0]), "1 embeddings for 2 texts"),
        (
            httpx.Response(200, json={"data": [{"index": 0, "embedding": [1.0]}] * 2}),
            "which embedding is whose",
        ),
        (
            httpx.Response(200, json={"data": [{"index": "x", "embedding": [1.0]}, {"index": 0}]}),
            "which embedding is whose",
        ),
        (httpx.Response(200, content=b"<html>"), "not JSON"),
        (listed([1.0], None), "no list of numbers"),
    ],
)
async def test_an_answer_that_does_not_fit_is_malformed(
    response: httpx.Response, reason: str
) -> None:
    with pytest.raises(MalformedReplyError, match=reason):
        await openai(lambda _: response).embed(["a", "b"])


async def test_an_error_with_the_status_200_is_an_error() -> None:
    response = httpx.Response(200, json={"error": {"message": "no", "code": 503}})
    with pytest.raises(ProviderUnavailableError):
        await openai(lambda _: response).embed(["a"])


async def test_many_texts_take_many_requests_and_come_back_as_one() -> None:
    seen: list[Any] = []

    def handler(asked: Any) -> httpx.Response:
        vectors = [[float(text)] for text in asked["input"]]
        return listed(*vectors, usage={"prompt_tokens": len(vectors)})

    made = await openai(handler, seen=seen).embed([str(number) for number in range(5000)])

    assert made.vectors == tuple((float(number),) for number in range(5000))
    assert made.usage == Usage(5000)
    assert sorted(len(asked["input"]) for asked in seen) == [904, 2048, 2048]


async def test_no_texts_take_no_request() -> None:
    seen: list[Any] = []

    made = await openai(lambda _: listed(), seen=seen).embed([])

    assert made == Embeddings((), "openai", "text-embedding-3-small")
    assert not seen


async def test_one_failure_ends_the_call() -> None:
    seen: list[Any] = []

    def handler(asked: Any) -> httpx.Response:
        if asked["inputText"] == "bad":
            return httpx.Response(429, json={"message": "slow down"})
        return httpx.Response(200, json={"embedding": [1.0], "inputTextTokenCount": 1})

    provider = bedrock("amazon.titan-embed-text-v2:0", handler, seen=seen)
    with pytest.raises(RateLimitedError, match="slow down"):
        await provider.embed(["bad", *["good"] * 500])

    assert len(seen) < 100


async def test_a_call_that_is_cancelled_leaves_the_provider_usable() -> None:
    provider = openai(lambda _: listed([1.0]))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await provider.embed(["a"])

    assert (await provider.embed(["a"])).vectors == ((1.0,),)


def of_two_numbers(asked: Any) -> httpx.Response:
    texts = asked.get("input") or asked.get("texts") or [asked.get("inputText")]
    vectors = [[float(len(text)), 1.0] for text in texts]
    if "input" in asked:
        return listed(*vectors, usage={"prompt_tokens": len(texts)})
    return httpx.Response(200, json={"embeddings": vectors, "embedding": vectors[0]})


@pytest.mark.parametrize(
    "make",
    [
        openai,
        lambda handler: bedrock("cohere.embed-v4:0", handler),
        lambda handler: bedrock("amazon.titan-embed-text-v2:0", handler),
    ],
    ids=["openai", "cohere", "titan"],
)
async def test_the_contract_of_embeddings_is_kept(make: Callable[[Handler], Embedder]) -> None:
    await check_embeddings(
        lambda: make(of_two_numbers),
        failing=lambda: make(lambda _: httpx.Response(401, json={"message": "not you, k"})),
        secret="Bearer k",
    )


# --- Bedrock -------------------------------------------------------------------------------------

COUNTED = {"x-amzn-bedrock-input-token-count": "7"}


@pytest.mark.parametrize(
    ("model", "asked", "answer"),
    [
        (
            "cohere.embed-english-v3",
            {"texts": ["a"], "input_type": "search_document", "truncate": "NONE"},
            {"embeddings": [[1.0, 2.0]]},
        ),
        (
            "us.cohere.embed-v4:0",
            {"texts": ["a"], "input_type": "search_document", "truncate": "NONE"},
            {"embeddings": {"float": [[1.0, 2.0]]}},
        ),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a"}, {"embedding": [1.0, 2.0]}),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_INDEX",
                    "text": {"value": "a", "truncationMode": "NONE"},
                },
            },
            {"embeddings": [{"embedding": [1.0, 2.0]}]},
        ),
    ],
)
async def test_each_family_on_bedrock_has_its_format(model: str, asked: Any, answer: Any) -> None:
    seen: list[Any] = []
    response = httpx.Response(200, json=answer, headers=COUNTED)

    made = await bedrock(model, lambda _: response, seen=seen).embed(["a"])

    assert seen == [asked]
    assert made == Embeddings(((1.0, 2.0),), "aws.bedrock", model, Usage(7))


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("cohere.embed-v4:0", ("output_dimension",)),
        ("amazon.titan-embed-text-v2:0", ("dimensions",)),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            ("singleEmbeddingParams", "embeddingDimension"),
        ),
    ],
)
async def test_each_family_has_its_word_for_dimensions(model: str, path: Sequence[str]) -> None:
    seen: list[Any] = []
    answer = {"embeddings": [[1.0]], "embedding": [1.0]}
    if "nova" in model:
        answer = {"embeddings": [{"embedding": [1.0]}]}
    response = httpx.Response(200, json=answer)
    await bedrock(model, lambda _: response, seen=seen).embed(["a"], dimensions=256)

    [value] = seen
    for name in path:
        value = value[name]
    assert value == 256


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("cohere.embed-v4:0", "search_query"),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "TEXT_RETRIEVAL"),
    ],
)
async def test_texts_that_are_to_find_others_are_told_apart(model: str, word: str) -> None:
    seen: list[Any] = []
    provider = bedrock(model, lambda _: httpx.Response(400, json={"message": "x"}), seen=seen)

    with pytest.raises(InvalidRequestError, match="x"):
        await provider.embed(["a"], purpose="query")
    assert word in json.dumps(seen)


async def test_a_model_that_is_not_known_to_embed_is_not_asked() -> None:
    provider: Embedder = bedrock("amazon.nova-lite-v1:0", lambda _: httpx.Response(500))

    with pytest.raises(InvalidRequestError, match="not known to make embeddings"):
        await provider.embed(["a"])
