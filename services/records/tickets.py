"""Tickets: what a browser shows instead of its token when it opens a socket."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.kit.tokens import Principal
from services.records.keys import key

TICKET_LIFETIME_S = 30

TicketPurpose = Literal["panel", "test_call"]


@dataclass(frozen=True)
class Ticket:
    """What a ticket stands for.

    Attributes:
        principal: who asked for it.
        conversation_id: the only conversation it opens; ``None`` opens any, and the list.
        origin: the web origin it was asked from, which alone may use it; ``None`` outside browsers.
        purpose: which kind of socket it opens: the adviser's, or the audio of a test call.
    """

    principal: Principal
    conversation_id: str | None
    origin: str | None
    purpose: TicketPurpose = "panel"


_TICKET: TypeAdapter[Ticket] = TypeAdapter(Ticket)


class Tickets:
    """Single-use tickets, each good for 30 s."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def issue(self, ticket: Ticket) -> str:
        """Return the ticket's value, made of characters that a subprotocol name may hold."""
        tenant = ticket.principal.tenant
        value = secrets.token_urlsafe(32)
        # Only a digest is kept: who can read Redis cannot use what is there.
        await self._redis.set(
            _key(tenant, value),
            _TICKET.dump_json(_TICKET.validate_python(asdict(ticket))),
            ex=TICKET_LIFETIME_S,
        )
        return base64.urlsafe_b64encode(tenant.encode()).rstrip(b"=").decode() + "." + value

    async def redeem(self, value: str) -> Ticket | None:
        """Return what the ticket stands for and use it up; ``None`` when it is not good."""
        encoded, _, secret = value.partition(".")
        try:
            tenant = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
        stored = await self._redis.getdel(_key(tenant, secret))
        return None if stored is None else _TICKET.validate_json(stored)


def _key(tenant: str, value: str) -> str:
    return key(tenant, "ticket", hashlib.sha256(value.encode()).hexdigest())
