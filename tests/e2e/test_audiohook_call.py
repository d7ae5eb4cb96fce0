"""A real call over Genesys AudioHook through all of Souffleur: heard on both sides, sent back."""

import asyncio
from datetime import date

import pytest
import soundfile as sf

from services.demo.stories import load_story
from services.evaluation.wer import word_error_rate
from tests.fakes.audiohook_client import (
    KEY,
    SECRET,
    AudioHookClient,
    audiohook,
    mulaw,
    session_of,
    stored_integration,
)
from tests.fakes.stack import Stack

STORY = load_story("colis-non-recu", date(2026, 11, 20))
SPOKEN = [turn for turn in STORY.script.turns if turn.end_ms < 24_000]
WORST_WER = 0.35
"""Loose: Whisper base on telephone speech; this tells who spoke and when."""


async def _speak(session: AudioHookClient, audio: bytes) -> None:
    for at in range(0, len(audio), 3_200):
        await session.speak(audio[at : at + 3_200])
        await asyncio.sleep(0.2)  # the pace of life
    await session.tell("close", reason="end")


async def _listen(session: AudioHookClient) -> None:
    await session.hear_until("closed")
    await session.socket.close()


@pytest.mark.timeout(90)
async def test_a_stereo_call_is_heard_on_both_channels_and_closes_in_order(
    souffleur: Stack,
) -> None:
    end_ms = SPOKEN[-1].end_ms + 300
    samples, _ = sf.read(STORY.path, dtype="int16", frames=end_ms * 8, always_2d=True)
    async with souffleur.http() as http:
        await stored_integration(http, KEY, SECRET)
    async with audiohook(int(souffleur.url.rsplit(":", 1)[1])) as socket:
        session = session_of(socket)
        await session.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_speak(session, mulaw(samples)))
            tasks.create_task(_listen(session))
    entities = [
        entity["data"]
        for message in session.inbox
        if message["type"] == "event"
        for entity in message["parameters"]["entities"]
    ]
    assert {entity["isFinal"] for entity in entities} == {True}
    for channel, role in enumerate(("customer", "adviser")):
        heard = [entity for entity in entities if entity["channelId"] == channel]
        said = [turn for turn in SPOKEN if turn.role == role]
        words = " ".join(
            each["alternatives"][0]["interpretations"][0]["transcript"] for each in heard
        )
        expected = " ".join(turn.text for turn in said)
        assert word_error_rate([(expected, words)], "fr") < WORST_WER
        first = float(heard[0]["offset"].removeprefix("PT").removesuffix("S"))
        assert abs(1000 * first - said[0].start_ms) < 1_000
