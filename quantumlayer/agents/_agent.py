"""A typed worker."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from quantumlayer.agents._context import Context
    from quantumlayer.agents._tools import Tool

__all__ = ["Agent"]

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A name is a token of a subject and of telemetry."""


class Agent(Generic[In, Out]):
    """Turns an `In` into an `Out`; both are pydantic models.

        class Critic(Agent[Essay, Review]):
            instructions = "You review essays, kindly and briefly."

    That much is a whole agent: its `run` asks the model for an `Out`. Override `prompt` to say the
    task in other words, or `run` to do anything else: many model calls, other agents, no model.

    An agent keeps nothing of a task in itself: replicas may share the object. One that needs state
    of its own is spawned by a factory, see `AgentManager.spawn`.

    Attributes:
        takes: The type of its tasks; given by `Agent[In, Out]`.
        gives: The type of its results; given by `Agent[In, Out]`.
        name: What it is asked by; by default the name of its class.
        responsibilities: What it answers for in a team.
        instructions: What the model is told before every task.
        profile: What it wants of a model, such as `code_specialized`.
        tools: What its model may call: plain typed functions; see `Tool.of`.
        max_tool_rounds: Replies with tool calls that one model request may have.
    """

    takes: type[In]
    gives: type[Out]
    name: str = ""
    responsibilities: Sequence[str] = ()
    instructions: str = ""
    profile: str | None = None
    tools: Sequence[Callable[..., Any] | Tool] = ()
    max_tool_rounds: int = 8

    def __init_subclass__(cls, **options: Any) -> None:
        """Read the types off the base class.

        Raises:
            TypeError: They are no pydantic models, or the name is no name for an agent.
        """
        super().__init_subclass__(**options)
        types = _types(cls)
        if all(isinstance(one, type) and issubclass(one, BaseModel) for one in types):
            cls.takes, cls.gives = types
        elif not getattr(cls, "__parameters__", ()):  # no family that is still generic
            msg = (
                f"{cls.__name__} takes and gives {types!r}: write `class Name(Agent[In, Out])` "
                "with two pydantic models"
            )
            raise TypeError(msg)
        if "name" not in cls.__dict__:
            cls.name = cls.__name__
        if not NAME.fullmatch(cls.name):
            msg = f"{cls.name!r} is no name for an agent: use letters, digits, '_' and '-'"
            raise TypeError(msg)

    @property
    def system_prompt(self) -> str:
        """What the model is told before the task: the instructions, then the responsibilities."""
        parts = [self.instructions.strip()] if self.instructions else []
        if self.responsibilities:
            lines = "\n".join(f"- {one}" for one in self.responsibilities)
            parts.append(f"You are responsible for:\n{lines}")
        return "\n\n".join(parts)

    def prompt(self, task: In) -> str:
        """Say a task in words, for a model that reads; by default as JSON."""
        return f"{type(task).__name__}:\n{task.model_dump_json(indent=2)}"

    async def run(self, task: In, context: Context) -> Out:
        """Do one task.

        Whatever it raises reaches whoever asked, as an `AgentFailedError`. An error that is no
        `QuantumLayerError` counts as a crash: the agent is restarted.
        """
        return await context.generate(self.gives, self.prompt(task), data=task)


def _types(cls: type[Any]) -> tuple[Any, ...]:
    """Follow the arguments of `Agent[In, Out]` down to a class; what is left open is a TypeVar."""
    if cls is Agent:
        return (In, Out)
    bases = cls.__dict__.get("__orig_bases__", cls.__bases__)
    base = next(base for base in bases if issubclass(get_origin(base) or base, Agent))
    parent = get_origin(base) or base
    given = dict(zip(getattr(parent, "__parameters__", ()), get_args(base), strict=False))
    return tuple(given.get(one, one) for one in _types(parent))
