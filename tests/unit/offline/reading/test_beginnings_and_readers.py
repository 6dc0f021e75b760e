"""How new items begin, what two routes of one sentence do, and who may read without logging in."""

from __future__ import annotations

import pytest

from quantumlayer.offline.reading import design, read


@pytest.mark.parametrize(
    "said",
    [
        'A fresh permit has the status "draft".',
        'Newly made permits are in the state "draft".',
        'A freshly entered permit has status "draft".',
        'We prepare permits quietly, so a fresh one has the status "draft".',
        'Clerks prepare permits at home and a new one has the state "draft".',
    ],
)
def test_new_items_begin_in_a_state(said: str) -> None:
    text = (
        f"A permit has a title. {said}\n\n"
        'POST /permits/{id}/issue makes it "valid", POST /permits/{id}/close makes it "closed".'
    )
    made = design(read(text))
    (status,) = (field for field in made.entities[0].fields if field.name == "status")
    assert (status.choices, status.default) == (["draft", "valid", "closed"], "draft")
    ways = {each.path: [effect.value for effect in each.effects] for each in made.endpoints}
    assert ways["/permits/{id}/issue"] == ["'valid'"]
    assert ways["/permits/{id}/close"] == ["'closed'"]


@pytest.mark.parametrize(
    "said",
    [
        "Reading is public, every write needs the token.",
        "Anyone may read; changes require a log-in.",
        "Writing needs a token, reading works without one.",
        "Only changes need a token.",
    ],
)
def test_who_only_reads_needs_no_token(said: str) -> None:
    made = design(
        read(
            f"People sign up with a username and a password and log in. A permit has a title. {said}"
        )
    )
    needed = {each.method: each.access.login for each in made.endpoints if "/permits" in each.path}
    assert needed == {"GET": False, "POST": True, "PUT": True, "PATCH": True, "DELETE": True}


@pytest.mark.parametrize(
    "said",
    [
        "We want to see with every permit: total (the sum of its fees) and fee_count (how many there are).",
        "I want to see on each permit: total (the sum of its fees) and fee_count (the number of its fees).",
    ],
)
def test_figures_behind_a_colon(said: str) -> None:
    text = f"A permit has a title. A fee belongs to a permit and has an amount. {said}"
    fields = {field.name: field for field in design(read(text)).entities[0].fields}
    assert fields["total"].computed == "sum(Fee, amount, permit_id == this.id)"
    assert fields["fee_count"].computed == "count(Fee, permit_id == this.id)"


@pytest.mark.parametrize(
    "said",
    [
        "A new fee is in no batch, so `batch_id` is null and cannot be set by hand.",
        "Nobody knows the batch yet, so `batch_id` cannot be set by clients.",
    ],
)
def test_what_follows_from_a_remark_is_said_of_the_field(said: str) -> None:
    text = f"A batch has a day. A fee has an amount. {said}\n\n`GET /batches/{{id}}/fees`"
    (fee,) = (each for each in design(read(text)).entities if each.name == "Fee")
    assert {field.name: field.set_by for field in fee.fields}["batch_id"] == "system"
