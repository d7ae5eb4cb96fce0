"""The index of conversations: which there are, which are live, which belong to a customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import Redis

from services.contracts.conversation import ConversationSummary
from services.records.cursors import read_cursor, write_cursor
from services.records.keys import key
from services.records.tenants import retention_of


@dataclass(frozen=True)
class Page:
    """Some conversations, newest first; ``next`` asks for those after them, if there are more."""

    items: tuple[ConversationSummary, ...]
    next: str | None


class ConversationIndex:
    """One summary per conversation, in sorted sets: all and live ones, and those of a customer.

    The members of the sets are ``<start in ms, 13 digits>:<id>``, so that their alphabetical order
    is the order in time and a page's cursor is simply its last member.
    """

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention

    async def add(self, tenant: str, summary: ConversationSummary) -> ConversationSummary:
        """Add a conversation; one that exists already is left alone and returned."""
        retention = await retention_of(self._redis, tenant, self._retention)
        stored = await self._redis.set(
            _summary(tenant, summary.id),
            summary.model_dump_json(),
            nx=True,
            get=True,
            px=retention,
        )
        if isinstance(stored, str | bytes):
            summary = ConversationSummary.model_validate_json(stored)
        if summary.ended_at is None:
            # Also for one that was there: whoever added it may have stopped half-way.
            await self._list(tenant, summary, retention)
        return summary

    async def _list(self, tenant: str, summary: ConversationSummary, retention: timedelta) -> None:
        member = _member(summary)
        oldest = _milliseconds(summary.started_at - retention)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zadd(key(tenant, "conversations"), {member: 0})
            pipe.zadd(key(tenant, "live"), {member: 0})
            for name in ("conversations", "live"):
                pipe.zremrangebylex(key(tenant, name), "-", f"({oldest}")
            if summary.customer_id is not None:
                pipe.sadd(_of_customer(tenant, summary.customer_id), summary.id)
                pipe.pexpire(_of_customer(tenant, summary.customer_id), retention)
                every = _every_of_customer(tenant, summary.customer_id)
                pipe.zadd(every, {member: 0})
                pipe.zremrangebylex(every, "-", f"({oldest}")
                pipe.pexpire(every, retention)
            await pipe.execute()

    async def get(self, tenant: str, conversation_id: str) -> ConversationSummary | None:
        """Return the summary, or ``None`` when the tenant has no such conversation."""
        stored = await self._redis.get(_summary(tenant, conversation_id))
        return None if stored is None else ConversationSummary.model_validate_json(stored)

    async def replace(self, tenant: str, summary: ConversationSummary) -> None:
        """Store a changed summary. One that has ended is live no more."""
        retention = await retention_of(self._redis, tenant, self._retention)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_summary(tenant, summary.id), summary.model_dump_json(), xx=True, px=retention)
            if summary.ended_at is not None:
                pipe.zrem(key(tenant, "live"), _member(summary))
                if summary.customer_id is not None:
                    pipe.srem(_of_customer(tenant, summary.customer_id), summary.id)
            await pipe.execute()

    async def live_of_customer(self, tenant: str, customer_id: str) -> list[str]:
        """Return the ids of the customer's conversations that have not ended."""
        members = await self._redis.smembers(_of_customer(tenant, customer_id))
        return sorted(str(member) for member in members)

    async def page(
        self, tenant: str, *, live: bool = False, cursor: str | None = None, limit: int = 50
    ) -> Page:
        """Return up to ``limit`` conversations, newest first.

        Raises:
            InvalidInput: when ``cursor`` is not one that an earlier page gave.
        """
        before = "+" if cursor is None else "(" + read_cursor(cursor)
        found = await self._before(
            tenant, key(tenant, "live" if live else "conversations"), before, limit
        )
        return Page(items=found.items, next=found.next and write_cursor(found.next))

    async def of_customer(
        self, tenant: str, customer_id: str, *, before: str = "+", limit: int
    ) -> Page:
        """Return up to ``limit`` conversations of a customer, newest first.

        ``before`` is a bound of Redis' alphabetical ranges; ``next`` is one without its sign.
        """
        return await self._before(tenant, _every_of_customer(tenant, customer_id), before, limit)

    async def _before(self, tenant: str, name: str, before: str, limit: int) -> Page:
        members = await self._redis.zrange(
            name, before, "-", desc=True, bylex=True, offset=0, num=limit + 1
        )
        names = [str(member) for member in members]
        ids = [name.partition(":")[2] for name in names[:limit]]
        stored = await self._redis.mget([_summary(tenant, id_) for id_ in ids]) if ids else []
        items = tuple(ConversationSummary.model_validate_json(row) for row in stored if row)
        return Page(items=items, next=names[limit - 1] if len(names) > limit else None)

    async def members_of_customer(self, tenant: str, customer_id: str) -> list[str]:
        """Return the ids of every conversation of a customer, expired ones too."""
        members = await self._redis.zrange(_every_of_customer(tenant, customer_id), 0, -1)
        live = await self.live_of_customer(tenant, customer_id)
        return sorted({str(member).partition(":")[2] for member in members} | set(live))

    async def erase(self, tenant: str, conversation_id: str) -> None:
        """Forget a conversation, wherever it is listed and whatever is noted of it."""
        summary = await self.get(tenant, conversation_id)
        name = key(tenant, "conversation", conversation_id)
        async with self._redis.pipeline(transaction=True) as pipe:
            if summary is not None:
                for listed in ("conversations", "live"):
                    pipe.zrem(key(tenant, listed), _member(summary))
            pipe.delete(*(f"{name}/{part}" for part in ("summary", "passed")))
            await pipe.execute()

    async def erase_customer(self, tenant: str, customer_id: str) -> None:
        """Forget which conversations a customer had."""
        await self._redis.delete(
            _of_customer(tenant, customer_id), _every_of_customer(tenant, customer_id)
        )


def _summary(tenant: str, conversation_id: str) -> str:
    return key(tenant, "conversation", conversation_id, "summary")


def _of_customer(tenant: str, customer_id: str) -> str:
    return key(tenant, "customer", customer_id, "live")


def _every_of_customer(tenant: str, customer_id: str) -> str:
    return key(tenant, "customer", customer_id, "conversations")


def _member(summary: ConversationSummary) -> str:
    return f"{_milliseconds(summary.started_at)}:{summary.id}"


def _milliseconds(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):013d}"
