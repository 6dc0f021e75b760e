"""What the writers of rules and routes share: one service in the making."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from quantumlayer.agents import Endpoint, Pagination, Rule, SystemDesign
from quantumlayer.agents.expressions import Path, parse, walk
from quantumlayer.offline.writing._binding import Binder
from quantumlayer.offline.writing._blueprint import Blueprint, Column, Table
from quantumlayer.offline.writing._bound import Argument, Scope
from quantumlayer.offline.writing._kinds import Kind, kind_of
from quantumlayer.offline.writing._schemas import Schemas
from quantumlayer.offline.writing._text import sentence

__all__ = ["Service", "in_path", "page_size"]

_CHANGES = {"replace": "update", "signup": "create"}
"""Kinds of endpoints whose rules are called otherwise."""


def in_path(endpoint: Endpoint) -> list[str]:
    """Return the names of an endpoint's path parameters, in order."""
    if "{" not in endpoint.path:
        return []
    return [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]


def page_size(pagination: Pagination) -> tuple[int, int]:
    """Return how many items a page has by default and at most, at least one."""
    largest = max(pagination.maximum_size, 1)
    return min(max(pagination.default_size, 1), largest), largest


class Service:
    """A design with everything that was looked up about it."""

    def __init__(self, design: SystemDesign) -> None:
        self.design = design
        self.blueprint = Blueprint(design)
        self.binder = Binder(self.blueprint)
        self.schemas = Schemas(self.binder)
        self._looking_back: dict[str, bool] = {}
        self.creation_orders: dict[tuple[str, int], list[tuple[Column, str]]] = {}
        self._bodies: dict[int, list[Column]] = {}  # endpoints live as long as their design
        self._arguments: dict[tuple[int, tuple[str, ...]], dict[str, Argument]] = {}
        self._texts = {entry.requirement: entry.text for entry in design.coverage if entry.text}

    @property
    def mixed_statuses(self) -> bool:
        """Whether some bodies that do not fit are answered with 400 and others with 422."""
        return len(self._invalid_statuses()) > 1

    @property
    def invalid_status(self) -> int:
        """The answer to what does not fit, where the endpoints agree, otherwise 422."""
        statuses = self._invalid_statuses()
        return statuses.pop() if len(statuses) == 1 else 422

    def _invalid_statuses(self) -> set[int]:
        """Return the statuses of the endpoints that take a body; of all, if none takes one."""
        endpoints = self.design.endpoints
        bodies = [endpoint for endpoint in endpoints if endpoint.method in {"POST", "PUT", "PATCH"}]
        return {int(endpoint.invalid_status) for endpoint in bodies or endpoints}

    @property
    def page_sizes(self) -> list[tuple[int, int]]:
        """The sizes of pages that lists with `limit` and `offset` have, most common first."""
        sizes = [
            page_size(endpoint.pagination)
            for endpoint in self.design.endpoints
            if endpoint.pagination.style == "offset"
            and (endpoint.kind == "list" or endpoint.group_by is not None)
        ]
        return sorted(dict.fromkeys(sizes), key=lambda size: -sizes.count(size))

    def quotes(self, ids: Iterable[str], without: Iterable[str] = ()) -> list[str]:
        """Return the sentences of requirements, each with its number in front."""
        known = [name for name in dict.fromkeys(ids) if name in self._texts]
        skipped = set(without)
        return [f"{name}: {sentence(self._texts[name])}" for name in known if name not in skipped]

    # --- who may see what ------------------------------------------------------------------------

    @property
    def user(self) -> Scope | None:
        """The scope of the logged-in user."""
        users = self.blueprint.users
        return None if users is None else Scope("user", users.name)

    @property
    def role(self) -> Column | None:
        """The column that holds a user's role."""
        auth, users = self.design.auth, self.blueprint.users
        if auth is None or users is None or auth.role_field is None:
            return None
        return users.columns[auth.role_field]

    def shown_to_owner(self, table: Table) -> Endpoint | None:
        """Return an endpoint by which items are read by their owner only, if that is so."""
        for endpoint in self.design.endpoints:
            if endpoint.entity == table.name and endpoint.kind in {"read", "list"}:
                return endpoint if endpoint.access.own and self.owned(table) else None
        return None

    def owned(self, table: Table) -> bool:
        """Tell whether an item belongs to a user."""
        users = self.blueprint.users
        return bool(self.blueprint.owner_path(table.name)) or (
            users is not None and users.name == table.name
        )

    # --- rules -----------------------------------------------------------------------------------

    def triggers(self, endpoint: Endpoint) -> set[str]:
        """Return the words by which rules say that they hold for an endpoint."""
        words = {endpoint.kind, _CHANGES.get(endpoint.kind, endpoint.kind)}
        return words | ({endpoint.name} if endpoint.name else set())

    def rules_for(self, entity: str | None, words: Iterable[str]) -> list[Rule]:
        """Return the rules of an entity that hold for one of these words, in order."""
        wanted = set(words)
        return [rule for rule in self.design.rules if rule.entity == entity and wanted & {*rule.on}]

    def looks_back(self, rule: Rule) -> bool:
        """Tell whether a rule compares with what was before a change."""
        if rule.condition not in self._looking_back:
            paths = (node for node in walk(parse(rule.condition)) if isinstance(node, Path))
            self._looking_back[rule.condition] = any(
                path.names[0] == "old" and len(path.names) > 1 for path in paths
            )
        return self._looking_back[rule.condition]

    # --- bodies ---------------------------------------------------------------------------------

    def body_columns(self, endpoint: Endpoint) -> list[Column]:
        """Return what a client may send to create or change an item."""
        if id(endpoint) not in self._bodies:
            self._bodies[id(endpoint)] = list(self._taken(endpoint))
        return self._bodies[id(endpoint)]

    def _taken(self, endpoint: Endpoint) -> Iterator[Column]:
        table = self.blueprint.table(endpoint.entity)
        skipped = set()
        if endpoint.parent is not None and endpoint.kind == "create":
            skipped.add(endpoint.parent.field)
        if table.entity.owner is not None and endpoint.access.login:
            skipped.add(table.entity.owner)
        linked = {
            link for parent in self.blueprint.tables.values() for link in parent.links.values()
        }
        for column in table.columns.values():
            if column.spec is None or column.computed is not None or column.set_by_design:
                continue
            if column.name in skipped:
                continue
            if column in linked and column.spec.set_by == "system":
                continue
            if column.name in endpoint.body if endpoint.body is not None else column.from_client:
                yield column

    # --- parameters ------------------------------------------------------------------------------

    def arguments(self, endpoint: Endpoint, given: Iterable[str] = ()) -> dict[str, Argument]:
        """Return the parameters that an endpoint's expressions may use.

        Args:
            endpoint: Its query or body parameters, and those of its path.
            given: Optional parameters that are known to be there.
        """
        key = (id(endpoint), tuple(given))
        if key not in self._arguments:
            self._arguments[key] = self._parameters(endpoint, set(key[1]))
        return self._arguments[key]

    def _parameters(self, endpoint: Endpoint, known: set[str]) -> dict[str, Argument]:
        found = {
            name: Argument(name, kind, nullable=False)
            for name, kind in self.path_kinds(endpoint).items()
        }
        for param in endpoint.params:
            optional = not param.required and param.default is None and param.name not in known
            found[param.name] = Argument(param.name, kind_of(param), nullable=optional)
        return found

    def path_kinds(self, endpoint: Endpoint) -> Mapping[str, Kind]:
        """Return the kinds of an endpoint's path parameters."""
        kinds: dict[str, Kind] = {}
        for name in in_path(endpoint):
            column = self.path_column(endpoint, name)
            kinds[name] = _kind_by_name(name) if column is None else column.kind
        return kinds

    def path_column(self, endpoint: Endpoint, name: str) -> Column | None:
        """Return the column whose value a path parameter is."""
        parent = endpoint.parent
        if parent is not None and parent.path_param == name:
            return self.blueprint.tables[parent.entity].columns[parent.lookup]
        if endpoint.entity is None or name != self.item_param(endpoint):
            return None
        return self.blueprint.tables[endpoint.entity].columns[endpoint.lookup]

    def item_param(self, endpoint: Endpoint) -> str | None:
        """Return the path parameter that names the item an endpoint works on, if there is one."""
        if endpoint.kind in {"create", "list", "signup", "login", "me"} or endpoint.entity is None:
            return None
        parent = endpoint.parent.path_param if endpoint.parent is not None else None
        names = [name for name in in_path(endpoint) if name != parent]
        return names[-1] if names else None


def _kind_by_name(name: str) -> Kind:
    """Return the kind of a path parameter that stands for no column: an id is a number."""
    return Kind.INTEGER if name == "id" or name.endswith("_id") else Kind.TEXT
