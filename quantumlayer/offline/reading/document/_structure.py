"""The entities with their fields, as the document defines them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from quantumlayer.offline.reading.document._discovery import (
    fields_frame,
    heading_label,
    introduced,
    is_field_item,
    makes,
)
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft, Ledger
from quantumlayer.offline.reading.document._sources import Source, known_names, split_asides
from quantumlayer.offline.reading.language._clauses import Grammar
from quantumlayer.offline.reading.language._facts import (
    Belongs,
    Fact,
    Fields,
    Legend,
    Mention,
    Nominal,
    Sketched,
    Thing,
)
from quantumlayer.offline.reading.language._fieldlists import (
    FieldPhrase,
    only_describes,
    read_field,
    read_fields,
)
from quantumlayer.offline.reading.language._traits import Trait, read_traits
from quantumlayer.offline.reading.language._vocabulary import (
    EntityWord,
    Lexicon,
    class_name,
    kebab,
    snake,
)
from quantumlayer.offline.reading.sentences._accounts import SIGN_UPS
from quantumlayer.offline.reading.sentences._definitions import (
    DEFINITION_SLOTS,
    DEFINITIONS,
    LEGENDS,
    SIGN_UP,
    Situation,
    is_action,
)
from quantumlayer.offline.reading.sentences._loose import DEFINED
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, PREPOSITIONS
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._sketches import UNKNOWN, Sketch
from quantumlayer.offline.reading.text._tokens import Token, tokenize
from quantumlayer.offline.reading.text._words import (
    is_plural,
    noun_for,
    plural,
    singular,
    split_name,
)

__all__ = ["Structure", "build_structure"]

_SYSTEM_NAMES = re.compile(
    r"(created|updated|modified|changed|registered|inserted|last_?(updated|modified))(_?(at|on|date|time))?",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"status|state|total|balance|\w+_?(count|Count)|(average|avg)_?\w+|\w+ed(_at|At)"
)
"""What an example that has an id shows as the service's own."""
_YES = frozenset({"yes", "y", "true", "x", "✓", "✔", "required", "mandatory", "must", "1", "✅"})
_NO = frozenset({"no", "n", "false", "optional", "0", "❌", "✗"})
_AT_ONCE = (["the", "same", "time"], ["at", "a", "time"], ["any", "one", "time"])
_PART_NOUNS = frozenset(
    {"line", "position", "line item", "ingredient", "step", "row", "order line"}
)
"""What is nothing without the thing that it is a part of."""
_MARKS = {"?": (Trait("optional"),), "*": (Trait("required"),)}
_EMPTY = frozenset({"", "-", "--", "none", "n/a", "—"})


@dataclass(frozen=True, slots=True)
class KindOf:
    """A collection that holds one kind of the items of an entity: deposits are transactions."""

    entity: str
    field: str
    choice: str
    body: frozenset[str]
    """Names of the fields that it takes."""


@dataclass(slots=True)
class Structure:
    """Entities and fields, and what each statement contributed."""

    lexicon: Lexicon
    known: frozenset[str]
    entities: dict[str, EntityDraft] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    camel: bool = False
    signs_up: list[str] = field(default_factory=list)
    """Requirements that let people sign up."""
    kinds: dict[str, KindOf] = field(default_factory=dict)
    """By the last segment of the path: `deposits`."""
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    """One that has many: (parent, child, requirement)."""
    mentions: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    answers: dict[tuple[str, str], tuple[Sketch, str]] = field(default_factory=dict)
    """What a route answers, by method and path, as a sketch."""
    bodies: dict[tuple[str, str], tuple[Sketch, str]] = field(default_factory=dict)
    shapes: list[tuple[str, str]] = field(default_factory=list)
    """Statements that show whole items, with their ids: (entity, requirement)."""
    legend: dict[str, tuple[Trait, ...]] = field(default_factory=dict)
    """What marks of fields mean: `*` → required."""
    topics: dict[str, EntityWord] = field(default_factory=dict)
    """What each statement is about."""

    def entity(self, word: EntityWord) -> EntityDraft:
        """Return the draft of an entity."""
        return self.entities.setdefault(word.name, EntityDraft(word))

    def word_of_route(self, route: Route) -> EntityWord | None:
        """Return the entity of the last collection in a path."""
        found = None
        for at, segment in enumerate(route.segments):
            if segment.startswith("{"):
                continue
            word = self.lexicon.by_segment(segment)
            if word is not None and (at == 0 or found is None or self._nests(route, at, word)):
                found = word
        if found is None and route.segments and route.segments[0].startswith("{"):
            only = list(self.lexicon)
            found = only[0] if len(only) == 1 else None
        return found

    def _nests(self, route: Route, at: int, word: EntityWord) -> bool:
        return (
            at > 0
            and route.segments[at - 1].startswith("{")
            and is_plural(re.split(r"[-_]", route.segments[at])[-1])
            and word is not None
        )

    def new_field(
        self, draft: EntityDraft, words: Sequence[str], spelled: str | None
    ) -> FieldDraft:
        """Return a field of an entity, made if it is not there yet."""
        words = tuple(words)
        name = spelled or self.spell(words)
        existing = draft.fields.get(name) or draft.find(words)
        if existing is not None:
            if spelled and existing.name != spelled and existing.name == self.spell(existing.words):
                draft.fields = {
                    spelled if key == existing.name else key: value
                    for key, value in draft.fields.items()
                }
                existing.name = spelled
            return existing
        made = FieldDraft(name, words)
        draft.fields[name] = made
        return made

    def spell(self, words: Sequence[str]) -> str:
        """Spell words as a field's name, in the style of the document."""
        name = snake(words)
        if not self.camel:
            return name
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)


