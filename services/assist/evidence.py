"""The customer's words that a reading rests on, cut to what can be read at a glance."""

import re

from services.contracts.analysis import Entity
from services.contracts.conversation import Turn
from services.contracts.suggestions import TurnEvidence

MAX_QUOTE = 200
"""Code points of a quote; a longer one is cut at the end of a sentence or a word."""

_SENTENCE_END = re.compile(r"[.!?…](?=\s)")


def span_entity(kind: str, value: str, text: str, span: tuple[int, int]) -> Entity:
    """Return the words behind a reading as an entity of ``turn.analysed``.

    Kept in the journal, so that a card made later, or by another worker, quotes the same words.
    ``span`` counts code points; surrounding blanks are left out.
    """
    start, end = trimmed(text, *span)
    return Entity(type=kind, text=text[start:end], value=value, start=start, end=end)


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span inside ``text``, without outer blanks, at most ``MAX_QUOTE`` long.

    A span that holds no words gives that of the whole text.
    """
    start, end = max(0, start), min(len(text), end)
    if start >= end or not text[start:end].strip():
        start, end = 0, len(text)
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    end = start + len(words.strip())
    if end - start > MAX_QUOTE:
        end = start + _cut(text[start : start + MAX_QUOTE])
    return start, end


def turn_evidence(turn: Turn, entity: Entity | None) -> TurnEvidence:
    """Return the words of ``entity`` as evidence, the turn's own when it has none."""
    start, end = trimmed(
        turn.text, *((entity.start, entity.end) if entity else (0, len(turn.text)))
    )
    return TurnEvidence(turn_id=turn.id, start=start, end=end, quote=turn.text[start:end])


def _cut(head: str) -> int:
    ends = [match.end() for match in _SENTENCE_END.finditer(head)]
    if ends:
        return ends[-1]
    blank = head.rfind(" ")
    return blank if blank > 0 else len(head)
