"""Play stereo calls to the transcriber in real time and print lag and cost as one JSON object.

``python tests/bench/bench_transcribe.py CALL.flac [--calls N] [--partials] [--seconds S]``

The file is a two-sided call (left customer, right adviser) at any rate; it is played as 8 kHz
mu-law in 20 ms frames, each call a little after the one before. The journal is kept in memory:
what is measured is hearing, recognising and publishing. Lag counts from the end of speech (by the
turn's own ``end_ms``) to the publication of the final.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from services.contracts.audio import LegStart, SpeechRole
from services.contracts.events import Event, TurnFinalEvent, TurnPartialEvent
from services.kit.settings import Settings
from services.transcribe.engines import open_engine
from services.transcribe.transcriber import Transcriber, TranscriberSink

FRAME_S = 0.02
ROLES: tuple[SpeechRole, SpeechRole] = ("customer", "adviser")


class Recorder:
    """A journal that notes when each turn arrived, in seconds since its call began."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.lags: list[float] = []
        self.partials = 0
        self.turns: list[dict[str, object]] = []

    async def publish(self, tenant: str, event: Event, *, producer: str, seq: int) -> object:
        if isinstance(event, TurnFinalEvent):
            at = time.monotonic() - self.began[event.conversation_id]
            self.lags.append(at - event.data.end_ms / 1000)
            if event.conversation_id == "call-0":
                turn = event.data.model_dump(include={"role", "start_ms", "end_ms", "text"})
                self.turns.append(turn | {"lag_s": round(self.lags[-1], 2)})
        self.partials += isinstance(event, TurnPartialEvent)
        return producer, seq, tenant


def mulaw(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> bytes:
    """Encode samples in [-1, 1] as mu-law (ITU-T G.711)."""
    pcm = np.clip(samples * 32768, -32635, 32635).astype(np.int32)
    magnitude = np.abs(pcm) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    code = (exponent << 4) | ((magnitude >> (exponent + 3)) & 15) | np.where(pcm < 0, 128, 0)
    return bytes((~code & 255).astype(np.uint8))


def load(path: Path, seconds: float | None) -> list[bytes]:
    """Return both channels of a file as 8 kHz mu-law."""
    audio, rate = sf.read(path, dtype="float32", always_2d=True)
    audio = audio[: int(seconds * rate)] if seconds else audio
    channels = (audio[:, min(side, audio.shape[1] - 1)] for side in (0, 1))
    return [mulaw(soxr.resample(channel, rate, 8000)) for channel in channels]


async def play(sink: TranscriberSink, call: int, sides: list[bytes], recorder: Recorder) -> None:
    """Play one call at real pace."""
    name = f"call-{call}"
    legs = [
        await sink.open(
            LegStart(
                tenant="bench",
                conversation_id=name,
                leg_id=f"{name}-{role}",
                role=role,
                encoding="mulaw",
                sample_rate=8000,
            )
        )
        for role in ROLES
    ]
    size = int(8000 * FRAME_S)
    began = recorder.began[name] = time.monotonic()
    for at in range(0, len(sides[0]), size):
        due = began + at / 8000 + FRAME_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        for leg, side in zip(legs, sides, strict=True):
            await leg.push(side[at : at + size])
    for leg in legs:
        await leg.close()


async def bench(options: argparse.Namespace) -> dict[str, object]:
    """Run the calls and return the figures."""
    settings = Settings(speech_partials=options.partials)
    if options.data_dir:
        settings = settings.model_copy(update={"data_dir": options.data_dir})
    engine = open_engine(settings)
    sides = load(options.audio, options.seconds)
    length = len(sides[0]) / 8000
    recorder = Recorder()
    async with Transcriber.open(settings, recorder, engine) as sink:
        cpu, wall = time.process_time(), time.monotonic()

        async def later(call: int) -> None:
            await asyncio.sleep(call * 1.7)
            await play(sink, call, sides, recorder)

        async with asyncio.TaskGroup() as tasks:
            for call in range(options.calls):
                tasks.create_task(later(call))
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    lags = sorted(recorder.lags)
    return {
        "calls": options.calls,
        "audio_s": round(length, 1),
        "finals": len(lags),
        "partials": recorder.partials,
        "final_lag_s": {
            "p50": round(statistics.median(lags), 3) if lags else None,
            "p95": round(lags[int(0.95 * (len(lags) - 1))], 3) if lags else None,
            "max": round(lags[-1], 3) if lags else None,
        },
        "cores_per_call": round(cpu / (length * options.calls), 4),
        "wall_s": round(wall, 1),
        **({"turns": recorder.turns} if options.turns else {}),
    }


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="play only the beginning")
    parser.add_argument("--partials", action="store_true")
    parser.add_argument("--turns", action="store_true", help="list the first call's turns")
    parser.add_argument("--data-dir", type=Path, help="where the model is (default: the settings')")
    sys.stdout.write(json.dumps(asyncio.run(bench(parser.parse_args())), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
