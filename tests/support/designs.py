"""Random designs: valid ones of every shape, with names that are awkward in Python and SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from quantumlayer.agents import (
    Access,
    Auth,
    Coverage,
    Effect,
    Endpoint,
    Entity,
    FieldSpec,
    Pagination,
    Param,
    Parent,
    Rule,
    SystemDesign,
)
from quantumlayer.agents.expressions import navigation

__all__ = ["designs"]

ENTITIES = (
    *("Order", "Session", "Base", "List", "Date", "Event", "Class", "Money", "Setting", "Page"),
    *("StockMovement", "Person", "Index", "Rule", "Row", "Query", "App", "Email", "Field", "Test"),
)
FIELDS = (
    *(
        "name",
        "class",
        "from",
        "type",
        "metadata",
        "order",
        "modelName",
        "registry",
        "date",
        "time",
    ),
    *("dueOn", "select", "value", "copy", "schema", "json", "status", "count", "is", "session"),
    *("created_at", "body", "row", "query", "amount", "note", "validate", "hash", "limit", "rules"),
)
WORDS = ("keep it", 'say "no"', "a\\b", "{{x}}", '"""', "ünï “code”", "it's\nso", "100 % {y}")
PLAIN = ("string", "text", "integer", "number", "money", "boolean", "date", "time", "datetime")
TYPES = (*PLAIN, "email", "url", "enum", "strings")
NUMBERS = {"integer", "number", "money"}


@dataclass
class _Draft:
    """An entity in the making."""

    name: str
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    owner: str | None = None

    @property
    def path(self) -> str:
        return f"/{self.name.lower()}-items"

    def of(self, *types: str) -> list[str]:
        """Return the names of stored fields of some types."""
        return [
            name
            for name, spec in self.fields.items()
            if spec["type"] in types and "computed" not in spec and not spec.get("secret")
        ]


@st.composite
def designs(draw: st.DrawFn) -> SystemDesign:
    """Draw a valid design: one to four entities, with or without users, and what goes with them."""
    names = draw(st.lists(st.sampled_from(ENTITIES), min_size=1, max_size=4, unique=True))
    auth = draw(st.booleans())
    drafts = [_Draft(name) for name in names]
    for position, draft in enumerate(drafts):
        _fill(draw, draft, drafts[:position])
    if len(drafts) > 1 and draw(st.integers(0, 4)) == 0:  # a circle of references
        drafts[0].fields["back_id"] = _reference(draw, drafts[-1].name)
    if auth:
        for draft in drafts:
            if draw(st.booleans()):
                draft.fields["keeper_id"] = {
                    "type": "reference",
                    "references": "User",
                    "set_by": "system",
                }
                draft.owner = "keeper_id"
    for draft in drafts:
        _worked_out(draw, draft, drafts)
    endpoints = [e for draft in drafts for e in _routes(draw, draft, drafts, auth=auth)]
    rules = [rule for draft in drafts for rule in _rules(draw, draft, drafts)]
    entities = [_entity(draw, draft) for draft in drafts]
    if auth:
        entities.append(_users())
        endpoints += _accounts()
    endpoints += _reports(draw, drafts)
    return SystemDesign(
        name="any-service",
        title=draw(st.sampled_from(WORDS)),
        summary=draw(st.sampled_from(WORDS)),
        entities=entities,
        endpoints=endpoints,
        rules=rules,
        auth=Auth(role_field="role") if auth else None,
        coverage=[
            Coverage(requirement="R1", text=draw(st.sampled_from(WORDS)), status="implemented")
        ],
    )


def _users() -> Entity:
    return Entity(
        name="User",
        label="user",
        plural="users",
        path="/users",
        fields=[
            FieldSpec(name="email", type="email", unique=True, case_insensitive=True),
            FieldSpec(name="password", type="string", secret=True, min_length=8, max_length=64),
            FieldSpec(
                name="role",
                type="enum",
                choices=["member", "chief editor", "client", "2nd"],
                default="member",
                set_by="system",
                required=False,
            ),
        ],
    )


