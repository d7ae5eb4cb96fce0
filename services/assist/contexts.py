"""Keeps the contexts of live conversations in memory, brought up to date from the journal."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from services.assist.context import Context
from services.assist.folding import apply
from services.contracts.events import ConversationEvent
from services.journal.errors import ResyncNeeded

MAX_CONTEXTS = 5_000
"""Conversations remembered by one worker, about 20 kB each; an older one is folded again."""


class EventLog(Protocol):
    """The part of the journal that contexts are read from."""

    async def read(
        self, tenant: str, conversation_id: str, *, after: str | None = None
    ) -> Sequence[ConversationEvent]:
        """Return the conversation's events after a cursor, oldest first."""


class Contexts:
    """The latest known context of each conversation; the journal is the truth, this is a cache.

    A worker that takes a conversation over starts with an empty place and folds it from the first
    event; one that was interrupted reads on from its cursor.
    """

    def __init__(self, log: EventLog, *, size: int = MAX_CONTEXTS) -> None:
        self._log = log
        self._size = size
        self._known: OrderedDict[tuple[str, str], tuple[str, Context]] = OrderedDict()

    async def as_of(self, tenant: str, event: ConversationEvent) -> Context:
        """Return the context after ``event`` and whatever else the journal holds by now.

        Raises:
            NotFound: the conversation has expired.
            Unavailable: the journal does not answer.
        """
        key = (tenant, event.event.conversation_id)
        cursor, context = self._known.get(key, (None, Context()))
        try:
            events = await self._log.read(tenant, key[1], after=cursor)
        except ResyncNeeded:
            # The journal was cut back behind our cursor: it is the truth, so fold it afresh.
            context = Context()
            events = await self._log.read(tenant, key[1])
        for item in events:
            context = apply(context, item.event)
            cursor = item.id
        if cursor is not None:
            self._known[key] = (cursor, context)
            self._known.move_to_end(key)
        if context.ended:
            self._known.pop(key, None)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return context
