"""Typed answers: the schema a model is asked for, and what its answer has to pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from quantumlayer.errors import InvalidRequestError
from quantumlayer.messages import Exchange, Message, ModelReply, ModelRequest, OutputSchema, Text

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

__all__ = ["Generated", "OutputType", "validation_problems"]

T = TypeVar("T")

# A model that got many things wrong needs no list of all of them, and the context is not free.
_SHOWN_PROBLEMS = 20

_FENCE = re.compile(r"\s*```[A-Za-z]*\n(?P<inside>.*?)\n?```\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Generated(Generic[T]):
    """A typed answer and how it came about.

    Attributes:
        value: The answer.
        exchanges: Every question and reply, in order; the last one gave the value.
    """

    value: T
    exchanges: tuple[Exchange, ...]


class OutputType(Generic[T]):
    """The type an answer has to have.

    Args:
        kind: A pydantic model, or anything else pydantic validates as a JSON object.

    Raises:
        InvalidRequestError: Its JSON schema is not that of an object.
    """

    def __init__(self, kind: type[T]) -> None:
        from pydantic import TypeAdapter  # noqa: PLC0415 -- kept out of `import quantumlayer.router`

        self._adapter: TypeAdapter[T] = TypeAdapter(kind)
        self.name = getattr(kind, "__name__", str(kind))
        schema = _rooted(self._adapter.json_schema())
        if schema.get("type") != "object":
            raise InvalidRequestError(
                "router", f"{self.name!r} is no JSON object: wrap it into a model with one field"
            )
        # Source: OpenAI allows letters, digits, '_' and '-' in a schema's name, at most 64.
        self.schema = OutputSchema(re.sub(r"[^A-Za-z0-9_-]", "_", self.name)[:64], schema)

    def parse(self, reply: ModelReply) -> T:
        """Give the value.

        Raises:
            ValueError: The answer is not valid; the text says what is wrong with it.
        """
        from pydantic import ValidationError  # noqa: PLC0415 -- see above

        if reply.stop_reason == "length":
            raise ValueError("it was cut off at the length limit; answer more briefly")
        fenced = _FENCE.fullmatch(reply.text)
        try:
            return self._adapter.validate_json(fenced["inside"] if fenced else reply.text)
        except ValidationError as error:
            raise ValueError(validation_problems(error)) from error

    def ask_again(self, request: ModelRequest, reply: ModelReply, problem: str) -> ModelRequest:
        """The request with the answer and what is wrong with it, asking for a better one."""
        mend = (
            f"That is no valid {self.name}: {problem}\n"
            "Answer again with the whole JSON object and nothing else."
        )
        answer = Message("assistant", (Text(reply.text),))
        return replace(request, messages=(*request.messages, answer, Message.user(mend)))


def _rooted(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its root in place: of a recursive type it is a reference."""
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return {**schema["$defs"][name], "$defs": schema["$defs"]} if name else schema


def validation_problems(error: ValidationError) -> str:
    """Say what pydantic found wrong, for a model or a person, without repeating the values."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"{'.'.join(map(str, detail['loc'])) or 'the whole'}: {detail['msg']}"
        for detail in details[:_SHOWN_PROBLEMS]
    ]
    if len(details) > _SHOWN_PROBLEMS:
        lines.append(f"and {len(details) - _SHOWN_PROBLEMS} more")
    return "; ".join(lines)
