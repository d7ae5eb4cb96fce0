"""Suggesters: one file per kind of card, each listed here."""

from collections.abc import Callable

from services.assist.suggesters.cue import CueSuggester
from services.assist.suggesters.knowledge import KnowledgeSuggester
from services.assist.suggesters.next_best_action import NextBestAction
from services.assist.suggesters.suggester import Candidate, Suggester
from services.contracts.playbook import Playbook

__all__ = ["SUGGESTERS", "Candidate", "Suggester", "build_suggesters"]

SUGGESTERS: tuple[Callable[[Playbook], Suggester], ...] = (
    NextBestAction,
    CueSuggester,
    KnowledgeSuggester,
)
"""Every suggester. A new one is a file in this folder and a line in this tuple."""


def build_suggesters(playbook: Playbook) -> tuple[Suggester, ...]:
    """Make each suggester for a tenant's playbook."""
    return tuple(make(playbook) for make in SUGGESTERS)
