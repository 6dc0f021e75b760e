import re
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from quantumlayer.agents import Agent, Context
from quantumlayer.messages import Data, Message, Text

pytestmark = pytest.mark.anyio


class Essay(BaseModel):
    text: str


class Review(BaseModel):
    stars: int


class Critic(Agent[Essay, Review]):
    instructions = "You review essays.\n"
    responsibilities = ("fairness", "brevity")
    profile = "high_reasoning"


T = TypeVar("T", bound=BaseModel)


def test_the_types_come_from_the_base_class() -> None:
    critic = Critic()
    assert (critic.takes, critic.gives, critic.name) == (Essay, Review, "Critic")


def test_types_and_instructions_are_inherited_and_the_name_is_not() -> None:
    class Sharp(Critic):
        pass

    sharp = Sharp()
    assert (sharp.takes, sharp.name, sharp.profile) == (Essay, "Sharp", "high_reasoning")


def test_a_family_of_agents_may_stay_generic() -> None:
    class About(Agent[Essay, T]):
        pass

    class Starring(About[Review]):
        pass

    class Fixed(Agent[Essay, Review]):
        name = "chosen-name"

    starring = Starring()
    assert (starring.takes, starring.gives) == (Essay, Review)
    assert Fixed().name == "chosen-name"


def test_types_that_cannot_travel_are_refused_where_the_agent_is_defined() -> None:
    with pytest.raises(TypeError, match="two pydantic models"):

        class Wordy(Agent[str, Review]):  # type: ignore[type-var]
            pass

    with pytest.raises(TypeError, match="two pydantic models"):

        class Vague(Agent):  # type: ignore[type-arg]
            pass


def test_a_mixin_may_stand_before_the_agent() -> None:
    class Loud:
        volume = 11

    class LoudCritic(Loud, Critic):
        pass

    critic = LoudCritic()
    assert (critic.takes, critic.gives, critic.volume) == (Essay, Review, 11)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "*", "ä", "x" * 65])
def test_a_name_that_is_no_part_of_an_address_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=re.escape(repr(name))):
        type("Odd", (Critic,), {"name": name})


def test_the_system_prompt_says_instructions_then_responsibilities() -> None:
    assert Critic().system_prompt == (
        "You review essays.\n\nYou are responsible for:\n- fairness\n- brevity"
    )


async def test_an_agent_without_code_asks_its_model_in_words_and_in_structure(
    scripted: Any,
) -> None:
    models, critic = scripted('{"stars": 4}'), Critic()
    review = await critic.run(Essay(text="Naïve."), Context(critic, models=models))
    (request,) = models.requests
    assert review == Review(stars=4)
    assert request.messages == (
        Message.system(critic.system_prompt),
        Message(
            "user",
            (Text('Essay:\n{\n  "text": "Naïve."\n}'), Data("Essay", {"text": "Naïve."})),
        ),
    )
    assert (request.output.name, request.agent, request.profile) == (
        "Review",
        "Critic",
        "high_reasoning",
    )
    assert request.output.schema == Review.model_json_schema()
    assert request.tools == ()


async def test_an_agent_without_instructions_says_nothing_before_the_task(scripted: Any) -> None:
    class Silent(Agent[Essay, Review]):
        def prompt(self, task: Essay) -> str:
            return f"Stars for: {task.text}"

    models, silent = scripted('{"stars": 1}'), Silent()
    await silent.run(Essay(text="x"), Context(silent, models=models))
    assert [message.text for message in models.requests[0].messages] == ["Stars for: x"]
