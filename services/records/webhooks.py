"""Subscriptions of other systems to what happens, with the secrets that sign what they are sent."""

import base64
import json
import secrets
from datetime import datetime, timedelta
from typing import Literal

from redis.asyncio import Redis

from services.contracts.base import Contract, Identifier, Timestamp
from services.kit.sealing import Sealer
from services.records.keys import key

SECRET_PREFIX = "whsec_"  # noqa: S105 - what the standard lets every secret begin with

OVERLAP = timedelta(hours=24)
"""A secret that was replaced signs for so long beside the new one."""

MOST = 50
"""Subscriptions of one tenant: each event is matched against all of them."""


class Webhook(Contract):
    """A subscription. ``disabled`` says why nothing is sent any more."""

    id: Identifier
    url: str
    types: tuple[str, ...]
    description: str | None = None
    created_at: Timestamp
    previous_secret_until: Timestamp | None = None
    disabled: Literal["gone"] | None = None


class Signing(Contract):
    """A subscription and its secrets, the one that holds first."""

    webhook: Webhook
    secrets: tuple[str, ...]


class Webhooks:
    """The subscriptions of every tenant, in one hash each; secrets lie sealed."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._update = redis.register_script(_UPDATE)

    async def add(self, tenant: str, webhook: Webhook) -> str | None:
        """Store a new subscription and return its secret; ``None`` when there are too many.

        The same id again is the same subscription: it keeps its first secret.
        """
        secret = _new_secret()
        row = {"webhook": webhook.model_dump(mode="json"), "secrets": [self._sealer.seal(secret)]}
        if await self._redis.hlen(_key(tenant)) >= MOST:
            return None
        if await self._redis.hsetnx(_key(tenant), webhook.id, json.dumps(row)):
            return secret
        stored = await self.get(tenant, webhook.id)
        return stored.secrets[0] if stored else None

    async def get(self, tenant: str, webhook_id: str) -> Signing | None:
        """Return a subscription with its secrets opened."""
        stored = await self._redis.hget(_key(tenant), webhook_id)
        if stored is None:
            return None
        row = json.loads(str(stored))
        return Signing(
            webhook=Webhook.model_validate(row["webhook"]),
            secrets=tuple(self._sealer.open(sealed) for sealed in row["secrets"]),
        )

    async def list(self, tenant: str) -> list[Webhook]:
        """Return the tenant's subscriptions, oldest first."""
        rows = (json.loads(str(row)) for row in await self._redis.hvals(_key(tenant)))
        found = [Webhook.model_validate(row["webhook"]) for row in rows]
        return sorted(found, key=lambda webhook: (webhook.created_at, webhook.id))

    async def rotate(self, tenant: str, webhook_id: str, now: datetime) -> Signing | None:
        """Give a subscription a new secret; the old one signs too for a day."""
        signing = await self.get(tenant, webhook_id)
        if signing is None:
            return None
        webhook = signing.webhook.model_copy(update={"previous_secret_until": now + OVERLAP})
        rotated = Signing(webhook=webhook, secrets=(_new_secret(), signing.secrets[0]))
        return rotated if await self._replace(tenant, rotated) else None

    async def disable(self, tenant: str, webhook_id: str) -> None:
        """Send nothing more: the receiver says that it is gone for good."""
        signing = await self.get(tenant, webhook_id)
        if signing is not None:
            webhook = signing.webhook.model_copy(update={"disabled": "gone"})
            await self._replace(tenant, Signing(webhook=webhook, secrets=signing.secrets))

    async def delete(self, tenant: str, webhook_id: str) -> bool:
        """Forget a subscription; says whether there was one."""
        return bool(await self._redis.hdel(_key(tenant), webhook_id))

    async def _replace(self, tenant: str, signing: Signing) -> bool:
        sealed = [self._sealer.seal(secret) for secret in signing.secrets]
        row = {"webhook": signing.webhook.model_dump(mode="json"), "secrets": sealed}
        # Never brings back one that was deleted meanwhile.
        args = [signing.webhook.id, json.dumps(row)]
        return bool(await self._update(keys=[_key(tenant)], args=args))


_UPDATE = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


def _key(tenant: str) -> str:
    return key(tenant, "webhooks")


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
