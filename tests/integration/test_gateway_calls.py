"""Calls: two sockets of one conversation, drops and returns, and a transcriber that goes away."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from services.contracts.audio import LegStart
from services.gateway.audio_out import RemoteSink
from services.kit.clock import SYSTEM_CLOCK
from services.records.legs import LEASE, OpenLegs
from tests.fakes.gateway_server import Running, hear, hear_until, running_gateway, tell, until

MONO: dict[str, Any] = {
    "type": "start",
    "conversation_id": "c1",
    "sample_rate": 8000,
    "encoding": "mulaw",
    "channels": 1,
}
FRAME = b"\x7f" * 160


async def _ended(gateway: Running, conversation_id: str = "c1") -> str | None:
    answer = await gateway.http.get(
        f"/v1/conversations/{conversation_id}/events", headers=gateway.auth("crm")
    )
    last = answer.json()["items"][-1]
    return str(last["data"]["reason"]) if last["type"] == "conversation.ended" else None


async def test_a_second_mono_socket_joins_on_the_firsts_timeline(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        async with gateway.socket("/v1/ingest/audio", "ingest") as first:
            await tell(first, **MONO, role="customer", customer_id="k1")
            await hear(first)
            for _ in range(100):
                await first.send(FRAME)
            await until(lambda: len(gateway.sink.legs[0].samples) == 16_000)
            async with gateway.socket("/v1/ingest/audio", "ingest") as second:
                await tell(second, **MONO, role="adviser")
                await hear(second)
                offset = gateway.sink.legs[0].start.offset_ms
                assert gateway.sink.legs[1].start.offset_ms == offset + 2000
                await tell(second, type="stop")
                assert (await hear(second))["type"] == "stopped"
            assert await _ended(gateway) is None
            await tell(first, type="stop")
            assert (await hear(first))["type"] == "stopped"
        assert await _ended(gateway) == "completed"
        assert {leg.start.role for leg in gateway.sink.legs} == {"customer", "adviser"}
        assert all(leg.closed for leg in gateway.sink.legs)


async def test_both_mono_sockets_may_come_at_once(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:

        async def leg(role: str, **more: Any) -> None:
            async with gateway.socket("/v1/ingest/audio", "ingest") as socket:
                await tell(socket, **MONO, role=role, **more)
                assert (await hear(socket))["type"] == "started"
                await asyncio.sleep(0.1)
                await tell(socket, type="stop")
                assert (await hear(socket))["type"] == "stopped"

        await asyncio.gather(leg("customer", customer_id="k1"), leg("adviser", adviser_id="a1"))
        assert await _ended(gateway) == "completed"


async def test_a_dropped_call_ends_after_its_grace_unless_it_comes_back(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, grace_s=0.5) as gateway:
        first = await gateway.socket("/v1/ingest/audio", "ingest")
        await tell(first, **MONO, role="customer")
        await hear(first)
        async with gateway.adviser("c1") as panel:
            await hear(panel)
            first.transport.abort()
            again = await gateway.socket("/v1/ingest/audio", "ingest")
            await tell(again, **MONO, role="customer")
            await hear(again)
            await asyncio.sleep(0.8)
            assert await _ended(gateway) is None
            again.transport.abort()
            assert (await hear_until(panel, "conversation.ended"))["data"]["reason"] == "dropped"
        ids = [leg.start.leg_id for leg in gateway.sink.legs]
        assert len(set(ids)) == 2


async def test_a_call_whose_gateway_died_is_ended_by_another(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway:
        await gateway.create(id="c1", channel="voice")
        long_ago = SYSTEM_CLOCK.now() - LEASE - timedelta(seconds=1)
        await OpenLegs(gateway.journal.redis).add("acme", "c1", ["leg"], long_ago)
        async with gateway.adviser("c1") as panel:
            ended = await hear_until(panel, "conversation.ended", within_s=10)
        assert ended["data"]["reason"] == "dropped"
        # Forgotten once its end is told.
        legs = OpenLegs(gateway.journal.redis)
        async with asyncio.timeout(5):
            while await legs.abandoned(SYSTEM_CLOCK.now()):  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("trouble", ["down", "hanging"])
async def test_a_transcriber_that_fails_or_hangs_is_said_within_2s_and_comes_back(
    tmp_path: Path, trouble: str
) -> None:
    async with running_gateway(tmp_path) as gateway:
        async with (
            gateway.socket("/v1/ingest/audio", "ingest") as call,
            asyncio.TaskGroup() as tasks,
        ):
            await tell(call, **MONO, role="customer")
            await hear(call)
            speaking = tasks.create_task(_speak(call))
            async with gateway.adviser("c1") as panel:
                await hear(panel)
                setattr(gateway.sink, trouble, True)
                begun = time.monotonic()
                event = await hear_until(panel, "service.degraded")
                assert event["data"]["service"] == "transcribe"
                assert time.monotonic() - begun < 2.0
                setattr(gateway.sink, trouble, False)
                await hear_until(panel, "service.restored")
            speaking.cancel()
        first, second = gateway.sink.legs[0], gateway.sink.legs[-1]
        heard_ms = len(first.samples) / 8
        begins_ms = second.start.offset_ms - first.start.offset_ms
        # What was said meanwhile was kept: the new leg goes on where the old one stopped.
        assert abs(begins_ms - heard_ms) <= 20
        assert second.start.leg_id != first.start.leg_id


async def _speak(call: Any) -> None:
    while True:
        await call.send(FRAME)
        await asyncio.sleep(0.02)


@asynccontextmanager
async def _transcriber(port: int, got: list[Any]) -> AsyncIterator[Server]:
    """A transcribe service as its wire says, which keeps what it gets."""

    async def leg(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.headers["Authorization"] == "Bearer between-us"
        samples = bytearray()
        got.append((LegStart.model_validate_json(await connection.recv()), samples))
        await connection.send('{"type":"opened"}')
        async for message in connection:
            if isinstance(message, bytes):
                samples += message
            elif json.loads(message)["type"] == "end":
                await connection.send('{"type":"closed"}')
                return

    async with serve(leg, "127.0.0.1", port, close_timeout=0.2) as server:
        yield server


async def test_the_remote_transcriber_may_be_restarted_in_the_middle_of_a_call(
    tmp_path: Path,
) -> None:
    got: list[Any] = []
    async with _transcriber(0, got) as first:
        port = next(iter(first.sockets)).getsockname()[1]
        sink = RemoteSink(f"ws://127.0.0.1:{port}", "between-us")
        async with running_gateway(tmp_path, audio_sink=sink) as gateway:
            call = await gateway.socket("/v1/ingest/audio", "ingest")
            await tell(call, **MONO, role="customer")
            await hear(call)
            async with gateway.adviser("c1") as panel, asyncio.TaskGroup() as tasks:
                await hear(panel)
                speaking = tasks.create_task(_speak(call))
                await until(lambda: got and got[0][1])
                begun = time.monotonic()
                first.close()
                await hear_until(panel, "service.degraded")
                assert time.monotonic() - begun < 2.0
                await first.wait_closed()
                async with _transcriber(port, got):
                    await hear_until(panel, "service.restored")
                    await until(lambda: got[-1][1])
                    speaking.cancel()
                    await tell(call, type="stop")
                    assert (await hear(call))["type"] == "stopped"
            await call.close()
            assert len(got) >= 2
            assert await _ended(gateway) == "completed"


async def test_a_call_starts_although_no_transcriber_is_there(tmp_path: Path) -> None:
    sink = RemoteSink("ws://127.0.0.1:9", "between-us")
    async with running_gateway(tmp_path, audio_sink=sink) as gateway:
        async with gateway.socket("/v1/ingest/audio", "ingest") as call:
            await tell(call, **MONO, role="customer")
            assert (await hear(call))["type"] == "started"
            await call.send(FRAME)
            await tell(call, type="stop")
            assert (await hear(call))["type"] == "stopped"
        events = await gateway.http.get("/v1/conversations/c1/events", headers=gateway.auth("crm"))
        types = [event["type"] for event in events.json()["items"]]
        assert types == ["conversation.started", "service.degraded", "conversation.ended"]
