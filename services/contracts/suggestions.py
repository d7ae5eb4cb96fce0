"""Suggestions and their evidence: a card never reaches a screen without saying why."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from services.contracts.base import Contract, Identifier, Probability, Timestamp

SuggestionKind = Literal[
    "next_best_action", "knowledge", "reply", "cue", "already_said", "checklist", "form"
]

Offset = Annotated[int, Field(ge=0)]


class TurnEvidence(Contract):
    """The customer's own words: ``quote`` equals ``turn.text[start:end]`` in code points."""

    source: Literal["turn"] = "turn"
    turn_id: Identifier
    start: Offset
    end: Offset
    quote: Annotated[str, StringConstraints(min_length=1)]

    @model_validator(mode="after")
    def _quote_fits_its_offsets(self) -> "TurnEvidence":
        if self.end - self.start != len(self.quote):
            msg = "quote must be exactly end - start code points long"
            raise ValueError(msg)
        return self


class DocumentEvidence(Contract):
    """A passage of a document, with the version and date it was read at."""

    source: Literal["document"] = "document"
    document_id: Identifier
    version: str
    date: Timestamp
    start: Offset
    end: Offset
    quote: Annotated[str, StringConstraints(min_length=1)]


class ContextEvidence(Contract):
    """A fact of the customer's record: its ``field`` and the system it came from, ``origin``."""

    source: Literal["context"] = "context"
    field: str
    value: str
    origin: str
    date: Timestamp


Evidence = Annotated[
    TurnEvidence | DocumentEvidence | ContextEvidence, Field(discriminator="source")
]


class SuggestionAction(Contract):
    """Something the adviser can press on the card."""

    id: Identifier
    label: str


class Suggestion(Contract):
    """One card. ``subject`` is what it is about (an action's or a cue's id of the playbook).

    The id is ``uuid5(turn_id, kind, subject)``, so the same thing said twice is one card.
    ``payload`` belongs to the suggester; the gateway forwards it without reading it.
    """

    id: Identifier
    kind: SuggestionKind
    subject: Identifier
    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    body: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    confidence: Probability
    turn_id: Identifier
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    actions: tuple[SuggestionAction, ...] = ()
    payload: dict[str, Any] = {}


class SuggestionOffered(Contract):
    """Data of ``suggestion.offered`` and ``suggestion.updated``.

    ``held`` is true for a card that the adviser's own limits keep back; it can be pulled.
    """

    suggestion: Suggestion
    held: bool = False


class SuggestionWithdrawn(Contract):
    """Data of ``suggestion.withdrawn`` and ``suggestion.expired``."""

    suggestion_id: Identifier


class SuggestionFeedback(Contract):
    """Data of ``suggestion.shown|accepted|edited|dismissed``. It never names the adviser (P3)."""

    suggestion_id: Identifier
    action_id: Identifier | None = None
    text: Annotated[str, StringConstraints(max_length=8_000)] | None = None
