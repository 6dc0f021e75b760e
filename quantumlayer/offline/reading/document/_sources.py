"""Statements made ready for the recognisers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from quantumlayer.agents import Requirement
from quantumlayer.offline.reading.language._clauses import peel
from quantumlayer.offline.reading.language._facts import Belongs, Context, Fact
from quantumlayer.offline.reading.language._fieldlists import read_fields
from quantumlayer.offline.reading.language._fieldtypes import is_textual, type_of_name
from quantumlayer.offline.reading.language._remarks import remark
from quantumlayer.offline.reading.language._traits import read_traits
from quantumlayer.offline.reading.language._vocabulary import Lexicon
from quantumlayer.offline.reading.sentences._attached import end_of_sentence
from quantumlayer.offline.reading.sentences._definitions import (
    CREATE,
    DEFINITION_SLOTS,
    DELETE,
    GENERIC,
    READ,
    UPDATE,
    VAGUE,
)
from quantumlayer.offline.reading.sentences._introductions import (
    COMPOUND,
    introduced,
    labelled,
    presented,
)
from quantumlayer.offline.reading.sentences._rewording import (
    Rewording,
    bracketed,
    called,
    counted_words,
    reword,
)
from quantumlayer.offline.reading.sentences._sequels import sequels
from quantumlayer.offline.reading.text._lexicon import DETERMINERS
from quantumlayer.offline.reading.text._routes import Route, parse_route
from quantumlayer.offline.reading.text._rows import Column, columns, route_of_row, table_kind
from quantumlayer.offline.reading.text._sketches import Sketch, parse_sketch
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import forms, is_plural, plural, singular, verb

__all__ = ["PARAMETER_CUES", "Source", "known_names", "make_ready"]

Kind = Literal[
    "clause", "field", "route", "transition", "entity", "example", "unknown_row", "silent"
]
PARAMETER_CUES = frozenset(
    "parameter parameters query filter filters filtered filterable filtering narrow narrows narrowed params"
    " search searched searches sort sorting page paged paginated pages".split()
)
"""Words that come with the parameters of a list."""
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REQUEST = re.compile(r"^\s*(?:\$\s*)?(?P<route>(?:GET|POST|PUT|PATCH|DELETE)\s+\S+)", re.MULTILINE)


@dataclass(slots=True)
class Source:
    """A statement with its tokens and its neighbours."""

    requirement: Requirement
    kind: Kind
    tokens: tuple[Token, ...] = ()
    """Without lead-ins and purposes. For a route's row: the route, then what it does."""
    full: tuple[Token, ...] = ()
    """All tokens."""
    role: str = ""
    parent: Source | None = None
    previous: Source | None = None
    cells: dict[Column, str] = field(default_factory=dict)
    route: Route | None = None
    sketch: Sketch | None = None
    answers: list[tuple[Route, Sketch]] = field(default_factory=list)
    """What routes that change something answer, as shown in the same sentence."""
    bodies: list[tuple[Route, Sketch]] = field(default_factory=list)
    """What routes take, as shown right behind them."""
    allowed: str = ""
    """Who may call the routes of a row, as a column of its table says."""
    heard: bool = False
    """Whether it was read loosely, by its nouns, so that nothing of it is left."""
    inline: list[Fact] = field(default_factory=list)
    """Fields that stand behind a noun; the tokens are without them."""

    @property
    def id(self) -> str:
        """The requirement's id."""
        return self.requirement.id

    @property
    def routes(self) -> list[Route]:
        """The routes it mentions, in order."""
        return [token.value for token in self.full if token.kind == "route"]

    @property
    def narrows(self) -> bool:
        """Whether it speaks of the parameters of a list, so that it names no fields."""
        routes = self.routes
        cued = any(token.low in PARAMETER_CUES for token in self.full if token.kind == "word")
        cued = cued or any(route.query for route in routes)
        return cued and bool(routes) and {route.method for route in routes} <= {"GET", ""}

    @property
    def headings(self) -> list[str]:
        """The headings above it, innermost first; the heading of a column that names a thing, too."""
        own = [self.cells["entity"]] if self.kind == "field" and "entity" in self.cells else []
        return own + [part for part in reversed(self.requirement.section.split(" > ")) if part]


