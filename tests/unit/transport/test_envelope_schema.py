"""What other versions of this library, and other languages, rely on."""

from google.protobuf.descriptor import FieldDescriptor

from quantumlayer.transport._envelope_pb2 import DESCRIPTOR, Envelope, Failure

BYTES = FieldDescriptor.TYPE_BYTES
STRING = FieldDescriptor.TYPE_STRING
UINT32 = FieldDescriptor.TYPE_UINT32
INT64 = FieldDescriptor.TYPE_INT64
BOOL = FieldDescriptor.TYPE_BOOL
MESSAGE = FieldDescriptor.TYPE_MESSAGE

# A field may be added. Nothing here may be changed or removed: its number is in stored messages.
FIELDS = {
    "Envelope": {
        "id": (1, BYTES),
        "type": (2, STRING),
        "payload": (3, BYTES),
        "content_type": (4, STRING),
        "schema_version": (5, UINT32),
        "sender": (6, STRING),
        "tenant": (7, STRING),
        "correlation_id": (8, BYTES),
        "trace_parent": (9, BYTES),
        "deadline_unix_us": (10, INT64),
        "budget_nanousd": (11, INT64),
        "failure": (12, MESSAGE),
    },
    "Failure": {
        "type_name": (1, STRING),
        "message": (2, STRING),
        "code": (3, STRING),
        "retryable": (4, BOOL),
    },
}


def test_every_field_keeps_its_number_and_type() -> None:
    now = {
        name: {field.name: (field.number, field.type) for field in message.fields}
        for name, message in DESCRIPTOR.message_types_by_name.items()
    }
    for message, fields in FIELDS.items():
        for name, held in fields.items():
            assert now[message][name] == held, f"{message}.{name}"


def test_every_field_that_was_added_is_held_here_too() -> None:
    assert {field.name for field in Envelope.DESCRIPTOR.fields} == set(FIELDS["Envelope"])
    assert {field.name for field in Failure.DESCRIPTOR.fields} == set(FIELDS["Failure"])


def test_no_budget_and_a_budget_of_nothing_differ() -> None:
    assert Envelope.DESCRIPTOR.fields_by_name["budget_nanousd"].has_presence
