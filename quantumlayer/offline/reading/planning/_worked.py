"""Values that the service works out: totals, averages, due dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Finding
from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._facts import Worked
from quantumlayer.offline.reading.language._patterns import Reader, SlotFunction, compile_pattern
from quantumlayer.offline.reading.language._terms import (
    Arithmetic,
    Choose,
    Count,
    Elapsed,
    Fold,
    Shift,
    Value,
)
from quantumlayer.offline.reading.language._traits import read_traits
from quantumlayer.offline.reading.planning._explanations import any_tokens, explained, truth
from quantumlayer.offline.reading.planning._figures import Ground, kind_of, named
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.planning._render import (
    Frame,
    Scope,
    aggregate,
    condition,
    opposite,
    value,
)
from quantumlayer.offline.reading.planning._shaping import _worked_entity
from quantumlayer.offline.reading.planning._world import Unresolved, World, escape
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.text._tokens import Token, tokenize
from quantumlayer.offline.reading.text._words import singular

__all__ = ["operand_of", "plan_values"]

NUMERIC = {"integer", "number", "money"}


def plan_values(plan: Plan) -> None:
    """Write the expression of every field that is worked out."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Worked) and fact not in plan.world.members.values():
                _attempt(
                    plan, finding, lambda fact=fact, finding=finding: _worked(plan, finding, fact)
                )
    for name, draft in plan.world.structure.entities.items():
        for made in list(draft.fields.values()):
            _said(plan, name, made)
            _by_name(plan, name, made)


def _attempt(plan: Plan, finding: Finding, work) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    try:
        work()
    except Unresolved as reason:
        plan.ledger.miss(finding.source.id, str(reason))


def _worked(plan: Plan, finding: Finding, fact: Worked) -> None:
    world = plan.world
    entity = _worked_entity(world, finding, fact)
    made = world.field(entity, fact.words)
    if made is None:
        raise Unresolved(f"a {world.label(entity)} has no field called {' '.join(fact.words)!r}")
    _set(world, entity, made, fact.value, once=fact.once, decimals=fact.decimals)
    if fact.fallback is not None and isinstance(fact.value, Fold) and fact.value.items is not None:
        scope = Scope(world, (Frame(entity),))
        some = aggregate(scope, "exists", fact.value.items)
        made.spec["computed"] += f" if {some} else {value(scope, fact.fallback)}"


def _set(
    world: World, entity: str, made: FieldDraft, term: Value, *, once: bool = False,
    decimals: int | None = None,
) -> None:  # fmt: skip
    scope = Scope(world, (Frame(entity),))
    text = value(scope, term)
    if decimals is not None:
        text = f"round({text}, {decimals})"
    made.spec["set_by"] = "system"
    if once or isinstance(term, Shift):
        made.spec["on_create"] = text
        made.spec["required"] = True
        made.spec.pop("default", None)
        return
    if isinstance(term, Arithmetic) and made.spec.get("type") in {"string", "text"}:
        made.spec["type"] = "number"
    if isinstance(term, Choose) and made.spec.get("type") == "string":
        made.spec["type"] = "money"
    if isinstance(term, Fold | Count) and made.spec.get("type") in {"string", "text", "strings"}:
        made.spec["type"] = kind_of(world, text, entity)
    if isinstance(term, Fold) and term.function == "avg":
        made.spec["type"] = "number"
        made.spec.pop("required", None)
    for key in ("on_create", "default", "min_length", "minimum", "exclusive_minimum"):
        made.spec.pop(key, None)
    made.spec["computed"] = text
    made.spec["required"] = False


_WORKED_OUT = frozenset({"meaning", "computed", "computed_once", "formula"})


def _said(plan: Plan, entity: str, made: FieldDraft) -> None:
    """`System: capacity less the enrolments without a grade`, `minutes = …`."""
    for trait, requirement in made.traits:
        if trait.key not in _WORKED_OUT or "computed" in made.spec:
            continue
        formula = trait.key == "formula" or made.has("shown")
        if (
            formula and _explained(plan, entity, made, _without_ban(trait.value))
        ) or trait.key == "formula":
            continue
        finding = next(
            (each for each in plan.analysis.findings if each.source.id == requirement), None
        )
        if finding is None or ("on_create" in made.spec and trait.key == "meaning"):
            continue
        try:
            if trait.key == "computed_once":
                span, tokens = trait.value
                _set(
                    plan.world,
                    entity,
                    made,
                    Shift(operand_of(plan, finding, tokens), 1, span),
                    once=True,
                )
            else:
                _meaning(plan, finding, entity, made, trait.value)
        except Unresolved as reason:
            once = trait.key == "computed_once"
            if once or not _explained(plan, entity, made, _without_ban(trait.value)):
                plan.ledger.miss(requirement, f"how {made.name!r} is worked out: {reason}")
                _give_up(made)


