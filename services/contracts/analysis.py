"""What the models read in a turn: predictions keyed by head name, and entities."""

from typing import Annotated

from pydantic import Field

from services.contracts.base import Contract, Identifier, Probability
from services.contracts.knowledge import FoundPassage
from services.contracts.suggestions import TurnEvidence


class ScoredLabel(Contract):
    """A label with its calibrated probability."""

    label: str
    confidence: Probability


class Prediction(Contract):
    """What one head says of one turn.

    ``label`` is ``None`` when the head says "none of these"; ``confidence`` is then the probability
    of that. ``top`` lists the best labels, most probable first. ``score`` is used by heads with an
    order (sentiment: -1 negative to +1 positive).
    """

    label: str | None
    confidence: Probability
    top: tuple[ScoredLabel, ...] = ()
    score: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None


class Entity(Contract):
    """A span of a turn; ``start`` and ``end`` count code points, ``end`` is exclusive."""

    type: str
    text: str
    value: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class TurnAnalysed(Contract):
    """Data of ``turn.analysed``.

    ``passages`` answer what a customer asks, most probable first. ``models`` names the version of
    each model that was used.
    """

    turn_id: Identifier
    predictions: dict[str, Prediction]
    entities: tuple[Entity, ...] = ()
    passages: tuple[FoundPassage, ...] = ()
    models: dict[str, str] = {}
    latency_ms: Annotated[float, Field(ge=0.0)]


class MomentDetected(Contract):
    """Data of ``moment.detected``: something in a turn that is worth more than a mood.

    ``churn_risk``, ``complaint``, ``vulnerability``, ``distress``, ``repeat_contact``,
    ``failed_self_service``, ``abuse`` and ``human_request`` are found in the customer's turns only;
    ``promise_made``, what the customer is owed, in the adviser's only. ``evidence`` quotes the
    sentence that gives the moment away.
    """

    turn_id: Identifier
    moment: str
    confidence: Probability
    evidence: TurnEvidence
