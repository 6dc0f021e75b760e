import json
from typing import Annotated, Any

import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from quantumlayer.agents import Agent, Context, Tool
from quantumlayer.agents._tools import Toolbox
from quantumlayer.errors import ToolError, ToolLoopError
from quantumlayer.messages import ToolCall, ToolResult

pytestmark = pytest.mark.anyio


class Task(BaseModel):
    text: str = "do it"


class Done(BaseModel):
    ok: bool


class Point(BaseModel):
    x: int
    y: int


def mirror(
    point: Point, *, factor: Annotated[int, Field(ge=1, description="how far")] = 1
) -> Point:
    """Mirror a point at the origin.

    Works in the plane.
    """
    return Point(x=-point.x * factor, y=-point.y * factor)


async def whoami(context: Context, greeting: str) -> str:
    """Say who asks."""
    await anyio.lowlevel.checkpoint()
    return f"{greeting}, {context.agent.name}"


def picky(color: str) -> None:
    """Take a colour."""
    if color != "blue":
        raise ToolError(f"{color!r} is no colour: only 'blue' is")


def broken() -> None:
    """Fail."""
    raise ZeroDivisionError


class Worker(Agent[Task, Done]):
    tools = (mirror, whoami, picky, broken)


WORKER = Worker()


async def call(name: str, arguments: str) -> ToolResult:
    return await Toolbox(WORKER.tools).call(ToolCall("7", name, arguments), Context(WORKER))


def test_a_function_describes_itself_to_the_model() -> None:
    spec = Tool.of(mirror).spec
    assert (spec.name, spec.description) == (
        "mirror",
        "Mirror a point at the origin.\n\nWorks in the plane.",
    )
    schema: Any = spec.parameters
    assert schema["type"] == "object"
    assert schema["required"] == ["point"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["factor"]["minimum"] == 1
    assert schema["properties"]["factor"]["description"] == "how far"
    assert schema["properties"]["factor"]["default"] == 1


def test_the_context_is_not_shown_to_the_model() -> None:
    assert list(Tool.of(whoami).spec.parameters["properties"]) == ["greeting"]


def test_a_function_without_a_docstring_is_described_by_its_name() -> None:
    def nameless() -> None: ...

    assert Tool.of(nameless).spec.description == "nameless"


async def test_arguments_are_checked_and_results_are_rendered() -> None:
    mirrored = await call("mirror", '{"point": {"x": 1, "y": "2"}, "factor": 3}')
    assert mirrored == ToolResult("7", '{"x":-3,"y":-6}')
    assert await call("mirror", '{"point": {"x": 1, "y": 2}}') == ToolResult("7", '{"x":-1,"y":-2}')
    assert await call("whoami", '{"greeting": "Hi"}') == ToolResult("7", "Hi, Worker")
    assert await call("picky", '{"color": "blue"}') == ToolResult("7", "null")


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("mirrow", "{}", "there is no tool 'mirrow'; there is: mirror, whoami"),
        ("mirror", "{", "the whole: Invalid JSON"),
        ("mirror", "", "point: Field required"),
        ("mirror", '{"point": {"x": "a", "y": 2}}', "point.x: Input should be a valid integer"),
        ("mirror", '{"point": {"x": 1, "y": 2}, "factor": 0}', "factor: Input should be greater"),
        ("mirror", '{"point": {"x": 1, "y": 2}, "p0": 0}', "p0: Extra inputs are not permitted"),
        ("whoami", '{"greeting": "Hi", "context": 1}', "context: Extra inputs"),
        ("picky", '{"color": "red"}', "'red' is no colour"),
    ],
)
async def test_the_model_is_told_what_is_wrong_with_a_call(
    name: str, arguments: str, reason: str
) -> None:
    result = await call(name, arguments)
    assert result.is_error
    assert reason in result.text


async def test_a_bug_in_a_tool_is_no_answer_to_the_model() -> None:
    with pytest.raises(ZeroDivisionError):
        await call("broken", "{}")


def untyped(x) -> None: ...  # type: ignore[no-untyped-def]
def positional(x: int, /) -> None: ...
def many(*xs: int) -> None: ...
def unknown(x: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (untyped, "'x' of tool 'untyped' needs a type"),
        (positional, "has no name to give"),
        (many, "has no name to give"),
        (unknown, "cannot be found"),
        (lambda: None, "use `def`"),
    ],
)
def test_a_function_that_is_no_tool_is_refused(function: Any, reason: str) -> None:
    with pytest.raises(ToolError, match=reason):
        Tool.of(function)


def test_two_tools_of_one_name_are_refused() -> None:
    def mirror() -> None: ...

    with pytest.raises(ToolError, match="two tools are called 'mirror'"):
        Toolbox([*WORKER.tools, mirror])
    assert len(Toolbox([Tool.of(picky), picky]).specs) == 1


names = st.sampled_from(["json", "copy", "model_config", "class_", "_private", "schema", "self"])


@given(values=st.dictionaries(names, st.integers() | st.text(), min_size=1))
async def test_parameters_may_have_any_name(values: dict[str, int | str]) -> None:
    given: dict[str, Any] = {}
    signature = ", ".join(f"{name}: int | str" for name in values)
    scope: dict[str, Any] = {"given": given}
    exec(f"def tool({signature}) -> None: given.update(locals())", scope)
    box = Toolbox([Tool.of(scope["tool"])])
    result = await box.call(ToolCall("1", "tool", json.dumps(values)), Context(WORKER))
    assert result == ToolResult("1", "null")
    assert given == values


async def test_a_model_calls_tools_until_it_answers(scripted: Any) -> None:
    models = scripted(
        ToolCall("1", "mirror", '{"point": {"x": 1, "y": 2}}'),
        ToolCall("2", "whoami", "{}"),
        '{"ok": true}',
    )
    context = Context(WORKER, models=models)
    assert await context.generate(Done, "Go.") == Done(ok=True)
    last = models.requests[-1].messages
    assert [message.role for message in last] == ["user", "assistant", "tool", "assistant", "tool"]
    assert last[2].parts == (ToolResult("1", '{"x":-1,"y":-2}'),)
    assert last[4].parts[0].is_error
    assert [spec.name for spec in models.requests[0].tools] == [
        "mirror",
        "whoami",
        "picky",
        "broken",
    ]
    assert len(context.exchanges) == 3


async def test_a_model_that_only_calls_tools_is_stopped(scripted: Any) -> None:
    models = scripted(ToolCall("1", "whoami", '{"greeting": "Hi"}'))
    with pytest.raises(ToolLoopError, match="'Worker' called tools in 8 rounds"):
        await Context(WORKER, models=models).complete("Go.")
    assert len(models.requests) == 9


async def test_tool_rounds_and_repairs_share_one_conversation(scripted: Any) -> None:
    models = scripted("no", ToolCall("1", "picky", '{"color": "blue"}'), '{"ok": false}')
    assert await Context(WORKER, models=models).generate(Done, "Go.") == Done(ok=False)
    roles = [message.role for message in models.requests[-1].messages]
    assert roles == ["user", "assistant", "user", "assistant", "tool"]
