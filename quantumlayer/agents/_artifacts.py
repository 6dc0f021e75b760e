"""The artifacts that agents hand on, and what each field of them means.

    text → Requirements → SystemDesign → SourceTree (service), SourceTree (tests), Deployment
                                       → TestReport → QuantumCapsule

Artifacts cross the wire and are written by language models, so they are pydantic models: their JSON
schema is what a model is asked for, their validation is what its answer has to pass. Behaviour
is written as expressions, see `quantumlayer.agents.expressions`.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from quantumlayer.agents import expressions
from quantumlayer.agents._resolve import check_design
from quantumlayer.messages import Finding, Verdict

__all__ = [
    "Access",
    "Assignment",
    "Auth",
    "Component",
    "Conflict",
    "Coverage",
    "Decision",
    "Deployment",
    "Effect",
    "Endpoint",
    "Entity",
    "FieldSpec",
    "Pagination",
    "Param",
    "Parent",
    "Requirement",
    "Requirements",
    "RequirementsDocument",
    "Rule",
    "SourceFile",
    "SourceTree",
    "SystemDesign",
    "TestReport",
    "TestTrace",
]


def _safe_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if (
        not re.fullmatch(r"[A-Za-z0-9_.\-/]{1,200}", path)
        or path.startswith("/")
        or any(part in {"", ".", ".."} or part.endswith(".") for part in path.split("/"))
        or parts[0] == ".capsule"
    ):
        msg = f"{path!r} is no safe relative path (letters, digits, '_', '-', '.'; no '..')"
        raise ValueError(msg)
    return path


Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
"""A name that is safe as a file name, a package name and a Kubernetes name."""
ClassName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=60)]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
SafePath = Annotated[str, AfterValidator(_safe_path)]
Expression = Annotated[str, AfterValidator(expressions.well_formed)]
RequirementIds = list[str]


class Artifact(BaseModel):
    """Base of all artifacts: frozen, and strict about names, so that a typo is an error."""

    # Deferred: building all validators takes 80 ms, and most programs need few of them.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# --- requirements --------------------------------------------------------------------------------


class RequirementsDocument(Artifact):
    """What somebody wants, in their own words."""

    text: str = Field(min_length=1)


class Requirement(Artifact):
    """One statement of the document."""

    id: str = Field(pattern=r"^R[1-9][0-9]*$", description="R1, R2, … in the document's order")
    text: str = Field(min_length=1, description="the source sentence, as it stands in the document")
    kind: Literal["sentence", "item", "row", "example"] = Field(
        default="sentence", description="prose, list item, table row, or a code block (JSON, HTTP)"
    )
    section: str = Field(
        default="", description="headings above it, outermost first, joined by ' > '"
    )
    parent: str | None = Field(
        default=None,
        description="id of the statement that introduces this one (list item, example)",
    )
    cells: dict[str, str] = Field(
        default_factory=dict, description="for a row: cell text by column heading"
    )


class Conflict(Artifact):
    """Two statements that cannot both hold."""

    requirements: RequirementIds = Field(min_length=2)
    reason: str


class Requirements(Artifact):
    """A document, taken apart into numbered statements. Nothing of it is left out."""

    name: Slug = Field(description="short name of the software, for files and packages")
    title: str = Field(min_length=1, max_length=200)
    summary: str = Field(description="what it is for, in one or two sentences")
    items: list[Requirement] = Field(min_length=1)
    conflicts: list[Conflict] = []


# --- design --------------------------------------------------------------------------------------

ValueType = Literal[
    "string",
    "text",
    "integer",
    "number",
    "money",
    "boolean",
    "date",
    "time",
    "datetime",
    "email",
    "url",
    "enum",
    "reference",
    "strings",
    "children",
]
"""`money` is a decimal with two places that travels as a JSON number; `strings` is a list of
strings; `children` is a list of another entity's objects, written and read inside their parent."""


