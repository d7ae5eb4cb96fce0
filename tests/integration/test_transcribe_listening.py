"""Silero and endpointing on real audio: where speech is, and that noises are not speech."""

import itertools

import numpy as np
import pytest

from services.contracts.audio import LegStart
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.listening import Listener, Utterance
from services.transcribe.vad import SileroModel
from tests.fakes.speech import pcm, say, silence

FRENCH = "Bonjour, je vous appelle parce que mon colis n'est toujours pas arrivé."


@pytest.fixture(scope="module")
def silero() -> SileroModel:
    return SileroModel()


def listen(
    silero: SileroModel, audio: Samples, *, step: int = 3200, offset_ms: int = 0
) -> list[Utterance]:
    leg = LegStart(
        tenant="t",
        conversation_id="c",
        leg_id="l",
        role="customer",
        encoding="pcm_s16le",
        sample_rate=16000,
        offset_ms=offset_ms,
    )
    listener = Listener(leg, silero)
    data = pcm(audio)
    heard = [u for at in range(0, len(data), step) for u in listener.push(data[at : at + step])]
    return heard + listener.finish()


def finals(heard: list[Utterance]) -> list[Utterance]:
    return [utterance for utterance in heard if utterance.final]


def test_two_sentences_are_two_utterances_in_their_place(silero: SileroModel) -> None:
    speech = say(FRENCH, "fr")
    long = len(speech) / SAMPLE_RATE
    audio = np.concatenate([silence(2), speech, silence(1.5), speech, silence(1)])
    first, second = finals(listen(silero, audio, offset_ms=10_000))
    assert first.start_ms == pytest.approx(12_000, abs=250)
    assert first.end_ms == pytest.approx(12_000 + 1000 * long, abs=400)
    assert second.start_ms == pytest.approx(13_500 + 1000 * long, abs=250)
    assert (first.number, second.number) == (0, 1)
    assert first.audio_ms < first.start_ms
    assert first.seconds == pytest.approx(long + 0.6, abs=0.6)


def test_how_audio_arrives_changes_nothing(silero: SileroModel) -> None:
    audio = np.concatenate([silence(0.5), say(FRENCH, "fr"), silence(1)])
    places = {
        step: [
            (u.start_ms, u.end_ms, len(u.samples)) for u in finals(listen(silero, audio, step=step))
        ]
        for step in (640, 641, 9_999, 1 << 20)
    }
    assert len({tuple(place) for place in places.values()}) == 1


def test_a_final_was_sent_ahead_with_the_same_audio(silero: SileroModel) -> None:
    audio = np.concatenate([silence(0.5), say(FRENCH, "fr"), silence(1)])
    heard = listen(silero, audio, step=640)
    (final,) = finals(heard)
    ahead = [utterance for utterance in heard if utterance.ahead][-1]
    assert (ahead.number, ahead.audio_ms, ahead.end_ms) == (0, final.audio_ms, final.end_ms)
    assert np.array_equal(ahead.samples, final.samples)
    assert ahead.age_s < final.age_s
    assert not any(utterance.ahead for utterance in listen(silero, audio, step=1 << 20))


def test_partials_grow_a_second_at_a_time(silero: SileroModel) -> None:
    heard = listen(silero, np.concatenate([say(FRENCH * 2, "fr"), silence(1)]), step=640)
    partials = [u for u in heard if not (u.final or u.ahead) and u.number == 0]
    assert len(partials) >= 3
    growth = np.diff([u.seconds for u in partials])
    assert growth.min() >= 0.99


def test_speech_without_a_pause_is_cut_before_fourteen_seconds(silero: SileroModel) -> None:
    words = " ".join(FRENCH.replace(",", "").replace(".", "").split() * 8)
    spoken = finals(listen(silero, say(words, "fr")))
    assert len(spoken) >= 2
    assert all(utterance.seconds <= 14.1 for utterance in spoken)
    for before, after in itertools.pairwise(spoken):
        assert after.audio_ms >= before.audio_ms + 1000 * before.seconds - 1


@pytest.mark.parametrize("level", [0.0, 0.003, 0.03, 0.2])
def test_silence_and_noise_are_not_speech(silero: SileroModel, level: float) -> None:
    noise = np.random.default_rng(3).normal(0, level, 5 * SAMPLE_RATE).astype(np.float32)
    assert finals(listen(silero, noise)) == []


def test_a_dial_tone_and_touch_tones_are_not_speech(silero: SileroModel) -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    dial = 0.3 * np.sin(2 * np.pi * 440 * time)
    touch = 0.3 * (np.sin(2 * np.pi * 697 * time) + np.sin(2 * np.pi * 1209 * time))
    touch *= (time % 0.4) < 0.2
    for tone in (dial, touch):
        assert finals(listen(silero, tone.astype(np.float32))) == []
