"""Puts a service together: its modules, its settings, what it says about itself."""

from __future__ import annotations

import re
from dataclasses import replace

from quantumlayer.agents import SourceFile, SourceTree, SystemDesign
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._finders import Finders
from quantumlayer.offline.writing._models import models
from quantumlayer.offline.writing._project import project_files
from quantumlayer.offline.writing._route import Workshop
from quantumlayer.offline.writing._routers import Routers
from quantumlayer.offline.writing._rules import RuleBook
from quantumlayer.offline.writing._source import (
    Module,
    formatted,
    long_literal,
    names_in,
    with_imports,
)
from quantumlayer.offline.writing._templates import render
from quantumlayer.offline.writing._text import literal, one_line

__all__ = ["service_modules", "write_service"]

_ON_DEMAND = {
    "clock": "The time; tests let it stand still",
    "codes": "Small functions on texts and numbers",
    "fields": "Types of fields that check more than Python's own",
}


def write_service(design: SystemDesign) -> SourceTree:
    """Write the service that a design describes.

    The same design gives the same bytes. Nothing is run and nothing is read but our templates.

    Raises:
        DesignError: The design asks for what cannot be built as it stands.
        ExpressionError: An expression does not fit the fields it is about.
        MissingExtraError: jinja2 or ruff is not installed.
    """
    service = Service(design)
    modules, homes, summaries = service_modules(service)
    texts = formatted({module.path: with_imports(module, homes) for module in modules})
    files = [
        SourceFile(
            path=module.path, content=texts[module.path], requirements=[*module.requirements]
        )
        for module in modules
    ]
    docs = _docs(design) or literal("/docs")
    files += project_files(service, modules, summaries, docs.strip('"'))
    return SourceTree(files=sorted(files, key=lambda file: file.path))


def service_modules(
    service: Service,
) -> tuple[list[Module], dict[str, str], dict[tuple[str, str], str]]:
    """Write all Python modules.

    Returns:
        The modules, where their names can be imported from, and what each route does by its method
        and path.
    """
    rules = RuleBook(service)
    workshop = Workshop(service, Finders(service), rules)
    routers = Routers(workshop)
    routes = routers.modules()
    tables = models(service.binder)
    own = [tables, *([rules.module()] if rules else []), *routes]
    if workshop.finders:
        own.append(workshop.finders.module())
    schemas = service.schemas.module()
    own.append(schemas)
    homes = {table.model: "app.models" for table in service.blueprint.tables.values()}
    homes |= {"Base": "app.models"}
    homes |= dict.fromkeys(service.schemas.names, "app.schemas")
    homes |= dict.fromkeys(workshop.finders.names, "app.finders")
    names = ["health", *routers.order]
    return [*own, *_frame(service, own, names)], homes, routers.summaries


def _frame(service: Service, own: list[Module], routers: list[str]) -> list[Module]:
    """Write what surrounds the design's own modules, with no more in it than they use."""
    design = service.design
    auth = design.auth
    users = service.blueprint.users
    uses = {name for module in own for name in names_in(module.body)}
    ticking = {name for module in own for name in re.findall(r"\bclock\.(\w+)", module.body)}
    if users is not None and uses & {"CurrentUser", "get_current_user", "only", "create_token"}:
        uses |= {"UnauthorizedError"} | ({"ForbiddenError"} if "only" in uses else set())
    elif auth is not None and "hash_password" in uses:
        uses |= {"UnauthorizedError"}
    if "store" in uses:
        uses.add("ConflictError")
    role = service.role
    values: dict[str, object] = {
        "uses": uses,
        "auth": auth is not None,
        "token_minutes": auth.token_minutes if auth is not None else 0,
        "user": users.model if users is not None else "",
        "role": role.attribute if role is not None else "",
        "unicode": any("func.lower" in m.body or ".icontains(" in m.body for m in own),
        "mixed": service.mixed_statuses,
        "invalid_status": service.invalid_status,
        "database_url": literal(f"sqlite:///{design.name}.db"),
        "title": literal(one_line(design.title)),
        "description": long_literal(one_line(design.summary)),
        "modules": routers,
        "docs": _docs(design),
        "page_sizes": service.page_sizes,
    }
    if uses & {"Page", "Part"}:
        uses.add("count_rows")
    frame = [
        Module("app/__init__.py", design.title, ""),
        Module("app/routers/__init__.py", "The routes, one module for each kind of thing", ""),
        _module("settings", "Settings, read from the environment", values),
        _module("database", "The database: connections, sessions, transactions", values),
        _module("errors", "Refused requests and how they are answered", values),
        replace(
            _module("main", "The application", values),
            homes=dict.fromkeys(routers, "app.routers"),
        ),
        Module("app/routers/health.py", "Whether the service is well", render("app/health.py")),
    ]
    if uses & {"Page", "Part"}:
        frame.append(_module("pages", "Lists in parts", values))
    if auth is not None:
        frame.append(_module("security", "Passwords and tokens", values))
    if ticking:
        frame.append(_module("clock", _ON_DEMAND["clock"], values | {"uses": ticking}))
    text = {"random_code", "random_digits", "unused_code", "slug", "rounded"}
    if uses & text:
        frame.append(_module("codes", _ON_DEMAND["codes"], values))
    if uses & {"Timestamp", "TimeOfDay", "Email", "Url", "Money"}:
        frame.append(_module("fields", _ON_DEMAND["fields"], values))
    return frame


def _module(name: str, doc: str, values: dict[str, object]) -> Module:
    return Module(f"app/{name}.py", doc, render(f"app/{name}.py", **values))


def _docs(design: SystemDesign) -> str:
    """Move the interactive documentation aside where the design has a route of that name."""
    taken = {endpoint.path.strip("/") for endpoint in design.endpoints}
    return literal("/interactive-docs") if taken & {"docs", "redoc"} else ""
