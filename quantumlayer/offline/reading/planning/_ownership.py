"""Accounts, log-in, who owns what, who may do what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from quantumlayer.agents.expressions import navigation
from quantumlayer.offline.reading.document._analysis import Analysis, Finding
from quantumlayer.offline.reading.document._drafts import EntityDraft, FieldDraft
from quantumlayer.offline.reading.language._facts import (
    Access,
    Mention,
    NotOneself,
    Owned,
    Unique,
    Winner,
)
from quantumlayer.offline.reading.language._traits import Trait
from quantumlayer.offline.reading.language._vocabulary import EntityWord
from quantumlayer.offline.reading.planning._plan import EndpointDraft, Plan
from quantumlayer.offline.reading.planning._world import World, escape
from quantumlayer.offline.reading.sentences._accounts import EXACT
from quantumlayer.offline.reading.sentences._definitions import CREATE
from quantumlayer.offline.reading.text._routes import Route
from quantumlayer.offline.reading.text._tokens import Token

__all__ = ["find_users", "plan_access", "plan_accounts"]

_ALL = ("create", "list", "read", "replace", "update", "delete", "action", "first", "report")
_VERBS: dict[str, tuple[str, ...]] = {
    "create": ("create",), "add": ("create",), "write": ("create",), "post": ("create",), "make": ("create",),
    "register": ("create",), "change": ("replace", "update"), "edit": ("replace", "update"),
    "update": ("replace", "update"), "modify": ("replace", "update"), "delete": ("delete",),
    "remove": ("delete",), "see": ("list", "read"), "view": ("list", "read"), "read": ("list", "read"),
    "list": ("list",), "browse": ("list", "read"), "manage": _ALL, "access": _ALL, "publish": ("create",),
    "take-down": ("delete",), "drop": ("delete",), "erase": ("delete",), "withdraw": ("delete",), "strike": ("delete",),
    "open": ("read",), "look-up": ("list", "read"), "find": ("list", "read"), "get": ("list", "read"),
    "inspect": ("list", "read"), "show": ("list", "read"), "consult": ("list", "read"), "check": ("list", "read"),
    "correct": ("replace", "update"), "amend": ("replace", "update"), "adjust": ("replace", "update"),
    "alter": ("replace", "update"), "use": _ALL, "work": _ALL, "maintain": _ALL, "touch": _ALL,
    "handle": _ALL, "search": ("list",), "look-at": ("list", "read"), "rename": ("replace", "update"),
}  # fmt: skip
_MAKING = ("create",)
_MAKES = frozenset(
    "pin hang-up put-up hand-in send share leave give drop-off contribute prescribe order request offer propose"
    " announce rate review comment vote bid book reserve subscribe apply report raise draft compose".split()
)
_NO_ROLES = frozenset({"login", "owner", "anyone", "others", "users", "strangers"})


def find_users(analysis: Analysis) -> str | None:
    """The entity of those who log in, made if the document speaks of accounts and has none."""
    structure = analysis.structure
    for name, draft in structure.entities.items():
        if any(made.words[-1:] == ("password",) for made in draft.fields.values()):
            return name
    signs_up = any(
        isinstance(fact, Mention) and "sign-up" in fact.verbs
        for finding in analysis.findings
        for fact in finding.facts
    )
    routes = any(
        part in {"login", "signup"}
        for source in analysis.sources
        for route in source.routes
        for part in route.segments
    )
    logs_in = any(
        isinstance(fact, Access)
        and fact.who == "login"
        and (fact.exclusive or (fact.by and _LOGS_IN.search(_text(finding)) is not None))
        for finding in analysis.findings
        if not _denies_accounts(finding.source.full)
        for fact in finding.facts
    )
    denied = any(_denies_accounts(finding.source.full) for finding in analysis.findings)
    hinted = not denied and (signs_up or logs_in)
    if not (hinted or routes or _speaks_of_login(analysis)):
        return None
    word = structure.lexicon.find(["user"])
    if word is None:
        word = EntityWord("user", "User", "/users")
        structure.lexicon.entities.append(word)
    draft = structure.entity(word)
    if not any(made.words[-1:] == ("password",) for made in draft.fields.values()):
        _usual_fields(draft)
    return word.name


_LOGS_IN = re.compile(
    r"\b(?:logs? in|logged[- ]in|logging in|log-?ins?|signs? (?:in|up)|signed[- ](?:in|up)|signing (?:in|up)|sign-?up"
    r"|bearer|jwt|log on)\b"
)
_ACCOUNT = (
    r"(?:accounts?|log-?ins?|logging in|passwords|auth|authentication|authori[sz]ation|sign-?ups?|registration"
    r"|user management|credentials|users)"
)
_DENIES = re.compile(
    r"\b(?:no|without|skip|forget)(?: (?:user|personal|separate|needs?|for|of|any|kind|such|thing|as|real|and|or"
    rf"|no|sign-?ups?|accounts?))* {_ACCOUNT}\b|\bnobody (?:has to |needs to |will )?(?:logs?|signs?) (?:in|on|up)\b"
    rf"|\b(?:do|does|need|will) not (?:have to |need (?:to |any |an |a )?)?(?:log in|sign up|{_ACCOUNT})\b"
    rf"|\b{_ACCOUNT} (?:is|are) (?:not|never) (?:needed|necessary|required|wanted|part|planned)\b"
)


def _text(finding: Finding) -> str:
    return " ".join(token.low for token in finding.source.full)


def _speaks_of_login(analysis: Analysis) -> bool:
    """Whether a statement, understood or not, takes it for granted that people log in."""
    return any(
        _LOGS_IN.search(text) and not _DENIES.search(text) and "later" not in text.split()
        for text in (_text(finding) for finding in analysis.findings)
    )


def _denies_accounts(tokens: Sequence[Token]) -> bool:
    """`Only we use it, so there are no accounts`: nobody is told apart by such a sentence."""
    return _DENIES.search(" ".join(token.low for token in tokens)) is not None


def _usual_fields(draft: EntityDraft) -> None:
    """An account has an email address and a password unless something else is said."""
    if not any(made.words[-1] in {"email", "username"} for made in draft.fields.values()):
        draft.fields["email"] = FieldDraft("email", ("email",))
    password = FieldDraft("password", ("password",))
    password.say([Trait("least", 8, "character")], "")
    draft.fields["password"] = password


def plan_accounts(plan: Plan) -> dict[str, Any] | None:
    """Plan sign-up and log-in; return the members of `Auth`."""
    world = plan.world
    user = world.user
    if user is None:
        return None
    draft = world.draft(user)
    login = _said_login(plan, draft) or _login_field(draft)
    login.spec["unique"] = True
    login.spec["required"] = True
    if login.spec["type"] in {"email", "string"}:
        login.spec["case_insensitive"] = login.spec["type"] == "email"
    password = next(made for made in draft.fields.values() if made.words[-1:] == ("password",))
    password.spec.update(secret=True, required=True, type="string")
    role = next((made for made in draft.fields.values() if made.words[-1] == "role"), None)
    asked = _asked(plan)
    for path, kind in (("/signup", "signup"), ("/login", "login")):
        if not any(endpoint.kind == kind for endpoint in plan.endpoints.values()):
            endpoint = EndpointDraft("POST", path, kind, user)
            endpoint.asked(asked[kind])
            plan.add(endpoint)
    for endpoint in plan.endpoints.values():
        if endpoint.kind in {"signup", "login", "me"}:
            endpoint.entity = user
            if endpoint.kind != "signup":
                continue
    return {
        "entity": user,
        "login_field": login.name,
        "password_field": password.name,
        **_token_member(plan),
        "role_field": role.name
        if role is not None and role.spec["type"] in {"enum", "string"}
        else None,
        "requirements": list(dict.fromkeys([*asked["signup"], *asked["login"]])),
    }


def _token_member(plan: Plan) -> dict[str, str]:
    """`log in and receive {"token": "…"}`: the one name in JSON of what a log-in gives."""
    fields = {name for draft in plan.world.structure.entities.values() for name in draft.fields}
    names = [each for each in plan.world.structure.known - fields if each.lower().endswith("token")]
    return {"token_member": names[0]} if len(names) == 1 else {}


def _said_login(plan: Plan, draft: EntityDraft) -> FieldDraft | None:
    """`Log in with the username`."""
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Access) and fact.by:
                made = plan.world.field(draft.word.name, fact.by)
                if made is not None and made.words[-1:] != ("password",):
                    return made
    return None


def _login_field(draft: EntityDraft) -> FieldDraft:
    for name in ("email", "username", "user_name", "login", "userName", "nickname", "name"):
        if name in draft.fields:
            return draft.fields[name]
    made = FieldDraft(
        "email", ("email",), spec={"name": "email", "type": "email", "required": True}
    )
    draft.fields = {"email": made, **draft.fields}
    return made


def _asked(plan: Plan) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {"signup": [], "login": []}
    for finding in plan.analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Mention) and "sign-up" in fact.verbs:
                asked["signup"].append(finding.source.id)
            if isinstance(fact, Access) and fact.who == "login":
                asked["login"].append(finding.source.id)
    return {kind: list(dict.fromkeys(ids)) for kind, ids in asked.items()}


# --- owners --------------------------------------------------------------------------------------


def _per_user(fact: Unique, user: str) -> bool:
    """`One vote per user and article`: whoever votes is kept with the vote."""
    return fact.entity != user and any(each.entity == user or each.person for each in fact.of)


_PERSONAL_IDS = frozenset(
    {"authorid", "ownerid", "creatorid", "createdby", "createdbyid", "userid"}
)


def add_owners(analysis: Analysis, world: World) -> None:
    """Give entities that belong to users the field that says to whom."""
    user = world.user
    if user is None:
        return
    for draft in world.structure.entities.values():
        for made in draft.fields.values():
            personal = made.name.lower().replace("_", "") in _PERSONAL_IDS
            if made.has("user") or made.has("caller") or (personal and made.references is None):
                made.references = user
            if made.has("caller") or (made.has("system") and personal):
                made.say([Trait("required")], "")
                draft.owner = draft.owner or made.name
    for finding in analysis.findings:
        for fact in finding.facts:
            if isinstance(fact, Owned) and fact.entity is not None:
                _own(world, world.draft(fact.entity), finding.source.id, fact.words)
            if isinstance(fact, Unique) and fact.entity is not None and _per_user(fact, user):
                _own(world, world.draft(fact.entity), finding.source.id)
            if isinstance(fact, Winner):
                _own(world, world.draft(fact.entity), finding.source.id)
            if isinstance(fact, NotOneself):
                entity = world.vocabulary.verbs.get(fact.verb.partition("-")[0])
                if entity is not None and entity != user:
                    _own(world, world.draft(entity), finding.source.id)
        for route in finding.source.routes:
            name = own_list(world, route)
            if name is not None and name != user:
                _own(world, world.draft(name), finding.source.id)
    for finding in analysis.findings:
        for fact in finding.facts:
            if not isinstance(fact, Access) or fact.who != "owner":
                continue
            for name in _entities(analysis, world, finding, fact):
                _own(world, world.draft(name), finding.source.id)


def _entities(analysis: Analysis, world: World, finding: Finding, fact: Access) -> list[str]:
    if fact.items is not None and fact.items.entity is not None:
        return [fact.items.entity] if fact.items.entity != world.user else []
    if fact.route is not None:
        word = world.structure.word_of_route(fact.route)
        if word is not None:
            return [word.name]
    if fact.items is not None and finding.topic is not None and finding.topic != world.user:
        return [finding.topic]
    owned = any(draft.owner for draft in world.structure.entities.values())
    if owned:
        return []
    return [
        name
        for name, draft in world.structure.entities.items()
        if name != world.user and not draft.is_child
    ]


def own_list(world: World, route: Route) -> str | None:
    """The entity of which a route lists the caller's own items: `/my-bids`, `/me/bids`, `/bids/mine`."""
    parts = list(route.segments)
    if route.method != "GET" or not parts or any(part.startswith("{") for part in parts):
        return None
    if parts[-1] in {"mine", "my", "own"} and len(parts) > 1:
        segment = parts[-2]
    elif len(parts) > 1 and parts[-2] in {"me", "my"}:
        segment = parts[-1]
    elif parts[-1].startswith(("my-", "my_")):
        segment = parts[-1][3:]
    else:
        return None
    word = world.structure.lexicon.by_segment(segment)
    return word.name if word is not None else None


