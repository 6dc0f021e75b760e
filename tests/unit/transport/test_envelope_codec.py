import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import EnvelopeError, RateLimitedError, RemoteError
from quantumlayer.transport import Envelope
from quantumlayer.transport._codec import decode, decode_reply, encode, encode_failure
from quantumlayer.transport._envelope_pb2 import Envelope as Wire

ID = bytes(range(16))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
envelopes = st.builds(
    Envelope,
    type=text,
    payload=st.binary(max_size=100),
    content_type=text.filter(bool),
    schema_version=st.integers(0, 2**32 - 1),
    sender=text,
    tenant=text,
    budget_nanousd=st.none() | st.integers(-(2**63), 2**63 - 1),
    deadline_unix_us=st.none() | st.integers(1, 2**63 - 1),
    id=st.binary(min_size=16, max_size=16),
    correlation_id=st.binary(max_size=16),
    trace_parent=st.just(b"") | st.binary(min_size=25, max_size=25),
    subject=st.just(""),
)


@given(envelope=envelopes)
def test_an_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    assert decode(encode(envelope, ID)) == envelope


@given(envelope=envelopes, deadline=st.none() | st.integers(1, 2**63 - 1))
def test_the_earlier_deadline_travels(envelope: Envelope, deadline: int | None) -> None:
    wanted = [one for one in (envelope.deadline_unix_us, deadline) if one is not None]
    came = decode(encode(envelope, ID, deadline_unix_us=deadline))
    assert came.deadline_unix_us == (min(wanted) if wanted else None)


def test_the_transport_fills_in_what_the_sender_left_open() -> None:
    data = encode(Envelope("A"), ID, correlation_id=b"c" * 16, trace_parent=b"t" * 25)
    came = decode(data, "there")
    assert (came.id, came.correlation_id, came.trace_parent) == (ID, b"c" * 16, b"t" * 25)
    assert came.subject == "there"


def test_an_envelope_adds_at_most_140_bytes_to_its_payload() -> None:
    full = Envelope(
        "quantumlayer.Requirements",
        bytes(512),
        sender="ProjectManager",
        tenant="acme",
        budget_nanousd=5_000_000,
        deadline_unix_us=1_763_800_000_000_000,
        correlation_id=ID,
        trace_parent=bytes(25),
    )
    assert len(encode(full, ID)) - 512 <= 140


@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    try:
        envelope = decode(data)
    except EnvelopeError:
        return
    assert len(envelope.id) == 16


def test_fields_of_a_later_version_are_skipped() -> None:
    later = b"\xfa\x7f\x03new"  # field 2047, three bytes
    assert decode(encode(Envelope("A", b"1"), ID) + later).payload == b"1"


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope("\ud800"),
        Envelope("A", schema_version=-1),
        Envelope("A", schema_version=2**32),
        Envelope("A", budget_nanousd=2**63),
        Envelope("A", "text"),  # type: ignore[arg-type]
        Envelope("A", id=b"short"),
        Envelope("A", trace_parent=b"short"),
    ],
)
def test_what_the_wire_cannot_hold_is_refused_by_the_sender(envelope: Envelope) -> None:
    with pytest.raises(EnvelopeError):
        encode(envelope, ID)


def test_a_deadline_at_the_dawn_of_time_is_no_missing_deadline() -> None:
    assert decode(encode(Envelope("A", deadline_unix_us=0), ID)).deadline_unix_us == 1


def received(error: Exception) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        decode_reply(encode_failure(error, ID, correlation_id=ID))
    return caught.value


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@given(message=st.text(max_size=5_000))
def test_any_text_of_an_exception_travels_as_far_as_it_can(message: str) -> None:
    came = received(ValueError(message))
    assert came.type_name == "ValueError"
    assert came.message == message[:4_096].encode(errors="replace").decode()


def test_a_failure_keeps_its_code_and_whether_to_retry() -> None:
    limited = received(RateLimitedError("openai/gpt", "slow down"))
    assert (limited.type_name, limited.code, limited.retryable) == (
        "RateLimitedError",
        "internal",
        True,
    )
    assert (
        str(limited) == "The handler failed with RateLimitedError: 'openai/gpt' failed: slow down"
    )


def test_a_failure_from_further_away_stays_the_same() -> None:
    first = RemoteError("KeyError", "'x'", code="missing", retryable=True)
    again = received(first)
    assert vars(again) == vars(first)


def test_a_task_groups_wrapping_is_taken_off() -> None:
    assert received(ExceptionGroup("g", [ExceptionGroup("h", [KeyError("x")])])).message == "'x'"
    both = received(ExceptionGroup("two", [KeyError("x"), KeyError("y")]))
    assert both.type_name == "ExceptionGroup"


def test_an_exception_that_cannot_be_printed_is_still_reported() -> None:
    assert received(MuteError()).type_name == "MuteError"


def test_a_code_that_is_no_text_is_no_code() -> None:
    assert received(SystemError()).code == "internal"
    error = OSError()
    error.code = 404  # type: ignore[attr-defined]
    assert received(error).code == "internal"


def test_a_normal_reply_is_no_failure() -> None:
    assert decode_reply(encode(Envelope("A", b"1"), ID)).payload == b"1"
    assert not Wire.FromString(encode(Envelope("A"), ID)).HasField("failure")
