"""Token estimates, against tiktoken where its rank file is there."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import (
    NoDeploymentError,
    ProviderUnavailableError,
    RouterConfigError,
    StreamInterruptedError,
)
from quantumlayer.messages import (
    Data,
    Embeddings,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    OutputSchema,
    Text,
    ToolSpec,
    Usage,
)
from quantumlayer.router import Catalog, ModelCard, Router, estimate_tokens
from quantumlayer.router._tokens import PromptSize
from quantumlayer.router.tiktoken import token_counter
from quantumlayer.testing import Cut, ScriptedModel

ROOT = Path(__file__).resolve().parents[3]


# Control characters, and those beyond the basic plane, are told apart only roughly.
plain = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cc", "Cs")))


@given(plain, plain)
def test_an_estimate_is_a_bounded_sum_of_its_parts(first: str, second: str) -> None:
    both = estimate_tokens(first + second)

    assert abs(both - estimate_tokens(first) - estimate_tokens(second)) <= 2
    assert 0 <= both <= 2 * len(first + second) + 1


@given(st.text(st.characters(codec="ascii")))
def test_a_prompt_has_no_more_tokens_than_the_bound(text: str) -> None:
    request = ModelRequest.of(text)

    assert PromptSize.of(request).tokens <= PromptSize.of(request).bound


def test_a_lone_surrogate_is_counted_too() -> None:
    assert estimate_tokens("\ud83d") == 1


def test_data_counts_nothing_and_tools_schemas_and_images_count() -> None:
    words = Message.user("Hello there")
    plain = PromptSize.of(ModelRequest((words,))).tokens
    data = Message("user", (Text("Hello there"), Data("Note", {"long": "x" * 1000})))
    tool = ToolSpec("look_up", "Look a word up.", {"type": "object"})
    image = Message.user("Hello there", Image("image/png", base64="AAAA"))

    assert PromptSize.of(ModelRequest((data,))).tokens == plain
    assert PromptSize.of(ModelRequest((words,), tools=(tool,))).tokens > plain
    typed = ModelRequest((words,), output=OutputSchema("A", {"type": "object"}))
    assert PromptSize.of(typed).tokens > plain
    pictured = PromptSize.of(ModelRequest((image,)))
    assert (pictured.tokens, pictured.images) == (plain + 765, 1)


# --- tiktoken ------------------------------------------------------------------------------------


@pytest.fixture
def ranks(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with rank files, for tiktoken to find."""
    there = shared / "data/wire/tokens/tiktoken_cache"
    if not there.is_dir():
        pytest.skip(f"no rank files: {there} is not there")
    for file in there.iterdir():  # tiktoken deletes a file it does not like
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("ranks")
def test_estimates_are_within_a_fifth_of_what_tiktoken_counts() -> None:
    count = token_counter()
    texts = {
        "code": (ROOT / "quantumlayer/errors.py").read_text("utf-8"),
        "prose": (ROOT / "LICENSE").read_text("utf-8"),
        "chinese": "人工智能是计算机科学的一个分支。它企图了解智能的实质。" * 5,
        "japanese": "人工知能とは、計算という概念とコンピュータという道具を用いて研究する。" * 5,
        "korean": "인공지능은 인간의 학습능력을 인공적으로 구현하려는 컴퓨터 과학의 분야이다." * 5,
    }
    for name, text in texts.items():
        assert estimate_tokens(text) == pytest.approx(count(text), rel=0.2), name


@pytest.mark.usefixtures("ranks")
def test_both_encodings_count_any_text() -> None:
    for encoding in ("o200k_base", "cl100k_base"):
        count = token_counter(encoding)
        assert (count(""), count("Hello, world"), count("<|endoftext|>") > 1) == (0, 3, True)
        assert count("\ud83d") > 0
        assert abs(count("word " * 10_000) - 10_000) <= 3


def test_nothing_is_downloaded_where_there_is_no_rank_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    with pytest.raises(RouterConfigError, match="TIKTOKEN_CACHE_DIR"):
        token_counter()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(RouterConfigError, match="There is no file"):
        token_counter("cl100k_base")


def test_a_rank_file_that_is_none_is_refused_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    path = tmp_path / "fb374d419588a4632f3f557e76b4b70aebbca790"
    path.write_bytes(b"IQ== 0\n")
    with pytest.raises(RouterConfigError, match="is not what its name says"):
        token_counter()
    assert path.read_bytes() == b"IQ== 0\n"


def words(text: str) -> int:
    return len(text.split())


@pytest.mark.anyio
async def test_a_router_counts_as_it_is_told_to() -> None:
    """Prompts before a call, answers that nobody has counted, and what had arrived of others."""
    counted = ModelReply("two words", "scripted", "m", usage=Usage(7, output_tokens=5))
    cut = Cut("three words arrived", ProviderUnavailableError("scripted/m", "cut"))
    card = ModelCard(max_input_tokens=20)
    router = Router(
        [ScriptedModel("two words", counted, cut, model="m", card=card)],
        count_tokens=words,
        catalog=Catalog({}),
    )
    prompt = "one word and another"  # and 3 tokens around each of two turns

    estimated = await router.complete(prompt)
    assert estimated.usage == Usage(4 + 6, output_tokens=2, estimated=True)
    assert (await router.complete(prompt)).usage == counted.usage
    with pytest.raises(StreamInterruptedError):
        async with router.stream(prompt) as events:
            assert [event async for event in events]
    [*_, last] = router.ledger.entries
    assert last.attempt.usage == Usage(4 + 6, output_tokens=3, estimated=True)

    with pytest.raises(NoDeploymentError, match="a prompt of about 21 tokens"):
        await router.complete("word " * 15)


@pytest.mark.anyio
async def test_a_router_counts_texts_to_embed_as_it_is_told_to() -> None:
    class Embeds(ScriptedModel):
        async def embed(self, texts: Sequence[str], **_: object) -> Embeddings:
            return Embeddings(((1.0,),), "scripted", "m", Usage(9, estimated=True))

    router = Router(
        [Embeds(model="m", card=ModelCard(max_input_tokens=3))],
        count_tokens=words,
        catalog=Catalog({}),
    )
    assert (await router.embed(["three little words"])).usage == Usage(9, estimated=True)
    with pytest.raises(NoDeploymentError):
        await router.embed(["these are four words"])