_WRITTEN = frozenset(
    "book novel poem song paper publication title magazine comic audiobook quote quotation album text".split()
)
"""What has an author who is nobody that logs in."""


def _own(world: World, draft: EntityDraft, requirement: str, words: tuple[str, ...] = ()) -> None:
    if draft.owner is not None:
        draft.fields[draft.owner].asked(requirement)
        return
    if words:
        made = world.structure.new_field(draft, (*words, "id"), None)
        made.references = world.user
    existing = [
        made
        for made in draft.fields.values()
        if made.references == world.user and not made.has("user")
    ]
    named = next(
        (
            made
            for made in draft.fields.values()
            if made.words[-1] in {"author", "owner", "creator"}
            and made.references is None
            and draft.word.label not in _WRITTEN
        ),
        None,
    )
    if existing:
        made = existing[0]
    elif named is not None:
        del draft.fields[named.name]
        made = world.structure.new_field(draft, (*named.words, "id"), None)
        made.references = world.user
    else:
        made = world.structure.new_field(draft, ("user", "id"), None)
        made.references = world.user
        draft.fields = {
            made.name: made,
            **{k: v for k, v in draft.fields.items() if k != made.name},
        }
    made.say([Trait("system"), Trait("required")], requirement)
    draft.owner = made.name


