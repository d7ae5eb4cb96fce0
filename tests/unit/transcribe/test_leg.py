"""One leg: order, identity, language, failures, and a journal that is away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from services.contracts.audio import LegStart
from services.contracts.conversation import Turn
from services.contracts.events import Event, TurnFinalEvent, TurnPartialEvent
from services.kit.errors import Conflict, NotFound, Unavailable
from services.kit.metrics import Metrics
from services.transcribe.backlog import Job
from services.transcribe.engines.port import SpokenWord, Transcript
from services.transcribe.leg import Leg, LegRules
from services.transcribe.listening import Utterance
from services.transcribe.metrics import TranscribeMeasures
from tests.fakes.virtual_clock import VirtualClock

START = LegStart(
    tenant="acme",
    conversation_id="call-1",
    leg_id="leg-1",
    role="customer",
    encoding="mulaw",
    sample_rate=8000,
)


class Inline(Executor):
    """Runs at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class ScriptedEar:
    """Hears what the test says: each byte pushed is the index of a prepared answer."""

    def __init__(self, answers: list[list[Utterance]]) -> None:
        self.answers = answers
        self.pausing = False
        self.due_ms = 96
        self.pushed: list[int] = []
        self.settled = asyncio.Event()

    def push(self, data: bytes) -> list[Utterance]:
        self.pushed += [len(data)] if data else []
        heard = [utterance for index in data for utterance in self.answers[index]]
        self.pausing = any(one.ahead for one in heard[-1:])
        return heard

    def settle(self) -> list[Utterance]:
        self.settled.set()
        return []

    def finish(self) -> list[Utterance]:
        return []


def utterance(
    number: int, *, final: bool = True, ahead: bool = False, seconds: float = 2.0
) -> Utterance:
    start = 3000 * number + 1000
    return Utterance(
        number=number,
        samples=np.zeros(int(16000 * seconds), np.float32),
        audio_ms=start - 300,
        start_ms=start,
        end_ms=start + 1500,
        age_s=0.5,
        final=final and not ahead,
        ahead=ahead,
    )


class Stage:
    def __init__(
        self, answers: list[list[Utterance]], start: LegStart = START, *, partials: bool = True
    ) -> None:
        self.jobs: list[Job] = []
        self.published: list[tuple[int, Turn]] = []
        self.failures: list[Exception] = []
        self.changed = asyncio.Event()
        self.ear = ScriptedEar(answers)
        self.time = VirtualClock()
        self.metrics = Metrics()
        self.leg = Leg(
            start,
            self.ear,
            submit=self.jobs.append,
            publish=self.publish,
            clock=self.time.clock,
            executor=Inline(),
            measures=TranscribeMeasures(self.metrics),
            partials=partials,
            rules=LegRules(batch_ms=0, stall_s=5.0),
        )

    async def publish(self, event: Event, seq: int) -> None:
        if self.failures:
            raise self.failures.pop(0)
        assert isinstance(event, TurnPartialEvent | TurnFinalEvent)
        assert event.conversation_id == "call-1"
        assert isinstance(event, TurnFinalEvent) == event.data.final
        self.published.append((seq, event.data))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Stage"]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.leg.run())
            await self.time.settle()
            yield self
            if not self.leg._ended:
                await self.leg.close()

    async def say(self, index: int) -> None:
        await self.leg.push(bytes([index]))
        await self.time.settle()

    async def answer(self, job: int, text: str, **more: Any) -> None:
        self.jobs[job].done.set_result(
            Transcript(text, more.pop("language", "fr"), mean_logprob=-0.2, **more)
        )
        await self.time.settle()

    @property
    def texts(self) -> list[str]:
        return [turn.text for _, turn in self.published]


async def test_a_turn_lies_on_the_conversations_timeline() -> None:
    async with Stage([[utterance(0)]]).running() as stage:
        await stage.say(0)
        await stage.answer(0, "Bonjour madame", words=(SpokenWord("Bonjour", 0.3, 0.9, 0.8),))
    ((seq, turn),) = stage.published
    assert seq == 1
    assert (turn.id, turn.role, turn.start_ms, turn.end_ms) == ("leg-1-0", "customer", 1000, 2500)
    assert turn.words is not None
    assert (turn.words[0].start_ms, turn.words[0].end_ms) == (1000, 1600)
    assert turn.confidence == pytest.approx(np.exp(-0.2), abs=1e-4)


async def test_it_listens_when_what_is_due_has_arrived() -> None:
    stage = Stage([[]])
    stage.leg._rules = LegRules(batch_ms=256, stall_s=5.0)
    stage.ear.due_ms = 2
    stage.leg._batch = stage.leg._enough()
    async with stage.running():
        for _ in range(15):  # 8 bytes last a millisecond
            await stage.say(0)
        assert stage.ear.pushed == []
        stage.ear.due_ms = 1
        await stage.say(0)
        assert stage.ear.pushed == [16]
        for _ in range(8):
            await stage.say(0)
        assert stage.ear.pushed == [16, 8]


