"""What a suggester is: it proposes candidate cards from a context, and decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Protocol
from uuid import UUID, uuid5

from services.assist.context import Context
from services.contracts.suggestions import Evidence, Suggestion, SuggestionKind

NAMESPACE = UUID("6f0d7e1c-5b0a-5c5e-9d43-0b3a3f1f8f5e")
"""Ours; a card's id is the uuid5 of its turn, kind and subject in it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card that holds now. ``priority`` (0 to 100) is the playbook's, for ties."""

    suggestion: Suggestion
    priority: int


class Suggester(Protocol):
    """Proposes cards of one kind. It is pure: the same context and time give the same cards."""

    kind: ClassVar[SuggestionKind]

    def propose(self, context: Context, now: datetime) -> Sequence[Candidate]:
        """Return every card that holds in ``context``, each with evidence, best first."""


@lru_cache(maxsize=1024)  # a card that holds is proposed anew at each turn
def suggestion_id(turn_id: str, kind: SuggestionKind, subject: str) -> str:
    """Return the id of a card: the same for the same turn, kind and subject, for ever."""
    return str(uuid5(NAMESPACE, f"{turn_id}|{kind}|{subject}"))


def turn_of(evidence: Sequence[Evidence], context: Context) -> str | None:
    """Return the turn a card belongs to: the latest one quoted, else the customer's last.

    ``None`` before the customer has spoken: nothing is whispered then, the context card says it.
    """
    places = {turn.id: place for place, turn in enumerate(context.turns)}
    quoted = [item.turn_id for item in evidence if item.source == "turn"]
    if quoted:
        return max(quoted, key=lambda turn_id: places.get(turn_id, -1))
    last = context.last_customer_turn
    return last.id if last else None
