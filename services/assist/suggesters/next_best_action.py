"""Next best actions: those of the playbook whose conditions hold, most confident first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import ClassVar

from services.assist.conditions import Held, evaluate
from services.assist.context import Context
from services.assist.suggesters.suggester import Candidate, suggestion_id, turn_of
from services.assist.wording import filled
from services.contracts.playbook import Action, Condition, Playbook
from services.contracts.suggestions import Suggestion, SuggestionKind

GENERIC_RELEVANCE = 0.85
"""How often the action is the right one when the intent is right and nothing else is asked."""

SPECIFIC_GAIN = 0.5
"""Each further condition that holds halves what is left of the doubt: .85, .925, .96, ..."""

CONTEXT_ONLY = 0.7
"""An action that no word of the customer asks for rests on facts that are certain, and may still
not be what they came for: "probable" on the screen (0.65), below what their words clearly want."""


LEANING = 0.18
"""How much the customer's words count among the actions that are allowed: the power of the ratio of
two shares. A likeness 0.1 lower costs a quarter of the confidence, but for ``LEAST``."""

LEAST = 0.85
"""What words alone can take from an action: they order what the playbook allows, they forbid
nothing."""


_NO_SHARE = 1e-5


class NextBestAction:
    """Proposes what the adviser could do now.

    The playbook's conditions gate; the learned leaning of the customer's words orders what passes.

    The confidence is the probability of the readings that the action rests on (the calibrated
    intent, times the sentiment where it counts) times how often an action so well specified is the
    right one: ``1 - (1 - GENERIC_RELEVANCE) * SPECIFIC_GAIN ** conditions``.
    """

    kind: ClassVar[SuggestionKind] = "next_best_action"

    def __init__(self, playbook: Playbook) -> None:
        self._always = tuple(action for action in playbook.actions if not action.when.intents)
        self._of_intent: dict[str, list[Action]] = {}
        for action in playbook.actions:
            for intent in action.when.intents:
                self._of_intent.setdefault(intent, []).append(action)

    def propose(self, context: Context, now: datetime) -> Sequence[Candidate]:
        # Most of a playbook's actions are for intents that nobody spoke of.
        asked = (self._of_intent.get(intent.label, ()) for intent in context.intents)
        actions = {action.id: action for action in chain(self._always, *asked)}
        found = {
            action.id: candidate
            for action in actions.values()
            if (candidate := self._candidate(action, context, now)) is not None
        }
        asked_for = [found[id_] for id_ in found if actions[id_].when.intents]
        # What rests on the record alone is due whatever the words are about.
        due = [found[id_] for id_ in found if not actions[id_].when.intents]
        return sorted(
            [*ordered(asked_for, context.leanings), *due],
            key=lambda candidate: (-candidate.suggestion.confidence, -candidate.priority),
        )

    def _candidate(self, action: Action, context: Context, now: datetime) -> Candidate | None:
        if action.id in context.done:
            return None
        today = now.date()
        held = evaluate(action.when, context, today)
        if held is None or not held.evidence:
            return None
        turn_id = turn_of(held.evidence, context)
        language = context.language
        title = filled(action.title.get(language), context.facts, language, today)
        body = filled(
            action.body.get(language) if action.body else "", context.facts, language, today
        )
        reason = filled(action.reason.get(language), context.facts, language, today)
        if turn_id is None or title is None or body is None or reason is None:
            return None
        suggestion = Suggestion(
            id=suggestion_id(turn_id, self.kind, action.id),
            kind=self.kind,
            subject=action.id,
            title=title,
            body=body or None,
            reason=reason,
            confidence=round(confidence(action.when, held), 4),
            turn_id=turn_id,
            evidence=held.evidence,
            payload={"action_id": action.id},
        )
        return Candidate(suggestion, action.priority)


def ordered(candidates: list[Candidate], leanings: Mapping[str, float]) -> list[Candidate]:
    """Return the candidates, less sure of those that the customer's words are less about.

    ``leanings`` are the shares of the likeliest actions; any other has the least of them at most.
    """
    if not leanings or len(candidates) < 2:
        return candidates
    least = max(min(leanings.values()), _NO_SHARE)
    shares = [max(leanings.get(card.suggestion.subject, 0.0), least) for card in candidates]
    most = max(shares)
    return [
        Candidate(_less_sure(card.suggestion, share / most), card.priority)
        for card, share in zip(candidates, shares, strict=True)
    ]


def _less_sure(suggestion: Suggestion, ratio: float) -> Suggestion:
    factor = max(LEAST, ratio**LEANING)
    if factor == 1:
        return suggestion
    return suggestion.model_copy(update={"confidence": round(suggestion.confidence * factor, 4)})


def confidence(when: Condition, held: Held) -> float:
    """Return how sure it is that this is what to do now, in [0, 1]."""
    relevance = 1 - (1 - GENERIC_RELEVANCE) * SPECIFIC_GAIN**held.specifics
    asked_for = bool(when.intents or when.sentiment or when.trend)
    return held.probability * relevance * (1.0 if asked_for else CONTEXT_ONLY)
