"""The same call through any voice channel is the same journal."""

import json
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from services.contracts.base import Language
from services.gateway.channels import CHANNELS
from services.kit.settings import Settings
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.engines.port import Capabilities, Transcript
from tests.fakes.eventually import eventually
from tests.fakes.tellers import VOICE, Call, short_call
from tests.fakes.transcribing import Transcribing, transcribing_gateway

GOLDEN = Path(__file__).parents[1] / "fakes" / "golden" / "one_call.json"
NAME = "40325ec2-5efd-4bd3-805f-53576e581d10"
TOLERANCE_MS = 100


class MeasuringEngine:
    """Says how long and how loud an utterance is: so much hears that it was the same one."""

    name: ClassVar[str] = "measuring"
    capabilities = Capabilities(partials=False)

    @classmethod
    def serves(cls, model: str) -> bool:
        return model == cls.name

    @classmethod
    def open(cls, settings: Settings) -> Self:
        return cls()

    def transcribe(
        self, samples: Samples, language: Language | None, *, final: bool, words: bool
    ) -> Transcript:
        seconds = len(samples) / SAMPLE_RATE
        loud = float((samples**2).mean() ** 0.5)
        return Transcript(text=f"{seconds:.1f} s, {loud:.3f}", language=language or "fr")


def canonical(events: list[dict[str, Any]], zero_ms: int) -> list[dict[str, Any]]:
    """Return a journal without ids and clock times; the timeline counts from the first sample."""
    told = []
    for event in events:
        data = {name: value for name, value in event["data"].items() if name != "id"}
        for name in ("start_ms", "end_ms"):
            if name in data:
                data[name] -= zero_ms
        told.append({"type": event["type"], "data": data})
    # Both sides are recognised at once here, so the later one may be told first.
    return sorted(told, key=lambda event: (_PLACE[event["type"]], event["data"].get("start_ms", 0)))


_PLACE = {"conversation.started": 0, "turn.final": 1, "conversation.ended": 2}


async def journal(running: Transcribing, channel: str, call: Call) -> list[dict[str, Any]]:
    """Tell the call by a channel and return its canonical journal."""
    details = {"customer_id": "k1", "adviser_id": "a1", "language": "fr"}
    await running.gateway.create(id=call.name, channel="voice", **details)
    await VOICE[channel](running, call)
    await eventually(partial(running.has_ended, call.name), within=30)
    zero = min(leg.start.offset_ms for leg in running.sink.legs)
    return canonical(await running.events(call.name), zero)


@pytest.mark.parametrize("channel", VOICE)
async def test_the_same_call_is_the_same_journal(channel: str, tmp_path: Path) -> None:
    golden = json.loads(GOLDEN.read_text())
    async with transcribing_gateway(tmp_path, MeasuringEngine()) as running:
        told = await journal(running, channel, short_call(NAME))
    times = [[event["data"].pop(name, 0) for name in ("start_ms", "end_ms")] for event in told]
    right = [[event["data"].pop(name, 0) for name in ("start_ms", "end_ms")] for event in golden]
    assert told == golden
    for here, there in zip(times, right, strict=True):
        assert here == pytest.approx(there, abs=TOLERANCE_MS)


def test_every_voice_channel_is_told() -> None:
    assert set(VOICE) == {entry.name for entry in CHANNELS} - {"chat"} | {"audiosocket"}
