"""What a tenant has set up with other systems: their public keys, and their secrets sealed."""

import json
from typing import Literal, get_args

from pydantic import Field
from redis.asyncio import Redis

from services.contracts.base import Contract, Identifier
from services.kit.errors import Conflict
from services.kit.sealing import Sealer
from services.records.keys import key

IntegrationKind = Literal[
    "audiohook", "twilio", "telnyx", "asterisk", "jambonz", "vonage", "chatwoot", "sunshine"
]
KINDS: tuple[IntegrationKind, ...] = get_args(IntegrationKind)


class Integration(Contract):
    """One connection to a foreign system.

    ``key`` is what that system sends in the open to say who it is (an API key, an account's id);
    it belongs to one tenant only. ``secrets`` prove it (``"secret"``, and ``"previous"`` while one
    is being replaced). ``config`` holds what else its channel needs.
    """

    tenant: Identifier
    id: Identifier
    kind: IntegrationKind
    key: str = Field(min_length=1, max_length=256)
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)
    config: dict[str, str | bool | int] = {}


class Integrations:
    """The integrations of every tenant."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._put = redis.register_script(_PUT)
        self._delete = redis.register_script(_DELETE)

    async def put(self, integration: Integration) -> None:
        """Store an integration, in place of the tenant's one with the same id.

        Raises:
            Conflict: when another integration of this kind has the same ``key``.
        """
        body = integration.model_dump()
        body["secrets"] = {
            name: self._sealer.seal(secret) for name, secret in integration.secrets.items()
        }
        taken = await self._put(
            keys=_keys(integration.tenant),
            args=[
                integration.id,
                json.dumps(body),
                _place(integration.kind, integration.key),
                key(integration.tenant, integration.id),
            ],
        )
        if taken:
            msg = f"This key is in use by another {integration.kind} integration."
            raise Conflict(msg, field="key")

    async def get(self, tenant: str, integration_id: str) -> Integration | None:
        """Return the tenant's integration with its secrets opened."""
        stored = await self._redis.hget(_keys(tenant)[0], integration_id)
        return None if stored is None else self._opened(str(stored))

    async def list(self, tenant: str) -> list[Integration]:
        """Return the tenant's integrations by id."""
        stored = await self._redis.hgetall(_keys(tenant)[0])
        return [self._opened(str(stored[name])) for name in sorted(stored)]

    async def find(self, kind: IntegrationKind, public_key: str) -> Integration | None:
        """Return whose ``public_key`` this is, over all tenants: how a caller is told apart."""
        owner = await self._redis.hget(_PLACES, _place(kind, public_key))
        if owner is None:
            return None
        tenant, _, integration_id = str(owner).partition("/")
        return await self.get(tenant, integration_id)

    async def delete(self, tenant: str, integration_id: str) -> bool:
        """Forget an integration; says whether there was one."""
        return bool(await self._delete(keys=_keys(tenant), args=[integration_id]))

    def _opened(self, stored: str) -> Integration:
        body = json.loads(stored)
        body["secrets"] = {
            name: self._sealer.open(sealed) for name, sealed in body["secrets"].items()
        }
        return Integration.model_validate(body)


_PLACES = "/gateway/integration-keys"
"""Hash from ``kind:public key`` to ``tenant/integration``."""

_PUT = """
local owner = redis.call('HGET', KEYS[3], ARGV[3])
if owner and owner ~= ARGV[4] then return 1 end
local old = redis.call('HGET', KEYS[2], ARGV[1])
if old then redis.call('HDEL', KEYS[3], old) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
return 0
"""

_DELETE = """
local place = redis.call('HGET', KEYS[2], ARGV[1])
if not place then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], place)
return 1
"""


def _keys(tenant: str) -> list[str]:
    return [key(tenant, "integrations"), key(tenant, "integration-places"), _PLACES]


def _place(kind: str, public_key: str) -> str:
    return f"{kind}:{public_key}"
