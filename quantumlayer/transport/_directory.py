"""Which groups listen on a subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quantumlayer.transport._groups import Group
from quantumlayer.transport._protocol import Overflow
from quantumlayer.transport._subjects import check_pattern, check_subject, matches

if TYPE_CHECKING:
    from quantumlayer.transport._host import Host

__all__ = ["Directory"]

ROUTES_KEPT = 4_096
"""Subjects whose groups are remembered; subjects may be made up without end, memory is not."""


class Directory:
    """The groups of one kind, by the pattern they listen on."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._groups: list[Group] = []
        self._routes: dict[str, tuple[Group, ...]] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups)

    def matching(self, subject: str) -> tuple[Group, ...]:
        """Return the groups whose pattern covers a subject.

        Raises:
            SubjectError: The subject is malformed.
        """
        route = self._routes.get(subject)
        if route is None:
            check_subject(subject)
            if len(self._routes) == ROUTES_KEPT:
                self._routes.clear()
            route = tuple(
                group for group in self._groups if group.members and matches(group.pattern, subject)
            )
            self._routes[subject] = route
        return route

    def group(
        self, pattern: str, name: str | None, *, max_waiting: int, overflow: Overflow
    ) -> Group:
        """Return the group of that name on a pattern, a new one where there is none.

        Raises:
            SubjectError: The pattern is malformed.
            ValueError: The group is there and goes by other bounds.
        """
        check_pattern(pattern)
        for group in self._groups:
            named = name is not None and (group.pattern, group.name) == (pattern, name)
            if named and group.members:
                if (group.max_waiting, group.overflow) != (max_waiting, overflow):
                    msg = (
                        f"group {name!r} on {pattern!r} goes by max_waiting={group.max_waiting}, "
                        f"overflow={group.overflow!r}: its members have to agree"
                    )
                    raise ValueError(msg)
                return group
        group = Group(
            pattern,
            name,
            self._host,
            max_waiting=max_waiting,
            overflow=overflow,
            changed=self._changed,
        )
        self._groups.append(group)
        return group

    def _changed(self, group: Group) -> None:
        self._routes.clear()
        if group.is_empty:
            self._groups.remove(group)
