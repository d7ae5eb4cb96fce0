"""JSON frames of our own protocols: checked reading, with errors that name the field."""

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.contracts.adviser import ErrorFrame
from services.contracts.base import Contract
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

    def add(self, frame: Contract) -> None:
        """Queue ``frame``; a field that is ``None`` is left out."""
        self._frames.append(frame.model_dump_json(exclude_none=True))

    def add_error(self, error: SouffleurError) -> None:
        """Queue the error frame of ``error``."""
        self.add(ErrorFrame(code=error.code, detail=error.detail, field=error.field))

    def take(self) -> list[str]:
        """Return the frames and forget them."""
        frames, self._frames = self._frames, []
        return frames
