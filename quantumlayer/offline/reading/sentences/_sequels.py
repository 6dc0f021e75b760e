"""What is said in the same breath, said as a sentence of its own.

`It is "valid" until POST /permits/{id}/revoke makes it "revoked", once` says how things begin, what an action
does, and how often; `A score is what a judge gives a team: points and a comment` says what a score belongs to
and what it has. Each is read more surely alone.
"""

from __future__ import annotations

import re
from dataclasses import replace

from quantumlayer.offline.reading.language._fieldlists import read_fields
from quantumlayer.offline.reading.sentences._attached import (
    are_choices,
    end_of_sentence,
    is_nominal,
)
from quantumlayer.offline.reading.sentences._definitions import plausible_field
from quantumlayer.offline.reading.text._lexicon import PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token, tokenize, unwritten
from quantumlayer.offline.reading.text._words import is_plural, participle

__all__ = ["sequels"]

Tokens = tuple[Token, ...]

_TURNS = frozenset("turns changes converts transforms makes switches".split())
_BY = frozenset("with through by via on after".split())
_ONES = frozenset({"one", "ones"})
_RELATING = frozenset(
    "is are belongs belong goes go refers refer relates relate connects connect links link".split()
)
_RELATED = PREPOSITIONS | {"what", "when", "where", "whenever"}
_NO_RELATION = frozenset("by sorted listed shown answered called named".split())
_LONGEST_SUBJECT = 4


def sequels(tokens: Tokens, known: frozenset[str]) -> Tokens:
    """Say what follows in a sentence of its own.

    Args:
        tokens: A sentence.
        known: Names that the document uses in JSON.

    Examples:
        `a score is what a judge gives: points and a comment` → `…; a score has points and a comment`
        `is open until POST /jobs/{id}/close shuts it` → `is open at first; POST /jobs/{id}/close shuts it`
        `POST /jobs/{id}/close makes it "shut", once` → `POST /jobs/{id}/close makes it "shut"; that works once`
        `POST /jobs/{id}/close turns an open job into a closed one` → `… makes an open job "closed"`
        `POST /jobs/{id}/free makes it "open" without a crew (crew_id is null)` → `… and sets crew_id to null`
        `a van does one tour a day, and so does a driver` → `…; a driver does one tour a day`
        `the balance starts at 0, the state at "open"` → `…; the state starts at "open"`
        `it is refused when it is shut, or when it is full` → `…; it is refused when it is full`
        `a draft can be changed; afterwards not` → `only a draft can be changed`
        `a seat or a code occurs once per hall` → `a seat occurs once per hall; a code occurs once per hall`
        `a job starts out open and becomes shut with POST …` → `a job is open at first; POST … makes it shut`
    """
    tokens = _likewise(_each_of_two(_begun(_only_so(_each_when(_each_route(tokens))))))
    tokens = _stated(_apart(_around(_member_set(_given_with(_beginning(tokens))))), known)
    return _once(_emptied(_into(_by_route(_begins(_until(_unfolded(tokens, known)))))))


def _each_route(tokens: Tokens) -> Tokens:
    """`POST /a and POST /b lead to "x" and "y"`, `POST /a and POST /b work for open jobs only`: each of them does."""
    end = 0
    while end < len(tokens) and (tokens[end].kind == "route" or tokens[end].low in _BETWEEN):
        end += 1
    routes = [token for token in tokens[:end] if token.kind == "route"]
    if len(routes) < 2 or any(len(token.value.segments) < 3 for token in routes):
        return tokens
    stop = end_of_sentence(tokens, end)
    stop = next((at for at in range(end, stop) if tokens[at].low == ";"), stop)
    low, told = tokens[end].low if end < len(tokens) else "", tokens[end + 1 : stop]
    said: list[Tokens] = []
    if low in _LEADING:
        states = [token for token in told if token.kind in {"quote", "name"}][-len(routes) :]
        start = tokens.index(states[0]) if len(states) == len(routes) else 0
        listed = [token for token in tokens[start:stop] if token.low not in _BETWEEN]
        if not start or listed != states:
            return tokens
        what = [token for token in tokens[end + 1 : start] if token.low not in _TOWARDS]
        while what and what[-1].low == ",":
            what.pop()
        said = [
            (route, *unwritten("makes"), *(what or unwritten("it")), replace(state, kind="quote"))
            for route, state in zip(routes, states, strict=True)
        ]
    elif low in _EACH_DOES:
        if [token.low for token in told[:1]] == ["from"]:
            low, told = "are", (*unwritten("only possible while it is"), *told[1:])
        said = [(route, *unwritten(_EACH_DOES[low]), *told) for route in routes]
    each = [token for clause in said for token in (*unwritten(";"), *clause)][1:]
    return (*each, *tokens[stop:]) if said else tokens


