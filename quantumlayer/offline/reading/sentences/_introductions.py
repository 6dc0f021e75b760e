"""Things introduced in passing, in the form that the recognisers know: `a firing has …`, and what it belongs to.

Whoever introduces a thing rarely does so in one plain clause. The subject stands in the heading, or is told
apart (`an inspection of a hive has …`); one subject has several verbs (`belongs to a kiln and has a day`); what
belongs together is tied by prepositions (`is for one table, on one day, under a name`); a path stands between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from quantumlayer.offline.reading.language._facts import Belongs, Fact, Thing
from quantumlayer.offline.reading.language._fieldtypes import is_textual, type_of_name
from quantumlayer.offline.reading.sentences._definitions import CREATE, GENERIC, READ, VAGUE
from quantumlayer.offline.reading.text._lexicon import (
    ADVERBS,
    DETERMINERS,
    NUMBER_WORDS,
    PREPOSITIONS,
    PRONOUNS,
)
from quantumlayer.offline.reading.text._tokens import Token, unwritten
from quantumlayer.offline.reading.text._words import base, forms, is_plural, plural, singular, verb

__all__ = ["COMPOUND", "introduced", "labelled", "presented"]

Tokens = tuple[Token, ...]

_ONE = frozenset({"a", "an", "each", "every", "one", "any"})
_ANOTHER = frozenset({"a", "an", "one", "exactly"})
_THIRD = {
    "have": "has", "are": "is", "belong": "belongs", "consist": "consists", "contain": "contains",
    "comprise": "comprises", "carry": "carries", "bear": "bears", "take": "takes", "lie": "lies", "sit": "sits",
    "stand": "stands", "hang": "hangs", "happen": "happens", "cost": "costs", "last": "lasts", "weigh": "weighs",
}  # fmt: skip
"""What is said of many things → of one."""
_HOLDS = frozenset("has have contains contain comprises comprise carries carry bears bear".split())
"""Behind these stand the fields of the subject."""
_BEHIND = {
    "belongs": {"to"}, "consists": {"of"}, "takes": {"place"}, "lies": {"in", "at", "on"}, "sits": {"in", "at", "on"},
    "stands": {"in", "at", "on"}, "hangs": {"in", "at", "on"}, "lives": {"in", "on"}, "happens": {"on", "at", "in"},
}  # fmt: skip
"""What has to stand behind a verb that ties its subject to something else."""
_TYING = {*_THIRD.values(), "refers", "relates", "goes", "comes", "points"}
_TIES = frozenset("for by of in at to on with from under about".split())
_MEASURING = frozenset("takes costs lasts weighs spans".split())
"""`takes a number of minutes`: it has them."""
_TELLING = frozenset("names states shows gives lists records notes mentions tells".split())
_MAY = frozenset({"may", "can", "might", "could"})
_LONGEST_NOUN = 2
_RELATIVE = frozenset(
    "which that who whose where if when unless until while because each so".split()
)


def introduced(
    tokens: Tokens, heading: Tokens, *, item: bool, accounts: bool
) -> tuple[Tokens, list[Fact]]:
    """Say what a sentence says of a thing in plain clauses.

    Args:
        tokens: The sentence.
        heading: The thing that the heading above it names, if it names one.
        item: Whether it is an item of a list.
        accounts: Whether people log in, so that who registers has an account.

    Returns:
        The clauses, and what they say that the thing belongs to.
    """
    facts: list[Fact] = []
    pronoun = int(tokens[0].low in {"it", "they", "each", "she", "he"})
    if heading and opens(tokens, pronoun):
        tokens = (*unwritten("a"), *heading, *_of_one(tokens[pronoun:]))
    tokens = _pictured(_announced(_without_greeting(_sent(_put_on(tokens)))))
    tokens = _with_article(_without_paths(_living(tokens, heading)))
    tokens = _done(tokens, facts)
    tokens = tokens if accounts else _registered(tokens)
    tokens = _telling(_told_apart(tokens, facts, item=item), facts)
    said: list[Token] = []
    for clause in _clauses(_coordinated(_many_of(tokens, facts))):
        told = _tied(clause, facts)
        said.extend([*(unwritten(";") if said and told else ()), *told])
    return _measured(_placed(tuple(said))), facts


def labelled(tokens: Tokens) -> Tokens:
    """`Bike: belongs to a customer; brand, model` → `a bike belongs to a customer; a bike has brand, model`.

    A label in front of a verb that says what its subject has or belongs to is that subject.
    """
    at = next((i for i, token in enumerate(tokens[: _LONGEST_NOUN + 1]) if token.low == ":"), 0)
    noun = tokens[:at]
    named = (
        at and (noun[0].text[:1].isupper() or noun[0].kind == "name") and "_" not in noun[-1].low
    )
    if not named or not _nominal(noun) or not opens(tokens, at + 1):
        return tokens
    subject = (*unwritten("a"), *_one_of(noun))
    said: list[Token] = []
    for clause in _clauses(tokens[at + 1 :]):
        lists = (
            len(clause) > 2 and clause[1].low in {",", "("} and clause[0].kind in {"word", "name"}
        )
        if not said:
            said.extend([*subject, *_of_one(clause)])
        else:
            said.extend(
                [*unwritten(";"), *((*subject, *unwritten("has")) if lists else ()), *clause]
            )
    return tuple(said)


def _clauses(tokens: Tokens) -> Iterator[Tokens]:
    """What the semicolons outside brackets separate."""
    start = depth = 0
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if token.low == ";" and token.kind == "mark" and not depth:
            yield tokens[start:at]
            start = at + 1
    yield tokens[start:]


COMPOUND = frozenset(
    "type day time item document report service content step action change program".split()
)
"""Nouns that name something only with another before them: a market day, a crate type."""


def presented(tokens: Tokens) -> Tokens:
    """The thing that a sentence only presents.

    Examples: `What is a donation?`, `There are several crate types`, `We keep a list of cows`, `` `Game`: a
    board game we own``, `Each entry is a dive`.
    """
    lows = [token.low for token in tokens if token.kind != "mark"]
    if lows[:2] in (["what", "is"], ["what", "are"]) and tokens[-1].low == "?":
        return _noun(tokens, 3 if lows[2:3] and lows[2] in _ONE else 2, stops={"?"})
    for at in range(min(len(tokens), 6)):
        if [token.low for token in tokens[at : at + 2]] in (["there", "are"], ["a", "list"]):
            start = at + 2 + (tokens[at].low == "a")
            while start < len(tokens) and tokens[start].low in _MANY | DETERMINERS:
                start += 1
            return _noun(tokens, start, stops={".", ":", ",", ";", "!"}, many=True)
    told = next((at for at in range(1, len(tokens) - 2) if tokens[at].low == "is"), 0)
    if told and tokens[0].low in _ONE and tokens[told + 1].low in {"a", "an"}:
        return _noun(tokens, told + 2, stops={".", ":"})
    label = next((at for at, token in enumerate(tokens[:4]) if token.low == ":"), 0)
    if label and tokens[label + 1 : label + 2] and tokens[label + 1].low in _ANOTHER:
        named = tokens[0].kind == "name" or tokens[0].text[:1].isupper()
        return _noun(tokens, 0, stops={":"}) if named else ()
    return ()


_MANY = frozenset(
    "several many various different two three four five some also certain other individual our single".split()
)


def _noun(tokens: Tokens, at: int, *, stops: set[str], many: bool = False) -> Tokens:
    end = at
    while end < len(tokens) and tokens[end].low not in stops:
        end += 1
    noun = tokens[at:end]
    if not 1 <= len(noun) <= _LONGEST_NOUN or (many and not is_plural(noun[-1].low)):
        return ()
    return _one_of(noun) if _nominal(noun) else ()


_JOINING = frozenset("and or but than not no".split())


def _nominal(noun: Sequence[Token]) -> bool:
    """Whether words can name a thing that is kept."""
    stops = PREPOSITIONS | DETERMINERS | PRONOUNS | ADVERBS | NUMBER_WORDS.keys() | _JOINING
    words = all(token.kind in {"word", "name"} and token.low not in stops for token in noun)
    head = singular(noun[-1].low) if noun else ""
    vague = head in GENERIC | VAGUE and not (head in COMPOUND and len(noun) > 1)
    return words and bool(noun) and not vague


def _one_of(noun: Tokens) -> Tokens:
    last = noun[-1]
    return (
        *noun[:-1],
        replace(last, low=singular(last.low), text=singular(last.text), kind="word"),
    )


# --- verbs ---------------------------------------------------------------------------------------


def opens(tokens: Sequence[Token], at: int) -> bool:
    """Whether a verb stands here that says what its subject has, is for or belongs to."""
    if at + 1 >= len(tokens) or tokens[at].kind != "word":
        return False
    low, after = tokens[at].low, tokens[at + 1].low
    third = _THIRD.get(low, low)
    if low in _MAY:
        return after in {"have", "carry", "contain", "bear"}
    if low in _MEASURING and after in {"a", "an", "some"}:
        return (
            low != "takes"
            or after == "some"
            or "number" in {each.low for each in tokens[at + 2 : at + 3]}
        )
    if third == "is":
        past = "participle" in forms(after)
        behind = tokens[at + 2].low if past and at + 2 < len(tokens) else after
        return behind in _TIES - {"with", "to", "of"} or after == "part"
    if low in _HOLDS:
        return after not in {"to", "been", "not", "no", "never", "only"}
    return after in _BEHIND.get(third, ())


def _of_one(tokens: Tokens) -> Tokens:
    low = _THIRD.get(tokens[0].low, tokens[0].low)
    return (replace(tokens[0], low=low, text=low), *tokens[1:])


def _subject(tokens: Tokens) -> int:
    """How long the subject is in front of a verb that says what it has; 0 where there is none."""
    start = int(tokens[0].low in _ONE)
    for at in range(start + 1, start + _LONGEST_NOUN + 1):
        if opens(tokens, at):
            noun = tokens[start:at]
            many = start or is_plural(noun[-1].low)
            return at if many and _nominal(noun) and noun[0].low not in _RELATIVE else 0
    return 0


def _coordinated(tokens: Tokens) -> Tokens:
    """`belongs to a kiln and has a day` → `belongs to a kiln; a firing has a day`."""
    end = _subject(tokens) if tokens else 0
    subject, depth, since, skipped = tokens[:end], 0, end, -1
    one = bool(subject) and subject[0].low in _ONE
    said: list[Token] = []
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        joins = token.low in {",", "and", ";", "but"} and not depth and at >= end
        relative = not _RELATIVE.isdisjoint(each.low for each in tokens[since:at])
        rest = tokens[at + 1 :]
        if joins and not relative and len(rest) > 2:
            pronoun = int(rest[0].low in {"it", "they", "each"})
            again = bool(end) and _says(rest, pronoun) and rest[0].low not in _MAY
            told = bool(end) or any(opens(tokens, i) for i in range(1, at))
            other = told and rest[0].low in _ONE - {"any"} and _subject(rest) > 1
            if again or other:
                if said and said[-1].low == ",":
                    said.pop()
                said.extend([*unwritten(";"), *(subject if again else ())])
                since, skipped = at + 1, at + pronoun if again else at
                continue
        if at > skipped or not said:
            verb_of = at - 1 == skipped and bool(said)
            said.extend(_of_one((token,)) if verb_of and subject[:1] and one else (token,))
    return tuple(said)


def _says(tokens: Tokens, at: int) -> bool:
    """Whether a verb stands here that goes on with what is said of the subject."""
    tells = at and tokens[at].low in _TELLING and tokens[at + 1].low in DETERMINERS | {"which"}
    return opens(tokens, at) or bool(tells)


def _measured(tokens: Tokens) -> Tokens:
    """`a visit takes some minutes` → `a visit has some minutes`."""
    (has,) = unwritten("has")
    return tuple(
        has
        if token.low in _MEASURING
        and tokens[at + 1 :][:1]
        and tokens[at + 1].low != "place"
        and opens(tokens, at)
        and _subject_before(tokens, at)
        else token
        for at, token in enumerate(tokens)
    )


def _subject_before(tokens: Tokens, at: int) -> bool:
    return any(
        tokens[start].low in _ONE and _nominal(tokens[start + 1 : at])
        for start in range(max(0, at - 3), at)
    )


def _registered(tokens: Tokens) -> Tokens:
    """`Traders register with a business name …`, where nobody logs in: what a trader has."""
    lows = [token.low for token in tokens]
    at = next((i for i, low in enumerate(lows[:5]) if low in {"with", "giving", "stating"}), 0)
    enters = lows[at - 1 : at] in (["register"], ["enrol"], ["enroll"]) or lows[at - 2 : at] == [
        "sign",
        "up",
    ]
    noun = tokens[: at - (2 if lows[at - 1 : at] == ["up"] else 1)]
    if not at or not enters or not 1 <= len(noun) <= _LONGEST_NOUN or not _nominal(noun):
        return tokens
    return (*unwritten("a"), *_one_of(noun), *unwritten("has"), *tokens[at + 1 :])


def _sent(tokens: Tokens) -> Tokens:
    """`To vote, a neighbour sends a name and an option to POST /votes` → `POST /votes takes a name …`."""
    end = next((i for i, token in enumerate(tokens) if token.kind == "route"), 0)
    sending = (i for i, token in enumerate(tokens[: max(end - 2, 0)]) if token.low in _SENDS)
    at = next(sending, -1)
    told = at >= 0 and tokens[end - 1].low == "to" and tokens[end].value.method == "POST"
    closes = end + 1 >= len(tokens) or tokens[end + 1].low in {".", ";"}
    if not told or not closes or not _CONDITIONS.isdisjoint(_lows(tokens[:at])):
        return tokens
    listed = tokens[at + 1 : end - 1 - (tokens[end - 2].low == ",")]
    if any(token.kind == "sketch" for token in listed):
        return tokens
    return (tokens[end], *unwritten("takes"), *listed, *tokens[end + 1 :])


_SENDS = frozenset("send sends sending post posts posting submit submits submitting giving".split())
_CONDITIONS = frozenset("if when while until unless who only not never cannot once".split())


def _pictured(tokens: Tokens) -> Tokens:
    """`Mugs are sold by the piece, e.g. {…}`, `a cart reads like this:`: what a thing looks like."""
    one = tokens[0].low in _ONE
    end = next((i for i, token in enumerate(tokens[:4]) if i > one and token.forms & _FINITE), 0)
    end = end or next((i for i, t in enumerate(tokens[:4]) if t.low in {"is", "are", "come"}), 0)
    noun, rest = tokens[int(one) : end], tokens[end:]
    lows = _lows(rest)
    if not noun or not _nominal(noun) or not (one or is_plural(noun[-1].low)):
        return tokens
    if lows[1:] in {("like", "this", ":"), ("as", "follows", ":"), ("so", ":")}:
        looks = replace(rest[0], text="looks", low="looks")
        return (*tokens[:end], looks, *unwritten("like this"), rest[-1])
    at = next((i for i, token in enumerate(rest) if token.kind == "sketch"), 0)
    before = " ".join(low for low in lows[:at] if low not in {",", ".", ":", "("})
    plain = _RULING.isdisjoint(lows) and all(token.kind in {"word", "mark"} for token in rest[:at])
    ends = {*lows[at + 1 :]} <= {".", ")"} and before.endswith(_SUCH)
    if not at or not plain or not ends or rest[at].value.is_list:
        return tokens
    return (*tokens[:end], *unwritten("looks like" if one else "look like"), rest[at])


_FINITE = frozenset({"third", "base"})
_SUCH = ("e.g", "for example", "for instance", "such as", "like", "like this")
_RULING = frozenset(
    "only not never no cannot must may can should if when while until unless until".split()
)


def _without_greeting(tokens: Tokens) -> Tokens:
    """`Dear developers, our club has …`, `Entities: room (…), …`."""
    if tokens[0].low in _LABELS and len(tokens) > 2 and tokens[1].low == ":":
        return tokens[2:]
    comma = next((at for at, token in enumerate(tokens[:5]) if token.low == ","), 0)
    greets = tokens[0].low in {"dear", "hello", "hi", "hey"} and comma and comma + 1 < len(tokens)
    return tokens[comma + 1 :] if greets else tokens


def _with_article(tokens: Tokens) -> Tokens:
    """`**Compartment** belongs to a station` says `a compartment belongs …`."""
    named = tokens and tokens[0].kind == "word" and tokens[0].text[:1].isupper()
    single = named and not is_plural(tokens[0].low) and _nominal(tokens[:1])
    ties = len(tokens) > 2 and tokens[1].low in {*_THIRD.values()} - _HOLDS
    said = single and ties and not tokens[0].low.endswith(("body", "one")) and opens(tokens, 1)
    return (*unwritten("a"), *tokens) if said else tokens


_ANNOUNCING = frozenset(
    "and then there here are come comes next finally also lastly last we have need know the our all".split()
)


def _announced(tokens: Tokens) -> Tokens:
    """`Then there are the pupils: …`, `next come the dogs: …`, `stays are for one dog each: …` says `pupils: …`."""
    colon = next((at for at, token in enumerate(tokens[:8]) if token.low == ":"), 0)
    verbal = next((at for at in (1, 2) if tokens[at:] and tokens[at].low in _THIRD), colon)
    told = verbal < colon and is_plural(tokens[verbal - 1].low) and _nominal(tokens[:verbal])
    if told and "one" in _lows(tokens[verbal:colon]) and tokens[colon + 1 :]:
        named = tokens[colon + 1].kind == "name" and tokens[colon + 2 : colon + 3]
        return (*tokens[:verbal], *tokens[colon:]) if named else tokens
    start = next((at for at in range(colon) if tokens[at].low not in _ANNOUNCING), colon)
    noun = tokens[start:colon]
    many = 1 <= len(noun) <= _LONGEST_NOUN and is_plural(noun[-1].low) and _nominal(noun)
    return tokens[start:] if start and many else tokens


def _put_on(tokens: Tokens) -> Tokens:
    """`I put screenings on: …`, `write guests down, with …`: the verb is the same without the word."""
    for at in range(1, min(len(tokens) - 1, 7)):
        closes = tokens[at + 1].low in {":", ",", "with"}
        verbs = [i for i in (at - 2, at - 3) if i >= 0 and "base" in tokens[i].forms]
        many = is_plural(tokens[at - 1].low) and tokens[at - 1].kind == "word"
        if closes and many and verbs and tokens[at].low in {"on", "up", "down", "out", "in", "off"}:
            return (*tokens[:at], *tokens[at + 1 :])
    return tokens


_LABELS = frozenset("entities resources things objects collections models".split())


def _placed(tokens: Tokens) -> Tokens:
    """`lies in a station` → `belongs to a station`."""
    for at in range(1, len(tokens) - 3):
        verb_of = _THIRD.get(tokens[at].low, tokens[at].low)
        stored = verb_of == "is" and tokens[at + 1].low in _STORED
        start = at + 2 + stored
        start += start < len(tokens) and tokens[start].low == "exactly"
        stands = verb_of in {"lies", "sits", "stands", "hangs", "lives"} or stored
        if not stands or not opens(tokens, at) or start >= len(tokens):
            continue
        ends = [
            i
            for i in range(start + 2, start + 4)
            if i >= len(tokens) or tokens[i].low in {".", ";", ","}
        ]
        if tokens[start].low in _ANOTHER and ends and _nominal(tokens[start + 1 : ends[0]]):
            return (*tokens[:at], *unwritten("belongs to"), *_placed(tokens[start:]))
    return tokens


_STORED = frozenset("kept stored located housed placed held situated".split())


# --- what it belongs to --------------------------------------------------------------------------


def _told_apart(tokens: Tokens, facts: list[Fact], *, item: bool) -> Tokens:
    """`An inspection of a hive has …`: the hive tells what it belongs to, and is no part of its name.

    So does `sign-ups of a member for a class, with …` in a list.
    """
    many = item and bool(tokens) and is_plural(tokens[0].low)
    if not tokens or not (tokens[0].low in _ONE or many):
        return tokens
    begin = int(not many)
    at = next((i for i, t in enumerate(tokens[:4]) if i > begin and t.low in _TIES), 0)
    noun = tokens[begin:at]
    if not at or not 1 <= len(noun) <= _LONGEST_NOUN or not _nominal(noun):
        return tokens
    if any(_THIRD.get(token.low, token.low) in _TYING for token in noun):
        return tokens  # a donation belongs to a campaign
    others: list[Tokens] = []
    end = at
    while end < len(tokens) and tokens[end].low in _TIES:
        start = end + 1
        while start < len(tokens) and tokens[start].low in _ANOTHER:
            start += 1
        if start == end + 1:
            return tokens
        end = start + 1
        single = _ends(tokens, end) or opens(tokens, end) or tokens[end].low in _TIES
        end += not single
        others.append(tokens[start:end])
        if not _nominal(others[-1]):
            return tokens
    if not (_ends(tokens, end) or opens(tokens, end)) or (_closes(tokens, end) and not item):
        return tokens
    facts.extend(_belongs(_one_of(noun), other) for other in others)
    return (*tokens[:at], *tokens[end:])


def _closes(tokens: Tokens, at: int) -> bool:
    return at == len(tokens) or tokens[at].low in {":", "."}


def _ends(tokens: Tokens, at: int) -> bool:
    """Whether what ties a thing to others ends here: `… is`, `…:`, `…, with`."""
    lists = [token.low for token in tokens[at : at + 2]] in ([",", "with"], [",", "giving"])
    return _closes(tokens, at) or lists or tokens[at].low in {"is", "has", "looks"}


def _done(tokens: Tokens, facts: list[Fact]) -> Tokens:
    """`Record loans: a reader borrows copies of a book, 1 to 5 at a time`: what a loan ties together, and has."""
    colon = next((at for at, token in enumerate(tokens[:4]) if token.low == ":"), 0)
    noun, told = tokens[int("base" in tokens[0].forms and colon > 1) : colon], tokens[colon + 1 :]
    if not noun or not is_plural(noun[-1].low) or not _nominal(noun) or len(told) < _LONGEST_NOUN:
        return tokens
    acts = (at for at in (2, 3) if told[at:] and _acts(told[at]))
    end = next(acts, 0) if told[0].low in _ONE else 0
    if not end or not _nominal(told[1:end]):
        return tokens
    start = next((i for i, token in enumerate(told) if token.low in {"with", "giving"}), len(told))
    listed = tuple(token for token in told[start + 1 :] if token.low != ".")
    done = told[end + 1 : start - (told[start - 1].low in {",", "."})]
    timed = _lows(done[-3:]) in _EACH_TIME
    bound = next((at for at, token in enumerate(done) if timed and token.low == ","), 0)
    count = done[bound + 1 : -3] if bound else ()
    article = int(done[:1] != () and done[0].low in _ANOTHER)
    objects = (*unwritten("one"), *done[article : bound or None])
    pieces, stop = _pieces((*objects, *unwritten(".")), 0)
    if stop < len(objects):
        return tokens
    parents = [piece[1:] for piece in pieces if not _is_told(piece)]
    if is_plural(done[article].low):
        bracket = pieces[0][2:] or (*unwritten("("), *count, *unwritten(")"))
        listed = (done[article], *bracket, *(unwritten(",") if listed else ()), *listed)
        parents = [each for each in parents if each[0] is not done[article]]
    if not all(map(_nominal, parents)):
        return tokens
    facts.extend(_belongs(_one_of(noun), _one_of(each)) for each in (told[1:end], *parents))
    return (*unwritten("a"), *_one_of(noun), *unwritten("has"), *listed) if listed else ()


def _acts(token: Token) -> bool:
    """Whether it is a verb that says what somebody does, known or not."""
    third = "third" in token.forms if token.forms else token.low.endswith("s")
    return third and token.low not in {*_THIRD.values(), *_HOLDS} - {"takes"}


_EACH_TIME = {("at", "a", "time"), ("at", "one", "time")}


def _telling(tokens: Tokens, facts: list[Fact]) -> Tokens:
    """`An attendance says that one singer was at one rehearsal, and whether …`: what it ties, and has."""
    at = next((i for i, token in enumerate(tokens[:4]) if token.low in _TELLING | {"says"}), 0)
    noun, rest = tokens[1:at], tokens[at + 1 :]
    told = at > 1 and tokens[0].low in _ONE and rest and rest[0].low in {"that", "which", "who"}
    if not told or not _nominal(noun):
        return tokens
    end = next((i for i, token in enumerate(rest) if token.low in {",", ";", ".", ":"}), len(rest))
    others = [
        rest[i + 1 : i + 2]
        for i, token in enumerate(rest[:end])
        if token.low in {"one", "which"} and _nominal(rest[i + 1 : i + 2])
    ]
    few = len(others) < 1 + (rest[0].low != "that")
    if few or any(token.low == "(" for token in rest[:end]):
        return tokens
    facts.extend(_belongs(noun, other) for other in others)
    while end < len(rest) and rest[end].low in {",", ";", "and", "also"}:
        end += 1
    has = unwritten("has") if rest[end:] and rest[end].low not in {".", ":"} else ()
    return (*unwritten("a"), *noun, *has, *rest[end:]) if has else ()


def _many_of(tokens: Tokens, facts: list[Fact]) -> Tokens:
    """`Every trip has companions: a name and a number` says what one of them has."""
    end = _subject(tokens) if tokens else 0
    if not end:
        end = next((i for i in (2, 3) if [t.low for t in tokens[i : i + 1]] == ["can"]), 0)
    if not end or tokens[end].low not in {"has", "have", "can", "may"} or tokens[0].low not in _ONE:
        return tokens
    start = end + 1
    while start < len(tokens) and tokens[start].low in _MANY | ADVERBS | {"have", "get", "carry"}:
        start += 1
    colon = next((i for i, t in enumerate(tokens[start : start + 3], start) if t.low == ":"), 0)
    noun = tokens[start:colon]
    if (
        not 0 < colon < len(tokens) - 1
        or not noun
        or not is_plural(noun[-1].low)
        or not _nominal(noun)
    ):
        return tokens
    if tokens[colon + 1].low not in {"a", "an", "the", "its", "their"}:
        return tokens  # tags: red, green
    facts.append(_belongs(_one_of(noun), tokens[1:end]))
    if _subject(tokens[colon + 1 :]):
        return tokens[colon + 1 :]  # … parts: a part has a name
    return (*unwritten("a"), *_one_of(noun), *unwritten("has"), *tokens[colon + 1 :])


def _tied(tokens: Tokens, facts: list[Fact]) -> Tokens:
    """`A rental is made by one customer for one crate type`, `… is for one table, on one day, under a name`."""
    end = _subject(tokens) if tokens else 0
    if not end:
        end = _subject((*tokens[:3], *unwritten("for a"))) if _is_one(tokens) else 0
    if not end or end + 1 >= len(tokens):
        return tokens
    noun = tokens[int(tokens[0].low in _ONE) : end]
    held = next((end + n for n in (1, 2) if _lows(tokens[end : end + n]) in _HELD), 0)
    if held:
        return _held(tokens, held, noun)
    if tokens[end].low not in {"is", "are"}:
        return tokens
    at = end + 1
    done = verb(tokens[at].low)
    past = done is not None and "participle" in done.forms
    if past and done is not None and done.base not in _MAKING:
        return tokens  # lent to a member: that is done to it later
    pieces, at = _pieces(tokens, at + past)
    behind = _listed_behind(tokens, at)
    if at < len(tokens) and tokens[at].low != "." and not behind:
        return tokens
    if len(pieces) < 2 and not (pieces and behind):
        return tokens
    if not all(_is_told(piece) or _nominal(piece[1:]) for piece in pieces):
        return tokens
    listed: list[Token] = []
    for piece in pieces:
        if _is_told(piece):
            listed.extend([*(unwritten(",") if listed else ()), *piece])
        elif _nominal(piece[1:]):
            facts.append(_belongs(_one_of(noun), _one_of(piece[1:])))
    if behind:
        listed.extend([*(unwritten(",") if listed else ()), *behind])
    rest = [token for token in tokens[-1:] if token.low == "." and not behind]
    has = (*unwritten("a"), *_one_of(noun), *unwritten("has"), *listed) if listed else ()
    return (*has, *rest) if listed else ()


_HELD = {
    ("takes", "place"),
    ("take", "place"),
    ("happens",),
    ("happen",),
    ("is", "held"),
    ("are", "held"),
}


def _held(tokens: Tokens, at: int, noun: Tokens) -> Tokens:
    """`A lesson takes place on a date, in a studio`: it has a date and a studio."""
    pieces, end = _pieces(tokens, at)
    behind = _listed_behind(tokens, end)
    if len(pieces) < _SEVERAL or not (behind or tokens[end:] == () or tokens[end].low == "."):
        return tokens
    listed = [token for piece in pieces for token in (*unwritten(","), *piece)][1:]
    rest = (*unwritten(","), *behind) if behind else tokens[end:]
    return (*unwritten("a"), *_one_of(noun), *unwritten("has"), *listed, *rest)


_SEVERAL = 2


def _lows(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(token.low for token in tokens)


_MAKING = frozenset(
    "make report record write add enter keep store register file create log place open hold give note publish post".split()
)


def _is_one(tokens: Tokens) -> bool:
    """`A stay is one dog in one kennel`."""
    at = next((i for i, token in enumerate(tokens[:4]) if token.low == "is"), 0)
    return (
        bool(at) and tokens[0].low in _ONE and [t.low for t in tokens[at + 1 : at + 2]] == ["one"]
    )


def _listed_behind(tokens: Tokens, at: int) -> Tokens:
    """`…, with a date and a reason`, `…: it has a date`."""
    lows = [token.low for token in tokens[at : at + 3]]
    if lows[:2] in ([",", "with"], [",", "giving"], [",", "stating"]):
        return tokens[at + 2 :]
    if lows[:1] in ([":"], [";"], [","]) and lows[1:] in (["it", "has"], ["they", "have"]):
        return tokens[at + 3 :]
    if lows[:1] in ([","], ["and"]) and lows[1:2] == ["has"]:
        return tokens[at + 2 :]
    return ()


def _pieces(tokens: Tokens, at: int) -> tuple[list[Tokens], int]:
    """`by one customer for one crate type` → `one customer`, `one crate type`; and where that ends."""
    pieces: list[Tokens] = []
    while at < len(tokens) and tokens[at].low != ".":
        begin = at
        while tokens[at].low in {",", "and"} and at + 1 < len(tokens):
            at += 1
        counted = (
            tokens[at].low == "one" if not pieces else at > begin and tokens[at].low in _ANOTHER
        )
        if (tokens[at].low not in _TIES and not counted) or at + 2 >= len(tokens):
            return pieces, begin
        start = at + (not counted)
        start += tokens[start].low == "exactly"
        if tokens[start].low not in {"a", "an", "one"} or _listed_behind(tokens, begin):
            return pieces, begin
        end, depth = start + 1, 0
        while end < len(tokens) and (
            depth or tokens[end].low not in _TIES | {",", "and", ".", ":", ";"}
        ):
            depth += {"(": 1, ")": -1}.get(tokens[end].low, 0)
            of_number = tokens[end].low == "number" and tokens[end + 1 : end + 2]
            end += 2 if of_number and tokens[end + 1].low == "of" else 1
        pieces.append(tokens[start:end])
        at = end
    return pieces, at


def _is_told(piece: Tokens) -> bool:
    """Whether what is tied to a thing is a field rather than another thing: a day, a name, a number of guests."""
    words = [token.low for token in piece[1:] if token.kind == "word"]
    return any(token.low == "(" or token.kind == "name" for token in piece) or (
        bool(words) and (type_of_name(words) is not None or is_textual(words) or "number" in words)
    )


def _belongs(child: Sequence[Token], parent: Sequence[Token]) -> Belongs:
    one, other = (Thing(tuple(t.low for t in noun), tokens=tuple(noun)) for noun in (child, parent))
    return Belongs(one, (other,))


# --- paths in between ----------------------------------------------------------------------------


def _living(tokens: Tokens, heading: Tokens) -> Tokens:
    """`Remarks are posted to and read from /jobs/{id}/remarks, with a text, oldest first`: what they have, and where."""
    at = next((i for i, token in enumerate(tokens[:12]) if token.kind == "route"), 0)
    end = next((i for i, token in enumerate(tokens[:3]) if token.low in {"is", "are", "live"}), 0)
    noun = tokens[int(tokens[0].low in _ONE) : end]
    noun = _one_of(heading) if heading and tokens[0].low in {"they", "it"} else noun
    there = {*_lows(tokens[end:at])} - _AT - {"is", "are", "and", "from", "also", ",", "likewise"}
    kept = all(base(low) in CREATE | READ | {"keep", "live"} for low in there)
    if not end or not there or not kept or tokens[at].value.method or not _nominal(noun):
        return tokens
    many = tuple(replace(token, low=plural(singular(token.low))) for token in noun[-1:])
    many = (*noun[:-1], *(replace(token, text=token.low) for token in many))
    pieces = [list(piece) for piece in _split(tokens[at + 1 :]) if piece]
    order = pieces.pop() if pieces and {"first", "last"} & {*_lows(pieces[-1])} else []
    listed = [token for piece in pieces for token in (*unwritten(","), *piece)][1:]
    opens_list = {":", "with", "giving", "stating", "naming"}
    skip = next((n for n in (1, 2) if {*_lows(listed[n - 1 : n])} & (opens_list | _HOLDS)), 0)
    listed = [] if {*_lows(listed)} <= _THERE else listed
    if listed and not skip:
        return tokens
    has = (*unwritten("; a"), *_one_of(many), *unwritten("has"), *listed[skip:])
    told = (*many, *unwritten("live under"), tokens[at])
    sorted_so = (*unwritten("and are listed"), *order) if order else ()
    return (*told, *sorted_so, *(has if listed else ()))


_THERE = frozenset("and , read listed shown found there are again".split())


def _split(tokens: Tokens) -> Iterator[Tokens]:
    """What the commas outside brackets separate, without what closes a sentence."""
    start = depth = 0
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.low, 0) if token.kind == "mark" else 0
        if token.low in {",", "."} and token.kind == "mark" and not depth:
            yield tokens[start:at]
            start = at + 1
    yield tokens[start:]


def _without_paths(tokens: Tokens) -> Tokens:
    """`companions, kept at /trips/{id}/companions: …`, `…, sent to POST /donations`: the path says where only."""
    for at, token in enumerate(tokens):
        if token.kind != "route" or at < 2:
            continue
        after = tokens[at + 1].low if at + 1 < len(tokens) else "."
        if tokens[at - 1].low in _AT and tokens[at - 2].low == "," == after:
            if not token.value.method:
                return (*tokens[: at - 2], *tokens[at + 1 :])  # `sign-ups, at /sign-ups, with …`
        past = "participle" in forms(tokens[at - 2].low) and tokens[at - 1].low in _AT
        comma = at > 2 and tokens[at - 3].low == ","
        if past and comma and after in {":", "."}:
            return (*tokens[: at - 3], *tokens[at + 1 :])
        if tokens[at - 1].low == "(" and after == ")" and at + 3 < len(tokens):
            behind = tokens[at + 2].low
            if behind == ":" and not token.value.method:
                return (*tokens[: at - 1], *tokens[at + 2 :])
            if behind in {"with", "giving"} and token.value.method == "POST":
                aside = (*unwritten("with"), token, *unwritten("giving"))
                return (*tokens[: at - 1], *aside, *tokens[at + 3 :])
    return tokens


_AT = frozenset("to at under by via with in".split())
