"""Bad input on the sockets: a clear error or a clear close code, and nobody else notices."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.fakes.gateway_server import Running, hear, running_gateway, tell

START: dict[str, Any] = {"type": "start", "sample_rate": 8000, "encoding": "mulaw", "channels": 2}


async def _closed(socket: ClientConnection, within_s: float = 10.0) -> int:
    """Read to the end and return the close code."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(within_s):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


async def _witness(gateway: Running, stack: AsyncExitStack) -> tuple[Any, Any]:
    """Open a chat and its panel, whose well-being is checked after the others' misdeeds."""
    conversation = await gateway.create()
    chat = await stack.enter_async_context(gateway.socket("/v1/ingest/chat", "ingest"))
    await tell(chat, type="start", conversation_id=conversation)
    await hear(chat)
    panel = await stack.enter_async_context(gateway.adviser(conversation))
    await hear(panel)
    return chat, panel


async def _is_well(chat: ClientConnection, panel: ClientConnection) -> None:
    await tell(chat, type="turn", role="customer", text="Toujours là ?")
    assert (await hear(chat))["type"] == "ack"
    assert (await hear(panel))["event"]["data"]["text"] == "Toujours là ?"


@pytest.mark.parametrize(
    ("frames", "field", "code"),
    [
        ([b"\0\0"], None, 1003),
        (["{nonsense"], None, 1007),
        (['"start"'], None, 1007),
        ([START | {"encoding": "opus"}], "encoding", 1008),
        ([START | {"sample_rate": 44100}], "sample_rate", 1008),
        ([START | {"conversation_id": "../x"}], "conversation_id", 1008),
        ([START, b"\0"], "audio", 1008),
        ([START, START], "type", 1003),
        ([START, {"type": "pause"}], "type", 1008),
        ([{"type": "stop"}], "type", 1003),
    ],
)
async def test_a_wrong_audio_frame_is_named_and_ends_only_its_own_socket(
    tmp_path: Path, frames: list[Any], field: str | None, code: int
) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        witness = await _witness(gateway, stack)
        async with gateway.socket("/v1/ingest/audio", "ingest") as socket:
            for frame in frames:
                await socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)
            error = await hear(socket)
            if error["type"] == "started":
                error = await hear(socket)
            assert (error["type"], error.get("field")) == ("error", field)
            assert error["detail"]
            assert await _closed(socket) == code
        await _is_well(*witness)


@pytest.mark.parametrize("path", ["/v1/ingest/audio", "/v1/ingest/chat", "/v1/adviser/stream"])
async def test_a_megabyte_and_a_strange_encoding_close_the_socket(
    tmp_path: Path, path: str
) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        witness = await _witness(gateway, stack)
        for payload in ("x" * 1_048_576, b"x" * 1_048_576, "x" * 65_537):
            async with gateway.socket(path, "admin") as socket:
                await socket.send(payload)
                assert await _closed(socket) == 1009
        async with gateway.socket(path, "admin") as socket:
            frame = Frame(Opcode.TEXT, "Où est mon colis ?".encode("latin-1"))
            socket.transport.write(frame.serialize(mask=True))
            assert await _closed(socket) == 1007
        await _is_well(*witness)


async def test_a_chat_goes_on_after_what_it_could_not_take(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        chat, panel = await _witness(gateway, stack)
        for frame, field in (
            ("{", None),
            ('{"type":"turn","role":"customer"}', "text"),
            ('{"type":"turn","role":"x","text":"y"}', "role"),
            ('{"type":"shout"}', "type"),
            (b"\0", None),
        ):
            await chat.send(frame)
            error = await hear(chat)
            assert (error["type"], error.get("field")) == ("error", field)
        await _is_well(chat, panel)


async def test_the_panel_goes_on_after_what_it_should_not_have_said(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        chat, panel = await _witness(gateway, stack)
        for frame, code, field in (
            ("{", "malformed_input", None),
            (b"\0", "malformed_input", None),
            ('{"type":"draft"}', "invalid_input", "type"),
            ('{"type":"turn","text":" "}', "invalid_input", "text"),
            ('{"type":"preferences","cards_per_minute":1000}', "invalid_input", "cards_per_minute"),
            ('{"type":"suggestion.accepted","suggestion_id":"none"}', "not_found", "suggestion_id"),
            ('{"type":"suggestion.accepted"}', "invalid_input", "suggestion_id"),
        ):
            await panel.send(frame)
            error = await hear(panel)
            assert (error["type"], error["code"], error["field"]) == ("error", code, field)
        await tell(panel, type="preferences", quiet=True, cards_per_minute=1, kinds={"cue": False})
        event = (await hear(panel))["event"]
        assert (event["type"], event["data"]["quiet"]) == ("preferences.changed", True)
        await _is_well(chat, panel)


async def test_what_cannot_be_followed_or_joined_is_said_before_or_at_the_start(
    tmp_path: Path,
) -> None:
    async with running_gateway(tmp_path) as gateway:
        for query, status in (
            ("conversation_id=none", 404),
            ("conversation_id=a%20b", 422),
            ("after=yesterday", 422),
        ):
            with pytest.raises(InvalidStatus) as refused:
                await gateway.socket(f"/v1/adviser/stream?{query}", "adviser")
            assert refused.value.response.status_code == status
        conversation = await gateway.create()
        async with gateway.socket("/v1/ingest/audio", "ingest") as socket:
            await tell(socket, **START, conversation_id=conversation)
            assert (await hear(socket))["code"] == "conflict"
            assert await _closed(socket) == 4409
        await gateway.http.post(
            f"/v1/conversations/{conversation}/end", headers=gateway.auth("ingest")
        )
        async with gateway.socket("/v1/ingest/chat", "ingest") as socket:
            await tell(socket, type="start", conversation_id=conversation)
            assert (await hear(socket))["field"] == "conversation_id"
            assert await _closed(socket) == 4409


async def test_a_flooding_panel_is_cut_off_alone(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        witness = await _witness(gateway, stack)
        async with gateway.adviser(None) as flooder:
            for _ in range(200):
                await flooder.send("{}")
            assert await _closed(flooder) == 4429
        await _is_well(*witness)


async def test_a_panel_that_does_not_read_is_cut_off_and_harms_nobody(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, AsyncExitStack() as stack:
        chat, panel = await _witness(gateway, stack)
        conversation = (
            await gateway.http.get("/v1/conversations", headers=gateway.auth("crm"))
        ).json()["items"][0]["id"]
        sleeper = await gateway.adviser(conversation, max_queue=1, ping_interval=None)
        await hear(sleeper)
        sleeper.transport.pause_reading()
        loop = asyncio.get_running_loop()
        begun, lags = loop.time(), []
        dropped = gateway.app.state.gateway.measures.sockets_dropped.labels(reason="unavailable")
        text = "x" * 7_900
        while not dropped._value.get():
            assert loop.time() - begun < 30, "the sleeper was never cut off"
            sent = loop.time()
            await tell(chat, type="turn", role="customer", text=text)
            await hear(chat)
            await hear(panel)
            lags.append(loop.time() - sent)
        assert sorted(lags)[len(lags) // 2] < 0.5
        sleeper.transport.resume_reading()
        assert await _closed(sleeper) in {1006, 1013}  # 1013 when the kernel still took the frame
        await _is_well(chat, panel)
