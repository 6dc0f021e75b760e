"""JSON schemas as the providers take them, so that a model can be held to one. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["constrained", "instruction", "strict"]

# Keywords that OpenAI's strict mode does not take. Source: its guide to structured outputs.
_NOT_STRICT = frozenset(
    {"allOf", "default", "dependentRequired", "dependentSchemas", "if", "not", "patternProperties"}
)

# What Anthropic's structured outputs take; whatever else a schema says becomes part of a
# description, where the model may heed it. Source: Anthropic's guide to structured outputs.
_KEPT = frozenset(
    {"$defs", "$ref", "allOf", "anyOf", "const", "description", "enum", "items", "oneOf"}
    | {"properties", "required", "title", "type"}
)
_KEPT_FORMATS = frozenset(
    {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"}
)

# Without one of these a schema says nothing; and these would tell a model nothing.
_SAY_SOMETHING = frozenset({"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"})
_SILENT = frozenset({"additionalProperties", "anyOf", "default", "discriminator", "oneOf"})


def strict(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The schema for OpenAI, and whether its strict mode takes it.

    Objects that name their fields are closed: an answer without further fields is an answer of the
    type. Where strict mode takes the result, the server makes the model keep to it; where it does
    not, it would refuse it, so the schema is sent as a guide and the answer is validated here.
    """
    closed: Mapping[str, Any] = _closed(schema)
    return (closed, True) if _is_strict(closed) else (schema, False)


def _closed(value: Any) -> Any:
    if isinstance(value, Mapping):
        closed = {key: _closed(inner) for key, inner in value.items()}
        if value.get("type") == "object" and "properties" in value:
            closed.setdefault("additionalProperties", False)
        return closed
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_closed(inner) for inner in value]
    return value


def _is_strict(schema: Any) -> bool:
    if isinstance(schema, Sequence) and not isinstance(schema, str):
        return all(map(_is_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            return False
    if _NOT_STRICT & schema.keys() or ("$ref" in schema and len(schema) > 1):
        return False
    names = {"properties", "$defs"}
    return all(
        all(map(_is_strict, value.values())) if key in names else _is_strict(value)
        for key, value in schema.items()
    )


class _OpenError(Exception):
    """Models cannot be held to the schema: something in it is open."""


def constrained(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema for Claude and for Bedrock, or None where models cannot be held to it.

    They are held neither to limits of numbers and lengths, which go into descriptions, nor to types
    that contain themselves, nor to objects with fields of any name.
    """
    if _is_recursive(schema):
        return None
    try:
        return _constrained(schema)
    except _OpenError:
        return None


def _constrained(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not _SAY_SOMETHING & schema.keys():
        raise _OpenError
    if "$ref" in schema and "$defs" not in schema:  # nothing may stand beside it
        return {"$ref": schema["$ref"]}
    kept = {key: _part(key, value) for key, value in schema.items() if _is_kept(key, value)}
    types = schema.get("type", ())
    if "object" in types:
        if schema.get("additionalProperties") or "properties" not in schema:
            raise _OpenError
        kept["additionalProperties"] = False
    if "array" in types and "items" not in schema:
        raise _OpenError
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    hints = [
        f"{key}={json.dumps(value)}"
        for key, value in schema.items()
        if key not in kept and key not in _SILENT
    ]
    if hints:
        kept["description"] = " ".join([*filter(None, [schema.get("description")]), *hints])
    return kept


def _part(key: str, value: Any) -> Any:
    if key in {"$defs", "properties"}:
        return {name: _constrained(inner) for name, inner in value.items()}
    if key in {"allOf", "anyOf", "oneOf"}:
        return [_constrained(inner) for inner in value]
    return _constrained(value) if key == "items" else value


def _is_kept(key: str, value: Any) -> bool:
    if key == "format":
        return value in _KEPT_FORMATS
    return key in _KEPT or (key == "minItems" and value in {0, 1})


def _is_recursive(schema: Mapping[str, Any]) -> bool:
    """Whether a definition leads back to itself, or something refers to no definition at all."""
    definitions = schema.get("$defs", {})
    if not _references(schema) <= definitions.keys():
        return True
    links = {name: _references(inner) for name, inner in definitions.items()}
    while links:
        ends = [name for name, targets in links.items() if not targets & links.keys()]
        if not ends:
            return True
        for name in ends:
            del links[name]
    return False


def _references(value: Any) -> set[str]:
    """The names of the definitions that a schema uses."""
    if isinstance(value, Mapping):
        names = set[str]().union(*map(_references, value.values()))
        reference = value.get("$ref")
        return names | {reference.removeprefix("#/$defs/")} if reference else names
    if isinstance(value, Sequence) and not isinstance(value, str):
        return set[str]().union(*map(_references, value))
    return set()


def instruction(name: str, schema: Mapping[str, Any]) -> str:
    """What a model is told where it cannot be held to a schema."""
    return (
        f"Answer with one JSON object, {name}, and nothing else: no words around it, no code "
        f"fence. It has to be valid against this JSON schema:\n{json.dumps(schema)}"
    )
