"""Which things the document is about: found before anything else is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quantumlayer.offline.reading.document._sources import Source
from quantumlayer.offline.reading.language._clauses import Grammar
from quantumlayer.offline.reading.language._facts import (
    Belongs,
    Fact,
    Fields,
    Mention,
    Nominal,
    Sketched,
    Thing,
)
from quantumlayer.offline.reading.language._fieldlists import read_field
from quantumlayer.offline.reading.language._traits import read_traits
from quantumlayer.offline.reading.language._vocabulary import EntityWord, Lexicon, class_name, kebab
from quantumlayer.offline.reading.sentences._accounts import SIGN_UPS
from quantumlayer.offline.reading.sentences._attached import detach, list_of
from quantumlayer.offline.reading.sentences._definitions import (
    CREATE,
    DEFINITION_SLOTS,
    DEFINITIONS,
    DELETE,
    GENERIC,
    READ,
    UPDATE,
    VAGUE,
    Situation,
)
from quantumlayer.offline.reading.sentences._loose import DEFINED
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, PREPOSITIONS, PRONOUNS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import Token, tokenize
from quantumlayer.offline.reading.text._words import (
    base,
    forms,
    is_plural,
    noun_for,
    plural,
    singular,
    verb,
)

__all__ = ["detach_lists", "discover", "fields_frame", "is_field_item", "makes"]

_ENOUGH = 3
_AUTH_SEGMENTS = frozenset(
    {"login", "signup", "register", "auth", "token", "logout", "me", "health", "docs", "sign-up"}
    | {"log-in", "signin", "sign-in", "registration", "session", "sessions", "openapi.json", "api"}
    | {"v1", "v2", "rest", "profile", "password"}
)
_PREFIXES = frozenset({"api", "v1", "v2", "v3", "rest"})


@dataclass(slots=True)
class _Evidence:
    """What speaks for a noun being an entity."""

    label: str
    score: int = 0
    first: int = 0
    path: str | None = None
    defined: bool = False
    strong: bool = False
    """Whether a list of fields, a table or an example defines it."""
    kept: bool = False
    """Whether a path picks one of them by its id, or adds one."""
    verbal: bool = False
    """Whether its path is a verb, as in `POST /shorten`."""
    also: set[str] = field(default_factory=set)
    """How it is spelled as well: a to-do in `/todos`."""


@dataclass(slots=True)
class _Search:
    sources: Sequence[Source]
    found: dict[str, _Evidence] = field(default_factory=dict)
    referred: set[str] = field(default_factory=set)
    """Nouns that stand in the field list of another thing."""
    listed: set[str] = field(default_factory=set)
    """Nouns of which something has several."""

    @property
    def routed(self) -> bool:
        """Whether the document names paths at all."""
        return any(source.routes for source in self.sources)

    def note(self, label: str, score: int, at: int) -> _Evidence:
        evidence = self.found.setdefault(label, _Evidence(label, first=at))
        evidence.score += score
        return evidence


def discover(sources: Sequence[Source], known: frozenset[str]) -> Lexicon:
    """Find the entities of a document.

    Evidence is counted: collections in paths, sentences that list fields, headings, JSON examples,
    what can be created and deleted. A noun that is only mentioned is no entity.
    """
    search = _Search(sources)
    grammar = Grammar.of(DEFINITION_SLOTS, [SIGN_UPS, DEFINITIONS, DEFINED])
    routes = [route for source in sources for route in source.routes]
    for at, source in enumerate(sources):
        _from_routes(search, source, at)
        _from_headings(search, source, at)
        _from_rows(search, source, at)
        if source.kind in {"clause", "route"} and not _in_frame(source):
            label = heading_label(source)
            topic = Thing(tuple(label.split())) if label else None
            situation = Situation(known, topic if topic and _nameable(topic) else None)
            situation.extra["all_routes"] = routes
            for fact in (*source.inline, *grammar.understand(source.tokens, situation).facts):
                if not (source.narrows and isinstance(fact, Fields)):
                    _from_fact(search, fact, at)
            _from_introduction(search, source, at)
        _from_frame(search, source, at)
    return _settle(search, known)


def detach_lists(sources: Iterable[Source], known: frozenset[str]) -> None:
    """Take the lists of fields that are attached to nouns out of the sentences."""
    for source in sources:
        if source.kind != "clause" or (_in_frame(source) and source.tokens[0].kind == "name"):
            continue
        source.tokens, found = detach(source.tokens, known)
        source.inline.extend([*found, *_made_for(source.tokens, found)])
        if not found and source.requirement.kind == "item":
            _detach_item(source, known)


def _made_for(tokens: Sequence[Token], found: Sequence[Fields]) -> list[Fact]:
    """`add episodes to a show`, each with …: what is made for something belongs to it."""
    for fields in found:
        noun = [token.low for token in fields.thing.tokens]
        at = next(
            (i for i in range(len(tokens)) if [t.low for t in tokens[i : i + len(noun)]] == noun), 0
        )
        start = at + len(noun)
        made = {
            each.base for token in tokens[:at] if (each := verb(token.low)) is not None
        } & CREATE
        parents = tuple(_parents(tokens, start)) if at and made else ()
        if parents:
            return [Belongs(fields.thing, parents)]
    return []


def _parents(tokens: Sequence[Token], at: int) -> Iterator[Thing]:
    """`to a resident for a zone`: each of them."""
    while [token.low in _FOR for token in tokens[at : at + 1]] == [True]:
        start = end = at + 2
        if tokens[start - 1 : start] and tokens[start - 1].low not in _ONE_OF:
            return
        while (
            end < len(tokens)
            and tokens[end].kind == "word"
            and tokens[end].low not in PREPOSITIONS | {"and", "or"}
        ):
            end += 1
        if end > start:
            yield Thing(tuple(token.low for token in tokens[start:end]))
        at = end


_FOR = frozenset("to for in on at under of about".split())
_ONE_OF = frozenset("a an one each every any that this".split())


def _detach_item(source: Source, known: frozenset[str]) -> None:
    """`donor, amount (above 0)` as an item below a label or a heading that names the thing."""
    if not source.tokens or is_field_item(source.tokens):
        return
    if any(_verbal(token) for token in source.tokens if token.kind == "word"):
        return
    words = _frame_words(source)
    if not words or singular(words[-1]) in GENERIC | VAGUE:
        return
    phrases = list_of(source.tokens, known, telling=False, loose=True)
    if phrases is not None and len(phrases) > 1:
        source.inline.append(Fields(Thing(tuple(words)), tuple(phrases)))
        source.tokens = ()


def _frame_words(source: Source) -> list[str]:
    """The noun of the label or of the heading above an item."""
    if source.parent is None:
        return heading_label(source).split()
    words = [token.low for token in source.parent.tokens if token.low not in {":", ".", "-"}]
    first = next((at for at, word in enumerate(words) if word in PREPOSITIONS), len(words))
    words = [word for word in words[:first] if word not in DETERMINERS]
    fits = len(words) <= 3 and all(re.fullmatch(r"[a-z][\w-]*", word) for word in words)
    return words if fits and not any(_verbal(token) for token in source.parent.tokens) else []


# --- evidence ------------------------------------------------------------------------------------


def _from_routes(search: _Search, source: Source, at: int) -> None:
    for route in source.routes:
        segments = [part for part in route.segments if part not in _PREFIXES]
        for place, segment in enumerate(segments):
            if segment.startswith("{") or not segment[0].isalpha():
                continue
            if segment in _AUTH_SEGMENTS and not _holds_items(search, segment):
                continue
            if segment.startswith(("my-", "my_")):
                continue
            score = _collection_score(route, segments, place)
            label = _label(segment)
            if score:
                evidence = search.note(label, score, at)
                evidence.verbal = _is_verbal(segment)
                behind = segments[place + 1] if place + 1 < len(segments) else ""
                added = route.method == "POST" and place == len(segments) - 1 and place == 0
                evidence.kept |= added or bool(re.fullmatch(r"\{(\w+_)?[iI]d\}", behind))
                if place == 0 or evidence.path is None:
                    prefix = "/".join(part for part in route.segments if part in _PREFIXES)
                    own = f"/{prefix}/{segment}" if prefix else f"/{segment}"
                    evidence.path = own if place == 0 else evidence.path


def _holds_items(search: _Search, segment: str) -> bool:
    """`/sessions/{id}/join`: there the sessions are things, and no log-in."""
    return any(
        behind.startswith("{") and further and not further.startswith("{")
        for source in search.sources
        for route in source.routes
        for each, behind, further in zip(
            route.segments, route.segments[1:], route.segments[2:], strict=False
        )
        if each == segment
    )


_ABBREVIATED = 2


def _collection_score(route: Route, segments: Sequence[str], place: int) -> int:
    """How much a segment looks like a collection: 3 for sure, 1 perhaps, 0 not at all."""
    segment = segments[place]
    words = re.split(r"[-_]", segment)
    verbal = _is_verbal(segment)
    followed = place + 1 < len(segments) and segments[place + 1].startswith("{")
    last = place == len(segments) - 1
    behind_item = place > 0 and segments[place - 1].startswith("{")
    if verbal and not followed:
        return 0
    if followed and len(segment) <= _ABBREVIATED:
        return 0  # /s/{code}
    if followed:
        return 1 if verbal or not is_plural(words[-1]) else 3
    if last and route.method == "POST" and is_plural(words[-1]):
        return 3
    if last and route.method in {"GET", ""} and place == 0 and is_plural(words[-1]):
        return 2
    if last and behind_item and is_plural(words[-1]):
        return 1 if route.method == "GET" else 3  # what a GET shows below an item may be a view
    return 0


def _is_verbal(segment: str) -> bool:
    """`shorten`, `shared`: what is done rather than what is kept."""
    words = re.split(r"[-_]", segment)
    return bool(forms(words[0]) & {"base", "participle"}) and not is_plural(words[-1])


def _label(segment: str) -> str:
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", segment).replace("_", " ").lower()
    if words.rpartition("-")[2].rstrip("s") in {"in", "out", "up", "off", "down"}:
        return singular(words)  # check-ins, sign-ups
    return singular(words.replace("-", " "))


def _from_headings(search: _Search, source: Source, at: int) -> None:
    if source.previous is not None and source.previous.headings == source.headings:
        return
    for heading in source.headings[:1]:
        words = _plain_words(heading)
        if words and words[0] in DETERMINERS:
            words = words[1:]
        if 1 <= len(words) <= 2 and not heading.endswith("?"):
            label = singular(" ".join(words))
            if label not in GENERIC:
                evidence = search.note(label, 1, at)
                path = _PATH_IN_HEADING.search(heading)
                if path is not None and evidence.path is None:
                    evidence.score += _ENOUGH
                    evidence.path = path[0].rstrip("/")


_PATH_IN_HEADING = re.compile(r"(?<![\w/}])/[a-z][\w/-]*(?![\w/{])")


def _plain_words(heading: str) -> list[str]:
    """The words of a heading without paths, code and what stands in brackets."""
    plain = re.sub(r"\([^()]*\)|`[^`]*`|\S*/\S*", " ", heading)
    plain = plain if plain.strip(" :-–—") else heading.replace("`", "")
    plain = re.sub(r"\b(?:GET|POST|PUT|PATCH|DELETE)\b", " ", plain)  # ## POST /books
    return re.findall(r"[A-Za-z][\w-]*", plain.lower())


def _from_rows(search: _Search, source: Source, at: int) -> None:
    if source.kind == "field":
        label = heading_label(source) or _routed_before(search, at)
        first = (
            source.previous is None
            or source.previous.kind != "field"
            or (source.previous.headings != source.headings)
        )
        if label and first:
            evidence = search.note(label, _ENOUGH, at)
            evidence.defined = evidence.strong = True
    elif source.kind == "entity":
        words = re.findall(r"[A-Za-z][\w-]*", source.cells.get("entity", "").lower())
        if words:
            search.note(singular(" ".join(words)), _ENOUGH, at).defined = True


def _routed_before(search: _Search, at: int) -> str:
    """The collection that was spoken of before a table of fields without a heading, or the only one."""
    for source in reversed(search.sources[:at]):
        if source.kind == "field":
            continue
        for route in source.routes:
            if route.literals and is_plural(route.literals[0]):
                return _label(route.literals[0])
    routes = (route for source in search.sources for route in source.routes)
    paths = {route.literals[0] for route in routes if route.literals}
    return _label(next(iter(paths))) if len(paths) == 1 and is_plural(*paths) else ""


def heading_label(source: Source) -> str:
    """The noun that the heading above a field's row or item names, or nothing."""
    for heading in source.headings[:1]:
        words = [word for word in _plain_words(heading) if word not in DETERMINERS | {"entity", "table", "fields"}
                 | {"model", "resource", "object", "attributes", "of", "data"}]  # fmt: skip
        if 1 <= len(words) <= 3 and singular(words[-1]) not in GENERIC:
            return singular(" ".join(words))
    return ""


