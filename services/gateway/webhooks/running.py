"""Runs the dispatcher for as long as its gateway lives."""

import asyncio
import logging
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.gateway.conversations import Conversations
from services.gateway.measures import GatewayMeasures
from services.gateway.webhooks.dispatcher import Dispatcher
from services.gateway.webhooks.guard import Guard
from services.gateway.webhooks.sender import Sender
from services.journal.journal import Journal
from services.kit.clock import Clock
from services.kit.tasks import going_on
from services.records.deliveries import Deliveries
from services.records.webhooks import Webhooks

RETRY_S = 5.0

_log = logging.getLogger(__name__)


@asynccontextmanager
async def dispatching(
    journal: Journal,
    webhooks: Webhooks,
    deliveries: Deliveries,
    conversations: Conversations,
    guard: Guard,
    clock: Clock,
    measures: GatewayMeasures,
) -> AsyncIterator[Dispatcher]:
    """Give a dispatcher that feeds and sends until the block ends.

    What is under way then is broken off; it goes out again, as after a crash.
    """
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(Sender.open(guard, clock))
        dispatcher = Dispatcher(
            webhooks,
            deliveries,
            conversations,
            sender,
            clock,
            random.random,
            measures,
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        owner = f"{socket.gethostname()}-{os.getpid()}"
        running = tasks.create_task(_keep_up(dispatcher, journal, owner, clock), name="webhooks")
        stack.callback(running.cancel)
        yield dispatcher


async def _keep_up(dispatcher: Dispatcher, journal: Journal, owner: str, clock: Clock) -> None:
    """Run the dispatcher again if it fails: calls and chats must not end with it."""
    while going_on():
        try:
            await dispatcher.run(journal, owner)
        except Exception:  # noqa: BLE001 - whatever it is, the gateway goes on
            _log.exception("the dispatcher of webhooks failed")
            await clock.sleep(RETRY_S)