def _accounts() -> list[Endpoint]:
    return [
        Endpoint(method="POST", path="/signup", kind="signup", entity="User", status=201),
        Endpoint(method="POST", path="/login", kind="login", entity="User"),
        Endpoint(method="GET", path="/me", kind="me", entity="User", access=Access(login=True)),
    ]


def _entity(draw: st.DrawFn, draft: _Draft) -> Entity:
    return Entity(
        name=draft.name,
        label=draw(st.sampled_from((draft.name.lower(), *WORDS))),
        plural=draw(st.sampled_from((f"{draft.name.lower()}s", *WORDS))),
        path=draft.path,
        fields=[FieldSpec(name=name, **spec) for name, spec in draft.fields.items()],
        owner=draft.owner,
        requirements=["R1"],
    )


# --- fields --------------------------------------------------------------------------------------


def _fill(draw: st.DrawFn, draft: _Draft, before: list[_Draft]) -> None:
    """Draw the fields of an entity; references lead to entities before it, or to itself."""
    names = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique=True))
    for name in names:
        draft.fields[name] = _spec(draw)
    for other in before:
        if draw(st.booleans()):
            draft.fields[f"{other.name.lower()}_id"] = _reference(draw, other.name)
    if draw(st.integers(0, 5)) == 0:
        own = _reference(draw, draft.name) | {"required": False, "on_parent_delete": "clear"}
        draft.fields["parentId"] = own
    if draw(st.integers(0, 3)) == 0:
        draft.fields["state"] = {
            "type": "enum",
            "choices": ["open", "in work", "done"],
            "default": "open",
            "set_by": "system",
        }
    texts = draft.of("string")
    numbers = draft.of("integer")
    if draw(st.booleans()) and texts and numbers:
        draft.fields[texts[0]]["unique_with"] = [numbers[0]]


def _reference(draw: st.DrawFn, entity: str) -> dict[str, Any]:
    how = draw(st.sampled_from(("restrict", "cascade", "clear")))
    required = how != "clear" and draw(st.booleans())
    immutable = draw(st.booleans())
    return {
        "type": "reference",
        "references": entity,
        "on_parent_delete": how,
        "required": required,
        "immutable": immutable,
    }


