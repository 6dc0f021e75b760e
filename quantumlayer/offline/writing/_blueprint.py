"""The design as the writers see it: tables and columns with the names they have in the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from quantumlayer.agents import Endpoint, Entity, FieldSpec, SystemDesign
from quantumlayer.agents.expressions import navigation
from quantumlayer.errors import DesignError
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._names import (
    ATTRIBUTES,
    CLASSES,
    MODULES,
    VARIABLES,
    Names,
    member,
    pascal,
    snake,
)
from quantumlayer.offline.writing._text import a, one_line

__all__ = ["Blueprint", "Column", "Table"]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A field of an entity, or its id.

    Attributes:
        entity: Name of the entity it belongs to.
        name: As it is spelled in JSON.
        attribute: Its name in the code.
        kind: Kind of its values.
        nullable: Whether a stored value can be None.
        spec: What the design says about it; None for the id.
        relation: For a reference: the attribute that holds the item referred to.
    """

    entity: str
    name: str
    attribute: str
    kind: Kind
    nullable: bool
    spec: FieldSpec | None = None
    relation: str | None = None

    @property
    def references(self) -> str | None:
        """Name of the entity that a reference, or a list of children, leads to."""
        return self.spec.references if self.spec is not None else None

    @property
    def computed(self) -> str | None:
        """The expression it is worked out by, if it is not stored."""
        return self.spec.computed if self.spec is not None else None

    @property
    def children(self) -> bool:
        """Whether it is a list of another entity's items."""
        return self.kind is Kind.CHILDREN

    @property
    def stored(self) -> bool:
        """Whether the table has a column for it."""
        return self.computed is None and not self.children

    @property
    def reference(self) -> bool:
        """Whether its value is the id of another item."""
        return self.relation is not None

    @property
    def from_client(self) -> bool:
        """Whether a client may send it."""
        return (
            self.spec is not None
            and self.spec.set_by == "client"
            and self.spec.computed is None
            and not self.set_by_design
        )

    @property
    def set_by_design(self) -> bool:
        """Whether its value at creation or at a change is worked out, whatever a client sends."""
        spec = self.spec
        return spec is not None and not (spec.on_create is None and spec.on_update is None)