def _from_fact(search: _Search, fact: Fact, at: int) -> None:
    if isinstance(fact, Fields):
        search.referred.update(singular(phrase.label) for phrase in fact.phrases)
    match fact:
        case Fields(thing=thing) if _is_house(fact):
            pass
        case Fields(thing=Thing(words=words) as thing) if words and _nameable(thing):
            weight = (_ENOUGH if fact.sure else 1) + min(len(fact.phrases) - 1, 2)
            search.listed.update(
                singular(phrase.label) for phrase in fact.phrases if is_plural(phrase.words[-1])
            )
            if thing.label in VAGUE and fact.sure and (thing.many or _is_one_of_many(fact)):
                weight += 2
            if fact.route is None or thing.label == "user":
                evidence = search.note(thing.label, weight, at)
                described = thing.article == "the" and thing.label in search.referred
                evidence.score -= _ENOUGH if described and len(fact.phrases) == 1 else 0
                evidence.defined = True
                evidence.strong |= fact.sure and len(fact.phrases) > 1
        case Sketched(thing=Thing(words=words) as thing) if words and _nameable(thing):
            evidence = search.note(thing.label, _ENOUGH, at)
            evidence.defined = evidence.strong = True
        case Belongs():
            search.note(fact.child.label, 2 if len(fact.parents) == 1 else _ENOUGH, at)
            for parent in fact.parents:
                search.note(parent.label, 1, at)
        case Nominal():
            noun = _noun_in_text(search, fact.verb, fact.thing)
            if noun is not None:
                search.note(noun, _ENOUGH, at).defined = True
            elif makes(fact) and _nameable(fact.thing):
                evidence = search.note(fact.thing.label, _ENOUGH, at)
                evidence.defined = evidence.strong = True
        case Mention(thing=Thing(words=words) as thing, verbs=verbs) if words and _nameable(thing):
            if "sign-up" in verbs:
                return
            search.note(thing.label, 2 if len(verbs) > 1 else 1, at)
        case _:
            pass