_BETWEEN = frozenset(", and or both".split())
_LEADING = frozenset("lead leads make makes turn turns put puts set sets move moves".split())
_TOWARDS = frozenset("to into in the status state".split())
_EACH_DOES = {"work": "works", "are": "is", "start": "starts", "begin": "begins"}


def _beginning(tokens: Tokens) -> Tokens:
    """`POST /jobs takes a title; its status is "open"`: that is said of the job, and of no field."""
    lows = " ".join(token.low for token in tokens if token.kind != "quote")
    quoted = [at for at, token in enumerate(tokens) if token.kind == "quote"]
    found = _BEGINNING.search(lows) if len(quoted) == 1 else None
    at = quoted[-1] - len(found[0].split()) if found is not None else 0
    if at < 1 or tokens[at].low not in {",", ";"}:
        return tokens
    return (*tokens[:at], *unwritten(". its status is"), *tokens[quoted[-1] :])


_BEGINNING = re.compile(
    r"[,;] (and )?((its|the) (status|state) (is|starts|begins)|it (starts|begins))( out)?( as| with| at)?(?= [.]|$)"
)


def _given_with(tokens: Tokens) -> Tokens:
    """`POST …, with a reason and a fee, makes it "shut"`: what it takes, and what it does."""
    if [token.low for token in tokens[1:3]] != [",", "with"] or tokens[0].kind != "route":
        return tokens
    ends = (i for i, token in enumerate(tokens) if token.low == "," and i > 2)
    does = next((i + 1 for i in ends if tokens[i + 1 :] and "third" in tokens[i + 1].forms), 0)
    taken = (*unwritten("takes"), *tokens[3 : does - 1], *unwritten(";"), tokens[0], *tokens[does:])
    return (tokens[0], *taken) if does else tokens


def _member_set(tokens: Tokens) -> Tokens:
    """`It gets "sold": true (false until then)`: a member as in JSON, and what it is before."""
    lows = [token.low for token in tokens]
    for at in range(1, len(tokens) - 2):
        name, value = tokens[at], lows[at + 2]
        if lows[at - 1] not in _GETS or name.kind not in _VALUES or value not in _OPPOSITE:
            continue
        end = at + 3
        if lows[end : end + 2] == ["(", _OPPOSITE[value]] and ")" in lows[end:]:
            end = lows.index(")", end) + 1
        spelled = replace(name, kind="name", low=str(name.value).lower())
        sets = (*unwritten("sets"), spelled, *unwritten("to"), tokens[at + 2])
        return (*tokens[: at - 1], *sets, *tokens[end:]) if lows[at + 1] == ":" else tokens
    return tokens


_GETS = frozenset("gets get has becomes carries shows".split())
_OPPOSITE = {"true": "false", "false": "true"}


def _each_of_two(tokens: Tokens) -> Tokens:
    """`A seat or a code occurs once per hall`: each of the two does."""
    lows = [token.low for token in tokens]
    if "or" not in lows or not _ONCE & {*lows}:
        return tokens
    at = lows.index("or")
    start = next((i + 1 for i in range(at - 1, -1, -1) if lows[i] in {":", ";", "."}), 0)
    end = next((i for i in range(at, len(lows)) if lows[i] in {";", "."}), len(lows))
    verbs = (
        i for i in range(at + 2, min(end, at + 4)) if tokens[i].forms & _FINITE or lows[i] in _AGAIN
    )
    does = next(verbs, 0)
    if not does or at - start > _LONGEST_SUBJECT - 1 or not _ONCE & {*lows[does:end]}:
        return tokens
    said = tokens[does:end]
    first = tokens[start + (lows[start] == "either") : at]
    return (*tokens[:start], *first, *said, *unwritten(";"), *tokens[at + 1 : end], *tokens[end:])


