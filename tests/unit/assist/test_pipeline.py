"""The spine: what follows from each event, and what happens when the models do not answer."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pytest

from services.assist.analyst import REST_S, TIMEOUT_S, Analyst
from services.assist.contexts import Contexts
from services.assist.encoder import DIMENSIONS, Encoding
from services.assist.pipeline import HANDLED, Pipeline
from services.assist.playbooks.fitting import FittedPlaybook
from services.assist.playbooks.serving import OnePlaybook
from services.assist.suggesters import build_suggesters
from services.contracts.analysis import Prediction, ScoredLabel
from services.contracts.conversation import ConversationEnded, Turn
from services.contracts.events import ConversationEndedEvent, ConversationEvent, Event
from services.journal.encoding import WORK_TYPES
from services.kit.clock import Clock
from tests.fakes import scenes
from tests.fakes.scenes import CONVERSATION, at, feedback, said, speaking

T = TypeVar("T")


class Log:
    """A conversation's events in memory, with the journal's ids."""

    def __init__(self) -> None:
        self.events: list[ConversationEvent] = []
        self.reads = 0

    def add(self, event: Event) -> ConversationEvent:
        item = ConversationEvent(id=f"1-{len(self.events) + 1}", event=event)
        self.events.append(item)
        return item

    async def read(
        self, tenant: str, conversation_id: str, *, after: str | None = None
    ) -> Sequence[ConversationEvent]:
        self.reads += 1
        return self.events[int(after.partition("-")[2]) if after else 0 :]


class WordEncoder:
    """Answers at once, or as told: the models' failures, without the models."""

    name = "words"

    def __init__(self) -> None:
        self.passes = 0
        self.failure: Exception | None = None
        self.hangs = False

    async def encode(self, texts: Sequence[str], *, tuned: bool = False) -> list[Encoding]:
        self.passes += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure
        empty = np.zeros((1, DIMENSIONS), dtype=np.float32)
        return [Encoding(empty[0], empty, np.zeros((1, 2), dtype=np.int32)) for _ in texts]

    async def read(self, text: str, reader: Callable[[Encoding], T]) -> T:
        [encoding] = await self.encode([text], tuned=True)
        return reader(encoding)

    def close(self) -> None:
        pass


class WordHead:
    """Says a label when a word is in the turn."""

    def __init__(self, name: str, role: str, words: dict[str, str]) -> None:
        self.name = name
        self._role = role
        self._words = words

    def applies(self, turn: Turn) -> bool:
        return turn.role == self._role

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        label = next((label for word, label in self._words.items() if word in turn.text), None)
        score = {"negative": -0.8, "neutral": 0.0}.get(label or "")
        return Prediction(label=label, confidence=0.95, score=score)

    def best_span(self, encoding: Encoding, text: str, label: str) -> tuple[int, int]:
        word = next((word for word, known in self._words.items() if known == label), "")
        return text.index(word), text.index(word) + len(word)


BOOK = scenes.playbook(
    actions=[
        scenes.action("trace", {"intents": ["late"]}),
        scenes.action("offer_refund", {"intents": ["late"], "done": ["trace"]}),
    ],
    cues=[scenes.cue("annoyed", {"sentiment": ["negative"]})],
)


class Bench:
    """A pipeline over a log that keeps what it decides, as the journal's commit does."""

    def __init__(self) -> None:
        self.log = Log()
        self.encoder = WordEncoder()
        self.seconds = 0.0
        self.clock = Clock(lambda: at(self.seconds), lambda: self.seconds, asyncio.sleep)
        self.pipeline = self.take_over()

    def take_over(self) -> Pipeline:
        heads = [
            WordHead("intent", "customer", {"retard": "late"}),
            WordHead("sentiment", "customer", {"pénible": "negative", "": "neutral"}),
            WordHead("adviser_action", "adviser", {"je suis le colis": "trace"}),
        ]
        analyst = Analyst(self.encoder, heads, self.clock)
        return Pipeline(
            Contexts(self.log),
            OnePlaybook(FittedPlaybook(analyst, build_suggesters(BOOK))),
            self.clock,
        )

    async def play(self, event: Event, *, commit: bool = True) -> list[Event]:
        self.seconds = max(self.seconds, (event.time - at(0)).total_seconds())
        delivered = self.log.add(event)
        results = list(await self.pipeline.handle("t", delivered))
        if commit:
            for result in results:
                self.log.add(result)
        return results