def _is_house(fact: Fields) -> bool:
    """`Our club has plots`, `the café has tables`: whoever asks for the service, and nothing it keeps."""
    many = all(is_plural(each.words[-1]) and not each.spelled for each in fact.phrases)
    return many and fact.thing.article in {"our", "my", "the"} and not fact.thing.many


def _is_one_of_many(fact: Fields) -> bool:
    """`A tool has a name`, and not `a password has 8 characters`: where there are others like it."""
    plain = all(phrase.article in {"a", "an"} or phrase.spelled for phrase in fact.phrases)
    return fact.thing.article in {"a", "an", "each", "every"} and plain


def makes(fact: Nominal) -> bool:
    """Whether somebody makes a thing with these fields: `announce an event with a title and a place`."""
    return fact.verb not in READ | UPDATE | DELETE and len(fact.phrases) > 1


def _noun_in_text(search: _Search, word: str, thing: Thing) -> str | None:
    """The noun that names what a verb makes, if the document uses it."""
    words = {token.low for source in search.sources for token in source.full}
    for source in search.sources:
        words.update(part for route in source.routes for part in route.literals)
    for noun in noun_for(word):
        if noun != thing.label and (plural(noun) in words or (noun in words and noun != word)):
            return noun
    return None


def _nameable(thing: Thing) -> bool:
    label = thing.label
    return (
        label not in GENERIC
        and thing.words[-1] not in PRONOUNS
        and not any(word in PREPOSITIONS for word in thing.words)
    )


