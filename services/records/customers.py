"""Customer records as the CRM pushed them last; Souffleur keeps them only for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from redis.asyncio import Redis

from services.contracts.customer import Customer, CustomerUpsert
from services.records.keys import key
from services.records.tenants import retention_of

_PUT = """
local old = redis.call('HMGET', KEYS[1], 'version', 'body')
local seen = old[1] and (old[1] .. ' ' .. redis.call('HGET', KEYS[1], 'updated_at')) or 'none'
if ARGV[4] ~= '' and ARGV[4] ~= seen then return {-1, '', 0} end
if old[2] == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {tonumber(old[1]), redis.call('HGET', KEYS[1], 'updated_at'), 0}
end
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'body', ARGV[1], 'updated_at', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {version, ARGV[2], 1}
"""


@dataclass(frozen=True)
class StoredCustomer:
    """A record and whether this call changed it."""

    customer: Customer
    changed: bool


class Customers:
    """The customer records of every tenant."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention
        self._put = redis.register_script(_PUT)

    async def put(
        self,
        tenant: str,
        customer_id: str,
        record: CustomerUpsert,
        now: datetime,
        *,
        over: Customer | Literal["none"] | None = None,
    ) -> StoredCustomer | None:
        """Replace the whole record. The version rises only when something changed.

        With ``over``, only when that is what is stored now; ``None`` says that it was not.
        """
        expected = "none" if over == "none" else ""
        if isinstance(over, Customer):
            expected = f"{over.version} {over.updated_at.isoformat()}"
        retention = await retention_of(self._redis, tenant, self._retention)
        kept_ms = int(retention.total_seconds() * 1000)
        version, updated_at, changed = await self._put(
            keys=[key(tenant, "customer", customer_id)],
            args=[record.model_dump_json(), now.isoformat(), kept_ms, expected],
        )
        if int(version) < 0:
            return None
        return StoredCustomer(
            Customer(
                id=customer_id,
                version=int(version),
                updated_at=datetime.fromisoformat(str(updated_at)),
                **dict(record),
            ),
            changed=bool(changed),
        )

    async def get(self, tenant: str, customer_id: str) -> Customer | None:
        """Return the record, or ``None`` when the tenant has no such customer."""
        body, version, updated_at = await self._redis.hmget(
            key(tenant, "customer", customer_id), ["body", "version", "updated_at"]
        )
        if body is None or version is None or updated_at is None:
            return None
        record = CustomerUpsert.model_validate_json(body)
        return Customer(
            id=customer_id,
            version=int(version),
            updated_at=datetime.fromisoformat(str(updated_at)),
            **dict(record),
        )

    async def erase(self, tenant: str, customer_id: str) -> None:
        """Forget a record."""
        await self._redis.delete(key(tenant, "customer", customer_id))
