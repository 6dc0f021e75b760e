"""Conversations as Claude and Bedrock take them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.messages import Data, Message, Part, Text, ToolCall, ToolResult, ToolSpec
from quantumlayer.router.providers._turns import (
    arguments_of,
    conversation,
    instructions,
    tools_of,
)

parts: st.SearchStrategy[Part] = st.one_of(
    st.text(max_size=3).map(Text),
    st.just(Data("Note", 1)),
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
        kinds = {isinstance(part, ToolResult) for part in turn.parts}
        assert len(kinds) == 1, "results of tools stand alone"


@given(messages)
def test_results_come_before_words_where_they_may_stand_together(said: list[Message]) -> None:
    for turn in conversation(said, alternating=False):
        results = [isinstance(part, ToolResult) for part in turn.parts]
        assert results == sorted(results, reverse=True)


@given(messages)
def test_no_words_are_lost(said: list[Message]) -> None:
    spoken = "".join(m.text for m in said if m.text.strip())
    turns = conversation(said, alternating=False)
    kept = instructions(said) + "".join(
        part.text for turn in turns for part in turn.parts if isinstance(part, Text)
    )

    assert all(kept.count(character) >= 1 for character in set(spoken) if not character.isspace())


def test_instructions_are_the_system_messages_at_the_beginning() -> None:
    said = [Message.system("a"), Message.system(""), Message.system("b"), Message.user("c")]

    assert instructions(said) == "a\n\nb"
    assert instructions([]) == ""


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
