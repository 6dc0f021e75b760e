"""Sentences about accounts, log-in, ownership and roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quantumlayer.offline.reading.language._clauses import Recogniser
from quantumlayer.offline.reading.language._facts import (
    Access,
    Context,
    Does,
    Fact,
    Hides,
    Mention,
    Operation,
    Owned,
    Refused,
    Thing,
)
from quantumlayer.offline.reading.language._patterns import Captures, Reader, SlotFunction
from quantumlayer.offline.reading.language._terms import Items, negate
from quantumlayer.offline.reading.sentences._definitions import Situation
from quantumlayer.offline.reading.sentences._listing import LISTING_SLOTS
from quantumlayer.offline.reading.text._words import forms, singular

__all__ = ["ACCESS", "ACCESS_SLOTS"]

_OWNING = frozenset({"owner", "author", "creator", "writer", "poster"})


def _role(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """A role, as the document's enum of roles or its words for people know it."""
    start = at
    while reader.low(start) in {"a", "an", "the", "any", "all", "every", "other", "each"}:
        start += 1
    roles = reader.context.extra.get("roles", frozenset())
    if reader.low(start) in {"members", "people"} and reader.low(start + 1) == "of":
        start += 3 if reader.low(start + 2) == "the" else 2
    word = singular(reader.low(start))
    if word in roles:
        if reader.low(start + 1) in {"members", "users", "people", "accounts", "staff", "member"}:
            yield word, start + 2
        yield word, start + 1


def _owner(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    """`the author`, `its owner`, `whoever created it`, `the user who made the booking`."""
    start = at
    while reader.low(start) in {"the", "its", "their", "a"}:
        start += 1
    nouns = _OWNING | reader.context.extra.get("owners", frozenset())
    if singular(reader.low(start)) in nouns:
        end = start + 1
        if reader.low(end) == "of":
            for items, stop in reader.slot("items", end + 1):
                del items
                yield "owner", stop
        yield "owner", end
    relative = reader.low(start + 1) in {"who", "that"}
    if reader.low(start) == "whoever" or relative:
        end = start + 1 + relative
        while reader.low(end) in {"has", "have", "had", "first", "originally"}:
            end += 1
        if forms(reader.low(end)) & {"past", "participle", "third"}:
            yield "owner", end + 1
            if reader.low(end + 1) in {"it", "them", "one", "this", "that", "these"}:
                yield "owner", end + 2 + (reader.low(end + 2) in {"up", "down", "in", "out"})
            for _, stop in reader.slot("items", end + 1):
                yield "owner", stop


ACCESS_SLOTS: dict[str, SlotFunction] = {**LISTING_SLOTS, "role": _role, "owner": _owner}


def _login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Access("login", items=captures.get("items"), route=captures.get("route"))]


def _rest_login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The rest is for people who are logged in, except looking at auctions`."""
    facts: list[Fact] = [Access("login")]
    if "many" in captures:
        verbs = tuple("see" if each == "read" else each for each in captures["open"])
        facts.extend(Access("anyone", verbs, each, exclusive=False) for each in captures["many"])
    return facts


def _writes_login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Every write needs the token`: whoever only reads needs none."""
    return [Access("login"), *_reads_open(captures, situation)]


def _reads_open(_: Captures, situation: Situation) -> list[Fact]:
    """`Reading is public`."""
    names = (word.name for word in situation.vocabulary.lexicon)
    return [Access("anyone", ("see",), Items(name), exclusive=False) for name in names]


def _named_owner(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The seller is whoever created it`: what the owner of an item is called."""
    words = tuple(token.low for token in captures["noun"])
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None else None
    return [Owned(words, entity or situation.extra.get("topic"))]


