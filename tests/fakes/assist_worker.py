"""Assist workers that die at a failpoint: forked from one process that has loaded the models.

A worker is the real assistant with the real encoder and heads on a real journal. Loading those
costs 2 s of CPU, so they are loaded once, and each worker is a fork of the process that has them.
"""

import asyncio
import multiprocessing
import os
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Literal

from services.assist.analyst import Analyst
from services.assist.app import GROUP, Assistant
from services.assist.contexts import Contexts
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import Encoder, load_encoder
from services.assist.heads import Head, build_heads
from services.assist.measures import AssistMeasures
from services.assist.pipeline import HANDLED, Pipeline
from services.assist.playbooks import load_built_in
from services.assist.playbooks.fitting import FittedPlaybook
from services.assist.playbooks.serving import OnePlaybook
from services.assist.suggesters import Suggester, build_suggesters
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK
from services.kit.failpoints import arm
from services.kit.metrics import Metrics
from services.kit.settings import Settings
from services.playbooks import BuiltIn
from tests.fakes.journal_worker import POLICY, CarelessConsumer
from tests.fakes.kept import KEPT_DATA_DIR

Kind = Literal["sound", "careless"]


@dataclass(frozen=True)
class Models:
    """What is loaded once."""

    built_in: BuiltIn
    encoder: Encoder
    heads: Sequence[Head]
    suggesters: Sequence[Suggester]


def _load() -> Models:
    settings = Settings(data_dir=KEPT_DATA_DIR, encoder_workers=1)
    built_in = load_built_in(settings.playbook)
    playbook = built_in.playbook

    async def fit() -> Sequence[Head]:
        encoder = load_encoder(settings)
        try:
            cache = EmbeddingCache(settings.data_dir / "embeddings")
            return await build_heads(playbook, encoder, cache, settings.data_dir)
        finally:
            encoder.close()

    heads = asyncio.run(fit())
    # An encoder of its own for the workers: threads do not survive a fork, and it has none yet.
    return Models(built_in, load_encoder(settings), heads, build_suggesters(playbook))


async def _work(models: Models, url: str, owner: str, kind: Kind) -> None:
    async with Journal.open(url) as journal:
        pipeline = Pipeline(
            Contexts(journal),
            OnePlaybook(
                FittedPlaybook(
                    Analyst(models.encoder, models.heads, SYSTEM_CLOCK), models.suggesters
                )
            ),
            SYSTEM_CLOCK,
        )
        assistant = Assistant(models.built_in, pipeline, AssistMeasures(Metrics()))
        if kind == "sound":
            await journal.consume(
                GROUP, assistant.handle, owner=owner, types=HANDLED, policy=POLICY
            )
            return
        consumer = CarelessConsumer(
            journal.redis.connection_pool,
            GROUP,
            assistant.handle,
            owner=owner,
            types=HANDLED,
            policy=POLICY,
            retention_s=3600,
            clock=SYSTEM_CLOCK,
        )
        consumer.journal = journal
        await consumer.run()


def _fork(models: Models, url: str, owner: str, failpoints: str, kind: Kind) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        arm(failpoints)
        asyncio.run(_work(models, url, owner, kind))
    except BaseException:  # noqa: BLE001 - whatever it was, it must end here, and be seen
        traceback.print_exc()
    finally:
        os._exit(1)  # never back into the parent's own code


def _zygote(orders: Connection, url: str) -> None:
    """Fork a worker for each order, and report each death as (owner, status)."""
    models = _load()
    orders.send("ready")
    owners: dict[int, str] = {}
    while True:
        if orders.poll(0.005):
            order = orders.recv()
            if order is None:
                break
            owner, failpoints, kind = order
            owners[_fork(models, url, owner, failpoints, kind)] = owner
        for pid in tuple(owners):
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                orders.send((owners.pop(pid), os.waitstatus_to_exitcode(status)))
    for pid in owners:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class Zygote:
    """Starts workers and tells of their deaths."""

    def __init__(self, orders: Connection) -> None:
        self._orders = orders

    def start(self, owner: str, failpoints: str = "", kind: Kind = "sound") -> None:
        self._orders.send((owner, failpoints, kind))

    def deaths(self) -> Iterator[tuple[str, int]]:
        """Give (owner, exit code) of those that died since; a negative code is a signal."""
        while self._orders.poll():
            yield self._orders.recv()


@contextmanager
def zygote(url: str) -> Iterator[Zygote]:
    """Load the models in a process of their own; on leaving, every worker is killed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_zygote, args=(theirs, url), daemon=False)
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "ready"
        yield Zygote(ours)
    finally:
        ours.send(None)
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()