class FieldSpec(Artifact):
    """A field of an entity, or of an action's body.

    `required` is about the client: the field has to be in the body of a create or replace. A field
    that is not required and has no default is nullable. Fields with `set_by="system"`, `computed`
    or `on_create` are never read from a body.
    """

    name: FieldName = Field(description="as it is spelled in JSON")
    type: ValueType
    description: str = ""
    required: bool = True
    default: Any = Field(default=None, description="JSON value used when the client leaves it out")
    set_by: Literal["client", "system"] = "client"
    on_create: Expression | None = Field(
        default=None, description="value at creation: now(), days(14) …"
    )
    on_update: Expression | None = Field(default=None, description="value at every change: now()")
    computed: Expression | None = Field(
        default=None, description="worked out whenever it is read, not stored"
    )
    unique: bool = False
    unique_with: list[FieldName] = Field(
        default=[], description="unique together with these fields"
    )
    case_insensitive: bool = Field(
        default=False, description="unique and searched without regard to case"
    )
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = Field(
        default=None, description="regular expression the whole value matches"
    )
    choices: list[str] = Field(default=[], description="for enum: the values, in order")
    references: ClassName | None = Field(
        default=None, description="for reference and children: the other entity"
    )
    on_parent_delete: Literal["restrict", "cascade", "clear"] = Field(
        default="restrict",
        description="for reference: what happens when the referenced item is deleted",
    )
    immutable: bool = Field(default=False, description="cannot be changed once created")
    secret: bool = Field(
        default=False, description="never in a response; passwords are stored hashed"
    )
    requirements: RequirementIds = []


class Entity(Artifact):
    """A thing that is stored. Every entity has an integer `id` besides its fields."""

    name: ClassName = Field(description="singular: StockMovement")
    label: str = Field(description="as the document says it: stock movement")
    plural: str = Field(description="plural of the label: stock movements")
    path: str = Field(pattern=r"^/[A-Za-z0-9_\-/{}]*$", description="of its collection")
    fields: list[FieldSpec]
    owner: FieldName | None = Field(
        default=None,
        description="the reference to the user it belongs to, set from the caller's token",
    )
    requirements: RequirementIds = []


class Access(Artifact):
    """Who may call an endpoint."""

    login: bool = Field(default=False, description="needs a valid token, otherwise 401")
    roles: list[str] = Field(
        default=[], description="only users with one of these roles, otherwise 403"
    )
    own: bool = Field(default=False, description="only items whose owner is the caller")
    sees_all: list[str] = Field(default=[], description="roles for whom `own` does not count")
    foreign_status: Literal[403, 404] = Field(
        default=404, description="answer for somebody else's item"
    )


class Param(Artifact):
    """A query parameter, or a field of an action's body."""

    name: FieldName
    type: ValueType = "string"
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    choices: list[str] = []
    references: ClassName | None = None
    where: Expression | None = Field(
        default=None, description="for a list: the condition on an item when the parameter is given"
    )
    description: str = ""
    requirements: RequirementIds = []


class Parent(Artifact):
    """The item under which a nested collection lives: /members/{id}/loans."""

    entity: ClassName
    path_param: str = Field(description="name in the path, without braces")
    lookup: FieldName = Field(default="id", description="field of the parent that the path names")
    field: FieldName = Field(description="the reference on the nested entity")


class Pagination(Artifact):
    """How a list is cut into pages.

    `offset`: a JSON array, with `limit`, `offset` and the header `X-Total-Count`.
    `page`: an object, with the parameter and member names given here.
    `none`: a JSON array of everything.
    """

    style: Literal["offset", "page", "none"] = "offset"
    page_param: str = "page"
    size_param: str = "page_size"
    default_size: int = 50
    maximum_size: int = 200
    items_member: str = "items"
    total_member: str = "total"
    page_member: str | None = "page"
    size_member: str | None = "page_size"