def _each_when(tokens: Tokens) -> Tokens:
    """`It is refused when A, when B, or when C`, `nobody gets A, or B`: each of them by itself."""
    lows = [token.low for token in tokens]
    other = next((i for i in range(3, len(lows)) if lows[i - 1 : i + 1] == [",", "or"]), 0)
    if lows[:1] == ["nobody"] and other and "third" in tokens[1].forms:
        return (*tokens[: other - 1], *unwritten(";"), *tokens[:2], *tokens[other + 1 :])
    at = next((i for i, low in enumerate(lows) if low in _WHEN and i > 1), 0)
    if not at or at > _LONGEST_REFUSAL or not _REFUSED & {*lows[:at]} or "route" in lows:
        return tokens
    said = list(tokens[: at + 1])
    for place in range(at + 1, len(tokens)):
        joins = lows[place] in {",", "or", "and"} and said[-1].low != ";"
        ahead = next((i for i in (place + 1, place + 2) if lows[i : i + 1] == [lows[at]]), 0)
        between = {*lows[place:ahead]} <= {",", "or", "and", "also"}
        if joins and ahead and between:
            said.extend((*unwritten(";"), *tokens[:at]))
        elif not (said[-1].low in _REFUSED and lows[place] in {",", "or", "and", "also"}):
            said.append(tokens[place])
    return tuple(said)


_WHEN = frozenset({"when", "if"})
_REFUSED = frozenset("refused rejected denied declined forbidden impossible".split())
_LONGEST_REFUSAL = 6


def _only_so(tokens: Tokens) -> Tokens:
    """`While it is a draft it can be changed; after that it may not`: then only, and no rule of its own."""
    lows = [token.low for token in tokens]
    end = len(lows) - (lows[-1:] == ["."])
    at = next((i for i in range(end - 1, 2, -1) if lows[i] in {";", ","}), 0)
    tail = [low for low in lows[at + 1 : end] if low not in _ELSE]
    other = tail[:1] in (["a"], ["an"]) and len(tail) <= _LONGEST_SUBJECT
    said = at and set(lows[at + 1 : end]) & _DENIALS and (not tail or other)
    head = set(lows[:at])
    granted = head & {"can", "may", "could"} and not head & (_DENIALS | {"only", "no", "nobody"})
    if not said or not granted or any(token.kind == "route" for token in tokens):
        return tokens
    return (*unwritten("only"), *tokens[:at], *tokens[end:])


_DENIALS = frozenset({"not", "neither", "never"})
_ELSE = _DENIALS | frozenset(
    "and but afterwards thereafter later otherwise then after that this from on it they can may could is are be"
    " possible any more longer no one them done changed".split()
)


def _begun(tokens: Tokens) -> Tokens:
    """`The balance starts at 0, the state at "open"`: the verb counts for what follows, too."""
    lows = [token.low for token in tokens]
    at = next((i for i, low in enumerate(lows[:-2]) if low in _BEGINS and lows[i + 1] in _AS), 0)
    if not at:
        return tokens
    said = list(tokens[: at + 3])
    for place in range(at + 3, len(tokens)):
        behind = next((i for i in range(place, len(lows)) if lows[i] in _AS), 0)
        nouns = all(token.kind in {"word", "name"} for token in tokens[place + 1 : behind])
        joins = lows[place] in {",", "and"} and 1 < behind - place <= _LONGEST_SUBJECT and nouns
        if joins and said[-1].low not in {",", ";"}:
            said.extend(unwritten(";"))
        elif lows[place] in _AS and said[-1].kind in {"word", "name"} and lows[place - 1] != "and":
            said.extend((tokens[at], tokens[place]))
        elif not joins:
            said.append(tokens[place])
    return tuple(said)