def make_ready(items: Sequence[Requirement], silent: frozenset[str] = frozenset()) -> list[Source]:
    """Tokenize every statement and link it with the ones around it; silent ones say nothing."""
    sources: list[Source] = []
    by_id: dict[str, Source] = {}
    previous: Source | None = None
    for item in _written_out(items):
        source = Source(item, "silent") if item.id in silent else _source(item)
        source.parent = by_id.get(item.parent or "")
        source.previous = previous
        source.tokens = _taking(source.tokens)
        _share_method(source)
        _lend_path(source)
        _give_methods(source)
        _lend_routes(source)
        source.tokens, source.bodies = _without_bodies(_members_told(source.tokens))
        _shown_bodies(source)
        source.tokens = _quoted_names(_quoted_choices(_without_idioms(source.tokens)))
        if previous is None or previous.headings != source.headings:
            source.full = (*_routes_above(source), *source.full)
        sources.append(source)
        by_id[item.id] = source
        previous = source
    _name_things(sources)
    _reach_back(sources)
    _reword(sources)
    return sources


def _reach_back(sources: Sequence[Source]) -> None:
    """``Money moves with ```{…}``` to `POST /transfers`; …``: the example is what the route behind it takes."""
    for shown, source in pairwise(sources):
        at = next((i for i in (1, 2) if source.tokens[i:] and source.tokens[i].kind == "route"), 0)
        if shown.kind != "example" or shown.route is not None or not at:
            continue
        leads = source.tokens[at - 1].low == "to" and source.tokens[at].value.method == "POST"
        if leads and (at == 1 or source.tokens[0].low in {"sent", "posted"}):
            shown.route = source.tokens[at].value
            source.tokens = source.tokens[at + 1 :]


_SHORT_PATH = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE)\s+)?(?:(\.\.\.|…)|(?=/))(/[\w\-{}/:<>]+)")


def _written_out(items: Sequence[Requirement]) -> Iterator[Requirement]:
    """`POST /wallets/{id}/freeze … `.../unfreeze` …`: the path that dots stand for is that of the route before."""
    method, item_path = "", ""

    def whole(found: re.Match[str]) -> str:
        nonlocal method, item_path
        if not found[2]:
            method, item_path = found[1] or method, found[3][: found[3].rfind("}") + 1]
            return found[0]
        return f"{found[1] or method} {item_path}{found[3]}".strip() if item_path else found[0]

    for item in items:
        text = _SHORT_PATH.sub(whole, item.text)
        yield item if text == item.text else item.model_copy(update={"text": text})


def _name_things(sources: Sequence[Source]) -> None:
    """`` `flag`: `key`, `on` ``, where there are `/flags`: the label is a thing and no name as in JSON."""
    collections = {part for source in sources for route in source.routes for part in route.literals}
    for source in sources:
        lead = source.tokens[0] if source.kind == "clause" and len(source.tokens) > 2 else None
        if lead is None or lead.kind != "name" or source.tokens[1].low not in {":", "-"}:
            continue
        if plural(lead.low.replace("_", "-")) in collections and not is_plural(lead.low):
            thing = replace(lead, kind="word", text=lead.text.capitalize(), value=None)
            source.tokens = (thing, *source.tokens[1:])
            source.full = tuple(thing if token is lead else token for token in source.full)


def _routes_above(source: Source) -> list[Token]:
    """`## POST /books`: the routes that a heading names belong to the first statement below it."""
    above = tokenize(source.headings[0]) if source.headings else ()
    return [token for token in above if token.kind == "route" and token.value.method]


