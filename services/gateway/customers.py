"""What is held of one customer, over every record and channel: shown, exported, erased."""

import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import ResponseError

from services.contracts.base import Contract, Timestamp
from services.contracts.conversation import ConversationSummary
from services.contracts.customer import Customer, HistoryItem
from services.contracts.events import ConversationEvent
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.errors import NotFound
from services.records.conversations import ConversationIndex
from services.records.cursors import not_a_cursor, read_cursor, write_cursor
from services.records.customers import Customers
from services.records.deliveries import Deliveries, Delivery
from services.records.idempotency import Answers
from services.records.legs import OpenLegs

_log = logging.getLogger(__name__)


class TimelineItem(Contract):
    """One contact: a conversation that went through Souffleur, or one that the CRM tells of."""

    at: Timestamp
    channel: str
    conversation: ConversationSummary | None = None
    contact: HistoryItem | None = None


class Erasure(Contract):
    """What was erased. It is kept nowhere: it names the customer."""

    id: str
    customer_id: str
    erased_at: Timestamp
    record: bool
    contacts: int
    conversations: int
    events: int
    deliveries: int
    kept_answers: int
    log_rewritten: bool
    """Whether Redis was told to write its file anew, so that nothing stays there either."""


@dataclass(frozen=True)
class Held:
    """Everything that is held of a customer."""

    customer: Customer | None
    conversations: list[tuple[ConversationSummary, list[ConversationEvent], list[Delivery]]]


@dataclass(frozen=True)
class CustomerFiles:
    """Looks at and erases whatever the records and the journal hold of a customer."""

    journal: Journal
    customers: Customers
    index: ConversationIndex
    answers: Answers
    deliveries: Deliveries
    legs: OpenLegs
    clock: Clock

    async def timeline(
        self,
        tenant: str,
        customer_id: str,
        *,
        cursor: str | None,
        limit: int,
        sees: Callable[[ConversationSummary], bool] = lambda summary: True,
    ) -> tuple[tuple[TimelineItem, ...], str | None]:
        """Return up to ``limit`` contacts, newest first, and the cursor of those after them.

        Raises:
            InvalidInput: when ``cursor`` is not one that an earlier page gave.
            NotFound: when nothing is held of this customer.
        """
        customer = await self.customers.get(tenant, customer_id)
        before = None if cursor is None else _read(cursor)
        rows = [
            (place, item) for place, item in _contacts(customer) if not before or place < before
        ]
        conversations = await self._conversations(tenant, customer_id, _bound(before), limit + 1)
        rows += [(_place(item), _of(item)) for item in conversations if sees(item)]
        if not rows and customer is None and cursor is None:
            raise _nothing()
        rows.sort(key=lambda row: row[0], reverse=True)
        more = len(rows) > limit
        items = tuple(item for _, item in rows[:limit])
        return items, write_cursor(_written(rows[limit - 1][0])) if more else None

    async def _conversations(
        self, tenant: str, customer_id: str, bound: str, wanted: int
    ) -> list[ConversationSummary]:
        found: list[ConversationSummary] = []
        while len(found) < wanted:
            page = await self.index.of_customer(tenant, customer_id, before=bound, limit=wanted)
            found += page.items
            if page.next is None:
                break
            bound = f"({page.next}"
        return found

    async def held(self, tenant: str, customer_id: str) -> Held:
        """Return everything that is held of a customer.

        Raises:
            NotFound: when nothing is.
        """
        customer = await self.customers.get(tenant, customer_id)
        conversations = []
        for conversation_id in await self.index.members_of_customer(tenant, customer_id):
            summary = await self.index.get(tenant, conversation_id)
            if summary is None:
                continue
            events: list[ConversationEvent] = []
            with suppress(NotFound):
                events = await self.journal.read(tenant, conversation_id)
            deliveries = await self.deliveries.of_conversation(tenant, conversation_id)
            conversations.append((summary, events, deliveries))
        if customer is None and not conversations:
            raise _nothing()
        conversations.sort(key=lambda held: held[0].started_at)
        return Held(customer, conversations)

    async def erase(self, tenant: str, customer_id: str) -> Erasure:
        """Erase a customer's record, their conversations and all that was derived from them.

        Begun and broken off, it is finished by erasing again: what leads to the rest goes last.

        Raises:
            NotFound: when nothing is held of this customer.
        """
        customer = await self.customers.get(tenant, customer_id)
        members = await self.index.members_of_customer(tenant, customer_id)
        if customer is None and not members:
            raise _nothing()
        events = deliveries = answers = 0
        for conversation_id in members:
            events += await self.journal.erase(tenant, conversation_id)
            await self.legs.forget(tenant, conversation_id)
            deliveries += await self.deliveries.erase(tenant, conversation_id)
            answers += await self.answers.erase(tenant, ("conversation", conversation_id))
            await self.index.erase(tenant, conversation_id)
        answers += await self.answers.erase(tenant, ("customer", customer_id))
        await self.customers.erase(tenant, customer_id)
        await self.index.erase_customer(tenant, customer_id)
        return Erasure(
            id=uuid.uuid4().hex,
            customer_id=customer_id,
            erased_at=self.clock.now(),
            record=customer is not None,
            contacts=len(customer.history) if customer else 0,
            conversations=len(members),
            events=events,
            deliveries=deliveries,
            kept_answers=answers,
            log_rewritten=await self._rewrite_log(),
        )

    async def _rewrite_log(self) -> bool:
        """Let Redis write its file anew: an append-only file still holds what was deleted."""
        try:
            await self.journal.redis.bgrewriteaof()
        except ResponseError:
            # Under way already, or not ours to ask for (a managed Redis).
            _log.info("the append-only file is not rewritten now")
            return False
        return True


Place = tuple[int, int, str]
"""Milliseconds since 1970, 1 for a contact of the CRM and 0 for a conversation, its id."""


def _contacts(customer: Customer | None) -> list[tuple[Place, TimelineItem]]:
    return [
        (
            (_milliseconds(item.at.timestamp()), 1, item.id),
            TimelineItem(at=item.at, channel=item.channel, contact=item),
        )
        for item in (customer.history if customer else ())
    ]


def _place(summary: ConversationSummary) -> Place:
    return _milliseconds(summary.started_at.timestamp()), 0, summary.id


def _of(summary: ConversationSummary) -> TimelineItem:
    return TimelineItem(at=summary.started_at, channel=summary.channel, conversation=summary)


def _bound(before: Place | None) -> str:
    if before is None:
        return "+"
    at, is_contact, id_ = before
    if at < 0:
        return "(0"  # before any conversation
    # Conversations of the same millisecond come after the CRM's contacts.
    return f"({at:013d};" if is_contact else f"({at:013d}:{id_}"


def _written(place: Place) -> str:
    return ":".join(str(part) for part in place)


def _read(cursor: str) -> Place:
    try:
        at, kind, id_ = read_cursor(cursor).split(":", 2)
        return int(at), int(kind), id_
    except ValueError as error:
        raise not_a_cursor() from error


def _milliseconds(at: float) -> int:
    return int(at * 1000)


def _nothing() -> NotFound:
    return NotFound("Nothing is held of this customer.", field="customer_id")
