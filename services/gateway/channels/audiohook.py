"""Genesys AudioHook v2: both sides of a call from Genesys Cloud, transcripts and cards back."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from services.contracts.audio import SampleRate
from services.contracts.base import Identifier
from services.contracts.conversation import PANEL_TURN
from services.contracts.events import (
    ConversationEvent,
    SuggestionOfferedEvent,
    TurnFinalEvent,
    TurnPartialEvent,
)
from services.contracts.suggestions import SuggestionOffered
from services.gateway.channels.audiohook_messages import (
    PROBE,
    Close,
    Discarded,
    Envelope,
    Media,
    Open,
    Update,
    Wanted,
    agent_assist,
    language_of,
    transcript,
)
from services.gateway.channels.base import (
    AudioChunk,
    CodecEvent,
    ConversationOpened,
    Finished,
    Gap,
    Handshake,
    LanguageChanged,
    LegOpened,
    ListeningCodec,
    Refused,
    UnexpectedFrame,
    UnreadableFrame,
)
from services.gateway.validation import from_validation
from services.kit.errors import InvalidInput, SouffleurError

RATE: SampleRate = 8_000
SIDES = ("external", "internal")
"""Channels of an offer: the customer, then the adviser."""

_ROLES: Mapping[str, Any] = {"external": "customer", "internal": "adviser"}
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)

M = TypeVar("M", bound=BaseModel)


class AudioHookCodec(ListeningCodec):
    """One AudioHook session. Both sides number their messages, and a gap in them is fatal."""

    follows = True
    other_side_closes = True

    def __init__(self, handshake: Handshake) -> None:
        self._headers = handshake.headers
        self._session = handshake.headers.get("audiohook-session-id", "")
        self._out: list[str] = []
        self._sent = self._heard = 0
        self._opening: Open | None = None
        self._media: dict[str, Any] | None = None
        self._sides: tuple[str, ...] = ()
        self._wanted = Wanted()
        self._offset_ms = 0.0
        self._paused = self._probing = self._leaving = self._closed = False

    def receive_text(self, text: str) -> list[CodecEvent]:
        try:
            message = _read(Envelope, _json(text))
            self._check(message)
            return self._message(message)
        except SouffleurError as error:
            return [] if self._leaving else [Refused(error, fatal=True)]

    def receive_bytes(self, data: bytes) -> list[CodecEvent]:
        if self._leaving or self._probing or self._closed:
            return []
        if self._media is None or self._paused:
            when = "while the session is paused" if self._paused else "before media is agreed on"
            return [Refused(UnexpectedFrame(f"There is no audio {when}."), fatal=True)]
        count = len(self._sides)
        if len(data) % count:
            error_ = InvalidInput(f"A frame of {count} channels holds a multiple.", field="audio")
            return [Refused(error_, fatal=True)]
        return [AudioChunk(index, data[index::count]) for index in range(count)]

    def started(self, conversation_id: str, leg_ids: list[str], offset_ms: float) -> None:
        del conversation_id, leg_ids
        self._offset_ms = offset_ms
        self._opened()

    def happened(self, event: ConversationEvent) -> None:
        """Send transcripts and cards, as the integration wants them."""
        happened = event.event
        if self._leaving or self._closed:
            return
        if isinstance(happened, TurnFinalEvent | TurnPartialEvent):
            self._say_turn(happened)
        elif isinstance(happened, SuggestionOfferedEvent):
            self._say_card(happened.data)

    def refused(self, error: SouffleurError) -> None:
        if not self._leaving:
            self._leaving = True
            self._send("disconnect", reason="error", info=f"{error.code}: {error}")

    def finished(self) -> None:
        self._closed = True
        self._send("closed")

    def data_to_send(self) -> list[str]:
        out, self._out = self._out, []
        return out

    def _check(self, message: Envelope) -> None:
        if message.seq != self._heard + 1:
            raise InvalidInput(f"Expected seq {self._heard + 1}.", field="seq")
        if message.serverseq > self._sent:
            raise InvalidInput(f"We have sent {self._sent} messages.", field="serverseq")
        self._heard = message.seq
        if message.id != self._session:
            raise InvalidInput("It differs from Audiohook-Session-Id.", field="id")
        if message.type != "open" and self._opening is None:
            raise UnexpectedFrame("Send open first.", field="type")

    def _message(self, message: Envelope) -> list[CodecEvent]:
        match message.type:
            case "open":
                return self._open(_read(Open, message.parameters))
            case "ping":
                self._send("pong")
            case "paused":
                self._paused = True
            case "resumed":
                self._paused = False
                return self._gap(_read(Discarded, message.parameters))
            case "discarded":
                return self._gap(_read(Discarded, message.parameters))
            case "update":
                update = _read(Update, message.parameters)
                return [LanguageChanged(language_of(update.language))]
            case "close":
                return self._close(_read(Close, message.parameters))
        # `error` needs no answer, and messages that are new to us ask for none.
        return []

    def _open(self, opening: Open) -> list[CodecEvent]:
        if self._opening is not None:
            raise UnexpectedFrame("A session is opened once.", field="type")
        if opening.organization_id != self._headers.get("audiohook-organization-id"):
            msg = "It differs from Audiohook-Organization-Id."
            raise InvalidInput(msg, field="organizationId")
        try:
            self._wanted = Wanted.read(opening.custom_config)
        except ValueError as error:
            msg = 'Use for example {"transcripts":"final","agentassist":true}.'
            raise InvalidInput(msg, field="customConfig") from error
        self._opening = opening
        self._choose(opening)
        if opening.conversation_id == PROBE:
            self._probing = True
            self._opened()
            return []
        name = _identifier("conversationId", opening.conversation_id)
        language = language_of(opening.language)
        legs = [
            LegOpened(index, _ROLES[side], "mulaw", RATE, language)
            for index, side in enumerate(self._sides)
        ]
        if not legs:
            self._opened()
            return []
        return [ConversationOpened(channel="voice", conversation_id=name, language=language), *legs]

    def _choose(self, opening: Open) -> None:
        """Take the offer with the most sides; it is given back as it came."""
        for sides in (SIDES, SIDES[:1], SIDES[1:]):
            for offer in opening.media:
                media = _read(Media, offer)
                if (media.format, media.rate, media.channels) == ("PCMU", RATE, sides):
                    self._media, self._sides = offer, sides
                    return

    def _opened(self) -> None:
        parameters: dict[str, Any] = {"media": [self._media] if self._media else []}
        if self._opening is not None and self._opening.supported_languages:
            parameters["supportedLanguages"] = ["fr", "en"]
        self._send("opened", **parameters)

    def _gap(self, gap: Discarded) -> list[CodecEvent]:
        if self._probing or not gap.discarded:
            return []
        return [Gap(index, gap.discarded) for index in range(len(self._sides))]

    def _close(self, close: Close) -> list[CodecEvent]:
        if self._leaving or self._closed:
            self._leaving = False
            self.finished()
            return []
        # Anything but the end of the call may be followed by another session for the same call.
        return [Finished(completed=close.reason == "end")]

    def _say_turn(self, happened: TurnFinalEvent | TurnPartialEvent) -> None:
        turn = happened.data
        wanted = self._wanted.transcripts
        if wanted == "none" or (wanted == "final" and not turn.final):
            return
        if turn.id.startswith(PANEL_TURN):
            return
        side = "external" if turn.role == "customer" else "internal"
        if side in self._sides:
            channel = SIDES.index(side)
            self._send("event", entities=[transcript(turn, channel, self._offset_ms)])

    def _say_card(self, offered: SuggestionOffered) -> None:
        if self._wanted.agentassist and not offered.held:
            self._send("event", entities=[agent_assist(offered.suggestion)])

    def _send(self, type_: str, **parameters: Any) -> None:
        self._sent += 1
        message = {
            "version": "2",
            "id": self._session,
            "type": type_,
            "seq": self._sent,
            "clientseq": self._heard,
            "parameters": parameters,
        }
        self._out.append(json.dumps(message, ensure_ascii=False, separators=(",", ":")))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFrame("Send JSON.") from error


def _read(model: type[M], data: Any) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as invalid:
        raise from_validation(invalid) from None


def _identifier(field: str, value: str) -> str:
    try:
        return _IDENTIFIER.validate_python(value)
    except ValidationError:
        msg = "Use 1 to 128 letters, digits or _.:@+- and start with a letter or digit."
        raise InvalidInput(msg, field=field) from None
