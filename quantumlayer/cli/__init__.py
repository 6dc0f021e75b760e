"""The `quantumlayer` command."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command; the entry point of the script `quantumlayer`."""
    try:
        from quantumlayer.cli._app import app  # noqa: PLC0415 -- its libraries are an extra
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit("The command line needs an extra: pip install 'quantumlayer[cli,offline]'")
    app()
