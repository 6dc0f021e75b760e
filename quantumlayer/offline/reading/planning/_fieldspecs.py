"""From what was said about a field to the field itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantumlayer.agents import Conflict
from quantumlayer.agents.expressions import FUNCTIONS
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft, Ledger
from quantumlayer.offline.reading.language._fieldtypes import (
    is_list_name,
    is_textual,
    type_of_name,
    type_of_value,
)
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.text._sketches import UNKNOWN
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["Settled", "conflict", "settle_alone", "settle_fields"]

NUMERIC = frozenset({"integer", "number", "money"})
TEXTUAL = frozenset({"string", "text", "email", "url"})
_CREATED = frozenset(
    "created registered inserted added entered joined issued placed submitted".split()
)
_UPDATED = frozenset({"updated", "modified", "changed", "edited"})
_CHARACTER_UNITS = frozenset({"character", "char", "letter", "symbol", "digit", "sign", "word"})
_WEAK_TYPES = frozenset({"string", "numeric", "choice"})
_SYSTEM_BY_NAME = frozenset(
    (
        "created_at updated_at createdat updatedat created_on modified_at createdon updatedon "
        "updated_on creation_date created updated deleted_at last_modified"
    ).split()
)


@dataclass(slots=True)
class Settled:
    """Fields as they will be, with what could not be settled."""

    conflicts: list[Conflict] = field(default_factory=list)


def settle_fields(
    drafts: Iterable[EntityDraft], ledger: Ledger, *, all_required: bool = False
) -> list[Conflict]:
    """Decide what the specification of every field says; return what contradicts itself."""
    conflicts: list[Conflict] = []
    drafts = list(drafts)
    names = {made.name.lower() for draft in drafts for made in draft.fields.values()}
    for draft in drafts:
        for made in draft.fields.values():
            _doubt_choices(made, names, ledger)
        marked = [
            made
            for made in draft.fields.values()
            if made.has("required") and not made.has("system")
        ]
        unmarked = not any(made.has("optional") for made in draft.fields.values())
        for made in draft.fields.values():
            _settle(draft, made, ledger, partly=bool(marked) and unmarked and not all_required)
            conflicts.extend(_conflicts(draft, made))
    return conflicts


def settle_alone(draft: EntityDraft, made: FieldDraft, ledger: Ledger) -> None:
    """Decide what one field is like that none of the entity's sentences describes."""
    _settle(draft, made, ledger, partly=False)


def _settle(draft: EntityDraft, made: FieldDraft, ledger: Ledger, *, partly: bool) -> None:
    spec = made.spec
    spec["name"] = made.name
    spec["type"] = kind = _type(draft, made)
    if made.references is not None:
        spec["references"] = made.references
    if made.children is not None:
        spec["references"] = made.children
    _choices(made, spec)
    _flags(made, spec)
    _bounds(made, spec, ledger)
    _default(made, spec, ledger)
    _set_by(made, spec, ledger)
    if made.has("first_is"):
        spec["on_create"] = (
            f"{made.last('first_is')!r} if not exists({draft.word.name}) else 'user'"
        )
    _required(draft, made, spec, ledger, partly=partly)
    if kind == "email" and spec.get("unique"):
        spec["case_insensitive"] = True
    if made.words[-1:] in {("password",), ("passphrase",)}:
        spec["secret"] = True
    if made.hidden:
        spec.update(set_by="system", required=True, on_parent_delete="cascade")


_FREE = frozenset(
    "name title host author phone address description comment comments note notes text body reason id email url"
    " date day".split()
)
"""What is written freely: values for it were meant for something else."""


