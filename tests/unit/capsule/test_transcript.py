"""Transcripts: what was asked and answered, in order, by content, without a clock."""

import hashlib
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.capsule import Document, Draft, Entry, Transcript
from quantumlayer.capsule._transcript import decode, encode
from quantumlayer.errors import CapsuleError, CapsuleFormatError, DigestMismatchError, ReplayError
from quantumlayer.messages import (
    Attempt,
    Considered,
    Data,
    Exchange,
    Image,
    Message,
    ModelReply,
    ModelRequest,
    Route,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
    Verdict,
    canonical_json,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1_000, 1_000) | texts,
    lambda children: st.lists(children, max_size=2) | st.dictionaries(texts, children, max_size=2),
    max_leaves=4,
)
parts = st.one_of(
    st.builds(Text, texts),
    st.builds(Data, texts, json_values),
    st.builds(Image, texts, texts, texts),
    st.builds(ToolCall, texts, texts, texts),
    st.builds(ToolResult, texts, texts, st.booleans()),
)
messages = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.lists(parts, max_size=2).map(tuple),
)
requests = st.builds(
    ModelRequest,
    st.lists(messages, max_size=2).map(tuple),
    tools=st.lists(
        st.builds(ToolSpec, texts, texts, st.dictionaries(texts, json_values, max_size=2)),
        max_size=1,
    ).map(tuple),
    temperature=st.none() | st.floats(0, 2),
    profile=st.none() | texts,
)
replies = st.builds(
    ModelReply,
    texts,
    texts,
    texts,
    usage=st.builds(Usage, st.integers(0, 10**6)),
    cost_nanousd=st.integers(0, 10**12),
    route=st.builds(
        Route,
        texts,
        st.lists(st.builds(Considered, texts, st.none() | st.floats(0, 9)), max_size=2).map(tuple),
        st.lists(st.builds(Attempt, texts, st.floats(0, 9), st.floats(0, 9)), max_size=2).map(
            tuple
        ),
    ),
)
verdicts = st.builds(
    Verdict,
    texts,
    st.sampled_from(["PASS", "FAIL", "UNKNOWN", "NOT_RUN"]),
    texts,
    texts,
    figures=st.dictionaries(texts, st.floats(-1e9, 1e9), max_size=2),
)
transcripts = st.lists(
    st.builds(Document, texts) | st.builds(Exchange, requests, replies) | verdicts, max_size=4
).map(lambda entries: Transcript(tuple(entries)))


@given(transcripts)
def test_a_transcript_comes_back_in_order_and_without_times(transcript: Transcript) -> None:
    files, prompts = encode(transcript)
    found = decode(files)

    assert encode(found) == (files, prompts)
    assert prompts == {call.request.digest for call in transcript.exchanges}
    assert len(found.entries) == len(transcript.entries)
    for ours, theirs in zip(transcript.entries, found.entries, strict=True):
        if isinstance(ours, Exchange):
            assert isinstance(theirs, Exchange)
            assert theirs.request.digest == ours.request.digest
            assert theirs.reply.text == ours.reply.text
            assert theirs.reply.cost_nanousd == ours.reply.cost_nanousd
            assert [each.deployment for each in theirs.reply.route.attempts] == [
                each.deployment for each in ours.reply.route.attempts
            ]
        else:
            assert theirs == ours


@given(transcripts)
def test_every_file_is_named_by_the_hash_of_its_content(transcript: Transcript) -> None:
    for path, data in encode(transcript)[0].items():
        if not path.endswith("/index.json"):
            assert path == f".capsule/transcript/{hashlib.sha256(data).hexdigest()}.json"


def test_a_prompt_is_found_under_its_prompt_hash(draft: Draft) -> None:
    (call,) = draft.transcript.exchanges
    name = call.request.digest.removeprefix("sha256:")

    stored = encode(draft.transcript)[0][f".capsule/transcript/{name}.json"]
    assert stored == canonical_json(asdict(call.request))


def test_what_a_clock_put_into_a_reply_does_not_change_a_byte(draft: Draft) -> None:
    (call,) = draft.transcript.exchanges
    slower = replace(
        call.reply,
        route=replace(
            call.reply.route,
            considered=tuple(
                replace(each, score=(each.score or 0) + 1) for each in call.reply.route.considered
            ),
            attempts=tuple(
                replace(each, start_s=9.0, duration_s=99.0) for each in call.reply.route.attempts
            ),
        ),
    )
    again = tuple(
        Exchange(entry.request, slower) if isinstance(entry, Exchange) else entry
        for entry in draft.transcript.entries
    )

    assert encode(Transcript(again)) == encode(draft.transcript)


def test_another_answer_does_change_them(draft: Draft) -> None:
    (call,) = draft.transcript.exchanges
    other: tuple[Entry, ...] = (Exchange(call.request, replace(call.reply, text="other")),)

    assert encode(Transcript(other)) != encode(Transcript((call,)))


def test_a_reply_is_found_by_what_was_asked_and_how_often() -> None:
    ask, other = ModelRequest.of("question"), ModelRequest.of("other")
    first, second = (ModelReply(text, "offline", "rules") for text in ("first", "second"))
    transcript = Transcript(
        (Document("d"), Exchange(ask, first), Exchange(other, first), Exchange(ask, second))
    )

    assert transcript.reply_to(ask.digest) == first
    assert transcript.reply_to(ask.digest, call=1) == second
    assert transcript.reply_to(other.digest) == first
    for digest, call in ((ask.digest, 2), (ask.digest, -1), (other.digest, 1), ("sha256:0", 0)):
        with pytest.raises(ReplayError, match="asked otherwise"):
            transcript.reply_to(digest, call=call)


def test_a_request_that_json_cannot_carry_is_named() -> None:
    request = ModelRequest((Message("user", (Data("Huge", 2**60),)),))
    call = Exchange(request, ModelReply("", "offline", "rules"))

    with pytest.raises(CapsuleError, match="a ModelRequest of the transcript"):
        encode(Transcript((call,)))


def test_a_missing_or_changed_file_is_refused(draft: Draft) -> None:
    files, _ = encode(draft.transcript)
    for path in files:
        with pytest.raises(CapsuleFormatError, match="missing"):
            decode({other: data for other, data in files.items() if other != path})
        if not path.endswith("/index.json"):
            with pytest.raises(DigestMismatchError):
                decode(files | {path: files[path] + b" "})
