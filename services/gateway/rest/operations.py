"""Health, readiness and metrics: what a cluster asks."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError

from services.gateway.ports import Gateway, gateway_of
from services.kit.errors import SouffleurError
from services.kit.metrics import CONTENT_TYPE

router = APIRouter(tags=["operations"])

PING_S = 1.0

Here = Annotated[Gateway, Depends(gateway_of)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(gateway: Here) -> JSONResponse:
    """Say whether work can be taken, and what stands in the way."""
    waiting = []
    try:
        async with asyncio.timeout(PING_S):
            await gateway.journal.ping()
    except (SouffleurError, RedisError, OSError, TimeoutError):
        waiting.append("journal")
    body = {"status": "not ready" if waiting else "ready", "waiting_for": waiting}
    return JSONResponse(body, status_code=503 if waiting else 200)


@router.get("/metrics")
async def metrics(gateway: Here) -> Response:
    """Give the metrics in Prometheus's text format."""
    return Response(gateway.measures.render(), media_type=CONTENT_TYPE)
