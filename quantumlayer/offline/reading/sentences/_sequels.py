"""What is said in the same breath, said as a sentence of its own.

`It is "valid" until POST /permits/{id}/revoke makes it "revoked", once` says how things begin, what an action
does, and how often; `A score is what a judge gives a team: points and a comment` says what a score belongs to
and what it has. Each is read more surely alone.
"""

from __future__ import annotations

from quantumlayer.offline.reading.language._fieldlists import read_fields
from quantumlayer.offline.reading.sentences._attached import (
    are_choices,
    end_of_sentence,
    is_nominal,
)
from quantumlayer.offline.reading.sentences._definitions import plausible_field
from quantumlayer.offline.reading.text._lexicon import PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token, unwritten
from quantumlayer.offline.reading.text._words import is_plural

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
        `POST /jobs/{id}/close turns an open job into a closed one` → `… makes an open job closed`
        `a job starts out open and becomes shut with POST …` → `a job is open at first; POST … makes it shut`
    """
    return _once(_into(_by_route(_begins(_until(_unfolded(tokens, known))))))


def _unfolded(tokens: Tokens, known: frozenset[str]) -> Tokens:
    """`A score is what a judge gives a team: points and a comment` also says what a score has.

    So does `A fee goes to one team and carries an amount and a reason`.
    """
    one = bool(tokens) and tokens[0].low in {"a", "an", "each", "every", "one"}
    subject = enumerate(tokens[: _LONGEST_SUBJECT + 1])
    at = next((i for i, token in subject if token.low in _RELATING), 0)
    noun = tokens[1:at] if one else tokens[:at]
    if not noun or not all(each.kind == "word" and is_nominal(each) for each in noun):
        return tokens
    cut, behind = _turn(tokens, at)
    between = [token.low for token in tokens[at:cut]]
    related = not _RELATED.isdisjoint(between) and _NO_RELATION.isdisjoint(between)
    if cut == behind or not related or "one of" in " ".join(between):
        return tokens
    if not one and not is_plural(noun[-1].low):
        return tokens
    listed = tokens[behind : end_of_sentence(tokens, behind)]
    phrases = read_fields(listed, known)
    plain = all(plausible_field(each) and (each.spelled or not each.left) for each in phrases)
    if len(phrases) < 2 or not plain or are_choices(listed, phrases):
        return tokens
    has = unwritten("has" if one else "have")
    return (*tokens[:cut], *unwritten(";"), *tokens[:at], *has, *tokens[behind:])


def _turn(tokens: Tokens, at: int) -> tuple[int, int]:
    """Where a sentence turns from what its subject belongs to to what it has: `:`, `and has`."""
    for place in range(at, len(tokens) - 1):
        token, following = tokens[place], tokens[place + 1]
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
        *state,
        *tokens[ones + 1 :],
    )


def _once(tokens: Tokens) -> Tokens:
    end = len(tokens)
    while end and tokens[end - 1].low in {".", ")"}:
        end -= 1
    start = end - 1
    if start < 3 or tokens[start].low != "once" or tokens[start].kind != "word":
        return tokens
    while start and tokens[start - 1].low in {"but", "and", "only", "just"}:
        start -= 1
    if tokens[start - 1].low not in {",", "("} or not any(each.kind == "route" for each in tokens):
        return tokens
    opened = tokens[start - 1].low == "("  # the bracket around `once` goes with it
    behind = [each for each in tokens[end:] if each.low == "." or not opened]
    return (*tokens[: start - 1], *unwritten("; that works once"), *behind[-1:])
