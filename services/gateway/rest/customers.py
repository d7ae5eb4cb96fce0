"""``/v1/customers``: what the CRM knows, pushed by it."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.contracts.base import Identifier
from services.contracts.customer import Customer, CustomerUpsert
from services.gateway.auth import Requires
from services.gateway.ports import Gateway, gateway_of
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/customers", tags=["customers"])

Here = Annotated[Gateway, Depends(gateway_of)]


@router.put("/{customer_id}")
async def put(
    customer_id: Identifier,
    body: CustomerUpsert,
    principal: Annotated[Principal, Depends(Requires("crm"))],
    gateway: Here,
) -> Customer:
    """Replace a customer's record; it shows at once in their live conversations."""
    return await gateway.conversations.put_customer(principal.tenant, customer_id, body)


@router.get("/{customer_id}")
async def read(
    customer_id: Identifier,
    principal: Annotated[Principal, Depends(Requires("crm", "adviser"))],
    gateway: Here,
) -> Customer:
    """Read a customer's record as it was pushed last."""
    return await gateway.conversations.get_customer(principal.tenant, customer_id)
