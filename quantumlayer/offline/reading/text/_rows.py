"""What the columns of a table hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from quantumlayer.offline.reading.text._routes import Route, parse_route

__all__ = ["Column", "columns", "route_of_row", "table_kind"]

Column = Literal[
    "method", "path", "what", "success", "failure", "field", "type", "required", "optional",
    "default", "notes", "unique", "example", "from", "to", "action", "entity", "fields", "role", "takes",
]  # fmt: skip
Kind = Literal["routes", "fields", "transitions", "entities", "other"]

_NAMES: dict[Column, str] = {
    "method": "method|verb|http method|http verb|http",
    "path": "path|endpoint|url|route|uri|request|resource|call|api|operation",
    "takes": (
        "takes|body|input|request body|parameters|params|payload|sends|query|query parameters|json|in"
        "|request data|request json|arguments|parameter|expects|accepts|send|you send|client sends"
    ),
    "what": (
        "what it does|purpose|behaviour|behavior|does|effect|what|use|functionality|what happens"
        "|summary|job"
    ),
    "success": (
        "success|status|answer|response|returns|result|code|ok|answers|status code|success code"
        "|reply|on success|http status|output|gives|responses|codes|statuses|out|you get"
    ),
    "failure": (
        "failure|failures|errors|error|error codes|fails with|on failure|refused|problems"
        "|failure codes|goes wrong|fails|refused with|refused if|fails if|otherwise|on error"
        "|error cases|when it fails|what can go wrong|if not|exceptions"
    ),
    "field": ("field|name|attribute|property|column|member|key|field name|fields"),
    "type": "type|data type|datatype|kind|format",
    "required": "required|mandatory|req|obligatory|needed|must|required?|req.|compulsory",
    "optional": "optional|optional?|nullable|may be empty|null",
    "default": "default|default value|if missing|initial|initially",
    "notes": (
        "notes|note|constraints|constraint|description|rules|rule|remarks|remark|meaning|validation"
        "|allowed values|comment|comments|details|values|restrictions|limits|explanation"
        "|conditions|more|range"
    ),
    "unique": "unique|unique?",
    "example": "example|examples|sample|e.g.",
    "from": (
        "from|from status|from state|current|current status|current state|before|state before"
        "|status before|allowed from|allowed in|allowed when|when|status|state|old status"
        "|old state|possible from|source"
    ),
    "to": (
        "to|to status|to state|new status|new state|next|next status|next state|after|afterwards"
        "|state after|status after|becomes|target|leads to"
    ),
    "action": "action|event|transition|step|trigger|command",
    "entity": "entity|thing|object|model|record|item|table|resource|collection",
    "fields": "fields|attributes|data|properties|columns|what we keep",
    "role": "role|who|user|roles|allowed for|access|permission",
}
_HEADINGS = {column: frozenset(names.split("|")) for column, names in _NAMES.items()}


def table_kind(headings: tuple[str, ...], cells: Mapping[str, str]) -> Kind:
    """Say what a table is about, by its headings and by what a row of it holds."""
    names = {_plain(heading).lower() for heading in headings}

    def named(*wanted: Column) -> bool:
        return all(not names.isdisjoint(_HEADINGS[column]) for column in wanted)

    if named("from", "to"):
        return "transitions"
    if route_of_row(cells) is not None:
        return "routes"
    if named("entity") and (named("fields") or named("notes")) and not named("type"):
        return "entities"
    if (named("field") or _thing_of_fields(headings)) and len(names) > 1:
        return "fields"
    return "other"


_FIELD_OF = re.compile(
    r"(?P<thing>[a-z]+(?:[ -][a-z]+)?) (?:field|attribute|property|column)s?"
    r"|(?:field|attribute|property|column)s? of (?:an? |the )?(?P<whole>[a-z]+(?:[ -][a-z]+)?)"
)


def _thing_of_fields(headings: tuple[str, ...]) -> str:
    """`| lot field | type |`, `| fields of a lot | type |`: the thing whose fields the rows are."""
    match = _FIELD_OF.fullmatch(_plain(headings[0]).lower()) if headings else None
    return (match["thing"] or match["whole"]) if match else ""


def _plain(heading: str) -> str:
    return re.sub(r"[`*_]", "", heading).strip()


def columns(kind: Kind, cells: Mapping[str, str]) -> dict[Column, str]:
    """Sort the cells of a row by what they hold; unknown columns count as notes.

    A field's row has the thing as its `entity` where the table's first heading names it.
    """
    wanted: dict[Kind, tuple[Column, ...]] = {
        "routes": ("method", "path", "takes", "success", "failure", "role", "what", "notes"),
        "fields": (
            "field",
            "type",
            "required",
            "optional",
            "default",
            "unique",
            "example",
            "notes",
        ),
        "transitions": ("action", "from", "to", "role", "path", "notes"),
        "entities": ("entity", "fields", "notes"),
        "other": (),
    }
    sorted_cells: dict[Column, str] = {}
    rest: list[str] = []
    thing = _thing_of_fields(tuple(cells)) if kind == "fields" else ""
    if thing:
        sorted_cells["entity"] = thing
        cells = {
            "field" if at == 0 else name: cell for at, (name, cell) in enumerate(cells.items())
        }
    for heading, cell in cells.items():
        name = _plain(heading).lower()
        column = next(
            (each for each in wanted[kind] if name in _HEADINGS[each] and each not in sorted_cells),
            None,
        )
        if column is None or column == "notes":
            rest.append(cell)
        else:
            sorted_cells[column] = cell
    rest = [cell for cell in rest if cell.strip(" -–—")]
    if rest:
        sorted_cells["notes"] = "; ".join(rest)
    return _answered(sorted_cells, rest) if kind == "routes" else sorted_cells


_STATUS = re.compile(r"\b[1-5]\d\d\b")
_BEFORE_OTHERS = re.compile(r"(?:[1-5]\d\d\s*,\s*)+(?=[1-5]\d\d (?:if|when|where|unless)\b)")
"""In `400, 409 if the name is taken` only the last number has a condition."""
_BEFORE_NOUN = re.compile(r"^\s*[1-5]\d\d\s*[,:;]\s*(?=(?:the|an?)\s)", re.IGNORECASE)
_PLAIN = re.compile(r"(?:[\s,;/|]|or|and|\b[1-5]\d\d\b(?: [A-Z][A-Za-z]+)*)*")


def _answered(cells: dict[Column, str], rest: list[str]) -> dict[Column, str]:
    """Sort what a route answers by its numbers; all other words say what it does."""
    told = cells.pop("failure", "").strip(" -–—")
    plain = _BEFORE_OTHERS.match(told)
    failure = [told[plain.end() :], *_STATUS.findall(plain[0])] if plain else [told]
    success: list[str] = []
    words = [cells.get("what", ""), *rest]
    for cell in (cells.pop("success", ""), *rest):
        codes = _STATUS.findall(cell)
        success.extend(code for code in codes if code < "400")
        if codes and _PLAIN.fullmatch(cell):
            failure.extend(code for code in codes if code >= "400")
            words = [each for each in words if each != cell]
        elif cell not in rest:
            words.append(_BEFORE_NOUN.sub("", cell))
    cells.pop("notes", None)
    texts: dict[Column, list[str]] = {"what": words, "success": success, "failure": failure}
    for column, parts in texts.items():
        text = "; ".join(part for part in parts if part.strip(" -–—"))
        if text:
            cells[column] = text
    return cells


def route_of_row(cells: Mapping[str, str]) -> Route | None:
    """Find the method and the path of a row, in one cell or in two."""
    method, path = "", None
    for cell in cells.values():
        text = cell.strip().strip("`*").strip()
        if text.upper() in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            method = method or text.upper()
            continue
        route = parse_route(text)
        if route is not None and route.path and path is None:
            path = route
    if path is None:
        return None
    method = path.method or method
    return Route(method, path.path, path.query) if method else None
