"""A document, read from beginning to end: facts, and what nobody understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from quantumlayer.agents import Requirement
from quantumlayer.offline.reading.document._discovery import (
    detach_lists,
    discover,
    fields_frame,
    heading_label,
    is_field_item,
)
from quantumlayer.offline.reading.document._gleaning import corrected, glean
from quantumlayer.offline.reading.document._learning import learn
from quantumlayer.offline.reading.document._sources import (
    Source,
    known_names,
    make_ready,
    split_asides,
)
from quantumlayer.offline.reading.document._structure import Structure, build_structure
from quantumlayer.offline.reading.language._clauses import Understood
from quantumlayer.offline.reading.language._facts import (
    Belongs,
    Context,
    Fact,
    Fields,
    Nominal,
    Owned,
    Refused,
    Said,
    Sets,
    Sketched,
    States,
    Thing,
    Transition,
    Worked,
)
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.language._traits import read_traits
from quantumlayer.offline.reading.language._vocabulary import EntityWord, Lexicon, snake
from quantumlayer.offline.reading.sentences._accounts import granted_by_row
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._grammar import whole_grammar
from quantumlayer.offline.reading.sentences._loose import read_loosely
from quantumlayer.offline.reading.sentences._phrases import Vocabulary
from quantumlayer.offline.reading.sentences._shown import read_figures, read_report, read_shown
from quantumlayer.offline.reading.text._lexicon import PAGING
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import singular

__all__ = ["Analysis", "Finding", "analyse"]


@dataclass(slots=True)
class Finding:
    """What one statement says."""

    source: Source
    facts: list[Fact]
    unread: list[tuple[Token, ...]]
    route: Route | None = None
    topic: str | None = None
    """The entity that it is about."""
    framed: bool = False
    """Whether it is an item of a list of fields, or a row of a table."""


@dataclass(slots=True)
class Analysis:
    """Everything that was understood of a document."""

    sources: list[Source]
    structure: Structure
    vocabulary: Vocabulary
    findings: list[Finding] = field(default_factory=list)
    roles: frozenset[str] = frozenset()


def analyse(items: Sequence[Requirement], silent: frozenset[str] = frozenset()) -> Analysis:
    """Read all statements: first for what things there are, then for what is said about them.

    Args:
        items: The statements.
        silent: Those that are passed over.
    """
    sources = make_ready(items, silent)
    known = known_names(sources)
    detach_lists(sources, known)
    open_ones = _hear_figures(sources, discover(sources, known))
    analysis = _analysed(sources, known)
    if open_ones and _hear_of(analysis.structure, open_ones, sources):
        analysis = _analysed(sources, known)
    if _fill_in(analysis, known):
        analysis = _analysed(sources, known)
    return analysis


def _analysed(sources: list[Source], known: frozenset[str]) -> Analysis:
    structure = build_structure(sources, discover(sources, known), known)
    vocabulary = learn(structure, sources)
    analysis = Analysis(sources, structure, vocabulary, roles=_roles(structure))
    reader = _Reader(analysis, known)
    analysis.findings = [reader.read(source) for source in sources]
    if _learns_more(analysis):
        read = {finding.source.id: finding for finding in analysis.findings if not finding.unread}
        reader = _Reader(analysis, known)
        analysis.findings = [reader.read(source, read.get(source.id)) for source in sources]
    return analysis


def _hear_figures(sources: Sequence[Source], lexicon: Lexicon) -> list[Source]:
    """Read what the service works out before anything else takes it for what clients send.

    Returns:
        Those that do not say whose value it is.
    """
    open_ones: list[Source] = []
    before: Source | None = None
    for source in sources:
        if before is not None and _only_says_when_empty(source):
            before.inline = [_longer(fact, source.full) for fact in before.inline]
            source.tokens, source.inline, source.heard = (), [Context()], True
            continue
        before = None
        facts = read_figures(source.full, lexicon) if source.kind == "clause" else []
        facts = _below_heading(facts, source, lexicon)
        if not facts and source.kind == "clause":
            source.inline[len(source.inline) :], at = read_report(source.full, lexicon)
            source.tokens = source.full[:at] if at else source.tokens
            source.heard = at > 0 and source.full[at - 1].kind == "route"
        elif any(isinstance(fact, Fields) and not fact.thing.words for fact in facts):
            open_ones.append(source)
        elif facts:
            source.inline, source.heard, before = facts, True, source
    return open_ones


def _below_heading(facts: list[Fact], source: Source, lexicon: Lexicon) -> list[Fact]:
    """`- total: quantity times the price of the event` below `Orders`: an order has it, and no event."""
    labelled = source.requirement.kind == "item" and [t.low for t in source.full[1:2]] == [":"]
    word = lexicon.find(heading_label(source).split()) if facts and labelled else None
    if word is None:
        return facts
    thing = Thing(tuple(word.label.split()))
    return [replace(fact, thing=thing) if isinstance(fact, Fields) else fact for fact in facts]


_EMPTY = frozenset("null zero 0 empty".split())


def _only_says_when_empty(source: Source) -> bool:
    """`It is null while there are none`, `without lines it is 0`: that goes on about a figure."""
    words = {token.low for token in source.full}
    short = len(source.full) <= 14 and source.kind == "clause" and not source.routes
    return short and bool(
        words & _EMPTY and words & {"no", "none", "without", "any"} and "it" in words
    )


def _longer(fact: Fact, tokens: Sequence[Token]) -> Fact:
    if not isinstance(fact, Fields):
        return fact
    tokens = [token for token in tokens if token.low not in {".", "!"}]
    *others, last = fact.phrases
    traits = [
        trait._replace(value=(*trait.value, *unwritten(","), *tokens))
        if trait.key == "meaning"
        else trait
        for trait in last.traits
    ]
    return replace(fact, phrases=(*others, replace(last, traits=traits)))


def _hear_of(structure: Structure, sources: Sequence[Source], every: Sequence[Source]) -> bool:
    """Say whose values they are that a few statements explain; tell whether that is known of any."""
    found = False
    reported = {
        name
        for source in every
        for sketch in (
            source.sketch,
            *(token.value for token in source.full if token.kind == "sketch"),
        )
        if sketch is not None
        for name in sketch.members
    }
    for source in sources:
        facts = read_figures(source.full, structure.lexicon)
        if any(
            phrase.spelled in reported or snake(phrase.words) in reported
            for fact in facts
            if isinstance(fact, Fields)
            for phrase in fact.phrases
        ):
            continue  # that is about a report
        told = [fact.phrases[0].traits[0].value for fact in facts if isinstance(fact, Fields)]
        owner = _owner_of(structure, told[0]) if told else None
        if owner is not None:
            thing = Thing(tuple(owner.label.split()))
            source.inline = [
                replace(fact, thing=thing) if isinstance(fact, Fields) else fact for fact in facts
            ]
            source.heard = found = True
    return found


def _owner_of(structure: Structure, told: Sequence[Token]) -> EntityWord | None:
    """What has a value that is worked out from the items that belong to it, or from its own fields."""
    words = [structure.lexicon.find([token.low]) for token in told if token.kind == "word"]
    drafts = structure.entities
    for word in words:
        if word is None or word.name not in drafts:
            continue
        above = {
            made.references
            for made in drafts[word.name].fields.values()
            if made.references and made.references != "User"
        } | {parent for parent, child, _ in structure.relations if child == word.name}
        if len(above) == 1:
            return drafts[above.pop()].word
    names = [str(token.value or token.low) for token in told if token.kind in {"word", "name"}]
    has = [draft for draft in drafts.values() if any(draft.fields.get(name) for name in names)]
    return has[0].word if len(has) == 1 else None


def _fill_in(analysis: Analysis, known: frozenset[str]) -> bool:
    """Read what is left loosely, and tell whether that found anything."""
    words = {singular(token.low) for source in analysis.sources for token in source.full}
    found = False
    for finding in analysis.findings:
        source = finding.source
        told = any(_tells(fact, analysis.structure.lexicon) for fact in finding.facts)
        left = bool(finding.unread) or any(fact.unread for fact in finding.facts)
        if left and source.kind == "clause" and not finding.framed and not source.heard:
            lexicon = analysis.structure.lexicon
            facts = read_shown(source.tokens, lexicon)
            source.heard |= bool(facts)
            facts = facts or read_loosely(source.tokens, lexicon, words, known)
            facts = [
                each for each in facts if not told or source.heard or isinstance(each, Belongs)
            ]
            source.inline.extend(facts)
            found = found or bool(facts)
    return found


def _tells(fact: Fact, lexicon: Lexicon) -> bool:
    """Whether a fact says what a thing of the document has or belongs to."""
    if isinstance(fact, Fields) and fact.thing.words:
        return lexicon.thing(fact.thing) is not None
    return isinstance(fact, Fields | Nominal | Belongs)


def _learns_more(analysis: Analysis) -> bool:
    """Learn the fields that only a sentence about their value mentions; tell whether there are any."""
    fields = analysis.vocabulary.fields
    new = {
        fact.words: analysis.structure.spell(fact.words)
        for finding in analysis.findings
        for fact in finding.facts
        if isinstance(fact, Sets | Worked) and fact.words and fact.words not in fields
    }
    new.update(
        (words, words[0])
        for finding in analysis.findings
        for fact in finding.facts
        if isinstance(fact, Said)
        for words in fact.names
        if len(words) == 1 and words not in fields and words[0] in analysis.structure.known
    )
    if ("status",) not in fields and any(
        isinstance(fact, States | Transition) and not getattr(fact, "words", ())
        for finding in analysis.findings
        for fact in finding.facts
    ):
        new["status",] = "status"
    fields.update(new)
    states = _learns_states(analysis)
    return (bool(new) or states) and any(finding.unread for finding in analysis.findings)


def _learns_states(analysis: Analysis) -> bool:
    """Learn the states that only sentences name: `draft to published`, `status: new -> sent`."""
    known = analysis.vocabulary.states
    before = len(known)
    for finding in analysis.findings:
        names = {finding.topic} if finding.topic else set(analysis.structure.entities)
        for state in _states_in(finding.facts):
            known.setdefault(state.lower(), set()).update(names)
    return len(known) > before


def _states_in(facts: Sequence[Fact]) -> Iterator[str]:
    for fact in facts:
        match fact:
            case Transition(to=to, sources=sources):
                yield from sources
                if to is not None:
                    yield to
            case States(values=values):
                yield from values
            case Said(traits=traits):
                for trait in traits:
                    if trait.key in {"choices", "flow"}:
                        yield from (each for each in trait.value if isinstance(each, str))


def _roles(structure: Structure) -> frozenset[str]:
    """The roles that users can have: the choices of a field called role."""
    found: set[str] = set()
    for draft in structure.entities.values():
        for made in draft.fields.values():
            person = draft.word.label == "user" or any(
                each.words[-1:] == ("password",) for each in draft.fields.values()
            )
            named = made.words[-1:] in {("kind",), ("type",)} and person
            if made.words[-1:] == ("role",) or named:
                for values in made.values("choices"):
                    found.update(str(value).lower() for value in values)
    return frozenset(found)


@dataclass(slots=True)
class _Reader:
    """Keeps what surrounds a statement while the document is read."""

    analysis: Analysis
    known: frozenset[str]
    route: Route | None = None
    section: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    by_id: dict[str, Finding] = field(default_factory=dict)

    def read(self, source: Source, known: Finding | None = None) -> Finding:
        """Read a statement; `known` is what an earlier look at it found."""
        self._follow(source)
        if known is not None:
            self._remember(known)
            return known
        word = self.analysis.structure.topics.get(source.id)
        topic = word.name if word is not None else None
        finding = Finding(source, [], [], self.route, topic)
        if not source.heard and self._is_framed(source):
            finding.framed = True
        elif source.kind in {"clause", "route"}:
            understood = Understood() if source.heard else self._understand(source, topic)
            finding.facts, finding.unread = understood.facts, understood.unread
            finding.facts = self._from_there(source, finding.facts)
            finding.facts.extend(source.inline)
            finding.facts.extend(Sketched(sketch, None, route) for route, sketch in source.bodies)
            finding.facts.extend(
                Sketched(sketch, None, route, takes=False) for route, sketch in source.answers
            )
        else:
            finding.framed = source.kind != "unknown_row"
            if source.kind == "unknown_row":
                finding.unread = [source.full]
        granted = granted_by_row(source.allowed, source.routes, self.analysis.roles)
        if granted:
            finding.facts.extend(granted)
            finding.framed, finding.unread = (
                True,
                [] if source.kind == "unknown_row" else finding.unread,
            )
        self._remember(finding)
        return finding

    def _remember(self, finding: Finding) -> None:
        self.by_id[finding.source.id] = finding
        for fact in finding.facts:
            if isinstance(fact, Refused):
                self.extra["operation"] = fact.operation
            items = getattr(fact, "items", None)
            if isinstance(items, Items) and items.entity is not None:
                self.extra["spoken"] = items.entity

    def _follow(self, source: Source) -> None:
        """Keep the route that the text goes on to describe."""
        if source.headings != self.section:
            self.section = source.headings
            self.route = None
            for heading in source.headings[:1]:
                routes = [token.value for token in tokenize(heading) if token.kind == "route"]
                self.route = routes[0] if routes else None
        before = source.previous
        if before is not None and before.kind == "route" != source.kind:
            self.route = None  # a table of routes ends
        if source.parent is not None and source.parent.id in self.by_id:
            parent = self.by_id[source.parent.id]
            if parent.source.routes:
                self.route = parent.source.routes[-1]
        routes = [route for route in source.routes if route.path]
        if routes:
            self.route = routes[0] if len(routes) == 1 else routes[-1]

    def _from_there(self, source: Source, facts: list[Fact]) -> list[Fact]:
        """Below `From there` the steps start where the items were said to start."""
        for fact in facts:
            if isinstance(fact, States) and fact.initial is not None:
                self.extra["initial"] = fact.initial
        above = source.parent.full if source.parent is not None else ()
        lows = [token.low for token in above if token.kind == "word"]
        initial = self.extra.get("initial")
        if initial is None or lows[-2:] not in (["from", "there"], ["from", "then"]):
            return facts
        return [
            replace(fact, sources=(initial,))
            if isinstance(fact, Transition) and not fact.sources
            else fact
            for fact in facts
        ]

    def _is_framed(self, source: Source) -> bool:
        if source.requirement.kind != "item" or not is_field_item(source.tokens):
            return False
        parent = source.parent
        structure = self.analysis.structure
        if parent is not None:
            thing = fields_frame(parent)
            if thing is not None and structure.lexicon.thing(thing) is not None:
                return self._known_field(source)
        labelled = any(token.low in {":", "-"} for token in source.tokens[1:4])
        labelled = labelled and not self._half_read(source)
        return self._known_field(source) and (labelled or source.tokens[0].kind == "name")

    def _half_read(self, source: Source) -> bool:
        return any(
            trait.key == "unread" and requirement == source.id
            for draft in self.analysis.structure.entities.values()
            for made in draft.fields.values()
            for trait, requirement in made.traits
        )

    def _known_field(self, source: Source) -> bool:
        return any(
            source.id in made.requirements
            for draft in self.analysis.structure.entities.values()
            for made in draft.fields.values()
        )

    def _understand(self, source: Source, topic: str | None) -> Understood:
        thing = None
        if topic is not None:
            label = self.analysis.structure.entities[topic].word.label
            thing = Thing(tuple(label.split()))
        situation = Situation(self.known, thing, self.analysis.vocabulary, self.route, self.extra)
        situation.extra["roles"] = self.analysis.roles | _role_words(self.analysis, source)
        situation.extra["topic"] = topic
        situation.extra["entities"] = self.analysis.structure.entities
        situation.extra["spoken"] = self._spoken_of(source, topic)
        owners = situation.extra.setdefault("owners", set())
        owners.update(
            fact.words[-1]
            for finding in self.by_id.values()
            for fact in finding.facts
            if isinstance(fact, Owned) and fact.words
        )
        situation.extra["routes"] = source.routes
        situation.extra["bodies"] = source.bodies
        if source.routes:
            situation.extra["routes_now"] = source.routes
        elif "routes_now" in situation.extra:
            situation.extra["routes_before"] = situation.extra["routes_now"]
        situation.extra["all_routes"] = [
            route for each in self.analysis.sources for route in each.routes
        ]
        situation.extra["names"] = [
            str(token.value) for token in source.full if token.kind == "name"
        ]
        situation.extra["lows"] = frozenset(token.low for token in source.tokens)
        situation.extra["has_route"] = bool(source.routes)
        heading = " ".join(source.headings[:1]).lower()
        situation.extra["forbids"] = any(each in heading for each in _FORBIDDING)
        situation.extra["either"] = any(token.low == "or" for token in source.tokens)
        named = [singular(token.low) for token in source.tokens if token.kind == "word"]
        acting = [word for word in named if word in situation.extra["roles"]]
        situation.extra["acting"] = acting[0] if len(set(acting)) == 1 else None
        before = situation.extra.get("reached") or situation.extra.get("reached_before")
        situation.extra["reached_before"] = before
        situation.extra["reached"] = _reached(source.tokens)
        completed = self._completed(source)
        understood = self._clauses(completed, situation)
        if completed is not source.tokens and understood.unread:
            alone = self._clauses(source.tokens, situation)
            if _weight(alone) <= _weight(understood):
                understood = alone
        if understood.unread:
            glean(source.tokens, understood, situation, whole_grammar())
        facts = corrected(understood.facts, source.tokens, situation, narrows=source.narrows)
        understood.facts = list(facts)
        return understood

    def _clauses(self, tokens: tuple[Token, ...], situation: Situation) -> Understood:
        """Read a sentence, and the sentences that stand in brackets inside it."""
        grammar = whole_grammar()
        outer, asides = split_asides(tokens, self.analysis.structure.lexicon)
        understood = grammar.understand(outer, situation)
        if understood.unread:
            bare = _without_traits(outer)
            better = grammar.understand(bare, situation) if bare != outer else understood
            if _weight(better) < _weight(understood) - (len(outer) - len(bare)) // 2:
                understood = better
        for aside in asides:
            inner = grammar.understand(aside, situation)
            understood.facts.extend(inner.facts)
            understood.unread.extend(inner.unread)
        return understood

    def _spoken_of(self, source: Source, topic: str | None) -> str | None:
        """The entity that `it` or `them` means: the last one named here or before, no user."""
        lexicon = self.analysis.structure.lexicon
        named = None
        for at, token in enumerate(source.full):
            for end in (at + 2, at + 1):
                word = (
                    lexicon.find([each.low for each in source.full[at:end]])
                    if token.kind == "word"
                    else None
                )
                if word is not None and word.label != "user":
                    named = named or word.name
        user = lexicon.find(["user"])
        if named is None and topic is not None and (user is None or user.name != topic):
            named = topic
        if named is not None:
            self.extra["before"] = named
        return named or self.extra.get("before")

    def _completed(self, source: Source) -> tuple[Token, ...]:
        """Put what introduces a list before an item that is no sentence of its own."""
        parent = source.parent
        if parent is None or source.requirement.kind != "item" or not parent.tokens:
            return source.tokens
        last = parent.tokens[-1]
        introduces = last.low == ":" and len(parent.tokens) > 2
        if not introduces or len(parent.tokens) > 12:
            return source.tokens
        tail = parent.tokens[-2].low
        if tail in {"can", "may", "must", "to", "should", "cannot", "not", "by"}:
            return (*parent.tokens[:-1], *source.tokens)
        return source.tokens


_FORBIDDING = ("not allowed", "forbidden", "not possible", "prohibited", "not permitted", "may not")
"""What the heading above a list of things that are refused says."""


def _without_traits(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Leave out brackets that describe the field before them: `protected` (optional)."""
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        named = at > 0 and tokens[at - 1].kind == "name" and tokens[at].low == "("
        named = named and tokens[at - 1].text.strip("`") not in PAGING
        end = next((i for i in range(at, len(tokens)) if tokens[i].low == ")"), at)
        traits, left = read_traits(tokens[at + 1 : end]) if named and end > at else ([], [])
        if traits and not left:
            at = end + 1
            continue
        kept.append(tokens[at])
        at += 1
    return tuple(kept)


def _reached(tokens: Sequence[Token]) -> str | None:
    """The state that a sentence leads to: `changes from "planned" to "cancelled"`."""
    acts = bool(tokens) and tokens[0].kind == "route" and tokens[0].value.method == "POST"
    states = [
        str(token.value)
        for before, token in pairwise(tokens)
        if token.kind == "quote" and (acts or before.low in {"to", "into", "it", "becomes", "as"})
    ]
    return states[-1] if states else None


def _weight(understood: Understood) -> int:
    return sum(len(run) for run in understood.unread)


_OF_ACCOUNTS = frozenset(
    "login account accounts token logged log-in logged-in password sign-up signup register jwt role roles logs logging".split()
)


_ROLES = frozenset("admin administrator moderator manager editor staff superuser librarian".split())


def _role_words(analysis: Analysis, source: Source) -> frozenset[str]:
    """`admins` and the like are roles also where no field says so."""
    words = {singular(token.low) for token in source.tokens if token.kind == "word"}
    named = {entity.label for entity in analysis.structure.lexicon}
    if not words & _ROLES or not any(
        token.low in _OF_ACCOUNTS for each in analysis.sources for token in each.full
    ):
        return frozenset()
    return frozenset(words & _ROLES - named)
