"""Health, readiness and metrics: the three routes that a cluster asks of every service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from services.kit.errors import SouffleurError
from services.kit.metrics import CONTENT_TYPE

CHECK_S = 1.0
"""A part that does not answer within so long counts as away."""

Check = Callable[[], Awaitable[None]]
"""Returns when a part can work; raises ``SouffleurError`` or ``OSError`` when it cannot."""


def operations_router(
    checks: Mapping[str, Check],
    render: Callable[[], bytes],
    *,
    degraded: Callable[[], str | None] = lambda: None,
) -> APIRouter:
    """Return ``/healthz``, ``/readyz`` and ``/metrics``.

    ``/readyz`` answers 200 or 503 with ``{"status": "ready"|"not_ready", "waiting_for": [part],
    "degraded": reason|null}``. A service that is degraded is ready: what it can do, it does.

    Args:
        checks: what work needs, by the name of the part.
        render: gives the metrics in Prometheus's text format.
        degraded: says why the service works less well, if it does.
    """
    router = APIRouter(tags=["operations"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process lives."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """Say whether work can be taken, and what stands in the way."""
        waiting = [part for part, check in checks.items() if not await _answers(check)]
        status = "not_ready" if waiting else "ready"
        body = {"status": status, "waiting_for": waiting, "degraded": degraded()}
        return JSONResponse(body, status_code=503 if waiting else 200)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Give the metrics in Prometheus's text format."""
        return Response(render(), media_type=CONTENT_TYPE)

    return router


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_S):
            await check()
    except (SouffleurError, OSError):  # a TimeoutError is an OSError
        return False
    return True
