"""A gateway that transcribes what it hears, and keeps the samples of every leg too."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.contracts.audio import AudioFormat, AudioLeg, AudioSink, LegStart
from services.contracts.conversation import Turn
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.sealing import sealer
from services.kit.settings import Settings
from services.records.integrations import Integration, Integrations
from services.transcribe.engines.port import Engine
from services.transcribe.scheduling import Limits
from services.transcribe.transcriber import Transcriber
from tests.fakes.gateway_server import Running, running_gateway

PATIENT = Limits(slow_after_s=60.0, abandon_after_s=60.0)


@dataclass
class KeptLeg:
    """A leg on its way to the transcriber."""

    start: LegStart
    onward: AudioLeg
    samples: bytearray = field(default_factory=bytearray)

    async def push(self, samples: bytes) -> None:
        self.samples += samples
        await self.onward.push(samples)

    async def close(self) -> None:
        await self.onward.close()

    @property
    def format(self) -> AudioFormat:
        return AudioFormat(encoding=self.start.encoding, sample_rate=self.start.sample_rate)

    @property
    def end_ms(self) -> float:
        return self.start.offset_ms + self.format.duration_ms(len(self.samples))


@dataclass
class KeepingSink:
    """Passes audio on and keeps it."""

    onward: AudioSink
    legs: list[KeptLeg] = field(default_factory=list)

    async def open(self, leg: LegStart) -> AudioLeg:
        kept = KeptLeg(leg, await self.onward.open(leg))
        self.legs.append(kept)
        return kept

    def of(self, role: str) -> KeptLeg:
        (leg,) = (leg for leg in self.legs if leg.start.role == role)
        return leg


@dataclass
class Transcribing:
    """A running gateway and the sink behind it."""

    gateway: Running
    sink: KeepingSink

    async def integrate(self, kind: Any, key: str, secret: str = "", **config: Any) -> None:
        """Store an integration of the tenant ``acme``."""
        records = Integrations(self.gateway.journal.redis, sealer(self.gateway.settings))
        secrets = {"secret": secret} if secret else {}
        await records.put(
            Integration(tenant="acme", id=kind, kind=kind, key=key, secrets=secrets, config=config)
        )

    async def events(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return what the journal holds of a conversation."""
        answer = await self.gateway.http.get(
            f"/v1/conversations/{conversation_id}/events", headers=self.gateway.auth("crm")
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def has_ended(self, conversation_id: str) -> bool:
        """Say whether the journal holds the end of a conversation."""
        return (await self.events(conversation_id))[-1]["type"] == "conversation.ended"

    async def turns(self, conversation_id: str) -> list[Turn]:
        """Return the final turns in the order of the timeline."""
        events = await self.events(conversation_id)
        turns = [Turn(**event["data"]) for event in events if event["type"] == "turn.final"]
        return sorted(turns, key=lambda turn: turn.start_ms)


@asynccontextmanager
async def transcribing_gateway(
    tmp_path: Path, engine: Engine, **options: Any
) -> AsyncIterator[Transcribing]:
    """Run a gateway whose audio goes to a transcriber with this engine."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(embedded_redis(tmp_path / "redis"))
        journal = await stack.enter_async_context(Journal.open(url))
        settings = Settings(data_dir=tmp_path / "data", speech_partials=False)
        transcriber = await stack.enter_async_context(
            Transcriber.open(settings, journal, engine, limits=PATIENT)
        )
        sink = KeepingSink(transcriber)
        gateway = await stack.enter_async_context(
            running_gateway(tmp_path, redis_url=url, audio_sink=sink, **options)
        )
        yield Transcribing(gateway, sink)
