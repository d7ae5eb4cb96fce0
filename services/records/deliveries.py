"""What is to be sent to whom: a queue per subscription and conversation, and a log of each try.

Keys::

    <tenant>/delivery/<id>                  hash: one event for one subscription, and its state
    <tenant>/webhook/<sub>/lane/<conv>      list of delivery ids: what waits, the first is next
    <tenant>/webhook/<sub>/log|dead         sorted sets of "<ms>:<id>": all deliveries, dead ones
    <tenant>/conversation/<conv>/deliveries set of delivery ids, for erasure
    /webhooks/due                           sorted set of "<tenant>/<sub>/<conv>" by when it is due
    /webhooks/claims                        hash from such a lane to the token of who works on it

A delivery holds no event, only its id: the body is read from the journal each time it is sent.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Literal

from redis.asyncio import Redis

from services.contracts.base import Contract, Identifier, Timestamp
from services.records.cursors import read_cursor, write_cursor
from services.records.keys import key

KEPT = timedelta(days=7)
"""The log, and how long a dead letter can be replayed."""

DUE, CLAIMS = "/webhooks/due", "/webhooks/claims"

State = Literal["waiting", "delivered", "dead"]


class Try(Contract):
    """One attempt. ``status`` is the receiver's, ``error`` says what came in between."""

    at: Timestamp
    status: int | None = None
    error: str | None = None
    took_ms: int


class Delivery(Contract):
    """One event for one subscription. Its id is the ``webhook-id`` that the receiver sees."""

    id: Identifier
    webhook_id: Identifier
    conversation_id: Identifier
    event_id: str
    type: str
    state: State
    created_at: Timestamp
    attempts: int
    next_attempt_at: Timestamp | None = None
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True)
class Lane:
    """What waits for one subscription in one conversation, while ``token`` holds it."""

    tenant: str
    webhook_id: str
    conversation_id: str
    token: str = ""

    @property
    def name(self) -> str:
        """Its member of the sorted set of what is due."""
        return key(self.tenant, self.webhook_id, self.conversation_id)

    @property
    def queue(self) -> str:
        """The key of its list."""
        return key(self.tenant, "webhook", self.webhook_id, "lane", self.conversation_id)


Outcome = Literal["delivered", "retry", "dead", "gone"]


def delivery_id(tenant: str, webhook_id: str, conversation_id: str, event_id: str) -> str:
    """Return the id of an event's delivery: the same however often the event is handled."""
    text = "/".join((tenant, webhook_id, conversation_id, event_id))
    return "msg_" + hashlib.sha256(text.encode()).hexdigest()[:32]


