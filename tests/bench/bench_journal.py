"""What the journal costs: latency of publish, tail and result, and CPU for each event.

    python -m tests.bench.bench_journal [--events 1000]

Prints one JSON object; milliseconds of wall time, CPU in microseconds of this process (Redis
apart). The handler answers at once, so ``result`` is the journal's share of turn -> card.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from services.contracts.events import ConversationEvent, Event
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from tests.fakes.eventually import eventually
from tests.fakes.journal_events import analysed, said, started


async def analyse(tenant: str, event: ConversationEvent) -> Sequence[Event]:
    del tenant
    if event.event.type != "turn.final":
        return []
    return [analysed(event.event.conversation_id, event.event.data.id)]


def _quantiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50": round(cuts[49] * 1000, 3), "p99": round(cuts[98] * 1000, 3)}


async def latencies(journal: Journal, count: int) -> dict[str, object]:
    """One turn at a time: publish returns, the tail shows it, the tail shows its result."""
    published, tailed, answered = [], [], []
    await journal.publish("t", started("one"), producer="p", seq=1)
    tail = journal.tail("t", "one", after=None)
    await anext(tail)
    for number in range(count):
        begun = time.perf_counter()
        arrival = asyncio.ensure_future(anext(tail))
        await journal.publish("t", said("one", f"t{number}"), producer="p", seq=number + 2)
        published.append(time.perf_counter() - begun)
        await arrival
        tailed.append(time.perf_counter() - begun)
        await anext(tail)
        answered.append(time.perf_counter() - begun)
    await tail.aclose()
    return {
        "publish_ms": _quantiles(published),
        "publish_to_tail_ms": _quantiles(tailed),
        "publish_to_result_ms": _quantiles(answered),
    }


async def publishing_cpu(journal: Journal, name: str, count: int) -> float:
    """CPU microseconds for each publish, one after the other."""
    await journal.publish("t", started(name), producer="p", seq=1)
    begun = time.process_time()
    for number in range(count):
        await journal.publish("t", said(name, f"t{number}"), producer="p", seq=number + 2)
    return (time.process_time() - begun) / count * 1e6


async def consuming_cpu(journal: Journal, name: str, count: int) -> float:
    """CPU microseconds for each event of a backlog: read, decode, handle nothing, commit."""
    begun = time.process_time()
    consumer = asyncio.ensure_future(journal.consume("bench", analyse, owner="bench"))

    async def settled() -> bool:
        await asyncio.sleep(0.1)  # asking costs CPU as well
        return (await journal.head("t", name)).endswith(f"-{2 * count + 1}")

    await eventually(settled, within=120)
    spent = time.process_time() - begun
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    return spent / count * 1e6


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_redis(Path(folder)) as url, Journal.open(url) as journal:
            publish_us = await publishing_cpu(journal, "many", count)
            consume_us = await consuming_cpu(journal, "many", count)
            consumer = asyncio.ensure_future(journal.consume("bench", analyse, owner="bench"))
            report = await latencies(journal, count)
            consumer.cancel()
            await asyncio.gather(consumer, return_exceptions=True)
            report["publish_cpu_us"] = round(publish_us)
            report["consume_cpu_us"] = round(consume_us)
            sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    uvloop.run(main(parser.parse_args().events))