# --- field lists below a name --------------------------------------------------------------------

_FIELD_WORDS = frozenset({"fields", "attributes", "properties", "columns", "data", "members"})


_SHORT = 4


def fields_frame(source: Source) -> Thing | None:
    """The thing whose fields the items below a statement list, as in `projects` or `A note has:`."""
    placed = [route for route in source.routes if route.path]
    if (
        len(placed) == 1
        and source.tokens
        and (source.tokens[-1].low == ":" or len(source.tokens) <= _SHORT)
    ):
        last = placed[0].literals[-1:] if placed[0].method in {"", "POST"} else []
        if last and len(placed[0].literals) == len(placed[0].segments) and is_plural(last[0]):
            return Thing(tuple(singular(last[0].replace("-", " ")).split()))
    in_bold = _labelled(source)
    if in_bold is not None:
        return in_bold
    labelled = source.tokens and source.tokens[0].kind == "route"
    described = source.full if labelled else source.tokens
    tokens = [token for token in _before_paths(described) if token.low not in {":", ".", "-"}]
    while tokens and tokens[0].low in DETERMINERS | {"each", "every"}:
        tokens = tokens[1:]
    if tokens and tokens[-1].low == ")":
        opened = next((at for at, token in enumerate(tokens) if token.low == "("), len(tokens))
        tokens = tokens[:opened]
    words = [token.low for token in tokens if token.kind in {"word", "name"}]
    if not words or len(words) != len(tokens):
        return None
    if words[-1] in _FIELD_WORDS:
        verb_at = next((at for at, word in enumerate(words) if word in _ENDS_FRAME), -1)
        words = [word for word in words[:verb_at] if word not in {"the", "following", "of"}]
    elif words[0] in _FIELD_WORDS and len(words) > 2 and words[1] in {"of", "for"}:
        words = [word for word in words[2:] if word not in DETERMINERS]
    elif words[-1] in _ENDS_FRAME:
        words = words[:-1]
    if not words or len(words) > 3 or any(word in PREPOSITIONS for word in words):
        return None
    return Thing(tuple(words))


