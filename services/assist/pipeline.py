"""The spine of Souffleur: one event of a conversation in, what the adviser sees of it out."""

from collections.abc import Sequence

from services.assist import policy
from services.assist.analyst import Analyst, ModelsUnavailable
from services.assist.context import Context
from services.assist.contexts import Contexts
from services.assist.evidence import turn_evidence
from services.assist.knowledge.answering import Answers
from services.assist.playbooks.fitting import FittedPlaybook
from services.assist.playbooks.serving import Playbooks
from services.contracts.analysis import MomentDetected, TurnAnalysed
from services.contracts.conversation import Turn
from services.contracts.events import (
    ConversationEvent,
    Event,
    MomentDetectedEvent,
    ServiceState,
    ServiceStateEvent,
    TurnAnalysedEvent,
)
from services.kit.clock import Clock
from services.kit.errors import NotFound

HANDLED = frozenset(
    (
        *("turn.final", "context.updated", "conversation.ended"),
        *("suggestion.accepted", "suggestion.edited", "preferences.changed"),
    )
)
"""Events after which the cards may change. Not a dismissal: no other card jumps into its place."""


class Pipeline:
    """Handles a conversation's events one by one, in order; it keeps nothing of its own.

    The journal commits what ``handle`` returns together with the acknowledgement of the event, so
    each event has its effect once, whoever handles it and however often.
    """

    def __init__(
        self,
        contexts: Contexts,
        playbooks: Playbooks,
        clock: Clock,
        answers: Answers | None = None,
    ) -> None:
        self._contexts = contexts
        self._playbooks = playbooks
        self._clock = clock
        self._answers = answers

    async def handle(self, tenant: str, delivered: ConversationEvent) -> Sequence[Event]:
        """Return the events that follow from ``delivered``, which is one of ``HANDLED``."""
        event = delivered.event
        # One playbook for the whole event: a conversation under way changes over between turns.
        playbook = self._playbooks.ready(tenant) or await self._playbooks.fitted(tenant)
        try:
            known = await self._contexts.as_of(tenant, delivered)
        except NotFound:
            return ()  # expired or erased before its turn came
        if playbook is None:
            reason = "playbook_loading"
            return () if known.degraded else (self._state(event.conversation_id, reason),)
        events: list[Event] = []
        if event.type == "turn.final":
            analyst = playbook.analyst
            events += await self._read(analyst, tenant, event.conversation_id, event.data, known)
            known = self._contexts.after(tenant, event.conversation_id, known, events)
        return [*events, *self._whisper(playbook, event.conversation_id, known)]

    async def _read(
        self, analyst: Analyst, tenant: str, conversation_id: str, turn: Turn, known: Context
    ) -> Sequence[Event]:
        """One encoder pass and every head; the turn flows on when the models do not answer."""
        try:
            offered = {card.suggestion.subject for card in known.cards.values()}
            intents = {intent.label for intent in known.intents}
            analysis = await analyst.read(turn, intents, offered)
        except ModelsUnavailable as unavailable:
            return () if known.degraded else (self._state(conversation_id, unavailable.reason),)
        if analysis is None:
            return ()
        if self._answers is not None:
            analysis = await self._answers.answered(tenant, turn, analysis)
        analysed = TurnAnalysedEvent(
            conversation_id=conversation_id, time=self._clock.now(), data=analysis
        )
        state = (self._state(conversation_id),) if known.degraded else ()
        return (analysed, *self._moments(conversation_id, turn, analysis), *state)

    def _moments(
        self, conversation_id: str, turn: Turn, analysis: TurnAnalysed
    ) -> Sequence[MomentDetectedEvent]:
        told = analysis.predictions.get("moment")
        quotes = {entity.value: entity for entity in analysis.entities if entity.type == "moment"}
        return tuple(
            MomentDetectedEvent(
                conversation_id=conversation_id,
                time=self._clock.now(),
                data=MomentDetected(
                    turn_id=turn.id,
                    moment=moment.label,
                    confidence=moment.confidence,
                    evidence=turn_evidence(turn, quotes.get(moment.label)),
                ),
            )
            for moment in (told.top if told else ())
        )

    def _whisper(
        self, playbook: FittedPlaybook, conversation_id: str, known: Context
    ) -> Sequence[Event]:
        """Every suggester proposes what holds now; the policy chooses what is worth a glance."""
        now = self._clock.now()
        candidates = [card for each in playbook.suggesters for card in each.propose(known, now)]
        decisions = policy.choose(candidates, known, now)
        return [decision.of(playbook.name).event(conversation_id, now) for decision in decisions]

    def _state(self, conversation_id: str, reason: str | None = None) -> ServiceStateEvent:
        state = ServiceState(service="assist", reason=reason or "models answer again")
        return ServiceStateEvent(
            type="service.degraded" if reason else "service.restored",
            conversation_id=conversation_id,
            time=self._clock.now(),
            data=state,
        )
