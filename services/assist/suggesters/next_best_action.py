"""Next best actions: those of the playbook whose conditions hold, most confident first."""

from collections.abc import Sequence
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


class NextBestAction:
    """Proposes what the adviser could do now.

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
        found = (self._candidate(action, context, now) for action in actions.values())
        return sorted(
            (candidate for candidate in found if candidate is not None),
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


def confidence(when: Condition, held: Held) -> float:
    """Return how sure it is that this is what to do now, in [0, 1]."""
    relevance = 1 - (1 - GENERIC_RELEVANCE) * SPECIFIC_GAIN**held.specifics
    asked_for = bool(when.intents or when.sentiment or when.trend)
    return held.probability * relevance * (1.0 if asked_for else CONTEXT_ONLY)