async def test_finals_keep_the_order_of_speech() -> None:
    async with Stage([[utterance(0)], [utterance(1)], [utterance(2)]]).running() as stage:
        for index in range(3):
            await stage.say(index)
        await stage.answer(2, "trois")
        await stage.answer(1, "deux")
        assert stage.texts == []
        await stage.answer(0, "un")
        assert stage.texts == ["un", "deux", "trois"]
        assert [seq for seq, _ in stage.published] == [1, 2, 3]


async def test_partials_share_the_finals_id_and_wait_for_their_turn() -> None:
    answers = [[utterance(0, final=False)], [utterance(0)], [utterance(1, final=False)]]
    async with Stage([*answers, [utterance(1)]]).running() as stage:
        for index in range(4):
            await stage.say(index)
        await stage.answer(0, "Bonj")
        await stage.answer(2, "Je")
        assert stage.texts == ["Bonj"]
        await stage.answer(1, "Bonjour")
        await stage.answer(3, "Je vous appelle")
    assert [(turn.id, turn.final) for _, turn in stage.published] == [
        ("leg-1-0", False),
        ("leg-1-0", True),
        ("leg-1-1", False),
        ("leg-1-1", True),
    ]


async def test_a_partial_that_comes_after_its_final_is_not_shown() -> None:
    async with Stage([[utterance(0, final=False)], [utterance(0)]]).running() as stage:
        await stage.say(0)
        await stage.say(1)
        await stage.answer(1, "Bonjour")
        await stage.answer(0, "Bonj")
    assert stage.texts == ["Bonjour"]


async def test_a_failed_turn_does_not_stop_the_leg() -> None:
    async with Stage([[utterance(0)], [utterance(1)]]).running() as stage:
        await stage.say(0)
        await stage.say(1)
        stage.jobs[0].done.set_exception(RuntimeError("out of memory"))
        await stage.answer(1, "deux")
    assert stage.texts == ["deux"]


async def test_what_was_shown_stays_said_when_the_final_fails() -> None:
    async with Stage([[utterance(0, final=False)], [utterance(0)]]).running() as stage:
        await stage.say(0)
        await stage.answer(0, "Je veux résilier")
        await stage.say(1)
        stage.jobs[1].done.set_exception(RuntimeError("out of memory"))
        await stage.time.settle()
    assert [(turn.text, turn.final) for _, turn in stage.published] == [
        ("Je veux résilier", False),
        ("Je veux résilier", True),
    ]


async def test_made_up_text_is_not_a_turn() -> None:
    async with Stage([[utterance(0)]]).running() as stage:
        await stage.say(0)
        await stage.answer(0, "Sous-titres réalisés par la communauté d'Amara.org")
    assert stage.published == []


async def test_an_utterance_without_a_final_does_not_block_the_end() -> None:
    async with Stage([[utterance(0, final=False)]]).running() as stage:
        await stage.say(0)
        await stage.answer(0, "Allô")
        await stage.leg.close()
    assert [turn.final for _, turn in stage.published] == [False, True]


async def test_the_language_is_detected_once_on_a_clear_utterance() -> None:
    answers = [[utterance(0, seconds=0.6)], [utterance(1)], [utterance(2)]]
    async with Stage(answers).running() as stage:
        for index in range(3):
            await stage.say(index)
        assert stage.jobs[0].language() is None
        await stage.answer(0, "Oh", language="en", language_confidence=0.95)
        assert stage.jobs[1].language() is None
        await stage.answer(1, "Bonjour", language="fr", language_confidence=0.95)
        assert stage.jobs[2].language() == "fr"
        await stage.answer(2, "Hello", language="en", language_confidence=0.99)
        assert stage.jobs[2].language() == "fr"


async def test_a_forced_language_is_kept() -> None:
    start = START.model_copy(update={"language": "en"})
    async with Stage([[utterance(0)]], start).running() as stage:
        await stage.say(0)
        assert stage.jobs[0].language() == "en"
        await stage.answer(0, "Hello", language="en")


async def test_a_journal_that_is_away_loses_and_doubles_nothing() -> None:
    async with Stage([[utterance(0)], [utterance(1)]]).running() as stage:
        stage.failures = [Unavailable("no journal"), ConnectionResetError()]
        await stage.say(0)
        await stage.say(1)
        await stage.answer(0, "un")
        await stage.answer(1, "deux")
        assert stage.texts == []
        await stage.time.advance(5.0)
    assert [(seq, turn.text) for seq, turn in stage.published] == [(1, "un"), (2, "deux")]


