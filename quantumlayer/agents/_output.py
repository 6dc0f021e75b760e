"""From the text of a model to a typed value, and what to tell the model where that fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from quantumlayer.messages import OutputSchema

__all__ = ["output_schema", "parse_output", "problems"]

T = TypeVar("T", bound=BaseModel)

FENCED = re.compile(r"\s*```[a-zA-Z]*\n(.*?)\n?```\s*", re.DOTALL)
"""Models like to put JSON into a code block, also where they are told not to."""

PROBLEMS_SHOWN = 20
"""Most problems that a model is told at once: enough to mend the answer, short enough to follow."""


@lru_cache(maxsize=256)
def output_schema(kind: type[BaseModel]) -> OutputSchema:
    """Describe the type that an answer has to have."""
    schema: Mapping[str, Any] = kind.model_json_schema()
    return OutputSchema(kind.__name__, schema)


def parse_output(kind: type[T], text: str) -> T:
    """Read a typed value out of a model's text.

    Raises:
        ValidationError: It is not there.
    """
    fenced = FENCED.fullmatch(text)
    return kind.model_validate_json(fenced[1] if fenced else text)


def problems(error: ValidationError) -> str:
    """List what is wrong, without repeating the values."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [
        f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}"
        for one in found[:PROBLEMS_SHOWN]
    ]
    if len(found) > PROBLEMS_SHOWN:
        lines.append(f"and {len(found) - PROBLEMS_SHOWN} more")
    return "; ".join(lines)