# --- access --------------------------------------------------------------------------------------


def plan_access(plan: Plan) -> None:
    """Say for every route who may call it."""
    world = plan.world
    if world.user is None:
        return
    facts = [
        (finding, fact)
        for finding in plan.analysis.findings
        for fact in finding.facts
        if isinstance(fact, Access)
    ]
    if any(_closes_all(finding, fact) for finding, fact in facts):
        facts = [each for each in facts if not _means_users(*each)]
    for endpoint in plan.endpoints.values():
        if endpoint.kind in {"signup", "login"}:
            continue
        access = _basic(plan, endpoint, facts)
        _roles(plan, endpoint, facts, access)
        if access:
            endpoint.spec["access"] = access
    for endpoint in plan.endpoints.values():
        if endpoint.kind not in {"signup", "login", "me"} and not _is_shared(endpoint, facts):
            _inherit(plan, endpoint)
    for finding, fact in facts:
        if fact.who == "strangers":
            _not_for_owner(plan, finding, fact)


def _closes_all(finding: Finding, fact: Access) -> bool:
    """`Nothing works without a token`; `everything else needs one` leaves what was opened open."""
    words = {token.low for token in finding.source.full}
    whole = fact.who == "login" and fact.exclusive and fact.items is None and fact.route is None
    return (
        whole
        and not fact.verbs
        and not words & {"else", "other", "others", "rest", "except", "but"}
    )


