"""Looks up what a customer's turn asks, while the turn is being read."""

import asyncio
import logging
import re
from typing import Protocol

from services.assist.encoder import Encoder
from services.assist.heads.sentences import sentence_spans
from services.assist.knowledge.library import Libraries
from services.assist.knowledge.words import stems
from services.assist.language import language_of_turn
from services.contracts.analysis import TurnAnalysed
from services.contracts.conversation import Turn

log = logging.getLogger(__name__)

TIMEOUT_S = 0.5
"""The other cards wait for it: later than this, the turn goes on without a document."""

WORTH_KEEPING = 0.3
"""Below, nothing is kept of what was found; a card asks for more (``policy``)."""

LEAST_STEMS = 2
"""A shorter question ("how much is it?") says what it is about in the sentence before it."""

_ASKING = re.compile(
    r"\?|\b(?:est-ce qu|qu['’]est-ce qu|comment|combien|pourquoi|quels?|quelles?|peut-on|puis-je"
    r"|faut-il|dois-je|savoir (?:si|comment|combien|quand|où)"
    r"|how|what|when|where|why|which|can i|could i|do i (?:have|need)|is there|wondering)\b",
    re.IGNORECASE,
)


class Answers(Protocol):
    """Adds to a reading the passage that answers it, if there is one."""

    async def answered(self, tenant: str, turn: Turn, analysis: TurnAnalysed) -> TurnAnalysed:
        """Return ``analysis``, with the passage found; whatever fails, the analysis is returned."""


class KnowledgeAnswers:
    """Asks the tenant's library what the customer asks; costs nothing without documents."""

    def __init__(self, libraries: Libraries, encoder: Encoder) -> None:
        self._libraries = libraries
        self._encoder = encoder

    async def answered(self, tenant: str, turn: Turn, analysis: TurnAnalysed) -> TurnAnalysed:
        """Return ``analysis`` with at most one passage, and the words that ask for it."""
        if turn.role != "customer" or not self._libraries.has_documents(tenant):
            return analysis
        span = asked(turn, analysis)
        if span is None:
            return analysis
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._look_up(tenant, turn, analysis, span)
        except Exception as error:
            # Whatever fails here, the turn is read. The log gets the error's kind and place alone.
            log.warning("knowledge failed", exc_info=error)
            return analysis

    async def _look_up(
        self, tenant: str, turn: Turn, analysis: TurnAnalysed, span: tuple[int, int]
    ) -> TurnAnalysed:
        query, language = turn.text[slice(*span)], language_of_turn(turn)
        [encoding] = await self._encoder.encode([query])
        found = await asyncio.to_thread(
            self._libraries.found, tenant, query, encoding.embedding, language, 1
        )
        passages = tuple(
            passage.model_copy(update={"asked": span})
            for passage in found
            if passage.score >= WORTH_KEEPING
        )
        return analysis.model_copy(update={"passages": passages}) if passages else analysis


def asked(turn: Turn, analysis: TurnAnalysed) -> tuple[int, int] | None:
    """Return the span of ``turn`` that asks something, ``None`` when nothing does.

    That is its first question, from the sentence before where the question alone says too little.
    A turn without any mark of a question is one when the dialogue act says so.
    """
    text, language = turn.text, language_of_turn(turn)
    before: tuple[int, int] | None = None
    for span in sentence_spans(text):
        if _ASKING.search(text, *span):
            if before and len(stems(text[slice(*span)], language)) < LEAST_STEMS:
                return before[0], span[1]
            return span
        before = span
    act = analysis.predictions.get("dialogue_act")
    return (0, len(text)) if act is not None and act.label == "question" else None
