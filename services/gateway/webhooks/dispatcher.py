"""Brings events to the receivers: in order per conversation, again until they are taken.

One try is under way per subscription and conversation, so a receiver sees each conversation in
order and a slow conversation holds up no other. Who works on a lane holds it by a lease and a
token. When a process dies with a message under way, the lane is taken up when the lease ends and
the message goes out again under the same ``webhook-id``.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from redis.exceptions import RedisError

from services.contracts.events import ConversationEvent, Event
from services.gateway.conversations import Conversations
from services.gateway.measures import GatewayMeasures
from services.gateway.webhooks.sender import Sender, Sent, cloud_event
from services.journal.journal import FED_TYPES, Journal
from services.journal.work import Policy
from services.kit.clock import Clock
from services.kit.errors import SouffleurError
from services.kit.failpoints import hit
from services.kit.tasks import going_on
from services.records.deliveries import Deliveries, Delivery, Lane, Outcome
from services.records.webhooks import Webhooks

GROUP = "webhooks"

TYPES = FED_TYPES - {"preferences.changed"}
"""What can be subscribed to. How an adviser sets their panel is nobody else's business (P3)."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 3600.0
MOST_ATTEMPTS = 20
"""About ten hours in all; then the delivery is dead until it is replayed."""

SPREAD = 0.2
"""A pause is up to so much shorter or longer, so that those who failed together part."""

LEASE = timedelta(seconds=60)
"""Longer than a try may take; after a crash a lane waits for so long."""

LANES, LANES_PER_WEBHOOK = 64, 8
POLL_S = 0.5
_CROWDED = timedelta(seconds=1)

_OUTAGE_PAUSE_S = 0.5
POLICY = Policy(attempt_s=86_400.0)
"""An outage of Redis is waited out by the handler: no event may die of it."""

_log = logging.getLogger(__name__)


def pause_s(attempts: int, chance: float) -> float:
    """Return how long to wait after so many failed attempts; ``chance`` is in [0, 1)."""
    pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempts - 1, 30))
    return pause * (1 - SPREAD + 2 * SPREAD * chance)


