"""What every contract has in common: strict, immutable models and the field types they share."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Language = Literal["fr", "en"]
"""Languages that Souffleur understands today (ISO 639-1)."""

Role = Literal["customer", "adviser", "bot"]
"""Who spoke. It comes from the channel, never from the text."""

Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,127}$", strip_whitespace=False)
]
"""An id given by another system: 1 to 128 characters, safe in a URL path and in a Redis key."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
"""A calibrated probability in [0, 1]."""

Milliseconds = Annotated[int, Field(ge=0)]
"""Milliseconds since the conversation started."""

Timestamp = AwareDatetime
"""An instant with its time zone (RFC 3339 on the wire)."""


class Contract(BaseModel):
    """An immutable value; an unknown field is an error, so that a typo is never silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalisedText(Contract):
    """A text that a person reads, in each language of the interface."""

    fr: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    en: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

    def get(self, language: str) -> str:
        """Return the text in ``language``, French when it is neither French nor English."""
        return self.en if language == "en" else self.fr
