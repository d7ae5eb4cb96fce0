"""The real recogniser: the right words and language, word times, and nothing out of nothing."""

import json
import re

import numpy as np
import pytest

from services.contracts.audio import LegStart
from services.contracts.conversation import Turn
from services.contracts.events import Event, TurnFinalEvent, TurnPartialEvent
from services.kit.settings import Settings
from services.transcribe import guards
from services.transcribe.audio import SAMPLE_RATE, Samples
from services.transcribe.engines import open_engine
from services.transcribe.engines.port import Engine
from services.transcribe.scheduling import Limits
from services.transcribe.transcriber import Transcriber
from tests.fakes.speech import DEMO, pcm, recorded, silence, speech_model

FRENCH = (
    "colis-non-recu",
    "Oui, bonjour. Écoutez, d'après votre site, mon colis a été livré il y a trois jours. "
    "Et moi, je n'ai rien reçu. Rien du tout.",
)
ENGLISH = (
    "bill-and-slow-line",
    "Hi, yeah. I've just opened my bill, and it's gone up again. It was thirty-two pounds, and now "
    "it's forty-one. Nobody told me anything.",
)
PATIENT = Limits(slow_after_s=60.0, abandon_after_s=60.0)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(data_dir=speech_model(), speech_words=True)


@pytest.fixture(scope="module")
def engine(settings: Settings) -> Engine:
    return open_engine(settings)


def spoken(call: str, text: str) -> Samples:
    """Return the recording of one turn of a demonstration call, by the script's times."""
    script = json.loads((DEMO / call / "script.json").read_text())
    (turn,) = (turn for turn in script["turns"] if turn["text"].startswith(text))
    return recorded(call, turn["role"], turn["start_ms"] / 1000 - 0.2, turn["end_ms"] / 1000 + 0.3)


class Recorder:
    """Keeps what a journal would."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    async def publish(self, tenant: str, event: Event, *, producer: str, seq: int) -> None:
        assert isinstance(event, TurnPartialEvent | TurnFinalEvent)
        assert seq == len(self.turns) + 1
        self.turns.append(event.data)

    @property
    def finals(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.final]


async def transcribe(engine: Engine, settings: Settings, audio: Samples) -> Recorder:
    recorder = Recorder()
    async with Transcriber.open(settings, recorder, engine, limits=PATIENT) as sink:
        leg = await sink.open(
            LegStart(
                tenant="t",
                conversation_id="c",
                leg_id="l",
                role="customer",
                encoding="pcm_s16le",
                sample_rate=16000,
            )
        )
        data = pcm(audio)
        for at in range(0, len(data), 6400):
            await leg.push(data[at : at + 6400])
        await leg.close()
    return recorder


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.casefold()))


@pytest.mark.parametrize(("turn", "language"), [(FRENCH, "fr"), (ENGLISH, "en")])
async def test_speech_becomes_turns_in_its_language(
    engine: Engine,
    settings: Settings,
    turn: tuple[str, str],
    language: str,
) -> None:
    audio = np.concatenate([silence(0.5), spoken(*turn), silence(0.8)])
    turns = (await transcribe(engine, settings, audio)).finals
    assert {turn.language for turn in turns} == {language}
    heard = " ".join(turn.text for turn in turns)
    assert len(words(heard) & words(turn[1])) >= 0.6 * len(words(turn[1])), heard


async def test_word_times_rise_and_stay_within_the_call(engine: Engine, settings: Settings) -> None:
    audio = np.concatenate([silence(0.5), spoken(*ENGLISH), silence(0.8)])
    turns = (await transcribe(engine, settings, audio)).finals
    end = 0
    for turn in turns:
        assert turn.words is not None
        assert " ".join(word.text for word in turn.words).split() == turn.text.split()
        times = [time for word in turn.words for time in (word.start_ms, word.end_ms)]
        assert times == sorted(times)
        assert times[0] >= max(end, turn.start_ms - 400)
        assert times[-1] <= turn.end_ms + 400
        end = turn.end_ms


def music(seconds: float) -> Samples:
    """Return chords that change, with a beat: what callers hear on hold."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chords = [(262, 330, 392), (220, 277, 330), (294, 370, 440), (196, 247, 294)]
    notes = np.zeros_like(time)
    for at, chord in enumerate(chords * 4):
        inside = (time >= at * 0.5) & (time < (at + 1) * 0.5)
        for note in chord:
            notes += inside * np.sin(2 * np.pi * note * time) * np.exp(-3 * (time % 0.5))
    return (0.15 * notes).astype(np.float32)


@pytest.mark.parametrize("sound", ["silence", "noise", "hiss", "music"])
async def test_sounds_that_are_not_speech_say_nothing(
    engine: Engine, settings: Settings, sound: str
) -> None:
    rng = np.random.default_rng(11)
    audio = {
        "silence": silence(6),
        "noise": rng.normal(0, 0.2, 6 * SAMPLE_RATE).astype(np.float32),
        "hiss": rng.normal(0, 0.003, 6 * SAMPLE_RATE).astype(np.float32),
        "music": music(8),
    }[sound]
    assert (await transcribe(engine, settings, audio)).turns == []


@pytest.mark.parametrize("final", [True, False])
def test_the_guards_hold_even_without_the_detector(engine: Engine, final: bool) -> None:
    rng = np.random.default_rng(5)
    for audio in (silence(3), rng.normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32), music(3)):
        heard = engine.transcribe(audio, "fr", final=final, words=False)
        assert guards.rejection(heard, 3.0) is not None, heard


def test_a_long_utterance_is_recognised_to_its_end(engine: Engine) -> None:
    audio = spoken("bill-and-slow-line", "Mostly in the evening.")
    heard = engine.transcribe(audio, "en", final=True, words=False)
    assert len(heard.text) > 120
    assert "home" in heard.text.casefold()
    assert "told me" in heard.text.casefold()
