"""Schemas as Claude and Bedrock take them."""

import json
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from quantumlayer.router.providers._schemas import constrained, instruction, strict


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(BaseModel):
    width: Annotated[int, Field(ge=1, le=100, description="In mm.")]
    note: str = Field("", max_length=10)


class Item(BaseModel):
    id: UUID
    colour: Colour
    size: Size = Field(description="How large.")
    tags: list[str] = Field(min_length=2)
    kind: Literal["a", "b"] | None = None
    pair: Size | str


class Tree(BaseModel):
    children: list["Tree"]


class Mapped(BaseModel):
    by_name: dict[str, int]


class Anything(BaseModel):
    value: Any


class Items(BaseModel):
    values: list[Any]


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


def test_limits_become_descriptions_and_objects_are_closed() -> None:
    sent = constrained(Item.model_json_schema())

    assert sent is not None
    size = sent["$defs"]["Size"]
    assert size["additionalProperties"] is False
    assert size["required"] == ["width"]
    assert size["properties"]["width"] == {
        "description": "In mm. maximum=100 minimum=1",
        "title": "Width",
        "type": "integer",
    }
    assert size["properties"]["note"]["description"] == "maxLength=10"
    assert sent["properties"]["id"]["format"] == "uuid"
    assert sent["properties"]["size"] == {"$ref": "#/$defs/Size"}
    assert sent["properties"]["tags"]["description"] == "minItems=2"


@pytest.mark.parametrize("kind", [Tree, Mapped, Anything, Items, Extra])
def test_what_is_open_or_contains_itself_cannot_be_enforced(kind: type[BaseModel]) -> None:
    assert constrained(kind.model_json_schema()) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://schemas.test/a.json"}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {},
    ],
)
def test_nor_can_references_to_elsewhere_or_schemas_that_say_nothing(
    schema: dict[str, Any],
) -> None:
    assert constrained(schema) is None


def test_alternatives_are_any_of() -> None:
    schema = {"oneOf": [{"type": "null"}, {"type": "string", "pattern": "a+"}]}

    assert constrained({"type": "object", "properties": {"a": schema}}) == {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"type": "null"}, {"type": "string", "description": 'pattern="a+"'}]}
        },
        "additionalProperties": False,
    }


leaves = st.sampled_from(
    [{"type": "integer", "minimum": 0}, {"type": "string"}, {"enum": ["x", "y"]}, {"const": 1}]
)
schemas = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(
            lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)},
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        )
    ),
    max_leaves=8,
)
values = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "z"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(schema=schemas, value=values)
def test_an_answer_under_the_stricter_schema_is_one_under_the_schema_itself(
    schema: dict[str, Any], value: Any
) -> None:
    whole = {"type": "object", "properties": {"root": schema}, "required": ["root"]}
    document = {"root": value}
    closed, is_strict = strict(whole)

    assert is_strict
    if jsonschema.Draft202012Validator(dict(closed)).is_valid(document):
        jsonschema.validate(document, whole)


@pytest.fixture(scope="module")
def anthropic() -> Any:
    return pytest.importorskip("anthropic", reason="anthropic is not installed")


@given(schema=schemas)
def test_claude_s_own_client_makes_the_same_of_a_schema(
    anthropic: Any, schema: dict[str, Any]
) -> None:
    whole = {"type": "object", "properties": {"root": schema}, "required": ["root"]}

    assert without_words(constrained(whole)) == without_words(anthropic.transform_schema(whole))


def without_words(schema: Any) -> Any:
    """The schema without descriptions: each puts the limits into its own words."""
    if isinstance(schema, dict):
        return {k: without_words(v) for k, v in schema.items() if k != "description"}
    return [without_words(v) for v in schema] if isinstance(schema, list) else schema


def test_a_model_that_cannot_be_held_to_a_schema_is_told() -> None:
    schema = Mapped.model_json_schema()

    told = instruction("Mapped", schema)

    assert json.dumps(schema) in told
    assert "Mapped" in told
