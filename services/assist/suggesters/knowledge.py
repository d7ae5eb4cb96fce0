"""Knowledge: the passage of a document that answers what the customer just asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from services.assist.context import Context
from services.assist.suggesters.suggester import Candidate, suggestion_id
from services.contracts.base import LocalisedText
from services.contracts.playbook import Playbook
from services.contracts.suggestions import Suggestion, SuggestionKind

FRESH_TURNS = 3
"""Customer turns for which a card stays: time to read it out, then the talk has moved on."""

PRIORITY = 50
"""A document neither wins nor loses a tie by itself."""

REASON = LocalisedText(
    fr="Ce document répond à ce que demande le client.",
    en="This document answers what the customer asks.",
)


class KnowledgeSuggester:
    """Proposes at most one card: the document found last, with its version and date."""

    kind: ClassVar[SuggestionKind] = "knowledge"

    def __init__(self, playbook: Playbook) -> None:
        del playbook  # documents are the tenant's, whatever the playbook

    def propose(self, context: Context, now: datetime) -> Sequence[Candidate]:
        del now
        answer = context.answer
        if answer is None or context.customer_turns - answer.turn_number >= FRESH_TURNS:
            return ()
        passage, question = answer.passage, answer.question
        document = passage.evidence
        suggestion = Suggestion(
            id=suggestion_id(question.turn_id, self.kind, document.document_id),
            kind=self.kind,
            subject=document.document_id,
            title=passage.title,
            body=document.quote,
            reason=REASON.get(context.language),
            confidence=passage.score,
            turn_id=question.turn_id,
            evidence=(document, question),
            payload={"url": passage.url} if passage.url else {},
        )
        return (Candidate(suggestion, PRIORITY),)
