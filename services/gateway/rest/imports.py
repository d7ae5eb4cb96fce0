"""``/v1/customers/import`` and ``/v1/imports``: many customers at once, and how far that is."""

import hashlib
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from services.contracts.base import Identifier
from services.gateway.auth import Requires
from services.gateway.imports import CustomerImport
from services.gateway.limits import IMPORT_PATH
from services.gateway.ports import Gateway, gateway_of
from services.gateway.rest.bodies import ImportPage
from services.gateway.rest.idempotency import HEADER, claim_of, refuse, replayed, target
from services.gateway.rest.paging import Cursor, Limit
from services.kit.errors import Conflict, MalformedInput, NotFound
from services.kit.tokens import Principal
from services.records.idempotency import Answer, Begun
from services.records.imports import Import

router = APIRouter(tags=["customers"])

Here = Annotated[Gateway, Depends(gateway_of)]
Crm = Annotated[Principal, Depends(Requires("crm"))]

LONGEST = timedelta(hours=1)
"""An import that has not ended by then died with its gateway: its Idempotency-Key is free again."""

_NDJSON: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A customer a line. Each line is taken or refused by itself.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


class _Body:
    """A body that is hashed while it is read: it is too large to be read twice."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._hash = hashlib.sha256(target(request))

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._request.stream():
                self._hash.update(chunk)
                yield chunk
        except ClientDisconnect as error:
            raise MalformedInput("The body broke off; send the file again.") from error

    def fingerprint(self) -> str:
        return self._hash.hexdigest()


@router.post(IMPORT_PATH, response_model=Import, openapi_extra=_NDJSON)
async def import_customers(
    request: Request,
    principal: Crm,
    gateway: Here,
    id: Annotated[
        Identifier | None, Query(description="To ask how far it is; one is made otherwise.")
    ] = None,
) -> Response:
    """Import customers from NDJSON: a line each, `{"id": ..., ...}` with the fields of PUT.

    Lines are taken as they arrive. A line that does not fit is refused and told with its number;
    the others count all the same. `GET /v1/imports/{id}` says how far it is.
    """
    body = _Body(request)
    if HEADER not in request.headers:
        result = await _run(gateway, principal.tenant, id, body)
        return JSONResponse(result.model_dump(mode="json"))
    claim = await claim_of(request)
    begun = await gateway.answers.begin(claim, None, LONGEST)
    if begun.state == "kept":
        async for _ in body.chunks():
            pass
        if body.fingerprint() != begun.fingerprint:
            refuse(Begun("other"))
        return replayed(begun)
    refuse(begun)
    try:
        result = await _run(gateway, principal.tenant, id, body)
    except BaseException:
        await gateway.answers.release(claim)
        raise
    answer = Answer(200, {"content-type": "application/json"}, result.model_dump_json())
    await gateway.answers.keep(claim, body.fingerprint(), answer, None)
    return JSONResponse(result.model_dump(mode="json"))


@router.get("/v1/imports")
async def page(
    principal: Crm, gateway: Here, cursor: Cursor = None, limit: Limit = 50
) -> ImportPage:
    """List the imports of the last day, newest first."""
    items, more = await gateway.imports.page(principal.tenant, cursor=cursor, limit=limit)
    return ImportPage(items=items, next=more)


@router.get("/v1/imports/{import_id}")
async def read(import_id: Identifier, principal: Crm, gateway: Here) -> Import:
    """Read how far an import is, or what came of it."""
    found = await gateway.imports.get(principal.tenant, import_id)
    if found is None:
        raise NotFound("There is no such import of the last day.", field="import_id")
    return found


async def _run(gateway: Gateway, tenant: str, import_id: str | None, body: _Body) -> Import:
    begun = await gateway.imports.begin(tenant, import_id or uuid.uuid4().hex, gateway.clock.now())
    if begun is None:
        raise Conflict("There is an import with this id; take another one.", field="id")
    running = CustomerImport(tenant, begun, gateway.conversations, gateway.imports, gateway.clock)
    return await running.run(body.chunks())