_BEGINS = frozenset("starts start begins begin".split())
_AS = frozenset({"at", "as", "with"})
_ONCE = frozenset({"once", "unique"})


def _likewise(tokens: Tokens) -> Tokens:
    """`A van does one tour a day, and so does a driver`: the same is said of another subject."""
    lows = [token.low for token in tokens]
    so = (i for i in range(3, len(lows) - 2) if lows[i] == "so" and lows[i + 1] in {"is", "are"})
    at = next(so, 0)
    copula = next((i for i in range(at - 2, 0, -1) if lows[i] in {"is", "are"}), 0)
    if at and _REFUSED & {*lows[copula:at]} and lows[at - 1] in {",", "and", ";"}:
        end = at - 1 - (lows[at - 2] == ",")
        other = tokens[at + 2 : len(tokens) - (lows[-1] == ".")]
        return (*tokens[:end], *unwritten(";"), *other, *tokens[copula:end], *unwritten("."))
    at = next((i for i in range(2, len(lows) - 2) if lows[i] == "so" and lows[i - 1] == "and"), 0)
    verb_at = (
        next((i for i in range(1, _LONGEST_SUBJECT) if tokens[i].forms & _FINITE), 0) if at else 0
    )
    if not verb_at or lows[at + 1] not in _AGAIN:
        return tokens
    end = at - 2 if lows[at - 2] == "," else at - 1
    other, stop = tokens[at + 2 :], tokens[-1:] if lows[-1] == "." else ()
    other = other[: len(other) - len(stop)]
    return (*tokens[:end], *unwritten(";"), *other, *tokens[verb_at:end], *stop)


_FINITE = frozenset({"third", "base"})
_AGAIN = frozenset("does do can is are has have may must".split())


_VALUES = frozenset({"quote", "name"})
_AFTER = frozenset("after afterwards then thereafter".split())


def _around(tokens: Tokens) -> Tokens:
    """`POST /jobs/{id}/stop ends it: it is "open" before and "shut" after` → `POST … turns "open" into "shut"`.

    `POST /jobs/{id}/stop → done: true` → `POST … sets done to true`.
    """
    if not tokens or tokens[0].kind != "route":
        return tokens
    if len(tokens) > 2 and tokens[1].low == "→" and tokens[2].kind == "code":
        tokens = (*tokens[:2], *tokenize(tokens[2].text.strip("`")), *tokens[3:])  # `done: true`
        tokens = tuple(replace(t, kind="name", value=t.text) if i == 2 else t for i, t in enumerate(tokens))  # fmt: skip
    if (
        len(tokens) > 3
        and tokens[1].low == ":"
        and ("third" in tokens[2].forms or tokens[2].low == "flips")
    ):
        tokens = (tokens[0], *tokens[2:])
    lows = [token.low for token in tokens]
    if lows[1:2] == ["→"] and lows[3:4] == [":"] and tokens[2].kind == "name":
        sets = (tokens[0], *unwritten("sets"), tokens[2], *unwritten("to"), *tokens[4:5])
        once = lows[6:7] == ["already"]
        return (*sets, *(unwritten("; that works once") if once else tokens[5:]))
    if lows[1:2] == ["sets"] and tokens[2].kind == "name":
        return _each_set(tokens)
    values = [at for at, token in enumerate(tokens) if token.kind in _VALUES]
    if len(values) != 2 or "before" not in lows or _AFTER.isdisjoint(lows):
        return tokens
    near = [{*lows[at - 5 : at], *lows[at + 1 : at + 2]} for at in values]
    if "before" not in near[0] or _AFTER.isdisjoint(near[1]):
        return tokens
    first, second = (tokens[at] for at in values)
    end = values[1] + 1
    end += tokens[end : end + 1] != () and lows[end] in _AFTER
    return (tokens[0], *unwritten("turns"), first, *unwritten("into"), second, *tokens[end:])


