"""Writes the tables: one mapped class for each entity."""

from __future__ import annotations

from quantumlayer.offline.writing._binding import Binder
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import Scope, Value
from quantumlayer.offline.writing._kinds import Kind
from quantumlayer.offline.writing._names import Names
from quantumlayer.offline.writing._python import PythonWriter, constant
from quantumlayer.offline.writing._source import Module, block, tidy
from quantumlayer.offline.writing._sql import SqlWriter
from quantumlayer.offline.writing._text import docstring, literal
from quantumlayer.offline.writing._values import coerced

__all__ = ["ANNOTATIONS", "default_code", "models"]

ANNOTATIONS = {
    Kind.INTEGER: "int",
    Kind.NUMBER: "float",
    Kind.MONEY: "Decimal",
    Kind.BOOLEAN: "bool",
    Kind.TEXT: "str",
    Kind.DATE: "dt.date",
    Kind.TIME: "dt.time",
    Kind.DATETIME: "dt.datetime",
    Kind.STRINGS: "list[str]",
}
"""What values of a kind are in Python."""
_SPECIAL = {Kind.DATETIME: "UtcDateTime", Kind.MONEY: "MONEY", Kind.STRINGS: "JSON"}
"""Column types where SQLAlchemy's own choice would not do."""


def models(binder: Binder) -> Module:
    """Write `app/models.py`."""
    blueprint = binder.blueprint
    order = _ordered(list(blueprint.tables.values()))
    seen: set[str] = set()
    classes = []
    for table in order:
        classes.append(_Class(binder, table, frozenset(seen)).write())
        seen.add(table.name)
    kinds = {column.kind for table in order for column in table.stored_columns}
    return Module(
        "app/models.py",
        "What is stored: one class for each table",
        block(_base(kinds), classes, _mapped_later(binder, order)),
        tuple(dict.fromkeys(r for table in order for r in table.entity.requirements)),
    )


def _base(kinds: set[Kind]) -> str:
    types = [f"{ANNOTATIONS[kind]}: {name}" for kind, name in _SPECIAL.items() if kind in kinds]
    lines = [
        "class Base(DeclarativeBase):",
        '    """Base of all tables; constraints are named so that migrations can find them."""',
        "",
        "    metadata = MetaData(",
        "        naming_convention={",
        '            "ix": "ix_%(table_name)s_%(column_0_N_name)s",',
        '            "uq": "uq_%(table_name)s_%(column_0_N_name)s",',
        '            "fk": "fk_%(table_name)s_%(column_0_N_name)s",',
        '            "pk": "pk_%(table_name)s",',
        "        }",
        "    )",
    ]
    if types:
        lines.append(f"    type_annotation_map: ClassVar = {{{', '.join(types)}}}")
    return "\n".join(lines)


def _ordered(tables: list[Table]) -> list[Table]:
    """Put tables behind those they refer to, as far as that goes."""
    done: dict[str, Table] = {}
    waiting = list(tables)
    while waiting:
        ready = next((table for table in waiting if _needs(table) <= set(done)), waiting[0])
        waiting.remove(ready)
        done[ready.name] = ready
    return list(done.values())


def _needs(table: Table) -> set[str | None]:
    return {column.references for column in table.columns.values() if column.reference} - {
        table.name
    }


def _default(column: Column) -> str | None:
    """Write a column's default as Python, if it has one."""
    if column.spec is None or column.spec.default is None:
        return None
    return default_code(column.kind, column.spec.default)


def default_code(kind: Kind, default: object) -> str:
    """Write a default of the design as a Python value of its kind."""
    if kind is Kind.STRINGS:
        return literal(default)
    return constant(Value(coerced(kind, default), kind))


