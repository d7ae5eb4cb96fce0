"""The assistant as a part of a program, and as a service of its own."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from services.assist.contexts import Contexts
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import load_encoder
from services.assist.heads import ready_weights
from services.assist.knowledge.answering import KnowledgeAnswers
from services.assist.knowledge.library import open_libraries
from services.assist.measures import AssistMeasures, PlaybookMeasures
from services.assist.pipeline import HANDLED, Pipeline
from services.assist.playbooks import load_built_in
from services.assist.playbooks.fitting import Fitter
from services.assist.playbooks.serving import TenantPlaybooks
from services.assist.settling import settle_memory
from services.contracts.events import ConversationEvent, Event
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import Unavailable
from services.kit.metrics import Metrics
from services.kit.operations import operations_router
from services.kit.settings import Settings
from services.playbooks import BuiltIn
from services.records.playbooks import PlaybookRecords

__all__ = ["Assistant", "create_app"]

GROUP = "assist"
"""The consumer group: all assistants on one journal share the conversations."""


class Assistant:
    """Reads every conversation of the journal and whispers; make one with ``open``."""

    def __init__(
        self,
        built_in: BuiltIn,
        pipeline: Pipeline,
        measures: AssistMeasures,
        playbooks: TenantPlaybooks | None = None,
    ) -> None:
        self.built_in = built_in
        self._pipeline = pipeline
        self._measures = measures
        self._playbooks = playbooks

    @property
    def degraded(self) -> str | None:
        """Say why the assistant works less well than it should, if it does."""
        return self._playbooks.degraded if self._playbooks else None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        journal: Journal,
        *,
        metrics: Metrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> AsyncIterator["Assistant"]:
        """Load playbook and models, then handle events until the block ends.

        Raises:
            InvalidInput: the playbook does not fit.
            NotFound: there is no such playbook.
            Unavailable: the models are not fetched, or damaged.
        """
        async with AsyncExitStack() as stack:
            built_in = await asyncio.to_thread(load_built_in, settings.playbook)
            encoder = await asyncio.to_thread(load_encoder, settings)
            stack.callback(encoder.close)
            cache = EmbeddingCache(settings.data_dir / "embeddings")
            weights = await asyncio.to_thread(ready_weights, settings.data_dir)
            fitter = Fitter(encoder, cache, weights, clock)
            general = await fitter.fit(built_in.playbook, 0)
            libraries = await asyncio.to_thread(
                open_libraries, journal.redis, encoder, settings, clock
            )
            await asyncio.to_thread(settle_memory)
            metrics = metrics or Metrics()
            playbooks = TenantPlaybooks(
                PlaybookRecords(journal.redis),
                fitter,
                general,
                _owner(),
                clock,
                PlaybookMeasures(metrics),
                most=settings.playbooks_fitted,
            )
            await stack.enter_async_context(playbooks.running())
            answers = KnowledgeAnswers(libraries, encoder)
            pipeline = Pipeline(Contexts(journal), playbooks, clock, answers)
            assistant = cls(built_in, pipeline, AssistMeasures(metrics), playbooks)
            await stack.enter_async_context(libraries.running())
            group = await stack.enter_async_context(asyncio.TaskGroup())
            consuming = group.create_task(
                journal.consume(GROUP, assistant.handle, owner=_owner(), types=HANDLED),
                name="assist-consume",
            )
            stack.callback(consuming.cancel)
            yield assistant

    async def handle(self, tenant: str, event: ConversationEvent) -> Sequence[Event]:
        """Handle one event, measured; what it returns is committed with the acknowledgement."""
        with self._measures.seconds.labels(event.event.type).time():
            events = await self._pipeline.handle(tenant, event)
        self._measures.count(events)
        return events


def create_app(settings: Settings, *, journal: Journal, clock: Clock = SYSTEM_CLOCK) -> FastAPI:
    """Return the assist service: no interface of its own but health and metrics."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Assistant.open(settings, journal, metrics=metrics, clock=clock) as assistant:
            app.state.assistant = assistant
            app.state.ready = True
            yield
            app.state.ready = False

    app = FastAPI(title="Souffleur assist", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.ready = False

    async def started() -> None:
        if not app.state.ready:
            raise Unavailable("starting or stopping")

    checks = {"models": started, "journal": journal.ping}

    def degraded() -> str | None:
        return app.state.assistant.degraded if app.state.ready else None

    app.include_router(operations_router(checks, metrics.render, degraded=degraded))
    return app


def _owner() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"