def build_structure(
    sources: Sequence[Source], lexicon: Lexicon, known: frozenset[str]
) -> Structure:
    """Read every definition of the document into drafts of its entities."""
    structure = Structure(lexicon, known, camel=_is_camel(known))
    for word in lexicon:
        structure.entity(word)
    _Builder(structure, Grammar.of(DEFINITION_SLOTS, [SIGN_UPS, DEFINITIONS, DEFINED])).run(sources)
    user, account = structure.lexicon.find(["user"]), structure.lexicon.find(["account"])
    if user is not None and account is None:
        user.aliases.add("account")
    _settle_kinds(structure, sources)
    _settle_children(structure, sources)
    _tie_nested(structure, sources)
    _settle_handed(structure, sources)
    _settle_references(structure)
    _settle_ends(structure, sources)
    _settle_shown(structure, sources)
    return structure


def _settle_ends(structure: Structure, sources: Sequence[Source]) -> None:
    """`A team plays one match a day`, where a match has home_id and away_id: no third reference."""
    for draft in structure.entities.values():
        for name, made in list(draft.fields.items()):
            alike = sum(each.references == made.references for each in draft.fields.values())
            named = any(
                token.value == name
                for source in sources
                if source.id in made.requirements
                for token in source.full
            )
            if made.references and alike > 2 and not named:
                del draft.fields[name]


def _settle_shown(structure: Structure, sources: Sequence[Source]) -> None:
    """What only the shape of an item names, and not what is sent to make one, is the service's."""
    for each in structure.entities.values() if "" in structure.legend else ():
        others = [made for made in each.fields.values() if not made.has("sent")]
        for made in others if len(others) < len(each.fields) else ():
            made.say(structure.legend[""], (made.requirements or each.requirements)[0])
    for entity, shape in structure.shapes:
        draft = structure.entities.get(entity)
        if draft is None:
            continue
        making = {
            source.id
            for source in sources
            for route in source.routes
            if route.method == "POST"
            and not route.path.endswith("}")
            and structure.lexicon.by_segment(route.segments[-1]) is draft.word
        }
        fields = [made for made in draft.fields.values() if made.references is None]
        making |= {each for made in fields for trait, each in made.traits if trait.key == "sent"}
        if not any(making & set(made.requirements) for made in fields):
            continue
        for made in fields:
            if made.requirements[:1] == [shape] and not making & set(made.requirements):
                state = made.name in {"status", "state"}
                states = [Trait("state", each) for each in made.samples if state]
                made.say([Trait("system"), *states], shape)


def _settle_kinds(structure: Structure, sources: Sequence[Source]) -> None:
    """`POST /accounts/{id}/deposits`, where a transaction has the kind "deposit"."""
    for source in sources:
        for route in source.routes:
            last = route.segments[-1] if route.segments else ""
            word = structure.lexicon.by_segment(last) if last.isidentifier() else None
            if route.method != "POST" or word is None or last in structure.kinds:
                continue
            found = _kind_named(structure, word)
            if found is None or _is_read(word, sources):
                continue
            target, made, choice = found
            body = frozenset(structure.entity(word).fields)
            structure.kinds[last] = KindOf(target.word.name, made.name, choice, body)
            _merge(structure, word, target)
            made.say([Trait("system")], made.requirements[0] if made.requirements else "")


def _kind_named(
    structure: Structure, word: EntityWord
) -> tuple[EntityDraft, FieldDraft, str] | None:
    for draft in structure.entities.values():
        for made in draft.fields.values():
            for choice in made.last("choices") or ():
                if draft.word is not word and str(choice).lower() == snake(word.label.split()):
                    return draft, made, str(choice)
    return None


def _is_read(word: EntityWord, sources: Sequence[Source]) -> bool:
    """Whether a collection is also read: then it is one of its own."""
    return any(
        route.method == "GET" and word.path.strip("/") in route.segments
        for source in sources
        for route in source.routes
    )


def _merge(structure: Structure, word: EntityWord, target: EntityDraft) -> None:
    """Make one entity out of two: what was said of the one is said of the other."""
    gone = structure.entities.pop(word.name)
    structure.lexicon.entities.remove(word)
    target.word.aliases |= {word.label, *word.aliases}
    for name, made in gone.fields.items():
        own = target.fields.setdefault(name, made)
        own.traits.extend(each for each in made.traits if each not in own.traits)
        for requirement in made.requirements:
            own.asked(requirement)
    for requirement in gone.requirements:
        target.asked(requirement)
    for key, topic in structure.topics.items():
        if topic is word:
            structure.topics[key] = target.word
    swap = {word.name: target.word.name}
    structure.relations = [
        (swap.get(one, one), swap.get(two, two), requirement)
        for one, two, requirement in structure.relations
    ]


def _settle_children(structure: Structure, sources: Sequence[Source]) -> None:
    """Items that have a collection of their own do not live inside their parent's JSON."""
    routed = {
        word.name
        for source in sources
        for route in source.routes
        for segment in route.literals
        if (word := structure.lexicon.by_segment(segment)) is not None
    }
    for draft in list(structure.entities.values()):
        for name, made in list(draft.fields.items()):
            child = structure.entities.get(made.children or "")
            if child is None:
                continue
            back = [each for each in child.fields.values() if each.references == draft.word.name]
            if child.word.name in routed or back:
                del draft.fields[name]
                structure.relations.append((draft.word.name, child.word.name, made.requirements[0]))
                continue
            child.is_child = True
            child.nested_in = structure.spell([*draft.word.label.split(), "id"])
            _rename_child(structure, draft, child)
            link = structure.new_field(child, (*draft.word.label.split(), "id"), None)
            link.references = draft.word.name
            link.hidden = True