def _means_users(finding: Finding, fact: Access) -> bool:
    """`Everybody sees all books`, where nobody sees anything without logging in."""
    words = {token.low for token in finding.source.full}
    return (
        fact.who == "anyone" and bool(words & {"everybody", "everyone"}) and "without" not in words
    )


def _not_for_owner(plan: Plan, finding: Finding, fact: Access) -> None:
    """`except the owner of the list, who gets 403`."""
    endpoint = next((each for each in plan.endpoints.values() if _is_route(fact.route, each)), None)
    owner = _owner_path(plan.world, endpoint.entity) if endpoint and endpoint.entity else None
    if endpoint is None or endpoint.entity is None or owner is None:
        plan.ledger.miss(finding.source.id, "it is not clear whose item this is")
        return
    plan.rule(
        endpoint.entity, [endpoint.spec.get("name") or endpoint.kind], f"{owner} != user.id",
        text=finding.source.requirement.text, requirement=finding.source.id, status=fact.status or 403,
    )  # fmt: skip


def _owner_path(world: World, entity: str) -> str | None:
    """How the owner of an item is written: its own, or that of what it belongs to."""
    own = world.draft(entity).owner
    if own is not None:
        return escape(own)
    for made in world.fields(entity):
        above = world.structure.entities.get(made.references or "")
        if above is not None and above.owner is not None:
            return f"{escape(navigation(made.name))}.{escape(above.owner)}"
    return None


def _basic(
    plan: Plan, endpoint: EndpointDraft, facts: Sequence[tuple[Finding, Access]]
) -> dict[str, Any]:
    access: dict[str, Any] = {}
    if endpoint.kind == "me" or (endpoint.entity == plan.world.user and "{" not in endpoint.path):
        access["login"] = True
    if endpoint.spec.get("own"):
        access.update(login=True, own=True)
        return access
    if _is_open(endpoint, facts):
        return access
    for finding, fact in facts:
        if fact.who == "users" and _is_route(fact.route, endpoint):
            endpoint.asked([finding.source.id])
            return {"login": True}
    for finding, fact in facts:
        if fact.who == "login" and fact.exclusive and _covers(plan, endpoint, finding, fact):
            access["login"] = True
            endpoint.asked([finding.source.id])
        if fact.who == "owner" and _covers(plan, endpoint, finding, fact):
            access.update(login=True, own=True)
            endpoint.asked([finding.source.id])
            if fact.status in {403, 404}:
                access["foreign_status"] = fact.status
        if fact.who == "others" and access.get("own") and fact.status is not None:
            access["foreign_status"] = fact.status
    return access