async def test_a_turn_that_the_journal_refuses_takes_no_number() -> None:
    async with Stage([[utterance(0)], [utterance(1)]]).running() as stage:
        stage.failures = [NotFound("no such conversation")]
        await stage.say(0)
        await stage.say(1)
        await stage.answer(0, "un")
        await stage.answer(1, "deux")
    assert [(seq, turn.text) for seq, turn in stage.published] == [(1, "deux")]


async def test_close_waits_for_the_last_final() -> None:
    async with Stage([[utterance(0)]]).running() as stage:
        await stage.say(0)
        async with asyncio.TaskGroup() as tasks:
            closing = tasks.create_task(stage.leg.close())
            await stage.time.settle()
            assert not closing.done()
            await stage.answer(0, "Au revoir")
        assert stage.texts == ["Au revoir"]
        with pytest.raises(Conflict):
            await stage.leg.push(b"\0")


async def test_stalled_audio_ends_the_utterance() -> None:
    stage = Stage([])
    stage.leg._rules = LegRules(stall_s=0.01)
    async with stage.running():
        await asyncio.wait_for(stage.ear.settled.wait(), 5.0)


async def test_a_cancelled_leg_lets_its_callers_go() -> None:
    stage = Stage([[utterance(0)]])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(stage.leg.run())
        await stage.time.settle()
        running.cancel()
        with pytest.raises(Unavailable):
            await stage.leg.close()


def outcomes(stage: Stage) -> dict[str, float]:
    found = {
        kind: stage.metrics.registry.get_sample_value(
            "souffleur_transcribe_ahead_total", {"outcome": kind}
        )
        for kind in ("used", "late", "dropped")
    }
    return {kind: count for kind, count in found.items() if count}


@pytest.mark.parametrize("answered_first", [True, False])
async def test_what_was_begun_ahead_is_the_final(answered_first: bool) -> None:
    answers = [[utterance(0, ahead=True)], [utterance(0)], [utterance(1)]]
    async with Stage(answers, partials=False).running() as stage:
        await stage.say(0)
        stage.jobs[0].begun = True
        if answered_first:
            await stage.answer(0, "Bonjour")
            assert stage.published == []
        await stage.say(1)
        if not answered_first:
            await stage.answer(0, "Bonjour")
        assert [(turn.id, turn.text, turn.final) for _, turn in stage.published] == [
            ("leg-1-0", "Bonjour", True)
        ]
        assert len(stage.jobs) == 1
        await stage.say(2)
        await stage.answer(1, "Oui")
    assert [(seq, turn.id) for seq, turn in stage.published] == [(1, "leg-1-0"), (2, "leg-1-1")]
    assert outcomes(stage) == {"used": 1}
    lag = stage.metrics.registry.get_sample_value("souffleur_transcribe_final_lag_seconds_count")
    assert lag == 2


async def test_what_was_begun_ahead_is_dropped_when_speech_goes_on() -> None:
    answers = [[utterance(0, ahead=True)], [], [utterance(0, seconds=4.0)]]
    async with Stage(answers, partials=False).running() as stage:
        await stage.say(0)
        stage.jobs[0].begun = True
        await stage.say(1)
        await stage.answer(0, "Je veux")
        await stage.say(2)
        assert stage.published == []
        await stage.answer(1, "Je veux résilier")
    assert [(turn.text, turn.final) for _, turn in stage.published] == [("Je veux résilier", True)]
    assert outcomes(stage) == {"dropped": 1}


async def test_what_waits_is_taken_back_when_speech_goes_on() -> None:
    answers = [[utterance(0, ahead=True)], [], [utterance(0)]]
    async with Stage(answers).running() as stage:
        await stage.say(0)
        await stage.say(1)
        assert stage.jobs[0].done.cancelled()
        await stage.say(2)
        await stage.answer(1, "Bonjour")
    assert stage.texts == ["Bonjour"]


async def test_what_was_ahead_but_never_begun_is_asked_again_as_a_final() -> None:
    async with Stage([[utterance(0, ahead=True)], [utterance(0)]]).running() as stage:
        await stage.say(0)
        await stage.say(1)
        assert [job.final for job in stage.jobs] == [False, True]
        await stage.answer(1, "Bonjour")
    assert stage.texts == ["Bonjour"]
    assert outcomes(stage) == {"late": 1}


async def test_what_was_begun_ahead_serves_as_a_partial() -> None:
    answers = [[utterance(0, ahead=True)], [], [utterance(0, seconds=4.0)]]
    async with Stage(answers).running() as stage:
        await stage.say(0)
        await stage.answer(0, "Je veux")
        await stage.say(1)
        await stage.say(2)
        await stage.answer(1, "Je veux résilier")
    assert [(turn.text, turn.final) for _, turn in stage.published] == [
        ("Je veux", False),
        ("Je veux résilier", True),
    ]
