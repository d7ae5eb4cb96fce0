"""Every tenant's own playbook: follows the feed of changes, keeps the fitted ones, gives them out.

A turn asks nobody but this process. What was in force before serves until the new version is
fitted; a version that cannot be fitted leaves it serving, and the tenant's status says so.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from redis.exceptions import RedisError

from services.assist.measures import PlaybookMeasures
from services.assist.playbooks.fitting import FittedPlaybook, Fitter
from services.kit.clock import Clock
from services.kit.errors import SouffleurError, Unavailable
from services.kit.tasks import going_on
from services.playbooks import Kind, read
from services.records.playbooks import FittedState, PlaybookRecords

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""Between two looks at the feed: one small command to Redis, whatever the number of tenants."""

LIVE_S = 5.0
"""Between two words to others that this assistant lives."""

WAIT_S = 1.2
"""A turn of a tenant whose playbook is not fitted yet waits so long for it; then the panel is told,
as when the models do not answer, within the same 2 s."""

AT_ONCE = 2
"""Playbooks fitted side by side: one with many new utterances does not hold up the others."""

PAUSE_S = 1.0
"""After a failure of Redis."""


class Playbooks(Protocol):
    """Gives out the playbook that reads a tenant's conversations."""

    def ready(self, tenant: str) -> FittedPlaybook | None:
        """Return the tenant's playbook if it is there; at once, and without asking Redis."""

    async def fitted(self, tenant: str) -> FittedPlaybook | None:
        """Return the tenant's playbook once it is fitted; ``None`` when that takes too long."""


class OnePlaybook:
    """The same playbook for every tenant."""

    def __init__(self, playbook: FittedPlaybook) -> None:
        self._playbook = playbook

    def ready(self, tenant: str) -> FittedPlaybook | None:
        del tenant
        return self._playbook

    async def fitted(self, tenant: str) -> FittedPlaybook | None:
        return self.ready(tenant)


