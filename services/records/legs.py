"""Which audio legs of a conversation are open, over all gateways: the last one ends the call."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from redis.asyncio import Redis

from services.records.keys import key

LEASE = timedelta(seconds=20)
"""A call whose gateway says nothing of it for so long has lost that gateway."""

_CALLS = "/gateway/calls"
"""Sorted set of ``tenant/conversation`` by the end of the lease (ms since 1970)."""

_LONGEST_CALL = timedelta(hours=24)


class OpenLegs:
    """A set of open legs per conversation, and a lease on each conversation that has some."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(
        self, tenant: str, conversation_id: str, leg_ids: list[str], now: datetime
    ) -> None:
        """Note legs as open."""
        name = _legs(tenant, conversation_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(name, *leg_ids)
            pipe.pexpire(name, _LONGEST_CALL)
            pipe.zadd(_CALLS, {key(tenant, conversation_id): _milliseconds(now + LEASE)})
            await pipe.execute()

    async def remove(self, tenant: str, conversation_id: str, leg_ids: list[str]) -> int:
        """Note legs as gone and return how many are still open."""
        name = _legs(tenant, conversation_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.srem(name, *leg_ids)
            pipe.scard(name)
            _, left = await pipe.execute()
        return int(left)

    async def renew(self, calls: Iterable[tuple[str, str]], now: datetime) -> None:
        """Renew the lease of (tenant, conversation) pairs."""
        until = _milliseconds(now + LEASE)
        leases: dict[str, float] = {key(*call): until for call in calls}
        if leases:
            await self._redis.zadd(_CALLS, leases)

    async def abandoned(self, now: datetime) -> list[tuple[str, str]]:
        """Return the (tenant, conversation) pairs whose lease has run out."""
        names = await self._redis.zrange(_CALLS, "-inf", _milliseconds(now), byscore=True)
        pairs = (str(name).split("/") for name in names)
        return [(tenant, conversation_id) for tenant, conversation_id in pairs]

    async def forget(self, tenant: str, conversation_id: str) -> None:
        """Drop what is noted of a conversation that has ended."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(_legs(tenant, conversation_id))
            pipe.zrem(_CALLS, key(tenant, conversation_id))
            await pipe.execute()


def _legs(tenant: str, conversation_id: str) -> str:
    return key(tenant, "conversation", conversation_id, "legs")


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
