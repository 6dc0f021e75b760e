"""Sentences that say what things there are and what is known about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Belongs,
    Context,
    Fact,
    Fields,
    Legend,
    Mention,
    Nominal,
    Shows,
    Sketched,
    Thing,
)
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase, read_field, read_fields
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._slots import BASIC_SLOTS
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.text._lexicon import ADVERBS, NUMBER_WORDS, PREPOSITIONS
from quantumlayer.offline.reading.text._sketches import Sketch
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import (
    base,
    forms,
    is_plural,
    noun_for,
    participle,
    split_name,
    verb,
)

__all__ = [
    "DEFINITIONS",
    "DEFINITION_SLOTS",
    "Situation",
    "done_on",
    "is_action",
    "lexicon_of",
    "plausible_field",
]


@dataclass(slots=True)
class Situation:
    """What surrounds a statement while it is read."""

    known: frozenset[str] = frozenset()
    """Names that the document uses in JSON, code and queries."""
    topic: Thing | None = None
    """What the statements before it, or the heading above it, are about."""
    vocabulary: Any = None
    """The entities, fields and actions, once they are known."""
    route: Any = None
    """The route that the statement continues to describe."""
    extra: dict[str, Any] = field(default_factory=dict)


CREATE = frozenset(
    "create add register enter make send post submit write record store save insert open log file publish"
    " upload note define issue set-up sign-up plan schedule place import put start keep".split()
)
READ = frozenset(
    "list see view browse show read fetch get find retrieve look search query display".split()
)
UPDATE = frozenset("update edit change modify correct rename replace adjust amend alter".split())
DELETE = frozenset("delete remove erase drop discard".split())
MANAGE = frozenset("manage maintain administer keep organise organize handle crud track".split())

_NO_NOUN = PREPOSITIONS | frozenset(
    "is are was were be been has have had can may must should shall will would could might do"
    " does did not never and or but if when while which that who whose where i we you he she"
    " it they them me us there here nobody everybody everyone somebody someone anyone anybody"
    " what how why than as also only so then once until unless because more less most least"
    " own no twice both either neither nor already everything nothing something these those"
    " this belongs belong via please whoever whatever whichever".split()
)
_QUANTIFIERS = frozenset(
    "a an the each every any all our one single some your their my his her its this these those that"
    " new another such".split()
)
_OPENERS = frozenset("a an the its their his her my our your each every".split())
"""Words that begin another noun phrase."""
GENERIC = frozenset(
    "system api app software backend server requirement response body"
    " endpoint user-interface error field value client caller thing way url path parameter query status"
    " code json object array attribute statement header id order-by case number amount kind type name"
    " following example change word everything nothing information access input output format operation"
    " action step anything one other note-that rule rules time day data".split()
)
"""Nouns that name no entity, whatever is written about them."""
VAGUE = frozenset(
    "application company request answer service tool program database list page result fields date search filter report overview token"
    " password email title method version default limit way title list-filter item document text"
    " description content category timetable schedule calendar statistics summary total".split()
)
"""Nouns that name an entity only where more than one sentence speaks for it."""


# --- slots ---------------------------------------------------------------------------------------


def _thing(reader: Reader, at: int) -> Iterator[tuple[Thing, int]]:
    """A noun phrase without what follows it: `each of our garages`, `it`."""
    start, article, number = _opening(reader, at)
    if reader.low(at) in {"it", "they", "these", "this", "that", "he", "she"}:
        following = reader.low(at + 1)
        ends = following in _NO_NOUN | {"a", "an", "the"} or verb(following) is not None
        if at + 1 >= len(reader.tokens) or ends:
            yield Thing((), reader.low(at)), at + 1
    end = start
    while end < len(reader.tokens) and end < start + 4:
        token = reader.tokens[end]
        if token.kind not in {"word", "name"} or token.low in _NO_NOUN or token.low in ADVERBS:
            break
        if end > start and token.low in _OPENERS:
            break
        end += 1
    for stop in range(end, start, -1):
        words = tuple(token.low for token in reader.tokens[start:stop])
        if words[-1] in {"'s", "first", "last", "next"}:
            continue
        yield Thing(words, article, number, tuple(reader.tokens[start:stop])), stop


_ONE = frozenset({"one", "a", "an", "1"})


def _opening(reader: Reader, at: int) -> tuple[int, str, int | None]:
    start, article, number = at, "", None
    while start < len(reader.tokens):
        low = reader.low(start)
        if low in {"exactly", "precisely", "always"} and reader.low(start + 1) in _ONE:
            start += 1
            continue
        if low in _QUANTIFIERS and reader.tokens[start].kind == "word":
            article = article or low
            start += 1
            if reader.low(start) == "of":
                start += 1
        elif low in NUMBER_WORDS and start + 1 < len(reader.tokens):
            number = NUMBER_WORDS[low]
            start += 1
        elif reader.tokens[start].kind == "number" and reader.tokens[start].low.isdigit():
            number = int(reader.tokens[start].value)
            start += 1
        else:
            break
    return start, article, number


def _things(reader: Reader, at: int) -> Iterator[tuple[tuple[Thing, ...], int]]:
    """`one product and one warehouse`, behind `to` also `a game and to a question`."""
    for thing, end in _thing(reader, at):
        if not thing.words:
            continue
        joined = end
        while reader.low(joined) in {",", "and", "or"}:
            joined += 1
        if joined > end:
            joined += reader.low(joined) in {"to", "for"} and reader.low(joined) == reader.low(
                at - 1
            )
            for more, stop in _things(reader, joined):
                yield (thing, *more), stop
        yield (thing,), end


def _fields(reader: Reader, at: int) -> Iterator[tuple[tuple[FieldPhrase, ...], int]]:
    """A list of fields up to the end of the clause."""
    tokens = reader.tokens[at:]
    if not tokens or _no_field(tokens) or _ends_early(tokens):
        return
    situation = reader.context
    known = situation.known if isinstance(situation, Situation) else frozenset()
    phrases = _plausible(read_fields(tokens, known))
    if phrases:
        yield tuple(phrases), len(reader.tokens)


def _plausible(phrases: list[FieldPhrase]) -> list[FieldPhrase]:
    """The phrases that can be fields; an odd one among several is left to the one before it."""
    kept: list[FieldPhrase] = []
    for phrase in phrases:
        if plausible_field(phrase):
            kept.append(phrase)
        elif not kept:
            return []
        else:
            kept[-1].left.extend(phrase.tokens)
    return kept if len(kept) == len(phrases) or 2 * len(kept) > len(phrases) > 2 else []


def _inside(reader: Reader, at: int) -> Iterator[tuple[tuple[Token, ...], int]]:
    """Everything up to the closing bracket."""
    for end in range(at, len(reader.tokens)):
        if reader.low(end) == ")":
            yield tuple(reader.tokens[at:end]), end
            return


def _body_fields(reader: Reader, at: int) -> Iterator[tuple[tuple[FieldPhrase, ...], int]]:
    """A list of fields up to a relative clause: `a reason, which we keep`."""
    for end in range(len(reader.tokens) - 1, at, -1):
        if reader.low(end) in {"which", "that"}:
            stop = end - 1 if reader.low(end - 1) == "," else end
            part = reader.part(0, stop)
            for phrases, _ in _fields(part, at):
                yield phrases, stop


def _ends_early(tokens: Sequence[Token]) -> bool:
    """Whether a sentence ends before the tokens do, or another thing has something, or it is a limit."""
    lows = [token.low for token in tokens]
    for at, low in enumerate(lows[:-1]):
        if (
            low == ";"
            and lows[at + 1] in {"a", "an", "each", "every"}
            and _HAS & {*lows[at + 3 : at + 5]}
        ):
            return True
        outside = low == ";" and lows[:at].count("(") == lows[:at].count(")")
        if outside and lows[at + 1] == "the" and {"is", "are"} & {*lows[at + 3 : at + 5]}:
            return True
        if low == "." and tokens[at].kind == "mark":
            return True
        if (
            low == "and"
            and lows[at + 1] in {"can", "may", "must"}
            and "only" in lows[at + 2 : at + 4]
        ):
            return True
    return lows[-3:] in (["at", "a", "time"], ["at", "one", "time"]) or lows[-2:] == ["at", "once"]


_HAS = frozenset({"has", "belongs"})


def _short_fields(reader: Reader, at: int) -> Iterator[tuple[tuple[FieldPhrase, ...], int]]:
    """A list of fields up to the next comma."""
    end = at
    while end < len(reader.tokens) and reader.low(end) not in {",", ";", ".", "(", "but"}:
        end += 1
    if end > at:
        situation = reader.context
        known = situation.known if isinstance(situation, Situation) else frozenset()
        phrases = read_fields(reader.tokens[at:end], known)
        if phrases and all(plausible_field(phrase) for phrase in phrases):
            yield tuple(phrases), end


def _sent(reader: Reader, at: int) -> Iterator[tuple[tuple[FieldPhrase, ...], int]]:
    """One field up to a verb or to what says that it is sent along: `a rating from 1 to 5`."""
    end = at
    while end < len(reader.tokens) and reader.low(end) not in _BEHIND_SENT:
        end += 1
    phrase = read_field(reader.tokens[at:end]) if end > at else None
    if phrase is not None and plausible_field(phrase) and not phrase.left:
        yield (phrase,), end


_NO_FIELD = frozenset(
    "been to not no already never just only at most up more to be being".split()
) | {"passed", "ended", "started", "expired"}


def _no_field(tokens: Sequence[Token]) -> bool:
    first = tokens[0]
    if first.kind in {"route", "sketch", "number", "quote", "status"}:
        return first.kind != "number"
    if first.kind != "word":
        return False
    if first.low in _NO_FIELD | PREPOSITIONS:
        return first.low not in {"at", "up", "no", "between", "from", "more"} or len(tokens) < 3
    return "participle" in first.forms and "base" not in first.forms


_VAGUE_COUNTS = frozenset({("few",), ("too",), ("lots",), ("plenty",), ("dozens",), ("hundreds",)})


def plausible_field(phrase: FieldPhrase) -> bool:
    """Whether a phrase can be the name of a field."""
    if phrase.tokens and phrase.tokens[0].low in {"you", "we", "i", "they", "it", "she", "he"}:
        return False
    if phrase.article in {"no", "all"} or phrase.words[:1] in _VAGUE_COUNTS:
        return False
    if phrase.words and phrase.spelled is None and not {*phrase.words[:1]}.isdisjoint(_NO_NAME):
        return False  # obviously these must be different; give it away
    behind_name = (
        phrase.tokens[len(phrase.words)].low if len(phrase.tokens) > len(phrase.words) else ""
    )
    if behind_name == "with" and not phrase.article and is_plural(phrase.words[-1]):
        return False  # plants with a name: another thing
    if phrase.words[-1:] and phrase.words[-1] in _CREDENTIALS and phrase.spelled is None:
        return False
    if phrase.spelled is not None:
        return True
    if len(phrase.words) > 4 or not phrase.words:
        return False
    words = (
        phrase.words[:-1] if phrase.words[-1] in {"on", "at", "until", "since"} else phrase.words
    )
    if not (_NO_NOUN - {"own", "of", "per", "only"}).isdisjoint(words):
        return False
    if phrase.words[-1] in _NO_NOUN_AT_ALL or (
        phrase.words[0] in NUMBER_WORDS and len(phrase.words) > 1
    ):
        return False  # gives its nights back, four digits
    if phrase.words[-1] in {"first", "last"} and len(phrase.words) > 1 and not phrase.article:
        return False  # newest first
    if any(token.text in _METHODS for token in phrase.tokens):
        return False
    behind = phrase.tokens[_head_length(phrase) :]
    if behind and behind[0].low in _CLAUSAL and not phrase.counted and phrase.left:
        return False  # a clause of its own: an actor can play …
    if not _LEADS.isdisjoint(phrase.words):
        return False  # a reason makes it closed
    if behind and len(phrase.words) == 1 and not phrase.article and behind[0].low in _OWNING:
        return False  # has outgrown its card index
    finite = forms(phrase.words[0])
    clause = len(phrase.words) > 2 and phrase.article in {"a", "an", "each", "every", "one"}
    if clause and "third" in forms(phrase.words[1]) and not is_plural(phrase.words[0]):
        return False  # a member takes packets
    if not finite or phrase.article:
        return True
    if behind and behind[0].kind == "number" and "third" in finite:
        return False  # gives 1 to 5 stars
    units = {trait.unit for trait in phrase.traits if trait.key in {"least", "most"}}
    noun = units == {""} and phrase.words[0] not in {"goes", "runs"}
    # points from 0 to 10, points of at most 10; but lasts from 2 to 3 hours
    verbal = {"a", "an", "the", "all", "it", "them"} | (frozenset() if noun else PREPOSITIONS)
    return not behind or behind[0].low not in verbal


_NO_NOUN_AT_ALL = frozenset(
    "back away again anew too once twice second third next previous other empty upper lower".split()
)
_OWNING = frozenset("its their our his her my your the".split())
_LEADS = frozenset("makes sets becomes turns puts".split())
_NO_NAME = ADVERBS | frozenset(
    "away back up out off down in on crud json http https rest everything nothing anything something".split()
)
_CREDENTIALS = frozenset({"login", "log-in", "token", "authentication", "authorization", "jwt"})
_CLAUSAL = frozenset({"can", "may", "must", "should", "cannot", "will", "is", "are", "has", "have"})
_BEHIND_SENT = _CLAUSAL | {",", ";", "with", "along"}


def _head_length(phrase: FieldPhrase) -> int:
    """How many tokens the article and the name take."""
    for at, token in enumerate(phrase.tokens):
        if token.low == phrase.words[-1]:
            return at + 1
    return len(phrase.words)


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def _verb_of(kinds: frozenset[str], form: str) -> SlotFunction:
    def read(reader: Reader, at: int) -> Iterable[tuple[Any, int]]:
        found = verb(reader.low(at))
        if found is not None and form in found.forms and reader.tokens[at].kind == "word":
            particle = reader.low(at + 1)
            if particle in {"up", "in", "out", "off", "down", "back"}:
                joined = f"{found.base}-{particle}"
                if joined in kinds:
                    yield joined, at + 2
            if found.base in kinds:
                yield found.base, at + 1

    return read


def _crud(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """`create, read, update and delete`; also `creating, …` and `created, …`."""
    verbs: list[str] = []
    end = at
    position = at
    while position < len(reader.tokens):
        low = reader.low(position)
        found = verb(low)
        known = base(low) if found is not None else ""
        if low in {"look", "looking"} and reader.low(position + 1) in {"at", "up", "through"}:
            verbs.append("read")
            position = end = position + 2
        elif known in CREATE | READ | UPDATE | DELETE | MANAGE:
            verbs.append(known)
            position = end = position + 1
        else:
            break
        while reader.low(position) in {",", "and", "or", "/", "&"}:
            position += 1
    if verbs:
        yield tuple(verbs), end


_ANYBODY = frozenset("i we you they one anyone everyone everybody people he she".split())


def _actor(reader: Reader, at: int) -> Iterator[tuple[Thing, int]]:
    """Who does it: a noun or a pronoun."""
    low = reader.low(at)
    if low in _ANYBODY:
        yield Thing((), low), at + 1
        return
    opens = forms(low)
    for thing, end in _thing(reader, at):
        acts = "base" in opens and not is_plural(thing.words[-1])
        if (thing.article or not acts) and not _is_predicate(thing):
            yield thing, end


def _is_predicate(thing: Thing) -> bool:
    """`refuses all other` is what is done, and nobody's name."""
    acts = len(thing.words) > 1 and "third" in forms(thing.words[0])
    return acts or bool({"all", "other"} & {*thing.words})