class TenantPlaybooks:
    """The playbooks of all tenants; those that have none share the built-in one."""

    def __init__(
        self,
        records: PlaybookRecords,
        fitter: Fitter,
        built_in: FittedPlaybook,
        assistant: str,
        clock: Clock,
        measures: PlaybookMeasures,
        *,
        most: int,
    ) -> None:
        """Keep ``most`` fitted; the one unused for longest is put away until it is needed."""
        self._records = records
        self._fitter = fitter
        self._built_in = built_in
        self._assistant = assistant
        self._clock = clock
        self._measures = measures
        self._most = most
        self._ready: OrderedDict[str, FittedPlaybook] = OrderedDict()
        self._own: dict[str, None] = {}
        """Tenants that had a playbook of their own when we looked last, by when it changed."""
        self._fitting: dict[str, asyncio.Task[None]] = {}
        self._changed: set[str] = set()
        """Tenants whose playbook changed again while it was being fitted."""
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks = asyncio.TaskGroup()
        self._failed: set[str] = set()
        self._states: dict[str, FittedState] = {}
        """What was last said of each playbook that is ready."""
        self._seen = 0
        self._said = float("-inf")

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TenantPlaybooks"]:
        """Follow the feed until the block ends; what there is now is known when it begins."""
        async with AsyncExitStack() as stack:
            await self._look(started=True)
            await stack.enter_async_context(self._tasks)
            stack.push_async_callback(self._leave)
            stack.callback(self._cancel_all)
            for work in (self._kept_up(self._follow), self._warm_up()):
                stack.callback(self._tasks.create_task(work).cancel)
            yield self

    @property
    def degraded(self) -> str | None:
        """Say that some tenant is served an earlier playbook than its own."""
        return "playbook_failed" if self._failed else None

    def ready(self, tenant: str) -> FittedPlaybook | None:
        """Return what serves the tenant now, ``None`` while its own is not fitted yet."""
        fitted = self._ready.get(tenant)
        if fitted is not None:
            self._ready.move_to_end(tenant)
            return fitted
        return None if tenant in self._own else self._built_in

    async def fitted(self, tenant: str) -> FittedPlaybook | None:
        """Return the tenant's playbook once it is fitted; ``None`` after ``WAIT_S``."""
        task = self._begin(tenant)
        await asyncio.wait([task], timeout=WAIT_S)
        return self.ready(tenant)

    async def _look(self, *, started: bool = False) -> None:
        touched = await self._records.touched(self._seen)
        for tenant, at in touched:
            if not started and tenant not in self._own:
                # Nobody waits for a first version: the built-in playbook serves until it is there.
                self._ready.setdefault(tenant, self._built_in)
            self._own[tenant] = None
            self._seen = at
            if not started:
                self._changed.add(tenant)
                self._begin(tenant)

    async def _warm_up(self) -> None:
        """Fit what changed last before somebody needs it; a turn that waits does not queue here."""
        for tenant in list(reversed(self._own))[: self._most]:
            # What turns asked for meanwhile is not put away for what nobody has asked for.
            if tenant not in self._ready and len(self._ready) < self._most:
                await asyncio.wait([self._begin(tenant)])

    async def _follow(self) -> None:
        await self._look()
        now = self._clock.monotonic()
        if now - self._said >= LIVE_S:
            await self._records.live(self._assistant, self._clock.now())
            self._said = now
        await self._clock.sleep(LOOK_S)

    def _begin(self, tenant: str) -> asyncio.Task[None]:
        task = self._fitting.get(tenant)
        if task is not None:
            return task
        task = self._tasks.create_task(self._brought_up(tenant), name="fit-playbook")
        self._fitting[tenant] = task
        return task

    async def _brought_up(self, tenant: str) -> None:
        """Fit what is in force until nothing newer is; whatever fails, others are served on."""
        try:
            while going_on():
                self._changed.discard(tenant)
                try:
                    async with self._slots:
                        await self._bring_up(tenant)
                except Exception as error:
                    log.warning("a playbook could not be fetched, trying again", exc_info=error)
                    await self._clock.sleep(PAUSE_S)
                    continue
                if tenant not in self._changed:
                    return
        finally:
            self._fitting.pop(tenant, None)

    async def _bring_up(self, tenant: str) -> None:
        active, text = await self._records.active_text(tenant)
        serving = self._ready.get(tenant)
        if active.version is None:
            await self._serve(tenant, self._built_in)
            return
        if serving is not None and serving.version == active.number:
            # Redis may have been away when it was to be told.
            await self._records.report(tenant, self._assistant, self._states[tenant])
            return
        kind: Kind = "json" if active.version.media_type.endswith("json") else "yaml"
        started = self._clock.monotonic()
        try:
            written = await asyncio.to_thread(read, text, kind)
            fitted = await self._fitter.fit(written.playbook, active.number)
        except Exception as error:
            # The log gets the kind and the place, not the text: it is the tenant's.
            log.warning("a playbook could not be fitted", exc_info=error)
            self._measures.failures.inc()
            reason = error.detail if isinstance(error, SouffleurError) else type(error).__name__
            await self._serve(tenant, serving or self._built_in, active.number, reason)
            return
        self._measures.seconds.observe(self._clock.monotonic() - started)
        state = await self._serve(tenant, fitted)
        # It serves already; what its author may want to know besides comes when it is known.
        told = await self._fitter.confusions(written.playbook)
        if told and self._ready.get(tenant) is fitted:
            state = state.model_copy(update={"confusions": told})
            self._states[tenant] = state
            await self._records.report(tenant, self._assistant, state)

    async def _serve(
        self,
        tenant: str,
        fitted: FittedPlaybook,
        failed: int | None = None,
        reason: str | None = None,
    ) -> FittedState:
        self._ready[tenant] = fitted
        self._ready.move_to_end(tenant)
        self._own[tenant] = None
        (self._failed.discard if failed is None else self._failed.add)(tenant)
        state = FittedState(
            version=fitted.version,
            since=self._clock.now(),
            failed=failed,
            reason=reason,
        )
        self._states[tenant] = state
        if fitted is self._built_in and failed is None:
            # It went back to the built-in playbook: nothing of it is kept here.
            del self._own[tenant], self._ready[tenant], self._states[tenant]
        put_away = []
        while len(self._ready) > self._most:
            put_away.append(self._ready.popitem(last=False)[0])
            self._states.pop(put_away[-1], None)
        self._measures.fitted.set(len(self._ready))
        await self._records.report(tenant, self._assistant, state)
        for name in put_away:
            await self._records.report(name, self._assistant, None)
        return state

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(PAUSE_S):
                await self._records.gone(self._assistant)
        except (RedisError, OSError, Unavailable):
            log.info("left without a word")

    def _cancel_all(self) -> None:
        for task in tuple(self._fitting.values()):
            task.cancel()

    async def _kept_up(self, round_: Callable[[], Awaitable[None]]) -> None:
        while going_on():
            try:
                await round_()
            except Exception as error:
                log.warning("the feed of playbooks failed, trying again", exc_info=error)
                await self._clock.sleep(PAUSE_S)
