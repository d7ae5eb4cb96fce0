"""JSON frames of our own protocols: checked reading, with errors that name the field."""

import json
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.gateway.channels.base import UnreadableFrame
from services.gateway.validation import from_validation
from services.kit.errors import MalformedInput, SouffleurError

T = TypeVar("T")


def read_frame(adapter: TypeAdapter[T], text: str) -> T:
    """Read one frame of a union told apart by ``type``.

    Raises:
        UnreadableFrame: when it is no JSON object.
        InvalidInput: when it does not fit; names the field at fault.
    """
    try:
        return adapter.validate_json(text)
    except ValidationError as invalid:
        error = from_validation(invalid, tagged=True)
        if isinstance(error, MalformedInput):
            raise UnreadableFrame(error.detail, field=error.field) from None
        raise error from None


def read_object(text: str) -> dict[str, Any]:
    """Read one JSON object of a foreign protocol.

    Raises:
        UnreadableFrame: when it is none.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise UnreadableFrame("Send one JSON object.")
    return message


class FrameWriter:
    """The frames that wait to be written."""

    def __init__(self) -> None:
        self._frames: list[str] = []

    def add(self, type_: str, **fields: Any) -> None:
        """Queue ``{"type", ...fields}``; a field that is ``None`` is left out."""
        body = {"type": type_} | {k: v for k, v in fields.items() if v is not None}
        self._frames.append(json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    def add_error(self, error: SouffleurError) -> None:
        """Queue the error frame of ``error``."""
        self.add("error", code=error.code, detail=error.detail, field=error.field)

    def take(self) -> list[str]:
        """Return the frames and forget them."""
        frames, self._frames = self._frames, []
        return frames


def rfc3339(at: datetime) -> str:
    """Return ``at`` as pydantic writes it on the wire."""
    return at.isoformat().replace("+00:00", "Z")
