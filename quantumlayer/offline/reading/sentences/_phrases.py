"""Descriptions of items, values and conditions, read with the vocabulary of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from quantumlayer.offline.reading.language._patterns import Reader, SlotFunction, compile_pattern
from quantumlayer.offline.reading.language._slots import Span, literal_of
from quantumlayer.offline.reading.language._terms import (
    AllOf,
    AnyOf,
    Arithmetic,
    Being,
    Between,
    Call,
    Compare,
    Condition,
    Count,
    Doing,
    Elapsed,
    FieldOf,
    Fold,
    Having,
    Items,
    Literal,
    Moment,
    Opposite,
    Same,
    Shift,
    There,
    Value,
    bind,
)
from quantumlayer.offline.reading.language._vocabulary import EntityWord, Lexicon
from quantumlayer.offline.reading.sentences._definitions import DEFINITION_SLOTS
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
)
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, forms, is_plural, plural, singular, verb

__all__ = ["PHRASE_SLOTS", "Vocabulary"]


@dataclass(slots=True)
class Vocabulary:
    """What the document calls its things, their fields and their states."""

    lexicon: Lexicon
    fields: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Words of every field's label → one of its names."""
    states: dict[str, set[str]] = field(default_factory=dict)
    """Values that may be chosen, in lower case → entities."""
    verbs: dict[str, str] = field(default_factory=dict)
    """What people do, by the entity it makes: vote → Vote."""
    users: str | None = None
    """The entity of those who log in."""

    def field_at(self, reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
        """Read the label or name of a field, longest first."""
        if at < len(reader.tokens) and reader.tokens[at].kind == "name":
            yield (reader.tokens[at].value,), at + 1
            return
        for end in range(min(len(reader.tokens), at + 4), at, -1):
            words = tuple(token.low for token in reader.tokens[at:end])
            if any(token.kind != "word" for token in reader.tokens[at:end]):
                continue
            single = (*words[:-1], singular(words[-1]))
            if words in self.fields or single in self.fields:
                yield words, end


_STOP = PREPOSITIONS | frozenset(
    "is are was were be been has have had can may must should shall will would could might do"
    " does did and but if when while which that who whose where i we you he she it they there"
    " nobody what how than as once until unless because only".split()
)
_QUANTIFIERS = DETERMINERS | frozenset(
    "other same own both no only more further such existing new two one single few fewer less"
    " additional different whole".split()
)
_PERSONS = frozenset(
    "i me you we us somebody someone anybody anyone nobody everybody everyone people person one whoever"
    " user users caller".split()
)
_PRONOUNS = frozenset(
    {"it", "they", "them", "itself", "this", "that", "these", "those", "he", "she"}
)


# --- items ---------------------------------------------------------------------------------------


def _items(reader: Reader, at: int) -> Iterator[tuple[Items, int]]:
    """Read a description of items, longest first."""
    found = list(_descriptions(reader, at))
    found.sort(key=lambda pair: -pair[1])
    yield from found


def _descriptions(reader: Reader, at: int) -> Iterator[tuple[Items, int]]:
    yield from _pronoun(reader, at)
    start, quantifier, number = _quantity(reader, at)
    for head_at in range(start, min(start + 5, len(reader.tokens))):
        before = reader.tokens[start:head_at]
        if any(_no_adjective(token) for token in before):
            break
        for items, end in _head(reader, head_at):
            adjectives = _adjectives(before)
            if adjectives is None:
                continue
            whole = replace(
                items,
                where=(*adjectives, *items.where),
                quantifier=quantifier,
                number=number,
                words=tuple(token.low for token in reader.tokens[at:end]),
            )
            yield from _extended(reader, whole, end)
            if reader.low(end) == "'s":
                yield from _possessed(reader, whole, end + 1)
            if reader.low(end) in {"or", "and", ","}:
                yield from _paired(reader, whole, end + 1)


def _possessed(reader: Reader, owner: Items, at: int) -> Iterator[tuple[Items, int]]:
    """`the member's open loans`."""
    for head_at in range(at, min(at + 3, len(reader.tokens))):
        before = reader.tokens[at:head_at]
        if any(_no_adjective(token) for token in before):
            return
        adjectives = _adjectives(before)
        if adjectives is None:
            continue
        for items, end in _head(reader, head_at):
            if items.entity is None:
                continue
            whole = replace(items, where=(*adjectives, *items.where), of=(owner,))
            yield from _extended(reader, whole, end)


def _paired(reader: Reader, first: Items, at: int) -> Iterator[tuple[Items, int]]:
    """`a product or warehouse that has movements`: what is said holds for both."""
    if first.where or first.of or first.entity is None:
        return
    start = at + 1 if reader.low(at) in {"a", "an", "the", "and", "or"} else at
    for second, end in _head(reader, start):
        if second.entity is None or second.entity == first.entity:
            continue
        joined = replace(second, also=(*first.also, first.entity), quantifier=first.quantifier)
        yield from _extended(reader, joined, end)


def _pronoun(reader: Reader, at: int) -> Iterator[tuple[Items, int]]:
    low = reader.low(at)
    if at >= len(reader.tokens) or reader.tokens[at].kind != "word":
        return
    if low in _PRONOUNS and (low not in {"that", "this", "these", "those"} or _alone(reader, at)):
        yield Items(None, words=(low,)), at + 1
    if low in _PERSONS:
        person = Items(None, person=True, quantifier="no" if low == "nobody" else "", words=(low,))
        yield person, at + 1
        if reader.low(at + 1) == "else":
            yield replace(person, quantifier="other", words=(low, "else")), at + 2
        if low in {"anyone", "anybody", "one", "people", "somebody", "someone", "nobody"}:
            yield from (
                (items, end) for items, end in _extended(reader, person, at + 1) if end > at + 1
            )
    yield from _a_person(reader, at)
    if low in {"what", "whatever", "whoever"} and reader.low(at + 1) in {"is", "was", "has"}:
        for condition, end in _predicates(reader, at + 1):
            yield Items(None, (condition,), words=(low,)), end
    if low in {"the", "a"} and reader.low(at + 1) in {"user", "caller", "person"}:
        yield Items(None, person=True, words=(reader.low(at + 1),)), at + 2


_PERSONAL = frozenset(
    "member customer student patient employee volunteer tenant player client guest reader driver agent"
    " teacher trainer bidder seller shopper applicant voter participant attendee author resident borrower".split()
)
_OF_A_PERSON = frozenset({"a", "an", "the", "no", "each", "every", "any", "same", "one", "per"})


def _a_person(reader: Reader, at: int) -> Iterator[tuple[Items, int]]:
    """`no member`, `each customer`: whoever uses the service, where they are nothing that is kept."""
    lexicon: Lexicon = reader.context.vocabulary.lexicon
    start = at
    while reader.low(start) in _OF_A_PERSON and start < len(reader.tokens):
        start += 1
    word = singular(reader.low(start))
    known = reader.context.vocabulary.fields
    if word in _PERSONAL and lexicon.find([word]) is None and (word,) not in known:
        negated = reader.low(at) == "no"
        yield Items(None, person=True, quantifier="no" if negated else "", words=(word,)), start + 1


def _alone(reader: Reader, at: int) -> bool:
    following = reader.low(at + 1)
    return not following or following in _STOP or verb(following) is not None


_POINTING_AT = frozenset("the a an their his her its own single".split())


def _quantity(reader: Reader, at: int) -> tuple[int, str, int | None]:
    quantifier, number = "", None
    while at < len(reader.tokens):
        low, token = reader.low(at), reader.tokens[at]
        if low in _QUANTIFIERS and token.kind == "word":
            if low in {"one", "two"}:
                number = NUMBER_WORDS[low]
            significant = low not in _POINTING_AT
            if significant or not quantifier:
                quantifier = low
            at += 1
            if reader.low(at) == "of" and low in {"all", "any", "each", "one", "both"}:
                at += 1
        elif (low in NUMBER_WORDS and token.kind == "word") or token.kind == "number":
            number = int(token.value) if token.kind == "number" else NUMBER_WORDS[low]
            at += 1
        elif low in ADVERBS - {"exactly", "again"} and quantifier:
            at += 1
        else:
            break
    return at, quantifier, number


def _no_adjective(token: Token) -> bool:
    if token.kind == "quote":
        return False
    if token.kind not in {"word", "name"}:
        return True
    return token.low in _STOP - {"not", "and"} or token.low in DETERMINERS | NUMBER_WORDS.keys()


_HOW_MANY = frozenset("many few much more most several fewer less".split())


def _adjectives(tokens: Iterable[Token]) -> tuple[Condition, ...] | None:
    """`open`, `not returned`, `new or assigned`, `sent and unpaid`."""
    groups: list[list[Condition]] = [[]]
    negated = False
    joined = ""
    for token in tokens:
        if token.low in ADVERBS:
            continue
        if token.low in _HOW_MANY:
            return None
        if token.low in {"not", "non"}:
            negated = True
        elif token.low in {"or", "and", ","}:
            joined = token.low if token.low != "," else joined
        else:
            word = str(token.value or token.low).lower()
            groups[0].append(Being(None, (word,), negated))
            negated = False
    parts = groups[0]
    if negated:
        return None
    if joined == "or" and len(parts) > 1:
        return (AnyOf(tuple(parts)),)
    if len(parts) > 1 and not joined:
        words = tuple(part.words[0] for part in parts if isinstance(part, Being))
        return (Being(None, words, parts[0].negated if isinstance(parts[0], Being) else False),)
    return tuple(parts)


def _head(reader: Reader, at: int) -> Iterator[tuple[Items, int]]:
    vocabulary: Vocabulary = reader.context.vocabulary
    for end in range(min(len(reader.tokens), at + 3), at, -1):
        tokens = reader.tokens[at:end]
        named = tokens[0].kind == "name" and (
            is_plural(tokens[0].low) or tokens[0].text[0].isupper()
        )
        if any(token.kind != "word" for token in tokens) and (len(tokens) > 1 or not named):
            continue
        words = [token.low.strip("`") for token in tokens]
        entity = _entity(vocabulary.lexicon, words)
        if entity is not None:
            yield Items(entity.name, many=is_plural(words[-1])), end
    low = reader.low(at)
    if low in {"one", "ones"} and at:
        yield Items(None, many=low == "ones"), at + 1
    state = singular(low)
    if state != low and state in vocabulary.states and reader.tokens[at].kind == "word":
        for entity_name in sorted(vocabulary.states[state]):
            yield Items(entity_name, (Being(None, (state,)),), many=True), at + 1


def _entity(lexicon: Lexicon, words: list[str]) -> EntityWord | None:
    """Find an entity by exactly these words, without any left over."""
    label = singular(" ".join(words))
    for entity in lexicon:
        if label == entity.label or label in entity.aliases:
            return entity
    return None


# --- what stands behind the noun -----------------------------------------------------------------


def _extended(reader: Reader, items: Items, at: int, depth: int = 0) -> Iterator[tuple[Items, int]]:
    yield items, at
    if depth >= 4:
        return
    for more, end in _modifiers(reader, items, at):
        yield from _extended(reader, more, end, depth + 1)


_LINKS = frozenset(
    {"of", "for", "in", "on", "to", "from", "at", "by", "with", "within", "per", "under", "about"}
)


def _modifiers(reader: Reader, items: Items, at: int) -> Iterator[tuple[Items, int]]:
    low = reader.low(at)
    if low == "and" and reader.low(at + 1) in {"that", "which", "who", "whose", "with", "without"}:
        yield from _modifiers(reader, items, at + 1)
    if low in {",", "at", "any"} and reader.low(at + 1) in frozenset(
        "which that who whose all more".split()
    ):
        if low == ",":
            yield from _modifiers(reader, items, at + 1)
        else:
            yield items, at + 2  # at all, any more
    if low == "(" and reader.low(at + 2) == ")":
        yield items, at + 3
    yield from _state_of(reader, items, at)
    yield from _with(reader, items, at)
    if low in _LINKS:
        yield from _linked(reader, items, at + 1, low)
    yield from _relative(reader, items, at)
    yield from _participle(reader, items, at)
    if at < len(reader.tokens) and reader.tokens[at].kind == "quote":
        yield _restricted(items, Being(None, (reader.tokens[at].value.lower(),))), at + 1


def _restricted(items: Items, *conditions: Condition) -> Items:
    return replace(items, where=(*items.where, *conditions))


def _state_of(reader: Reader, items: Items, at: int) -> Iterator[tuple[Items, int]]:
    """`in status "assigned"`, `with the status open`, `in repair`."""
    if reader.low(at) not in {"in", "with", "of", "on"}:
        return
    start = at + 1
    if reader.low(start) in {"the", "a"}:
        start += 1
    if reader.low(start) in {"status", "state", "stage"}:
        for words, end in _state_list(reader, start + 1):
            yield _restricted(items, words), end
    vocabulary: Vocabulary = reader.context.vocabulary
    joined = f"{reader.low(at)} {reader.low(at + 1)}"
    if joined in vocabulary.states or tuple(joined.split()) in vocabulary.fields:
        yield _restricted(items, Being(None, tuple(joined.split()))), at + 2


def _state_list(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    for values, end in reader.slot("choices", at):
        if all(str(value).lower() in reader.context.vocabulary.states for value in values):
            yield AnyOf(tuple(Being(None, (str(value).lower(),)) for value in values)), end
    for value, end in reader.slot("literal", at):
        if isinstance(value, str):
            yield Being(None, tuple(value.lower().split())), end


def _with(reader: Reader, items: Items, at: int) -> Iterator[tuple[Items, int]]:
    """`with an overdue loan`, `without a grade`, `with the same email`, `with more than 3 lines`."""
    low = reader.low(at)
    if low not in {"with", "without", "having"}:
        return
    negated = low == "without"
    same = reader.low(at + 1) == "the" and reader.low(at + 2) in {"same", "identical"}
    such = reader.low(at + 1) in {"that", "this", "such"}
    if same or such:
        start = at + 3 if same or reader.low(at + 2) in {"a", "an"} else at + 2
        for words, end in _field_words(reader, start):
            yield _restricted(items, Same(words)), end
    start = at + 1
    if reader.low(start) in {"no", "any"}:
        negated = negated or reader.low(start) == "no"
        start += 1
    for other, end in reader.slot("items", start):
        if other.entity is not None and not other.person:
            if other.number is not None or other.quantifier in {"more", "fewer"}:
                continue
            yield _restricted(items, Having(None, other, negated)), end
    for counted, end in _counted_items(reader, start):
        yield _restricted(items, counted), end
    for words, end in _field_words(reader, _behind_article(reader, start)):
        yield _restricted(items, Having(None, FieldOf(words), negated)), end
        for operator, right, stop in _comparison(reader, end):
            yield _restricted(items, Compare(FieldOf(words), operator, right)), stop
        for value, stop in reader.slot("literal", end):
            yield _restricted(items, Compare(FieldOf(words), "==", Literal(value))), stop


def _counted_items(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`more than 3 open tickets`."""
    for operator, start in _operators(reader, at):
        read = list(reader.slot("number", start))
        for number, end in read:
            for items, stop in reader.slot("items", end):
                if items.entity is not None:
                    yield Compare(Count(items), operator, Literal(number)), stop


def _behind_article(reader: Reader, at: int) -> int:
    return (
        at + 1 if reader.low(at) in {"a", "an", "the", "its", "their", "his", "her", "any"} else at
    )


def _linked(reader: Reader, items: Items, at: int, preposition: str) -> Iterator[tuple[Items, int]]:
    for other, end in reader.slot("items", at):
        if preposition in {"with", "to"} and other.person:
            continue
        if (
            preposition == "with"
            and _refers(reader, other, items)
            and not _refers(reader, items, other)
        ):
            continue  # trees with harvests: they have some
        if other.entity is not None or other.person or other.words[:1] in {("it",), ("them",)}:
            yield replace(items, of=(*items.of, other)), end
            joined = end
            if reader.low(joined) in {"and", ","}:
                for second, stop in reader.slot("items", joined + 1):
                    if second.entity is not None or second.person:
                        yield replace(items, of=(*items.of, other, second)), stop


def _refers(reader: Reader, items: Items, other: Items) -> bool:
    """Whether items refer to the others."""
    entities = reader.context.extra.get("entities", {}) if reader.context is not None else {}
    draft = entities.get(items.entity)
    fields = draft.fields.values() if draft is not None else ()
    return other.entity is not None and any(made.references == other.entity for made in fields)


def _relative(reader: Reader, items: Items, at: int) -> Iterator[tuple[Items, int]]:
    low = reader.low(at)
    if low in {"that", "which", "who"}:
        for condition, end in _predicates(reader, at + 1):
            yield _restricted(items, condition), end
    if low == "whose":
        for words, end in _field_words(reader, at + 1):
            for condition, stop in _field_predicates(reader, FieldOf(words), end):
                yield _restricted(items, condition), stop
        for value, end in reader.slot("value", at + 1):
            for operator, right, stop in _comparison(reader, _behind_be(reader, end)):
                yield _restricted(items, Compare(value, operator, right)), stop
    if low in {"not", "already", "still", "currently"} or _is_participle(reader, at):
        for condition, end in _adjective_list(reader, at):
            if not isinstance(condition, Being) or len(condition.words) <= 2:
                yield _restricted(items, condition), end


def _is_participle(reader: Reader, at: int) -> bool:
    found = forms(reader.low(at))
    return "participle" in found and "base" not in found


def _participle(reader: Reader, items: Items, at: int) -> Iterator[tuple[Items, int]]:
    """`assigned to the agent`, `made by the user`, `belonging to it`."""
    low = reader.low(at)
    behind = reader.low(at + 1)
    if (_is_participle(reader, at) or low in {"belonging", "due"}) and behind in frozenset(
        "to by for in on".split()
    ):
        yield from _linked(reader, items, at + 2, behind)


def _predicates(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """Read what is said about a subject that was named before; joined by `and` and `or`."""
    for first, end in _predicate(reader, at):
        low = reader.low(end)
        if low in {"and", "or"} or (low == "," and reader.low(end + 1) in {"and", "or"}):
            joined = end + (1 if low != "," else 2)
            if reader.low(joined) in {"that", "which", "who"}:
                joined += 1
            for second, stop in _predicates(reader, joined):
                parts = (first, *(second.parts if isinstance(second, AllOf | AnyOf) else (second,)))
                word = low if low != "," else reader.low(end + 1)
                yield (AllOf(parts) if word == "and" else AnyOf(parts)), stop
        yield first, end


def _predicate(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    while reader.low(at) in ADVERBS | {"already", "still", "currently"} and at < len(reader.tokens):
        at += 1
    low = reader.low(at)
    if low in {"is", "are", "was", "were", "stays", "remains", "becomes", "gets", "be"}:
        yield from _being(reader, at + 1)
    if low in {"has", "have", "had"}:
        yield from _having(reader, at + 1)
    if low in {"does", "do", "did"} and reader.low(at + 1) == "not":
        if reader.low(at + 2) == "have":
            for condition, end in _having(reader, at + 3):
                yield _opposite(condition), end
        elif reader.low(at + 2) in {"belong", "fit", "exist"}:
            for other, end in reader.slot("items", at + 4):
                yield Opposite(Compare(FieldOf(("id",)), "in", Count(other))), end
    if low == "not":
        for condition, end in _being(reader, at):
            yield condition, end
    yield from _acting(reader, at)
    yield from _untaken(reader, at)


_THEN = (
    "on any of these days", "on these days", "in that time", "at that time", "in this time", "then",
    "during that time", "in that period", "for that time", "on those days", "on any of those days",
    "in the time span", "at this time", "for these dates", "between these dates", "in between",
)  # fmt: skip


def _then(reader: Reader, at: int) -> int:
    """Step over words for the time that the parameters of a route give."""
    for text in _THEN:
        words = text.split()
        if [token.low for token in reader.tokens[at : at + len(words)]] == words:
            return at + len(words)
    return at


def _untaken(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`that nobody has on any of these days`, `that are not booked then`: what a search for free ones does."""
    start = at
    if reader.low(start) in {"nobody", "no"}:
        start += 2 if reader.low(start) == "no" else 1
        if reader.low(start) in {"has", "have"}:
            start += 1
            if "participle" in forms(reader.low(start)):
                start += 1
            end = _then(reader, start)
            if end > start:
                yield Being(None, ("untaken",)), end
    if reader.low(at) in {"is", "are", "has", "have"}:
        for end in range(at + 2, min(at + 5, len(reader.tokens))):
            stop = _then(reader, end)
            if stop > end and reader.low(at + 1) in {"not", "free", "available", "no"}:
                yield Being(None, ("untaken",)), stop


def _opposite(condition: Condition) -> Condition:
    match condition:
        case Being() | Having() | There() | Doing():
            return replace(condition, negated=not condition.negated)
        case _:
            return Opposite(condition)


def _being(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    yield from _adjective_list(reader, at)
    negated = False
    start = at
    while reader.low(start) in ADVERBS | {"already", "still", "not", "yet"} and start < len(
        reader.tokens
    ):
        negated |= reader.low(start) == "not"
        start += 1
    for operator, right, end in _comparison(reader, start):
        condition: Condition = Compare(FieldOf(()), operator, right)
        yield (Opposite(condition) if negated else condition), end


def _adjective_list(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`open`, `not yet paid`, `sent and not paid yet`, `new or assigned`, `at least 14 days old`."""
    negated = False
    start = at
    while start < len(reader.tokens) and reader.low(start) in ADVERBS | frozenset(
        "not never no longer yet".split()
    ):
        negated |= reader.low(start) in {"not", "never", "no"}
        start += 1
    for words, end in _adjective(reader, start):
        first: Condition = Being(None, words, negated)
        while reader.low(end) in {"yet", "already", "anymore", "currently"}:
            end += 1  # noqa: PLW2901 -- it goes on where the adverbs end
        low = reader.low(end)
        comma = low == "," and reader.low(end + 1) not in {"or", "and"}
        if low in {"and", "or"} or comma or (low == "," and reader.low(end + 1) in {"or", "and"}):
            joined = end + (2 if low == "," and not comma else 1)
            word = low if low != "," else (reader.low(end + 1) if not comma else ",")
            for second, stop in _adjective_list(reader, joined):
                parts = (first, *(second.parts if isinstance(second, AllOf | AnyOf) else (second,)))
                either = word == "or" or (word == "," and isinstance(second, AnyOf))
                if word == "or" and negated:
                    yield AllOf(tuple(_denied(part) for part in parts)), stop
                else:
                    yield (AnyOf(parts) if either else AllOf(parts)), stop
        yield first, end


def _denied(condition: Condition) -> Condition:
    return replace(condition, negated=True) if isinstance(condition, Being) else condition


_NO_STATE = _STOP | frozenset(
    "at least more greater less fewer the a an not or , no all any each".split()
)


def _adjective(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    if at >= len(reader.tokens):
        return
    token = reader.tokens[at]
    if token.kind in {"quote", "name"}:
        yield tuple(str(token.value).lower().split()), at + 1
        return
    vocabulary: Vocabulary = reader.context.vocabulary
    for length in (3, 2):
        words = tuple(each.low for each in reader.tokens[at : at + length])
        joined = " ".join(words)
        if len(words) == length and (
            joined in vocabulary.states
            or joined.replace(" ", "_") in vocabulary.states
            or words in vocabulary.fields
            or words in _PHRASES
        ):
            yield words, at + length
    over = token.low == "over" and reader.low(at + 1) in {"", ",", ".", ";", "there", "then", "no"}
    if over or (token.kind == "word" and token.low not in _NO_STATE):
        yield (token.low,), at + 1


_PHRASES = frozenset(
    {
        ("in", "the", "past"),
        ("in", "the", "future"),
        ("sold", "out"),
        ("fully", "booked"),
        ("booked", "out"),
        ("up", "to", "date"),
        ("checked", "in"),
        ("checked", "out"),
        ("in", "use"),
        ("at", "home"),
        ("on", "loan"),
        ("lent", "out"),
        ("rented", "out"),
        ("hired", "out"),
        ("given", "out"),
        ("handed", "out"),
        ("taken", "home"),
        ("in", "stock"),
        ("out", "of", "stock"),
    }
)


def _having(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`has been returned`, `has ended`, `has no lines`, `has an open loan`, `has a grade`."""
    start = at
    negated = False
    while reader.low(start) in ADVERBS | {"already", "not", "never", "yet", "still"}:
        negated |= reader.low(start) in {"not", "never"}
        start += 1
    if reader.low(start) == "been":
        for condition, end in _adjective_list(reader, start + 1):
            yield (_opposite(condition) if negated else condition), end
    found = verb(reader.low(start))
    if found is None and reader.low(start).endswith("ed"):
        yield Being(None, (reader.low(start),), negated), start + 1
    if found is not None and "participle" in found.forms and "base" not in found.forms:
        end = start + 1
        if reader.low(end) in {"out", "up", "off"}:
            end += 1
        yield Being(None, (reader.low(start),), negated), end
        yield from _done(reader, found.base, start + 1, negated=negated)
    none = reader.low(start) in {"no", "not"}
    first = start + 1 if none else start
    if reader.low(first) == "any":
        first += 1
    for items, end in reader.slot("items", first):
        if (
            items.entity is not None
            and items.number is None
            and items.quantifier not in {"more", "fewer"}
        ):
            yield Having(None, items, negated or none or items.quantifier == "no"), end
    for counted, end in _counted_items(reader, start):
        yield (Opposite(counted) if negated else counted), end
    place = _behind_article(reader, first)
    for words, end in _field_words(reader, place):
        yield Having(None, FieldOf(words), negated or none), end
        for operator, right, stop in _comparison(reader, end):
            yield Compare(FieldOf(words), operator, right), stop
        for text, stop in _quoted(reader, end):
            yield Compare(FieldOf(words), "==", Literal(text)), stop


def _quoted(reader: Reader, at: int) -> Iterator[tuple[Any, int]]:
    if at < len(reader.tokens) and reader.tokens[at].kind in {"quote", "name"}:
        yield literal_of(reader.tokens[at]), at + 1


def _acting(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`lie in the future`, `ends after 20:00`, `exceeds the limit`, `contains the term`."""
    low = reader.low(at)
    for operator, right, end in _comparison(reader, at):
        if low in {"exceeds", "exceed", "equals", "equal", "reaches", "reach"}:
            yield Compare(FieldOf(()), operator, right), end
    if low in {"lies", "lie", "falls", "fall"} and reader.low(at + 1) == "in":
        for words, end in _adjective(reader, at + 1):
            yield Being(None, words), end
    found = verb(low)
    if found is not None and found.forms & {"third", "base", "past"}:
        yield from _done(reader, found.base, at + 1, negated=False)


def _done(
    reader: Reader, verb_base: str, at: int, *, negated: bool
) -> Iterator[tuple[Condition, int]]:
    """What somebody has done, perhaps with what: `has voted`, `has rated this recipe`."""
    vocabulary: Vocabulary = reader.context.vocabulary
    if verb_base not in vocabulary.verbs:
        return
    start = at + 1 if reader.low(at) in {"on", "for", "in", "at", "to"} else at
    for items, end in reader.slot("items", start):
        stop = end + 1 if reader.low(end) in {"before", "already"} else end
        yield Doing(None, verb_base, items, negated), stop
    stop = at + 1 if reader.low(at) in {"before", "already", "twice"} else at
    yield Doing(None, verb_base, None, negated), stop


def _conditions(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """A whole condition, joined by `and` and `or`."""
    for first, end in _condition(reader, at):
        low = reader.low(end)
        if low in {"and", "or"}:
            for second, stop in _conditions(reader, end + 1):
                parts = (first, *(second.parts if isinstance(second, AllOf | AnyOf) else (second,)))
                yield (AllOf(parts) if low == "and" else AnyOf(parts)), stop
        yield first, end


_MEASURES: dict[str, tuple[str, str]] = {
    "shorter": ("height", "<"), "smaller": ("height", "<"), "taller": ("height", ">"), "younger": ("age", "<"),
    "older": ("age", ">"), "heavier": ("weight", ">"), "lighter": ("weight", "<"), "longer": ("length", ">"),
    "wider": ("width", ">"), "faster": ("speed", ">"), "slower": ("speed", "<"), "deeper": ("depth", ">"),
    "hotter": ("temperature", ">"), "colder": ("temperature", "<"), "dearer": ("price", ">"), "cheaper": ("price", "<"),
}  # fmt: skip
"""Adjectives that compare, with the field that they speak of."""


def _measured(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    """`the visitor is shorter than the ride's minimum height`: the height that was given."""
    end = at
    while end < min(len(reader.tokens), at + 4) and reader.low(end) not in frozenset(
        "is are was were".split()
    ):
        if reader.tokens[end].kind != "word":
            return
        end += 1
    if end == at or reader.low(end) not in {"is", "are", "was", "were"}:
        return
    end += 1
    negated = reader.low(end) == "not"
    end += negated
    measure = _MEASURES.get(reader.low(end))
    if measure is None or reader.low(end + 1) != "than":
        return
    dimension, operator = measure
    named = [
        words
        for words in reader.context.vocabulary.fields
        if words[0] == dimension and len(words) <= 2
    ]
    if not named:
        return
    for value, stop in reader.slot("value", end + 2):
        compared = Compare(FieldOf(min(named, key=len)), operator, value)
        yield (Opposite(compared) if negated else compared), stop


def _condition(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    while reader.low(at) in ADVERBS - {"there"} and at < len(reader.tokens):
        at += 1
    yield from _there(reader, at)
    yield from _measured(reader, at)
    for subject, end in reader.slot("items", at):
        for condition, stop in _predicates(reader, end):
            bound = bind(condition, subject)
            if subject.quantifier == "no":
                bound = _opposite(bound)
            yield bound, stop
    for subject_field, end in reader.slot("field", at):
        yield from _field_predicates(reader, subject_field, end)
    for value, end in reader.slot("value", at):
        for operator, right, stop in _comparison(reader, _behind_be(reader, end)):
            yield Compare(value, operator, right), stop


def _behind_be(reader: Reader, at: int) -> int:
    return at + 1 if reader.low(at) in {"is", "are", "be", "was", "has", "would", "will"} else at


def _there(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    if reader.low(at) == "there" and reader.low(at + 1) in {"is", "are", "was", "were", "exists"}:
        start = at + 2
        negated = False
        while reader.low(start) in {"no", "not", "any", "already", "still", "yet", "never"}:
            negated |= reader.low(start) in {"no", "not", "never"}
            start += 1
        for items, end in reader.slot("items", start):
            yield There(items, negated), end
        for counted, end in _counted_items(reader, start):
            yield (Opposite(counted) if negated else counted), end
        for words, end in _field_words(reader, _behind_article(reader, start)):
            yield Having(Items(None), FieldOf(words), negated), end
        yield from _enough(reader, start, negated=negated)
    yield from _enough(reader, at, negated=False)
    if reader.low(at) in {"no", "none", "not"}:
        for items, end in reader.slot("items", at + 1):
            if reader.low(end) in {"exists", "exist", "is", "are"}:
                yield There(items, negated=True), end + 1


_ENOUGH_OF = frozenset("enough sufficient insufficient all every a no any some one".split())


def _enough(reader: Reader, at: int, *, negated: bool) -> Iterator[tuple[Condition, int]]:
    """`enough stock`, `not enough places are left`, `a copy is free`, `all spaces are taken`."""
    start = at
    if reader.low(start) == "not":
        negated = not negated
        start += 1
    quantifier = reader.low(start)
    if quantifier in _ENOUGH_OF:
        start += 1
    if reader.low(start) in {"the", "free", "available", "open", "remaining"}:
        if reader.low(start) != "the" and quantifier in {"a", "no", "any", "some", "enough", "one"}:
            for words, end in _field_words(reader, start + 1):
                yield Being(FieldOf(words), ("free",), negated ^ (quantifier == "no")), end
        start += 1
    for words, end in _field_words(reader, start):
        low = reader.low(end)
        if quantifier in {"a", "the"} | {reader.low(start)} and _entity(
            reader.context.vocabulary.lexicon, [*words]
        ):
            continue  # the trip is open
        if quantifier in {"enough", "sufficient"}:
            stop = end
            if low in {"is", "are"} and reader.low(end + 1) in frozenset(
                "left available free there".split()
            ):
                stop = end + 2
            elif low in {"left", "available", "free"}:
                stop = end + 1
            yield Being(FieldOf(words), ("enough",), negated), stop
        behind = end + 1 if low in {"is", "are"} else end
        word = reader.low(behind)
        if word in {"free", "available", "left", "open"}:
            yield Being(FieldOf(words), ("free",), negated ^ (quantifier == "no")), behind + 1
        if word in {"taken", "occupied", "used", "gone", "full", "booked", "filled", "lent"}:
            stop = behind + 2 if reader.low(behind + 1) in {"up", "out"} else behind + 1
            yield Being(FieldOf(words), ("taken",), negated), stop


def _field_predicates(reader: Reader, subject: FieldOf, at: int) -> Iterator[tuple[Condition, int]]:
    """What is said about a field: `has passed`, `is in the past`, `is above 3`, `is empty`."""
    start = at
    negated = False
    if reader.low(start) in {"is", "are", "was", "lies", "has", "have"}:
        start += 1
    while reader.low(start) in {"already", "not", "still", "yet", "been"}:
        negated |= reader.low(start) == "not"
        start += 1
    for operator, right, end in _comparison(reader, start):
        condition: Condition = Compare(subject, operator, right)
        yield (Opposite(condition) if negated else condition), end
    if start > at:
        for words, end in _adjective(reader, start):
            yield Being(subject, words, negated), end
        for value, end in reader.slot("literal", start):
            if not isinstance(value, str) or reader.tokens[start].kind in {"quote", "name"}:
                yield Compare(subject, "!=" if negated else "==", Literal(value)), end
    if reader.low(at) in {"contains", "contain"}:
        for value, end in reader.slot("value", at + 1):
            yield Compare(subject, "contains", value), end


# --- comparisons ---------------------------------------------------------------------------------

_OPERATORS: tuple[tuple[str, str], ...] = (
    (("(at least|no (less|fewer|lower|earlier|smaller) than|not (less|fewer|lower|earlier|below|before)"
     " [than]|>=|equal to or (greater|more|higher) than|on or after|greater than or equal to|from)"), ">="),
    (("(at most|no (more|later|higher|greater|longer) than|not (more|later|higher|above|after|greater)"
     " [than]|up to|<=|on or before|less than or equal to|until)"), "<="),
    ("(more|greater|higher|larger|later|longer|bigger|older|better) than", ">"),
    ("(less|fewer|lower|smaller|earlier|shorter|younger|worse) than", "<"),
    ("(above|over|after|beyond|>|exceeds|exceed|exceeding)", ">"),
    ("(below|under|before|<)", "<"),
    ("(equal to|the same as|exactly|equals|equal|=|==|reaches|reach|reached)", "=="),
    ("(different from|not equal to|other than|not the same as|unequal to|!=)", "!="),
    ("(not|never) (above|over|after)", "<="),
    ("(not|never) (below|under|before)", ">="),
)  # fmt: skip


def _operators(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for text, operator in _OPERATORS:
        for end, _ in compile_pattern(text).prefixes(reader, at):
            found.append((operator, end))
            break
    found.sort(key=lambda pair: -pair[1])
    yield from found


def _comparison(reader: Reader, at: int) -> Iterator[tuple[str, Value, int]]:
    """`at least 3`, `after the start`, `between 1 and 5` read as its lower end elsewhere."""
    for operator, start in _operators(reader, at):
        for value, end in reader.slot("value", start):
            yield operator, value, end
    for number, end in reader.slot("number", at):
        if reader.low(end) == "or":
            word = reader.low(end + 1)
            if word in {"more", "higher", "greater", "later", "older", "above"}:
                yield ">=", Literal(number), end + 2
            elif word in {"less", "fewer", "lower", "below", "younger"}:
                yield "<=", Literal(number), end + 2
        yield "==", Literal(number), end


# --- values --------------------------------------------------------------------------------------


def _field_words(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    yield from reader.context.vocabulary.field_at(reader, at)


_BEFORE_FIELD = frozenset("the a an any this that current new long short original stored".split())


def _field(reader: Reader, at: int) -> Iterator[tuple[FieldOf, int]]:
    """`the room's capacity`, `the capacity of the room`, `its end`, `end`."""
    low = reader.low(at)
    if low in {"its", "their", "his", "her"}:
        for words, end in _field_words(reader, at + 1):
            yield FieldOf(words, Items(None)), end
        return
    yield from _shortened(reader, at)
    for owner, end in reader.slot("items", at):
        if reader.low(end) == "'s" and (owner.entity is not None or owner.person):
            for words, stop in _field_words(reader, end + 1):
                yield FieldOf(words, owner), stop
        elif owner.entity is not None and not owner.where and not owner.of:
            for words, stop in _field_words(reader, end):
                yield FieldOf(words, owner), stop
    start = at
    while reader.low(start) in _BEFORE_FIELD and start < len(reader.tokens):
        if any(len(words) > 1 for words, _ in _field_words(reader, start)):
            break  # the current price is a field of its own
        start += 1
    for words, end in _field_words(reader, start):
        if reader.low(end) in {"of", "in", "on", "from"}:
            for owner, stop in reader.slot("items", end + 1):
                if owner.entity is not None or owner.words[:1] == ("it",):
                    yield FieldOf(words, owner), stop
        yield FieldOf(words), end


def _shortened(reader: Reader, at: int) -> Iterator[tuple[FieldOf, int]]:
    """`gross` for the gross weight, where nothing else is called like this."""
    at += reader.low(at) == "the"
    vocabulary, low = reader.context.vocabulary, reader.low(at)
    found = [words for words in vocabulary.fields if words[0] == low and len(words) > 1]
    taken = (
        (low,) in vocabulary.fields or vocabulary.lexicon.find([low]) or low in vocabulary.states
    )
    if (
        len(found) == 1
        and not taken
        and low not in {"start", "end"}
        and reader.tokens[at].kind == "word"
    ):
        if not any(reader.low(at + 1) == word for word in found[0][1:]):
            yield FieldOf(found[0]), at + 1


def _value(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """A value with arithmetic, left to right."""
    for first, end in _operand(reader, at):
        yield from _continued(reader, first, end)


_SIGNS: tuple[tuple[str, str], ...] = (
    ("(times|multiplied by|*|×|x)", "*"),
    ("(plus|+|and added to)", "+"),
    ("(minus|less|-|reduced by)", "-"),
    ("(divided by|/|÷)", "/"),
)


def _continued(reader: Reader, left: Value, at: int, depth: int = 0) -> Iterator[tuple[Value, int]]:
    if depth < 4:
        for text, sign in _SIGNS:
            for end, _ in compile_pattern(text).prefixes(reader, at):
                for right, stop in (*_same_folded(reader, left, end), *_operand(reader, end)):
                    joined = _joined(left, sign, right)
                    yield from _continued(reader, joined, stop, depth + 1)
                break
    yield left, at


def _same_folded(reader: Reader, left: Value, at: int) -> Iterator[tuple[Value, int]]:
    """`the highest value less the lowest`: of the same."""
    start = _behind_article(reader, at)
    function = _FUNCTIONS.get(reader.low(start))
    end = start + 2 if reader.low(start + 1) in {"one", "value"} else start + 1
    if isinstance(left, Fold) and function is not None:
        if (
            end >= len(reader.tokens)
            or reader.tokens[end].kind == "mark"
            or reader.low(end) in _STOP
        ):
            yield replace(left, function=function), end


def _joined(left: Value, sign: str, right: Value) -> Value:
    if sign in "+-" and isinstance(right, Literal) and isinstance(right.value, Span):
        return Shift(left, 1 if sign == "+" else -1, right.value)
    if isinstance(left, Arithmetic) and sign in "*/" and left.operator in "+-":
        return Arithmetic(left.operator, left.left, Arithmetic(sign, left.right, right))
    return Arithmetic(sign, left, right)


def _operand(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    start = at + 1 if reader.low(at) == "the" else at
    if any(len(words) > 1 for words, _ in _field_words(reader, start)):
        yield from reader.slot("field", at)  # the minimum increment is no minimum of increments
    yield from _elapsed(reader, at)
    yield from _shifted(reader, at)
    yield from _folded(reader, at)
    yield from _moment(reader, at)
    yield from reader.slot("field", at)
    yield from _countable(reader, at)
    if reader.low(at) in {"twice", "double", "half"}:
        factor = 0.5 if reader.low(at) == "half" else 2
        for value, end in _operand(reader, at + 1):
            yield Arithmetic("*", Literal(factor), value), end
    for number, end in reader.slot("number", at):
        if reader.low(end) in {"%", "percent"} and reader.low(end + 1) in {"of", "more", "less"}:
            for value, stop in _operand(reader, end + 2):
                yield Arithmetic("*", Literal(number / 100), value), stop
        yield Literal(number), end + 1 if reader.low(end) in {"%", "percent"} else end
    for amount, end in reader.slot("amount", at):
        for rate, stop in _per_unit(reader, end):
            yield Arithmetic("*", Literal(amount.value), rate), stop
        yield Literal(amount.value), end
    for span, end in reader.slot("span", at):
        yield Literal(span), end
    token = reader.tokens[at] if at < len(reader.tokens) else None
    if token is not None and token.kind in {"date", "quote"}:
        yield Literal(token.value), at + 1
    for clock, end in reader.slot("clock", at):
        yield Literal(clock), end
    if reader.low(at) == "zero":
        yield Literal(0), at + 1
    if reader.low(at) == "(":
        for value, end in _value(reader, at + 1):
            if reader.low(end) == ")":
                yield value, end + 1


_MEASURED = {
    "metre": "area", "meter": "area", "km": "distance", "kilometre": "distance", "kilometer": "distance",
    "mile": "distance", "kg": "weight", "kilo": "weight", "kilogram": "weight", "person": "guests", "piece": "quantity",
    "unit": "quantity", "hour": "duration", "minute": "duration", "litre": "volume", "liter": "volume",
}  # fmt: skip
"""Which field is meant by a unit that none is called after."""


def _per_unit(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """`per square metre`, `for each page`: what an amount is multiplied by."""
    if reader.low(at) not in {"per", "for", "a"}:
        return
    start = at + 1
    while reader.low(start) in {"each", "every", "square", "cubic", "full"}:
        start += 1
    unit = reader.low(start)
    words = [(unit,), (plural(unit),), (_MEASURED.get(singular(unit), ""),)]
    for known in words:
        if known in reader.context.vocabulary.fields:
            yield FieldOf(known), start + 1
            return


def _moment(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    start = at + 1 if reader.low(at) == "the" else at
    low = reader.low(start)
    if low in {"now", "today"}:
        yield Moment(low), start + 1
    if low in {"current", "present"} and reader.low(start + 1) in {"time", "moment", "date", "day"}:
        yield Moment("today" if reader.low(start + 1) in {"date", "day"} else "now"), start + 2
    if low == "yesterday":
        yield Shift(Moment("today"), -1, Span(1, "days")), start + 1
    if low == "tomorrow":
        yield Shift(Moment("today"), 1, Span(1, "days")), start + 1


def _shifted(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """`24 hours before the start`, `14 days after the loan date`, `2 hours ago`, `in 3 days`."""
    start = at + 1 if reader.low(at) == "in" else at
    for span, end in reader.slot("span", start):
        low = reader.low(end)
        if low in {"before", "after", "from", "past"}:
            sign = -1 if low == "before" else 1
            for value, stop in _operand(reader, end + 1):
                if isinstance(value, FieldOf | Moment):
                    yield Shift(value, sign, span), stop
        elif low == "ago":
            yield Shift(Moment("now"), -1, span), end + 1
        elif start > at:
            yield Shift(Moment("now"), 1, span), end


_FUNCTIONS = {
    "sum": "sum", "total": "sum", "average": "avg", "mean": "avg", "highest": "max", "maximum": "max",
    "largest": "max", "latest": "max", "greatest": "max", "best": "max", "biggest": "max",
    "lowest": "min", "minimum": "min", "smallest": "min", "earliest": "min", "cheapest": "min",
    "top": "max",
}  # fmt: skip


def _folded(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """`the sum of the amounts of its lines`, `the number of open tasks`, `the highest bid`."""
    start = at
    while reader.low(start) in frozenset(
        "the a current its their overall all".split()
    ) and start < len(reader.tokens):
        start += 1
    low = reader.low(start)
    if low in {"number", "count", "amount", "quantity"} and reader.low(start + 1) == "of":
        for items, end in reader.slot("items", start + 2):
            if items.entity is not None and items.many:
                yield Count(items), end
        for words, end in _field_words(reader, _behind_article(reader, start + 2)):
            yield Call("length", FieldOf(words)), end
    if low == "how" and reader.low(start + 1) == "many":
        for items, end in reader.slot("items", start + 2):
            if items.entity is not None:
                yield Count(items), end
    function = _FUNCTIONS.get(low)
    if function is not None:
        begin = start + 1
        if reader.low(begin) in {"of", "over"}:
            begin += 1
        if reader.low(begin) in {"all", "the", "its", "their"}:
            begin += 1
            if reader.low(begin) in {"the", "its", "their"}:
                begin += 1
        yield from _fold_of(reader, function, begin)


def _fold_of(reader: Reader, function: str, at: int) -> Iterator[tuple[Value, int]]:
    for value, end in _value_below(reader, at):
        if reader.low(end) in {"of", "over", "in", "for", "on", "across"}:
            for items, stop in reader.slot("items", end + 1):
                if items.entity is not None:
                    yield Fold(function, value, items), stop
        yield Fold(function, value, None), end
    for items, end in reader.slot("items", at):
        if items.entity is not None:
            yield Fold(function, FieldOf(()), items), end


def _value_below(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """A product of fields, each of which may be in the plural."""
    start = at + 1 if reader.low(at) in {"the", "their", "its", "all"} else at
    for field_words, end in _field_words(reader, start):
        for value, stop in _continued(reader, FieldOf(field_words), end):
            if not (isinstance(value, Arithmetic) and isinstance(value.right, Fold)):
                yield value, stop  # the highest price minus the lowest price: of each alone
    for owned, end in reader.slot("field", start):
        if owned.owner is not None:
            yield from _continued(reader, owned, end)


def _countable(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    """`places than it has bookings`: items in the plural where a number is wanted."""
    if reader.low(at) in {"it", "there"} and reader.low(at + 1) in {"has", "are"}:
        at += 2
    for items, end in reader.slot("items", at):
        if items.entity is not None and items.many:
            yield Count(items), end


def _elapsed(reader: Reader, at: int) -> Iterator[tuple[Value, int]]:
    start = at
    while reader.low(start) in {"the", "full", "whole", "number", "of", "complete"} and start < len(
        reader.tokens
    ):
        start += 1
    unit = {"days": "days", "nights": "days", "hours": "hours", "minutes": "minutes"}.get(
        reader.low(start)
    )
    if unit is None:
        return
    if reader.low(start + 1) in {"between", "from"}:
        if reader.low(start + 2) in {"the", "both"} and reader.low(start + 3) in {
            "two",
            "times",
            "dates",
        }:
            yield Elapsed(unit, None, None), start + 4
        for first, end in reader.slot("field", start + 2):
            if reader.low(end) in {"and", "to", "until", "till"}:
                for second, stop in reader.slot("field", end + 1):
                    yield Elapsed(unit, first, second), stop
    elif start > at and reader.low(start - 1) == "of":
        yield Elapsed(unit, None, None), start + 1


# --- verbs ---------------------------------------------------------------------------------------


def _verb_phrase(form: str) -> SlotFunction:
    """A verb in one form, with its particle: `picked up`, `sign up`."""

    def read(reader: Reader, at: int) -> Iterable[tuple[str, int]]:
        if at >= len(reader.tokens) or reader.tokens[at].kind != "word":
            return
        low = reader.low(at)
        found = verb(low)
        if found is not None and form in found.forms:
            word = found.base
        elif (form == "participle" and low.endswith("ed")) or (
            form == "gerund" and low.endswith("ing")
        ):
            word = base(low)
        else:
            return
        if reader.low(at + 1) in {"up", "in", "out", "off", "down", "back", "on", "over", "away"}:
            yield f"{word}-{reader.low(at + 1)}", at + 2
        yield word, at + 1

    return read


def _between(reader: Reader, at: int) -> Iterator[tuple[Condition, int]]:
    for value, end in reader.slot("value", at):
        if reader.low(end) == "between":
            for low, stop in reader.slot("value", end + 1):
                if reader.low(stop) == "and":
                    for high, last in reader.slot("value", stop + 1):
                        yield Between(value, low, high), last


PHRASE_SLOTS: dict[str, SlotFunction] = {
    **DEFINITION_SLOTS,
    "between": _between,
    "condition": _conditions,
    "do": _verb_phrase("base"),
    "does": _verb_phrase("third"),
    "doing": _verb_phrase("gerund"),
    "done": _verb_phrase("participle"),
    "field": _field,
    "items": _items,
    "operand": _operand,
    "predicate": _predicates,
    "value": _value,
}
