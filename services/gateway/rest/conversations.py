"""``/v1/conversations``: start, list, read, write into, hand over and end conversations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

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
from services.gateway.briefing import Briefing, brief
from services.gateway.conversations import NewTurn
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import (
    ConversationCreate,
    ConversationPage,
    EventPage,
    SuggestionPage,
    TurnCreate,
    TurnPage,
)
from services.gateway.rest.idempotency import IdempotentRoute, idempotent_id
from services.gateway.rest.paging import Cursor, Limit, LongLimit, paged
from services.gateway.screen import fold
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/conversations", tags=["conversations"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(Requires("adviser", "crm"))]
Writer = Annotated[Principal, Depends(Requires("ingest"))]
Here = Annotated[Gateway, Depends(gateway_of)]


@router.post(
    "",
    status_code=201,
    responses={200: {"model": ConversationSummary, "description": "It was there already."}},
)
async def create(
    body: ConversationCreate,
    principal: Writer,
    gateway: Here,
    request: Request,
    response: Response,
) -> ConversationSummary:
    """Start a conversation. Sending the same body with the same id again answers 200."""
    rules = await gateway.tenancy.rules(principal.tenant)
    started = body.model_dump(exclude={"id"}) | {"language": rules.language(body.language)}
    summary, new = await gateway.conversations.start(
        principal.tenant,
        body.id or idempotent_id(request),
        ConversationStarted.model_validate(started),
    )
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/conversations/{summary.id}"
    return summary


@router.get("")
async def page(
    principal: Reader,
    gateway: Here,
    live: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
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
    after: Annotated[
        EventId | None, Query(description="Any event's id: begin with what came after it.")
    ] = None,
    cursor: Annotated[EventId | None, Query(description="The `next` of the page before.")] = None,
    limit: LongLimit = 200,
) -> EventPage:
    """Read what happened, in order. 410 when the place is no longer part of the conversation."""
    await gateway.conversations.get(principal.tenant, conversation_id)
    found = await gateway.journal.read(
        principal.tenant, conversation_id, after=cursor or after, limit=limit + 1
    )
    shown = found[:limit]
    return EventPage(
        items=tuple(event.wire() for event in shown),
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{conversation_id}/turns")
async def turns(
    conversation_id: Identifier,
    principal: Reader,
    gateway: Here,
    cursor: Cursor = None,
    limit: LongLimit = 500,
) -> TurnPage:
    """Read the transcript."""
    screen = await _screen(gateway, principal, conversation_id)
    items, more = paged(screen.turns, lambda turn: turn.id, cursor, limit)
    return TurnPage(items=items, next=more)


@router.get("/{conversation_id}/suggestions")
async def suggestions(
    conversation_id: Identifier,
    principal: Reader,
    gateway: Here,
    cursor: Cursor = None,
    limit: LongLimit = 200,
) -> SuggestionPage:
    """Read the cards and what became of them."""
    screen = await _screen(gateway, principal, conversation_id)
    items, more = paged(screen.cards, lambda card: card.suggestion.id, cursor, limit)
    return SuggestionPage(items=items, next=more)


@router.get("/{conversation_id}/briefing")
async def briefing(conversation_id: Identifier, principal: Reader, gateway: Here) -> Briefing:
    """Read what to know before speaking: quotations with their sources, nothing made up."""
    summary = await gateway.conversations.get(principal.tenant, conversation_id)
    screen = await _screen(gateway, principal, conversation_id)
    customer = screen.customer
    if summary.customer_id is not None:
        # The record may have changed after the conversation ended.
        stored = await gateway.conversations.find_customer(principal.tenant, summary.customer_id)
        customer = stored or customer
    return brief(screen, customer, gateway.clock.now())


@router.post("/{conversation_id}/turns", status_code=201)
async def add_turn(
    conversation_id: Identifier,
    body: TurnCreate,
    principal: Writer,
    gateway: Here,
    request: Request,
) -> Turn:
    """Add a written turn. A repeated id is answered alike; with another text it is refused."""
    new = NewTurn(**(dict(body) | {"id": body.id or idempotent_id(request)}))
    turn = await gateway.conversations.add_turn(principal.tenant, conversation_id, new)
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
    conversation_id: Identifier,
    body: ConversationTransferred,
    principal: Writer,
    gateway: Here,
    request: Request,
) -> ConversationSummary:
    """Hand a conversation to another adviser."""
    return await gateway.conversations.transfer(
        principal.tenant, conversation_id, body, idempotent_id(request)
    )


async def _screen(gateway: Gateway, principal: Principal, conversation_id: str) -> Screen:
    history = await gateway.journal.read(principal.tenant, conversation_id)
    return fold(Screen(conversation_id=conversation_id), history)
