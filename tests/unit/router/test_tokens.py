"""Token estimates, against tiktoken where its rank file is there."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.messages import Data, Image, Message, ModelRequest, OutputSchema, Text, ToolSpec
from quantumlayer.router import estimate_tokens
from quantumlayer.router._tokens import PromptSize

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


def test_estimates_are_within_a_fifth_of_what_tiktoken_counts(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranks = shared / "data/wire/tokens/tiktoken_cache"
    if not ranks.is_dir():
        pytest.skip(f"no rank files: {ranks} is not there")
    shutil.copytree(ranks, tmp_path / "ranks")  # tiktoken deletes a file it does not like
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "ranks"))
    tiktoken = pytest.importorskip("tiktoken")
    encoding = tiktoken.get_encoding("o200k_base")
    texts = {
        "code": (ROOT / "quantumlayer/errors.py").read_text("utf-8"),
        "prose": (ROOT / "LICENSE").read_text("utf-8"),
        "chinese": "人工智能是计算机科学的一个分支。它企图了解智能的实质。" * 5,
        "japanese": "人工知能とは、計算という概念とコンピュータという道具を用いて研究する。" * 5,
        "korean": "인공지능은 인간의 학습능력을 인공적으로 구현하려는 컴퓨터 과학의 분야이다." * 5,
    }
    for name, text in texts.items():
        counted = len(encoding.encode(text))
        assert estimate_tokens(text) == pytest.approx(counted, rel=0.2), name
