"""The skeletons of files: Jinja templates that ship with the package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from quantumlayer.errors import MissingExtraError

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise MissingExtraError("writing services", "offline") from error
    return Environment(
        loader=PackageLoader("quantumlayer.offline.writing"),
        autoescape=False,  # noqa: S701 -- no HTML; values are escaped for the language they go into
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, /, **values: object) -> str:
    """Fill a template; every value must already be safe in the language of the file."""
    return _environment().get_template(f"{template}.j2").render(**values)