_ENDS_FRAME = frozenset(
    "has have with contains contain includes include consists takes needs".split()
)
"""Words between the thing and `the following fields` or the items: `a note has:`."""
_IN_BOLD = re.compile(r"(\*\*|__)(?P<label>[A-Za-z][\w -]{1,40}?):?\1 *[:\u2014\u2013-]? *[a-z]")
_IN_CODE = re.compile(r"`(?P<label>[A-Za-z]+)` *(?:[,:\u2014\u2013-]|\() *(?P<told>[a-z].*)")


_OF_FIELDS = frozenset(
    "type choices required optional default least most above below unique".split()
)


def _labelled(source: Source) -> Thing | None:
    """`**Override**: makes one user see something else`, `` `Track` - shared by all `` above a list."""
    found = _IN_BOLD.match(source.requirement.text)
    in_code = _IN_CODE.match(source.requirement.text)
    said = read_traits(tokenize(in_code["told"]))[0] if in_code else []
    if not _OF_FIELDS & {trait.key for trait in said}:
        found = found or in_code
    words = found["label"].lower().split() if found else []
    return Thing((*words[:-1], singular(words[-1]))) if 0 < len(words) < 3 else None


_BEFORE_PATHS = frozenset(", ( : - under at via with live lives are".split())


def _before_paths(tokens: Sequence[Token]) -> Sequence[Token]:
    """`tasks, under /lists/{id}/tasks for adding and listing`: what stands before the paths."""
    if not any(token.kind == "route" for token in tokens):
        return tokens
    for at, token in enumerate(tokens):
        opens = token.low in _BEFORE_PATHS
        if at and (opens or token.kind == "route"):
            return tokens[:at]
    return tokens


_NO_FIELD_FIRST = frozenset("only no not never must cannot every if when may".split())


def is_field_item(tokens: Sequence[Token]) -> bool:
    """Tell whether a list item describes a field: a name, and then perhaps what is said about it."""
    if not tokens or tokens[0].kind not in {"word", "name"}:
        return False
    if any(token.kind == "route" for token in tokens) or tokens[-1].low == "!":
        return False
    if [token.low for token in tokens[1:2]] in (["first"], ["last"]):
        return False  # oldest first
    head: list[Token] = []
    for token in tokens:
        if token.low in {",", ":", "(", "-", "=", ";"} and token.kind == "mark":
            break
        head.append(token)
    if tokens[0].kind == "name" and (len(head) == 1 or len(head) < len(tokens)):
        return True
    acts = [at for at, token in enumerate(head[2:-1], 2) if "third" in token.forms]
    if acts and (tokens[0].low in {"each", "every"} or head[acts[0] + 1].kind == "name"):
        return False  # every permit also shows the places_left, the service notes opened_at
    if tokens[0].low in DETERMINERS:
        shows = tokens[-1].low == ":"  # a cart looks like this:
        return len(head) < 6 and not shows and not any(_verbal(token) for token in head)
    if len(head) > 1 and "base" in forms(tokens[0].low):
        return False
    if tokens[0].low in _NO_FIELD_FIRST:
        return False
    phrase = read_field(head)
    return (
        phrase is not None
        and len(phrase.words) <= 3
        and not phrase.left
        and not any(_verbal(token) for token in head)
    )