@dataclass(frozen=True, eq=False)
class Table:
    """An entity with the names it has in the code.

    Attributes:
        entity: What the design says about it.
        model: Name of the class.
        table: Name of the table.
        variable: Name of a variable that holds one item.
        module: Name of its router's module.
        columns: The id, the fields in the design's order, then links to parents, by JSON name.
        links: For every list of children: the child's column that holds the parent's id.
        stored_columns: The columns that the table has, without the id.
    """

    entity: Entity
    model: str
    table: str
    variable: str
    module: str
    columns: Mapping[str, Column]
    links: dict[str, Column]
    stored_columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Name of the entity."""
        return self.entity.name

    @property
    def id(self) -> Column:
        """The column of the id."""
        return self.columns["id"]

    @property
    def label(self) -> str:
        """What one item is called in prose: stock movement."""
        return one_line(self.entity.label) or self.variable.replace("_", " ")

    @property
    def a_label(self) -> str:
        """The label with its article: a stock movement."""
        return a(self.label)

    @property
    def plural(self) -> str:
        """What several items are called in prose."""
        return one_line(self.entity.plural) or f"{self.label}s"

    @property
    def owner(self) -> Column | None:
        """The reference to the user that an item belongs to."""
        return None if self.entity.owner is None else self.columns[self.entity.owner]

    @cached_property
    def keys(self) -> list[list[str]]:
        """The fields whose values are unique, alone or together."""
        found: list[list[str]] = []
        for column in self.stored_columns:
            if column.spec is not None and column.spec.unique:
                found.append([column.name])
            if column.spec is not None and column.spec.unique_with:
                found.append([column.name, *column.spec.unique_with])
        return found


class Blueprint:
    """All tables of a design, by the name of their entity.

    Raises:
        DesignError: An entity is owned through no reference to the users, or a list of children
            refers to its own entity.
    """

    def __init__(self, design: SystemDesign) -> None:
        self.design = design
        self._links = {link.name: link for link in _links(design)}
        models, tables, modules = (
            Names(CLASSES),
            Names(),
            Names(MODULES),
        )
        variables = Names(VARIABLES)
        self.tables: dict[str, Table] = {}
        for entity in design.entities:
            plural = snake(
                one_line(entity.plural).encode("ascii", "ignore").decode() or entity.name
            )
            module = modules.take(plural, suffix="_items")
            columns = self._columns(entity)
            self.tables[entity.name] = Table(
                entity=entity,
                model=models.take(pascal(entity.name), f"{pascal(entity.name)}Record"),
                table=tables.take(plural, suffix="_items"),
                variable=variables.take(snake(entity.name), f"{snake(entity.name)}_item"),
                module=module,
                columns=columns,
                links={},
                stored_columns=tuple(c for c in columns.values() if c.stored and c.spec),
            )
        for link in self._links.values():
            parent, child = self.tables[link.parent], self.tables[link.child]
            parent.links[link.field] = child.columns[link.column]

    def table(self, entity: str | None) -> Table:
        """Return the table of an entity; DesignError for an endpoint that names none."""
        if entity is None:
            raise DesignError("an endpoint of this kind", "it names no entity")
        return self.tables[entity]

    @property
    def users(self) -> Table | None:
        """The table of those who log in."""
        auth = self.design.auth
        return None if auth is None else self.tables[auth.entity]

    def owner_path(self, entity: str) -> tuple[Column, ...]:
        """Return the references that lead from an item to the user it belongs to.

        Where the entity names no owner, its first reference to an entity that is owned counts: a
        task belongs to whom its project belongs to. Empty where nobody owns it.
        """
        return self._owner_path(entity, frozenset())

    def _owner_path(self, entity: str, seen: frozenset[str]) -> tuple[Column, ...]:
        users = self.design.auth and self.design.auth.entity
        table = self.tables[entity]
        if entity == users or entity in seen:
            return ()
        if table.owner is not None:
            return (table.owner,)
        for column in table.columns.values():
            if column.reference and column.references is not None:
                rest = self._owner_path(column.references, seen | {entity})
                if rest:
                    return (column, *rest)
        return ()

    def parts_of(self, entity: str) -> Column | None:
        """Return the link to the parent where items of an entity live inside another's."""
        for table in self.tables.values():
            for link in table.links.values():
                if link.entity == entity:
                    return link
        return None

    # --- columns ---------------------------------------------------------------------------------

    def _columns(self, entity: Entity) -> dict[str, Column]:
        names = Names(ATTRIBUTES | {"id"})
        columns = {"id": Column(entity.name, "id", "id", Kind.INTEGER, nullable=False)}
        specs = [*entity.fields, *self._synthetic(entity)]
        secret = self.design.auth.password_field if self.design.auth else ""
        user = self.design.auth is not None and self.design.auth.entity == entity.name
        attributes = {}
        for spec in specs:  # attributes first: a relation gives way to a field of its name
            wish = member(spec.name)
            if spec.type == "reference" and snake(navigation(spec.name)) == wish:
                wish = f"{wish}_id"
            if user and spec.name == secret:
                wish = f"{wish}_hash"
            attributes[spec.name] = names.take(wish)
        for spec in specs:
            relation = None
            if spec.type == "reference":
                wish = snake(navigation(spec.name))
                relation = names.take(wish, f"{wish}_item")
            columns[spec.name] = Column(
                entity.name,
                spec.name,
                attributes[spec.name],
                kind_of(spec),
                self._nullable(entity, spec),
                spec,
                relation,
            )
        return columns

    def _synthetic(self, entity: Entity) -> list[FieldSpec]:
        """Make the link of a child that has no reference to its parent of its own."""
        known = {spec.name for spec in entity.fields}
        return [
            FieldSpec(name=link.column, type="reference", references=link.parent, set_by="system")
            for link in self._links.values()
            if link.child == entity.name and link.column not in known
        ]

    def _nullable(self, entity: Entity, spec: FieldSpec) -> bool:
        """Tell whether any way to create an item leaves the field empty."""
        always = (
            spec.default is not None
            or spec.on_create is not None
            or (spec.on_update is not None and spec.required)
            or spec.type in {"children", "strings"}
        )
        if always:
            return False
        if spec.name == entity.owner or any(
            link.child == entity.name and link.column == spec.name for link in self._links.values()
        ):
            return not spec.required
        if spec.set_by == "client" and not spec.required:
            return True
        ways = list(self._creators(entity))
        given = [spec.name in way or (spec.set_by == "client" and "*" in way) for way in ways]
        return not all(given) if ways else spec.set_by == "system"

    def _creators(self, entity: Entity) -> Iterator[set[str]]:
        """Yield, for every way to create an item, what it sets; `*` is all that clients send."""
        for endpoint in self.design.endpoints:
            if endpoint.entity == entity.name and endpoint.kind in {"create", "signup"}:
                yield self._set_by(endpoint)
            for creation in endpoint.creates:
                if creation.entity == entity.name:
                    yield set(creation.values)
        if any(link.child == entity.name for link in self._links.values()):
            yield {"*"}

    @staticmethod
    def _set_by(endpoint: Endpoint) -> set[str]:
        own = {effect.target for effect in endpoint.effects if effect.entity is None}
        parent = {endpoint.parent.field} if endpoint.parent is not None else set()
        return {*(endpoint.body if endpoint.body is not None else ["*"]), *own, *parent}


@dataclass(frozen=True, slots=True)
class _Link:
    """A list of children, and the child's reference to the parent."""

    parent: str
    field: str
    child: str
    column: str

    @property
    def name(self) -> tuple[str, str]:
        return (self.parent, self.field)


def _links(design: SystemDesign) -> Iterator[_Link]:
    for entity in design.entities:
        for spec in entity.fields:
            if spec.type != "children" or spec.references is None:
                continue
            child = design.entity(spec.references)
            if child is entity:
                raise DesignError(f"{entity.name}.{spec.name}", "an item cannot be its own part")
            found = (
                field.name
                for field in child.fields
                if field.type == "reference" and field.references == entity.name
            )
            yield _Link(entity.name, spec.name, child.name, next(found, f"{snake(entity.name)}_id"))