def _each_set(tokens: Tokens) -> Tokens:
    """`POST … sets `a` to true and `b` to false` → `…; POST … sets `b` to false`."""
    said: list[Token] = []
    for at, token in enumerate(tokens):
        behind = tokens[at + 1 : at + 3]
        sets = len(behind) == 2 and behind[0].kind == "name" and behind[1].low == "to"
        again = token.low in {"and", ","} and sets
        said.extend((*unwritten(";"), tokens[0], *unwritten("sets")) if again else (token,))
    return tuple(said)


def _apart(tokens: Tokens) -> Tokens:
    """`POST … makes it "a", POST … makes it "b"`: two sentences."""
    (semicolon,) = unwritten(";")
    said: list[Token] = []
    for at, token in enumerate(tokens):
        acts = tokens[at + 2 : at + 3] and "third" in tokens[at + 2].forms
        joins = (
            token.low in {",", "and"} and tokens[at + 1 : at + 2] and tokens[at + 1].kind == "route"
        )
        if joins and acts and said and said[0].kind == "route":
            if said[-1].low in {",", ";"}:
                said.pop()
            token = semicolon  # noqa: PLW2901 -- in its place
        said.append(token)
    return tuple(said)


_MAKES = frozenset("makes make sets set turns turn marks mark puts put".split())
_CLOSES = frozenset({",", ";", ".", "and", ":"})
_FIRST = (
    ("at", "first"),
    ("first",),
    ("initially",),
    ("in", "the", "beginning"),
    ("to", "begin"),
    ("to", "start"),
)
_NO_STATE = PREPOSITIONS | frozenset(
    "a an the its possible clear free empty available true false null sure easy no not it required optional".split()
)


_BEGUN_AS = frozenset({"starts", "begins", "out"})
_ONE = frozenset({"a", "an", "every", "each", "it"})
_TO = frozenset({"to", "as", "into"})


def _stated(tokens: Tokens, known: frozenset[str]) -> Tokens:
    """`… makes it moored`, `a stay is booked at first`: the name of a state, as if it stood in quotes."""
    routes = [token.value for token in tokens if token.kind == "route"]
    tokens = _without_the_word_state(tokens) if routes else tokens
    no_states = _NO_STATE | {name.lower() for name in known}
    named = [
        at
        for at in range(2, len(tokens))
        if tokens[at].kind == "word"
        and tokens[at].low not in no_states
        and (_is_made(tokens, at) if routes else _is_begun(tokens, at))
    ]
    done = {participle(route.segments[-1]) for route in routes if route.segments}
    if all(tokens[at].low in done for at in named):
        return tokens
    quoted = [replace(t, low=f'"{t.low}"', kind="quote", value=t.low) for t in tokens]
    return tuple(quoted[at] if at in named else token for at, token in enumerate(tokens))


def _without_the_word_state(tokens: Tokens) -> Tokens:
    """`sets its status to moored` → `sets it to moored`."""
    for at in range(len(tokens) - 3):
        made, the, state = (token.low for token in tokens[at : at + 3])
        if made in _MAKES and the in {"the", "its"} and state in {"status", "state"}:
            return _without_the_word_state((*tokens[: at + 1], *unwritten("it"), *tokens[at + 3 :]))
    return tokens


def _is_made(tokens: Tokens, at: int) -> bool:
    """`makes it moored`, `as long as it is moored`, behind a route."""
    lows = [token.low for token in tokens]
    it = at - 1 - (lows[at - 1] in _TO)
    makes = lows[it] == "it" and lows[it - 1] in _MAKES
    while_so = lows[at - 2 : at] == ["it", "is"] and lows[at - 3] in {"as", "while"}
    return (makes or while_so) and _closes_clause(tokens, at + 1)


def _is_begun(tokens: Tokens, at: int) -> bool:
    """`a stay is booked at first`, `it starts as booked`."""
    lows = [token.low for token in tokens]
    first = any(tuple(lows[at + 1 : at + 1 + len(each)]) == each for each in _FIRST)
    begun = at <= _LONGEST_SUBJECT and lows[at - 1] == "as" and lows[at - 2] in _BEGUN_AS
    said = (first and lows[at - 1] == "is") or (begun and _closes_clause(tokens, at + 1))
    return said and lows[0] in _ONE


def _closes_clause(tokens: Tokens, at: int) -> bool:
    return at >= len(tokens) or tokens[at].low in _CLOSES


