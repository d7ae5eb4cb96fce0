"""Bodies and answers of the REST interface that are not contracts shared with other services."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.contracts.adviser import CardState
from services.contracts.base import Contract, Identifier, Language, Role, Timestamp
from services.contracts.conversation import (
    ConversationStarted,
    ConversationSummary,
    Turn,
    TurnText,
)
from services.contracts.customer import Customer
from services.gateway.customers import TimelineItem
from services.gateway.webhooks.dispatcher import TYPES
from services.records.deliveries import Delivery
from services.records.imports import Import
from services.records.tickets import TicketPurpose
from services.records.webhooks import Webhook

EVENT_TYPES: tuple[str, ...] = tuple(sorted(TYPES))


class ConversationCreate(ConversationStarted):
    """Body of ``POST /v1/conversations``."""

    id: Identifier | None = None


class ConversationPage(Contract):
    """Some conversations, newest first; give ``next`` back as ``cursor`` for more."""

    items: tuple[ConversationSummary, ...]
    next: str | None = None


class TurnCreate(Contract):
    """Body of ``POST /v1/conversations/{id}/turns``. With an ``id`` it may be sent again."""

    id: Identifier | None = None
    role: Role
    text: TurnText
    language: Language | None = None
    at: Timestamp | None = None


class TurnPage(Contract):
    """Final turns of a conversation, in order; give ``next`` back as ``cursor`` for more."""

    items: tuple[Turn, ...]
    next: str | None = None


class SuggestionPage(Contract):
    """Cards of a conversation and what became of them; ``next`` as everywhere."""

    items: tuple[CardState, ...]
    next: str | None = None


class EventPage(Contract):
    """Events in order; give ``next`` back as ``cursor`` (or ``after``) for more."""

    items: tuple[dict[str, Any], ...]
    next: str | None = None


class TicketCreate(Contract):
    """Body of ``POST /v1/tickets``.

    Without a ``purpose`` the ticket opens the adviser's socket, of one conversation if it is named.
    With ``test_call`` it opens ``/v1/ingest/audio`` for a new call of the adviser with themselves.
    """

    purpose: TicketPurpose = "panel"
    conversation_id: Identifier | None = None


class TicketCreated(Contract):
    """A ticket for one opening of a socket; ``conversation_id`` is what it is bound to."""

    ticket: str
    expires_in_s: int
    conversation_id: Identifier | None = None


class KnowledgeKept(Contract):
    """A document that was kept, and the version that cards will quote."""

    id: Identifier
    version: str
    new: bool


class KnowledgeRefused(Contract):
    """A line that was not kept, and what is wrong with it."""

    line: int
    code: str
    detail: str
    field: str | None = None


class KnowledgeResults(Contract):
    """What became of each document of ``POST /v1/knowledge/documents``."""

    kept: tuple[KnowledgeKept, ...] = ()
    refused: tuple[KnowledgeRefused, ...] = ()


class TimelinePage(Contract):
    """Contacts on all channels, newest first; ``next`` as everywhere."""

    items: tuple[TimelineItem, ...]
    next: str | None = None


class ImportPage(Contract):
    """Imports of the last day, newest first; ``next`` as everywhere."""

    items: tuple[Import, ...]
    next: str | None = None


class ExportedConversation(Contract):
    """A conversation, everything that happened in it, and who was told of it."""

    conversation: ConversationSummary
    events: tuple[dict[str, Any], ...]
    deliveries: tuple[Delivery, ...]


class CustomerExport(Contract):
    """Everything that is held of a customer."""

    customer_id: Identifier
    exported_at: Timestamp
    customer: Customer | None
    conversations: tuple[ExportedConversation, ...]


EventType = Literal[EVENT_TYPES]  # type: ignore[valid-type]  # one list of them, in the dispatcher


class WebhookCreate(Contract):
    """Body of ``POST /v1/webhooks``."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    types: Annotated[tuple[EventType, ...], Field(min_length=1, max_length=len(EVENT_TYPES))]
    description: Annotated[str, StringConstraints(max_length=200)] | None = None


class WebhookCreated(Webhook):
    """A subscription and its secret, which is shown only here."""

    secret: str


class WebhookPage(Contract):
    """Subscriptions, oldest first; ``next`` as everywhere."""

    items: tuple[Webhook, ...]
    next: str | None = None


class DeliveryPage(Contract):
    """Deliveries, newest first; ``next`` as everywhere."""

    items: tuple[Delivery, ...]
    next: str | None = None


class Replayed(Contract):
    """How many dead deliveries were queued again."""

    replayed: int
