"""Who gets a message inside one process.

Every subscription belongs to a group, one without a name to a group of its own. A group hands each
message to its least busy member, by turns where several are, so that a slow one holds nothing back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from quantumlayer.errors import NoRespondersError, TransportError
from quantumlayer.transport._protocol import Dropped, Overflow
from quantumlayer.transport._workers import Handler, Member

if TYPE_CHECKING:
    from quantumlayer.transport._host import Host

__all__ = ["Answer", "Delivery", "Group"]


class Answer:
    """What a requester waits for: the first reply, or why there will be none."""

    __slots__ = ("_arrived", "_data", "_error", "_open")

    def __init__(self, servers: int) -> None:
        self._arrived = anyio.Event()
        self._open = servers
        self._data = b""
        self._error: TransportError | None = None

    def reply(self, data: bytes) -> None:
        """Settle it, unless it is settled."""
        if self._open > 0:
            self._open = 0
            self._data = data
            self._arrived.set()

    def lost(self, error: TransportError) -> None:
        """Settle it if this was the last server that could reply."""
        self._open -= 1
        if self._open == 0:
            self._error = error
            self._arrived.set()

    async def wait(self) -> bytes:
        """Return the first reply, or raise why there is none."""
        await self._arrived.wait()
        if self._error is not None:
            raise self._error
        return self._data


class Delivery:
    """One message on its way to one handler."""

    __slots__ = ("answer", "data", "group", "scope", "subject", "withdrawn")

    def __init__(
        self, subject: str, data: bytes, group: Group, answer: Answer | None = None
    ) -> None:
        self.subject = subject
        self.data = data
        self.group = group
        self.answer = answer
        self.scope: anyio.CancelScope | None = None  # while a handler runs
        self.withdrawn = False

    def withdraw(self) -> None:
        """The requester has gone: cancel the handler, or see that none is called."""
        self.withdrawn = True
        if self.scope is not None:
            self.scope.cancel()
        else:
            self.group.forget(self)


class Group:
    """Members that share the messages of a pattern, and the messages that wait for them."""

    def __init__(
        self,
        pattern: str,
        name: str | None,
        host: Host,
        *,
        max_waiting: int,
        overflow: Overflow,
        changed: Callable[[Group], None],
    ) -> None:
        self.pattern = pattern
        self.name = name
        self.host = host
        self.max_waiting = max_waiting
        self.overflow = overflow
        self.members: list[Member] = []
        self.waiting: deque[Delivery] = deque()
        self._free: dict[Member, None] = {}  # with credit; whose turn it is comes first
        self._blocked: deque[anyio.Event] = deque()
        self._closed: TransportError | None = None
        self._ending: set[Member] = set()
        self._changed = changed

    @property
    def is_empty(self) -> bool:
        """Whether nobody handles messages here any more."""
        return not self.members and not self._ending

    def join(self, handler: Handler, *, max_in_flight: int) -> Member:
        """Add a member; it takes messages from now on."""
        member = Member(self, handler, max_in_flight=max_in_flight)
        self.members.append(member)
        self.freed(member)
        while self.waiting and member.has_credit:
            self._assign(member, self.waiting.popleft())
            self._unblock()
        self._changed(self)
        return member

    def leave(self, member: Member) -> None:
        """Give a member no more messages."""
        self.members.remove(member)
        self._free.pop(member, None)
        self._ending.add(member)
        self._changed(self)

    def ended(self, member: Member) -> None:
        """Forget a member that handles nothing any more."""
        self._ending.discard(member)
        self._changed(self)

    @property
    def has_room(self) -> bool:
        """Whether it takes another message."""
        return bool(self._free) or len(self.waiting) < self.max_waiting

    async def room(self) -> None:
        """Wait until there may be room, or the group has gone; first come, first let in."""
        turn = anyio.Event()
        self._blocked.append(turn)
        try:
            await turn.wait()
        except BaseException:
            if turn.is_set():
                self._unblock()  # the turn was ours and we cannot use it
            else:
                self._blocked.remove(turn)
            raise

    def offer(self, delivery: Delivery) -> None:
        """Give a message to a member, or let it wait."""
        self.host.accepted()
        if self.waiting or not self._free:
            self.waiting.append(delivery)
        else:
            self._assign(self._least_busy(), delivery)

    def freed(self, member: Member) -> None:
        """Note that a member has credit."""
        if member not in self._free and not member.leaving:
            self._free[member] = None

    def take(self) -> Delivery | None:
        """Return the message that has waited longest."""
        if not self.waiting:
            return None
        delivery = self.waiting.popleft()
        self._unblock()
        return delivery

    def forget(self, delivery: Delivery) -> None:
        """Let a withdrawn message wait no longer."""
        if delivery in self.waiting:
            self.waiting.remove(delivery)
            self._unblock()
            self.host.finished()

    def close(self, error: TransportError) -> None:
        """The transport closes: cancel every handler, and lose what waits."""
        self._closed = error
        for member in [*self.members, *self._ending]:
            member.end()

    def abandon(self) -> None:
        """Nobody is left who handles messages: what waits is lost."""
        while self.waiting:
            delivery = self.waiting.popleft()
            self.lose(delivery, NoRespondersError(delivery.subject))
            self.host.finished()
        while self._blocked:
            self._unblock()

    def lose(self, delivery: Delivery, error: TransportError) -> None:
        """Say that a message is not handled to its end."""
        if delivery.answer is not None:
            delivery.answer.lost(self._closed or error)
        else:
            self.host.emit(Dropped(delivery.subject, self.pattern, "closed"))

    def _least_busy(self) -> Member:
        idle = next((member for member in self._free if not member.busy), None)
        return idle or min(self._free, key=lambda member: member.busy)

    def _assign(self, member: Member, delivery: Delivery) -> None:
        member.assign(delivery)
        del self._free[member]
        if member.has_credit:
            self._free[member] = None  # behind the others

    def _unblock(self) -> None:
        if self._blocked:
            self._blocked.popleft().set()
