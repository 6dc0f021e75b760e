"""Work out how much of a package was covered, running nothing of it: coverage_report.py PACKAGE.

Reads `{path: [executed line, ...]}` from standard input. Which lines count is decided here, where
no configuration, comment or plug-in of the tree has a say: every statement of every file.

Prints `{path: [statements, [missing line, ...]], ...}` for every Python file of the package.
"""

from __future__ import annotations

import json
import os
import sys

import coverage


def main(package: str) -> None:
    """Print the statements and the missing lines of each file."""
    lines = json.load(sys.stdin)
    measured = coverage.Coverage(data_file=None, config_file=False, messages=False)
    measured.clear_exclude()
    measured.get_data().add_lines({os.path.abspath(path): found for path, found in lines.items()})
    report = {}
    for folder, _, names in os.walk(package):
        for path in (os.path.join(folder, name) for name in names if name.endswith(".py")):
            _, statements, _, missing, _ = measured.analysis2(path)
            report[path] = [len(statements), missing]
    sys.stdout.write(json.dumps(report, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1])
