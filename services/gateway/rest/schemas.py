"""``/v1/schemas``: the JSON Schemas of everything on the wire, made from the contracts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import TypeAdapter

from services.contracts.adviser import (
    AdviserMessage,
    ConversationsFrame,
    ErrorFrame,
    EventFrame,
    ResumedFrame,
    ResyncFrame,
    Screen,
    ServiceFrame,
    SnapshotFrame,
)
from services.contracts.analysis import TurnAnalysed
from services.contracts.conversation import ConversationSummary, Turn
from services.contracts.customer import Customer, CustomerUpsert
from services.contracts.events import Event, EventId
from services.contracts.suggestions import Suggestion
from services.gateway.auth import Requires
from services.gateway.channels.chat import ChatEnd, ChatStart, ChatTurnFrame
from services.gateway.channels.raw_audio import AudioStart, AudioStop
from services.kit.errors import NotFound
from services.kit.tokens import ROLES, Principal

router = APIRouter(prefix="/v1/schemas", tags=["schemas"])

SCHEMAS: dict[str, Any] = {
    "event": Event,
    "turn": Turn,
    "analysis": TurnAnalysed,
    "suggestion": Suggestion,
    "customer": Customer,
    "customer-upsert": CustomerUpsert,
    "conversation": ConversationSummary,
    "screen": Screen,
    "adviser-message": AdviserMessage,
    "adviser-frame": (
        SnapshotFrame
        | EventFrame
        | ResumedFrame
        | ResyncFrame
        | ServiceFrame
        | ConversationsFrame
        | ErrorFrame
    ),
    "ingest-audio": AudioStart | AudioStop,
    "ingest-chat": ChatStart | ChatTurnFrame | ChatEnd,
}

Anyone = Annotated[Principal, Depends(Requires(*ROLES))]


def json_schema(name: str) -> dict[str, Any]:
    """Return one schema, draft 2020-12.

    Raises:
        NotFound: for a name that is not in ``SCHEMAS``.
    """
    if name not in SCHEMAS:
        names = ", ".join(sorted(SCHEMAS))
        raise NotFound(f"There is no such schema; there are {names}.", field="name")
    body = TypeAdapter(SCHEMAS[name]).json_schema()
    event_id = TypeAdapter(EventId).json_schema()
    for title, definition in body.get("$defs", {}).items():
        # A producer hands over events without an id; on the wire each has the one it was given.
        if title.endswith("Event"):
            definition["properties"] = {"id": event_id, **definition["properties"]}
            definition["required"] = sorted({"id", "type", *definition["required"]})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **body}


@router.get("/{name}.json")
async def read(name: str, principal: Anyone) -> dict[str, Any]:
    """Read one JSON Schema."""
    del principal
    return json_schema(name)
