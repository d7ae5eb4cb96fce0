"""Chat turn sent -> card on the adviser's socket, one conversation at a time, on real sockets.

    python -m tests.bench.bench_chat [--turns 150] [--data-dir DIR]

Prints one JSON object: milliseconds from the send of the customer's turn to the arrival of the
first card for that turn.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from services.assist.playbooks import load_playbook
from tests.fakes.stack import Stack, start

SILENCE_S = 1.0
"""A turn that got no card by then was rightly or wrongly answered with silence: not counted."""


def utterances() -> Iterator[str]:
    """First the first example of each intent, then the second of each, in both languages."""
    playbook = load_playbook("general")
    for index in range(12):
        for intent in playbook.intents:
            for language in ("fr", "en"):
                yield intent.examples.get(language)[index]


async def one(stack: Stack, number: int, text: str, tokens: dict[str, str]) -> float | None:
    """Run one conversation of one turn; return the milliseconds to its first card."""
    base = stack.url.replace("http", "ws")
    ingest = {"Authorization": f"Bearer {tokens['ingest']}"}
    adviser = {"Authorization": f"Bearer {tokens['adviser']}"}
    conversation = f"bench-{number}"
    async with connect(f"{base}/v1/ingest/chat", additional_headers=ingest) as chat:
        await chat.send(json.dumps({"type": "start", "conversation_id": conversation}))
        started = json.loads(await chat.recv())
        assert started["type"] == "started", started
        url = f"{base}/v1/adviser/stream?conversation_id={conversation}"
        async with connect(url, additional_headers=adviser) as screen:
            assert json.loads(await screen.recv())["type"] == "snapshot"
            sent = time.perf_counter()
            await chat.send(json.dumps({"type": "turn", "role": "customer", "text": text}))
            try:
                async with asyncio.timeout(SILENCE_S):
                    while not _is_card(json.loads(await screen.recv())):
                        pass
            except TimeoutError:
                return None
            finally:
                await chat.send(json.dumps({"type": "end"}))
            return (time.perf_counter() - sent) * 1000


def _is_card(frame: dict[str, Any]) -> bool:
    event = frame.get("event", frame)
    return event.get("type") == "suggestion.offered"


async def measure(stack: Stack, turns: int) -> dict[str, Any]:
    tokens = {role: stack.token(role) for role in ("ingest", "adviser")}
    times: list[float] = []
    silent = 0
    for number, text in enumerate(utterances()):
        if len(times) >= turns + 5:
            break
        taken = await one(stack, number, text, tokens)
        if taken is None:
            silent += 1
        else:
            times.append(taken)
    times = sorted(times[5:])  # the first ones warm caches that a service warms once a day
    return {
        "turns": len(times),
        "silent": silent,
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(0.95 * len(times))], 1),
        "p99_ms": round(times[int(0.99 * len(times))], 1),
        "max_ms": round(times[-1], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=150)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        stack = start(Path(directory) / "data", "up", "--port", "0")
        try:
            print(json.dumps(asyncio.run(measure(stack, options.turns))))
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