def _tie_nested(structure: Structure, sources: Sequence[Source]) -> None:
    """`POST /tickets/{id}/comments`: what is made below an item belongs to it."""
    made_apart = {
        route.segments[-1]
        for source in sources
        for route in source.routes
        if route.method == "POST" and not any("{" in part for part in route.segments)
        if route.segments
    }
    for source in sources:
        for route in source.routes:
            for at in range(2, len(route.segments)):
                above, between, below = route.segments[at - 2 : at + 1]
                owner = structure.lexicon.by_segment(above)
                item = structure.lexicon.by_segment(below)
                if owner is None or item is None or not between.startswith("{"):
                    continue
                if _is_membership(route, at, item, made_apart):
                    continue
                structure.relations.append((owner.name, item.name, source.id))


def _settle_handed(structure: Structure, sources: Sequence[Source]) -> None:
    """`POST /tickets/{id}/assign` with {"agent_id": 5}: kept where the document speaks of it elsewhere, too."""
    for (method, path), (body, requirement) in list(structure.bodies.items()):
        route = Route(method, path)
        word = structure.word_of_route(route)
        if word is None or not is_action(route):
            continue
        others = known_names(each for each in sources if each.id != requirement)
        for name in {*body.members} & others:
            words = split_name(name)
            target = structure.lexicon.find(words[:-1]) if words[-1] == "id" else None
            if target is not None and target is not word:
                made = structure.new_field(structure.entity(word), words, name)
                made.references = target.name
                if not made.requirements:
                    made.say([Trait("system")], requirement)


def _is_membership(route: Route, at: int, item: EntityWord, made_apart: set[str]) -> bool:
    """`PUT /groups/{id}/contacts/{contactId}` puts something in that is made elsewhere."""
    last = at == len(route.segments) - 2 and route.segments[-1].startswith("{")
    return last and route.method in {"PUT", "DELETE"} and item.path.strip("/") in made_apart


def _rename_child(structure: Structure, draft: EntityDraft, child: EntityDraft) -> None:
    """A line of an order is an OrderLine."""
    word = child.word
    if " " in word.label or word.label.startswith(draft.word.label):
        return
    full = f"{draft.word.label} {word.label}"
    old = word.name
    word.aliases |= {word.label}
    word.label, word.name, word.path = full, class_name(full), f"/{kebab(plural(full))}"
    structure.entities[word.name] = structure.entities.pop(old)
    for each in structure.entities.values():
        for made in each.fields.values():
            made.children = word.name if made.children == old else made.children
            made.references = word.name if made.references == old else made.references
    structure.relations = [
        (parent, word.name if one == old else one, requirement)
        for parent, one, requirement in structure.relations
    ]


def _settle_references(structure: Structure) -> None:
    """`room_id` refers to rooms; one that has many is referred to by each of the many."""
    for draft in structure.entities.values():
        for made in draft.fields.values():
            _refer_as_said(structure, made)
            if made.references is None and made.words[-1] == "id" and len(made.words) > 1:
                target = structure.lexicon.find(made.words[:-1]) or structure.lexicon.find(
                    made.words[-2:-1]
                )
                if target is not None:
                    made.references = target.name
            for noun in made.values("refers"):
                target = structure.lexicon.find([token.low for token in noun])
                if target is not None and made.references is None:
                    made.references = target.name
    for parent, child, requirement in structure.relations:
        owner, item = structure.entities.get(parent), structure.entities.get(child)
        if owner is None or item is None or owner is item:
            continue
        linked = any(made.references == parent for made in item.fields.values())
        joined = any(
            {parent, child} <= {made.references for made in each.fields.values()}
            for each in structure.entities.values()
        )
        if not linked and not joined:
            words = (*owner.word.label.split(), "id")
            made = structure.new_field(item, words, None)
            made.references = parent
            made.asked(requirement)


def _refer_as_said(structure: Structure, made: FieldDraft) -> None:
    """`reference to a member`, or a type that is the name of an entity."""
    if made.children is not None:
        return
    for trait, requirement in list(made.traits):
        if trait.key not in {"refers", "unread"}:
            continue
        said = trait.value if isinstance(trait.value, str) else " ".join(t.low for t in trait.value)
        words = [word for word in said.lower().split() if word not in DETERMINERS | {"id", "of"}]
        target = structure.lexicon.find(words) if words else None
        if target is None and len(words) == 1:
            target = structure.lexicon.by_segment(words[0])
        if target is not None:
            made.references = target.name
            made.traits.remove((trait, requirement))


def _is_camel(known: Iterable[str]) -> bool:
    camel = sum(1 for name in known if re.fullmatch(r"[a-z]+(?:[A-Z][a-z0-9]*)+", name))
    with_underscores = sum(1 for name in known if "_" in name)
    return camel > with_underscores


_OWN = frozenset({"their", "its", "his", "her"})


_FRAMES = frozenset("fields attributes properties has have contains data following".split())
"""Last words of a line above the fields of a thing."""


