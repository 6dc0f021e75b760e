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
        self._groups: dict[str, list[Group]] = {}  # by pattern
        self._wildcards: dict[str, list[Group]] = {}  # of these, the patterns for many subjects
        self._routes: dict[str, tuple[Group, ...]] = {}

    def __iter__(self) -> Iterator[Group]:
        for groups in [*self._groups.values()]:
            yield from [*groups]

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
            groups = [*self._groups.get(subject, ())]
            for pattern, more in self._wildcards.items():
                if matches(pattern, subject):
                    groups += more
            route = self._routes[subject] = tuple(group for group in groups if group.members)
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
        for group in self._groups.get(pattern, ()):
            if name is not None and group.name == name and group.members:
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
        groups = self._groups.setdefault(pattern, [])
        groups.append(group)
        if "*" in pattern or ">" in pattern:
            self._wildcards[pattern] = groups
        return group

    def _changed(self, group: Group) -> None:
        self._routes.clear()
        if group.is_empty:
            self._groups[group.pattern].remove(group)
            if not self._groups[group.pattern]:
                del self._groups[group.pattern]
                self._wildcards.pop(group.pattern, None)