def _reword(sources: Sequence[Source]) -> None:
    """Say definitions again in the few forms that the recognisers know."""
    literals = (route.literals for source in sources for route in source.routes)
    rewording = Rewording(
        counted_words(source.requirement.text for source in sources),
        frozenset(singular(part.replace("-", " ")) for parts in literals for part in parts),
        known_names(sources),
    )
    accounts = any(rewording.counted[word] for word in ("password", "login", "log-in", "token"))
    _lend_names(sources)
    headings: list[str] = []
    for source in sources:
        if source.headings != headings:
            headings = source.headings
            rewording.named = rewording.subject = ()
            rewording.thing = rewording.heading = _headed(headings)
            rewording.headed = bool(rewording.thing)
        if source.kind == "route":
            source.tokens = sequels(source.tokens, rewording.known)
        if source.kind == "clause" and source.tokens and not _is_member(source):
            pronoun = source.tokens[0].low in {"it", "they", "each", "she", "he"}
            spoken = rewording.heading if rewording.headed or not pronoun else rewording.subject
            tokens, facts = introduced(
                source.tokens, spoken, item=source.requirement.kind == "item", accounts=accounts
            )
            source.inline.extend(facts)
            for fact in facts:
                if isinstance(fact, Belongs) and not tokens:
                    rewording.thing = rewording.subject = fact.child.tokens
            tokens = sequels(tokens, rewording.known) if tokens else ()
            source.tokens = reword(tokens, source.full, rewording) if tokens else ()
            if tokens[-1:] and tokens[-1].low == "?" and presented(tokens):
                source.tokens, source.inline = (), [Context()]


def _is_member(source: Source) -> bool:
    """`a colour: white or red` below `A hive has:` is a field, whatever else it looks like."""
    above = source.parent.tokens[-2:] if source.parent is not None else ()
    named = source.parent is not None and source.parent.requirement.text.startswith("`")
    if named and source.requirement.kind == "item" and source.tokens[0].kind == "name":
        return True  # below `Track` - shared by all
    told = [token.low for token in above][-1:] == [":"] and above[0].low in _MEMBERS
    return told and source.requirement.kind == "item" and source.tokens[0].low in DETERMINERS


_MEMBERS = frozenset(
    "has have contains contain comprises includes with of fields attributes".split()
)


def _lend_names(sources: Sequence[Source]) -> None:
    """`… a colour. The field is called `paint`.`: the sentence before takes the name over."""
    for before, source in pairwise(sources):
        name = called(source.tokens) if source.kind == "clause" else None
        if name is None or before.kind != "clause" or len(before.tokens) < 3:
            continue
        end = len(before.tokens) - (before.tokens[-1].low == ".")
        bracket = (*unwritten("("), name, *unwritten(")"))
        before.tokens = (*before.tokens[:end], *bracket, *before.tokens[end:])
        source.tokens, source.inline = (), [Context()]


def _headed(headings: Sequence[str]) -> tuple[Token, ...]:
    """The thing that a heading of one or two words names."""
    tokens = [token for token in tokenize(headings[0] if headings else "") if token.kind != "mark"]
    tokens = [token for token in tokens if token.low not in {"a", "an", "the"}]
    if not 1 <= len(tokens) <= 2 or any(token.kind != "word" for token in tokens):
        return ()
    noun = singular(tokens[-1].low)
    if noun in GENERIC | VAGUE and not (noun in COMPOUND and len(tokens) > 1):
        return ()
    return (*tokens[:-1], replace(tokens[-1], text=noun, low=noun))


def _source(item: Requirement) -> Source:
    match item.kind:
        case "row":
            return _row(item)
        case "example":
            return _example(item)
        case _:
            full = tokenize(item.text)
            sketch = _only_sketch(full)
            role, tokens = peel(bracketed(_without_label(labelled(full))), DEFINITION_SLOTS)
            return Source(
                item, "example" if sketch else "clause", tokens, full, role, sketch=sketch
            )


_LONGEST_LABEL = 5


