"""Whole conversations through the real journal, the real encoder and the general playbook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.assist.app import Assistant
from services.assist.playbooks import load_playbook
from services.assist.policy import SLOTS
from services.contracts.conversation import ConversationStarted
from services.contracts.events import (
    ConversationEvent,
    ConversationStartedEvent,
    Event,
    Preferences,
    PreferencesChangedEvent,
)
from services.contracts.suggestions import Suggestion
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.settings import Settings
from tests.fakes import scenes
from tests.fakes.kept import KEPT_DATA_DIR
from tests.fakes.scenes import CONVERSATION, feedback, said, speaking

TENANT = "demo"


@dataclass
class Chat:
    """Publishes one conversation and waits until the assistant has answered each event."""

    journal: Journal
    seq: int = 0
    seen: list[ConversationEvent] = field(default_factory=list)

    async def say(self, event: Event) -> list[Event]:
        """Publish; return what the assistant published up to its analysis of this turn."""
        await self.publish(event)
        turn_id = event.data.id  # type: ignore[union-attr]
        async with asyncio.timeout(20):
            async for item in self.journal.tail(TENANT, CONVERSATION, after=self._cursor()):
                if item.event.type == "turn.analysed" and item.event.data.turn_id == turn_id:
                    break
        # The whole answer was committed in one step, so it is all there.
        return await self.news()

    async def publish(self, event: Event) -> None:
        self.seq += 1
        await self.journal.publish(TENANT, event, producer="test", seq=self.seq)

    async def until(self, type_: str) -> list[Event]:
        async with asyncio.timeout(20):
            async for item in self.journal.tail(TENANT, CONVERSATION, after=self._cursor()):
                if item.event.type == type_:
                    break
        return await self.news()

    async def news(self) -> list[Event]:
        new = await self.journal.read(TENANT, CONVERSATION, after=self._cursor())
        self.seen += new
        return [item.event for item in new]

    def _cursor(self) -> str | None:
        return self.seen[-1].id if self.seen else None


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    settings = Settings(data_dir=KEPT_DATA_DIR)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(embedded_redis(tmp_path / "redis"))
        journal = await stack.enter_async_context(Journal.open(url))
        await stack.enter_async_context(Assistant.open(settings, journal))
        chat = Chat(journal)
        data = ConversationStarted(channel="chat", customer_id="k1", language="fr")
        started = ConversationStartedEvent(
            conversation_id=CONVERSATION, time=scenes.at(0), data=data
        )
        await chat.publish(started)
        yield chat


def example(intent_id: str) -> str:
    """A French example of the playbook: what the models read in it is not what is tested here."""
    intents = {intent.id: intent for intent in load_playbook("general").intents}
    return intents[intent_id].examples.fr[0]


def cards(events: list[Event], type_: str = "suggestion.offered") -> list[Suggestion]:
    return [
        event.data.suggestion
        for event in events
        if event.type in {"suggestion.offered", "suggestion.updated"} and event.type == type_
    ]


def subjects(events: list[Event], type_: str = "suggestion.offered") -> list[str]:
    return [card.subject for card in cards(events, type_)]


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_a_chat_about_a_parcel_that_never_came(chat: Chat) -> None:
    greeting = await chat.say(said("t1", "customer", "Bonjour"))
    assert subjects(greeting) == [], "nothing to whisper about a greeting"

    text = example("delivery_not_received")
    late = await chat.say(said("t2", "customer", text))
    assert "check_nobody_took_it" in subjects(late)
    card = next(card for card in cards(late) if card.subject == "check_nobody_took_it")
    [words] = [item for item in card.evidence if item.source == "turn"]
    assert words.source == "turn"
    assert words.turn_id == "t2"
    assert text[words.start : words.end] == words.quote

    asked = await chat.say(
        said("t3", "adviser", "Est-ce qu'un voisin ou le gardien aurait pu prendre le colis ?")
    )
    gone = [e.data.suggestion_id for e in asked if e.type == "suggestion.withdrawn"]
    assert card.id in gone, "the adviser did it: the card goes"
    assert "open_carrier_investigation" in subjects(asked)
    read = next(event for event in asked if event.type == "turn.analysed")
    assert read.type == "turn.analysed"
    heard = set(read.data.predictions)
    assert heard == {"adviser_action", "dialogue_act", "moment"}, "no mood of the adviser (P3)"

    angry = await chat.say(
        said(
            "t4",
            "customer",
            "Non, personne ! C'est scandaleux, je suis vraiment en colère contre vous",
        )
    )
    read = next(event for event in angry if event.type == "turn.analysed")
    assert read.type == "turn.analysed"
    assert read.data.predictions["sentiment"].label == "negative"

    thanks = await chat.say(said("t5", "customer", "D'accord"))
    assert "check_nobody_took_it" not in subjects(thanks), "what is done is not offered again"

    everything = [item.event for item in chat.seen]
    live: dict[str, Suggestion] = {}
    for event in everything:
        if event.type == "suggestion.offered" or event.type == "suggestion.updated":
            assert event.data.suggestion.evidence
            live[event.data.suggestion.id] = event.data.suggestion
        elif event.type == "suggestion.withdrawn" or event.type == "suggestion.expired":
            live.pop(event.data.suggestion_id, None)
        for kind, slots in SLOTS.items():
            assert sum(card.kind == kind for card in live.values()) <= slots
        names = [(card.kind, card.subject) for card in live.values()]
        assert len(names) == len(set(names))


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_the_record_gives_actions_their_facts(chat: Chat) -> None:
    await chat.publish(scenes.customer({"previous_monthly_amount": 29.99, "monthly_amount": 39.99}))
    events = await chat.say(said("t1", "customer", example("bill_increase")))
    card = next(card for card in cards(events) if card.subject == "compare_bills")
    assert "29,99\u00a0€" in card.reason
    assert "39,99\u00a0€" in card.reason
    facts = [item for item in card.evidence if item.source == "context"]
    assert {item.field for item in facts} == {"previous_monthly_amount", "monthly_amount"}
    assert {item.origin for item in facts} == {"CRM"}


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_silence_while_the_adviser_speaks_then_the_card(chat: Chat) -> None:
    import datetime as dt

    now = dt.datetime.now(dt.UTC)
    partial = speaking("a1", "adviser", 0).model_copy(update={"time": now})
    await chat.publish(partial)
    events = await chat.say(said("t1", "customer", example("cancel_subscription")))
    assert cards(events) == []
    events = await chat.say(said("a1", "adviser", "Oui, je vous écoute"))
    assert "ask_cancel_reason" in subjects(events)
    assert all(card.turn_id == "t1" for card in cards(events))


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_quiet_mode_holds_the_cards_and_a_click_counts(chat: Chat) -> None:
    quiet = PreferencesChangedEvent(
        conversation_id=CONVERSATION, time=scenes.at(0), data=Preferences(quiet=True)
    )
    await chat.publish(quiet)
    events = await chat.say(said("t1", "customer", example("cancel_subscription")))
    offers = [event for event in events if event.type == "suggestion.offered"]
    assert offers
    assert all(event.data.held for event in offers)
    card = next(card for card in cards(events) if card.subject == "ask_cancel_reason")
    await chat.publish(feedback("accepted", card.id))
    events = await chat.say(said("t2", "customer", "Parce que c'est trop cher pour moi"))
    assert "ask_cancel_reason" not in subjects(events)