def _explained(plan: Plan, entity: str, made: FieldDraft, tokens: tuple[Token, ...]) -> bool:
    """Work a field out by the sorted words of its description."""
    chosen = _chosen(plan, entity, tokens)
    if chosen is not None:
        kind, text = chosen
        _compute(plan, entity, made, text)
        made.spec["type"] = kind
        return True
    ground = _figures_of(plan, entity, made).about(tokens)
    figure = explained(ground, tokens, made.name)
    if figure is not None:
        _compute(plan, entity, made, figure)
    return figure is not None


_IF = frozenset("if when while where whenever once whether after for".split())
_ELSE = frozenset("otherwise else".split())
_ASKING = frozenset("does is has whether".split())


def _chosen(plan: Plan, entity: str, tokens: tuple[Token, ...]) -> tuple[str, str] | None:
    """`"high" when systolic is 140 or more, otherwise "normal"`, `true while …`: type and expression."""
    at = 0
    first: str | bool | None = True
    if not tokens:
        return None
    if tokens[0].low not in _ASKING:
        at = next((at for at, token in enumerate(tokens) if token.low in _IF | {"as"}), 0)
        first = _worth(tokens[at - 1]) if at else None
        if first is None and not _PAST & {token.low for token in tokens}:
            return None
    end = next((i for i, token in enumerate(tokens) if token.low in _ELSE), len(tokens))
    others = [_worth(token) for token in tokens[end + 1 :] if token.kind != "mark"]
    told = [token for token in tokens[at:end] if token.low != "?"]
    if end < len(tokens) and not others and told:  # …, and false otherwise
        others, told = [_worth(told[-1])], told[:-1]
    while told and told[-1].low in {",", "and", ";", "or", "not"}:
        told.pop()
    test = _tested(plan, entity, told)
    if test is None:
        return None
    if not isinstance(first, str):
        return "boolean", opposite(test) if first is False else test
    if len(others) != 1 or others[0] is None:
        return None
    return "string", f"{first!r} if {test} else {others[0]!r}"


_PAST = frozenset("past passed today".split())


def _worth(token: Token) -> str | bool | None:
    if token.low in {"true", "yes", "false", "no"}:
        return token.low in {"true", "yes"}
    return str(token.value or token.text).strip('"`') if token.kind in {"quote", "name"} else None


_LEADS = "(if|when|while|where|whenever|once|whether|as long as|as soon as|so long as)"
_SAID_OTHERWISE = (
    (f"[{_LEADS}] [it is] <open:one> after [its] <field:two>", "it is $one and $two has passed"),
    ("(after|once|since) [its] <field:two> [is (past|over|gone)]", "$two has passed"),
    ("for (a|an|any|every) <open:one> <open> whose <open:two>", "it is $one and $two"),
    (f"[{_LEADS}] <open:one> and [its] <field:two> (has gone by|is gone|is over|in the past|is in the past|lies in the past)", "$one and $two has passed"),
    (f"[{_LEADS}] [its] <field:two> (has gone by|is gone|is over|is past)", "$two has passed"),
    ("(does|has|is) <open:one>", "$one"),
    (f"[{_LEADS}] <open:one>", "$one"),
    (f"[{_LEADS}] <open:one>", "it is $one"),
)  # fmt: skip
"""Conditions in words that the grammar of conditions does not know, and how it says them."""


def _tested(plan: Plan, entity: str, tokens: Sequence[Token]) -> str | None:
    """Read all of some words as a condition on an item."""
    world = plan.world
    slots: dict[str, SlotFunction] = {"open": any_tokens, "field": any_tokens}
    reader = Reader(tokens, slots)
    for text, said in _SAID_OTHERWISE:
        for captures in compile_pattern(text).wholes(reader):
            if (
                "two" in captures
                and "field" in text
                and world.field(entity, [each.low for each in captures["two"]]) is None
            ):
                continue
            words = [
                each
                for part in said.split()
                for each in (captures[part[1:]] if part[0] == "$" else tokenize(part))
            ]
            test = truth(Ground.of(world, entity), words) or _condition(plan, entity, words)
            if test is not None:
                return test
    return None


