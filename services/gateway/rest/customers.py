"""``/v1/customers``: what the CRM knows, pushed by it; all that is held of somebody; erasure."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.contracts.base import Identifier
from services.contracts.customer import Customer, CustomerUpsert
from services.gateway.auth import Requires
from services.gateway.customers import Erasure
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import (
    CustomerExport,
    ExportedConversation,
    TimelinePage,
)
from services.gateway.rest.idempotency import IdempotentRoute
from services.gateway.rest.paging import Cursor, Limit
from services.gateway.rest.preconditions import (
    IfMatch,
    IfNoneMatch,
    PreconditionFailed,
    etag,
    matches,
)
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=IdempotentRoute)

Here = Annotated[Gateway, Depends(gateway_of)]
Crm = Annotated[Principal, Depends(Requires("crm"))]
Reader = Annotated[Principal, Depends(Requires("crm", "adviser"))]

_ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}, "description": "Its version."}}}
}


@router.put("/{customer_id}", responses=_ETAG)
async def put(
    customer_id: Identifier,
    body: CustomerUpsert,
    principal: Crm,
    gateway: Here,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Customer:
    """Replace a customer's record; it shows at once in their live conversations.

    With `If-Match`, 412 when the record is not, or no longer, that version.
    """
    stored = None
    if if_match is None and if_none_match is None:
        stored = await gateway.conversations.put_customer(principal.tenant, customer_id, body)
    else:
        seen = await gateway.conversations.find_customer(principal.tenant, customer_id)
        tag = None if seen is None else etag(seen.version, seen.updated_at)
        wrong = if_match is not None and not matches(if_match, tag)
        there = if_none_match is not None and matches(if_none_match, tag)
        if not (wrong or there):
            stored = await gateway.conversations.put_customer(
                principal.tenant, customer_id, body, over=seen or "none"
            )
    if stored is None:
        msg = "The record is another version now: read it again, then decide."
        raise PreconditionFailed(msg, field="If-None-Match" if if_match is None else "If-Match")
    response.headers["ETag"] = etag(stored.customer.version, stored.customer.updated_at)
    return stored.customer


@router.get(
    "/{customer_id}",
    response_model=Customer,
    responses={**_ETAG, 304: {"description": "It is still the version that you have."}},
)
async def read(
    customer_id: Identifier,
    principal: Reader,
    gateway: Here,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> Customer | Response:
    """Read a customer's record as it was pushed last."""
    customer = await gateway.conversations.get_customer(principal.tenant, customer_id)
    tag = etag(customer.version, customer.updated_at)
    if if_none_match is not None and matches(if_none_match, tag, weak=True):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return customer


@router.delete("/{customer_id}")
async def erase(customer_id: Identifier, principal: Crm, gateway: Here) -> Erasure:
    """Erase a customer: record, history, conversations and all that was derived from them.

    The answer is the receipt; Souffleur keeps none, it would name the customer.
    """
    return await gateway.customer_files.erase(principal.tenant, customer_id)


@router.get("/{customer_id}/export")
async def export(customer_id: Identifier, principal: Crm, gateway: Here) -> CustomerExport:
    """Give everything that is held of a customer, in one document."""
    held = await gateway.customer_files.held(principal.tenant, customer_id)
    return CustomerExport(
        customer_id=customer_id,
        exported_at=gateway.clock.now(),
        customer=held.customer,
        conversations=tuple(
            ExportedConversation(
                conversation=summary,
                events=tuple(event.wire() for event in events),
                deliveries=tuple(deliveries),
            )
            for summary, events, deliveries in held.conversations
        ),
    )


@router.get("/{customer_id}/timeline")
async def timeline(
    customer_id: Identifier,
    principal: Reader,
    gateway: Here,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> TimelinePage:
    """List a customer's contacts on every channel, ours and the CRM's, newest first."""
    rules = await gateway.tenancy.rules(principal.tenant)
    items, more = await gateway.customer_files.timeline(
        principal.tenant,
        customer_id,
        cursor=cursor,
        limit=limit,
        sees=lambda summary: rules.sees(principal, summary),
    )
    return TimelinePage(items=items, next=more)
