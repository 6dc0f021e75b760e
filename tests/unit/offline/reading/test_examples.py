"""Examples of what is sent and what comes back, and sentences about the figures in them."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, SystemDesign
from quantumlayer.offline.reading import design, read

SHOP = """# Toys

We add toys with `POST /toys`:

```json
{"name": "Kite", "code": "A1234"}
```

Reading a toy back gives

```json
{"id": 1, "name": "Kite", "code": "A1234", "averageStars": 3.5, "opinionCount": 2}
```

Visitors send opinions with `POST /toys/1/opinions`:

```json
{"visitor": "Tim", "stars": 4, "body": "Flies well"}
```

```json
{"id": 7, "toyId": 1, "visitor": "Tim", "stars": 4, "body": "Flies well", "status": "new", "likeCount": 0}
```

"""


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _entity(made: SystemDesign, name: str) -> Entity:
    return next(entity for entity in made.entities if entity.name == name)


def _list_of(made: SystemDesign, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == ("GET", path))


def test_what_only_comes_back_is_filled_in_by_the_service() -> None:
    opinion = _entity(_design(SHOP), "Opinion")
    fields = {field.name: field for field in opinion.fields}
    clients = {name for name, field in fields.items() if field.set_by == "client"}
    assert clients == {"visitor", "stars", "body"}
    assert fields["toyId"].references == "Toy"
    assert fields["likeCount"].default == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Both figures count approved opinions only.",
        "These numbers consider only approved opinions.",
    ],
)
def test_figures_may_count_some_items_only(sentence: str) -> None:
    made = _design(
        f'{SHOP}{sentence}\n\n`POST /opinions/{{id}}/approve` turns a new opinion into "approved".\n'
    )
    computed = {
        field.name: field.computed for field in _entity(made, "Toy").fields if field.computed
    }
    assert computed["opinionCount"] == "count(Opinion, toyId == this.id, status == 'approved')"
    assert computed["averageStars"] == "avg(Opinion, stars, toyId == this.id, status == 'approved')"


def test_two_routes_lead_to_two_states_respectively() -> None:
    made = _design(
        SHOP
        + 'Then `POST /opinions/{id}/approve` or `POST /opinions/{id}/drop` turns a "new" opinion'
        ' into "approved" or "dropped".\n'
    )
    effects = {each.name: each.effects[0].value for each in made.endpoints if each.kind == "action"}
    assert effects == {"approve": "'approved'", "drop": "'dropped'"}


@pytest.mark.parametrize(
    "sentence",
    ["`code` is a shelf label of 5 digits.", "`code` is a shelf code with exactly 5 digits.",
     "The code of a toy is a number of 5 digits."],
)  # fmt: skip
def test_a_noun_between_may_say_what_kind_of_thing_a_field_is(sentence: str) -> None:
    field = next(
        each for each in _entity(_design(SHOP + sentence), "Toy").fields if each.name == "code"
    )
    assert field.pattern == "[0-9]{5}"


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("`GET /toys/1/opinions` shows opinions, most liked first.", ["-likeCount"]),
        ("`GET /toys/1/opinions` lists them, highest stars first.", ["-stars"]),
    ],
)
def test_most_of_something_comes_first(sentence: str, order: list[str]) -> None:
    endpoint = _list_of(_design(SHOP + sentence), "/toys/{id}/opinions")
    assert endpoint.order_by[:1] == order


@pytest.mark.parametrize(
    "sentence",
    ["`?minStars=4` leaves out the worse ones.", "With `?minStars=4` the worse ones are left out.",
     "`?minStars=4` narrows it to the better ones."],
)  # fmt: skip
def test_a_bound_in_a_query_needs_no_other_explanation(sentence: str) -> None:
    made = _design(f"{SHOP}`GET /toys/1/opinions` lists all opinions of a toy. {sentence}")
    params = {each.name: each for each in _list_of(made, "/toys/{id}/opinions").params}
    assert params["minStars"].where == "stars >= param.minStars"


@pytest.mark.parametrize(
    "sentence",
    ["One visitor judges a toy once.", "A visitor gives a toy an opinion only once.",
     "One opinion per visitor and toy."],
)  # fmt: skip
def test_once_for_each_pair(sentence: str) -> None:
    made = _design(SHOP + sentence)
    unique = [
        {field.name, *field.unique_with}
        for field in _entity(made, "Opinion").fields
        if field.unique_with
    ]
    covered = [each for each in made.coverage if each.text == sentence]
    assert unique == [{"visitor", "toyId"}] or covered[0].status == "not_implemented"
