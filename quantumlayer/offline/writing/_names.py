"""Names for things in the code that is written, none of them taken twice."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from quantumlayer.offline.writing._source import IMPORTABLE

__all__ = ["ATTRIBUTES", "CLASSES", "MODULES", "VARIABLES", "Names", "member", "pascal", "snake"]

IMPORTED = frozenset(
    """
    APIRouter AfterValidator Annotated Any Base BaseModel Boolean Clock ConflictError
    Credentials DateTime Decimal Depends Engine FastAPI Field ForeignKey ForbiddenError
    HTTPAuthorizationCredentials HTTPBearer Header Id Index Iterator JSON JSONResponse Literal
    Mapped Money Numeric Page PasswordHasher Path PlainSerializer Query Request
    RequestValidationError Response RedirectResponse RuleBrokenError Secret SecretStr Select
    Self Sequence ServiceError Session Settings Status String TestClient Text Timestamp Token
    TypeDecorator UnauthorizedError UniqueConstraint UtcDateTime Collection ConfigDict Exists
    DbSession WritingSession CurrentUser NotFoundError InvalidError Input Output Url TimeOfDay
    Pagination
    """.split()  # noqa: SIM905 -- a list with a quote around every word is hard to read
)
"""Class-like names that written modules import or define for themselves."""
LOCAL = frozenset(
    """
    aliased and_ answer app bindparam body calendar caller case cast clock conditions count_rows
    create_token current_user desc dt exists extract func get_current_user has_item
    hash_password json known limit literal lock lock_rows lock_table logging math models name
    not_ offset only or_ ordering orders page page_size part password_matches pytest query
    random_code random_digits re request response rounded router row rows rules secrets select
    session slug sort store type_coerce unused_code value
    """.split()  # noqa: SIM905 -- a list with a quote around every word is hard to read
)
"""Variable-like names that written functions use for themselves."""
PYDANTIC = frozenset(
    """
    construct copy dict from_orm json model_computed_fields model_config model_construct
    model_copy model_dump model_dump_json model_extra model_fields model_fields_set
    model_json_schema model_parametrized_name model_post_init model_rebuild model_validate
    model_validate_json model_validate_strings parse_file parse_obj parse_raw schema schema_json
    update_forward_refs validate
    """.split()  # noqa: SIM905 -- a list with a quote around every word is hard to read
)
SQLALCHEMY = frozenset({"metadata", "registry"})

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
HARMLESS = frozenset(
    """
    format hash id input max min range type license copyright credits help open next round
    filter iter map compile
    """.split()  # noqa: SIM905 -- likewise
)
"""Builtins that are good names of attributes."""

CLASSES = frozenset(keyword.kwlist) | BUILTINS | IMPORTED | IMPORTABLE
ATTRIBUTES = (
    frozenset(keyword.kwlist)
    | (BUILTINS - HARMLESS)
    | PYDANTIC
    | SQLALCHEMY
    | {"mapped_column", "relationship", "column_property", "dt", "func", "select"}
)
VARIABLES = frozenset(keyword.kwlist) | BUILTINS | LOCAL
MODULES = frozenset(keyword.kwlist) | {
    *("accounts", "health", "reports", "service"),  # our own, or those of their tests
    *("app", "create_app", "lifespan", "logger", "module", "settings"),  # names in `app.main`
}


def snake(text: str) -> str:
    """Write a name in snake_case: `shortCode`, `ShortCode` and `short code` are short_code."""
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])|([a-z0-9])([A-Z])", r"\1\3_\2\4", text)
    words = re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()
    return words if words[:1].isalpha() else f"x_{words}".rstrip("_")


def member(text: str) -> str:
    """Write the name of an attribute; pydantic warns about those that begin like its methods."""
    name = snake(text)
    return f"its_{name}" if name.startswith(("model_dump", "model_validate")) else name


def pascal(text: str) -> str:
    """Write a name in PascalCase."""
    return "".join(part[:1].upper() + part[1:] for part in snake(text).split("_"))


class Names:
    """Hands out names and remembers which are taken."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, *wishes: str, suffix: str = "_") -> str:
        """Take the first wish that is free, or else the last one with the suffix or a number."""
        for name in (*wishes, f"{wishes[-1]}{suffix}"):
            if name not in self._taken:
                break
        else:
            name = next(
                name
                for number in range(2, len(self._taken) + 3)
                if (name := f"{wishes[-1]}{suffix}{number}") not in self._taken
            )
        self._taken.add(name)
        return name