class Deliveries:
    """The deliveries of every tenant. Times come from the caller's clock."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._add = redis.register_script(_source("add"))
        self._claim = redis.register_script(_source("claim"))
        self._settle = redis.register_script(_source("settle"))
        self._replay = redis.register_script(_source("replay"))

    async def add(self, lane: Lane, event_id: str, type_: str, now: datetime) -> bool:
        """Queue an event for a subscription, once; says whether it was new."""
        id_ = delivery_id(lane.tenant, lane.webhook_id, lane.conversation_id, event_id)
        added = await self._add(
            keys=[*_keys(lane, id_), DUE],
            args=[
                *(id_, f"{_ms(now):013d}:{id_}", lane.name, _ms(now), _ms_of(KEPT)),
                *(lane.webhook_id, lane.conversation_id, event_id, type_),
                f"{_ms(now - KEPT):013d}",
            ],
        )
        return bool(added)

    async def claim(self, now: datetime, lease: timedelta, token: str, most: int) -> list[Lane]:
        """Take up to ``most`` lanes that are due; they are ours for as long as the lease."""
        names = await self._claim(
            keys=[DUE, CLAIMS], args=[_ms(now), _ms(now + lease), token, most]
        )
        parts = (str(name).split("/") for name in names)
        return [
            Lane(tenant, webhook, conversation, token) for tenant, webhook, conversation in parts
        ]

    async def head(self, lane: Lane) -> Delivery | None:
        """Return what is next in a lane; ids whose record has expired are skipped."""
        while True:
            id_ = await self._redis.lindex(lane.queue, 0)
            if id_ is None:
                return None
            found = await self.get(lane.tenant, str(id_))
            if found is not None:
                return found
            await self._redis.lrem(lane.queue, 1, str(id_))

    async def settle(
        self,
        lane: Lane,
        delivery: Delivery,
        outcome: Outcome,
        tried: Try | None,
        *,
        due: datetime,
    ) -> Literal["more", "done", "fenced"]:
        """Note what became of the head of a lane that is ours.

        Returns:
            ``more`` - the lane is ours until ``due`` and has another one; ``done`` - it is given
            back; ``fenced`` - the lease had run out, somebody else has it, nothing was noted.
        """
        tries = [*delivery.tries, *([tried] if tried else [])][-10:]
        return await self._settle(  # type: ignore[no-any-return]
            keys=[*_keys(lane, delivery.id), DUE, CLAIMS],
            args=[
                *(delivery.id, lane.name, lane.token, outcome, _ms(due)),
                json.dumps([each.model_dump(mode="json") for each in tries]),
                *(delivery.attempts + (1 if tried else 0), _ms(due)),
            ],
        )

    async def release(self, lane: Lane, due: datetime) -> None:
        """Give a lane back untouched, or for good when nothing waits in it."""
        await self._settle(
            keys=[*_keys(lane, ""), DUE, CLAIMS],
            args=["", lane.name, lane.token, "release", _ms(due), "[]", 0, _ms(due)],
        )

    async def replay(self, tenant: str, delivery: Delivery, now: datetime) -> bool:
        """Queue a delivery again, under its old id; ``False`` when it is waiting anyway."""
        lane = Lane(tenant, delivery.webhook_id, delivery.conversation_id)
        return bool(
            await self._replay(
                keys=[*_keys(lane, delivery.id), DUE],
                args=[delivery.id, lane.name, _ms(now), _ms_of(KEPT)],
            )
        )

    async def get(self, tenant: str, id_: str) -> Delivery | None:
        """Return a delivery, or ``None`` when it is not known any more."""
        row = await self._redis.hgetall(key(tenant, "delivery", id_))
        return _delivery(id_, {str(k): str(v) for k, v in row.items()}) if row else None

    async def page(
        self, tenant: str, webhook_id: str, *, dead: bool, cursor: str | None, limit: int
    ) -> tuple[tuple[Delivery, ...], str | None]:
        """Return up to ``limit`` deliveries, newest first, and the cursor of those after them.

        Raises:
            InvalidInput: when ``cursor`` is not one that an earlier page gave.
        """
        before = "+" if cursor is None else "(" + read_cursor(cursor)
        name = key(tenant, "webhook", webhook_id, "dead" if dead else "log")
        found = await self._redis.zrange(
            name, before, "-", desc=True, bylex=True, offset=0, num=limit + 1
        )
        members = [str(member) for member in found]
        read = [await self.get(tenant, member.partition(":")[2]) for member in members[:limit]]
        more = write_cursor(members[limit - 1]) if len(members) > limit else None
        return tuple(each for each in read if each is not None), more

    async def of_conversation(self, tenant: str, conversation_id: str) -> list[Delivery]:
        """Return the deliveries of a conversation's events, oldest first."""
        ids = await self._redis.smembers(_of(tenant, conversation_id))
        read = [await self.get(tenant, str(id_)) for id_ in ids]
        found = [each for each in read if each is not None]
        return sorted(found, key=lambda each: (each.created_at, each.event_id))

    async def erase(self, tenant: str, conversation_id: str) -> int:
        """Erase every delivery of a conversation; returns how many."""
        found = await self.of_conversation(tenant, conversation_id)
        for delivery in found:
            await self._forget(tenant, delivery)
        await self._redis.delete(_of(tenant, conversation_id))
        return len(found)

    async def drop(self, tenant: str, webhook_id: str) -> None:
        """Erase every delivery of a subscription, with its queues and its log."""
        cursor: str | None = None
        while True:
            items, cursor = await self.page(
                tenant, webhook_id, dead=False, cursor=cursor, limit=500
            )
            for delivery in items:
                await self._forget(tenant, delivery)
            if cursor is None:
                break
        names = [key(tenant, "webhook", webhook_id, part) for part in ("log", "dead")]
        await self._redis.delete(*names)

    async def _forget(self, tenant: str, delivery: Delivery) -> None:
        lane = Lane(tenant, delivery.webhook_id, delivery.conversation_id)
        member = f"{_ms(delivery.created_at):013d}:{delivery.id}"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key(tenant, "delivery", delivery.id), lane.queue)
            pipe.zrem(key(tenant, "webhook", delivery.webhook_id, "log"), member)
            pipe.zrem(key(tenant, "webhook", delivery.webhook_id, "dead"), member)
            pipe.srem(_of(tenant, delivery.conversation_id), delivery.id)
            pipe.zrem(DUE, lane.name)
            pipe.hdel(CLAIMS, lane.name)
            await pipe.execute()


def _delivery(id_: str, row: dict[str, str]) -> Delivery:
    waiting = row["state"] == "waiting"
    return Delivery.model_validate(
        {
            "id": id_,
            "webhook_id": row["webhook"],
            "conversation_id": row["conversation"],
            "event_id": row["event"],
            "type": row["type"],
            "state": row["state"],
            "created_at": datetime.fromtimestamp(int(row["created"]) / 1000, UTC),
            "attempts": int(row["attempts"]),
            "next_attempt_at": datetime.fromtimestamp(int(row["next"]) / 1000, UTC)
            if waiting
            else None,
            "tries": json.loads(row["tries"]),
        }
    )


def _keys(lane: Lane, id_: str) -> list[str]:
    webhook = key(lane.tenant, "webhook", lane.webhook_id)
    return [
        key(lane.tenant, "delivery", id_),
        lane.queue,
        key(webhook, "log"),
        key(webhook, "dead"),
        _of(lane.tenant, lane.conversation_id),
    ]


def _of(tenant: str, conversation_id: str) -> str:
    return key(tenant, "conversation", conversation_id, "deliveries")


def _source(name: str) -> str:
    scripts = files("services.records").joinpath("scripts")
    return scripts.joinpath(f"delivery_{name}.lua").read_text(encoding="utf-8")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _ms_of(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)