def _in_frame(source: Source) -> bool:
    """Whether the item stands below a name and describes one of its fields."""
    return (
        source.requirement.kind == "item"
        and source.parent is not None
        and fields_frame(source.parent) is not None
        and is_field_item(source.tokens)
    )


_VERBAL = frozenset(
    "is are can must may has have cannot should will consists consist contains"
    " contain includes belongs belong comprises".split()
)


def _verbal(token: Token) -> bool:
    return token.low in _VERBAL


def _from_frame(search: _Search, source: Source, at: int) -> None:
    """Items that describe fields speak for what stands above them."""
    if source.requirement.kind != "item" or not is_field_item(source.tokens):
        return
    if source.parent is not None:
        thing = fields_frame(source.parent)
        said = {token.low for token in source.parent.tokens[-3:]} & {"has", "have", "contains"}
        if thing is not None and _nameable(thing):
            search.note(thing.label, _ENOUGH if said else 1, at).defined = True
    elif source.requirement.parent is None:
        label = heading_label(source)
        if label:
            search.note(label, 1, at).defined = True


def _from_introduction(search: _Search, source: Source, at: int) -> None:
    """`An article looks like this:` with an example behind it, or `A recipe is` and then JSON."""
    tokens = source.tokens
    if not tokens or len(tokens) > 14:
        return
    thing = introduced(source)
    if thing is not None and _nameable(thing):
        search.note(thing.label, 0, at)


_ANSWERS = frozenset({"response", "answer", "reply", "result", "output"})
_NO_HEADS = _ANSWERS | {"what", "it", "which", "whatever"}


def introduced(source: Source) -> Thing | None:
    """The thing that a statement introduces an example of, or None."""
    words = [token.low for token in source.tokens]
    if len(words) in {3, 4} and words[0] in {"a", "an"} and words[-1] == ":":
        return Thing(tuple(words[1:-1]))  # A show:
    if words[:1] and words[0] in _POINTING and words[1:2] in (["is"], ["are"], ["comes"]):
        return _captioned(source, at=2) or _led_to(source)  # This is a show:
    for marker in ("looks", "look", "is", "has", "are"):
        if marker in words:
            at = words.index(marker)
            tail = set(words[at + 1 :]) - {":", "."}
            fits = marker in {"looks", "look"} or not tail or "like" in tail or "this" in tail
            head = [word for word in words[:at] if word not in DETERMINERS | _WHOLE]
            if head and head[0] in _NO_HEADS:
                return None
            if fits and 1 <= len(head) <= 3:
                return Thing(tuple(head))
    return _captioned(source) or _led_to(source)


_WHOLE = frozenset({"new", "full", "complete", "typical", "whole", "single"})
_LEADING = frozenset(": like as with this below follows is are sends send contains".split())
_ONE = frozenset({"a", "an", "each", "every", "one"})


def _led_to(source: Source) -> Thing | None:
    """`An invoice belongs to a customer and is sent as`, `To add a plant, send:`: the first thing named."""
    words = [token.low for token in source.full if token.low != "."]
    routed = any(token.kind == "route" for token in source.full)
    if not words or words[-1] not in _LEADING or routed or _ANSWERS & set(words):
        return None
    for at, word in enumerate(words):
        if word in _ONE:
            nouns = _nouns(words[at + 1 :])
            if 1 <= len(nouns) <= 2 and _nameable(Thing(nouns)):
                return Thing(nouns)
    return None


def _nouns(words: Sequence[str]) -> tuple[str, ...]:
    """The nouns that words begin with, up to a verb or a word of function."""
    nouns: list[str] = []
    for word in words:
        if word in _WHOLE and not nouns:
            continue
        ends = word in DETERMINERS | PREPOSITIONS | PRONOUNS | _CLAUSES or not word.isalpha()
        if ends or (nouns and "third" in forms(word)):
            break
        nouns.append(word)
    return tuple(nouns)


_CLAUSES = frozenset(
    "as like when that which who and or but is are has have can may must looks".split()
)


