"""What is different after an action, in any wording."""

from __future__ import annotations

import pytest

from quantumlayer.offline import reading

_EPISODES = """# Episodes

A show has a title and a status ("quiet" or "busy"; "quiet" at first).

An episode belongs to a show and has a title, an optional published_at time and an optional reason. Its status
is "draft", "published" or "gone"; it starts as "draft".

POST /episodes/{id}/publish """


def _effects(said: str) -> dict[str, str]:
    design = reading.design(reading.read(_EPISODES + said))
    (action,) = (each for each in design.endpoints if each.name == "publish")
    return {each.target: each.value for each in action.effects}


@pytest.mark.parametrize(
    "said",
    [
        'makes it "published" and stamps published_at.',
        'makes it "published" and fills in published_at.',
        'sets the status to "published" and published_at to the current time.',
        'makes it "published" and remembers when in published_at.',
        'makes it "published"; published_at is the moment of the call.',
        "publishes an episode. Sets `status` and `published_at`.",
    ],
)
def test_an_action_may_say_when_it_happened(said: str) -> None:
    assert _effects(said) == {"status": "'published'", "published_at": "now()"}


@pytest.mark.parametrize(
    "said", ["takes a reason", "needs a `reason`", "takes a reason (required)"]
)
def test_what_is_sent_is_kept_and_the_state_changes(said: str) -> None:
    found = _effects(f'{said} and makes it "gone".')
    assert found == {"status": "'gone'", "reason": "param.reason"}


def test_a_state_may_be_that_of_what_the_item_refers_to() -> None:
    found = _effects('makes it "published", and its show becomes "busy".')
    assert found == {"status": "'published'", "show.status": "'busy'"}


def test_the_state_of_all_others_is_not_that_of_the_item() -> None:
    found = _effects('makes it "published"; all other episodes of the show become "gone".')
    assert found["status"] == "'published'"
