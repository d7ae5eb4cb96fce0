"""The AsyncAPI 3 description of every WebSocket, made from the same types that read the frames."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from services.contracts.adviser import (
    ConversationsFrame,
    ErrorFrame,
    EventFrame,
    Feedback,
    Resume,
    ResumedFrame,
    ResyncFrame,
    SendTurn,
    ServiceFrame,
    SetPreferences,
    SnapshotFrame,
)
from services.gateway.channels.asterisk import MediaStart
from services.gateway.channels.audiohook_messages import Envelope
from services.gateway.channels.chat import (
    ChatAcknowledged,
    ChatEnd,
    ChatEnded,
    ChatReply,
    ChatStart,
    ChatStarted,
    ChatTurnFrame,
)
from services.gateway.channels.jambonz import JambonzCall
from services.gateway.channels.media_streams import Packet
from services.gateway.channels.raw_audio import (
    AudioStart,
    AudioStarted,
    AudioStop,
    AudioStopped,
)
from services.gateway.channels.telnyx import TelnyxStart
from services.gateway.channels.twilio import TwilioStart
from services.gateway.channels.vonage import VonageConnected

_REFERENCE = "#/components/schemas/"
_PARAMETER = re.compile(r"\{(\w+)\}")


class AudioHookAnswer(BaseModel):
    """A message of ours: opened, pong, event, disconnect or closed."""

    version: str = "2"
    id: str
    type: str
    seq: int
    clientseq: int
    parameters: dict[str, Any]


class TwilioMessage(BaseModel):
    """A message of Twilio: connected, start, media, dtmf, mark or stop."""

    event: str
    stream: Annotated[str | None, Field(alias="streamSid")] = None
    start: TwilioStart | None = None
    media: Packet | None = None


class TelnyxMessage(BaseModel):
    """A message of Telnyx: connected, start, media, dtmf, mark, error or stop."""

    event: str
    stream_id: str | None = None
    start: TelnyxStart | None = None
    media: Packet | None = None


@dataclass(frozen=True)
class Socket:
    """What is said on one WebSocket.

    Attributes:
        summary: one line.
        hears: JSON frames that the client may send.
        says: JSON frames that the server sends.
        audio: whether the client sends binary frames of samples.
        security: how the client shows who it is.
    """

    summary: str
    hears: tuple[type[BaseModel], ...]
    says: tuple[type[BaseModel], ...]
    audio: bool = False
    security: str = "bearer"


SOCKETS: Mapping[str, Socket] = {
    "/v1/adviser/stream": Socket(
        "One conversation as the adviser's screen, or the list of live ones.",
        (Resume, Feedback, SetPreferences, SendTurn),
        (
            SnapshotFrame,
            EventFrame,
            ResumedFrame,
            ResyncFrame,
            ServiceFrame,
            ConversationsFrame,
            ErrorFrame,
        ),
        security="ticket",
    ),
    "/v1/ingest/audio": Socket(
        "A call's audio in our own profile.",
        (AudioStart, AudioStop),
        (AudioStarted, AudioStopped, ErrorFrame),
        audio=True,
        security="bearer_or_ticket",
    ),
    "/v1/ingest/audiohook": Socket(
        "Genesys AudioHook, version 2.",
        (Envelope,),
        (AudioHookAnswer,),
        audio=True,
        security="signature",
    ),
    "/v1/ingest/twilio/{key}": Socket(
        "Twilio Media Streams, both tracks of a call.",
        (TwilioMessage,),
        (),
        security="twilio",
    ),
    "/v1/ingest/telnyx": Socket(
        "Telnyx media streaming.", (TelnyxMessage,), (), security="credentials"
    ),
    "/v1/ingest/asterisk": Socket(
        "Asterisk's chan_websocket, one party of a call.",
        (MediaStart,),
        (),
        audio=True,
        security="credentials",
    ),
    "/v1/ingest/jambonz": Socket(
        "jambonz listen.", (JambonzCall,), (), audio=True, security="credentials"
    ),
    "/v1/ingest/vonage": Socket(
        "Vonage Voice API, one party of a call.",
        (VonageConnected,),
        (),
        audio=True,
        security="credentials",
    ),
    "/v1/ingest/chat": Socket(
        "A chat, message by message.",
        (ChatStart, ChatTurnFrame, ChatEnd),
        (ChatStarted, ChatAcknowledged, ChatReply, ChatEnded, ErrorFrame),
    ),
}
"""Every WebSocket by its path; a test holds this to the application's routes."""

