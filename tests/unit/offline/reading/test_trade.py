"""Orders with lines, prices that are kept, stock that leaves and comes back, letters from shopkeepers."""

from __future__ import annotations

import pytest

from quantumlayer.agents import Endpoint, Entity, FieldSpec, SystemDesign
from quantumlayer.offline.reading import design, read

SHOP = """
Every plant has a name, a price (more than zero) and a stock, the number of pots in the greenhouse.

A visitor sends an order with email and lines. A line says which plant (plant_id) and how many (quantity, one or more).
"""


def _design(text: str) -> SystemDesign:
    return design(read(text))


def _entity(made: SystemDesign, name: str) -> Entity:
    return next(entity for entity in made.entities if entity.name == name)


def _field(made: SystemDesign, entity: str, name: str) -> FieldSpec:
    return next(field for field in _entity(made, entity).fields if field.name == name)


def _endpoint(made: SystemDesign, method: str, path: str) -> Endpoint:
    return next(each for each in made.endpoints if (each.method, each.path) == (method, path))


def test_lines_are_sent_with_their_order() -> None:
    made = _design(SHOP)
    assert _field(made, "Order", "lines").type == "children"
    names = [field.name for field in _entity(made, "OrderLine").fields]
    assert {"plant_id", "quantity"} <= set(names)
    assert [field.name for field in _entity(made, "Plant").fields] == ["name", "price", "stock"]


@pytest.mark.parametrize(
    ("sentence", "required"),
    [
        ("There is also a description, but I don't always find the time to write one.", False),
        ("There is also a colour, which is sometimes missing.", False),
        ("There is also a colour.", True),
    ],
)
def test_there_is_another_field_of_what_was_spoken_of(sentence: str, *, required: bool) -> None:
    name = "description" if "description" in sentence else "colour"
    made = _design(f"Every plant has a name and a price. {sentence}")
    assert _field(made, "Plant", name).required is required


@pytest.mark.parametrize(
    "sentence",
    [
        "Please note down in each line the unit_price of that day.",
        "Each line keeps the unit_price at that time.",
        "Record in every line its unit_price at the moment of ordering.",
    ],
)
def test_a_price_is_copied_when_the_line_is_made(sentence: str) -> None:
    field = _field(_design(SHOP + sentence), "OrderLine", "unit_price")
    assert (field.set_by, field.on_create) == ("system", "plant.price")


def test_totals_are_worked_out_from_lines_and_what_is_added() -> None:
    made = _design(
        SHOP
        + "Note down in each line the unit_price of that day. The order also shows subtotal, shipping and total."
        " Shipping costs 3.50 euros, but it is free from a subtotal of 40 euros."
    )
    lines = "sum(OrderLine, quantity * unit_price, order_id == this.id)"
    assert _field(made, "Order", "subtotal").computed == lines
    assert _field(made, "Order", "shipping").computed == "0 if subtotal >= 40 else 3.5"
    assert _field(made, "Order", "total").computed == "subtotal + shipping"


@pytest.mark.parametrize(
    "sentence",
    [
        "The pieces leave the stock right away.",
        "Ordering reduces the stock.",
        "The quantities are taken from the stock.",
        "The stock goes down accordingly.",
    ],
)
def test_what_is_ordered_leaves_the_stock(sentence: str) -> None:
    effects = _endpoint(_design(SHOP + sentence), "POST", "/orders").effects
    assert [(each.entity, each.target, each.value) for each in effects] == [
        ("OrderLine", "plant.stock", "plant.stock - quantity")
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "If I don't have enough of just one of the plants, the whole order is refused.",
        "The order is refused if there is not enough stock.",
        "An order for more than there is gets refused.",
    ],
)
def test_an_order_for_more_than_there_is_is_refused(sentence: str) -> None:
    made = _design(f"{SHOP}The pieces leave the stock. {sentence}")
    (rule,) = [rule for rule in made.rules if rule.entity == "Order" and "create" in rule.on]
    assert rule.condition == "not exists(OrderLine, order_id == this.id, quantity > plant.stock)"


