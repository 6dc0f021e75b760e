"""Sentences taken apart into clauses that a recogniser understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quantumlayer.offline.reading.language._facts import Fact
from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Pattern,
    Reader,
    SlotFunction,
    compile_pattern,
    words_of,
)
from quantumlayer.offline.reading.language._restating import restated
from quantumlayer.offline.reading.text._lexicon import ADVERBS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import forms

__all__ = ["Grammar", "Recogniser", "Understood", "peel"]

Recogniser = Callable[[Captures, Any], "Iterable[Fact] | None"]

_MODALS = frozenset({"can", "could", "may", "might", "must", "shall", "should", "will", "would"})
_BE_HAVE = frozenset({"is", "are", "was", "were", "has", "have", "had", "does", "do", "did"})
_SEPARATORS = frozenset({",", ";", ":", "-", "→", "(", ")", ".", "!", "?"})
_JOINERS = frozenset(
    {"and", "but", "or", "so", "then", "while", "because", "since", "where", "which"}
)
_DROPPED = _SEPARATORS | frozenset({"and", "but", "then", "or"})
_MOST_CUTS = 24
_FEW = 3


@dataclass(slots=True)
class Understood:
    """What became of a statement."""

    facts: list[Fact] = field(default_factory=list)
    unread: list[tuple[Token, ...]] = field(default_factory=list)
    """Runs of tokens that no recogniser took."""


@dataclass(slots=True)
class Grammar:
    """Patterns with what they mean, and the slots that they use."""

    slots: Mapping[str, SlotFunction]
    rules: Sequence[tuple[Pattern, Recogniser]]
    last: Sequence[tuple[Pattern, Recogniser]] = ()
    """Rules for sentences that the others leave unread."""

    @classmethod
    def of(
        cls,
        slots: Mapping[str, SlotFunction],
        tables: Iterable[Sequence[tuple[str, Recogniser]]],
        last: Sequence[tuple[str, Recogniser]] = (),
    ) -> Grammar:
        """Compile some tables of rules; earlier rules win."""
        rules = [(compile_pattern(text), function) for table in tables for text, function in table]
        return cls(slots, rules, [(compile_pattern(text), function) for text, function in last])

    def understand(self, tokens: Sequence[Token], situation: Any) -> Understood:
        """Find the cut into clauses that leaves the fewest words unread."""
        words = words_of(tokens)
        if words & _SCOPES:
            words |= {"per"}  # see _with_scope_behind
        if "route" in words:
            words |= {"lists"}  # see _attempts
        rules = [rule for rule in self.rules if rule[0].possible(words)]
        unread, understood = _Cutter(self, rules, tuple(tokens), situation).best()
        if understood.unread and self.last:
            anew = _Cutter(self, [*rules, *self.last], tuple(tokens), situation, restates=True)
            fewer, better = anew.best()
            if fewer < unread:
                return better
        return understood

    def clause(
        self, tokens: Sequence[Token], situation: Any, rules: Sequence[tuple[Pattern, Recogniser]]
    ) -> list[Fact] | None:
        """Read some tokens as one clause; None where no rule takes all of them."""
        reader = Reader(tokens, self.slots, situation)
        words = words_of(tokens)
        for pattern, function in rules:
            if not pattern.possible(words):
                continue
            for captures in pattern.wholes(reader):
                facts = function(captures, situation)
                if facts is not None:
                    return list(facts)
        return None


@dataclass(slots=True)
class _Cutter:
    grammar: Grammar
    rules: Sequence[tuple[Pattern, Recogniser]]
    tokens: tuple[Token, ...]
    situation: Any
    restates: bool = False
    _memory: dict[tuple[int, int], list[Fact] | None] = field(default_factory=dict)
    _best: dict[int, tuple[int, int, Understood]] = field(default_factory=dict)

    def best(self) -> tuple[int, Understood]:
        """The reading that leaves the fewest words unread, and how many these are."""
        unread, _, understood = self._from(self._cuts(), 0)
        return unread, understood

    def _cuts(self) -> list[int]:
        """Places where a clause may begin, and the end."""
        places = [0]
        for at, token in enumerate(self.tokens):
            if at and token.kind in {"mark", "word"} and token.low in _SEPARATORS | _JOINERS:
                places.append(at)
        if len(places) > _MOST_CUTS:
            strong = [at for at in places if self.tokens[at].low in {";", ":", ".", ","} or not at]
            places = strong[:_MOST_CUTS]
        return [*places, len(self.tokens)]

    def _from(self, cuts: list[int], index: int) -> tuple[int, int, Understood]:
        """Read from a cut on: (unread content words, clauses, what was understood)."""
        if index >= len(cuts) - 1:
            return 0, 0, Understood()
        known = self._best.get(index)
        if known is not None:
            return known
        skipped = self._skip(cuts, index)
        best = skipped
        for end in range(len(cuts) - 1, index, -1):
            facts = self._clause(cuts[index], cuts[end])
            if facts is None:
                continue
            unread, clauses, rest = self._from(cuts, end)
            unread += sum(fact.unread for fact in facts)
            if (unread, clauses + 1) < best[:2]:
                joined = Understood([*facts, *rest.facts], rest.unread)
                best = unread, clauses + 1, joined
            if best[0] == 0 and end == len(cuts) - 1:
                break
        self._best[index] = best
        return best

    def _skip(self, cuts: list[int], index: int) -> tuple[int, int, Understood]:
        """Leave the piece up to the next cut unread."""
        piece = self.tokens[cuts[index] : cuts[index + 1]]
        weight = sum(1 for token in piece if _counts(token))
        unread, clauses, rest = self._from(cuts, index + 1)
        if not weight:
            return unread, clauses, rest
        return weight + unread, clauses + 1, Understood(rest.facts, [piece, *rest.unread])

    def _clause(self, start: int, end: int) -> list[Fact] | None:
        key = (start, end)
        if key not in self._memory:
            self._memory[key] = self._read(start, end)
        return self._memory[key]

    def _read(self, start: int, end: int) -> list[Fact] | None:
        while (
            start < end
            and self.tokens[start].low in _DROPPED
            and self.tokens[start].kind != "quote"
        ):
            start += 1
        while end > start and self.tokens[end - 1].low in _SEPARATORS - {")"}:
            end -= 1
        tokens = self.tokens[start:end]
        if not tokens:
            return None
        for attempt in self._attempts(start, tokens):
            facts = self._attempt(attempt)
            if facts is not None:
                return facts
        for said in restated(tokens, self.grammar.slots, self.situation) if self.restates else ():
            facts = self.grammar.clause(said, self.situation, self.grammar.rules)
            if facts is not None:
                return facts
        return None

    def _attempts(self, start: int, tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
        """The clause as it stands; its condition behind it; the subject of an earlier clause before it."""
        subjects = self._subjects(start, tokens) if start else []
        if tokens[0].low in {"it", "they"}:  # before `they` alone is taken for the topic
            for subject in subjects[:1]:
                if subject[0].low not in _PERSONS:
                    yield (*subject, *tokens[1:])
        yield tuple(tokens)
        if tokens[0].low == "where" and len(tokens) > _FEW:
            yield tuple(tokens[1:])  # {…}, where note is optional
        if tokens[0].kind == "route" and len(tokens) > 1:
            behind = tokens[2:] if tokens[1].low in {":", "-", "→"} else tokens[1:]
            alone = not any(token.kind == "route" and token.value.method for token in behind)
            if behind and behind[0].kind == "word" and alone:
                yield tuple(behind)
            if behind and tokens[0].value.method == "GET" and not _is_finite(behind[0]):
                lists = replace(behind[0], text="lists", low="lists", kind="word")
                yield (tokens[0], lists, *behind)
        if tokens[0].low in _CONDITIONAL:
            for at, token in enumerate(tokens):
                if token.low in {",", "then", "→", ":"} and 1 < at < len(tokens) - 1:
                    yield (*tokens[at + 1 :], *tokens[:at])
                    if tokens[at + 1].kind == "route" and tokens[0].low in _OCCASIONS:
                        yield tuple(tokens[at + 1 :])
        yield from _with_scope_behind(tokens)
        for subject in subjects:
            rest = tokens[1:] if tokens[0].low in _ANAPHORA else tokens
            yield (*subject, *rest)

    def _attempt(self, tokens: tuple[Token, ...]) -> list[Fact] | None:
        """Read a clause, with the status behind it taken off first: `… (409)`, `… → 409`."""
        facts = self.grammar.clause(tokens, self.situation, self.rules)
        if facts is not None:
            return facts
        shorter, status = _status_behind(tokens)
        if status is None:
            shorter, status = _status_inside(tokens)
        if status is None or not shorter:
            return None
        self.situation.extra["status"] = status
        try:
            return self.grammar.clause(shorter, self.situation, self.rules)
        finally:
            del self.situation.extra["status"]

    def _subjects(self, start: int, tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
        """Subjects of earlier clauses, nearest first, where this one has none of its own."""
        if not begins_with_verb(tokens) and tokens[0].low not in _ANAPHORA:
            return []
        subjects = []
        base = tokens[0].low not in _MODALS | _BE_HAVE and _is_base(tokens[0])
        for cut in reversed([place for place in self._cuts() if place < start]):
            subject = subject_of(self.tokens[cut:start], with_modal=base)
            if subject and subject not in subjects:
                subjects.append(subject)
        subjects.sort(key=lambda found: not _are_routes(found) or -len(found))
        return subjects[:2]


def _is_finite(token: Token) -> bool:
    return token.low in _MODALS | _BE_HAVE or bool(token.forms & {"third", "base"})


_SCOPES = frozenset({"per", "for", "within", "in", "on", "at"})
_EACH = frozenset(
    {"each", "every", "one", "any", "a", "an", "the", "same", "single", "given", "and"}
)
_LONGEST_SCOPE = 7


def _with_scope_behind(tokens: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """`Per weekday and hour a teacher …`, `within one building, every …`: for each of these, behind."""
    first = tokens[0]
    if first.low not in _SCOPES or first.kind != "word":
        return
    start = 1
    while start < len(tokens) and tokens[start].low in _EACH:
        start += 1
    if start == 1 and first.low != "per":
        return
    if (
        start > 1
        and tokens[1].low == "the"
        and "same" not in {token.low for token in tokens[1:start]}
    ):
        return
    per = replace(first, text="per", low="per")
    for end in range(start + 1, min(start + _LONGEST_SCOPE, len(tokens) - 2)):
        rest = tokens[end:]
        while rest and rest[0].low in {",", ":", "however", "there"} - {"there"}:
            rest = rest[1:]
        if len(rest) > 2 and tokens[end].low not in {"and", "of"}:
            yield (*_without_commas(rest), per, *tokens[start:end])


def _without_commas(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """`every number , however , occurs once`: what is only put in between goes."""
    lows = [token.low for token in tokens]
    if "however" in lows:
        at = lows.index("however")
        before = at - 1 if at and lows[at - 1] == "," else at
        after = at + 2 if at + 1 < len(lows) and lows[at + 1] == "," else at + 1
        return (*tokens[:before], *tokens[after:])
    return tuple(tokens)


_OCCASIONS = frozenset({"when", "whenever", "once", "after", "as"})


def _are_routes(tokens: Sequence[Token]) -> bool:
    """`POST /a and POST /b`: what goes on is said of both."""
    return all(token.kind == "route" or token.low in {",", "and", "or"} for token in tokens)


_CONDITIONAL = frozenset(
    {"if", "when", "whenever", "once", "as", "while", "after", "unless", "until", "before"}
)
_PERSONS = frozenset(
    ("i we you he she they nobody somebody someone everybody anyone people who").split()
)
_ANAPHORA = frozenset({"it", "they", "this", "these", "that"})
_ERRORS = frozenset({400, 401, 403, 404, 405, 409, 410, 422})


_REFUSING = frozenset({"refused", "rejected", "answered", "declined", "denied", "fails", "fail"})


_BEFORE_STATUS = frozenset("( → : with , - a an http status code answer".split())


def _status_behind(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], int | None]:
    """Find the status that a clause ends with: `(409)`, `→ 409`, `: 409`, `with 409`, `gets 409`."""
    end = len(tokens)
    while end and tokens[end - 1].low in {")", ".", "too", "conflict", "error", "as", "well"}:
        end -= 1
    if (
        not end
        or tokens[end - 1].kind not in {"number", "status"}
        or tokens[end - 1].value not in _ERRORS
    ):
        return tokens, None
    status = int(tokens[end - 1].value)
    end -= 1
    while end and tokens[end - 1].low in _BEFORE_STATUS:
        end -= 1
    return tokens[:end], status


def _status_inside(tokens: tuple[Token, ...]) -> tuple[tuple[Token, ...], int | None]:
    """Find it within a clause: `refused (409) as long as it has tasks`, `is refused with 409 if …`."""
    for at in range(1, len(tokens) - 1):
        token, before = tokens[at], tokens[at - 1]
        if token.kind not in {"number", "status"} or token.value not in _ERRORS:
            continue
        if before.low == "(" and tokens[at + 1].low == ")":
            return (*tokens[: at - 1], *tokens[at + 2 :]), int(token.value)
        start = at
        while start > 1 and tokens[start - 1].low in {"with", "by", "a", "an", "status", "code"}:
            start -= 1
        if start < at and tokens[start - 1].low in _REFUSING:
            end = at + 2 if tokens[at + 1].low in {"conflict", "error"} else at + 1
            return (*tokens[:start], *tokens[end:]), int(token.value)
    return tokens, None


def _counts(token: Token) -> bool:
    """Whether leaving a token unread is a loss."""
    return token.kind != "mark" and token.low not in ADVERBS | _JOINERS


def _is_base(token: Token) -> bool:
    return "base" in forms(token.low)


def begins_with_verb(tokens: Sequence[Token]) -> bool:
    """Tell whether a clause begins with its verb: `may not be empty`."""
    while tokens and tokens[0].low in ADVERBS | {"not", "never"}:
        tokens = tokens[1:]
    if not tokens or tokens[0].kind != "word":
        return False
    if tokens[0].low in _MODALS | _BE_HAVE:
        return True
    return bool(tokens[0].forms & {"third", "base", "past"})


def subject_of(tokens: Sequence[Token], *, with_modal: bool = False) -> tuple[Token, ...]:
    """Return what stands before the first finite verb, with the modal behind it if wanted."""
    start = 0
    while start < len(tokens) and (
        tokens[start].low in _DROPPED | ADVERBS and tokens[start].kind != "quote"
    ):
        start += 1
    if start < len(tokens) and tokens[start].low in _CONDITIONAL:
        return ()
    for at in range(start, min(len(tokens), start + 10)):
        token = tokens[at]
        if token.low in _SEPARATORS and token.kind == "mark":
            return ()
        if token.kind == "word" and token.low in _MODALS | _BE_HAVE:
            return tuple(tokens[start : at + 1 if with_modal else at])
        if token.kind == "word" and at > start and _finite(tokens, at):
            return tuple(tokens[start:at])
    return ()


def _finite(tokens: Sequence[Token], at: int) -> bool:
    found = tokens[at].forms
    if not found or tokens[at - 1].low in PREPOSITIONS | {"a", "an", "the", "to"}:
        return False
    if tokens[at - 1].kind == "route" and "base" in found:
        return True
    return "third" in found or ("base" in found and tokens[at - 1].low.endswith("s"))


# --- lead-ins ------------------------------------------------------------------------------------

_LEAD_INS = (

    "as (a|an|the|our) <noun:role> [,] (i|we) [also] (want|need|wish|would like|would love|expect|have) [(to|that)]",
    "as (a|an|the|our) <noun:role> [,] (i|we)",
    "(because|since) (there|we|it|our|the) <phrase> ,",
    "as (a|an|the|our) <noun:role> [,] (i|we) (can|could|may|should|must|shall|will) [be able to]",
    "(i|we|you) [also|really] (want|need|wish|would like|would love) [(you|it|the system)] to",
    "(i|we) would [like] [to] (have|see)", "(i|we) (want|need|would like|expect) that",
    "[at any moment|at any time] (i|we) would like to",
    "it (must|should|shall|has to|is|will) [be] possible (for <noun:role> to|to|that)",
    "it (must|should|shall|is|will) [be] possible to",
    "(the|our|this|your) (system|service|api|app|application|software|backend|tool|server|program|platform|product|site|website) [(must|shall|should|has to|needs to|will|can|may)] [(be able to)] (allow|let|enable|permit|allows|lets|enables|permits) <noun:role> [to]",
    "(allow|let|enable|permit) <noun:role> [to]",
    "(the|our|this|your) (system|service|api|app|application|software|backend|tool|server|program|platform) (must|shall|should|has to|needs to|will|can|may) [be able to]",
    "(the|our|this|your) (system|service|api|app|application|software|backend|tool|server|program|platform) (provides|offers|supports|provide|offer|support) [(endpoints|operations|a way|an endpoint|functions|functionality)] [(to|for)]",
    "(provide|offer|support|implement|build|include|add) (endpoints|an endpoint|operations|a way|functions|functionality|the ability) (to|for|that)",
    "there (must|should|has to|needs to|is|are) [be] (a way|an endpoint|endpoints|the possibility|ways) (to|for|that)",
    "(no|yes|nope|sure|exactly|correct) (.|,|!|:)",
    "(besides|apart from|aside from|beyond|in addition to|on top of) (that|this|these|those) [,]",
    "(sadly|unfortunately|luckily|fortunately|obviously|clearly|for the rest|as a last thing|last|finally) [,]",
    "(that is why|this is why|which is why|therefore|hence|please|besides|also|finally|first|firstly|secondly|in addition|additionally|furthermore|moreover|first of all|to begin with|however|of course|naturally|note that|remember that|make sure that|make sure|ensure that|in general|generally|in short|by the way|on top of that|what is more|next|last but not least|for example|for now|optionally ,|then|so|and|but|or|well|now|later|later on|otherwise|still) [,]",
    "(the|an|a) (user|client|caller) (wants|needs) to",
    "(whenever|when|wherever) (a|an|the|any) <noun> is (shown|read|listed|returned|fetched) [,]",
)  # fmt: skip
_ENDINGS = (
    "[,] so that <rest>", "[,] so <pronoun> <rest>", "[,] in order (to|that) <rest>",
    "[,] because <rest>",
    "[,] (which|that) is (0|zero) (while|when|if|as long as|until) there (is|are) (none|no <noun>|nothing|none yet)",
    "[,] since <rest>", "[,] (as|for) (we|they|it|he|she|our|this) <rest>",
    ", (as|for) (the|a|an|some|most|many|people|everybody|nobody|every|each|no|their|otherwise) <rest>",
    "[,] (for now|for the moment|please|of course|thanks|thank you|if possible|for the tax office)",
)  # fmt: skip


def peel(
    tokens: Sequence[Token], slots: Mapping[str, SlotFunction]
) -> tuple[str, tuple[Token, ...]]:
    """Take lead-ins such as `As an employee I want to` away; return the role and the rest.

    Purposes behind the sentence (`so that …`, `because …`) go too: they say why, not what.
    """
    role = ""
    tokens = tuple(tokens)
    for _ in range(4):
        peeled = False
        for text in _LEAD_INS:
            pattern = compile_pattern(text)
            reader = Reader(tokens, slots)
            if not pattern.possible(words_of(tokens[:14])):
                continue
            ends = [
                (end, captures)
                for end, captures in pattern.prefixes(reader)
                if end < len(tokens) and not _cuts_a_subject(tokens, end)
            ]
            if not ends:
                continue
            end, captures = max(ends, key=lambda found: found[0])
            if end:
                named = captures.get("role")
                role = role or (" ".join(token.low for token in named) if named else "")
                tokens = tokens[end:]
                peeled = True
                break
        if not peeled:
            break
    return role, _without_purpose(tokens, slots, story=bool(role))


def _cuts_a_subject(tokens: Sequence[Token], end: int) -> bool:
    """`Later changes …`: what looked like a lead-in was the beginning of the clause."""
    if tokens[end - 1].low in {"first", "last"} and tokens[end].low in {"name", "names"}:
        return True
    if tokens[end].low in {"not", "never", "no"} and tokens[end - 1].low not in {",", "that", "to"}:
        return True
    return tokens[end - 1].low not in {",", "to", "that", "for"} and tokens[end].low in {
        "is",
        "are",
        "of",
    }


_AS_FAR = frozenset({"long", "soon", "far", "well", "often", "much", "many", "late", "early"})
"""As long as …: that is no purpose."""


def _without_purpose(
    tokens: tuple[Token, ...], slots: Mapping[str, SlotFunction], *, story: bool
) -> tuple[Token, ...]:
    """Leave out why somebody wants it; in a story (`As a …, I want …, so …`) that is all behind `so`."""
    for at in range(2, len(tokens)) if story else ():
        if tokens[at].low == "so" and tokens[at - 1].low == ",":
            return tokens[: at - 1]
    words = words_of(tokens)
    for text in _ENDINGS:
        pattern = compile_pattern(text)
        if not pattern.possible(words):
            continue
        for at in range(1, len(tokens)):
            reader = Reader(tokens[at:], {**slots, "pronoun": _pronoun})
            if tokens[at].low not in {",", "so", "in", "because", "since", "as", "for"}:
                continue
            if tokens[at].low == "as" and tokens[at - 1].low in _AS_FAR:
                continue
            so = at + 1 if tokens[at].low == "," else at
            if not story and [token.low for token in tokens[so : so + 2]] in (
                ["so", "it"],
                ["so", "they"],
            ):
                continue  # so it may be left blank
            determined = text.startswith(",") and not any(
                _finite(tokens, place) for place in range(at + 3, len(tokens))
            )
            if pattern.whole(reader) is not None and not determined:
                return tokens[:at]
    return tokens


_WHOEVER = frozenset("i we they you it he she people nobody everybody".split())


def _pronoun(reader: Reader, at: int) -> Iterable[tuple[Any, int]]:
    if reader.low(at) in _WHOEVER:
        yield reader.low(at), at + 1
