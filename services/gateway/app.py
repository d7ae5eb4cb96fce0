"""Puts the gateway together: an application from settings and ports, and a way to serve it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from services.contracts.audio import AudioSink
from services.gateway.audiosocket import AudioSocketServer, check_audiosocket
from services.gateway.calls import Calls
from services.gateway.conversations import Conversations
from services.gateway.customers import CustomerFiles
from services.gateway.feeds import Feeds
from services.gateway.intent_names import IntentNames
from services.gateway.journal_watch import JournalWatch
from services.gateway.limits import HttpLimits
from services.gateway.lobby import Lobbies
from services.gateway.measures import GatewayMeasures
from services.gateway.playbooks import PlaybookFiles
from services.gateway.ports import Gateway
from services.gateway.problems import PROBLEM_RESPONSES, add_handlers
from services.gateway.rate import RequestRates
from services.gateway.rest import ROUTERS
from services.gateway.rest.openapi import DescribedApp
from services.gateway.socket_leases import SocketLeases
from services.gateway.sockets import MAX_MESSAGE, SocketProtocol
from services.gateway.streams import router as streams
from services.gateway.tenancy import Tenancy
from services.gateway.webhooks.guard import Guard
from services.gateway.webhooks.running import dispatching
from services.journal.journal import Journal
from services.kit import serving
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.identity import check_identity, identity
from services.kit.metrics import Metrics
from services.kit.operations import operations_router
from services.kit.sealing import sealer
from services.kit.settings import Settings
from services.playbooks import BuiltIn
from services.records.connections import Connections
from services.records.conversations import ConversationIndex
from services.records.customers import Customers
from services.records.deliveries import Deliveries
from services.records.idempotency import Answers
from services.records.imports import Imports
from services.records.integrations import Integrations
from services.records.knowledge import KnowledgeRecords
from services.records.legs import OpenLegs
from services.records.nonces import Nonces
from services.records.playbooks import PlaybookRecords
from services.records.questions import Questions
from services.records.tenants import Tenants
from services.records.tickets import Tickets
from services.records.webhooks import Webhooks

GRACE_S = 5.0
"""How long a dropped call is waited for before it ends."""


def create_app(
    settings: Settings,
    *,
    journal: Journal,
    audio_sink: AudioSink,
    built_in: BuiltIn | None = None,
    metrics: Metrics | None = None,
    clock: Clock = SYSTEM_CLOCK,
    grace_s: float = GRACE_S,
) -> FastAPI:
    """Return the gateway's application; what it needs is started and stopped by its lifespan.

    Args:
        settings: checked settings.
        journal: an open journal; it stays open.
        audio_sink: where audio goes.
        built_in: the playbook of tenants that have none of their own.
        metrics: where the metrics go, when a program has other metrics too.
        clock: the time.
        grace_s: seconds that a dropped call is waited for.

    Raises:
        InvalidInput: when the settings name nobody whose tokens count, or no secrets key, or
            no tenant for AudioSocket.
    """
    check_identity(settings)
    check_audiosocket(settings)
    seal = sealer(settings)
    integrations = Integrations(journal.redis, seal)
    answers, webhooks = Answers(journal.redis, seal), Webhooks(journal.redis, seal)
    deliveries = Deliveries(journal.redis)
    guard = Guard(settings.webhook_allowed, https_only=settings.env == "production")
    measures = GatewayMeasures(metrics or Metrics())
    retention = timedelta(days=settings.retention_days)
    index = ConversationIndex(journal.redis, retention)
    tenants, books = Tenants(journal.redis), PlaybookRecords(journal.redis)
    watch = JournalWatch(journal, clock)
    tenancy = Tenancy(tenants, index, settings, clock, lambda: watch.down)
    leases = SocketLeases(Connections(journal.redis), tenancy, clock, measures)
    customers = Customers(journal.redis, retention)
    conversations = Conversations(journal, index, customers, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            names = IntentNames(books, built_in.labels if built_in else {}, clock)
            feeds = Feeds(journal, names, clock, measures.feeds)
            lobbies = Lobbies(conversations, index, clock)
            legs = OpenLegs(journal.redis)
            calls = Calls(audio_sink, conversations, legs, clock, grace_s)
            who = await stack.enter_async_context(identity(settings, clock))
            for part in (watch, feeds, names, lobbies, calls, leases):
                await stack.enter_async_context(part)
            dispatcher = await stack.enter_async_context(
                dispatching(journal, webhooks, deliveries, conversations, guard, clock, measures)
            )
            app.state.gateway = gateway = Gateway(
                settings=settings,
                clock=clock,
                journal=journal,
                identity=who,
                tenants=tenants,
                tenancy=tenancy,
                request_rates=RequestRates(clock.monotonic),
                socket_leases=leases,
                tickets=Tickets(journal.redis),
                integrations=integrations,
                nonces=Nonces(journal.redis),
                knowledge=KnowledgeRecords(journal.redis),
                questions=Questions(journal.redis),
                answers=answers,
                imports=Imports(journal.redis),
                webhooks=webhooks,
                deliveries=deliveries,
                webhook_guard=guard,
                dispatcher=dispatcher,
                customer_files=CustomerFiles(
                    journal, customers, index, answers, deliveries, legs, clock
                ),
                playbooks=PlaybookFiles(books, built_in, names, clock),
                conversations=conversations,
                feeds=feeds,
                journal_watch=watch,
                lobbies=lobbies,
                calls=calls,
                measures=measures,
            )
            if settings.audiosocket_port:
                await stack.enter_async_context(AudioSocketServer(gateway))
            yield

    app = DescribedApp(
        title="Souffleur",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        responses=PROBLEM_RESPONSES,
    )
    add_handlers(app)
    app.add_middleware(HttpLimits, measures=measures)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(operations_router({"journal": journal.ping}, measures.render))
    app.include_router(streams)
    return app


def serve(app: FastAPI, host: str, port: int) -> AbstractAsyncContextManager[int]:
    """Serve the gateway as ``services.kit.serving.serve`` does, on its own kind of WebSockets."""
    return serving.serve(app, host, port, websocket=SocketProtocol, max_message=MAX_MESSAGE)
