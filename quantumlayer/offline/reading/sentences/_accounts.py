"""Who may do what: people, what they do and what they do it to, put together in any way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Access,
    Context,
    Fact,
    Fields,
    Hides,
    Mention,
    Owned,
    Thing,
    Wants,
)
from quantumlayer.offline.reading.language._fieldlists import FieldPhrase
from quantumlayer.offline.reading.language._patterns import (
    Captures,
    Reader,
    SlotFunction,
    compile_pattern,
)
from quantumlayer.offline.reading.language._terms import Items
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.text._lexicon import DETERMINERS, PREPOSITIONS
from quantumlayer.offline.reading.text._tokens import Token
from quantumlayer.offline.reading.text._words import base, singular, verb

__all__ = ["ACCOUNTS", "ACCOUNT_SLOTS", "EXACT", "SIGN_UPS", "granted_by_row"]

EXACT = ("exact",)
"""Stands for verbs where only the route named is meant."""
LOGIN, ANYONE, PEOPLE, STRANGER = "login", "anyone", "people", "stranger"

SIGNED = "(logged in|logged-in|signed in|signed-in|authenticated|authorised|authorized|registered|signed up|logged on)"
_SIGNING = "(logging in|login|signing in|signing up|account|accounts|token|bearer token|jwt|access token|authentication|registration|registering|sign-up|signup|password)"
_WITHOUT = f"(without|unless) [(being|having|first|you are|they are|one is|he or she is|a|an|any|valid)] [(a|an|any|valid|first)] ({SIGNED}|{_SIGNING})"
_NEEDS = (
    "(requires|require|needs|need|takes|take|calls for|demands|presupposes|(is|are) [only] possible [only] (with|after|for)"
    f"|(works|work) only (with|after|for)|only (works|work) (with|after|for)|(is|are) behind|MUST have) [(being|having|to be|you to be|one to be|people to be)] [(a|an|the|valid)] [valid] ({SIGNED}|{_SIGNING}) [first]"
)
_BEARER = "[(a|an|the)] [valid] [(new|fresh|signed)] [(bearer|access|jwt|json web|session|api|auth)] (token|jwt) [(as <phrase>|for <phrase>|to <phrase>)]"
_NEEDS_ONE = f"(requires|require|needs|need|takes|take|MUST have|expects|expect|wants|asks for|ask for|demands) ((it|one|this|that|this token|that token|the token)|{_BEARER}|[(a|the)] ({SIGNED}|{_SIGNING}))"
_EVERYBODY = frozenset(
    "anyone anybody everyone everybody public world visitor visitors guest guests stranger strangers passer-by passers-by".split()
)
_SOMEBODY = frozenset(
    "someone somebody anyone anybody everyone everybody people whoever who those user users person persons"
    " one nobody caller callers client clients they you we somebody".split()
)  # fmt: skip
_ADMIN = frozenset("admin admins administrator administrators".split())


# --- slots ---------------------------------------------------------------------------------------


def _who(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """People: `anyone who is logged in`, `registered cooks`, `the public`, `admins`, `colleagues`."""
    start = at
    while reader.low(start) in DETERMINERS | frozenset(
        "other all of ordinary own".split()
    ) and start < len(reader.tokens):
        start += 1
    named = list(_role(reader, start))
    yield from named
    if named:
        return  # board members are no members as such
    for end, _ in compile_pattern(SIGNED).prefixes(reader, start):
        for stop in _noun_ends(reader, end):
            yield LOGIN, stop
    ends = (
        [start + 1]
        if reader.low(start) in _SOMEBODY | _EVERYBODY
        else list(_noun_ends(reader, start))
    )
    for end in ends:
        yield from _described(reader, start, end)


_ROLE_NOUNS = frozenset(
    {"user", "users", "account", "accounts", "member", "members", "people", "staff"}
)


def _role(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    roles = reader.context.extra.get("roles", frozenset())
    word = singular(reader.low(at))
    if word in roles:
        yield word, at + 1 + (reader.low(at + 1) in _ROLE_NOUNS)
    elif word in _ADMIN:
        named = next((each for each in ("admin", "administrator") if each in roles), None)
        if named is not None:
            yield named, at + 1


def _noun_ends(reader: Reader, at: int) -> Iterator[int]:
    """Where one or two nouns for people end."""
    for end in (at + 1, at + 2):
        tokens = reader.tokens[at:end]
        if len(tokens) == end - at and all(_plain(token) for token in tokens):
            yield end


def _plain(token: Token) -> bool:
    if token.kind != "word" or token.low in PREPOSITIONS | DETERMINERS:
        return False
    return not token.forms & {"third", "past"} or token.low == "users"


_BEFORE_STATE = frozenset("is are has have was were been not being already first do does".split())


def _described(reader: Reader, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Whether those named are logged in: `who is logged in`, `with an account`, `who has not signed up`."""
    following = end + 1 if reader.low(end) in {"who", "that"} else end
    if reader.low(start) == "who":
        following = end
    if following > end or reader.low(start) in {"whoever", "who", "those"}:
        position = following
        negated = False
        while reader.low(position) in _BEFORE_STATE:
            negated |= reader.low(position) == "not"
            position += 1
        for stop, _ in compile_pattern(
            f"({SIGNED}|have {SIGNED}|log in|sign in|an account|a login|a token)"
        ).prefixes(reader, position):
            yield (STRANGER if negated else LOGIN), stop
    for text, kind in (
        (f"with [(a|an|valid)] {_SIGNING}", LOGIN),
        (_WITHOUT, STRANGER),
        (f"not {SIGNED}", STRANGER),
    ):
        for stop, _ in compile_pattern(text).prefixes(reader, end):
            yield kind, stop
    low = reader.low(start)
    if low in _EVERYBODY:
        for stop, _ in compile_pattern(
            "(on|in|from) the (internet|web|street|world|outside)"
        ).prefixes(reader, end):
            yield ANYONE, stop
        yield ANYONE, end
    elif low not in {"who", "those"}:
        yield PEOPLE, end


