"""Puts the tests of a service together."""

from __future__ import annotations

from quantumlayer.agents import SourceFile, SourceTree, SystemDesign, TestTrace
from quantumlayer.offline.writing._cases import Casebook
from quantumlayer.offline.writing._cases_access import access_cases
from quantumlayer.offline.writing._cases_changes import change_cases
from quantumlayer.offline.writing._cases_items import item_cases
from quantumlayer.offline.writing._cases_lists import list_cases
from quantumlayer.offline.writing._cases_reports import report_cases
from quantumlayer.offline.writing._cases_rules import action_cases, rule_cases
from quantumlayer.offline.writing._context import Service
from quantumlayer.offline.writing._factories import Factories
from quantumlayer.offline.writing._recipes import ANYBODY, STRANGER, persona
from quantumlayer.offline.writing._service import service_modules
from quantumlayer.offline.writing._source import Module, block, formatted, with_imports
from quantumlayer.offline.writing._templates import render
from quantumlayer.offline.writing._text import docstring, literal, one_line

__all__ = ["write_tests"]


def write_tests(design: SystemDesign) -> SourceTree:
    """Write the tests of the service that a design describes.

    Every status and figure that a test expects was worked out beforehand, in a simulation of the
    design. A rule for which no scenario is found that breaks it has no test and no trace.

    Returns:
        The tree `tests/`, with the tests that hold each requirement.

    Raises:
        DesignError: The design asks for what cannot be built as it stands.
        ExpressionError: An expression does not fit the fields it is about.
        MissingExtraError: jinja2 or ruff is not installed.
    """
    service = Service(design)
    written, homes, _ = service_modules(service)
    paths = {module.path for module in written}
    book = Casebook(service)
    for cases in (
        item_cases,
        change_cases,
        list_cases,
        rule_cases,
        action_cases,
        report_cases,
        access_cases,
    ):
        cases(book)
    modules = _modules(service, book, clock="app/clock.py" in paths)
    places = {**homes, **_places()}
    texts = formatted({module.path: with_imports(module, places) for module in modules})
    files = [
        SourceFile(path=m.path, content=texts[m.path], requirements=[*m.requirements])
        for m in modules
    ]
    return SourceTree(files=sorted(files, key=lambda f: f.path), traces=_traces(service, book))


def _places() -> dict[str, str | None]:
    """Return where tests import from; the fixtures have names that are modules elsewhere."""
    places: dict[str, str | None] = dict.fromkeys(("clock", "rules"))
    places |= dict.fromkeys(("Clock", "Rows", "empty", "engine_of"), "tests.helpers")
    places |= dict.fromkeys(("Make", "Caller"), "tests.factories")
    places |= {"Base": "app.models", "create_app": "app.main", "security": "app"}
    places |= {
        "Path": "pathlib",
        "Response": "httpx2",
        "dataclass": "dataclasses",
        "count": "itertools",
    }
    return places


def _modules(service: Service, book: Casebook, *, clock: bool) -> list[Module]:
    factories = Factories(book.recipes)
    cases = [case for several in book.cases.values() for case in several]
    rows = factories.rows() or any("rows: Rows" in case.code for case in cases)
    auth = service.design.auth is not None
    people = _people(service, book) if auth else []
    role = service.role
    roles = {name: book.recipes.role_of(name) for name, _ in people} if role is not None else {}
    values: dict[str, object] = {
        "auth": auth,
        "clock": clock,
        "rows": rows,
        "people": people,
        "roles": literal(roles) if roles else "",
        "join": factories.join() if auth else "",
        "methods": factories.methods(),
        "letters": factories.letters(),
        "title": literal(one_line(service.design.title)),
        "invalid_status": service.invalid_status,
        **_numbered(service, book),
    }
    modules = [
        Module("tests/__init__.py", "Tests of the service", ""),
        Module("tests/conftest.py", "What all tests share", render("tests/conftest.py", **values)),
        Module("tests/helpers.py", "Helpers of the tests", render("tests/helpers.py", **values)),
        Module("tests/factories.py", "Factories", render("tests/factories.py", **values)),
        Module(
            "tests/test_service.py",
            "The service as a whole",
            render("tests/test_service.py", **values),
        ),
    ]
    for name, several in book.cases.items():
        ids = [requirement for case in several for requirement in case.requirements]
        subject = name.replace("_", " ")
        modules.append(
            Module(
                f"tests/test_{name}.py",
                subject,
                block([case.code for case in several]),
                tuple(dict.fromkeys(ids)),
            )
        )
    return modules


def _numbered(service: Service, book: Casebook) -> dict[str, object]:
    """Write a request with a number in its path that is too large for any column."""
    for endpoint in service.design.endpoints:
        kinds = service.path_kinds(endpoint)
        if endpoint.kind != "read" or [kind.value for kind in kinds.values()] != ["integer"]:
            continue
        path = literal(endpoint.path.replace(f"{{{next(iter(kinds))}}}", "9" * 30))
        caller = book.recipes.actor(endpoint)
        headers = f", headers={caller}.headers" if caller is not None else ""
        fixtures = f", {caller}: Caller" if caller is not None else ""
        return {"numbered": path + headers, "numbered_fixtures": fixtures}
    return {"numbered": "", "numbered_fixtures": ""}


def _people(service: Service, book: Casebook) -> list[tuple[str, str]]:
    """Return the fixtures for those who are logged in, each with its docstring."""
    names = [ANYBODY, STRANGER]
    role = service.role
    if role is not None and role.spec is not None:
        names += [persona(choice) for choice in role.spec.choices]
    people = []
    for name in dict.fromkeys(names):
        words = book.recipes.role_of(name)
        what = f"Log somebody in whose role is {words}" if words else f"Log {name.capitalize()} in"
        people.append((name, docstring(what, indent=4)))
    return people


def _traces(service: Service, book: Casebook) -> list[TestTrace]:
    found: dict[str, list[str]] = {}
    for name, cases in book.cases.items():
        for case in cases:
            for node, requirements in case.nodes(f"tests/test_{name}.py"):
                for requirement in requirements:
                    found.setdefault(requirement, []).append(node)
    known = [entry.requirement for entry in service.design.coverage]
    order = {name: index for index, name in enumerate(known)}
    ordered = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return [TestTrace(requirement=name, tests=list(dict.fromkeys(found[name]))) for name in ordered]
