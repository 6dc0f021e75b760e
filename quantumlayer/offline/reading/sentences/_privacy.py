"""Who sees what, read by the words of a clause: that all needs a log-in, that everybody sees only their own.

People say both in any number of ways, and few words carry the meaning: a word for everything and one for being
logged in; a word for what is one's own, or for others who do not see it. Where all other words of the clause only
join them, it means that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import Access, Context, Fact
from quantumlayer.offline.reading.language._patterns import Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.text._lexicon import FUNCTION_WORDS
from quantumlayer.offline.reading.text._words import base, singular

__all__ = ["PRIVACY", "PRIVACY_SLOTS"]

_LONGEST = 18
_ENTRY = frozenset(
    "token login log-in logged-in logged signed-in authentication account jwt bearer".split()
)
_ALL = frozenset("everything anything nothing none all whatever whole rest".split())
_NEEDED = frozenset(
    "need require demand behind without only have must unless not possible no use gets get".split()
)
_ONES_OWN = frozenset("own theirs yours his hers mine private alone personal secret owned".split())
_OTHERS = frozenset("other others else another each-other nobody".split())
_NEVER = frozenset("not never no nobody none hidden invisible cannot neither nor".split())
_PEOPLE = frozenset(
    "user users people person persons somebody someone anybody anyone everybody everyone one member members whoever"
    " who account accounts owner owners client clients caller man human".split()
)
_SEEING = frozenset(
    "see get read view find access touch reach show change edit delete remove know look have keep work deal handle"
    " manage use open list".split()
)
_WRITING = frozenset(
    "write enter add create make log record post put store save send register note keep upload".split()
)
_JOINING = FUNCTION_WORDS | frozenset(
    "is are be been being was were do does did can may must should will shall have has had not never no nor and or but"
    " if when while that which who what whatever whose so as than only ever even always just 's more either neither"
    " following follow follows below here further belong belongs stay stays remain remains concern goes happen happens"
    " works work valid thing things data stuff content record records entry entries item items eye eyes exist exists"
    " hidden invisible visible private in out up down there themselves himself herself oneself yourself each self"
    " possible shared share common nobody none nothing everything anything logging signing log sign signed logged".split()
)


_TOLD = (
    _ENTRY | _ALL | _NEEDED | _ONES_OWN | _OTHERS | _NEVER | _PEOPLE | _SEEING | _WRITING | _JOINING
)
_ONE_OF_THEM = frozenset({"the", "a", "every", "each"})
_WHO_IS_MEANT = frozenset({"who", "that", "only"})


def _things(reader: Reader, start: int) -> list[str] | None:
    """The things that a clause names; None where it has words that may say anything else."""
    situation, tokens = reader.context, reader.tokens
    lexicon, roles = situation.vocabulary.lexicon, situation.extra.get("roles", frozenset())
    if len(tokens) - start > _LONGEST:
        return None
    named: list[str] = []
    read: set[int] = set()
    for at in range(start, len(tokens)):
        low = tokens[at].low
        if tokens[at].kind not in {"word", "mark"} or singular(low) in roles - {"user"}:
            return None
        word = lexicon.find([low]) or lexicon.find([each.low for each in tokens[at : at + 2]])
        if word is not None and word.label != "user":
            named.append(word.name)
            read |= {at, at + 1} if lexicon.find([low]) is None else {at}
    for at in range(start, len(tokens)):
        low, behind = tokens[at].low, reader.low(at + 1)
        person = reader.low(at - 1) in _ONE_OF_THEM and behind in _WHO_IS_MEANT
        subject = at == start + 1 and reader.low(start) in _ONE_OF_THEM - {"the"}
        if _TOLD.isdisjoint({low, base(low)}) and at not in read and not person and not subject:
            return None
    return list(dict.fromkeys(named))


def _lows(reader: Reader, at: int) -> tuple[set[str], str]:
    lows = [token.low for token in reader.tokens[at:]]
    return {*lows, *(base(low) for low in lows)}, " ".join(lows)


def _behind_login(reader: Reader, at: int) -> Iterator[tuple[list[Fact], int]]:
    """`Nothing below works without it`, `none of what follows can be used without a token`."""
    words, said = _lows(reader, at)
    entered = words & _ENTRY or "logging in" in said or "log in" in said
    meant = entered or said.endswith("without it")
    if not meant or words & _ONES_OWN or words & {"except", "but", "other"} or "not need" in said:
        return
    if _things(reader, at) == []:
        if words & _ALL and words & _NEEDED:
            yield [Access("login")], len(reader.tokens)
        elif words & _PEOPLE | words & {"they", "you"} or said.startswith("log in"):
            yield [Access("login", exclusive=False)], len(reader.tokens)


def _own_things(reader: Reader, at: int) -> Iterator[tuple[list[Fact], int]]:
    """`What they write down is theirs alone`, `others never get to see it`, `everyone works with their own dives`."""
    words, said = _lows(reader, at)
    others = bool(words & _OTHERS) or "each other" in said
    hidden = others and words & _NEVER and words & (_SEEING | {"hidden", "invisible", "exist"})
    maker = (
        words & {"belong", "own", "owned", "private"}
        and words & _PEOPLE
        and words & (_WRITING | _ENTRY)
    )
    theirs = (
        words & _ONES_OWN
        and not words & _NEVER
        and (words & _ALL or words & _PEOPLE | words & {"they", "you"})
    )
    if not (hidden or maker or theirs) or words & {"shared", "public"}:
        return
    named = _things(reader, at)
    if named is None:
        return
    spoken = reader.context.extra.get("spoken")
    every = words & (_ALL | {"what", "things", "data", "stuff", "records", "entries"}) or theirs
    if named:
        facts: list[Fact] = [Access("owner", items=Items(name)) for name in named]
    elif every or not isinstance(spoken, str):
        facts = [Access("owner")]
    else:
        facts = [Access("owner", items=Items(spoken))]
    yield facts, len(reader.tokens)


def _shared(reader: Reader, at: int) -> Iterator[tuple[list[Fact], int]]:
    """`Walls and routes are shared`, `every climber sees all of them`: so it is anyway."""
    words, said = _lows(reader, at)
    all_see = words & {"see", "sees"} and ("all of them" in said or "all of it" in said)
    if (
        (words & {"shared", "common"} or all_see)
        and not words & _NEVER
        and _things(reader, at) is not None
    ):
        yield [Context()], len(reader.tokens)


PRIVACY_SLOTS: dict[str, SlotFunction] = {
    "behind_login": _behind_login,
    "own_things": _own_things,
    "shared": _shared,
}

PRIVACY: Sequence[tuple[str, Recogniser]] = (
    ("<shared:facts>", lambda c, _: c["facts"]),
    ("<behind_login:facts>", lambda c, _: c["facts"]),
    ("<own_things:facts>", lambda c, _: c["facts"]),
    ("not even (me|us|you|the <noun>|<noun>)", lambda *_: [Context()]),
)
