"""What is known of one conversation: an immutable value and what can be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median, median_high
from types import MappingProxyType
from typing import Literal

from services.assist.customer.history import Fact
from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.events import Preferences
from services.contracts.knowledge import FoundPassage
from services.contracts.suggestions import Suggestion, TurnEvidence

Trend = Literal["falling", "rising"]
CardState = Literal["held", "open", "accepted", "dismissed", "withdrawn", "expired"]

INTENT_TURNS = 3
"""Customer turns for which an intent stays alive beside a newer one: people ask two things at once,
and a follow-up question that is misread must not clear what they came for."""

TREND_STEP = 0.3
"""Change of the sentiment score (-1 to 1) that a person would notice between turns."""

SPEECH_EXPIRES = timedelta(seconds=6)
"""A partial this old with no final was noise: partials come each second while someone speaks."""


_NO_PREFERENCES = Preferences()


@dataclass(frozen=True, slots=True)
class IntentSeen:
    """An intent of the customer's; ``turn_number`` counts customer turns from 1."""

    label: str
    confidence: float
    evidence: TurnEvidence
    turn_number: int


@dataclass(frozen=True, slots=True)
class Mood:
    """The sentiment of one customer turn."""

    label: str
    score: float
    confidence: float
    evidence: TurnEvidence


@dataclass(frozen=True, slots=True)
class CueHeard:
    """A cue's phrase, heard in a customer turn; ``turn_number`` counts customer turns from 1."""

    confidence: float
    evidence: TurnEvidence
    turn_number: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A passage that answers a customer turn; ``turn_number`` counts customer turns from 1."""

    passage: FoundPassage
    question: TurnEvidence
    turn_number: int


@dataclass(frozen=True, slots=True)
class Card:
    """A suggestion that was made and what became of it.

    ``shown_at`` is when it took the adviser's attention (``None`` while held), ``turn_number`` the
    customer turn at which it was last offered or updated.
    """

    suggestion: Suggestion
    state: CardState
    changed_at: datetime
    shown_at: datetime | None
    turn_number: int

    @property
    def is_live(self) -> bool:
        """Whether it is on the screen, or can be pulled onto it."""
        return self.state in {"open", "held"}


@dataclass(frozen=True, slots=True)
class Context:
    """One conversation as of its last event.

    ``leanings``: the share of each action in the customer's last words that lean anywhere.
    """

    declared_language: Language | None = None
    spoken: Language | None = None
    turns: tuple[Turn, ...] = ()
    customer_turns: int = 0
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    customer_language: Language | None = None
    intents: tuple[IntentSeen, ...] = ()
    moods: tuple[Mood, ...] = ()
    cues: Mapping[str, CueHeard] = field(default_factory=lambda: MappingProxyType({}))
    answer: Answer | None = None
    done: frozenset[str] = frozenset()
    leanings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    cards: Mapping[str, Card] = field(default_factory=lambda: MappingProxyType({}))
    preferences: Preferences = _NO_PREFERENCES
    adviser_partial: tuple[str, datetime] | None = None
    degraded: bool = False
    ended: bool = False

    @property
    def language(self) -> Language:
        """The language of the cards: the adviser's, the conversation's until it is known."""
        chosen = self.preferences.language or self.declared_language
        return chosen or self.spoken or self.customer_language or "fr"

    @property
    def last_customer_turn(self) -> Turn | None:
        """What the customer said last."""
        return next((turn for turn in reversed(self.turns) if turn.role == "customer"), None)

    @property
    def intent(self) -> IntentSeen | None:
        """The current intent: the latest one, however long ago it was said."""
        return self.intents[-1] if self.intents else None

    @property
    def mood(self) -> Mood | None:
        """The latest sentiment."""
        return self.moods[-1] if self.moods else None

    @property
    def trend(self) -> Trend | None:
        """Where the mood goes: the last two turns both lie a step away from those before.

        One odd turn moves nothing: both of the last two must agree, and they are held against the
        median of up to three before. A fall must also end below neutral; a rise, which would call
        for less care, is held against the better half of those before.
        """
        scores = [mood.score for mood in self.moods]
        if len(scores) < 3:
            return None
        before, last = scores[-5:-2], scores[-2:]
        if max(last) <= median(before) - TREND_STEP and last[-1] <= -TREND_STEP:
            return "falling"
        if min(last) >= median_high(before) + TREND_STEP:
            return "rising"
        return None

    @property
    def live_cards(self) -> tuple[Card, ...]:
        """Cards on the screen or held, oldest first."""
        return tuple(card for card in self.cards.values() if card.is_live)

    def adviser_is_speaking(self, now: datetime) -> bool:
        """Whether the adviser is in the middle of a turn."""
        return self.adviser_partial is not None and now - self.adviser_partial[1] < SPEECH_EXPIRES

    def turn(self, turn_id: str) -> Turn | None:
        """Return a turn of the window."""
        return next((turn for turn in reversed(self.turns) if turn.id == turn_id), None)
