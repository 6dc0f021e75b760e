"""Puts written code together: imports found from the names it uses, one format for all files."""

from __future__ import annotations

import ast
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from quantumlayer.agents.expressions import python_expression, python_module
from quantumlayer.errors import MissingExtraError
from quantumlayer.offline.writing._text import docstring, literal

__all__ = [
    "IMPORTABLE",
    "Module",
    "block",
    "formatted",
    "long_literal",
    "names_in",
    "tidy",
    "with_imports",
]

LINE = 100
FIRST_PARTY = ("app", "tests")
_RUFF = (
    *("--isolated", "--no-cache", "--quiet", "--target-version=py311"),
    f"--config=line-length={LINE}",
    f"--config=lint.isort.known-first-party={list(FIRST_PARTY)}",
)
_MENDED = "C4,E,F,I,PIE,RET,RUF,SIM,UP,W"
"""Rules whose safe fixes are applied to what is written."""
_FROM = {
    "collections.abc": "AsyncIterator Callable Iterator Sequence",
    "contextlib": "asynccontextmanager",
    "decimal": "ROUND_HALF_UP Decimal",
    "functools": "cache",
    "typing": "TYPE_CHECKING Annotated Any ClassVar Literal TypeVar",
    "email_validator": "validate_email",
    "fastapi": "APIRouter Depends FastAPI Path Query Request Response",
    "fastapi.exceptions": "RequestValidationError",
    "fastapi.responses": "JSONResponse RedirectResponse",
    "fastapi.security": "HTTPAuthorizationCredentials HTTPBearer",
    "fastapi.testclient": "TestClient",
    "argon2": "PasswordHasher",
    "argon2.exceptions": "VerifyMismatchError",
    "pydantic": "AfterValidator AliasGenerator BaseModel ConfigDict Field HttpUrl PlainSerializer "
    "SecretStr TypeAdapter field_validator",
    "pydantic.alias_generators": "to_camel",
    "pydantic_settings": "BaseSettings SettingsConfigDict",
    "sqlalchemy": "JSON ColumnElement Connection Date DateTime Dialect Engine Float ForeignKey "
    "Index Integer MetaData Numeric Select String UniqueConstraint and_ asc bindparam case cast "
    "create_engine desc event exists extract func literal make_url or_ select text type_coerce",
    "sqlalchemy.exc": "DataError IntegrityError",
    "sqlalchemy.orm": "DeclarativeBase InstrumentedAttribute Mapped Session aliased "
    "column_property mapped_column relationship",
    "sqlalchemy.types": "TypeDecorator",
    "app": "clock rules",
    "app.codes": "random_code random_digits rounded slug unused_code",
    "app.database": "DbSession MONEY UtcDateTime WritingSession count_rows has_item lock_rows "
    "lock_table make_engine store",
    "app.errors": "ConflictError ForbiddenError NotFoundError RuleBrokenError ServiceError "
    "UnauthorizedError add_error_handlers",
    "app.fields": "Email Money TimeOfDay Timestamp Url",
    "app.pages": "Page Part pages",
    "app.security": "CurrentUser create_token get_current_user hash_password only password_matches",
    "app.settings": "Settings",
}
_MODULES = {
    "calendar": "import calendar",
    "dt": "import datetime as dt",
    "json": "import json",
    "jwt": "import jwt",
    "logging": "import logging",
    "math": "import math",
    "os": "import os",
    "pytest": "import pytest",
    "re": "import re",
    "secrets": "import secrets",
    "sqlite3": "import sqlite3",
    "string": "import string",
}
_HOMES = {name: module for module, names in _FROM.items() for name in names.split()}
IMPORTABLE = frozenset({*_HOMES, *_MODULES})
"""Names that modules import where they use them: nothing else may be called like that."""
STANDARD = frozenset(
    {
        "calendar",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "decimal",
        "functools",
        "itertools",
    }
    | {"json", "logging", "math", "os", "pathlib", "re", "secrets", "sqlite3", "string", "typing"}
)


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file before its imports are known.

    Attributes:
        path: Where it stands in the tree.
        doc: Its docstring, not yet escaped.
        body: Its code, without imports.
        requirements: What it implements.
        homes: Where names can be imported from that mean something in this module only.
    """

    path: str
    doc: str
    body: str
    requirements: tuple[str, ...] = ()
    homes: Mapping[str, str] = field(default_factory=dict)


def block(*parts: str | Iterable[str]) -> str:
    """Put definitions one below the other, with two blank lines between them."""
    flat: list[str] = []
    for part in parts:
        flat.extend([part] if isinstance(part, str) else part)
    return "\n\n\n".join(text.strip("\n") for text in flat if text.strip()) + "\n"


def tidy(code: str) -> str:
    """Write an expression without the brackets it does not need."""
    text = ast.unparse(python_expression(code.strip()))
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isascii() or unicodedata.category(character)[0] in "LN":
        return character
    return literal(character)[1:-1]


def long_literal(text: str, width: int = 70) -> str:
    """Write a text as a literal; one that is too long for a line as several, in brackets."""
    if len(text) <= width:
        return literal(text)
    pieces = re.findall(rf".{{1,{width}}}(?:\s|$)|\S{{1,{width}}}", text, re.DOTALL)
    return "(" + " ".join(literal(piece) for piece in pieces if piece) + ")"


def names_in(body: str) -> set[str]:
    """Return the names that code reads but defines neither at its top level nor locally."""
    tree = python_module(body)
    reader = _Names()
    reader.visit(tree)
    return reader.used - _defined(tree)


class _Names(ast.NodeVisitor):
    """Collects the names that are read and are no local names where they are read."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self._parameters: list[set[str]] = []

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and not any(node.id in p for p in self._parameters):
            self.used.add(node.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node, node.args)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node, node.args)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._parameters.append(
            {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        )
        self.visit(node.body)
        self._parameters.pop()

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, arguments: ast.arguments
    ) -> None:
        """Read annotations, defaults and decorators outside, the body inside of a function."""
        for outside in (*node.decorator_list, *([node.returns] if node.returns else [])):
            self.visit(outside)
        self.generic_visit(arguments)
        local = {part.arg for part in ast.walk(arguments) if isinstance(part, ast.arg)}
        for part in (inner for statement in node.body for inner in ast.walk(statement)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                local.add(part.id)
        self._parameters.append(local)
        for statement in node.body:
            self.visit(statement)
        self._parameters.pop()


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case _:
                pass
    return names


def with_imports(module: Module, homes: Mapping[str, str | None]) -> str:
    """Write a module whole: docstring, the imports its names need, the code.

    Args:
        module: What was written.
        homes: Where the names that the tree itself defines can be imported from; None for names
            that are no imports there.
    """
    used = names_in(module.body)
    homes = {**homes, **module.homes}
    here = module.path.removesuffix(".py").replace("/", ".")
    froms: dict[str, set[str]] = {}
    plain: set[str] = set()
    for name in used:
        if name in homes:
            home = homes[name]
            if home is not None:
                froms.setdefault(home, set()).add(name)
        elif name in _HOMES:
            froms.setdefault(_HOMES[name], set()).add(name)
        elif name in _MODULES:
            plain.add(_MODULES[name])
    froms.pop(here, None)
    lines = [*plain, *(f"from {home} import {_members(names)}" for home, names in froms.items())]
    groups = [
        "\n".join(sorted((line for line in lines if _group(line) == group), key=_order))
        for group in range(3)
    ]
    parts = [docstring(module.doc), *(group for group in groups if group), module.body.strip("\n")]
    return "\n\n".join(part for part in parts if part) + "\n"


def _members(names: Iterable[str]) -> str:
    def order(name: str) -> tuple[int, str, str]:
        rank = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
        return (rank, name.lower(), name)

    return ", ".join(sorted(names, key=order))


def _group(line: str) -> int:
    root = line.split()[1].split(".", maxsplit=1)[0]
    if root in STANDARD:
        return 0
    return 2 if root in FIRST_PARTY else 1


def _order(line: str) -> tuple[int, str]:
    words = line.split()
    return (0 if words[0] == "import" else 1, words[1].lower())


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """Mend small lint in Python files, by their path, and format them, all with ruff.

    A line that cannot be broken, because a name or a path of the design is that long, says so.

    Raises:
        MissingExtraError: ruff is not installed.
    """
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]  # noqa: PLC0415 -- the extra is only needed here
    except ImportError as error:
        raise MissingExtraError("formatting written code", "offline") from error
    with tempfile.TemporaryDirectory(prefix="quantumlayer-") as folder:
        paths = {name: Path(folder, name) for name in files}
        for name, text in files.items():
            paths[name].parent.mkdir(parents=True, exist_ok=True)
            paths[name].write_text(text, encoding="utf-8")

        def ruff(*arguments: str) -> None:
            subprocess.run(  # noqa: S603 -- our own formatter on files we just wrote
                [find_ruff_bin(), *arguments, *_RUFF, folder], check=True, capture_output=True
            )

        def written() -> dict[str, str]:
            return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}

        ruff("check", "--fix-only", f"--select={_MENDED}")
        ruff("format")
        done = written()
        if any(len(line) > LINE for text in done.values() for line in text.splitlines()):
            ruff("check", "--add-noqa", "--select=E501")
            done = written()
        return done