def _owner_acts(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Sellers may also end it early: POST /auctions/{id}/close`."""
    route = captures["route"]
    return [
        Access("owner", (), None, route, _status(situation)),
        Does(route, captures["do"], captures.get("items")),
    ]


def _owner_only_when(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The seller may change or delete it as long as nobody has bid`."""
    condition, holds = captures["when"]
    topic = situation.extra.get("topic")
    items: Items | None = captures.get("items")
    entity = items.entity if items is not None and items.entity else topic
    if not isinstance(entity, str):
        return None
    return [
        Access("owner", captures["dos"], Items(entity), None, _status(situation)),
        Refused(
            Operation(captures["dos"], object=Items(entity)),
            condition if holds else negate(condition),
            only=True,
            status=_status(situation),
        ),
    ]


_SEEING = frozenset("see view read look-at access find list get".split())


def _but_owner(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody but the member who added it may see or change it`."""
    verbs = () if _SEEING & set(captures["dos"]) else captures["dos"]
    return [Access("owner", verbs, captures.get("items"), captures.get("route"))]


def _nobody_else(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Nobody else may see them`: private. `Nobody else may`: what was said before is all."""
    verbs = captures.get("dos", ())
    if not verbs:
        return [Context()]
    items: Items | None = captures.get("items")
    topic = situation.extra.get("topic")
    entity = items.entity if items is not None and items.entity else topic
    if not isinstance(entity, str):
        return None
    private = set(verbs) & _SEEING
    return [Access("owner", () if private else tuple(verbs), Items(entity))]


def _does_own(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`I want to change or remove my own pets`."""
    if set(captures["dos"]) & {"be", "have", "do"}:
        return None
    return [
        Access("owner", captures["dos"], each, None, _status(situation))
        for each in captures["many"]
    ]


def _login_crud(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Everybody who is logged in may look at them`."""
    topic = situation.extra.get("spoken") or situation.extra.get("topic")
    many = captures.get("many") or ((Items(topic),) if isinstance(topic, str) else ())
    verbs = tuple("see" if each == "read" else each for each in captures["crud"])
    return [Access("login", verbs, each) for each in many] or None


def _role_route(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The board accepts it (POST /applications/{id}/accept)`."""
    route = captures["route"]
    role = captures.get("role") or situation.extra.get("acting")
    if role is None or route.method == "GET" or len(route.segments) < 3:
        return None
    return [Access(role, (route.segments[-1].lower(),), captures.get("items"), route)]


def _role_sees_topic(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    topic = situation.extra.get("topic")
    items = Items(topic) if isinstance(topic, str) else None
    return [Access(captures["role"], ("see",), items, None, None, exclusive=False)]


def _only_own(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """Read `Can one see those of others? No, only one's own`."""
    topic = situation.extra.get("topic")
    many = captures.get("many") or ((Items(topic),) if isinstance(topic, str) else ())
    return [Access("owner", (), each, None, _status(situation)) for each in many] or None


def _accounts(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Mention(Thing(("user",)), ("sign-up",))]


def _logs_in(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`log in and get a token`, `… a token that I send with every request`."""
    words = {token.low for token in captures.get("rest", ())}
    always = words & {"every", "each", "all", "any"} and words & {"request", "requests", "call"}
    by = captures.get("by", ())
    return [Access("login", exclusive=bool(always), by=by[0] if by else ())]


def _own(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Users may only access their own lists and tasks`."""
    items = captures.get("many") or ((captures["items"],) if "items" in captures else ())
    if not items:
        return [Access("owner", status=_status(situation))]
    return [Access("owner", items=each, status=_status(situation)) for each in items]


def _owner_does(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`The author of a review can edit or delete it`."""
    return [
        Access(
            "owner",
            captures["dos"],
            captures.get("items"),
            captures.get("route"),
            _status(situation),
        )
    ]


def _role_does(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Only admins can create, change or delete products`; `admins can delete any review`."""
    exclusive = bool(captures.get("only"))
    return [
        Access(
            captures["role"],
            captures["dos"],
            captures.get("items"),
            captures.get("route"),
            _status(situation),
            exclusive,
        )
    ]


def _role_sees_all(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Access(captures["role"], ("see",), captures.get("items"), None, None, exclusive=False)]


def _anyone(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    many = captures.get("many") or (captures.get("items"),)
    return [
        Access(
            "anyone", captures.get("dos", ("see",)), each, captures.get("route"), exclusive=False
        )
        for each in many
    ]


def _login_does(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`To write a review you must be logged in`."""
    return [Access("login", (captures["do"],), captures.get("items"), captures.get("route"))]


def _users_may(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Anybody who is logged in can POST /wishes/{id}/reserve, except the owner of the list, who gets 403`."""
    route = captures["route"]
    facts: list[Fact] = [Access("users", route=route)]
    if "owner" in captures:
        status = captures.get("number") or 403
        facts.append(Access("strangers", route=route, status=int(status)))
    return facts


def _others_get(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    status = captures.get("number") or _status(situation)
    return [Access("others", status=int(status))] if status in {403, 404} else None


def _open_route(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Access("anyone", (), None, captures.get("route") or situation.route, exclusive=False)]


def _no_password(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Hides((("password",),))]


def _hidden(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    """`Neither /wishes nor /wishes/{id} contains reserved`."""
    routes = [captures["route"], *([captures["second"]] if "second" in captures else [])]
    return [Hides(captures["names"], tuple(routes))]


def _no_login(captures: Captures, situation: Situation) -> Iterable[Fact] | None:
    return [Context()]


def _status(situation: Situation) -> int | None:
    status = situation.extra.get("status")
    return status if isinstance(status, int) else None


def _many(reader: Reader, at: int) -> Iterator[tuple[tuple[Items, ...], int]]:
    for items, end in reader.slot("items", at):
        if items.entity is None:
            continue
        joined = end
        while reader.low(joined) in {",", "and", "or"}:
            joined += 1
        if joined > end:
            for more, stop in _many(reader, joined):
                yield (items, *more), stop
        yield (items,), end


ACCESS_SLOTS["many"] = _many


def _people_word(reader: Reader, at: int) -> Iterator[tuple[str, int]]:
    if reader.low(at) in {"i", "we", "they", "you", "clients", "users", "he", "she"}:
        yield reader.low(at), at + 1


ACCESS_SLOTS["people_word"] = _people_word

_PEOPLE = "(users|people|a user|every user|each user|everybody|everyone|anyone|you|they|members|each person|a person|we|the user|all users|one|<role>)"
_EVERYBODY = "(everybody|everyone|anybody|anyone|all|all people|the public|visitors|guests)"
_SESSION = "(jwt|token|access token|bearer token|jwt token|json web token|valid token|valid jwt|login|log-in|authentication|valid bearer token)"
_LOGGED = "(logged in|logged-in|authenticated|signed in|authorised|authorized)"

_REACHES = "(sees|see|access|accesses|read|reads|can see|reach|touch|touches|change|changes|edit|edits|delete|deletes|view|open|use|look at|work with|get at)"
_WRITES = "(write|writes|writing|change|changes|changing|modification|modifications)"
_ACCOUNTS = "[user] (accounts|login|log-in|logins|log-ins|auth|authentication|authorization|authorisation|users|account|sign-up|sign-ups|registration|passwords|tokens|token|access control|permissions|roles)"
ACCESS: tuple[tuple[str, Recogniser], ...] = (
    (f"[{_PEOPLE} [CAN|MUST|to]] (sign up|register|signup|sign-up|create an account|open an account) [as a new user] [(first|themselves)]", _accounts),
    ("(signup|sign-up|registration|register|sign up) [and (login|log-in|log in)]", _accounts),
    ("(register|sign up|signup|sign-up|create an account) (with|at|via|through|by|using) <route>", _accounts),
    (f"[{_PEOPLE} [CAN|MUST|to]] (log in|login|sign in|authenticate|log-in|logs in) [with (them|it|email and password|these|their credentials|those|<names>)] [(and|to|→)] [(receive|receives|get|gets|obtain|obtains)] [(a|an|the)] [{_SESSION}] [(with <names>)] [(that|which) (<people_word>|is|has) <rest>]", _logs_in),
    ("<route> (returns|answers|gives|issues|sends) [with] [(a|an|the)] " + _SESSION, _logs_in),
    (f"[(with|by|via|through|using)] [(a|an|the)] {_SESSION}", _logs_in),
    ("(log in|login|log-in|sign in|logs in) (with|by|using) [(the|a|an|their|your)] <names:by> [and [(the|a|their|your)] password]", _logs_in),
    ("(with|by|using) [(the|a|an|their|your)] <names:by> and [(the|a|their|your)] password", _logs_in),
    (f"(every|each|all|any) [(other)] [<items>] (endpoint|endpoints|request|requests|route|routes|call|calls|operation|operations) (needs|need|requires|require|MUST have|expects|expect|is|are) [it] [(as)] [(a|an|the)] [valid] ({_SESSION}|protected|private|{_LOGGED}) [(with|by|as) <phrase>]", _login),
    (f"(everything|all|all of it|anything) [(else)] [(except|but) <phrase>] (needs|requires|MUST have|is behind|need) [(it|a|an|the)] [(valid)] [({_SESSION})]", _login),
    (f"(the rest|everything else|all the rest|everything|anything else|all other <noun:other>) [of (the|our|this) <noun>] [(is|are)] (for|reserved for|only for|open to|available to|visible to) [{_PEOPLE}] [(who|that) (is|are)] {_LOGGED} [{_PEOPLE}] [[,] (except|but not|apart from) [(for|that)] <crud:open> [(all|the|any)] <many>] [(:|,|;) (that|this|which) (is|are) (open|free|public|possible|allowed) [(to|for)] {_EVERYBODY}]", _rest_login),
    (f"<route> [(and|,) <route:second>] (needs|requires|need|require) [(a|the)] {_SESSION}", _login),
    (f"[only] [(every|all|any|each|for)] {_WRITES} [(or|and) {_WRITES}] [(anything|something|things|data)] (needs|need|requires|require|takes|MUST have|is for|are for) [only] [(the|a|an)] [valid] ({_SESSION}|those who are {_LOGGED}|{_LOGGED} [{_PEOPLE}])", _writes_login),
    (f"(reading|reads|viewing|looking|looking at things|listing|every read|all reads) (is|are) (public|free|open|open to {_EVERYBODY}|for {_EVERYBODY}|possible without [(a|the)] {_SESSION})", _reads_open),
    (f"(reading|reads|viewing|looking|looking at things|listing|every read|all reads) (needs|need|requires|require|works without|work without) [(no|a|the)] {_SESSION}", _reads_open),
    (f"{_EVERYBODY} [CAN] (read|look|look at things) [everything] [without [(a|the)] {_SESSION}]", _reads_open),
    (f"(no|there is no|we need no|no need for) [(a)] {_SESSION} [(is|are)] [(needed|required|necessary|wanted|asked for|planned|yet)] [(for now|yet|here|at this stage)]", _no_login),
    (f"without [(a)] [valid] {_SESSION} [(there is|the answer is|:|→|you get|they get|,)] <phrase>", _login),
    (f"no [valid] {_SESSION} (there is|the answer is|:|→|you get|they get|,|means|gets|gives) <phrase>", _login),
    ("(the|a) " + _SESSION + " (is|must be) sent as [(a|an)] (bearer token|header <phrase>|authorization header|bearer)", _logs_in),
    # --- own
    (f"{_PEOPLE} (CAN|MUST|to|have|has|keep|keeps|works|sees|see|manages|manage|)  [only] [(see|view|access|read|manage|work with|change|edit|use|reach|get|see and change|see and edit|see, change and delete)] (only|just) [(his|her|their)] [(or her|or his)] own <many>", _own),
    (f"{_PEOPLE} CAN only (see|view|access|read|manage|work with|change|edit|use|reach|see and change|see and edit|see or change|see, change and delete|see, edit and delete) [(his or her|their|his|her|your)] own <many>", _own),
    (f"{_PEOPLE} (sees|see|has|have|keeps|keep|manages|manage|accesses|access) [only] [(his or her|his|her|their|your)] own <many>", _own),
    (f"[after that] {_PEOPLE} (keep|keeps|have|has|manage|manages) [(his|her|their|your)] own (list|lists|set|collection) of <items>", _own),
    (f"(nobody|no one|no user) [CAN] [ever] {_REACHES} [(or|nor|and) {_REACHES}] <many> (of|from|by|made by|belonging to) (another|other|others|somebody else|someone else|anybody else|anyone else|a different|different) [<noun>]", _own),
    (f"(nobody|no one|no user) [CAN] [ever] {_REACHES} [(or|nor|and) {_REACHES}] (somebody else 's|someone else 's|anybody else 's|another user 's|other people 's|the <many:ignored> of others|anyone else 's|another person 's) [<many>]", _own),
    ("(nobody|no one) [else] (but|except|besides) (you|me|<owner>) CAN (<dos>) (it|them|<items>) [under <route>]", _but_owner),
    ("<many> (is|are) private [(to (their|the|its) (owner|owners|user|users))]", _own),
    ("<many> (belong|belongs) to [(the|a|one|exactly one)] [(logged in|logged-in)] [(their)] (user|users|owner|person who <rest>|users who <rest>)", _own),
    ("everybody (works|work) (alone|for themselves|on their own) [:] [own <many>] [, own <items:other>]", _own),
    ("own <many>", _own),
    ("[(all|everything|it|they|<many>)] [(is|are)] [strictly] private [(to|for|by) <phrase>]", _own),
    ("(other|another|somebody else 's|someone else 's|anybody else 's) [(people|users|user|person|members|peoples)] ['s] <many> [(simply|just)] (do not exist|does not exist|are invisible|are hidden|stay hidden|are not visible|cannot be seen|can not be seen|are off limits|are none of <phrase>) [(for|to) (you|me|them|us|anybody|anyone|others)]", _own),
    ("[for] (others|other people|other users|everybody else|everyone else) [(it|they|<many>)] (do not exist|does not exist|is invisible|are invisible|cannot see it|cannot see them|can not see <phrase>)", _own),
    ("[(no|without)] (peeking|looking) (at|into) other (people|users) 's [<many>]", _own),
    ("(only|just) (you|the owner|its owner|the user|their owner|me)", _own),
    ("(somebody|someone|anybody|anyone) else 's [<many>] (is|are|gives|give|answer|answers|return|returns|yield|yields) [(answered|refused)] [(with|a|an)] <number>", lambda c, s: [Access("owner", items=each, status=int(c["number"])) for each in c.get("many") or (Items(None),)]),
    ("(requests|access|calls) (for|to) (other people|other users|another user|someone else) 's <many> (is|are) (answered|refused|rejected|denied) [with <number>]", lambda c, s: [ Access( "owner", items=each, status=int(c["number"]) if c.get("number") in {403, 404} else _status(s) ) for each in c["many"] ]),
    # --- roles
    ("only <role> CAN <dos> [(a|an|the|any|new)] [<items>]", lambda c, s: _role_does({**c, "only": True}, s)),
    ("only <role> CAN <dos> <many>", lambda c, s: [ fact for each in c["many"] for fact in (_role_does({**c, "items": each, "only": True}, s) or ()) ]),
    ("<many> CAN only be <dones:dos> by <role>", lambda c, s: [ fact for each in c["many"] for fact in (_role_does({**c, "items": each, "only": True}, s) or ()) ]),
    ("<role> CAN [also] <dos> (any|all|every|each|other) <items>", _role_does),
    ("<role> (sees|see|CAN see|CAN view|CAN read) (all|every|everything|everybody's) [<items>]", _role_sees_all),
    ("<role> CAN [also] <dos> <items>", _role_does),
    ("[only] <owner> CAN <do> [(it|them|that|this|<items>)] [(early|again|later|now|once more|ahead of time)] (:|with|by|via|through|using) <route>", _owner_acts),
    ("[only] <owner> CAN [only] <dos> [(it|them|that|this|<items>)] [only] <when>", _owner_only_when),
    (f"(everybody|everyone|anybody|anyone|all users|all members|people|users|members) [(who|that)] [(is|are)] {_LOGGED} CAN <crud> (it|them|<many>)", _login_crud),
    (f"only {_PEOPLE} [(who|that)] [(is|are)] {_LOGGED} CAN <crud> (anything|something|things|data|content|any of it)", lambda c, s: [Access("login", ("see" if v == "read" else v,)) for v in c["crud"]]),
    (f"only {_LOGGED} {_PEOPLE} CAN <crud> (anything|something|things|data|content)", lambda c, s: [Access("login", ("see" if v == "read" else v,)) for v in c["crud"]]),
    (f"{_EVERYBODY} CAN (browse|read|look|look around|look at|see|view) [(everything|all|anything|it all)] [(without (logging in|a log-in|an account|log-in))]", _no_login),
    ("<role> [CAN] (<do>|<does_what:do>) (it|them|<items>) [LP] <route> [RP]", _role_route),
    ("[or] (<do>|<does_what:do>) (it|them|<items>) LP <route> RP", _role_route),
    ("<role> (sees|see|CAN see|CAN view) (all|every one) of them", _role_sees_topic),
    ("[(only|just)] (one 's|my|your|their|his|her) own [<many>]", _only_own),
    ("[only] <owner> CAN <dos> [(it|them|that|this|<items>)]", _owner_does),
    ("<doings:dos> [(a|an|the)] [(it|them|one|<items>)] (is|are) [only] (up to|left to|a matter for|reserved for|reserved to|for|allowed for|possible for|open to) [only] <owner> [(alone|only)]", _owner_does),
    ("(nobody else|no one else|no other <noun>) CAN [<dos>] [(it|them|that|so|<items>)]", _nobody_else),
    ("<dos> (my|their|his|her|your|our|one 's) own <many>", _does_own),
    ("(whoever|(the|a) (person|user|one|member) (who|that)) (created|made|added|adds|creates|makes|posts|posted|writes|wrote|enters|registers|opens|puts up) <items> (owns|is the owner of) (it|them)", lambda c, s: [Owned((), c["items"].entity)] if c["items"].entity else None),
    ("[the] <noun> [of <items>] is (whoever|(the|that) (person|user|one|member|caller) (who|that)) (created|made|added|put up|wrote|posted|entered|placed|opened|offered|started|submitted|listed) (it|them|<items>)", _named_owner),
    ("<items> CAN [only] be <dones:dos> [only] by <owner> [(alone|only|themselves|and nobody else|and no one else)]", _owner_does),
    ("(anybody else|anyone else|others|everybody else|everyone else|other users|all others) (gets|get|receives|receive|is answered with|are refused with) [a|an] <number>", _others_get),
    # --- open to all
    ("(everybody|everyone|anybody|anyone|all|visitors) CAN <dos> [(all|the|any)] <many>", _anyone),
    ("<route> (works|is open|is public|is available|needs no|does not need|works for everybody) [(without|for|to)] [(logging in|a token|login|log-in|everybody|everyone|anyone|authentication|token)]", _open_route),
    ("<many> (is|are) (public|open to everyone|visible to everyone|visible to everybody)", _anyone),
    (f"(anybody|anyone|everybody|everyone|any user|every user|all users|users|people) [who (is|are)] {_LOGGED} CAN [(call|use)] <route> [, (except|but not) <owner> [, who (gets|get) <number>]]", _users_may),
    (f"<route> (is|are) open to (anybody|everybody|anyone|everyone|all users|every user) who (is|are) {_LOGGED}", _users_may),
    (f"to <do> [(a|an|the)] <items> [,] {_PEOPLE} (must|has to|have to|need to) be {_LOGGED}", _login_does),
    (f"(only) {_LOGGED} (users|people|members) CAN <do> <items>", _login_does),
    # --- passwords
    ("passwords (must|are|CANNOT|should|be) [(be|never|not)] [be] [stored] [in] (hashed|hashes|clear text|plain text|stored in clear text|clear|plaintext) [only]", _no_password),
    ("passwords CANNOT be (stored|saved|kept) in (clear text|plain text|plaintext|clear)", _no_password),
    ("passwords (are|must be) (stored|kept|saved) (hashed|as a hash|as hashes|encrypted|safely|securely) [only]", _no_password),
    ("(no|never) (response|answer|reply) CAN (contain|include|show) (one|it|a password|passwords|the password)", _no_password),
    ("(the|a) password (is|CANNOT be) [never] (returned|shown|sent back|part of a response|in a response|contained in any response)", _no_password),
    ("neither <route> nor <route:second> (contains|contain|shows|show|includes|include|reveals|has|have|returns) <names>", _hidden),
    ("<route> [and <route:second>] (does|do) not (contain|show|include|reveal|return) <names>", _hidden),
    # --- none
    (f"[so] (no|there is no|there are no|there MUST be no|without|we need no|it needs no|it has no) {_ACCOUNTS} [(and|or|,) [no] {_ACCOUNTS}] [(for now|yet|needed|is needed|are needed|required|is required|at this stage|here|whatsoever)]", _no_login),
    ("(login|log-in|accounts|authentication) (comes|come|follows|follow) later", _no_login),
)  # fmt: skip
