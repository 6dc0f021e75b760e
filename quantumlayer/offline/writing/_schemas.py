"""Writes the bodies: what clients send and what they get."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic.alias_generators import to_camel

from quantumlayer.agents import Endpoint, FieldSpec, Include, Pagination, Param
from quantumlayer.offline.writing._binding import Binder
from quantumlayer.offline.writing._blueprint import Column, Table
from quantumlayer.offline.writing._bound import Scope
from quantumlayer.offline.writing._constraints import input_type, rust_reads
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._models import ANNOTATIONS, default_code
from quantumlayer.offline.writing._names import ATTRIBUTES, CLASSES, Names, member, pascal
from quantumlayer.offline.writing._source import Module, block
from quantumlayer.offline.writing._text import docstring, literal

__all__ = ["Field", "Schemas", "include_attribute", "schema_attribute"]


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a schema: the name in the code, the name in JSON, the type, the default."""

    attribute: str
    name: str
    type: str
    default: str | None = None


@dataclass(slots=True)
class _Schema:
    name: str
    base: str
    doc: str
    fields: list[Field]
    checks: list[str] = field(default_factory=list)


def schema_attribute(column: Column, secret: str | None) -> str:
    """Return what a column is called in schemas; only a password differs from its hash."""
    if secret is not None and column.name == secret:
        return column.attribute.removesuffix("_hash")
    return column.attribute


