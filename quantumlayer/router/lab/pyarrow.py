"""Tables in Parquet files, read with pyarrow."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from quantumlayer.errors import LabError, MissingExtraError

__all__ = ["read_columns"]


def read_columns(path: Path) -> dict[str, list[object]]:
    """Read a Parquet file: its columns by name, each a list of plain Python values.

    Raises:
        MissingExtraError: pyarrow is not installed.
        LabError: The file is missing or no Parquet file, or two columns have one name.
    """
    try:
        parquet, broken = import_module("pyarrow.parquet"), import_module("pyarrow").ArrowException
    except ImportError as error:
        raise MissingExtraError("Reading Parquet files", "lab") from error
    try:
        table = parquet.read_table(path)
    except (OSError, broken) as error:
        raise LabError(f"{str(path)!r} is no Parquet file that can be read: {error}") from error
    names: list[str] = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LabError(f"{str(path)!r} has two columns {twice[0]!r}: rename one of them.")
    return {name: table.column(name).to_pylist() for name in names}