def _list_of_forms(forms: frozenset[str]) -> SlotFunction:
    """Verbs in a row in one form, with their particles: `adds, changes or removes`, `taking down`."""

    def read(reader: Reader, at: int) -> Iterator[tuple[tuple[str, ...], int]]:
        token = reader.tokens[at] if at < len(reader.tokens) else None
        if token is None or token.kind != "word":
            return
        found = verb(token.low)
        word = found.base if found is not None and found.forms & forms else ""
        if not word and "gerund" in forms and token.low.endswith("ing") and len(token.low) > 5:
            word = base(token.low)
        if not word and "participle" in forms and token.low.endswith("ed"):
            word = base(token.low)
        if not word:
            return
        end = at + 1
        if reader.low(end) in {"up", "in", "out", "off", "down", "back"}:
            word, end = f"{word}-{reader.low(end)}", end + 1
        elif word == "look" and reader.low(end) in {"at", "through"}:
            word, end = "see", end + 1
        joined = end
        while reader.low(joined) in {",", "and", "or", "nor", "/"}:
            joined += 1
        if joined > end:
            for more, stop in read(reader, joined):
                yield (word, *more), stop
        yield (word,), end

    return read


def _target(reader: Reader, at: int) -> Iterator[tuple[tuple[Items, ...], int]]:
    """What it is done to: `all notices`, `any recipe or comment`, `one`, `them`."""
    yield from reader.slot("many", at)
    if reader.low(at) in {"it", "them", "one", "these", "those", "this", "that", "so"} and at < len(
        reader.tokens
    ):
        spoken = reader.context.extra.get("spoken")
        yield (Items(spoken if isinstance(spoken, str) else None),), at + 1


