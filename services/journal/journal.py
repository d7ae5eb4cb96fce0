"""Publish, read, tail and consume: everything that happens in a conversation goes through here.

Keys (``/`` is no character of an identifier, so parts never run together)::

    <tenant>/conversation/<id>         stream; entry id = event id, field ``e`` = the event as JSON
    <tenant>/conversation/<id>/state   hash: epoch, offset (the head); end:<epoch> (last offset that
                                       survived of an earlier epoch); seq:<producer> = "seq id";
                                       partial:<turn> = id; done:<group> = id; bad:<group> = id
    /journal/epoch, /journal/run       the epoch, and the run of Redis it was made for
    /journal/shard/<0..63>             stream of work: t(enant), c(onversation), i(d), e(vent)
    /journal/groups                    set of consumer groups
    /journal/<group>/workers           sorted set of live workers by the end of their lease (ms)
    /journal/<group>/holders           hash: <shard> = "worker token", t<shard> = last token
    /journal/<group>/positions         hash: <shard> = stream id up to which all is settled
    dead:<group>                       stream of pointers to events the group could not take

Each conversation stream's name is also the channel on which its new head is announced. Nothing
but these keys is touched, and only with commands and Lua of Redis 7.0.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import BlockingConnectionPool, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from services.contracts.events import ConversationEvent, Event, cursor_of
from services.journal.consuming import Consumer
from services.journal.encoding import FED_TYPES, WORK_TYPES, decode, encode
from services.journal.errors import ResyncNeeded
from services.journal.keys import EPOCH, GROUPS, conversation_keys
from services.journal.line import Line, running
from services.journal.scripting import prepare, script
from services.journal.tailing import Wakes
from services.journal.work import Handler, Policy
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import Conflict, InvalidInput, NotFound, Unavailable

__all__ = ["FED_TYPES", "WORK_TYPES", "Handler", "Journal", "Policy", "ResyncNeeded"]

_PAGE = 200
_SAFETY_POLL_S = 5.0
_OUTAGE_PAUSE_S = 0.2
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class _Page:
    epoch: str
    head: str
    events: list[ConversationEvent]


class Journal:
    """The journal of all conversations; make one per process with `open`."""

    redis: Redis
    """A plain client on the same Redis (answers are ``str``), for `services.records`."""

    def __init__(self, client: Redis, *, retention_days: int, clock: Clock) -> None:
        self.redis = client
        self._pool: ConnectionPool = client.connection_pool
        self._retention_s = retention_days * _DAY_S
        self._clock = clock
        self._writes = Line(self._pool, prepare)
        self._reads = Line(self._pool, prepare)
        self._wakes = Wakes(self._pool)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, *, retention_days: int = 30, clock: Clock = SYSTEM_CLOCK
    ) -> AsyncIterator["Journal"]:
        """Connect to the Redis at ``url`` (``redis://``, ``rediss://`` or ``unix://``).

        Redis need not be there yet: calls raise `Unavailable` until it is.
        """
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=32,
            timeout=2,
            decode_responses=True,
            protocol=2,
            socket_timeout=1.0,
            socket_connect_timeout=1.0,
            **({} if url.startswith("unix://") else {"socket_keepalive": True}),
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 1),
        )
        client = Redis.from_pool(pool)
        journal = cls(client, retention_days=retention_days, clock=clock)
        try:
            lines = (journal._writes.run(), journal._reads.run(), journal._wakes.run())
            async with running(*lines):
                yield journal
        finally:
            await client.aclose()

    async def publish(
        self, tenant: str, event: Event, *, producer: str, seq: int
    ) -> ConversationEvent | None:
        """Store an event once and hand it to tails and consumers.

        Args:
            tenant: from the caller's token.
            event: what happened; ``conversation.started`` creates the conversation.
            producer: who numbers its events; a restarted producer takes a new name.
            seq: 1, 2, 3, ... per conversation and producer.

        Returns:
            The stored event with its id. The producer's last ``seq`` again is acknowledged and
            gives the id it got the first time; an older one is acknowledged with ``None``.

        Raises:
            Conflict: a gap in ``seq``, or the conversation exists already.
            NotFound: the conversation was never started, or has expired.
            Unavailable: Redis did not answer; publish the same event with the same ``seq`` again.
        """
        keys = conversation_keys(tenant, event.conversation_id)
        kind, turn, work, payload = encode(event)
        answer = await self._writes.call(
            *script(
                "ingest",
                (keys.stream, keys.state, keys.shard, EPOCH),
                *(producer, seq, kind, turn, work, payload),
                *(tenant, event.conversation_id, self._retention_s),
            )
        )
        match answer:
            case ["stored" | "repeat", str(event_id)]:
                return ConversationEvent(id=event_id, event=event) if event_id else None
            case ["gap", last]:
                raise Conflict(
                    f"Event {seq} of this producer came after {last}: send {int(last) + 1} first.",
                    field="seq",
                )
            case ["exists"]:
                raise Conflict("The conversation exists already.", field="conversation_id")
            case _:
                raise _unknown()

    async def read(
        self,
        tenant: str,
        conversation_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[ConversationEvent]:
        """Return the events after a cursor (an event id), from the start without one.

        Raises:
            NotFound: there is no such conversation.
            ResyncNeeded: the cursor is no longer part of the conversation.
        """
        events: list[ConversationEvent] = []
        while limit is None or len(events) < limit:
            size = _PAGE if limit is None else min(_PAGE, limit - len(events))
            page = await self._fetch(tenant, conversation_id, after, size)
            events += page.events
            if len(page.events) < size:
                break
            after = page.events[-1].id
        return events

    async def head(self, tenant: str, conversation_id: str) -> str:
        """Return the id of the last event: a cursor to tail from.

        Raises:
            NotFound: there is no such conversation.
        """
        return (await self._fetch(tenant, conversation_id, None, 0)).head

    async def tail(
        self, tenant: str, conversation_id: str, *, after: str | None = None
    ) -> AsyncIterator[ConversationEvent]:
        """Yield the events after a cursor, then each new one, for ever.

        Nothing is buffered here: a slow reader reads on from its own place. An outage of Redis is
        waited out.

        Raises:
            NotFound: there is no such conversation (or it has expired).
            ResyncNeeded: the cursor is no longer part of the conversation, or Redis was restarted
                meanwhile so that events may be missing; read afresh and tail from there.
        """
        keys = conversation_keys(tenant, conversation_id)
        epoch: str | None = None
        with self._wakes.listen(keys.stream) as wake:
            while True:
                wake.clear()
                try:
                    page = await self._fetch(tenant, conversation_id, after, _PAGE)
                except Unavailable:
                    if epoch is None:
                        raise
                    await asyncio.sleep(_OUTAGE_PAUSE_S)
                    continue
                if epoch not in (None, page.epoch):
                    raise _resync()
                epoch = page.epoch
                for event in page.events:
                    yield event
                    after = event.id
                if len(page.events) < _PAGE:
                    await _set_within(wake, _SAFETY_POLL_S)

    async def consume(
        self,
        group: str,
        handler: Handler,
        *,
        owner: str,
        types: frozenset[str] = WORK_TYPES,
        policy: Policy | None = None,
    ) -> None:
        """Give ``handler`` every work event of this worker's share, until cancelled.

        The handler may see an event again after a crash; what it returns is published exactly once,
        in the same step that marks the event as done. Events of one conversation come strictly in
        order, those of different ones side by side.

        Args:
            group: all workers with this name share the work; each group sees all of it.
            handler: takes (tenant, event), returns events of the same conversation.
            owner: a name for this worker, for people; it is made unique here.
            types: which of `FED_TYPES` the handler wants.
            policy: leases, retries and bounds.
        """
        await Consumer(
            self._pool,
            group,
            handler,
            owner=owner,
            types=types,
            policy=policy or Policy(),
            retention_s=self._retention_s,
            clock=self._clock,
        ).run()

    async def erase(self, tenant: str, conversation_id: str) -> int:
        """Erase every event of a conversation, those still to be consumed too; returns how many.

        Whoever still works on one of them finds its results refused.

        Raises:
            Unavailable: Redis did not answer; erase again.
        """
        keys = conversation_keys(tenant, conversation_id)
        events, _, _ = await self._writes.call(
            *script("erase", (keys.stream, keys.state, keys.shard, GROUPS), tenant, conversation_id)
        )
        return int(events)

    async def ping(self) -> None:
        """Return when Redis answers.

        Raises:
            Unavailable: it does not.
        """
        await self._writes.call("PING")

    async def _fetch(
        self, tenant: str, conversation_id: str, after: str | None, limit: int
    ) -> _Page:
        keys = conversation_keys(tenant, conversation_id)
        if after is not None:
            try:
                cursor_of(after)
            except ValueError:
                raise InvalidInput("The cursor is not an event id.", field="after") from None
        answer: list[Any] = await self._reads.call(
            *script("read", (keys.stream, keys.state, EPOCH), after or "", limit)
        )
        status, epoch, head, *entries = answer
        if status == "unknown":
            raise _unknown()
        if status == "resync":
            raise _resync()
        pairs = zip(entries[::2], entries[1::2], strict=True)
        return _Page(epoch, head, [decode(event_id, payload) for event_id, payload in pairs])


def _unknown() -> NotFound:
    return NotFound(
        "There is no such conversation: start it first, or it has expired.",
        field="conversation_id",
    )


def _resync() -> ResyncNeeded:
    return ResyncNeeded(
        "Events may be missing since this cursor: read the conversation afresh.", field="after"
    )


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
