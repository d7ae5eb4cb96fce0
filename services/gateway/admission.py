"""How the other side of an ingest socket proves who it is, before the upgrade."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.gateway.auth import Requires, check_origin, redeemed
from services.gateway.ports import Gateway, gateway_of
from services.gateway.signatures import Signature
from services.kit.errors import Unauthenticated
from services.kit.tokens import Principal
from services.records.integrations import Integration

REFUSAL_S = 0.5


@dataclass(frozen=True)
class Admission:
    """Who may open a socket, and what is set for it: by their integration, or by a ticket."""

    principal: Principal
    config: Mapping[str, str | bool | int] = field(default_factory=dict)


Admit = Callable[..., Awaitable[Admission]]
"""A dependency that returns an admission or raises ``Unauthenticated`` or ``Forbidden``."""

_ingest = Requires("ingest")
_adviser = Requires("adviser")


async def bearer_token(
    connection: HTTPConnection, principal: Annotated[Principal, Depends(_ingest)]
) -> Admission:
    """Admit a bearer token whose role is ``ingest``."""
    del connection
    return Admission(principal)


async def bearer_or_test_call(connection: HTTPConnection) -> Admission:
    """Admit a bearer token whose role is ``ingest``, or the ticket of an adviser's test call.

    The ticket opens one socket for one new conversation, which the admission names.

    Raises:
        Unauthenticated: a ticket that is used up or expired; no valid token.
        Forbidden: a ticket of another purpose or origin; a token of another role.
    """
    gateway = gateway_of(connection)
    ticket = await redeemed(connection, gateway, "test_call")
    if ticket is None or ticket.conversation_id is None:
        return Admission(await _ingest(connection))
    principal = ticket.principal
    await _adviser.admit(principal, connection, gateway)
    await check_origin(connection, principal, gateway)
    bounds = {"conversation_id": ticket.conversation_id, "adviser_id": principal.subject}
    return Admission(principal, bounds)


async def audiohook_signature(connection: HTTPConnection) -> Admission:
    """Admit a signed request of a known API key.

    A refusal takes half a second at least, so that secrets cannot be tried out fast.

    Raises:
        Unauthenticated: unknown key, wrong or missing signature, a nonce seen before.
    """
    gateway = gateway_of(connection)
    async with refusing_slowly(gateway):
        return admission_of(await _audiohook(connection, gateway))


def admission_of(integration: Integration) -> Admission:
    """Return what an integration may do: put calls into its own tenant."""
    return Admission(Principal(integration.tenant, "ingest", integration.id), integration.config)


@asynccontextmanager
async def refusing_slowly(gateway: Gateway) -> AsyncIterator[None]:
    """Let ``Unauthenticated`` out after half a second only."""
    try:
        yield
    except Unauthenticated:
        await gateway.clock.sleep(REFUSAL_S)
        raise


async def _audiohook(connection: HTTPConnection, gateway: Gateway) -> Integration:
    headers = _once_each(connection)
    integration = await gateway.integrations.find("audiohook", headers.get("x-api-key", ""))
    if integration is None:
        raise Unauthenticated("There is no AudioHook integration with this X-API-KEY.")
    for name in ("audiohook-organization-id", "audiohook-session-id"):
        if name not in headers:
            raise Unauthenticated(f"Send the header {name}.")
    secrets = [secret for name, secret in sorted(integration.secrets.items()) if secret]
    signature = Signature.read(headers)
    if signature is None and secrets:
        raise Unauthenticated("Sign the request; this API key has a client secret.")
    if signature is not None and secrets:
        await _check(signature, headers, connection, secrets, gateway)
    return integration


async def _check(
    signature: Signature,
    headers: Mapping[str, str],
    connection: HTTPConnection,
    secrets: Sequence[str],
    gateway: Gateway,
) -> None:
    if signature.key_id != headers["x-api-key"]:
        raise Unauthenticated("The signature's keyid is not the X-API-KEY.")
    path, query = connection.scope["raw_path"].decode(), connection.url.query
    target = f"{path}?{query}" if query else path
    for number, secret in enumerate(secrets):
        try:
            signature.check(headers, target, secret, gateway.clock.now())
            break
        except Unauthenticated:
            if number == len(secrets) - 1:
                raise
    if not await gateway.nonces.fresh(f"audiohook:{signature.key_id}", signature.nonce):
        raise Unauthenticated("The nonce was used before.")


def _once_each(connection: HTTPConnection) -> dict[str, str]:
    """Return the headers by name. One that comes twice could be read in two ways."""
    names = [name for name, _ in connection.headers.items()]
    if len(names) != len(set(names)):
        raise Unauthenticated("Send each header once.")
    return dict(connection.headers)