_CAPTION = frozenset(
    "a an the one each every example sample examples of for as in json body payload object typical our"
    " e.g like here such new full complete request : . -".split()
)


_POINTING = frozenset({"this", "here", "that", "below", "following", "these"})


def _captioned(source: Source, at: int = 0) -> Thing | None:
    """`A show:`, `Example of a booking:`, `A room as JSON:` above an example."""
    tokens = source.tokens[at:]
    if not tokens or tokens[-1].low != ":" or any(token.kind == "route" for token in tokens):
        return None
    words = tuple(token.low for token in tokens if token.low not in _CAPTION)
    plain = all(token.kind in {"word", "mark"} for token in tokens)
    if plain and 1 <= len(words) <= 2 and _nameable(Thing(words)):
        return Thing(words)
    return None


# --- settling ------------------------------------------------------------------------------------


def _settle(search: _Search, known: frozenset[str]) -> Lexicon:
    for at, source in enumerate(search.sources):
        if source.kind == "example" and source.sketch is not None and source.parent is not None:
            thing = introduced(source.parent)
            if thing is not None and _nameable(thing):
                search.note(thing.label, _ENOUGH, at).defined = True
        if source.kind == "example" and source.previous is not None and source.sketch is not None:
            thing = introduced(source.previous)
            if thing is not None and _nameable(thing):
                search.note(thing.label, _ENOUGH, at).defined = True
    for evidence in search.found.values():
        if evidence.label in search.listed and evidence.defined:
            evidence.score += 2
    deeds = {
        route.segments[-1].lower().partition("-")[0]
        for source in search.sources for route in source.routes
        if len(route.segments) > 2 and route.segments[-2].startswith("{")
    }  # fmt: skip
    for each in search.found.values():
        if each.defined and each.label in VAGUE & search.referred:
            each.score += 2
    _join_spellings(search)
    accepted = [
        each
        for each in search.found.values()
        if _is_accepted(each, known)
        and not (each.label in _OF_THE_API and each.path is None and search.routed)
        and not (each.label.endswith("ing") and base(each.label) in deeds)
    ]
    accepted.sort(key=lambda each: (each.first, each.label))
    lexicon = Lexicon()
    for evidence in _merged(accepted):
        label, aliases = _full_label(search, evidence, {each.label for each in accepted})
        path = evidence.path or f"/{kebab(plural(label))}"
        word = EntityWord(label, class_name(label), path, {*aliases, *evidence.also})
        word.aliases.discard(label)
        lexicon.entities.append(word)
    _add_heads(lexicon)
    _paths_of_verbs(search, lexicon)
    _aliases_of_lists(search, lexicon)
    return lexicon


def _join_spellings(search: _Search) -> None:
    """A `to-do` and `/todos`, a `sign-up` and `/signups` are the same."""
    spelled = {re.sub("[ -]", "", label): label for label in search.found if {" ", "-"} & {*label}}
    for letters in spelled.keys() & search.found.keys():
        own, twin = search.found[spelled[letters]], search.found.pop(letters)
        own.score, own.path, own.kept = own.score + twin.score, own.path or twin.path, True
        own.defined, own.strong = own.defined or twin.defined, own.strong or twin.strong
        own.also.add(letters)


def _aliases_of_lists(search: _Search, lexicon: Lexicon) -> None:
    """`see the answers to my event: GET /events/{id}/rsvps`: an answer is an RSVP."""
    for source in search.sources:
        lists = [each for each in source.routes if each.method == "GET" and each.segments]
        if len(lists) != 1 or lists[0].segments[-1].startswith("{"):
            continue
        entity = lexicon.by_segment(lists[0].segments[-1])
        nouns = _listed_noun(source.tokens)
        if entity is None or not nouns or lexicon.find(nouns) is not None:
            continue
        if not _mentions(source.full, entity) and singular(nouns[-1]) not in GENERIC:
            entity.aliases.add(singular(" ".join(nouns)))


def _listed_noun(tokens: Sequence[Token]) -> list[str]:
    """The plural that somebody wants to see at the beginning of a sentence."""
    if not tokens or tokens[0].low not in {"see", "list", "view", "get", "browse", "show", "read"}:
        return []
    at = 1
    while at < len(tokens) and tokens[at].low in DETERMINERS:
        at += 1
    if at >= len(tokens) or tokens[at].kind != "word" or not is_plural(tokens[at].low):
        return []
    return [tokens[at].low]


