"""The transcribe service over a real socket and a real journal, with the scripted engine."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.contracts.audio import LegStart
from services.contracts.conversation import ConversationStarted, Turn
from services.contracts.events import ConversationEvent, ConversationStartedEvent, TurnFinalEvent
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.clock import SYSTEM_CLOCK
from services.kit.errors import InvalidInput, Unavailable
from services.kit.settings import Settings
from services.transcribe.app import Transcriber, create_app
from services.transcribe.engines.scripted import Line, ScriptedEngine
from tests.fakes.speech import pcm, say, silence

TOKEN = "a-secret-between-services"
SETTINGS = Settings(service_token=TOKEN, speech_partials=False)
START = {
    "tenant": "acme",
    "conversation_id": "call-1",
    "leg_id": "leg-1",
    "role": "customer",
    "encoding": "pcm_s16le",
    "sample_rate": 16000,
}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        started = ConversationStartedEvent(
            conversation_id="call-1",
            time=SYSTEM_CLOCK.now(),
            data=ConversationStarted(channel="voice"),
        )
        await journal.publish("acme", started, producer="test", seq=1)
        yield journal


@asynccontextmanager
async def serving(journal: Journal, engine: ScriptedEngine) -> AsyncIterator[str]:
    app = create_app(SETTINGS, journal=journal, engine=engine)
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_config=None)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(server.serve())
        await until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"127.0.0.1:{port}"
        server.should_exit = True
        await task


@asynccontextmanager
async def leg(address: str, **start: Any) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(f"ws://{address}/v1/legs", additional_headers=headers) as socket:
        await socket.send(json.dumps(START | start))
        yield socket


def speech() -> bytes:
    said = say("Bonjour, je voudrais suivre ma commande.", "fr")
    return pcm(np.concatenate([silence(0.3), said, silence(0.8)]))


async def stream(socket: ClientConnection, data: bytes) -> None:
    for at in range(0, len(data), 6400):
        await socket.send(data[at : at + 6400])


async def events(journal: Journal) -> list[ConversationEvent]:
    return await journal.read("acme", "call-1")


async def turns(journal: Journal) -> list[Turn]:
    found = [one.event for one in await events(journal)]
    return [event.data for event in found if isinstance(event, TurnFinalEvent)]


async def told(journal: Journal, kind: str) -> None:
    """Wait until the journal holds an event of that kind."""
    async with asyncio.timeout(10), aclosing(journal.tail("acme", "call-1")) as tail:
        async for event in tail:
            if event.event.type == kind:
                return


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)


async def last_frame(socket: ClientConnection) -> dict[str, Any]:
    """Return the last frame before the other side closes."""
    frame: dict[str, Any] = {}
    with suppress(ConnectionClosed):
        while True:
            frame = await receive(socket)
    return frame


async def receive(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await socket.recv())
    return frame


async def test_a_leg_becomes_turns_of_the_journal(journal: Journal) -> None:
    engine = ScriptedEngine(["Bonjour.", "Je veux suivre ma commande."])
    async with serving(journal, engine) as address, leg(address) as socket:
        assert await receive(socket) == {"type": "opened"}
        await stream(socket, speech() + speech())
        await socket.send('{"type":"end"}')
        assert await receive(socket) == {"type": "closed"}
        found = await turns(journal)
        await socket.wait_closed()
        assert socket.close_code == 1000
    assert [turn.text for turn in found] == ["Bonjour.", "Je veux suivre ma commande."]
    assert [turn.id for turn in found] == ["leg-1-0", "leg-1-1"]


async def test_a_socket_that_drops_keeps_its_turns(journal: Journal) -> None:
    async with serving(journal, ScriptedEngine(["Allô ?"])) as address:
        async with leg(address) as socket:
            await receive(socket)
            await stream(socket, speech())
            socket.transport.abort()
        await told(journal, "turn.final")
    assert [turn.text for turn in await turns(journal)] == ["Allô ?"]


async def test_stopping_the_service_keeps_the_last_words(journal: Journal) -> None:
    async with Transcriber.open(SETTINGS, journal, ScriptedEngine(["Au revoir."])) as sink:
        opened = await sink.open(LegStart.model_validate(START))
        await opened.push(speech())
    assert [turn.text for turn in await turns(journal)] == ["Au revoir."]
    with pytest.raises(Unavailable):
        await sink.open(LegStart.model_validate(START | {"leg_id": "leg-2"}))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_without_the_token_there_is_no_socket(
    journal: Journal, headers: dict[str, str]
) -> None:
    async with serving(journal, ScriptedEngine([])) as address:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{address}/v1/legs", additional_headers=headers)
        assert refused.value.response.status_code == 403


def test_without_a_token_in_the_settings_there_is_no_service() -> None:
    with pytest.raises(InvalidInput, match="SOUFFLEUR_SERVICE_TOKEN"):
        create_app(Settings(), journal=None)  # type: ignore[arg-type]


BAD_FRAMES: list[tuple[list[str | bytes], str, str | None, int]] = [
    ([b"\x00\x01"], "malformed_input", None, 1008),
    (["not json"], "invalid_input", None, 1008),
    ([json.dumps(START | {"role": "supervisor"})], "invalid_input", "role", 1008),
    ([json.dumps(START | {"sample_rate": 44100})], "invalid_input", "sample_rate", 1008),
    ([json.dumps(START | {"colour": "blue"})], "invalid_input", "colour", 1008),
    ([json.dumps(START), '{"type":"pause"}'], "invalid_input", None, 1008),
    ([json.dumps(START), bytes(64 * 1024 + 1)], "too_large", None, 1009),
]


@pytest.mark.parametrize(("frames", "code", "field", "close_code"), BAD_FRAMES)
async def test_a_bad_frame_is_named_and_harms_nobody_else(
    journal: Journal, frames: list[str | bytes], code: str, field: str | None, close_code: int
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        serving(journal, ScriptedEngine(["Bonjour."])) as address,
        leg(address, leg_id="other") as other,
    ):
        await receive(other)
        async with connect(f"ws://{address}/v1/legs", additional_headers=headers) as bad:
            for frame in frames:
                await bad.send(frame)
            answer = await last_frame(bad)
            assert (answer["type"], answer["code"], answer["field"]) == ("error", code, field)
            assert answer["detail"]
            assert bad.close_code == close_code
        await stream(other, speech())
        await other.send('{"type":"end"}')
        assert await receive(other) == {"type": "closed"}
    assert [turn.text for turn in await turns(journal)] == ["Bonjour."]


async def test_a_leg_can_be_open_only_once(journal: Journal) -> None:
    async with (
        serving(journal, ScriptedEngine([])) as address,
        leg(address) as first,
        leg(address) as second,
    ):
        answers = [await receive(first), await receive(second)]
        assert answers[1]["code"] == "conflict"
        assert answers[1]["field"] == "leg_id"


async def test_a_hanging_engine_is_told_to_the_conversation(journal: Journal) -> None:
    engine = ScriptedEngine([Line(text="trop tard", seconds=30.0), "Bonjour."])
    try:
        async with Transcriber.open(SETTINGS, journal, engine) as sink:
            hung = await sink.open(LegStart.model_validate(START))
            fine = await sink.open(LegStart.model_validate(START | {"leg_id": "leg-2"}))
            await hung.push(speech())
            began = time.monotonic()
            await told(journal, "service.degraded")
            told_after = time.monotonic() - began
            await fine.push(speech())
            await fine.close()
            assert [turn.text for turn in await turns(journal)] == ["Bonjour."]
            engine.released.set()
            await hung.close()
    finally:
        engine.released.set()
    types = [one.event.type for one in await events(journal)]
    assert types.count("service.degraded") == 1
    assert types.count("service.restored") == 1
    assert types.index("service.degraded") < types.index("service.restored")
    assert told_after < 3.0  # 2 s of hanging, after the speech was listened to


async def test_health_and_metrics_hold_no_ids(journal: Journal) -> None:
    async with serving(journal, ScriptedEngine(["Bonjour."])) as address:
        async with leg(address) as socket:
            await receive(socket)
            await stream(socket, speech())
            await socket.send('{"type":"end"}')
            await receive(socket)
        bodies = {path: await fetch(address, path) for path in ("/healthz", "/readyz", "/metrics")}
    assert all(body.startswith("HTTP/1.1 200") for body in bodies.values())
    (count,) = re.findall(
        r"^souffleur_transcribe_final_lag_seconds_count (.+)$", bodies["/metrics"], re.M
    )
    assert float(count) >= 1
    assert not any(
        secret in bodies["/metrics"] for secret in ("acme", "call-1", "leg-1", "Bonjour")
    )


async def fetch(address: str, path: str) -> str:
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    body = await reader.read()
    writer.close()
    await writer.wait_closed()
    return body.decode()
