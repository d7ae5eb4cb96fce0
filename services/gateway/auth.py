"""Who may do what: one role check on every route and socket, except those listed as open."""

import re
from urllib.parse import urlsplit

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from services.gateway.ports import Gateway, gateway_of
from services.kit.errors import Forbidden, Unauthenticated
from services.kit.tokens import Principal, TokenRole
from services.records.tickets import Ticket, TicketPurpose

OPEN_PATHS = frozenset(
    {
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/asyncapi.yaml",
        "/",
        "/assets/{path:path}",
    }
)
"""Paths that need no token. They hold nothing of any tenant."""

SUBPROTOCOL = "souffleur.v1"
_TICKET_PREFIX = "ticket."
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,127}")


class Requires(SecurityBase):
    """A dependency that lets some roles in, as often as they may; ``admin`` may do everything.

    Used on HTTP routes and on WebSockets alike: a refusal of the latter is an HTTP status before
    the upgrade.
    """

    def __init__(self, *roles: TokenRole) -> None:
        self.roles: frozenset[TokenRole] = frozenset(roles) | {"admin"}
        # How OpenAPI shows it.
        self.scheme_name = "bearer"
        self.model = HTTPBearer(bearerFormat="JWT")

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Return who calls.

        Raises:
            Unauthenticated: without a valid bearer token.
            Forbidden: when the token's roles may not do this.
            Flooding: when the caller or its tenant sends too many requests.
            NotFound: when the path is about a conversation that this adviser may not see.
        """
        gateway = gateway_of(connection)
        principal = await bearer(connection, gateway)
        await self.admit(principal, connection, gateway)
        return principal

    async def admit(
        self, principal: Principal, connection: HTTPConnection, gateway: Gateway
    ) -> None:
        """Check what holds for every caller, however it showed who it is."""
        rules = await gateway.tenancy.rules(principal.tenant)
        gateway.request_rates.take(principal, rules.limits)
        if not principal.roles & self.roles:
            roles = ", ".join(sorted(self.roles))
            msg = f"A token with the role {principal.role} may not do this; use one of: {roles}."
            raise Forbidden(msg)
        # Here and not in the routes, so that none can forget it.
        conversation_id = _conversation_id(connection)
        if conversation_id is not None:
            await gateway.tenancy.check_sight(principal, conversation_id)


class RequiresTicket(Requires):
    """As ``Requires``, for the adviser's socket: a browser shows a ticket instead of a token."""

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Return who calls, once the origin and the ticket's bounds are checked."""
        gateway = gateway_of(connection)
        ticket = await redeemed(connection, gateway, "panel")
        if ticket is None:
            principal = await super().__call__(connection)
        else:
            principal = ticket.principal
            wanted = connection.query_params.get("conversation_id")
            if ticket.conversation_id is not None and ticket.conversation_id != wanted:
                raise Forbidden("The ticket was given for another conversation.")
            await self.admit(principal, connection, gateway)
        await check_origin(connection, principal, gateway)
        return principal


async def redeemed(
    connection: HTTPConnection, gateway: Gateway, purpose: TicketPurpose
) -> Ticket | None:
    """Use up the ticket that a socket's opening offers as a subprotocol; ``None`` without one.

    Raises:
        Unauthenticated: when it is used up or expired, or its token is.
        Forbidden: when it was given for another purpose or to a page of another origin.
    """
    value = _offered_ticket(connection)
    if value is None:
        return None
    ticket = await gateway.tickets.redeem(value)
    if ticket is None:
        raise Unauthenticated("The ticket is used up or expired; get one at /v1/tickets.")
    expires = ticket.principal.expires
    if expires is not None and expires <= gateway.clock.now():
        raise Unauthenticated("The token that the ticket was given for has expired.")
    if ticket.purpose != purpose:
        raise Forbidden("The ticket was given for another kind of socket.")
    if ticket.origin != connection.headers.get("origin"):
        raise Forbidden("The ticket was given to a page of another origin.")
    return ticket


async def bearer(connection: HTTPConnection, gateway: Gateway) -> Principal:
    """Return the principal of the ``Authorization: Bearer`` header.

    Raises:
        Unauthenticated: when there is none or its token is not valid.
        Unavailable: when the issuer's keys are not known yet.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a token: `Authorization: Bearer ...`.")
    return await gateway.identity.verify(token.strip(), now=gateway.clock.now())


async def check_origin(connection: HTTPConnection, principal: Principal, gateway: Gateway) -> None:
    """Refuse a browser that comes from another site; other clients send no ``Origin``.

    Raises:
        Forbidden: when the origin is neither our own host nor allowed by the settings or the
            tenant.
    """
    origin = connection.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == connection.headers.get("host"):
        return
    if origin not in (await gateway.tenancy.rules(principal.tenant)).allowed_origins:
        msg = (
            "Pages of this origin may not connect; add it to the tenant's allowed_origins "
            "(PUT /v1/admin/tenant) or to SOUFFLEUR_ALLOWED_ORIGINS."
        )
        raise Forbidden(msg)


def _conversation_id(connection: HTTPConnection) -> str | None:
    """Return the conversation that the path or the query names, if it can be one."""
    name = "conversation_id"
    value = connection.path_params.get(name) or connection.query_params.get(name)
    # What is no identifier, the route refuses itself.
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def _offered_ticket(connection: HTTPConnection) -> str | None:
    for name in connection.scope.get("subprotocols", []):
        if name.startswith(_TICKET_PREFIX):
            return str(name.removeprefix(_TICKET_PREFIX))
    return None