class Dispatcher:
    """Feeds the queues from the journal and works them off."""

    def __init__(
        self,
        webhooks: Webhooks,
        deliveries: Deliveries,
        conversations: Conversations,
        sender: Sender,
        clock: Clock,
        chance: Callable[[], float],
        measures: GatewayMeasures,
        lease: timedelta = LEASE,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._conversations = conversations
        self._sender = sender
        self._clock = clock
        self._chance = chance
        self._outcomes = measures.webhook_deliveries
        self._lease = lease
        self._busy: Counter[tuple[str, str]] = Counter()
        self._wake = asyncio.Event()

    async def run(self, journal: Journal, owner: str, policy: Policy = POLICY) -> None:
        """Feed and send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                journal.consume(GROUP, self.feed, owner=owner, types=TYPES, policy=policy)
            )
            tasks.create_task(self._send(tasks))

    async def feed(self, tenant: str, event: ConversationEvent) -> Sequence[Event]:
        """Queue an event for each subscription that wants it; again, it changes nothing."""
        while True:
            try:
                await self._feed(tenant, event)
            except (RedisError, SouffleurError, OSError):
                await self._clock.sleep(_OUTAGE_PAUSE_S)
            else:
                hit("webhooks.fed")
                return ()

    async def _feed(self, tenant: str, event: ConversationEvent) -> None:
        conversation_id, type_ = event.event.conversation_id, event.event.type
        for webhook in await self._webhooks.list(tenant):
            if type_ in webhook.types and webhook.disabled is None:
                lane = Lane(tenant, webhook.id, conversation_id)
                if await self._deliveries.add(lane, event.id, type_, self._clock.now()):
                    self._wake.set()

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    async def work_off(self) -> int:
        """Try everything that is due now and return how many lanes that was."""
        tried = 0
        while lanes := await self._claim():
            tried += len(lanes)
            await asyncio.gather(*(self._work(lane) for lane in lanes))
        return tried

    async def _send(self, tasks: asyncio.TaskGroup) -> None:
        while going_on():
            self._wake.clear()
            try:
                lanes = await self._claim()
            except (RedisError, SouffleurError, OSError):
                await self._clock.sleep(_OUTAGE_PAUSE_S)
                continue
            for lane in lanes:
                tasks.create_task(self._guarded(lane))
            if not lanes:
                await self._rest()

    async def _claim(self) -> list[Lane]:
        free = LANES - self._busy.total()
        if free <= 0:
            return []
        now = self._clock.now()
        taken: list[Lane] = []
        for lane in await self._deliveries.claim(now, self._lease, uuid.uuid4().hex, free):
            whose = (lane.tenant, lane.webhook_id)
            if self._busy[whose] < LANES_PER_WEBHOOK:
                self._busy[whose] += 1
                taken.append(lane)
                continue
            # One receiver's backlog must not take every place.
            with suppress(RedisError):
                await self._deliveries.release(lane, now + _CROWDED)
        return taken

    async def _rest(self) -> None:
        waiting = [
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(POLL_S)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()

    async def _guarded(self, lane: Lane) -> None:
        try:
            await self._work(lane)
        except (RedisError, SouffleurError, OSError) as error:
            # Its lease runs out, then it is taken up again.
            _log.warning("lane left", extra={"error_code": type(error).__name__})
        except Exception:  # noqa: BLE001 - one lane's trouble must not end the others'
            _log.exception("lane failed")

    async def _work(self, lane: Lane) -> None:
        try:
            while await self._next(lane) == "more":
                pass
        finally:
            self._busy[lane.tenant, lane.webhook_id] -= 1
            self._busy += Counter()  # drops those at nought
            self._wake.set()

    async def _next(self, lane: Lane) -> str:
        delivery = await self._deliveries.head(lane)
        signing = await self._webhooks.get(lane.tenant, lane.webhook_id)
        if delivery is None or signing is None:
            if signing is None:
                await self._deliveries.drop(lane.tenant, lane.webhook_id)
            await self._deliveries.release(lane, self._clock.now())
            return "done"
        event = await self._conversations.event(
            lane.tenant, lane.conversation_id, delivery.event_id
        )
        if event is None:
            return await self._settle(lane, delivery, "gone", None)
        if signing.webhook.disabled is not None:
            return await self._settle(lane, delivery, "dead", None)
        until = signing.webhook.previous_secret_until
        both = until is not None and until > self._clock.now()
        secrets = signing.secrets if both else signing.secrets[:1]
        hit("webhooks.before_send")
        sent = await self._sender.send(
            signing.webhook.url, delivery.id, cloud_event(event), secrets
        )
        hit("webhooks.after_send")
        if sent.tried.status == 410:
            await self._webhooks.disable(lane.tenant, lane.webhook_id)
        return await self._settle(lane, delivery, outcome_of(sent, delivery), sent)

    async def _settle(
        self, lane: Lane, delivery: Delivery, outcome: Outcome, sent: Sent | None
    ) -> str:
        self._outcomes.labels(outcome=outcome).inc()
        due = self._due(outcome, delivery, sent)
        tried = sent.tried if sent else None
        return await self._deliveries.settle(lane, delivery, outcome, tried, due=due)

    def _due(self, outcome: Outcome, delivery: Delivery, sent: Sent | None) -> datetime:
        now = self._clock.now()
        if outcome != "retry" or sent is None:
            return now + self._lease  # for the next one in the lane
        wished = min(sent.retry_after_s or 0.0, LONGEST_PAUSE_S)
        return now + timedelta(seconds=max(wished, pause_s(delivery.attempts + 1, self._chance())))


def outcome_of(sent: Sent, delivery: Delivery) -> Outcome:
    """Say what a try means: taken, to be tried again, or given up."""
    status = sent.tried.status
    if status is not None and 200 <= status < 300:
        return "delivered"
    if status == 410 or delivery.attempts + 1 >= MOST_ATTEMPTS:
        return "dead"
    return "retry"
