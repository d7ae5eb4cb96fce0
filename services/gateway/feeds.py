"""One fold per followed conversation and process, however many panels look at it.

A feed reads the journal once, keeps the screen up to date and hands every new event, already
written as a frame, to its followers. So a thousand panels that come back at once cost one read and
one snapshot.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, Self

from prometheus_client import Gauge
from redis.exceptions import RedisError

from services.contracts.adviser import Screen, SnapshotFrame
from services.contracts.events import ConversationEvent
from services.gateway.intent_names import IntentNames, Names
from services.gateway.screen import apply
from services.journal.errors import ResyncNeeded
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.errors import NotFound, SouffleurError, Unavailable
from services.kit.tasks import going_on

LINGER_S = 10.0
"""A feed outlives its last follower by so long, because panels that lose their socket come back."""

RETRY_S = 0.25

_log = logging.getLogger(__name__)


class Follower(Protocol):
    """Who is told what happens. Must not block: a slow one deals with its own slowness."""

    def happened(self, event: ConversationEvent, frame: str) -> None:
        """Take an event and the frame that says it."""

    def restarted(self, snapshot: str) -> None:
        """Take a fresh snapshot: what was said before may not have been kept."""

    def broken(self) -> None:
        """Learn that nothing more will come; connecting again may help."""


class Feed:
    """The present screen of one conversation."""

    def __init__(self, tenant: str, conversation_id: str, journal: Journal, labels: Names) -> None:
        self.tenant = tenant
        self.conversation_id = conversation_id
        self._journal = journal
        self._labels = labels
        self.screen = Screen(conversation_id=conversation_id)
        self.cursor: str | None = None
        self.followers: set[Follower] = set()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._snapshot: tuple[str | None, str] = (None, "")

    def snapshot(self) -> str:
        """Return the snapshot frame as of ``cursor``; written once per cursor."""
        if self.cursor is None:
            raise Unavailable("The conversation is being read; try again.", retry_after_s=1.0)
        if self._snapshot[0] != self.cursor:
            frame = SnapshotFrame(cursor=self.cursor, screen=self.screen, labels=self._labels)
            self._snapshot = (self.cursor, frame.model_dump_json())
        return self._snapshot[1]

    def renamed(self, labels: Names) -> None:
        """Show the intents under other names from now on: everybody gets a fresh snapshot."""
        self._labels = labels
        self._snapshot = (None, "")
        if self.cursor is not None and self.followers:
            snapshot = self.snapshot()
            for follower in tuple(self.followers):
                follower.restarted(snapshot)

    async def follow_journal(self, clock: Clock) -> None:
        """Fold what was, then what comes, until cancelled. Fails ``ready`` if there is nothing."""
        while going_on():
            try:
                await self._catch_up()
                if not self.ready.done():
                    self.ready.set_result(None)
                async for event in self._journal.tail(
                    self.tenant, self.conversation_id, after=self.cursor
                ):
                    self._take(event)
            except ResyncNeeded:
                # Part of what we folded is gone: begin again, and say so to everyone.
                self.screen = Screen(conversation_id=self.conversation_id)
                self.cursor = None
            except NotFound as error:
                if not self.ready.done():
                    self.ready.set_exception(error)
                # Erased or expired: nobody may go on looking at it.
                for follower in tuple(self.followers):
                    follower.broken()
                return
            except (SouffleurError, RedisError, OSError) as error:
                if not self.ready.done():
                    self.ready.set_exception(error)
                    return
                _log.warning("feed interrupted", extra={"error_code": _code(error)})
                await clock.sleep(RETRY_S)

    async def _catch_up(self) -> None:
        afresh = self.cursor is None
        for event in await self._journal.read(self.tenant, self.conversation_id, after=self.cursor):
            if afresh:
                self.screen = apply(self.screen, event)
                self.cursor = event.id
            else:
                self._take(event)
        if afresh and self.followers:
            snapshot = self.snapshot()
            for follower in tuple(self.followers):
                follower.restarted(snapshot)

    def _take(self, event: ConversationEvent) -> None:
        self.screen = apply(self.screen, event)
        self.cursor = event.id
        if self.followers:
            frame = event_frame(event)
            for follower in tuple(self.followers):
                follower.happened(event, frame)


class Feeds:
    """The feeds of this process. Use as a context manager: it owns their tasks."""

    def __init__(
        self, journal: Journal, names: IntentNames, clock: Clock, open_feeds: Gauge
    ) -> None:
        self._journal = journal
        self._names = names
        names.telling(self._renamed)
        self._clock = clock
        self._open_feeds = open_feeds
        self._tasks = asyncio.TaskGroup()
        self._feeds: dict[tuple[str, str], tuple[Feed, asyncio.Task[None]]] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for _feed, task in self._feeds.values():
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    @asynccontextmanager
    async def follow(self, tenant: str, conversation_id: str) -> AsyncIterator[Feed]:
        """Give the feed of a conversation, folded up to now.

        Raises:
            NotFound: when the tenant has no such conversation.
            Unavailable: when the journal does not answer.
        """
        name = (tenant, conversation_id)
        labels = await self._names.of(tenant)
        if name not in self._feeds:
            feed = Feed(tenant, conversation_id, self._journal, labels)
            self._feeds[name] = (feed, self._tasks.create_task(self._run(name, feed)))
        feed, task = self._feeds[name]
        waiting = _Waiting()
        feed.followers.add(waiting)
        try:
            await asyncio.shield(feed.ready)
            yield feed
        finally:
            feed.followers.discard(waiting)
            if not feed.followers:
                asyncio.get_running_loop().call_later(LINGER_S, self._release, name, feed, task)

    async def _run(self, name: tuple[str, str], feed: Feed) -> None:
        self._open_feeds.inc()
        try:
            await feed.follow_journal(self._clock)
        except Exception:  # noqa: BLE001 - one broken conversation must not take the others with it
            _log.exception("feed failed")
            if not feed.ready.done():
                feed.ready.set_exception(Unavailable("The conversation cannot be read just now."))
            for follower in tuple(feed.followers):
                follower.broken()
        finally:
            self._open_feeds.dec()
            if self._feeds.get(name, (None,))[0] is feed:
                del self._feeds[name]
            if feed.ready.done() and not feed.ready.cancelled():
                feed.ready.exception()  # read, so that nobody complains that no one waited for it
            else:
                feed.ready.cancel()

    def _renamed(self, tenant: str, labels: Names) -> None:
        for feed, _ in tuple(self._feeds.values()):
            if feed.tenant == tenant:
                feed.renamed(labels)

    def _release(self, name: tuple[str, str], feed: Feed, task: asyncio.Task[None]) -> None:
        if not feed.followers and self._feeds.get(name, (None,))[0] is feed:
            task.cancel()


class _Waiting:
    """Holds a feed open while somebody is about to follow it."""

    def happened(self, event: ConversationEvent, frame: str) -> None:
        """Not listening."""

    def restarted(self, snapshot: str) -> None:
        """Not listening."""

    def broken(self) -> None:
        """Not listening."""


def event_frame(event: ConversationEvent) -> str:
    """Return the frame ``{"type": "event", "event": {envelope}}`` as JSON."""
    body = event.event.model_dump_json()
    return f'{{"type":"event","event":{{"id":"{event.id}",{body[1:]}}}'


def _code(error: Exception) -> str:
    return error.code if isinstance(error, SouffleurError) else type(error).__name__
