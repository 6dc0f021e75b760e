"""Methods and paths, as documents write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeGuard

__all__ = ["Route", "acts_on_item", "parse_route"]

_ROUTE = re.compile(
    r"(?:(?P<method>GET|POST|PUT|PATCH|DELETE)\s+)?"
    r"(?:https?://[^/\s]+)?"
    r"(?P<path>/[A-Za-z0-9_\-/{}:<>.$]*)?"
    r"(?P<query>[?&][^\s]*)?"
)
_LONGEST = 300
_SPLITTER = re.compile(r"[?&]")


@dataclass(frozen=True, slots=True)
class Route:
    """`GET /rooms/{id}?day=…`; method and path are empty where only the rest was written."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path, parameters with their braces."""
        return tuple(part for part in self.path.split("/") if part)

    @property
    def literals(self) -> tuple[str, ...]:
        """The parts of the path that are no parameters."""
        return tuple(part for part in self.segments if not part.startswith("{"))


def acts_on_item(route: object) -> TypeGuard[Route]:
    """Whether a route does something to one item: `POST /flags/{key}/archive`; nothing is no route."""
    return (
        isinstance(route, Route)
        and route.method in {"POST", "PUT", "PATCH"}
        and len(route.segments) > 2
        and not route.segments[-1].startswith("{")
    )


def parse_route(text: str) -> Route | None:
    """Read `GET /rooms/:id?day=2027-01-01`, a bare path or a bare query; None for anything else.

    `:id`, `<id>`, `[id]`, `$id` and numbers in the place of an id become `{id}`.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    match = _ROUTE.fullmatch(text)
    if match is None or not (match["path"] or (match["query"] and "=" in match["query"])):
        return None
    path = match["path"] or ""
    if "//" in path or ".." in path.replace("...", ""):
        return None
    segments = [_segment(part) for part in path.rstrip("./").split("/")[1:]]
    if any("<" in part or ":" in part for part in segments):
        return None
    path = "/" + "/".join(part for part in segments if part) if path else ""
    return Route(match["method"] or "", path, _query(match["query"] or ""))


def _segment(part: str) -> str:
    named = re.fullmatch(r"(?:[:$](\w+)|<(?:\w+:)?(\w+)>|\{(\w+)(?::\w+)?\})", part)
    if named:
        return "{" + next(group for group in named.groups() if group) + "}"
    return "{id}" if part.isdigit() else part


def _query(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in _SPLITTER.split(text):
        name, _, value = part.partition("=")
        name = name.strip("[]{} ")
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            pairs.append((name, value.strip()))
    return tuple(pairs)