class Effect(Artifact):
    """An assignment: `status` becomes 'cancelled', `account.balance` becomes a value.

    With `entity` it is made on every item of that entity that meets `where`. The target and the
    bare names are then seen from those items, and `this.x` is the item that the endpoint works on.
    """

    target: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$",
        description="a field of the item, or of an item it refers to",
    )
    value: Expression
    entity: ClassName | None = Field(default=None, description="none: the item at hand")
    where: Expression | None = Field(default=None, description="which items of `entity`")


class Creation(Artifact):
    """An item of another entity that an action or a create stores as well: a log entry."""

    entity: ClassName
    values: dict[FieldName, Expression] = Field(description="fields without a value take defaults")


class Include(Artifact):
    """A list inside an answer: the items of `entity` whose reference `field` is the item."""

    name: FieldName = Field(description="the member that holds the list")
    entity: ClassName
    field: FieldName
    where: Expression | None = None
    order_by: list[str] = []
    shows: list[FieldName] | None = Field(default=None, description="fields, if not all")


class Rule(Artifact):
    """A condition that a change has to keep; otherwise the change is refused.

    The condition is evaluated on the item as it will be after a create or update, and as it is
    before an action or a delete.
    """

    name: FieldName = Field(description="snake_case, such as no_overlap")
    entity: ClassName
    on: list[str] = Field(
        min_length=1,
        description="create, update, delete, or names of actions (cancel) and of named creates",
    )
    condition: Expression
    message: str = Field(description="what the client reads when it is broken")
    status: int = 409
    requirements: RequirementIds = []


class Endpoint(Artifact):
    """One method on one path.

    `first` answers the first item that a list would show, or 404. An action whose path has no
    parameter works on the first item by `where` and `order_by`, or answers `missing_status`.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str = Field(pattern=r"^/[A-Za-z0-9_\-/{}.]*$")
    kind: Literal[
        "create",
        "list",
        "read",
        "replace",
        "update",
        "delete",
        "first",
        "action",
        "redirect",
        "report",
        "signup",
        "login",
        "me",
    ]
    entity: ClassName | None = Field(
        default=None, description="what it works on; none for some reports"
    )
    name: FieldName | None = Field(
        default=None, description="for an action: cancel; for a list: overdue"
    )
    lookup: FieldName = Field(default="id", description="field that the last path parameter names")
    parent: Parent | None = None
    params: list[Param] = Field(default=[], description="query parameters; for an action its body")
    where: Expression | None = Field(
        default=None, description="which items the list or read shows at all"
    )
    order_by: list[str] = Field(
        default=[], description="field names, with '-' in front for descending"
    )
    sortable: list[FieldName] = Field(default=[], description="fields a client may sort by")
    sort_param: str = "sort"
    order_param: str | None = Field(
        default=None, description="takes asc or desc; none: '-' in front"
    )
    pagination: Pagination = Pagination()
    body: list[FieldName] | None = Field(default=None, description="fields it takes, if not all")
    shows: list[FieldName] | None = Field(
        default=None, description="fields it answers with, if not all"
    )
    effects: list[Effect] = Field(
        default=[], description="what an action, create or redirect changes, in this order"
    )
    creates: list[Creation] = Field(
        default=[], description="what an action or create stores besides, after the effects"
    )
    includes: list[Include] = Field(default=[], description="lists inside the answer")
    group_by: Expression | None = Field(
        default=None, description="for a report: one row for each value"
    )
    group_name: str = Field(
        default="group", description="for a report: member that holds that value"
    )
    returns: dict[str, Expression] = Field(
        default_factory=dict, description="for a report: value by member"
    )
    status: int = Field(200, description="when it worked")
    missing_status: Literal[404, 409] = Field(
        default=404, description="for an action without an id that finds no item"
    )
    invalid_status: Literal[400, 422] = Field(422, description="for a body that does not fit")
    access: Access = Access()
    description: str = ""
    requirements: RequirementIds = []


class Auth(Artifact):
    """How users sign up and log in; the token is a JWT sent as a bearer."""

    entity: ClassName = "User"
    login_field: FieldName = "email"
    password_field: FieldName = "password"  # noqa: S105 -- a field's name
    token_member: str = "access_token"  # noqa: S105 -- a member's name
    token_minutes: int = 60 * 24
    role_field: FieldName | None = None
    requirements: RequirementIds = []


class Component(Artifact):
    """A part of the system and what it is made with."""

    name: str
    technology: str
    responsibility: str


class Decision(Artifact):
    """Something the document left open, and how it was settled."""

    text: str
    reason: str
    requirements: RequirementIds = []


class Coverage(Artifact):
    """What becomes of one requirement.

    `context` is for statements that ask for nothing, such as a greeting or the story behind it.
    """

    requirement: str
    text: str = Field(default="", description="the source sentence, for those who read the code")
    status: Literal["implemented", "assumed", "not_implemented", "context"]
    note: str = Field(default="", description="the assumption, or why it is not implemented")


class SystemDesign(Artifact):
    """The service to be built, complete enough to write it from this alone."""

    name: Slug
    title: str
    summary: str
    entities: list[Entity]
    endpoints: list[Endpoint]
    rules: list[Rule] = []
    auth: Auth | None = None
    components: list[Component] = []
    decisions: list[Decision] = []
    coverage: list[Coverage] = []

    @model_validator(mode="after")
    def _names_resolve(self) -> SystemDesign:
        check_design(self)
        return self

    def entity(self, name: str) -> Entity:
        """Find an entity by its class name; KeyError where there is none."""
        for entity in self.entities:
            if entity.name == name:
                return entity
        raise KeyError(name)


# --- source --------------------------------------------------------------------------------------


class SourceFile(Artifact):
    """One text file."""

    path: SafePath
    content: str
    executable: bool = False
    requirements: RequirementIds = Field(default=[], description="what this file implements")


class TestTrace(Artifact):
    """The tests that fail when a requirement is not met."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    requirement: str
    tests: list[str] = Field(min_length=1, description="pytest node ids: tests/test_a.py::test_b")


