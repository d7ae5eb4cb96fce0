"""Bad input against the real thing: each is told what was wrong, and nobody else notices."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.fakes.gateway_server import hear, hear_until, tell
from tests.fakes.stack import Stack

START: dict[str, Any] = {
    "type": "start",
    "role": "customer",
    "sample_rate": 8000,
    "encoding": "pcm_s16le",
    "channels": 1,
    "language": "fr",
}
RATE = 8_000
CANARY = f"canari{secrets.token_hex(6)}"
"""Stands for what a customer says: it is in every text, and may be in no log and no metric."""


@asynccontextmanager
async def witness(souffleur: Stack) -> AsyncIterator[None]:
    """A chat and its panel that must get on undisturbed by what happens meanwhile."""
    async with souffleur.socket("/v1/ingest/chat") as chat:
        await tell(chat, type="start", customer_id=CANARY)
        conversation = (await hear(chat))["conversation_id"]
        async with souffleur.adviser(conversation) as panel:
            await hear_until(panel, "snapshot")
            yield
            text = f"Où en est mon remboursement, {CANARY} ?"
            await tell(chat, type="turn", role="customer", text=text)
            await hear_until(chat, "ack")
            assert (await hear_until(panel, "turn.final"))["data"]["text"] == text
            analysed = await hear_until(panel, "turn.analysed")
            assert analysed["data"]["predictions"]["sentiment"]["label"]
        await tell(chat, type="end")
        await hear_until(chat, "ended")


@pytest.fixture(autouse=True)
async def _others_notice_nothing(souffleur: Stack) -> AsyncIterator[None]:
    async with witness(souffleur):
        yield
    assert souffleur.process.poll() is None
    async with souffleur.http() as http:
        assert (await http.get("/readyz")).json()["status"] == "ready"
        assert CANARY not in (await http.get("/metrics")).text
    assert not [line for line in souffleur.log if CANARY in line]


async def _closed(socket: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(10):
            async for _ in socket:
                pass
    return socket.close_code


@pytest.mark.parametrize(
    ("frames", "code", "field", "closes"),
    [
        ([f'{{"type":"start","{CANARY}'], "malformed_input", None, 1007),
        ([START | {"encoding": CANARY}], "invalid_input", "encoding", 1008),
        ([START | {"sample_rate": 44_100}], "invalid_input", "sample_rate", 1008),
        ([START | {"role": CANARY}], "invalid_input", "role", 1008),
        ([CANARY.encode()], "unexpected_frame", None, 1003),
        ([START, b"\0"], "invalid_input", "audio", 1008),
    ],
)
async def test_wrong_audio_is_told_by_its_field(
    souffleur: Stack, frames: list[Any], code: str, field: str | None, closes: int
) -> None:
    async with souffleur.socket("/v1/ingest/audio") as socket:
        for frame in frames:
            await socket.send(json.dumps(frame) if isinstance(frame, dict) else frame)
        error = await hear_until(socket, "error")
        assert (error["code"], error.get("field")) == (code, field)
        assert error["detail"]
        assert CANARY not in error["detail"]
        assert await _closed(socket) == closes


@pytest.mark.parametrize("path", ["/v1/ingest/audio", "/v1/ingest/chat"])
async def test_a_megabyte_or_latin_1_closes_the_socket(souffleur: Stack, path: str) -> None:
    async with souffleur.socket(path) as socket:
        await socket.send((CANARY * 60_000)[:1_048_576])
        assert await _closed(socket) == 1009
    async with souffleur.socket(path) as socket:
        frame = Frame(Opcode.TEXT, f"Où est mon colis, {CANARY} ?".encode("latin-1"))
        socket.transport.write(frame.serialize(mask=True))
        assert await _closed(socket) == 1007


async def test_an_unknown_conversation_is_told_before_the_upgrade(souffleur: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await souffleur.adviser("none-such")
    assert refused.value.response.status_code == 404
    body = json.loads(refused.value.response.body)
    assert (body["code"], body["field"]) == ("not_found", "conversation_id")
    async with souffleur.http() as http:
        turn = {"role": "customer", "text": CANARY}
        answer = await http.post("/v1/conversations/none-such/turns", json=turn)
    assert (answer.status_code, answer.json()["field"]) == (404, "conversation_id")


async def test_a_bad_token_is_told_what_to_do(souffleur: Stack) -> None:
    expired = souffleur.token("ingest", hours=-1)
    forged = souffleur.token("ingest")[:-8] + "AAAAAAAA"
    for headers, says in (
        ({}, "Bearer"),
        ({"Authorization": f"Bearer {CANARY}"}, "souffleur token"),
        ({"Authorization": f"Bearer {forged}"}, "souffleur token"),
        ({"Authorization": f"Bearer {expired}"}, "expired"),
    ):
        for path in ("/v1/ingest/audio", "/v1/ingest/chat", "/v1/adviser/stream"):
            with pytest.raises(InvalidStatus) as refused:
                await souffleur.socket(path, additional_headers=headers)
            assert refused.value.response.status_code == 401
            assert says in json.loads(refused.value.response.body)["detail"]
    with pytest.raises(InvalidStatus) as forbidden:
        await souffleur.socket("/v1/ingest/chat", "adviser")
    assert forbidden.value.response.status_code == 403


def _noise() -> npt.NDArray[np.float64]:
    return np.random.default_rng(3).normal(0, 0.1, 10 * RATE)


def _music() -> npt.NDArray[np.float64]:
    """Chords of four plucked notes with overtones, a new one each half second."""
    chords = [(220.0, 277.2, 329.6, 440.0), (196.0, 246.9, 293.7, 392.0), (174.6, 220.0, 261.6)]
    t = np.arange(RATE // 2) / RATE
    bars = [
        sum(np.sin(2 * np.pi * k * note * t) / k for note in chords[bar % 3] for k in (1, 2, 3))
        * np.exp(-3 * t)
        for bar in range(20)
    ]
    return 0.08 * np.concatenate(bars)


@pytest.mark.parametrize(
    "sound", [np.zeros(10 * RATE), _noise(), _music()], ids=["silence", "noise", "music"]
)
async def test_what_is_not_speech_gives_no_turn(
    souffleur: Stack, sound: npt.NDArray[np.float64]
) -> None:
    samples = (sound * 32_767).astype("<i2").tobytes()
    async with souffleur.socket("/v1/ingest/audio") as socket:
        await tell(socket, **START)
        conversation = (await hear_until(socket, "started"))["conversation_id"]
        for start in range(0, len(samples), 3_200):
            await socket.send(samples[start : start + 3_200])
        await tell(socket, type="stop")
        await hear_until(socket, "stopped", within_s=20)
    async with souffleur.http() as http:
        page = (await http.get(f"/v1/conversations/{conversation}/events")).json()
    assert [e["type"] for e in page["items"]] == ["conversation.started", "conversation.ended"]