_SECURITY: Mapping[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "`Authorization: Bearer ...`, role `ingest`.",
    },
    "ticket": {
        "type": "httpApiKey",
        "name": "Sec-WebSocket-Protocol",
        "in": "header",
        "description": "`souffleur.v1, ticket.<value>` with a ticket of POST /v1/tickets; "
        "outside browsers a bearer token with the role `adviser`.",
    },
    "bearer_or_ticket": {
        "type": "httpApiKey",
        "name": "Sec-WebSocket-Protocol",
        "in": "header",
        "description": "`Authorization: Bearer ...`, role `ingest`; or, for one test call of an "
        "adviser's own, `souffleur.v1, ticket.<value>` with a ticket of POST /v1/tickets whose "
        "purpose is `test_call`.",
    },
    "signature": {
        "type": "httpApiKey",
        "name": "Signature",
        "in": "header",
        "description": "A signed opening request of a stored integration.",
    },
    "twilio": {
        "type": "httpApiKey",
        "name": "X-Twilio-Signature",
        "in": "header",
        "description": "Twilio's signature of the URL under the auth token of the integration "
        "whose key ends the path.",
    },
    "credentials": {
        "type": "http",
        "scheme": "basic",
        "description": "Key and secret of a stored integration; or `Bearer key:secret`, or a "
        "bearer token with the role `ingest`. Telnyx: `x-telnyx-streaming-auth-token`.",
    },
}


def document(version: str) -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document as JSON-like data."""
    frames = {frame for socket in SOCKETS.values() for frame in (*socket.hears, *socket.says)}
    messages: dict[str, Any] = {
        "Samples": {
            "summary": "Audio samples, as the channel's start says.",
            "contentType": "application/octet-stream",
        }
    }
    schemas: dict[str, Any] = {}
    for frame in sorted(frames, key=lambda each: each.__name__):
        schema = _plain(
            TypeAdapter(frame).json_schema(
                mode="serialization", ref_template=_REFERENCE + "{model}"
            )
        )
        schemas |= schema.pop("$defs", {})
        schemas[frame.__name__] = schema
        messages[frame.__name__] = {
            "summary": (frame.__doc__ or "").strip().splitlines()[0],
            "contentType": "application/json",
            "payload": {"$ref": _REFERENCE + frame.__name__},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Souffleur",
            "version": version,
            "description": "Calls and chats in, the adviser's screen out. docs/wires.md tells it "
            "with examples.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "{host}",
                "protocol": "wss",
                "variables": {"host": {"default": "127.0.0.1:8080"}},
            }
        },
        "channels": {_name(path): _channel(path, each) for path, each in SOCKETS.items()},
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": dict(_SECURITY),
        },
    }


def _plain(node: Any) -> Any:
    """Leave OpenAPI's discriminators out: AsyncAPI writes them otherwise, and ``const`` says it."""
    if isinstance(node, dict):
        return {
            name: _plain(value)
            for name, value in node.items()
            if name != "discriminator" or "propertyName" not in value
        }
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _channel(path: str, socket: Socket) -> dict[str, Any]:
    names = [frame.__name__ for frame in (*socket.hears, *socket.says)]
    names += ["Samples"] if socket.audio else []
    parameters: dict[str, Any] = {name: {} for name in _PARAMETER.findall(path)}
    return {
        "address": path,
        "summary": socket.summary,
        **({"parameters": parameters} if parameters else {}),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operations() -> dict[str, Any]:
    """``receive`` is what the gateway hears, ``send`` what it says."""
    operations: dict[str, Any] = {}
    for path, socket in SOCKETS.items():
        name = _name(path)
        heard = [frame.__name__ for frame in socket.hears]
        heard += ["Samples"] if socket.audio else []
        said = [frame.__name__ for frame in socket.says]
        for action, frames in (("receive", heard), ("send", said)):
            if not frames:
                continue
            operations[f"{action}_{name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{each}"} for each in frames],
                "security": [{"$ref": f"#/components/securitySchemes/{socket.security}"}],
            }
    return operations


def _name(path: str) -> str:
    return _PARAMETER.sub(r"\1", path.removeprefix("/v1/")).replace("/", "_").replace("-", "_")
