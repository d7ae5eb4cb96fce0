"""What can be done to a conversation, whichever door it comes by: REST, ingest or the panel."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.contracts.base import Language, Role
from services.contracts.conversation import (
    ConversationEnded,
    ConversationStarted,
    ConversationSummary,
    ConversationTransferred,
    Turn,
)
from services.contracts.customer import ContextUpdated, Customer, CustomerUpsert
from services.contracts.events import (
    ContextUpdatedEvent,
    ConversationEndedEvent,
    ConversationEvent,
    ConversationStartedEvent,
    ConversationTransferredEvent,
    Event,
    TurnFinalEvent,
    cursor_of,
)
from services.gateway.turn_counts import TurnCounts
from services.journal.errors import ResyncNeeded
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.errors import Conflict, NotFound
from services.records.conversations import ConversationIndex, Page
from services.records.customers import Customers, StoredCustomer


@dataclass(frozen=True)
class NewTurn:
    """A written turn; without an ``id`` it gets one, without ``at`` it was written now."""

    role: Role
    text: str
    id: str | None = None
    language: Language | None = None
    at: datetime | None = None


class Conversations:
    """Every change of a conversation ends in the journal, under a producer that names the change.

    The journal takes each (producer, seq) once. So a turn's producer is ``turn:<id>`` and its seq
    is always 1: whoever sends the same turn again is answered as before and nothing is doubled.
    """

    def __init__(
        self, journal: Journal, index: ConversationIndex, customers: Customers, clock: Clock
    ) -> None:
        self._journal = journal
        self._index = index
        self._customers = customers
        self._clock = clock
        self._counts = TurnCounts(journal)

    async def start(
        self, tenant: str, conversation_id: str | None, data: ConversationStarted
    ) -> tuple[ConversationSummary, bool]:
        """Start a conversation; says whether it is new.

        Raises:
            Conflict: when there is one with this id that was started otherwise.
        """
        wanted = self._new(conversation_id, data)
        stored = await self._index.add(tenant, wanted)
        if _started(stored) != data:
            msg = "There is another conversation with this id; leave the id out to get a new one."
            raise Conflict(msg, field="id")
        if stored.ended_at is None:
            await self._announce(tenant, stored)
        return stored, stored is wanted

    async def join(
        self, tenant: str, conversation_id: str | None, data: ConversationStarted
    ) -> ConversationSummary:
        """Return the conversation, which is started when it does not exist.

        Raises:
            Conflict: when it has ended, or is a call while this is a chat or the reverse.
        """
        wanted = self._new(conversation_id, data)
        stored = self._live(await self._index.add(tenant, wanted))
        if (stored.channel == "voice") != (data.channel == "voice"):
            msg = f"This conversation is of the channel {stored.channel}."
            raise Conflict(msg, field="conversation_id")
        await self._announce(tenant, stored)
        return stored

    async def get(self, tenant: str, conversation_id: str) -> ConversationSummary:
        """Return one conversation.

        Raises:
            NotFound: when the tenant has no such conversation.
        """
        return await self._counts.count(tenant, await self._known(tenant, conversation_id))

    async def page(
        self,
        tenant: str,
        *,
        live: bool,
        cursor: str | None,
        limit: int,
        sees: Callable[[ConversationSummary], bool] = lambda summary: True,
    ) -> Page:
        """Return some conversations, newest first: of up to ``limit`` those that ``sees`` takes."""
        page = await self._index.page(tenant, live=live, cursor=cursor, limit=limit)
        seen = [summary for summary in page.items if sees(summary)]
        items = [await self.counted(tenant, summary) for summary in seen]
        return Page(items=tuple(items), next=page.next)

    async def counted(self, tenant: str, summary: ConversationSummary) -> ConversationSummary:
        """Return a summary with its number of turns."""
        return await self._counts.count(tenant, summary)

    async def add_turn(self, tenant: str, conversation_id: str, new: NewTurn) -> Turn:
        """Put a written turn into the journal and return it; sent again, it is returned as it was.

        Raises:
            NotFound: when there is no such conversation.
            Conflict: when it has ended, or has another turn with this id.
        """
        summary = self._live(await self._known(tenant, conversation_id))
        at = new.at or self._clock.now()
        at_ms = max(0, round((at - summary.started_at).total_seconds() * 1000))
        turn = Turn(
            id=new.id or uuid.uuid4().hex,
            role=new.role,
            text=new.text,
            language=new.language or summary.language,
            start_ms=at_ms,
            end_ms=at_ms,
            channel=summary.channel,
        )
        event = TurnFinalEvent(conversation_id=conversation_id, time=self._clock.now(), data=turn)
        stored = await self.publish(tenant, event, producer=f"turn:{turn.id}")
        # An id that we made is new; one that was given may have been given before.
        return turn if new.id is None or stored is None else await self._first(tenant, turn, stored)

    async def _first(self, tenant: str, turn: Turn, stored: ConversationEvent) -> Turn:
        first = await self.event(tenant, stored.event.conversation_id, stored.id)
        if first is None or not isinstance(first.event, TurnFinalEvent):
            return turn
        known = first.event.data
        if (known.role, known.text) != (turn.role, turn.text):
            msg = "There is another turn with this id; give each turn an id of its own."
            raise Conflict(msg, field="id")
        return known

    async def event(
        self, tenant: str, conversation_id: str, event_id: str
    ) -> ConversationEvent | None:
        """Return one event, or ``None`` when the journal does not hold it any more."""
        epoch, offset = cursor_of(event_id)
        try:
            found = await self._journal.read(
                tenant, conversation_id, after=f"{epoch}-{offset - 1}", limit=1
            )
        except (NotFound, ResyncNeeded):
            return None
        return found[0] if found and found[0].id == event_id else None

    async def end(
        self, tenant: str, conversation_id: str, data: ConversationEnded
    ) -> ConversationSummary:
        """End a conversation; one that has ended already is returned as it is."""
        summary = await self._known(tenant, conversation_id)
        if summary.ended_at is not None:
            return summary
        counted = await self._counts.count(tenant, summary)
        event = ConversationEndedEvent(
            conversation_id=conversation_id, time=self._clock.now(), data=data
        )
        await self.publish(tenant, event, producer="end")
        ended = counted.model_copy(update={"ended_at": event.time})
        await self._index.replace(tenant, ended)
        self._counts.forget(tenant, conversation_id)
        return ended

    async def transfer(
        self,
        tenant: str,
        conversation_id: str,
        data: ConversationTransferred,
        transfer_id: str | None = None,
    ) -> ConversationSummary:
        """Hand the conversation to another adviser; once for each ``transfer_id``.

        Raises:
            NotFound: when there is no such conversation.
            Conflict: when it has ended.
        """
        summary = self._live(await self._known(tenant, conversation_id))
        event = ConversationTransferredEvent(
            conversation_id=conversation_id, time=self._clock.now(), data=data
        )
        await self.publish(tenant, event, producer=f"transfer:{transfer_id or uuid.uuid4().hex}")
        moved = summary.model_copy(update={"adviser_id": data.to_adviser_id})
        await self._index.replace(tenant, moved)
        return await self._counts.count(tenant, moved)

    async def put_customer(
        self,
        tenant: str,
        customer_id: str,
        record: CustomerUpsert,
        *,
        over: Customer | Literal["none"] | None = None,
    ) -> StoredCustomer | None:
        """Store a customer's record and show it in their live conversations.

        With ``over``, only when that is what is stored now; ``None`` says that it was not.
        """
        stored = await self._customers.put(
            tenant, customer_id, record, self._clock.now(), over=over
        )
        if stored is None:
            return None
        for conversation_id in await self._index.live_of_customer(tenant, customer_id):
            # A conversation that was never ended may have expired since.
            with suppress(NotFound):
                await self._show_customer(tenant, conversation_id, stored.customer)
        return stored

    async def get_customer(self, tenant: str, customer_id: str) -> Customer:
        """Return a customer's record.

        Raises:
            NotFound: when the tenant has none.
        """
        customer = await self.find_customer(tenant, customer_id)
        if customer is None:
            raise NotFound("There is no such customer; push one with PUT.", field="customer_id")
        return customer

    async def find_customer(self, tenant: str, customer_id: str) -> Customer | None:
        """Return a customer's record, if there is one."""
        return await self._customers.get(tenant, customer_id)

    async def publish(
        self, tenant: str, event: Event, *, producer: str
    ) -> ConversationEvent | None:
        """Put the only event of ``producer`` into the journal; again, it changes nothing."""
        return await self._journal.publish(tenant, event, producer=producer, seq=1)

    def _new(self, conversation_id: str | None, data: ConversationStarted) -> ConversationSummary:
        return ConversationSummary(
            id=conversation_id or uuid.uuid4().hex,
            started_at=self._clock.now(),
            **data.model_dump(),
        )

    async def _announce(self, tenant: str, summary: ConversationSummary) -> None:
        """Put the start into the journal, also for whoever stopped after adding to the index."""
        data = _started(summary)
        started = ConversationStartedEvent(
            conversation_id=summary.id, time=summary.started_at, data=data
        )
        await self.publish(tenant, started, producer="start")
        if data.customer_id is not None:
            customer = await self._customers.get(tenant, data.customer_id)
            if customer is not None:
                await self._show_customer(tenant, summary.id, customer)

    async def _show_customer(self, tenant: str, conversation_id: str, customer: Customer) -> None:
        event = ContextUpdatedEvent(
            conversation_id=conversation_id,
            time=self._clock.now(),
            data=ContextUpdated(customer=customer),
        )
        # Starting and PUT may both come here with the same version: one of them counts.
        await self.publish(tenant, event, producer=f"customer:{customer.version}")

    async def _known(self, tenant: str, conversation_id: str) -> ConversationSummary:
        summary = await self._index.get(tenant, conversation_id)
        if summary is None:
            msg = "There is no such conversation; start it with POST /v1/conversations."
            raise NotFound(msg, field="conversation_id")
        return summary

    @staticmethod
    def _live(summary: ConversationSummary) -> ConversationSummary:
        if summary.ended_at is not None:
            msg = "This conversation has ended; start another one."
            raise Conflict(msg, field="conversation_id")
        return summary


def _started(summary: ConversationSummary) -> ConversationStarted:
    return ConversationStarted.model_validate(
        summary.model_dump(include=set(ConversationStarted.model_fields))
    )