def _without_label(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`Wishes: POST /wishes …`: a label before a route only points at it."""
    for at, token in enumerate(tokens[:_LONGEST_LABEL]):
        if token.kind == "mark" and token.low in {":", "-"}:
            following = tokens[at + 1] if 0 < at < len(tokens) - 1 else None
            routed = following is not None and following.kind == "route" and following.value.method
            return tokens[at + 1 :] if routed else tokens
        if token.kind != "word":
            return tokens
    return tokens


def _only_sketch(tokens: Sequence[Token]) -> Sketch | None:
    """`{"id", "title"}` alone in its paragraph is an example in all but name."""
    visible = [token for token in tokens if token.kind != "mark"]
    if len(visible) == 1 and visible[0].kind == "sketch":
        found: Sketch = visible[0].value
        return found
    return None


_ACCESS_HEADING = re.compile(
    r"\b(log-?\s?in|auth\w*|token|access|who|signed in|public|protected|permissions?|allowed|roles?|account)\b",
    re.IGNORECASE,
)


def _allowed(cells: Mapping[str, str]) -> str:
    """What a column such as `Log-in needed?` or `Who` says of the routes in its row."""
    for heading, cell in cells.items():
        if _ACCESS_HEADING.search(heading) and cell.strip():
            public = re.search(r"\bpublic\b", heading, re.IGNORECASE) is not None
            words = re.sub(r"\([^()]*\)", " ", cell).strip().strip("`*.").lower()
            if public and words in {"yes", "no", "x", "✓", "✗", "true", "false"}:
                return "no" if words in {"yes", "x", "✓", "true"} else "yes"
            return words
    return ""


def _row(item: Requirement) -> Source:
    kind = table_kind(tuple(item.cells), item.cells)
    allowed = _allowed(item.cells)
    if kind == "other":
        full = tokenize(" ; ".join(cell for cell in item.cells.values() if cell))
        return Source(item, "unknown_row", full, full, allowed=allowed)
    cells = columns(kind, item.cells)
    route = route_of_row(item.cells)
    if kind == "transitions":
        full = tokenize(" ; ".join(item.cells.values()))
        return Source(item, "transition", full, full, cells=cells, route=route)
    if kind == "routes" and route is not None:
        name = Token(f"{route.method} {route.path}", "route", "route", 0, 0, route)
        taken, what = tokenize(cells.get("takes", "")), tokenize(cells.get("what", ""))
        at = next((at for at, token in enumerate(what) if token.low == ":"), -1)
        if not taken and route.method == "POST" and not route.path.endswith("}"):
            lists = [token.kind for token in what[at + 1 : at + 2]] == ["name"]
            told = what[: at if at > 2 else 0]  # no more than `a bed` says what the row is about
            what, taken = (told, what[at + 1 :]) if lists else (what, ())
        tokens: tuple[Token, ...] = (name, *what) if what else ()
        if any(token.kind in {"word", "name", "sketch", "route"} for token in taken):
            tokens = (name, *unwritten("takes"), *taken, *unwritten("."), *tokens)
        failure = tokenize(cells.get("failure", ""))
        tokens = (*tokens, *((*unwritten("."), *failure) if failure else ()))
        return Source(item, "route", tokens, tokens, cells=cells, route=route, allowed=allowed)
    full = tokenize(" ; ".join(item.cells.values()))
    return Source(item, "field" if kind == "fields" else "entity", full, full, cells=cells)


def _example(item: Requirement) -> Source:
    text = item.text.strip()
    request = _REQUEST.search(text)
    route = parse_route(request["route"]) if request else None
    body = text[request.end() :].strip() if request else text
    sketch = parse_sketch(body) or _first_object(body)
    if sketch is not None and not sketch.members:
        sketch = None
    full: tuple[Token, ...] = ()
    if route is not None and request is not None:
        full = (Token(request["route"], "route", "route", 0, 0, route),)
    if sketch is None and route is None:
        full = tokenize(text)
    return Source(item, "example", full, full, route=route, sketch=sketch)


def _first_object(text: str) -> Sketch | None:
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return Sketch(value) if isinstance(value, dict) else None


def _taking(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`POST /members: `name`, `email` (unique)`: what is sent, named without a verb."""
    at = 1 + (len(tokens) > 1 and tokens[1].low in {":", "-", ","})
    sent = tokens[at : at + 2]
    routed = len(sent) > 1 and tokens[0].kind == "route" and tokens[0].value.method in _SENDING
    routed = routed and sent[0].text.strip("`") not in _METHODS
    if not routed or sent[1].low not in {",", "(", "and", ":", ";"}:
        return tokens
    named = sent[0].kind == "name" or (sent[1].low in {",", "("} and _is_field(sent[0].low))
    return (tokens[0], *unwritten("takes"), *tokens[at:]) if named else tokens


_SENDING = frozenset({"POST", "PUT", "PATCH"})


def _is_field(word: str) -> bool:
    """Whether a word is more likely the name of a field than anything else."""
    return is_textual((word,)) or type_of_name((word,)) is not None


def _share_method(source: Source) -> None:
    """`POST and GET /notes`, `PUT, PATCH and DELETE /notes/{id}`: give every method its path."""
    tokens: list[Token] = []
    waiting: list[int] = []
    for token in source.tokens:
        tokens.append(token)
        if token.text.strip("`") in _METHODS and token.kind in {"word", "name"}:
            waiting.append(len(tokens) - 1)
        elif token.kind == "route" and token.value.path and waiting:
            for at in waiting:
                method = tokens[at].text.strip("`")
                shared = replace(token.value, method=method)
                tokens[at] = Token(
                    f"{method} {shared.path}", "route", "route", token.start, token.end, shared
                )
            waiting = []
        elif token.low not in {",", "and", "/", "or", "|"}:
            waiting = []
    if len(tokens) == len(source.tokens) and any(
        new is not old for new, old in zip(tokens, source.tokens, strict=True)
    ):
        source.tokens = tuple(tokens)
        source.full = tuple(tokens)


def _lend_path(source: Source) -> None:
    """`POST /x takes …; GET gives …`: a method alone goes with the path before it."""
    path = ""
    if source.kind != "clause":
        return
    before = source.previous
    if before is not None and before.headings == source.headings and before.routes:
        path = before.routes[-1].path
    changed: list[Token] = []
    for token in source.tokens:
        if token.kind == "route" and token.value.path:
            path = token.value.path
        method = token.text.strip("`")
        if token.kind in {"word", "name"} and method in _METHODS and path:
            own = any(each.kind == "route" and each.value.path for each in source.tokens)
            route = (None if own else _routed_so(source, method)) or Route(method, path)
            changed.append(Token(method, "route", "route", token.start, token.end, route))
        else:
            changed.append(token)
    if tuple(changed) != source.tokens:
        source.full = tuple(
            next((new for new in changed if new.start == old.start and new.kind == "route"), old)
            for old in source.full
        )
        source.tokens = tuple(changed)


_COUNTED = {"first": 1, "last": 1, "two": 2, "three": 3, "four": 4}


def _lend_routes(source: Source) -> None:
    """`The first two start from open`, `the last needs a reason`: which of the actions named just before."""
    named = source.previous.routes if source.previous is not None else []
    lows = [token.low for token in source.tokens[:4]]
    at = 3 if len(lows) > 3 and lows[2] in _COUNTED else 2
    acts = len(lows) > at and lows[:1] == ["the"] and lows[1] in {"first", "last"}
    count = _COUNTED[lows[at - 1]] if acts else 0
    single = {lows[at]} & {*"is can needs takes works starts".split()} if acts else set()
    does = single or (at > 2 and acts and source.tokens[at].forms & {"base"})
    if not does or count > len(named) or not all(len(each.segments) > 2 for each in named):
        return
    meant = named[:count] if lows[1] == "first" else named[-count:]
    spoken = [
        replace(source.tokens[0], text=f"{r.method} {r.path}", kind="route", value=r) for r in meant
    ]
    listed = [each for token in spoken for each in (*unwritten("and"), replace(token, low="route"))]
    source.tokens = source.full = (*listed[1:], *source.tokens[at:])


def _routed_so(source: Source, method: str) -> Route | None:
    """The route with this method that the statements before it named last."""
    before = source.previous
    while before is not None:
        found = [route for route in before.routes if route.method == method and route.path]
        if found:
            return found[-1]
        before = before.previous
    return None


_METHOD_OF = (
    (CREATE, "POST"), (READ, "GET"), (UPDATE, "PATCH"), (DELETE, "DELETE"),
)  # fmt: skip
_SINGLE = frozenset({"single", "one", "individual", "each"})


def _give_methods(source: Source) -> None:
    """`/lists/{id}/tasks for adding and listing, /tasks/{id} for a single one`."""
    changed: list[Token] = []
    at = 0
    while at < len(source.tokens):
        token = source.tokens[at]
        at += 1
        methods: list[str] = []
        end = at
        if token.kind == "route" and token.value.path and not token.value.method:
            methods, end = _purposes(source.tokens, at)
            if not methods and token.value.path.endswith("}") and _is_single(source.tokens, at):
                methods = ["GET", "PUT", "PATCH", "DELETE"]
        if not methods:
            changed.append(token)
            continue
        for method in methods:
            route = replace(token.value, method=method)
            changed.append(replace(token, text=f"{method} {route.path}", value=route))
        at = end
    if len(changed) != len(source.tokens) or tuple(changed) != source.tokens:
        source.tokens = tuple(changed)
        source.full = tuple(
            new
            for old in source.full
            for new in ([each for each in changed if each.start == old.start] or [old])
        )


def _purposes(tokens: Sequence[Token], at: int) -> tuple[list[str], int]:
    """Methods for `for adding and listing`, `to add and list them`; where that ends."""
    if at >= len(tokens) or tokens[at].low not in {"for", "to", "(", ":"}:
        return [], at
    methods: list[str] = []
    end = position = at + 1
    while position < len(tokens) and tokens[position].kind == "word":
        found = verb(tokens[position].low)
        known = [
            method for verbs, method in _METHOD_OF if found is not None and found.base in verbs
        ]
        if not known or (found is not None and not found.forms & {"gerund", "base"}):
            break
        methods.extend(known[:1])
        position = end = position + 1
        while position < len(tokens) and tokens[position].low in {",", "and", "or", "/"}:
            position += 1
    if methods and end < len(tokens) and tokens[end].low in {"them", "it", "these", ")"}:
        end += 1
    return list(dict.fromkeys(methods)), end


def _is_single(tokens: Sequence[Token], at: int) -> bool:
    words = [token.low for token in tokens[at : at + 3]]
    return words[:1] == ["for"] and bool(_SINGLE & set(words[1:]))


def _members_told(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`takes {"stars": 4, "comment": "nice"}, with 1 to 5 stars and an optional comment`."""
    at = next((i for i, token in enumerate(tokens) if token.kind == "sketch"), len(tokens))
    start = at + 1 + (len(tokens) > at + 1 and tokens[at + 1].low == ",")
    if start >= len(tokens) or tokens[start].low != "with" or tokens[at].value.is_list:
        return tokens
    end = end_of_sentence(tokens, start)
    sketch: Sketch = tokens[at].value
    phrases = read_fields(tokens[start + 1 : end], frozenset(sketch.members))
    said: dict[str, str] = {}
    for phrase in phrases:
        name = phrase.spelled or "_".join(phrase.words)
        if name not in sketch.members or phrase.left:
            return tokens
        called = {name, *phrase.words, phrase.article}
        said[name] = " ".join(token.text for token in phrase.tokens if token.low not in called)
    told = replace(tokens[at], value=replace(sketch, said={**sketch.said, **said}))
    return (*tokens[:at], told, *tokens[end:])


def _without_bodies(
    tokens: tuple[Token, ...],
) -> tuple[tuple[Token, ...], list[tuple[Route, Sketch]]]:
    """Take what a route is sent out of the sentence: `POST /x with {"a": 1} does …`."""
    bodies: list[tuple[Route, Sketch]] = []
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        kept.append(token)
        at += 1
        if token.kind != "route" or token.value.method not in {"POST", "PUT", "PATCH"}:
            continue
        at = _behind_no_body(tokens, at)
        end = at
        while end < len(tokens) and tokens[end].low in _BEFORE_BODY:
            end += 1
        if end < len(tokens) and tokens[end].kind == "sketch" and end + 1 < len(tokens):
            stop = end + 1
            if tokens[stop].low == ")":
                stop += 1
            told = any(each.kind == "word" for each in kept[:-1])
            if told or any(each.kind != "mark" for each in tokens[stop:]):
                body, at = _described_body(tokens, tokens[end].value, stop)
                bodies.append((token.value, body))
    return tuple(kept), bodies


def _described_body(tokens: tuple[Token, ...], body: Sketch, at: int) -> tuple[Sketch, int]:
    """`with {"price": 48.5} (not negative)`: what is said of the only member; and where that ends."""
    end = next((i for i in range(at, len(tokens)) if tokens[i].low == ")"), 0)
    inner = tokens[at + 1 : end] if tokens[at : at + 1] and tokens[at].low == "(" else ()
    if not inner or len(body.members) != 1 or read_traits(inner)[1]:
        return body, at
    said = " ".join(token.text for token in inner)
    return replace(body, said={**body.said, **dict.fromkeys(body.members, said)}), end + 1


_BEFORE_BODY = frozenset("with ( body a the json sends send like and plus".split())


def _behind_no_body(tokens: tuple[Token, ...], at: int) -> int:
    """Step over `(no body)`."""
    lows = [token.low for token in tokens[at : at + 4]]
    bracketed = lows[:1] == ["("] and lows[3:] == [")"]
    said = lows[1:3] in (["no", "body"], ["without", "body"], ["empty", "body"])
    return at + 4 if bracketed and said else at


def _quoted_choices(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`a role (`doctor` or `nurse`)`: names in brackets with `or` between them are values, as is `status `new``."""
    changed = list(tokens)
    for at, token in enumerate(tokens):
        end = at + 1
        if token.low in {"status", "state"} and end < len(tokens) and tokens[end].kind == "name":
            value = tokens[end]
            changed[end] = replace(value, low=f'"{value.low}"', kind="quote")
            continue
        if token.low != "(" or end >= len(tokens) or tokens[end].kind != "name":
            continue
        while end < len(tokens) and (
            tokens[end].kind == "name" or tokens[end].low in {",", "or", "|"}
        ):
            end += 1
        inner = tokens[at + 1 : end]
        closed = end < len(tokens) and tokens[end].low in {")", ",", ";"}
        if closed and any(each.low in {"or", "|"} for each in inner):
            changed[at + 1 : end] = [
                replace(each, low=f'"{each.low}"', kind="quote") if each.kind == "name" else each
                for each in inner
            ]
    return tuple(changed)


def _quoted_names(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`POST /jobs/{id}/close needs a non-empty "reason"`: what an action takes is a name, also in quotation marks."""
    changed = list(tokens)
    acts = tokens[:1] and tokens[0].kind == "route" and tokens[0].value.method != "GET"
    for at, token in enumerate(tokens) if acts else ():
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        ends = after is None or after.kind == "mark" or after.low in {"and", "which", "that"}
        opens = tokens[at - 1].low in DETERMINERS | _TAKING | {"optional", "non-empty", "and", ","}
        taken = opens and any(each.low in _TAKING for each in tokens[:at])
        if token.kind == "quote" and taken and ends and str(token.value).isidentifier():
            changed[at] = replace(token, low=token.value.lower(), kind="name")
    return tuple(changed)


_TAKING = frozenset("needs takes requires expects wants demands".split())
_ANSWERING = frozenset(
    "answers answer returns return responds gives get gets answering back receives replies reply"
    " replying yields sends receive obtain obtains".split()
)


def _shown_bodies(source: Source) -> None:
    """`POST /x registers a game: {…}; answers {…}`: what is sent, and what comes back."""
    routes = [token.value for token in source.tokens if token.kind == "route" and token.value.path]
    writing = [route for route in routes if route.method in {"POST", "PUT", "PATCH"}]
    sketches = [token for token in source.tokens if token.kind == "sketch"]
    if len(writing) != 1 or len(routes) != 1 or not sketches:
        return
    kept: list[Token] = []
    for token in source.tokens:
        if token.kind != "sketch" or token.value.is_list:
            kept.append(token)
            continue
        lows = [each.low for each in kept[-4:]]
        answering = bool(_ANSWERING & set(lows))
        behind_colon = lows[-1:] in ([":"], ["("]) or len(kept) == 1
        if answering:
            source.answers.append((writing[0], token.value))
            while (
                kept
                and kept[-1].kind != "route"
                and kept[-1].low not in {";", ".", ":", ",", "and"}
            ):
                kept.pop()
        elif behind_colon and not source.bodies and not source.answers:
            source.bodies.append((writing[0], token.value))
        else:
            kept.append(token)
    source.tokens = tuple(kept)


_IDIOMS = tuple(
    text.split()
    for text in (
        "any more", "anymore", "any longer", "at all", "at any time", "in any case", "of course",
        "by the way", "for sure", "as usual", "as you know", "in any way", "under any circumstances",
        "needless to say", "goes without saying", "it goes without saying", "on its own", "by itself", "by themselves", "at any moment", "in principle", "in particular",
        "from the system", "from the list", "from the database", "from the register", "from our system", "from the service",
        "at the moment", "right now", "at present", "just now", "at the time being", "for the time being", "later on", "later", "afterwards", "whatever happens", "whatever came of it", "no matter what",
        "alone or together", "alone or combined", "alone or in combination", "together or alone", "singly or together",
        "singly or both at once", "singly or combined", "separately or together", "in any combination", "each alone or together",
        "on their own or together", "on its own or together", "by themselves or together", "one by one or together",
    )
)  # fmt: skip


def _neither(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """`Can be neither changed nor deleted` says `cannot be changed or deleted`; `delivered or not` nothing."""
    lows = [token.low for token in tokens]
    for at in range(1, len(lows) - 3):
        if lows[at : at + 2] == ["be", "neither"] and "nor" in lows[at:]:
            nor = lows.index("nor", at)
            spoken = (replace(tokens[at + 1], text="not", low="not"), tokens[at])
            either = replace(tokens[nor], text="or", low="or")
            return (*tokens[:at], *spoken, *tokens[at + 2 : nor], either, *tokens[nor + 1 :])
        if lows[at] == "," and lows[at + 2 : at + 5] == ["or", "not", ","]:
            return (*tokens[:at], *tokens[at + 5 :])
    return tokens


def _without_idioms(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Leave out phrases that only stress."""
    kept: list[Token] = []
    at = 0
    tokens = _neither(tokens)
    while at < len(tokens):
        idiom = next(
            (
                words
                for words in _IDIOMS
                if [each.low for each in tokens[at : at + len(words)]] == words
            ),
            None,
        )
        behind = tokens[at + len(idiom)].low if idiom and at + len(idiom) < len(tokens) else ""
        if (
            idiom is not None
            and behind not in {"than", "of", "when"}
            and not (idiom[-1] == "more" and is_plural(behind))
        ):
            at += len(idiom)
            continue
        kept.append(tokens[at])
        at += 1
    return tuple(kept)


def split_asides(
    tokens: tuple[Token, ...], lexicon: Lexicon
) -> tuple[tuple[Token, ...], list[tuple[Token, ...]]]:
    """Take sentences in brackets out: `… and a capacity (an event ends after it starts)`."""
    kept: list[Token] = []
    asides: list[tuple[Token, ...]] = []
    at = 0
    while at < len(tokens):
        end = _aside_end(tokens, at, lexicon) if tokens[at].low == "(" else None
        if end is None:
            kept.append(tokens[at])
            at += 1
        else:
            asides.append(tokens[at + 1 : end])
            at = end + 1
    return tuple(kept), asides


def _aside_end(tokens: tuple[Token, ...], at: int, lexicon: Lexicon) -> int | None:
    """Where a bracket closes whose sentence is about an entity; None for other brackets."""
    end = next((i for i in range(at + 1, len(tokens)) if tokens[i].low == ")"), None)
    if end is None or end - at < 5 or tokens[at + 1].low not in _SUBJECTS:
        return None
    if remark(tokens[at + 1 : end]) is not None:
        return None  # a plate (every car has its own)
    for stop in (at + 4, at + 3):
        if lexicon.find([token.low for token in tokens[at + 2 : stop]]) is not None:
            finite = forms(tokens[stop].low) & {"third", "base"}
            return end if finite or tokens[stop].low in _MODALS else None
    return None


_SUBJECTS = frozenset({"a", "an", "the", "every", "each", "no", "any", "all"})
_MODALS = frozenset({"is", "are", "must", "can", "cannot", "may", "should", "has", "have", "never"})


def known_names(sources: Iterable[Source]) -> frozenset[str]:
    """Collect the names that the document uses in JSON, in code quotes and in queries."""
    names: set[str] = set()
    for source in sources:
        if source.sketch is not None:
            names.update(source.sketch.members)
        if source.kind == "field":
            names.add(source.cells.get("field", "").strip("`* "))
        for token in source.full:
            if token.kind == "sketch":
                names.update(token.value.members)
            elif token.kind == "name":
                names.add(token.value)
            elif token.kind == "route":
                names.update(name for name, _ in token.value.query)
    return frozenset(names)