class _Class:
    """Writes one mapped class."""

    def __init__(self, binder: Binder, table: Table, before: frozenset[str]) -> None:
        self._binder = binder
        self._table = table
        self._before = before

    def write(self) -> str:
        table = self._table
        columns = list(table.columns.values())
        lines = [
            f"class {table.model}(Base):",
            f"    {docstring(table.a_label, indent=4)}",
            "",
            f'    __tablename__ = "{table.table}"',
        ]
        lines += ["", "    id: Mapped[int] = mapped_column(primary_key=True)"]
        lines += [self._column(column) for column in table.stored_columns]
        lines += self._constraints()
        relations = [self._relation(column) for column in columns if column.reference]
        relations += [self._children(column) for column in columns if column.children]
        if relations:
            lines += ["", *relations]
        later = [column for column in columns if self._later(column)]
        if later:
            lines += ["", "    if TYPE_CHECKING:  # mapped below, where all tables are known"]
            lines += [f"        {c.attribute}: Mapped[{self._annotation(c)}]" for c in later]
        properties = [
            self._property(column)
            for column in columns
            if column.computed is not None and not self._later(column)
        ]
        return "\n".join(lines + properties)

    def _later(self, column: Column) -> bool:
        return column.computed is not None and self._binder.aggregated(column)

    def _annotation(self, column: Column) -> str:
        plain = ANNOTATIONS[column.kind]
        this = Scope("this", column.entity)
        nullable = self._binder.attribute(this, column).nullable
        return f"{plain} | None" if nullable else plain

    def _column(self, column: Column) -> str:
        spec = column.spec
        options: list[str] = []
        if spec is not None and spec.type in {"string", "enum"} and spec.max_length:
            options.append(f"String({spec.max_length})")
        if column.reference:
            target = self._binder.blueprint.table(column.references).table
            options.append(f"ForeignKey({literal(f'{target}.id')}{self._on_delete(column)})")
        default = _default(column)
        if default is not None:
            made = f"lambda: {default}" if column.kind is Kind.STRINGS else default
            options.append(f"default={'list' if default == '[]' else made}")
        elif column.kind is Kind.STRINGS:
            options.append("default=list")
        if spec is not None and spec.unique and not spec.case_insensitive:
            options.append("unique=True")
        elif column.reference:
            options.append("index=True")
        indexed = spec is not None and (spec.case_insensitive or spec.unique_with)
        named = indexed or column.name in self._indexed_with()
        value = f" = mapped_column({', '.join(options)})" if options or named else ""
        return f"    {column.attribute}: Mapped[{self._annotation(column)}]{value}"

    def _indexed_with(self) -> set[str]:
        """Return the fields that stand in an index with others: their names have to be there."""
        return {
            name
            for column in self._table.stored_columns
            if column.spec is not None
            for name in column.spec.unique_with
        }

    def _on_delete(self, column: Column) -> str:
        link = self._binder.blueprint.parts_of(column.entity)
        if link is column or (column.spec and column.spec.on_parent_delete == "cascade"):
            return ', ondelete="CASCADE"'
        if column.spec and column.spec.on_parent_delete == "clear" and column.nullable:
            return ', ondelete="SET NULL"'
        return ""

    def _constraints(self) -> list[str]:
        made: dict[frozenset[str], str] = {}
        for column in self._table.stored_columns:
            spec = column.spec
            if spec is None:
                continue
            together = [self._table.columns[name] for name in spec.unique_with]
            if spec.unique_with:
                names = [column, *together]
                key = frozenset(part.attribute for part in names)
                if any(part.spec is not None and part.spec.case_insensitive for part in names):
                    made.setdefault(key, self._lower_index(names))
                else:
                    listed = ", ".join(literal(part.attribute) for part in names)
                    made.setdefault(key, f"UniqueConstraint({listed})")
            if spec.unique and spec.case_insensitive:
                made.setdefault(frozenset({column.attribute}), self._lower_index([column]))
        if not made:
            return []
        return ["", f"    __table_args__ = ({', '.join(made.values())},)"]

    def _lower_index(self, columns: list[Column]) -> str:
        parts = [
            f"func.lower({part.attribute})"
            if part.spec is not None and part.spec.case_insensitive
            else part.attribute
            for part in columns
        ]
        name = "_".join(["uq", self._table.table, *(part.attribute for part in columns)])[:60]
        return f"Index({literal(name)}, {', '.join(parts)}, unique=True)"

    def _relation(self, column: Column) -> str:
        target = self._binder.blueprint.table(column.references)
        model = target.model if target.name in self._before else f'"{target.model}"'
        if column.nullable:
            model = f"{model} | None" if target.name in self._before else f'"{target.model} | None"'
        options = []
        several = [
            c for c in self._table.columns.values() if c.references == target.name and c.reference
        ]
        back = any(
            c.reference and c.references == self._table.name for c in target.columns.values()
        )
        if len(several) > 1 or back:
            options.append(f"foreign_keys=[{column.attribute}]")
        if target.name == self._table.name:
            options.append("remote_side=[id]")
        for field, link in target.links.items():
            if link is column:
                options.append(f'back_populates="{target.columns[field].attribute}"')
        if self._eager(column):
            options.append('lazy="selectin"')
        return f"    {column.relation}: Mapped[{model}] = relationship({', '.join(options)})"

    def _eager(self, column: Column) -> bool:
        """Tell whether a property follows the reference, so that lists load it at once."""
        return any(
            column in attribute.hops[:1]
            for other in self._table.columns.values()
            if other.computed is not None and not self._later(other)
            for attribute in self._binder.reads(other)
        )

    def _children(self, column: Column) -> str:
        child = self._binder.blueprint.table(column.references)
        link = self._table.links[column.name]
        several = [
            c for c in child.columns.values() if c.references == self._table.name and c.reference
        ]
        back = any(c.reference and c.references == child.name for c in self._table.columns.values())
        keys = (
            f', foreign_keys="{child.model}.{link.attribute}"' if len(several) > 1 or back else ""
        )
        return (
            f'    {column.attribute}: Mapped[list["{child.model}"]] = relationship('
            f'back_populates="{link.relation}", cascade="all, delete-orphan", '
            f'order_by="{child.model}.id", lazy="selectin"{keys})'
        )

    def _property(self, column: Column) -> str:
        writer = PythonWriter(self._binder, {Scope("this", column.entity): "self"})
        code = tidy(writer.value(self._binder.computed(column)))
        text = column.spec.description if column.spec is not None else ""
        doc = docstring(text or f"{column.attribute.replace('_', ' ')}, worked out", indent=8)
        return (
            f"\n    @property\n    def {column.attribute}(self) -> {self._annotation(column)}:\n"
            f"        {doc}\n        return {code}"
        )


def _mapped_later(binder: Binder, tables: list[Table]) -> list[str]:
    """Write the computed columns that count or sum up other tables."""
    lines: list[str] = []
    for table in tables:
        for column in table.columns.values():
            if column.computed is None or not binder.aggregated(column):
                continue
            this = Scope("this", table.name)
            python = PythonWriter(binder, {}, taken=Names({t.model for t in tables}))
            sql = SqlWriter(python, {this: table.model}, inline=True)
            node = binder.computed(column)
            code = sql.selected(node)
            lines += python.before
            lines.append(f"{table.model}.{column.attribute} = column_property({tidy(code)})")
    return ["\n".join(lines)] if lines else []
