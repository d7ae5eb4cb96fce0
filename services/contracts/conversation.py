"""Conversations and their turns: who said what, when, on which channel."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from services.contracts.base import (
    Contract,
    Identifier,
    Language,
    Milliseconds,
    Probability,
    Role,
    Timestamp,
)

Channel = Literal["voice", "chat", "email", "messaging"]
"""The kind of channel a turn came by."""

MAX_TURN_CHARACTERS = 8_000
"""A turn longer than this is refused; an e-mail of 1,300 words still fits."""

TurnText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TURN_CHARACTERS, strip_whitespace=True)
]


PANEL_TURN = "panel."
"""What the id of a turn typed in the panel starts with: it is passed on to the chat's channel."""


class Word(Contract):
    """One recognised word; times are milliseconds since the conversation started."""

    text: str
    start_ms: Milliseconds
    end_ms: Milliseconds
    confidence: Probability


class Turn(Contract):
    """What one participant said in one go.

    ``text`` holds Unicode code points; every offset into it elsewhere counts code points.
    ``language`` is ``None`` while it is unknown. ``confidence`` is how sure the recogniser is of
    the text (not calibrated), ``None`` where none was asked. A partial (``final`` false) is
    superseded by the next turn with the same ``id``.
    """

    id: Identifier
    role: Role
    text: TurnText
    language: Language | None = None
    start_ms: Milliseconds
    end_ms: Milliseconds
    final: bool = True
    words: tuple[Word, ...] | None = None
    confidence: Probability | None = None
    channel: Channel

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Turn":
        if self.end_ms < self.start_ms:
            msg = "end_ms must not be before start_ms"
            raise ValueError(msg)
        return self


class ConversationStarted(Contract):
    """Data of ``conversation.started``."""

    channel: Channel
    customer_id: Identifier | None = None
    adviser_id: Identifier | None = None
    language: Language | None = None


class ConversationTransferred(Contract):
    """Data of ``conversation.transferred``."""

    to_adviser_id: Identifier
    note: Annotated[str, StringConstraints(max_length=2_000)] | None = None


class ConversationEnded(Contract):
    """Data of ``conversation.ended``."""

    reason: Literal["completed", "dropped", "transferred"] = "completed"


class ConversationSummary(Contract):
    """One row of the list of conversations."""

    id: Identifier
    channel: Channel
    customer_id: Identifier | None = None
    adviser_id: Identifier | None = None
    language: Language | None = None
    started_at: Timestamp
    ended_at: Timestamp | None = None
    turns: Annotated[int, Field(ge=0)] = 0
