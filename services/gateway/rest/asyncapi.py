"""``/asyncapi.yaml``: the sockets' description, for tools that write clients."""

from functools import cache

import yaml
from fastapi import APIRouter, Request, Response

from services.gateway.asyncapi import document

router = APIRouter(include_in_schema=False)


@cache
def written(version: str) -> str:
    """Return the document as YAML."""
    return yaml.safe_dump(document(version), sort_keys=False, allow_unicode=True, width=100)


@router.get("/asyncapi.yaml")
async def read(request: Request) -> Response:
    """Read the AsyncAPI document."""
    return Response(written(request.app.version), media_type="application/yaml")
