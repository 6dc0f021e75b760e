"""Hold every import of a tree against what the tree declares to depend on: imports.py.

The sandbox has more packages than a service declares, so a forgotten dependency would only show
where the service is installed. An import has to be of the standard library, of the tree itself, or
of a declared dependency or what that brings with it. Code outside the tests may not use what only
development groups declare. Imports for type checkers, and those whose failure is handled, are free.

Prints `{"imports": count, "undeclared": [[path, line, module], ...], "not_installed": [names],
"invalid": [[path, message], ...]}`. Where a declared package is not installed here, a module that
is not here either may be its, and is not counted as undeclared. A tool of development groups that
is not installed is only named where there is such a module: nothing else can be its.

Source: pyproject.toml as of PEP 621 and PEP 735, requirements files as pip reads them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

TEST_FILE = re.compile(r"(^|/)(tests?/|conftest\.py$|test_[^/]*\.py$|[^/]*_test\.py$)")
DEVELOPMENT = re.compile(r"dev|test|lint|doc|ci")


class Declared:
    """What a tree says it depends on.

    Attributes:
        runtime: What it needs to run.
        development: What only its development needs.
        invalid: What cannot be read, as (path, message).
    """

    def __init__(self) -> None:
        self.runtime: list[Requirement] = []
        self.development: list[Requirement] = []
        self.invalid: list[tuple[str, str]] = []

    def read(self) -> None:
        """Read pyproject.toml and every requirements file."""
        if os.path.exists("pyproject.toml"):
            try:
                with open("pyproject.toml", "rb") as file:
                    self._pyproject(tomllib.load(file))
            except (ValueError, AttributeError, TypeError) as error:
                self.invalid.append(("pyproject.toml", str(error)))
        for folder in (".", "requirements"):
            for name in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):
                path = name if folder == "." else f"{folder}/{name}"
                if name.endswith(".txt") and ("requirements" in path):
                    self._requirements_file(path)

    def _pyproject(self, content: dict[str, Any]) -> None:
        project = content.get("project", {})
        self._add("pyproject.toml", project.get("dependencies", []), self.runtime)
        for name, extra in project.get("optional-dependencies", {}).items():
            self._add("pyproject.toml", extra, self._kind(name))
        for group in content.get("dependency-groups", {}).values():
            texts = [text for text in group if isinstance(text, str)]
            self._add("pyproject.toml", texts, self.development)

    def _requirements_file(self, path: str) -> None:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [re.sub(r"(^|\s)#.*", "", line).split(" --")[0].strip() for line in file]
        texts = [line.rstrip("\\ ") for line in lines if line and not line.startswith("-")]
        self._add(path, texts, self._kind(path))

    def _kind(self, name: str) -> list[Requirement]:
        return self.development if DEVELOPMENT.search(name) else self.runtime

    def _add(self, path: str, texts: Iterable[str], to: list[Requirement]) -> None:
        for text in texts:
            try:
                to.append(Requirement(text))
            except InvalidRequirement as error:
                self.invalid.append((path, str(error).splitlines()[0]))


def brought_by(requirements: Iterable[Requirement]) -> tuple[set[str], set[str]]:
    """Follow requirements through installed packages.

    Returns:
        Modules they bring, and names of packages that are not installed here.
    """
    modules: set[str] = set()
    missing: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *sorted(requirement.extras)):
            if (name, extra) in seen or not applies(requirement):
                continue
            seen.add((name, extra))
            try:
                package = metadata.distribution(name)
            except metadata.PackageNotFoundError:
                missing.add(name)
                continue
            modules.update(modules_of(package))
            needed = [Requirement(text) for text in package.requires or ()]
            waiting += [need for need in needed if applies(need, extra)]
    return modules, missing


def applies(requirement: Requirement, extra: str = "") -> bool:
    """Tell whether a requirement is meant for this interpreter and extra."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def modules_of(package: metadata.Distribution) -> set[str]:
    """Return names of the modules and packages that a distribution installs."""
    tops = {file.parts[0] for file in package.files or () if file.suffix in {".py", ".so", ".pyi"}}
    return {top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data"))}


# --- the tree ------------------------------------------------------------------------------------


def python_files() -> list[str]:
    """List Python files by relative path, sorted."""
    found = []
    for folder, _, names in os.walk("."):
        found += [os.path.join(folder, name)[2:] for name in names if name.endswith(".py")]
    return sorted(found)


def own_modules(files: Iterable[str]) -> set[str]:
    """Return every name under which the tree's own files may be imported."""
    return {part.removesuffix(".py") for path in files for part in path.split("/")}


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find (line, top module) of each import that has to work."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.split(".")[0]
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from (found for other in node.orelse for found in imports(other))
        elif isinstance(node, ast.Try) and any(handles_failure(one) for one in node.handlers):
            rest = [*node.handlers, *node.orelse, *node.finalbody]
            yield from (found for other in rest for found in imports(other))
        else:
            yield from imports(node)


def handles_failure(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches a failed import."""
    return handler.type is not None and bool(
        re.search(r"ImportError|ModuleNotFoundError", ast.unparse(handler.type))
    )


def main() -> None:
    """Print what is imported without being declared."""
    declared = Declared()
    declared.read()
    runtime, missing = brought_by(declared.runtime)
    everything, also_missing = brought_by([*declared.runtime, *declared.development])
    files = python_files()
    free = set(sys.stdlib_module_names) | own_modules(files)
    count, undeclared, unresolved = 0, [], False
    for path in files:
        allowed = free | (everything if TEST_FILE.search(path) else runtime)
        try:
            with open(path, "rb") as file:
                tree = ast.parse(file.read())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # The syntax check says so.
        for line, module in imports(tree):
            count += 1
            if module in allowed:
                continue
            if (missing | also_missing) and not find_spec(module):
                unresolved = True  # Something that is not installed may bring it.
            else:
                undeclared.append((path, line, module))
    answer = {
        "imports": count,
        "undeclared": undeclared,
        "not_installed": sorted(missing | also_missing if unresolved else missing),
        "invalid": declared.invalid,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