def _condition(plan: Plan, entity: str, tokens: Sequence[Token]) -> str | None:
    situation = Situation(plan.world.structure.known, None, plan.analysis.vocabulary)
    situation.extra["topic"] = entity
    reader = Reader(tuple(tokens), whole_grammar().slots, situation)
    for term, end in reader.slot("condition", 0):
        if end >= len(tokens):
            try:
                return condition(Scope(plan.world, (Frame(entity),)), term)
            except Unresolved:
                continue
    return None


def _figures_of(plan: Plan, entity: str, made: FieldDraft) -> Ground:
    return replace(Ground.of(plan.world, entity), itself=made.name)


def _compute(plan: Plan, entity: str, made: FieldDraft, text: str) -> None:
    made.spec.update(
        computed=text, type=kind_of(plan.world, text, entity), set_by="system", required=False
    )
    for key in ("on_create", "default", "min_length", "minimum", "exclusive_minimum"):
        made.spec.pop(key, None)


def _give_up(made: FieldDraft) -> None:
    """A value that could not be worked out stays empty and is never taken from a client."""
    made.spec.setdefault("set_by", "system")
    made.spec["required"] = False


def _reader(plan: Plan, finding: Finding, tokens: tuple[Token, ...]) -> Reader:
    situation = Situation(plan.world.structure.known, None, plan.analysis.vocabulary, finding.route)
    return Reader(tokens, whole_grammar().slots, situation)


def operand_of(plan: Plan, finding: Finding, tokens: tuple[Token, ...]) -> Value:
    """Read the value that a few words name.

    Raises:
        Unresolved: They name none.
    """
    reader = _reader(plan, finding, tokens)
    for term, end in reader.slot("operand", 0):
        if end >= len(tokens) - 1:
            return term  # type: ignore[no-any-return]
    raise Unresolved(f"{' '.join(token.text for token in tokens)!r} is not understood")