def types(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


def subjects(events: Sequence[Event]) -> list[str]:
    return [
        event.data.suggestion.subject
        for event in events
        if event.type in {"suggestion.offered", "suggestion.updated"}
    ]


def test_what_is_handled_is_work_of_the_journal() -> None:
    assert HANDLED <= WORK_TYPES


async def test_a_customer_turn_is_read_once_and_whispered_about() -> None:
    bench = Bench()
    events = await bench.play(said("t1", "customer", "Encore du retard, c'est pénible"))
    assert types(events) == ["turn.analysed", "suggestion.offered", "suggestion.offered"]
    assert subjects(events) == ["annoyed", "trace"]
    assert bench.encoder.passes == 1
    analysed = events[0]
    assert analysed.type == "turn.analysed"
    assert {(e.type, e.text) for e in analysed.data.entities} == {
        ("intent", "retard"),
        ("sentiment", "pénible"),
    }


async def test_the_adviser_ticks_off_an_action_and_the_next_one_comes() -> None:
    bench = Bench()
    await bench.play(said("t1", "customer", "Mon colis a du retard"))
    events = await bench.play(said("t2", "adviser", "Alors je suis le colis", 5))
    assert types(events) == ["turn.analysed", "suggestion.withdrawn", "suggestion.offered"]
    assert subjects(events) == ["offer_refund"]
    analysed = events[0]
    assert analysed.type == "turn.analysed"
    assert set(analysed.data.predictions) == {"adviser_action"}, "no sentiment of the adviser (P3)"


async def test_a_bot_turn_is_not_read() -> None:
    bench = Bench()
    assert await bench.play(said("t1", "bot", "Votre colis a du retard")) == []
    assert bench.encoder.passes == 0


async def test_cards_wait_until_the_adviser_has_finished() -> None:
    bench = Bench()
    bench.log.add(speaking("a1", "adviser", 1))
    events = await bench.play(said("t1", "customer", "Mon colis a du retard", 1.5))
    assert types(events) == ["turn.analysed"]
    events = await bench.play(said("a1", "adviser", "Oui, alors", 3))
    assert types(events) == ["turn.analysed", "suggestion.offered"]
    assert events[1].type == "suggestion.offered"
    assert events[1].data.suggestion.turn_id == "t1"


async def test_accepting_brings_the_next_step_and_dismissing_brings_nothing() -> None:
    bench = Bench()
    events = await bench.play(said("t1", "customer", "Mon colis a du retard"))
    card = events[-1]
    assert card.type == "suggestion.offered"
    events = await bench.play(feedback("accepted", card.data.suggestion.id, 2))
    assert subjects(events) == ["offer_refund"]
    assert "suggestion.dismissed" not in HANDLED


async def test_the_end_takes_every_card_away() -> None:
    bench = Bench()
    await bench.play(said("t1", "customer", "Mon colis a du retard"))
    end = ConversationEndedEvent(conversation_id=CONVERSATION, time=at(9), data=ConversationEnded())
    assert types(await bench.play(end)) == ["suggestion.expired"]


async def test_a_redelivery_gives_the_same_events_with_the_same_ids() -> None:
    bench = Bench()
    first = await bench.play(said("t1", "customer", "Encore du retard"), commit=False)
    again = list(await bench.pipeline.handle("t", bench.log.events[-1]))
    elsewhere = list(await bench.take_over().handle("t", bench.log.events[-1]))
    assert first[1:] == again[1:] == elsewhere[1:]
    assert types(first) == ["turn.analysed", "suggestion.offered"]


async def test_another_worker_knows_all_that_happened() -> None:
    bench = Bench()
    await bench.play(said("t1", "customer", "Mon colis a du retard"))
    await bench.play(said("t2", "adviser", "Alors je suis le colis", 5))
    bench.pipeline = bench.take_over()
    assert types(await bench.play(said("t3", "customer", "Le retard, oui", 8))) == ["turn.analysed"]
    bench.pipeline = bench.take_over()
    reads = bench.log.reads
    await bench.play(said("t4", "customer", "Bon", 9))
    assert bench.log.reads == reads + 1


@pytest.mark.parametrize("kind", ["fails", "hangs"])
async def test_without_models_the_turn_flows_and_the_panel_is_told(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.assist.analyst.TIMEOUT_S", 0.05)
    assert TIMEOUT_S < 2.0, "shown within 2 s"
    bench = Bench()
    await bench.play(said("t1", "customer", "Mon colis a du retard"))
    if kind == "fails":
        bench.encoder.failure = RuntimeError("Mon colis a du retard")
    else:
        bench.encoder.hangs = True
    events = await bench.play(said("t2", "customer", "C'est pénible", 3))
    assert types(events) == ["service.degraded"]
    passes = bench.encoder.passes
    events = await bench.play(said("t3", "customer", "Vraiment pénible", 4))
    assert events == [], "told once, and the models are left to rest"
    assert bench.encoder.passes == passes
    bench.encoder.failure, bench.encoder.hangs = None, False
    events = await bench.play(said("t4", "customer", "C'est pénible", 4 + REST_S))
    assert types(events) == ["turn.analysed", "service.restored", "suggestion.offered"]


async def test_a_failure_is_logged_without_the_customers_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from services.kit.logging import JsonFormatter

    bench = Bench()
    bench.encoder.failure = RuntimeError("canari")
    await bench.play(said("t1", "customer", "canari"))
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert lines
    assert not any("canari" in line for line in lines)


class MomentHead(WordHead):
    """Tells every label whose word is in the turn."""

    def predict(self, encoding: Encoding, turn: Turn) -> Prediction:
        told = [label for word, label in self._words.items() if word in turn.text]
        top = tuple(ScoredLabel(label=label, confidence=0.9) for label in told)
        return Prediction(label=told[0] if told else None, confidence=0.9, top=top)


async def test_moments_follow_the_reading_with_their_words() -> None:
    bench = Bench()
    words = {"résilie": "churn_risk", "troisième fois": "repeat_contact"}
    analyst = Analyst(bench.encoder, [MomentHead("moment", "customer", words)], bench.clock)
    bench.pipeline = Pipeline(
        Contexts(bench.log), OnePlaybook(FittedPlaybook(analyst, ())), bench.clock
    )
    text = "C'est la troisième fois, je résilie."
    events = await bench.play(said("t1", "customer", text, seconds=1))
    assert types(events) == ["turn.analysed", "moment.detected", "moment.detected"]
    quotes = {}
    for event in events:
        if event.type == "moment.detected":
            evidence = event.data.evidence
            assert evidence.turn_id == event.data.turn_id == "t1"
            assert text[evidence.start : evidence.end] == evidence.quote
            quotes[event.data.moment] = evidence.quote
    assert quotes == {"churn_risk": "résilie", "repeat_contact": "troisième fois"}
    assert types(await bench.play(said("t2", "customer", "oui", seconds=2))) == ["turn.analysed"]
