"""Conversations as Claude and Bedrock take them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.messages import (
    CachePoint,
    Data,
    Message,
    Part,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from quantumlayer.router.providers._turns import (
    arguments_of,
    conversation,
    instructions,
    marked,
    tools_of,
    with_words,
)

parts: st.SearchStrategy[Part] = st.one_of(
    st.text(max_size=3).map(Text),
    st.just(Data("Note", 1)),
    st.just(CachePoint()),
    st.builds(ToolCall, st.just("c"), st.just("look"), st.just("{}")),
    st.builds(ToolResult, st.just("c"), st.text(max_size=3)),
)
messages = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user", "assistant", "tool"]),
        st.lists(parts, max_size=3).map(tuple),
    ),
    max_size=5,
)


@given(messages)
def test_two_sides_speak_in_turn_and_never_say_nothing(said: list[Message]) -> None:
    turns = conversation(said, alternating=True)

    assert turns[0].role == "user"
    assert all(before.role != after.role for before, after in pairwise(turns))
    for turn in turns:
        assert turn.parts
        assert not any(isinstance(part, Data) for part in turn.parts)
        kinds = {isinstance(part, ToolResult) for part in turn.parts if part != CachePoint()}
        assert len(kinds) == 1, "results of tools stand alone"


@given(messages)
def test_results_come_before_words_where_they_may_stand_together(said: list[Message]) -> None:
    for turn in conversation(said, alternating=False):
        results = [isinstance(part, ToolResult) for part in turn.parts if part != CachePoint()]
        assert results == sorted(results, reverse=True)


@given(messages)
def test_no_words_are_lost(said: list[Message]) -> None:
    spoken = "".join(m.text for m in said if m.text.strip())
    turns = conversation(said, alternating=False)
    kept = "".join(
        part.text
        for parts in (instructions(said), *(turn.parts for turn in turns))
        for part in parts
        if isinstance(part, Text)
    )

    assert all(kept.count(character) >= 1 for character in set(spoken) if not character.isspace())


def test_instructions_are_the_system_messages_at_the_beginning() -> None:
    said = [Message.system("a"), Message.system(""), Message.system("b"), Message.user("c")]

    assert instructions(said) == [Text("a\n\nb")]
    assert instructions([]) == []


def test_a_system_message_in_mid_conversation_becomes_the_user_s_in_a_tag() -> None:
    said = [Message.user("Hi"), Message.system("Be brief.")]

    [turn] = conversation(said, alternating=False)

    assert turn.parts == [Text("Hi"), Text("<system>Be brief.</system>")]


def test_an_answer_that_is_begun_for_the_model_ends_without_space() -> None:
    said = [Message.user("Hi"), Message("assistant", (Text("The answer is "),))]

    assert conversation(said, alternating=False)[-1].parts == [Text("The answer is")]


def test_arguments_are_an_object_or_are_wrapped_into_one() -> None:
    assert arguments_of(ToolCall("c", "look", "")) == {}
    assert arguments_of(ToolCall("c", "look", '{"n": 1}')) == {"n": 1}
    assert arguments_of(ToolCall("c", "look", "[1]")) == {"invalid_json": "[1]"}
    assert arguments_of(ToolCall("c", "look", "{")) == {"invalid_json": "{"}
    assert arguments_of(ToolCall("c", "look", "[" * 100_000)) == {"invalid_json": "[" * 100_000}


def test_tools_that_were_called_are_told_of_though_they_are_gone() -> None:
    call = ToolCall("c", "look", "{}")
    turns = conversation([Message("assistant", (call, call))], alternating=False)
    tool = ToolSpec("see", "", {})

    assert [spec.name for spec in tools_of((), turns)] == ["look"]
    assert tools_of((tool,), turns) == (tool,)


# --- cache points --------------------------------------------------------------------------------

POINT = CachePoint()


@given(messages)
def test_a_cache_point_follows_something_and_never_another_one(said: list[Message]) -> None:
    for alternating in (True, False):
        turns = conversation(said, alternating=alternating)
        for parts in (instructions(said), *(turn.parts for turn in turns)):
            assert not parts or parts[0] != POINT
            assert (POINT, POINT) not in [*pairwise(parts)]


def test_instructions_are_parted_where_they_are_to_be_cached() -> None:
    rules = [Message.system("a", POINT), Message.system("b"), Message.system("c", Text("d"), POINT)]
    assert instructions(rules) == [Text("a"), POINT, Text("b\n\ncd"), POINT]
    assert with_words([Text("a"), POINT], "b") == [Text("a"), POINT, Text("b")]
    assert with_words([], "b") == [Text("b")]


def test_a_cache_point_stays_with_what_it_stands_behind() -> None:
    call = ToolCall("c", "look", "{}")
    said = [
        Message.user("Hi", POINT),
        Message("assistant", (call, POINT)),
        Message("tool", (ToolResult("c", "ok"), POINT)),
        Message("user", (POINT, Text("So?"))),  # behind nothing: says nothing
        Message("system", (Text("Be brief."), POINT)),
        Message("assistant", (Text("Well "), POINT)),
    ]
    assert [turn.parts for turn in conversation(said, alternating=False)] == [
        [Text("Hi"), POINT],
        [call, POINT],
        [ToolResult("c", "ok"), POINT, Text("So?"), Text("<system>Be brief.</system>"), POINT],
        [Text("Well"), POINT],
    ]
    both = [Message.user("Hi", POINT), Message("tool", (ToolResult("c", "ok"), POINT))]
    [turn] = conversation(both, alternating=False)
    assert turn.parts == [ToolResult("c", "ok"), Text("Hi"), POINT]
    assert [turn.parts for turn in conversation(said[2:4], alternating=True)] == [
        [ToolResult("c", "ok"), POINT],
        [Text(".")],
        [Text("So?")],
    ]


def test_of_too_many_cache_points_the_first_and_the_latest_are_kept() -> None:
    said = [Message.system("0", POINT), *(Message.user(str(at), POINT) for at in range(1, 6))]
    kept = [POINT in message.parts for message in marked(said, caches=True)]
    assert kept == [True, False, False, True, True, True]
    assert marked(said[:4], caches=True) == said[:4]
    assert not any(POINT in message.parts for message in marked(said[:4], caches=False))
    assert [message.text for message in marked(said, caches=False)] == list("012345")
