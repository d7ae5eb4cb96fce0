"""Bodies and answers of the REST interface that are not contracts shared with other services."""

from typing import Any

from services.contracts.adviser import CardState
from services.contracts.base import Contract, Identifier, Language, Role, Timestamp
from services.contracts.conversation import (
    ConversationStarted,
    ConversationSummary,
    Turn,
    TurnText,
)


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


class TurnList(Contract):
    """The final turns of a conversation, in order."""

    items: tuple[Turn, ...]


class SuggestionList(Contract):
    """The cards of a conversation and what became of them."""

    items: tuple[CardState, ...]


class EventPage(Contract):
    """Events in order; give ``next`` back as ``after`` for more."""

    items: tuple[dict[str, Any], ...]
    next: str | None = None


class TicketCreate(Contract):
    """Body of ``POST /v1/tickets``: which conversation the socket will follow, if only one."""

    conversation_id: Identifier | None = None


class TicketCreated(Contract):
    """A ticket for one opening of the adviser's socket."""

    ticket: str
    expires_in_s: int


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
