"""JSON in canonical form, and the typed reading of it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from quantumlayer.errors import CapsuleError, CapsuleFormatError
from quantumlayer.messages import canonical_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def dumps(value: Any, what: str) -> bytes:
    """Encode a JSON value so that equal values have equal bytes.

    Args:
        value: Lists, dictionaries, texts, numbers, booleans and None.
        what: What it is, for the error.

    Raises:
        CapsuleError: JSON cannot carry the value, or other readers would not agree on it.

    Source: RFC 8785, JSON Canonicalization Scheme.
    """
    from pydantic_core import from_json  # noqa: PLC0415 -- see loads

    try:
        data = canonical_json(value)
        from_json(data)  # refuses what no reader here would read: it is nested too deep
    except (ValueError, RecursionError) as error:
        raise CapsuleError(
            f"{what} is not a value that JSON carries everywhere: {error}"
        ) from error
    return data


def plain(value: Any) -> Any:
    """Take a dataclass apart as `dataclasses.asdict` does, several times as fast."""
    return _adapter(cast("Any", type(value))).dump_python(value, warnings="none")


def dumps_plain(value: Any) -> bytes:
    """Encode a JSON value without floats, whose keys are ASCII: the same bytes as `dumps`.

    It is for the documents whose length grows with the number of files and requirements: the
    manifest of 1,000 files takes 1.3 ms where `dumps` takes 9.8 ms. A property test holds the
    two equal.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise CapsuleError(f"a text of the draft is no Unicode: {error.reason}") from error


def loads(data: bytes, as_type: type[T], what: str) -> T:
    """Decode JSON into a type made of dataclasses.

    Members that the type does not know are dropped: what comes from a stranger has to be encoded
    again and compared, as everything here is.

    Raises:
        CapsuleFormatError: It is no JSON, nested more than 200 deep, or not of that type.
    """
    from pydantic import ValidationError  # noqa: PLC0415 -- loads with the first capsule

    adapter: TypeAdapter[T] = _adapter(cast("Any", as_type))
    try:
        return adapter.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        at = f" at {where}" if where else ""
        raise CapsuleFormatError(f"{what} is not as it should be{at}: {first['msg']}") from None


@cache
def _adapter(as_type: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # noqa: PLC0415 -- see loads

    return TypeAdapter(as_type)