def _new_names(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """The spelled names up to the end, whatever words stand between them."""
    names = tuple(str(token.value) for token in reader.tokens[at:] if token.kind == "name")
    words = [token.low for token in reader.tokens[at:] if token.kind == "word"]
    if names and not any(
        word in {"if", "when", "only", "not", "must", "whose", "where"} for word in words
    ):
        yield names, len(reader.tokens)


def _names_only(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """`open_count and done_count`: spelled names with nothing between them."""
    lows = {token.low for token in reader.tokens[at:] if token.kind != "name"}
    for names, end in _new_names(reader, at):
        if lows <= {",", "and", "or", "/", "its", "their", "the", "."}:
            yield names, end


def _third_verb(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    found = verb(reader.low(at))
    if found is not None and "third" in found.forms and reader.tokens[at].kind == "word":
        yield found.base, at + 1


def _participle(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    found = verb(reader.low(at))
    if found is not None and "participle" in found.forms and reader.tokens[at].kind == "word":
        yield found.base, at + 1


def _base_verb(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    found = verb(reader.low(at))
    if found is not None and "base" in found.forms and reader.tokens[at].kind == "word":
        yield found.base, at + 1


def _routes(reader: Reader, at: int) -> Iterator[tuple[tuple[Any, ...], int]]:
    """One route or several: `POST /a, POST /b and POST /c`."""
    found: list[Any] = []
    end = at
    while end < len(reader.tokens) and reader.tokens[end].kind == "route":
        found.append(reader.tokens[end].value)
        yield tuple(found), end + 1
        end += 1
        while reader.low(end) in {",", "and", "or", "both"}:
            end += 1


DEFINITION_SLOTS: dict[str, SlotFunction] = {
    **BASIC_SLOTS,
    "actor": _actor,
    "create": _verb_of(CREATE, "base"),
    "creates": _verb_of(CREATE, "third"),
    "created": _verb_of(CREATE | {"take"}, "participle"),
    "creating": _verb_of(CREATE, "gerund"),
    "body_fields": _body_fields,
    "inside": _inside,
    "routes": _routes,
    "crud": _crud,
    "do": _base_verb,
    "does_what": _third_verb,
    "done_to": _participle,
    "names_only": _names_only,
    "new_names": _new_names,
    "kept": lambda reader, at: _kept_fields(reader, at),
    "sent": _sent,
    "short_fields": _short_fields,
    "sometimes": lambda reader, at: _sometimes(reader, at),
    "fields": _fields,
    "thing": _thing,
    "things": _things,
}


SIGN_UP = frozenset({"signup", "sign-up", "register", "registration", "registrations"})
LOG_IN = frozenset(
    {"login", "log-in", "signin", "sign-in", "token", "sessions", "session", "authenticate"}
)

# --- rules ---------------------------------------------------------------------------------------


def _is_named(thing: Thing) -> bool:
    return bool(thing.words) and " ".join(thing.words) not in GENERIC and thing.label not in GENERIC


def lexicon_of(situation: Situation) -> Any:
    """The entities, once they are known; None while they are looked for."""
    if situation.vocabulary is not None:
        return situation.vocabulary.lexicon
    structure = situation.extra.get("structure")
    return structure.lexicon if structure is not None else None


def _is_kept(thing: Thing, situation: Situation) -> bool:
    """Whether a thing is, or may still turn out to be, an entity."""
    if not _is_named(thing):
        return False
    lexicon = lexicon_of(situation)
    return lexicon is None or lexicon.thing(thing) is not None


def _has(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    thing: Thing = captures["thing"]
    if not thing.words:
        if situation.topic is None:
            return None
        thing = situation.topic
    elif thing.label not in _ACCOUNTS and not _is_kept(thing, situation):
        return None
    if _route_of_deed(thing, situation) is not None:
        return None
    if thing.label in _ACCOUNTS and _has_password(captures["fields"]):
        user = Thing(("user",))
        return [Fields(user, captures["fields"]), Mention(user, ("sign-up",))]
    return [Fields(thing, captures["fields"])]


_ACCOUNTS = frozenset(
    "account profile login user sign-up signup registration credential user-account log-in".split()
) | {"user account", "sign up"}


def _topic_has(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Has a key and a name`, below a heading that names the thing."""
    return _has({**captures, "thing": Thing(())}, situation)


def _has_password(phrases: Iterable[FieldPhrase]) -> bool:
    return any(phrase.words[-1] in {"password", "passphrase"} for phrase in phrases)


def _body_of_action(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`it takes a reason, which we keep`, of an action: a field that it fills."""
    route = captures.get("route") or situation.route
    if not is_action(route):
        return None
    kept = bool(captures.get("kept"))
    phrases: tuple[FieldPhrase, ...] = captures["fields"]
    for phrase in phrases:
        phrase.traits = [trait for trait in phrase.traits if trait.key != "nullable"]
        phrase.traits.extend([Trait("optional")] if captures.get("optional") else [])
        if kept:
            phrase.traits.append(Trait("nullable"))
    if kept:
        return [Fields(Thing(()), phrases, by_system=True, route=route, part=True)]
    return [Fields(Thing(()), phrases, route=route)]


def _shows_value(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Every auction shows its current_price, which is the start price while there are no bids`."""
    if situation.vocabulary is not None or not _is_kept(captures["thing"], situation):
        return None
    name = captures["name"]
    phrase = FieldPhrase(split_name(name), name, traits=[Trait("nullable")])
    return [Fields(captures["thing"], (phrase,), by_system=True)]


def _names_agent(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`winner_id names the highest bidder`: a reference that the service fills in."""
    if situation.vocabulary is not None or situation.topic is None:
        return None
    name = captures["name"]
    phrase = FieldPhrase(split_name(name), name, traits=[Trait("nullable"), Trait("user")])
    return [Fields(situation.topic, (phrase,), by_system=True)]


def is_action(route: Any) -> bool:
    """Whether a route does something to one item: `POST /tickets/{id}/close`."""
    if route is None or route.method not in {"POST", "PUT", "PATCH"} or len(route.segments) < 3:
        return False
    last = route.segments[-1]
    return route.segments[-2].startswith("{") and last[0].isalpha() and not is_plural(last)


def _carries(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`needs`, `shows`, `takes`: it may be a definition, if the thing is one that is kept."""
    facts = _has(captures, situation)
    one = [phrase.article == "one" and not phrase.traits for phrase in captures["fields"]]
    if facts is None or one == [True]:
        return None  # a bottle takes one place
    return [
        Fields(fact.thing, fact.phrases, sure=False) for fact in facts if isinstance(fact, Fields)
    ]


def _shown_too(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Every tour shows its free_seats`: what no list of fields has the service works out."""
    facts = _has(captures, situation)
    fields = captures["fields"]
    told = any(token.low == "(" for each in fields for token in each.tokens)
    if facts is None or told or not all(phrase.spelled for phrase in fields):
        return None  # what stands in brackets says how it is worked out
    return [replace(fact, shown=True) for fact in facts if isinstance(fact, Fields)]


def _has_any(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`may have`: the fields are optional."""
    facts = _has(captures, situation)
    if facts is None:
        return None
    return [
        Fields(fact.thing, fact.phrases, complete=False)
        for fact in facts
        if isinstance(fact, Fields)
    ]


def _there_is(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`There is also a description, but I don't always write one`: another field, perhaps left out."""
    if situation.topic is None or not situation.topic.words:
        return None
    phrases: tuple[FieldPhrase, ...] = captures["fields"]
    lexicon = lexicon_of(situation)
    if lexicon is not None and any(lexicon.find(phrase.words) is not None for phrase in phrases):
        return None
    if lexicon is None or lexicon.thing(situation.topic) is None or any(p.left for p in phrases):
        return None
    for phrase in phrases:
        if "sometimes" in captures:
            phrase.traits.append(Trait("optional"))
    return [Fields(situation.topic, phrases)]


_SOMETIMES = "(but|though|although|which|and|yet) [(i|we|you|they|people|it|that|this|nobody|not everybody)] <sometimes>"


def _sometimes(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    """`don't always find the time to write one`, `is sometimes missing`, `may be missing`."""
    lows = [token.low for token in reader.tokens[at : at + 12]]
    hedges = frozenset(
        "always sometimes often rarely seldom occasionally everybody everyone every all".split()
    )
    if (
        lows
        and hedges & set(lows)
        and ({"not", "never", "missing", "rarely", "seldom", "empty", "without"} & set(lows))
    ):
        yield True, len(reader.tokens)


_WORKED_OUT = frozenset(
    "total subtotal sum balance average count remaining tax vat discount shipping".split()
)


def _also_shows(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The order also shows subtotal, shipping and total`: what is worked out, not sent."""
    facts = _has(captures, situation)
    if facts is None or not any(set(phrase.words) & _WORKED_OUT for phrase in captures["fields"]):
        return None
    return [
        Fields(fact.thing, fact.phrases, by_system=True)
        for fact in facts
        if isinstance(fact, Fields)
    ]


def _kept_fields(reader: Reader, at: int) -> Iterator[tuple[tuple[FieldPhrase, ...], int]]:
    """`the unit_price of that day`, `its price at that time`: a copy of what holds just then."""
    for length in (3, 4, 5):
        lows = [token.low for token in reader.tokens[len(reader.tokens) - length :]]
        fixed = lows[:1] in (["of"], ["at"], ["on"], ["from"]) and lows[-1] in _THEN
        if fixed and at < len(reader.tokens) - length:
            phrases = read_fields(reader.tokens[at : len(reader.tokens) - length])
            if phrases and all(plausible_field(phrase) and not phrase.left for phrase in phrases):
                yield tuple(phrases), len(reader.tokens)


_THEN = frozenset(
    {"day", "time", "moment", "date", "ordering", "sale", "booking", "purchase", "order"}
)


def _kept(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Note down in each line the unit_price of that day`."""
    if not _is_kept(captures["thing"], situation):
        return None
    for phrase in captures["fields"]:
        phrase.traits.append(Trait("copied"))
    return [Fields(captures["thing"], captures["fields"], by_system=True)]


def _known_by(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A game is known by its key`: there is no other with the same one."""
    facts = list(_has(captures, situation) or ())
    if not facts or len(captures["fields"]) != 1:
        return None
    captures["fields"][0].traits.append(Trait("unique"))
    return facts


def _each_has(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    facts: list[Fact] = []
    for thing in captures["things"]:
        if not _is_kept(thing, situation):
            return None
        facts.append(Fields(thing, captures["fields"]))
    return facts


def _system_adds(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    thing = captures.get("thing") or situation.topic
    if thing is not None and not thing.words:
        thing = situation.topic
    if thing is None:
        return None
    for phrase in captures["fields"]:
        _given_value(phrase)
    return [Fields(thing, captures["fields"], by_system=True)]


_STAMPS = frozenset({"id", "created", "updated", "changed", "modified", "added", "creation"})


def _answer_has(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The answer also has the id and createdAt`: what every stored item carries."""
    named = (each.words[0] in _STAMPS or each.spelled for each in captures["fields"])
    if not all(named) or any(phrase.left for phrase in captures["fields"]):
        return None
    phrases = tuple(phrase for phrase in captures["fields"] if phrase.words != ("id",))
    if not phrases:
        return [Context()]
    return _system_adds({**captures, "fields": phrases}, situation)


def _given_value(phrase: FieldPhrase) -> None:
    """`a balance of 0`, `the status "active"`: what the service gives is where it starts."""
    left = [token for token in phrase.left if token.low != "of"]
    if len(left) == 1 and left[0].kind in {"quote", "number", "name"}:
        value = left[0].value
        phrase.left = []
        phrase.traits.append(Trait("default", value))
        if left[0].kind == "quote":
            phrase.traits.extend((Trait("state", str(value)), Trait("initial", str(value))))


def _mention(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    things = captures.get("things") or (captures["thing"],)
    if not all(_is_kept(thing, situation) for thing in things):
        return None
    return [Mention(thing, captures.get("crud", ()), captures.get("actor")) for thing in things]


def _crud_works(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Reading, renaming and deleting work with the key: /environments/{key}`."""
    things = captures.get("things") or ((situation.topic,) if situation.topic else ())
    if not things:
        return None
    return _mention({**captures, "things": things}, situation)


def _described_name(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A dog's `vaccinated_until` is a date`: a field that is named and described at once."""
    traits, left = read_traits(captures["rest"])
    if left or not traits or not _is_kept(captures["thing"], situation):
        return None
    if situation.vocabulary is not None:
        return None
    name = captures["name"]
    return [Fields(captures["thing"], (FieldPhrase(split_name(name), name, traits=traits),))]


def _some_are(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """Read `Some singers are on leave; that is a simple yes or no, and normally no`."""
    if not _is_kept(captures["thing"], situation) or len(captures["flag"]) > 3:
        return None
    words = tuple(token.low for token in captures["flag"])
    traits = [Trait("type", "boolean"), Trait("default", bool(captures.get("literal", False)))]
    return [Fields(captures["thing"], (FieldPhrase(words, traits=traits),), complete=False)]


def _relative_flag(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`An environment that is protected (optional, normally false) cannot …`: a switch of its own."""
    if situation.vocabulary is not None or not _is_kept(captures["thing"], situation):
        return None
    traits, left = read_traits(captures["inside"])
    if left or not traits:
        return None
    name = captures["name"]
    phrase = FieldPhrase(split_name(name), name, traits=[Trait("type", "boolean"), *traits])
    return [Fields(captures["thing"], (phrase,), complete=False)]


def _belongs(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    child: Thing = captures["thing"]
    child = child if child.words else situation.topic or child
    parents: tuple[Thing, ...] = captures["things"]
    if not _is_kept(child, situation) or not all(_is_kept(parent, situation) for parent in parents):
        return None
    return [Belongs(child, parents)]


def _created_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    thing: Thing = captures["thing"]
    if not thing.words and thing.article == "it" and situation.topic is not None:
        thing = situation.topic
    account = thing.label in _ACCOUNTS and _has_password(captures["fields"])
    if captures.get("created") == "take" and len(captures["fields"]) == 1:
        return None  # taken from the stock
    if thing.article == "one":
        return None  # a tour sends one van with one driver
    if not account and not _is_kept(thing, situation):
        return None
    if account and _has_password(captures["fields"]):
        thing = Thing(("user",))
        return [Fields(thing, captures["fields"]), Mention(thing, ("sign-up",))]
    facts: list[Fact] = [
        Fields(thing, captures["fields"], sends=True),
        Mention(thing, ("create",), captures.get("actor")),
    ]
    for name in ("target", "second"):
        other = captures.get(name)
        if other is None or not _is_kept(other, situation):
            continue
        if name == "target" or lexicon_of(situation) is not None:
            facts.append(Belongs(thing, (other,)))
    return facts


def _connects(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    things = (captures["thing"], captures["one"], captures["two"])
    if not all(_is_kept(thing, situation) for thing in things):
        return None
    return [Belongs(things[0], things[1:])]


def _links(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A loan lends one copy of a book to a member`: whatever it does, it ties these together."""
    if lexicon_of(situation) is None and not _names_a_deed(captures["thing"]):
        return None
    if captures["does_what"] in _MADE and not _names_a_deed(captures["thing"]):
        made, target = captures["one"], captures["two"]
        if not all(_is_kept(thing, situation) for thing in (captures["thing"], made, target)):
            return None
        return [Belongs(made, (captures["thing"], target))]
    return _connects(captures, situation)


_MADE = CREATE | {"have", "order", "request", "hold", "run", "leave", "give"}
"""`A guest writes a letter to a team`: the letter is made, and belongs to both."""
_DEEDS = frozenset(
    "loan lease visit match vote link rental sale order seat lift trip pledge".split()
)
_DEED_ENDINGS = ("ment", "tion", "sion", "ship", "ance", "ence", "ing", "entry")


def _names_a_deed(thing: Thing) -> bool:
    """`An enrollment`, `a booking`: what somebody did, which is about others, and nobody who acts."""
    label = thing.label
    return label in _DEEDS or (len(label) > 6 and label.endswith(_DEED_ENDINGS))


def _done_to(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A donation is made by one donor to one campaign`, `grades are given to a pupil in a course`.

    `A book is lent to a member` makes a loan where the document has loans: that is no reference.
    """
    lexicon = lexicon_of(situation)
    others = [captures[name] for name in ("one", "two") if name in captures]
    child: Thing = captures["thing"]
    child = child if child.words else situation.topic or child
    if lexicon is None:
        return None
    made = (lexicon.find([noun]) for noun in noun_for(captures["done_to"]))
    if any(word is not None and word is not lexicon.thing(child) for word in made):
        return None
    if not all(_is_kept(thing, situation) for thing in (child, *others)):
        return None
    return [Belongs(child, tuple(others))]


def _made_for(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Publish a job for my company`, `jobs are added to a company`: what is made is tied to what it is made for."""
    lexicon = lexicon_of(situation)
    made, target = captures["thing"], captures["one"]
    if lexicon is None or captures.get("create") == "send" or target.many:
        return None
    words = lexicon.thing(made), lexicon.thing(target)
    if None in words or words[0] is words[1] or target.label in _ACCOUNTS:
        return None
    facts: list[Fact] = [Mention(made, ("create",), captures.get("actor"))]
    return [*facts, Belongs(made, (target,), soft=True)]


def _nominal(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Book a room for a time span, giving my name and …`: the fields of a booking."""
    return [Nominal(captures["do"], captures["thing"], captures["fields"])]


def _answers_made(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`They answer 201 with the transaction that was recorded`: what a create answers with anyway."""
    if situation.vocabulary is None or not _is_kept(captures["thing"], situation):
        return None
    topic = situation.topic
    word = situation.vocabulary.lexicon.thing(captures["thing"])
    same = topic is not None and situation.vocabulary.lexicon.thing(topic) is word
    return [Context()] if same else None


def _answers_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`answers 201 with the article, its id and the times createdAt and updatedAt`: new fields."""
    names = captures["new_names"]
    thing: Thing | None = captures.get("thing")
    if thing is not None and (thing.words[-1:] == ("first",) or not _is_kept(thing, situation)):
        return None
    phrases = tuple(FieldPhrase(split_name(name), name) for name in names if name != "id")
    only = bool(captures.get("only"))
    fields = Fields(Thing(()), phrases, by_system=True, route=captures["route"], only=only)
    lexicon = lexicon_of(situation)
    word = lexicon.thing(captures["thing"]) if lexicon is not None and only else None
    if word is None:
        return [fields]
    return [fields, Shows(captures["route"], Items(word.name), single=True)]


def _later(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The due date is 14 days after the loan date`: both are dates that the service sets."""
    left, right = captures["left"], captures["right"]
    thing = situation.topic
    lexicon = lexicon_of(situation)
    if thing is None or (lexicon is not None and lexicon.find([token.low for token in left])):
        return None
    words = tuple(token.low for token in left)
    start = tuple(token.low for token in right)
    if lexicon is None or situation.vocabulary is not None:
        known = {words, start}
        return [Context()] if known else None
    due = FieldPhrase(
        words, traits=[Trait("system"), Trait("computed_once", (captures["span"], right))]
    )
    return [Fields(thing, (due, FieldPhrase(start)), by_system=True)]


def _records(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`records the return date`, `notes the time in exited_at`: fields that an action fills."""
    route = captures.get("route") or situation.route
    if route is None or situation.vocabulary is not None:
        return None
    if "name" in captures:
        phrases: tuple[FieldPhrase, ...] = (
            FieldPhrase(split_name(captures["name"]), captures["name"]),
        )
    else:
        phrases = captures["fields"]
    if not all(phrase.spelled or phrase.words[-1] in _MOMENTS for phrase in phrases):
        return None
    for phrase in phrases:
        phrase.words = phrase.words if phrase.spelled else done_on(phrase.words, route)
        phrase.traits.append(Trait("nullable"))
    return [Fields(Thing(()), phrases, by_system=True, route=route, only=False, part=True)]


_MOMENTS = frozenset({"date", "time", "day", "moment"})


def done_on(words: tuple[str, ...], route: Any) -> tuple[str, ...]:
    """`POST /rentals/{id}/return notes the day`: the one on which it is returned."""
    acting = is_action(route) and len(words) == 1 and words[0] in _MOMENTS
    if not acting:
        return words
    return (*participle(route.segments[-1]).split(), "on" if words[0] in {"day", "date"} else "at")


def _element(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`with ingredients a list of {"name", "quantity"}`."""
    if situation.topic is None:
        return None
    name = captures["name"]
    return [Sketched(Sketch({name: [captures["sketch"].members]}), situation.topic)]


def _code(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST /shorten creates a short code of 6 letters or digits`: a field that the service fills."""
    route = captures["route"]
    phrases: tuple[FieldPhrase, ...] = captures["fields"]
    lexicon = lexicon_of(situation)
    if route.method == "GET":
        return None
    words = [phrase.words for phrase in phrases if not phrase.spelled]
    words += [also for phrase in phrases for also in phrase.also]
    if lexicon is None or any(lexicon.find(cut) for each in words for cut in (each, each[1:2])):
        return None  # makes a resolved ticket new
    if not any(phrase.traits or phrase.spelled for phrase in phrases):
        return None
    if any(lexicon.find([each.low]) for phrase in phrases for each in phrase.tokens):
        return None  # makes a pending subscription `confirmed`
    return [Fields(Thing(()), phrases, by_system=True, route=route)]


def _listed(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Movies: title (required), year …`; not `Categories: a, b, c`."""
    thing: Thing = captures["thing"]
    phrases: tuple[FieldPhrase, ...] = captures["fields"]
    if _has_password(phrases) and thing.label in _ACCOUNTS:
        user = Thing(("user",))
        return [Fields(user, phrases), Mention(user, ("sign-up",))]
    if (
        not _is_named(thing)
        or (thing.label in VAGUE and not thing.many)
        or thing.tokens[-1].kind == "name"
    ):
        return None
    if situation.vocabulary is not None:
        sure = situation.vocabulary.lexicon.thing(thing) is not None
    else:
        sure = any(phrase.traits or phrase.spelled for phrase in phrases)
    usual = sum(1 for phrase in phrases if phrase.words[-1] in _USUAL)
    if len(phrases) == 1 and thing.many and usual and phrases[0].traits and not phrases[0].left:
        return [Fields(thing, phrases)]  # Tools: name, required
    if len(phrases) < 2 or not (sure or usual):
        return None
    lost = sum(1 for phrase in phrases if phrase.left)
    defined = lexicon_of(situation) is not None and lexicon_of(situation).thing(thing) is not None
    if lost and not ((defined or thing.many) and 2 * lost < len(phrases)):
        return None
    return [Fields(thing, phrases)]


def _route_lists(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST /stakes - company_id, holder, percent (up to 100)`: what the route takes."""
    route, phrases = captures["route"], captures["fields"]
    if route.method != "POST" or any(phrase.left for phrase in phrases):
        return None
    finite = phrases[0].spelled is None and forms(phrases[0].words[0]) & {"third", "base"}
    if finite and len(phrases[0].words) > 1:
        return None
    if phrases[0].article and len(phrases) == 1:
        return None
    return _route_takes(captures, situation)


def _plural_with(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`…, plants with a name and a bed`: a second thing in the same sentence."""
    thing: Thing = captures["thing"]
    if not thing.many or thing.article not in {"", "the", "our"} or len(captures["fields"]) < 2:
        return None
    if any(phrase.left for phrase in captures["fields"]):
        return None
    return _has(captures, situation)


def _created_for(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Issue a ticket for a ride (`ride_id`) and enter the height (`height_cm`)`."""
    thing: Thing = captures["thing"]
    if not _is_kept(thing, situation):
        return None
    name = captures["name"]
    reference = FieldPhrase(split_name(name), name)
    return [Fields(thing, (reference, *captures["fields"])), Mention(thing, ("create",))]


def _placed_in(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… stands in a building, referred to as building_id`."""
    thing = captures.get("thing") or situation.topic
    name = captures["name"]
    if thing is None or not name.lower().endswith("id"):
        return None
    thing = thing if thing.words else situation.topic or thing
    return [Fields(thing, (FieldPhrase(split_name(name), name),), sure=False)]


def _listed_sure(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A bug = summary + status`, `stored per parcel: a tracking number and …`."""
    thing: Thing = captures["thing"]
    if not thing.words or not _is_kept(thing, situation):
        return None
    return [Fields(thing, captures["fields"])]


def _deed_takes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Rejecting takes a reason, which must be given`: the body of the action of that name."""
    route = _route_of_deed(captures["thing"], situation)
    lexicon = lexicon_of(situation)
    counted = [each.words for each in captures["fields"] if Trait("many", True) in each.traits]
    things = lexicon is not None and any(lexicon.find(words) for words in counted)
    if route is None or things:
        return None  # closing takes at least two votes
    return _body_of_action({"route": route, "fields": captures["fields"], "kept": True}, situation)


def _route_of_deed(thing: Thing, situation: Situation) -> Any:
    """The route of an action that a gerund names."""
    if not thing.words or thing.article or not thing.words[0].endswith("ing"):
        return None
    wanted = base(thing.words[0])
    for route in situation.extra.get("all_routes", ()):
        if is_action(route) and route.segments[-1].lower().partition("-")[0] == wanted:
            return route
    return None


_USUAL = frozenset(
    "name title description date price email phone author text body amount quantity status address"
    " notes content password capacity start end type category city country rating age".split()
)


def _looks_like(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    thing: Thing = captures["thing"] if captures["thing"].words else situation.topic or Thing(())
    return [Sketched(captures["sketch"], thing)] if _is_kept(thing, situation) else None


def _routes_take(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`POST … and POST … take an amount`, `… may take a note`: said of each of the routes."""
    facts: list[Fact] = []
    for route in captures["routes"]:
        phrases = tuple(replace(each, traits=list(each.traits)) for each in captures["fields"])
        for phrase in phrases if captures.get("optional") else ():
            phrase.traits.append(Trait("optional"))
        found = _route_takes({"route": route, "fields": phrases}, situation)
        if found is None:
            return None
        facts.extend(found)
    return facts


def _route_takes(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    route = captures.get("route") or situation.route
    if route is None:
        return None
    if "sketch" in captures:
        return [Sketched(captures["sketch"], captures.get("thing"), route)]
    if route.method not in {"POST", "PUT", "PATCH"}:
        return None
    if route.segments and route.segments[-1] in SIGN_UP:
        user = Thing(("user",))
        return [Fields(user, captures["fields"], route=route), Mention(user, ("sign-up",))]
    return [Fields(captures.get("thing") or Thing(()), captures["fields"], route=route, sends=True)]


_PEOPLE = frozenset({"people", "person", "anyone", "everyone", "visitor", "visitors", "somebody"})


def _sign_up(captures: Captures, _: Situation) -> Iterable[Fact] | None:
    actor: Thing | None = captures.get("actor")
    named = actor is not None and actor.words and actor.words[-1] not in _PEOPLE
    thing = actor if actor is not None and named else Thing(("user",))
    return [Fields(thing, captures["fields"]), Mention(thing, ("sign-up",))]


_HAVE = (
    "(HAVE|consists of|consist of|(is|are) made (up of|of)"
    "|(is|are) (described|defined|characterised|characterized|identified) (by|with)|comes with"
    "|come with|has got|have got"
    "|(is|are) made from)"
)
_CARRY = (
    "(includes|include|contains|contain|comprises|comprise|stores|store|keeps|keep|records|record|needs|need|requires|require|carries|carry|knows|holds|hold"
    "|bears|names|name|states|state|gives|give|tells|notes|note|mentions|mention|specifies|specify|lists|quotes|quote|gets|get|says|say|features|takes|take|(is|are) given)"
)
_GIVEN = "(with|by leaving|leaving|by entering|by stating|by filling in|by typing|by naming|by telling us|by writing|by choosing|giving|by giving|providing|by providing|including|consisting of|specifying|from|:|needs|stating)"
_THESE = "[(the following|following|these) [(fields|attributes|properties|data|information|details|values|columns)]] [:]"
_STORE = "(store|keep|record|save|note|need|track|hold|want to know|remember|know|write down|want|collect|capture|manage)"
_SYSTEM = "(the|our) (system|service|server|backend|api|app|application|software)"

_MAY = "(can|may|might|could) [also] [optionally]"
_ALONG = "[(along|along with it|with it|too|as well|for it|then|in the body)]"
_TAKES = "(takes|take|accepts|accept|needs|need|requires|require|expects|wants|asks for|comes with)"


def _mark(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`"?"`, `*`, `an asterisk`, `(o)`, `auto` in quotation marks."""
    named = {"asterisk": "*", "star": "*", "plus": "+"}
    start = at + 1 if reader.low(at) in {"a", "an", "the"} else at
    if reader.low(start) == "question" and reader.low(start + 1) == "mark":
        yield "?", start + 2
    elif reader.low(start) in named:
        opened = reader.low(start + 1) == "(" and reader.low(start + 3) == ")"
        yield named[reader.low(start)], start + (4 if opened else 1)
    elif start < len(reader.tokens) and reader.tokens[start].kind in {"quote", "name", "code"}:
        yield str(reader.tokens[start].value), start + 1
    elif reader.low(start) in {"*", "?", "+", "#", "**"}:
        yield reader.low(start), start + 1
    elif reader.low(start) == "(" and reader.low(start + 2) == ")":
        yield f"({reader.low(start + 1)})", start + 3


DEFINITION_SLOTS["mark"] = _mark


def _legend(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Fields marked "auto" are filled in by the service`."""
    traits, left = read_traits(captures["rest"] if "rest" in captures else (captures["word"],))
    return [Legend(captures["mark"], tuple(traits))] if traits and not left else None


def _is_label(thing: Thing) -> bool:
    """`**Station** {name, city}`, not `best first: [{…}]`."""
    return bool(thing.tokens) and (thing.tokens[0].text[:1].isupper() or bool(thing.article))


_MEMBERS = "(fields|columns|attributes|properties|members|ones|names|values)"

_OURS = (
    "(ours|up to us|our business|[(set|filled|filled in|worked out|computed|calculated|kept|added|made|given|generated"
    "|managed|provided|determined|decided)] (by|from) (us|the (system|service|server|backend|api|app|application)))"
)
LEGENDS: tuple[tuple[str, Recogniser], ...] = (
    (f"[all] [the] <word> {_MEMBERS} [MUST] (are|have|carry|bear) [marked] [(with|by)] <mark>", _legend),
    (f"[all] {_MEMBERS} [that are] [which are] (marked|with|having|ending) [(with|by|as|in)] <mark> [(are|is|have)] <rest>", _legend),
    (f"<mark> (marks|means|indicates|denotes|stands for|=|:) [(a|an|the|that a|that the)] [(field|fields)] [(is|are)] [that is] <rest> [{_MEMBERS}]", _legend),
    (f"<mark> (marks|means|indicates|denotes|stands for) <word> {_MEMBERS}", _legend),
    (f"[and] (everything else|all else|anything else|the rest|all the rest|the others|all others|(all|any|the|every) other {_MEMBERS[:-1]}|field|value)) (is|are|comes|come) {_OURS}", lambda *_: [Legend("", (Trait("system"),))]),
)  # fmt: skip

_JOINS = "(signs up|sign up|registers|register|signs themselves up|creates an account|create an account|opens an account)"
_THEMSELVES = "(to take part|to join|for an account|for the site)"

_TO = "(to|by|for|from|of|in|on|at|into|with|about)"
_SOME = "(a|an|one|exactly one|one of (the|my|our|their)|the|my|our|their|his|her|its|each|every|some|any)"

DEFINITIONS: tuple[tuple[str, Recogniser], ...] = (
    *LEGENDS,
    (f"[please] {_STORE} [down] (in|on|with|for) (each|every|the) <thing> [(the|its|their|a|an)] <kept:fields>", _kept),
    ("<thing> (keeps|keep|stores|store|remembers|remember|records|record) [(the|its|their|a|an)] <kept:fields>", _kept),
    ("<thing> (also|additionally|besides|further) (shows|show|has|have|tells|contains|gets) [the] <fields>", _also_shows),
    ("(what (comes|goes|is sent|is given|we send|you get|clients get) back|(the|an|every|each|our|all) (answer|answers|response|responses|reply|replies|stored object|result|results)) [(then|additionally)] [also] (has|have|contains|contain|includes|include|carries|carry|shows|show|comes with|come with|adds|add|holds) [also] [(the|an|a)] <fields> [(as well|too|on top|besides)]", _answer_has),
    (f"there (is|are|may be|can be) [also] [(a|an|the)] <short_fields:fields> [,] {_SOMETIMES}", _there_is),
    ("there (is|are) also [(a|an|the)] <fields>", _there_is),
    (f"(it|this|<route>) [MUST] {_TAKES} <body_fields:fields> [,] (which|that) (we|(is|are|MUST be) (kept|stored|saved|recorded)) [(keep|store|save|record|remember)] [(with|on|in|for) <phrase>]", lambda c, s: _body_of_action({**c, "kept": True}, s)),
    (f"(it|this) [MUST] {_TAKES} <fields>", _body_of_action),
    (f"(i|we|you|they|one|people|clients|it|this|that) {_MAY} (add|send|give|pass|attach|enter|state|leave|include|carry|come with|take) <sent:fields> {_ALONG}", lambda c, s: _body_of_action({**c, "optional": True}, s)),
    (f"<sent:fields> {_MAY} [also] (be (added|sent|given|passed|attached|included|stated|left)|come|go) {_ALONG}", lambda c, s: _body_of_action({**c, "optional": True}, s)),
    ("<name> [then] (names|tells|holds|shows|is|points to|refers to) the (highest|lowest|best|latest|first|last|most recent) <noun:agent> [, or (stays|is|remains|be) (empty|null|nothing) [<rest>]]", _names_agent),
    ("<thing> [MUST] (shows|show|has|have|displays|tells|knows|gets) (its|a|an|the|their) <name> , which is <phrase:first> (while|as long as|until|if|when) there (is|are) no <noun:parts> [yet]", _shows_value),
    (f"<thing> [MUST] [additionally] {_HAVE} {_THESE} <fields>", _has),
    (f"<thing> [MUST] [additionally] {_CARRY} {_THESE} <fields>", _carries),
    (f"<thing> (can|may|might|could) [also] ({_HAVE}|carry|contain|include|hold|bear|name|mention|state|specify|give) {_THESE} <fields>", _has_any),
    (f"[MUST] (has|have|consists of|contains|comes with) {_THESE} <fields>", _topic_has),
    ("<thing> [MUST] (is|are) (known|identified|addressed|found|referred to) (by|with|under|through) [(its|their|a|an|the)] [unique] <fields>", _known_by),
    (f"<things> [MUST] {_HAVE} {_THESE} <fields>", _each_has),
    (f"for (each|every|a|an|all|any) <thing> [,] (we|you|i|it|they|{_SYSTEM}) [MUST] [also] {_STORE} <fields>", _has),
    (f"(of|about) (each|every|a|an|all|any) <thing> [,] (we|you|i|it|they|{_SYSTEM}) [MUST] [also] {_STORE} <fields>", _has),
    (f"(we|you|i|it|they|{_SYSTEM}) [MUST] [also] {_STORE} <thing> (with|:) [(their|its|his|her|the)] <fields>", _created_with),
    (f"{_STORE} [(our|the|all)] <thing> (with|:) [(their|its|his|her|the)] <fields>", _created_with),
    (f"{_SYSTEM} [MUST] (adds|add|sets|set|fills in|fill in|records|record|keeps|keep|stores|store|generates|generate|assigns|assign|maintains|creates|notes) <fields> (to|for|of) <thing>", _system_adds),
    (f"{_SYSTEM} [MUST] (adds|add|sets|set|fills in|fill in|records|record|keeps|keep|stores|store|generates|generate|assigns|assign|maintains|creates|notes) <fields>", _system_adds),
    (f"{_SYSTEM} [MUST] (gives|give|assigns|assign) (it|them) <fields>", _system_adds),
    (f"[({_SYSTEM}|we|it)] [MUST] (gives|give|assigns|assign|provides|provide) [to] (each|every|a|an|any|all) [new] <thing> [with] <fields>", _system_adds),
    ("(each|every|a|an|any|all) [new] <thing> [MUST] (gets|get|receives|receive|is given|are given|is assigned|are assigned|be given) <fields> [(from|by) (us|the system|the service|the server)]", _system_adds),
    (f"[<actor> [(can|may|MUST)]] (<create>|<creates>) [(a|an|the)] [new] <thing> [(on|for|in|at|to|about) <thing:target>] [(for|of|with|to|about) [one of] <thing:second>] [,] {_GIVEN} <fields>", _created_with),
    (f"<thing> (is|are) (<created>) [by <actor>] [,] {_GIVEN} <fields>", _created_with),
    (f"<thing> (is|are) (<created>) [by <actor>] (with|by|through|via) <route> [,] {_GIVEN} <fields>", _created_with),
    ("<creating> [(a|an|the)] [new] <thing> (requires|needs|takes|:) <fields>", _created_with),
    (f"[(<actor>)] <do> (a|an) <thing> [for (a|the|some) <noun>] [,] {_GIVEN} <fields>", _nominal),
    ("<route> (answers|answer|returns|return|responds|gives) [with] <number> [with|and] <new_names>", _answers_with),
    ("<route> [:] (the|that|one|a|an) <thing> (with|and) [its] <new_names>", lambda c, s: _answers_with({**c, "only": True}, s)),
    ("<route> [MUST] (gives|give|lists|list|returns|return|shows|show|answers|answer) [with] (every|each|all|the|a) <thing> (with|and|including) [(its|their|the)] <names_only:new_names>", lambda c, s: _answers_with(c, s) if _is_kept(c["thing"], s) else None),
    ("the <noun:left> (is|lies|falls) <span> (after|from) the <noun:right>", _later),
    ("<route> [MUST] (records|record|notes|note|sets|set|stores|writes down) [the] <fields>", _records),
    ("<route> [MUST] (sets|set|fills|fills in) <name> (to|with) <rest>", _records),
    ("[(you|we|it)] (note|notes|write down|writes down|record|records|store|stores|put|puts) the (time|moment|date) (in|as) <name>", _records),
    ("[with|where] <name> (is|being|are|) (a|the) list of <sketch>", _element),
    ("[with|where] <name> a list of <sketch>", _element),
    ("<route> (creates|generates|makes|assigns|gives) <fields>", _code),
    ("<thing> <does_what> [(one|a)] [<noun> of] (a|an|one|the|exactly one) <thing:one> (to|for|with|at|in|on|into|by) (a|an|one|the|exactly one) <thing:two>", _links),
    ("<thing> (looks|look) [like this] [when it is created] [:] [like] <sketch>", _looks_like),
    ("<thing> [:] <sketch>", lambda c, s: _looks_like(c, s) if _is_label(c["thing"]) else None),
    ("<thing> (is|are|comes|come) (sent|given|written|stored|posted|created|represented|shown|made|added|returned|answered|back) [(as|like|with|by|in the form)] <sketch>", _looks_like),
    ("<thing> (is|has|are|have) [an|a] [(object|form|shape|json)] [like|of the form] [:] <sketch>", _looks_like),
    ("<route> [MUST] (takes|take|accepts|accept|expects|expect|needs|need|requires|require|with|from|has|sends|receives) [a] [(body|json|json body)] [(like|with|of|:)] <sketch>", _route_takes),
    ("<route> [MUST] (takes|take|accepts|accept|expects|expect|needs|need|requires|require|with|from|receives|receive|gets|get|wants|want|reads|asks for|(is|are) (sent|given|called with)) [(the fields|the following fields|fields|a body with|a json body with|in the body|the body)] [:] <fields>", _route_takes),
    ("<route> [:] <sketch>", _route_takes),
    (f"[<actor> [(can|may|MUST)]] <do> [(a|an|the|their|one)] [<noun>] (with|by|via|through|using) <route> [,] {_GIVEN} [(his|her|their|my|your)] <fields>", _route_takes),
    ("<thing> [also] (shows|show|displays|display) [its|their] <fields>", _shown_too),
    (f"(we|you|i|they|{_SYSTEM}) [MUST] [also] {_STORE} [(each|every|the|a)] <thing> 's <fields>", _has),
    ("<thing> (takes place|is held|happens|is given) (on|at|in) <fields>", _has),
    ("(they|it|both|<routes>) [both] [MUST] (answer|answers|return|returns|respond|responds|give|gives) [with] [<number>] [with] (the|a) [(new|stored|resulting)] <thing> [(that|which) (was|is|has been) (recorded|created|stored|made|written|added|saved|booked)]", _answers_made),
    ("<routes> (can|may|might|could) [also] [optionally] (take|accept|have|contain|carry|include|get|receive) <fields>", lambda c, s: _routes_take({**c, "optional": True}, s)),
    ("<routes> [both] [all] [MUST] (take|takes|accept|accepts|need|needs|require|requires|expect|expects|with) <fields>", _routes_take),
    ("[<actor> [(CAN|MUST|can|may)]] <do> <phrase> (with|by|via|through|using|:) <route> [,] (giving|by giving|sending|by sending|providing|by providing|stating|with|and|which takes|taking) <fields>", _route_takes),
    ("[<actor> [(can|may|MUST)]] (sign up|register|signup|create an account|sign-up) (with|by giving|using|by providing|giving|:|LPAREN) [(their|a|an)] <fields>", _sign_up),
    (f"[(if|when)] (anyone|anybody|everybody|everyone|whoever|who|people|somebody|users|<thing:actor>) [(who|that)] {_JOINS} [{_THEMSELVES}] [(first|themselves)] (with|by giving|using|by providing|giving|:|LPAREN|by choosing) [(their|a|an)] <fields>", _sign_up),
    ("<thing> (:|-) <fields>", _listed),
    ("<route> (-|→) <fields>", _route_lists),
    (f"<thing> to have {_THESE} <fields>", _has),
    ("<thing> with [(their|its|a)] <fields>", _plural_with),
    ("[(the|a|our)] [<word:one>] [<word:two>] [of the <word:x>] (<create>|<creates>) [(a|an|the|new|all)] <thing> with [(the|a|an|their)] <fields>", _created_with),
    ("<create> [(a|an|the|new)] <thing> (for|on|in|at|to) (a|an|the) <noun> LPAREN <name> RPAREN and (enter|give|state|type|type in|choose|pick|add|note|record|fill in) <fields>", _created_for),
    ("[<thing>] (stands|stand|lies|lie|hangs|hang|lives|live|sits|sit|is|are|belongs|belong|stays|goes|happens) (in|at|on|to|with|under|for) (a|an|one|the|exactly one) <thing:two> [,] (referred to as|given as|called|named|as|known as|kept as|stored as|its id is) <name>", _placed_in),
    ("<thing> = <fields>", _listed_sure),
    ("[(the following is|this is|these are|what is|what we)] (stored|kept|recorded|saved|noted|known|entered|stored fields|data|fields|we store|we keep) [(is|are)] (per|for each|for every|for a|about each|about every|of each|of every|of a) <thing> [(are|is)] [:] <fields>", _listed_sure),
    ("<thing> (takes|needs|requires|expects|asks for|wants|comes with|is called with|is sent) <fields>", _deed_takes),
    ("<thing> [MUST] (connects|connect|links|link|joins|join|relates|combines|ties|assigns|records|registers) <thing:one> (with|to|and|for|in|at|on) <thing:two>", _connects),
    ("<thing> [MUST] (brings|bring|puts|put|gets|get|ties|tie|links|link) <thing:one> and <thing:two> together", _connects),
    ("<thing> (is|are|takes place|happens) between <thing:one> and <thing:two>", _connects),
    (f"<thing> [MUST] [always] (is|are|was|were|be) <done_to> {_TO} (a|an|one|exactly one|a single) <thing:one> [and] {_TO} (a|an|one|exactly one|a single) <thing:two>", _done_to),
    (f"<thing> [MUST] [always] (is|are|was|were|be) <done_to> {_TO} (one|exactly one|just one|a single) <thing:one>", _done_to),
    (f"<thing> [MUST] [always] (is|are|be) <created> {_TO} {_SOME} <thing:one>", _made_for),
    (f"[<actor> [(can|may|MUST|want to|wants to)] [also]] <create> [(a|an|the|new|my|our|their)] [new] <thing> (to|for|on|at|in|under|into) {_SOME} <thing:one>", _made_for),
    ("<thing> [MUST] (belongs|belong) to <things>", _belongs),
    ("<thing> [MUST] (is|are|be) (for|part of|about|assigned to|linked to|tied to|attached to|made for|placed by|written by|owned by) <things>", _belongs),
    ("<thing> [MUST] (refers|refer|references|points|relates|links) [to] <things>", _belongs),
    ("(first|there are|there is|we have|we need|we keep|we manage|i keep) [there are] <things>", _mention),
    ("[<actor> [(can|may|MUST|want to|wants to)] [also]] <crud> [(all|their|his|her|my|existing|own|our|the|single|new)] [own] <things>", _mention),
    ("<things> (can|may|must|should|MUST) be <crud>", _mention),
    ("[(full|complete|the usual|all|basic|standard)] (crud|crud operations|crud endpoints|operations|endpoints) [(operations|endpoints|is needed)] (for|on|of) [(all|the)] <things>", lambda c, s: _mention({**c, "crud": ("manage",)}, s)),
    ("<crud> [<things>] (works|work|goes|go|happens|happen|is done|are done|is possible|are possible) [(with|by|via|through|under|at|using) <phrase>] [:] [<route>]", _crud_works),
    ("<things> (is|are|can be|MUST be) (addressed|identified|found|reached|referred to|looked up|known|fetched|picked) (by|with|via|under|through|at) <phrase> [:] <route>", _mention),
    ("<thing> 's <name> (is|are|MUST be) (a|an|one of|optional|required) <rest>", _described_name),
    ("(some|certain|a few) <thing> (is|are) <phrase:flag> (;|,|:|-) (that|this|it) is [a] [(simple|plain|mere)] (yes or no|yes / no|flag|boolean|switch) [[,] [and] (normally|usually|at first|by default) <literal>]", _some_are),
    ("<thing> (that|which) (is|are|has been) <name> LP <inside> RP <rest>", _relative_flag),
    ("[it|this|that] [MUST] (cover|covers|support|supports|offer|offers|provide|provides|include|includes|allow|allows) <crud> [(all|their|existing|our|the|single|new|single)] <things>", _mention),
    ("[<actor> [(can|may|MUST)]] (put|put up) <things> (on|in|into|onto|up for) <phrase>", lambda c, s: _mention({**c, "crud": ("create",)}, s)),
)  # fmt: skip
