"""Cues: a signal in what the customer says, shown with their own words and no line to recite."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from services.assist.conditions import Held, evaluate
from services.assist.context import Context
from services.assist.suggesters.suggester import Candidate, suggestion_id, turn_of
from services.assist.wording import filled
from services.contracts.playbook import Condition, Cue, Playbook
from services.contracts.suggestions import Suggestion, SuggestionKind

PHRASE_TURNS = 2
"""A phrase counts for the turn it was heard in and the next: a card put off while the adviser
speaks can still come; later it would be stale."""

_ALWAYS = Condition()


class CueSuggester:
    """Proposes the playbook's cues: a phrase was heard, or mood, trend or facts fit.

    Either is enough: ``phrases`` are there for when sentiment alone does not give the signal away.
    """

    kind: ClassVar[SuggestionKind] = "cue"

    def __init__(self, playbook: Playbook) -> None:
        self._cues = playbook.cues
        self._places = {cue.id: place for place, cue in enumerate(playbook.cues)}
        # Comparing conditions at each turn would cost more than evaluating the few there are.
        self._conditional = {
            place for place, cue in enumerate(playbook.cues) if cue.when != _ALWAYS
        }

    def propose(self, context: Context, now: datetime) -> Sequence[Candidate]:
        heard = {self._places[id_] for id_ in context.cues if id_ in self._places}
        # Only these are looked at: the others are not in the processor's caches.
        possible = sorted(heard | self._conditional)
        found = (self._candidate(place, context, now) for place in possible)
        return sorted(
            (candidate for candidate in found if candidate is not None),
            key=lambda candidate: (-candidate.suggestion.confidence, -candidate.priority),
        )

    def _candidate(self, place: int, context: Context, now: datetime) -> Candidate | None:
        cue, today = self._cues[place], now.date()
        conditional = place in self._conditional
        conditions = evaluate(cue.when, context, today) if conditional else None
        held = _strongest(_heard(cue, context), conditions)
        if held is None or not held.evidence:
            return None
        turn_id = turn_of(held.evidence, context)
        language = context.language
        title = filled(cue.title.get(language), context.facts, language, today)
        reason = filled(cue.reason.get(language), context.facts, language, today)
        if turn_id is None or title is None or reason is None:
            return None
        suggestion = Suggestion(
            id=suggestion_id(turn_id, self.kind, cue.id),
            kind=self.kind,
            subject=cue.id,
            title=title,
            reason=reason,
            confidence=round(held.probability, 4),
            turn_id=turn_id,
            evidence=held.evidence,
            payload={"cue_id": cue.id},
        )
        return Candidate(suggestion, cue.priority)


def _heard(cue: Cue, context: Context) -> Held | None:
    heard = context.cues.get(cue.id)
    if heard is None or context.customer_turns - heard.turn_number >= PHRASE_TURNS:
        return None
    return Held(heard.confidence, 1, (heard.evidence,))


def _strongest(phrase: Held | None, conditions: Held | None) -> Held | None:
    if phrase is None or conditions is None:
        return phrase or conditions
    best, other = sorted((phrase, conditions), key=lambda held: -held.probability)
    return Held(best.probability, best.specifics, (Held(evidence=best.evidence) & other).evidence)
