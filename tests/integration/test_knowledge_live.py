"""A customer asks, a document answers: the card is on the journal with its evidence."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.assist.app import Assistant
from services.contracts.base import Language
from services.contracts.conversation import ConversationStarted
from services.contracts.events import ConversationStartedEvent
from services.contracts.knowledge import KnowledgeDocument, KnowledgeQuery
from services.contracts.suggestions import Suggestion
from services.demo.stories import DATA
from services.journal.embedded import embedded_redis
from services.journal.journal import Journal
from services.kit.settings import Settings
from services.records.knowledge import KnowledgeRecords
from services.records.questions import Questions
from tests.fakes import scenes
from tests.fakes.kept import KEPT_DATA_DIR
from tests.fakes.scenes import CONVERSATION, said

ASKED = "Bonjour monsieur. Est-ce que je peux payer ma facture en plusieurs fois ?"
DOCUMENT = "paiement-plusieurs-fois"

IN_THE_DEMONSTRATION = "And do I have to sign a new contract for that?"


async def first_cards(
    journal: Journal, tenant: str, asked: str = ASKED, language: Language = "fr"
) -> list[Suggestion]:
    """Play a question into a conversation; return the cards that follow from it."""
    started = ConversationStartedEvent(
        conversation_id=CONVERSATION,
        time=scenes.at(0),
        data=ConversationStarted(channel="chat", language=language),
    )
    await journal.publish(tenant, started, producer="test", seq=1)
    await journal.publish(tenant, said("t1", "customer", asked), producer="test", seq=2)
    await journal.publish(tenant, said("t2", "customer", "Merci."), producer="test", seq=3)
    cards: list[Suggestion] = []
    async for item in journal.tail(tenant, CONVERSATION):
        if item.event.type == "suggestion.offered":
            cards.append(item.event.data.suggestion)
        if item.event.type == "turn.analysed" and item.event.data.turn_id == "t2":
            return cards
    raise AssertionError


@pytest.mark.timeout(300)  # the first run embeds the playbook
async def test_a_document_answers_a_customer_and_says_where(tmp_path: Path) -> None:
    lines = (DATA / "knowledge.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {row["id"]: row["text"] for row in map(json.loads, lines)}
    async with embedded_redis(tmp_path / "redis") as url, Journal.open(url) as journal:
        records, questions = KnowledgeRecords(journal.redis), Questions(journal.redis)
        for line in lines:
            document = KnowledgeDocument.model_validate_json(line)
            for tenant in ("t", "u"):
                await records.put(tenant, document, datetime.now(UTC))
        async with Assistant.open(Settings(data_dir=KEPT_DATA_DIR), journal):
            for tenant in ("t", "u"):
                while (await questions.ask(tenant, KnowledgeQuery(query="facture"))).pending:
                    pass
            cards = await first_cards(journal, "t")
            english = await first_cards(journal, "u", IN_THE_DEMONSTRATION, "en")
            without = await first_cards(journal, "nothing-lent")
    [card] = [card for card in cards if card.kind == "knowledge"]
    assert card.subject == DOCUMENT
    document_evidence, question = card.evidence
    assert document_evidence.source == "document"
    quote = texts[DOCUMENT][document_evidence.start : document_evidence.end]
    assert (document_evidence.document_id, document_evidence.quote) == (DOCUMENT, quote)
    assert (document_evidence.version, document_evidence.date.year) == ("1", 2025)
    assert question.source == "turn"
    assert question.quote == "Est-ce que je peux payer ma facture en plusieurs fois ?"
    assert "knowledge" not in {card.kind for card in without}
    [card] = [card for card in english if card.kind == "knowledge"]
    assert card.subject == "new-contract"
    assert card.reason.startswith("This document")