def _doubt_choices(made: FieldDraft, names: set[str], ledger: Ledger) -> None:
    """Drop values that cannot be any: names of fields, half sentences, or others than an example shows."""
    shown = [sample for sample in made.samples if isinstance(sample, str)]
    for trait, requirement in [*made.traits]:
        if trait.key != "choices":
            continue
        values = [str(value) for value in trait.value]
        lows = [value.lower() for value in values]
        odd = any("=" in low or {"a", "an", "the"} & {*low.split()} for low in lows)
        fields = sum(low in names for low in lows) > 1 or any(
            low in names and "_" in low for low in lows
        )
        named = all(isinstance(each, int) or str(each)[:1].isupper() for each in trait.value)
        free = made.words[-1] in _FREE and not named  # but a name that is Anna or Berta
        other = any(sample.lower() not in lows for sample in shown)
        if odd or fields or free or other:
            made.traits.remove((trait, requirement))
            ledger.miss(requirement, f"values of {made.name!r} that look like none: {values!r}")


# --- type ----------------------------------------------------------------------------------------


def _type(draft: EntityDraft, made: FieldDraft) -> str:
    if made.references is not None:
        return "reference"
    if made.children is not None:
        return "children"
    said = [str(value) for value in made.values("type")]
    choices = made.last("choices")
    if choices and not set(said) & {"boolean", "strings"}:
        return _type_of_choices(choices)
    strong = [kind for kind in said if kind not in _WEAK_TYPES and kind != "reference"]
    if strong:
        return _refined(strong[-1], made)
    for sample in made.samples:
        kind = type_of_value(sample, made.words)
        if kind is not None:
            return kind
    if made.has("pattern") or made.has("random"):
        return "string"
    by_name = type_of_name(made.words, counted=made.counted)
    measured = made.words[-1] in {"quantity", "amount"} and (
        made.has("above") or _is_measured(draft)
    )
    if measured and not made.counted:
        return "number"
    if "numeric" in said:
        return by_name if by_name in NUMERIC else "number"
    return _by_bounds(draft, made, by_name, said)


def _type_of_choices(choices: Sequence[Any]) -> str:
    if all(isinstance(value, bool) for value in choices):
        return "boolean"
    if all(isinstance(value, int | float) for value in choices):
        return "integer" if all(isinstance(value, int) for value in choices) else "number"
    if {str(value).lower() for value in choices} in (
        {"yes", "no"},
        {"true", "false"},
        {"on", "off"},
    ):
        return "boolean"
    return "enum"


def _refined(kind: str, made: FieldDraft) -> str:
    by_name = type_of_name(made.words)
    if kind == "url" and by_name == "email":
        return "email"  # a valid address
    if kind == "number" and by_name == "money":
        return "money"
    if kind == "string" and by_name == "text":
        return "text"
    if kind == "clock":
        return "time"
    if kind == "time" and made.words[-1:] == ("at",):
        return "datetime"
    return kind


def _by_bounds(
    draft: EntityDraft, made: FieldDraft, by_name: str | None, said: Sequence[str]
) -> str:
    bounds = [trait for trait, _ in made.traits if trait.key in {"least", "most", "above", "below"}]
    units = {trait.unit for trait in bounds}
    if units & _CHARACTER_UNITS:
        return by_name if by_name in TEXTUAL else "string"
    default = made.last("default")
    ranged = {"least", "most"} <= {trait.key for trait in bounds}  # 1 to 5 stars
    if made.listed or (made.has("many") and not (ranged and by_name in NUMERIC)):
        return "strings"
    if bounds and "string" in said and by_name not in NUMERIC:
        return by_name if by_name in TEXTUAL else "string"
    if by_name is None and is_textual(made.words):
        return "string"
    if bounds and by_name == "strings" and units <= {""} and not is_list_name(made.words):
        over = any(trait.key in {"above", "below"} for trait in bounds)
        return "number" if over else "integer"  # bags (1-10), scoops (at least 1)
    if bounds and by_name in NUMERIC:
        return str(by_name)
    if bounds and by_name not in {"strings", "date", "datetime", "time"}:
        whole = all(isinstance(trait.value, int) for trait in bounds)
        return "integer" if whole and by_name is None else str(by_name or "number")
    if isinstance(default, bool):
        return "boolean"
    if isinstance(default, int | float) and by_name not in NUMERIC | {"boolean"}:
        return "integer" if isinstance(default, int) else "number"
    if made.has("moment") and by_name not in {"date", "datetime"}:
        return "datetime"
    if by_name == "datetime" and made.words[-1] == "time" and _has_date(draft):
        return "time"
    if "string" in said:
        return by_name if by_name in TEXTUAL else "string"
    return by_name or "string"


