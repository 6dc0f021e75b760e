"""Which type a field has, by its name and by what an example shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from quantumlayer.offline.reading.text._sketches import UNKNOWN
from quantumlayer.offline.reading.text._words import is_plural, singular

__all__ = ["is_list_name", "is_textual", "type_of_name", "type_of_value"]

_DATETIME = frozenset(
    "timestamp datetime start end begin beginning finish started stopped ended created updated modified"
    " departure arrival checkin checkout scheduled since".split()
)
_DATE = frozenset("date day birthday birthdate dob".split())
_MONEY = frozenset(
    "price amount cost fee total subtotal balance salary budget fare payment revenue tip wage rent charge"
    " fine donation bid surcharge discount expense income credit_limit overdraft turnover debt refund"
    " shipping postage premium allowance spending target_amount bounty prize money".split()
)
_INTEGER = frozenset(
    "quantity count capacity floor copy stock age year minute day duration score point rating star seat"
    " spot place serving rank limit attendee guest participant people person number_of"
    " calorie credit page level_number like view vote download rep set round lap night passenger adult"
    " size_limit priority_number inventory reorder attempt week month table chair"
    " bed threshold upvote downvote mileage kilometer step_count"
    " interval order_number percent_off streak repetition volunteer hour_limit max min maximum minimum"
    " availability size_count ticket_count".split()
) - {"size", "level"}
_COUNTED = frozenset(
    "place room seat spot table chair door bed space unit piece guest participant attendee people"
    " passenger volunteer player child adult bedroom bathroom wheel slot set goal interval ticket page"
    " position level tier pass lap round night win loss draw bag bottle box can case crate jar pack"
    " packet portion sack sheet tin".split()
)
"""Nouns that are a number of things only in the plural: a `place` is somewhere, `places` are counted."""
_UNIT_TYPES = {
    **dict.fromkeys(("kg", "g", "km", "cm", "mm", "m", "l", "ml", "litres", "liters", "kilos"), "number"),
    **dict.fromkeys(("kilograms", "metres", "meters", "celsius", "kwh", "sqm", "m2", "lbs"), "number"),
    **dict.fromkeys(("eur", "euro", "euros", "usd", "dollars", "gbp", "pounds", "chf", "nok"), "money"),
}  # fmt: skip
_NUMBER = frozenset(
    "weight height width length distance temperature latitude longitude lat lng lon percentage percent"
    " altitude elevation ratio factor hour area volume average mean depth speed radius humidity probability share wattage"
    " dose dosage value_in second gram kilogram kilo kg km litre liter metre meter cm mm mile degree watt kwh".split()
)
_BOOLEAN = frozenset(
    "done completed finished active enabled disabled archived published paid available blocked verified"
    " favourite favorite pinned read reserved confirmed approved private public hidden deleted vegetarian"
    " vegan urgent featured locked vaccinated neutered answered billable recurring visible closed open"
    " cancelled returned sold resolved important starred subscribed admin waterproof refundable taxable"
    " premium_member bookable accepted anonymous required optional muted banned suspended mandatory"
    " spayed sterilised sterilized housetrained checked delivered shipped".split()
)
_TEXT = frozenset(
    "description content body text note notes message comment comments bio biography instructions summary"
    " details reason remark remarks resolution feedback explanation abstract story review_text memo"
    " directions method_text justification".split()
)
_STRINGS = frozenset("tag label keyword skill genre allergen topic".split())
_NAMES = frozenset(
    "name title subject username login nickname password passphrase secret label slug code phone fax"
    " mobile author street city town country address region postcode zip iban isbn sku ean plate"
    " language currency color colour brand maker manufacturer model genre species breed headline"
    " caption question answer option alias handle hashtag theme motto venue location destination"
    " origin department company firm occupation profession nationality reference keyword term isin"
    " serial barcode token key field teacher doctor trainer guide owner sender recipient".split()
)
"""Nouns of things that are called something: bounds of them are bounds of their length."""
_UNCOUNTED = frozenset(
    "notes details instructions remarks comments directions address status class series news progress"
    " access terms species business business-class basis bonus process focus bus boss gas alias canvas"
    " analysis diagnosis iris plus radius address access hours opening-hours contents".split()
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_LONG_TEXT = 120


def is_textual(words: Sequence[str]) -> bool:
    """Tell whether a name is plainly that of a text, so that `max 100` means characters."""
    return bool(words) and words[-1] in _NAMES


def is_list_name(words: Sequence[str]) -> bool:
    """Whether a name in the plural is known to name texts: tags, keywords; not bags or scoops."""
    return bool(words) and singular(words[-1]) in _STRINGS


def type_of_value(value: Any, words: Sequence[str]) -> str | None:
    """Say which type an example value shows; None where it shows nothing."""
    if value is UNKNOWN or value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        by_name = type_of_name(words)
        return by_name if by_name in {"money", "number", "reference"} else "integer"
    if isinstance(value, float):
        return "money" if type_of_name(words) == "money" or round(value, 2) == value else "number"
    if isinstance(value, list):
        return "children" if value and isinstance(value[0], dict) else "strings"
    if isinstance(value, str):
        return _type_of_text(value, words)
    return None


def _type_of_text(value: str, words: Sequence[str]) -> str:
    if _ISO_DATETIME.fullmatch(value):
        return "datetime"
    if _ISO_DATE.fullmatch(value):
        return "date"
    if _CLOCK.fullmatch(value):
        return "time"
    if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "email"
    if re.match(r"https?://", value):
        return "url"
    by_name = type_of_name(words)
    return (
        by_name
        if by_name in {"text", "date", "datetime", "email", "url"} and not value
        else ("text" if by_name == "text" or len(value) > _LONG_TEXT else "string")
    )


def type_of_name(words: Sequence[str], *, counted: bool = False) -> str | None:
    """Guess a type from a name; None where any text will do."""
    if counted:
        return "integer"
    if not words:
        return None
    if "per" in words[1:-1]:
        return type_of_name(words[: words.index("per")])  # price per night
    last = words[-1]
    head = singular(last)
    if len(words) > 1 and last == head and head in {"place", "table", "chair", "person", "room"}:
        return None  # the place where something was found; places are counted
    if len(words) > 1 and last in _UNIT_TYPES:
        return _UNIT_TYPES[last]
    if last == "at" or (len(words) == 1 and last in _DATETIME) or head in {"timestamp", "datetime"}:
        return "datetime"
    if words[0] in {"is", "has", "can", "allow", "allows", "needs", "in"} and len(words) > 1:
        return "boolean"
    if last == "on" and len(words) > 1:
        return "date"
    if head in _DATE and not is_plural(last):
        return "date"
    if "date" in words or (len(words) > 1 and words[0] == "date"):
        return "date"
    if len(words) == 2 and words[0] == "valid" and last in {"from", "until", "to"}:
        return "date"
    if head == "deadline":
        return "date"
    if last == "time":
        return "datetime"
    if len(words) > 1 and last in {"start", "end", "begin", "until"}:
        return "datetime"
    if head in {"email", "mail"}:
        return "email"
    if head in {"url", "link", "website", "homepage", "uri"} and not is_plural(last):
        return "url"
    if last in _TEXT:
        return "text"
    if last in _BOOLEAN:
        return (type_of_name(words[:-1]) if len(words) > 1 else None) or "boolean"  # price paid
    if "of" in words[1:-1] and head not in _DATE:
        return type_of_name(words[: words.index("of")])  # year of birth
    if head == "number" and len(words) > 1 and words[0] in {"house", "floor"}:
        return "string"
    if head in {"average", "mean"} or words[0] in {"average", "mean", "avg"}:
        return "number"
    if (
        head == "value"
        and len(words) > 1
        and words[0]
        in {"face", "market", "book", "nominal", "sale", "resale", "insured", "estimated"}
    ):
        return "money"
    if head in _MONEY and not (is_plural(last) and head not in {"price", "cost", "fee"}):
        return "money"
    if head == "rate" and len(words) > 1:
        return "money"
    if last == "percent" or head in _NUMBER:
        return "number"
    if words[0] in {"max", "maximum", "min", "minimum", "total"} and len(words) > 1:
        return type_of_name(words[1:]) or "integer"
    bounded = head in {"limit", "minimum", "maximum", "min", "max", "cap", "threshold", "ceiling"}
    if bounded and any(word in _MONEY for word in words[:-1]):
        return "money"
    alone = head in _COUNTED and not is_plural(last)
    if head in _INTEGER | _COUNTED and not (alone and len(words) == 1):
        return "integer"
    if len(words) > 1 and last in {"minutes", "hours", "days", "seconds", "count", "level"}:
        return "integer"
    if head in _STRINGS and is_plural(last):
        return "strings"
    if is_plural(last) and last not in _UNCOUNTED and len(words) == 1:
        return "strings"
    return None
