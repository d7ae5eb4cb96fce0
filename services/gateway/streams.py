"""The WebSocket routes: one for each channel, and the adviser's."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, WebSocket

from services.contracts.base import Identifier
from services.contracts.events import EventId
from services.gateway.admission import Admission
from services.gateway.auth import RequiresTicket
from services.gateway.channels import CHANNELS, ChannelEntry
from services.gateway.ingress import Ingress
from services.gateway.ports import Gateway, gateway_of
from services.gateway.sessions import Session
from services.kit.tokens import Principal

router = APIRouter()

Here = Annotated[Gateway, Depends(gateway_of)]


@router.websocket("/v1/adviser/stream")
async def adviser_stream(
    socket: WebSocket,
    principal: Annotated[Principal, Depends(RequiresTicket("adviser"))],
    gateway: Here,
    conversation_id: Annotated[Identifier | None, Query()] = None,
    after: Annotated[EventId | None, Query()] = None,
) -> None:
    """Follow one conversation, or the list of live ones."""
    rules = await gateway.tenancy.rules(principal.tenant)
    async with gateway.socket_leases.hold(socket, principal, "adviser"):
        await Session(socket, gateway, principal, rules, conversation_id).run(after)


def _endpoint(channel: ChannelEntry) -> Callable[..., Awaitable[None]]:
    async def ingest(
        socket: WebSocket,
        admission: Annotated[Admission, Depends(channel.admit)],
        gateway: Here,
    ) -> None:
        async with gateway.socket_leases.hold(socket, admission.principal, "ingest"):
            await Ingress(socket, gateway, admission, channel).run()

    return ingest


for _channel in CHANNELS:
    router.websocket(_channel.path, name=_channel.name)(_endpoint(_channel))
