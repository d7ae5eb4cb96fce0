"""The messages of Genesys AudioHook v2: what a client may send, and the entities we send back."""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.contracts.base import Language
from services.contracts.conversation import Turn
from services.contracts.suggestions import Suggestion

PROBE = "00000000-0000-0000-0000-000000000000"
"""The conversation of a connection test."""

_DURATION = re.compile(r"PT(\d+(?:\.\d+)?)S")


def _milliseconds(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        msg = "use PT<seconds>S, for example PT1.5S"
        raise ValueError(msg)
    return 1000.0 * float(match[1])


Duration = Annotated[float, BeforeValidator(_milliseconds)]
"""Milliseconds, written ``PT1.5S`` on the wire."""


class _Message(BaseModel):
    """Part of a message. Unknown fields are left alone: the protocol grows by them."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Envelope(_Message):
    """What surrounds every message of the client."""

    version: Literal["2"]
    id: str
    type: str
    seq: Annotated[int, Field(ge=1)]
    serverseq: Annotated[int, Field(ge=0)]
    position: Duration
    parameters: dict[str, Any] = {}


class Media(_Message):
    """One offer of audio."""

    type: str
    format: str
    channels: tuple[str, ...]
    rate: int


class Participant(_Message):
    """Who is on the line."""

    id: str = ""


class Open(_Message):
    """Parameters of ``open``."""

    organization_id: Annotated[str, Field(alias="organizationId")]
    conversation_id: Annotated[str, Field(alias="conversationId")]
    participant: Participant = Participant()
    media: tuple[dict[str, Any], ...]
    language: str | None = None
    supported_languages: Annotated[bool, Field(alias="supportedLanguages")] = False
    custom_config: Annotated[Any, Field(alias="customConfig")] = None


class Discarded(_Message):
    """Parameters of ``resumed`` and ``discarded``."""

    start: Duration
    discarded: Duration


class Update(_Message):
    """Parameters of ``update``."""

    language: str | None = None


class Close(_Message):
    """Parameters of ``close``."""

    reason: str


class Wanted(_Message):
    """What the integration wants to hear back, from its ``customConfig``."""

    transcripts: Literal["final", "all", "none"] = "final"
    agentassist: bool = False

    @classmethod
    def read(cls, given: Any) -> "Wanted":
        """Return what ``customConfig`` (JSON text, or JSON) asks for.

        Raises:
            ValueError: when it is not what it should be.
        """
        if given in (None, ""):
            return cls()
        return cls.model_validate(json.loads(given) if isinstance(given, str) else given)


def language_of(tag: str | None) -> Language | None:
    """Return our language for ``fr-FR`` and the like, ``None`` for what we do not speak."""
    primary = (tag or "").partition("-")[0].lower()
    return "fr" if primary == "fr" else "en" if primary == "en" else None


def duration(milliseconds: float) -> str:
    """Return ``PT1.5S`` for 1500 ms."""
    return f"PT{max(0.0, milliseconds) / 1000:.3f}".rstrip("0").rstrip(".") + "S"


def transcript(turn: Turn, channel: int, offset_ms: float) -> Mapping[str, Any]:
    """Return a ``transcript`` entity.

    Args:
        turn: a turn of a call.
        channel: 0 for the customer, 1 for the adviser.
        offset_ms: where the session's audio began on the conversation's timeline.
    """
    words = turn.words or ()
    # The protocol demands a number: what did not come from a recogniser is as good as certain.
    certainty = 1.0 if turn.confidence is None else turn.confidence
    if words:
        certainty = sum(word.confidence for word in words) / len(words)
    display: dict[str, Any] = {"type": "display", "transcript": turn.text}
    if words:
        display["tokens"] = [
            {
                "type": "word",
                "value": word.text.strip(),
                "confidence": round(word.confidence, 4),
                "offset": duration(word.start_ms - offset_ms),
                "duration": duration(word.end_ms - word.start_ms),
            }
            for word in words
        ]
    alternative: dict[str, Any] = {
        "confidence": round(certainty, 4),
        "interpretations": [display],
    }
    if turn.language is not None:
        alternative["languages"] = [turn.language]
    data = {
        "id": _uuid(turn.id),
        "channelId": channel,
        "isFinal": turn.final,
        "offset": duration(turn.start_ms - offset_ms),
        "duration": duration(turn.end_ms - turn.start_ms),
        "alternatives": [alternative],
    }
    return {"type": "transcript", "data": data}


def agent_assist(card: Suggestion) -> Mapping[str, Any]:
    """Return an ``agentassist`` entity: a document as an article, what to do as a question."""
    documents = [item for item in card.evidence if item.source == "document"]
    suggestion: dict[str, Any] = {
        "id": _uuid(card.id),
        "confidence": round(card.confidence, 4),
    }
    if documents:
        suggestion |= {
            "type": "article",
            "title": card.title,
            "excerpts": [item.quote for item in documents],
            "documentUri": f"urn:souffleur:document:{documents[0].document_id}",
        }
    else:
        answer = "\n".join(filter(None, (card.body, card.reason)))
        suggestion |= {"type": "faq", "question": card.title, "answer": answer}
    return {"type": "agentassist", "data": {"id": _uuid(card.id), "suggestions": [suggestion]}}


def _uuid(name: str) -> str:
    """Return ``name`` when it is a UUID, else the UUID that always stands for it."""
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
