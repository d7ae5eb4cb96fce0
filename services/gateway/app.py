"""Puts the gateway together: an application from settings and ports, and a way to serve it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI

from services.contracts.audio import AudioSink
from services.gateway.calls import Calls
from services.gateway.conversations import Conversations
from services.gateway.feeds import Feeds
from services.gateway.limits import HttpLimits
from services.gateway.lobby import Lobbies
from services.gateway.measures import GatewayMeasures
from services.gateway.ports import Gateway
from services.gateway.problems import PROBLEM_RESPONSES, add_handlers
from services.gateway.rest import ROUTERS
from services.gateway.sockets import MAX_MESSAGE, SocketProtocol
from services.gateway.streams import router as streams
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.errors import Unavailable
from services.kit.metrics import Metrics
from services.kit.settings import Settings
from services.kit.tokens import token_issuer
from services.records.conversations import ConversationIndex
from services.records.customers import Customers
from services.records.legs import OpenLegs
from services.records.tickets import Tickets

GRACE_S = 5.0
"""How long a dropped call is waited for before it ends."""

DRAIN_S = 10


def create_app(
    settings: Settings,
    *,
    journal: Journal,
    audio_sink: AudioSink,
    labels: dict[str, Any] | None = None,
    metrics: Metrics | None = None,
    clock: Clock = SYSTEM_CLOCK,
    grace_s: float = GRACE_S,
) -> FastAPI:
    """Return the gateway's application; what it needs is started and stopped by its lifespan.

    Args:
        settings: checked settings.
        journal: an open journal; it stays open.
        audio_sink: where audio goes.
        labels: names of intents for the panel, ``{intent_id: {"fr", "en"}}``.
        metrics: where the metrics go, when a program has other metrics too.
        clock: the time.
        grace_s: seconds that a dropped call is waited for.

    Raises:
        InvalidInput: when the settings hold no usable token secret.
    """
    tokens = token_issuer(settings)
    measures = GatewayMeasures(metrics or Metrics())
    retention = timedelta(days=settings.retention_days)
    conversations = Conversations(
        journal,
        ConversationIndex(journal.redis, retention),
        Customers(journal.redis, retention),
        clock,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            named = labels or {}
            feeds = Feeds(journal, named, clock, measures.feeds)
            lobbies = Lobbies(conversations, clock)
            legs = OpenLegs(journal.redis)
            calls = Calls(audio_sink, conversations, legs, clock, grace_s)
            for part in (feeds, lobbies, calls):
                await stack.enter_async_context(part)
            app.state.gateway = Gateway(
                settings=settings,
                clock=clock,
                journal=journal,
                tokens=tokens,
                tickets=Tickets(journal.redis),
                conversations=conversations,
                feeds=feeds,
                lobbies=lobbies,
                calls=calls,
                measures=measures,
            )
            yield

    app = FastAPI(
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
    app.include_router(streams)
    return app


@asynccontextmanager
async def serve(app: FastAPI, host: str, port: int) -> AsyncIterator[int]:
    """Serve ``app`` while the context lasts and give the port it listens on (0 picks one).

    On leaving, no connection is taken any more, open sockets are closed with 1012 and requests get
    10 s to finish. Signals stay the caller's business.

    Raises:
        Unavailable: when the port cannot be had, or the application does not start.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=MAX_MESSAGE,
        # Frames are small and many: compressing each costs more than it saves.
        ws_per_message_deflate=False,
        log_config=None,
        # At "info" uvicorn writes the paths of WebSockets, which hold ids.
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
        lifespan="on",
    )
    server = _Server(config)
    listening = _listen(host, port)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(server.serve([listening]))
        try:
            while not server.started:
                if running.done():
                    raise Unavailable("The gateway did not start; the log above says why.")
                await asyncio.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            # Waited for here: leaving the group because of an error would cut the server short.
            server.should_exit = True
            await asyncio.wait([running])
            listening.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The program decides what a signal means: it has more to stop than this server.
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        msg = f"Cannot listen on {host}:{port} ({error.strerror}); choose another --port."
        raise Unavailable(msg, field="port") from error
