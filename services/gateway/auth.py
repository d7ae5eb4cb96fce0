"""Who may do what: one role check on every route and socket, except those listed as open."""

from urllib.parse import urlsplit

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from services.gateway.ports import Gateway, gateway_of
from services.kit.errors import Forbidden, Unauthenticated
from services.kit.tokens import Principal, TokenRole
from services.records.tickets import Ticket

OPEN_PATHS = frozenset(
    {"/healthz", "/readyz", "/metrics", "/openapi.json", "/", "/assets/{path:path}"}
)
"""Paths that need no token. They hold nothing of any tenant."""

SUBPROTOCOL = "souffleur.v1"
_TICKET_PREFIX = "ticket."


class Requires(SecurityBase):
    """A dependency that lets some roles in; ``admin`` may do everything.

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
            Forbidden: when the token's role may not do this.
        """
        principal = bearer(connection, gateway_of(connection))
        self.check(principal)
        return principal

    def check(self, principal: Principal) -> None:
        """Raise ``Forbidden`` unless the principal's role is one of ours."""
        if principal.role not in self.roles:
            roles = ", ".join(sorted(self.roles))
            msg = f"A token with the role {principal.role} may not do this; use one of: {roles}."
            raise Forbidden(msg)


class RequiresTicket(Requires):
    """As ``Requires``, for the adviser's socket: a browser shows a ticket instead of a token."""

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Return who calls, once the origin and the ticket's bounds are checked."""
        gateway = gateway_of(connection)
        check_origin(connection, gateway.settings.allowed_origins)
        value = _offered_ticket(connection)
        if value is None:
            return await super().__call__(connection)
        ticket = await gateway.tickets.redeem(value)
        if ticket is None:
            raise Unauthenticated("The ticket is used up or expired; get one at /v1/tickets.")
        _check_bounds(ticket, connection)
        self.check(ticket.principal)
        return ticket.principal


def bearer(connection: HTTPConnection, gateway: Gateway) -> Principal:
    """Return the principal of the ``Authorization: Bearer`` header.

    Raises:
        Unauthenticated: when there is none or its token is not valid.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send a token: `Authorization: Bearer ...`.")
    return gateway.tokens.verify(token.strip(), now=gateway.clock.now())


def check_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """Refuse a browser that comes from another site; other clients send no ``Origin``.

    Raises:
        Forbidden: when the origin is neither our own host nor allowed by the settings.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in allowed:
        return
    if urlsplit(origin).netloc != connection.headers.get("host"):
        msg = "Pages of this origin may not connect; add it to SOUFFLEUR_ALLOWED_ORIGINS."
        raise Forbidden(msg)


def _offered_ticket(connection: HTTPConnection) -> str | None:
    for name in connection.scope.get("subprotocols", []):
        if name.startswith(_TICKET_PREFIX):
            return str(name.removeprefix(_TICKET_PREFIX))
    return None


def _check_bounds(ticket: Ticket, connection: HTTPConnection) -> None:
    if ticket.origin != connection.headers.get("origin"):
        raise Forbidden("The ticket was given to a page of another origin.")
    wanted = connection.query_params.get("conversation_id")
    if ticket.conversation_id is not None and ticket.conversation_id != wanted:
        raise Forbidden("The ticket was given for another conversation.")
