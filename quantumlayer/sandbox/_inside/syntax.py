"""Compile every Python file below the working folder, running none: syntax.py.

Prints `{"files": count, "errors": [[path, line, message], ...]}`.
"""

from __future__ import annotations

import json
import os
import sys
import warnings


def python_files() -> list[str]:
    """List Python files by relative path, sorted."""
    found = []
    for folder, _, names in os.walk("."):
        found += [os.path.join(folder, name)[2:] for name in names if name.endswith(".py")]
    return sorted(found)


def error_in(path: str) -> tuple[int, str] | None:
    """Return line and message of what is wrong with a file."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno or 1, f"{type(error).__name__}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return 1, f"{type(error).__name__}: {error}"
    return None


def main() -> None:
    """Print what is wrong with all files."""
    warnings.simplefilter("ignore")  # Ruff speaks of what is doubtful but valid.
    files = python_files()
    errors = [[path, *error] for path in files if (error := error_in(path)) is not None]
    sys.stdout.write(json.dumps({"files": len(files), "errors": errors}))


if __name__ == "__main__":
    main()
