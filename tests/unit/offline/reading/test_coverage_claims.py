"""What the reader says of its own work."""

from __future__ import annotations

from quantumlayer.offline.reading import design, read


def test_a_field_that_nothing_ever_sets_is_not_called_implemented() -> None:
    text = """
    # Tickets

    A ticket has a seat (a number) and a price. The system sets the price of a ticket.
    """
    made = design(read(text))
    told = [each for each in made.coverage if "sets the price" in each.text]

    assert [each.status for each in told] == ["not_implemented"]
    assert "how 'price' gets its value" in told[0].note
