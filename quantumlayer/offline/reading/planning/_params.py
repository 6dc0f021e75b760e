"""What the parameters of a list mean: by their names, and by what the document says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Parameter
from quantumlayer.offline.reading.planning._render import Frame, Scope, opposite, state
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.text._lexicon import (
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import singular, split_name

__all__ = [
    "FROM",
    "PLUMBING",
    "SEARCH",
    "TEXTUAL",
    "TO",
    "age_of",
    "by_field",
    "by_search",
    "by_threshold",
    "main_date",
    "mentioned",
    "param_of",
    "periods_of",
    "said_of",
]

PLUMBING = frozenset(
    "limit offset page page_size per_page size sort order sort_by order_by direction pagesize perpage cursor".split()
)
"""Parameters that say which part of a list is wanted, and how it is sorted."""
SEARCH = frozenset("q search query term keyword keywords text s find".split())
TEXTUAL = frozenset({"string", "text", "email"})
_DATED = frozenset({"date", "datetime"})
_NUMERIC = frozenset({"integer", "number", "money"})
FROM = frozenset(
    "from start since after start_date from_date date_from begin startdate fromdate datefrom".split()
)
TO = frozenset("to end until before end_date to_date date_to enddate todate dateto till".split())


def param_of(world: World, entity: str, name: str, meaning: Sequence[Token] = ()) -> dict[str, Any]:
    """Work out what a query parameter means for the items of a list.

    Args:
        world: What is known of the document.
        entity: What is listed.
        name: The parameter.
        meaning: What the document says of it, as far as it was found.

    Raises:
        Unresolved: Neither its name nor what is said of it leads to a field.
    """
    words = split_name(name)
    said = _Said.of(world, entity, words, meaning)
    made = world.field(entity, words) or world.field(entity, (*words, "id"))
    if made is not None and not made.spec.get("secret") and made.children is None:
        found = by_field(name, made)
        if said.partly and made.spec["type"] in TEXTUAL:
            found = by_search(world, entity, name, [made])
        elif said.operator and made.spec["type"] in _NUMERIC | _DATED:
            found = _compared(name, made, said.operator)
        return amended(found, meaning)
    if name.lower() in SEARCH:
        texts = [each for each in said.fields if each.spec.get("type") in TEXTUAL | {"url", "enum"}]
        return amended(by_search(world, entity, name, texts or _texts(world, entity)), meaning)
    found_by_phrase = _by_side(world, entity, name, words) or _by_phrase(name, said)
    if found_by_phrase is not None:
        return amended(found_by_phrase, meaning)
    for attempt in (
        _by_bound, _by_period, _by_day, _by_range, _by_reference, _by_element, _by_joined, _by_word, _by_switch,
    ):  # fmt: skip
        found_by_name = attempt(world, entity, name, words)
        if found_by_name is not None:
            if "pattern" in found_by_name and any(token.value == _DECEMBER for token in meaning):
                found_by_name = _by_month_number(world, entity, name)
            return amended(found_by_name, meaning)
    if len(said.fields) == 1 and not said.fields[0].spec.get("secret"):
        return amended(by_field(name, said.fields[0]), meaning)
    raise Unresolved(
        f"it is not clear what the parameter {name!r} means for a {world.label(entity)}"
    )


_DECEMBER = 12


def _by_month_number(world: World, entity: str, name: str) -> dict[str, Any]:
    """`month` (1 to 12): of any year."""
    made = main_date(world, entity)
    day = escape(made.name) if made is not None else ""
    months = range(1, _DECEMBER + 1)
    ways = (
        f"(param.{name} in ('{n}', '{n:02}') and contains(month({day}), '-{n:02}'))" for n in months
    )
    return {
        "name": name,
        "type": "enum",
        "choices": list(dict.fromkeys(f"{n}" for n in (*months, *(f"{n:02}" for n in months)))),
        "where": " or ".join(ways),
    }


# --- what is said of a parameter -----------------------------------------------------------------

_OPERATORS = tuple(
    (operator, re.compile(rf"\b(?:{text})\b"))
    for operator, text in (
        (">=", ("at least|or (?:more|later|higher|better|longer|above|newer|over|greater)"
               "|and (?:more|later|up|upwards|above|higher|better)|since|on or after|no (?:earlier|less|fewer|lower) than"
               "|not (?:before|below|less|under|earlier)|minimum|as many|big enough|from then on|room for")),
        ("<=", ("at most|or (?:less|fewer|earlier|lower|shorter|below|before|cheaper)|up to|until|on or before"
               "|no (?:more|later|higher|longer) than|not (?:after|above|more|over|later)|maximum")),
        (">", "(?:greater|more|higher|later|longer|larger|bigger|heavier|older|better|newer) than|above|over|exceed\\w*|after"),
        ("<", "(?:less|fewer|lower|earlier|shorter|smaller|lighter|younger|cheaper) than|below|under|before"),
    )
)  # fmt: skip
_PARTLY = re.compile(
    r"\b(?:part|parts|partly|partial\w*|substring|contain\w*|anywhere|somewhere|occurs?|search\w*|look\w*|match\w*"
    r"|find\w*|fragment|piece|includ(?:e|es) the)\b"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the words around a parameter say."""

    fields: tuple[FieldDraft, ...] = ()
    """Fields that they name, in order."""
    operator: str = ""
    partly: bool = False

    @classmethod
    def of(
        cls, world: World, entity: str, words: tuple[str, ...], meaning: Sequence[Token]
    ) -> _Said:
        text = " ".join(token.low for token in meaning)
        operator = next((sign for sign, cue in _OPERATORS if cue.search(text)), "")
        return cls(
            tuple(mentioned(world, entity, words, meaning)), operator, bool(_PARTLY.search(text))
        )


