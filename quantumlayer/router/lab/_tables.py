"""Tables in files: CSV, JSON lines and Parquet, as columns that know where they come from."""

from __future__ import annotations

import csv
import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, TextIO

from quantumlayer.errors import LabError

__all__ = ["Table", "read_json", "read_objects", "read_table"]

_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file.

    Attributes:
        path: The file.
        columns: Their cells by their names, all of one length.
        lines: Where each row stands: its line, or its number in a Parquet file, from 1.
    """

    path: Path
    columns: Mapping[str, Sequence[object]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)

    def texts(self, column: str) -> list[str]:
        """A column of texts; numbers are written out.

        Raises:
            LabError: There is no such column, or a cell is empty.
        """
        cells = self.cells(column)
        for row, cell in enumerate(cells):
            if not isinstance(cell, (str, int)) or cell == "":
                self.refuse(row, column, f"{cell!r} is no text: fill it in, or remove the row")
        return [str(cell) for cell in cells]

    def numbers(self, column: str, *, highest: float = math.inf) -> list[float]:
        """A column of numbers from 0; true counts 1 and false 0.

        Raises:
            LabError: There is no such column, or a cell is no such number.
        """
        return [
            self._number(row, column, cell, highest) for row, cell in enumerate(self.cells(column))
        ]

    def _number(self, row: int, column: str, cell: object, highest: float) -> float:
        try:
            plain = _TRUTH.get(cell.strip().lower(), cell) if isinstance(cell, str) else cell
            number = float(plain)  # type: ignore[arg-type]  # what cannot be converted is caught
        except (TypeError, ValueError):
            self.refuse(row, column, f"{cell!r} is no number: fill it in, or remove the row")
        if not 0 <= number <= highest or math.isinf(number):
            cure = "scale it to between 0 and 1" if highest == 1 else "give zero or more"
            self.refuse(row, column, f"{cell!r} is out of bounds: {cure}")
        return number

    def cells(self, column: str) -> Sequence[object]:
        """A column as it was read.

        Raises:
            LabError: There is no such column.
        """
        try:
            return self.columns[column]
        except KeyError:
            there = ", ".join(map(repr, self.columns))
            raise LabError(
                f"{str(self.path)!r} has no column {column!r}, only {there}: rename one, or name "
                "the columns with `Columns`."
            ) from None

    def refuse(self, row: int, column: str, problem: str) -> NoReturn:
        """Raise a LabError that names the file, the row and the column."""
        where = f"{str(self.path)!r}, row {self.lines[row]}, column {column!r}"
        raise LabError(f"{where}: {problem}.")


def read_table(path: Path) -> Table:
    """Read a table by the ending of its name.

    `.csv` (UTF-8, a header, commas), `.jsonl` (one JSON object a line), both also with `.gz`
    behind, and `.parquet`.

    Raises:
        LabError: The file is missing, has another ending, is broken, or has no row.
        MissingExtraError: It is a Parquet file and pyarrow is not installed.
    """
    path = Path(path)
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if path.name.endswith(".parquet"):
        from quantumlayer.router.lab.pyarrow import read_columns  # noqa: PLC0415 -- an extra

        columns = read_columns(path)
        table = Table(path, columns, range(1, 1 + max(map(len, columns.values()), default=0)))
    elif kind in _READERS:
        with _open(path) as file:
            table = _READERS[kind](path, file)
    else:
        raise LabError(
            f"{str(path)!r} is no table: its name has to end in .csv, .csv.gz, .jsonl, .jsonl.gz "
            "or .parquet."
        )
    if not len(table):
        raise LabError(f"{str(path)!r} has no row: give at least one.")
    return table


def read_json(path: Path) -> object:
    """Read a JSON document, also with `.gz` behind its name.

    Raises:
        LabError: The file is missing or no JSON.
    """
    with _open(Path(path)) as file:
        try:
            return json.load(file)
        except json.JSONDecodeError as error:
            raise LabError(f"{str(path)!r} is no JSON: {error}.") from error


def read_objects(path: Path) -> list[tuple[int, dict[str, object]]]:
    """Read JSON lines, also with `.gz` behind the name: the objects, each with its line's number.

    Raises:
        LabError: The file is missing, or a line is no JSON object.
    """
    with _open(path) as file:
        return _objects(path, file)


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            packed = path.name.endswith(".gz")
            binary = gzip.GzipFile(fileobj=raw) if packed else raw
            with TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
                yield file
    except UnicodeDecodeError as error:
        raise LabError(f"{str(path)!r} is not in UTF-8 ({error}): convert it.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise LabError(f"{str(path)!r} cannot be read: {error}.") from error


def _read_csv(path: Path, file: TextIO) -> Table:
    reader = csv.reader(file, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = next(reader, [])
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise LabError(
            f"{str(path)!r}, row {reader.line_num}: {error}. Quote the field, or write JSON lines."
        ) from error
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise LabError(f"{str(path)!r} has two columns {twice[0]!r}: rename one of them.")
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise LabError(
                f"{str(path)!r}, row {line} has {len(row)} fields and the header {len(header)}: "
                "quote fields with commas or line breaks in them."
            )
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    return Table(path, dict(zip(header, columns, strict=True)), lines)


def _read_jsonl(path: Path, file: TextIO) -> Table:
    found = _objects(path, file)
    names = dict.fromkeys(name for _, row in found for name in row)
    cells = {name: [row.get(name) for _, row in found] for name in names}
    return Table(path, cells, [number for number, _ in found])


def _objects(path: Path, file: TextIO) -> list[tuple[int, dict[str, object]]]:
    lines = enumerate(file, start=1)
    return [(number, _object(path, number, line)) for number, line in lines if line.strip()]


def _object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise LabError(f"{str(path)!r}, row {number} is no JSON: {error}.") from error
    if not isinstance(row, dict):
        raise LabError(f"{str(path)!r}, row {number} is no JSON object: write one a line.")
    return row


_READERS: dict[str, Callable[[Path, TextIO], Table]] = {"csv": _read_csv, "jsonl": _read_jsonl}