class SourceTree(Artifact):
    """Files of the service, or of its tests."""

    files: list[SourceFile] = Field(min_length=1)
    traces: list[TestTrace] = Field(
        default=[], description="for tests: which requirement each holds"
    )

    @model_validator(mode="after")
    def _paths_differ(self) -> SourceTree:
        _refuse_twins(self.files)
        return self


class Deployment(Artifact):
    """Files that build, ship and run the service."""

    files: list[SourceFile] = Field(min_length=1)

    @model_validator(mode="after")
    def _paths_differ(self) -> Deployment:
        _refuse_twins(self.files)
        return self


def _refuse_twins(files: list[SourceFile]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        folded = file.path.casefold()
        if folded in seen:
            msg = f"{file.path!r} and {seen[folded]!r} are the same file on some systems"
            raise ValueError(msg)
        seen[folded] = file.path


# --- validation ----------------------------------------------------------------------------------


class TestReport(Artifact):
    """What the validation saw."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    level: str = Field(description="the isolation level that was measured: L2, L3, …")
    verdicts: list[Verdict]
    passed_tests: list[str] = Field(default=[], description="pytest node ids")

    @property
    def ok(self) -> bool:
        """Whether every check passed; an unknown verdict is no pass."""
        return bool(self.verdicts) and all(each.outcome == "PASS" for each in self.verdicts)

    @property
    def findings(self) -> list[Finding]:
        """What all checks found, in the order of the checks."""
        return [finding for verdict in self.verdicts for finding in verdict.findings]


class Assignment(Artifact):
    """What Developer, QAEngineer and DevOpsEngineer are given: the design, and what to mend.

    Attributes:
        design: The service to be built.
        previous: The files of the round before, empty in the first round.
        findings: What the checks found in them.
    """

    design: SystemDesign
    previous: list[SourceFile] = []
    findings: list[Finding] = []