def test_a_letter_tells_of_states_by_what_its_writer_does() -> None:
    made = _design(
        SHOP
        + 'A new order is "placed". When I have packed it I call POST /orders/{id}/ship with the parcel_number, and'
        ' then it is "shipped". Until then the visitor may still cancel it, POST /orders/{id}/cancel; it becomes'
        ' "cancelled" and the pieces go back on the shelf.'
    )
    ship, cancel = (
        _endpoint(made, "POST", f"/orders/{{id}}/{name}") for name in ("ship", "cancel")
    )
    assert [param.name for param in ship.params] == ["parcel_number"]
    assert ("status", "'shipped'") in {(each.target, each.value) for each in ship.effects}
    assert "plant.stock + quantity" in {each.value for each in cancel.effects}
    assert any("shipped" in rule.condition for rule in made.rules if "cancel" in rule.on)
    assert any("status" in rule.condition for rule in made.rules if "ship" in rule.on)


@pytest.mark.parametrize("lack", ["there must be enough of them", "there have to be enough copies"])
def test_what_is_taken_and_brought_changes_what_there_is(lack: str) -> None:
    made = _design(
        "# Books\n\n- Keep books: title and copies, the stock. Keep readers: a name.\n"
        f"- Record loans: a reader borrows copies of a book. They leave the stock, and {lack}.\n"
        "- Record gifts: a reader gives copies of a book. They join the stock."
    )
    effects = {
        path: [each.value for each in _endpoint(made, "POST", path).effects]
        for path in ("/loans", "/gifts")
    }
    assert effects == {"/loans": ["book.copies - copies"], "/gifts": ["book.copies + copies"]}
    assert [rule.condition for rule in made.rules] == ["copies <= book.copies"]


def test_what_an_order_costs_is_the_order_s_below_its_heading() -> None:
    made = _design(
        "# Tickets\n\n## Events\n - title: text\n - price: euros\n\n## Orders\n - event_id, quantity\n"
        " - total: quantity times the price of the event"
    )
    assert _field(made, "Order", "total").computed == "quantity * event.price"
    assert "total" not in {each.name for each in _entity(made, "Event").fields}


def test_states_with_when_they_hold_are_the_services() -> None:
    made = _design(
        '# Tickets\n\n## Events\n - title: text\n - status: "on_sale"; "sold_out" while nothing remains;'
        ' "cancelled"'
    )
    status = _field(made, "Event", "status")
    assert (status.choices, status.default, status.set_by) == (
        ["on_sale", "sold_out", "cancelled"], "on_sale", "system",
    )  # fmt: skip
    assert any(each.status == "not_implemented" for each in made.coverage)


_LAUNDRY = (
    "# Laundry\n\nA service has a name and a price. `POST /orders` takes `customer`, `lines` (one or more of"
    ' `{"service_id": 1, "pieces": 4}`) and `express` (false by default). `total` is the sum of pieces times'
    " price. "
)


@pytest.mark.parametrize(
    "sentence",
    [
        "It is fixed when the order comes in, whatever prices do later.",
        "It is fixed when the order is placed.",
        "It is worked out once, when the order comes in.",
    ],
)
def test_a_total_that_is_fixed_keeps_the_prices_of_its_lines(sentence: str) -> None:
    made = _design(_LAUNDRY + sentence)
    total = _field(made, "Order", "total")
    assert total.computed == "sum(OrderLine, pieces * price, order_id == this.id)"
    assert not total.unique
    assert _field(made, "OrderLine", "price").on_create == "service.price"


@pytest.mark.parametrize(
    ("sentence", "dearer"),
    [
        ("Express costs half as much again.", "* 1.5"),
        ("Express orders cost 50 % more.", "* 1.5"),
        ("Express costs twice as much.", "* 2"),
        ("Express costs 5 euros more.", "+ 5"),
    ],
)
def test_a_mark_makes_the_total_dearer(sentence: str, dearer: str) -> None:
    total = _field(_design(_LAUNDRY + sentence), "Order", "total").computed or ""
    plain = "sum(OrderLine, pieces * service.price, order_id == this.id)"
    assert total == f"({plain}) {dearer} if express else {plain}"


def test_nobody_gets_what_is_not_there_or_barred() -> None:
    made = _design(
        '# Tickets\n\nAn event has a title and a capacity. It starts as "planned". POST /events/{id}/cancel'
        ' makes it "cancelled". An order has an event_id, a buyer and a quantity (1 to 6).\n\nNobody gets'
        " tickets that are not there, or tickets for a cancelled event."
    )
    assert [rule.condition for rule in made.rules if rule.entity == "Order"] == [
        "sum(Order, quantity, event_id == this.event_id) <= event.capacity",
        "event.status != 'cancelled'",
    ]
