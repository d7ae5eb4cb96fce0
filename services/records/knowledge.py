"""The documents that tenants lend, and a feed of their changes that every reader may follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis

from services.contracts.knowledge import KnowledgeDocument, StoredDocument
from services.records.keys import key

TOUCHED = "/knowledge/touched"
"""Sorted set of tenants by when their documents last changed, for readers that serve them all."""

_CLOCK = "/knowledge/clock"

_PUT = """
local revision = redis.call('INCR', KEYS[3])
local replaced = redis.call('HEXISTS', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], revision, ARGV[1])
redis.call('ZADD', KEYS[5], redis.call('INCR', KEYS[6]), ARGV[3])
return {redis.call('HINCRBY', KEYS[4], ARGV[1], 1), replaced}
"""

_DELETE = """
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
local revision = redis.call('INCR', KEYS[3])
redis.call('ZADD', KEYS[2], revision, ARGV[1])
redis.call('ZADD', KEYS[5], redis.call('INCR', KEYS[6]), ARGV[2])
return revision
"""


@dataclass(frozen=True)
class Kept:
    """A document that was kept: its version, and whether it is new to the tenant."""

    id: str
    version: str
    new: bool


@dataclass(frozen=True)
class Change:
    """A document that came or changed, or went when ``document`` is ``None``."""

    id: str
    revision: int
    document: StoredDocument | None


class KnowledgeRecords:
    """The documents of every tenant.

    Each change of a tenant's documents has a revision. Whoever keeps an index asks for what came
    after the last revision they saw; a document that changed twice comes once, as it is now.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._put = redis.register_script(_PUT)
        self._delete = redis.register_script(_DELETE)

    async def put(self, tenant: str, document: KnowledgeDocument, now: datetime) -> Kept:
        """Keep a document in the place of the one with its id; without a date it is of ``now``."""
        body = document.model_copy(update={"date": document.date or now}).model_dump_json()
        count, replaced = await self._put(keys=_keys(tenant), args=[document.id, body, tenant])
        return Kept(document.id, document.version or str(count), new=not replaced)

    async def delete(self, tenant: str, document_id: str) -> bool:
        """Forget a document; false when there is none."""
        return bool(await self._delete(keys=_keys(tenant), args=[document_id, tenant]))

    async def count(self, tenant: str) -> int:
        """Return how many documents the tenant has."""
        return int(await self._redis.hlen(key(tenant, "knowledge", "documents")))

    async def pending(self, tenant: str, after: int) -> int:
        """Return how many documents came, changed or went after revision ``after``."""
        changes = key(tenant, "knowledge", "changes")
        return int(await self._redis.zcount(changes, f"({after}", "+inf"))

    async def changes(self, tenant: str, after: int, most: int) -> Sequence[Change]:
        """Return up to ``most`` changes after revision ``after``, in order."""
        names: Any = await self._redis.zrange(
            key(tenant, "knowledge", "changes"),
            f"({after}",
            "+inf",
            byscore=True,
            offset=0,
            num=most,
            withscores=True,
        )
        if not names:
            return ()
        ids = [str(name) for name, _ in names]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(key(tenant, "knowledge", "documents"), ids)
            pipe.hmget(key(tenant, "knowledge", "counts"), ids)
            bodies, counts = await pipe.execute()
        return tuple(
            Change(id_, int(revision), _stored(body, str(count), int(revision)))
            for id_, (_, revision), body, count in zip(ids, names, bodies, counts, strict=True)
        )

    async def touched(self, after: int) -> Sequence[tuple[str, int]]:
        """Return the tenants whose documents changed after ``after``, with when, in order."""
        found: Any = await self._redis.zrange(
            TOUCHED,
            f"({after}",
            "+inf",
            byscore=True,
            withscores=True,
        )
        return [(str(tenant), int(score)) for tenant, score in found]


def _stored(body: str | None, count: str, revision: int) -> StoredDocument | None:
    if body is None:
        return None
    document = KnowledgeDocument.model_validate_json(body).model_dump()
    document["version"] = document["version"] or count
    return StoredDocument(**document, revision=revision)


def _keys(tenant: str) -> list[str]:
    names = ("documents", "changes", "revision", "counts")
    return [*(key(tenant, "knowledge", name) for name in names), TOUCHED, _CLOCK]
