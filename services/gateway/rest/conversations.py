"""``/v1/conversations``: start, list, read, write into, hand over and end conversations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.contracts.adviser import Screen
from services.contracts.base import Identifier
from services.contracts.conversation import (
    ConversationEnded,
    ConversationStarted,
    ConversationSummary,
    ConversationTransferred,
    Turn,
)
from services.contracts.events import EventId
from services.gateway.auth import Requires
from services.gateway.conversations import NewTurn
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import (
    ConversationCreate,
    ConversationPage,
    EventPage,
    SuggestionList,
    TurnCreate,
    TurnList,
)
from services.gateway.screen import fold
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])

Reader = Annotated[Principal, Depends(Requires("adviser", "crm"))]
Writer = Annotated[Principal, Depends(Requires("ingest"))]
Here = Annotated[Gateway, Depends(gateway_of)]


@router.post("", status_code=201)
async def create(
    body: ConversationCreate, principal: Writer, gateway: Here, response: Response
) -> ConversationSummary:
    """Start a conversation. Sending the same body with the same id again answers 200."""
    summary, new = await gateway.conversations.start(
        principal.tenant,
        body.id,
        ConversationStarted.model_validate(body.model_dump(exclude={"id"})),
    )
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/conversations/{summary.id}"
    return summary


@router.get("")
async def page(
    principal: Reader,
    gateway: Here,
    live: bool = False,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ConversationPage:
    """List conversations, newest first; ``live`` keeps those that have not ended.

    A page leaves out what this adviser may not see: follow ``next`` until there is none.
    """
    rules = await gateway.tenancy.rules(principal.tenant)
    found = await gateway.conversations.page(
        principal.tenant,
        live=live,
        cursor=cursor,
        limit=limit,
        sees=lambda summary: rules.sees(principal, summary),
    )
    return ConversationPage(items=found.items, next=found.next)


@router.get("/{conversation_id}")
async def read(
    conversation_id: Identifier, principal: Reader, gateway: Here
) -> ConversationSummary:
    """Read one conversation's summary."""
    return await gateway.conversations.get(principal.tenant, conversation_id)


@router.get("/{conversation_id}/events")
async def events(
    conversation_id: Identifier,
    principal: Reader,
    gateway: Here,
    after: EventId | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> EventPage:
    """Read what happened, in order. 410 when ``after`` is no longer part of the conversation."""
    await gateway.conversations.get(principal.tenant, conversation_id)
    found = await gateway.journal.read(
        principal.tenant, conversation_id, after=after, limit=limit + 1
    )
    shown = found[:limit]
    return EventPage(
        items=tuple(event.wire() for event in shown),
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{conversation_id}/turns")
async def turns(conversation_id: Identifier, principal: Reader, gateway: Here) -> TurnList:
    """Read the transcript."""
    return TurnList(items=(await _screen(gateway, principal, conversation_id)).turns)


@router.get("/{conversation_id}/suggestions")
async def suggestions(
    conversation_id: Identifier, principal: Reader, gateway: Here
) -> SuggestionList:
    """Read the cards and what became of them."""
    return SuggestionList(items=(await _screen(gateway, principal, conversation_id)).cards)


@router.post("/{conversation_id}/turns", status_code=201)
async def add_turn(
    conversation_id: Identifier, body: TurnCreate, principal: Writer, gateway: Here
) -> Turn:
    """Add a written turn. A repeated id is answered alike and not doubled."""
    turn = await gateway.conversations.add_turn(
        principal.tenant, conversation_id, NewTurn(**dict(body))
    )
    gateway.measures.chat_turns.labels(role=turn.role).inc()
    return turn


@router.post("/{conversation_id}/end")
async def end(
    conversation_id: Identifier,
    principal: Writer,
    gateway: Here,
    body: ConversationEnded | None = None,
) -> ConversationSummary:
    """End a conversation; again, it changes nothing."""
    return await gateway.conversations.end(
        principal.tenant, conversation_id, body or ConversationEnded()
    )


@router.post("/{conversation_id}/transfer")
async def transfer(
    conversation_id: Identifier, body: ConversationTransferred, principal: Writer, gateway: Here
) -> ConversationSummary:
    """Hand a conversation to another adviser."""
    return await gateway.conversations.transfer(principal.tenant, conversation_id, body)


async def _screen(gateway: Gateway, principal: Principal, conversation_id: str) -> Screen:
    history = await gateway.journal.read(principal.tenant, conversation_id)
    return fold(Screen(conversation_id=conversation_id), history)
