"""How many sockets each tenant and caller holds open, over all gateways: a lease for each."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from redis.asyncio import Redis

from services.records.keys import key

SocketKind = Literal["ingest", "adviser"]

LEASE = timedelta(seconds=20)
"""A socket whose gateway says nothing of it for so long is gone with that gateway."""

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[2 + i]) then return i end
end
for i = 1, 2 do
  redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return 0
"""

_RENEW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], now + ARGV[1], ARGV[1 + i])
  redis.call('PEXPIRE', KEYS[i], ARGV[1])
end
"""


@dataclass(frozen=True)
class Lease:
    """One open socket: ``id`` is its own, ``caller`` whose token opened it."""

    id: str
    tenant: str
    caller: str
    kind: SocketKind


class Connections:
    """Leases on open sockets. Redis tells the time, so that gateways need not agree on it."""

    def __init__(self, redis: Redis, lease: timedelta = LEASE) -> None:
        self._redis = redis
        self._lease_ms = int(lease.total_seconds() * 1000)
        self._take = redis.register_script(_TAKE)
        self._renew = redis.register_script(_RENEW)

    async def take(
        self, lease: Lease, *, per_tenant: int, per_caller: int
    ) -> Literal["tenant", "caller"] | None:
        """Note a socket as open; says whose limit stands against it, if one does."""
        refused = await self._take(
            keys=_keys(lease), args=[lease.id, self._lease_ms, per_tenant, per_caller]
        )
        return {0: None, 1: "tenant", 2: "caller"}[int(refused)]

    async def renew(self, leases: Iterable[Lease]) -> None:
        """Say that these sockets are still open."""
        names = [(name, lease.id) for lease in leases for name in _keys(lease)]
        if names:
            keys, ids = zip(*names, strict=True)
            await self._renew(keys=list(keys), args=[self._lease_ms, *ids])

    async def release(self, lease: Lease) -> None:
        """Note a socket as closed."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for name in _keys(lease):
                pipe.zrem(name, lease.id)
            await pipe.execute()

    async def open(self, tenant: str, kind: SocketKind) -> int:
        """Return how many sockets of a kind the tenant has open."""
        seconds, microseconds = await self._redis.time()
        now = seconds * 1000 + microseconds // 1000
        return int(await self._redis.zcount(key(tenant, "sockets", kind), f"({now}", "+inf"))


def _keys(lease: Lease) -> list[str]:
    # Who the caller is matters to nobody: only a digest is kept, and only while a socket is open.
    caller = hashlib.sha256(lease.caller.encode()).hexdigest()[:32]
    name = key(lease.tenant, "sockets", lease.kind)
    return [name, f"{name}/{caller}"]
