import pytest

from quantumlayer.offline import reading

HIRES = (
    "A hire has a customer, a start (`starts_at`, date and time) and an end (`ends_at`, date and time).\n"
    "Hires can be added, listed, read, changed and deleted.\n\n"
)
TRIPS = (
    "A trip has a destination, a departure date (`departs_on`), seats (a whole number, at least 1)"
    ' and a status ("open" or "closed", open by default).\n'
    "A booking belongs to a trip and has a name and persons (a whole number, at least 1).\n"
    "Trips and bookings can be added, listed, read, changed and deleted.\n\n"
)


def rules(document: str, sentence: str) -> list[str]:
    design = reading.design(reading.read(f"# Office\n\n{document}{sentence}\n"))
    assert not [each.note for each in design.coverage if each.status == "not_implemented"]
    return [rule.condition for rule in design.rules]


@pytest.mark.parametrize(
    "sentence",
    [
        "No hire lasts longer than 4 hours.",
        "Hires may not last more than 4 hours.",
        "A hire takes at most 4 hours.",
        "The longest hire is 4 hours.",
        "The maximum duration of a hire is 4 hours.",
        "A hire of more than 4 hours is refused.",
        "Under no circumstances may a hire be longer than 4 hours.",
    ],
)
def test_how_long_something_lasts_is_bounded(sentence: str) -> None:
    assert rules(HIRES, sentence) == ["ends_at <= starts_at + hours(4)"]


@pytest.mark.parametrize(
    "sentence",
    [
        "No trip takes more persons than it has seats.",
        "The persons of all bookings of one trip together may not exceed that trip's seats.",
        "Bookings beyond the seats of the trip are refused.",
        "On no account may a trip be booked beyond its seats.",
        "There can't be more persons booked than the trip has seats.",
        "The total number of persons on a trip must stay within its seats.",
    ],
)
def test_what_takes_part_fits_into_what_holds_it(sentence: str) -> None:
    fits = "sum(Booking, persons, trip_id == this.trip_id) <= trip.seats"
    assert rules(TRIPS, sentence) == [fits]


@pytest.mark.parametrize(
    "sentence",
    [
        "The same name cannot book the same trip twice.",
        "Name and trip together are unique.",
        "A name can only appear once per trip.",
    ],
)
def test_what_comes_once_is_unique_together(sentence: str) -> None:
    design = reading.design(reading.read(f"# Office\n\n{TRIPS}{sentence}\n"))
    booking = next(each for each in design.entities if each.name == "Booking")
    together = {each.name: each.unique_with for each in booking.fields if each.unique_with}
    assert together in ({"trip_id": ["name"]}, {"name": ["trip_id"]})


@pytest.mark.parametrize(
    "sentence",
    [
        "No bookings for trips that have departed.",
        "A trip that has already departed cannot be booked.",
        "It is not possible to book a trip that has departed.",
    ],
)
def test_what_a_date_says_is_over_takes_nothing(sentence: str) -> None:
    assert rules(TRIPS, sentence) == ["trip.departs_on >= today()"]


CARDS = (
    "A gift card has a code (unique) and a balance (a number, more than 0).\n"
    '`POST /gift-cards/{id}/redeem` with `{"amount": 15}` pays with it.\n\n'
)
METERS = (
    "A meter has a serial number. A reading belongs to a meter and has a date (`read_on`)"
    " and `kwh` (not negative).\n\n"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The amount, which has to be positive, is taken off the balance.",
        "The amount is deducted from the balance.",
        "It takes the amount off the balance.",
        "The balance is reduced by the amount.",
        "The balance goes down by the amount.",
    ],
)
def test_an_action_takes_what_its_body_gives_off_a_field(sentence: str) -> None:
    text = f"# Office\n\n{CARDS}{sentence} The balance cannot drop below 0.\n"
    design = reading.design(reading.read(text))
    redeem = next(each for each in design.endpoints if each.path.endswith("/redeem"))
    assert [(each.target, each.value) for each in redeem.effects] == [
        ("balance", "balance - param.amount")
    ]
    held = [rule.condition for rule in design.rules if "redeem" in rule.on]
    assert held == ["(balance - param.amount) >= 0"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A reading must not be lower than the last one of the same meter.",
        "A reading with fewer kwh than the highest one already stored for that meter has to be rejected.",
        "The kwh of a reading may not be less than that of the reading before.",
    ],
)
def test_the_numbers_of_a_series_only_rise(sentence: str) -> None:
    others = "meter_id == this.meter_id, id != this.id"
    rises = f"not exists(Reading, {others}) or kwh >= max(Reading, kwh, {others})"
    assert rules(METERS, sentence) == [rises]


def test_a_reference_that_cannot_be_changed_takes_no_routes_away() -> None:
    text = f"# Office\n\n{TRIPS}The trip of a booking cannot be changed.\n"
    design = reading.design(reading.read(text))
    booking = next(each for each in design.entities if each.name == "Booking")
    assert next(each for each in booking.fields if each.name == "trip_id").immutable
    assert any(each.path == "/trips/{id}" and each.kind == "update" for each in design.endpoints)