def _inherit(plan: Plan, endpoint: EndpointDraft) -> None:
    """Items below something that is private are private."""
    world, entity = plan.world, endpoint.entity
    access = endpoint.spec.get("access", {})
    if entity is None or entity == world.user or access.get("own") or access.get("roles"):
        return
    parent = (endpoint.spec.get("parent") or {}).get("entity")
    parts = [
        made.references
        for made in world.fields(entity)
        if made.references not in {None, world.user}
    ]
    below = parent or (parts[0] if world.draft(entity).owner is None and parts else None)
    if below is None or world.draft(below).owner is None or not _private(plan, below):
        return
    endpoint.spec["access"] = {**access, "login": True, "own": True}


def _is_shared(endpoint: EndpointDraft, facts: Sequence[tuple[Finding, Access]]) -> bool:
    """Whether somebody else than the owner may call it: everybody, or all who are logged in."""
    return _is_open(endpoint, facts) or any(
        fact.who == "users" and _is_route(fact.route, endpoint) for _, fact in facts
    )


def _is_route(route: Route | None, endpoint: EndpointDraft) -> bool:
    return (
        route is not None and route.path == endpoint.path and route.method in {endpoint.method, ""}
    )


def _private(plan: Plan, entity: str) -> bool:
    return any(
        (endpoint.spec.get("access") or {}).get("own")
        for endpoint in plan.endpoints.values()
        if endpoint.entity == entity and endpoint.kind == "read"
    )


def _is_open(endpoint: EndpointDraft, facts: Sequence[tuple[Finding, Access]]) -> bool:
    for finding, fact in facts:
        if fact.who != "anyone":
            continue
        if (
            fact.route is not None
            and fact.route.path == endpoint.path
            and fact.route.method in {endpoint.method, ""}
        ):
            endpoint.asked([finding.source.id])
            return True
        named = fact.items is not None and fact.items.entity == endpoint.entity
        if named and any(endpoint.kind in _VERBS.get(verb, ()) for verb in fact.verbs or ("see",)):
            endpoint.asked([finding.source.id])
            return True
    return False


def _covers(plan: Plan, endpoint: EndpointDraft, finding: Finding, fact: Access) -> bool:
    if fact.verbs == EXACT:
        return (
            fact.route is not None and plan.endpoint(fact.route.method, fact.route.path) is endpoint
        )
    if fact.route is not None and fact.who == "login":
        return fact.route.path == endpoint.path and fact.route.method in {endpoint.method, ""}
    if fact.route is not None and len(fact.route.segments) > 2 and not fact.verbs:
        action = plan.endpoint(fact.route.method, fact.route.path)
        if action is not None and action.kind == "action":
            return action is endpoint
    entity = fact.items.entity if fact.items is not None else None
    if entity is None and fact.items is not None:
        entity = finding.topic
    if entity is None and fact.route is not None:
        word = plan.world.structure.word_of_route(fact.route)
        entity = word.name if word is not None else None
    if entity is not None and entity != endpoint.entity:
        return False
    if fact.who == "owner" and entity is None:
        owned = plan.world.draft(endpoint.entity).owner if endpoint.entity else None
        if owned is None:
            return False
    return not fact.verbs or _does(endpoint, fact.verbs)


def _does(endpoint: EndpointDraft, verbs: Sequence[str]) -> bool:
    for verb in verbs:
        if endpoint.kind in _VERBS.get(verb, _MAKING if verb in CREATE | _MAKES else ()):
            return True
        if endpoint.kind == "action" and endpoint.spec.get("name") in {
            verb,
            verb.replace("-", "_"),
        }:
            return True
    return False


def _roles(
    plan: Plan,
    endpoint: EndpointDraft,
    facts: Sequence[tuple[Finding, Access]],
    access: dict[str, Any],
) -> None:
    for finding, fact in facts:
        if fact.who in _NO_ROLES:
            continue
        entity = (
            fact.items.entity if fact.items is not None and fact.items.entity else finding.topic
        )
        if fact.verbs == EXACT:
            if (
                fact.route is None
                or plan.endpoint(fact.route.method, fact.route.path) is not endpoint
            ):
                continue
        elif entity != endpoint.entity or not _does(endpoint, fact.verbs):
            continue
        endpoint.asked([finding.source.id])
        access["login"] = True
        if fact.exclusive:
            if endpoint.kind == "action":
                access.pop("own", None)
            access.setdefault("roles", [])
            if fact.who not in access["roles"]:
                access["roles"].append(fact.who)
        elif access.get("own"):
            access.setdefault("sees_all", [])
            if fact.who not in access["sees_all"]:
                access["sees_all"].append(fact.who)