_OF_THE_API = frozenset("route row filter endpoint parameter call answer".split())
"""What documents about an API call its parts, unless one of its paths says otherwise."""


def _is_accepted(evidence: _Evidence, known: frozenset[str]) -> bool:
    """Names of fields have to have a collection, vague nouns more than one sentence."""
    if evidence.verbal:
        return evidence.defined and evidence.score >= _ENOUGH
    if evidence.path is None and evidence.label in known and not evidence.strong:
        return False
    vague = evidence.label in VAGUE and not evidence.kept
    return evidence.score >= (_ENOUGH + 2 if vague else _ENOUGH)


def _merged(accepted: Sequence[_Evidence]) -> list[_Evidence]:
    """`time entry` in the text and `/entries` in a path are the same thing."""
    kept: list[_Evidence] = []
    for evidence in accepted:
        head = evidence.label.split()[-1]
        twin = next(
            (
                other
                for other in accepted
                if other is not evidence
                and len(evidence.label.split()) == 1
                and other.label.split()[-1] == head
                and len(other.label.split()) > 1
                and (evidence.path is None or other.path is None)
            ),
            None,
        )
        if twin is None:
            kept.append(evidence)
        else:
            twin.path = twin.path or evidence.path
    return kept


def _full_label(search: _Search, evidence: _Evidence, labels: set[str]) -> tuple[str, set[str]]:
    """A movement that was introduced as a stock movement is one."""
    label = evidence.label
    if evidence.path is not None or " " in label:
        return label, {label}
    forms = {label, plural(label)}
    for source in search.sources[max(0, evidence.first - 2) : evidence.first]:
        tokens = source.full
        for at in range(1, len(tokens)):
            before, token = tokens[at - 1], tokens[at]
            if token.low not in forms or before.kind != "word" or at < 2:
                continue
            if tokens[at - 2].low in {"as", "called", "named", "via", "through"} and _attributive(
                before
            ):
                full = f"{before.low} {label}"
                if full not in labels:
                    return full, {label, full}
    return label, {label}


def _attributive(token: Token) -> bool:
    low = token.low
    return (
        low not in DETERMINERS | PREPOSITIONS | PRONOUNS
        and not low.endswith(("al", "ful", "ive", "ous", "ic", "able", "ible", "ed", "ing", "ary"))
        and low not in {"new", "old", "own", "many", "single", "different", "such"}
    )


def _add_heads(lexicon: Lexicon) -> None:
    heads = [entity.label.split()[-1] for entity in lexicon]
    for entity in lexicon:
        head = entity.label.split()[-1]
        if heads.count(head) == 1 and lexicon.find([head]) is None:
            entity.aliases.add(head)


def _paths_of_verbs(search: _Search, lexicon: Lexicon) -> None:
    """`POST /shorten` keeps the only entity that has no collection of its own."""
    taken = {entity.path for entity in lexicon}
    for source in search.sources:
        for route in source.routes:
            segments = [part for part in route.segments if part not in _PREFIXES]
            if not segments or segments[0].startswith("{") or segments[0] in _AUTH_SEGMENTS:
                continue
            path = f"/{segments[0]}"
            followed = len(segments) > 1 and segments[1].startswith("{")
            found = forms(segments[0])
            if "base" not in found and (found or route.method != "POST"):
                continue
            if path in taken or not (followed or (route.method == "POST" and len(segments) == 1)):
                continue
            if lexicon.by_segment(segments[0]) is not None:
                continue
            entity = _of_route(search, lexicon, source)
            if entity is not None:
                entity.path = path
                taken.add(path)


def _of_route(search: _Search, lexicon: Lexicon, source: Source) -> EntityWord | None:
    free = [
        entity
        for entity in lexicon
        if entity.label != "user"
        and all(
            evidence.path is None
            for evidence in search.found.values()
            if evidence.label == entity.label or evidence.label in entity.aliases
        )
    ]
    if len(free) == 1:
        return free[0]
    mentioned = [entity for entity in free if _mentions(source.full, entity)]
    return mentioned[0] if len(mentioned) == 1 else None


def _mentions(tokens: Iterable[Token], entity: EntityWord) -> bool:
    forms = {entity.label, entity.plural, *entity.aliases}
    return any(token.low in forms for token in tokens)