def _unfolded(tokens: Tokens, known: frozenset[str]) -> Tokens:
    """`A score is what a judge gives a team: points and a comment` also says what a score has.

    So does `A fee goes to one team and carries an amount and a reason`.
    """
    one = bool(tokens) and tokens[0].low in {"a", "an", "each", "every", "one"}
    subject = [*enumerate(tokens[: _LONGEST_SUBJECT + 1])]
    at = next((i for i, token in subject if token.low in _RELATING), 0)
    ties = bool(at)
    at = at or next((i for i, _ in subject[2:] if one and _acts_on(tokens, i)), 0)
    noun = tokens[1:at] if one else tokens[:at]
    if not noun or not all(each.kind == "word" and is_nominal(each) for each in noun):
        return tokens
    cut, behind = _turn(tokens, at)
    between = [token.low for token in tokens[at:cut]]
    listed = tokens[behind : end_of_sentence(tokens, behind)]
    refers = listed[:1] and listed[0].kind == "name" and listed[0].low.endswith("id")
    related = refers or (ties and not _RELATED.isdisjoint(between))
    told = refers or _NO_RELATION.isdisjoint(between)
    if cut == behind or not related or not told or _STAGES & {*between[-1:]}:
        return tokens
    if "one of" in " ".join(between) or not (one or is_plural(noun[-1].low)):
        return tokens
    phrases = read_fields(listed, known)
    plain = all(plausible_field(each) and (each.spelled or not each.left) for each in phrases)
    if len(phrases) < 2 or not plain or are_choices(listed, phrases):
        return tokens
    has = unwritten("has" if one else "have")
    if refers and _DEMANDING.isdisjoint(between):
        return (*tokens[:at], *has, *tokens[behind:])  # what it is tied to is among the fields
    return (*tokens[:cut], *unwritten(";"), *tokens[:at], *has, *tokens[behind:])


def _acts_on(tokens: Tokens, at: int) -> bool:
    """`a donation brings one article`, `an audit concerns a site`: also of a verb that is not known."""
    some = tokens[at + 1 : at + 2] and tokens[at + 1].low in _ONE | {"one"}
    return "third" in tokens[at].forms or bool(some and tokens[at].low.endswith("s"))


_STAGES = frozenset("steps states stages phases statuses status order".split())
_DEMANDING = frozenset(
    "must has not no never only most least than may can cannot should if unless when while".split()
)


_TOLD_OF = frozenset("who whom which whose that".split())


def _turn(tokens: Tokens, at: int) -> tuple[int, int]:
    """Where a sentence turns from what its subject belongs to to what it has: `:`, `and has`."""
    for place in range(at, len(tokens) - 1):
        token, following = tokens[place], tokens[place + 1]
        if token.low == "," and following.low in _TOLD_OF:
            continue  # with one vet, whom we only write down by name: …
        if token.kind == "mark":
            return place, place + (token.low == ":")
        if token.kind == "route":
            break
        if token.low == "and" and following.low in {"has", "have", "carries", "carry"}:
            return place, place + 2
    return 0, 0


def _until(tokens: Tokens) -> Tokens:
    for at in range(1, len(tokens) - 2):
        route, does = tokens[at + 1 : at + 3]
        acts = "third" in does.forms and does.low not in {"is", "has", "was"}
        if tokens[at].low == "until" and route.kind == "route" and acts:
            return (*tokens[:at], *unwritten("at first ;"), *tokens[at + 1 :])
    return tokens


def _begins(tokens: Tokens) -> Tokens:
    lows = [token.low for token in tokens]
    at = next((i for i, low in enumerate(lows[:6]) if low in {"starts", "begins"}), 0)
    joined = [i for i in range(at + 2, len(lows) - 1) if lows[i : i + 2] == ["and", "becomes"]]
    if not at or not joined:
        return tokens
    state = [token for token in tokens[at + 1 : joined[0]] if token.low not in {"out", "as", ","}]
    if len(state) != 1 or state[0].low in {"true", "false"}:
        return tokens  # what is true of a flag is said of no state
    rest = tokens[joined[0] + 1 :]
    return (*tokens[:at], *unwritten("is"), *state, *unwritten("at first ; it"), *rest)


