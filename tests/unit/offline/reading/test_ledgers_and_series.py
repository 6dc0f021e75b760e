"""Balances that entries change, items that follow one another, and what only some may do."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, SystemDesign
from quantumlayer.offline.reading import design, read

WALLET = """
# Club purse

A purse has a holder and a city. The service gives each purse a `balance` of 0 and the status "open".
`POST /purses/{id}/close` makes a purse "closed".
A booking consists of `id`, `purse_id`, `kind` ("deposit", "withdrawal", "transfer_in", "transfer_out"),
`amount`, `balance_after`, `remark` and `created_at`.
`POST /purses/{id}/deposits` and `POST /purses/{id}/withdrawals` take an `amount` greater than 0 and may take
a `remark`.
`POST /transfers` takes `from_purse_id`, `to_purse_id` and `amount`.
`GET /purses/{id}/bookings` lists them newest first.
"""
SALE = """
# Barn sale

People sign up with a name, an email and a password of at least 8 characters. Everything else is for people
who are logged in.
A lot has a title, a `first_price` in euros, a `step` in euros and `closes_at`, a date and time. The vendor is
whoever created it.
`POST /lots/{id}/bids` takes an `amount` in euros.
Every lot shows its `current_price`, which is the first price while there are no bids.
"""


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == (method, path))


def test_a_collection_named_like_a_kind_makes_entries_of_that_kind() -> None:
    made = _design(WALLET)
    assert {entity.name for entity in made.entities} == {"Purse", "Booking", "Transfer"}
    deposit = _endpoint(made, "POST", "/purses/{id}/deposits")
    assert (deposit.kind, deposit.entity) == ("create", "Booking")
    effects = {each.target: each.value for each in deposit.effects}
    assert effects["kind"] == "'deposit'"
    assert effects["purse.balance"] == "purse.balance + amount"
    assert effects["balance_after"] == "purse.balance + amount"
    withdrawal = _endpoint(made, "POST", "/purses/{id}/withdrawals")
    assert "purse.balance - amount" in {each.value for each in withdrawal.effects}
    assert set(withdrawal.body or ()) == {"amount", "remark"}


def test_a_transfer_changes_both_balances_and_leaves_an_entry_in_each() -> None:
    transfer = _endpoint(_design(WALLET), "POST", "/transfers")
    assert {each.target: each.value for each in transfer.effects} == {
        "from_purse.balance": "from_purse.balance - amount",
        "to_purse.balance": "to_purse.balance + amount",
    }
    assert [each.values["kind"] for each in transfer.creates] == ["'transfer_out'", "'transfer_in'"]


@pytest.mark.parametrize(
    "sentence",
    [
        "No balance may fall below 0.",
        "The balance of a purse must never drop below zero.",
        "A balance can never be negative.",
    ],
)
def test_what_a_balance_may_not_be_is_held_where_it_changes(sentence: str) -> None:
    made = _design(WALLET + sentence)
    held = {(rule.entity, tuple(rule.on)): rule.condition for rule in made.rules}
    assert held["Booking", ("withdrawal",)] == "purse.balance - amount >= 0"
    assert held["Transfer", ("create",)] == "from_purse.balance - amount >= 0"


@pytest.mark.parametrize(
    "sentence",
    [
        "A closed purse must not take part in any of these.",
        "Closed purses cannot be used for any of them.",
    ],
)
def test_what_takes_no_part_is_barred_from_everything_made_with_it(sentence: str) -> None:
    made = _design(WALLET + sentence)
    conditions = {rule.condition for rule in made.rules if "create" in rule.on}
    assert "purse.status != 'closed'" in conditions
    assert {"from_purse.status != 'closed'", "to_purse.status != 'closed'"} <= conditions


@pytest.mark.parametrize(
    ("sentence", "condition"),
    [
        (
            "Transfers between purses of different cities are refused with 422.",
            "from_purse.city == to_purse.city",
        ),
        ("Transfers from a purse to itself are refused with 422.", "from_purse_id != to_purse_id"),
    ],
)
def test_what_leads_from_one_to_another_is_compared_at_both_ends(
    sentence: str, condition: str
) -> None:
    rule = next(rule for rule in _design(WALLET + sentence).rules if rule.condition == condition)
    assert (rule.entity, rule.status) == ("Transfer", 422)


@pytest.mark.parametrize(
    "sentence",
    [
        "Nobody may bid on their own lot.",
        "Members cannot bid on their own lots.",
        "You cannot bid on your own lot.",
    ],
)
def test_nobody_does_it_to_what_is_their_own(sentence: str) -> None:
    rules = _design(SALE + sentence).rules
    assert "lot.vendor_id != user_id" in {
        rule.condition for rule in rules if rule.entity == "Bid"
    } or any(rule.condition.startswith("lot.vendor_id != ") for rule in rules)


@pytest.mark.parametrize(
    "sentence",
    [
        "The first bid has to reach the first price.",
        "The first bid must be at least the first price.",
    ],
)
def test_the_first_of_a_series_is_held_to_something_of_its_own(sentence: str) -> None:
    rules = [rule for rule in _design(SALE + sentence).rules if rule.entity == "Bid"]
    assert any(rule.condition.endswith("or amount >= lot.first_price") for rule in rules)


@pytest.mark.parametrize("lead", ["After that", "From then on"])
def test_every_further_one_is_compared_with_what_there_was_before(lead: str) -> None:
    made = _design(f"{SALE}{lead} a bid must be at least the current price plus the step.")
    rule = next(rule for rule in made.rules if rule.entity == "Bid")
    assert rule.condition == (
        "not exists(Bid, lot_id == this.lot_id, id != this.id) or "
        "amount >= max(Bid, amount, lot_id == this.lot_id, id != this.id) + lot.step"
    )


@pytest.mark.parametrize("path", ["/my-bids", "/bids/mine", "/me/bids"])
def test_a_path_can_say_that_a_list_is_of_ones_own(path: str) -> None:
    made = _design(f"{SALE}`GET {path}` lists one's own bids.")
    endpoint = _endpoint(made, "GET", path)
    assert (endpoint.kind, endpoint.entity) == ("list", "Bid")
    assert endpoint.access.own