def _spec(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    spec: dict[str, Any] = {"type": kind, "required": draw(st.booleans()), "requirements": ["R1"]}
    if kind in NUMBERS:
        spec |= draw(
            st.sampled_from(
                ({}, {"minimum": 0}, {"minimum": 1, "maximum": 5}, {"exclusive_minimum": 0})
            )
        )
    elif kind in {"string", "text"}:
        spec |= draw(
            st.sampled_from(
                (
                    {},
                    {"max_length": 60},
                    {"min_length": 1, "max_length": 3},
                    {"pattern": "[A-Z]{2}-[0-9]{3}"},
                    {"unique": True},
                    {"unique": True, "case_insensitive": True},
                    {"secret": True},
                )
            )
        )
    elif kind == "enum":
        spec["choices"] = draw(
            st.sampled_from((["a", "b"], ["in", "out", "in/out"], ['q"uote', "b\\c", "ü"]))
        )
    elif kind in {"date", "datetime"} and draw(st.booleans()):
        now = "today()" if kind == "date" else "now()"
        spec[draw(st.sampled_from(("on_create", "on_update")))] = now
    if not spec["required"] and draw(st.booleans()):
        default = {"boolean": True, "integer": 2, "money": 2.5, "number": 1.5, "date": "2030-01-02"}
        if kind in default:
            spec["default"] = default[kind]
    return spec


def _worked_out(draw: st.DrawFn, draft: _Draft, drafts: list[_Draft]) -> None:
    """Draw fields that are worked out from others."""
    numbers = draft.of("integer", "number")
    if draw(st.booleans()) and numbers:
        draft.fields["doubled"] = {
            "type": draft.fields[numbers[0]]["type"],
            "computed": f"this.{numbers[0]} * 2",
            "required": False,
        }
    for other in drafts:
        for name, spec in list(other.fields.items()):
            if spec.get("references") == draft.name and draw(st.booleans()):
                draft.fields.setdefault(
                    f"{other.name.lower()}_count",
                    {
                        "type": "integer",
                        "computed": f"count({other.name}, {name} == this.id)",
                        "required": False,
                    },
                )


# --- rules ---------------------------------------------------------------------------------------


def _rules(draw: st.DrawFn, draft: _Draft, drafts: list[_Draft]) -> list[Rule]:
    options = [f"this.{name} != 3" for name in draft.of("integer")]
    options += [f"this.{name} >= now()" for name in draft.of("datetime")]
    options += [f"this.{name} <= today() + days(30)" for name in draft.of("date")]
    options += [f"this.{name} > old.{name} - 5" for name in draft.of("integer", "money")]
    options += [f"length(this.{name}) < 50" for name in draft.of("string", "strings")]
    options += [f"time(this.{name}) >= '08:00'" for name in draft.of("datetime")]
    for name, spec in draft.fields.items():
        target = next((d for d in drafts if d.name == spec.get("references")), None)
        if target is None:
            continue
        options.append(f"count({draft.name}, {name} == this.{name}) <= 3")
        way = navigation(name)
        options += [f"this.{way}.{n} > 1" for n in target.of("integer", "number", "money")]
        options += [
            f"not exists({draft.name}, {name} == this.{name}, id != this.id, {n} == this.{n})"
            for n in draft.of("date")
        ]
        options += [
            f"sum({draft.name}, {n}, {name} == this.{name}) <= 20" for n in draft.of("money")
        ]
    if not options:
        return []
    chosen = draw(st.lists(st.sampled_from(options), max_size=2, unique=True))
    on = [["create"], ["create", "update"], ["update"], ["delete"], ["finish", "create"]]
    return [
        Rule(
            name=f"rule_{number}",
            entity=draft.name,
            on=draw(st.sampled_from(on)),
            condition=text,
            message=draw(st.sampled_from(WORDS)),
            status=draw(st.sampled_from((409, 422, 403))),
            requirements=["R1"],
        )
        for number, text in enumerate(chosen)
    ]


# --- routes --------------------------------------------------------------------------------------


def _routes(draw: st.DrawFn, draft: _Draft, drafts: list[_Draft], *, auth: bool) -> list[Endpoint]:
    login = auth and (draft.owner is not None or draw(st.booleans()))
    access = Access(login=login)
    own = Access(
        login=login,
        own=draft.owner is not None,
        sees_all=["chief editor"] if auth and draw(st.booleans()) else [],
        foreign_status=draw(st.sampled_from((403, 404))),
    )
    chief = Access(login=True, roles=["chief editor"]) if auth and draw(st.booleans()) else own
    lookup = next((n for n, s in draft.fields.items() if s.get("unique") and s["required"]), "id")
    lookup = (
        lookup if draw(st.booleans()) and not draft.fields.get(lookup, {}).get("secret") else "id"
    )
    entity, path = draft.name, draft.path
    item = f"{path}/{{{draw(st.sampled_from(('id', 'class', 'itemId')))}}}"
    named: dict[str, Any] = {
        "entity": entity,
        "access": own,
        "lookup": lookup,
        "requirements": ["R1"],
    }
    found = [
        Endpoint(method="POST", path=path, kind="create", entity=entity, status=201, access=access),
        Endpoint(method="GET", path=item, kind="read", **named),
        Endpoint(method="PUT", path=item, kind="replace", **named),
        Endpoint(method="PATCH", path=item, kind="update", **named),
        Endpoint(
            method="DELETE", path=item, kind="delete", status=204, **named | {"access": chief}
        ),
        _list(draw, draft, own),
    ]
    kept = [e for e in found if e.kind in {"create", "list"} or draw(st.booleans())]
    kept += _nested(draw, draft, drafts, access, own)
    kept += _actions(draw, draft, item, named)
    return kept


def _list(draw: st.DrawFn, draft: _Draft, access: Access) -> Endpoint:
    params = []
    for name, spec in draft.fields.items():
        if "computed" in spec or spec.get("secret") or not draw(st.booleans()):
            continue
        if spec["type"] in {"enum", "boolean", "integer", "date"}:
            params.append(
                Param(
                    name=name,
                    type=spec["type"],
                    choices=spec.get("choices", []),
                    where=f"this.{name} == param.{name}",
                )
            )
        elif spec["type"] in {"string", "text", "strings"}:
            where = f"contains(this.{name}, param.find_{name})"
            params.append(Param(name=f"find_{name}", where=where))
    orderly = [n for n in (*draft.of(*PLAIN, "enum"), "id") if not n.startswith("find")]
    style = draw(st.sampled_from(("offset", "page", "none")))
    return Endpoint(
        method="GET",
        path=draft.path,
        kind="list",
        entity=draft.name,
        access=access,
        params=params,
        order_by=draw(
            st.lists(st.sampled_from([s + n for n in orderly for s in ("", "-")]), max_size=1)
        ),
        sortable=draw(st.lists(st.sampled_from(orderly), max_size=2, unique=True)),
        order_param=draw(st.sampled_from((None, "direction"))),
        pagination=Pagination(style=style, default_size=draw(st.sampled_from((5, 50)))),
        requirements=["R1"],
    )


def _nested(
    draw: st.DrawFn, draft: _Draft, drafts: list[_Draft], access: Access, own: Access
) -> list[Endpoint]:
    found = []
    for name, spec in draft.fields.items():
        above = next((d for d in drafts if d.name == spec.get("references")), None)
        if above is None or above is draft or spec.get("set_by") == "system":
            continue
        if not draw(st.booleans()):
            continue
        path = f"{above.path}/{{id}}/{draft.name.lower()}"
        parent = Parent(entity=above.name, path_param="id", field=name)
        shared: dict[str, Any] = {"entity": draft.name, "parent": parent, "path": path}
        found.append(Endpoint(method="GET", kind="list", access=own, **shared))
        found.append(Endpoint(method="POST", kind="create", status=201, access=access, **shared))
        break
    return found


def _actions(draw: st.DrawFn, draft: _Draft, item: str, named: dict[str, Any]) -> list[Endpoint]:
    if not draw(st.booleans()):
        return []
    params, effects = [], []
    if "state" in draft.fields:
        effects.append(Effect(target="state", value="'done'"))
    for name in draft.of("integer"):
        spec = draft.fields[name]
        if spec["required"] and not spec.keys() & {"minimum", "exclusive_minimum"}:
            params.append(Param(name="in", type="integer", required=True, minimum=1))
            effects.append(Effect(target=name, value=f"this.{name} + param.in"))
            break
    if not effects:
        return []
    name = draw(st.sampled_from(("finish", "class", "import")))
    return [
        Endpoint(
            method="POST",
            path=f"{item}/{name}",
            kind="action",
            name=name,
            params=params,
            effects=effects,
            **named,
        )
    ]


def _reports(draw: st.DrawFn, drafts: list[_Draft]) -> list[Endpoint]:
    draft = draw(st.sampled_from(drafts))
    returns = {"number": f"count({draft.name})"}
    returns |= {
        f"sum_{n}": f"sum({draft.name}, {n}_)"
        if n in {"class", "from", "is"}
        else f"sum({draft.name}, {n})"
        for n in draft.of("integer", "money", "number")
    }
    groups = draft.of("enum", "boolean", "date")
    if draw(st.booleans()) and groups:
        return [
            Endpoint(
                method="GET",
                path="/reports/groups",
                kind="report",
                entity=draft.name,
                group_by=f"this.{draw(st.sampled_from(groups))}",
                group_name="class",
                returns=returns,
            )
        ]
    if draw(st.booleans()):
        return [Endpoint(method="GET", path="/totals", kind="report", returns=returns)]
    return []