def _is_measured(draft: EntityDraft) -> bool:
    """Whether a unit stands beside a quantity: 0.5 litres."""
    return any(made.words[-1] in {"unit", "measure"} for made in draft.fields.values())


def _has_date(draft: EntityDraft) -> bool:
    return any(made.words[-1] in {"date", "day"} for made in draft.fields.values())


# --- the rest ------------------------------------------------------------------------------------


def _choices(made: FieldDraft, spec: dict[str, Any]) -> None:
    values = made.last("choices")
    if not values:
        return
    longest = max(made.values("choices"), key=len)
    if spec["type"] == "enum":
        spec["choices"] = [str(value) for value in dict.fromkeys(longest)]
    elif spec["type"] in NUMERIC:
        spec["numbers"] = list(dict.fromkeys(longest))


def _flags(made: FieldDraft, spec: dict[str, Any]) -> None:
    for key in ("unique", "case_insensitive", "immutable", "secret"):
        if made.has(key):
            spec[key] = True


def _bounds(made: FieldDraft, spec: dict[str, Any], ledger: Ledger) -> None:
    kind = spec["type"]
    for trait, requirement in made.traits:
        match trait.key:
            case "least" | "most" | "above" | "below":
                if not _bound(spec, kind, trait):
                    ledger.miss(
                        requirement, f"a bound of {made.name!r}, which is no number and no text"
                    )
            case "filled" if kind in TEXTUAL | {"strings", "children"}:
                spec.setdefault("min_length", 1)
            case "pattern" if kind in TEXTUAL:
                spec["pattern"] = trait.value
            case _:
                pass
    first = made.last("starts_with")
    if first and str(spec.get("pattern", "")).endswith("]+"):
        inner = spec["pattern"][:-1]
        kinds = first.replace("A-Z", "") if "a-z" in inner and "A-Z" not in inner else first
        spec["pattern"] = f"[{kinds}]{inner}*"
    elif first and kind in TEXTUAL and "pattern" not in spec:
        spec["pattern"] = f"[{first}].*"
    exact = {"min_length", "max_length"} <= spec.keys() and spec["min_length"] == spec["max_length"]
    units = {trait.unit for trait, _ in made.traits if trait.key in {"least", "most"}}
    if kind in TEXTUAL and units & {"digit", "letter"} and "pattern" not in spec:
        low, high = spec.pop("min_length", None), spec.pop("max_length", None)
        kinds = "0-9" if "digit" in units else "A-Za-z"
        count = str(low) if exact else f"{low or 0},{high if high is not None else ''}"
        spec["pattern"] = f"[{kinds}]{{{count}}}"


_BOUNDS = {
    "least": ("minimum", "min_length"),
    "most": ("maximum", "max_length"),
    "above": ("exclusive_minimum", "min_length"),
    "below": ("exclusive_maximum", "max_length"),
}


def _bound(spec: dict[str, Any], kind: str, trait: Trait) -> bool:
    numeric, counting = _BOUNDS[trait.key]
    if kind in NUMERIC:
        spec[numeric] = trait.value
        return True
    if kind in TEXTUAL | {"strings", "children"}:
        more = {"above": 1, "below": -1}.get(trait.key, 0)
        spec[counting] = int(trait.value) + more
        return True
    return False


