"""Plain typed functions as tools: a JSON schema for the model, checked arguments for the code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_json

from quantumlayer import telemetry
from quantumlayer.errors import ToolError
from quantumlayer.messages import ToolCall, ToolResult, ToolSpec
from quantumlayer.router import validation_problems

if TYPE_CHECKING:
    from quantumlayer.agents._context import Context

__all__ = ["Tool", "Toolbox"]

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Source: the names that every provider's wire protocol takes."""

CONTEXT = "context"
"""A parameter of this name gets the agent's context and is not shown to the model."""

KNOWN_TOOLS = 1_024


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call.

    Attributes:
        spec: Its name, description and parameters, as the model sees them.
        function: What is called, sync or async. A sync function must not block.
        arguments: Checks the arguments.
        takes_context: Whether it has a parameter `context`.
    """

    spec: ToolSpec
    function: Callable[..., Any]
    arguments: type[BaseModel]
    takes_context: bool

    @staticmethod
    @lru_cache(maxsize=KNOWN_TOOLS)
    def of(function: Callable[..., Any]) -> Tool:
        """Make a tool of a function.

        The model sees the function's name, its docstring, and its parameters with their types;
        `Annotated[int, Field(description="…")]` describes or bounds one of them. A parameter called
        `context` is left out: it gets the `Context` of the agent that calls.

        Raises:
            ToolError: The function has no proper name, or a parameter without a type, or one that
                cannot be given by name.
        """
        name = getattr(function, "__name__", "")
        if not NAME.fullmatch(name):
            raise ToolError(f"{function!r} has no name that models can call: use `def`")
        arguments = _arguments(function, name)
        schema = arguments.model_json_schema()
        del schema["title"]
        return Tool(
            ToolSpec(name, inspect.getdoc(function) or name, schema),
            function,
            arguments,
            CONTEXT in inspect.signature(function).parameters,
        )

    async def call(self, arguments: str, context: Context) -> str:
        """Call the function with arguments as a model wrote them, and render what it returns.

        Text stays as it is; every other value becomes JSON.

        Raises:
            ToolError: The arguments are no JSON object or do not fit, or the function raised one
                to tell the model something. Its other exceptions pass through.
        """
        try:
            given = self.arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            raise ToolError(f"the arguments do not fit: {validation_problems(error)}") from error
        named: dict[str, Any] = {
            str(field.alias): getattr(given, member)
            for member, field in self.arguments.model_fields.items()
            if member in given.model_fields_set
        }
        if self.takes_context:
            named[CONTEXT] = context
        result = self.function(**named)
        if inspect.isawaitable(result):
            result = await result
        return result if isinstance(result, str) else to_json(result).decode()


class Toolbox:
    """The tools of one agent.

    Raises:
        ToolError: Two of them share a name, or one is no tool; see `Tool.of`.
    """

    def __init__(self, tools: Iterable[Callable[..., Any] | Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for given in tools:
            tool = given if isinstance(given, Tool) else Tool.of(given)
            if self._tools.setdefault(tool.spec.name, tool) is not tool:
                raise ToolError(f"two tools are called {tool.spec.name!r}: rename one of them")

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of them."""
        return tuple(tool.spec for tool in self._tools.values())

    async def call(self, call: ToolCall, context: Context) -> ToolResult:
        """Do what a model asks for; a `ToolError` becomes a result that tells the model."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self._tools) or "none"
            return _refused(call, f"there is no tool {call.name!r}; there is: {known}")
        with telemetry.span(f"execute_tool {call.name}", _attributes(call)):
            try:
                return ToolResult(call.id, await tool.call(call.arguments, context))
            except ToolError as error:
                return _refused(call, str(error))


def _refused(call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call.id, reason, is_error=True)


def _attributes(call: ToolCall) -> dict[str, telemetry.Attribute]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.name,
        "gen_ai.tool.call.id": call.id,
        "gen_ai.tool.type": "function",
    }


def _arguments(function: Callable[..., Any], name: str) -> type[BaseModel]:
    """Describe a function's parameters as a model; their names are aliases, so that any will do."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ToolError(f"a type of tool {name!r} cannot be found: {error}") from error
    fields: dict[str, Any] = {}
    for index, parameter in enumerate(inspect.signature(function).parameters.values()):
        if parameter.name == CONTEXT:
            continue
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise ToolError(f"parameter {str(parameter)!r} of tool {name!r} has no name to give")
        if parameter.name not in hints:
            raise ToolError(f"parameter {parameter.name!r} of tool {name!r} needs a type")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[f"p{index}"] = (hints[parameter.name], Field(default, alias=parameter.name))
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
