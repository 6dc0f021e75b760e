from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Envelope(_message.Message):
    __slots__ = ("id", "type", "payload", "content_type", "schema_version", "sender", "tenant", "correlation_id", "trace_parent", "deadline_unix_us", "budget_nanousd", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_PARENT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    BUDGET_NANOUSD_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    type: str
    payload: bytes
    content_type: str
    schema_version: int
    sender: str
    tenant: str
    correlation_id: bytes
    trace_parent: bytes
    deadline_unix_us: int
    budget_nanousd: int
    failure: Failure
    def __init__(self, id: _Optional[bytes] = ..., type: _Optional[str] = ..., payload: _Optional[bytes] = ..., content_type: _Optional[str] = ..., schema_version: _Optional[int] = ..., sender: _Optional[str] = ..., tenant: _Optional[str] = ..., correlation_id: _Optional[bytes] = ..., trace_parent: _Optional[bytes] = ..., deadline_unix_us: _Optional[int] = ..., budget_nanousd: _Optional[int] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("type_name", "message", "code", "retryable")
    TYPE_NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    type_name: str
    message: str
    code: str
    retryable: bool
    def __init__(self, type_name: _Optional[str] = ..., message: _Optional[str] = ..., code: _Optional[str] = ..., retryable: bool = ...) -> None: ...
