"""Typed answers: validated, mended by the model itself, traced."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, Field

from quantumlayer.errors import InvalidOutputError, InvalidRequestError
from quantumlayer.messages import Message, ModelReply, ModelRequest, OutputSchema
from quantumlayer.router import Generated, ModelCard, Router
from quantumlayer.testing import ScriptedModel

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]
T = TypeVar("T")


class City(BaseModel):
    name: str
    people: int = Field(gt=0)


GOOD = '{"name": "Paris", "people": 2100000}'
BAD = '{"name": "Paris", "people": -1}'


async def test_a_valid_answer_becomes_a_value_of_the_type(router_of: MakeRouter) -> None:
    model = ScriptedModel(GOOD)

    city = await router_of(model).generate(City, "Describe Paris.")

    assert city == City(name="Paris", people=2_100_000)
    asked = model.requests[0].output
    assert asked == OutputSchema("City", City.model_json_schema())


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```\n", "  {}\n"])
async def test_an_answer_in_a_code_fence_is_taken(router_of: MakeRouter, fence: str) -> None:
    text = fence.replace("{}", GOOD)

    assert (await router_of(ScriptedModel(text)).generate(City, "Describe.")).name == "Paris"


async def test_an_invalid_answer_goes_back_with_what_is_wrong_with_it(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel("no idea", BAD, GOOD)

    generated = await router_of(model).generate_traced(City, "Describe Paris.")

    assert isinstance(generated, Generated)
    assert generated.value.people == 2_100_000
    requests = [request for request, _ in generated.exchanges]
    assert requests == list(model.requests)
    assert [reply.text for _, reply in generated.exchanges] == ["no idea", BAD, GOOD]
    assert len(requests[2].messages) == 5
    assert requests[2].messages[3] == Message("assistant", requests[2].messages[3].parts)
    assert requests[2].messages[3].text == BAD
    assert "people: Input should be greater than 0" in requests[2].messages[4].text
    assert all(reply.route.attempts for _, reply in generated.exchanges)


async def test_after_two_repairs_the_router_gives_up_and_says_what_was_wrong(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel(BAD)

    with pytest.raises(InvalidOutputError, match="No valid 'City' after 3 answers") as caught:
        await router_of(model).generate(City, "Describe Paris.")

    assert len(caught.value.problems) == 3
    assert model.calls == 3


async def test_an_answer_cut_at_the_length_limit_is_not_tried_to_be_read(
    router_of: MakeRouter,
) -> None:
    cut = ModelReply(GOOD, "scripted", "model", stop_reason="length")
    model = ScriptedModel(cut, GOOD)

    await router_of(model).generate(City, "Describe Paris.")

    assert "cut off" in model.requests[1].messages[-1].text


async def test_what_a_model_wrote_is_not_quoted_back_in_the_list_of_problems(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel('{"name": "x", "people": "' + "9" * 5000 + 'x"}', GOOD)

    await router_of(model).generate(City, "Describe Paris.")

    assert len(model.requests[1].messages[-1].text) < 500


async def test_many_problems_are_cut_short(router_of: MakeRouter) -> None:
    class Wide(BaseModel):
        values: dict[str, int]

    text = '{"values": {' + ", ".join(f'"k{n}": "x"' for n in range(50)) + "}}"
    with pytest.raises(InvalidOutputError, match="and 30 more"):
        await router_of(ScriptedModel(text)).generate(Wide, "Fill it.")


async def test_a_dataclass_will_do_as_a_type(router_of: MakeRouter) -> None:
    @dataclass
    class Point:
        x: int

    assert await router_of(ScriptedModel('{"x": 3}')).generate(Point, "Where?") == Point(3)


@pytest.mark.parametrize("kind", [list[int], int, str])
async def test_a_type_that_is_no_object_is_refused_with_the_cure(
    router_of: MakeRouter, kind: Any
) -> None:
    with pytest.raises(InvalidRequestError, match="wrap it into a model"):
        await router_of(ScriptedModel("[]")).generate(kind, "Count.")


async def test_the_schema_s_name_has_only_the_letters_providers_take(
    router_of: MakeRouter,
) -> None:
    class Box(BaseModel, Generic[T]):
        inside: T

    model = ScriptedModel('{"inside": 3}')
    box = await router_of(model).generate(Box[int], "What is in it?")

    assert box.inside == 3
    assert model.requests[0].output is not None
    assert model.requests[0].output.name == "Box_int_"


class Folder(BaseModel):
    name: str
    folders: list["Folder"]


async def test_a_recursive_type_has_an_object_at_the_root_of_its_schema(
    router_of: MakeRouter,
) -> None:
    model = ScriptedModel('{"name": "/", "folders": [{"name": "a", "folders": []}]}')

    root = await router_of(model).generate(Folder, "List.")

    assert root.folders[0].name == "a"
    assert model.requests[0].output is not None
    assert model.requests[0].output.schema["type"] == "object"
    assert "Folder" in model.requests[0].output.schema["$defs"]


async def test_a_deployment_without_output_schemas_is_passed_over(router_of: MakeRouter) -> None:
    plain = ScriptedModel(BAD, model="a", card=ModelCard(capabilities=frozenset({"tools"})))

    city = await router_of(plain, ScriptedModel(GOOD, model="b")).generate(City, "Describe.")

    assert city.name == "Paris"
    assert plain.calls == 0


async def test_the_request_s_own_fields_are_kept(router_of: MakeRouter) -> None:
    model = ScriptedModel(GOOD)
    request = ModelRequest((Message.user("Describe."),), profile="technical", agent="Architect")

    generated = await router_of(model).generate_traced(City, request, max_output_tokens=99)

    asked = generated.exchanges[0][0]
    assert (asked.profile, asked.agent, asked.max_output_tokens) == ("technical", "Architect", 99)
