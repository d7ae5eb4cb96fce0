"""Pongs of AudioHook sessions while their audio is decoded: twenty calls on one gateway.

    python -m tests.bench.bench_audiohook [--sessions 20] [--seconds 30]

Prints one JSON object. Each session streams the French sample call at the pace of life in frames of
200 ms and pings once a second; the time to the pong is what Genesys watches.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import soundfile as sf

from services.demo.stories import load_story
from tests.fakes.audiohook_client import (
    KEY,
    SECRET,
    AudioHookClient,
    audiohook,
    mulaw,
    session_of,
    stored_integration,
)
from tests.fakes.stack import Stack, start

FRAME_MS = 200


def call_frames(seconds: float) -> list[bytes]:
    """Return the beginning of the French call in frames of 200 ms, mu-law, both sides."""
    story = load_story("colis-non-recu", date(2026, 11, 20))
    samples, rate = sf.read(story.path, dtype="int16", frames=int(8_000 * seconds), always_2d=True)
    assert rate == 8_000
    audio = mulaw(samples)
    size = 2 * 8 * FRAME_MS
    return [audio[at : at + size] for at in range(0, len(audio) - size + 1, size)]


async def one(port: int, number: int, frames: list[bytes], trips: list[float]) -> int:
    """Run one session; return how many transcripts it heard."""
    await asyncio.sleep(0.05 * number)
    async with audiohook(port) as socket:
        session = session_of(socket)
        await session.open()
        sent: dict[int, float] = {}
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(_listen(session, sent, trips))
            for place, frame in enumerate(frames):
                await session.speak(frame)
                if place % 5 == 4:
                    await session.tell("ping")
                    sent[session.sent] = time.perf_counter()
                await asyncio.sleep(FRAME_MS / 1000)
            await session.tell("close", reason="end")
            return await listening


async def _listen(session: AudioHookClient, sent: dict[int, float], trips: list[float]) -> int:
    heard = 0
    while True:
        message = await session.hear()
        if message["type"] == "pong":
            trips.append(1000 * (time.perf_counter() - sent[message["clientseq"]]))
        heard += message["type"] == "event"
        if message["type"] == "closed":
            return heard


async def measure(stack: Stack, sessions: int, seconds: float) -> dict[str, Any]:
    """Return the figures."""
    async with stack.http() as http:
        await stored_integration(http, KEY, SECRET)
    frames = call_frames(seconds)
    port = int(stack.url.rsplit(":", 1)[1])
    trips: list[float] = []
    before = stack.cpu_s()
    heard = await asyncio.gather(*(one(port, each, frames, trips) for each in range(sessions)))
    cuts = statistics.quantiles(trips, n=100)
    return {
        "sessions": sessions,
        "pings": len(trips),
        "pong_ms": {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1), "max": round(max(trips))},
        "transcripts": sum(heard),
        "cores_per_session": round((stack.cpu_s() - before) / seconds / sessions, 3),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        stack = start(Path(scratch), "up", "--port", "0", SOUFFLEUR_SPEECH_PARTIALS="false")
        try:
            print(json.dumps(asyncio.run(measure(stack, given.sessions, given.seconds))))
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
