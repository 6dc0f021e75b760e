"""Rules from what is said of single fields and no schema can hold: moments, comparisons, numbers."""

from __future__ import annotations

from quantumlayer.offline.reading.document._drafts import FieldDraft
from quantumlayer.offline.reading.language._terms import Compare, FieldOf
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.planning._plan import Plan
from quantumlayer.offline.reading.planning._render import Frame, Scope, condition, literal_text
from quantumlayer.offline.reading.planning._worked import operand_of
from quantumlayer.offline.reading.planning._world import Unresolved, escape, key_of
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._refusals import keys_of
from quantumlayer.offline.reading.text._tokens import Token, tokenize

__all__ = ["add_field_rules"]

_MOMENTS = {"future": ">", "past": "<", "not_past": ">=", "not_future": "<="}


def add_field_rules(plan: Plan) -> None:
    """Add a rule for everything that is said of a field and that its specification cannot say."""
    for name, draft in plan.world.structure.entities.items():
        for made in draft.fields.values():
            if made.spec.get("type") in {"integer", "number", "money"} and made.has("choices"):
                _numbers(plan, name, made)
            if made.spec.get("type") == "strings" and made.has("unique"):
                _none_twice(plan, name, made)
            for trait, requirement in made.traits:
                try:
                    _rule_of(plan, name, made, trait, requirement)
                except Unresolved as reason:
                    plan.ledger.miss(requirement, f"a condition on {made.name!r}: {reason}")


def _rule_of(plan: Plan, entity: str, made: FieldDraft, trait: Trait, requirement: str) -> None:
    match trait.key:
        case "moment":
            _moment(plan, entity, made, str(trait.value), requirement)
        case "check":
            _check(plan, entity, made, trait, requirement)
        case "unique_in":
            _unique_in(plan, entity, made, trait, requirement)
        case _:
            pass


def _text(plan: Plan, requirement: str) -> str:
    return next(
        (
            each.source.requirement.text
            for each in plan.analysis.findings
            if each.source.id == requirement
        ),
        "",
    )


def _numbers(plan: Plan, entity: str, made: FieldDraft) -> None:
    """`a length of 15, 30 or 60 minutes`: no other number is valid."""
    values = [each for each in made.spec.get("numbers", ()) if not isinstance(each, str)]
    if not values:
        return
    name = escape(made.name)
    text = f"{name} in ({', '.join(literal_text(each) for each in values)},)"
    if not made.spec.get("required", True):
        text = f"{name} is None or {text}"
    requirement = next(each for trait, each in made.traits if trait.key == "choices")
    plan.rule(
        entity, ["create", "update"], text, requirement=requirement, status=422,
        text=f"{made.name} is one of {', '.join(literal_text(each) for each in values)}.",
    )  # fmt: skip


def _moment(plan: Plan, entity: str, made: FieldDraft, when: str, requirement: str) -> None:
    """A date in the future: when it is given, and when it is changed."""
    kind = made.spec.get("type")
    if kind not in {"date", "datetime"}:
        raise Unresolved("it is no moment")
    if made.spec.get("set_by") == "system":
        return
    name = escape(made.name)
    text = f"{name} {_MOMENTS[when]} {'today()' if kind == 'date' else 'now()'}"
    sentence = _text(plan, requirement)
    plan.rule(entity, ["create"], text, text=sentence, requirement=requirement)
    if not made.spec.get("immutable"):
        kept = f"{name} == old.{name} or {text}"
        plan.rule(entity, ["update"], kept, text=sentence, requirement=requirement)


def _check(plan: Plan, entity: str, made: FieldDraft, trait: Trait, requirement: str) -> None:
    """`an end after the start`: compared with another field."""
    operator, tokens = trait.value
    finding = next((each for each in plan.analysis.findings if each.source.id == requirement), None)
    if finding is None:
        raise Unresolved("it is not clear with what it is compared")
    if operator == "included":
        tokens = _options_of(plan, entity, tokens)
    words = tuple(token.low for token in tokens if token.low not in {"the", "its", "their"})
    other = plan.world.field(entity, words)
    right = FieldOf(other.words) if other is not None else operand_of(plan, finding, tokens)
    scope = Scope(plan.world, (Frame(entity),))
    text = condition(scope, Compare(FieldOf(made.words), operator, right))
    plan.rule(
        entity, ["create", "update"], text, text=_text(plan, requirement), requirement=requirement
    )


def _options_of(plan: Plan, entity: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`the poll's texts`: its only list of texts, whatever it is called there."""
    owner = plan.world.structure.lexicon.find([tokens[0].low])
    draft = plan.world.structure.entities.get(owner.name) if owner is not None else None
    lists = [] if draft is None else [
        made for made in draft.fields.values() if made.spec.get("type") == "strings"
    ]  # fmt: skip
    if len(lists) == 1 and not any(token.low in lists[0].words for token in tokens):
        return (*tokens[:-1], *tokenize(lists[0].name))
    return tokens


def _none_twice(plan: Plan, entity: str, made: FieldDraft) -> None:
    """`options, no text twice`: no two of the same list are alike."""
    made.spec.pop("unique", None)
    requirement = next(each for trait, each in made.traits if trait.key == "unique")
    text = f"distinct({escape(made.name)})"
    if not made.spec.get("required", True) and made.spec.get("default") is None:
        text = f"{escape(made.name)} is None or {text}"
    plan.rule(
        entity, ["create", "update"], text, text=_text(plan, requirement), requirement=requirement
    )


def _unique_in(plan: Plan, entity: str, made: FieldDraft, trait: Trait, requirement: str) -> None:
    """`unique within a project`, `unique per person`: together with the reference to it."""
    world = plan.world
    situation = Situation(world.structure.known, None, plan.analysis.vocabulary)
    names, items = keys_of(trait.value, situation)
    keys = [
        *(found.name for words in names if (found := world.field(entity, words)) is not None),
        *(name for each in items if (name := key_of(world, entity, each)) is not None),
    ]
    known = keys or any(each.entity for each in items)
    plain = not any(token.low in {"of", "for", "per"} for token in trait.value)
    if not known and plain and trait.value[0].low in {"the", "our", "this", "all"}:
        made.spec["unique"] = True  # in the box, in our register: there is but one
        made.asked(requirement)
        return
    if not keys or len(keys) < len(names) + len(items):
        words = " ".join(token.text for token in trait.value)
        raise Unresolved(f"{words!r} leads to no field or reference")
    made.spec["unique_with"] = [key for key in keys if key != made.name]
    made.asked(requirement)
