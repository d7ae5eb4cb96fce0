"""How many turns a live conversation has, counted from the journal as it grows."""

from services.contracts.conversation import ConversationSummary
from services.contracts.events import TurnFinalEvent
from services.journal.errors import ResyncNeeded
from services.journal.journal import Journal
from services.kit.errors import NotFound


class TurnCounts:
    """Remembers, for each live conversation somebody asked about, how far it has counted."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counted: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}

    async def count(self, tenant: str, summary: ConversationSummary) -> ConversationSummary:
        """Return the summary with its number of final turns."""
        if summary.ended_at is not None:
            self.forget(tenant, summary.id)
            return summary
        cursor, turns = self._counted.get((tenant, summary.id), (None, frozenset[str]()))
        try:
            events = await self._journal.read(tenant, summary.id, after=cursor)
        except ResyncNeeded:
            turns = frozenset()
            events = await self._journal.read(tenant, summary.id)
        except NotFound:
            return summary
        if events:
            turns |= {e.event.data.id for e in events if isinstance(e.event, TurnFinalEvent)}
            self._counted[tenant, summary.id] = (events[-1].id, turns)
        return summary.model_copy(update={"turns": len(turns)})

    def forget(self, tenant: str, conversation_id: str) -> None:
        """Drop what is remembered of a conversation."""
        self._counted.pop((tenant, conversation_id), None)