@dataclass(slots=True)
class _Builder:
    structure: Structure
    grammar: Grammar
    topic: Thing | None = None
    route: Route | None = None
    routes: list[Route] = field(default_factory=list)

    def run(self, sources: Sequence[Source]) -> None:
        self.routes = [route for source in sources for route in source.routes]
        self._legends(sources)
        for source in sources:
            self._follow(source)
            match source.kind:
                case "example":
                    self._example(source)
                case "field":
                    self._row(source)
                case "entity":
                    self._entity_row(source)
                case "clause" | "route":
                    self._clause(source)
                case _:
                    pass
            if self.topic is not None:
                word = self.structure.lexicon.thing(self.topic)
                if word is not None:
                    self.structure.topics[source.id] = word

    def _legends(self, sources: Sequence[Source]) -> None:
        """What marks of fields mean, wherever the document says it."""
        grammar = Grammar.of(DEFINITION_SLOTS, [LEGENDS])
        for source in sources:
            if source.kind == "clause" and len(source.tokens) < 30:
                for fact in grammar.understand(source.tokens, Situation()).facts:
                    if isinstance(fact, Legend):
                        self.structure.legend[fact.mark] = fact.traits

    def _follow(self, source: Source) -> None:
        """Keep track of what the text is about."""
        before = source.previous
        table = before is not None and before.kind == "route" != source.kind
        if before is None or table or before.headings != source.headings:
            self.topic = None
            for heading in source.headings:
                word = self._heading_word(heading)
                if word is not None:
                    self.topic = Thing(tuple(word.label.split()))
                    break
        if source.parent is not None:
            above = self.structure.topics.get(source.parent.id)
            if source.requirement.kind == "item" and above is not None:
                self.topic = Thing(tuple(above.label.split()))
            thing = fields_frame(source.parent)
            if thing is not None and self.structure.lexicon.thing(thing) is not None:
                self.topic = thing
        subject = self._leading_entity(source) if source.kind == "clause" else None
        if subject is not None:
            self.topic = Thing(tuple(subject.label.split()))
        routes = source.routes
        if routes:
            self.route = routes[0]
            word = self.structure.word_of_route(routes[0])
            if word is not None and source.kind != "example":
                self.topic = Thing(tuple(word.label.split()))

    def _leading_entity(self, source: Source) -> EntityWord | None:
        """The entity that a sentence begins with: `A cancelled booking stays …`."""
        tokens = [token for token in source.tokens[:7] if token.kind != "mark"]
        lexicon = self.structure.lexicon
        for at, token in enumerate(tokens):
            if (
                token.kind != "word"
                or token.low in PREPOSITIONS
                or token.low in {"that", "who", "which"}
            ):
                return None
            for end in (at + 3, at + 2, at + 1):
                word = lexicon.find([each.low for each in tokens[at:end]])
                if word is not None and token.low not in {"new", "existing", "other"}:
                    return word
            if token.low in {"is", "are", "has", "have", "can", "may", "must", "cannot", "should"}:
                return None
        return None

    def _heading_word(self, heading: str) -> EntityWord | None:
        words = [token.low for token in tokenize(heading) if token.kind == "word"]
        lexicon = self.structure.lexicon
        return lexicon.find(words) or next(
            (word for each in words if (word := lexicon.find([each])) is not None), None
        )

    # --- statements

    def _clause(self, source: Source) -> None:
        framed = [] if source.heard else self._questioned(source) or self._framed(source)
        if framed:
            self._apply(framed, source)
            return
        for route, sketch in source.bodies:
            word = self.structure.word_of_route(route)
            self._of_route(route, word, sketch, source.id, answer=False)
        for route, sketch in source.answers:
            word = self.structure.word_of_route(route)
            self._of_route(route, word, sketch, source.id, answer=True)
        situation = Situation(self.structure.known, self.topic, route=self.route)
        situation.extra["structure"] = self.structure
        situation.extra["all_routes"] = self.routes
        tokens, _ = split_asides(source.tokens, self.structure.lexicon)
        self._apply(source.inline, source)
        if source.heard:
            return
        for fact in self.grammar.understand(tokens, situation).facts:
            if not (source.narrows and isinstance(fact, Fields)):
                self._apply([fact], source)

    def _framed(self, source: Source) -> list[Fact]:
        """An item below a name, or below a heading, that describes a field of it."""
        if source.requirement.kind != "item" or not is_field_item(source.tokens):
            return []
        thing = fields_frame(source.parent) if source.parent is not None else None
        if thing is None and source.requirement.parent is None:
            label = heading_label(source)
            thing = Thing(tuple(label.split())) if label else None
            word = self.structure.lexicon.thing(thing) if thing else None
            described = word is not None and source.tokens[0].kind in {"name", "word"}
            if not described:
                return []
        if thing is None or self.structure.lexicon.thing(thing) is None:
            thing = self._frame_of_fields(source) or self._known_field(source)
        if thing is None:
            return []
        phrases = self._item_fields(source)
        return [Fields(thing, tuple(phrases))] if phrases else []

    def _known_field(self, source: Source) -> Thing | None:
        """`phone: 8 to 15 digits` below a sentence that has named the fields of the thing."""
        word = self.structure.lexicon.thing(self.topic) if self.topic is not None else None
        head: list[Token] = []
        for token in source.tokens[:4]:
            if token.low in {":", "-"} and token.kind == "mark":
                phrase = read_field(head, self.structure.known)
                if word is None or phrase is None:
                    return None
                return self.topic if self.structure.entity(word).find(phrase.words) else None
            head.append(token)
        return None

    def _questioned(self, source: Source) -> list[Fact]:
        """The answer to `What does a note consist of?`, or `Fields: …` in one line."""
        tokens = source.tokens
        lead = [token.low for token in tokens[:2]]
        thing: Thing | None = None
        if (
            len(lead) > 1
            and lead[0] in {"fields", "attributes", "properties"}
            and lead[1] in {":", "-"}
        ):
            thing, tokens = self.topic, tokens[2:]
        elif source.headings and source.headings[0].endswith("?"):
            asked = [token.low for token in tokenize(source.headings[0])]
            what = {"consist", "contain", "include", "have", "know", "store", "keep", "made"}
            if asked[0] in {"what", "which"} and what & {*asked}:
                word = self._heading_word(source.headings[0])
                thing = Thing(tuple(word.label.split())) if word else None
        if thing is None:
            return []
        phrases = read_fields(tokens, self.structure.known)
        if not phrases or any(phrase.left for phrase in phrases):
            return []
        if any(token.low in {"is", "are", "can", "has", "have", "must"} for token in tokens[:3]):
            return []
        return [Fields(thing, tuple(phrases))]

    def _frame_of_fields(self, source: Source) -> Thing | None:
        """`Fields:` or `Each task … has:` above the items."""
        if source.parent is None:
            return self.topic if source.tokens[0].kind == "name" else None
        words = [token.low for token in source.parent.tokens if token.kind == "word"]
        closes = source.parent.tokens and source.parent.tokens[-1].low == ":"
        last = words[-1] if words else ""
        if last in _FRAMES or (
            closes and words and words[0] in {"fields", "attributes", "properties"}
        ):
            subject = self._subject(source.parent)
            return subject or self.topic
        return None

    def _subject(self, source: Source) -> Thing | None:
        lexicon = self.structure.lexicon
        for at, token in enumerate(source.tokens[:6]):
            for end in (at + 2, at + 1):
                word = lexicon.find([each.low for each in source.tokens[at:end]])
                if word is not None and token.kind == "word":
                    return Thing(tuple(word.label.split()))
        return None

    def _item_fields(self, source: Source) -> list[FieldPhrase]:
        """`name: text, required`, `name – text`, or several names in one line."""
        tokens = [token for token in source.tokens if token.low != "." or token.kind != "mark"]
        cuts = [at for at in range(2, len(tokens) - 2) if _begins_another(tokens, at)]
        if cuts:
            bounds = pairwise([-1, *cuts, len(tokens)])
            return [
                each for start, end in bounds for each in self._described(tokens[start + 1 : end])
            ]
        return self._described(tokens)

    def _described(self, tokens: Sequence[Token]) -> list[FieldPhrase]:
        if tokens[1:2] and tokens[1].low in {",", "and", "/"} and any(t.low == ":" for t in tokens):
            several = read_fields(tokens, self.structure.known)
            if len(several) > 1 and all(phrase.spelled for phrase in several):
                return several
        for at, token in enumerate(tokens[:5]):
            if token.low == "(":
                phrase = self._described_in_brackets(tokens, at)
                if phrase is not None:
                    return [phrase]
                break
            if token.low in {":", "-"} and token.kind == "mark" and at:
                phrase = read_field(tokens[:at], self.structure.known)
                if phrase is None:
                    return []
                described = read_field([*tokens[:at], *tokens[at + 1 :]], self.structure.known)
                if described is not None and described.parts:
                    return [described]
                traits, left = read_traits(tokens[at + 1 :])
                phrase.traits.extend(traits)
                if left and not only_describes(tokens[at + 1 :], left):
                    phrase.left.extend(left)
                return [phrase]
        commas = [at for at, token in enumerate(tokens) if token.low in {",", "and"} and at]
        phrase = self._typed_behind_comma(tokens, commas)
        if phrase is not None:
            return [phrase]
        names = [token for token in tokens if token.kind == "name"]
        if commas and (len(names) > 1 or self._is_list(tokens)):
            return read_fields(tokens, self.structure.known)
        phrase = read_field(tokens, self.structure.known)
        return [phrase] if phrase else []

    def _described_in_brackets(self, tokens: Sequence[Token], at: int) -> FieldPhrase | None:
        """`kind (`small` or `large`)`: one field, and nothing behind the brackets."""
        phrase = read_field(tokens[:at], self.structure.known)
        closed = [each for each, token in enumerate(tokens) if token.low == ")"]
        if phrase is None or phrase.left or closed != [len(tokens) - 1]:
            return None
        traits, left = read_traits(tokens[at + 1 : -1])
        if left or not any(trait.key in {"type", "choices"} for trait in traits):
            return None
        phrase.traits.extend(traits)
        return phrase

    def _typed_behind_comma(
        self, tokens: Sequence[Token], commas: Sequence[int]
    ) -> FieldPhrase | None:
        """`weight, number, more than 0`: one field, of which the rest is said."""
        phrase = read_field(tokens[: commas[0]], self.structure.known) if commas else None
        if phrase is None or phrase.left or phrase.traits:
            return None
        traits, left = read_traits(tokens[commas[0] + 1 :])
        if left or sum(trait.key in {"type", "choices"} for trait in traits) != 1:
            return None
        phrase.traits.extend(traits)
        return phrase

    def _is_list(self, tokens: Sequence[Any]) -> bool:
        """`doctor and patient`, `title, year, genre`: several fields in one item."""
        phrases = read_fields(tokens, self.structure.known)
        lexicon = self.structure.lexicon
        referring = [phrase for phrase in phrases if lexicon.find(phrase.words) is not None]
        return (
            len(phrases) > 1
            and (
                _bracketed(phrases)
                or len(referring) == len(phrases)
                or not any(phrase.traits for phrase in phrases[:1])
            )
            and all(not phrase.left for phrase in phrases)
        )

    # --- examples and rows

    def _example(self, source: Source) -> None:
        sketch = source.sketch
        if sketch is None:
            return
        before = source.previous
        above = source.parent or before
        if before is not None and introduced(before) is not None:
            above = before
        thing = introduced(above) if above is not None else None
        if thing is not None:
            word = self.structure.lexicon.thing(thing)
            if word is not None and above is not None:
                self._shape(word, sketch, source.id, takes="when" in _lows(above))
                self.topic = thing
                return
        route = source.route or (
            above.routes[-1] if above is not None and above.routes else self.route
        )
        topic = self.structure.lexicon.thing(self.topic) if self.topic is not None else None
        if (
            topic is not None
            and "id" in sketch.members
            and (route is None or self._speaks_of(above, topic))
        ):
            self._shape(topic, sketch, source.id, takes=False)
            return
        if route is None:
            return
        answer = above is not None and _is_answer(above)
        known = self.structure.bodies.get((route.method, route.path))
        if known is not None and known[1] != source.id:  # what was sent, then what comes back
            answer = (
                answer or "id" in sketch.members or sketch.members.keys() > known[0].members.keys()
            )
        word = self.structure.word_of_route(route)
        self._of_route(route, word, sketch, source.id, answer=answer)

    def _shape(self, word: EntityWord, sketch: Sketch, requirement: str, *, takes: bool) -> None:
        """Take over an example of a thing; one with an id shows it whole."""
        if "id" in sketch.members:
            self.structure.shapes.append((word.name, requirement))
        self._sketched(word, sketch, requirement, takes=takes)

    def _speaks_of(self, above: Source | None, topic: EntityWord) -> bool:
        """Whether what stands above an example is about making things of this kind, by no route."""
        return above is not None and not above.routes and self.route is None and bool(topic.label)

    def _of_route(
        self,
        route: Route,
        word: EntityWord | None,
        sketch: Sketch,
        requirement: str,
        *,
        answer: bool,
    ) -> None:
        key = (route.method, route.path)
        if answer or route.method in {"GET", "DELETE"}:
            self.structure.answers.setdefault(key, (sketch, requirement))
            body = self.structure.bodies.get(key)
            if word is not None and self._is_item_answer(sketch, word):
                sent = set(body[0].members) if body is not None else None
                self._sketched(word, sketch, requirement, takes=False, sent=sent)
            return
        if route.segments and route.segments[-1] in SIGN_UP:
            word = self._user()
        self.structure.bodies.setdefault(key, (sketch, requirement))
        if word is not None and self._creates(route, word):
            self._sketched(word, sketch, requirement, takes=True)

    def _is_item_answer(self, sketch: Sketch, word: EntityWord) -> bool:
        draft = self.structure.entity(word)
        shared = sum(1 for name in sketch.members if name in draft.fields)
        return "id" in sketch.members or shared >= 2

    def _creates(self, route: Route, word: EntityWord) -> bool:
        last = route.segments[-1] if route.segments else ""
        if last in SIGN_UP and word.label == "user" and "{" not in route.path:
            return route.method == "POST"
        if last.startswith("{"):
            return route.method in {"PUT", "PATCH"}
        return route.method == "POST" and (
            self.structure.lexicon.by_segment(last) is word or f"/{last}" == word.path
        )

    def _sketched(
        self,
        word: EntityWord,
        sketch: Sketch,
        requirement: str,
        *,
        takes: bool,
        sent: set[str] | None = None,
    ) -> None:
        """Take over the members of an example; what only comes back is the service's."""
        draft = self.structure.entity(word)
        draft.asked(requirement)
        for name, value in sketch.members.items():
            if name == "id" or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,59}", name):
                continue
            words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).replace("_", " ").lower().split()
            known = name in draft.fields
            made = self.structure.new_field(draft, words, name)
            made.asked(requirement)
            if value is not UNKNOWN:
                made.samples.append(value)
            made.say(read_traits(tokenize(sketch.said.get(name, "")))[0], requirement)
            if _SYSTEM_NAMES.fullmatch(name) or (
                not takes
                and not known
                and "id" in sketch.members
                and (
                    name not in sent
                    if sent is not None
                    else draft.requirements[:1] != [requirement] or _OURS.fullmatch(name)
                )
            ):
                made.say([Trait("system")], requirement)
                begins = name.lower() in {"status", "state"} and isinstance(value, str)
                if not takes and (value is False or value == 0 or begins):
                    made.say([Trait("first", value)], requirement)
            self._element_fields(draft, made, value, requirement)

    def _element_fields(
        self, draft: EntityDraft, made: FieldDraft, value: Any, requirement: str
    ) -> None:
        """Objects in a list are items of an entity of their own, inside their parent."""
        first = (
            next((each for each in value if isinstance(each, dict)), None)
            if isinstance(value, list)
            else None
        )
        if first is not None:
            child = self._child(draft, made)
            self._sketched(child.word, Sketch(first), requirement, takes=True)

    def _child(self, draft: EntityDraft, made: FieldDraft) -> EntityDraft:
        label = singular(" ".join(made.words))
        lexicon = self.structure.lexicon
        word = lexicon.find(label.split())
        if word is None:
            full = f"{draft.word.label} {label}"
            word = EntityWord(full, class_name(full), f"/{kebab(plural(full))}", {label})
            lexicon.entities.append(word)
        child = self.structure.entity(word)
        child.is_child = True
        made.children = word.name
        return child

    def _row(self, source: Source) -> None:
        label = heading_label(source)
        word = self.structure.lexicon.find(label.split()) if label else None
        if word is None and source.parent is not None:
            subject = self._subject(source.parent)
            word = self.structure.lexicon.thing(subject) if subject else None
        if word is None and self.topic is not None:
            word = self.structure.lexicon.thing(self.topic)
        if word is None and len(self.structure.lexicon.entities) == 1:
            word = self.structure.lexicon.entities[0]
        if word is None:
            self.structure.ledger.miss(source.id, "it is not clear which thing has this field")
            return
        outside = re.sub(r"\([^()]*\)", "", source.cells.get("field", ""))
        for name in [each for each in re.split(r"[,/]| and ", outside) if each.strip()][1:]:
            self._named_row(source, word, name)
        self._named_row(
            source, word, re.split(r"[,/](?![^()]*\))| and ", source.cells.get("field", ""))[0]
        )

    def _named_row(self, source: Source, word: EntityWord, spelled: str) -> None:
        """One of the fields that a row describes: `created_at`, `updated_at`."""
        draft = self.structure.entity(word)
        marks = re.sub(r"\*\*|`|\w", "", spelled).split()
        cleaned = re.sub(r"[^A-Za-z0-9_ ]", "", re.sub(r"\(.*", "", spelled)).strip()
        if not cleaned or cleaned.lower() == "id":
            return
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", cleaned).replace("_", " ").lower().split()
        made = self.structure.new_field(draft, words, None if " " in cleaned else cleaned)
        made.asked(source.id)
        draft.asked(source.id)
        made.complete = self._row_traits(source, made)
        for mark in [*marks, *re.findall(r"[^\s,;]+", source.cells.get("type", ""))]:
            traits = self.structure.legend.get(mark) or _MARKS.get(mark) or ()
            made.say([each for each in traits if not made.has(each.key)], source.id)
        if "optional" in spelled.lower():
            made.say([Trait("optional")], source.id)

    def _row_traits(self, source: Source, made: FieldDraft) -> bool:
        """Read the cells of a field's row; return whether it has to be given if nothing says so."""
        cells = source.cells
        requirement = source.id
        left: list[str] = []
        for column in ("type", "notes"):
            traits, unread = read_traits(tokenize(cells.get(column, "")))
            made.say(traits, requirement)
            left.extend(token.text for token in unread)
        required = cells.get("required", "").strip("` *").lower()
        optional = cells.get("optional", "").strip("` *").lower()
        if required in _YES or optional in _NO:
            made.say([Trait("required")], requirement)
        elif required in _NO or optional in _YES:
            made.say([Trait("optional")], requirement)
        default = cells.get("default", "").strip("` ")
        if default.lower() not in _EMPTY:
            traits, _ = read_traits(tokenize(f"default {default}"))
            made.say(traits, requirement)
        if cells.get("unique", "").strip().lower() in _YES:
            made.say([Trait("unique")], requirement)
        if left:
            made.say([Trait("unread", " ".join(left))], requirement)
        return "required" not in cells and "optional" not in cells

    def _entity_row(self, source: Source) -> None:
        tokens = tokenize(source.cells.get("entity", ""))
        word = self.structure.lexicon.find([token.low for token in tokens])
        if word is None:
            return
        text = "; ".join(
            filter(None, (source.cells.get("fields", ""), source.cells.get("notes", "")))
        )
        phrases = read_fields(tokenize(text), self.structure.known)
        self._apply([Fields(Thing(tuple(word.label.split())), tuple(phrases))], source)

    # --- facts

    def _apply(self, facts: Iterable[Fact], source: Source) -> None:
        for fact in facts:
            match fact:
                case Fields():
                    self._fields(fact, source)
                case Sketched():
                    self._sketch_fact(fact, source)
                case Belongs():
                    self._belongs(fact, source)
                case Mention():
                    self._mention(fact, source)
                case Nominal():
                    self._nominal(fact, source)
                case _:
                    pass

    def _fields(self, fact: Fields, source: Source) -> None:
        thing = fact.thing
        word = self.structure.lexicon.thing(thing) if thing.words else None
        if word is None and fact.route is not None:
            route = fact.route
            word = self.structure.word_of_route(route)
            part = fact.part or fact.only or route.method == "GET"
            if word is not None and not part and not self._creates(route, word):
                return
        if word is None:
            return
        draft = self.structure.entity(word)
        draft.asked(source.id)
        self.topic = Thing(tuple(word.label.split()))
        sent = fact.sends and fact.route is not None and self._creates(fact.route, word)
        for phrase in fact.phrases:
            if sent and not fact.by_system:
                phrase.traits.append(Trait("sent"))
            self._phrase(draft, phrase, fact, source)

    def _phrase(
        self, draft: EntityDraft, phrase: FieldPhrase, fact: Fields, source: Source
    ) -> None:
        lexicon = self.structure.lexicon
        target = lexicon.find(phrase.words)
        many = phrase.listed or any(trait.key == "many" for trait in phrase.traits)
        if (
            target is not None
            and target is not draft.word
            and not phrase.counted
            and (not phrase.spelled or (is_plural(phrase.words[-1]) and phrase.article in _OWN))
        ):
            plural_form = is_plural(phrase.words[-1])
            if many or plural_form:
                self._has_many(draft, target, phrase, source, inside=fact.sends)
                return
        itself = target is draft.word and is_plural(phrase.words[-1]) and not phrase.spelled
        limited = any(trait.key == "most" and trait.unit == "item" for trait in phrase.traits)
        noun = phrase.words[: phrase.words.index("per")] if "per" in phrase.words else phrase.words
        limited &= bool(phrase.words[1:]) and lexicon.find(noun[-1:]) is not None
        if phrase.words == ("id",) or itself or limited:
            return  # at most one active lease: a limit
        own = any(trait.key in {"choices", "pattern", "type"} for trait in phrase.traits)
        refers = target is not None and not phrase.counted and not phrase.spelled and not own
        if refers and target is not None:
            made = self._reference(draft, target, phrase.words)
        else:
            words = phrase.words
            if phrase.parts and many and phrase.spelled is None and not is_plural(words[-1]):
                words = (*words[:-1], plural(words[-1]))  # at least one slice, each with …
            made = self.structure.new_field(draft, words, phrase.spelled)
        if fact.only and not made.requirements and fact.route is not None:
            made.only_in = fact.route.path
        made.also.extend(each for each in phrase.also if each not in made.also)
        made.counted |= phrase.counted
        made.listed |= phrase.listed
        made.complete &= fact.complete
        traits = list(phrase.traits)
        if fact.by_system or (fact.shown and not made.requirements):
            traits.append(Trait("system"))
        if fact.shown:
            traits.append(Trait("shown"))
        if fact.sends and not fact.part:
            traits.append(Trait("sent"))
        if phrase.left:
            traits.append(Trait("unread", " ".join(token.text for token in phrase.left)))
        made.say(traits, source.id)
        if phrase.sketch is not None:
            self._element_fields(draft, made, [phrase.sketch.members], source.id)
        if phrase.parts:
            child = self._child(draft, made)
            child.asked(source.id)
            for part in phrase.parts:
                self._phrase(child, part, fact, source)

    def _reference(
        self, draft: EntityDraft, target: EntityWord, words: tuple[str, ...]
    ) -> FieldDraft:
        """Return the field that refers to another entity: `a customer` is `customer_id`."""
        label = words if words[-1] != "id" else words[:-1]
        made = self.structure.new_field(draft, (*label, "id"), None)
        made.words = tuple(label)
        made.references = target.name
        return made

    def _has_many(
        self,
        draft: EntityDraft,
        target: EntityWord,
        phrase: FieldPhrase,
        source: Source,
        *,
        inside: bool,
    ) -> None:
        """Items of another entity: inside the JSON where they are sent with it, or by reference."""
        lows = [token.low for token in source.tokens]
        if any(
            lows[at : at + 3] in _AT_ONCE or lows[at : at + 2] == ["at", "once"]
            for at in range(len(lows))
        ):
            return  # a limit, and nothing that is kept
        self.structure.relations.append((draft.word.name, target.name, source.id))
        own = self.structure.entity(target)
        own.asked(source.id)
        bounded = any(trait.key in {"least", "most"} for trait in phrase.traits)
        if bounded or phrase.parts or inside or target.label in _PART_NOUNS:
            last = phrase.words[-1]
            words = (*phrase.words[:-1], last if is_plural(last) else plural(last))
            made = self.structure.new_field(draft, words, None)
            made.children = target.name
            made.say(phrase.traits, source.id)
            for part in phrase.parts:
                self._phrase(own, part, Fields(Thing(()), ()), source)

    def _nominal(self, fact: Nominal, source: Source) -> None:
        """The fields of what a verb makes, which refers to what it is done to."""
        lexicon = self.structure.lexicon
        target = lexicon.thing(fact.thing)
        for noun in noun_for(fact.verb):
            word = lexicon.find([noun])
            if word is None or word is target:
                continue
            thing = Thing(tuple(word.label.split()))
            if target is not None:
                self._belongs(Belongs(thing, (fact.thing,)), source)
            self._fields(Fields(thing, fact.phrases), source)
            return
        if target is not None and makes(fact):
            self._fields(Fields(fact.thing, fact.phrases), source)

    def _sketch_fact(self, fact: Sketched, source: Source) -> None:
        if fact.route is not None:
            word = self.structure.word_of_route(fact.route)
            answer = fact.route.method == "GET"
            self._of_route(fact.route, word, fact.sketch, source.id, answer=answer)
        elif fact.thing is not None:
            word = self.structure.lexicon.thing(fact.thing)
            if word is not None:
                self._shape(word, fact.sketch, source.id, takes=True)
                self.topic = fact.thing

    def _belongs(self, fact: Belongs, source: Source) -> None:
        lexicon = self.structure.lexicon
        child = lexicon.thing(fact.child)
        if child is None:
            return
        draft = self.structure.entity(child)
        for thing in fact.parents:
            parent = lexicon.thing(thing)
            if parent is None or parent is child or (fact.soft and self._tied(child, parent)):
                continue
            self.topic = Thing(tuple(child.label.split()))
            self._reference(draft, parent, tuple(parent.label.split())).asked(source.id)

    def _tied(self, one: EntityWord, other: EntityWord) -> bool:
        """Whether one of two refers to the other already, in whatever role."""
        pairs = ((one, other), (other, one))
        return any(
            made.references == target.name
            for holder, target in pairs
            for made in self.structure.entity(holder).fields.values()
        )

    def _mention(self, fact: Mention, source: Source) -> None:
        word = self.structure.lexicon.thing(fact.thing)
        if "sign-up" in fact.verbs:
            self.structure.signs_up.append(source.id)
            self._user()
            return
        if word is not None:
            self.structure.entity(word).asked(source.id)
            self.structure.mentions.append((word.name, fact.verbs, source.id))

    def _user(self) -> EntityWord:
        lexicon = self.structure.lexicon
        word = lexicon.find(["user"])
        if word is None:
            word = EntityWord("user", "User", "/users")
            lexicon.entities.append(word)
        self.structure.entity(word)
        return word


def _bracketed(phrases: Sequence[FieldPhrase]) -> bool:
    """`title (required), points (1..10)`: several names, each with what is said about it."""
    return sum(1 for each in phrases if any(token.low == "(" for token in each.tokens)) > 1


def _lows(source: Source) -> set[str]:
    return {token.low for token in source.tokens}


_ANSWER_WORDS = frozenset(
    {"answers", "answer", "returns", "return", "response", "gives", "back", "responds"}
)


def _is_answer(source: Source) -> bool:
    return bool(_ANSWER_WORDS & _lows(source))


def _begins_another(tokens: Sequence[Token], at: int) -> bool:
    """``size`: S or M; `weight`: int`: behind the semicolon stands another field."""
    return tokens[at].low == ";" and tokens[at + 1].kind == "name" and tokens[at + 2].low == ":"