_NO_FIELD = (
    PREPOSITIONS | DETERMINERS | PRONOUNS | frozenset({"id", "only", "list", "given", "one"})
)


def mentioned(
    world: World, entity: str, words: tuple[str, ...], meaning: Sequence[Token]
) -> Iterator[FieldDraft]:
    """Fields whose names or labels stand in some words."""
    seen: set[str] = set()
    at = 0
    while at < len(meaning):
        size = 0
        for length in (3, 2, 1):
            part = meaning[at : at + length]
            if len(part) < length or any(token.kind not in {"word", "name"} for token in part):
                continue
            label = tuple(token.low for token in part)
            if part[0].kind == "word" and (label[0] in _NO_FIELD or label == words):
                continue
            made = world.field(
                entity, split_name(str(part[0].value)) if part[0].kind == "name" else label
            )
            if made is not None and made.children is None:
                size = length
                if made.name not in seen:
                    seen.add(made.name)
                    yield made
                break
        at += size or 1


def _by_phrase(name: str, said: _Said) -> dict[str, Any] | None:
    """`only sightings whose magnitude is less than this`, `part of the title or the author`."""
    low = "_".join(split_name(name))
    ordered = [each for each in said.fields if each.spec.get("type") in _NUMERIC | _DATED]
    bound = ">=" if low in FROM else "<=" if low in TO else ""
    operator = bound or said.operator
    if len(ordered) == 1 and operator:
        return _compared(name, ordered[0], operator)
    texts = [each for each in said.fields if each.spec.get("type") in TEXTUAL | {"url"}]
    if texts and said.partly and not bound:
        where = " or ".join(f"contains({escape(made.name)}, param.{name})" for made in texts)
        return {"name": name, "type": "string", "where": where}
    return None


def by_threshold(
    world: World, entity: str, name: str, meaning: Sequence[Token]
) -> dict[str, Any] | None:
    """`in_stock=true` (at least one copy), `large=true` (more than 3 beds): a yes or no about a number."""
    said = _Said.of(world, entity, split_name(name), meaning)
    numbers = [
        token.value if token.kind == "number" else NUMBER_WORDS[token.low]
        for token in meaning
        if token.kind == "number" or (token.kind == "word" and token.low in NUMBER_WORDS)
    ]
    fields = [made for made in said.fields if made.spec.get("type") in _NUMERIC]
    if len(fields) != 1 or len(numbers) > 1 or world.field(entity, split_name(name)) is not None:
        return None
    operator, number = (said.operator or ">=", numbers[0]) if numbers else (">", 0)
    text = f"{escape(fields[0].name)} {operator} {number}"
    where = f"(param.{name} == True and {text}) or (param.{name} == False and {opposite(text)})"
    return {"name": name, "type": "boolean", "where": where}


