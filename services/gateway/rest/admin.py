"""``/v1/admin``: how a tenant's administrator sets Souffleur up. The tenant is the token's."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.contracts.base import Identifier
from services.gateway.auth import Requires
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.admin_bodies import (
    IntegrationList,
    IntegrationPut,
    IntegrationShown,
    check,
    merged,
)
from services.gateway.rest.preconditions import IfMatch, IfNoneMatch, PreconditionFailed, matches
from services.kit.errors import Conflict, NotFound
from services.kit.tokens import Principal
from services.records.integrations import Integration
from services.records.tenants import StoredTenant, TenantConfig

router = APIRouter(prefix="/v1/admin", tags=["admin"])

Admin = Annotated[Principal, Depends(Requires("admin"))]
Here = Annotated[Gateway, Depends(gateway_of)]

_Responses = dict[int | str, dict[str, Any]]
_NOT_MODIFIED: _Responses = {304: {"description": "It still has the ETag of If-None-Match."}}
_PRECONDITION: _Responses = {412: {"description": "It was changed since it was read."}}


@router.get("/tenant", responses=_NOT_MODIFIED, response_model=TenantConfig)
async def read_tenant(
    principal: Admin, gateway: Here, response: Response, if_none_match: IfNoneMatch = None
) -> TenantConfig | Response:
    """Read the tenant's configuration; what is unset follows the installation's settings."""
    stored = await gateway.tenants.get(principal.tenant)
    if if_none_match is not None and matches(if_none_match, _etag(stored), weak=True):
        return Response(status_code=304, headers={"ETag": _etag(stored)})
    response.headers["ETag"] = _etag(stored)
    return stored.config


@router.put("/tenant", responses=_PRECONDITION)
async def put_tenant(
    body: TenantConfig,
    principal: Admin,
    gateway: Here,
    response: Response,
    if_match: IfMatch = None,
) -> TenantConfig:
    """Replace the tenant's configuration. Every gateway goes by it within two seconds."""
    expected = None
    if if_match is not None:
        present = await gateway.tenants.get(principal.tenant)
        if not matches(if_match, _etag(present)):
            raise _changed()
        expected = present.version
    stored = await gateway.tenants.put(principal.tenant, body, expected=expected)
    if stored is None:
        raise _changed()
    gateway.tenancy.forget(principal.tenant)
    response.headers["ETag"] = _etag(stored)
    return stored.config


@router.get("/integrations")
async def list_integrations(principal: Admin, gateway: Here) -> IntegrationList:
    """List the tenant's integrations with other systems. Secrets are never shown."""
    found = await gateway.integrations.list(principal.tenant)
    return IntegrationList(items=tuple(IntegrationShown.of(each) for each in found))


@router.get("/integrations/{integration_id}")
async def read_integration(
    integration_id: Identifier, principal: Admin, gateway: Here
) -> IntegrationShown:
    """Read one integration. Its secrets are never shown."""
    return IntegrationShown.of(await _known(gateway, principal, integration_id))


@router.put("/integrations/{integration_id}", responses={201: {"model": IntegrationShown}})
async def put_integration(
    integration_id: Identifier,
    body: IntegrationPut,
    principal: Admin,
    gateway: Here,
    response: Response,
) -> IntegrationShown:
    """Set an integration up, or replace it.

    A new secret does not end the old one at once: both are accepted until `"previous": null`.
    """
    present = await gateway.integrations.get(principal.tenant, integration_id)
    if present is not None and present.kind != body.kind:
        msg = f"This integration is of the kind {present.kind}; delete it first."
        raise Conflict(msg, field="kind")
    integration = merged(principal.tenant, integration_id, body, present)
    check(integration, production=gateway.settings.env == "production")
    await gateway.integrations.put(integration)
    response.status_code = 200 if present else 201
    return IntegrationShown.of(integration)


@router.delete("/integrations/{integration_id}", status_code=204)
async def delete_integration(integration_id: Identifier, principal: Admin, gateway: Here) -> None:
    """Forget an integration and its secrets: the other system is refused from now on."""
    if not await gateway.integrations.delete(principal.tenant, integration_id):
        raise _unknown()


async def _known(gateway: Gateway, principal: Principal, integration_id: str) -> Integration:
    integration = await gateway.integrations.get(principal.tenant, integration_id)
    if integration is None:
        raise _unknown()
    return integration


def _etag(stored: StoredTenant) -> str:
    return f'"{stored.version}"'


def _changed() -> PreconditionFailed:
    msg = "The configuration has changed since you read it; read it again, then write."
    return PreconditionFailed(msg, field="If-Match")


def _unknown() -> NotFound:
    msg = "There is no such integration; GET /v1/admin/integrations lists them."
    return NotFound(msg, field="integration_id")