class Schemas:
    """Hands out the schemas that routes ask for, each shape once, and writes them."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._blueprint = binder.blueprint
        models = {table.model for table in self._blueprint.tables.values()}
        self._names = Names(CLASSES | models)
        self._schemas: dict[object, _Schema] = {}
        self._choices: dict[str, tuple[str, ...]] = {}
        auth = self._blueprint.design.auth
        self._secret = (auth.entity, auth.password_field) if auth is not None else ("", "")
        self._camel = self._mostly_camel()
        self._python_patterns = not all(map(rust_reads, self._patterns()))

    @property
    def names(self) -> Iterable[str]:
        """Names of everything that was written."""
        return [*(schema.name for schema in self._schemas.values()), *self._choices]

    def attribute(self, column: Column) -> str:
        """Return what a column is called in schemas."""
        entity, secret = self._secret
        return schema_attribute(column, secret if column.entity == entity else None)

    # --- bodies ----------------------------------------------------------------------------------

    def body(self, table: Table, columns: Sequence[Column], endpoint: Endpoint | None) -> str:
        """Return the schema of a full body: of a create, a replace, a sign-up or a child."""
        replacing = endpoint is not None and endpoint.kind == "replace"
        key = ("body", table.name, *((c.name, self._optional(c, replacing)) for c in columns))
        if key not in self._schemas:
            wish = f"{table.model}In"
            special = pascal(endpoint.name or endpoint.kind) if endpoint is not None else "Part"
            schema = _Schema(
                self._names.take(wish, f"{special}{table.model}", f"{wish}Body"),
                "Input",
                f"What a client sends for {table.a_label}",
                [],
            )
            self._schemas[key] = schema
            for column in columns:
                schema.fields.append(
                    self._input(column, optional=self._optional(column, replacing))
                )
            self._move_to_end(key)
        return self._schemas[key].name

    def _move_to_end(self, key: object) -> None:
        """Write a schema behind those that its fields asked for meanwhile."""
        self._schemas[key] = self._schemas.pop(key)

    def patch(self, table: Table, columns: Sequence[Column]) -> str:
        """Return the schema of a partial body: every field may be left out."""
        key = ("patch", table.name, *(column.name for column in columns))
        if key not in self._schemas:
            schema = _Schema(
                self._names.take(f"{table.model}Patch", f"{table.model}Update"),
                "Input",
                f"What a client sends to change {table.a_label}; what is left out stays",
                [],
            )
            self._schemas[key] = schema
            for column in columns:
                full = self._input(column, optional=False)
                kind = full.type if full.type.endswith("| None") else f"{full.type} | None"
                schema.fields.append(Field(full.attribute, full.name, kind, "None"))
            filled = [
                self.attribute(c)
                for c in columns
                if not self._input(c, optional=False).type.endswith("| None")
            ]
            if filled:
                schema.checks.append(_not_empty(filled))
            self._move_to_end(key)
        return self._schemas[key].name

    def arguments(
        self, endpoint: Endpoint, table: Table, fields: Sequence[tuple[str, Param]]
    ) -> str:
        """Return the schema of an action's body."""
        key = ("arguments", endpoint.method, endpoint.path)
        if key not in self._schemas:
            name = f"{pascal(endpoint.name or 'change')}{table.model}"
            lines = [
                Field(attribute, param.name, *self._argument(param, table))
                for attribute, param in fields
            ]
            deed = (endpoint.name or "change").replace("_", " ")
            doc = f"What a client sends to {deed} {table.a_label}"
            self._schemas[key] = _Schema(self._names.take(name, f"{name}In"), "Input", doc, lines)
        return self._schemas[key].name

    def credentials(self, columns: Sequence[Column]) -> str:
        """Return the schema of a log-in: what was signed up with, without its bounds."""
        key = ("credentials",)
        if key not in self._schemas:
            lines = [Field(self.attribute(c), c.name, ANNOTATIONS[c.kind]) for c in columns]
            name = self._names.take("LogIn", "Credentials")
            self._schemas[key] = _Schema(name, "Input", "What a client sends to log in", lines)
        return self._schemas[key].name

    def _argument(self, param: Param, table: Table) -> tuple[str, str | None]:
        kind = self.param_type(param, table)
        if param.required:
            return kind, None
        if param.default is not None:
            return kind, default_code(kind_of(param), param.default)
        return f"{kind} | None", "None"

    def _optional(self, column: Column, replacing: bool) -> bool:  # noqa: FBT001 -- private
        """Tell whether a field that has to be there at first may be left out later."""
        return replacing and column.spec is not None and column.spec.immutable

    def _input(self, column: Column, *, optional: bool) -> Field:
        spec = column.spec
        assert spec is not None, "the id is never sent"  # noqa: S101 -- says it to mypy
        plain = None
        if spec.type == "enum":
            plain = self.choices(self._blueprint.tables[column.entity], spec)
        elif column.children:
            plain = f"list[{self._child(column)}]"
        kind = input_type(spec, plain)
        default: str | None = None
        if optional or (
            not spec.required and spec.default is None and column.kind is not Kind.STRINGS
        ):
            kind, default = f"{kind} | None", "None"
            if column.children:
                kind, default = kind.removesuffix(" | None"), "Field(default_factory=list)"
        elif column.kind is Kind.STRINGS and not spec.required:
            items = default_code(column.kind, spec.default or [])
            default = f"Field(default_factory={'list' if items == '[]' else f'lambda: {items}'})"
        elif spec.default is not None:
            default = default_code(column.kind, spec.default)
        return Field(self.attribute(column), column.name, kind, default)

    def _child(self, column: Column) -> str:
        child = self._blueprint.table(column.references)
        link = self._blueprint.tables[column.entity].links[column.name]
        columns = [c for c in child.columns.values() if c.from_client and c is not link]
        return self.body(child, columns, None)

    # --- answers ---------------------------------------------------------------------------------

    def output(
        self,
        table: Table,
        shows: Sequence[str] | None = None,
        *,
        includes: Sequence[Include] = (),
        wish: str = "",
    ) -> str:
        """Return the schema of an answer that shows an item."""
        columns = self.shown(table, shows)
        key = ("output", table.name, *(c.name for c in columns), *(i.name for i in includes))
        if key not in self._schemas:
            name = self._names.take(
                f"{table.model}Out", *([wish] if wish else []), f"{table.model}View"
            )
            doc = f"{table.a_label} as clients see it"
            schema = _Schema(name, "Output", doc, [])
            self._schemas[key] = schema
            schema.fields += [self._shown(column) for column in columns]
            for include in includes:
                inner = self.output(
                    self._blueprint.tables[include.entity],
                    include.shows,
                    wish=f"{table.model}{pascal(include.name)}",
                )
                schema.fields.append(
                    Field(include_attribute(include), include.name, f"list[{inner}]")
                )
            self._move_to_end(key)
        return self._schemas[key].name

    def shown(self, table: Table, shows: Sequence[str] | None) -> list[Column]:
        """Return the columns that an answer shows, secrets never among them."""
        entity, secret = self._secret
        return [
            column
            for name, column in table.columns.items()
            if (shows is None or name in shows)
            and not (column.spec is not None and column.spec.secret)
            and (entity, secret) != (table.name, name)
        ]

    def _shown(self, column: Column) -> Field:
        if column.children:
            child = self._blueprint.table(column.references)
            link = self._blueprint.tables[column.entity].links[column.name]
            names = [name for name, part in child.columns.items() if part is not link]
            kind = f"list[{self.output(child, names, wish=f'{child.model}Part')}]"
        else:
            kind = self.output_type(column)
            this = Scope("this", column.entity)
            if self._binder.attribute(this, column).nullable:
                kind = f"{kind} | None"
        return Field(self.attribute(column), column.name, kind)

    def output_type(self, column: Column) -> str:
        """Write the type of a column in an answer."""
        spec = column.spec
        if spec is not None and spec.type == "enum" and column.computed is None:
            return self.choices(self._blueprint.tables[column.entity], spec)
        return "Money" if column.kind is Kind.MONEY else ANNOTATIONS[column.kind]

    def page(self, item: str, table: Table, pagination: Pagination) -> str:
        """Return the schema of a page of items."""
        members = [(pagination.items_member, f"list[{item}]"), (pagination.total_member, "int")]
        members += [
            (name, "int") for name in (pagination.page_member, pagination.size_member) if name
        ]
        key = ("page", item, *members)
        if key not in self._schemas:
            name = self._names.take(f"{table.model}Page", f"{item}Page")
            taken = Names(ATTRIBUTES)
            fields = [Field(taken.take(member(m)), m, kind) for m, kind in members]
            self._schemas[key] = _Schema(name, "Output", f"A page of {table.plural}", fields)
        return self._schemas[key].name

    def fields_of(self, name: str) -> list[Field]:
        """Return the lines of a schema."""
        return next(schema.fields for schema in self._schemas.values() if schema.name == name)

    def report(self, endpoint: Endpoint, wish: str, fields: Sequence[Field]) -> str:
        """Return the schema of a report, or of one row of it."""
        key = ("report", endpoint.method, endpoint.path)
        if key not in self._schemas:
            doc = endpoint.description or f"Answer of {endpoint.method} {endpoint.path}"
            name = self._names.take(wish, f"{wish}Report")
            self._schemas[key] = _Schema(name, "Output", doc, list(fields))
        return self._schemas[key].name

    def token(self) -> str:
        """Return the schema of the answer to a log-in."""
        auth = self._blueprint.design.auth
        member = auth.token_member if auth is not None else ""
        key = ("token",)
        if key not in self._schemas:
            fields = [
                Field("access_token", member, "str"),
                Field("token_type", "token_type", "str", '"bearer"'),
            ]
            name = self._names.take("TokenOut")
            doc = "A token, to be sent as a bearer with every request that needs log-in"
            self._schemas[key] = _Schema(name, "Output", doc, fields)
        return self._schemas[key].name

    # --- choices ---------------------------------------------------------------------------------

    def choices(self, table: Table, spec: FieldSpec | Param) -> str:
        """Return the name of a `Literal` for the values of an enum."""
        values = tuple(dict.fromkeys(spec.choices))
        wish = f"{table.model}{pascal(spec.name)}"
        for name, known in self._choices.items():
            if known == values and name.startswith(table.model):
                return name
        name = self._names.take(wish, f"{wish}Choice")
        self._choices[name] = values
        return name

    def param_type(self, param: Param, table: Table | None) -> str:
        """Write the type of a parameter, without its being optional."""
        if param.choices:
            if table is not None and param.type == "enum":
                return self.choices(table, param)
            return f"Literal[{', '.join(literal(choice) for choice in param.choices)}]"
        return input_type(param)

    # --- writing ---------------------------------------------------------------------------------

    def module(self) -> Module:
        """Write `app/schemas.py`."""
        schemas = list(self._schemas.values())
        written = [self._write(schema) for schema in schemas]
        bases = {schema.base for schema in schemas}
        kinds = " ".join(part.type for schema in schemas for part in schema.fields)
        config = self._input_config(kinds) if "Input" in bases else None
        if config is None:
            written = [text.replace("(Input):", "(BaseModel):") for text in written]
        choices = "\n".join(
            f"{name} = Literal[{', '.join(literal(value) for value in values)}]"
            for name, values in self._choices.items()
        )
        parts = [choices] if choices else []
        if config is not None:
            parts.append(config)
        if "Output" in bases:
            parts.append(self._output_config())
        return Module(
            "app/schemas.py", "What clients send and what they get", block(parts, written)
        )

    def _input_config(self, kinds: str) -> str | None:
        options = []
        if self._camel:
            options.append("alias_generator=to_camel")
        if "float" in kinds:
            options.append("allow_inf_nan=False")
        if self._python_patterns:
            options.append('regex_engine="python-re"')
        if not options:
            return None
        return (
            'class Input(BaseModel):\n    """What clients send."""\n\n'
            f"    model_config = ConfigDict({', '.join(options)})"
        )

    def _output_config(self) -> str:
        alias = "AliasGenerator(serialization_alias=to_camel)"
        options = ["from_attributes=True", *([f"alias_generator={alias}"] if self._camel else [])]
        return (
            'class Output(BaseModel):\n    """What clients get, made from what is stored."""\n\n'
            f"    model_config = ConfigDict({', '.join(options)})"
        )

    def _write(self, schema: _Schema) -> str:
        lines = [f"class {schema.name}({schema.base}):", f"    {docstring(schema.doc, indent=4)}"]
        if schema.fields:
            lines.append("")
        lines += [f"    {self._line(part, schema.base)}" for part in schema.fields]
        return "\n".join([*lines, *schema.checks])

    def _line(self, part: Field, base: str) -> str:
        expected = to_camel(part.attribute) if self._camel else part.attribute
        line = f"{part.attribute}: {part.type}"
        if part.name == expected:
            return line if part.default is None else f"{line} = {part.default}"
        alias = "alias" if base == "Input" else "serialization_alias"
        options = [f"{alias}={literal(part.name)}"]
        if part.default is not None and part.default.startswith("Field("):
            options.insert(0, part.default[len("Field(") : -1])
        elif part.default is not None:
            options.insert(0, f"default={part.default}")
        return f"{line} = Field({', '.join(options)})"

    def _patterns(self) -> list[str]:
        specs: list[FieldSpec | Param] = [
            column.spec
            for table in self._blueprint.tables.values()
            for column in table.columns.values()
            if column.spec is not None
        ]
        specs += [
            param for endpoint in self._blueprint.design.endpoints for param in endpoint.params
        ]
        return [spec.pattern for spec in specs if spec.pattern is not None]

    def _mostly_camel(self) -> bool:
        pairs = [
            (column.attribute, column.name)
            for table in self._blueprint.tables.values()
            for column in table.columns.values()
        ]
        camel = sum(to_camel(attribute) == name != attribute for attribute, name in pairs)
        return camel > sum(attribute == name != to_camel(attribute) for attribute, name in pairs)


def include_attribute(include: Include) -> str:
    """Return what an included list is called in the code."""
    return Names(ATTRIBUTES).take(member(include.name))


def _not_empty(attributes: Sequence[str]) -> str:
    names = ", ".join(literal(name) for name in attributes)
    return (
        f"\n    @field_validator({names})\n    @classmethod\n"
        "    def not_empty(cls, value: object) -> object:\n"
        '        """Refuse null: these fields may be left out, but not emptied."""\n'
        "        if value is None:\n"
        '            raise ValueError("it may be left out, but not empty")\n'
        "        return value"
    )