def _default(made: FieldDraft, spec: dict[str, Any], ledger: Ledger) -> None:
    if not made.has("default"):
        return
    value = made.last("default")
    requirement = next(each for trait, each in made.traits if trait.key == "default")
    kind = spec["type"]
    value = None if value == "" and kind not in TEXTUAL else value
    if kind == "enum" and value is None:
        spec["required"] = False
    elif kind == "enum":
        match_ = [choice for choice in spec["choices"] if choice.lower() == str(value).lower()]
        if match_:
            spec["default"] = match_[0]
        else:
            spec["choices"].append(str(value))
            spec["default"] = str(value)
    elif kind in {"date", "datetime"} and str(value).lower() in {"today", "now"}:
        spec["on_create_default"] = f"{'today' if kind == 'date' else 'now'}()"
    elif (
        (kind == "boolean" and isinstance(value, bool))
        or (kind in NUMERIC and isinstance(value, int | float) and not isinstance(value, bool))
        or (kind in TEXTUAL and isinstance(value, str))
        or (kind == "strings" and value == [])
    ):
        spec["default"] = value
    elif value is None and kind == "strings":
        spec["default"] = []
    elif value is None and kind in NUMERIC and spec.get("minimum") == 0:
        spec["default"] = 0  # none of them
    elif value is None:
        spec["required"] = False
    else:
        ledger.miss(requirement, f"{value!r} as the default of {made.name!r}")


def _set_by(made: FieldDraft, spec: dict[str, Any], ledger: Ledger) -> None:
    by_name = made.name.lower() in _SYSTEM_BY_NAME
    random = made.has("random")
    if (made.has("system") and not made.has("sent")) or by_name or random:
        spec["set_by"] = "system"
    length = int(made.last("random")) if random else _code_length(made, spec)
    if length:
        letters = str(spec.get("pattern", ""))[1:].partition("]")[0]
        digits = "0-9" in letters and "a-z" not in letters  # digits are among capitals and digits
        if digits and "random_digits" not in FUNCTIONS:
            ledger.miss(made.requirements[0], f"{made.name!r} is made of letters and digits")
        function = "random_digits" if digits and "random_digits" in FUNCTIONS else "random_code"
        spec["on_create"] = f"{function}({length})"
        spec["unique"] = True
        spec.pop("pattern", None)
    if made.has("first") and spec["type"] in NUMERIC | {"boolean", "string"}:
        spec.setdefault("default", made.last("first"))  # as the example of a new item shows it
    if spec.get("set_by") != "system" or spec["type"] not in {"date", "datetime"}:
        return
    words = set(made.words)
    moment = "today()" if spec["type"] == "date" else "now()"
    if made.has("empty_until") or made.has("nullable") or "deleted" in words:
        spec["required"] = False
    elif words & _UPDATED or made.has("touch"):
        spec["on_create"] = spec["on_update"] = moment
    elif words & _CREATED or made.has("system"):
        said = _meaning(made)
        if not said or {"day", "date", "time", "moment", "today", "now", "when"} & said:
            spec["on_create"] = moment


def _code_length(made: FieldDraft, spec: dict[str, Any]) -> int | None:
    """A text of so many letters and digits that the service makes is a random code."""
    pattern = str(spec.get("pattern", ""))
    if spec.get("set_by") != "system" or spec["type"] != "string" or made.has("computed"):
        return None
    if pattern.startswith("[") and pattern.endswith("}") and pattern[-3:-1].strip("{,").isdigit():
        return int(pattern[pattern.rindex("{") + 1 : -1].rsplit(",", maxsplit=1)[-1])
    exact = spec.get("min_length") == spec.get("max_length") and spec.get("max_length")
    if exact and made.words[-1] in {"code", "token", "pin", "key", "reference"}:
        spec.pop("min_length")
        return int(spec.pop("max_length"))
    return 8 if made.has("random_word") else None


def _meaning(made: FieldDraft) -> set[str]:
    tokens: Sequence[Token] = made.last("meaning") or ()
    return {token.low for token in tokens}


