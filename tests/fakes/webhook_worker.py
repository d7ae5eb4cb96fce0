"""A process that dispatches webhooks and dies at a failpoint."""

import asyncio
import multiprocessing
import random
from datetime import timedelta
from multiprocessing.process import BaseProcess

from services.gateway.conversations import Conversations
from services.gateway.measures import GatewayMeasures
from services.gateway.webhooks.dispatcher import Dispatcher
from services.gateway.webhooks.guard import Guard
from services.gateway.webhooks.sender import Sender
from services.journal.journal import Journal
from services.journal.work import Policy
from services.kit.clock import SYSTEM_CLOCK, Clock
from services.kit.failpoints import arm
from services.kit.metrics import Metrics
from services.kit.sealing import Sealer
from services.records.conversations import ConversationIndex
from services.records.customers import Customers
from services.records.deliveries import Deliveries
from services.records.webhooks import Webhooks

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
POINTS = ("webhooks.fed", "webhooks.before_send", "webhooks.after_send")
GUARD = Guard(("127.0.0.0/8",), https_only=False)


def dispatcher(journal: Journal, sender: Sender, clock: Clock, lease: timedelta) -> Dispatcher:
    """Put a dispatcher together as the gateway does."""
    retention = timedelta(days=1)
    return Dispatcher(
        Webhooks(journal.redis, Sealer(KEY)),
        Deliveries(journal.redis),
        Conversations(
            journal,
            ConversationIndex(journal.redis, retention),
            Customers(journal.redis, retention),
            clock,
        ),
        sender,
        clock,
        random.Random(5).random,
        GatewayMeasures(Metrics()),
        lease,
    )


async def _work(url: str, owner: str) -> None:
    async with Journal.open(url) as journal, Sender.open(GUARD, SYSTEM_CLOCK) as sender:
        working = dispatcher(journal, sender, SYSTEM_CLOCK, timedelta(seconds=0.5))
        await working.run(journal, owner, Policy(lease_s=0.25, attempt_s=60.0))


def main(url: str, owner: str, failpoints: str) -> None:
    arm(failpoints)
    asyncio.run(_work(url, owner))


def start(url: str, owner: str, failpoints: str = "") -> BaseProcess:
    """Start a worker; forking from a server that has imported everything is fast."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fakes.webhook_worker"])
    process = context.Process(target=main, args=(url, owner, failpoints), daemon=True)
    process.start()
    return process
