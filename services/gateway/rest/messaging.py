"""``/v1/ingest/{platform}``: webhooks of messaging platforms, told apart by their signatures."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.contracts.base import Contract
from services.gateway.messaging import PLATFORMS
from services.gateway.messaging.intake import Intake
from services.gateway.messaging.platform import Platform
from services.gateway.ports import Gateway, gateway_of
from services.kit.errors import MalformedInput, Unauthenticated
from services.kit.tokens import Principal

router = APIRouter(prefix="/v1/ingest", tags=["ingest"])


class Taken(Contract):
    """How many turns a webhook brought; one that was sent before brings them again."""

    turns: int


class SignedWebhook:
    """A dependency that reads a webhook once its signature is checked."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def __call__(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return the tenant and the parsed body.

        Raises:
            MalformedInput: when the body is no JSON object.
            Unauthenticated: when there is no such integration, or the signature is wrong.
            Flooding: when the integration or its tenant sends too much; platforms send it again.
        """
        gateway = gateway_of(request)
        raw = await request.body()
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise MalformedInput("Send one JSON object in UTF-8.")
        key = self._platform.key(body)
        kind = self._platform.kind
        integration = await gateway.integrations.find(kind, key) if key else None
        if integration is None:
            raise Unauthenticated(f"There is no {kind} integration for this account.")
        self._platform.check(request.headers, raw, integration, gateway.clock.now())
        rules = await gateway.tenancy.rules(integration.tenant)
        caller = Principal(integration.tenant, "ingest", integration.id)
        gateway.request_rates.take(caller, rules.limits)
        return integration.tenant, body


def _endpoint(platform: Platform) -> Callable[..., Awaitable[Taken]]:
    async def ingest(
        signed: Annotated[tuple[str, dict[str, Any]], Depends(SignedWebhook(platform))],
        gateway: Annotated[Gateway, Depends(gateway_of)],
    ) -> Taken:
        """Take a webhook. What does not concern a conversation is answered 200 and forgotten."""
        tenant, body = signed
        intake = Intake(gateway.conversations, gateway.journal)
        turns = await intake.take(tenant, platform.read(body))
        return Taken(turns=turns)

    return ingest


for _platform in PLATFORMS:
    router.post(f"/{_platform.kind}", name=f"ingest_{_platform.kind}")(_endpoint(_platform))