_NEEDED = frozenset({"required", "mandatory", "compulsory", "obligatory", "needed"})
_ABSENT = r"(?:if|when|unless|without|by default|otherwise|as (?:a |the )?default)"
_DEFAULT = re.compile(
    rf"\b(?:default(?:s|ing)?(?: (?:is|to|value|:|=))*|normally|usually) (\d+)\b|\b(\d+) ,? ?{_ABSENT}\b"
)


def amended(param: dict[str, Any], meaning: Sequence[Token]) -> dict[str, Any]:
    """Heed what is said of the parameter itself: that it is required, what it is by default."""
    lows = [token.low for token in meaning]
    before = {lows[at - 1] for at, low in enumerate(lows) if low in _NEEDED and at}
    if _NEEDED & set(lows) and not before & {"not", "never", "nor"}:
        param["required"] = True
    default = _DEFAULT.search(" ".join(lows))
    if default is not None and param["type"] in {"integer", "number"}:
        param["default"] = int(default[1] or default[2])
    return param


def said_of(
    tokens: Sequence[Token], name: str, others: frozenset[str] = frozenset()
) -> tuple[Token, ...]:
    """The words of a statement that are about one of its parameters.

    They stand behind its name, up to a semicolon or the next parameter; where nothing stands there,
    before it. A bracket right behind it says it all.
    """
    said: list[Token] = []
    for at, token in enumerate(tokens):
        if name not in _names_of(token):
            continue
        end = at + 1
        if end < len(tokens) and tokens[end].low == "(":
            end = next((i for i in range(end, len(tokens)) if tokens[i].low == ")"), len(tokens))
            said.extend(tokens[at + 2 : end])
            continue
        while end < len(tokens) and not _ends_what_is_said(tokens[end], name, others):
            end += 1
        behind = tokens[at + 1 : end]
        if sum(1 for each in behind if each.kind in {"word", "name"}) < _FEW:
            start = at
            while start and not _ends_what_is_said(tokens[start - 1], name, others):
                start -= 1
            said.extend(tokens[start:at])
        said.extend(behind)
    return tuple(said)


_FEW = 2


def _names_of(token: Token) -> tuple[str, ...]:
    if token.kind == "route":
        return tuple(name for name, _ in token.value.query)
    return (str(token.value or token.text),) if token.kind in {"name", "word"} else ()


def _ends_what_is_said(token: Token, name: str, others: frozenset[str]) -> bool:
    if token.kind == "mark":
        return token.low in {";", ".", "!", "?"}
    named = set(_names_of(token))
    other = bool(named) if token.kind == "route" else bool(named & others)
    return other and name not in named


# --- by the name ---------------------------------------------------------------------------------


def by_field(name: str, made: FieldDraft) -> dict[str, Any]:
    kind = made.spec["type"]
    field = escape(made.name)
    param: dict[str, Any] = {"name": name, "type": kind, "where": f"{field} == param.{name}"}
    if kind == "enum":
        param["choices"] = list(made.spec["choices"])
    elif kind == "reference":
        param["references"] = made.references
    elif kind == "strings":
        param.update(type="string", where=f"includes({field}, param.{name})")
    elif kind in {"text", "email", "url"}:
        param["type"] = "string"
    return param


def _texts(world: World, entity: str) -> list[FieldDraft]:
    return [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in TEXTUAL and not made.spec.get("secret")
    ]


def by_search(world: World, entity: str, name: str, fields: Sequence[FieldDraft]) -> dict[str, Any]:
    if not fields:
        raise Unresolved(f"a {world.label(entity)} has no text to search")
    where = " or ".join(f"contains({escape(made.name)}, param.{name})" for made in fields)
    return {"name": name, "type": "string", "where": where}


