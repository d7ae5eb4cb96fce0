"""Keeps the contexts of live conversations in memory, brought up to date from the journal."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.assist.context import Context
from services.assist.folding import apply
from services.contracts.events import ConversationEvent, Event
from services.journal.errors import ResyncNeeded

MAX_CONTEXTS = 5_000
"""Conversations remembered by one worker, about 20 kB each; an older one is folded again."""


class EventLog(Protocol):
    """The part of the journal that contexts are read from."""

    async def read(
        self, tenant: str, conversation_id: str, *, after: str | None = None
    ) -> Sequence[ConversationEvent]:
        """Return the conversation's events after a cursor, oldest first."""


class _Known(NamedTuple):
    """The ``context`` at ``cursor``, and the events of our ``own`` that are to give ``after``."""

    cursor: str | None
    context: Context
    own: tuple[Event, ...]
    after: Context


_NOTHING = Context()
_STRANGER = _Known(None, _NOTHING, (), _NOTHING)


class Contexts:
    """The latest known context of each conversation; the journal is the truth, this is a cache.

    A worker that takes a conversation over starts with an empty place and folds it from the first
    event; one that was interrupted reads on from its cursor.
    """

    def __init__(self, log: EventLog, *, size: int = MAX_CONTEXTS) -> None:
        self._log = log
        self._size = size
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()

    async def as_of(self, tenant: str, event: ConversationEvent) -> Context:
        """Return the context after ``event`` and whatever else the journal holds by now.

        Raises:
            NotFound: the conversation has expired.
            Unavailable: the journal does not answer.
        """
        key = (tenant, event.event.conversation_id)
        known = self._known.get(key, _STRANGER)
        try:
            events = await self._log.read(tenant, key[1], after=known.cursor)
        except ResyncNeeded:
            # The journal was cut back behind our cursor: it is the truth, so fold it afresh.
            known = _STRANGER
            events = await self._log.read(tenant, key[1])
        context, cursor = known.context, known.cursor
        ready = len(known.own)
        # What this worker has folded itself mostly comes back as it was: the very same objects.
        if ready and ready <= len(events) and _same(known.own, events):
            context = known.after
        else:
            ready = 0
        for item in events[ready:]:
            context = apply(context, item.event)
        if events:
            cursor = events[-1].id
        if cursor is not None:
            self._known[key] = _Known(cursor, context, (), context)
            self._known.move_to_end(key)
        if context.ended:
            self._known.pop(key, None)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return context

    def after(
        self, tenant: str, conversation_id: str, context: Context, events: Sequence[Event]
    ) -> Context:
        """Return ``context``, given by ``as_of``, after ``events`` that are yet to be published.

        They need not be folded again when the journal holds them.
        """
        after = context
        for event in events:
            after = apply(after, event)
        key = (tenant, conversation_id)
        known = self._known.get(key)
        if known is not None and known.context is context:
            self._known[key] = _Known(known.cursor, context, tuple(events), after)
        return after


def _same(own: Sequence[Event], events: Sequence[ConversationEvent]) -> bool:
    return all(event is item.event for event, item in zip(own, events, strict=False))