def _without_ban(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`quantity times unit_price; cannot be sent by the client`: that goes for all that is worked out."""
    for at, token in enumerate(tokens):
        behind = {each.low for each in tokens[at + 1 :]}
        if (
            token.low in {";", ",", "."}
            and behind & _BANS
            and behind & {"sent", "set", "given", "written", "only", "changed", "client"}
        ):
            return tokens[:at]
        if token.low in {";", ","} and at and behind:
            traits, left = read_traits(tokens[at + 1 :])
            if not left and {trait.key for trait in traits} == {"system"}:
                return tokens[:at]  # …, set by the server
    return tokens


_BANS = frozenset({"not", "never", "cannot", "read-only", "no", "read"})


def _meaning(
    plan: Plan, finding: Finding, entity: str, made: FieldDraft, tokens: tuple[Token, ...]
) -> None:
    """Read a value, perhaps with `empty as long as …` behind it."""
    tokens = _without_ban(tokens)
    reader = _reader(plan, finding, tokens)
    best: tuple[int, Value] | None = None
    for term, end in reader.slot("value", 0):
        if best is None or end > best[0]:
            best = (end, term)
    if best is None:
        raise Unresolved("its description is not understood")
    end, term = best
    discount = _discount(reader, end)
    if discount is not None:
        scope = Scope(plan.world, (Frame(entity),))
        made.spec.update(computed=_reduced(scope, term, discount), set_by="system", required=False)
        return
    rest = [token for token in tokens[end:] if token.low not in {",", ".", ";"}]
    if rest and rest[0].low not in {"empty", "null", "nothing"}:
        left = " ".join(token.text for token in rest)
        raise Unresolved(f"{left!r} is not understood")
    _set(plan.world, entity, made, term)


_DISCOUNTS: tuple[tuple[str, str], ...] = (
    ("[,] [and|with|but] (from|for) [at least] <span> on [(there is|you get|we give|one gets)] [a discount of] <number> (%|percent) (off|discount|less)", ">="),
    ("[,] [and|with|but] from <span> [(there is|you get|we give|one gets)] [a discount of] <number> (%|percent) (off|discount|less)", ">="),
    ("[,] [and|with|but] (for|if it is) (more|longer) than <span> [,] [(there is|you get|we give|one gets)] [a discount of] <number> (%|percent) (off|discount|less)", ">"),
    ("[,] [and|with|but] <number> (%|percent) (off|discount|less) (from|for) [at least] <span> [(on|or more|or longer)]", ">="),
)  # fmt: skip


def _discount(reader: Reader, at: int) -> tuple[str, float, float] | None:
    """`and from 7 days on there is 10 % off`: the comparison, the length and the part that is left."""
    for text, operator in _DISCOUNTS:
        for end, captures in compile_pattern(text).prefixes(reader, at):
            if all(token.kind == "mark" for token in reader.tokens[end:]):
                return operator, captures["span"].value, 1 - captures["number"] / 100
    return None


def _reduced(scope: Scope, term: Value, discount: tuple[str, float, float]) -> str:
    """Write a price that becomes lower for a longer time."""
    operator, least, left = discount
    elapsed = _first_elapsed(term)
    if elapsed is None:
        raise Unresolved("it is not clear what the discount depends on")
    text = value(scope, term)
    return f"({text}) * {round(left, 4)} if {value(scope, elapsed)} {operator} {least} else {text}"


def _first_elapsed(term: Value) -> Elapsed | None:
    match term:
        case Elapsed():
            return term
        case Arithmetic(left=left, right=right):
            return _first_elapsed(left) or _first_elapsed(right)
        case _:
            return None


# --- by name -------------------------------------------------------------------------------------

_ALONE = frozenset({"free", "available", "remaining", "left"})
"""What a single word can say of a field that no sentence about answers shows."""


def _is_count(plan: Plan, entity: str, made: FieldDraft) -> bool:
    """`episode_count` of a show that episodes refer to: nobody sends that."""
    world = plan.world
    if made.words[-1:] != ("count",) or len(made.words) < 2 or made.has("required"):
        return False
    target = world.structure.lexicon.find([singular(each) for each in made.words[:-1]])
    return target is not None and bool(world.references(target.name, entity))


def _by_name(plan: Plan, entity: str, made: FieldDraft) -> None:
    """`reviewCount`, `average_rating`, `free_seats` that the service sets: what their names say."""
    if _is_count(plan, entity, made):
        made.spec["set_by"] = "system"
    if made.spec.get("set_by") != "system" or "computed" in made.spec or "on_create" in made.spec:
        return
    if ("default" in made.spec and not made.has("first")) or made.spec.get("type") not in {
        *NUMERIC,
        "string",
        None,
    }:
        return
    world = plan.world
    words = made.words
    source = _copy_of(world, entity, made)
    if source is not None:
        kind, text = source
        made.spec.update(on_create=text, type=kind, required=True)
        return
    figure = _sum_of_parts(world, entity, words) or _total_of_lines(world, entity, words)
    alone = made.has("shown") and not made.has("meaning")
    if len(words) > 1 or words[0] in _ALONE or alone:
        figure = figure or named(_figures_of(plan, entity, made), made.name)
    if figure is not None:
        _compute(plan, entity, made, figure)


def _copy_of(world: World, entity: str, made: FieldDraft) -> tuple[str, str] | None:
    """`unit_price` of a line: the price of the product, as it is when the line is made."""
    if not made.has("copied") and made.words[0] not in {"unit", "original", "agreed", "current"}:
        return None
    for reference in world.fields(entity):
        if reference.references is None or reference.hidden or reference.references == world.user:
            continue
        for words in (made.words, made.words[1:], made.words[-1:]):
            there = world.field(reference.references, words) if words else None
            if there is not None and "computed" not in there.spec and there.references is None:
                way = f"{escape(navigation(reference.name))}.{escape(there.name)}"
                return str(there.spec.get("type")), way
    return None


def _total_of_lines(world: World, entity: str, words: tuple[str, ...]) -> str | None:
    """`subtotal` of an order: what its lines cost, piece by piece."""
    if words[-1] not in {"subtotal", "total", "sum", "amount", "price"}:
        return None
    for name, draft in world.structure.entities.items():
        if not draft.is_child or not world.references(name, entity):
            continue
        amount = world.amount(name)
        price = next((made for made in world.fields(name) if made.words[-1] in {"price", "cost"}
                      and made.spec.get("type") in NUMERIC), None)  # fmt: skip
        if price is None:
            continue
        link = f"{escape(world.references(name, entity)[0].name)} == this.id"
        each = f"{escape(amount.name)} * {escape(price.name)}" if amount else escape(price.name)
        return f"sum({name}, {each}, {link})"
    return None


def _sum_of_parts(world: World, entity: str, words: tuple[str, ...]) -> str | None:
    """`total` where there is a `subtotal`: with everything that is added to it."""
    subtotal = world.field(entity, ("subtotal",))
    if words != ("total",) or subtotal is None or "computed" not in subtotal.spec:
        return None
    extra = [made for made in world.fields(entity) if made.spec.get("type") == "money"
             and made.spec.get("set_by") == "system" and made.words[-1] not in {"subtotal", "total"}]  # fmt: skip
    signs = {"discount": "-", "rebate": "-", "deduction": "-"}
    return " ".join(
        ["subtotal", *(f"{signs.get(m.words[-1], '+')} {escape(m.name)}" for m in extra)]
    )
