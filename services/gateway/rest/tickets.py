"""``/v1/tickets``: a browser exchanges its token for a ticket to open a socket."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.gateway.auth import Requires, check_origin
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import TicketCreate, TicketCreated
from services.gateway.rest.idempotency import IdempotentRoute
from services.kit.errors import InvalidInput
from services.kit.tokens import Principal
from services.records.tickets import TICKET_LIFETIME_S, Ticket

TEST_CALL = "test-"
"""How the names of test calls start, so that reports can leave them out."""

router = APIRouter(prefix="/v1/tickets", tags=["tickets"], route_class=IdempotentRoute)


@router.post("", status_code=201)
async def create(
    request: Request,
    principal: Annotated[Principal, Depends(Requires("adviser"))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    body: TicketCreate | None = None,
) -> TicketCreated:
    """Give a single-use ticket, good for 30 s, for this adviser, conversation and page origin."""
    await check_origin(request, principal, gateway)
    wanted = body or TicketCreate()
    conversation_id = wanted.conversation_id
    if wanted.purpose == "test_call":
        if conversation_id is not None:
            msg = "A test call is always a new one; leave the conversation_id out."
            raise InvalidInput(msg, field="conversation_id")
        conversation_id = TEST_CALL + uuid.uuid4().hex
    elif conversation_id is not None:
        # A browser cannot read the status of a refused upgrade: an unknown id is told here.
        await gateway.conversations.get(principal.tenant, conversation_id)
        await gateway.tenancy.check_sight(principal, conversation_id)
    origin = request.headers.get("origin")
    ticket = Ticket(principal, conversation_id, origin, wanted.purpose)
    value = await gateway.tickets.issue(ticket)
    return TicketCreated(
        ticket=value, expires_in_s=TICKET_LIFETIME_S, conversation_id=conversation_id
    )
