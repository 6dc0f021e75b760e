"""Writes the routers: which routes stand in which module, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quantumlayer.agents import Endpoint
from quantumlayer.offline.writing import _accounts, _items, _lists, _reports
from quantumlayer.offline.writing._names import CLASSES, VARIABLES, Names, snake
from quantumlayer.offline.writing._route import Route, Workshop
from quantumlayer.offline.writing._source import Module, block

__all__ = ["Routers"]

_WRITERS: dict[str, Callable[[Route], None]] = {
    "create": _items.create,
    "list": _lists.list_items,
    "read": _items.read,
    "first": _items.first,
    "replace": _items.update,
    "update": _items.update,
    "delete": _items.delete,
    "action": _items.action,
    "redirect": _items.redirect,
    "report": _reports.report,
    "signup": _accounts.signup,
    "login": _accounts.login,
    "me": _accounts.me,
}
_ACCOUNTS = {"signup", "login", "me"}


class Routers:
    """All router modules of a service.

    Attributes:
        order: Names of the modules in the order in which the application includes them.
        summaries: What each route does, by method and path; there when the modules are written.
    """

    def __init__(self, workshop: Workshop) -> None:
        self.summaries: dict[tuple[str, str], str] = {}
        self._workshop = workshop
        self._service = workshop.service
        groups: dict[str, list[Endpoint]] = {}
        for endpoint in self._service.design.endpoints:
            groups.setdefault(self._module(endpoint), []).append(endpoint)
        self._groups = _separated(groups)
        self.order = _ordered(self._groups)

    def modules(self) -> list[Module]:
        """Write the modules."""
        return [self._write(name, self._groups[name]) for name in self._groups]

    def _module(self, endpoint: Endpoint) -> str:
        """Return the module of an endpoint: that of the longest collection path it is under."""
        if endpoint.kind in _ACCOUNTS:
            return "accounts"
        tables = self._service.blueprint.tables
        own = None if endpoint.entity is None else tables[endpoint.entity].module
        above = [
            (len(table.entity.path), table.module)
            for table in tables.values()
            if "{" not in table.entity.path
            and f"{endpoint.path}/".startswith(f"{table.entity.path.rstrip('/')}/")
            and table.entity.path != "/"
        ]
        if own is not None and (endpoint.parent is not None or not above):
            return own
        return max(above)[1] if above else "reports"

    def _write(self, name: str, endpoints: Sequence[Endpoint]) -> Module:
        names = Names(VARIABLES | CLASSES | {"router"})
        routes = []
        for endpoint in sorted(endpoints, key=_specificity):
            route = Route(self._workshop, endpoint)
            _WRITERS[endpoint.kind](route)
            self.summaries[endpoint.method, endpoint.path] = route.summary()
            routes.append(route.write(names.take(*self._function(endpoint))))
        ids = [name for endpoint in endpoints for name in endpoint.requirements]
        subject = name.replace("_", " ")
        body = block("router = APIRouter()", routes)
        return Module(
            f"app/routers/{name}.py", f"Routes of {subject}", body, tuple(dict.fromkeys(ids))
        )

    def _function(self, endpoint: Endpoint) -> list[str]:
        """Return what the function of an endpoint would best be called."""
        name = snake(endpoint.name) if endpoint.name else ""
        words = [snake(part) for part in endpoint.path.split("/") if part and "{" not in part]
        path = "_".join([endpoint.method.lower(), *words])
        if endpoint.entity is None or endpoint.kind in _ACCOUNTS:
            plain = {"signup": "sign_up", "login": "log_in", "me": "read_me"}
            wish = plain.get(endpoint.kind) or name or (words[-1] if words else "report")
            return [wish, f"report_{wish}", path]
        table = self._service.blueprint.tables[endpoint.entity]
        one, many = table.variable, snake(table.plural)
        under = ""
        if endpoint.parent is not None:
            under = f"_of_{self._service.blueprint.tables[endpoint.parent.entity].variable}"
        last = words[-1] if words else "report"
        wish = {
            "list": f"list_{name + '_' if name else ''}{many}{under}",
            "first": f"read_{name or 'first'}_{one}",
            "read": f"read_{one}{'_' + name if name else ''}",
            "action": f"{name or last}_{one}",
            "redirect": f"{name or 'follow'}_{one}",
            "report": f"report_{name or last}{under}" if name or last else f"report_{many}",
            "create": f"{name or 'create'}_{one}{under}",
        }.get(endpoint.kind, f"{endpoint.kind}_{one}")
        return [wish, f"{wish}_by_path", path]


def _segments(endpoint: Endpoint) -> list[str]:
    return [part for part in endpoint.path.split("/") if part]


def _specificity(endpoint: Endpoint) -> tuple[bool, ...]:
    """Order literal segments before parameters, so that no route hides another."""
    return tuple(part.startswith("{") for part in _segments(endpoint))


def _hides(one: Endpoint, other: Endpoint) -> bool:
    """Tell whether a route would answer requests that are meant for another one."""
    ours, theirs = _segments(one), _segments(other)
    return (
        one.method == other.method
        and len(ours) == len(theirs)
        and all(a == b or a.startswith("{") for a, b in zip(ours, theirs, strict=True))
        and any(
            a.startswith("{") and not b.startswith("{") for a, b in zip(ours, theirs, strict=True)
        )
    )


def _blocked(groups: dict[str, list[Endpoint]], first: str, second: str) -> bool:
    """Tell whether one module's routes would hide some of another's if they came first."""
    return any(_hides(one, other) for one in groups[first] for other in groups[second])


def _separated(groups: dict[str, list[Endpoint]]) -> dict[str, list[Endpoint]]:
    """Move routes together where two modules would each hide a route of the other."""
    for first in list(groups):
        for second in list(groups):
            if first == second or first not in groups or second not in groups:
                continue
            if _blocked(groups, first, second) and _blocked(groups, second, first):
                groups[first] += groups.pop(second)
    return groups


def _ordered(groups: dict[str, list[Endpoint]]) -> list[str]:
    waiting, done = list(groups), []
    while waiting:
        free = next(
            (
                name
                for name in waiting
                if not any(_blocked(groups, name, other) for other in waiting if other != name)
            ),
            waiting[0],
        )
        waiting.remove(free)
        done.append(free)
    return done