def _by_route(tokens: Tokens) -> Tokens:
    for at, token in enumerate(tokens[:-4]):
        becomes, state, by, route = tokens[at + 1 : at + 5]
        alone = all(each.kind == "mark" for each in tokens[at + 5 :])
        told = token.low in {"it", "they"} and becomes.low in {"becomes", "become", "is", "are"}
        if told and by.low in _BY and route.kind == "route" and alone:
            return (*tokens[:at], route, *unwritten("makes it"), state, *tokens[at + 5 :])
    return tokens


def _into(tokens: Tokens) -> Tokens:
    lows = [token.low for token in tokens]
    into = lows.index("into") if "into" in lows else 0
    ones = next((i for i in range(into + 1, len(lows)) if lows[i] in _ONES), 0)
    turns = next((i for i, low in enumerate(lows[:into]) if low in _TURNS), 0)
    if not into or not ones or not turns or ones - into > 3:
        return tokens
    state = [token for token in tokens[into + 1 : ones] if token.low not in {"a", "an"}]
    if len(state) != 1:
        return tokens
    return (
        *tokens[:turns],
        *unwritten("makes"),
        *tokens[turns + 1 : into],
        *(replace(token, low=f'"{token.low}"', kind="quote", value=token.low) for token in state),
        *tokens[ones + 1 :],
    )


def _emptied(tokens: Tokens) -> Tokens:
    """What an action leaves null is set by it: `(crew_id is null)`, `and crew_id becomes null`, `clears crew_id`."""
    lows = [token.low for token in tokens]
    for at, token in enumerate(tokens) if tokens[0].kind == "route" else ():
        if token.kind != "name" or at < 2 or lows[at - 1] not in _AND | _CLEARS:
            continue
        end = at + 1 if lows[at - 1] in _CLEARS else at + 3
        nulled = lows[at + 1 : at + 2] in (["is"], ["becomes"]) and lows[at + 2] in _NOTHING
        if not nulled and lows[at - 1] not in _CLEARS:
            continue
        start = at - 1
        while start > 1 and lows[start - 1] in _AND:
            start -= 1
        if "without" in lows[start - 3 : start]:
            start = lows.index("without", start - 3)
        end += lows[end : end + 1] == ["again"]
        end += lows[end : end + 1] == [")"]
        return (
            *tokens[:start],
            *unwritten("and sets"),
            token,
            *unwritten("to null"),
            *tokens[end:],
        )
    return tokens


_AND = frozenset(", ( and ;".split())
_CLEARS = frozenset("clears empties resets erases nulls removes".split())
_NOTHING = frozenset("null empty nothing none".split())


def _once(tokens: Tokens) -> Tokens:
    lows = [token.low for token in tokens]
    at = next((i for i in range(3, len(lows)) if lows[i - 2 : i + 1] == [",", "once", ","]), 0)
    if at and tokens[0].kind == "route":  # sends it back, once, and makes it "reversed"
        last = len(tokens) - (lows[-1] == ".")
        return (*tokens[: at - 2], *tokens[at + 1 : last], *unwritten("; that works once ."))
    end = len(tokens)
    while end and tokens[end - 1].low in {".", ")"}:
        end -= 1
    start = end - 1
    if [token.low for token in tokens[start - 2 : end]] == ["a", "single", "time"]:
        start -= 2
    elif start < 3 or tokens[start].low != "once" or tokens[start].kind != "word":
        return tokens
    while start and tokens[start - 1].low in _BEFORE_ONCE:
        start -= 1
    if tokens[start - 1].low not in {",", "("} or not any(each.kind == "route" for each in tokens):
        return tokens
    opened = tokens[start - 1].low == "("  # the bracket around `once` goes with it
    left = [each for each in tokens[end:] if each.low == "." or not opened]
    return (*tokens[: start - 1], *unwritten("; that works once"), *left[-1:])


_BEFORE_ONCE = frozenset("but and only just that this it happens works goes is possible".split())
