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


def test_what_no_longer_counts_is_implemented_only_where_something_counts_without_it() -> None:
    text = """
    # Rentals

    A tool has a name. A rental belongs to one tool and has a note. A new rental is "open".
    `POST /rentals/{id}/cancel` makes it "cancelled". Cancelled rentals do not count.
    """
    made = design(read(text))
    told = next(each for each in made.coverage if "do not count" in each.text)

    assert told.status == "not_implemented"


def test_that_something_is_never_deleted_is_implemented_by_the_absence_of_the_route() -> None:
    made = design(
        read("# Log\n\nAn entry has a text. Entries can be added. Entries are never deleted.")
    )

    assert all(each.kind != "delete" for each in made.endpoints)
    assert made.coverage[-1].status == "implemented"


def test_a_field_of_a_sentence_that_is_understood_in_part_need_not_be_given() -> None:
    made = design(read("# Keys\n\nA key has a number and a room, whatever the glorb of it may be."))
    required = {each.name: each.required for each in made.entities[0].fields}
    told = made.coverage[-1]

    assert not any(required.values())
    assert told.status == "not_implemented"
    assert "glorb" in told.note