def _by_bound(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`minPrice`, `max_minutes`, `price_from`."""
    if len(words) < 2:
        return None
    for bounds, operator in (
        ({"min", "minimum", "from", "least"}, ">="),
        ({"max", "maximum", "to", "most"}, "<="),
    ):
        rest: tuple[str, ...] = ()
        if words[0] in bounds:
            rest = words[1:]
        elif words[-1] in bounds:
            rest = words[:-1]
        made = world.field(entity, rest) if rest else None
        if made is not None and made.spec["type"] in frozenset(
            "integer number money date datetime".split()
        ):
            return _compared(name, made, operator)
    for suffix, operator in (("after", ">="), ("since", ">="), ("before", "<="), ("until", "<=")):
        if words[-1] == suffix:
            made = world.field(entity, words[:-1])
            if made is not None and made.spec["type"] in {"date", "datetime"}:
                return _compared(name, made, operator)
    return None


def _compared(name: str, made: FieldDraft, operator: str) -> dict[str, Any]:
    kind = made.spec["type"]
    field = escape(made.name)
    if kind == "datetime":
        return {"name": name, "type": "date", "where": f"date({field}) {operator} param.{name}"}
    return {"name": name, "type": kind, "where": f"{field} {operator} param.{name}"}


def _by_range(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`?players=4` on games with min_players and max_players: those that it lies between."""
    edges = [
        next((made for low in lows if (made := world.field(entity, (low, *words)))), None)
        for lows in (("min", "minimum", "from", "least"), ("max", "maximum", "to", "most"))
    ]
    if edges[0] is None or edges[1] is None or edges[0].spec.get("type") not in _NUMERIC:
        return None
    where = f"{escape(edges[0].name)} <= param.{name} and {escape(edges[1].name)} >= param.{name}"
    return {"name": name, "type": edges[0].spec["type"], "where": where}


def _by_side(world: World, entity: str, name: str, words: tuple[str, ...]) -> dict[str, Any] | None:
    """`?player_id=7` on games with white_id and black_id: on either side."""
    label = words[:-1] if words[-1] == "id" else words
    target = world.structure.lexicon.find(list(label)) if label else None
    links = world.references(entity, target.name) if target is not None else []
    if target is None or len(links) < 2 or words[-1] != "id":
        return None
    where = " or ".join(f"{escape(each.name)} == param.{name}" for each in links)
    return {"name": name, "type": "reference", "references": target.name, "where": where}


def main_date(world: World, entity: str) -> FieldDraft | None:
    made = world.start(entity)
    if made is not None:
        return made
    age = age_of(world, entity)
    return age if age.name != "id" else None


def _by_period(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    low = "_".join(words)
    if low not in FROM | TO:
        return None
    made = main_date(world, entity)
    return _compared(name, made, ">=" if low in FROM else "<=") if made is not None else None


def _by_day(world: World, entity: str, name: str, words: tuple[str, ...]) -> dict[str, Any] | None:
    made = main_date(world, entity)
    if made is None:
        return None
    field = escape(made.name)
    text = field if made.spec["type"] == "date" else f"date({field})"
    last = world.end(entity)
    if words == ("on",) and last is not None and last is not made and last.spec["type"] == "date":
        where = f"{field} <= param.{name} and {escape(last.name)} >= param.{name}"
        return {"name": name, "type": "date", "where": where}
    if words in {("date",), ("day",), ("on",)}:
        return {"name": name, "type": "date", "where": f"{text} == param.{name}"}
    if words == ("month",):
        return {
            "name": name,
            "type": "string",
            "pattern": r"\d{4}-\d{2}",
            "where": f"month({field}) == param.{name}",
        }
    if words == ("year",):
        return {"name": name, "type": "integer", "where": f"year({field}) == param.{name}"}
    return None


def _by_reference(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """A field of something that the items refer to: `?category=drilling` on rentals."""
    for reference in world.fields(entity):
        if reference.references is None or reference.references == world.user:
            continue
        made = world.field(reference.references, words)
        if made is not None and made.spec.get("type") not in {"reference", "children", "strings"}:
            way = escape(navigation(reference.name))
            param = by_field(name, made)
            param["where"] = f"{way}.{escape(made.name)} == param.{name}"
            return param
    return None


def _by_element(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`?tag=home` looks into the tags, `?ingredient=flour` at the names of the ingredients."""
    for made in world.fields(entity):
        if singular(made.words[-1]) != words[-1]:
            continue
        if made.spec.get("type") == "strings":
            return {
                "name": name,
                "type": "string",
                "where": f"includes({escape(made.name)}, param.{name})",
            }
        if made.children is not None:
            named = world.field(made.children, ("name",)) or world.field(made.children, ("title",))
            link = world.references(made.children, entity)
            if named is not None and link:
                where = f"exists({made.children}, {escape(link[0].name)} == this.id, {escape(named.name)} == param.{name})"
                return {"name": name, "type": "string", "where": where}
    return None


def _by_joined(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`?actor_id=3` on movies: those that a casting ties to the actor."""
    label = words[:-1] if words[-1] == "id" else words
    target = world.structure.lexicon.find(list(label))
    if target is None:
        return None
    for other in world.structure.entities:
        here, there = world.references(other, entity), world.references(other, target.name)
        if here and there:
            where = f"exists({other}, {escape(here[0].name)} == this.id, {escape(there[0].name)} == param.{name})"
            return {"name": name, "type": "reference", "references": target.name, "where": where}
    return None


def _by_switch(
    world: World, entity: str, name: str, words: tuple[str, ...]
) -> dict[str, Any] | None:
    """`include_archived=true` shows them too, `only_open=true` shows nothing else."""
    if len(words) < 2 or words[0] not in {"include", "with", "show", "only", "also"}:
        return None
    try:
        text = state(Scope(world, (Frame(entity),)), words[1:])
    except Unresolved:
        return None
    if words[0] == "only":
        return {"name": name, "type": "boolean", "where": f"param.{name} == False or {text}"}
    where = f"param.{name} == True or {opposite(text)}"
    return {"name": name, "type": "boolean", "default": False, "where": where}


def _by_word(world: World, entity: str, name: str, words: tuple[str, ...]) -> dict[str, Any] | None:
    """A state used as a switch: `?overdue=true`, `?archived=true`."""
    scope = Scope(world, (Frame(entity),))
    try:
        text = state(scope, words)
    except Unresolved:
        return None
    where = f"(param.{name} == True and {text}) or (param.{name} == False and {opposite(text)})"
    return {"name": name, "type": "boolean", "where": where}


_SPANS = {
    "day": "days(1)", "today": "days(0)", "week": "days(7)", "month": "months(1)", "quarter": "months(3)",
    "year": "years(1)",
}  # fmt: skip


def periods_of(world: World, entity: str, fact: Parameter) -> dict[str, Any]:
    made = main_date(world, entity)
    if made is None:
        raise Unresolved(f"it is not clear what the parameter {fact.name!r} means")
    field = escape(made.name)
    text = field if made.spec["type"] == "date" else f"date({field})"
    parts = []
    custom = False
    for value in fact.values:
        match = re.fullmatch(r"(?:past|last|this)?[-_ ]?(\d+)?[-_ ]?([a-z]+?)s?", value.lower())
        unit = match[2] if match else ""
        number = int(match[1]) if match and match[1] else 1
        if unit in {"custom", "range"}:
            parts.append(
                f"param.{fact.name} == {value!r} and {text} >= param.start and {text} <= param.end"
            )
            custom = True
        elif unit in _SPANS:
            span = _SPANS[unit] if number == 1 else f"{unit}s({number})"
            parts.append(
                f"param.{fact.name} == {value!r} and {text} >= today() - {span} and {text} <= today()"
            )
        elif unit == "all":
            parts.append(f"param.{fact.name} == {value!r}")
        else:
            raise Unresolved(
                f"it is not clear what {value!r} means for the parameter {fact.name!r}"
            )
    where = " or ".join(f"({part})" for part in parts)
    return {
        "name": fact.name,
        "type": "enum",
        "choices": list(fact.values),
        "where": where,
        "custom": custom,
    }


def age_of(world: World, entity: str) -> FieldDraft:
    """When an item came to be; its id says so where no field does."""
    created = world.first(
        entity,
        ("created_at", "createdat", "entered_at", "added_at", "submitted_at", "posted_at", "placed_at",
         "achieved_at", "created_on", "loan_date", "created", "opened_at", "sent_at", "recorded_at"),
        {"datetime", "date"},
    )  # fmt: skip
    if created is not None:
        return created
    own = [
        made
        for made in world.fields(entity)
        if made.spec.get("type") in {"datetime", "date"}
        and "on_create" in made.spec
        and "on_update" not in made.spec
    ]
    if own:
        return own[0]
    dated = world.first(
        entity,
        ("date", "day", "starts_at", "start", "started_at", "issued_on"),
        {"datetime", "date"},
    )
    return dated or FieldDraft("id", ("id",), spec={"type": "integer"})
