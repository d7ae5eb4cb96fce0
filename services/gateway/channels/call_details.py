"""What a telephone system may say of a call in its own words: custom parameters, or the query."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from services.contracts.audio import SpeechRole
from services.contracts.base import Identifier, Language
from services.gateway.channels.audiohook_messages import language_of
from services.gateway.channels.base import ConversationOpened
from services.gateway.validation import from_validation


def _tag(value: object) -> object:
    return language_of(value) if isinstance(value, str) else value


class CallDetails(BaseModel):
    """Names and language of a call, all of them optional.

    ``role`` says who speaks on a socket of one participant. What else a system says is left alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    conversation_id: Identifier | None = None
    customer_id: Identifier | None = None
    adviser_id: Identifier | None = None
    language: Annotated[Language | None, BeforeValidator(_tag)] = None
    role: SpeechRole | None = None

    @classmethod
    def read(cls, *sources: Mapping[str, object]) -> "CallDetails":
        """Return what the sources say; a later one wins, and an empty text says nothing.

        Raises:
            InvalidInput: names the field that does not fit.
        """
        said = {
            name: value
            for source in sources
            for name, value in source.items()
            if name in cls.model_fields and value not in ("", None)
        }
        try:
            return cls.model_validate(said)
        except ValidationError as invalid:
            raise from_validation(invalid) from None

    def opened(self, conversation_id: str | None = None) -> ConversationOpened:
        """Return the opening of the call, which is called ``conversation_id`` unless it says so.

        Raises:
            InvalidInput: when that can be no id of ours.
        """
        name = self.conversation_id or conversation_id
        if name is not None and self.conversation_id is None:
            name = CallDetails.read({"conversation_id": name}).conversation_id
        return ConversationOpened(
            channel="voice",
            conversation_id=name,
            customer_id=self.customer_id,
            adviser_id=self.adviser_id,
            language=self.language,
        )
