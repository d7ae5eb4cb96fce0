"""What a turn costs in the assistant, against the bare onnxruntime call on the same texts.

    python -m tests.bench.bench_assist [--turns 400] [--data-dir DIR]

Prints one JSON object. The floor is tokenisation-free: ``session.run`` on ready token ids, one
thread. The assistant is the pipeline on a real private Redis: context read, encoder, heads, quotes,
suggesters, policy. Both take turns, in blocks, so that a noisy machine weighs on both.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from services.assist.analyst import Analyst
from services.assist.contexts import Contexts
from services.assist.embeddings import EmbeddingCache
from services.assist.encoder import (
    MODEL,
    TUNED,
    branch_file,
    encoder_files,
    load_encoder,
    onnx_session,
)
from services.assist.heads import build_heads
from services.assist.onnx_weights import with_output
from services.assist.pipeline import Pipeline
from services.assist.playbooks import load_playbook
from services.assist.playbooks.fitting import FittedPlaybook
from services.assist.playbooks.serving import OnePlaybook
from services.assist.settling import settle_memory
from services.assist.suggesters import build_suggesters
from services.assist.tokens import TurnTokenizer
from services.contracts.conversation import ConversationStarted
from services.contracts.events import ConversationStartedEvent, Event
from services.demo.stories import load_stories
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK
from services.kit.modelstore import locate
from services.kit.settings import Settings
from tests.fakes import scenes
from tests.fakes.scenes import START

BLOCK = 10
"""Turns of one conversation, and texts of one block of the floor."""


def texts(count: int) -> list[str]:
    """Take what the customers of the sample conversations say: whole turns, calls and a chat."""
    lines = [
        turn.text
        for story in load_stories(START.date())
        for turn in story.script.turns
        if turn.role == "customer"
    ]
    return [lines[number % len(lines)] for number in range(count)]


class Floor:
    """The bare models: the encoder and the branch of its tuned view."""

    def __init__(self, settings: Settings) -> None:
        model, tokenizer = encoder_files(locate(MODEL, settings.data_dir))
        self._branch = onnx_session(branch_file(locate(TUNED, settings.data_dir)))
        self._fork = self._branch.get_inputs()[0].name
        self._session = onnx_session(with_output(model.read_bytes(), self._fork))
        self._tokenizer = TurnTokenizer(tokenizer)

    def run(self, block: Sequence[str]) -> float:
        """Return the CPU seconds of the block."""
        ready = [np.array([self._tokenizer.tokenize(text).ids], dtype=np.int64) for text in block]
        started = time.process_time()
        for ids in ready:
            feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            *_, shared = self._session.run(None, feeds)
            self._branch.run(None, {self._fork: shared})
        return time.process_time() - started


async def conversation(
    journal: Journal, pipeline: Pipeline, number: int, block: Sequence[str], latencies: list[float]
) -> float:
    """Play one conversation of customer turns; return the CPU seconds spent in the handler."""
    name = f"bench-{number}"
    seq = 0
    cpu = 0.0

    async def publish(event: Event) -> Any:
        nonlocal seq
        seq += 1
        return await journal.publish("bench", event, producer="bench", seq=seq)

    started = ConversationStartedEvent(
        conversation_id=name, time=scenes.at(0), data=ConversationStarted(channel="chat")
    )
    await publish(started)
    for index, text in enumerate(block):
        event = scenes.said(f"t{index}", "customer", text)
        delivered = await publish(event.model_copy(update={"conversation_id": name}))
        before, wall = time.process_time(), time.perf_counter()
        results = await pipeline.handle("bench", delivered)
        cpu += time.process_time() - before
        latencies.append(1000 * (time.perf_counter() - wall))
        for result in results:
            await publish(result)
    return cpu


async def measure(turns: int, data_dir: Path) -> dict[str, Any]:
    """Return the figures."""
    settings = Settings(data_dir=data_dir)
    playbook = load_playbook("general")
    lines = texts(turns)
    latencies: list[float] = []
    ratios: list[float] = []
    cpu = floor_cpu = 0.0
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        url = await stack.enter_async_context(embedded_redis(Path(scratch) / "redis"))
        journal = await stack.enter_async_context(Journal.open(url))
        encoder = load_encoder(settings)
        stack.callback(encoder.close)
        cache = EmbeddingCache(data_dir / "embeddings")
        heads = await build_heads(playbook, encoder, cache, data_dir)
        # Before what is done to memory, so that both have the same of it.
        floor = Floor(settings)
        settle_memory()
        analyst = Analyst(encoder, heads, SYSTEM_CLOCK)
        suggesters = build_suggesters(playbook)
        pipeline = Pipeline(
            Contexts(journal), OnePlaybook(FittedPlaybook(analyst, suggesters)), SYSTEM_CLOCK
        )
        floor.run(lines[:BLOCK])
        await conversation(journal, pipeline, -1, lines[:BLOCK], [])
        for number, start in enumerate(range(0, turns, BLOCK)):
            block = lines[start : start + BLOCK]
            bare = floor.run(block)
            ours = await conversation(journal, pipeline, number, block, latencies)
            cpu, floor_cpu = cpu + ours, floor_cpu + bare
            ratios.append(ours / bare)
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "turns": len(latencies),
        "handler_ms": {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2)},
        "cpu_ms_per_turn": round(1000 * cpu / turns, 3),
        "bare_onnx_cpu_ms_per_turn": round(1000 * floor_cpu / turns, 3),
        "ratio": round(cpu / floor_cpu, 3),
        "ratio_median_of_blocks": round(statistics.median(ratios), 3),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--data-dir", type=Path)
    given = parser.parse_args()
    # The loop that serves (services/cli.py).
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with tempfile.TemporaryDirectory() as scratch, loop as runner:
        figures = runner.run(measure(given.turns, given.data_dir or Path(scratch)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