def _required(
    draft: EntityDraft, made: FieldDraft, spec: dict[str, Any], ledger: Ledger, *, partly: bool
) -> None:
    kind = spec["type"]
    if spec.get("set_by") == "system":
        if kind == "boolean" and not made.has("computed"):
            spec.setdefault("default", False)
        given = "on_create" in spec or "default" in spec
        spec.setdefault("required", given and not made.has("empty_until"))
        return
    if made.has("required") or (partly and made.has("filled")):
        spec["required"] = True
        return
    if (
        made.has("optional")
        or made.has("nullable")
        or made.has("empty_until")
        or "default" in spec
        or "on_create_default" in spec
    ):
        spec["required"] = False
    elif kind == "boolean":
        spec["required"] = False
        spec["default"] = False
    elif (kind == "strings" and "min_length" not in spec) or not made.complete:
        spec["required"] = False
    elif partly and made.references is None:
        spec["required"] = False
        for requirement in made.requirements[:1]:
            ledger.assume(
                requirement, f"{made.name!r} may be left out: other fields are marked as required"
            )
    elif None in made.samples:
        spec["required"] = False
    elif made.has("unread") or made.doubtful:
        spec["required"] = False  # a demand that nobody made would refuse everything
        note = f"{made.name!r} may be left out, as what is said about it is not all understood"
        for requirement in made.requirements[:1]:
            ledger.assume(requirement, note)
    else:
        spec["required"] = True
    if kind == "strings" and not spec["required"]:
        spec.setdefault("default", [])
    if kind == "string" and spec["required"] and "pattern" not in spec:
        spec.setdefault("min_length", 1)
    if UNKNOWN in made.samples:  # pragma: no cover -- samples are values
        made.samples.remove(UNKNOWN)


# --- contradictions ------------------------------------------------------------------------------


def _conflicts(draft: EntityDraft, made: FieldDraft) -> list[Conflict]:
    """Statements about one field that cannot both hold."""
    name = f"{draft.word.label} {made.name!r}"
    found: list[Conflict] = []
    by_key: dict[str, list[tuple[Any, str]]] = {}
    for trait, requirement in made.traits:
        by_key.setdefault(trait.key, []).append((trait.value, requirement))
    for key, text in (
        ("least", "has two lower bounds"),
        ("most", "has two upper bounds"),
        ("default", "has two defaults"),
    ):
        values = by_key.get(key, [])
        differing = [(value, requirement) for value, requirement in values if value != values[0][0]]
        if differing and differing[0][1] != values[0][1]:
            first, second = values[0], differing[0]
            found.append(
                conflict(first[1], second[1], f"{name} {text}: {first[0]} and {second[0]}")
            )
    required, optional = by_key.get("required", []), by_key.get("optional", [])
    if required and optional and required[0][1] != optional[0][1]:
        found.append(conflict(required[0][1], optional[0][1], f"{name} is required and optional"))
    immutable, editable = by_key.get("immutable", []), by_key.get("editable", [])
    if immutable and editable and immutable[0][1] != editable[0][1]:
        found.append(
            conflict(
                immutable[0][1], editable[0][1], f"{name} can be changed and cannot be changed"
            )
        )
    found.extend(_type_conflict(name, made))
    return found


def _type_conflict(name: str, made: FieldDraft) -> list[Conflict]:
    groups = {
        "integer": "number", "number": "number", "money": "number", "numeric": "number",
        "boolean": "boolean", "clock": "moment", "date": "moment", "datetime": "moment", "time": "moment",
        "email": "text", "url": "text", "text": "text", "string": "text",
    }  # fmt: skip
    seen: list[tuple[str, str, str]] = []
    for trait, requirement in made.traits:
        group = groups.get(str(trait.value)) if trait.key == "type" else None
        if group is not None:
            seen.append((group, str(trait.value), requirement))
    for group, value, requirement in seen[1:]:
        first = seen[0]
        if group != first[0] and requirement != first[2]:
            return [conflict(first[2], requirement, f"{name} is a {first[1]} and a {value}")]
    return []


def conflict(one: str, two: str, reason: str) -> Conflict:
    """Two statements that cannot both hold, in the order of the document."""
    ordered = sorted((one, two), key=lambda name: int(name[1:]))
    return Conflict(requirements=ordered, reason=reason)
