"""``/v1/webhooks``: who is told what happens, what was sent, and what was not taken."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from services.contracts.base import Identifier
from services.gateway.auth import Requires
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import (
    DeliveryPage,
    Replayed,
    WebhookCreate,
    WebhookCreated,
    WebhookPage,
)
from services.gateway.rest.idempotency import IdempotentRoute, idempotent_id
from services.gateway.rest.paging import Cursor, Limit, paged
from services.kit.errors import Conflict, NotFound
from services.kit.tokens import Principal
from services.records.deliveries import Delivery
from services.records.webhooks import MOST, Webhook

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=IdempotentRoute)

Here = Annotated[Gateway, Depends(gateway_of)]
Crm = Annotated[Principal, Depends(Requires("crm"))]


@router.post("", status_code=201)
async def create(
    body: WebhookCreate, principal: Crm, gateway: Here, request: Request, response: Response
) -> WebhookCreated:
    """Subscribe a URL to types of events. The secret is shown here and nowhere else."""
    gateway.webhook_guard.check_url(body.url)
    webhook = Webhook(
        id=idempotent_id(request) or uuid.uuid4().hex,
        url=body.url,
        types=tuple(dict.fromkeys(body.types)),
        description=body.description,
        created_at=gateway.clock.now(),
    )
    secret = await gateway.webhooks.add(principal.tenant, webhook)
    if secret is None:
        raise Conflict(f"There are {MOST} subscriptions already; delete one that is not needed.")
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    return WebhookCreated(**dict(webhook), secret=secret)


@router.get("")
async def page(
    principal: Crm, gateway: Here, cursor: Cursor = None, limit: Limit = 50
) -> WebhookPage:
    """List the subscriptions, oldest first."""
    found = await gateway.webhooks.list(principal.tenant)
    items, more = paged(found, lambda webhook: webhook.id, cursor, limit)
    return WebhookPage(items=items, next=more)


@router.get("/{webhook_id}")
async def read(webhook_id: Identifier, principal: Crm, gateway: Here) -> Webhook:
    """Read one subscription."""
    return await _known(gateway, principal, webhook_id)


@router.delete("/{webhook_id}", status_code=204)
async def delete(webhook_id: Identifier, principal: Crm, gateway: Here) -> None:
    """End a subscription; what still waits for it is dropped."""
    if not await gateway.webhooks.delete(principal.tenant, webhook_id):
        raise _unknown()
    await gateway.deliveries.drop(principal.tenant, webhook_id)


@router.post("/{webhook_id}/rotate")
async def rotate(webhook_id: Identifier, principal: Crm, gateway: Here) -> WebhookCreated:
    """Give a new secret. For a day each message is signed with the new and the old one."""
    rotated = await gateway.webhooks.rotate(principal.tenant, webhook_id, gateway.clock.now())
    if rotated is None:
        raise _unknown()
    return WebhookCreated(**dict(rotated.webhook), secret=rotated.secrets[0])


@router.get("/{webhook_id}/deliveries")
async def deliveries(
    webhook_id: Identifier,
    principal: Crm,
    gateway: Here,
    state: Annotated[
        Literal["dead"] | None, Query(description="`dead`: only what was given up.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """List what was sent in the last 7 days, newest first, with each try."""
    await _known(gateway, principal, webhook_id)
    items, more = await gateway.deliveries.page(
        principal.tenant, webhook_id, dead=state == "dead", cursor=cursor, limit=limit
    )
    return DeliveryPage(items=items, next=more)


@router.post("/{webhook_id}/replay", status_code=202)
async def replay_dead(webhook_id: Identifier, principal: Crm, gateway: Here) -> Replayed:
    """Queue every dead delivery again, the oldest first, under its old `webhook-id`."""
    await _known(gateway, principal, webhook_id)
    dead: list[Delivery] = []
    cursor: str | None = None
    while True:
        items, cursor = await gateway.deliveries.page(
            principal.tenant, webhook_id, dead=True, cursor=cursor, limit=200
        )
        dead += items
        if cursor is None:
            break
    # Events of one conversation are queued in the order in which they happened.
    dead.sort(key=lambda each: (each.created_at, _place(each)))
    now = gateway.clock.now()
    queued = [await gateway.deliveries.replay(principal.tenant, each, now) for each in dead]
    gateway.dispatcher.wake()
    return Replayed(replayed=sum(queued))


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202)
async def replay(
    webhook_id: Identifier, delivery_id: Identifier, principal: Crm, gateway: Here
) -> Delivery:
    """Queue one delivery again, dead or taken, under its old `webhook-id`."""
    await _known(gateway, principal, webhook_id)
    found = await gateway.deliveries.get(principal.tenant, delivery_id)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound("There is no such delivery of the last 7 days.", field="delivery_id")
    if not await gateway.deliveries.replay(principal.tenant, found, gateway.clock.now()):
        raise Conflict("This delivery is waiting to be sent already.", field="delivery_id")
    gateway.dispatcher.wake()
    return await gateway.deliveries.get(principal.tenant, delivery_id) or found


async def _known(gateway: Gateway, principal: Principal, webhook_id: str) -> Webhook:
    signing = await gateway.webhooks.get(principal.tenant, webhook_id)
    if signing is None:
        raise _unknown()
    return signing.webhook


def _unknown() -> NotFound:
    return NotFound("There is no such subscription.", field="webhook_id")


def _place(delivery: Delivery) -> tuple[int, int]:
    epoch, _, offset = delivery.event_id.partition("-")
    return int(epoch), int(offset)
