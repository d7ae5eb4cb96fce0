"""Latency as the adviser feels it: from the end of speech, or a chat turn's send, to the screen."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class LatencyBook:
    """Adds up what the adviser's socket receives. Times are seconds of one monotonic clock.

    Args:
        end_of_turn: when the participant was done with a turn, as that clock saw it (None: the
            turn was not ours). It takes the data of ``turn.final``.
    """

    end_of_turn: Callable[[Mapping[str, Any]], float | None]
    turns: int = 0
    suggestions: int = 0
    _ends: dict[str, float] = field(default_factory=dict)
    _finals_ms: list[float] = field(default_factory=list)
    _suggestions_ms: list[float] = field(default_factory=list)

    def received(self, event: Mapping[str, Any], at: float) -> None:
        """Count an event of the journal that came at ``at``; repeats must be kept out before."""
        data = event["data"]
        if event["type"] == "turn.final":
            self.turns += 1
            ended = self.end_of_turn(data)
            if ended is not None:
                self._ends[data["id"]] = ended
                self._finals_ms.append(1000 * (at - ended))
        elif event["type"] == "suggestion.offered" and not data.get("held", False):
            self.suggestions += 1
            since = self._ends.get(data["suggestion"]["turn_id"])
            if since is not None:
                self._suggestions_ms.append(1000 * (at - since))

    def summary(self) -> dict[str, Any]:
        """Return the body of the last line of ``souffleur replay --json``."""
        return {
            "turns": self.turns,
            "suggestions": self.suggestions,
            "latency_ms": {
                "final_p50": percentile(self._finals_ms, 50),
                "final_p95": percentile(self._finals_ms, 95),
                "suggestion_p50": percentile(self._suggestions_ms, 50),
                "suggestion_p95": percentile(self._suggestions_ms, 95),
            },
        }


def percentile(values: Sequence[float], rank: float) -> float | None:
    """Return the nearest-rank percentile, to a tenth; None when there is no value."""
    if not values:
        return None
    index = max(0, math.ceil(len(values) * rank / 100) - 1)
    return round(sorted(values)[index], 1)