def _credentials(reader: Reader, at: int) -> Iterator[tuple[bool, int]]:
    """What stands in brackets about logging in: `(email and password)`."""
    if reader.low(at) != "(":
        return
    for end in range(at + 1, min(at + 12, len(reader.tokens))):
        if reader.low(end) == ")":
            if {"password", "email", "token", "jwt", "username"} & {
                token.low for token in reader.tokens[at:end]
            }:
                yield True, end + 1
            return


ACCOUNT_SLOTS: dict[str, SlotFunction] = {
    "credentials": _credentials,
    "doeses": _list_of_forms(frozenset({"third", "base"})),
    "doings": _list_of_forms(frozenset({"gerund"})),
    "alldones": _list_of_forms(frozenset({"participle"})),
    "did": _list_of_forms(frozenset({"past", "participle"})),
    "objects": _target,
    "who": _who,
}


# --- functions -----------------------------------------------------------------------------------


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _targets(captures: Captures, situation: Situation) -> Sequence[Items]:
    spoken = situation.extra.get("spoken")
    return (
        captures.get("target")
        or captures.get("many")
        or (Items(spoken if isinstance(spoken, str) else None),)
    )


def _open_to(
    who: str, verbs: tuple[str, ...], captures: Captures, situation: Situation, *, only: bool
) -> list[Fact] | None:
    nobody = "nobody" in situation.extra.get("lows", ()) and not only
    if (
        who == STRANGER
        or nobody
        or any(items.words[:1] in {("only",), ("no",)} for items in _targets(captures, situation))
    ):
        return None  # `a course can have only one exam` is a limit
    if who == PEOPLE and not only:
        targets = _targets(captures, situation)
        counted = any(items.number is not None for items in targets)
        if counted and {verb.partition("-")[0] for verb in verbs} & {"be", "have", "do"}:
            return None  # no wish: a vehicle can be on one trip
        return [Wants(verbs, items) for items in targets]
    who = LOGIN if who == PEOPLE else who
    exclusive = only or who == LOGIN
    return [
        Access(who, verbs, items, None, _status(situation), exclusive and who != ANYONE)
        for items in _targets(captures, situation)
    ]


