"""One route in the making: its parameters, its statements, and how they become a function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantumlayer.agents import Endpoint, Param
from quantumlayer.offline.writing._blueprint import Table
from quantumlayer.offline.writing._bound import Scope
from quantumlayer.offline.writing._constraints import constraints
from quantumlayer.offline.writing._context import Service, in_path, page_size
from quantumlayer.offline.writing._finders import Finders, key_variable
from quantumlayer.offline.writing._kinds import kind_of
from quantumlayer.offline.writing._models import ANNOTATIONS, default_code
from quantumlayer.offline.writing._names import VARIABLES, Names, snake
from quantumlayer.offline.writing._python import PythonWriter
from quantumlayer.offline.writing._rules import RuleBook
from quantumlayer.offline.writing._source import names_in, tidy
from quantumlayer.offline.writing._sql import ask
from quantumlayer.offline.writing._text import docstring, literal

__all__ = ["Route", "Workshop"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all routes are made with."""

    service: Service
    finders: Finders
    rules: RuleBook


class Route:
    """A route in the making.

    Attributes:
        endpoint: What the design says about it.
        table: What it works on, if it works on items.
        lines: Its statements.
        answer: What its response model is, or None where it has no body.
        returns: The annotation of what the function returns.
    """

    def __init__(self, workshop: Workshop, endpoint: Endpoint) -> None:
        self.workshop = workshop
        self.service = workshop.service
        self.finders = workshop.finders
        self.rules = workshop.rules
        self.endpoint = endpoint
        self.table = (
            None if endpoint.entity is None else self.service.blueprint.tables[endpoint.entity]
        )
        self.lines: list[str] = []
        self.answer: str | None = None
        self.returns = "None"
        self.body: str | None = None
        self.query: list[tuple[str, str]] = []
        self.writing = False
        variables = {table.variable for table in self.service.blueprint.tables.values()}
        self._taken = Names(VARIABLES | variables)
        self.arguments = self._variables()
        self.writer = self._writer()

    def item(self) -> Table:
        """Return what the route works on; DesignError where it names nothing."""
        return self.service.blueprint.table(self.endpoint.entity)

    # --- names -----------------------------------------------------------------------------------

    def _variables(self) -> dict[str, str]:
        """Choose what the parameters are called in the function."""
        found: dict[str, str] = {}
        for name in in_path(self.endpoint):
            column = self.service.path_column(self.endpoint, name)
            if column is None:
                found[name] = self._taken.take(snake(name))
            else:
                owner = self.service.blueprint.tables[column.entity]
                wish = snake(name) if column.spec is not None else key_variable(owner, column)
                found[name] = self._taken.take(wish, f"{owner.variable}_{wish}")
        for param in self.endpoint.params:
            variable = self._taken.take(snake(param.name))
            found[param.name] = f"body.{variable}" if self.takes_arguments else variable
        return found

    @property
    def takes_arguments(self) -> bool:
        """Whether the parameters are the fields of a body instead of a query."""
        return self.endpoint.kind == "action" and self.endpoint.method in {"POST", "PUT", "PATCH"}

    def variable(self, param: Param) -> str:
        """Return what a parameter is called, without the body it is in."""
        return self.arguments[param.name].removeprefix("body.")

    def _writer(self) -> PythonWriter:
        names = {}
        if self.table is not None:
            names[Scope("this", self.table.name)] = self.table.variable
        if self.service.user is not None:
            names[self.service.user] = "current_user"
        return PythonWriter(
            self.service.binder, names, arguments=self.arguments, total=ask, taken=self._taken
        )

    def local(self, *wishes: str) -> str:
        """Take a name for a variable."""
        return self._taken.take(*wishes)

    def local_item(self, table: Table, wish: str) -> str:
        """Take a name for a variable that holds an item: the usual one, unless it is in use."""
        parent = self.endpoint.parent.entity if self.endpoint.parent is not None else None
        if wish == table.variable and table.name not in {self.endpoint.entity, parent}:
            return wish
        return self._taken.take(wish)

    def flush_before(self) -> None:
        """Put the statements that expressions asked for where the route is now."""
        self.lines += self.written_before()

    def written_before(self) -> list[str]:
        """Take the statements that expressions asked for, such as queries of their own."""
        pairs = [line.partition(" = ") for line in self.writer.before]
        self.writer.before.clear()
        return [f"{name} = {tidy(code)}" for name, _, code in pairs]

    # --- parts -----------------------------------------------------------------------------------

    def find_parent(self, *, lock: bool = False) -> Table | None:
        """Find the item under which a nested collection lives."""
        parent = self.endpoint.parent
        if parent is None:
            return None
        table = self.service.blueprint.tables[parent.entity]
        key = self.arguments[parent.path_param]
        call = self.finders.call(
            table, key, lookup=parent.lookup, access=self.endpoint.access, lock=lock
        )
        self.lines.append(f"{table.variable} = {call}")
        return table

    def query_params(self) -> None:
        """Take the endpoint's parameters from the query."""
        for param in self.endpoint.params:
            self.query.append((self.variable(param), self._query_param(param)))

    def _query_param(self, param: Param) -> str:
        kind = self._query_type(param)
        variable = self.variable(param)
        options = [f"{name}={value}" for name, value in constraints(param).items()]
        if variable != param.name:
            options.append(f"alias={literal(param.name)}")
        if kind_of(param).value == "number":
            options.append("allow_inf_nan=False")
        optional = not param.required and param.default is None
        kind = f"{kind} | None" if optional else kind
        if options or kind.startswith("list["):
            kind = f"Annotated[{kind}, Query({', '.join(options)})]"
        if param.required:
            return f"{variable}: {kind}"
        default = "None" if optional else default_code(kind_of(param), param.default)
        return f"{variable}: {kind} = {default}"

    def _query_type(self, param: Param) -> str:
        if param.choices:
            return self.service.schemas.param_type(param, self.table)
        special = {"datetime": "Timestamp", "time": "TimeOfDay"}
        return special.get(param.type, ANNOTATIONS[kind_of(param)])

    def page_type(self) -> str:
        """Return the type of the parameter that cuts a list into parts."""
        sizes = self.service.page_sizes
        size = page_size(self.endpoint.pagination)
        if size == sizes[0]:
            return "Page"
        return f"Annotated[Part, Depends(pages({size[0]}, {size[1]}))]"

    # --- the function ----------------------------------------------------------------------------

    def write(self, name: str) -> str:
        """Write the function with its decorator."""
        self._collapse()
        body = self.lines or ["pass"]
        used = names_in(
            "\n".join(["def f():", *(f"    {line}" for text in body for line in text.split("\n"))])
        )
        signature = ", ".join(self._signature(used))
        lines = [
            self._decorator(used),
            f"def {name}({signature}) -> {self.returns}:",
            f"    {self._docstring()}",
            *(f"    {line}" for text in body for line in text.split("\n")),
        ]
        return "\n".join(lines)

    def _collapse(self) -> None:
        """Return a value at once where it would only be given a name first."""
        if len(self.lines) > 1 and self.lines[-1].startswith("return "):
            name = self.lines[-1].removeprefix("return ")
            assigned, _, value = self.lines[-2].partition(" = ")
            if assigned == name and "\n" not in value:
                self.lines[-2:] = [f"return {value}"]

    def _signature(self, used: set[str]) -> Iterable[str]:
        parts = [
            self._path_param(name) for name in in_path(self.endpoint) if self._in_use(name, used)
        ]
        if self.body is not None:
            parts.append(f"body: {self.body}")
        if "request" in used:
            parts.append("request: Request")
        if "session" in used:
            get = self.endpoint.method == "GET"
            parts.append(f"session: {'WritingSession' if get and self.writing else 'DbSession'}")
        if "current_user" in used:
            parts.append("current_user: CurrentUser")
        query = [code for variable, code in self.query if variable in used]
        parts += [code for code in query if " = " not in code]
        parts += [code for code in query if " = " in code]
        flags = any("bool" in code.split(":", 1)[1].split("=")[0] for code in query)
        return ["*", *parts] if flags else parts

    def _in_use(self, name: str, used: set[str]) -> bool:
        return self.arguments[name] in used

    def _path_param(self, name: str) -> str:
        kind = ANNOTATIONS[self.service.path_kinds(self.endpoint)[name]]
        return f"{self.arguments[name]}: {kind}"

    def _path(self) -> str:
        """Return the path, its parameters called as in the function."""
        path = self.endpoint.path
        for name in in_path(self.endpoint):
            path = path.replace(f"{{{name}}}", f"{{{self.arguments[name]}}}")
        return path

    def _decorator(self, used: set[str]) -> str:
        endpoint = self.endpoint
        options = [literal(self._path())]
        if endpoint.status != 200:  # noqa: PLR2004 -- the default
            options.append(f"status_code={endpoint.status}")
        if self.answer is not None:
            options.append(f"response_model={self.answer}")
        needs = self._dependencies(used)
        if needs:
            options.append(f"dependencies=[{', '.join(needs)}]")
        if endpoint.invalid_status == 400 and self.service.mixed_statuses:  # noqa: PLR2004 -- bad request
            options.append('responses={400: {"description": "The request does not fit."}}')
        return f"@router.{endpoint.method.lower()}({', '.join(options)})"

    def _dependencies(self, used: set[str]) -> Sequence[str]:
        access = self.endpoint.access
        if access.roles and self.service.role is not None:
            return [f"Depends(only({', '.join(literal(role) for role in access.roles)}))"]
        if access.login and "current_user" not in used:
            return ["Depends(get_current_user)"]
        return []

    def _docstring(self) -> str:
        endpoint = self.endpoint
        known = self.table.entity.requirements if self.table is not None else ()
        quotes = self.service.quotes(endpoint.requirements, without=known)
        return docstring(self.summary(), *quotes, indent=4)

    def summary(self) -> str:
        """Say in a sentence what the route does."""
        endpoint = self.endpoint
        if endpoint.description:
            return endpoint.description
        if self.table is None:
            return f"Answer {endpoint.path.strip('/').replace('-', ' ').replace('/', ', ')}"
        label, plural = self.table.a_label, self.table.plural
        name = (endpoint.name or "").replace("_", " ")
        under = ""
        if endpoint.parent is not None:
            parent = self.service.blueprint.tables[endpoint.parent.entity]
            under = f" of {parent.a_label}"
        texts = {
            "create": f"Create {label}{under}",
            "list": f"List the {name + ' ' if name else ''}{plural}{under}",
            "first": f"Show the {name or 'first'} {self.table.label}",
            "read": f"Show {f'the {name} of ' if name else ''}{label}",
            "replace": f"Replace {label}",
            "update": f"Change parts of {label}",
            "delete": f"Delete {label}",
            "action": f"{name.capitalize() or 'Change'} {label}",
            "redirect": f"Redirect to where {label} points",
            "report": f"Report the {name or 'figures'} of {plural}",
            "signup": "Sign up",
            "login": "Log in with a password and get a token",
            "me": "Show who is logged in",
        }
        return texts[endpoint.kind]
