"""The policy as it is served: what to do next, how sure, why, or nothing at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.assist.next_action.features import Scene
from services.assist.next_action.flow import Flow
from services.assist.next_action.history import Event, LookedUp, Said
from services.assist.next_action.scorer import Scorer
from services.assist.next_action.table import Table, lay_out

SILENT_BELOW = 0.5
"""Probability under which nothing is advised: rather right than wrong. What each threshold buys is
in the card (models/cards/next_action.md)."""

LOOKED_AT = 4
"""Turns and searches, newest first, that are tried as the reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an action was chosen.

    Attributes:
        source: a customer's or adviser's turn, or a search; without it, it would be less probable.
        turn_id: that turn's id, empty for a search.
        gain: by how much the probability is higher with it.
        after: the step of the flow, already done, that the action follows; ``None`` for none.
        distance: steps of the flow from there to the action, 0 without ``after``.
    """

    source: Literal["customer", "adviser", "search", "flow"]
    turn_id: str
    gain: float
    after: str | None
    distance: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next: every action with its probability, best first."""

    ranked: tuple[tuple[str, float], ...]
    reason: Reason | None

    @property
    def action(self) -> str | None:
        """The action to advise, ``None`` for silence."""
        best = self.ranked[0] if self.ranked else None
        return best[0] if best is not None and best[1] >= SILENT_BELOW else None


class NextActionPolicy:
    """Advises on conversations that follow some flows, known from training or new."""

    def __init__(
        self,
        scorer: Scorer,
        flows: Sequence[Flow],
        vector_of: Callable[[str], NDArray[np.float32]],
        common: bool = False,
    ) -> None:
        """``vector_of`` embeds (centred) as ``lay_out`` wants; ``common`` adds steps of no flow."""
        self._scorer = scorer
        self._table = lay_out(flows, scorer.common if common else (), vector_of)
        self._recalled = scorer.recalled(self._table) if self._table.ids else None

    def advise(self, events: Sequence[Event]) -> Advice:
        """Return the advice after ``events``, oldest first, and the reason for the best action."""
        ranked = tuple(self._ranked(events).items())
        if not ranked:
            return Advice((), None)
        return Advice(ranked, self._reason(events, *ranked[0]))

    def _ranked(self, events: Sequence[Event]) -> dict[str, float]:
        return self._scorer.probabilities(self._table, Scene.of(events), self._recalled)

    def _reason(self, events: Sequence[Event], action: str, probability: float) -> Reason:
        after, distance = follows(self._table, events, action)
        best: tuple[float, Event | None] = (0.0, None)
        for place in range(len(events) - 1, max(-1, len(events) - 1 - LOOKED_AT), -1):
            without = [*events[:place], *events[place + 1 :]]
            gain = probability - self._ranked(without)[action]
            if gain > best[0]:
                best = (gain, events[place])
        gain, event = best
        if isinstance(event, Said):
            return Reason(event.role, event.turn_id, gain, after, distance)
        source: Literal["search", "flow"] = "search" if isinstance(event, LookedUp) else "flow"
        return Reason(source, "", gain, after, distance)


def follows(table: Table, events: Sequence[Event], action: str) -> tuple[str | None, int]:
    """Return the nearest done step that ``action`` follows, the latest one first, and how far."""
    best: tuple[float, str | None] = (0.0, None)
    for event in reversed(events):
        if isinstance(event, Said) and event.action in table.rows_of:
            near = float(
                table.follows[np.ix_(table.rows_of[event.action], table.rows_of[action])].max()
            )
            if near > best[0]:
                best = (near, event.action)
    near, step = best
    return step, round(1 / near) if near else 0
