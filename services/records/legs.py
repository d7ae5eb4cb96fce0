"""Which audio legs of a conversation are open, over all gateways: the last one ends the call."""

from datetime import timedelta

from redis.asyncio import Redis

from services.records.keys import key

_LONGEST_CALL = timedelta(hours=12)
"""A gateway that dies cannot say that its legs are gone; after this they are forgotten."""


class OpenLegs:
    """A set of open legs per conversation."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, tenant: str, conversation_id: str, leg_ids: list[str]) -> None:
        """Note legs as open."""
        name = key(tenant, "conversation", conversation_id, "legs")
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(name, *leg_ids)
            pipe.pexpire(name, _LONGEST_CALL)
            await pipe.execute()

    async def remove(self, tenant: str, conversation_id: str, leg_ids: list[str]) -> int:
        """Note legs as gone and return how many are still open."""
        name = key(tenant, "conversation", conversation_id, "legs")
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.srem(name, *leg_ids)
            pipe.scard(name)
            _, left = await pipe.execute()
        return int(left)