def _may(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Anyone who is logged in can see all notices`, `only the administrator adds or removes them`."""
    only = bool(captures.get("only"))
    verbs = tuple(captures["verbs"])
    if (captures["who"] == ANYONE and only) or "nobody" in situation.extra.get("lows", ()):
        return None
    return _open_to(captures["who"], verbs, captures, situation, only=only)


def _may_each(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`… can see all notices and pin one`: two things that the same people may do."""
    first = _may(captures, situation)
    second = _may(
        {**captures, "verbs": captures["more"], "target": captures.get("second", (Items(None),))},
        situation,
    )
    return [*first, *second] if first is not None and second is not None else None


def _needs_login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Writing one requires logging in`, `posting is not possible without being logged in`."""
    verbs = tuple(captures.get("verbs", ()))
    return [Access(LOGIN, verbs, items) for items in _targets(captures, situation)]


def _all_need_login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The whole API is for members who are logged in`."""
    if captures.get("who", LOGIN) != LOGIN:
        return None
    return [Access(LOGIN)]


def _closed_ones(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`All endpoints for readings require it as a bearer token`."""
    return [Access(LOGIN, (), items) for items in _targets(captures, situation)]


def _closed_path(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Requests under /todos carry it as a bearer token`."""
    structure = situation.vocabulary
    word = structure.lexicon.by_segment(captures["route"].segments[0]) if structure else None
    return [Access(LOGIN, (), Items(word.name, many=True))] if word is not None else None


def _closed_to(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nothing about scores is available to someone who has not logged in`."""
    if captures["who"] != STRANGER:
        return None
    return [
        Access(LOGIN, tuple(captures.get("verbs", ())), items)
        for items in _targets(captures, situation)
    ]


def _open_verbs(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Reading is open to everybody`, `recipes can be read by anybody`, `browse recipes without an account`."""
    who = captures.get("who", ANYONE)
    verbs = tuple(
        "see" if each in {"read", "look"} else each for each in captures.get("verbs", ("see",))
    )
    who = ANYONE if who == STRANGER else who
    if who == PEOPLE:
        return None
    return _open_to(who, verbs, captures, situation, only=False)


def _reserved(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Listing, opening and deleting them is reserved for colleagues`."""
    return _open_to(captures["who"], tuple(captures["verbs"]), captures, situation, only=True)


def _own_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Whoever is logged in sees their own entries and nobody else's`."""
    verbs = tuple(captures.get("verbs", ()))
    seen = frozenset(
        "see view read get list show access have keep manage find work use return give".split()
    )
    if not verbs or verbs[0] in seen:
        verbs = ()
    return [
        Access("owner", verbs, items, None, _status(situation))
        for items in _targets(captures, situation)
    ]


def _own_again(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Residents take down only the notices they pinned themselves`."""
    verbs = tuple(captures["verbs"])
    shown = set(verbs) <= {"see", "view", "read", "list"}
    return [
        Access("owner", () if shown else verbs, items, None, _status(situation))
        for items in captures["many"]
    ]


def _maker(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`A rating is given by the logged-in member`: items belong to whoever makes them."""
    facts: list[Fact] = []
    for items in captures["many"]:
        if items.entity is None or items.where:
            return None
        facts.extend((Owned((), items.entity), Access(LOGIN, ("create",), items)))
    return facts


_NOBODY_ASKED = frozenset({
    "no", "none", "-", "–", "—", "anyone", "anybody", "everyone", "everybody", "public",
    "not needed", "open", "all", "false", "optional", "✗", "any", "nobody",
})  # fmt: skip
_LOGGED = frozenset({
    "yes", "login", "log-in", "required", "token", "user", "users", "logged in", "logged-in user",
    "member", "members", "true", "needed", "bearer", "bearer token", "jwt", "✓", "x", "any user",
    "all users", "signed in", "authenticated", "logged-in users", "a token", "account", "private",
})  # fmt: skip
_OWNING = frozenset({
    "owner", "the owner", "owner only", "only the owner", "author", "creator", "its owner", "own",
    "own only", "the author",
})  # fmt: skip


def granted_by_row(allowed: str, routes: Sequence[Any], roles: frozenset[str]) -> list[Fact]:
    """What the cell of a column such as `Log-in needed?` says of the routes in its row."""
    words = " ".join(allowed.replace(",", " ").split())
    if not words:
        return []
    if words in _NOBODY_ASKED:
        return [Access(ANYONE, (), None, route, exclusive=False) for route in routes]
    if words in _LOGGED:
        return [Access(LOGIN, EXACT, None, route) for route in routes]
    if words in _OWNING:
        return [Access("owner", EXACT, None, route) for route in routes]
    named = [
        singular(each)
        for each in words.replace(" or ", " ").replace(" and ", " ").replace(" only", " ").split()
    ]
    if named and all(each in roles for each in named):
        return [Access(role, EXACT, None, route) for role in named for route in routes]
    return []


def _one_role(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Doctors write prescriptions`; `nurses cannot` after it makes it theirs alone."""
    who = captures["who"]
    if who in {LOGIN, ANYONE, PEOPLE, STRANGER}:
        return (
            _open_to(who, tuple(captures["verbs"]), captures, situation, only=False)
            if who != STRANGER
            else None
        )
    verbs = tuple(captures["verbs"])
    situation.extra["granted"] = [(who, verbs, items) for items in _targets(captures, situation)]
    return [
        Access(who, verbs, items, None, _status(situation), bool(captures.get("only")))
        for items in _targets(captures, situation)
    ]


def _not_the_other(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nurses can't`: what was granted to another role before is that role's alone."""
    granted = situation.extra.get("granted", [])
    if captures["who"] in {LOGIN, ANYONE, PEOPLE} or not granted:
        return None
    return [
        Access(who, verbs, items, None, _status(situation))
        for who, verbs, items in granted
        if who != captures["who"]
    ]


def _joins(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Sign-up asks for email and password`, `every user has an account made of …`."""
    phrases: tuple[FieldPhrase, ...] = captures["fields"]
    if not any(
        phrase.words[-1] in {"password", "passphrase", "email", "username"} for phrase in phrases
    ):
        return None
    user = Thing(("user",))
    return [Fields(user, phrases), Mention(user, ("sign-up",))]


def _first_is(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The very first account is the administrator`: a role that the service gives."""
    word = captures["admin"].low
    if singular(word) not in _ADMIN | frozenset(
        "owner moderator manager superuser root boss".split()
    ):
        return None
    traits = [Trait("choices", [word, "user"]), Trait("system"), Trait("first_is", word)]
    role = FieldPhrase(("role",), traits=traits)
    user = Thing(("user",))
    return [Fields(user, (role,), by_system=True), Mention(user, ("sign-up",))]


def _credentials_only(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Email and password.`, below a heading such as Accounts."""
    return [Mention(Thing(("user",)), ("sign-up",))]


def _accounts_exist(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Mention(Thing(("user",)), ("sign-up",))]


def _denied(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Anybody else gets 403`, `if they try, the answer is 403`."""
    status = captures.get("number") or _status(situation)
    return [Access("others", status=int(status))] if status in {403, 404} else None


def _secret(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Hides((("password",),))]


def _context(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


_API = "(api|service|system|app|application|site|website|program|tool|server|thing)"
_OPEN = "(is|are) [also] (open|available|visible|accessible|readable|public|shown|free|allowed|possible|there)"
_NOT_POSSIBLE = "(is|are) (not possible|impossible|refused|forbidden|not allowed|not permitted|blocked|rejected|off limits)"
_GETS = "(gets|get|receives|receive|is answered|are answered|is refused|are refused|is given|sees|see|is sent|is turned away)"
_THE = "[(a|an|the|any|all|new|every|each|existing|all the|all of the)]"

_USERS = (
    "(every|each|a|any|all|the) (user|users|member|members|person|customer|account|account holder)"
)
_ACCOUNT = "(account|user|person|one|member|customer|account holder)"
SIGN_UPS: tuple[tuple[str, Recogniser], ...] = (
    (
        f"[the] [very] first {_ACCOUNT} [(that is created|to be created|created|who signs up|that signs up|to sign up|to register|who registers|that registers|signing up)] (is|becomes|gets to be|is made|will be|is always) [(the|an|a)] <word:admin>",
        _first_is,
    ),
    (
        f"(every|all|any|each) [(other|further|following|later|next)] {_ACCOUNT} [(after it|after that|after them)] (is|becomes|gets to be|is made|will be) [(the|an|a)] [(ordinary|normal|plain|regular|simple|common)] <word>",
        _context,
    ),
    (
        "[(an|a|their|with|by)] (email|username|user name|login name|email address) (and|,|plus|+|/) [(a|an|their)] password",
        _credentials_only,
    ),
    (
        "(sign-up|signup|signing up|registration|registering|to sign up|to register|registering an account|an account|a new account|creating an account) [MUST] (asks for|ask for|takes|needs|wants|requires|is by|means giving|works with|happens with|is done with|is made with|consists of|has|is made of) [(the|a|an|their)] <fields>",
        _joins,
    ),
    (
        f"({_USERS}|users|people|members|everybody|everyone) (has|have|gets|get|needs|need) an account (made of|made up of|with|consisting of|that consists of|which consists of|of|described by) <fields>",
        _joins,
    ),
    (f"[({_USERS}|users|people|members|<thing:ignored>)] [MUST] [first] (signs up|sign up|registers|register) [for an account] (with|by giving|using|giving) <fields>", _joins),
)  # fmt: skip
"""What people give when they sign up; read with the definitions, too."""

ACCOUNTS: tuple[tuple[str, Recogniser], ...] = (
    # --- sign-up
    *SIGN_UPS,
    (
        "<who> (signs up|sign up|registers|register|creates an account|create an account) [with <phrase>] [and [(then|afterwards)] (log in|logs in|sign in|signs in)] [(first|before)]",
        _accounts_exist,
    ),
    ("(<who>|they|users) (log in|logs in|sign in|signs in) with (the same|those|these) [(two|three)] [(things|fields|data|values|credentials)]", _context),
    # --- everything
    ("(only|just) (we|i|us|you and i) (use|will use|work with|see) (it|this|them|the <noun>) [(ourselves|here|at home)]", _context),
    (f"(everything|all|all that follows|the rest|whatever follows|all endpoints|every endpoint|all the endpoints|anything) [(else)] [(below|above|here|that follows|listed below|in this document|described below|which follows)] {_NEEDS_ONE}", _all_need_login),
    (f"[(logging in|login|log-in|signing in|a log-in|it|which|that|this)] (returns|return|gives|give|yields|issues|hands out|answers with|answers|hands back|sends back) [(you|them|back|a user|the user|the caller)] {_BEARER}", _context),
    (f"[(all|every|each|any)] (request|requests|call|calls) (under|to|below|for|on) <route> (carry|carries|bring|send|sends|have|come with|{_NEEDS_ONE}) [(it|one|this|{_BEARER})] [(as|in|with) <rest>]", _closed_path),
    (f"{_WITHOUT} [(one|it|that)] [,] (they|it|you|the answer|the request|the call) (get|gets|is|are|receive|answers) [(answered|refused|rejected)] [with] [a] <number>", _context),
    (f"(all|every|each|any) [of the] (endpoint|endpoints|request|requests|route|routes|call|calls|operation|operations|path|paths) (for|about|on|under|concerning|around|that concern|dealing with|to do with) [(the|all)] <many> {_NEEDS_ONE} [as <phrase>]", _closed_ones),
    (
        f"[(the|our|this)] [(whole|entire|complete|rest of the|full)] {_API} (is|are) [only] (for|reserved for|open to|available to|limited to|restricted to|meant for) [only] <who>",
        _all_need_login,
    ),
    (f"[(the|our|this)] [(whole|entire|complete|full)] {_API} {_NEEDS} [<credentials>]", _all_need_login),
    (f"(everything|all of this|all of it|nothing here works|all) [(else)] {_NEEDS} [<credentials>]", _all_need_login),
    (f"(nothing|none of (it|this|that)) [(here|at all|of this|else)] (works|goes|happens|(is|are) [(ever)] <alldones:x>|is (possible|available|visible|open|accessible|there)|CAN be <alldones:x>) {_WITHOUT}", _all_need_login),
    (f"{_WITHOUT} [(one|it|that)] [,] [(there is|there are)] (nothing|none of (it|this|that)) [(here|at all|else)] [(works|goes|happens|(is|are) <alldones:x>|to (see|do)|is (possible|available|visible|open|accessible|there)|CAN be <alldones:x>)]", _all_need_login),
    (f"{_WITHOUT} [(one|it|that)] [,] (<who>|you|one|they|we|clients) [CAN|CANNOT] <doeses:x> (nothing|anything|none of (it|this|that)) [(here|at all|else)]", _all_need_login),
    (f"{_WITHOUT} [(one|it|that)] [,] (everything|all|all of it|every <noun:x>|any <noun:x>|all <noun:x>) (is|are|answers|gets|gives|returns|stays|remains) [(answered|refused|closed|locked|rejected|denied|hidden|forbidden|shut)] [with] [a] [<number>]", _all_need_login),
    (f"(<who>|you|one|they|we|clients|nobody|no one) [CAN|CANNOT] (<doeses:x>|get|gets) (nothing|anything) [(here|at all|else)] {_WITHOUT}", _all_need_login),
    (f"only <who> [CAN] (use|uses|access|call|work with) [(the|our|this)] {_API}", _all_need_login),
    # --- open and closed
    ("(nothing|no information|nothing at all) (about|of|in|from) [the] <many> (is|are) [ever] (available|visible|shown|open|accessible|given|revealed|told) to <who>", _closed_to),
    ("<many> (is|are) (not|never) (available|visible|shown|open|accessible) to <who>", _closed_to),
    (f"<doings:verbs> {_THE} [<objects:target>] (is|are) (not|never) (open|available|possible|allowed) (to|for) <who>", _closed_to),
    (f"<doings:verbs> {_THE} [<objects:target>] {_NEEDS} [<credentials>]", _needs_login),
    (f"<doings:verbs> {_THE} [<objects:target>] {_NOT_POSSIBLE} {_WITHOUT}", _needs_login),
    (f"{_THE} <many> CAN (only|not) be <alldones:verbs> {_WITHOUT}", _needs_login),
    (f"{_THE} <many> CAN [only] be <alldones:verbs> only by <who>", _reserved),
    (f"{_WITHOUT} [,] (nobody|no one|you|one|people|users) [CAN] [not] <doeses:verbs> {_THE} <objects:target>", _needs_login),
    (f"(nobody|no one|you|one|people|users) CANNOT <doeses:verbs> {_THE} <objects:target> {_WITHOUT}", _needs_login),
    (f"(nobody|no one) CAN <doeses:verbs> {_THE} <objects:target> {_WITHOUT}", _needs_login),
    (f"<doings:verbs> {_THE} [<objects:target>] (is|are) [only] (reserved for|restricted to|limited to|for|up to|a matter for|the business of|the job of|left to|reserved to) [only] <who>", _reserved),
    (f"<doings:verbs> {_THE} [<objects:target>] {_OPEN} (to|for|by) [both] <who> [[,] even {_WITHOUT}]", _open_verbs),
    (f"{_THE} <many> CAN be <alldones:verbs> by <who> [[,] (even|also) {_WITHOUT}]", _open_verbs),
    (f"<doeses:verbs> {_THE} <many> {_WITHOUT}", _open_verbs),
    (f"(even|also) {_WITHOUT}", _context),
    ("(no account|no login|no accounts|no token|no sign-up|no signup) [(is|are)] (needed|required|necessary) [for (that|this|it)]", _context),
    # --- one's own
    (
        "(your|their|a person 's|a user 's|each user 's|everybody 's|a member 's) <many> (is|are|stay|stays|remain|remains) [(only|just)] (yours|theirs|his or hers|their own|your own|their business) [(alone|only|and nobody else 's|and no one else 's)]",
        lambda c, s: _own_only({"target": c["many"]}, s),
    ),
    (
        "<who> [(CAN|MUST)] [only] <doeses:verbs> [only] (their|his|her|his or her|its|your|my) own <many> [(only|alone)] [[,] (and|but|,) (nobody else|no one else|nobody else 's|no one else 's|not those of others|not anybody else 's|nothing else|no others|never those of (others|other people))]",
        _own_only,
    ),
    (
        "<who> [(CAN|MUST)] [only] <doeses:verbs> [only] (their|his|her|his or her|its|your|my) own <many> [,] and (nobody|no one|nobody else|no one else) 's",
        _own_only,
    ),
    ("(and|but) (nobody else|no one else|nobody|no one) ['s]", _context),
    ("neither in (the|a) list nor (one by one|one at a time|singly|alone|by id|on its own)", _context),
    ("<route> (returns|return|lists|list|shows|show|gives|give|answers|contains) [(with)] [only] the (caller|user|owner|requester|logged-in user|logged in user|current user) 's [own] <many> [only]", _own_only),
    ("[<phrase:ignored>] : per (user|account|person|member)", lambda c, s: _own_only({"target": (Items(None),)}, s)),
    ("[(visibility|scope|ownership|access)] [:] per (user|account|person|member)", lambda c, s: _own_only({"target": (Items(None),)}, s)),
    (
        "<who> [(CAN|MUST)] [only] <doeses:verbs> (only|just) [the] <many> [(that|which)] (they|he|she|he or she) [(have|has)] <did:made> [themselves] [himself or herself] [themself]",
        _own_again,
    ),
    (
        "<who> [(CAN|MUST)] only <doeses:verbs> [the] <many> [(that|which)] (they|he|she|he or she) [(have|has)] <did:made> [themselves] [himself or herself]",
        _own_again,
    ),
    (
        "<many> LP <inside> RP (belong|belongs) to [(the|a|one|exactly one)] [(logged in|logged-in)] [(their)] (user|users|owner|person|member|account) [who <rest>]",
        lambda c, s: [Access("owner", items=each, status=_status(s)) for each in c["many"]],
    ),
    (
        "<many> (belong|belongs) to (whoever|the one who|the person who|the member who|the user who|the account that|those who|the users who) <rest>",
        lambda c, s: [Access("owner", items=each, status=_status(s)) for each in c["many"]],
    ),
    (f"{_THE} <many> (is|are) <done> by the (logged-in|logged in|signed-in|current|calling) <noun> [(to|for|on|about|of|in|at) <phrase>]", _maker),
    ("(only|just) (its|their|the) (author|owner|creator|writer|maker) [CAN] (alone|only)", _context),
    # --- what people may do
    (f"only <who> [CAN] <doeses:verbs> {_THE} <objects:target>", lambda c, s: _may({**c, "only": True}, s)),
    (f"<who> CAN <doeses:verbs> {_THE} <many:target> and <doeses:more> [(a|an|new)] [<many:second>] [one] [<credentials>]", _may_each),
    (f"<who> (CAN|MUST) [also] <doeses:verbs> {_THE} <many:target> [as well]", _may),
    (f"<who> <doeses:verbs> {_THE} <many:target>", _one_role),
    ("<who> CAN look <many:target> up", lambda c, s: _may({**c, "verbs": ("see",)}, s)),
    ("<who> CANNOT [(do (that|this|so|it)|either)]", _not_the_other),
    (f"<who> CAN <doeses:verbs> (us|me|you|them|him|her|somebody) {_THE} <many:target>", _may),
    (f"<doings:verbs> {_THE} [<objects:target>] {_OPEN} (to|for) (both|all|either|all of them|everybody|everyone|<who:ignored>) [,] but (to|for) <who>", _closed_to),
    ("(both|all) (given|entered|set|chosen|asked for|sent) (at|during|on|when) (sign-up|signup|registration|signing up)", _context),
    ("(if|when) (they|somebody|anybody else|others|he|she|one) (try|tries|tries to|do|does|attempt|attempts) [(it|this|that|so|anyway)]", _context),
    ("the (answer|reply|response|result) is <number>", _denied),
    (
        f"(another|any other|a different|every other|some other) (user|person|member|account|customer|author) [(who|that) (tries|does|attempts) [(it|this|that|so|to)]] {_GETS} [with] [(a|an)] <number>",
        _denied,
    ),
    (f"(anybody else|anyone else|others|everybody else|everyone else|other users|all others|everyone who is not) [(who|that) (tries|does|try) [(it|this|that|so|to)]] {_GETS} [with] [(a|an)] <number>", _denied),
    # --- passwords
    ("(signing|logging) in with (a|an|the) (wrong|unknown|false|bad|incorrect) <phrase> [and <rest>] (give|gives|get|gets|is|are|answers|answer|leads to|is answered) [(both|with|a)] [<number>]", _context),
    ("[(signing|logging) in] with (a|an|the) (wrong|unknown|false|bad|incorrect) <phrase>", _context),
    ("[(and)] (signing|logging) in with (a|an|the) <noun> (we|you|the service|the system) (do|does) not know [both] (give|gives|get|gets|is|are|answers|answer) [with] [<number>]", _context),
    ("[(passwords|the password|it|they)] (never|do not|does not) [ever] (leave|leaves|come|comes|go|goes|appear|appears|shows|show) [(out|back|up)] [(the|our|in|in any)] [(server|service|system|database|answer|answers|response|responses|out)]", _secret),
    ("there (is|are) no <noun> in (this|the|our) (system|service|app)", _context),
)  # fmt: skip
"""Who may do what."""
