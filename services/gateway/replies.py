"""Replies of the panel that a chat's channel has not had: given when its socket comes back.

What a socket was sent in its last moments may never have arrived, so it is given again: a reply
may come twice with the same id, but not never.
"""

from collections import deque
from datetime import timedelta

from services.contracts.conversation import PANEL_TURN
from services.contracts.events import ConversationEvent, TurnFinalEvent, cursor_of
from services.journal.errors import ResyncNeeded
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.records.keys import key

DOUBTFUL_S = 45.0
"""A connection that died is noticed after so long (ping interval and its timeout) at the latest."""


class Replies:
    """How far the channel of one conversation has been told."""

    def __init__(self, journal: Journal, clock: Clock, tenant: str, conversation_id: str) -> None:
        self._redis = journal.redis
        self._journal = journal
        self._clock = clock
        self._tenant = tenant
        self._conversation_id = conversation_id
        self._name = key(tenant, "conversation", conversation_id, "passed")
        self._passed: deque[tuple[float, str]] = deque()
        self._sure: str | None = None

    async def missed(self) -> tuple[list[ConversationEvent], str | None]:
        """Return the replies not given yet, and the id of the last event that was looked at."""
        last = await self._redis.get(self._name)
        self._sure = None if last is None else str(last)
        try:
            events = await self._journal.read(self._tenant, self._conversation_id, after=self._sure)
        except ResyncNeeded:
            events = await self._journal.read(self._tenant, self._conversation_id)
        missed = [event for event in events if is_reply(event)]
        return missed, events[-1].id if events else self._sure

    def passed(self, event_id: str) -> None:
        """Note that the socket was sent everything up to an event."""
        now = self._clock.monotonic()
        self._passed.append((now, event_id))
        while self._passed and self._passed[0][0] < now - DOUBTFUL_S:
            self._sure = self._passed.popleft()[1]

    async def keep(self, *, orderly: bool, retention: timedelta) -> None:
        """Store how far the channel was told, once its socket is gone.

        ``orderly``: the other side closed, so it had everything that it was sent.
        """
        if orderly and self._passed:
            self._sure = self._passed[-1][1]
        elif self._passed:
            self.passed(self._passed[-1][1])
        # Not for one that was erased or ended meanwhile.
        summary = key(self._tenant, "conversation", self._conversation_id, "summary")
        if self._sure is not None and await self._redis.exists(summary):
            await self._redis.set(self._name, self._sure, px=retention)


def is_reply(event: ConversationEvent) -> bool:
    """Say whether an event is a reply that an adviser typed in the panel."""
    happened = event.event
    return isinstance(happened, TurnFinalEvent) and happened.data.id.startswith(PANEL_TURN)


def later(event_id: str, than: str | None) -> bool:
    """Say whether an event came after another."""
    return than is None or cursor_of(event_id) > cursor_of(than)
